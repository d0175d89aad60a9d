"""What a DuckDB connection of ours sees: a view per table, and variables for rules and settings."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import re
from typing import TYPE_CHECKING, Any

from nba_local.tables.registry import COUNTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import duckdb

    from nba_local.tables.calendar import Interval, Season
    from nba_local.tables.registry import RuleSet
    from nba_local.tables.table import Table


def add_view(con: duckdb.DuckDBPyConnection, table: Table, files: Sequence[Path]) -> None:
    """A view called as the table over `files`; an empty one of the right types without files."""
    if files:
        names = ", ".join(quoted(str(file)) for file in files)
        source = f"read_parquet([{names}], hive_partitioning = false)"
        con.execute(f'CREATE OR REPLACE VIEW "{table.name}" AS SELECT * FROM {source}')  # noqa: S608
        return
    columns = ", ".join(f'NULL::{f.sql} AS "{f.name}"' for f in table.contract.fields)
    con.execute(f'CREATE OR REPLACE VIEW "{table.name}" AS SELECT {columns} WHERE false')


def add_dataset(con: duckdb.DuckDBPyConnection, table: Table, files: Sequence[Path]) -> None:
    """As `add_view`, but Arrow reads the files, so that DuckDB needs no access to any."""
    if not files:
        add_view(con, table, files)
        return
    from pyarrow import dataset

    con.register(table.name, dataset.dataset([str(file) for file in files], format="parquet"))


def lock_down(con: duckdb.DuckDBPyConnection) -> None:
    """From here on no statement reads or writes a file, loads an extension or changes a setting.

    Paths that are allowed to be read could be written to as well: there are none.
    """
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")


_WHEN = re.compile(r"^-- when: (.*(?:\n--  .*)*)", re.MULTILINE)


def counted_when(package: Path) -> tuple[str, ...]:
    """Claims of source tables without whose findings every row counts; none without a file."""
    path = package / COUNTED
    found = _WHEN.search(path.read_text()) if path.is_file() else None
    return tuple(re.findall(r"\w+", found[1])) if found else ()


def add_counted(
    con: duckdb.DuckDBPyConnection,
    package: Path,
    sources: Iterable[tuple[Table, Sequence[Path]]],
) -> None:
    """Source tables by name as `counted.sql` of the package has them; variables must be set."""
    for table, files in sources:
        add_view(con, table, files)
        con.execute(f'ALTER VIEW "{table.name}" RENAME TO "pulled_{table.name}"')
    con.execute(counted_sql(package))


def counted_sql(package: Path) -> str:
    """The views of `add_counted`. Reads `counted.sql` of the package."""
    return (package / COUNTED).read_text()


@functools.cache
def words_of(sql: str) -> frozenset[str]:
    """The words of a text: the names of tables and columns are among them."""
    return frozenset(re.findall(r"\w+", sql))


def quoted(text: str) -> str:
    """`text` as an SQL string literal, for the few places that admit no parameter."""
    return "'" + text.replace("'", "''") + "'"


def variables(rules: RuleSet, table: Table, season: Season, dates: Interval) -> dict[str, Any]:
    """What a query about `table` may ask for with `getvariable()`: it, season, rules, settings.

    dates: Those of the season: `season_start`, and `season_end`, which is the day after them.

    Settings of source tables may be asked for by every query.
    """
    values: dict[str, Any] = {"season": season.year, "rules": rules.name, "table_name": table.name}
    for settings in (*getattr(rules, "sources", {}).values(), rules.of(table.name)):
        values |= dataclasses.asdict(settings)
    return values | {"season_start": dates.start, "season_end": dates.end}


def set_variables(  # noqa: PLR0913 - what the variables are made of, and which are wanted
    con: duckdb.DuckDBPyConnection,
    rules: RuleSet,
    table: Table,
    season: Season,
    dates: Interval,
    asked: str | None = None,
) -> None:
    """Set `variables` in `con`; only those that the SQL `asked` names, where it is given."""
    statements = []
    for name, value in variables(rules, table, season, dates).items():
        if asked is None or name in asked:
            text = f"DATE '{value.isoformat()}'" if isinstance(value, dt.date) else repr(value)
            text = quoted(value) if isinstance(value, str) else text
            statements.append(f"SET VARIABLE {name} = {text}")
    con.execute(";".join(statements))
