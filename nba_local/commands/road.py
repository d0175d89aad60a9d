"""The verbs as one call each: open what is needed, lock what is written, return a value."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nba_local.alerts import watch
from nba_local.compute import check as checking
from nba_local.compute import plan as planning
from nba_local.compute import run as running
from nba_local.compute import sources
from nba_local.errors import MissingUpstreamError, UsageError
from nba_local.explain import status as covering
from nba_local.proofs import compare as comparison
from nba_local.proofs import leak as leaking
from nba_local.proofs import oracle as comparing
from nba_local.proofs import thresholds as sweeping
from nba_local.proofs import warmup as warming
from nba_local.proofs.compare import Comparison, How, Local, Remote, Side
from nba_local.pull import pull as pulling
from nba_local.push import push as pushing
from nba_local.push import rollback as undoing
from nba_local.push import schema_diff as schemas
from nba_local.push.target import Choice
from nba_local.push.transfer import Limits
from nba_local.storage.disk import room
from nba_local.storage.ledger import Ledger
from nba_local.storage.store import Store, default_package
from nba_local.storage.workspace import Workspace
from nba_local.tables.calendar import Interval, Season, parse_interval, seasons_of
from nba_local.tables.registry import Registry, RuleSet, load_registry
from nba_local.tables.results import silent
from nba_local.warehouse import Warehouse, open_warehouse

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    from nba_local.config import Config
    from nba_local.proofs.leak import Leak
    from nba_local.proofs.oracle import Parity
    from nba_local.proofs.sweep import Swept
    from nba_local.proofs.warmup import Method, Warmup
    from nba_local.push.schema_diff import TableDiff
    from nba_local.tables.results import (
        BackfillResult,
        Finding,
        Plan,
        Progress,
        PullResult,
        PushResult,
    )
    from nba_local.tables.table import Table


DEV = "dev"
"""The environment that is pushed to where none is named."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What one call is configured to work on; nothing is open yet."""

    config: Config
    registry: Registry
    store: Store
    rules: RuleSet
    today: dt.date


def set_up(config: Config, settings: Sequence[str] = ()) -> Setup:
    """The setup that `config` describes. Imports the tables, reads no data.

    Raises:
        PipelineError, UsageError: The tables, the rule set or a setting are not usable.
    """
    package = Path(config.pipelines) if config.pipelines else default_package()
    registry = load_registry(package.resolve())
    rules = registry.rules(config.rules, settings)
    return Setup(config, registry, Store(Path(config.data)), rules, config.date)


@contextmanager
def reading(setup: Setup, *, raw_only: bool = False) -> Iterator[Workspace]:
    """A workspace on a data folder that exists and holds the rule set of `setup`.

    raw_only: Pulled rows are all that is read; they are the same under every rule set.
    """
    ledger = Ledger(setup.store.ledger_path, create=False)
    try:
        if not raw_only:
            ledger.claim_rules(setup.rules.name, write=False)
        yield Workspace(setup.registry, setup.rules, setup.store, ledger, setup.today)
    finally:
        ledger.close()


@contextmanager
def writing(setup: Setup, verb: str) -> Iterator[Workspace]:
    """A workspace that is the only writer of its data folder.

    Raw tables are the same under every rule set, so a pull does not tie the folder to one.
    """
    with room(setup.store.root, verb), setup.store.locked(verb):
        ledger = Ledger(setup.store.ledger_path)
        try:
            if verb != "pull":
                ledger.claim_rules(setup.rules.name)
            _close_dead_runs(ledger)
            yield Workspace(setup.registry, setup.rules, setup.store, ledger, setup.today)
        finally:
            ledger.close()


def _close_dead_runs(ledger: Ledger) -> None:
    """We hold the lock: a run that says it is running has died."""
    ledger.execute("UPDATE runs SET status = 'died' WHERE status = 'running'")


@contextmanager
def warehouse(setup: Setup, url: str | None, purpose: str) -> Iterator[Warehouse]:
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
        rest_endpoint=setup.config.bigquery_rest,
        storage_endpoint=setup.config.bigquery_storage,
    )
    try:
        yield opened
    finally:
        opened.close()


