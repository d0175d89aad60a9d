"""What is known of each source row by itself, worked out once for all tables of a season."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.calendar import SCHEDULE, league_games
from pipelines.evidence import judgements

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from pipelines.rules import Rules

BOX_SCORES = (
    "player_game_summary",
    "team_offense_game_summary",
    "team_defense_game_summary",
)


def columns(
    sources: Mapping[str, pl.LazyFrame], *, rules: Rules, season: int
) -> dict[str, pl.LazyFrame]:
    """More columns of source tables, by table: one row for each of its rows, in their order.

    sources: What the tables of `season` read. Production judges no row.
    """
    if not (rules.sets_aside and rules.needs_a_game and SCHEDULE in sources):
        return {}
    called = league_games(sources[SCHEDULE], season, rules).cache()
    return {
        name: judgements(sources[name], called, rules) for name in BOX_SCORES if name in sources
    }
