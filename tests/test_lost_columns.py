"""A column that had values and is not there any more is kept until somebody lets it go."""

from __future__ import annotations

import polars as pl
import pytest

from nba_local.commands import road as verbs
from nba_local.pull.guard import Limits
from nba_local.pull.pull import PullOptions
from nba_local.report.gone import held_back
from nba_local.report.terminal import Report
from nba_local.tables.calendar import parse_interval
from tests.small_road import DAYS, SEASON, Road, games


@pytest.fixture
def road(tmp_path):
    made = Road(tmp_path)
    made.put(games())
    made.pull()
    return made


def points(road):
    files = f"{road.data}/raw/games/*/*.parquet"
    return pl.read_parquet(files, hive_partitioning=False)["points"]


def test_a_column_that_is_not_there_holds_the_season(road):
    before = points(road)
    road.put(games().drop("points"))
    (gone,) = road.pull().held
    assert (gone.table, gone.columns, gone.rows, gone.dates) == ("games", ("points",), 0, ())
    assert points(road).equals(before)


def test_it_is_let_go_by_name(road):
    road.put(games().drop("points"))
    options = PullOptions(limits=Limits(accepted=frozenset({"games"})))
    assert verbs.pull(road.project(), [SEASON], [], options=options).held == ()
    assert points(road).null_count() == games().height
    assert road.pull().held == ()


def test_it_is_said_with_what_to_type(road, capsys):
    road.put(games().drop("points"))
    held_back(Report(as_json=False), road.pull())
    said = " ".join(capsys.readouterr().out.split())
    assert "kept as it was: games 2021-22: gone from the warehouse: the values of points" in said
    assert "nba-local pull --season 2021-22 --accept-gone games" in said


def test_a_column_without_a_value_may_go(tmp_path):
    road = Road(tmp_path)
    road.put(games().with_columns(points=pl.lit(None, pl.Int64)))
    road.pull()
    road.put(games().drop("points"))
    assert road.pull().held == ()


def test_values_that_became_null_are_rows_that_changed(road):
    road.put(games().with_columns(points=pl.lit(None, pl.Int64)))
    assert road.pull().held == ()
    assert points(road).null_count() == games().height


def test_a_column_that_a_file_of_the_month_has_is_there(road):
    """What one of several files lacks is NULL in its rows, as ever."""
    day = pl.col("day")
    road.put(games().filter(day != DAYS[3]))
    rest = games().filter(day == DAYS[3]).drop("points")
    rest.write_parquet(road.warehouse / "games" / "more.parquet")
    assert road.pull().held == ()
    assert points(road).null_count() == rest.height


def test_the_months_that_are_read_are_looked_at(road):
    """Of a season in several files, the one that changed is looked at."""
    month = parse_interval("2021-11-01..2021-11-30")
    is_first = pl.col("day").is_between(month.start, month.end, closed="left")
    (road.warehouse / "games" / "season=2021.parquet").unlink()
    for name, rows in (("a", games().filter(is_first)), ("b", games().filter(~is_first))):
        rows.write_parquet(road.warehouse / "games" / f"{name}.parquet")
    assert road.pull().held == ()
    rows = games().filter(~is_first).drop("points")
    rows.write_parquet(road.warehouse / "games" / "b.parquet")
    (gone,) = road.pull().held
    assert gone.columns == ("points",)
