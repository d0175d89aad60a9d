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
    """

    table: str
    season: Season
    dates: tuple[dt.date, ...]
    of_dates: int
    rows: int
    of_rows: int


def disappearance_in_words(gone: Disappearance) -> str:
    """Which season of which table was kept, and what the warehouse has of it no longer."""
    lost = f"{gone.rows:,} of {gone.of_rows:,} rows"
    if gone.dates:
        lost += f", {len(gone.dates)} of {gone.of_dates} dates ({dates_in_words(gone.dates)})"
    return f"kept as it was: {gone.table} {gone.season}: gone from the warehouse: {lost}"


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


@dataclass(frozen=True, slots=True)
class PushedRun:
    """A date of a table that a push writes, as the content's logs see it.

    run_id: Of this date in this push. started_at: Of the backfill that computed it; midnight of
    the date where none is known. skipped: Why it has no rows; None where it has some.
    code, rules: Fingerprints. is_undone: The push is a rollback.
    """

    processor: str
    run_id: str
    date: dt.date
    started_at: dt.datetime
    rows: int
    non_rows: int
    warnings: int
    code: str | None
    rules: str | None
    skipped: str | None
    is_undone: bool


@dataclass(frozen=True, slots=True)
class PushedFailure:
    """An entity without a row on a date that a push writes, as the content's logs see it."""

    processor: str
    run_id: str
    date: dt.date
    entity: str
    category: str
    reason: str
    can_retry: bool


@dataclass(frozen=True, slots=True)
class Removal:
    """Rows of a date that the target has and a push would not write, and why."""

    date: dt.date
    rows: int
    why: str


def removals_in_words(removals: Iterable[Removal]) -> list[str]:
    """A line for each reason, the one of most rows first."""
    by_why: dict[str, list[Removal]] = {}
    for removal in removals:
        by_why.setdefault(removal.why, []).append(removal)
    counts = {why: sum(removal.rows for removal in of) for why, of in by_why.items()}
    return [
        f"{counted(counts[why], 'row')} on {dates_in_words([r.date for r in of])}: {why}"
        for why, of in sorted(by_why.items(), key=lambda item: -counts[item[0]])
    ]


@dataclass(frozen=True, slots=True)
class TablePush:
    """Dates of one table against the target: what a push would do or did.

    stale: Dates that somebody else wrote in the target since we pushed or compared them, and that
        are not as here. rows: Of the new and changed dates. columns: Rows by column that differ.
    """

    table: str
    new: tuple[dt.date, ...]
    changed: tuple[dt.date, ...]
    gone: tuple[dt.date, ...]
    stale: tuple[dt.date, ...]
    same: int
    rows: int
    columns: Mapping[str, int]
    there: int = 0
    removals: tuple[Removal, ...] = ()
    emptied: tuple[dt.date, ...] = ()

    @property
    def dates(self) -> tuple[dt.date, ...]:
        """Dates to be replaced."""
        return tuple(sorted((*self.new, *self.changed, *self.gone)))


@dataclass(frozen=True, slots=True)
class Cost:
    """What a push asks of the warehouse: jobs by kind, and bytes that it may bill at most."""

    loads: int
    queries: int
    bytes: int


@dataclass(frozen=True, slots=True)
class PushResult:
    """What a push did, or would do where `push_id` is None.

    undoes: The push that was rolled back. jobs: The warehouse's ids of what it did.
    is_earlier: It was rolled back before this call, which changed nothing.
    """

    push_id: str | None
    warehouse: str
    as_of: dt.datetime
    tables: tuple[TablePush, ...]
    cost: Cost
    verified_rows: int = 0
    undoes: str | None = None
    jobs: tuple[str, ...] = ()
    is_earlier: bool = False

    def __repr__(self) -> str:
        rows = counted(sum(table.rows for table in self.tables), "row")
        dates = counted(sum(len(table.dates) for table in self.tables), "date")
        name = self.push_id or "not pushed"
        undone = f"undoes {self.undoes}" if self.undoes else ""
        return line("PushResult", name, self.warehouse, f"{dates} of tables", rows, undone)

    def _repr_html_(self) -> str:
        return page(
            repr(self),
            ("table", "new", "changed", "gone", "stale", "same", "rows"),
            (
                (t.table, *map(len, (t.new, t.changed, t.gone, t.stale)), t.same, t.rows)
                for t in self.tables
            ),
        )
