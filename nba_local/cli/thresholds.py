"""The command that says what moving a threshold gains and costs."""

from __future__ import annotations

from typing import Annotated

import typer

from nba_local.cli.options import (
    DataDir,
    Json,
    Pipelines,
    RuleSetName,
    Settings,
    Today,
    command,
    opened,
    remember,
)


def thresholds(  # noqa: PLR0913 - flags
    table: Annotated[str, typer.Argument(help="A feature table.")],
    season: Annotated[
        str | None, typer.Argument(help="A season (2021-22). [newest stored]")
    ] = None,
    data: DataDir = None,
    rules: RuleSetName = None,
    settings: Settings = None,
    pipelines: Pipelines = None,
    today: Today = None,
    within: Annotated[
        float,
        typer.Option(
            "--within", metavar="X", help="Accept X times what two full windows differ.", min=0.0
        ),
    ] = 1.0,
    as_json: Json = False,
) -> None:
    """Say what other thresholds would gain, and what they would cost.

    Sweeps the minimum of games and the readiness threshold; nothing is run again.
    """
    from nba_local.commands import proofs
    from nba_local.report import thresholds as out

    with command("thresholds", as_json=as_json) as report:
        project = opened(settings, data=data, rules=rules, pipelines=pipelines, today=today)
        remember(report, project)
        result = proofs.thresholds(project, table, season, within, report.progress)
        out.swept(report, result)
        report.document("thresholds", result)
