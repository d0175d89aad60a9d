"""The road from source tables to published rows, one call a verb: pull, plan, backfill, check."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nba_local.alerts import watch
from nba_local.commands.project import Ranges
from nba_local.commands.pulls import pull_limits
from nba_local.compute import sources
from nba_local.compute.arriving import ArrivingRows
from nba_local.compute.check import check_stored
from nba_local.compute.held import held_dates, unchecked
from nba_local.compute.plan import plan as plan_steps
from nba_local.compute.run import backfill as run_steps
from nba_local.errors import UsageError
from nba_local.pull.pull import PullOptions
from nba_local.pull.pull import pull as pull_tables
from nba_local.storage import queries
from nba_local.tables.results import silent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nba_local.commands.project import Project
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.results import BackfillResult, Finding, Plan, Progress, PullResult


def pull(
    project: Project,
    ranges: Sequence[str],
    tables: Sequence[str],
    progress: Progress = silent,
    options: PullOptions | None = None,
) -> PullResult:
    """Pull the seasons of `ranges`; as configured where there are no `options`."""
    options = options or PullOptions(limits=pull_limits(project))
    if not ranges:
        raise UsageError("which season?", hint="nba-local pull --season 2021-22")
    Ranges.parse(ranges)  # typing errors come first
    chosen = project.registry.select(tables, project.registry.sources)
    with watch.failures(project.store.root, "pull"), project.source() as source:
        source.require()
        with project.writing("pull") as work, ArrivingRows(work.store) as rows:
            seasons = Ranges.parse(ranges, work.bounds).seasons
            pulled = pull_tables(
                work, source, chosen, seasons, options=options, progress=progress, rows=rows
            )
            touched = sorted({*seasons, *(table.season for table in pulled.tables)})
            claims = sources.check_sources(work, touched, pulled.run_id, progress, rows)
            watch.pulled(project.store.root, pulled)
            return replace(pulled, claims=claims)


@dataclass(frozen=True, slots=True)
class BackfillOptions:
    """What a backfill does beyond its tables and seasons.

    force: Every step once more, due or not.
    bootstrap: Publish bootstrap dates too; their rows are flagged as early.
    retry_failed: Only the steps that failed in the newest backfill.
    run_options: The options of the run in production's words, kept with the run.
    alerts: Which alerts are sent, see `alerts.watch`.
    """

    force: bool = False
    bootstrap: bool = False
    retry_failed: bool = False
    run_options: Mapping[str, Any] | None = None
    alerts: str = watch.SUMMARY


def plan(
    project: Project,
    ranges: Sequence[str],
    tables: Sequence[str],
    options: BackfillOptions = BackfillOptions(),
) -> Plan:
    """The plan of a backfill; changes nothing."""
    project = _without_bootstrap(project) if options.bootstrap else project
    with project.reading() as work:
        _refuse_clock(project, work, ranges)
        return _plan(work, ranges, tables, options)


def _refuse_clock(project: Project, work: Workspace, ranges: Sequence[str]) -> None:
    """Refuse a present date at which what was played has yet to be: every later date would go.

    Raises:
        UsageError: The clock is behind; a date that is given is meant.
    """
    if project.config.today is not None:
        return
    for season in Ranges.stored(work, ranges).seasons:
        last = queries.last_over(work.ledger, season)
        if last and work.today < last:
            raise UsageError(
                f"the clock says {work.today}, but games of {last} are over; nothing was done",
                hint=f"set the clock, or give the date that is meant: --today {last}",
            )


def _plan(
    work: Workspace, ranges: Sequence[str], tables: Sequence[str], options: BackfillOptions
) -> Plan:
    chosen = work.registry.select(tables, work.registry.features)
    seasons = Ranges.stored(work, ranges).seasons
    steps = plan_steps(work, chosen, seasons, is_forced=options.force)
    return _only_failed(work, steps) if options.retry_failed else steps


def _without_bootstrap(project: Project) -> Project:
    """The project without bootstrap days; rows of such dates are flagged as early."""
    rules = project.rules
    for table in project.registry.features:
        rules = rules.override(table.name, "bootstrap_days", "0")
    return replace(project, rules=rules)


def _only_failed(work: Workspace, plan: Plan) -> Plan:
    """The plan with only the steps that failed in the newest backfill."""
    failed = {(item["table"], item["season"]) for item in newest_failures(work)}
    steps = tuple(s for s in plan.steps if (s.table.name, str(s.season)) in failed)
    return replace(plan, steps=steps)


def newest_failures(work: Workspace) -> tuple[Mapping[str, str], ...]:
    """The steps that failed in the newest backfill: table, season and error."""
    newest = queries.runs(work.ledger, "backfill", limit=1)
    return newest[0].failed if newest else ()


def backfill(
    project: Project,
    ranges: Sequence[str],
    tables: Sequence[str],
    progress: Progress = silent,
    options: BackfillOptions = BackfillOptions(),
) -> BackfillResult:
    """Plan and do it."""
    project = _without_bootstrap(project) if options.bootstrap else project
    project.require_ledger()
    with (
        watch.failures(project.store.root, "backfill", options.alerts),
        project.writing("backfill") as work,
    ):
        _refuse_clock(project, work, ranges)
        _check_sources(work, Ranges.stored(work, ranges).seasons)
        steps = _plan(work, ranges, tables, options)
        with project.engine() if steps.due else nullcontext() as engine:
            result = run_steps(
                work, steps, options=options.run_options, progress=progress, engine=engine
            )
        watch.ended(work, result, options.alerts)
        return result


def _check_sources(work: Workspace, seasons: Sequence[Season]) -> None:
    """Run the claims of sources that no pull ran: it died before, or the claims are newer."""
    if unchecked(work, seasons):
        with work.ledger.run("check", work.rules.name) as run:
            run.result = {"findings": len(sources.check_sources(work, seasons, run.run_id))}


def check(
    project: Project, ranges: Sequence[str], tables: Sequence[str], progress: Progress = silent
) -> tuple[Finding, ...]:
    """Run every claim on what is stored: sources as pulled, features as published.

    Findings replace the recorded ones of these tables and seasons; nothing else changes. Where the
    data folder may only be read, they are returned and not recorded.
    """
    chosen = project.registry.select(tables, tuple(project.registry.tables.values()))
    findings: list[Finding] = []
    project.require_ledger()
    if not project.may_write:
        with project.beside() as copied:
            return check(copied, ranges, tables, progress)
    with project.writing("check") as work:
        dates = Ranges.stored(work, ranges, "pulled")
        with work.ledger.run("check", work.rules.name, tables=[t.name for t in chosen]) as run:
            for season in dates.seasons:
                pulled = [table for table in chosen if table.is_source]
                with ArrivingRows(work.store) as rows:
                    checked = sources.check_season(work, season, pulled, run.run_id, rows)
                    for done, (table, found) in enumerate(checked, 1):
                        progress(f"check {table.name} {season}", done, len(chosen))
                        findings += found
                held = held_dates(work, season)
                computed = [table for table in chosen if not table.is_source]
                for done, table in enumerate(computed, len(pulled)):
                    progress(f"check {table.name} {season}", done, len(chosen))
                    findings += check_stored(work, table, season, run.run_id, held)
            progress("check", len(chosen), len(chosen))
            run.result = {"findings": len(findings)}
    return tuple(finding for finding in findings if finding.date in dates)
