"""Where a player shot from, a feature in a line."""

from __future__ import annotations

import polars as pl

from pipelines.windows import count, per_game, share, total

GAMES, MANY_GAMES = 10, 20
"""The two windows."""

ZONES = ("paint", "mid_range", "three_pt")
ASSISTS = ("assisted", "unassisted")

LABELS = {
    "paint": "shots in the paint",
    "mid_range": "mid-range shots",
    "three_pt": "three-point shots",
}
"""The zones in words."""

ATTEMPTS = tuple(f"{zone}_attempts" for zone in ZONES)
ALL_KNOWN = (*ATTEMPTS, *(f"{zone}_makes" for zone in ZONES))
"""The six columns that a game must know to count for a rate (P2)."""

SHOTS = pl.sum_horizontal(ATTEMPTS)

FEATURES = (
    *(
        share(
            f"{zone}_of_all",
            f"{zone}_attempts",
            SHOTS,
            given=ALL_KNOWN,
            last=GAMES,
            unit="fraction",
            description=f"Share of the player's shots that were {LABELS[zone]}.",
        )
        for zone in ZONES
    ),
    *(
        share(
            f"{zone}_made",
            f"{zone}_makes",
            f"{zone}_attempts",
            last=GAMES,
            unit="fraction",
            description=f"Share of the player's {LABELS[zone]} that went in.",
        )
        for zone in ZONES
    ),
    *(
        per_game(
            f"{zone}_a_game",
            f"{zone}_attempts",
            given=(f"{zone}_makes",),
            last=GAMES,
            unit="shots per game",
            description=f"Mean number of the player's {LABELS[zone]}.",
        )
        for zone in ZONES
    ),
    *(
        share(
            f"{assist}_share",
            f"{assist}_fg_makes",
            "fg_makes",
            last=GAMES,
            unit="fraction",
            description=f"Share of the player's baskets that were {assist}.",
        )
        for assist in ASSISTS
    ),
    share(
        "paint_of_all_20",
        "paint_attempts",
        SHOTS,
        given=ALL_KNOWN,
        last=MANY_GAMES,
        unit="fraction",
        description="Share of the player's shots that were shots in the paint.",
    ),
    share(
        "paint_made_20",
        "paint_makes",
        "paint_attempts",
        last=MANY_GAMES,
        unit="fraction",
        description="Share of the player's shots in the paint that went in.",
    ),
    total(
        "shots",
        SHOTS,
        given=ALL_KNOWN,
        last=GAMES,
        unit="shots",
        description="Shots of games in which all zones are known.",
    ),
    count("games_in_sample_10", last=GAMES, unit="games", description="Games behind the row."),
    count(
        "games_in_sample_20",
        last=MANY_GAMES,
        unit="games",
        description="Games behind the 20-game figures.",
    ),
    count("games", unit="games", description="Games the player took part in."),
)
"""Where a player shot from in the games they took part in (P2); `games` in the season so far."""
