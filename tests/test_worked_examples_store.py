"""ml_feature_store_v2: worked examples 5.1 to 5.3 of the contract, one by one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl
import pytest

from pipelines.ml_feature_store_v2 import features
from pipelines.rules import CORRECTED
from tests.constructed import (
    PLAIN,
    back,
    box,
    built,
    cached,
    defense,
    factors,
    figures,
    game,
    hash_of,
    listed,
    team_box,
    zones,
)

MLFS = "ml_feature_store_v2"
NOVEMBER = dt.date(2021, 11, 15)


# ---- 5.1, the calculated features


@dataclass(frozen=True)
class Player:
    """What the tables say of a player before 15 November.

    games: Box scores, newest first, one a day. cache, factors, zones: Of his row there, or None.
    """

    games: list[dict[str, Any]] = field(default_factory=list)
    listed: dict[str, Any] = field(default_factory=dict)
    cache: dict[str, Any] | None = None
    factors: tuple[Any, ...] | None = None
    zones: tuple[Any, ...] | None = None


def feature_store(rules, players, *, defenses=None, teams=()):
    """The feature store of 15 November, by player; that date is not over."""
    date, pairs = NOVEMBER, [("LAL", "BOS"), ("DAL", "DEN"), ("MIA", "UTA")]
    boxes = [
        box(back(date, n), name, **line)
        for name, player in players.items()
        for n, line in enumerate(player.games, 1)
    ]
    # a box score counts only of a game that was played (A1)
    played = {(row["game_date"], row["team_abbr"]) for row in (*boxes, *teams)}
    result = built(
        MLFS,
        rules,
        season=2021,
        nbac_schedule=[
            game(dt.date(2021, 10, 19), "LAL", "BOS"),
            *(game(date, *pair, final=False) for pair in pairs),
            *(game(day, team, "UTA" if team == "BOS" else "BOS") for day, team in sorted(played)),
        ],
        player_game_summary=boxes,
        team_offense_game_summary=teams,
        upcoming_player_game_context=[
            listed(date, name, **player.listed) for name, player in players.items()
        ],
        player_daily_cache=[
            cached(date, name, **player.cache)
            for name, player in players.items()
            if player.cache is not None
        ],
        player_composite_factors=[
            factors(date, name, player.factors)
            for name, player in players.items()
            if player.factors is not None
        ],
        player_shot_zone_analysis=[
            zones(date, name, player.zones[0], player.zones[1:])
            for name, player in players.items()
            if player.zones is not None
        ],
        team_defense_zone_analysis=[
            defense(date, team, **values) for team, values in (defenses or {}).items()
        ],
    )
    return {row["player_lookup"]: row for row in result.rows.iter_rows(named=True)}


NAMES = (
    *("points_avg_last_5", "points_avg_last_10", "points_avg_season", "points_std_last_10"),
    *("games_in_last_7_days", "fatigue_score", "shot_zone_mismatch_score", "pace_score"),
    *("usage_spike_score", "rest_advantage", "injury_risk", "recent_trend", "minutes_change"),
    *("opponent_def_rating", "opponent_pace", "home_away", "back_to_back", "playoff_game"),
    *("pct_paint", "pct_mid_range", "pct_three", "pct_free_throw", "team_pace"),
    *("team_off_rating", "team_win_pct"),
)


def feature(row, name):
    """A feature by its name in the row itself."""
    return dict(zip(row["feature_names"], row["features"], strict=True))[name]


def scored(*points):
    return [{"points": value} for value in points]


def features_of(rules, name, cases, teams=()):
    """The feature called `name` of every player of `cases`."""
    rows = feature_store(rules, cases, teams=teams)
    return [feature(rows[player], name) for player in cases]


def numbered(players):
    return {f"p{n}": player for n, player in enumerate(players)}


def test_5_1_rest_advantage():
    rests = [(2, 0), (0, 2), (3, 2), (5, 0), (None, 1)]
    players = numbered(
        Player(listed={"days_rest": own, "opponent_days_rest": other}) for own, other in rests
    )
    assert features_of(PLAIN, "rest_advantage", players) == [2.0, -2.0, 1.0, 2.0, 0.0]


TRENDS = [
    ((25, 24, 26, 18, 17), -2.0, 1.0),
    ((17, 18, 16, 25, 26), 2.0, -1.0),
    ((22, 21, 23, 22, 21), 0.0, None),
    ((10, 10, 10, 12, 12), 1.0, None),
    ((10, 10, 10, 15, 15), 2.0, None),
    ((12, 12, 10, 10, 10), 0.0, 1.0),
    ((None, 10, 10, 10, 10), 1.0, -2.0),
    ((15, 15, 10, 10, 10), None, 2.0),
    ((30, 30, 10, 10), 0.0, 0.0),  # four games are too few
]


def test_5_1_recent_trend_of_production():
    cases = [(points, trend) for points, trend, _ in TRENDS if trend is not None]
    players = numbered(Player(games=scored(*points)) for points, _ in cases)
    assert features_of(PLAIN, "recent_trend", players) == [trend for _, trend in cases]


@pytest.mark.parametrize(
    "rules",
    [replace(PLAIN, recent_trend=CORRECTED.recent_trend), CORRECTED],
    ids=["one rule", "corrected"],
)
def test_5_1_recent_trend_mended(rules):
    cases = [(points, trend) for points, _, trend in TRENDS if trend is not None]
    players = numbered(Player(games=scored(*points)) for points, _ in cases)
    assert features_of(rules, "recent_trend", players) == [trend for _, trend in cases]


def minutes(recent, season):
    """A player with a cached mean of his recent minutes, and a mean of the season."""
    return Player(games=[{"minutes_played": season}] * 5, cache={"minutes_avg_last_10": recent})


@pytest.mark.parametrize("rules", [PLAIN, CORRECTED], ids=["production", "corrected"])
def test_5_1_minutes_change(rules):
    pairs = [(36, 28), (32, 28), (33, 30), (36, 30), (30, 30), (27, 30), (24, 30)]
    players = numbered(minutes(float(recent), float(season)) for recent, season in pairs)
    players["uncached"] = Player(
        games=[{"minutes_played": 35.3}] * 10 + [{"minutes_played": 24.7}] * 10
    )
    players["unknown"] = Player(cache={"minutes_avg_last_10": 36.0})
    expected = [2.0, 1.0, 1.0, 2.0, 0.0, -1.0, -2.0, 1.0, 0.0]
    assert features_of(rules, "minutes_change", players) == expected


@pytest.mark.parametrize("rules", [PLAIN, CORRECTED], ids=["production", "corrected"])
def test_5_1_share_of_free_throws(rules):
    seventy = [{"points": 27 if n < 3 else 26, "ft_makes": 7} for n in range(10)]
    only = {"points": 10, "ft_makes": 10}
    players = {
        "usual": Player(games=seventy),
        "only": Player(games=[only] * 5),
        "few": Player(games=[only] * 4),
        "none": Player(games=[{"points": 0, "ft_makes": 0}] * 5),
    }
    assert features_of(rules, "pct_free_throw", players) == [0.2661596958174905, 0.5, 0.15, 0.15]


RECORDS = {"LAL": (6, 8), "DAL": (3, 4), "MIA": (5, 7)}


@pytest.mark.parametrize(
    ("rules", "shares"),
    [
        (PLAIN, [0.5, 0.5, 0.5]),
        (replace(PLAIN, team_win_pct="record"), [0.75, 0.5, 0.7142857142857143]),
        (CORRECTED, [0.75, 0.5, 0.7142857142857143]),
    ],
    ids=["production", "one rule", "corrected"],
)
def test_5_1_share_of_games_won(rules, shares):
    teams = [
        team_box(back(NOVEMBER, n + 1), team, win_flag=n < won, season_year=2021)
        for team, (won, played) in RECORDS.items()
        for n in range(played)
    ]
    players = {team.lower(): Player(listed={"team_abbr": team}) for team in RECORDS}
    assert features_of(rules, "team_win_pct", players, teams=teams) == shares


def test_injury_risk_by_status():
    risks = {
        **{"available": 0.0, "Probable": 1.0, "QUESTIONABLE": 2.0, "doubtful": 3.0, "out": 3.0},
        **{"": 0.0, "suspended": 0.0, " out": 0.0},
    }
    players = numbered(Player(listed={"player_status": status}) for status in (*risks, None))
    assert features_of(PLAIN, "injury_risk", players) == [*risks.values(), 0.0]


# ---- 5.2, the scores

CACHE = {
    "points_avg_last_5": 24.8,
    "points_avg_last_10": 23.6,
    "points_avg_season": 25.1,
    "points_std_last_10": 6.25,
    "games_in_last_7_days": 3,
    "paint_rate_last_10": 45.20,
    "three_pt_rate_last_10": 30.10,
    "team_pace_last_10": 101.3,
    "team_off_rating_last_10": 112.45,
    "minutes_avg_last_10": 36.4,
}
UNZONED = {**CACHE, "paint_rate_last_10": None, "three_pt_rate_last_10": None}
FACTORS, ZONES = (88, 2.4, -0.6, 0.3), ("paint", 45.20, 24.70, 30.10)
DEFENDED = {"defensive_rating_last_15": 107.35, "opponent_pace": 98.6}
AGAINST_MIA = {"opponent_team_abbr": "MIA"}  # whose defense nobody analyzed
RESTED = {**AGAINST_MIA, "back_to_back": False}  # the others make the team play the day before
SIX_GAMES = [{}] * 6

SITUATIONS = {
    "everything": (Player(SIX_GAMES, {}, CACHE, FACTORS, ZONES), 97.0, "phase4_partial", "gold"),
    "no shot zones": (Player(SIX_GAMES, {}, CACHE, FACTORS), 94.6, "phase4_partial", "silver"),
    "no defense": (
        Player(SIX_GAMES, AGAINST_MIA, CACHE, FACTORS, ZONES),
        *(92.2, "phase4_partial", "silver"),
    ),
    "no zones at all": (Player(SIX_GAMES, {}, UNZONED, FACTORS), 89.8, "phase4_partial", "silver"),
    "no factors": (Player(SIX_GAMES, {}, CACHE, None, ZONES), 87.4, "mixed", "silver"),
    "no cache": (Player(SIX_GAMES, {}, None, FACTORS, ZONES), 84.4, "mixed", "silver"),
    "no cache, three games": (
        Player(SIX_GAMES[:3], {}, None, FACTORS, ZONES),
        *(83.0, "mixed", "silver"),
    ),
    "no factors, no defense": (
        Player(SIX_GAMES, AGAINST_MIA, CACHE, None, ZONES),
        *(82.6, "mixed", "silver"),
    ),
    "no cache, no zones": (Player(SIX_GAMES, {}, None, FACTORS), 77.2, "mixed", "silver"),
    "points only": (Player(SIX_GAMES, AGAINST_MIA), 62.8, "mixed", "bronze"),
    "nothing": (Player([], RESTED), 58.6, "mixed", "bronze"),
}


@pytest.fixture(scope="module", params=[PLAIN, CORRECTED], ids=["production", "corrected"])
def situations(request):
    players = {name: player for name, (player, *_) in SITUATIONS.items()}
    return feature_store(request.param, players, defenses={"BOS": DEFENDED})


@pytest.mark.parametrize("name", SITUATIONS)
def test_5_2_score_source_and_tier(situations, name):
    row = situations[name]
    found = (float(row["feature_quality_score"]), row["data_source"], row["quality_tier"])
    assert found == SITUATIONS[name][1:]


def test_5_2_without_anything_every_feature_is_its_default(situations):
    assert situations["nothing"]["features"] == [
        *(10.0, 10.0, 10.0, 5.0, 3.0, 50.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 112.0, 100.0),
        feature(situations["nothing"], "home_away"),  # the context says nothing, the schedule home
        *(0.0, 0.0, 30.0 / 100, 20.0 / 100, 35.0 / 100, 0.15, 100.0, 112.0, 0.5),
    ]
    assert tuple(situations["nothing"]["feature_names"]) == NAMES


@pytest.mark.parametrize(
    ("score", "word"),
    [
        *((97.0, "gold"), (95.0, "gold"), (94.99, "silver"), (75.0, "silver")),
        *(
            (74.99, "bronze"),
            (50.0, "bronze"),
            (49.99, "poor"),
            (25.0, "poor"),
            (24.99, "unusable"),
        ),
    ],
)
def test_4_3_quality_tier(score, word):
    row = pl.DataFrame({"feature_quality_score": [score]})
    assert row.select(features.tier()).item() == word


# ---- 5.3, three full rows

STAR_POINTS = (30, 28, 22, 20, 24, 19, 27, 25, 21, 20)
STAR_FREE_THROWS = (8, 6, 5, 3, 4, 2, 6, 5, 4, 3)
TEN_GAMES = [
    {"points": points, "ft_makes": made, "minutes_played": 34.2}
    for points, made in zip(STAR_POINTS, STAR_FREE_THROWS, strict=True)
]
AT_HOME = {"home_game": True, "back_to_back": False, "season_phase": "Regular Season"}
AWAY = {
    "team_abbr": "BOS",
    "opponent_team_abbr": "LAL",
    "home_game": False,
    "back_to_back": True,
    "season_phase": "playoffs",
}
THREE = {
    "starplayer": Player(
        TEN_GAMES, {**AT_HOME, "days_rest": 1, "opponent_days_rest": 2}, CACHE, FACTORS, ZONES
    ),
    "rookie": Player(
        listed={**AT_HOME, "universal_player_id": None, "player_status": "questionable"},
        factors=(100, 0.0, 0.2, 0.0),
    ),
    "benchguy": Player(
        [{"points": 8, "minutes_played": 18.0, "team_abbr": "BOS"}] * 4,
        {**AWAY, "days_rest": 3, "opponent_days_rest": 1, "player_status": "probable"},
        {
            "points_avg_last_5": 8.2,
            "points_avg_last_10": 7.9,
            "points_avg_season": 8.0,
            "points_std_last_10": 3.10,
            "paint_rate_last_10": 40.00,
            "three_pt_rate_last_10": 35.50,
            "team_pace_last_10": 99.8,
            "team_off_rating_last_10": 108.10,
            "minutes_avg_last_10": 18.0,
        },
        zones=(None, None, None, None),
    ),
}
THREE_DEFENSES = {
    "BOS": DEFENDED,
    "LAL": {"defensive_rating_last_15": 111.20, "opponent_pace": 102.1},
}
STAR = (
    *(24.8, 23.6, 25.1, 6.25, 3.0, 88.0, 2.4, -0.6, 0.3, -1.0, 0.0, -1.0, 0.0, 107.35, 98.6),
    *(1.0, 0.0, 0.0, 0.452, 0.247, 0.301, 0.19491525423728814, 101.3, 112.45, 0.5),
)
ROOKIE = (
    *(10.0, 10.0, 10.0, 5.0, 3.0, 100.0, 0.0, 0.2, 0.0, 0.0, 2.0, 0.0, 0.0, 107.35, 98.6),
    *(1.0, 0.0, 0.0, 0.3, 0.2, 0.35, 0.15, 100.0, 112.0, 0.5),
)
BENCH = (
    *(8.2, 7.9, 8.0, 3.1, 3.0, 50.0, 0.0, 0.0, 0.0, 2.0, 1.0, 0.0, 0.0, 111.2, 102.1),
    *(0.0, 1.0, 1.0, 0.3, 0.2, 0.35, 0.15, 99.8, 108.1, 0.5),
)


def the_three(rules):
    return feature_store(rules, THREE, defenses=THREE_DEFENSES)


@pytest.mark.parametrize(
    ("player", "values", "labels"),
    [
        ("starplayer", STAR, ("97.00", "phase4_partial", "gold", "a9a1343f921e097f")),
        ("rookie", ROOKIE, ("73.00", "mixed", "bronze", "87e43a0206c5909b")),
        ("benchguy", BENCH, ("77.80", "mixed", "silver", "695be59720897a47")),
    ],
)
def test_5_3_full_rows(player, values, labels):
    row = the_three(PLAIN)[player]
    assert tuple(row["features"]) == values
    assert tuple(row["feature_names"]) == NAMES
    named = ("feature_quality_score", "data_source", "quality_tier", "data_hash")
    assert figures(row, *named) == labels
    assert (row["feature_count"], row["feature_version"]) == (25, "v1_baseline_25")
    assert (row["early_season_flag"], row["insufficient_data_reason"]) == (None, None)


def test_5_3_what_stands_beside_the_features():
    star, rookie, bench = (the_three(PLAIN)[player] for player in THREE)
    assert (star["is_home"], bench["is_home"]) == (True, False)
    assert (star["days_rest"], rookie["days_rest"], bench["days_rest"]) == (1, None, 3)
    assert (star["opponent_team_abbr"], bench["opponent_team_abbr"]) == ("BOS", "LAL")
    assert star["game_id"] == "20211115_BOS_LAL"


def test_5_3_the_trend_of_the_star_mended():
    mended = the_three(replace(PLAIN, recent_trend=CORRECTED.recent_trend))["starplayer"]
    assert tuple(mended["features"]) == (*STAR[:11], 2.0, *STAR[12:])


def test_5_3_unknown_shot_zones_do_not_displace_the_cache():
    mended = the_three(replace(PLAIN, zone_precedence=CORRECTED.zone_precedence))["benchguy"]
    assert tuple(mended["features"]) == (*BENCH[:18], 0.40, 0.2, 0.355, *BENCH[21:])
    assert figures(mended, "feature_quality_score", "data_source") == ("82.60", "mixed")


STORE_HASHED = (
    *("player_lookup", "universal_player_id", "game_date", "game_id", "features"),
    *("feature_names", "feature_count", "feature_version", "feature_quality_score"),
    *("opponent_team_abbr", "is_home", "days_rest", "data_source", "early_season_flag"),
    "insufficient_data_reason",
)


@pytest.mark.parametrize("player", THREE)
def test_5_3_under_the_corrected_rules(player):
    row = the_three(CORRECTED)[player]
    expected = {
        "starplayer": (*STAR[:11], 2.0, *STAR[12:]),
        "rookie": ROOKIE,
        # M3: the phase comes from the schedule
        "benchguy": (*BENCH[:17], 0.0, 0.40, 0.2, 0.355, *BENCH[21:]),
    }[player]
    assert tuple(row["features"]) == expected
    assert row["feature_version"] == "v1_baseline_25+corrected"
    no_cache = (True, "No daily cache available")
    assert (player == "rookie") is (
        (row["early_season_flag"], row["insufficient_data_reason"]) == no_cache
    )
    score = float(row["feature_quality_score"])
    assert hash_of({**row, "feature_quality_score": score}, *STORE_HASHED) == row["data_hash"]


@pytest.mark.parametrize(
    ("listed_by", "days_rest", "is_home", "back_to_back"),
    [("LAL", 3, False, 1.0), ("MIA", None, True, 0.0)],
)
def test_m3_a_context_row_of_another_team_is_not_his(listed_by, days_rest, is_home, back_to_back):
    """Traded on the date and played for LAL: what MIA listed is not taken, the schedule is."""
    context = {"team_abbr": listed_by, "home_game": False, "back_to_back": True, "days_rest": 3}
    result = built(
        MLFS,
        CORRECTED,
        season=2021,
        nbac_schedule=[game(day, "LAL", "BOS") for day in (dt.date(2021, 10, 19), NOVEMBER)],
        player_game_summary=[box(NOVEMBER, "he")],
        upcoming_player_game_context=[listed(NOVEMBER, "he", **context)],
    )
    (row,) = result.rows.iter_rows(named=True)
    assert (row["days_rest"], row["is_home"]) == (days_rest, is_home)
    assert feature(row, "home_away") == float(is_home)
    assert feature(row, "back_to_back") == back_to_back
