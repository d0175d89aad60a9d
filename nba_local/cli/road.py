"""The road from source tables to the target: pull, plan, backfill, check, push, rollback."""

from __future__ import annotations

from typing import Annotated

import typer

from nba_local.cli import complete
from nba_local.cli.options import (
    COMPUTING,
    ENGINE,
    ENVIRONMENT,
    PROJECT,
    RANGES,
    SOURCE,
    TABLES,
    TARGET,
    Bootstrap,
    DryRun,
    Force,
    RetryFailed,
    Yes,
)
from nba_local.cli.verb import Call, names_in, verb


@verb(
    *PROJECT,
    SOURCE,
    TABLES,
    examples=(
        "pull --season 2021-22 --warehouse file://warehouse",
        "pull 2023-24 2024-25 --max-bytes 2GB",
    ),
    acts=True,
)
def pull(  # noqa: PLR0913 - flags
    call: Call,
    ranges: Annotated[
        list[str] | None,
        typer.Argument(
            help="Seasons to pull (2021-22), like --season.", autocompletion=complete.season
        ),
    ] = None,
    season: Annotated[
        list[str] | None,
        typer.Option(
            "--season",
            metavar="SEASON",
            help="A season, 2021-22; may be repeated.",
            autocompletion=complete.season,
        ),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Read everything again, changed or not.")
    ] = False,
    max_bytes: Annotated[
        str | None,
        typer.Option(
            "--max-bytes", metavar="SIZE", help="Stop before reading more than this, e.g. 500MB."
        ),
    ] = None,
    accept_gone: Annotated[
        str | None,
        typer.Option(
            "--accept-gone",
            metavar="[TABLE,...]",
            help="Remove rows that the warehouse no longer has, from all tables or only these.",
            autocompletion=complete.tables,
        ),
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Bring back what the last pull replaced.")
    ] = False,
) -> int:
    """Pull source tables; reads only what changed.

    All tables are read as of one instant. Name at least one season. A season of a table that would
    lose more than a few dates or rows is left as it was; the exit code is then 4.
    """
    from nba_local.commands import pulls, road
    from nba_local.pull.pull import PullOptions
    from nba_local.report import road as out
    from nba_local.words import parsed

    wanted = [*(season or []), *(ranges or [])]
    if undo:
        return _pull_undo(call, wanted, accept_gone)
    options = PullOptions(
        full=full,
        max_bytes=None if max_bytes is None else parsed(max_bytes),
        limits=pulls.pull_limits(call.project, names_in("--accept-gone", accept_gone)),
    )
    result = road.pull(call.project, wanted, call.tables, call.report.progress, options)
    out.pulled(call.report, result)
    is_empty = not result.held and not any(table.rows for table in result.tables)
    return call.done(result, 4 if result.held else 5 if is_empty else 0)


def _pull_undo(call: Call, seasons: list[str], accept_gone: str | None) -> int:
    """Bring back what the last pull replaced, all of it."""
    from nba_local.commands import pulls
    from nba_local.errors import UsageError
    from nba_local.report import gone

    if seasons or call.tables or accept_gone:
        raise UsageError(
            "--undo takes no season and no table: it brings back all that the last pull replaced",
            hint="nba-local pull --undo",
        )
    undone = pulls.pull_undo(call.project, call.report.progress)
    gone.undone(call.report, undone)
    return call.done(undone)


@verb(
    RANGES,
    *PROJECT,
    *COMPUTING,
    examples=("plan 2021-22", "plan 2021-22 --set player_daily_cache.min_games=3"),
)
def plan(
    call: Call,
    force: Force = False,
    bootstrap: Bootstrap = False,
    retry_failed: RetryFailed = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 3 where something is due.")
    ] = False,
) -> int:
    """Show what a backfill would do, and why; changes nothing."""
    from nba_local.commands import road
    from nba_local.report import backfill as out

    options = road.BackfillOptions(force, bootstrap, retry_failed)
    result = road.plan(call.project, call.ranges, call.tables, options)
    out.note_whole_seasons(call.report, call.ranges)
    out.planned(call.report, result)
    return call.done(result, 3 if detailed_exitcode and result.due else 0)


@verb(
    RANGES,
    *PROJECT,
    *COMPUTING,
    *ENGINE,
    examples=("backfill 2021-22", "backfill 2021-22 2022-23 --workers 2 --alerts none"),
    acts=True,
)
def backfill(
    call: Call,
    force: Force = False,
    bootstrap: Bootstrap = False,
    retry_failed: RetryFailed = False,
    alerts: Annotated[
        str,
        typer.Option("--alerts", metavar="WHICH", help="Alerts to send: every, summary or none."),
    ] = "summary",
) -> int:
    """Compute, check and publish what the plan lists."""
    from nba_local.alerts.watch import HOW
    from nba_local.commands import road
    from nba_local.errors import UsageError
    from nba_local.report import backfill as out

    if alerts not in HOW:
        raise UsageError.unknown("choice of alerts", alerts, HOW)
    options = road.BackfillOptions(force, bootstrap, retry_failed, alerts=alerts)
    result = road.backfill(call.project, call.ranges, call.tables, call.report.progress, options)
    out.note_whole_seasons(call.report, call.ranges)
    if result.steps:
        out.planned(call.report, result.plan)
    out.backfilled(call.report, result)
    held = any(step.quarantined and not step.is_due for step in result.plan.steps)
    return call.done(result, 4 if held or any(step.blocked for step in result.steps) else 0)


