"""A verb of the command line: its shared flags, its project, its report, its errors."""

from __future__ import annotations

import functools
import inspect
import signal
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_type_hints

import typer
import typer.core

from nba_local.cli.options import CONFIGURED, OUTPUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from inspect import Parameter

    from nba_local.commands.project import Project
    from nba_local.report.terminal import Report

    type Command = Callable[..., None]

INTERRUPTED = 130
"""Exit code after Ctrl-C."""

CALL_ERROR: Any = typer.BadParameter.__mro__[2]
"""Click's base of errors in a call; Typer ships Click under a private name."""


@dataclass(slots=True)
class Call:
    """One call of a verb: what was asked for, and where its results go."""

    name: str
    report: Report
    flags: Mapping[str, Any]
    _project: Project | None = field(default=None)

    @property
    def ranges(self) -> list[str]:
        """The seasons, dates and ranges that were typed."""
        return list(self.flags.get("ranges") or ())

    @property
    def tables(self) -> list[str]:
        """The names in `--tables A,B`; none where the flag is not given."""
        return names_in("--tables", self.flags.get("tables"))

    @property
    def config_flags(self) -> dict[str, str | None]:
        """The flags that are settings of the configuration."""
        return {name: value for name, value in self.flags.items() if name in CONFIGURED}

    @property
    def project(self) -> Project:
        """The project that flags and environment describe; proposed commands will name it."""
        if self._project is None:
            from nba_local.commands.project import Project
            from nba_local.config import load_config

            config = load_config(self.config_flags)
            self._project = Project.open(config, self.flags.get("settings") or ())
            rules = self._project.rules.name
            is_default = rules == next(iter(self._project.registry.presets))
            self.report.name_folder(config.data, None if is_default else rules)
        return self._project

    def confirm(self, question: str, verb: str, *, yes: bool) -> None:
        """Ask before something is written; `yes` is the answer of `--yes`.

        verb: What does not happen otherwise, e.g. `pushed`.

        Raises:
            UsageError: There is no terminal to ask on.
            NbaLocalError: The answer was no.
        """
        from nba_local.errors import NbaLocalError, UsageError

        if yes:
            return
        if not sys.stdin.isatty():
            raise UsageError(
                f"stdin is not a terminal, so this cannot be confirmed; nothing was {verb}",
                hint="give --yes",
            )
        if not self.report.ask(question):
            raise NbaLocalError(f"declined; nothing was {verb}")

    def done(self, result: Any, code: int = 0) -> int:
        """Report `result` as the JSON document of the call; returns the exit code."""
        self.report.document(self.name, result)
        return code


def names_in(flag: str, given: str | None) -> list[str]:
    """The names in `A,B`; none where the flag is not given.

    Raises:
        UsageError: It is given and names nothing.
    """
    from nba_local.errors import UsageError

    if given is None:
        return []
    names = [name.strip() for name in given.split(",") if name.strip()]
    if not names:
        raise UsageError(f"{flag} names no table", hint="leave it out for all of them")
    return names


class AcceptGone(typer.core.TyperCommand):
    """A command whose --accept-gone may stand without a table: it means all of them then."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse; a season is no table. See `click.Command.parse_args`."""
        words = [*args, "-"]
        for i, (word, following) in enumerate(zip(args, words[1:], strict=True)):
            if word == "--accept-gone" and (following.startswith("-") or following[:1].isdigit()):
                args[i] = "--accept-gone=all"
        return super().parse_args(ctx, args)


def verb(
    *shared: Parameter, name: str = "", examples: Sequence[str], acts: bool = False
) -> Callable[[Callable[..., int]], Callable[..., None]]:
    """Make a command of a function that takes a `Call` and its own flags.

    shared: Flags of `cli.options` that the call carries. name: Of the JSON document, where it is
    not that of the function. examples: What `--help` ends with, without `nba-local`. acts: What it
    says is what it did, not a result that was asked for: -q leaves it out.
    """

    def made(function: Callable[..., int]) -> Callable[..., None]:
        hints = get_type_hints(function, include_extras=True)
        own = [
            parameter.replace(annotation=hints[parameter.name], kind=parameter.KEYWORD_ONLY)
            for parameter in list(inspect.signature(function).parameters.values())[1:]
        ]

        @functools.wraps(function)
        def command(**given: Any) -> None:
            output = {parameter.name: given.pop(parameter.name) for parameter in OUTPUT}
            flags = {parameter.name: given.pop(parameter.name) for parameter in shared}
            call = Call(name or function.__name__, _report(acts=acts, **output), flags)
            code = _run(call, function, given, output)
            if code:
                raise typer.Exit(code)

        command.__signature__ = inspect.Signature([*own, *shared, *OUTPUT])  # type: ignore[attr-defined]
        command.__annotations__ = {}  # Typer reads the signature; it would evaluate these twice
        lines = ("\b", "Examples:", *(f"  nba-local {example}" for example in examples))
        command.epilog = "\n".join(lines)  # type: ignore[attr-defined]
        return command

    return made


def listed(
    app: typer.Typer, name: str | None = None, cls: type[typer.core.TyperCommand] | None = None
) -> Callable[[Command], Command]:
    """Add a verb to an app, with its examples; `name` where it is not that of the function."""

    def put(command: Command) -> Command:
        app.command(name, cls=cls, epilog=command.epilog)(command)  # type: ignore[attr-defined]
        return command

    return put


def _report(*, as_json: bool, quiet: bool, verbose: bool, acts: bool) -> Report:
    from nba_local.report.terminal import Report

    return Report(as_json=as_json, is_quiet=quiet, is_verbose=verbose, acts=acts)


def _refuse_both(*, quiet: bool, verbose: bool, **_: bool) -> None:
    from nba_local.errors import UsageError

    if quiet and verbose:
        raise UsageError("--quiet and --verbose exclude each other; nothing was done")


def _run(
    call: Call, function: Callable[..., int], own: Mapping[str, Any], output: Mapping[str, bool]
) -> int:
    """The exit code of one call; an error of ours becomes its message and exit code."""
    from nba_local.errors import NbaLocalError

    began = time.monotonic()
    with _ctrl_c() as pressed:
        try:
            _refuse_both(**output)
            code = function(call, **own)
        except NbaLocalError as error:
            call.report.error(call.name, error)
            code = error.exit_code
        except BaseException as error:
            # Ctrl-C while Polars calls Python comes out as a panic of its own
            if not (pressed or isinstance(error, KeyboardInterrupt)):
                raise
            call.report.interrupted(call.name)
            code = INTERRUPTED
        finally:
            call.report.close_bar()
    call.report.detail(f"{call.name}: exit code {code} after {time.monotonic() - began:.1f} s")
    return code


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


class Commands(typer.core.TyperGroup):
    """The commands; with --json a call that cannot be understood is one document on stdout too."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Run a call; see `click.Command.main`."""
        if not extra.get("standalone_mode", True):
            return super().main(args, *rest, **extra)
        from nba_local.words import printable

        words = list(sys.argv[1:] if args is None else args)
        try:
            code = super().main(args, *rest, **{**extra, "standalone_mode": False})
        except CALL_ERROR as error:
            if "--json" in words:
                from nba_local.errors import UsageError
                from nba_local.report.terminal import Report

                command = next((word for word in words if not word.startswith("-")), "")
                Report(as_json=True).error(command, UsageError(error.format_message()))
            else:
                error.message = printable(error.message)
                error.show()
            code = error.exit_code
        sys.exit(code if isinstance(code, int) else 0)
