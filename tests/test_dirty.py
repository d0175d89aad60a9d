"""The dirty warehouse goes through, and every planted defect is named with its date."""

from __future__ import annotations

import polars as pl
import pytest

pytestmark = pytest.mark.slow

PGS, TOGS, TDGS = "player_game_summary", "team_offense_game_summary", "team_defense_game_summary"
UPGC, UTGC = "upcoming_player_game_context", "upcoming_team_game_context"


@pytest.fixture(scope="module")
def dirty(shared, seasons):
    """What was planted, what the verbs returned, and the data folder."""
    done = seasons.dirty(shared)
    return done.defects, done.results, done.project.store.root


@pytest.fixture(scope="module")
def defects(dirty):
    return dirty[0]


@pytest.fixture(scope="module")
def found(dirty):
    return dirty[1]["check"]


def dates_of(found, table, claim, text=""):
    return {
        f["date"]
        for f in found
        if f["table"] == table and f["claim"] == claim and text in f["detail"] + f["sample"]
    }


def test_nothing_is_dropped_on_the_way_in(dirty):
    pulled = {t["table"]: t["rows"] for t in dirty[1]["pull"]["tables"]}
    assert pulled == {
        "nbac_schedule": 1327, PGS: 27421, TOGS: 10580, TDGS: 10580, UTGC: 2589, UPGC: 52084,
    }  # fmt: skip


def test_missing_dates_are_named(defects, found):
    for table, dates in defects["missing_dates"].items():
        assert dates_of(found, table, "every_game_date_has_rows") == set(dates), table


def test_the_team_without_rows_is_named(defects, found):
    team = defects["team_gap"]["team"]
    for table in (TOGS, TDGS, UTGC, UPGC):
        named = dates_of(found, table, "every_team_that_played_has_rows", team)
        assert named, table
        assert named <= set(defects["team_gap"]["dates"])


def test_copies_are_counted_by_date(dirty, found):
    for table, true_rows in ((TOGS, 2645), (TDGS, 2645), (UPGC, 38292)):
        copies = [f for f in found if f["table"] == table and f["claim"] == "copies"]
        total = next(t["rows"] for t in dirty[1]["pull"]["tables"] if t["table"] == table)
        assert sum(f["rows"] for f in copies) == total - true_rows, table


def test_exhibition_sides_are_named(defects, found):
    codes = defects["all_star"]["codes"]
    details = [f["detail"] for f in found if f["claim"] == "unknown_values"]
    named = {code for detail in details for code in detail.split(": ")[1].split()}
    assert named == set(codes)
    assert {f["date"] for f in found if f["claim"] == "unknown_values"} == {
        "2022-02-18",
        "2022-02-20",
    }


EMPTIED = {
    PGS: {"minutes_played", "usage_rate", "paint_attempts", "mid_range_makes", "assisted_fg_makes"},
    TDGS: {"opp_paint_attempts", "opp_mid_range_makes", "blocks_paint", "points_in_paint_allowed"},
    TOGS: {"team_paint_attempts", "team_mid_range_makes"},
    UPGC: {"pace_differential", "avg_usage_rate_last_7_games", "player_age", "star_teammates_out"},
    UTGC: {"game_spread", "game_total"},
}


@pytest.mark.parametrize(("table", "columns"), EMPTIED.items())
def test_the_emptied_columns_are_named_on_every_date(table, columns, dirty):
    quarantine = dirty[2] / "quarantine" / table / "season=2021" / "columns_are_filled.parquet"
    broken = pl.read_parquet(quarantine)
    named = next(c for c in broken.columns if broken[c].dtype == pl.String)
    assert columns <= set(broken[named])
    pulled = next(t["dates"] for t in dirty[1]["pull"]["tables"] if t["table"] == table)
    zones = broken.filter(pl.col(named).is_in(list(columns)))["game_date"].n_unique()
    assert zones >= pulled - 3  # play-in dates have no zones in the clean data either


def test_features_without_zones_are_named(found):
    assert len(dates_of(found, "team_defense_zone_analysis", "zones_are_known")) == 199
    assert len(dates_of(found, "player_shot_zone_analysis", "zones_are_known")) == 199


def test_rows_that_are_not_ready_are_counted(found):
    for table in (PGS, TOGS, TDGS, UPGC, UTGC):
        assert dates_of(found, table, "rows_are_production_ready"), table


def test_the_restated_date_is_named(defects, found):
    named = dates_of(found, PGS, "dates_are_written_in_order")
    assert named == {defects["restated"]["date"]}


def test_relaxed_modes_and_their_nulls_are_named(dirty, defects, found):
    drift = {
        (table, column): (ours, live) for table, column, ours, live in dirty[1]["pull"]["drift"]
    }
    for table, column in defects["mode_drift"].items():
        ours, live = drift[table, column]
        assert (ours.split()[1], live.split()[1]) == ("REQUIRED", "NULLABLE")
        assert len(dates_of(found, table, "required_is_null", column)) == 5, table


def test_features_are_there_for_every_date_with_inputs(dirty, defects):
    """Nothing is lost but the dates whose driving rows the warehouse has lost."""
    context = {d for d in defects["missing_dates"][UPGC] if d >= "2021-11-02"}
    box_scores = {d for d in defects["missing_dates"][PGS] if d >= "2021-11-02"}
    lost = {
        "player_daily_cache": context,
        "player_composite_factors": context,
        "ml_feature_store_v2": box_scores,
    }
    for step in dirty[1]["backfill"]["steps"]:
        assert step["blocked"] == []
        missing = step["states"].pop("upstream_missing", 0)
        assert missing == len(lost.get(step["table"], ())), step["table"]
        assert step["states"] == {"ok": 199 - missing, "bootstrap": 14, "no_games": 28}


def test_a_short_history_is_named(shared, seasons):
    """In a season that `test_states` makes too, as the next test does."""
    done = seasons.dirty(shared, "team_gap", "short_history")
    defects, found = done.defects, done.results["check"]
    team = defects["short_history"]["team"]
    named = dates_of(found, TDGS, "every_team_that_played_has_rows", team)
    assert named
    assert max(named) <= defects["short_history"]["until"]


def test_swapped_ids_are_named(shared, seasons):
    done = seasons.dirty(shared, "restated", "mode_drift", "swapped_ids")
    defects, found = done.defects, done.results["check"]
    games = defects["swapped_ids"]["games"]
    for table in (TOGS, TDGS):
        rows = [
            f
            for f in found
            if f["table"] == table and f["claim"] == "home_and_away_agree_with_schedule"
        ]
        assert sum(f["rows"] for f in rows) == 2 * games
