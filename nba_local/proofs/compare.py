"""Compare: the rows of a table on two sides: local, an environment, a warehouse. Reads only.

Rows meet by the grain of their table. What differs is counted by column and date, season by season.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import polars as pl

from nba_local.errors import UsageError
from nba_local.tables.calendar import Interval, seasons_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.table import Table
    from nba_local.warehouse import Drift, Warehouse

THERE = " there"
"""Suffix of the right side's columns where both lie beside each other."""


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
class Sample:
    """A cell that differs: the row's grain, and what each side has."""

    key: Mapping[str, object]
    column: str
    left: str
    right: str


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
    samples: tuple[Sample, ...]
    schema: tuple[Drift, ...] = ()

    @property
    def is_equal(self) -> bool:
        """Whether both sides say the same."""
        return not (self.only_left or self.only_right or self.changed or any(self.duplicates))

    def share(self, column: str) -> float:
        """Share of the keys on both sides that agree in `column`, 0 to 1."""
        return 1 - self.columns.get(column, 0) / self.both if self.both else 1.0


@dataclass(frozen=True, slots=True)
class Local:
    """The published rows of a data folder."""

    work: Workspace
    name: str = "local"

    def rows(self, table: Table, within: Interval) -> pl.DataFrame:
        """Published rows of `within`."""
        seasons = _seasons(within)
        day = pl.col(table.partition_by).is_between(within.start, within.end, closed="left")
        return self.work.store.scan(table.layer, table, seasons).filter(day).collect()

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
    samples: list[Sample] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class How:
    """How cells are compared.

    volatile: Also the columns that say when a row was made. tolerance: By which FLOAT64 may differ.
    samples: Cells that are shown of a table.
    """

    volatile: bool = False
    tolerance: float = 0.0
    samples: int = 5


def compare(
    left: Side, right: Side, table: Table, within: Sequence[Interval], how: How
) -> Comparison:
    """`table` on both sides on the dates of `within`."""
    found = _Sum()
    for span in within:
        for part in _by_season(span):
            _add(found, table, left.rows(table, part), right.rows(table, part), how)
    columns = sorted(found.columns.items(), key=lambda item: (-item[1], item[0]))
    return Comparison(
        table=table.name,
        rows_left=found.rows[0],
        rows_right=found.rows[1],
        both=found.both,
        only_left=found.only[0],
        only_right=found.only[1],
        changed=found.changed,
        duplicates=(found.duplicates[0], found.duplicates[1]),
        columns=dict(columns),
        dates=dict(sorted(found.dates.items())),
        samples=tuple(found.samples),
        schema=_schemas(left, right, table),
    )


def _schemas(left: Side, right: Side, table: Table) -> tuple[Drift, ...]:
    """What one side's schema has and the other's has not, or has otherwise."""
    ours, theirs = set(left.schema(table)), set(right.schema(table))
    return tuple(sorted(ours ^ theirs, key=lambda d: (d.column, d.live)))


def _add(found: _Sum, table: Table, left: pl.DataFrame, right: pl.DataFrame, how: How) -> None:
    grain, by = list(table.contract.grain), table.partition_by
    names = table.contract.columns if how.volatile else table.compared
    rest = [name for name in names if name not in grain]  # no table is all grain
    sides = [left.select(*grain, *rest), right.select(*grain, *rest)]
    for place, rows in enumerate(sides):
        found.rows[place] += rows.height
        sides[place] = rows.unique(grain, keep="first", maintain_order=True)
        found.duplicates[place] += rows.height - sides[place].height
    ours, theirs = sides
    both = ours.join(theirs, on=grain, how="inner", suffix=THERE, nulls_equal=True)
    json_names = [f.name for f in table.contract.fields if f.type == "JSON" and f.name in rest]
    both = _canonical(both, json_names)
    floats = {f.name for f in table.contract.fields if f.type == "FLOAT64" and not f.repeated}
    differs = both.select(
        by, *(_differs(name, how.tolerance if name in floats else 0.0).alias(name) for name in rest)
    )
    is_changed = differs.select(pl.any_horizontal(pl.lit(value=False), *rest)).to_series()
    found.both += both.height
    found.changed += int(is_changed.sum())
    for name, n in differs.select(pl.col(*rest).sum()).row(0, named=True).items():
        if n:
            found.columns[name] = found.columns.get(name, 0) + n
    _note(found, differs.filter(is_changed), by, "differs")
    for place, (rows, others, word) in enumerate(
        ((ours, theirs, "only left"), (theirs, ours, "only right"))
    ):
        alone = rows.join(others, on=grain, how="anti", nulls_equal=True)
        found.only[place] += alone.height
        _note(found, alone, by, word)
    _sample(found, both, differs, grain, rest, how.samples)


def _note(found: _Sum, rows: pl.DataFrame, by: str, word: str) -> None:
    for day in rows[by].unique().sort():
        before = found.dates.get(day)
        found.dates[day] = f"{before}, {word}" if before else word


def _sample(  # noqa: PLR0913 - a comparison's parts
    found: _Sum,
    both: pl.DataFrame,
    differs: pl.DataFrame,
    grain: Sequence[str],
    rest: Sequence[str],
    most: int,
) -> None:
    """The first differing cell of some columns."""
    for name in rest:
        if len(found.samples) >= most:
            return
        row = both.filter(differs[name]).head(1)
        if row.height:
            key = row.select(grain).row(0, named=True)
            left, right = row.select(name, f"{name}{THERE}").row(0)
            found.samples.append(Sample(key, name, _text(left), _text(right)))


def _text(value: object, most: int = 60) -> str:
    text = "NULL" if value is None else str(value)
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _differs(name: str, tolerance: float) -> pl.Expr:
    here, there = pl.col(name), pl.col(f"{name}{THERE}")
    if not tolerance:
        return here.ne_missing(there)
    near = ((here - there).abs() <= tolerance).fill_null(value=False)
    return here.ne_missing(there) & ~near


def _canonical(both: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """JSON by value: where the texts of a column differ, both are written the same way."""
    for name in names:
        if both.select(pl.col(name).ne_missing(pl.col(f"{name}{THERE}")).any()).item():
            both = both.with_columns(
                pl.col(column).map_elements(_plain_json, return_dtype=pl.String)
                for column in (name, f"{name}{THERE}")
            )
    return both


def _plain_json(text: str) -> str:
    return json.dumps(json.loads(text), sort_keys=True)


def _seasons(within: Interval) -> list[Season]:
    return list(seasons_of(within))


def _by_season(within: Interval) -> list[Interval]:
    """`within` cut at the seasons, so that no more than one is held at a time."""
    return [
        Interval(max(within.start, s.interval.start), min(within.end, s.interval.end))
        for s in _seasons(within)
    ]


def side(
    text: str, local: Side, remote: Callable[[str | None, str | None], Side], known: Sequence[str]
) -> Side:
    """The side that `text` names: `local`, an environment, or a URL with `@environment` or without.

    remote: Opens a URL (None: the configured target) and an environment (None: the usual one).

    Raises:
        UsageError: It is none of these.
    """
    if text == "local":
        return local
    if "://" in text:
        url, at, environment = text.rpartition("@")
        return remote(url, environment) if at else remote(text, None)
    if text in known:
        return remote(None, text)
    raise UsageError.unknown("side", text, ["local", *known])
