"""Declared features, held against a plain calculation of every game's window."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import random
import statistics
from decimal import Decimal

import polars as pl
import pytest

from pipelines import windows
from pipelines.rules import CORRECTED, PRODUCTION
from pipelines.windows import (
    count,
    deviation,
    mean,
    past,
    per_game,
    share,
    slope,
    streak,
    total,
)

OPENING = dt.date(2021, 10, 19)
UNKNOWN = (None, 0.15)


def box(players=4, games=30, seed=7):
    """Games of some players in order, a value unknown here and there."""
    draw = random.Random(seed)

    def some(value):
        return None if draw.random() < UNKNOWN[1] else value

    rows = [
        {
            "player": f"player{p}",
            "game_date": OPENING + dt.timedelta(days=2 * i),
            "i": i,
            "points": some(draw.randrange(45)),
            "minutes": some(Decimal(draw.randrange(480)) / 10),
            "makes": some(draw.randrange(12)),
            "attempts": some(draw.randrange(25)),
        }
        for p in range(players)
        for i in range(games)
    ]
    schema = {"minutes": pl.Decimal(5, 1)}
    return pl.DataFrame(rows, schema_overrides=schema)


def windows_of(frame, last):
    """After every game: the games of its window, oldest first."""
    for player in frame.partition_by("player", maintain_order=True):
        games = player.to_dicts()
        for i in range(len(games)):
            yield games[: i + 1] if last is None else games[max(0, i + 1 - last) : i + 1]


def made(frame, feature, rules=CORRECTED):
    found = windows.over(frame.lazy(), "player", [feature], rules).collect()
    assert found.select("player", "game_date").equals(frame.select("player", "game_date"))
    return found[feature.name].to_list()


def known(games, *columns):
    return [g for g in games if all(g[c] is not None for c in columns)]


def plain_mean(games, column="points"):
    values = [g[column] for g in known(games, column)]
    return float(sum(values)) / len(values) if values else None


def plain_slope(games):
    pairs = [(g["i"], g["points"]) for g in known(games, "points")]
    if len(pairs) < 2:
        return None
    return statistics.linear_regression(*zip(*pairs, strict=True)).slope


def plain_deviation(games, column):
    values = [float(g[column]) for g in known(games, column)]
    return statistics.stdev(values) if len(values) > 1 else None


def plain_share(games):
    counted = known(games, "makes", "attempts")
    whole = sum(g["attempts"] for g in counted)
    return sum(g["makes"] for g in counted) / whole if whole else None


def plain_per_game(games):
    counted = known(games, "attempts", "makes")
    return sum(g["attempts"] for g in counted) / len(counted) if counted else None


CASES = {
    "mean of whole numbers": (mean("x", "points", last=5), plain_mean),
    "mean of decimals": (mean("x", "minutes", last=7), lambda g: plain_mean(g, "minutes")),
    "mean of a season": (mean("x", "points"), plain_mean),
    "deviation": (deviation("x", "points", last=10), lambda g: plain_deviation(g, "points")),
    "deviation of decimals": (deviation("x", "minutes"), lambda g: plain_deviation(g, "minutes")),
    "slope": (slope("x", "points", last=10), plain_slope),
    "slope of a season": (slope("x", "points"), plain_slope),
    "share": (share("x", "makes", "attempts", last=4), plain_share),
    "per game": (per_game("x", "attempts", last=4, given=("makes",)), plain_per_game),
    "count": (count("x", last=6), len),
    "count of a season": (count("x"), len),
    "total": (
        total("x", "points", last=3),
        lambda games: sum(g["points"] or 0 for g in games),
    ),
    "mean of an expression": (
        mean("x", pl.col("points") * 2, last=5),
        lambda games: None if (m := plain_mean(games)) is None else 2 * m,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_feature_is_what_its_window_says(name):
    feature, plain = CASES[name]
    frame = box()
    wanted = [plain(games) for games in windows_of(frame, feature.last)]
    for found, value in zip(made(frame, feature), wanted, strict=True):
        assert found == (value if value is None else pytest.approx(value, abs=1e-9))


def test_features_of_one_entity_are_made_at_once_and_do_not_disturb_each_other():
    frame = box()
    features = [
        dataclasses.replace(feature, name=f"f{n}") for n, (feature, _) in enumerate(CASES.values())
    ]
    together = windows.over(frame.lazy(), "player", features, CORRECTED).collect()
    for feature in features:
        assert together[feature.name].to_list() == made(frame, feature)


def test_a_streak_ends_where_the_condition_fails_or_is_unknown():
    points = [20, 30, 5, 25, None, 21, 22, 23]
    frame = pl.DataFrame(
        {
            "player": ["a"] * 8,
            "game_date": [OPENING + dt.timedelta(days=n) for n in range(8)],
            "i": range(8),
            "points": points,
        }
    )
    twenty = streak("twenty", pl.col("points") >= 20)
    assert made(frame, twenty) == [1, 2, 0, 1, 0, 1, 2, 3]


def test_a_streak_and_a_past_value_stay_with_their_player():
    frame = box(players=3, games=5)
    always = streak("x", pl.col("i") >= 0)
    assert made(frame, always) == [1, 2, 3, 4, 5] * 3
    previous = past("x", pl.col("points").shift(1))
    first = [value for value, i in zip(made(frame, previous), frame["i"], strict=True) if i == 0]
    assert first == [None] * 3


def test_past_takes_any_expression_over_the_games_in_order():
    frame = box(players=2, games=6).with_columns(pl.col("points").fill_null(0))
    ewm = past("x", pl.col("points").ewm_mean(half_life=5))
    wanted = [
        value
        for player in frame.partition_by("player", maintain_order=True)
        for value in player["points"].ewm_mean(half_life=5)
    ]
    assert made(frame, ewm) == pytest.approx(wanted)


def test_production_counts_an_unknown_share_as_zero_and_stores_an_unknown_mean_as_nan():
    frame = pl.DataFrame(
        {
            "player": ["a", "a"],
            "game_date": [OPENING, OPENING + dt.timedelta(days=1)],
            "i": [0, 1],
            "points": [None, 12],
            "makes": [None, 3],
            "attempts": [4, 8],
        },
        schema_overrides={"points": pl.Int64, "makes": pl.Int64},
    )
    made_half = share("x", "makes", "attempts", last=2)
    assert made(frame, made_half) == [None, 3 / 8]
    assert made(frame, made_half, PRODUCTION) == [0.0, 3 / 12]
    per = per_game("x", "makes", last=2)
    assert made(frame, per) == [None, 3.0]
    assert made(frame, per, PRODUCTION) == [0.0, 1.5]
    average = mean("x", "points", last=2, digits=1)
    assert made(frame, average) == [None, 12.0]
    assert math.isnan(made(frame, average, PRODUCTION)[0])


def test_a_window_has_at_least_one_game():
    with pytest.raises(ValueError, match="fga: a window has at least one game, not 0"):
        mean("fga", "fg_attempts", last=0)


def test_before_gives_what_was_known_before_the_date_of_player_team_and_opponent():
    day = [OPENING + dt.timedelta(days=n) for n in range(3)]
    stamp = {"processed_at": dt.datetime(2021, 11, 1, tzinfo=dt.UTC), "data_hash": "x"}
    players = [
        {"player_lookup": "ann", "game_date": day[0], "points": 10} | stamp,
        {"player_lookup": "ann", "game_date": day[1], "points": 20} | stamp,
    ]
    teams = [{"team_abbr": "BOS", "game_date": day[0], "pace": 99.5} | stamp]
    allowed = [{"defending_team_abbr": "NYK", "game_date": day[1], "points_allowed": 111} | stamp]
    grid = pl.LazyFrame(
        [{"date": date, "player_lookup": "ann", "team": "BOS", "opponent": "NYK"} for date in day]
    )
    features = (
        mean("points_avg", "points", last=5),
        mean("pace_avg", "pace", last=5, of="team"),
        mean("allowed_avg", "points_allowed", of="opponent"),
    )
    histories = {
        "player": pl.LazyFrame(players),
        "team": pl.LazyFrame(teams),
        "opponent": pl.LazyFrame(allowed),
    }
    found = windows.before(grid, histories, features, CORRECTED).sort("date").collect()
    assert found["points_avg"].to_list() == [None, 10.0, 15.0]
    assert found["pace_avg"].to_list() == [None, 99.5, 99.5]
    assert found["allowed_avg"].to_list() == [None, None, 111.0]
    own = windows.before(grid, histories, features[:1], PRODUCTION).sort("date").collect()
    assert own["points_avg"].to_list() == [10.0, 15.0, 15.0]


def test_a_declaration_says_its_window_and_when_it_is_unknown():
    feature = share("x", "makes", "attempts", last=4, unit="fraction", low=0, high=1)
    assert (feature.window, feature.unit) == ("the last 4 games", "fraction")
    assert feature.null.startswith("the whole is zero or unknown")
    assert set(windows.NULLS) >= {case[0].kind for case in CASES.values()} | {"streak", "past"}
