"""A trial: an idea, stage by stage, to a verdict that the ledger keeps."""

from __future__ import annotations

import datetime as dt
import sys
import time
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import polars as pl

from nba_local.errors import UsageError
from nba_local.lab import matrix as matrices
from nba_local.lab import stages
from nba_local.lab.folds import Fold, walk_forward
from nba_local.lab.judging import OTHER_SEEDS, Arrays, Judging, arrays
from nba_local.lab.ledger import Entry, LabLedger
from nba_local.lab.matrix import Matrix
from nba_local.lab.models import Ridge
from nba_local.lab.results import BASE, CANDIDATE, Found, How, Screen, Trial
from nba_local.lab.sets import chosen, with_settings
from nba_local.lab.verdict import LEAK, NO_VERDICT, Verdict, copies, judged, trips, uncovered
from nba_local.proofs.leak import DateSample, leak
from nba_local.tables.fingerprint import of_value
from nba_local.tables.results import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nba_local.cluster.task import Engine
    from nba_local.lab.features import Idea
    from nba_local.lab.subject import Subject
    from nba_local.proofs.leak import Leak
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season


class Tell(Protocol):
    """Where a trial says what a stage found, as soon as it is done."""

    def __call__(self, stage: str, found: Any) -> None:
        """`found` is the stage's value."""


def tell_nobody(stage: str, found: Any) -> None:
    """A `Tell` that says nothing."""


class _Stop(Exception):  # noqa: N818 - no error: an early verdict
    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.word)
        self.verdict = verdict


