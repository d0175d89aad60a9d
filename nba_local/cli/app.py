"""The command line: parse, one call, report. Everything heavy is imported inside the commands."""

from __future__ import annotations

import gc
from typing import Annotated

import typer

from nba_local.cli import admin, explain, lab, prove, road, runs, schemas, streams
from nba_local.cli.verb import AcceptGone, Commands, listed


def _version(*, asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"nba-local {version('nba-local')}")
        raise typer.Exit


app = typer.Typer(
    name="nba-local",
    cls=Commands,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="The local-first replica of an NBA feature warehouse: pull, backfill, check, push.",
    epilog="\n".join(
        (
            "\b",
            "To begin, with no account:",
            "  nba-local demo              everything once, on a simulated season",
            "  nba-local init my-project   a project of your own",
        )
    ),
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Show the version.",
            is_eager=True,
            callback=lambda v: _version(asked=v),
        ),
    ] = False,
) -> None:
    del version


listed(app, cls=AcceptGone)(road.pull)
for command in (
    *(road.plan, road.backfill, road.check),
    *(prove.leak, prove.warmup, explain.coverage, explain.why, prove.thresholds),
    *(explain.status, explain.ui, road.push, road.rollback, prove.verify, prove.diff),
    *(runs.runs, runs.history, admin.sql, admin.doctor, admin.demo, admin.init),
):
    listed(app)(command)
listed(app, "config")(admin.settings)
app.add_typer(runs.app, name="checkpoint")
app.add_typer(schemas.app, name="schema")
app.add_typer(lab.app, name="lab")
app.add_typer(admin.alerts, name="alerts")


def main() -> None:
    """Entry point of `nba-local`."""
    # imports allocate much and leave no garbage: looking for it is a tenth of their time
    gc.set_threshold(100_000)
    with streams.guarded():
        app()


if __name__ == "__main__":
    main()
