"""Box-score and context rows: those that count, as-of joins, windows of games.

`D` is the date a row describes, `date` the column that holds it. All frames are lazy.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from pipelines.calendar import (
    SET_ASIDE,
    TEAMS,
    WAS_SET_ASIDE,
    calendar,
    computed_dates,
    floor_of,
    league_games,
    newest,
    no_upstream,
    team_dates,
)
from pipelines.evidence import (
    POSSIBLE,
    agrees_with_id,
    has_name,
    possible,
    teams_there,
    unscheduled,
    with_owner,
)

if TYPE_CHECKING:
    from pipelines.rules import Rules


class Known(NamedTuple):
    """What is known of a season: its box scores as they were told, games and calendar.

    told: See `evidence.possible`. games: See `calendar.league_games`. days: See `calendar`.
    """

    told: pl.LazyFrame
    games: pl.LazyFrame
    days: pl.LazyFrame


def known_season(  # noqa: PLR0913 - what a season is known from
    box_scores: pl.LazyFrame,
    schedule: pl.LazyFrame,
    table: str,
    *,
    rules: Rules,
    season: int,
    today: dt.date | None,
) -> Known:
    """The games of the season as schedule and box scores together tell them (A2).

    table: The feature table, whose settings say how long the bootstrap days are.
    """
    told = possible(box_scores, rules).cache()
    there = lost = None
    if rules.judges_games:
        there = teams_there(told, league_games(schedule, season, rules)).cache()
        lost = unscheduled(there, schedule)
    games = league_games(schedule, season, rules, there=there).cache()
    return Known(told, games, calendar(games, rules.of(table), today, lost).cache())


def games_in_reach(
    schedule: pl.LazyFrame, games: pl.LazyFrame, season: int, rules: Rules
) -> pl.LazyFrame:
    """League games of every season that windows may reach into; `games` where that is one."""
    if not rules.lookback_seasons:
        return games
    return league_games(schedule, season, rules, since=season - rules.lookback_seasons)


def games_of(
    rows: pl.LazyFrame, entity: str, team: str, rules: Rules, games: pl.LazyFrame | None = None
) -> pl.LazyFrame:
    """Box-score rows that count, one per entity and date unless copies are kept (I1, I3, A1).

    rows: As pulled, or as `evidence.possible` gives them.
    games: League games; rows of a team that has not played on their date are left out.
    """
    league = possible(rows, rules).filter(POSSIBLE).drop(POSSIBLE)
    if rules.needs_a_game and games is not None:
        played = team_dates(games).rename({"team": team})
        league = agrees_with_id(league, games).join(
            played, on=["game_date", team], how="semi", maintain_order="left"
        )
    if rules.duplicates == "newest":
        league = newest(league, entity, "game_date")
    return league


def set_aside(
    told: pl.LazyFrame, games: pl.LazyFrame, box: pl.LazyFrame, rules: Rules
) -> pl.LazyFrame | None:
    """Players whose box score of a game cannot be: `player_lookup`, `game_date` (A4).

    told, games: See `known_season`. box: The rows that count.
    Null: None under rules that set nothing aside.
    """
    if not rules.sets_aside:
        return None
    key = ["player_lookup", "game_date"]
    played = team_dates(games).rename({"team": "team_abbr"})
    return (
        agrees_with_id(told.filter(~pl.col(POSSIBLE)), games)
        .join(played, on=["game_date", "team_abbr"], how="semi")
        .join(box, on=key, how="anti")
        .select(key)
        .unique()
    )


def listed(
    context: pl.LazyFrame, days: pl.LazyFrame, *columns: str, rules: Rules | None = None
) -> pl.LazyFrame:
    """Context rows of the 30 teams on computed dates, one per player and date (I1, I3).

    Production takes any of several rows of a player; here it is always the newest.
    rules: Where they set rows aside, a lookup that stands for two people is not listed (A4).
    Rows: `date`, `player_lookup`, `team` and `columns`.
    """
    league = context.filter(pl.col("team_abbr").is_in(sorted(TEAMS)))
    if rules is not None:
        if rules.sets_aside:
            league = league.filter(has_name("player_lookup"))
        league = with_owner(
            league.with_columns(pl.lit(value=True).alias(POSSIBLE)), POSSIBLE, rules
        )
        league = league.filter(POSSIBLE).drop(POSSIBLE)
    return (
        newest(league, "player_lookup", "game_date")
        .select("player_lookup", *columns, date="game_date", team="team_abbr")
        .join(computed_dates(days), on="date", how="semi")
    )


def listed_by(contexts: pl.LazyFrame, date: dt.date) -> pl.LazyFrame:
    """Rows of a context table that were there before the first game of `date`: its own too."""
    return contexts.filter(pl.col("game_date") <= date)


def not_listed(
    box: pl.LazyFrame, listed: pl.LazyFrame, contexts: pl.LazyFrame, days: pl.LazyFrame
) -> pl.LazyFrame:
    """Non-rows of players who played on a computed date without a context row that counts (X2)."""
    key, table = ["date", "player_lookup"], "upcoming_player_game_context"
    played = box.select("player_lookup", date="game_date").join(
        computed_dates(days), on="date", how="semi"
    )
    absent = played.join(listed, on=key, how="anti").unique()
    there = contexts.filter(pl.col("team_abbr").is_in(sorted(TEAMS)))
    there = there.select("player_lookup", date="game_date").unique()
    no_row = no_upstream("player_lookup", f"no row in {table} on the date")
    aside = no_upstream("player_lookup", WAS_SET_ASIDE.format(table), SET_ASIDE)
    return pl.concat(
        [
            absent.join(there, on=key, how="anti").select(no_row),
            absent.join(there, on=key, how="semi").select(aside),
        ]
    )


def in_season(rows: pl.LazyFrame, games: pl.LazyFrame, season: int, rules: Rules) -> pl.LazyFrame:
    """Box-score rows from the first date of the season to its end (rule `season_floor`, W1)."""
    since = (
        rows.with_columns(one=pl.lit(1))
        .join(floor_of(games, season, rules).with_columns(one=pl.lit(1)), on="one")
        .filter(pl.col("game_date") >= pl.col("floor"))
        .drop("floor", "one")
    )
    if rules.needs_a_game:  # a row that counts has a game of the season
        return since
    return since.filter(pl.col("game_date") < dt.date(season + 1, 7, 1))


def as_of(
    grid: pl.LazyFrame, history: pl.LazyFrame, by: str | None, *, through: bool = False
) -> pl.LazyFrame:
    """To each row of `grid` (`date`, `by`) the newest earlier row of `history` (`game_date`, `by`).

    through: Whether a row of the same date may be taken (production's `as_of`).
    Null: no earlier row.
    """
    return grid.sort("date", maintain_order=True).join_asof(
        history.sort("game_date", maintain_order=True),
        left_on="date",
        right_on="game_date",
        by=by,
        strategy="backward",
        allow_exact_matches=through,
        check_sortedness=False,
        coalesce=False,
    )


def numbered(rows: pl.LazyFrame, entity: str) -> pl.LazyFrame:
    """Box scores in the order in which windows count them, with their number `i` per entity."""
    return rows.sort(entity, "game_date", "processed_at", "data_hash").with_columns(
        i=pl.int_range(pl.len()).over(entity)
    )


def last_games(
    played: pl.LazyFrame,
    days: pl.LazyFrame,
    entity: str,
    games: int,
    rules: Rules,
    *values: pl.Expr,
) -> pl.LazyFrame:
    """`values` over the newest `games` of each entity before each computed date.

    played: `entity`, `game_date`, `processed_at`, `data_hash`, ...; one row per game that counts.
    days: The calendar. values: Aggregations with a name, e.g. `pl.len().alias("games_in_sample")`.
    Rows: `date`, `entity`, `found` (its games so far), the values; entities with a game so far.
    As-of: a game of the date itself counts under `as_of = through_date` only.
    """
    windows = (
        numbered(played, entity)
        .rolling("i", period=f"{games}i", group_by=entity)
        .agg(pl.col("game_date").last(), *values, found=pl.col("i").last() + 1)
        .drop("i")
        .cache()
    )
    grid = computed_dates(days).join(windows.select(entity).unique(), how="cross")
    known = as_of(grid, windows, entity, through=rules.through)
    return known.filter(pl.col("game_date").is_not_null()).drop("game_date")