@dataclass
class Run:
    """A trial under way on one workspace.

    engine: Where folds are trained, see `models.lightgbm`.
    """

    work: Workspace
    subject: Subject
    seasons: Sequence[Season]
    how: How
    tell: Tell = tell_nobody
    progress: Progress = silent
    engine: Engine | None = None
    _found: dict[str, Any] = field(default_factory=dict)
    _seconds: dict[str, float] = field(default_factory=dict)

    def of(self, idea: Idea) -> Trial:
        """Walk the stages until a verdict, and keep it in the ledger.

        Raises:
            PipelineError: A feature cannot be judged; nothing was kept.
            UsageError: Nothing differs from the baseline.
        """
        if not (idea.features or self.how.without or self.how.settings):
            raise UsageError("nothing differs from the baseline; nothing was tried")
        return self.begin(idea).end()

    def begin(self, idea: Idea) -> Begun:
        """Walk the stages up to the trainings, and begin these; see `of`."""
        self._found, self._seconds = {}, {}
        base, candidate, names = self._matrices(idea)
        begun = Begun(self, idea, base, candidate, names)
        try:
            self._look(idea, candidate, names)
            folds = walk_forward(base.rows[base.date].to_list(), self.how.folds)
            begun.judged_rows = base.rows.height - folds[0].start
            begun.judging = self._judging(base, candidate, folds)
        except _Stop as stop:
            begun.verdict = stop.verdict
        return begun

    def end(self, begun: Begun) -> Trial:
        """Wait for the trainings of what was begun, and keep its verdict in the ledger."""
        ledger = LabLedger(matrices.folder(self.work))
        identity = self._identity(begun.idea, begun.base, begun.candidate)
        losses, verdict = None, begun.verdict
        try:
            if begun.judging:
                losses = self._judge(begun.base, begun.judging)
                others = ledger.others(self.subject.name, identity)
                verdict = judged(self._found["judged"], others)
        except _Stop as stop:
            verdict = stop.verdict
        assert verdict is not None
        self.tell("verdict", verdict)
        trial = Trial(
            0, self.subject.name, begun.idea.hypothesis, tuple(map(str, self.seasons)),
            begun.candidate.features, begun.added, self.how, verdict,
            Found(**self._found, seconds=dict(self._seconds)), begun.base.rows.height,
            begun.judged_rows,
        )  # fmt: skip
        number = ledger.add(self._entry(trial, begun.idea, begun.base, identity), losses)
        self.tell("kept", number)
        return _numbered(trial, number)

    def _matrices(self, idea: Idea) -> tuple[Matrix, Matrix, tuple[str, ...]]:
        """The baseline's matrix and the candidate's, on the same rows, and what was added."""
        started = time.monotonic()
        features = chosen(self.subject, self.how.baseline)
        base_work = with_settings(self.work, features.settings)
        base = features.of(base_work, self.subject, self.seasons, self.progress)
        if unknown := [n for n in self.how.without if n not in base.features]:
            raise UsageError.unknown("baseline feature", unknown[0], base.features)
        self.tell("matrix", base)
        candidate = base
        added: tuple[str, ...] = ()
        other_work = base_work
        if self.how.settings:
            other_work = with_settings(base_work, self.how.settings)
            # another feature set is a setting, too: it is the candidate's own
            other = matrices.baseline(other_work, self.subject, self.seasons, self.progress)
            if features.name not in self.subject.sets:
                other = features.of(other_work, self.subject, self.seasons)
            both = base.rows.join(
                other.rows, on=list(base.grain), how="semi", maintain_order="left"
            )
            base = _same_rows(base, both)
            candidate = _same_rows(other, both)
        if idea.features:
            made = matrices.values(other_work, self.subject, idea, self.seasons, self.progress)
            candidate = candidate.with_columns(made)
            added = idea.names
        self._candidate_work = other_work
        self._seconds["values"] = time.monotonic() - started
        return base, candidate.without(self.how.without), added

    def _prove_settings(self) -> None:
        """The store itself under the candidate's settings, on a few dates of the newest season."""
        store = self.work.registry.table(self.subject.store)
        newest = self.seasons[-1]
        sample = DateSample((newest.interval,), stages.LEAK_DATES)
        found = leak(self._candidate_work, [store], newest, sample, progress=self.progress)
        self._note("leaks", found)
        _refuse_leaks(found)

    def _look(self, idea: Idea, candidate: Matrix, names: tuple[str, ...]) -> None:
        """Everything before a model: values, leaks, warm-up, drift, redundancy."""
        if self.how.settings and not names:
            self._prove_settings()
        if names:
            values = stages.values_of(candidate, names)
            self._note("values", values)
            if reasons := uncovered({v.name: v.filled for v in values}):
                raise _Stop(Verdict(NO_VERDICT, tuple(reasons)))
            started = time.monotonic()
            self._refuse_elsewhere(idea)
            leaks = stages.leaks_of(
                self._candidate_work, self.subject, idea, self.seasons, self.progress
            )
            self._seconds["leak"] = time.monotonic() - started
            self._note("leaks", leaks)
            _refuse_leaks(leaks)
            if self.how.warmup:
                started = time.monotonic()
                stable = stages.stable_days(
                    self._candidate_work, self.subject, idea, self.seasons[-1]
                )
                self._seconds["warm-up"] = time.monotonic() - started
                self._note("stable", stable)
            self._note("drift", {name: stages.drift_of(candidate, name) for name in names})
            others = [c for c in candidate.features if c not in names]
            redundancy = tuple(stages.redundancy_of(candidate, name, others) for name in names)
            self._note("redundancy", redundancy)
            if not self.how.settings and not self.how.without:
                dead = copies(names, stages.dead_of(values, redundancy))
                if dead:
                    raise _Stop(dead)

    def _refuse_elsewhere(self, idea: Idea) -> None:
        work, season = self._candidate_work, self.seasons[0]
        found = stages.from_elsewhere(work, self.subject, idea, season)
        if found:
            raise _Stop(Verdict(LEAK, tuple(
                f"{name} has {count:,} values when its tables are empty: they come from elsewhere, "
                "and nothing shows when they were known"
                for name, count in found.items()
            )))  # fmt: skip

    def _judging(self, base: Matrix, candidate: Matrix, folds: Sequence[Fold]) -> Judging:
        """Screen by ridge, then begin the trainings of LightGBM."""
        started = time.monotonic()
        made_of = arrays(base, candidate)
        screen = self._screen(base, made_of, folds)
        self._seconds["ridge"] = time.monotonic() - started
        self._note("screen", screen)
        reason = trips(screen.candidate, screen.baseline, max(screen.strongest[1], 0.0), None)
        if reason:
            raise _Stop(Verdict(LEAK, (reason,)))
        self._begun = time.monotonic()
        cache = matrices.folder(self.work) / "forecasts"
        return Judging(base, candidate, made_of, folds, self.how.model, cache, self.engine)

    def _judge(self, base: Matrix, judging: Judging) -> pl.DataFrame:
        """Verdict by LightGBM; the losses by date."""
        result, losses, forecasts = judging.result(self.progress)
        self._seconds["LightGBM"] = time.monotonic() - self._begun
        self._note("judged", result)
        lines = stages.lines_of(base, forecasts, self.subject.edges, self.subject.price)
        self._note("lines", lines)
        of_lines = (lines.errors[CANDIDATE], lines.line_error) if lines else None
        strongest = max(self._found["screen"].strongest[1], 0.0)
        reason = trips(result.errors[CANDIDATE], result.errors[BASE], strongest, of_lines)
        if reason:
            raise _Stop(Verdict(LEAK, (reason,)))
        return losses.kept()

    def _screen(self, base: Matrix, made_of: Arrays, folds: Sequence[Fold]) -> Screen:
        y, sides = made_of.y, made_of.sides
        ridge = Ridge(made_of.x, y, folds)
        judged_rows = slice(folds[0].start, None)

        def error(columns: Sequence[int]) -> float:
            return float(np.abs(ridge.forecast(columns) - y)[judged_rows].mean())

        usual = error(sides[BASE])
        missed = {
            name: error([c for c in sides[BASE] if c != place]) - usual
            for name, place in zip(base.features, sides[BASE], strict=True)
        }
        strongest = max(missed.items(), key=lambda item: item[1])
        naive = float("nan")
        if self.subject.naive in base.rows.columns:
            alone = base.rows[self.subject.naive].cast(pl.Float64).to_numpy()
            naive = float(np.abs(alone - y)[judged_rows].mean())
        return Screen(usual, error(sides[CANDIDATE]), naive, strongest)

    def _note(self, stage: str, found: Any) -> None:
        self._found[stage] = found
        self.tell(stage, found)

    def _identity(self, idea: Idea, base: Matrix, candidate: Matrix) -> str:
        """Of what a verdict hangs on; the same trial run again has the same."""
        return of_value(
            [
                idea.code_hash, idea.names, base.fingerprint, candidate.fingerprint,
                asdict(self.how), self.work.rules.name, _versions(),
            ]
        )  # fmt: skip

    def _entry(self, trial: Trial, idea: Idea, base: Matrix, identity: str) -> Entry:
        record = {
            "seasons": trial.seasons, "columns": trial.columns, "added": trial.added,
            "how": asdict(self.how), "rules": self.work.rules.name,
            "reasons": trial.verdict.reasons,
            "code": idea.code, "code_hash": idea.code_hash, "data": base.fingerprint,
            "versions": _versions(), "seeds": [self.how.model.seed, *OTHER_SEEDS],
            "rows": trial.rows, "judged_rows": trial.judged_rows, "found": _plain(trial.found),
        }  # fmt: skip
        p = trial.found.judged.p if trial.found.judged else None
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        return Entry(
            0, now, trial.target, trial.hypothesis, trial.verdict.word, p, identity, record
        )