@verb(
    RANGES,
    *PROJECT,
    *COMPUTING,
    examples=("check 2021-22 --oracle", "check 2021-11 --tables player_game_summary"),
)
def check(
    call: Call,
    oracle: Annotated[
        bool,
        typer.Option(
            "--oracle", help="Also compute the tables with oracle.sql and compare every cell."
        ),
    ] = False,
) -> int:
    """Run every claim on what is stored.

    Source tables as pulled, feature tables as published; findings go to the ledger.
    """
    from nba_local.commands import proofs, road
    from nba_local.report import findings as out

    findings = road.check(call.project, call.ranges, call.tables, call.report.progress)
    if not call.project.may_write:
        call.report.say(f"{call.project.store.root} may not be written to: nothing is recorded")
    out.checked(call.report, findings)
    compared = proofs.parity(call.project, call.ranges, call.tables) if oracle else ()
    out.agreed(call.report, compared)
    is_wrong = any(f.severity == "block" for f in findings) or not all(p.agrees for p in compared)
    return call.done({"findings": findings, "oracle": compared}, 4 if is_wrong else 0)


@verb(
    RANGES,
    *PROJECT,
    TARGET,
    ENVIRONMENT,
    TABLES,
    examples=("push 2021-22 --dry-run", "push 2021-11-01..2021-11-30 --to file://target --yes"),
    acts=True,
)
def push(  # noqa: PLR0913 - flags
    call: Call,
    dry_run: DryRun = False,
    yes: Yes = False,
    keep_stale: Annotated[
        bool, typer.Option("--keep-stale", help="Leave dates that another writer changed.")
    ] = False,
    overwrite_stale: Annotated[
        bool, typer.Option("--overwrite-stale", help="Replace dates that another writer changed.")
    ] = False,
    allow_removals: Annotated[
        bool,
        typer.Option(
            "--allow-removals", help="Allow the push to remove any number of the target's rows."
        ),
    ] = False,
) -> int:
    """Push published dates, then read them back.

    All tables change in one transaction or none does.
    """
    from nba_local.commands import pushes
    from nba_local.errors import UsageError
    from nba_local.push.target import Choice
    from nba_local.report import road as out

    if keep_stale and overwrite_stale:
        raise UsageError("--keep-stale and --overwrite-stale exclude each other; nothing was done")
    choice, agreed = Choice(keep_stale, overwrite_stale, allow_removals), None
    if dry_run or not yes:
        agreed = pushes.plan_push(call.project, call.ranges, call.tables)
    if agreed and not dry_run and any(t.dates or t.stale for t in agreed.tables):
        out.pushed(call.report.asking, agreed)
        pushes.require_agreeable(call.project, agreed, choice)
        rows = sum(t.rows for t in agreed.tables)
        call.confirm(f"push? {rows:,} rows to {agreed.warehouse}", "pushed", yes=yes)
    if agreed and dry_run:
        result, call.report.acts = agreed, False
    else:
        result = pushes.push(
            call.project, call.ranges, call.tables, call.report.progress, agreed, choice
        )
    out.pushed(call.report, result)
    return call.done(result)


@verb(
    *PROJECT,
    TARGET,
    ENVIRONMENT,
    examples=(
        "rollback push-54b16a48dae6 --to file://target",
        "rollback push-54b16a48dae6 --env prod --yes",
    ),
    acts=True,
)
def rollback(
    call: Call,
    run: Annotated[
        str, typer.Argument(help="Id of the push, from `runs`.", autocompletion=complete.push)
    ],
    overwrite_stale: Annotated[
        bool,
        typer.Option("--overwrite-stale", help="Also restore dates that were written again since."),
    ] = False,
    yes: Yes = False,
) -> int:
    """Undo a push: restore the rows that its dates had before it.

    Works as a push does: one transaction, read back and compared.
    """
    from nba_local.commands import pushes
    from nba_local.push.target import Choice
    from nba_local.report import road as out

    project = call.project
    call.confirm(f"roll back {run}?", "rolled back", yes=yes)
    choice = Choice(overwrite_stale=overwrite_stale)
    result = pushes.rollback(project, run, call.report.progress, choice)
    out.pushed(call.report, result)
    return call.done(result)