def _intervals(work: Workspace, ranges: Sequence[str]) -> list[Interval]:
    """What was typed as seasons, dates or ranges; every stored season where nothing was."""
    if ranges:
        return [parse_interval(text) for text in ranges]
    stored = covering.stored_seasons(work.ledger)
    if not stored:
        raise MissingUpstreamError(
            "no season was pulled yet; nothing was done", hint="nba-local pull --season 2021-22"
        )
    return [Season(year).interval for year in stored]


def _seasons(work: Workspace, ranges: Sequence[str]) -> list[Season]:
    """The seasons that `ranges` touch, oldest first."""
    return sorted({s for span in _intervals(work, ranges) for s in seasons_of(span)})


def asked(work: Workspace, ranges: Sequence[str]) -> tuple[list[Interval], list[Season]]:
    """What was typed, and the seasons it touches, each of them pulled."""
    wanted = _seasons(work, ranges)
    _require_seasons(work, wanted, "pulled")
    return _intervals(work, ranges), wanted


def pull(
    setup: Setup,
    ranges: Sequence[str],
    tables: Sequence[str],
    progress: Progress = silent,
    how: pulling.How = pulling.How(),  # noqa: B008 - frozen
) -> PullResult:
    """Pull the seasons of `ranges`."""
    if not ranges:
        raise UsageError("which season?", hint="nba-local pull --season 2021-22")
    wanted = sorted({s for text in ranges for s in seasons_of(parse_interval(text))})
    chosen = setup.registry.select(tables, setup.registry.sources)
    with (
        watch.failures(setup.store.root, "pull"),
        warehouse(setup, setup.config.warehouse, "pull") as source,
    ):
        source.require()
        with writing(setup, "pull") as work:
            pulled = pulling.pull(work, source, chosen, wanted, how=how, progress=progress)
            claims = sources.check_sources(work, wanted, pulled.run_id, progress)
            return replace(pulled, claims=claims)


@dataclass(frozen=True, slots=True)
class Wish:
    """How a backfill is wanted beside its tables and seasons.

    force: Bootstrap dates too, and every step once more. retry_failed: Only what the last backfill
    failed at. options: What the run was asked to be, in production's words.
    alerts: How much is told, see `alerts.watch`.
    """

    force: bool = False
    retry_failed: bool = False
    options: Mapping[str, Any] | None = None
    alerts: str = watch.SUMMARY


def plan(
    setup: Setup,
    ranges: Sequence[str],
    tables: Sequence[str],
    wish: Wish = Wish(),
) -> Plan:
    """The plan of a backfill; changes nothing."""
    setup = _forced(setup) if wish.force else setup
    with reading(setup) as work:
        return _plan(work, ranges, tables, wish)


def _plan(
    work: Workspace,
    ranges: Sequence[str],
    tables: Sequence[str],
    wish: Wish = Wish(),
) -> Plan:
    chosen = work.registry.select(tables, work.registry.features)
    found = planning.plan(work, chosen, _seasons(work, ranges), is_forced=wish.force)
    return _retried(work, found) if wish.retry_failed else found


def _forced(setup: Setup) -> Setup:
    """The setup without bootstrap days; rows of such dates say themselves that they are early."""
    rules = setup.rules
    for table in setup.registry.features:
        rules = rules.override(table.name, "bootstrap_days", "0")
    return replace(setup, rules=rules)


def _retried(work: Workspace, found: Plan) -> Plan:
    """The plan with only what the newest backfill failed at."""
    runs = work.ledger.rows(
        "SELECT result FROM runs WHERE verb = 'backfill' ORDER BY started_at DESC LIMIT 1"
    )
    told = _loaded(runs[0]["result"]) if runs else None
    failed = told.get("failed", ()) if isinstance(told, dict) else ()
    names = {(item["table"], item["season"]) for item in failed}
    steps = tuple(s for s in found.steps if (s.table.name, str(s.season)) in names)
    return replace(found, steps=steps)


