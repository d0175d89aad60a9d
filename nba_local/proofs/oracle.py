"""Parity: a table as its `oracle.sql` says it, against what Polars computed, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from nba_local.errors import PipelineError
from nba_local.storage.duck import add_view, set_variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.table import Table

ORACLE = "oracle.sql"

RELATIVE_TOLERANCE = 1e-9
"""For floating columns: engines add in different orders. Everything else is compared exactly."""


@dataclass(frozen=True, slots=True)
class Parity:
    """How two versions of the same rows agree.

    rows, cells: Compared. missing: rows only the oracle has. extra: rows only the table has.
    mismatched: differing cells by column. samples: grain, column and both values of some of them.
    """

    table: str
    season: Season
    rows: int
    cells: int
    missing: int
    extra: int
    mismatched: Mapping[str, int]
    samples: tuple[tuple[str, ...], ...]

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not (self.missing or self.extra or self.mismatched)


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
        upstream = [work.registry.table(name) for name in table.inputs]
        for source in {t.name: t for t in (*work.registry.sources, *upstream)}.values():
            files = sorted(work.store.folder(source.layer, source.name, season).glob("*.parquet"))
            add_view(con, source, files)
        set_variables(con, work.rules, table, season)
        until = min(work.today, season.interval.end)
        con.execute(f"SET VARIABLE today = DATE '{until.isoformat()}'")
        shared = work.registry.package / ORACLE
        if shared.is_file():
            con.execute(shared.read_text())
        rows: pl.DataFrame = con.sql(path.read_text()).pl()
    finally:
        con.close()
    return rows.filter(pl.col(table.partition_by) <= until)


def compare(table: Table, season: Season, ours: pl.DataFrame, oracle: pl.DataFrame) -> Parity:
    """Compare two frames of a table by its grain, in the columns that the oracle gives."""
    grain = list(table.contract.grain)
    columns = [c for c in oracle.columns if c not in grain]
    schema = table.contract.polars
    typed = oracle.select(pl.col(c).cast(schema[c]) for c in oracle.columns)
    both = ours.select(*grain, *columns).join(typed, on=grain, suffix="__oracle", how="inner")
    differs = both.select(_differs(c, schema[c]).alias(c) for c in columns)
    counts = differs.sum().row(0, named=True) if both.height else {}
    mismatched = {name: n for name, n in counts.items() if n}
    samples = [
        (*(str(v) for v in row[:-2]), name, str(row[-2]), str(row[-1]))
        for name in mismatched
        for row in both.filter(differs[name]).head(3).select(*grain, name, f"{name}__oracle").rows()
    ]
    return Parity(
        table=table.name,
        season=season,
        rows=both.height,
        cells=both.height * len(columns),
        missing=typed.join(ours, on=grain, how="anti").height,
        extra=ours.join(typed, on=grain, how="anti").height,
        mismatched=mismatched,
        samples=tuple(samples),
    )


def _differs(name: str, kind: Any) -> pl.Expr:
    ours, theirs = pl.col(name), pl.col(f"{name}__oracle")
    exact = ours.ne_missing(theirs)
    if not kind.is_float():
        return exact
    return exact & ~((ours - theirs).abs() <= RELATIVE_TOLERANCE * theirs.abs()).fill_null(
        value=False
    )
