"""player_composite_factors: the four players of the contract (2.10), and its edge values."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest

from pipelines.rules import CORRECTED
from tests.constructed import (
    PLAIN,
    back,
    box,
    built,
    defense,
    figures,
    game,
    hash_of,
    listed,
    team_listed,
    zones,
)

PCF = "player_composite_factors"
JANUARY = dt.date(2022, 1, 10)


# ---- the four players

CONTEXT = (
    "days_rest",
    "back_to_back",
    "games_in_last_7_days",
    "minutes_in_last_7_days",
    "avg_minutes_per_game_last_7",
    "back_to_backs_last_14_days",
    "player_age",
    "projected_usage_rate",
    "avg_usage_rate_last_7_games",
    "star_teammates_out",
    "pace_differential",
)
FOUR = {
    "fresh": (2, False, 3, 175, 29.2, 0, 28, 26.0, 25.0, 0, 3.5),
    "tired": (0, True, 4, 250, 36.5, 2, 35, 30.0, 28.0, 2, -2.3),
    "full": (1, False, 4, 130, 32.5, 1, None, None, None, None, None),
    "nohist": (None, False, 0, 0, None, 0, None, None, None, None, None),
}
FOUR_ZONES = {
    "fresh": ("paint", 65.0, 20.0, 15.0),
    "tired": ("balanced", 34.0, 33.0, 33.0),
    "full": ("perimeter", 20.0, 20.0, 60.0),
}
BBB = {
    "paint_defense_vs_league_avg": 4.3,
    "mid_range_defense_vs_league_avg": -1.25,
    "three_pt_defense_vs_league_avg": -6.5,
    "weakest_zone": "paint",
}


def composite(rules, contexts, shots, defenses, **tables):
    """The composite factors of 10 January, by player.

    contexts: Columns of the context row by player. shots: Zone and three rates by player.
    defenses: Columns of the defense row by team.
    """
    result = built(
        PCF,
        rules,
        season=2021,
        upcoming_player_game_context=[
            listed(JANUARY, player, **values) for player, values in contexts.items()
        ],
        player_shot_zone_analysis=[
            zones(JANUARY, player, zone, rates) for player, (zone, *rates) in shots.items()
        ],
        team_defense_zone_analysis=[
            defense(JANUARY, team, **values) for team, values in defenses.items()
        ],
        **{
            "nbac_schedule": [
                game(dt.date(2021, 10, 19), "LAL", "BOS"),
                game(JANUARY, "LAL", "BOS"),
            ],
            **tables,
        },
    )
    return {row["player_lookup"]: row for row in result.rows.iter_rows(named=True)}


def the_four(rules):
    """Those of the contract: game `20220110_BBB_AAA`, all with the id `u`."""
    same = {"universal_player_id": "u", "game_id": "20220110_BBB_AAA"}
    contexts = {
        player: {**same, **dict(zip(CONTEXT, values, strict=True))}
        for player, values in FOUR.items()
    }
    return composite(rules, contexts, FOUR_ZONES, {"BOS": BBB})


@pytest.fixture(scope="module")
def four():
    return the_four(PLAIN)


SCORES = (
    "fatigue_score",
    "shot_zone_mismatch_score",
    "pace_score",
    "usage_spike_score",
    "total_composite_adjustment",
)


EXPECTED = {
    "fresh": (("100", "4.3", "1.8", "0.3", "6.35"), "100.00", None, "12cf5ede0da2172a"),
    "tired": (("35", "2.9", "-1.1", "0.8", "-0.70"), "100.00", None, "51deecf071d45f6c"),
    "full": (
        ("85", "-7.8", "0.0", "0.0", "-8.55"),
        "60.00",
        "projected_usage_rate, pace_differential",
        "9ad660a5569ba789",
    ),
    "nohist": (
        ("100", "0.0", "0.0", "0.0", "0.00"),
        "20.00",
        "days_rest, projected_usage_rate, pace_differential, player_shot_zone",
        "f1143964326a1597",
    ),
}


@pytest.mark.parametrize("player", EXPECTED)
def test_2_10_scores_completeness_and_hash(four, player):
    scores, *rest = EXPECTED[player]
    row = four[player]
    assert figures(row, *SCORES) == scores
    named = figures(row, "data_completeness_pct", "missing_data_fields", "data_hash")
    assert named == tuple(rest)


def test_2_10_only_the_tired_player_is_warned_of(four):
    warned = {p: row["warning_details"] for p, row in four.items() if row["has_warnings"]}
    assert warned == {"tired": "EXTREME_FATIGUE: Player showing severe fatigue"}
    assert {row["warning_details"] for p, row in four.items() if p != "tired"} == {None}


def test_2_10_what_is_the_same_on_all_rows(four):
    for row in four.values():
        assert row["analysis_date"] == row["game_date"] == JANUARY
        assert row["calculation_version"] == "v1_4factors"
        assert (row["early_season_flag"], row["insufficient_data_reason"]) == (False, None)
        assert figures(row, "travel_impact_score", "opponent_strength_score") == ("0.0", "0.0")
        assert figures(row, "referee_favorability_score") == ("0.0",)
        assert figures(row, "look_ahead_pressure_score") == ("0.0",)


FATIGUE_JSON = (
    "days_rest",
    "back_to_back",
    "games_last_7",
    "minutes_last_7",
    "avg_minutes_pg_last_7",
    "back_to_backs_last_14",
    "player_age",
    "penalties_applied",
    "bonuses_applied",
    "final_score",
)
HEAVY = ["back_to_back: -15", "frequent_games: -10", "heavy_minutes: -10", "veteran_age: -10"]


@pytest.mark.parametrize(
    ("player", "values"),
    [
        ("fresh", (2, False, 3, 175.0, 29.2, 0, 28, [], [], 100)),
        ("tired", (0, True, 4, 250.0, 36.5, 2, 35, HEAVY, [], 35)),
        ("full", (1, False, 4, 130.0, 32.5, 1, 25, ["frequent_games: -10"], [], 85)),
        ("nohist", (0, False, 0, 0.0, 0.0, 0, 25, [], [], 100)),
    ],
)
def test_2_10_fatigue_as_json(four, player, values):
    text = json.dumps(dict(zip(FATIGUE_JSON, values, strict=True)))
    assert four[player]["fatigue_context_json"] == text


ZONE_JSON = (
    "player_primary_zone",
    "primary_zone_frequency",
    "opponent_weak_zone",
    "opponent_defense_vs_league",
    "mismatch_type",
    "final_score",
)


@pytest.mark.parametrize(
    ("player", "values"),
    [
        ("fresh", ("paint", 65.0, "paint", 4.3, "favorable", 4.3)),
        ("tired", ("balanced", 34.0, "paint", 4.3, "favorable", 4.3 * (34.0 / 50))),
        ("full", ("perimeter", 60.0, "paint", -6.5, "unfavorable", -6.5 * 1.2)),
    ],
)
def test_2_10_shot_zone_as_json(four, player, values):
    text = json.dumps(dict(zip(ZONE_JSON, values, strict=True)))
    assert four[player]["shot_zone_context_json"] == text


def test_2_10_shot_zone_as_json_without_a_row(four):
    assert four["nohist"]["shot_zone_context_json"] == '{"missing_data": true}'


PACE_JSON = (
    "pace_differential",
    "opponent_pace_last_10",
    "league_avg_pace",
    "pace_environment",
    "final_score",
)


@pytest.mark.parametrize(
    ("player", "values"),
    [
        ("fresh", (3.5, 100.0, 100.0, "fast", 1.75)),
        ("tired", (-2.3, 100.0, 100.0, "slow", -1.15)),
        ("full", (0.0, 100.0, 100.0, "normal", 0.0)),
        ("nohist", (0.0, 100.0, 100.0, "normal", 0.0)),
    ],
)
def test_2_10_pace_as_json(four, player, values):
    text = json.dumps(dict(zip(PACE_JSON, values, strict=True)))
    assert four[player]["pace_context_json"] == text


USAGE_JSON = (
    "projected_usage_rate",
    "avg_usage_last_7",
    "usage_differential",
    "star_teammates_out",
    "usage_trend",
    "final_score",
)


@pytest.mark.parametrize(
    ("player", "values"),
    [
        ("fresh", (26.0, 25.0, 1.0, 0, "stable", (26.0 - 25.0) * 0.3)),
        ("tired", (30.0, 28.0, 2.0, 2, "stable", (30.0 - 28.0) * 0.3 * 1.3)),
        ("full", (0.0, 0.0, 0.0, 0, "stable", 0.0)),
        ("nohist", (0.0, 0.0, 0.0, 0, "stable", 0.0)),
    ],
)
def test_2_10_usage_as_json(four, player, values):
    text = json.dumps(dict(zip(USAGE_JSON, values, strict=True)))
    assert four[player]["usage_context_json"] == text


def test_2_10_the_corrected_rules_change_versions_and_flags_but_no_score(four):
    """Usages are both known or both unknown here, so that F2 changes none of them."""
    corrected = the_four(CORRECTED)
    for player, row in corrected.items():
        assert figures(row, *SCORES) == figures(four[player], *SCORES)
        assert row["calculation_version"] == "v1_4factors+corrected"
    assert corrected["nohist"]["insufficient_data_reason"] == "No shot zone analysis available"
    assert corrected["nohist"]["early_season_flag"] is True


# ---- edge values

RESTED = dict(zip(CONTEXT[:7], (1, False, 2, 100, 25.0, 0, 25), strict=True))
"""A context without any penalty or bonus."""


@pytest.mark.parametrize(
    ("context", "score"),
    [
        (dict.fromkeys(CONTEXT), 100),
        ({**RESTED, "days_rest": 5, "back_to_back": True}, 85),
        ({**RESTED, "days_rest": 3}, 100),
        ({**RESTED, "days_rest": 3, "games_in_last_7_days": 4}, 95),
        ({**RESTED, "minutes_in_last_7_days": 240}, 100),
        ({**RESTED, "minutes_in_last_7_days": 241}, 90),
        ({**RESTED, "avg_minutes_per_game_last_7": 35.0}, 100),
        ({**RESTED, "avg_minutes_per_game_last_7": 35.1}, 92),
        ({**RESTED, "back_to_backs_last_14_days": 1}, 95),
        ({**RESTED, "back_to_backs_last_14_days": 2}, 88),
        ({**RESTED, "player_age": 29}, 100),
        ({**RESTED, "player_age": 30}, 95),
        ({**RESTED, "player_age": 35}, 90),
    ],
)
def test_fatigue_at_its_edges(context, score):
    rows = composite(PLAIN, {"he": context}, {}, {})
    assert rows["he"]["fatigue_score"] == score


def test_a_bonus_is_named_also_where_it_does_not_count():
    tired = {**RESTED, "days_rest": 5, "back_to_back": True}
    rows = composite(PLAIN, {"tired": tired, "clamped": {**RESTED, "days_rest": 3}}, {}, {})
    told = {player: json.loads(row["fatigue_context_json"]) for player, row in rows.items()}
    assert told["tired"]["bonuses_applied"] == ["extra_rest: +5"]
    assert told["tired"]["penalties_applied"] == ["back_to_back: -15"]
    assert told["clamped"]["bonuses_applied"] == ["extra_rest: +5"]


DEFENSES = {
    "BOS": dict(zip(BBB, (5.5, 5.0, 6.0, "three_pt"), strict=True)),
    "MIA": dict(zip(BBB, (9.0, -1.0, None, "paint"), strict=True)),
}


@pytest.mark.parametrize(
    ("shots", "opponent", "stored", "raw"),
    [
        (("paint", 45.0, 30.0, 25.0), "BOS", "5.0", 4.95),  # no boost: 4.95 is below 5
        (("mid_range", 25.0, 50.0, 25.0), "BOS", "5.0", 5.0),  # nor at 5 itself
        (("perimeter", 20.0, 10.0, 70.0), "BOS", "7.2", 7.199999999999999),
        (("paint", 80.0, 10.0, 10.0), "MIA", "10.0", 10.0),
        (("perimeter", 20.0, 10.0, 70.0), "MIA", "0.0", 0.0),  # an unknown defense is 0
        (("mid_range", 60.0, 0.0, 40.0), "MIA", "0.0", -0.0),
        (("balanced", 20.0, 40.0, 40.0), "BOS", "2.2", 5.5 * (20.0 / 50)),  # B11: paint
        ((None, 20.0, 40.0, 40.0), "BOS", "2.2", 5.5 * (20.0 / 50)),
        (("backcourt", 20.0, 40.0, 40.0), "BOS", "2.2", 5.5 * (20.0 / 50)),
        (("paint", None, None, None), "BOS", "6.6", 5.5 * 1.2),  # B11: an unknown rate is 50
    ],
)
def test_shot_zone_mismatch_at_its_edges(shots, opponent, stored, raw):
    contexts = {"he": {"opponent_team_abbr": opponent}}
    row = composite(PLAIN, contexts, {"he": shots}, DEFENSES)["he"]
    told = json.loads(row["shot_zone_context_json"])
    assert figures(row, "shot_zone_mismatch_score") == (stored,)
    assert str(told["final_score"]) == str(raw)  # -0.0 is not 0.0 here
    assert told["player_primary_zone"] == (shots[0] or "unknown")


def test_b11_an_unknown_rate_counts_as_half_in_the_score_and_as_nothing_in_the_json():
    row = composite(PLAIN, {"he": {}}, {"he": ("paint", None, None, None)}, DEFENSES)["he"]
    told = json.loads(row["shot_zone_context_json"])
    assert (told["primary_zone_frequency"], told["final_score"]) == (0.0, 5.5 * 1.2)


HASHED = (
    *("player_lookup", "universal_player_id", "game_date", "game_id", "analysis_date"),
    *SCORES,
    *("referee_favorability_score", "look_ahead_pressure_score", "travel_impact_score"),
    *("opponent_strength_score", "calculation_version", "early_season_flag"),
    *("insufficient_data_reason", "data_completeness_pct", "missing_data_fields"),
    *("has_warnings", "warning_details"),
)


def test_a_negative_zero_keeps_its_sign_in_the_hash_and_loses_it_in_the_table():
    shots = {"he": ("mid_range", 60.0, 0.0, 40.0)}
    row = composite(PLAIN, {"he": {"opponent_team_abbr": "MIA"}}, shots, DEFENSES)["he"]
    assert figures(row, "shot_zone_mismatch_score") == ("0.0",)
    plain = {k: float(v) if isinstance(v, Decimal) else v for k, v in row.items()}
    assert hash_of({**plain, "shot_zone_mismatch_score": -0.0}, *HASHED) == row["data_hash"]


USAGE = {
    (None, 18.0, 0): "2.1",
    (50.0, 20.0, 0): "3.0",
    (30.0, 0.0, 0): "0.0",
    (26.0, None, 0): "0.3",
    (30.0, 26.0, 1): "1.4",  # 1.2 * 1.15 = 1.38
    (30.0, 26.0, 2): "1.6",  # 1.2 * 1.30 = 1.56
    (22.0, 26.0, 2): "-1.2",  # stars do not make a decline larger
    (20.0, 50.0, 0): "-3.0",
}
"""The usage spike of a projected and an average rate and a number of absent stars."""


def test_usage_spike_at_its_edges():
    contexts = {str(case): dict(zip(CONTEXT[7:10], case, strict=True)) for case in USAGE}
    plain, corrected = (composite(rules, contexts, {}, {}) for rules in (PLAIN, CORRECTED))
    for case, stored in USAGE.items():
        assert figures(plain[str(case)], "usage_spike_score") == (stored,), case
        known = "0.0" if None in case else stored  # F2
        assert figures(corrected[str(case)], "usage_spike_score") == (known,), case


@pytest.mark.parametrize(
    ("differential", "stored"),
    [(3.5, "1.8"), (2.5, "1.2"), (-2.3, "-1.1"), (8.0, "3.0"), (-8.0, "-3.0"), (None, "0.0")],
)
def test_pace_at_its_edges(differential, stored):
    row = composite(PLAIN, {"he": {"pace_differential": differential}}, {}, {})["he"]
    assert figures(row, "pace_score") == (stored,)


def test_the_worst_and_the_best_that_can_be():
    worst = dict(zip(CONTEXT, (0, True, 4, 250, 36.5, 2, 35, 20.0, 50.0, 0, -8.0), strict=True))
    best = {**RESTED, **dict(zip(CONTEXT[7:], (50.0, 20.0, 0, 8.0), strict=True))}
    contexts = {"worst": {**worst, "opponent_team_abbr": "MIA"}, "best": best}
    shots = {"worst": ("paint", 80.0, 10.0, 10.0), "best": ("paint", 80.0, 10.0, 10.0)}
    paint = "paint_defense_vs_league_avg"
    rows = composite(PLAIN, contexts, shots, {"MIA": {paint: -9.0}, "BOS": {paint: 9.0}})
    assert figures(rows["worst"], *SCORES) == ("35", "-10.0", "-3.0", "-3.0", "-19.25")
    assert figures(rows["best"], *SCORES) == ("100", "10.0", "3.0", "3.0", "16.00")
    matchup = "EXTREME_MATCHUP: Unusual zone mismatch"
    total = "EXTREME_ADJUSTMENT: Very large composite adjustment"
    fatigue = "EXTREME_FATIGUE: Player showing severe fatigue"
    assert rows["worst"]["warning_details"] == f"{fatigue}; {matchup}; {total}"
    assert rows["best"]["warning_details"] == f"{matchup}; {total}"


# ---- readiness

TEN_DAYS = range(1, 11)
READY = {
    "nbac_schedule": [
        game(dt.date(2021, 10, 19), "UTA", "OKC"),
        *(game(back(JANUARY, n), "LAL", "BOS") for n in (0, *TEN_DAYS)),
    ],
    "player_game_summary": [box(back(JANUARY, n), "he") for n in TEN_DAYS],
    "upcoming_team_game_context": [team_listed(JANUARY, "BOS")],
}
SHOTS = {"he": ("paint", 50.0, 25.0, 25.0)}


@pytest.mark.parametrize("rules", [PLAIN, CORRECTED], ids=["production", "corrected"])
def test_a_row_is_ready_with_its_own_games_and_all_four_upstream_rows(rules):
    row = composite(rules, {"he": {}}, SHOTS, {"BOS": BBB}, **READY)["he"]
    assert (row["is_production_ready"], row["all_upstreams_ready"]) == (True, True)
    assert row["data_quality_issues"] == []
    assert (row["expected_games_count"], row["actual_games_count"]) == (10, 10)


@pytest.mark.parametrize("rules", [PLAIN, CORRECTED], ids=["production", "corrected"])
def test_a_row_without_anything_names_all_that_is_missing(rules):
    own = "no_games_expected" if rules is CORRECTED else "own_data_incomplete"
    bare = {"nbac_schedule": [game(JANUARY, "LAL", "BOS"), game(back(JANUARY, 60), "DEN", "MIA")]}
    row = composite(rules, {"he": {"is_production_ready": None}}, {}, {}, **bare)["he"]
    assert row["data_quality_issues"] == [
        own,
        "upstream_player_shot_zone_incomplete",
        "upstream_team_defense_zone_incomplete",
        "upstream_player_context_incomplete",
        "upstream_team_context_incomplete",
    ]
    assert (row["is_production_ready"], row["all_upstreams_ready"]) == (False, False)


@pytest.mark.parametrize(("team", "ready"), [("BOS", False), ("LAL", True)])
def test_b12_the_team_context_is_that_of_the_opponent(team, ready):
    teams = [team_listed(JANUARY, t, is_production_ready=t != team) for t in ("BOS", "LAL")]
    tables = {**READY, "upcoming_team_game_context": teams}
    row = composite(PLAIN, {"he": {}}, SHOTS, {"BOS": BBB}, **tables)["he"]
    assert row["upstream_team_context_ready"] is ready
    assert row["is_production_ready"] is ready
