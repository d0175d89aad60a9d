"""Dates of a live table: rows, last write and size of each, now or at an instant."""

from __future__ import annotations

import datetime as dt
from types import MappingProxyType
from typing import TYPE_CHECKING

from google.api_core import exceptions as api
from google.cloud import bigquery

from nba_local.warehouse import PartitionState
from nba_local.warehouse.bigquery.schema import table_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nba_local.tables.calendar import Interval
    from nba_local.tables.schema import Contract
    from nba_local.warehouse.bigquery.connection import Connection

_TOO_EARLY = "Invalid snapshot time"
"""What BigQuery answers of a moment at which the table was not there yet."""


def listed(
    connection: Connection, budget: int, contract: Contract, within: Interval, modified: dt.datetime
) -> dict[dt.date, tuple[int, dt.datetime, int]] | None:
    """Rows, last write and bytes of each date, now; None where no such time is kept."""
    sql = (
        "SELECT partition_id, total_rows, last_modified_time, total_logical_bytes "  # noqa: S608
        f"FROM `{connection.project}.{contract.dataset}`.INFORMATION_SCHEMA.PARTITIONS "
        "WHERE table_name = @name AND partition_id >= @start AND partition_id < @end"
    )
    given = {"name": contract.name}
    given |= {"start": f"{within.start:%Y%m%d}", "end": f"{within.end:%Y%m%d}"}
    parameters = [bigquery.ScalarQueryParameter(k, "STRING", v) for k, v in given.items()]
    try:
        rows = connection.query(sql, budget, *parameters)
    except api.BadRequest as error:
        if "last_modified_time" not in str(error):
            raise
        return None
    return {
        dt.date.fromisoformat(day): (count, written or modified, size or 0)
        for day, count, written, size in rows
        if count
    }


def is_daily(live: bigquery.Table, contract: Contract) -> bool:
    """Whether the partitions of a live table are the dates of its contract.

    They are not those of a view, of a table without any, nor by month, hour or time of ingestion.
    """
    by = live.time_partitioning
    return bool(
        live.table_type == "TABLE"
        and by
        and by.type_ == "DAY"
        and by.field == contract.partition_by
    )


def undated(connection: Connection, budget: int, contract: Contract, *, daily: bool) -> int:
    """Rows without a date: their partition where there is one, else they are counted."""
    if daily:
        sql = (
            f"SELECT total_rows AS n FROM `{connection.project}.{contract.dataset}`"  # noqa: S608
            ".INFORMATION_SCHEMA.PARTITIONS WHERE table_name = @name AND partition_id = '__NULL__'"
        )
        name = bigquery.ScalarQueryParameter("name", "STRING", contract.name)
        return sum(row["n"] for row in connection.query(sql, budget, name))
    place, day = table_id(connection.project, contract), contract.partition_by
    sql = f"SELECT COUNT(*) AS n FROM `{place}` WHERE `{day}` IS NULL"  # noqa: S608
    return sum(row["n"] for row in connection.query(sql, budget))


def counts(
    connection: Connection,
    budget: int,
    contract: Contract,
    within: Interval,
    as_of: dt.datetime | None,
) -> dict[dt.date, int]:
    """Rows of each date at `as_of`; none where the table is younger than that.

    as_of: None for a view, which is read as it is now.
    """
    day, name = contract.partition_by, table_id(connection.project, contract)
    at = "FOR SYSTEM_TIME AS OF @moment " if as_of else ""
    sql = (
        f"SELECT `{day}` AS day, COUNT(*) AS n FROM `{name}` {at}"  # noqa: S608
        f"WHERE `{day}` >= @start AND `{day}` < @end GROUP BY day"
    )
    parameters = [
        bigquery.ScalarQueryParameter("start", "DATE", within.start),
        bigquery.ScalarQueryParameter("end", "DATE", within.end),
    ]
    if as_of:
        parameters.append(bigquery.ScalarQueryParameter("moment", "TIMESTAMP", as_of))
    try:
        rows = connection.query(sql, budget, *parameters)
    except (api.NotFound, api.BadRequest) as error:
        # a view lacks what it reads; or another mistake than asking before the table was made
        is_early = isinstance(error, api.NotFound) or _TOO_EARLY in str(error)
        if as_of is None or not is_early:
            raise
        return {}
    return {row["day"]: row["n"] for row in rows}


def states(
    rows: Mapping[dt.date, int],
    written: Mapping[dt.date, dt.datetime],
    as_of: dt.datetime,
    sizes: Mapping[dt.date, int] = MappingProxyType({}),
) -> dict[dt.date, PartitionState]:
    """States of the dates in `rows`; those written since `as_of`, or gone since, are marked."""
    since = f"as of {as_of.isoformat()}"
    known = {day: moment.isoformat() for day, moment in written.items() if moment < as_of}
    return {
        day: PartitionState(count, known.get(day, since), sizes.get(day, 0))
        for day, count in rows.items()
    }
