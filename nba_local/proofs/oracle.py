"""Parity: a table as its `oracle.sql` says it, against what Polars computed, cell by cell."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from nba_local.compute.held import held_dates
from nba_local.errors import PipelineError
from nba_local.storage import queries
from nba_local.storage.duck import add_counted, add_view, set_variables
from nba_local.tables.diff import Tolerance, diff
from nba_local.tables.registry import COUNTED
from nba_local.tables.results import QUARANTINED

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.diff import CellDiff
    from nba_local.tables.registry import RuleSet
    from nba_local.tables.table import Table

ORACLE = "oracle.sql"

TOLERANCE = Tolerance(relative=1e-9)
"""For floating columns: engines add in different orders. Everything else is compared exactly."""

SAMPLES = 3
"""Differing cells of a column that are shown."""


@dataclass(frozen=True, slots=True)
class Parity:
    """How two versions of the same rows agree.

    rows, cells: Compared. missing: rows only the oracle has. extra: rows only the table has.
    Copies of a row count as such. mismatched: differing cells by column. samples: some of them.
    held: Dates that are not compared, because a claim holds them back: see `held_back`.
    unknown: Settings, as `KEY=VALUE`, that the oracle does not know: then nothing is compared.
    """

    table: str
    season: Season
    rows: int
    cells: int
    missing: int
    extra: int
    mismatched: Mapping[str, int]
    samples: tuple[CellDiff, ...]
    held: tuple[dt.date, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not (self.missing or self.extra or self.mismatched)


def held_back(work: Workspace, table: Table, season: Season) -> frozenset[dt.date]:
    """Dates of `table` that keep rows of before: a claim, of a source too, does not hold there.

    The oracle reads what the sources say now, so that it says nothing about those rows.
    """
    dates = queries.feature_dates(work.ledger, table.name, season)
    quarantined = (date.date for date in dates if date.state == QUARANTINED)
    return frozenset((*held_dates(work, season), *quarantined))


def unknown_settings(work: Workspace, table: Table, usual: RuleSet) -> tuple[str, ...]:
    """Settings of `table` that differ from the `usual` ones and of which no oracle's text speaks.

    An oracle follows a setting that it reads, by `getvariable()`; it is written for the usual
    value of every other one.
    """
    paths = (table.folder / ORACLE, work.registry.package / ORACLE)
    text = "".join(path.read_text() for path in paths if path.is_file())
    now, then = (dataclasses.asdict(rules.of(table.name)) for rules in (work.rules, usual))
    return tuple(
        f"{key}={value}"
        for key, value in now.items()
        if value != then.get(key) and f"getvariable('{key}')" not in text
    )


def oracle_rows(work: Workspace, table: Table, season: Season) -> pl.DataFrame:
    """The rows of a season as `oracle.sql` of the table says them, from its stored inputs.

    The `oracle.sql` of the package, where there is one, runs first: what the oracles share.

    Raises:
        PipelineError: The table has no oracle.
    """
    import duckdb

    path = table.folder / ORACLE
    if not path.is_file():
        raise PipelineError(f"{table.name} has no {ORACLE}")
    con = duckdb.connect()
    try:
        con.execute("SET TimeZone = 'UTC'")
        set_variables(con, work.rules, table, season, work.bounds.interval(season))
        upstream = [work.registry.table(name) for name in table.inputs]
        stored = [
            (source, work.store.files(source.layer, source.name, season))
            for source in (*work.registry.sources, *(t for t in upstream if not t.is_source))
        ]
        counted = (work.registry.package / COUNTED).is_file()
        if counted:
            sources = [(source, files) for source, files in stored if source.is_source]
            add_counted(con, work.registry.package, sources)
        for source, files in stored:
            if not (counted and source.is_source):
                add_view(con, source, files)
        until = work.until(season)
        con.execute(f"SET VARIABLE today = DATE '{until.isoformat()}'")
        shared = work.registry.package / ORACLE
        if shared.is_file():
            con.execute(shared.read_text())
        rows: pl.DataFrame = con.sql(path.read_text()).pl()
    finally:
        con.close()
    return rows.filter(pl.col(table.partition_by) <= until)


def compare(
    table: Table,
    season: Season,
    ours: pl.DataFrame,
    oracle: pl.DataFrame,
    held: Collection[dt.date] = (),
) -> Parity:
    """Compare two frames of a table by its grain, in the columns that the oracle gives.

    held: Dates that are left out on both sides.
    """
    schema = table.contract.polars
    typed = oracle.select(pl.col(name).cast(schema[name]) for name in oracle.columns)
    is_compared = ~pl.col(table.partition_by).is_in(list(held))
    apart = diff(
        table, ours.filter(is_compared), typed.filter(is_compared), oracle.columns, TOLERANCE
    )
    present = {*ours[table.partition_by], *typed[table.partition_by]}
    return Parity(
        table=table.name,
        season=season,
        rows=apart.both.height,
        cells=apart.both.height * len(apart.differs.columns),
        missing=apart.only_right.height + apart.duplicates[1],
        extra=apart.only_left.height + apart.duplicates[0],
        mismatched=apart.columns,
        samples=tuple(apart.samples(SAMPLES)),
        held=tuple(sorted(present.intersection(held))),
    )
