"""What the lab found, in words, each stage as soon as it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nba_local.lab.results import BASE, CANDIDATE
from nba_local.lab.verdict import interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from nba_local.lab.ledger import Entry
    from nba_local.lab.matrix import Matrix
    from nba_local.lab.promote import PromotedFeature
    from nba_local.lab.results import Compared, Judged, Screen, Trial, VariantResult
    from nba_local.lab.stages import Lines, Redundancy, Values
    from nba_local.lab.statistics import Estimate
    from nba_local.lab.verdict import Verdict
    from nba_local.proofs.leak import Leak
    from nba_local.report.terminal import Report

SHADES = " ░▒▓█"
BARS = "▁▂▃▄▅▆▇█"
SHOWN = 8


class Teller:
    """Says what each stage found; a `Tell` of the lab."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def __call__(self, stage: str, found: Any) -> None:
        """Say what `found` is."""
        getattr(self, f"_{stage}")(found)

    def _matrix(self, found: Matrix) -> None:
        self._report.say(
            f"matrix      {found.rows.height:,} rows, {len(found.features)} baseline features"
        )
        if found.absent:
            self._report.say(f"            no row knows {', '.join(found.absent)}: not used")

    def _values(self, found: Sequence[Values]) -> None:
        for v in found:
            self._report.say(
                f"values      {v.name}: median {v.median:.4g}, 1 % {v.low:.4g}, 99 % {v.high:.4g}; "
                f"the most frequent value is {100 * v.commonest:.1f} %  {bars(v.counts)}"
            )
            for season, months in v.months.items():
                shades = "".join(
                    SHADES[round(share * (len(SHADES) - 1))] for share in months.values()
                )
                self._report.say(
                    f"            {season}  |{shades}|  {100 * v.filled[season]:.1f} % filled"
                )

    def _leaks(self, found: Sequence[Leak]) -> None:
        dates, cells = sum(len(f.dates) for f in found), sum(f.cells for f in found)
        bad = sum(sum(f.differing.values()) for f in found)
        says = f"{bad:,} differ" if bad else "none differs"
        self._report.say(
            f"leak        {cells:,} cells on {dates} dates computed again from what was known "
            f"before: {says}"
        )

    def _stable(self, found: Mapping[str, int | None]) -> None:
        days = ", ".join(
            f"{n} from day {d}" if d is not None else f"{n} not seen" for n, d in found.items()
        )
        self._report.say(f"warm-up     stable: {days}")

    def _drift(self, found: Mapping[str, float]) -> None:
        told = ", ".join(f"{name} {psi:.3f}" for name, psi in found.items())
        self._report.say(f"drift       PSI between seasons: {told} (a note; over 0.25 is much)")

    def _redundancy(self, found: Sequence[Redundancy]) -> None:
        for r in found:
            self._report.say(
                f"redundancy  {r.name}: nearest {r.nearest} "
                f"(rank correlation {r.correlation:.3f}), "
                f"R2 on all {r.explained:.3f}"
            )

    def _screen(self, found: Screen) -> None:
        self._report.say(
            f"ridge       {found.baseline:.4f} -> {found.candidate:.4f} "
            f"({found.candidate - found.baseline:+.4f}); the naive forecast {found.naive:.4f}"
        )

    def _judged(self, found: Judged) -> None:
        before, after = found.errors[BASE], found.errors[CANDIDATE]
        self._report.say(f"LightGBM    {before:.4f} -> {after:.4f}, difference in error:")
        for name, one in found.seasons.items():
            self._report.say(f"            {name:<15} {interval(one)}  {one.dates} dates")
        for name, one in (
            ("all seasons", found.pooled),
            ("against noise", found.over_noise),
            ("a noise column", found.noise),
            ("another seed", found.seed),
        ):
            self._report.say(f"            {name:<15} {interval(one)}")
        self._report.say(f"power       this span can see {found.pooled.visible:.4f}")
        top = ", ".join(f"{n} {w:.3f}" for n, w in list(found.importance.items())[:SHOWN])
        self._report.say(f"importance  {top}")

    def _lines(self, found: Lines | None) -> None:
        if found is None:
            self._report.say("lines       no judged row has one")
            return
        errors = ", ".join(f"{who} {e:.3f}" for who, e in found.errors.items())
        self._report.say(
            f"lines       {found.rows:,} rows; error of the line {found.line_error:.3f}, {errors}"
        )
        for b in found.bets:
            if b.side == "both":
                self._report.say(
                    f"            {b.who}, edge {b.edge:g}: {b.won} of {b.won + b.lost} won, "
                    f"{100 * b.rate:.1f} % [{100 * b.low:.1f}, {100 * b.high:.1f}]"
                )

    def _verdict(self, found: Verdict) -> None:
        self._report.say()
        self._report.say(f"verdict     {found.word}")
        for reason in found.reasons:
            self._report.say(f"            {reason}")

    def _kept(self, number: int) -> None:
        self._report.say(f"kept        as trial {number}")


