"""Commands that compare rows: what is published here with a warehouse, or any two places."""

from __future__ import annotations

from typing import Annotated

import typer

from nba_local.cli.options import (
    DataDir,
    Environment,
    Json,
    Pipelines,
    Ranges,
    RuleSetName,
    TableNames,
    Target,
    command,
    names_in,
    opened,
    remember,
)


def verify(  # noqa: PLR0913 - flags
    ranges: Ranges = None,
    data: DataDir = None,
    target: Target = None,
    env: Environment = None,
    rules: RuleSetName = None,
    tables: TableNames = None,
    pipelines: Pipelines = None,
    as_json: Json = False,
) -> None:
    """Compare published rows with the target, cell by cell.

    Any published date, whenever it was pushed. Exit code 4 where something differs.
    """
    from nba_local.commands import proofs
    from nba_local.report import compare as out

    with command("verify", as_json=as_json) as report:
        project = opened(data=data, target=target, env=env, rules=rules, pipelines=pipelines)
        remember(report, project)
        found = proofs.verify(project, ranges or [], names_in(tables), report.progress)
        out.compared(report, found, ("here", "there"))
        report.document("verify", found)
    if not all(table.is_equal for table in found):
        raise typer.Exit(4)


def diff(  # noqa: PLR0913 - flags
    left: Annotated[
        str, typer.Argument(help="local, dev, prod, a warehouse's URL, or URL@ENVIRONMENT.")
    ],
    right: Annotated[str, typer.Argument(help="The other side, likewise.")],
    ranges: Ranges = None,
    data: DataDir = None,
    target: Target = None,
    rules: RuleSetName = None,
    tables: TableNames = None,
    volatile: Annotated[
        bool, typer.Option("--volatile", help="Also columns that say when a row was made.")
    ] = False,
    tolerance: Annotated[
        float, typer.Option("--tolerance", help="By which FLOAT64 may differ.", min=0.0)
    ] = 0.0,
    limit: Annotated[
        int, typer.Option("--limit", help="Differing cells to show of a table.", min=0)
    ] = 5,
    pipelines: Pipelines = None,
    as_json: Json = False,
) -> None:
    """Compare feature tables of two places.

    Rows on one side only, rows that differ, the share of rows that agree by column, and what
    differs in the schemas. Exit code 4 where something differs.
    """
    from nba_local.commands import proofs
    from nba_local.proofs.compare import How
    from nba_local.report import compare as out

    with command("diff", as_json=as_json) as report:
        project = opened(data=data, target=target, rules=rules, pipelines=pipelines)
        remember(report, project)
        how = How(volatile=volatile, tolerance=tolerance, samples=limit)
        sides = (left, right)
        found = proofs.diff(project, sides, ranges or [], names_in(tables), how, report.progress)
        out.compared(report, found, sides)
        report.document("diff", found)
    if not all(table.is_equal and not table.schema for table in found):
        raise typer.Exit(4)
