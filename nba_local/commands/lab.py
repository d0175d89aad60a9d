"""The lab, one call a verb: try, sweep, ablate, list, show, compare, promote, export."""

from __future__ import annotations

import os
import sys
from collections import deque
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from nba_local.cluster.processes import Processes
from nba_local.errors import NbaLocalError, UsageError
from nba_local.lab import matrix
from nba_local.lab import promote as promotion
from nba_local.lab.features import Idea, from_file
from nba_local.lab.html import document
from nba_local.lab.ledger import Entry, LabLedger
from nba_local.lab.opening import require_extra, seasons_in, subject_of
from nba_local.lab.results import Asked, Compared, VariantResult
from nba_local.lab.sets import chosen, with_settings
from nba_local.lab.statistics import NO_LUCK, Luck, estimate
from nba_local.lab.trial import Begun, Run, Tell, tell_nobody
from nba_local.storage.disk import room
from nba_local.storage.lock import held
from nba_local.tables.results import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nba_local.cluster.task import Engine
    from nba_local.commands.project import Project
    from nba_local.lab.results import How, Trial
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season

MOST_UNDER_WAY = 4
"""Variants prepared ahead: each holds its numbers twice, 50 MB for four seasons."""


@contextmanager
def _open(project: Project, texts: Sequence[str]) -> Iterator[tuple[Workspace, tuple[Season, ...]]]:
    """The workspace and the seasons asked for, all pulled; one trial at a time in a data folder."""
    from nba_local.commands.project import Ranges

    require_extra()
    seasons = seasons_in(texts)
    with project.reading(raw_only=True) as work:
        named = Ranges.stored(work, [str(season) for season in seasons], "pulled").seasons
        folder = matrix.folder(work)
        folder.mkdir(parents=True, exist_ok=True)
        with room(folder, "lab"), held(folder, "lab", "wait for the other trial to end"):
            yield work, named


def try_out(
    project: Project,
    asked: Asked,
    how: How,
    tell: Tell = tell_nobody,
    progress: Progress = silent,
) -> Trial:
    """The verdict on the features of a file, or on settings and features left out.

    Raises:
        NbaLocalError: Nothing could be judged; nothing was kept.
    """
    with _open(project, asked.seasons) as (work, named):
        idea = from_file(asked.file) if asked.file else Idea(_changes(how), (), "")
        if asked.hypothesis:
            idea = replace(idea, hypothesis=asked.hypothesis)
        with project.engine() as engine:
            run = Run(work, subject_of(work.registry), named, how, tell, progress, engine)
            trial = run.of(idea)
    _write_report(project, trial)
    return trial


def _write_report(project: Project, trial: Trial) -> None:
    """Write the HTML report.

    Raises:
        NbaLocalError: It cannot be written; the trial is in the ledger all the same.
    """
    path = report_path(project, trial.number)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document(trial), encoding="utf-8")
    except OSError as error:
        raise NbaLocalError(
            f"trial {trial.number} is kept: {trial.verdict.word}; {path} was not written: {error}",
            hint=f"free some space; nba-local lab show {trial.number} shows the trial",
        ) from error


def report_path(project: Project, number: int) -> Path:
    """Where the HTML report of a trial lies."""
    return project.store.root / "lab" / "reports" / f"trial-{number}.html"


def sweep(
    project: Project, file: Path, seasons: Sequence[str], how: How, progress: Progress = silent
) -> tuple[VariantResult, ...]:
    """Each feature of a file by itself, best first; every one is a trial of the ledger.

    Raises:
        PipelineError: A feature cannot be computed: nothing was tried. Or it cannot be judged:
            those before it have their verdict.
    """
    with _open(project, seasons) as (work, named), _engine(project) as engine:
        idea, subject = from_file(file), subject_of(work.registry)
        alone = replace(how, warmup=False)
        # what is misspelt in the last of them is told before the first one is trained
        settings = (*chosen(subject, how.baseline).settings, *how.settings)
        matrix.season_values(with_settings(work, settings), subject, idea, named[-1])
        begun = (
            (name, Run(work, subject, named, alone, engine=engine).begin(idea.only(name)))
            for name in idea.names
        )
        found = _side_by_side(begun, engine.slots, progress, ("variants", len(idea.names)))
    return _best_first(found)


def ablate(
    project: Project,
    seasons: Sequence[str],
    how: How,
    names: Sequence[str] = (),
    progress: Progress = silent,
) -> tuple[VariantResult, ...]:
    """What each baseline feature is worth: one left out at a time; the most missed last.

    names: Only these; all where none is named.
    """
    with _open(project, seasons) as (work, named), _engine(project) as engine:
        subject = subject_of(work.registry)
        own = chosen(subject, how.baseline)
        base = own.of(with_settings(work, own.settings), subject, named, progress)
        asked = list(names) or list(base.features)
        if unknown := [name for name in asked if name not in base.features]:
            raise UsageError.unknown("baseline feature", unknown[0], base.features)

        def begin(name: str) -> Begun:
            left_out = replace(how, without=(name,))
            run = Run(work, subject, named, left_out, engine=engine)
            return run.begin(Idea(_changes(left_out), (), ""))

        begun = ((name, begin(name)) for name in asked)
        found = _side_by_side(begun, engine.slots, progress, ("features left out", len(asked)))
    return _best_first(found)


