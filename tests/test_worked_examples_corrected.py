"""Examples 4 to 9 of the corrected definitions: player tables of the real season 2021-22."""

from __future__ import annotations

import datetime as dt
import functools
import json

import polars as pl
import pytest

from nba_local.compute.compute import compute, inputs_of
from nba_local.tables.calendar import Season
from pipelines import basketball as nba
from pipelines import completeness
from tests.constructed import REGISTRY, back, figures, one

PDC, PCF, MLFS = "player_daily_cache", "player_composite_factors", "ml_feature_store_v2"
PSZA = "player_shot_zone_analysis"
WINDOWS = tuple(f"{window}_completeness_pct" for window in ("l5", "l10", "l7d", "l14d"))
COMPLETE = tuple(f"{window}_is_complete" for window in ("l5", "l10", "l7d", "l14d"))
FORM = (
    "points_avg_last_5",
    "points_avg_last_10",
    "points_avg_season",
    "points_std_last_10",
    "minutes_avg_last_10",
    "usage_rate_last_10",
    "ts_pct_last_10",
    "games_played_season",
    "team_pace_last_10",
    "team_off_rating_last_10",
    "player_usage_rate_season",
    "assisted_rate_last_10",
)
SCORES = (
    "fatigue_score",
    "shot_zone_mismatch_score",
    "pace_score",
    "usage_spike_score",
    "total_composite_adjustment",
)
SEASON, TODAY = Season(2021), dt.date(2022, 7, 1)
LOST, NOVEMBER = dt.date(2021, 11, 12), dt.date(2021, 11, 15)
BREAK_ENDS, MARCH = dt.date(2022, 2, 24), dt.date(2022, 3, 5)


@pytest.fixture(scope="module")
def work(real_weeks):
    """The first weeks, in which the examples of November lie."""
    with real_weeks.reading() as opened:
        yield opened


@pytest.fixture(scope="module")
def whole(real_season):
    """The whole season, for the examples of February and March."""
    with real_season.reading() as opened:
        yield opened


def published(work):
    """The rows of a feature table, as published."""

    @functools.cache
    def rows(name):
        return work.store.scan("published", REGISTRY.table(name), [SEASON]).collect()

    return rows


@pytest.fixture(scope="module")
def stored(work):
    return published(work)


@pytest.fixture(scope="module")
def stored_whole(whole):
    return published(whole)


@pytest.fixture(scope="module")
def due(whole):
    """What the warehouse should hold of every player in 2021-22."""
    raw = {
        name: whole.store.scan("raw", REGISTRY.table(name), [SEASON])
        for name in ("nbac_schedule", "player_game_summary")
    }
    rows = raw["player_game_summary"].select("player_lookup", "game_date", team="team_abbr")
    league = nba.league_games(raw["nbac_schedule"], 2021)
    return completeness.due_of_players(league, rows).collect()


def due_before(due, player, date, newest):
    """`(team, month-day)` of the newest games due of a player before a date, oldest first."""
    games = due.filter(pl.col("player_lookup") == player, pl.col("game_date") < date)
    newest_games = games.sort("game_date").tail(newest)
    return [
        (team, f"{when:%m-%d}") for team, when in newest_games.select("team", "game_date").rows()
    ]


@pytest.mark.slow
def test_ex4_a_cache_row_after_a_trade(stored_whole):
    row = one(stored_whole(PDC), player_lookup="jamesharden", cache_date=MARCH)
    assert figures(row, *FORM[:4]) == ("22.2", "23.4", "22.9", "9.70")
    assert figures(row, *FORM[4:8]) == ("37.0", "28.15", "0.595", "48")
    assert figures(row, *FORM[8:]) == ("100.0", "114.62", "28.16", "0.17")
    assert row["data_hash"] == "562ba1b6f8d19313"
    assert row["source_team_offense_rows_found"] == 10
    assert row["source_player_game_rows_found"] == 48


