"""The flags that several verbs take, as parameters that `verb` adds to a function's own."""

from __future__ import annotations

from inspect import Parameter
from typing import Annotated, Any

import typer

from nba_local.cli import complete


def _flag(name: str, kind: Any, info: Any, default: Any = None) -> Parameter:
    return Parameter(
        name, Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, info]
    )


def _text(name: str, *flags: str, metavar: str, help: str, names: Any = None) -> Parameter:
    option = typer.Option(*flags, metavar=metavar, help=help, autocompletion=names)
    return _flag(name, str | None, option)


RANGES = _flag(
    "ranges",
    list[str] | None,
    typer.Argument(
        help="Seasons (2021-22), dates or ranges (2021-11-01..2021-11-30). [all stored]",
        autocompletion=complete.season,
    ),
)
DATA = _text("data", "--data", metavar="DIR", help="Data folder. [default: data]")
RULES = _text(
    "rules",
    "--rules",
    metavar="NAME",
    help="corrected or production. [default: corrected]",
    names=complete.rules,
)
PIPELINES = _text(
    "pipelines", "--pipelines", metavar="DIR", help="Folder of the tables. [default: pipelines]"
)
PROJECT = (DATA, RULES, PIPELINES)
"""What every verb on a data folder takes."""

SOURCE = _text(
    "warehouse",
    "--warehouse",
    metavar="URL",
    help="file://DIR or bigquery://PROJECT to pull from.",
)
TARGET = _text(
    "target",
    "--to",
    "--warehouse",
    metavar="URL",
    help="The target: file://DIR or bigquery://PROJECT.",
)
TO = _text("target", "--to", metavar="URL", help="Where pushes go.")
ENVIRONMENT = _text(
    "env",
    "--env",
    metavar="NAME",
    help="Whose datasets of the target: dev or prod. [default: dev]",
    names=complete.environment,
)
TABLES = _text(
    "tables",
    "--tables",
    metavar="A,B",
    help="Only these tables, separated by commas.",
    names=complete.tables,
)
SETTINGS = _flag(
    "settings",
    list[str] | None,
    typer.Option(
        "--set",
        metavar="TABLE.KEY=VALUE",
        help="Change a setting; may be repeated.",
        autocompletion=complete.setting,
    ),
)
TODAY = _text(
    "today",
    "--today",
    metavar="DATE",
    help="Use this as the present date (US Eastern). [default: the real one]",
)
WORKERS = _text("workers", "--workers", metavar="N", help="Compute in N processes of this machine.")
CLUSTER = _text(
    "cluster",
    "--cluster",
    metavar="ADDRESS",
    help="Compute on a Dask cluster: tcp://HOST:PORT of its scheduler.",
)
ENGINE = (WORKERS, CLUSTER)
"""Where work may go."""

COMPUTING = (TABLES, SETTINGS, TODAY)
"""What every verb that computes features takes."""

JSON = _flag(
    "as_json", bool, typer.Option("--json", help="One JSON document on stdout."), default=False
)

QUIET = _flag(
    "quiet",
    bool,
    typer.Option("--quiet", "-q", help="Print errors, and results that were asked for, only."),
    default=False,
)
VERBOSE = _flag(
    "verbose",
    bool,
    typer.Option("--verbose", "-v", help="Print more detail; with --json, words on stderr too."),
    default=False,
)
OUTPUT = (JSON, QUIET, VERBOSE)
"""What every verb takes."""

CONFIGURED = frozenset(
    {"data", "warehouse", "target", "env", "rules", "pipelines", "today", "workers", "cluster"}
)
"""Flags that are settings of the configuration too."""

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change; write nothing.")]
Limit = Annotated[int, typer.Option("--limit", metavar="N", help="Rows to show.", min=1)]
Force = Annotated[bool, typer.Option("--force", help="Run every step again, due or not.")]
Bootstrap = Annotated[
    bool,
    typer.Option(
        "--bootstrap", help="Publish bootstrap dates too; their rows have early_season_flag."
    ),
]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Only the steps that failed in the last backfill.")
]
