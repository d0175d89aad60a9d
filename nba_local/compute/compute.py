"""Compute: one season of one feature table, all dates at once, one collect."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from nba_local.errors import ContractError, PipelineError
from nba_local.tables.calendar import Season
from nba_local.tables.results import STATE_OK, Computed

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.registry import RuleSet
    from nba_local.tables.table import Table


def inputs_of(
    work: Workspace,
    table: Table,
    season: Season,
    fresh: Mapping[tuple[str, Season], pl.DataFrame] = MappingProxyType({}),
) -> dict[str, pl.LazyFrame]:
    """The frames that `build()` takes, by parameter name: raw sources, published features.

    The seasons before `season` that the rules look back to are handed over too, where stored.
    fresh: Rows by table and season that stand for what is published of them.
    """
    first = season.year - work.rules.lookback_seasons
    seasons = [Season(year) for year in range(first, season.year + 1)]

    def frame(name: str) -> pl.LazyFrame:
        table = work.registry.table(name)
        given = {s: rows for s in seasons if (rows := fresh.get((name, s))) is not None}
        stored = [s for s in seasons if s not in given]
        frames = [rows.lazy() for rows in given.values()]
        if not given or any(work.store.folder(table.layer, name, s).is_dir() for s in stored):
            frames.insert(0, work.store.scan(table.layer, table, stored))
        return frames[0] if len(frames) == 1 else pl.concat(frames)

    return {name: frame(name) for name in table.inputs}


def compute(
    table: Table,
    inputs: dict[str, pl.LazyFrame],
    *,
    rules: RuleSet,
    season: Season,
    today: dt.date | None,
) -> Computed:
    """Rows, non-rows and states of one season. Reads what the input frames scan, writes nothing.

    Raises:
        PipelineError: `build()` does not return what its contract promises.
        ContractError: Rows break the contract: columns, types, grain, NULL, dates.
    """
    if table.build is None:
        raise PipelineError(f"{table.name} is a source table; it is pulled, not computed")
    built = table.build(**inputs, rules=rules, season=season.year, today=today)
    frames = [
        table.contract.stored(built.rows),
        built.non_rows.sort("date", "entity"),
        built.dates.sort("date"),
    ]
    try:
        # a season fits in memory; the streaming engine is a third slower on it
        rows, non_rows, dates = pl.collect_all(frames, engine="in-memory")
    except pl.exceptions.PolarsError as error:
        first = str(error).partition("\n")[0]
        raise ContractError(
            f"{table.name} {season}: {first}; nothing was published",
            hint="a source value is outside what its column can hold; see nba-local check",
        ) from error
    rows = rows if _ascends(rows, table.order) else rows.sort(table.order)
    _prove(table, season, rows, dates)
    return Computed(rows, non_rows, dates)


def _ascends(rows: pl.DataFrame, order: Sequence[str]) -> bool:
    """Whether rows lie in `order` and no two share it; far cheaper than sorting them again."""
    later, equal = pl.lit(value=False), pl.lit(value=True)
    for name in order:
        before = pl.col(name).shift()
        later = later | (equal & (pl.col(name) > before))
        equal = equal & (pl.col(name) == before)
    return bool(rows.select(later.slice(1).all()).item())


def _prove(table: Table, season: Season, rows: pl.DataFrame, dates: pl.DataFrame) -> None:
    where, by = f"{table.name} {season}", table.partition_by
    if nulls := table.contract.nulls(rows):
        raise ContractError(f"{where}: NULL in REQUIRED columns: {nulls}; nothing was published")
    grain = table.contract.grain
    twice = 0 if _ascends(rows, table.order) else rows.height - rows.select(grain).n_unique()
    if twice:
        raise ContractError(
            f"{where}: {twice} rows repeat their grain ({', '.join(grain)}); nothing was published"
        )
    if dates["date"].n_unique() != dates.height:
        raise PipelineError(f"{where}: a date has two states; nothing was published")
    ok = dates.filter(pl.col("state") == STATE_OK)["date"]
    have = rows[by].unique()
    if stray := set(have) ^ set(ok):
        raise PipelineError(
            f"{where}: {len(stray)} dates where rows and state disagree, first {min(stray)}; "
            "nothing was published"
        )
