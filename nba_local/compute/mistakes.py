"""Mistakes in a table's code or SQL, in a few lines: which table, file, line and column."""

from __future__ import annotations

import difflib
import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from nba_local.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nba_local.tables.calendar import Season
    from nba_local.tables.table import Check, Table

_QUOTED = re.compile(r'[`"\']([^`"\']+)[`"\']')
_LINE = re.compile(r"^LINE (\d+):", re.MULTILINE)


def in_build(
    table: Table, season: Season, error: Exception, inputs: Mapping[str, pl.LazyFrame]
) -> PipelineError:
    """The error of a `build()` that did not return, or whose frames cannot be collected."""
    said = str(error).strip().partition("\n")[0] or type(error).__name__
    column = ""
    if isinstance(error, pl.exceptions.ColumnNotFoundError):
        named = _QUOTED.search(said)
        column = named[1] if named else said.split()[-1]
        said = f"there is no column `{column}`{_near(column, inputs)}"
    elif not isinstance(error, pl.exceptions.PolarsError):
        said = f"{type(error).__name__}: {said}"
    return PipelineError(
        f"{table.name} {season}: {_place(table, error, column)}: {said}; nothing was published",
        hint="fix the code, then repeat the command",
    )


def _near(column: str, inputs: Mapping[str, pl.LazyFrame]) -> str:
    """The columns of the inputs that are written nearly so, as a question."""
    columns = {name for frame in inputs.values() for name in frame.collect_schema().names()}
    near = difflib.get_close_matches(column, sorted(columns - {column}), n=2, cutoff=0.6)
    return f"; did you mean {' or '.join(f'`{name}`' for name in near)}?" if near else ""


def _place(table: Table, error: Exception, column: str) -> str:
    """File and line of the package where an error was raised, or where a column is named."""
    package = table.folder.parent
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(package) and "site-packages" not in path.parts:
            return f"{path.relative_to(package.parent)}, line {frame.lineno}"
    own = table.folder / "table.py"
    for path in (own, *sorted(package.rglob("*.py"))) if column else ():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if f'"{column}"' in line or f"'{column}'" in line:
                return f"{path.relative_to(package.parent)}, line {number}"
    return str(own.relative_to(package.parent))


def in_claim(table: Table, claim: Check, error: Exception) -> PipelineError:
    """The error of a claim that DuckDB cannot run: its file, the line, and what DuckDB proposes."""
    text = str(error)
    line = _LINE.search(text)
    place = f"{claim.path.parent.name}/{claim.path.name}" + (f", line {line[1]}" if line else "")
    said = " ".join(text.partition("\nLINE ")[0].split())
    return PipelineError(
        f"{table.name}: claim `{claim.claim}` ({place}) does not run: {said}; "
        "nothing was published",
        hint=f"fix the query; it must return the column `{table.partition_by}`",
    )
