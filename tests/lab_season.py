"""A simulated autumn with planted truths, pulled once for all tests of the lab."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from unittest.mock import patch

import polars as pl

from nba_local.commands import road
from nba_local.lab.folds import FoldRule
from nba_local.lab.models import ModelRule
from nba_local.lab.results import How
from pipelines.simulated import planted
from tests.seasons import copied, project_of, store

if TYPE_CHECKING:
    from pathlib import Path

    from nba_local.commands.project import Project
    from tests.seasons import Seasons

KEY = ["player_lookup", "game_date"]
YEAR, NEXT = 2021, 2022
LAST = dt.date(YEAR, 12, 26)
HOW = How(folds=FoldRule(1200, 28), model=ModelRule(rounds=10), warmup=False)


def autumn(seasons: Seasons, year: int, last: dt.date) -> dict[str, pl.DataFrame]:
    """The first weeks of a season with a lift and a market, up to and including a date."""
    with patch.object(planted, "season", lambda year, *_, **__: seasons.clean(year)):
        made = planted.lab_season(year)
    return {name: rows.filter(pl.col("game_date") <= last) for name, rows in made.items()}


def with_truths(seasons: Seasons) -> dict[str, pl.DataFrame]:
    """Fouls of the game before raise the points, which no average tells; there is a market.

    The total of a context row was written after the game: it is the player's own points.
    """
    tables = autumn(seasons, YEAR, LAST)
    listed, box = tables["upcoming_player_game_context"], tables["player_game_summary"]
    told = listed.join(box.select(*KEY, "points"), on=KEY, how="left", maintain_order="left")
    kind = listed.schema["game_total"]
    tables["upcoming_player_game_context"] = told.with_columns(
        game_total=pl.col("points").cast(kind)
    ).drop("points")
    return tables


def lab_project(seasons: Seasons, folder: Path) -> Project:
    """A copy of the pulled autumn in `folder`; trials may be written to it."""

    def make(root: Path) -> None:
        store(root / "warehouse", with_truths(seasons))
        road.pull(project_of(root / "data", f"file://{root}/warehouse"), ["2021-22"], [])

    root = seasons.once("lab", make)
    made = project_of(root / "data", f"file://{root}/warehouse")
    return copied(made, folder / "data")


def two_autumns(seasons: Seasons, folder: Path) -> Project:
    """Two seasons of such dates, pulled; steals are known in the second one only."""

    def make(root: Path) -> None:
        earlier, later = (autumn(seasons, year, dt.date(year, 11, 25)) for year in (YEAR, NEXT))
        box = earlier["player_game_summary"]
        unknown = pl.lit(None, box.schema["steals"]).alias("steals")
        earlier["player_game_summary"] = box.with_columns(unknown)
        both = {name: pl.concat([earlier[name], rows]) for name, rows in later.items()}
        store(root / "warehouse", both)
        project = project_of(root / "data", f"file://{root}/warehouse")
        road.pull(project, ["2021-22", "2022-23"], [])

    root = seasons.once("lab-two", make)
    made = project_of(root / "data", f"file://{root}/warehouse")
    return copied(made, folder / "data")
