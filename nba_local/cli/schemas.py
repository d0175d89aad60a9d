"""Commands about the schemas of live tables: what differs from the contracts, and mending it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from nba_local.cli.options import (
    Environment,
    Json,
    Pipelines,
    TableNames,
    Target,
    command,
    names_in,
    opened,
)

app = typer.Typer(no_args_is_help=True, help="Compare live tables with the contracts; mend them.")


@app.command("diff")
def diff(  # noqa: PLR0913 - flags
    target: Target = None,
    env: Environment = None,
    tables: TableNames = None,
    pipelines: Pipelines = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 3 where something differs.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say how live tables differ from the contracts, and what that does.

    Sources in their own datasets, features and logs in those of the environment. Changes nothing.
    """
    from nba_local.commands import schemas
    from nba_local.report import schemas as out

    with command("schema diff", as_json=as_json) as report:
        project = opened(target=target, env=env, pipelines=pipelines)
        found = schemas.diff(project, names_in(tables))
        out.differing(report, found)
        report.document("schema diff", found)
    if detailed_exitcode and any(table.differences for table in found):
        raise typer.Exit(3)


@app.command("migrate")
def migrate(  # noqa: PLR0913 - flags
    target: Target = None,
    env: Environment = None,
    tables: TableNames = None,
    pipelines: Pipelines = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it; change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Give live tables what the contracts have more: columns, NULL, descriptions, clustering.

    What BigQuery cannot alter is not touched; the steps by hand are printed. Source tables are
    never changed.
    """
    from nba_local.commands import schemas
    from nba_local.errors import NbaLocalError, UsageError
    from nba_local.report import schemas as out

    with command("schema migrate", as_json=as_json) as report:
        project = opened(target=target, env=env, pipelines=pipelines)
        names = names_in(tables)
        found = schemas.diff(project, names)
        out.migration(report, found)
        due = out.mendable(found)
        if due and not dry_run:
            if not yes:
                if not sys.stdin.isatty():
                    raise UsageError("nobody to ask; nothing was changed", hint="give --yes")
                if not report.ask(f"change {due} tables?"):
                    raise NbaLocalError("declined; nothing was changed")
            found = schemas.migrate(project, names, found)
            report.say(f"{due} tables changed; what remains:")
            out.differing(report, found)
        report.document("schema migrate", found)