@pytest.mark.slow
def test_ex4_the_games_of_both_teams_are_due(stored_whole, due):
    row = one(stored_whole(PDC), player_lookup="jamesharden", cache_date=MARCH)
    assert [row[name] for name in WINDOWS] == [100.0] * 4
    assert (row["expected_games_count"], row["is_production_ready"]) == (5, True)
    brooklyn = [("BKN", f"02-{n}") for n in (10, 12, 14, 16, 17, 24)]
    philadelphia = [("PHI", date) for date in ("02-25", "02-27", "03-02", "03-04")]
    games = due_before(due, "jamesharden", MARCH, 10)
    assert games == brooklyn + philadelphia
    in_days = {n: [g for g in games if g[1] >= f"{back(MARCH, n):%m-%d}"] for n in (7, 14)}
    assert (len(in_days[7]), len(in_days[14])) == (3, 5)


@pytest.mark.slow
def test_ex4_he_sat_out_so_that_the_store_has_no_row_of_him(stored_whole, whole):
    assert stored_whole(MLFS).filter(player_lookup="jamesharden", game_date=MARCH).is_empty()
    reasons = whole.ledger.rows(
        "SELECT reason FROM non_rows WHERE table_name = ? AND date = ? AND entity = ?",
        (MLFS, MARCH.isoformat(), "jamesharden"),
    )
    assert [tuple(reason) for reason in reasons] == [("did_not_play",)]


def test_ex5_composite_factors_at_home_to_denver(stored):
    row = one(stored(PCF), player_lookup="lukadoncic", game_date=NOVEMBER)
    assert figures(row, *SCORES) == ("100", "1.3", "0.8", "0.0", "2.08")
    assert figures(row, "data_completeness_pct", "missing_data_fields") == (
        "80.00",
        "projected_usage_rate",
    )
    assert (row["early_season_flag"], row["is_production_ready"]) == (False, True)
    assert row["data_hash"] == "535cc09890fb3fa6"


def test_ex5_its_inputs_as_json(stored):
    row = one(stored(PCF), player_lookup="lukadoncic", game_date=NOVEMBER)
    values = [3, False, 3, 103.0, 34.4, 1, 22, [], ["extra_rest: +5"], 100]
    assert list(json.loads(row["fatigue_context_json"]).values()) == values
    usage = json.loads(row["usage_context_json"])
    assert (usage["avg_usage_last_7"], usage["star_teammates_out"]) == (36.0, 0)
    assert json.loads(row["pace_context_json"])["pace_differential"] == 1.5
    shots = json.loads(row["shot_zone_context_json"])
    assert shots["player_primary_zone"] == "balanced"
    assert shots["final_score"] == pytest.approx(1.334, abs=5e-4)


DONCIC = (
    *(26.6, 25.6, 25.1, 5.66, 3.0, 100.0, 1.3, 0.8, 0.0, 2.0, 0.0, 0.0, 0.0, 100.21, 97.8),
    *(1.0, 0.0, 0.0, 0.2791, 0.3488, 0.3721, 0.15625, 99.7, 106.86, 0.6666666666666666),
)
LABELS = ("feature_quality_score", "data_source", "quality_tier")


def test_ex6_the_features_of_the_same_player(stored):
    row = one(stored(MLFS), player_lookup="lukadoncic", game_date=NOVEMBER)
    assert tuple(row["features"]) == pytest.approx(DONCIC, abs=1e-9)
    assert figures(row, *LABELS) == ("97.00", "phase4_partial", "gold")
    assert (row["is_production_ready"], row["early_season_flag"]) == (True, False)
    assert (row["days_rest"], row["data_hash"]) == (3, "f0db92ad1acb605d")


def chain(work, lost):
    """The player tables up to NOVEMBER once more, from source tables without the rows of `lost`.

    lost: A condition on the rows that are not there, by source table.
    """
    changed = {}
    for name in (PSZA, PDC, PCF, MLFS):
        table = work.registry.table(name)
        inputs = {
            other: rows.filter(pl.col(work.registry.table(other).partition_by) <= NOVEMBER)
            for other, rows in inputs_of(work, table, SEASON).items()
        }
        inputs |= {
            source: inputs[source].filter(~lost[source]) for source in lost if source in inputs
        }
        inputs |= {source: done.rows.lazy() for source, done in changed.items() if source in inputs}
        changed[name] = compute(table, inputs, rules=work.rules, season=SEASON, today=TODAY)
    return changed


