"""Which box-score rows count: possible ones, of a game that the league has played (A1, A4, A5).

Rows that do not count stay in the raw layer, where claims of the source tables name them. Nothing
here looks ahead: whether a row counts depends on its own date and earlier ones alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from pipelines.calendar import TEAMS, newest

if TYPE_CHECKING:
    from pipelines.rules import Bounds, Rules

POSSIBLE = "is_possible"
"""Column of the rows that `possible` gives: FALSE where a row cannot be."""

OF_ITS_DATE = "is_of_its_date"
"""Column: FALSE where the game id of a row tells another date (A1)."""

TOLD = "is_told"
"""Column: FALSE where a row is left out by `possible`."""

ROW = "row"

ID = "universal_player_id"

ZONES = ("paint", "mid_range", "three_pt")


@dataclass(frozen=True, slots=True)
class BoxScore:
    """What a box-score table holds of an entity in a game, as far as it bounds its numbers.

    entity, team: Columns of who the row is about and of the team it played for.
    counts: Whole numbers that are never negative nor above the bound of the table.
    pairs: Makes and attempts, of which there are at least as many.
    zones: Attempts by zone, which add up to `attempts` within the tolerance.
    minutes, result: Columns that the table has or has not.
    """

    entity: str
    team: str
    counts: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    zones: tuple[str, ...]
    attempts: str
    minutes: str | None = None
    result: str | None = None

    @property
    def is_of_players(self) -> bool:
        """Whether the rows are of players, not of teams."""
        return self.minutes is not None

    def cannot_be(self, bounds: Bounds) -> pl.Expr:
        """Whether a number of the row is outside its bounds; unknown numbers are not (A4)."""
        most = bounds.max_points if self.is_of_players else bounds.max_team_points
        zones = pl.sum_horizontal(*self.zones, ignore_nulls=False)
        tests = [
            *(~pl.col(name).is_between(0, most) for name in self.counts),
            *(pl.col(makes) > pl.col(attempts) for makes, attempts in self.pairs),
            (zones - pl.col(self.attempts)).abs() > bounds.zone_tolerance,
        ]
        if self.minutes:
            tests.append(~pl.col(self.minutes).cast(pl.Float64).is_between(0, bounds.max_minutes))
        return pl.any_horizontal(tests).fill_null(value=False)

    def is_blank(self) -> pl.Expr:
        """Whether the row has no minutes and nothing but zeros (A5)."""
        numbers = (*self.counts, *([self.minutes] if self.minutes else []))
        return pl.all_horizontal(pl.col(name).fill_null(0) == 0 for name in numbers)


SHOTS = ("fg", "three_pt", "ft", "paint", "mid_range")

PLAYERS = BoxScore(
    entity="player_lookup",
    team="team_abbr",
    counts=(
        *("points", "assists", "offensive_rebounds", "defensive_rebounds", "steals", "blocks"),
        *("turnovers", "personal_fouls", "paint_blocks", "mid_range_blocks", "three_pt_blocks"),
        *("and1_count", "assisted_fg_makes", "unassisted_fg_makes"),
        *(f"{shot}_{what}" for shot in SHOTS for what in ("attempts", "makes")),
    ),
    pairs=(
        *((f"{shot}_makes", f"{shot}_attempts") for shot in SHOTS),
        ("assisted_fg_makes", "fg_makes"),
        ("unassisted_fg_makes", "fg_makes"),
    ),
    zones=tuple(f"{zone}_attempts" for zone in ZONES),
    attempts="fg_attempts",
    minutes="minutes_played",
)

DEFENSE = BoxScore(
    entity="defending_team_abbr",
    team="defending_team_abbr",
    counts=(
        *("points_allowed", "points_in_paint_allowed", "mid_range_points_allowed"),
        *("three_pt_points_allowed", "blocks_paint", "blocks_mid_range", "blocks_three_pt"),
        *(f"opp_{shot}_{what}" for shot in SHOTS for what in ("attempts", "makes")),
    ),
    pairs=tuple((f"opp_{shot}_makes", f"opp_{shot}_attempts") for shot in SHOTS),
    zones=tuple(f"opp_{zone}_attempts" for zone in ZONES),
    attempts="opp_fg_attempts",
)

_OFFENSE_SHOTS = ("fg", "three_pt", "ft", "team_paint", "team_mid_range")

OFFENSE = BoxScore(
    entity="team_abbr",
    team="team_abbr",
    counts=(
        *("points_scored", "points_in_paint_scored", "rebounds", "assists", "turnovers"),
        "personal_fouls",
        *(f"{shot}_{what}" for shot in _OFFENSE_SHOTS for what in ("attempts", "makes")),
    ),
    pairs=tuple((f"{shot}_makes", f"{shot}_attempts") for shot in _OFFENSE_SHOTS),
    zones=("team_paint_attempts", "team_mid_range_attempts", "three_pt_attempts"),
    attempts="fg_attempts",
    result="win_flag",
)


def box_score_of(rows: pl.LazyFrame) -> BoxScore:
    """What sort of box scores `rows` are, by their columns."""
    columns = rows.collect_schema().names()
    return next(kind for kind in (PLAYERS, DEFENSE, OFFENSE) if kind.entity in columns)


def possible(rows: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Box scores of the 30 teams with `is_possible`; a flood of blank rows is left out (A4, A5).

    Under production every row is possible. Rows that `judgements` are beside are judged already.
    """
    columns = rows.collect_schema()
    if TOLD in columns:
        return rows.filter(TOLD).drop(TOLD)
    if POSSIBLE in columns:
        return rows
    kind = box_score_of(rows)
    league = rows.filter(pl.col(kind.team).is_in(sorted(TEAMS)))
    if not rules.sets_aside:
        return league.with_columns(pl.lit(value=True).alias(POSSIBLE))
    league = league.filter(has_name(kind.entity))
    cannot_be = kind.cannot_be(rules.bounds)
    if kind.result:
        won = pl.col(kind.result)
        key = (kind.team, "game_date")
        cannot_be |= won.any().over(key) & (~won).any().over(key)
    told = league.with_columns((~cannot_be).alias(POSSIBLE))
    if not kind.is_of_players:
        return told
    return told.pipe(_without_floods, kind, rules.bounds).pipe(with_owner, POSSIBLE, rules)


