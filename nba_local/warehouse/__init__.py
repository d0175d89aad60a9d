"""A warehouse: where source tables are read from and feature tables are pushed to.

Two implementations of one protocol: `file://DIR`, a folder of Parquet per table, and
`bigquery://PROJECT`. Nothing above this package knows which one it talks to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import polars as pl

from nba_local.errors import ContractError, UsageError
from nba_local.tables.calendar import by_season
from nba_local.words import without_secrets

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from nba_local.tables.calendar import Interval
    from nba_local.tables.schema import Field
    from nba_local.tables.table import Table

    type Ready = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class PartitionState:
    """One date of a remote table: its row count and a token that moves when it is rewritten.

    bytes: That reading it takes, as far as the warehouse says; 0 where it does not.
    """

    rows: int
    token: str
    bytes: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Drift:
    """A difference between the contract and the live table."""

    table: str
    column: str
    contract: str
    live: str


@dataclass(frozen=True, slots=True)
class Access:
    """Something that must be allowed, whether it is, and what to do where it is not."""

    what: str
    found: str
    is_ok: bool
    fix: str = ""


@dataclass(frozen=True, slots=True)
class LiveColumn:
    """A column of a live table, in the contract's words. fields: Those of a STRUCT."""

    name: str
    type: str
    mode: str
    precision: int | None
    scale: int | None
    description: str
    length: int | None = None
    fields: tuple[LiveColumn, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveTable:
    """A table as the warehouse has it.

    etag: Moves when somebody changes it. kind: TABLE, VIEW, MATERIALIZED_VIEW, EXTERNAL, ...
    """

    columns: tuple[LiveColumn, ...]
    partition_by: str | None
    partition_type: str | None
    expiration_days: int | None
    require_partition_filter: bool
    clustering: tuple[str, ...]
    etag: str
    kind: str = "TABLE"


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """What is changed of a live table in one call, if it is still as `etag` says.

    added: Columns. relaxed: Columns that may be NULL from now on. described: Descriptions by
    column. clustering: New columns to cluster by; None leaves them.
    """

    added: tuple[Field, ...]
    relaxed: tuple[str, ...]
    described: Mapping[str, str]
    clustering: tuple[str, ...] | None
    etag: str

    @property
    def is_needed(self) -> bool:
        """Whether anything is changed."""
        return bool(self.added or self.relaxed or self.described or self.clustering is not None)


@dataclass(frozen=True, slots=True)
class Part:
    """Which rows of the dates are meant: those with one of these values, on its own dates."""

    column: str
    dates: Mapping[str, tuple[dt.date, ...]]


@dataclass(frozen=True, slots=True)
class Later:
    """Rows that are read when they are sent, so that a push of any size fits in memory.

    height: How many there are. read: Those of the given dates.
    """

    height: int
    read: Callable[[Sequence[dt.date]], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Replacement:
    """New rows for some dates of a table. Dates in `dates` without rows are emptied.

    part: Only these rows of the dates are replaced, and only such rows are given.
    """

    table: Table
    dates: tuple[dt.date, ...]
    rows: pl.DataFrame | Later
    part: Part | None = None

    def of(self, dates: Sequence[dt.date]) -> pl.DataFrame:
        """The rows of some of the dates."""
        if isinstance(self.rows, Later):
            return self.rows.read(dates)
        return self.rows.filter(self.rows[self.table.partition_by].is_in(list(dates)))

    def pieces(self) -> Iterator[tuple[Sequence[dt.date], pl.DataFrame]]:
        """The dates of a season at a time with their rows, checked to be all that were promised.

        Raises:
            ContractError: There are others, of other dates: found after the last piece.
        """
        found = 0
        for _, dates in by_season(self.dates):
            rows = self.of(dates)
            found += rows.height
            yield dates, rows
        if found != self.rows.height:
            raise ContractError(
                f"{self.table.name}: {abs(self.rows.height - found)} rows lie outside the pushed "
                "dates; nothing was pushed"
            )

    def replaced(self) -> pl.Expr:
        """Whether a row of the table is one that the new ones stand for."""
        day = pl.col(self.table.partition_by)
        if self.part is None:
            return day.is_in(list(self.dates))
        value = pl.col(self.part.column)
        return pl.any_horizontal(
            (value == name) & day.is_in(list(dates)) for name, dates in self.part.dates.items()
        )


@dataclass(frozen=True, slots=True)
class Append:
    """Rows to be added to a table, once per push."""

    table: Table
    rows: pl.DataFrame

    @property
    def dates(self) -> tuple[dt.date, ...]:
        """No date is replaced."""
        return ()


type Change = Replacement | Append


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the warehouse said to a push: rows per table, and its own ids of what it did.

    hashes: Of what was sent, by table. committed: When all of it became visible, by its clock.
    """

    rows: Mapping[str, int]
    jobs: tuple[str, ...]
    hashes: Mapping[str, str]
    committed: dt.datetime


def ignore_note(note: str) -> None:
    """A `Ready` that does nothing."""


class Warehouse(Protocol):
    """Reads partitions as of one instant and replaces partitions in one transaction."""

    url: str
    has_datasets: bool
    folder: Path | None
    """Where its files are; None where it is no folder."""

    def require(self) -> None:
        """Raise a WarehouseError where there is no warehouse to read from."""

    def require_writable(self) -> None:
        """Raise a WarehouseError where nothing can be pushed to."""

    def access(self, tables: Sequence[Table], *, write: bool) -> tuple[Access, ...]:
        """Whether the places of `tables` are there and may be read, and written if `write`."""

    def leftovers(self, tables: Sequence[Table]) -> list[str]:
        """Staging tables and locks in the datasets of `tables`, by name."""

    def now(self) -> dt.datetime:
        """The warehouse's present instant (UTC), fit to be the `as_of` of a whole run."""

    def partitions(
        self, table: Table, within: Interval, as_of: dt.datetime
    ) -> dict[dt.date, PartitionState]:
        """Dates of `table` that have rows; empty where the table does not exist."""

    def require_source(self, table: Table, *, had_rows: bool = False) -> None:
        """Raise a WarehouseError where `table` is absent or not all of it can be read.

        had_rows: Rows were pulled from it before: a table without any is then an error too.
        """

    def undated(self, table: Table, as_of: dt.datetime) -> int:
        """Rows of `table` whose partition column is NULL: no date has them."""

    def columns(
        self, table: Table, months: Collection[str], as_of: dt.datetime
    ) -> dict[str, frozenset[str]]:
        """Names of the columns that the rows of each of `months` (`2021-11`) have, NULL or not."""

    def read(
        self,
        table: Table,
        within: Interval,
        as_of: dt.datetime,
        columns: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        """Rows of `within` as they were at `as_of`, in the contract's types, in no given order.

        All contract columns, or `columns`. An empty frame where the table does not exist.
        """

    def drift(self, table: Table) -> tuple[Drift, ...]:
        """How the live table differs from the contract in columns, types and modes."""

    def live(self, table: Table) -> LiveTable | None:
        """The table as the warehouse has it; None where it has none.

        Raises:
            UsageError: A folder of files has no schemas of its own.
        """

    def full_name(self, table: Table) -> str:
        """The table's name as the warehouse's SQL takes it."""

    def create(self, table: Table) -> None:
        """Create a table that does not exist, as its contract says."""

    def alter(self, table: Table, change: SchemaChange) -> None:
        """Change a table in one call.

        Raises:
            StaleError: It is not any more as it was when the change was decided on.
        """

    def place(self, table: Table) -> str:
        """Where `table` is, in words that tell it from the same table of another environment."""

    def lock(
        self, tables: Sequence[Table], push_id: str, ended: Collection[str] = ()
    ) -> AbstractContextManager[None]:
        """Nobody else pushes to the datasets of `tables` inside the block.

        ended: Pushes of this data folder that are over: a lock that one of them left is freed.

        Raises:
            LockedError: Somebody does; it says who, and since when.
        """

    def replace(
        self, changes: Sequence[Change], push_id: str, ready: Ready = ignore_note
    ) -> Receipt:
        """Apply all `changes` together: either all of them take effect or none does.

        A table that does not exist is created as its contract says. Running the same `push_id`
        again gives the same state.

        ready: Called when everything is staged and proven and nothing is visible yet, with what
            `settle` needs to find out later; an error in it ends the push.
        """

    def settle(self, tables: Sequence[Table], push_id: str, note: str) -> dt.datetime | None:
        """Clear away what a push left that died, and say when it took effect, None if it did not.

        note: What `ready` was called with; empty where the push did not come so far.
        """

    def close(self) -> None:
        """Release connections."""


def open_warehouse(
    url: str, *, rest_endpoint: str | None = None, storage_endpoint: str | None = None
) -> Warehouse:
    """The warehouse at `url`: `file://DIR` or `bigquery://PROJECT`.

    The endpoints replace Google's own (a local server); without them BigQuery itself is used.

    Raises:
        UsageError: The URL has neither form.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "file" and rest:
        from nba_local.warehouse.files import FileWarehouse

        return FileWarehouse(rest)
    if scheme == "bigquery" and rest:
        from nba_local.warehouse.bigquery.warehouse import BigQueryWarehouse

        return BigQueryWarehouse(rest, rest_endpoint, storage_endpoint)
    raise UsageError(
        f"`{without_secrets(url)}` is not a warehouse",
        hint="write file://DIR or bigquery://PROJECT",
    )
