"""What a query can name: stored tables, their quarantine, the ledger, the lab's ledger."""

from __future__ import annotations

import functools
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import polars as pl

from nba_local.storage import quarantine
from nba_local.storage.duck import add_dataset
from nba_local.storage.ledger import Ledger, sound
from nba_local.storage.migrations import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import duckdb

    from nba_local.storage.store import Store
    from nba_local.tables.registry import Registry
    from nba_local.tables.table import Table

    Opener = Callable[[duckdb.DuckDBPyConnection], None]

KINDS = {"INTEGER": pl.Int64, "TEXT": pl.String, "REAL": pl.Float64}
LAB = {
    "trials": {
        **{"trial": "INTEGER", "at": "TEXT", "target": "TEXT", "hypothesis": "TEXT"},
        **{"verdict": "TEXT", "p": "REAL", "identity": "TEXT", "record": "TEXT"},
    },
    "losses": {
        **{"trial": "INTEGER", "date": "TEXT", "season": "TEXT", "rows": "INTEGER"},
        **{"baseline": "REAL", "candidate": "REAL"},
    },
}
"""Tables of the lab's ledger: columns and their kinds. They are empty before the first trial."""

_ASKS = re.compile(r"\b(from|show|call|pragma)\b", re.IGNORECASE)
"""Words of a query that may ask for what there is, without the name of a table."""


def open_views(
    con: duckdb.DuckDBPyConnection, registry: Registry, store: Store, query: str | None
) -> None:
    """Give `con` the views that `query` names; all of them where there is none.

    A view per stored table, and for the rows of each that broke a claim `quarantine_<table>`;
    copies of the ledger's tables, `ledger_<name>`, and of the lab's, `lab_trials`, `lab_losses`.

    Raises:
        AlteredFileError: A file of the data folder is not as it was stored.
    """
    openers: dict[str, Opener] = {}
    for table in registry.tables.values():
        openers[table.name] = functools.partial(_add_table, store, table)
        openers[f"quarantine_{table.name}"] = functools.partial(_add_quarantine, store, table)
    for name in TABLES:
        openers[f"ledger_{name}"] = functools.partial(_add_ledger_table, store, name)
    for name in LAB:
        openers[f"lab_{name}"] = functools.partial(_add_lab_table, store, name)
    for name in sorted(_named(con, query, {*openers})):
        openers[name](con)


def _named(con: duckdb.DuckDBPyConnection, query: str | None, known: set[str]) -> set[str]:
    """The `known` tables that a query names; all of them where that is not plain to see."""
    import duckdb

    try:
        names = {name.lower() for name in con.get_table_names(query or "")}
    except duckdb.Error:  # several statements, or none that can be parsed
        return known
    is_plain = names <= known and bool(names or not _ASKS.search(query or "from"))
    return names if is_plain else known


def _add_table(store: Store, table: Table, con: duckdb.DuckDBPyConnection) -> None:
    seasons = store.seasons(table.layer, table.name)
    files = [f for season in seasons for f in store.files(table.layer, table.name, season)]
    add_dataset(con, table, files)


def _add_quarantine(store: Store, table: Table, con: duckdb.DuckDBPyConnection) -> None:
    con.register(f"quarantine_{table.name}", quarantine.rows(store, table.name).to_arrow())


def _add_ledger_table(store: Store, name: str, con: duckdb.DuckDBPyConnection) -> None:
    with sound(store.ledger_path), closing(Ledger(store.ledger_path, create=False)) as ledger:
        columns = ledger.rows(f"SELECT name, type FROM pragma_table_info('{name}')")  # noqa: S608 - ours
        rows = [tuple(row) for row in ledger.rows(f"SELECT * FROM {name}")]  # noqa: S608 - ours
    _add_copy(con, f"ledger_{name}", {row["name"]: row["type"] for row in columns}, rows)


def _add_lab_table(store: Store, name: str, con: duckdb.DuckDBPyConnection) -> None:
    path, rows = store.root / "lab" / "ledger.sqlite", []
    if path.is_file():
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            rows = db.execute(f"SELECT {', '.join(LAB[name])} FROM {name}").fetchall()  # noqa: S608 - ours
    _add_copy(con, f"lab_{name}", LAB[name], rows)


def _add_copy(
    con: duckdb.DuckDBPyConnection,
    name: str,
    columns: dict[str, str],
    rows: Sequence[Iterable[object]],
) -> None:
    """A table of these rows: dates as DATE, everything else as it is kept."""
    schema = {column: KINDS[kind] for column, kind in columns.items()}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    dates = [column for column in ("date",) if column in schema]
    con.register("incoming", frame.with_columns(pl.col(dates).str.to_date()).to_arrow())
    con.execute(f'CREATE TABLE "{name}" AS SELECT * FROM incoming')  # noqa: S608 - ours
    con.unregister("incoming")