def has_name(entity: str) -> pl.Expr:
    """Whether a row says whom it is about; one that does not counts nowhere (A4)."""
    return pl.col(entity).str.strip_chars() != ""


def _without_floods(rows: pl.LazyFrame, kind: BoxScore, bounds: Bounds) -> pl.LazyFrame:
    """`rows` without blank ones on dates that have many of them (A5).

    Where most of the other players of a date have no minutes either, the table does not know them,
    and that a player has none says nothing.
    """
    blank = kind.is_blank()
    timed = pl.col(kind.minutes or "").is_not_null()
    who = pl.col(kind.entity)
    dates = (
        rows.group_by("game_date")
        .agg(
            players=who.n_unique(),
            blank=who.filter(blank).n_unique(),
            others=who.filter(~blank).n_unique(),
            timed=who.filter(~blank & timed).n_unique(),
        )
        .filter(
            pl.col("timed") * 2 >= pl.col("others"),
            pl.col("blank") >= bounds.blank_rows,
            pl.col("blank") * 100 > bounds.blank_percent * pl.col("players"),
        )
        .select("game_date", is_flooded=pl.lit(value=True))
    )
    return (
        rows.join(dates, on="game_date", how="left", maintain_order="left")
        .filter(~(blank & pl.col("is_flooded").fill_null(value=False)))
        .drop("is_flooded")
    )


def with_owner(rows: pl.LazyFrame, flag: str, rules: Rules) -> pl.LazyFrame:
    """`rows` of players with `flag` FALSE where one lookup stands for two people (A4).

    An id owns a lookup on a date if more than three quarters of the lookup's dates so far carry
    it. On a date with two ids, or with an id that does not own the lookup, every row of the lookup
    is set aside.
    """
    if not rules.sets_aside:
        return rows
    who = "player_lookup"
    ids = rows.select(who, "game_date", ID).filter(pl.col(ID).is_not_null()).unique()
    shared = (
        ids.filter(pl.col(ID).n_unique().over(who) > 1)
        .sort(who, "game_date", ID)
        .with_columns(
            own=pl.int_range(1, pl.len() + 1).over(who, ID),
            all=pl.int_range(1, pl.len() + 1).over(who),
        )
        .with_columns(pl.col("all").max().over(who, "game_date"))
        .filter(pl.col("own") * 4 <= pl.col("all") * 3)
        .select(who, "game_date", is_shared=pl.lit(value=True))
        .unique()
    )
    return (
        rows.join(shared, on=[who, "game_date"], how="left", maintain_order="left")
        .with_columns(pl.col(flag) & pl.col("is_shared").is_null())
        .drop("is_shared")
    )


