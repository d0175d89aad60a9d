"""The command line: parse, one call, report. Everything heavy is imported inside the commands."""

from __future__ import annotations

import gc
import inspect
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from nba_local.cli import admin, explain, lab, prove, road, runs, schemas, streams
from nba_local.cli.verb import AcceptGone, Commands, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from typer.models import CommandInfo


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


HELP = frozenset({"-h", "--help"})


def main() -> None:
    """Entry point of `nba-local`."""
    # imports allocate much and leave no garbage: looking for it is a tenth of their time
    gc.set_threshold(100_000)
    if not any(name.endswith("_COMPLETE") for name in os.environ):  # a shell asks for all words
        _leave_out(sys.argv[1:])
    with streams.guarded():
        app()


def _leave_out(words: Sequence[str]) -> None:
    """Leave out what a call does not ask for: Typer makes every command with all its options.

    That is a tenth of the time of a short call. Help lists names and first lines only.
    """
    first = words[0] if words else "--help"
    commands = {typer.main.get_command_name(_name(c)): c for c in app.registered_commands}
    groups = {group.name: group for group in app.registered_groups}
    if first in HELP:
        for command in commands.values():
            command.callback = _without_options(command)
        for group in groups.values():
            if group.typer_instance:
                group.typer_instance.registered_commands = []
    elif first in commands or first in groups:
        app.registered_commands = [command for name, command in commands.items() if name == first]
        app.registered_groups = [group for name, group in groups.items() if name == first]


def _name(command: CommandInfo) -> str:
    return command.name or str(getattr(command.callback, "__name__", ""))


def _without_options(command: CommandInfo) -> Callable[[], None]:
    def described() -> None:
        pass

    described.__name__, described.__doc__ = _name(command), inspect.getdoc(command.callback)
    return described


if __name__ == "__main__":
    main()