@contextmanager
def _engine(project: Project) -> Iterator[Engine]:
    """The engine that is asked for; a process for each core where none is."""
    with project.engine() as engine:
        if engine:
            yield engine
            return
        with Processes(len(os.sched_getaffinity(0))) as own:
            yield own


def _side_by_side(
    begun: Iterator[tuple[str, Begun]], slots: int, progress: Progress, what: tuple[str, int]
) -> list[VariantResult]:
    """Variants in their order; the next ones are prepared while `slots` are busy with the last.

    The first variants wait for controls that are trained, so that these are trained once. A verdict
    knows the trials before it, as if there had been one variant after the other.
    """
    under_way: deque[tuple[str, Begun]] = deque()
    found: list[VariantResult] = []

    def end_oldest() -> None:
        name, oldest = under_way.popleft()
        found.append(_result(name, oldest.end()))
        progress(what[0], len(found), what[1])

    try:
        for one in begun:
            under_way.append(one)
            if one[1].judging and one[1].judging.trains_controls:
                while under_way:
                    end_oldest()
            while len(under_way) > 1 and (
                _tasks(list(under_way)[1:]) >= slots or len(under_way) > MOST_UNDER_WAY
            ):
                end_oldest()
    finally:
        # where one cannot be judged, those before it have their verdict; Ctrl-C waits for nothing
        if not isinstance(sys.exception(), KeyboardInterrupt):
            while under_way:
                end_oldest()
    return found


def _tasks(under_way: Sequence[tuple[str, Begun]]) -> int:
    return sum(begun.judging.tasks for _, begun in under_way if begun.judging)


def entries(project: Project) -> list[Entry]:
    """All trials, oldest first."""
    return LabLedger(project.store.root / "lab").entries()


def entry(project: Project, trial: int) -> Entry:
    """A trial by its number."""
    return LabLedger(project.store.root / "lab").entry(trial)


def compare(project: Project, left: int, right: int) -> Compared:
    """Two trials against each other, pair by pair.

    Raises:
        UsageError: One has no losses, or they share no date with the same rows.
    """
    ledger = LabLedger(project.store.root / "lab")
    for number in (left, right):
        ledger.entry(number)
        if ledger.losses(number).is_empty():
            raise UsageError(f"no model judged trial {number}; nothing was compared")
    both = ledger.losses(left).join(ledger.losses(right), on=["date", "rows"], how="inner")
    if both.is_empty():
        raise UsageError(
            f"trials {left} and {right} were judged on other rows; nothing was compared",
            hint="try both on the same seasons",
        )
    totals = (both["candidate"] - both["candidate_right"]).to_numpy()
    counts = both["rows"].cast(pl.Float64).to_numpy()
    own, other = (_luck(ledger.entry(number)) for number in (left, right))
    luck = Luck(own.variance + other.variance, min(own.freedom, other.freedom))
    return Compared(left, right, estimate(totals, counts, luck))


def promote(  # noqa: PLR0913 - where to
    project: Project,
    trial: int,
    *,
    into: str = "",
    as_table: str = "",
    feature: str = "",
    force: bool = False,
) -> promotion.PromotedFeature:
    """Write a feature of a trial into a table of the package; see `nba_local.lab.promote`.

    Raises:
        UsageError: The trial is no LIFT, or the table cannot have it; nothing was written.
    """
    subject = subject_of(project.registry)
    return promotion.promote(
        project.registry, subject, entry(project, trial),
        into=into, as_table=as_table, feature=feature, force=force,
    )  # fmt: skip


def export(
    project: Project, seasons: Sequence[str], baseline: str, to: Path, progress: Progress = silent
) -> int:
    """Write the training matrix to a Parquet or CSV file; the number of its rows.

    Raises:
        UsageError: The name says neither, or there is no such folder.
        NbaLocalError: The file cannot be written.
    """
    if to.suffix not in (".parquet", ".csv"):
        raise UsageError(f"{to} is neither .parquet nor .csv; nothing was written")
    if not to.parent.is_dir():
        raise UsageError(f"there is no folder {to.parent}; nothing was written")
    with _open(project, seasons) as (work, named):
        subject = subject_of(work.registry)
        own = chosen(subject, baseline)
        made = own.of(with_settings(work, own.settings), subject, named, progress)
    rows = matrix.frame(made).collect()
    temporary = to.with_name(f".tmp-{to.name}")
    try:
        if to.suffix == ".csv":
            rows.write_csv(temporary)
        else:
            rows.write_parquet(temporary)
        temporary.replace(to)
    except OSError as error:
        raise NbaLocalError(f"{to}: {error.strerror or error}; nothing was written") from error
    finally:
        temporary.unlink(missing_ok=True)
    return rows.height


def _changes(how: How) -> str:
    """What a variant without features of its own does, as a sentence."""
    parts = [f"without {name}" for name in how.without] + [f"with {s}" for s in how.settings]
    return "the baseline " + ", ".join(parts)


def _result(name: str, trial: Trial) -> VariantResult:
    judged = trial.found.judged
    return VariantResult(name, trial.number, trial.verdict.word, judged.pooled if judged else None)


def _luck(entry: Entry) -> Luck:
    """Of one training of a trial; none where it was tried before that was measured."""
    found = entry.record["found"]["judged"].get("luck")
    return Luck(**found) if found else NO_LUCK


def _best_first(found: Sequence[VariantResult]) -> tuple[VariantResult, ...]:
    return tuple(
        sorted(found, key=lambda one: one.difference.mean if one.difference else float("inf"))
    )