@dataclass
class Begun:
    """A trial whose trainings are under way, or which has its verdict without any.

    added: Names of the idea's columns. judged_rows: Rows that models forecast.
    """

    run: Run
    idea: Idea
    base: Matrix
    candidate: Matrix
    added: tuple[str, ...]
    judging: Judging | None = None
    verdict: Verdict | None = None
    judged_rows: int = 0

    def end(self) -> Trial:
        """The trial; see `Run.end`."""
        return self.run.end(self)


def _same_rows(matrix: Matrix, rows: pl.DataFrame) -> Matrix:
    kept = rows.select(matrix.grain).join(
        matrix.rows, on=list(matrix.grain), how="left", validate="1:1", maintain_order="left"
    )
    return Matrix(
        kept.select(matrix.rows.columns), matrix.grain, matrix.date, matrix.features,
        matrix.fingerprint,
    )  # fmt: skip


def _refuse_leaks(leaks: Sequence[Leak]) -> None:
    reasons = []
    for found in leaks:
        for name, cells in found.differing.items():
            first = next(s for s in found.samples if s.column == name)
            reasons.append(
                f"{name} knows what came later: {cells:,} of {found.rows:,} cells of "
                f"{found.season} differ from what was known before the date, e.g. "
                f"{first.date} {', '.join(first.grain)}: {first.now} now, {first.then} then"
            )
    if reasons:
        raise _Stop(Verdict(LEAK, tuple(reasons)))


def _numbered(trial: Trial, number: int) -> Trial:
    parts = {name: getattr(trial, name) for name in Trial.__slots__}
    return Trial(**{**parts, "number": number})


def _plain(found: Found) -> dict[str, Any]:
    """What was found, as the ledger keeps it; of the leak proof, what differs."""
    kept = {name: getattr(found, name) for name in Found.__slots__}
    kept["leaks"] = [
        {
            "season": str(one.season), "dates": len(one.dates), "rows": one.rows,
            "differing": dict(one.differing),
        }
        for one in found.leaks
    ]  # fmt: skip
    return kept


def _versions() -> dict[str, str]:
    names = ("lightgbm", "numpy", "polars", "scipy")
    python = ".".join(map(str, sys.version_info[:2]))
    return {"python": python, **{name: version(name) for name in names}}
