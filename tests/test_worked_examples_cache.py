"""player_daily_cache: worked examples A to C of the contract (1.8), one by one."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from pipelines.rules import CORRECTED
from tests.constructed import PLAIN, back, box, built, figures, game, listed, one, team_box, zones

PDC = "player_daily_cache"
JANUARY = dt.date(2022, 1, 10)


# ---- A

A_DATE = dt.date(2021, 11, 12)
A_DAYS = (2, 4, 6, 9, 11, 13, 16, 19)
A_LINES = {
    "points": (11, 24, 17, 9, 30, 22, 14, 19),
    "minutes_played": (28.0, 35.0, 31.0, 22.0, 36.0, 33.0, 27.0, 30.0),
    "usage_rate": (20.11, 25.37, 21.02, 18.50, 29.93, 24.44, 19.08, 22.26),
    "ts_pct": (0.512, 0.601, None, 0.455, 0.688, 0.570, 0.533, 0.549),
    "fg_makes": (4, 9, 6, 3, 11, 8, 5, 7),
    "assisted_fg_makes": (3, 4, None, 2, 5, 6, 1, 4),
}
LOAD = (
    "games_in_last_7_days",
    "games_in_last_14_days",
    "minutes_in_last_7_days",
    "minutes_in_last_14_days",
    "back_to_backs_last_14_days",
    "avg_minutes_per_game_last_7",
)
EVERY_OTHER_DAY = range(0, 50, 2)
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
SHOOTING = ("primary_scoring_zone", "paint_rate_last_10", "three_pt_rate_last_10")
WINDOWS = tuple(f"{window}_completeness_pct" for window in ("l5", "l10", "l7d", "l14d"))
COMPLETE = tuple(f"{window}_is_complete" for window in ("l5", "l10", "l7d", "l14d"))


def example_a(rules):
    """Eight games of `demo`, after two of his team that he sat out.

    The example called the function of a row with completeness 160, 80, 100 and 100; this calendar
    leads to the same.
    """
    lines = [dict(zip(A_LINES, line, strict=True)) for line in zip(*A_LINES.values(), strict=True)]
    form = zip((99.5, 101.2, 98.7), (112.31, 108.90, 115.07), A_DAYS, strict=False)
    load = dict(zip(LOAD, (3, 6, 94, 187, 1, 31.3), strict=True))
    result = built(
        PDC,
        rules,
        season=2021,
        nbac_schedule=[game(back(A_DATE, n), "LAL", "BOS") for n in (0, *A_DAYS, 21, 23)],
        player_game_summary=[
            box(back(A_DATE, n), "demo", **line) for n, line in zip(A_DAYS, lines, strict=True)
        ],
        team_offense_game_summary=[
            team_box(back(A_DATE, n), "LAL", pace=pace, offensive_rating=rating)
            for pace, rating, n in form
        ],
        upcoming_player_game_context=[listed(A_DATE, "demo", **load)],
        player_shot_zone_analysis=[zones(A_DATE, "demo", "balanced", (37.50, None, 33.33))],
    )
    return one(result.rows, cache_date=A_DATE, player_lookup="demo")


def test_a_figures_as_they_are_stored():
    row = example_a(PLAIN)
    assert figures(row, *FORM[:4]) == ("18.2", "18.3", "18.3", "7.01")
    assert figures(row, *FORM[4:8]) == ("30.3", "22.59", "0.558", "8")
    assert figures(row, *FORM[8:]) == ("99.8", "112.09", "22.59", "0.47")
    assert figures(row, *LOAD) == ("3", "6", "94", "187", "1", "31.3")
    assert figures(row, *SHOOTING) == ("balanced", "37.50", "33.33")


def test_a_hash_is_of_the_figures_before_rounding():
    assert example_a(PLAIN)["data_hash"] == "c3ed8fd3e6f92247"


def test_a_is_early_and_not_ready():
    row = example_a(PLAIN)
    assert [row[name] for name in WINDOWS] == [160.0, 80.0, 100.0, 100.0]
    assert [row[name] for name in COMPLETE] == [True, False, True, True]
    assert (row["expected_games_count"], row["actual_games_count"]) == (5, 8)
    assert (row["completeness_percentage"], row["missing_games_count"]) == (160.0, 0)
    assert (row["is_production_ready"], row["all_windows_complete"]) == (False, False)
    assert row["early_season_flag"] is True
    assert row["insufficient_data_reason"] == "Only 8 games played, need 10 minimum"
    assert row["data_quality_issues"] == []


def test_a_under_the_corrected_rules_sitting_out_is_not_missing_data():
    """His two games on the bench before his first row stay due: nobody of LAL has a row there."""
    row = example_a(CORRECTED)
    assert figures(row, *FORM[:4]) == ("18.2", "18.3", "18.3", "7.01")
    assert figures(row, "assisted_rate_last_10") == ("0.53",)  # 25 / 47, the unknown game left out
    assert [row[name] for name in WINDOWS] == [100.0, 80.0, 100.0, 100.0]
    assert row["data_quality_issues"] == ["l10_incomplete"]
    assert row["cache_version"] == "v1+corrected"


# ---- B and C


def cache(date, player, games, finals=EVERY_OTHER_DAY, rules=PLAIN):
    """The cache of 2021-22 for a player with `games` before `date`.

    games: Box score by days before `date`. finals: Days before `date` of LAL's final games.
    """
    load = dict(zip(LOAD, (3, 7, 95, 222, 0, 31.7), strict=True))
    return built(
        PDC,
        rules,
        season=2021,
        nbac_schedule=[game(back(date, n), "LAL", "BOS") for n in finals],
        player_game_summary=[box(back(date, n), player, **line) for n, line in games.items()],
        team_offense_game_summary=[
            team_box(back(date, 2 * i), "LAL", pace=100.0 + i, offensive_rating=110 + i / 2)
            for i in range(15)
        ],
        upcoming_player_game_context=[
            listed(date, player, universal_player_id=f"{player}_u", **load)
        ],
        player_shot_zone_analysis=[zones(date, player, "perimeter", (30.5, None, 49.25))],
    )


POINTS = (40, 10, 20, 30, 20, 15, 25, 12, 18, 22, 28, 30, 31)
FULL = [
    {
        "points": points,
        "minutes_played": 30 + i / 2,
        "usage_rate": 20 + i / 4,
        "ts_pct": None if i == 3 else round(0.50 + i / 100, 2),
        "fg_makes": 8,
        "assisted_fg_makes": 3 if i % 2 else None,
    }
    for i, points in enumerate(POINTS)
]
AS_IS = [
    {"points": points, "minutes_played": 30.0, "ts_pct": 0.55, "fg_makes": 8} for points in POINTS
]


def every_other_day(lines, since=0):
    """Box scores of `since` days before a date and every other day before that."""
    return dict(zip(range(since, since + 2 * len(lines), 2), lines, strict=True))


def test_b_figures_of_a_player_whose_game_of_the_date_is_there():
    row = one(cache(JANUARY, "full", every_other_day(FULL)).rows, cache_date=JANUARY)
    assert figures(row, *FORM[:4]) == ("24.0", "21.2", "23.2", "8.87")
    assert figures(row, *FORM[4:8]) == ("32.3", "21.13", "0.547", "13")
    assert figures(row, *FORM[8:]) == ("104.5", "112.25", "21.50", "0.19")
    assert row["data_hash"] == "9d93f0fa4d7058f5"


def test_b_completeness_counts_the_season_against_the_window():
    row = one(cache(JANUARY, "full", every_other_day(FULL)).rows, cache_date=JANUARY)
    assert [row[name] for name in WINDOWS] == [260.0, 130.0, 133.3, 114.3]
    assert (row["expected_games_count"], row["actual_games_count"]) == (5, 13)
    assert row["is_production_ready"] is True
    assert (row["early_season_flag"], row["insufficient_data_reason"]) == (False, None)


def test_b_as_is_an_unknown_usage_is_nan_in_the_hash_and_null_in_the_table():
    row = one(cache(JANUARY, "asis", every_other_day(AS_IS)).rows, cache_date=JANUARY)
    assert figures(row, "usage_rate_last_10", "player_usage_rate_season") == (None, None)
    assert figures(row, "assisted_rate_last_10") == ("0.00",)
    assert row["data_hash"] == "1318aed8228e4a02"


def test_b_under_the_corrected_rules_the_game_of_the_date_is_not_there():
    result = cache(JANUARY, "full", every_other_day(FULL), rules=CORRECTED)
    row = one(result.rows, cache_date=JANUARY)
    assert figures(row, *FORM[:3]) == ("19.0", "20.0", "21.8")
    assert figures(row, "assisted_rate_last_10") == ("0.38",)  # 15 / 40
    assert row["games_played_season"] == 12
    as_is = cache(JANUARY, "asis", every_other_day(AS_IS), rules=CORRECTED)
    row = one(as_is.rows, cache_date=JANUARY)
    assert figures(row, "usage_rate_last_10", "assisted_rate_last_10") == (None, None)


SIX = every_other_day(FULL[1:7], since=2)
NOT_DROPPED = replace(PLAIN, unready_rows="flagged")
"""Production with the rows it drops, to see their completeness."""

INCOMPLETE = ("INCOMPLETE_DATA", "Incomplete data across windows", True)


def refusal(result, date, player):
    return result.non_rows.filter(date=date, entity=player).select(
        "category", "detail", "can_retry"
    )


def test_c_six_games_are_incomplete_in_january():
    """A breaker would follow on the third run; in a backfill it is off, so there is none here."""
    result = cache(JANUARY, "six", SIX)
    assert result.rows.filter(cache_date=JANUARY).is_empty()
    assert refusal(result, JANUARY, "six").rows() == [INCOMPLETE]
    row = one(cache(JANUARY, "six", SIX, rules=NOT_DROPPED).rows, cache_date=JANUARY)
    assert [row[name] for name in WINDOWS] == [120.0, 60.0, 100.0, 85.7]


def test_c_six_games_are_a_row_in_november():
    date = dt.date(2021, 11, 27)
    row = one(cache(date, "six", SIX).rows, cache_date=date)
    assert (row["early_season_flag"], row["is_production_ready"]) == (True, False)
    assert [row[name] for name in WINDOWS] == [120.0, 60.0, 100.0, 85.7]


def test_c_a_week_without_finals_of_the_team_drops_its_players():
    finals = [0, *range(10, 50, 2)]
    games = {0: FULL[0], **every_other_day(FULL[5:], since=10)}
    assert refusal(cache(JANUARY, "he", games, finals), JANUARY, "he").rows() == [INCOMPLETE]
    row = one(cache(JANUARY, "he", games, finals, NOT_DROPPED).rows, cache_date=JANUARY)
    assert [row[name] for name in WINDOWS] == [180.0, 90.0, 0.0, 133.3]


def test_production_has_no_cache_row_below_five_games_or_without_shot_zones():
    date = dt.date(2021, 11, 27)
    few = cache(date, "few", every_other_day(FULL[1:5], since=2))
    said = ("INSUFFICIENT_DATA", "Only 4 games played, need 5 minimum", True)
    assert refusal(few, date, "few").rows() == [said]
    unzoned = built(
        PDC,
        PLAIN,
        season=2021,
        nbac_schedule=[game(back(JANUARY, n), "LAL", "BOS") for n in EVERY_OTHER_DAY],
        player_game_summary=[box(back(JANUARY, n), "unzoned") for n in range(0, 26, 2)],
        upcoming_player_game_context=[listed(JANUARY, "unzoned")],
    )
    said = ("MISSING_DEPENDENCY", "No shot zone analysis available", True)
    assert refusal(unzoned, JANUARY, "unzoned").rows() == [said]
