"""The 25 features of `v1_baseline_25`: values, where each comes from, and what that is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, Unpack

import polars as pl

from pipelines.numbers import divided, rounded_as_python

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.rules import Rules

PHASE4, PHASE3, CALCULATED, DEFAULT = "phase4", "phase3", "calculated", "default"
WEIGHTS = {PHASE4: 100, CALCULATED: 100, PHASE3: 75, DEFAULT: 40}
"""What a feature counts for in the quality score, by where its value comes from (4.1)."""

TREND_GAMES = FREE_THROW_GAMES = RECORD_GAMES = 5
"""Games below which the trend is 0, the share of free throws 0.15, a team's record 0.5."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One number of a row.

    found: Columns to be tried in order, with the label of where they come from; the first known
    one counts. default: Where none is.
    low, high: What its definition allows, both included. whole: Whether only whole numbers are.
    varies: Whether the players of a bigger date differ; see `windows.Feature`.
    """

    name: str
    found: tuple[tuple[str, str], ...]
    low: float
    high: float
    default: float | None = None
    whole: bool = False
    varies: bool = True

    @property
    def value(self) -> pl.Expr:
        """The first known value, or the default."""
        columns = [pl.col(column) for column, _ in self.found]
        return pl.coalesce(*columns, pl.lit(self.default, pl.Float64)).alias(self.name)

    @property
    def weight(self) -> pl.Expr:
        """What the value counts for in the quality score."""
        worth = pl.lit(WEIGHTS[DEFAULT])
        for column, label in reversed(self.found):
            worth = pl.when(pl.col(column).is_not_null()).then(WEIGHTS[label]).otherwise(worth)
        return worth

    def is_from(self, label: str) -> pl.Expr:
        """Whether the value comes from there."""
        earlier, answer = pl.lit(value=True), pl.lit(value=False)
        for column, own in self.found:
            known = pl.col(column).is_not_null()
            answer = answer | (earlier & known & (own == label))
            earlier = earlier & ~known
        return answer


class Limits(TypedDict, total=False):
    """What may be said of a feature beside where it comes from; see `Feature`."""

    default: float
    whole: bool
    varies: bool


def _averages(name: str, high: float) -> Feature:
    return Feature(name, ((f"pdc_{name}", PHASE4), (f"seen_{name}", PHASE3)), 0, high, 10.0)


def _upstream(name: str, column: str, low: float, high: float, **limits: Unpack[Limits]) -> Feature:
    return Feature(name, ((column, PHASE4),), low, high, **limits)


def _own(name: str, label: str, low: float, high: float, **limits: Unpack[Limits]) -> Feature:
    return Feature(name, ((name, label),), low, high, **limits)


def _flag(name: str) -> Feature:
    return _own(name, PHASE3, 0, 1, whole=True, varies=False)


FEATURES = (
    _averages("points_avg_last_5", 70),
    _averages("points_avg_last_10", 60),
    _averages("points_avg_season", 60),
    _upstream("points_std_last_10", "pdc_points_std_last_10", 0, 35, default=5.0),
    _upstream("games_in_last_7_days", "pdc_games_in_last_7_days", 0, 7, default=3.0, varies=False),
    _upstream("fatigue_score", "pcf_fatigue_score", 35, 100, default=50.0),
    _upstream("shot_zone_mismatch_score", "pcf_shot_zone_mismatch_score", -10, 10, default=0.0),
    _upstream("pace_score", "pcf_pace_score", -3, 3, default=0.0),
    _upstream("usage_spike_score", "pcf_usage_spike_score", -3, 3, default=0.0, varies=False),
    _own("rest_advantage", CALCULATED, -2, 2, whole=True, varies=False),
    _own("injury_risk", CALCULATED, 0, 3, whole=True, varies=False),
    _own("recent_trend", CALCULATED, -2, 2, whole=True),
    _own("minutes_change", CALCULATED, -2, 2, whole=True, varies=False),
    _upstream("opponent_def_rating", "tdza_defensive_rating_last_15", 70, 150, default=112.0),
    _upstream("opponent_pace", "tdza_opponent_pace", 70, 140, default=100.0),
    _flag("home_away"),
    _flag("back_to_back"),
    _flag("playoff_game"),
    _upstream("pct_paint", "share_paint", 0, 1, default=0.30),
    _upstream("pct_mid_range", "share_mid_range", 0, 1, default=0.20),
    _upstream("pct_three", "share_three_pt", 0, 1, default=0.35),
    _own("pct_free_throw", CALCULATED, 0, 0.5),
    _upstream("team_pace", "pdc_team_pace_last_10", 70, 140, default=100.0),
    _upstream("team_off_rating", "pdc_team_off_rating_last_10", 70, 150, default=112.0),
    _own("team_win_pct", CALCULATED, 0, 1),
)
"""In the order of the contract (section 3)."""

INJURY_RISK: Mapping[str, float] = {
    "available": 0.0,
    "probable": 1.0,
    "questionable": 2.0,
    "doubtful": 3.0,
    "out": 3.0,
}
"""By player status in lower case; anything else, and unknown, is 0."""


def calculated(rules: Rules) -> list[pl.Expr]:
    """Features that are worked out here rather than copied (3.1)."""
    status = pl.col("player_status").str.to_lowercase()
    rest = (pl.col("days_rest") - pl.col("opponent_days_rest")).clip(-2, 2)
    return [
        rest.cast(pl.Float64).fill_null(0.0).alias("rest_advantage"),
        status.replace_strict(INJURY_RISK, default=0.0, return_dtype=pl.Float64)
        .fill_null(0.0)
        .alias("injury_risk"),
        recent_trend(rules).alias("recent_trend"),
        minutes_change().alias("minutes_change"),
        pct_free_throw().alias("pct_free_throw"),
        team_win_pct(rules).alias("team_win_pct"),
        *(
            flag.cast(pl.Float64).fill_null(0.0).alias(name)
            for name, flag in (
                ("home_away", pl.col("is_home")),
                ("back_to_back", pl.col("is_back_to_back")),
                ("playoff_game", pl.col("is_playoff")),
            )
        ),
        *shares(rules),
    ]


def banded(value: pl.Expr, much: float, some: float) -> pl.Expr:
    """2, 1, 0, -1 or -2: from `much` and `some` up, or below their negatives."""
    return (
        pl.when(value >= much)
        .then(2.0)
        .when(value >= some)
        .then(1.0)
        .when(value <= -much)
        .then(-2.0)
        .when(value <= -some)
        .then(-1.0)
        .otherwise(0.0)
    )


def recent_trend(rules: Rules) -> pl.Expr:
    """Whether the player scores more of late, in bands of 2 and 5 points; 0 under five games (M5).

    Needs `points_0` (newest) to `points_4`, unknown points as 0, and `last_games`. Production
    takes the older games first, which turns the sign around.
    """
    newest_first = [pl.col(f"points_{n}") for n in range(TREND_GAMES)]

    def mean(games: list[pl.Expr]) -> pl.Expr:
        return divided(pl.sum_horizontal(games).cast(pl.Float64), len(games))

    if rules.recent_trend == "inverted":
        change = mean(newest_first[3:]) - mean(newest_first[:3])
    else:
        change = mean(newest_first[:2]) - mean(newest_first[2:])
    enough = pl.col("last_games") >= TREND_GAMES
    return pl.when(enough).then(banded(change, 5.0, 2.0)).otherwise(0.0)


def minutes_change() -> pl.Expr:
    """Whether the player plays more of late than all season, in bands of a tenth and a fifth."""
    cached = pl.col("pdc_minutes_avg_last_10")
    recent = pl.when(cached != 0).then(cached).otherwise(pl.col("minutes_last_10").fill_null(0.0))
    season = pl.col("minutes_avg_season").fill_null(0.0)
    change = banded((recent - season) / season, 0.20, 0.10)
    return pl.when((recent == 0) | (season == 0)).then(0.0).otherwise(change)


def pct_free_throw() -> pl.Expr:
    """Share of free throws in the points of the player's last ten games, at most one half."""
    share = (pl.col("free_throws_last_10") / pl.col("points_last_10")).clip(0.0, 0.5)
    enough = (pl.col("last_games") >= FREE_THROW_GAMES) & (pl.col("points_last_10") != 0)
    return pl.when(enough).then(share).otherwise(0.15)


