"""What will be done and what was done: plain values that the verbs hand to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from nba_local.tables.shown import line, page
from nba_local.words import counted, dates_in_words

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import polars as pl

    from nba_local.tables.calendar import Season
    from nba_local.tables.table import Table


class Progress(Protocol):
    """Where a long verb says how far it is; printing is the caller's business."""

    def __call__(self, what: str, done: int, total: int) -> None:
        """`done` of `total` units of `what` are finished."""


def silent(what: str, done: int, total: int) -> None:
    """A `Progress` that says nothing."""


STATE_OK = "ok"
"""State of a date that has rows."""

QUARANTINED = "quarantined"
"""State of a date whose rows broke a blocking claim."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that was written: enough to notice that somebody changed it."""

    path: Path
    rows: int
    bytes: int
    sha256: str
    mtime_ns: int = 0


@dataclass(frozen=True, slots=True)
class Computed:
    """One season of a table, typed and sorted for storage, and why the rest is not there.

    rows: Contract columns. non_rows, dates: see `Built`.
    misfits: Cells that their columns cannot hold; their dates are held back.
    """

    rows: pl.DataFrame
    non_rows: pl.DataFrame
    dates: pl.DataFrame
    misfits: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a step is due, in a word for programs and a sentence for people.

    dates, table: What changed of which input, where an input is the reason.
    """

    code: str
    text: str
    dates: tuple[dt.date, ...] = ()
    table: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One season of one feature table: compute, check and publish it, or leave it as it is.

    fingerprint: Of code, rules, settings, checks and inputs together; recorded when it is done.
    parts: The fingerprints it is made of, by name.
    quarantined: Dates that a blocking claim holds back since the step was last done.
    """

    table: Table
    season: Season
    today: dt.date | None
    reasons: tuple[Reason, ...]
    fingerprint: str
    parts: Mapping[str, str]
    quarantined: tuple[dt.date, ...] = ()

    def __repr__(self) -> str:
        due = "; ".join(reason.text for reason in self.reasons)
        return line("Step", self.table.name, str(self.season), due or "up to date")

    @property
    def is_due(self) -> bool:
        """Whether anything will be done."""
        return bool(self.reasons)


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a backfill in the order in which they run."""

    rules: str
    settings: Mapping[str, Mapping[str, float]]
    steps: tuple[Step, ...]

    def __repr__(self) -> str:
        return line(
            "Plan", self.rules, f"{len(self.due)} of {counted(len(self.steps), 'step')} due"
        )

    def _repr_html_(self) -> str:
        return page(
            repr(self),
            ("season", "table", "why it is due"),
            (
                (step.season, step.table.name, "; ".join(r.text for r in step.reasons) or "-")
                for step in self.steps
            ),
        )

    @property
    def due(self) -> tuple[Step, ...]:
        """The steps that will do something."""
        return tuple(step for step in self.steps if step.is_due)


@dataclass(frozen=True, slots=True)
class Finding:
    """Rows that are not as promised: a broken claim, copies, codes outside the known ones.

    detail: The claim as a sentence, or what is wrong. sample: one of the rows.
    """

    table: str
    date: dt.date
    claim: str
    severity: str
    rows: int
    detail: str = ""
    sample: str = ""


@dataclass(frozen=True, slots=True)
class TablePull:
    """What a pull did for one table of one season.

    undated: Rows of the table whose partition column is NULL; they are of no season.
    """

    table: str
    season: Season
    rows: int
    dates: int
    read_dates: int
    changed: tuple[dt.date, ...]
    restated: tuple[dt.date, ...]
    gone: tuple[dt.date, ...]
    findings: tuple[Finding, ...]
    undated: int = 0


@dataclass(frozen=True, slots=True)
class Disappearance:
    """What a season of a table would have lost in a pull: it kept what it had.

    dates: Dates without a row now, of so many. rows: Fewer rows than before, of so many.
    columns: Columns that had values and are not there any more.
    """

    table: str
    season: Season
    dates: tuple[dt.date, ...]
    of_dates: int
    rows: int
    of_rows: int
    columns: tuple[str, ...] = ()


def disappearance_in_words(gone: Disappearance) -> str:
    """Which season of which table was kept, and what the warehouse has of it no longer."""
    lost = []
    if gone.columns:
        lost.append(f"the values of {', '.join(gone.columns)}")
    if gone.rows or not gone.columns:
        lost.append(f"{gone.rows:,} of {gone.of_rows:,} rows")
    if gone.dates:
        days = dates_in_words(gone.dates)
        lost.append(f"{len(gone.dates)} of {gone.of_dates} dates ({days})")
    return f"kept as it was: {gone.table} {gone.season}: gone from the warehouse: {', '.join(lost)}"


def accepting(held: Iterable[Disappearance]) -> str:
    """The pull that lets go what one held back."""
    every = list(held)
    seasons = " ".join(f"--season {s}" for s in sorted({str(gone.season) for gone in every}))
    tables = ",".join(sorted({gone.table for gone in every}))
    return f"nba-local pull {seasons} --accept-gone {tables}"


@dataclass(frozen=True, slots=True)
class UndoResult:
    """What was brought back: the pull that is undone, its seasons, the dates of its tables."""

    run_id: str
    undoes: str
    seasons: tuple[Season, ...]
    dates: Mapping[str, tuple[dt.date, ...]]


@dataclass(frozen=True, slots=True)
class PullResult:
    """What a pull did. held: Seasons of tables that it left as they were."""

    run_id: str
    warehouse: str
    as_of: dt.datetime
    tables: tuple[TablePull, ...]
    drift: tuple[tuple[str, str, str, str], ...]
    held: tuple[Disappearance, ...] = ()
    bytes: int = 0
    """Bytes that were to be read, as the warehouse told before."""
    claims: tuple[Finding, ...] = ()
    """What the claims about the pulled tables found; see `compute.sources`."""

    def __repr__(self) -> str:
        rows = sum(table.rows for table in self.tables)
        kept = f"{counted(len(self.held), 'season')} of tables kept as they were"
        facts = (f"{len(self.tables)} tables", counted(rows, "row"), kept if self.held else "")
        return line("PullResult", self.run_id, self.warehouse, *facts)

    def _repr_html_(self) -> str:
        return page(
            repr(self),
            ("season", "table", "rows", "dates", "read", "changed", "gone"),
            (
                (t.season, t.table, t.rows, t.dates, t.read_dates, len(t.changed), len(t.gone))
                for t in self.tables
            ),
        )


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step did.

    rows: Rows published for the season. changed: dates rewritten. blocked: dates not published.
    states: number of dates by state. non_rows: number of entity-dates without a row by reason.
    """

    table: str
    season: Season
    rows: int
    changed: tuple[dt.date, ...]
    blocked: tuple[dt.date, ...]
    states: Mapping[str, int]
    non_rows: Mapping[str, int]
    findings: tuple[Finding, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BackfillResult:
    """What a backfill did: the plan it followed and a result per step that was due."""

    run_id: str | None
    plan: Plan
    steps: tuple[StepResult, ...]

    def __repr__(self) -> str:
        if not self.steps:
            return line("BackfillResult", "nothing to do")
        blocked = sum(len(step.blocked) for step in self.steps)
        rows = counted(sum(step.rows for step in self.steps), "row")
        held = f"{counted(blocked, 'date')} of tables quarantined" if blocked else ""
        return line(
            "BackfillResult", f"{self.run_id}", counted(len(self.steps), "step"), rows, held
        )

    def _repr_html_(self) -> str:
        return page(
            repr(self),
            ("season", "table", "rows", "dates changed", "dates quarantined", "findings"),
            (
                (s.season, s.table, s.rows, len(s.changed), len(s.blocked), len(s.findings))
                for s in self.steps
            ),
        )
