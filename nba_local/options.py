"""What the commands share: their flags, and how a call that cannot be understood is answered."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.core

if TYPE_CHECKING:
    from collections.abc import Sequence

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
            from nba_local.report import Report

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
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Ranges = Annotated[
    list[str] | None,
    typer.Argument(
        help="Seasons (2021-22), dates or ranges (2021-11-01..2021-11-30). [all stored]"
    ),
]
