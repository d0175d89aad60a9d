"""A made-up league season as the warehouse would hold it, with known faults.

Nobody in it exists but the thirty clubs. `season()` gives the six source tables, `restate()`
the same season after a game was corrected. README.md in this folder describes both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import polars as pl

from pipelines.simulated import faults as _faults
from pipelines.simulated.boxscores import (
    player_game_summary,
    player_rows,
    team_defense_game_summary,
    team_offense_game_summary,
    team_rows,
)
from pipelines.simulated.faults import Fault
from pipelines.simulated.league_year import simulate
from pipelines.simulated.market import with_lines
from pipelines.simulated.player_context import Measured, upcoming_player_game_context
from pipelines.simulated.schedule_table import nbac_schedule
from pipelines.simulated.team_context import upcoming_team_game_context

__all__ = ["Fault", "Season", "restate", "season"]

_PLAYERS = "player_game_summary"


@dataclass(frozen=True)
class Season:
    """A simulated season.

    Attributes:
        year: The year it starts in.
        seed: The seed it was drawn with.
        tables: The six source tables by name, contract columns in order.
        faults: What was planted, and where.
    """

    year: int
    seed: int
    tables: Mapping[str, pl.DataFrame]
    faults: tuple[Fault, ...]


def _tenths(frame: pl.DataFrame, keys: tuple[str, str], rate: str) -> dict[tuple[str, str], int]:
    columns = (*keys, pl.col(rate).cast(pl.Float64).mul(10).round().cast(pl.Int64))
    return {(row[0], row[1]): row[2] for row in frame.select(columns).rows()}


def season(year: int = 2021, seed: int = 7, faults: bool = True, market: bool = False) -> Season:
    """The season that starts in `year`; the same year and seed give the same bytes.

    Args:
        year: The year the season starts in: 2021 is 2021-22.
        seed: Another number is another season.
        faults: Plant the faults; without them the tables are clean.
        market: With lines on points; see `market.py`. Without, nobody has one.
    """
    played = simulate(year, seed)
    lines = player_rows(played.boxes, year)
    sides = team_rows(played.boxes, lines, year)
    players, offense = player_game_summary(lines), team_offense_game_summary(sides)
    schedule = nbac_schedule(played, seed, exhibitions=faults)
    measured = Measured(
        usage=_tenths(players, ("game_id", "player_lookup"), "usage_rate"),
        pace=_tenths(offense, ("game_id", "team_abbr"), "pace"),
    )
    tables = {
        _PLAYERS: players,
        "team_offense_game_summary": offense,
        "team_defense_game_summary": team_defense_game_summary(sides),
        "upcoming_player_game_context": upcoming_player_game_context(played, measured),
        "upcoming_team_game_context": upcoming_team_game_context(played, schedule),
        "nbac_schedule": schedule,
    }
    if market:
        tables = with_lines(tables, year, seed)
    planted = _faults.plant(tables, year, seed) if faults else ()
    return Season(year, seed, MappingProxyType(tables), planted)


def restate(season: Season) -> Season:
    """The season as the warehouse holds it after a December game was corrected nine days later.

    Only `player_game_summary` differs: two rows in what they say, all rows of that date in when
    they were written.
    """
    table, fault = _faults.restated(season.tables[_PLAYERS], season.year, season.seed)
    tables = MappingProxyType({**season.tables, _PLAYERS: table})
    return replace(season, tables=tables, faults=(*season.faults, fault))