def backfill(
    setup: Setup,
    ranges: Sequence[str],
    tables: Sequence[str],
    progress: Progress = silent,
    wish: Wish = Wish(),
) -> BackfillResult:
    """Plan and do it."""
    setup = _forced(setup) if wish.force else setup
    with reading(setup):
        pass  # refuse a folder that was never pulled before creating anything in it
    with (
        watch.failures(setup.store.root, "backfill", wish.alerts),
        writing(setup, "backfill") as work,
    ):
        _check_sources(work, _seasons(work, ranges))
        planned = _plan(work, ranges, tables, wish)
        done = running.backfill(work, planned, options=wish.options, progress=progress)
        watch.ended(work, done, wish.alerts)
        return done


def _check_sources(work: Workspace, seasons: Sequence[Season]) -> None:
    """Run the claims of sources that no pull ran: it died before, or the claims are newer."""
    if sources.unchecked(work, seasons):
        with work.ledger.run("check", work.rules.name) as run:
            run.result = {"findings": len(sources.check_sources(work, seasons, run.run_id))}


def check(
    setup: Setup, ranges: Sequence[str], tables: Sequence[str], progress: Progress = silent
) -> tuple[Finding, ...]:
    """Run every claim on what is stored: sources as pulled, features as published.

    Findings replace the recorded ones of these tables and seasons; nothing else changes.
    """
    chosen = setup.registry.select(tables, tuple(setup.registry.tables.values()))
    found: list[Finding] = []
    with reading(setup):
        pass  # refuse a folder that was never pulled before creating anything in it
    with writing(setup, "check") as work:
        spans = _intervals(work, ranges)
        _require_seasons(work, _seasons(work, ranges), "pulled")
        with work.ledger.run("check", work.rules.name, tables=[t.name for t in chosen]) as run:
            for season in _seasons(work, ranges):
                for done, table in enumerate(chosen):
                    progress(f"check {table.name} {season}", done, len(chosen))
                    one = sources.check_source if table.is_source else checking.check_stored
                    found += one(work, table, season, run.run_id)
            progress("check", len(chosen), len(chosen))
            run.result = {"findings": len(found)}
    return tuple(f for f in found if any(f.date in span for span in spans))


def _require_seasons(work: Workspace, wanted: Sequence[Season], done: str) -> None:
    """Refuse seasons that were never pulled or computed."""
    table, verb = {
        "pulled": ("raw_partitions", "pull --season"),
        "computed": ("partitions", "backfill"),
    }[done]
    known = {r["season"] for r in work.ledger.rows(f"SELECT DISTINCT season FROM {table}")}  # noqa: S608
    for season in wanted:
        if season.year not in known:
            raise MissingUpstreamError(
                f"{season} was never {done}; nothing was done", hint=f"nba-local {verb} {season}"
            )


def parity(setup: Setup, ranges: Sequence[str], tables: Sequence[str]) -> tuple[Parity, ...]:
    """Every published feature table against its `oracle.sql`. Reads only.

    Raises:
        UsageError: The rule set is not the one the oracles are written for.
    """
    default = next(iter(setup.registry.presets))
    if setup.rules.name != default:
        raise UsageError(f"oracle.sql holds for the rule set `{default}`, not `{setup.rules.name}`")
    chosen = setup.registry.select(tables, setup.registry.features)
    with reading(setup) as work:
        return tuple(
            comparing.compare(
                table,
                season,
                work.store.scan("published", table, [season]).collect(),
                comparing.oracle_rows(work, table, season),
            )
            for season in _seasons(work, ranges)
            for table in chosen
        )


def leak(
    setup: Setup,
    ranges: Sequence[str],
    tables: Sequence[str],
    most: int | None,
    progress: Progress = silent,
) -> tuple[Leak, ...]:
    """Feature tables against what was known before, on `most` dates of each season or on all.

    Computed from pulled rows under the rules of `setup`, whatever the folder holds. Reads only.
    """
    chosen = setup.registry.select(tables, setup.registry.features)
    with reading(setup, raw_only=True) as work:
        sample = leaking.Sample(tuple(_intervals(work, ranges)), most)
        _require_seasons(work, _seasons(work, ranges), "pulled")
        return tuple(
            found
            for season in _seasons(work, ranges)
            for found in leaking.leak(work, chosen, season, sample, progress=progress)
        )


