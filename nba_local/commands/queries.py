"""A query over a data folder: to look at, as rows, or written to a file."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl

from nba_local.errors import NbaLocalError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

READERS = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}


def require_reading(con: duckdb.DuckDBPyConnection, query: str) -> None:
    """Refuse what is no SELECT.

    Raises:
        UsageError: It is none, or empty.
    """
    kinds = {statement.type for statement in con.extract_statements(query)}
    if not kinds or kinds - READERS:
        raise UsageError("`sql` only reads; nothing was done", hint="write a SELECT")


def _result(
    con: duckdb.DuckDBPyConnection, query: str, limit: int | None
) -> duckdb.DuckDBPyRelation:
    found = con.sql(query)
    return found if limit is None else found.limit(limit)


def shown(con: duckdb.DuckDBPyConnection, query: str, limit: int | None) -> str:
    """The result as DuckDB draws it: `limit` rows, or its own number where none is given."""
    found = _result(con, query, limit)
    if limit is None:
        return str(found)
    text = io.StringIO()
    with redirect_stdout(text):
        found.show(max_rows=limit)
    return text.getvalue().rstrip("\n")


def rows(
    con: duckdb.DuckDBPyConnection, query: str, limit: int | None
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns, each with a name of its own, and rows."""
    found = _result(con, query, limit)
    return distinct(found.columns), found.fetchall()


def frame(con: duckdb.DuckDBPyConnection, query: str, limit: int | None) -> pl.DataFrame:
    """The result as a frame; each column has a name of its own."""
    found = _result(con, query, limit)
    arrow = found.to_arrow_table()
    return pl.DataFrame(arrow.rename_columns(distinct(found.columns)))


def csv(found: pl.DataFrame) -> str:
    """A frame as CSV with a head; an instant has its offset.

    Raises:
        UsageError: A column holds lists or structures.
    """
    nested = [name for name, kind in found.schema.items() if kind.is_nested()]
    if nested:
        raise UsageError(
            f"column `{nested[0]}` holds lists or structures, which CSV cannot",
            hint=f"select to_json({nested[0]}), or give --parquet FILE",
        )
    return found.write_csv()


def write_parquet(found: pl.DataFrame, to: Path, data: Path) -> None:
    """Write a frame to the file `to`, all of it or none; what was there is replaced.

    Raises:
        UsageError: It lies in the data folder, or its folder is not there.
        NbaLocalError: It cannot be written.
    """
    if to.resolve().is_relative_to(data.resolve()):
        raise UsageError(f"{to} lies in the data folder, which `sql` only reads; nothing was done")
    if not to.parent.is_dir():
        raise UsageError(f"there is no folder {to.parent}; nothing was written")
    temporary = to.with_name(f".tmp-{to.name}")
    try:
        found.write_parquet(temporary)
        temporary.replace(to)
    except OSError as error:
        raise NbaLocalError(f"{to}: {error.strerror or error}; nothing was written") from error
    finally:
        temporary.unlink(missing_ok=True)


def distinct(names: list[str]) -> list[str]:
    """Column names of a query as keys: a name that comes again gets a number."""
    return list(_distinct(names))


def _distinct(names: list[str]) -> Iterator[str]:
    seen: list[str] = []
    for name in names:
        again = sum(1 for other in seen if other == name or other.startswith(f"{name}:"))
        seen.append(f"{name}:{again}" if again else name)
        yield seen[-1]
