"""The commands that say what is there, what is not, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from nba_local.cli.options import (
    DataDir,
    Json,
    Pipelines,
    Ranges,
    RuleSetName,
    command,
    opened,
    remember,
)


def coverage(  # noqa: PLR0913 - flags
    ranges: Ranges = None,
    data: DataDir = None,
    rules: RuleSetName = None,
    pipelines: Pipelines = None,
    html: Annotated[
        str | None,
        typer.Option("--html", metavar="FILE", help="Write it as a page in one file, too."),
    ] = None,
    as_json: Json = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 3 where rows are missing.")
    ] = False,
) -> None:
    """Show every date of every table, and the causes of gaps.

    A calendar of one season; counts of several. Every date has one state and one root cause.
    """
    from nba_local.commands import explain
    from nba_local.explain.coverage import document as plain
    from nba_local.report import coverage as out

    with command("coverage", as_json=as_json) as report:
        project = opened(data=data, rules=rules, pipelines=pipelines)
        remember(report, project)
        found = explain.coverage(project, ranges or [])
        out.covered(report, found)
        if html:
            from pathlib import Path

            from nba_local.page import document, view

            flags = view.Flags(report.folder, report.flags)
            size = document.write(project, ranges or [], Path(html), flags)
            report.say(f"page: {html} ({size / 1e6:,.1f} MB)")
        if as_json:
            report.document("coverage", plain(found))
    if detailed_exitcode and any(one.has_gaps for one in found):
        raise typer.Exit(3)


def why(  # noqa: PLR0913 - flags
    table: Annotated[str, typer.Argument(help="A table.")],
    date: Annotated[str, typer.Argument(help="A date, 2021-11-15.")],
    entity: Annotated[
        str | None, typer.Argument(help="A player (lebronjames) or a team (LAL).")
    ] = None,
    data: DataDir = None,
    rules: RuleSetName = None,
    pipelines: Pipelines = None,
    as_json: Json = False,
) -> None:
    """Explain a date, or a player or team on it.

    From what is missing, table by table, to what has to be mended.
    """
    from nba_local.commands import explain
    from nba_local.report import coverage as out

    with command("why", as_json=as_json) as report:
        project = opened(data=data, rules=rules, pipelines=pipelines)
        remember(report, project)
        found = explain.why(project, table, date, entity or "")
        out.explained(report, found)
        report.document("why", found)