def warmup(
    setup: Setup,
    seasons: Sequence[str],
    tables: Sequence[str],
    method: Method,
    progress: Progress = silent,
) -> tuple[Warmup, ...]:
    """From which day of a season on the columns of feature tables are stable. Reads only.

    Computed from pulled rows under the rules of `setup`, whatever the folder holds.
    """
    chosen = setup.registry.select(tables, setup.registry.features)
    named = [str(Season.parse(text)) for text in seasons]
    with reading(setup, raw_only=True) as work:
        _require_seasons(work, _seasons(work, named), "pulled")
        return tuple(
            found
            for season in _seasons(work, named)
            for found in warming.warmup(work, chosen, season, method, progress=progress)
        )


def thresholds(
    setup: Setup, table: str, season: str | None, within: float, progress: Progress = silent
) -> Swept:
    """What moving the thresholds of a feature table gains and costs. Reads only.

    season: The newest stored one where not given.
    """
    (chosen,) = setup.registry.select([table], setup.registry.features)
    named = [str(Season.parse(season))] if season else []
    with reading(setup) as work:
        newest = _seasons(work, named)[-1]
        _require_seasons(work, [newest], "computed")
        return sweeping.thresholds(work, chosen, newest, within, progress=progress)


def coverage(setup: Setup, ranges: Sequence[str]) -> tuple[covering.SeasonCoverage, ...]:
    """What each season has and lacks."""
    with reading(setup) as work:
        _require_seasons(work, _seasons(work, ranges), "pulled")
        return tuple(covering.coverage(work, season) for season in _seasons(work, ranges))


def in_environment(setup: Setup) -> Setup:
    """The setup with features and logs in the datasets of the configured environment."""
    if not setup.config.env and not setup.registry.environments:
        return setup
    return replace(setup, registry=setup.registry.within(setup.config.env or DEV))


def plan_push(setup: Setup, ranges: Sequence[str], tables: Sequence[str]) -> PushResult:
    """What a push would replace. Reads the target, writes nothing."""
    setup = in_environment(setup)
    chosen = setup.registry.select(tables, setup.registry.features)
    with warehouse(setup, setup.config.target, "push") as target, reading(setup) as work:
        return pushing.plan_push(work, target, chosen, _computed_spans(work, ranges))


def push(  # noqa: PLR0913 - what is pushed, and what may happen
    setup: Setup,
    ranges: Sequence[str],
    tables: Sequence[str],
    progress: Progress = silent,
    agreed: PushResult | None = None,
    choice: Choice = Choice(),  # noqa: B008 - frozen
) -> PushResult:
    """Plan a push and do it; another plan than `agreed` is not carried out."""
    setup = in_environment(setup)
    chosen = setup.registry.select(tables, setup.registry.features)
    with reading(setup):
        pass  # refuse a folder that was never pulled before creating anything in it
    with (
        watch.failures(setup.store.root, "push"),
        warehouse(setup, setup.config.target, "push") as target,
        writing(setup, "push") as work,
    ):
        return pushing.push(
            work,
            target,
            chosen,
            _computed_spans(work, ranges),
            agreed=agreed,
            choice=choice,
            limits=_limits(setup),
            progress=progress,
        )


def rollback(
    setup: Setup,
    run: str,
    progress: Progress = silent,
    choice: Choice = Choice(),  # noqa: B008 - frozen
) -> PushResult:
    """Give the dates of a push back what they had before it."""
    setup = in_environment(setup)
    with reading(setup):
        pass  # refuse a folder that was never pulled before creating anything in it
    with (
        warehouse(setup, setup.config.target, "push") as target,
        writing(setup, "rollback") as work,
    ):
        limits = _limits(setup)
        return undoing.rollback(work, target, run, choice=choice, limits=limits, progress=progress)


def _limits(setup: Setup) -> Limits:
    """What a push may ask for, as configured."""
    config, usual = setup.config, Limits()
    given = {"push_max_bytes": config.push_max_bytes, "push_max_loads": config.push_max_loads}
    for name, value in given.items():
        if value is not None and not value.isdecimal():
            raise UsageError(f"{name} is `{value}`, not a whole number")
    return Limits(
        bytes=int(config.push_max_bytes or usual.bytes),
        loads=int(config.push_max_loads or usual.loads),
    )