def planted(report: Report, truth: str, file: Path) -> None:
    """What a demo planted, and the file it tries."""
    report.say(f"planted     {truth}")
    report.say(f"tried       {file}:")
    for line in file.read_text().splitlines():
        report.say(f"    {line}".rstrip(), is_laid_out=True)
    report.say()


def timed(report: Report, trial: Trial) -> None:
    """How long the stages took."""
    told = ", ".join(f"{stage} {s:.1f}" for stage, s in trial.found.seconds.items())
    report.say(f"seconds     {told}")


def bars(counts: Sequence[int]) -> str:
    """A distribution as one line of blocks."""
    most = max(counts, default=0) or 1
    return "".join(BARS[round(n / most * (len(BARS) - 1))] for n in counts)


def listed(report: Report, entries: Sequence[Entry]) -> None:
    """Trials, oldest first."""
    if not entries:
        report.say(f"no trial yet; next: nba-local lab try FILE SEASONS{report.folder}")
        return
    report.table(
        ("trial", "at (UTC)", "verdict", "difference", "seasons", "hypothesis"),
        (
            (
                e.trial, e.at[:16].replace("T", " "), e.verdict, _difference(e),
                "..".join(dict.fromkeys((e.record["seasons"][0], e.record["seasons"][-1]))),
                e.hypothesis,
            )
            for e in entries
        ),
        spare=("at (UTC)",),
    )  # fmt: skip


def _difference(entry: Entry) -> str:
    judged = entry.record["found"]["judged"]
    return f"{judged['pooled']['mean']:+.4f}" if judged else "-"


def shown(report: Report, entry: Entry, count: int) -> None:
    """One trial with what it rests on."""
    record = entry.record
    report.say(f"trial {entry.trial} of {count} against {entry.target}: {entry.verdict}")
    report.say(f"hypothesis: {entry.hypothesis}")
    for reason in record["reasons"]:
        report.say(f"  {reason}")
    report.say(f"seasons: {', '.join(record['seasons'])}; rules {record['rules']}")
    report.say(f"columns really used ({len(record['columns'])}): {', '.join(record['columns'])}")
    report.say(f"added: {', '.join(record['added']) or 'none'}")
    if record["how"]["without"]:
        report.say(f"left out: {', '.join(record['how']['without'])}")
    if record["how"]["settings"]:
        report.say(f"settings: {', '.join(record['how']['settings'])}")
    report.say(f"code {record['code_hash']}, data {record['data']}, seeds {record['seeds']}")
    report.say("versions: " + ", ".join(f"{k} {v}" for k, v in record["versions"].items()))
    if record["code"]:
        report.say("code:")
        for line in record["code"].splitlines():
            report.say(f"    {line}", is_laid_out=True)


def _numbers(e: Estimate) -> tuple[str, ...]:
    return tuple(f"{value:+.4f}" for value in (e.mean, e.low, e.high))


def compared(report: Report, found: Compared) -> None:
    """Two trials on the dates both were judged on."""
    report.say(
        f"trial {found.left} against trial {found.right} on {found.difference.dates} dates: "
        f"{interval(found.difference)} (negative: {found.left} is better)"
    )
    if not found.difference.excludes_zero:
        report.say(f"no difference is seen; these dates can see {found.difference.visible:.4f}")


def promoted(report: Report, made: PromotedFeature) -> None:
    """What was written, and what is left to do."""
    report.say(f"{made.feature} of trial {made.trial} is in {made.table}:")
    for path in made.files:
        report.say(f"  {path}")
    if made.gap:
        report.say(f"left to write: {made.gap} (it is marked GAP)")
    report.propose("next: nba-local backfill SEASONS")
    report.say(f"      nba-local check SEASONS --tables {made.table} --oracle")
    report.say(f"      nba-local leak SEASONS --tables {made.table}")
    report.say("      nba-local schema migrate, where the table lives in a warehouse")


def variants(report: Report, found: Sequence[VariantResult]) -> None:
    """A sweep or an ablation, best first."""
    report.table(
        ("variant", "trial", "verdict", "difference", "low", "high"),
        (
            (
                one.name, one.trial, one.verdict,
                *_numbers(one.difference),
            )
            if one.difference
            else (one.name, one.trial, one.verdict, "-", "-", "-")
            for one in found
        ),
    )  # fmt: skip
