"""What should be there: games by date, who should have rows in the source tables, and who has.

The schedule is the denominator. A box score is due of both teams of every game that was played, a
context of both teams of every game that is not postponed; a player who played should have been
listed. Box scores of no game, and those that cannot be, are not there (A1, A4, A5).
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from nba_local import Expected
from pipelines import basketball as nba
from pipelines.calendar import of_season, team_dates
from pipelines.evidence import POSSIBLE, agrees_with_id, possible, teams_there, unscheduled
from pipelines.rules import CORRECTED

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEDULE, SEASON_COLUMNS = "nbac_schedule", ("season_year", "game_date")
"""The table that says which season a game belongs to, and what of it says so."""

ENTITY = "player or team"
"""Whose rows are asked for by name."""

ENTITY_HINT = "a player is written as in player_lookup (lebronjames), a team as LAL"

GROUP = "team"
"""The role, of `roles()`, whose rows those of an entity depend on."""

UNNAMED = frozenset({"players"})
"""Units that differ from date to date: those of all dates are one cause."""

PLAYERS, LISTED = "player_game_summary", "upcoming_player_game_context"

RESULTS = {
    PLAYERS: "team_abbr",
    "team_offense_game_summary": "team_abbr",
    "team_defense_game_summary": "defending_team_abbr",
}
"""Box scores: written when games are over. The column of the team."""

CONTEXTS = {LISTED: "team_abbr", "upcoming_team_game_context": "team_abbr"}
"""Contexts: written before games. The column of the team."""

ON_THE_FLOOR = 5
"""Players without whom a team cannot have played: fewer box scores are not its box scores."""


def expected(
    sources: Mapping[str, pl.LazyFrame], *, season: int, today: dt.date | None
) -> Expected:
    """Dates of `season` up to `today` with their games, and what each source table should hold.

    sources: Every source table of the season, as pulled.
    today: The present date, US Eastern; None for a season that is over.
    """
    schedule = sources["nbac_schedule"]
    told = {name: possible(sources[name], CORRECTED).cache() for name in RESULTS}
    called = nba.league_games(schedule, season, CORRECTED).cache()
    there = pl.concat([teams_there(rows, called) for rows in told.values()]).cache()
    games = nba.league_games(schedule, season, CORRECTED, there=there).cache()
    # what was postponed in a season that is over is due nowhere either (A2)
    played = nba.played_games(games, dt.date.max if today is None else today)
    box = {name: agrees_with_id(rows.filter(POSSIBLE), games) for name, rows in told.items()}
    until = pl.lit(today, pl.Date)
    listed = nba.teams_of(played).select("team", game_date="date")
    if today is not None:
        listed = listed.filter(pl.col("game_date") <= until)
    teams = pl.concat(
        [_teams(name, box[name], column, team_dates(games)) for name, column in RESULTS.items()]
        + [_teams(name, sources[name], column, listed) for name, column in CONTEXTS.items()]
    ).cache()
    players = _players(box[PLAYERS], sources[LISTED], teams).cache()
    both = pl.concat([teams, players])
    counts = (
        both.group_by("table", "date", "unit")
        .agg(expected=pl.len().cast(pl.Int64), found=pl.col("is_there").sum().cast(pl.Int64))
        # the players are counted where all teams are there
        .sort(pl.col("found") == pl.col("expected"), pl.col("unit") == "players")
        .unique(["table", "date"], keep="first", maintain_order=True)
    )
    missing = both.filter(~pl.col("is_there")).select("table", "date", "unit", "entity")
    lost = unscheduled(there, schedule)
    return Expected(_dates(schedule, games, played, lost, season, today), counts, missing)


def season_games(schedule: pl.LazyFrame) -> pl.LazyFrame:
    """One row per game whose season the schedule tells: `season`, `date` (A3)."""
    return schedule.select(season="season_year", date="game_date").drop_nulls()


def _teams(name: str, rows: pl.LazyFrame, column: str, due: pl.LazyFrame) -> pl.LazyFrame:
    """The teams due in a table and whether they are there: `table`, `date`, `unit`, `entity`."""
    least = ON_THE_FLOOR if name == PLAYERS else 1
    key = "player_lookup" if name == PLAYERS else column
    there = (
        rows.group_by("game_date", team=column)
        .agg(n=pl.col(key).n_unique())
        .filter(pl.col("n") >= least)
        .select("game_date", "team", is_there=pl.lit(value=True))
    )
    return due.join(there, on=["game_date", "team"], how="left").select(
        table=pl.lit(name),
        date="game_date",
        unit=pl.lit("teams"),
        entity="team",
        is_there=pl.col("is_there").fill_null(value=False),
    )


def _players(box: pl.LazyFrame, contexts: pl.LazyFrame, teams: pl.LazyFrame) -> pl.LazyFrame:
    """Who played for a team that was listed, and whether they were listed themselves."""
    listed_teams = teams.filter(pl.col("table") == LISTED, "is_there").select(
        game_date="date", team_abbr="entity"
    )
    played = (
        box.select("game_date", "team_abbr", "player_lookup")
        .join(listed_teams, on=["game_date", "team_abbr"], how="semi")
        .select("game_date", "player_lookup")
        .unique()
    )
    listed = (
        contexts.select("game_date", "player_lookup")
        .unique()
        .with_columns(is_there=pl.lit(value=True))
    )
    return played.join(listed, on=["game_date", "player_lookup"], how="left").select(
        table=pl.lit(LISTED),
        date="game_date",
        unit=pl.lit("players"),
        entity="player_lookup",
        is_there=pl.col("is_there").fill_null(value=False),
    )


def _dates(  # noqa: PLR0913 - what a date is known from
    schedule: pl.LazyFrame,
    games: pl.LazyFrame,
    played: pl.LazyFrame,
    lost: pl.LazyFrame,
    season: int,
    today: dt.date | None,
) -> pl.LazyFrame:
    """Every date from opening night on: games of the league, those over, and other games.

    Games that the schedule has lost count: they were played (A2).
    """
    teams = sorted(nba.TEAMS)
    sides = ("home_team_tricode", "away_team_tricode")
    foreign = pl.any_horizontal(~pl.col(side).is_in(teams) for side in sides)
    others = (
        schedule.filter(of_season(season, CORRECTED), foreign)
        .group_by(date="game_date")
        .agg(
            other_games=pl.col("game_id").n_unique().cast(pl.Int64),
            others=pl.concat_list(sides).explode().unique().sort().str.join(" "),
        )
    )
    last = pl.min_horizontal(pl.col("game_date").max(), pl.lit(today, pl.Date))
    days = (
        nba.opening_night(games)
        .join(games.select(last=last), how="cross")
        .filter(pl.col("opening") <= pl.col("last"))
        .select(date=pl.date_ranges("opening", "last"))
        .explode("date")
    )
    counted = played.group_by(date="game_date").agg(
        games=pl.len().cast(pl.Int64), over=pl.col("is_final").sum().cast(pl.Int64)
    )
    gone = lost.group_by("date").agg(lost=pl.len().cast(pl.Int64) // 2)
    return (
        days.join(counted, on="date", how="left")
        .join(gone, on="date", how="left")
        .join(others, on="date", how="left")
        .with_columns(pl.col("games", "over", "other_games", "lost").fill_null(0))
        .with_columns(pl.col("games", "over") + pl.col("lost"))
        .select("date", "games", "over", "other_games", "others")
        .sort("date")
    )


def roles(sources: Mapping[str, pl.LazyFrame], *, entity: str, date: dt.date) -> dict[str, str]:
    """Who has to do with `entity` on `date`: its `team` and its `opponent`, where known.

    A player's team is the one they are listed for, else the one they played for that day or last.
    """
    found: dict[str, str] = {}
    if entity in nba.TEAMS:
        found["team"] = entity
    else:
        for name, on in ((LISTED, True), (PLAYERS, True), (PLAYERS, False)):
            when = pl.col("game_date") == date if on else pl.col("game_date") < date
            own = (
                sources[name]
                .filter(pl.col("player_lookup") == entity, when)
                .sort("game_date", descending=True)
                .select("team_abbr")
                .head(1)
                .collect()
            )
            if own.height:
                found["team"] = own.item()
                break
    if team := found.get("team"):
        game = (
            sources["nbac_schedule"]
            .filter(
                pl.col("game_date") == date,
                (pl.col("home_team_tricode") == team) | (pl.col("away_team_tricode") == team),
            )
            .select("home_team_tricode", "away_team_tricode")
            .head(1)
            .collect()
        )
        if game.height:
            found["opponent"] = next(side for side in game.row(0) if side != team)
    return found