def _computed_spans(work: Workspace, ranges: Sequence[str]) -> list[Interval]:
    """What was typed, all of it in seasons that were computed."""
    spans = _intervals(work, ranges)
    _require_seasons(work, _seasons(work, ranges), "computed")
    return spans


def verify(
    setup: Setup, ranges: Sequence[str], tables: Sequence[str], progress: Progress = silent
) -> tuple[Comparison, ...]:
    """Every published row against the target, whenever it was pushed; what was pushed is there."""
    how = How(volatile=True)
    return diff(setup, ("local", setup.config.env or DEV), ranges, tables, how, progress)


def diff(  # noqa: PLR0913 - what is compared, and how
    setup: Setup,
    names: tuple[str, str],
    ranges: Sequence[str],
    tables: Sequence[str],
    how: How,
    progress: Progress = silent,
) -> tuple[Comparison, ...]:
    """Feature tables on two sides: `local`, an environment of the target, or a warehouse's URL.

    All of a side is read as of one instant. Reads only.
    """
    registry = setup.registry
    chosen = registry.select(tables, registry.features)
    with reading(setup) as work, ExitStack() as stack:
        spans = _computed_spans(work, ranges)

        def remote(url: str | None, environment: str | None) -> Side:
            url = url or setup.config.target
            opened = stack.enter_context(warehouse(setup, url, "push"))
            named = environment or setup.config.env or DEV
            kept = registry.within(named) if registry.environments else registry
            shown = f"{opened.url} ({named})" if opened.has_datasets else opened.url
            return Remote(opened, kept.tables, opened.now(), shown)

        left, right = (
            comparison.side(name, Local(work), remote, list(registry.environments))
            for name in names
        )
        found = []
        for done, table in enumerate(chosen):
            progress(f"compare {table.name}", done, len(chosen))
            found.append(comparison.compare(left, right, table, spans, how))
        progress("compare", len(chosen), len(chosen))
        return tuple(found)


def schema_diff(setup: Setup, tables: Sequence[str]) -> tuple[TableDiff, ...]:
    """Contracts of sources, features and logs against the live tables. Reads only.

    Sources are compared where they are pulled from, the others where pushes go.
    """
    chosen, config = _with_schemas(setup, tables), setup.config
    places = {
        True: config.warehouse or config.target,
        False: config.target or config.warehouse,
    }
    found: list[TableDiff] = []
    for is_source, url in places.items():
        part = [table for table in chosen if table.is_source == is_source]
        if part:
            with warehouse(setup, url, "pull" if is_source else "push") as place:
                if is_source and not place.has_datasets and not tables and config.target:
                    continue  # files have no schemas of their own
                found += schemas.diff(place, part)
    return tuple(found)


def schema_migrate(
    setup: Setup, tables: Sequence[str], found: Sequence[TableDiff]
) -> tuple[TableDiff, ...]:
    """Mend what `found` says can be mended; what differs afterwards."""
    chosen = _with_schemas(setup, tables)
    with warehouse(setup, setup.config.target or setup.config.warehouse, "push") as target:
        schemas.migrate(target, chosen, found)
        return schemas.diff(target, chosen)


def _with_schemas(setup: Setup, names: Sequence[str]) -> list[Table]:
    """Tables and logs where they are kept: sources in their own datasets."""
    registry = in_environment(setup).registry
    every = {**registry.tables, **registry.logs}
    for name in names:
        if name not in every:
            raise UsageError.unknown("table", name, every)
    return [table for name, table in every.items() if not names or name in names]


def history(setup: Setup, limit: int) -> list[dict[str, Any]]:
    """The newest runs, newest first."""
    with reading(setup) as work:
        rows = work.ledger.rows("SELECT * FROM runs ORDER BY started_at DESC LIMIT ?", (limit,))
    return [
        {**dict(row), "arguments": json.loads(row["arguments"]), "result": _loaded(row["result"])}
        for row in rows
    ]


def _loaded(text: str | None) -> Any:
    return None if text is None else json.loads(text)
