"""What the commands share: their flags, how a body is run, how a call that means nothing is met."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.core

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nba_local.commands.project import Project
    from nba_local.report.terminal import Report

INTERRUPTED = 130
"""Exit code after Ctrl-C."""

CALL_ERROR: Any = typer.BadParameter.__mro__[2]
"""Click's own base of such errors; Typer brings Click along under a private name."""


class Commands(typer.core.TyperGroup):
    """The commands; with --json a call that cannot be understood is one document on stdout too."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Run a call; see `click.Command.main`."""
        words = list(sys.argv[1:] if args is None else args)
        if "--json" not in words or not extra.get("standalone_mode", True):
            return super().main(args, *rest, **extra)
        try:
            code = super().main(args, *rest, **{**extra, "standalone_mode": False})
        except CALL_ERROR as error:
            from nba_local.errors import UsageError
            from nba_local.report.terminal import Report

            command = next((word for word in words if not word.startswith("-")), "")
            Report(as_json=True).error(command, UsageError(error.format_message()))
            code = error.exit_code
        sys.exit(code if isinstance(code, int) else 0)


DataDir = Annotated[
    str | None, typer.Option("--data", metavar="DIR", help="Data folder. [default: data]")
]
Source = Annotated[
    str | None,
    typer.Option(
        "--warehouse", metavar="URL", help="file://DIR or bigquery://PROJECT to pull from."
    ),
]
Target = Annotated[
    str | None,
    typer.Option(
        "--to", "--warehouse", metavar="URL", help="file://DIR or bigquery://PROJECT to push to."
    ),
]
Environment = Annotated[
    str | None,
    typer.Option("--env", metavar="NAME", help="Whose datasets: dev or prod. [default: dev]"),
]
RuleSetName = Annotated[
    str | None,
    typer.Option("--rules", metavar="NAME", help="corrected or production. [default: corrected]"),
]
TableNames = Annotated[
    str | None,
    typer.Option("--tables", metavar="A,B", help="Only these tables, separated by commas."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="TABLE.KEY=VALUE", help="A setting; may be repeated."),
]
Pipelines = Annotated[
    str | None,
    typer.Option("--pipelines", metavar="DIR", help="Folder of the tables. [default: pipelines]"),
]
Today = Annotated[
    str | None,
    typer.Option(
        "--today", metavar="DATE", help="Present date, US Eastern. [default: the real one]"
    ),
]
Force = Annotated[
    bool, typer.Option("--force", help="Bootstrap dates too, and every step once more.")
]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Only what the last backfill failed at.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Ranges = Annotated[
    list[str] | None,
    typer.Argument(
        help="Seasons (2021-22), dates or ranges (2021-11-01..2021-11-30). [all stored]"
    ),
]


@contextmanager
def command(name: str, *, as_json: bool) -> Iterator[Report]:
    """Run a command's body; an error of ours becomes its message and exit code."""
    from nba_local.errors import NbaLocalError
    from nba_local.report.terminal import Report

    report = Report(as_json=as_json)
    with _ctrl_c() as pressed:
        try:
            yield report
        except NbaLocalError as error:
            report.error(name, error)
            raise typer.Exit(error.exit_code) from error
        except BaseException as error:
            # Ctrl-C while Polars calls Python comes out as a panic of its own
            if not (pressed or isinstance(error, KeyboardInterrupt)):
                raise
            report.interrupted(name)
            raise typer.Exit(INTERRUPTED) from error


@contextmanager
def _ctrl_c() -> Iterator[list[int]]:
    """A list that is not empty once Ctrl-C was pressed, whatever became of the exception."""
    pressed: list[int] = []

    def note(number: int, _frame: object) -> None:
        pressed.append(number)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield pressed
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def opened(settings: list[str] | None = None, **flags: str | None) -> Project:
    """The project that flags and environment describe."""
    from nba_local.commands.project import Project
    from nba_local.config import load_config

    return Project.open(load_config(flags), settings or ())


def remember(report: Report, project: Project) -> None:
    """Let proposed commands name the same folder and rules."""
    report.folder = "" if project.config.data == "data" else f" --data {project.config.data}"
    is_default = project.rules.name == next(iter(project.registry.presets))
    report.flags = report.folder + ("" if is_default else f" --rules {project.rules.name}")


def names_in(tables: str | None) -> list[str]:
    """The names in `A,B`."""
    from nba_local.errors import UsageError

    if tables is None:
        return []
    names = [name.strip() for name in tables.split(",") if name.strip()]
    if not names:
        raise UsageError("--tables names no table", hint="leave it out for all of them")
    return names


def alert_choice(text: str) -> str:
    """How much a backfill tells, or an error with what there is."""
    from nba_local.alerts.watch import HOW
    from nba_local.errors import UsageError

    if text not in HOW:
        raise UsageError.unknown("way of telling", text, HOW)
    return text
