"""A truth that no average tells, planted in the simulated season, and ideas that meet it."""

from collections.abc import Mapping

import polars as pl

from pipelines.simulated import season
from pipelines.simulated.market import with_lines

_BOX, _KEY = "player_game_summary", ("player_lookup", "game_date")
FOULS, MORE = 3, 2
"""After a game of so many fouls a player scores so many points more."""

DEMOS: Mapping[str, tuple[str, str]] = {
    "leak": (
        "A mean of five games that holds the game being predicted: the oldest mistake there is.",
        '''"""The form of the last five games, counted with the game itself."""

import polars as pl


def form(player_game_summary):
    five = pl.col("points").rolling_mean(5, min_samples=1).over("player_lookup")
    box = player_game_summary.sort("game_date")
    return box.select("player_lookup", "game_date", form=five)


FEATURES = (form,)
''',
    ),
    "noise": (
        "A number drawn from the name and the date. It knows nothing, and some interval is lucky.",
        '''"""A lucky number for each player and date."""

import polars as pl


def lucky(upcoming_player_game_context):
    listed = upcoming_player_game_context.unique(["player_lookup", "game_date"])
    number = pl.struct("player_lookup", "game_date").hash(seed=7) / 2.0**64
    return listed.select("player_lookup", "game_date", lucky=number)


FEATURES = (lucky,)
''',
    ),
    "lift": (
        f"After a game of {FOULS} fouls or more a player of this season scores {MORE} points more.",
        '''"""A player who fouled much in the last game scores more in the next."""

import polars as pl

from pipelines.windows import past

FEATURES = (past("fouls_before", pl.col("personal_fouls")),)
''',
    ),
}
"""By name what is true and the file that is tried."""


def with_a_lift(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables of a season in which fouls of the game before raise a player's points.

    Only `points` of the box scores changes; the shots they come from do not.
    """
    box = tables[_BOX].sort(_KEY)
    before = pl.col("personal_fouls").shift(1).over("player_lookup")
    more = pl.when(before >= FOULS).then(MORE).otherwise(0)
    raised = box.with_columns(points=(pl.col("points") + more).cast(pl.Int64))
    return {**tables, _BOX: raised}


def lab_season(year: int, seed: int = 7) -> dict[str, pl.DataFrame]:
    """A clean season with the lift, and a market that knows levels and nothing of fouls."""
    clean = season(year, seed, faults=False).tables
    return with_lines(with_a_lift(clean), year, seed)
