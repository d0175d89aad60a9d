"""Guards of a pull: what is not seen is not deleted.

A table that cannot be seen whole is an error. A season of a table that would lose more than a few
of its dates or rows, or a column that had values, keeps what it has until somebody accepts that
they are gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nba_local.errors import WarehouseError
from nba_local.storage import queries
from nba_local.tables.results import Disappearance

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Sequence

    from nba_local.pull.months import Job
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.table import Table
    from nba_local.warehouse import Warehouse

GONE_DATES = 3
"""Dates of a season of a table that may be gone without a word from anybody."""

GONE_PERCENT = 2.0
"""Share of the rows of a season of a table that may be gone; never fewer than GONE_ROWS."""

GONE_ROWS = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """What a season of a table may lose in a pull.

    accepted: Tables that may lose anything; `ALL` for every one.
    """

    dates: int = GONE_DATES
    percent: float = GONE_PERCENT
    accepted: frozenset[str] = frozenset()

    def accepts(self, table: str) -> bool:
        """Whether somebody said that rows of `table` are gone for good."""
        return bool(self.accepted & {ALL, table})


ALL = "all"
"""Stands for every table."""


def disappearance(
    job: Job, limits: Limits, moved: Collection[dt.date], columns: Collection[str]
) -> Disappearance | None:
    """What a season of a table would lose that nobody accepted; None where it is little.

    Everything is never little, and neither is half of the rows, nor a column.
    moved: Dates that are of another season now, as the schedule has it.
    columns: Those that had values and are not there any more.
    """
    known = {day: state.rows for day, state in job.known.items() if day not in moved}
    dates = tuple(sorted(known.keys() - job.remote.keys()))
    before, now = sum(known.values()), sum(state.rows for state in job.remote.values())
    lost = max(0, before - now)
    allowed = max(GONE_ROWS, before * limits.percent / 100)
    is_much = columns or len(dates) > limits.dates or lost > allowed or 2 * lost >= before
    is_some = columns or dates or lost
    if limits.accepts(job.table.name) or not before or not is_some or not is_much:
        return None
    gone = tuple(sorted(columns))
    return Disappearance(job.table.name, job.season, dates, len(known), lost, before, gone)


def lost_columns(
    work: Workspace, warehouse: Warehouse, job: Job, as_of: dt.datetime
) -> frozenset[str]:
    """Columns that had values in a month that is due, and that its rows do not have any more."""
    filled = queries.filled_columns(work.ledger, job.table.name, job.season) if job.known else {}
    months = [m for m, days in job.due.items() if m in filled and days & job.remote.keys()]
    there = warehouse.columns(job.table, months, as_of) if months else {}
    return frozenset(name for month in months for name in filled[month] - there[month])


def require_sources(
    work: Workspace, warehouse: Warehouse, tables: Sequence[Table], limits: Limits
) -> None:
    """Refuse to pull where a table is absent, unreadable, or empty although it had rows.

    Raises:
        WarehouseError: It names every such table; nothing was read, nothing was removed.
    """
    had = {name for name in queries.tables_with_rows(work.ledger) if not limits.accepts(name)}
    errors: list[WarehouseError] = []
    names: list[str] = []
    for table in tables:
        try:
            warehouse.require_source(table, had_rows=table.name in had)
        except WarehouseError as error:
            errors.append(error)
            names.append(table.name)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        message = f"{len(errors)} of {len(tables)} tables cannot be pulled: {', '.join(names)}"
        raise WarehouseError(f"{message}; the first: {errors[0].message}", hint=errors[0].hint)
