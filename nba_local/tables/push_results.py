"""What a push did, or would do, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nba_local.tables.shown import line, page
from nba_local.words import counted, dates_in_words

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping


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
