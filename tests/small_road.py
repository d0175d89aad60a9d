"""A road of one source table and two feature tables, small enough to run in a test many times.

`games` has a row per team and day; `form` is the mean of a team's games before a day, `rank` comes
of `form`. A source claim says which points can be.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from nba_local.commands import road
from nba_local.commands.project import Project
from nba_local.config import Config
from nba_local.tables.calendar import Season
from tests.seasons import PASSING
from tests.test_registry import Package

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pytest

NAMES = (f"road_{number}" for number in itertools.count())
SEASON = "2021-22"
DAYS = [dt.date(2021, 11, 1) + dt.timedelta(days=3 * i) for i in range(30)]
TEAMS = ("ATL", "BOS")

RULES = """
import dataclasses
@dataclasses.dataclass(frozen=True)
class Settings:
    bootstrap_days: int = 0
@dataclasses.dataclass(frozen=True)
class Rules:
    name: str = "plain"
    lookback_seasons: int = 0
    def of(self, table):
        return Settings()
    def override(self, table, key, value):
        return self
PRESETS = {"plain": Rules()}
"""
GAMES = """
from nba_local import BigQuery, Table
TABLE = Table(doc="As pulled.", source=BigQuery(reads=("team", "day", "points")))
"""
FORM = """
import polars as pl
from nba_local import Built, Table
TABLE = Table(doc="One row per team and day.")


def build(games, *, rules, season, today):
    rows = games.sort("day").select(
        "team", "day", mean=pl.col("points").cast(pl.Float64).cum_sum().over("team")
    )
    return Built(rows, NOBODY, rows.select(date="day", state=pl.lit("ok"), **NOTHING).unique())


NOTHING = {
    "detail": pl.lit(None, pl.String), "category": pl.lit(None, pl.String),
    "can_retry": pl.lit(None, pl.Boolean), "entities_expected": pl.lit(None, pl.Int64),
    "entities_found": pl.lit(None, pl.Int64),
}
NOBODY = pl.LazyFrame(schema={
    "date": pl.Date, "entity": pl.String, "reason": pl.String, "detail": pl.String,
    "found": pl.Int64, "needed": pl.Int64, "category": pl.String, "can_retry": pl.Boolean,
})
"""
RANK = FORM.replace("build(games,", "build(form,").replace(
    'games.sort("day")', 'form.with_columns(points="mean").sort("day")'
)
POSSIBLE = """-- A team scores between 0 and 300 points.
-- severity: block
SELECT team, day, points FROM games WHERE points NOT BETWEEN 0 AND 300
"""


def _schema(column: str, kind: str) -> dict:
    return {
        "fields": [
            {"name": "team", "type": "STRING", "mode": "REQUIRED"},
            {"name": "day", "type": "DATE", "mode": "REQUIRED"},
            {"name": column, "type": kind, "mode": "NULLABLE"},
        ]
    }


def games(changes: Mapping[tuple[str, dt.date], int] | None = None) -> pl.DataFrame:
    """A row per team and day; `changes` gives other points."""
    rows = [(team, day, 100 + i) for i, day in enumerate(DAYS) for team in TEAMS]
    changed = [(t, d, (changes or {}).get((t, d), points)) for t, d, points in rows]
    return pl.DataFrame(changed, ["team", "day", "points"], orient="row")


class Road:
    """A package, a folder warehouse and a data folder below `root`."""

    def __init__(self, root: Path, **checks: str) -> None:
        self.root, self.warehouse, self.data = root, root / "warehouse", root / "data"
        self.package = Package(root / next(NAMES))
        (self.package.folder / "rules.py").write_text(RULES)
        claims = {"points_possible.sql": POSSIBLE}
        self.package.add("games", GAMES, schema=_schema("points", "INT64"), checks=claims)
        given = {f"{name}.sql": text for name, text in checks.items()}
        self.package.add("form", FORM, schema=_schema("mean", "FLOAT64"), checks=given)
        self.package.add("rank", RANK, schema=_schema("mean", "FLOAT64"))
        self.put(games())

    def copied(self, root: Path) -> Road:
        """One more below `root` in the same state: a package, a warehouse and data of its own."""
        other = Road(root)
        for mine, its in ((self.warehouse, other.warehouse), (self.data, other.data)):
            shutil.copytree(mine, its, ignore=PASSING, dirs_exist_ok=True)
        return other

    def project(self, settings: Sequence[str] = (), **config: str) -> Project:
        """The project of a verb on it."""
        given = {
            "data": str(self.data),
            "warehouse": f"file://{self.warehouse}",
            "target": f"file://{self.root}/target",
            "pipelines": str(self.package.folder),
            "today": "2022-07-01",
        }
        return Project.open(Config(**{**given, **config}), settings)

    def put(self, rows: pl.DataFrame) -> None:
        """What the warehouse has."""
        (self.warehouse / "games").mkdir(parents=True, exist_ok=True)
        rows.write_parquet(self.warehouse / "games" / "season=2021.parquet")

    def pull(self):
        """Pull the season."""
        return road.pull(self.project(), [SEASON], [])

    def backfill(self, **options: object):
        """Backfill the season."""
        return road.backfill(self.project(), [SEASON], [], options=road.BackfillOptions(**options))

    def published(self, table: str) -> pl.DataFrame:
        """The published rows of a table."""
        project = self.project()
        with project.reading() as work:
            found = project.registry.table(table)
            return work.store.scan(found.layer, found, [Season(2021)]).collect()


def mount_to_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `folder` look as on a disk that is mounted to be read."""
    access = os.access

    def answers(path, mode, **more):
        is_ours = Path(path).is_relative_to(folder)
        return False if is_ours and mode & os.W_OK else access(path, mode, **more)

    monkeypatch.setattr(os, "access", answers)


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file, without those in which SQLite keeps its locks."""
    files = (p for p in folder.rglob("*") if p.is_file() and "ledger.sqlite-" not in p.name)
    return {p: p.read_bytes() for p in files}
