"""The command that shows a data folder in a browser."""

from __future__ import annotations

from typing import Annotated

import typer

from nba_local.cli.options import DataDir, Json, Pipelines, RuleSetName, command, opened, remember

PORT = 8321


def ui(  # noqa: PLR0913 - flags
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port of 127.0.0.1; 0 is a free one.")
    ] = PORT,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only serve; open no browser.")
    ] = False,
    data: DataDir = None,
    rules: RuleSetName = None,
    pipelines: Pipelines = None,
    as_json: Json = False,
) -> None:
    """Show seasons, gaps and their causes in a browser.

    Serves on 127.0.0.1 until Ctrl-C. Reads only, also while a backfill runs.
    """
    with command("ui", as_json=as_json) as report:
        import threading
        import webbrowser

        from nba_local.page.server import Answers, Server
        from nba_local.page.view import Flags

        project = opened(data=data, rules=rules, pipelines=pipelines)
        remember(report, project)
        answers = Answers(project, Flags(report.folder, report.flags))
        answers.start()  # refuse a folder that cannot be shown before anybody looks at it
        with Server(answers, port) as server:
            report.say(f"{server.url}  (Ctrl-C ends it)")
            report.document("ui", {"url": server.url})
            report.stream.flush()
            threading.Thread(target=answers.warm, daemon=True).start()
            if not no_browser:
                threading.Thread(target=webbrowser.open, args=(server.url,), daemon=True).start()
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                report.say("ended")
