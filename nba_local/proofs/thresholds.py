"""Thresholds: the rows of a table that other thresholds would give, counted by `sweep`.

The table is computed twice in memory, nothing is published. Once with its bootstrap days and both
thresholds at their lowest, so that every row that any value would give is there; once with a
minimum that nobody reaches, so that every entity is a non-row that says how many games it has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from nba_local.compute.compute import compute, inputs_of
from nba_local.errors import MissingUpstreamError, UsageError
from nba_local.proofs.sweep import MINIMUM, READINESS, Rows, Swept, errors_of, sweeps_of
from nba_local.storage import queries
from nba_local.tables.results import Progress, silent
from nba_local.tables.table import Read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nba_local.storage.rows import FeatureDate
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.registry import RuleSet
    from nba_local.tables.table import Table, Thresholds

BOOTSTRAP = "bootstrap_days"
"""The setting that hides rows of few games."""

UNREACHABLE = 1000
"""Games that nobody has."""


def thresholds(
    work: Workspace,
    table: Table,
    season: Season,
    within: float = 1.0,
    *,
    progress: Progress = silent,
) -> Swept:
    """Sweep the thresholds of `table`. Reads what is pulled and published, writes nothing.

    within: Error that is accepted, in baselines.

    Raises:
        UsageError: The table says nothing of its thresholds, or the rules have no such settings.
        MissingUpstreamError: The season of the table is not published.
    """
    spec = _spec(table)
    states = _states(work, table, season)
    settings = work.rules.of(table.name)
    title = f"thresholds {table.name} {season}"

    progress(title, 0, 3)
    rows = all_rows(work, table, spec, season).collect()
    progress(title, 1, 3)
    errors, entities = errors_of(rows.lazy(), spec)
    baseline = errors.pop(2 * spec.games, None) if spec.games else None
    progress(title, 2, 3)
    hidden = [date.date for date in states if date.state == "bootstrap"]
    shown = rows.filter(~pl.col("date").is_in(pl.Series(hidden, dtype=pl.Date).implode()))
    readers = [
        (reader, read(work, reader, table, season, shown.lazy()).collect())
        for reader in work.registry.features
        if table.name in reader.inputs
    ]
    sweeps = sweeps_of(
        Rows(shown, readers, errors, baseline),
        table,
        spec.games,
        getattr(settings, MINIMUM) if spec.games else 0,
        float(getattr(settings, READINESS)),
        within,
    )
    progress(title, 3, 3)
    return Swept(
        table=table.name,
        season=season,
        bootstrap_days=getattr(settings, BOOTSTRAP),
        games=spec.games,
        entities=entities,
        within=within,
        baseline=baseline,
        errors=errors,
        published=sum(date.rows for date in states),
        published_ready=sum(date.ready_rows for date in states),
        sweeps=sweeps,
    )


def _spec(table: Table) -> Thresholds:
    if table.thresholds is None:
        raise UsageError(
            f"{table.name} does not declare what depends on its thresholds; nothing was done",
            hint=f"Table(thresholds=Thresholds(...)) in {table.name}/table.py",
        )
    return table.thresholds


def _states(work: Workspace, table: Table, season: Season) -> list[FeatureDate]:
    """The recorded dates of the season, which is computed."""
    states = queries.feature_dates(work.ledger, table.name, season)
    if not states:
        raise MissingUpstreamError(
            f"{table.name} {season} was never computed; nothing was done",
            hint=f"nba-local backfill {season}",
        )
    return states


def all_rows(work: Workspace, table: Table, spec: Thresholds, season: Season) -> pl.LazyFrame:
    """Every row that any value of the thresholds gives, bootstrap days too.

    Rows: `date`, `entity`, `found` (its games so far; 0 for a table without a minimum), `share`
    (the lowest percentage; NULL where none is known), `ready` (but for the share), the figures.
    """
    inputs = inputs_of(work, table, season)
    today = work.until(season)
    lowest = {BOOTSTRAP: 0, READINESS: 0, **({MINIMUM: 1} if spec.games else {})}
    rules = _overridden(work.rules, table, lowest)
    rows = compute(table, inputs, rules=rules, season=season, today=today).rows
    ready = pl.col(table.ready_column) if table.ready_column else pl.lit(value=True)
    known = rows.lazy().select(
        pl.col(table.partition_by).alias("date"),
        pl.col(_entity(table)).alias("entity"),
        pl.min_horizontal(spec.shares).cast(pl.Float64).alias("share"),
        ready.alias("ready"),
        pl.col(spec.figures).cast(pl.Float64),
    )
    if not spec.games:
        return known.with_columns(found=pl.lit(0, pl.Int64))
    rules = _overridden(rules, table, {MINIMUM: UNREACHABLE})
    absent = compute(table, inputs, rules=rules, season=season, today=today).non_rows
    counts = absent.lazy().filter(pl.col("needed") == UNREACHABLE).select("date", "entity", "found")
    return known.join(counts, on=["date", "entity"], how="left")


def read(
    work: Workspace, reader: Table, table: Table, season: Season, shown: pl.LazyFrame
) -> pl.LazyFrame:
    """Published rows of `reader`, each with its row of `table`: `found`, `share`, `ready`.

    `found` is NULL where there is none at any threshold.
    """
    join = reader.reads.get(table.name, Read())
    rows = work.store.scan("published", reader, [season])
    own = _entity(reader)
    entity = join.column or own
    if join.of:
        source = work.registry.table(join.of)
        made = [name for name in source.volatile if name in source.contract.columns]
        named = (
            work.store.scan("raw", source, [season])
            .sort(made, nulls_last=False)
            .unique([own, source.partition_by], keep="last", maintain_order=True)
            .select(own, entity, pl.col(source.partition_by).alias(reader.partition_by))
        )
        rows = rows.select(own, reader.partition_by)
        rows = rows.join(named, on=[own, reader.partition_by], how="left")
    whose = rows.select(date=reader.partition_by, entity=entity)
    upstream = shown.select("date", "entity", "found", "share", "ready")
    return whose.join(upstream, on=["date", "entity"], how="left")


def _entity(table: Table) -> str:
    """The column that says whose row it is."""
    return next(name for name in table.order if name != table.partition_by)


def _overridden(rules: RuleSet, table: Table, settings: Mapping[str, int]) -> RuleSet:
    for key, value in settings.items():
        try:
            rules = rules.override(table.name, key, str(value))
        except KeyError as error:
            raise UsageError(f"the rules have no setting `{key}`; nothing was done") from error
    return rules
