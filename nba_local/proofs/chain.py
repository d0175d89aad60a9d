"""Chain: the feature tables of a season in memory, each fed with the rows just computed.

Nothing that is published is read, and nothing is written: what comes out depends on the code, the
rules and the source rows alone.
"""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nba_local.compute.compute import compute, with_columns
from nba_local.compute.remote import scanned
from nba_local.errors import MissingUpstreamError
from nba_local.tables.calendar import Interval, Season

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import polars as pl

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.registry import Registry, RuleSet
    from nba_local.tables.results import Computed
    from nba_local.tables.table import Table

    type Cut = Callable[[Table, pl.LazyFrame], pl.LazyFrame]

AT_ONCE = 2
"""Chains computed side by side; one alone leaves half of two cores idle."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Feature tables of a season, upstream first, and the source rows they are computed from.

    interval: The dates of the season. today: The present date, or the end of a season that is over.
    """

    season: Season
    interval: Interval
    today: dt.date
    features: tuple[Table, ...]
    sources: tuple[tuple[Table, pl.DataFrame], ...]
    registry: Registry

    def computed(
        self, rules: RuleSet, today: dt.date | None = None, cut: Cut | None = None
    ) -> dict[str, Computed]:
        """Every feature table by name.

        today: Another present date. cut: What is left of the rows of a source table.

        Raises:
            PipelineError, ContractError: See `compute`.
        """
        frames = {
            table.name: cut(table, rows.lazy()) if cut else rows.lazy()
            for table, rows in self.sources
        }
        frames = with_columns(self.registry, frames, rules, self.season)
        done: dict[str, Computed] = {}
        for table in self.features:
            inputs = {name: frames[name] for name in table.inputs}
            done[table.name] = compute(
                table, inputs, rules=rules, season=self.season, today=today or self.today
            )
            frames[table.name] = done[table.name].rows.lazy()
        return done


def load(work: Workspace, tables: Sequence[Table], season: Season) -> Chain:
    """The chain that ends in `tables`: reads the pulled rows of the season and its lookback."""
    features = work.registry.with_upstream(tables)
    first = season.year - work.rules.lookback_seasons
    seasons = [Season(year) for year in range(first, season.year + 1)]
    names = {name for table in features for name in table.inputs}
    sources = tuple(
        (table, work.store.scan("raw", table, seasons).collect())
        for table in work.registry.sources
        if table.name in names
    )
    interval, until = work.bounds.interval(season), work.until(season)
    return Chain(season, interval, until, features, sources, work.registry)


def chain_bytes(work: Workspace, tables: Sequence[Table], season: Season) -> bytes:
    """All that the chain that ends in `tables` is made of, for a worker. Reads the raw files."""
    features = work.registry.with_upstream(tables)
    names = {name for table in features for name in table.inputs}
    first = season.year - work.rules.lookback_seasons
    files = {
        table.name: [
            path.read_bytes()
            for year in range(first, season.year + 1)
            for path in work.store.files(table.layer, table.name, Season(year))
        ]
        for table in work.registry.sources
        if table.name in names
    }
    dates = work.bounds.interval(season), work.until(season)
    return pickle.dumps((season.year, dates, [table.name for table in features], files))


def chain_of(made: bytes, registry: Registry) -> Chain:
    """The chain that `chain_bytes` describes, with the tables of `registry`."""
    year, (interval, until), names, files = pickle.loads(made)
    sources = tuple(
        (registry.table(name), scanned(registry.table(name), found).collect())
        for name, found in files.items()
    )
    features = tuple(registry.table(name) for name in names)
    return Chain(Season(year), interval, until, features, sources, registry)


def dates_with_rows(
    chain: Chain, tables: Sequence[Table], rows: Mapping[str, pl.DataFrame]
) -> list[dt.date]:
    """Dates on which one of `tables` has `rows`, sorted.

    Raises:
        MissingUpstreamError: One of them has none at all, so that nothing could be said of it.
    """
    for table in tables:
        if rows[table.name].is_empty():
            raise MissingUpstreamError(
                f"{table.name} has no rows of {chain.season} yet; nothing was compared",
                hint=f"nba-local pull --season {chain.season}",
            )
    return sorted({date for t in tables for date in rows[t.name][t.partition_by].unique()})


def spread[Item](items: Sequence[Item], most: int | None) -> list[Item]:
    """At most `most` of `items`, evenly spread, first and last among them; all for None."""
    if most is None or most >= len(items):
        return list(items)
    if most == 1:
        return [items[0]]
    last = len(items) - 1
    return [items[round(i * last / (most - 1))] for i in range(most)]


def side_by_side[Item, Result](
    work: Callable[[Item], Result], items: Sequence[Item]
) -> Iterator[Result]:
    """Results of `work` in the order of `items`; what was not begun is dropped on an error."""
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        yield from pool.map(work, items)
    finally:
        pool.shutdown(cancel_futures=True)
