"""A league of two players: what leak and warmup say of it can be worked out by hand.

`listed` says who plays on a day and is known beforehand, `scores` what came of it. Both play every
other day from 1 November on. A feature table is a line or two of Polars over these.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import polars as pl

from nba_local.storage.ledger import Ledger, file_row
from nba_local.storage.store import Store
from nba_local.storage.workspace import Workspace
from nba_local.tables.calendar import Season

if TYPE_CHECKING:
    from tests.test_registry import Package

SEASON = Season(2021)
PLAYERS = ("ann", "bob")
GAME_DAYS = [dt.date(2021, 11, 1) + dt.timedelta(days=2 * i) for i in range(60)]

RULES = """
import dataclasses
@dataclasses.dataclass(frozen=True)
class Settings:
    bootstrap_days: int = 10
@dataclasses.dataclass(frozen=True)
class Rules:
    name: str = "plain"
    days: int = 10
    lookback_seasons: int = 0
    def of(self, table):
        return Settings(self.days)
    def override(self, table, key, value):
        return dataclasses.replace(self, **{{"bootstrap_days": "days"}[key]: int(value)})
PRESETS = {"plain": Rules()}
"""
SOURCE = """
import polars as pl
from nba_local import BigQuery, Table
TABLE = Table(doc="As pulled.", source=BigQuery(reads=("player", "day")){more})
"""
KNOWN = ', known_before=lambda rows, date: rows.filter(pl.col("day") <= date)'

FEATURE = """
import polars as pl
from nba_local import Built, Table

TABLE = Table(doc="One row per player and day."{more})


def build({inputs}, *, rules, season, today):
    first = listed.select(first=pl.col("day").min())
    days = (
        listed.filter(pl.col("day") <= today)
        .join(first, how="cross")
        .filter((pl.col("day") - pl.col("first")).dt.total_days() >= rules.of("").bootstrap_days)
        .select("player", "day")
    )
    history = days.join(scores, on="player", suffix="_of").sort("player", "day", "day_of")
    before = history.filter(pl.col("day_of") < pl.col("day"))
    detail = pl.lit(None, pl.String)
    {body}
    absent = days.join(rows, on=["player", "day"], how="anti").select(
        date="day", entity="player", reason=pl.lit("no_history"), detail=detail
    )
    states = rows.select(date="day", state=pl.lit("ok")).unique()
    return Built(rows, absent, states)
"""
LAST_3 = """rows = before.group_by("player", "day").agg(mean=pl.col("points").tail(3).mean())"""

TEXT, DAY = {"type": "STRING", "mode": "REQUIRED"}, {"type": "DATE", "mode": "REQUIRED"}
KEY = [{"name": "player", **TEXT}, {"name": "day", **DAY}]


def schema(**columns: str) -> dict:
    """A contract of `player`, `day` and these columns; `FLOAT64[]` is a list."""
    fields = [
        {
            "name": name,
            "type": kind.removesuffix("[]"),
            "mode": "REPEATED" if kind.endswith("[]") else "NULLABLE",
        }
        for name, kind in columns.items()
    ]
    return {"grain": ["player", "day"], "fields": [*KEY, *fields]}


def points(player: str, game: int) -> int:
    """Points of a player in his game: no two games within reach are alike."""
    return (PLAYERS.index(player) * 100) + (game * game * 7) % 59


def stored(data: Path, layer: str, table: str, rows: pl.DataFrame) -> None:
    """Put `rows` into the only file of a table, and record it."""
    store, month = Store(data), "2021-11"
    written = store.write(store.file(layer, table, SEASON, month), rows)
    ledger = Ledger(store.ledger_path)
    ledger.put(f"{layer}_files", [file_row(table, SEASON.year, month, written, "by hand")])
    ledger.close()


class League:
    """The two source tables as pulled, and feature tables beside them."""

    def __init__(self, package: Package, data: Path) -> None:
        self.package, self.data = package, data
        (package.folder / "rules.py").write_text(RULES)
        package.add("listed", SOURCE.format(more=KNOWN), schema=schema())
        package.add("scores", SOURCE.format(more=""), schema=schema(points="INT64"))
        listed = [(p, day) for day in GAME_DAYS for p in PLAYERS]
        self.pulled("listed", pl.DataFrame(listed, ["player", "day"], orient="row"))
        scores = [(p, day, points(p, i)) for i, day in enumerate(GAME_DAYS) for p in PLAYERS]
        self.pulled("scores", pl.DataFrame(scores, ["player", "day", "points"], orient="row"))

    def pulled(self, table: str, rows: pl.DataFrame) -> None:
        """Put `rows` where a pull would put them."""
        stored(self.data, "raw", table, rows)

    def feature(self, name: str, body: str, *inputs: str, more: str = "", **columns: str) -> League:
        """Add a feature table: `body` makes `rows` from `before`, or from `history` of all days."""
        names = ", ".join(("listed", "scores", *inputs))
        code = FEATURE.format(inputs=names, body=body.replace("\n", "\n    "), more=more)
        self.package.add(name, code, schema=schema(**(columns or {"mean": "FLOAT64"})))
        return self

    def work(self, today: dt.date = dt.date(2022, 7, 1)) -> Workspace:
        """What the verbs work with; of the ledger they ask for facts only, and there are none."""
        registry = self.package.load()
        ledger = SimpleNamespace(meta=lambda _: None)
        return Workspace(registry, registry.rules(None), Store(self.data), ledger, today)
