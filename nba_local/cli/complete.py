"""What a shell completes: names as folders, schema files and the ledgers have them.

Nothing here imports Polars or DuckDB, and nothing is opened but for reading. Where a folder or a
file is missing or cannot be read there is nothing to complete; the command itself says why.
"""

from __future__ import annotations

import importlib
import json
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nba_local.config import Config

MOST = 400
"""Names that are offered at most."""

IS_SOURCE = re.compile(r"^\s*source=|\bTable\([^)]*\bsource=", re.MULTILINE)
"""In `table.py`: the table is pulled."""

WORD = re.compile(r"\w*$")


def _config(ctx: typer.Context) -> Config:
    from nba_local.config import load_config

    given = {name: ctx.params.get(name) for name in ("data", "pipelines")}
    return load_config(given)


def _homes(ctx: typer.Context) -> tuple[Path, ...]:
    from nba_local.tables.homes import packages

    return packages(_config(ctx).pipelines)


def _safe(names: Callable[..., Iterable[Any]]) -> Callable[..., list[Any]]:
    """`names` as Typer asks for it; nothing where a folder or a file is not usable."""

    def complete(ctx: typer.Context, incomplete: str) -> list[Any]:
        from nba_local.errors import NbaLocalError

        try:
            found = [
                one
                for one in names(ctx, incomplete)
                if (one if isinstance(one, str) else one[0]).startswith(incomplete)
            ]
        except (NbaLocalError, OSError, ValueError, sqlite3.Error):
            return []
        return found[:MOST]

    complete.__annotations__ = {}  # Typer knows them by name; it would evaluate types at each start
    return complete


def _folders(ctx: typer.Context) -> list[Path]:
    from nba_local.tables.homes import table_folders

    return table_folders(_homes(ctx))


def _rows(path: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows of a SQLite file, which is not made where there is none."""
    if not path.is_file():
        return []
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
        return db.execute(query, values).fetchall()


def _ledger(ctx: typer.Context) -> Path:
    return Path(_config(ctx).data) / "ledger.sqlite"


@_safe
def table(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Names of tables."""
    del incomplete
    return sorted(folder.name for folder in _folders(ctx))


@_safe
def feature_table(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Names of tables that are computed."""
    del incomplete
    folders = _folders(ctx)
    computed = [f.name for f in folders if not IS_SOURCE.search((f / "table.py").read_text())]
    return sorted(computed)


@_safe
def tables(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """A list of tables, `A,B`: the one after the last comma."""
    before, comma, _ = incomplete.rpartition(",")
    named = before.split(",")
    return [
        f"{before}{comma}{f.name}"
        for f in sorted(_folders(ctx), key=lambda f: f.name)
        if f.name not in named
    ]


@_safe
def season(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Seasons that are stored; after `..` the end of a range."""
    from nba_local.tables.calendar import Season

    before, dots, _ = incomplete.rpartition("..")
    stored = {path.name for path in Path(_config(ctx).data).glob("raw/*/season=*")}
    years = sorted(int(name.removeprefix("season=")) for name in stored)
    return [f"{before}{dots}{Season(year)}" for year in years]


@_safe
def date(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Dates of the table that is named before."""
    found = ctx.params.get("table") or ""
    for layer in ("partitions", "raw_partitions"):
        query = (
            f"SELECT DISTINCT date FROM {layer} WHERE table_name = ? AND date LIKE ? ORDER BY date"  # noqa: S608 - ours
        )
        if rows := _rows(_ledger(ctx), query, found, f"{incomplete}%"):
            return [day for (day,) in rows]
    return []


@_safe
def entity(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Who has no row on the date of the table that are named before."""
    query = (
        "SELECT DISTINCT entity FROM non_rows "
        "WHERE table_name = ? AND date = ? AND entity LIKE ? ORDER BY entity"
    )
    asked = (ctx.params.get("table"), ctx.params.get("date"), f"{incomplete}%")
    return [name for (name,) in _rows(_ledger(ctx), query, *asked)]


@_safe
def push(ctx: typer.Context, incomplete: str) -> Iterable[tuple[str, str]]:
    """Pushes, newest first, with their targets."""
    del incomplete
    query = "SELECT push_id, warehouse FROM push_runs ORDER BY base_as_of DESC"
    return [(str(number), str(target)) for number, target in _rows(_ledger(ctx), query)]


@_safe
def trial(ctx: typer.Context, incomplete: str) -> Iterable[tuple[str, str]]:
    """Trials of the lab, newest first, with verdict and hypothesis."""
    del incomplete
    path = Path(_config(ctx).data) / "lab" / "ledger.sqlite"
    query = "SELECT trial, verdict, hypothesis FROM trials ORDER BY trial DESC"
    return [(str(number), f"{word} {text}".strip()) for number, word, text in _rows(path, query)]


@_safe
def trial_feature(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Features that trials added, the newest first."""
    del incomplete
    path = Path(_config(ctx).data) / "lab" / "ledger.sqlite"
    records = _rows(path, "SELECT record FROM trials ORDER BY trial DESC")
    return dict.fromkeys(name for (record,) in records for name in json.loads(record)["added"])


def _presets(ctx: typer.Context) -> dict[str, Any]:
    """The rule sets of the tables; imports their `rules.py` and nothing else of them."""
    home = _homes(ctx)[0]
    sys.path.insert(0, str(home.parent))
    presets: dict[str, Any] = importlib.import_module(f"{home.name}.rules").PRESETS
    return presets


@_safe
def rules(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Rule sets."""
    del incomplete
    return _presets(ctx)


@_safe
def setting(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Settings of tables, `TABLE.KEY=`."""
    import dataclasses

    del incomplete
    presets = _presets(ctx)
    chosen = presets.get(ctx.params.get("rules") or "") or next(iter(presets.values()))
    found = []
    for folder in sorted(_folders(ctx), key=lambda f: f.name):
        is_source = IS_SOURCE.search((folder / "table.py").read_text())
        bounds = getattr(chosen, "sources", {}).get(folder.name)
        held = bounds if is_source else chosen.of(folder.name)
        keys = [field.name for field in dataclasses.fields(held)] if held else []
        found += [f"{folder.name}.{key}=" for key in keys]
    return found


@_safe
def environment(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Environments that pushes go to."""
    from nba_local.tables.homes import environments_of

    del incomplete
    return environments_of(_homes(ctx))


@_safe
def query(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """The last word of a query: tables, and the columns of those that it names, else of all."""
    folders = _folders(ctx)
    names = [folder.name for folder in folders]
    said = set(re.findall(r"\w+", incomplete))
    named = [f for f in folders if f.name in said] or folders
    columns = [
        field["name"]
        for folder in named
        for field in json.loads((folder / "schema.json").read_text())["fields"]
    ]
    begun = WORD.search(incomplete)
    before = incomplete[: begun.start()] if begun else incomplete
    return [f"{before}{name}" for name in dict.fromkeys((*sorted(names), *sorted(columns)))]
