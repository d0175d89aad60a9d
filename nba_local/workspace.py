"""A workspace: tables, data folder, rules and date of one call, and the verbs on it.

Each function here opens the ledger, takes the lock where it writes, and returns a value.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nba_local import check as checking
from nba_local import coverage as covering
from nba_local import parity as comparing
from nba_local import plan as planning
from nba_local import pull as pulling
from nba_local import push as pushing
from nba_local import run as running
from nba_local.errors import UsageError
from nba_local.ledger import CONTRACT, Ledger, finding_of, finding_row
from nba_local.partition import Interval, Season, parse_interval, seasons_of
from nba_local.registry import Registry, RuleSet, load_registry
from nba_local.step import silent
from nba_local.store import Store, default_package
from nba_local.warehouse import Warehouse, open_warehouse

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from nba_local.config import Config
    from nba_local.parity import Parity
    from nba_local.step import BackfillResult, Finding, Plan, Progress, PullResult, PushResult


@dataclass(frozen=True, slots=True)
class Workspace:
    """What every verb needs."""

    config: Config
    registry: Registry
    store: Store
    rules: RuleSet
    today: dt.date


def open_workspace(config: Config, settings: Sequence[str] = ()) -> Workspace:
    """The workspace that `config` describes. Imports the tables, reads no data.

    Raises:
        PipelineError, UsageError: The tables, the rule set or a setting are not usable.
    """
    package = Path(config.pipelines) if config.pipelines else default_package()
    registry = load_registry(package.resolve())
    rules = registry.rules(config.rules, settings)
    return Workspace(config, registry, Store(Path(config.data)), rules, config.date)


@contextmanager
def reading(work: Workspace) -> Iterator[Ledger]:
    """The ledger of a data folder that exists and holds the workspace's rule set."""
    ledger = Ledger(work.store.ledger_path, create=False)
    try:
        ledger.claim_rules(work.rules.name, write=False)
        yield ledger
    finally:
        ledger.close()


@contextmanager
def writing(work: Workspace, verb: str) -> Iterator[Ledger]:
    """The ledger, as the only writer of the data folder."""
    with work.store.locked(verb):
        ledger = Ledger(work.store.ledger_path)
        try:
            ledger.claim_rules(work.rules.name)
            _close_dead_runs(ledger)
            yield ledger
        finally:
            ledger.close()


def _close_dead_runs(ledger: Ledger) -> None:
    """We hold the lock: a run that says it is running has died."""
    ledger.execute("UPDATE runs SET status = 'died' WHERE status = 'running'")


@contextmanager
def warehouse(work: Workspace, url: str | None, purpose: str) -> Iterator[Warehouse]:
    """The warehouse at `url`, closed afterwards.

    Raises:
        UsageError: No URL is given.
    """
    if not url:
        flag = {"pull": "--warehouse", "push": "--to"}[purpose]
        raise UsageError(
            f"no warehouse to {purpose}",
            hint=f"give {flag} file://DIR or {flag} bigquery://PROJECT",
        )
    opened = open_warehouse(
        url,
        rest_endpoint=work.config.bigquery_rest,
        storage_endpoint=work.config.bigquery_storage,
    )
    try:
        yield opened
    finally:
        opened.close()


def intervals(ledger: Ledger, ranges: Sequence[str]) -> list[Interval]:
    """What was typed as seasons, dates or ranges; every stored season where nothing was."""
    if ranges:
        return [parse_interval(text) for text in ranges]
    return [Season(year).interval for year in covering.stored_seasons(ledger)]


def seasons(ledger: Ledger, ranges: Sequence[str]) -> list[Season]:
    """The seasons that `ranges` touch, oldest first."""
    return sorted({s for span in intervals(ledger, ranges) for s in seasons_of(span)})


def pull(
    work: Workspace, ranges: Sequence[str], tables: Sequence[str], progress: Progress = silent
) -> PullResult:
    """Pull the seasons of `ranges`."""
    if not ranges:
        raise UsageError("which season?", hint="nba-local pull --season 2021-22")
    wanted = sorted({s for text in ranges for s in seasons_of(parse_interval(text))})
    chosen = work.registry.select(tables, work.registry.sources)
    with (
        warehouse(work, work.config.warehouse, "pull") as source,
        writing(work, "pull") as ledger,
    ):
        return pulling.pull(work.store, ledger, source, chosen, wanted, progress=progress)


def plan(work: Workspace, ranges: Sequence[str], tables: Sequence[str]) -> Plan:
    """The plan of a backfill; changes nothing."""
    with reading(work) as ledger:
        return _plan(work, ledger, ranges, tables)


def _plan(work: Workspace, ledger: Ledger, ranges: Sequence[str], tables: Sequence[str]) -> Plan:
    return planning.plan(
        work.registry,
        work.store,
        ledger,
        work.rules,
        tables=work.registry.select(tables, work.registry.features),
        seasons=seasons(ledger, ranges),
        today=work.today,
    )


def backfill(
    work: Workspace, ranges: Sequence[str], tables: Sequence[str], progress: Progress = silent
) -> BackfillResult:
    """Plan and do it."""
    with reading(work):
        pass  # refuse a folder that was never pulled before creating anything in it
    with writing(work, "backfill") as ledger:
        planned = _plan(work, ledger, ranges, tables)
        return running.backfill(
            work.registry, work.store, ledger, work.rules, planned, progress=progress
        )