@pytest.fixture(scope="module")
def without_box_score(work):
    dallas = (pl.col("team_abbr") == "DAL") & (pl.col("game_date") == LOST)
    return chain(work, {"player_game_summary": dallas})


def doncic(tables, name):
    by = REGISTRY.table(name).partition_by
    return one(tables[name].rows, player_lookup="lukadoncic", **{by: NOVEMBER})


def test_ex7_the_cache_without_one_box_score(without_box_score):
    row = doncic(without_box_score, PDC)
    assert [row[name] for name in WINDOWS] == [80.0, 90.0, 66.7, 83.3]
    assert figures(row, *FORM[:3]) == ("26.8", "25.1", "24.5")
    assert row["games_played_season"] == 11
    assert (row["expected_games_count"], row["actual_games_count"]) == (5, 4)
    assert (row["missing_games_count"], row["is_production_ready"]) == (1, False)
    issues = ["l5_incomplete", "l7d_incomplete", "l14d_incomplete"]
    assert row["data_quality_issues"] == issues


@pytest.mark.parametrize("name", [PSZA, PCF])
def test_ex7_nine_of_ten_is_just_enough(without_box_score, name):
    row = doncic(without_box_score, name)
    assert (row["completeness_percentage"], row["is_production_ready"]) == (90.0, True)
    assert row["missing_games_count"] == 1


def test_ex7_the_store_without_one_box_score(without_box_score):
    row = doncic(without_box_score, MLFS)
    assert (row["completeness_percentage"], row["is_production_ready"]) == (90.0, False)
    assert row["data_quality_issues"] == ["upstream_player_daily_cache_incomplete"]


@pytest.fixture(scope="module")
def without_context(work):
    dallas = (pl.col("team_abbr") == "DAL") & (pl.col("game_date") == NOVEMBER)
    return chain(work, {"upcoming_player_game_context": dallas})


@pytest.mark.parametrize("name", [PDC, PCF])
def test_ex8_without_a_context_row_there_is_no_row(without_context, name):
    found = without_context[name].non_rows.filter(date=NOVEMBER, entity="lukadoncic")
    assert found["reason"].to_list() == ["upstream_missing"]
    state = one(without_context[name].dates, date=NOVEMBER)
    assert (state["state"], state["entities_expected"], state["entities_found"]) == ("ok", 22, 21)


def test_ex8_the_store_falls_back_to_box_scores_and_schedule(without_context):
    row = doncic(without_context, MLFS)
    assert tuple(row["features"]) == pytest.approx(
        (
            *(26.6, 25.6, 25.083333333333332, 5.0, 3.0, 50.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
            *(0.0, 100.21, 97.8, 1.0, 0.0, 0.0, 0.2791, 0.3488, 0.3721, 0.15625, 100.0, 112.0),
            0.6666666666666666,
        ),
        abs=1e-9,
    )
    assert figures(row, *LABELS) == ("74.80", "mixed", "bronze")
    assert (row["days_rest"], row["early_season_flag"]) == (None, True)
    assert row["insufficient_data_reason"] == "No daily cache available"
    assert row["data_quality_issues"] == [
        "upstream_player_daily_cache_incomplete",
        "upstream_player_composite_factors_incomplete",
    ]
    assert row["data_hash"] == "1fb6cfda397c98e4"


@pytest.mark.slow
def test_ex9_after_the_all_star_break(stored_whole, due):
    row = one(stored_whole(PDC), player_lookup="nikolajokic", cache_date=BREAK_ENDS)
    assert [row[name] for name in WINDOWS] == [100.0, 100.0, None, 100.0]
    assert [row[name] for name in COMPLETE] == [True, True, False, True]
    assert (row["all_windows_complete"], row["is_production_ready"]) == (False, True)
    assert (row["expected_games_count"], row["data_quality_issues"]) == (5, [])
    assert due_before(due, "nikolajokic", BREAK_ENDS, 4) == [
        ("DEN", f"02-{n}") for n in (11, 12, 14, 16)
    ]
