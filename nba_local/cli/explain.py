"""What is stored, what is missing and why: status, coverage, why, ui."""

from __future__ import annotations

from typing import Annotated

import typer

from nba_local.cli import complete
from nba_local.cli.options import PROJECT, RANGES
from nba_local.cli.verb import Call, verb

PORT = 8321


@verb(
    RANGES,
    *PROJECT,
    examples=("status", "status 2021-22 --json"),
)
def status(call: Call) -> int:
    """Show what is pulled, published, pushed and missing."""
    from nba_local.commands import explain
    from nba_local.report.status import status as say_status

    result = explain.status(call.project, call.ranges)
    say_status(call.report, result)
    return call.done(result)


@verb(
    RANGES,
    *PROJECT,
    examples=("coverage 2021-11", "coverage 2021-22 --html coverage.html"),
)
def coverage(
    call: Call,
    html: Annotated[
        str | None,
        typer.Option("--html", metavar="FILE", help="Also write it as a web page in one file."),
    ] = None,
    columns: Annotated[
        bool, typer.Option("--columns", help="Show how filled each column is, by season, instead.")
    ] = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 3 where rows are missing.")
    ] = False,
) -> int:
    """Show every date of every table, and the causes of gaps.

    A calendar of one season; counts of several. Every date has one state and one root cause.
    """
    from nba_local.commands import explain
    from nba_local.explain.coverage import document as plain
    from nba_local.report import coverage as out

    project, report = call.project, call.report
    if columns:
        from nba_local.report.columns import filled

        fill = explain.columns(project, call.ranges)
        filled(report, fill, sorted({season for one in fill for season in one.shares}))
        return call.done(fill)
    seasons = explain.coverage(project, call.ranges)
    out.covered(report, seasons)
    if html:
        from pathlib import Path

        from nba_local.page import document, view

        flags = view.Flags(report.folder, report.flags)
        size = document.write(project, call.ranges, Path(html).expanduser(), flags)
        report.say(f"page: {html} ({size / 1e6:,.1f} MB)")
    has_gaps = detailed_exitcode and any(season.has_gaps for season in seasons)
    return call.done(plain(seasons) if report.as_json else None, 3 if has_gaps else 0)


@verb(
    *PROJECT,
    examples=(
        "why ml_feature_store_v2 2021-11-18",
        "why ml_feature_store_v2 2021-11-18 paulgeorge",
    ),
)
def why(
    call: Call,
    table: Annotated[str, typer.Argument(help="A table.", autocompletion=complete.table)],
    date: Annotated[str, typer.Argument(help="A date, 2021-11-15.", autocompletion=complete.date)],
    entity: Annotated[
        str | None,
        typer.Argument(
            help="A player (lebronjames) or a team (LAL).", autocompletion=complete.entity
        ),
    ] = None,
) -> int:
    """Explain a date, or a player or team on it.

    From what is missing, table by table, to what has to be fixed.
    """
    from nba_local.commands import explain
    from nba_local.report import coverage as out

    explanation = explain.why(call.project, table, date, entity or "")
    out.explained(call.report, explanation)
    return call.done(explanation)


@verb(
    *PROJECT,
    examples=("ui", "ui --port 0 --no-browser"),
)
def ui(
    call: Call,
    port: Annotated[
        int,
        typer.Option(
            "--port", metavar="N", min=0, max=65535, help="Port of 127.0.0.1; 0 is a free one."
        ),
    ] = PORT,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only serve; open no browser.")
    ] = False,
) -> int:
    """Show seasons, gaps and their causes in a browser.

    Serves on 127.0.0.1 until Ctrl-C. Reads only, also while a backfill runs.
    """
    import threading
    import webbrowser

    from nba_local.page.server import Answers, Server
    from nba_local.page.view import Flags

    project, report = call.project, call.report
    answers = Answers(project, Flags(report.folder, report.flags))
    answers.start()  # refuse a folder that cannot be shown before a browser opens
    with Server(answers, port) as server:
        report.say(f"{server.url}  (Ctrl-C ends it)")
        call.done({"url": server.url})
        report.stream.flush()
        threading.Thread(target=answers.warm, daemon=True).start()
        if not no_browser:
            threading.Thread(target=webbrowser.open, args=(server.url,), daemon=True).start()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            report.say("ended")
    return 0
