"""Compute: one season of one feature table, all dates at once, one collect."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from nba_local.compute.mistakes import in_build
from nba_local.errors import ContractError, NbaLocalError, PipelineError
from nba_local.storage.disk import is_full
from nba_local.tables.calendar import Season
from nba_local.tables.results import STATE_OK, Computed, Finding

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.registry import Registry, RuleSet
    from nba_local.tables.table import Built, Table

FITS = "values_fit_their_columns"
"""The engine's own claim: a cell that its column cannot hold holds its date back."""


def inputs_of(
    work: Workspace,
    table: Table,
    season: Season,
    fresh: Mapping[tuple[str, Season], pl.DataFrame] = MappingProxyType({}),
    sources: Mapping[str, pl.LazyFrame] | None = None,
) -> dict[str, pl.LazyFrame]:
    """The frames that `build()` takes, by parameter name: raw sources, published features.

    fresh: Rows by table and season that stand for what is published of them.
    sources: Frames of the source tables, see `sources_of`; worked out where not given.
    """
    frames = dict(sources_of(work, [table], season) if sources is None else sources)
    for name in table.inputs:
        if name not in frames:
            rows, upstream = fresh.get((name, season)), work.registry.table(name)
            stored = work.store.scan(upstream.layer, upstream, [season]) if rows is None else None
            frames[name] = rows.lazy() if stored is None else stored  # type: ignore[union-attr]
    return {name: frames[name] for name in table.inputs}


def sources_of(work: Workspace, tables: Sequence[Table], season: Season) -> dict[str, pl.LazyFrame]:
    """The source tables that `tables` read, with what `with_columns` adds.

    The seasons before `season` that the rules look back to are handed over too, where stored.
    """
    first = season.year - work.rules.lookback_seasons
    reach = [Season(year) for year in range(first, season.year + 1)]
    names = dict.fromkeys(name for table in tables for name in table.inputs)
    frames = {
        name: work.store.scan(source.layer, source, reach)
        for name in names
        if (source := work.registry.table(name)).is_source
    }
    return with_columns(work.registry, frames, work.rules, season)


def with_columns(
    registry: Registry, sources: Mapping[str, pl.LazyFrame], rules: RuleSet, season: Season
) -> dict[str, pl.LazyFrame]:
    """Source frames with the columns that the package works out once for all tables of a season.

    Collects those columns, which would else be computed again by every table that needs them.
    """
    if registry.prepared is None:
        return dict(sources)
    more = registry.prepared.columns(sources, rules=rules, season=season.year)
    made = pl.collect_all(list(more.values()), engine="in-memory", optimizations=passes())
    beside = {
        name: pl.concat([sources[name], rows.lazy()], how="horizontal")
        for name, rows in zip(more, made, strict=True)
    }
    return {**sources, **beside}


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
    try:
        built = table.build(**inputs, rules=rules, season=season.year, today=today)
        rows, non_rows, dates, misfits = _collected(table, built)
    except Exception as error:
        if isinstance(error, (NbaLocalError, MemoryError)) or is_full(error):
            raise
        raise in_build(table, season, error, inputs) from None
    rows = rows if _ascends(rows, table.order) else rows.sort(table.order)
    _prove(table, season, rows, dates, {finding.date for finding in misfits})
    return Computed(rows, non_rows, dates, misfits)


def _collected(
    table: Table, built: Built
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, tuple[Finding, ...]]:
    """What `build()` returned, collected, and findings about cells that do not fit their columns.

    Such a cell is NULL in the rows, which lack the row where the column is REQUIRED.
    """
    others = [built.non_rows.sort("date", "entity"), built.dates.sort("date")]
    try:
        # a season fits in memory; the streaming engine is a third slower on it
        frames = pl.collect_all(
            [table.contract.stored(built.rows), *others],
            engine="in-memory",
            optimizations=passes(),
        )
    except (pl.exceptions.InvalidOperationError, pl.exceptions.ComputeError) as error:
        given, non_rows, dates = pl.collect_all([built.rows, *others], engine="in-memory")
        rows, misfits = _fitting(table, given)
        if not misfits:
            raise error from None
        return rows, non_rows, dates, misfits
    return frames[0], frames[1], frames[2], ()


def passes() -> pl.QueryOptFlags:
    """The optimizer's passes that pay for themselves.

    The others visit a cached frame once for each way that leads to it, and the ways double with
    every cache on top of another: a season of `player_daily_cache` was planned for longer than it
    was computed.
    """
    passes = pl.QueryOptFlags.none()
    passes.predicate_pushdown = passes.projection_pushdown = True
    return passes


def _fitting(table: Table, given: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """Rows as stored, with NULL for cells that their column cannot hold, and where those are."""
    contract, by = table.contract, table.partition_by
    stored = contract.stored(given.lazy(), strict=False).collect(engine="in-memory")
    findings: list[Finding] = []
    for column in contract.fields:
        value = given[column.name]
        is_value = (
            value.is_not_null() & value.is_finite()
            if value.dtype.is_float()
            else (value.is_not_null())
        )
        wrong = given.filter(is_value & stored[column.name].is_null())
        for (date,), rows in wrong.group_by(by, maintain_order=True):
            sample = rows.select(*contract.grain, column.name).row(0, named=True)
            shown = ", ".join(f"{name} {cell}" for name, cell in sample.items() if name != by)
            sentence = f"Every `{column.name}` fits its column ({column.sql})."
            findings.append(Finding(table.name, date, FITS, "block", rows.height, sentence, shown))
    required = [column.name for column in contract.fields if column.required]
    bad = {finding.date for finding in findings}
    is_whole = pl.all_horizontal(pl.col(required).is_not_null()) if required else pl.lit(value=True)
    return stored.filter(is_whole | ~pl.col(by).is_in(sorted(bad))), tuple(findings)


def _ascends(rows: pl.DataFrame, order: Sequence[str]) -> bool:
    """Whether rows lie in `order` and no two share it; far cheaper than sorting them again."""
    later, equal = pl.lit(value=False), pl.lit(value=True)
    for name in order:
        before = pl.col(name).shift()
        later = later | (equal & (pl.col(name) > before))
        equal = equal & (pl.col(name) == before)
    return bool(rows.select(later.slice(1).all()).item())


def _prove(
    table: Table, season: Season, rows: pl.DataFrame, dates: pl.DataFrame, misfits: set[dt.date]
) -> None:
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
    if stray := (set(have) ^ set(ok)) - misfits:
        raise PipelineError(
            f"{where}: {len(stray)} dates where rows and state disagree, first {min(stray)}; "
            "nothing was published"
        )
