"""Removals: the rows that a target has and a push would not write, and why they would go.

A push replaces dates. What it adds or corrects can be pushed again; what it takes away is lost to
whoever reads the target, so that more than a small share of it is not taken away unasked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from nba_local.errors import RemovalError
from nba_local.storage import queries
from nba_local.tables.push_results import Removal, removals_in_words
from nba_local.words import counted, spaced

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping

    from nba_local.push.target import Limits
    from nba_local.storage.ledger import Ledger
    from nba_local.tables.push_results import PushResult
    from nba_local.tables.table import Table
    from nba_local.warehouse import PartitionState

REMOVED_DATES = 3
"""Dates of a table that a push may empty without `--allow-removals`."""

REMOVED_PERCENT = 2.0
"""Share of the rows of a table, on the dates pushed, that it may take away; see REMOVED_ROWS."""

REMOVED_ROWS = 10
"""Rows of a table that it may take away whatever their share, unless they are half of all."""

COPY = "another row has the same key"
NOT_COMPUTED = "no such row is computed"
NO_ROWS = "no rows are computed"


def of_rows(
    ledger: Ledger, table: Table, lost: pl.DataFrame, theirs: pl.DataFrame
) -> list[Removal]:
    """The `lost` rows of `theirs` by date and why; copies of a row are lost too."""
    grain, day = list(table.contract.grain), table.partition_by
    copies = theirs.group_by(grain).len().filter(pl.col("len") > 1)
    counts: dict[tuple[dt.date, str], int] = {}
    entity = next((name for name in table.key if name != day), None)
    for row in lost.select(date=day, entity=entity or day).iter_rows():
        absent = queries.non_row(ledger, table.name, row[0], str(row[1]))
        why = _sentence(absent.reason, absent.detail) if absent else NOT_COMPUTED
        counts[row[0], why] = counts.get((row[0], why), 0) + 1
    for date, number in copies.select(day, pl.col("len") - 1).iter_rows():
        counts[date, COPY] = counts.get((date, COPY), 0) + number
    return [Removal(date, rows, why) for (date, why), rows in sorted(counts.items())]


def of_dates(
    ledger: Ledger,
    table: Table,
    dates: Collection[dt.date],
    remote: Mapping[dt.date, PartitionState],
) -> list[Removal]:
    """All rows of dates that have none here any more; why is the state of the date."""
    bounds = queries.bounds_of(ledger)
    states = {
        day.date: _sentence(day.state, day.detail)
        for season in {bounds.of(date) for date in dates}
        for day in queries.feature_dates(ledger, table.name, season)
    }
    return [Removal(d, remote[d].rows, states.get(d, NO_ROWS)) for d in sorted(dates)]


def _sentence(reason: str, detail: str) -> str:
    return f"{spaced(reason)}: {detail}" if detail else spaced(reason)


def refuse_large(planned: PushResult, limits: Limits, *, with_stale: bool) -> None:
    """Refuse to take away more of a table than `limits` allow.

    with_stale: Dates that somebody else wrote would be replaced too.

    Raises:
        RemovalError: It names the table, how much would go and why.
    """
    large = []
    for plan in planned.tables:
        dates = {*plan.dates, *(plan.stale if with_stale else ())}
        removed = [removal for removal in plan.removals if removal.date in dates]
        rows, emptied = sum(r.rows for r in removed), len(dates & set(plan.emptied))
        allowed = max(REMOVED_ROWS, plan.there * limits.removed_percent / 100)
        if rows and (emptied > limits.removed_dates or rows > allowed or 2 * rows >= plan.there):
            large.append((rows, emptied, plan, removed))
    if not large:
        return
    rows, emptied, plan, removed = max(large, key=lambda item: item[0])
    whole = f", all of {counted(emptied, 'date')}," if emptied else ""
    more = f" (and rows of {counted(len(large) - 1, 'other table')})" if large[1:] else ""
    raise RemovalError(
        f"{plan.table}: the push would take away {rows:,} of the {plan.there:,} rows that "
        f"{planned.warehouse} has on these dates{whole}{more}; most: "
        f"{removals_in_words(removed)[0]}; nothing was pushed",
        hint="nba-local push --dry-run shows them; nba-local push --allow-removals takes them away",
    )
