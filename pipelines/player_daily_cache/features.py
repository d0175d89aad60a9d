"""The form of a player and of the player's team, a feature in a line."""

from __future__ import annotations

from pipelines.windows import count, deviation, mean, share

FEW, GAMES, SEASON_GAMES = 5, 10, 82
"""The three windows; the season is its newest 82 games."""


FEATURES = (
    mean(
        "points_avg_last_5",
        "points",
        last=FEW,
        unit="points per game",
        description="Mean points.",
        digits=4,
        low=0,
        high=70,
    ),
    mean(
        "points_avg_last_10",
        "points",
        last=GAMES,
        unit="points per game",
        description="Mean points.",
        digits=4,
        low=0,
        high=60,
    ),
    mean(
        "points_avg_season",
        "points",
        last=SEASON_GAMES,
        unit="points per game",
        description="Mean points.",
        digits=4,
        low=0,
        high=60,
    ),
    mean(
        "minutes_avg_last_10",
        "minutes_played",
        last=GAMES,
        unit="minutes per game",
        description="Mean minutes on court.",
        digits=4,
        low=0,
        high=53,
    ),
    mean(
        "usage_rate_last_10",
        "usage_rate",
        last=GAMES,
        unit="percent",
        description="Mean share of the team's plays that the player ended while on court.",
        digits=4,
    ),
    mean(
        "ts_pct_last_10",
        "ts_pct",
        last=GAMES,
        unit="fraction",
        description="Mean true shooting: points per two shooting attempts, free throws weighed in.",
        digits=4,
        low=0,
        high=1.5,
    ),
    mean(
        "player_usage_rate_season",
        "usage_rate",
        last=SEASON_GAMES,
        unit="percent",
        description="Mean share of the team's plays that the player ended while on court.",
        digits=4,
    ),
    deviation(
        "points_std_last_10",
        "points",
        last=GAMES,
        unit="points",
        description="How far the player's points are spread from game to game.",
        digits=4,
        low=0,
        high=35,
    ),
    share(
        "assisted_rate_last_10",
        "assisted_fg_makes",
        "fg_makes",
        last=GAMES,
        unit="fraction",
        description="Share of the player's baskets that followed an assist.",
        low=0,
        high=1,
    ),
    count(
        "games_played_season",
        last=SEASON_GAMES,
        unit="games",
        description="Games the player took part in.",
        varies=False,
    ),
)
"""A player's form over the games of the season in which they took part."""

TEAM_FEATURES = (
    mean(
        "team_pace_last_10",
        "pace",
        last=GAMES,
        of="team",
        unit="possessions per 48 minutes",
        description="Mean pace of the player's team.",
        digits=4,
        low=70,
        high=140,
    ),
    mean(
        "team_off_rating_last_10",
        "offensive_rating",
        last=GAMES,
        of="team",
        unit="points per 100 possessions",
        description="Mean offensive rating of the player's team.",
        digits=4,
        low=70,
        high=150,
    ),
)
"""The form of the player's team."""
