"""Compare: the rows of a table on two sides: local, an environment, a warehouse. Reads only.

Rows meet by the grain of their table. What differs is counted by column and date, season by season.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Protocol

import polars as pl

from nba_local.errors import UsageError
from nba_local.tables.calendar import Interval, seasons_of
from nba_local.tables.diff import Tolerance, diff

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.diff import CellDiff
    from nba_local.tables.table import Table
    from nba_local.warehouse import Drift, Warehouse


class Side(Protocol):
    """Where rows of a comparison come from."""

    @property
    def name(self) -> str:
        """What it is called."""

    def rows(self, table: Table, within: Interval) -> pl.DataFrame:
        """Rows of `within` in the contract's columns."""

    def schema(self, table: Table) -> tuple[Drift, ...]:
        """How the side's table differs from the contract."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A table on two sides.

    rows_left, rows_right: Rows. both: Keys that are on both. only_left, only_right: Keys of one.
    changed: Keys of both whose rows differ. duplicates: Rows beyond the first of their key, left
    and right; one of them is compared. columns: Keys by differing column. dates: Differing dates,
    and what is different there: `differs`, `only left`, `only right`.
    """

    table: str
    rows_left: int
    rows_right: int
    both: int
    only_left: int
    only_right: int
    changed: int
    duplicates: tuple[int, int]
    columns: Mapping[str, int]
    dates: Mapping[dt.date, str]
    samples: tuple[CellDiff, ...]
    schema: tuple[Drift, ...] = ()

    @property
    def is_equal(self) -> bool:
        """Whether both sides say the same."""
        return not (self.only_left or self.only_right or self.changed or any(self.duplicates))

    def share(self, column: str) -> float:
        """Share of the keys on both sides that agree in `column`, 0 to 1."""
        return 1 - self.columns.get(column, 0) / self.both if self.both else 1.0


LOCAL = "local"
"""The data folder of the call."""


@dataclass(frozen=True, slots=True)
class Published:
    """The published rows of a data folder."""

    work: Workspace
    name: str = LOCAL

    def rows(self, table: Table, within: Interval) -> pl.DataFrame:
        """Published rows of `within`."""
        seasons = self.work.bounds.seasons_of(within)
        day = pl.col(table.partition_by).is_between(within.start, within.end, closed="left")
        return self.work.store.read(table.layer, table, seasons, hashed=True).filter(day)

    def schema(self, table: Table) -> tuple[Drift, ...]:
        """Stored rows are in the contract's types."""
        del table
        return ()


@dataclass(frozen=True, slots=True)
class Remote:
    """A warehouse at one instant. tables: Those of its environment, by name."""

    warehouse: Warehouse
    tables: Mapping[str, Table]
    as_of: dt.datetime
    name: str

    def rows(self, table: Table, within: Interval) -> pl.DataFrame:
        """Rows of `within`; none where the table does not exist."""
        return self.warehouse.read(self.tables[table.name], within, self.as_of)

    def schema(self, table: Table) -> tuple[Drift, ...]:
        """Columns, types and modes that are not as in the contract."""
        return self.warehouse.drift(self.tables[table.name])


@dataclass(slots=True)
class _Sum:
    """What is found of a table, added up over its seasons."""

    rows: list[int] = field(default_factory=lambda: [0, 0])
    both: int = 0
    only: list[int] = field(default_factory=lambda: [0, 0])
    changed: int = 0
    duplicates: list[int] = field(default_factory=lambda: [0, 0])
    columns: dict[str, int] = field(default_factory=dict)
    dates: dict[dt.date, str] = field(default_factory=dict)
    samples: list[CellDiff] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """How cells are compared.

    volatile: Also the columns that say when a row was made. tolerance: Largest
    difference of FLOAT64 values that counts as equal.
    samples: Cells that are shown of a table.
    """

    volatile: bool = False
    tolerance: float = 0.0
    samples: int = 5


def compare(
    left: Side, right: Side, table: Table, within: Sequence[Interval], options: CompareOptions
) -> Comparison:
    """`table` on both sides on the dates of `within`."""
    total = _Sum()
    for span in within:
        for part in _by_season(span):
            _add(total, table, left.rows(table, part), right.rows(table, part), options)
    columns = sorted(total.columns.items(), key=lambda item: (-item[1], item[0]))
    return Comparison(
        table=table.name,
        rows_left=total.rows[0],
        rows_right=total.rows[1],
        both=total.both,
        only_left=total.only[0],
        only_right=total.only[1],
        changed=total.changed,
        duplicates=(total.duplicates[0], total.duplicates[1]),
        columns=dict(columns),
        dates=dict(sorted(total.dates.items())),
        samples=tuple(total.samples),
        schema=_schemas(left, right, table),
    )


def _schemas(left: Side, right: Side, table: Table) -> tuple[Drift, ...]:
    """What one side's schema has and the other's has not, or has otherwise."""
    ours, theirs = set(left.schema(table)), set(right.schema(table))
    return tuple(sorted(ours ^ theirs, key=lambda d: (d.column, d.live)))


def _add(
    total: _Sum, table: Table, left: pl.DataFrame, right: pl.DataFrame, options: CompareOptions
) -> None:
    names = table.contract.columns if options.volatile else table.compared
    apart = diff(table, left, right, names, Tolerance(options.tolerance, json_by_value=True))
    total.rows = [total.rows[0] + left.height, total.rows[1] + right.height]
    total.duplicates = [
        n + more for n, more in zip(total.duplicates, apart.duplicates, strict=True)
    ]
    total.both += apart.both.height
    total.changed += int(apart.changed.sum())
    for name, n in apart.columns.items():
        total.columns[name] = total.columns.get(name, 0) + n
    by = table.partition_by
    _note(total, apart.both.filter(apart.changed), by, "differs")
    for place, (rows, word) in enumerate(
        ((apart.only_left, "only left"), (apart.only_right, "only right"))
    ):
        total.only[place] += rows.height
        _note(total, rows, by, word)
    total.samples += list(islice(apart.samples(1), options.samples - len(total.samples)))


def _note(total: _Sum, rows: pl.DataFrame, by: str, word: str) -> None:
    for day in rows[by].unique().sort():
        before = total.dates.get(day)
        total.dates[day] = f"{before}, {word}" if before else word


def _by_season(within: Interval) -> list[Interval]:
    """`within` cut at the seasons, so that no more than one is held at a time."""
    return [
        Interval(max(within.start, s.interval.start), min(within.end, s.interval.end))
        for s in seasons_of(within)
    ]


def side(text: str, remote: Callable[[str | None, str | None], Side], known: Sequence[str]) -> Side:
    """The side that `text` names: an environment, or a URL with `@environment` or without.

    remote: Opens a URL (None: the configured target) and an environment (None: the usual one).

    Raises:
        UsageError: It is none of these.
    """
    if "://" in text:
        url, at, environment = text.rpartition("@")
        return remote(url, environment) if at else remote(text, None)
    if text in known:
        return remote(None, text)
    raise UsageError.unknown("side", text, [LOCAL, *known, "the path of a data folder"])
