"""The statements of a push: what one table's rows replace, and the SQL text that does it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from google.cloud import bigquery

from nba_local.warehouse import Append

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from pathlib import Path

    from nba_local.tables.schema import Contract
    from nba_local.warehouse import Change, Part
    from nba_local.warehouse.bigquery.connection import Parameter


@dataclass(frozen=True, slots=True)
class StagedChange:
    """One table of a push: where its rows go and the Parquet file that holds them.

    sha256: Of the file. counts: Rows per date (or instant) that are sent.
    """

    change: Change
    target: str
    staging: str
    content: Path
    sha256: str
    counts: Mapping[dt.date, int]

    @property
    def contract(self) -> Contract:
        """The contract of the table."""
        return self.change.table.contract

    @property
    def digest(self) -> str:
        """What is sent where, as part of a job id."""
        return hashlib.sha256(f"{self.target} {self.sha256}".encode()).hexdigest()[:12]

    @property
    def part(self) -> Part | None:
        """Which rows of the dates are replaced, where it is not all of them."""
        return None if isinstance(self.change, Append) else self.change.part


def statements(staged: StagedChange, number: int) -> tuple[list[str], list[Parameter]]:
    """DELETE and INSERT of one table. The bounds beside IN are what partitions are pruned by."""
    day, sql = staged.contract.partition_by, list[str]()
    parameters: list[Parameter] = []
    if dates := sorted(staged.change.dates):
        delete, parameters = _deletion(staged, dates, number)
        sql.append(f"DELETE FROM `{staged.target}` WHERE {delete}")  # noqa: S608
        parameters += [
            bigquery.ScalarQueryParameter(f"first_{number}", "DATE", dates[0]),
            bigquery.ScalarQueryParameter(f"last_{number}", "DATE", dates[-1]),
        ]
        sql[-1] += f" AND `{day}` BETWEEN @first_{number} AND @last_{number}"
    if staged.change.rows.height:
        names = ", ".join(f"`{field.name}`" for field in staged.contract.fields)
        values = ", ".join(
            f"PARSE_JSON(`{field.name}`, wide_number_mode => 'round')"
            if field.type == "JSON"
            else f"`{field.name}`"
            for field in staged.contract.fields
        )
        insert = f"INSERT INTO `{staged.target}` ({names})"
        sql.append(f"{insert} SELECT {values} FROM `{staged.staging}`")  # noqa: S608
    return sql, parameters


def _deletion(
    staged: StagedChange, dates: list[dt.date], number: int
) -> tuple[str, list[Parameter]]:
    """The condition of the rows that are replaced, in parentheses, and its parameters."""
    day = staged.contract.partition_by
    if staged.part is None:
        return f"(`{day}` IN UNNEST(@dates_{number}))", [
            bigquery.ArrayQueryParameter(f"dates_{number}", "DATE", dates)
        ]
    conditions: list[str] = []
    parameters: list[Parameter] = []
    for place, (value, days) in enumerate(sorted(staged.part.dates.items())):
        key = f"{number}_{place}"
        conditions.append(
            f"(`{staged.part.column}` = @value_{key} AND `{day}` IN UNNEST(@dates_{key}))"
        )
        parameters += [
            bigquery.ScalarQueryParameter(f"value_{key}", "STRING", value),
            bigquery.ArrayQueryParameter(f"dates_{key}", "DATE", sorted(days)),
        ]
    return f"({' OR '.join(conditions)})", parameters