def judgements(rows: pl.LazyFrame, called: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """What is known of each row by itself, as columns to be put beside `rows`.

    called: League games of the season, see `calendar.league_games`.
    Rows: `is_told`, `is_possible`, `is_of_its_date`; one per row, in order. Null: the row is left
    out.
    """
    kind = box_score_of(rows)
    numbered = rows.with_row_index(ROW)
    judged = possible(numbered, rules).pipe(with_date, called, kind.team)
    judged = judged.select(ROW, POSSIBLE, OF_ITS_DATE, pl.lit(value=True).alias(TOLD))
    return (
        numbered.select(ROW)
        .join(judged, on=ROW, how="left", maintain_order="left")
        .select(pl.col(TOLD).fill_null(value=False), POSSIBLE, OF_ITS_DATE)
    )


def agrees_with_id(rows: pl.LazyFrame, games: pl.LazyFrame) -> pl.LazyFrame:
    """`rows` but for those whose game id tells another date (A1)."""
    columns = rows.collect_schema()
    if OF_ITS_DATE not in columns:
        team = next(kind.team for kind in (PLAYERS, DEFENSE, OFFENSE) if kind.entity in columns)
        rows = rows.pipe(with_date, games, team)
    return rows.filter(OF_ITS_DATE).drop(OF_ITS_DATE)


def with_date(rows: pl.LazyFrame, games: pl.LazyFrame, team: str) -> pl.LazyFrame:
    """`rows` with `is_of_its_date`: whether the game id tells no other date (A1).

    An id tells its date through the schedule (`0022100561`) or by itself (`20220104_LAL_BOS`); the
    latter where the row's team has a game on that date: a schedule whose dates moved does not make
    every box score stray.
    """
    told = pl.when(pl.col("game_id").str.slice(8, 1) == "_").then(
        pl.col("game_id").str.slice(0, 8).str.to_date("%Y%m%d", strict=False)
    )
    scheduled = games.select("game_id", scheduled="game_date")
    sides = games.select("game_date", pl.concat_list("home", "away").alias("team")).explode("team")
    elsewhere = sides.unique().select(told="game_date", **{team: "team"}, is_a_game=pl.lit(True))
    date = pl.col("game_date")
    return (
        rows.with_columns(told=told)
        .join(scheduled, on="game_id", how="left", maintain_order="left")
        .join(elsewhere, on=["told", team], how="left", maintain_order="left")
        .with_columns(
            (
                ((pl.col("told") == date) | pl.col("is_a_game").is_null())
                & (pl.col("scheduled") == date).fill_null(value=True)
            ).alias(OF_ITS_DATE)
        )
        .drop("told", "scheduled", "is_a_game")
    )


def teams_there(rows: pl.LazyFrame, games: pl.LazyFrame) -> pl.LazyFrame:
    """Teams with box scores by date: `game_date`, `team`, `opponent`; see `possible`."""
    kind = box_score_of(rows)
    return agrees_with_id(rows.filter(POSSIBLE), games).select(
        "game_date", team=kind.team, opponent="opponent_team_abbr"
    )


def unscheduled(there: pl.LazyFrame, schedule: pl.LazyFrame) -> pl.LazyFrame:
    """Opponents with box scores of a game that the schedule does not hold (A2).

    there: See `evidence.teams_there`. A date with an exhibition is left out: its teams may be of
        the league by their codes. A game without two teams of its own, or of which nobody says
        whether it is of the league, is none that the schedule holds.
    Rows: `date`, `team`; one per team.
    """
    pairs = there.unique()
    mutual = pairs.join(
        pairs.rename({"team": "opponent", "opponent": "team"}),
        on=["game_date", "team", "opponent"],
        how="semi",
    )
    kinds = ("is_regular_season", "is_playoffs", "is_all_star")
    stamps = ("game_id", "game_date", "processed_at", "data_hash")
    sides = ("home_team_tricode", "away_team_tricode")
    held = newest(schedule.select(*stamps, *sides, *kinds), "game_id").filter(
        pl.col(sides[0]) != pl.col(sides[1]),
        pl.any_horizontal(pl.col(kinds)).is_not_null(),
    )
    known = pl.concat([held.select("game_date", *kinds, team=side) for side in sides]).cache()
    exhibitions = known.filter(
        ~pl.col("team").is_in(sorted(TEAMS)),
        ~pl.any_horizontal(pl.col(kinds[:2])) | pl.col("is_all_star").fill_null(value=False),
    )
    teams = known.select("game_date", "team").unique().cache()
    return (
        mutual.join(teams, on=["game_date", "team"], how="anti")
        .join(teams.rename({"team": "opponent"}), on=["game_date", "opponent"], how="anti")
        .join(exhibitions, on="game_date", how="anti")
        .select("team", date="game_date")
        .unique()
    )
