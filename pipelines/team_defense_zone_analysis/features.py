"""What opponents did against a team, a feature in a line."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.windows import count, mean, per_game, share

GAMES = 15
"""Games of a full window, and of the completeness window."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A shot zone: column prefix, label as strongest or weakest, league constant, note."""

    name: str
    label: str
    constant: float
    note: str


ZONES = (
    Zone("paint", "paint", 0.580, "paint"),
    Zone("mid_range", "mid_range", 0.410, "mid-range"),
    Zone("three_pt", "perimeter", 0.355, "three-point"),
)

FEATURES = (
    *(
        share(
            f"{z.name}_pct_allowed_last_15",
            f"opp_{z.name}_makes",
            f"opp_{z.name}_attempts",
            last=GAMES,
            unit="fraction",
            description=f"Share of the opponents' {z.note} shots that went in.",
        )
        for z in ZONES
    ),
    *(
        per_game(
            f"{z.name}_attempts_allowed_per_game",
            f"opp_{z.name}_attempts",
            given=(f"opp_{z.name}_makes",),
            last=GAMES,
            unit="shots per game",
            description=f"Mean number of the opponents' {z.note} shots.",
        )
        for z in ZONES
    ),
    *(
        per_game(
            f"{z.name}_blocks_per_game",
            f"blocks_{z.name}",
            last=GAMES,
            unit="blocks per game",
            description=f"Mean number of the opponents' {z.note} shots that the team blocked.",
        )
        for z in ZONES
    ),
    per_game(
        "paint_points_allowed_per_game",
        "points_in_paint_allowed",
        last=GAMES,
        unit="points per game",
        description="Mean points that opponents scored in the paint.",
    ),
    per_game(
        "opponent_points_per_game",
        "points_allowed",
        last=GAMES,
        unit="points per game",
        description="Mean points that opponents scored.",
    ),
    mean(
        "defensive_rating_last_15",
        "defensive_rating",
        last=GAMES,
        unit="points per 100 possessions",
        description="Mean points allowed, by the opponent's possessions.",
    ),
    mean(
        "opponent_pace",
        "opponent_pace",
        last=GAMES,
        unit="possessions per game",
        description="Mean possessions of the opponents.",
    ),
    count("n", last=GAMES, unit="games", description="Games behind the row."),
    count("games", unit="games", description="Games of the team."),
)
"""What opponents did against a team; `n` games in the window, `games` in the season so far (T2)."""
