"""Commands about runs: what goes on, what is done, and doing it once more."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from nba_local.cli.options import (
    DataDir,
    Json,
    Pipelines,
    Ranges,
    RuleSetName,
    TableNames,
    command,
    names_in,
    opened,
    remember,
)

app = typer.Typer(no_args_is_help=True, help="Show or forget what backfills have finished.")


def runs(
    data: DataDir = None,
    rules: RuleSetName = None,
    pipelines: Pipelines = None,
    limit: Annotated[int, typer.Option("--limit", help="Runs to show.", min=1)] = 20,
    as_json: Json = False,
) -> None:
    """Show what is running (process, host, progress), and what ran."""
    from nba_local.commands import runs
    from nba_local.report import terminal as out

    with command("runs", as_json=as_json) as report:
        project = opened(data=data, rules=rules, pipelines=pipelines)
        found = runs.runs(project, limit)
        for run in found:
            told = run["arguments"]
            if run["status"] == "running":
                report.say(f"under way: {run['run_id']}, pid {told['pid']} on {told['host']}")
        out.listed_runs(report, found)
        report.document("runs", found)


@app.command("show")
def show(  # noqa: PLR0913 - flags
    ranges: Ranges = None,
    data: DataDir = None,
    rules: RuleSetName = None,
    tables: TableNames = None,
    pipelines: Pipelines = None,
    as_json: Json = False,
) -> None:
    """Say of every season of a table who finished it, and whether it is due or failed."""
    from nba_local.commands import runs

    with command("checkpoint show", as_json=as_json) as report:
        project = opened(data=data, rules=rules, pipelines=pipelines)
        found = runs.show(project, ranges or [], names_in(tables))
        report.table(
            ("season", "table", "finished by", "state"),
            (
                (
                    one.season,
                    one.table,
                    one.run or "-",
                    f"failed: {one.failed}" if one.failed else one.due or "done",
                )
                for one in found
            ),
        )
        report.document("checkpoint show", found)


@app.command("clear")
def clear(  # noqa: PLR0913 - flags
    ranges: Ranges = None,
    data: DataDir = None,
    rules: RuleSetName = None,
    tables: TableNames = None,
    pipelines: Pipelines = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Forget what is done: the next backfill does it once more. Published rows stay."""
    from nba_local.commands import runs
    from nba_local.errors import NbaLocalError, UsageError

    with command("checkpoint clear", as_json=as_json) as report:
        project = opened(data=data, rules=rules, pipelines=pipelines)
        remember(report, project)
        if not yes:
            if not sys.stdin.isatty():
                raise UsageError("nobody to ask; nothing was forgotten", hint="give --yes")
            if not report.ask(f"forget what is done of {' '.join(ranges or ['every season'])}?"):
                raise NbaLocalError("declined; nothing was forgotten")
        number = runs.clear(project, ranges or [], names_in(tables))
        report.say(f"forgotten: {number} seasons of tables")
        report.say(f"next: nba-local backfill {' '.join(ranges or [])}{report.flags}")
        report.document("checkpoint clear", {"forgotten": number})