def check(
    work: Workspace, ranges: Sequence[str], tables: Sequence[str], progress: Progress = silent
) -> tuple[Finding, ...]:
    """Run every claim on what is stored: sources as pulled, features as published.

    Findings replace the recorded ones of these tables and seasons; nothing else changes.
    """
    chosen = work.registry.select(tables, tuple(work.registry.tables.values()))
    found: list[Finding] = []
    with writing(work, "check") as ledger:
        wanted = seasons(ledger, ranges)
        with ledger.run("check", work.rules.name, tables=[t.name for t in chosen]) as run:
            for season in wanted:
                for done, table in enumerate(chosen):
                    progress(f"check {table.name} {season}", done, len(chosen))
                    subject = _subject(work, ledger, table, season)
                    found += _recorded(work, ledger, subject, run.run_id)
            progress("check", len(chosen), len(chosen))
            run.result = {"findings": len(found)}
    return tuple(f for f in found if any(f.date in span for span in _spans(work, ranges)))


def _spans(work: Workspace, ranges: Sequence[str]) -> list[Interval]:
    with reading(work) as ledger:
        return intervals(ledger, ranges)


def _recorded(
    work: Workspace, ledger: Ledger, subject: checking.Subject, run_id: str
) -> tuple[Finding, ...]:
    found = checking.check(work.registry, work.store, work.rules, subject)
    key = (subject.table.name, subject.season.year, CONTRACT)
    with ledger.transaction():
        ledger.execute(
            "DELETE FROM findings WHERE table_name = ? AND season = ? AND severity <> ?", key
        )
        ledger.put("findings", (finding_row(f, subject.season.year, run_id) for f in found))
        contract = ledger.rows(
            "SELECT * FROM findings WHERE table_name = ? AND season = ? AND severity = ?", key
        )
    return (*(finding_of(row) for row in contract), *found)


def _subject(work: Workspace, ledger: Ledger, table: Any, season: Season) -> checking.Subject:
    import polars as pl

    layer = "raw" if table.is_source else "published"
    files = sorted(work.store.folder(layer, table.name, season).glob("*.parquet"))
    if table.is_source:
        return checking.Subject(table, season, files, None)
    rows = ledger.rows(
        "SELECT date, state, detail, rows, ready_rows, non_rows, teams_expected, teams_found "
        "FROM partitions WHERE table_name = ? AND season = ? ORDER BY date",
        (table.name, season.year),
    )
    dates = pl.DataFrame([dict(row) for row in rows], infer_schema_length=None)
    if rows:
        dates = dates.with_columns(pl.col("date").str.to_date())
    return checking.Subject(table, season, files, dates)


def parity(work: Workspace, ranges: Sequence[str], tables: Sequence[str]) -> tuple[Parity, ...]:
    """Every published feature table against its `oracle.sql`. Reads only.

    Raises:
        UsageError: The rule set is not the one the oracles are written for.
    """
    default = next(iter(work.registry.presets))
    if work.rules.name != default:
        raise UsageError(f"oracle.sql holds for the rule set `{default}`, not `{work.rules.name}`")
    chosen = work.registry.select(tables, work.registry.features)
    with reading(work) as ledger:
        wanted = seasons(ledger, ranges)
    return tuple(
        comparing.compare(
            table,
            season,
            work.store.scan("published", table, [season]).collect(),
            comparing.oracle_rows(work.registry, work.store, work.rules, table, season, work.today),
        )
        for season in wanted
        for table in chosen
    )


def coverage(work: Workspace, ranges: Sequence[str]) -> tuple[covering.SeasonCoverage, ...]:
    """What each season has and lacks."""
    with reading(work) as ledger:
        return tuple(
            covering.coverage(ledger, work.registry.sources, work.registry.features, season)
            for season in seasons(ledger, ranges)
        )


def plan_push(work: Workspace, ranges: Sequence[str], tables: Sequence[str]) -> PushResult:
    """What a push would replace. Reads the target, writes nothing."""
    chosen = work.registry.select(tables, work.registry.features)
    with warehouse(work, work.config.target, "push") as target, reading(work) as ledger:
        return pushing.plan_push(work.store, ledger, target, chosen, _whole(ledger, ranges))


def push(
    work: Workspace, ranges: Sequence[str], tables: Sequence[str], progress: Progress = silent
) -> PushResult:
    """Plan a push and do it."""
    chosen = work.registry.select(tables, work.registry.features)
    with (
        warehouse(work, work.config.target, "push") as target,
        writing(work, "push") as ledger,
    ):
        planned = pushing.plan_push(work.store, ledger, target, chosen, _whole(ledger, ranges))
        by_name = {table.name: table for table in chosen}
        return pushing.push(work.store, ledger, target, by_name, planned, progress=progress)


def _whole(ledger: Ledger, ranges: Sequence[str]) -> Interval:
    spans = intervals(ledger, ranges)
    if not spans:
        raise UsageError("nothing was computed yet", hint="nba-local backfill 2021-22")
    return Interval(min(s.start for s in spans), max(s.end for s in spans))


def history(work: Workspace, limit: int) -> list[dict[str, Any]]:
    """The newest runs, newest first."""
    with reading(work) as ledger:
        rows = ledger.rows("SELECT * FROM runs ORDER BY started_at DESC LIMIT ?", (limit,))
    return [
        {**dict(row), "arguments": json.loads(row["arguments"]), "result": _loaded(row["result"])}
        for row in rows
    ]


def _loaded(text: str | None) -> Any:
    return None if text is None else json.loads(text)
