"""Schemas of live tables: what differs from the contracts, and migrating it."""

from __future__ import annotations

from typing import Annotated

import typer

from nba_local.cli.options import ENVIRONMENT, PIPELINES, TABLES, TARGET, DryRun, Yes
from nba_local.cli.verb import Call, listed, verb

app = typer.Typer(
    no_args_is_help=True, help="Compare live tables with the contracts; migrate them."
)


@listed(app, "diff")
@verb(
    TARGET,
    ENVIRONMENT,
    TABLES,
    PIPELINES,
    name="schema diff",
    examples=(
        "schema diff --to bigquery://my-project",
        "schema diff --env prod --detailed-exitcode",
    ),
)
def diff(
    call: Call,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 3 where something differs.")
    ] = False,
) -> int:
    """Show how live tables differ from their contracts, and what breaks.

    Sources in their own datasets, features and logs in those of the environment. Changes nothing.
    """
    from nba_local.commands import schemas
    from nba_local.report import schemas as out

    result = schemas.diff(call.project, call.tables)
    out.differing(call.report, result)
    differs = detailed_exitcode and any(table.differences for table in result)
    return call.done(result, 3 if differs else 0)


@listed(app, "migrate")
@verb(
    TARGET,
    ENVIRONMENT,
    TABLES,
    PIPELINES,
    name="schema migrate",
    examples=(
        "schema migrate --dry-run",
        "schema migrate --env prod --tables player_daily_cache --yes",
    ),
    acts=True,
)
def migrate(call: Call, dry_run: DryRun = False, yes: Yes = False) -> int:
    """Bring live tables up to their contracts.

    Adds columns, relaxes modes, sets descriptions and clustering. What BigQuery cannot alter is
    not touched; the steps to do by hand are printed. Source tables are never changed.
    """
    from nba_local.commands import schemas
    from nba_local.report import schemas as out

    project, tables = call.project, call.tables
    result = schemas.diff(project, tables)
    call.report.acts = not dry_run
    out.migration(call.report.asking, result)
    due = out.fixable(result)
    if due and not dry_run:
        call.confirm(f"change {due} tables?", "changed", yes=yes)
        result = schemas.migrate(project, tables, result)
        call.report.say(f"{due} tables changed; what remains:")
        out.differing(call.report, result)
    return call.done(result)
