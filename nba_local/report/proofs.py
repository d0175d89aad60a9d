"""What the proofs found, in words."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nba_local.proofs.leak import HindsightDiff, Leak
    from nba_local.proofs.warmup import Warmup
    from nba_local.report.terminal import Report

WIDTH, HARD_SPACE = 80, "\N{NO-BREAK SPACE}"
SHOWN_COLUMNS = 5
"""Columns of which a differing value is shown; --json has more."""

CURVE_DAYS = (3, 5, 7, 10, 14, 21, 28, 42)
"""Days of a season for which the share of rows is shown."""


def leaked(report: Report, found: Sequence[Leak]) -> None:
    """What each table used on the compared dates before it was known; or that it used nothing."""
    for leak in found:
        first, last = leak.dates[0], leak.dates[-1]
        dates = f"{len(leak.dates)} dates, {first} to {last}" if last > first else f"{first}"
        compared = leak.rows + leak.only_now + leak.only_then + leak.non_rows
        says = "LEAKS" if leak.leaks else "no leak" if compared else "nothing to compare"
        report.say(f"{leak.season}  {leak.table}: {says} on {dates}")
        report.say(
            f"    compared: {leak.rows:,} rows, {leak.cells:,} cells, {leak.non_rows:,} non-rows"
        )
        alone = f"{leak.only_now:,} rows only in hindsight, {leak.only_then:,} only beforehand"
        if leak.hindsight:
            report.say(f"    who has a row is known once the date is over: {alone}")
        elif leak.only_now or leak.only_then:
            report.say(f"    differing: {alone}")
        if leak.non_rows_differing:
            report.say(f"    differing: {leak.non_rows_differing:,} non-rows")
        if leak.differing:
            counts = (f"{column} {n:,}" for column, n in leak.differing.items())
            _wrapped(report, f"differing: {sum(leak.differing.values()):,} cells: ", counts)
        _examples(report, leak.samples)


def _examples(report: Report, samples: Sequence[HindsightDiff]) -> None:
    """The first difference of some columns."""
    first: dict[str, HindsightDiff] = {}
    for sample in samples:
        first.setdefault(sample.column, sample)
    for sample in list(first.values())[:SHOWN_COLUMNS]:
        _wrapped(
            report,
            f"{sample.date} {' '.join(sample.grain)} {sample.column}: ",
            (f"{sample.now} in hindsight", f"{sample.then} beforehand"),
        )


def warmed_up(report: Report, found: Sequence[Warmup]) -> None:
    """From which day on each column is stable, and what the bootstrap days of the table cover."""
    for method in dict.fromkeys(table.method for table in found):
        share = _percent(method.share)
        report.say(f"from day k: on it and later {share} of the rows agree with the full season;")
        report.say(f"numbers agree within {method.tolerance:g} standard deviations")
    for table in found:
        report.say(f"{table.season}  {table.table}")
        _wrapped(report, "opened anew on ", map(str, table.openings))
        days: dict[int | None, list[str]] = {}
        for column in table.columns:
            days.setdefault(column.day, []).append(column.name)
        for day in sorted(day for day in days if day is not None):
            _wrapped(report, f"from day {day}: ", days[day])
        if None in days:
            _wrapped(report, f"not within {table.days[-1]} days: ", days[None])
        shown = (day for day in CURVE_DAYS if day <= table.days[-1])
        _wrapped(report, "rows there: ", (f"day {day} {_present(table, day)}" for day in shown))
        covered = [c for c in table.columns if c.day is not None and c.day <= table.bootstrap_days]
        report.say(
            f"    bootstrap_days {table.bootstrap_days} covers {len(covered)} of "
            f"{len(table.columns)} columns, {_present(table, table.bootstrap_days)} of the rows"
        )
        reasons = Counter(table.left_out.values())
        _wrapped(report, "not measured: ", (f"{n} {why}" for why, n in reasons.items()))


def _present(table: Warmup, day: int) -> str:
    """Share of rows on the last day with games up to `day`."""
    shares = [share for d, share in zip(table.days, table.present, strict=True) if d <= day]
    return _percent(shares[-1]) if shares else "-"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _wrapped(report: Report, head: str, items: Iterable[str]) -> None:
    """A list as a paragraph of lines for a terminal; no item is broken."""
    text = head + ", ".join(item.replace(" ", HARD_SPACE) for item in items)
    for line in textwrap.wrap(
        text, WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 8, break_long_words=False
    ):
        report.say(line.replace(HARD_SPACE, " "))
