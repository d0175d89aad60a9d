"""Commands that prove something of the code: each computes seasons in memory and writes nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from nba_local.cli.options import (
    DataDir,
    Json,
    Pipelines,
    Ranges,
    RuleSetName,
    Settings,
    TableNames,
    Today,
    command,
    names_in,
    opened,
    remember,
)


def leak(  # noqa: PLR0913 - flags
    ranges: Ranges = None,
    data: DataDir = None,
    rules: RuleSetName = None,
    tables: TableNames = None,
    settings: Settings = None,
    pipelines: Pipelines = None,
    today: Today = None,
    sample: Annotated[
        int,
        typer.Option("--sample", metavar="N", help="Dates to compare, evenly spread.", min=1),
    ] = 20,
    every: Annotated[bool, typer.Option("--all", help="Compare every date.")] = False,
    as_json: Json = False,
) -> None:
    """Prove that no row knows what came later.

    Sampled dates are computed again from what was known before their first tip-off.
    """
    from nba_local.commands import proofs
    from nba_local.report import proofs as out

    with command("leak", as_json=as_json) as report:
        project = opened(settings, data=data, rules=rules, pipelines=pipelines, today=today)
        remember(report, project)
        most = None if every else sample
        result = proofs.leak(project, ranges or [], names_in(tables), most, report.progress)
        out.leaked(report, result)
        report.document("leak", result)
    if any(found.leaks for found in result):
        raise typer.Exit(4)


def warmup(  # noqa: PLR0913 - flags
    seasons: Annotated[
        list[str] | None, typer.Argument(help="Seasons (2021-22). [all stored]")
    ] = None,
    data: DataDir = None,
    rules: RuleSetName = None,
    tables: TableNames = None,
    settings: Settings = None,
    pipelines: Pipelines = None,
    today: Today = None,
    openings: Annotated[
        int,
        typer.Option("--openings", metavar="N", help="Dates made opening night in turn.", min=1),
    ] = 5,
    horizon: Annotated[
        int, typer.Option("--horizon", metavar="DAYS", help="Days compared after each.", min=1)
    ] = 60,
    tolerance: Annotated[
        float,
        typer.Option(
            "--tolerance", metavar="X", help="Numbers agree within X standard deviations.", min=0.0
        ),
    ] = 0.25,
    share: Annotated[
        float,
        typer.Option(
            "--share", metavar="X", help="Part of a day's rows to agree.", min=0.0, max=1.0
        ),
    ] = 0.95,
    as_json: Json = False,
) -> None:
    """Say from which day of a season on columns are stable.

    The season is opened anew in its middle and compared with the one that has all its history.
    """
    from nba_local.commands import proofs
    from nba_local.proofs.warmup import Method
    from nba_local.report import proofs as out

    with command("warmup", as_json=as_json) as report:
        project = opened(settings, data=data, rules=rules, pipelines=pipelines, today=today)
        remember(report, project)
        method = Method(openings, horizon, tolerance, share)
        result = proofs.warmup(project, seasons or [], names_in(tables), method, report.progress)
        out.warmed_up(report, result)
        report.document("warmup", result)
