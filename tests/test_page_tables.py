"""Tables of the page: where a column comes from, who reads it, its unit, its nulls by season."""

from __future__ import annotations

import pytest

from nba_local.page.distributions import distributions
from nba_local.page.tables import null_shares, tables
from nba_local.tables.calendar import Season
from nba_local.tables.registry import load_registry
from tests.conftest import ROOT
from tests.seasons import AUTUMN

PGS, PDC, MLFS = "player_game_summary", "player_daily_cache", "ml_feature_store_v2"


@pytest.fixture(scope="module")
def every():
    return {table["name"]: table for table in tables(load_registry(ROOT / "pipelines"))}


@pytest.fixture(scope="module")
def column(every):
    def found(table, name):
        return next(c for c in every[table]["columns"] if c["name"] == name)

    return found


def test_edges_lead_from_sources_to_the_store(every):
    for table in every.values():
        assert table["depth"] == (
            max((every[name]["depth"] for name in table["inputs"]), default=-1) + 1
        )
        for name in table["inputs"]:
            assert table["name"] in every[name]["readers"]
    assert every[MLFS]["readers"] == []
    assert every[PGS]["depth"] == 0


@pytest.mark.parametrize(
    ("table", "name", "origin"),
    [
        (PGS, "points", "pulled from nba_analytics.player_game_summary"),
        (PDC, "points_avg_last_5", "mean of points over the last 5 games, from " + PGS),
        (PDC, "source_upcoming_context_hash", "made of upcoming_player_game_context"),
        (PDC, "data_quality_issues", "computed by player_daily_cache/table.py"),
        ("player_shot_zone_analysis", "universal_player_id", "the same column of " + PGS),
    ],
)
def test_a_column_says_where_it_comes_from(table, name, origin, column):
    assert column(table, name)["origin"] == origin


@pytest.mark.parametrize(
    ("table", "name", "readers"),
    [
        (PGS, "points", [PDC, MLFS]),
        (PGS, "turnovers", []),
        (PDC, "points_avg_last_10", [MLFS]),
        (MLFS, "features", []),
        # its name is put together in the code: all that read the table
        ("team_defense_game_summary", "opp_paint_makes", ["team_defense_zone_analysis"]),
    ],
)
def test_a_column_says_who_reads_it(table, name, readers, column):
    assert column(table, name)["readers"] == readers


@pytest.mark.parametrize(
    ("table", "name", "unit"),
    [
        (PDC, "points_avg_last_5", "points per game"),
        (PGS, "minutes_played", "minutes"),
        (PGS, "ts_pct", "fraction 0-1"),
        (PGS, "usage_rate", "percent"),
        (PGS, "fg_makes", "count"),
        (PGS, "game_date", "date"),
        ("team_offense_game_summary", "offensive_rating", "per 100 possessions"),
    ],
)
def test_a_column_says_its_unit(table, name, unit, column):
    assert column(table, name)["unit"] == unit


def test_numbers_have_a_unit(every):
    """Codes, versions and years have none."""
    numbers = [
        (table["name"], c["name"])
        for table in every.values()
        for c in table["columns"]
        if c["type"].startswith(("INT64", "FLOAT64", "NUMERIC")) and not c["unit"]
    ]
    without = {name for _, name in numbers}
    assert without <= {"season_year", "context_version", "game_status", "features"} | {
        name for name in without if name.endswith("_score")
    }


def test_a_file_has_pictures_of_the_source_columns_that_features_read(seasons):
    project = seasons.backfilled(AUTUMN)
    with project.reading() as work:
        table = work.registry.table(PGS)
        every = distributions(work, table, Season(2021))
        read = distributions(work, table, Season(2021), read_only=True)
    names = {one["name"] for one in read["features"]} | set(read["constant"])
    assert names <= set(table.source.reads)
    assert {"points", "fg_makes"} <= names
    assert len(read["features"]) < len(every["features"])
    assert all(one in every["features"] for one in read["features"])


def test_null_shares_are_those_of_the_rows(seasons):
    project = seasons.backfilled(AUTUMN)
    with project.reading() as work:
        table = work.registry.table(PDC)
        found = null_shares(work, table, [Season(2021)])
        rows = work.store.scan("published", table, [Season(2021)]).collect()
        assert set(found) == set(table.contract.columns)
        for name, by_season in found.items():
            wanted = rows[name].null_count() / rows.height
            assert by_season == {"2021-22": pytest.approx(wanted, abs=1e-4)}
        source = null_shares(work, work.registry.table(PGS), [Season(2021)])
    assert source["points"] == {"2021-22": 0.0}