def team_win_pct(rules: Rules) -> pl.Expr:
    """The team's share of games won before the date; 0.5 under five games (M7)."""
    if rules.team_win_pct == "constant":
        return pl.lit(0.5)
    enough = pl.col("team_games") >= RECORD_GAMES
    return pl.when(enough).then(pl.col("team_wins") / pl.col("team_games")).otherwise(0.5)


def shares(rules: Rules) -> list[pl.Expr]:
    """Where the player shoots from, in fractions: rates of the zone row, else of the cache (M6).

    Under production a shot zone row counts even where its rate is NULL.
    """
    own_row = pl.lit(value=False)
    if rules.zone_precedence == "shot_zone_row":
        own_row = pl.col("psza_exists")
    columns = []
    for zone in ("paint", "mid_range", "three_pt"):
        rate = pl.col(f"psza_{zone}_rate_last_10")
        if zone != "mid_range":
            cached = pl.when(~own_row).then(f"pdc_{zone}_rate_last_10")
            rate = pl.coalesce(rate, cached)
        columns.append(divided(rate, 100).alias(f"share_{zone}"))
    return columns


def quality() -> list[pl.Expr]:
    """`feature_quality_score` and `data_source`, from where the 25 values come (4.1, 4.2)."""
    total = pl.sum_horizontal(feature.weight for feature in FEATURES).cast(pl.Float64)
    count = len(FEATURES)
    from_phase4, from_phase3 = (
        divided(
            pl.sum_horizontal(f.is_from(label).cast(pl.Int64) for f in FEATURES).cast(pl.Float64),
            count,
        )
        for label in (PHASE4, PHASE3)
    )
    source = (
        pl.when(from_phase4 >= 0.90)
        .then(pl.lit("phase4"))
        .when(from_phase4 >= 0.50)
        .then(pl.lit("phase4_partial"))
        .when(from_phase3 >= 0.50)
        .then(pl.lit("phase3"))
        .otherwise(pl.lit("mixed"))
    )
    return [divided(total, count).alias("raw_quality"), source.alias("data_source")]


def score() -> pl.Expr:
    """`feature_quality_score` at two decimals."""
    return rounded_as_python(pl.col("raw_quality"), 2).alias("feature_quality_score")


def tier() -> pl.Expr:
    """`quality_tier` by the score (4.3)."""
    points = pl.col("feature_quality_score")
    return (
        pl.when(points >= 95)
        .then(pl.lit("gold"))
        .when(points >= 75)
        .then(pl.lit("silver"))
        .when(points >= 50)
        .then(pl.lit("bronze"))
        .when(points >= 25)
        .then(pl.lit("poor"))
        .otherwise(pl.lit("unusable"))
        .alias("quality_tier")
    )
