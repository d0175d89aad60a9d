"""Runs and checkpoints: what is running, what is done, and doing it again."""

from __future__ import annotations

import typer

from nba_local.cli.options import PROJECT, RANGES, TABLES, Limit, Yes
from nba_local.cli.verb import Call, listed, verb

app = typer.Typer(no_args_is_help=True, help="Show or forget what backfills have finished.")


@verb(
    *PROJECT,
    examples=("runs", "runs --limit 5 --json"),
)
def runs(call: Call, limit: Limit = 20) -> int:
    """List runs, running ones first, with process and progress."""
    return _listed(call, limit)


@verb(
    *PROJECT,
    examples=("history", "history --limit 5 --json"),
)
def history(call: Call, limit: Limit = 20) -> int:
    """List runs; another name of `runs`."""
    return _listed(call, limit)


def _listed(call: Call, limit: int) -> int:
    from nba_local.commands import runs as commands
    from nba_local.report import road as out

    result = commands.runs(call.project, limit)
    out.runs(call.report, result)
    return call.done(result)


@listed(app, "show")
@verb(
    RANGES,
    *PROJECT,
    TABLES,
    name="checkpoint show",
    examples=("checkpoint show", "checkpoint show 2021-22 --tables player_daily_cache"),
)
def show(call: Call) -> int:
    """Show the run that finished each season of a table.

    And whether the season is due, or its last run failed.
    """
    from nba_local.commands import runs as commands

    checkpoints = commands.show(call.project, call.ranges, call.tables)
    call.report.table(
        ("season", "table", "finished by", "state"),
        (
            (
                one.season,
                one.table,
                one.run or "-",
                f"failed: {one.failed}" if one.failed else one.due or "done",
            )
            for one in checkpoints
        ),
    )
    return call.done(checkpoints)


@listed(app, "clear")
@verb(
    RANGES,
    *PROJECT,
    TABLES,
    name="checkpoint clear",
    examples=(
        "checkpoint clear 2021-22",
        "checkpoint clear 2021-22 --tables player_daily_cache --yes",
    ),
    acts=True,
)
def clear(call: Call, yes: Yes = False) -> int:
    """Forget what is done: the next backfill does it again. Published rows stay."""
    from nba_local.commands import runs as commands

    project, ranges = call.project, call.ranges
    question = f"forget what is done of {' '.join(ranges or ['every season'])}?"
    call.confirm(question, "forgotten", yes=yes)
    number = commands.clear(project, ranges, call.tables)
    call.report.say(f"forgotten: {number} seasons of tables")
    call.report.propose(f"next: nba-local backfill {' '.join(ranges)}{call.report.flags}")
    return call.done({"forgotten": number})
