"""What the tables share: teams, the calendar, as-of joins, completeness, states and failures.

`D` is the date a row describes, `date` the column that holds it. All frames are lazy.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from pipelines.numbers import python_text, rounded_as_python

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipelines.rules import Rules, Settings

TEAMS = frozenset(
    (
        *("ATL", "BOS", "BKN", "CHA", "CHI", "CLE", "DAL", "DEN", "DET", "GSW"),
        *("HOU", "IND", "LAC", "LAL", "MEM", "MIA", "MIL", "MIN", "NOP", "NYK"),
        *("OKC", "ORL", "PHI", "PHX", "POR", "SAC", "SAS", "TOR", "UTA", "WAS"),
    )
)
"""The 30 tricodes. Everything else in the inputs is an exhibition side and is not computed."""

SCHEDULED, FINAL = 1, 3
"""`game_status` of a game that is to be played and of one that is over."""

RESULTS = ("home_team_score", "away_team_score", "winning_team_tricode")
"""Columns of the schedule that are known after a game only."""

BOUNDARY_MONTHS = (4, 10, 11)
"""Months that production calls a season boundary."""

OCTOBER, BOOTSTRAP_MODE_DAYS = 10, 30
"""Production sets `backfill_bootstrap_mode` in the first 30 days from 1 October."""


def league_games(schedule: pl.LazyFrame, season: int, *, since: int | None = None) -> pl.LazyFrame:
    """Regular-season, play-in and playoff games between two of the 30 teams (rules I1, I3).

    since: First season to take; only `season` where not given.
    Rows: `game_date`, `home`, `away`, `is_final`, `is_regular`; one per game of the season.
    """
    teams = sorted(TEAMS)
    first = dt.date(season if since is None else since, 7, 1)
    last = dt.date(season + 1, 7, 1)
    league = pl.col("is_regular_season").fill_null(value=False) | pl.col("is_playoffs").fill_null(
        value=False
    )
    # cached, so that the filter is not pushed into every small file, which takes ten times as long
    played = schedule.cache().filter(
        pl.col("game_date").is_between(first, last, closed="left"),
        league & ~pl.col("is_all_star").fill_null(value=False),
        pl.col("home_team_tricode").is_in(teams),
        pl.col("away_team_tricode").is_in(teams),
    )
    facts = played.select(
        "game_id",
        "game_date",
        "processed_at",
        "data_hash",
        home="home_team_tricode",
        away="away_team_tricode",
        is_final=(pl.col("game_status") == FINAL).fill_null(value=False),
        is_regular=pl.col("is_regular_season").fill_null(value=False),
    )
    return newest(facts, "game_id").drop("game_id", "processed_at", "data_hash")


def newest(rows: pl.LazyFrame, *key: str) -> pl.LazyFrame:
    """One row per `key`: newest `processed_at`, then greatest `data_hash`, NULL loses (I3)."""
    order = ["processed_at", "data_hash"]
    return rows.sort(order, nulls_last=False, maintain_order=True).unique(
        key, keep="last", maintain_order=True
    )


def games_of(rows: pl.LazyFrame, entity: str, team: str, rules: Rules) -> pl.LazyFrame:
    """Box-score rows of the 30 teams, one per entity and date unless copies are kept (I1, I3)."""
    league = rows.filter(pl.col(team).is_in(sorted(TEAMS)))
    if rules.duplicates == "newest":
        league = newest(league, entity, "game_date")
    return league


def opening_night(games: pl.LazyFrame) -> pl.LazyFrame:
    """One row, `opening`: the first final regular-season game, else the first one (I2)."""
    regular = games.filter(pl.col("is_regular"))
    final = pl.col("game_date").filter(pl.col("is_final")).min()
    return regular.select(opening=pl.coalesce(final, pl.col("game_date").min()))


def floor_of(games: pl.LazyFrame, season: int, rules: Rules) -> pl.LazyFrame:
    """One row, `floor`: the first date that belongs to the season (rule `season_floor`)."""
    if rules.season_floor == "october_first":
        return pl.LazyFrame({"floor": [dt.date(season, 10, 1)]})
    return opening_night(games).select(floor="opening")


def calendar(games: pl.LazyFrame, settings: Settings, today: dt.date | None) -> pl.LazyFrame:
    """Every date from opening night to the last game or `today`, with what is known beforehand.

    today: The present date in US Eastern time; later dates are not listed, and games before it
        that are not final count as postponed. None for a season that is over.
    Rows: `date`, `is_game_date` (I4), `is_bootstrap` (W3); one per calendar date.
    """
    played = (
        games
        if today is None
        else games.filter(pl.col("is_final") | (pl.col("game_date") >= today))
    )
    opening = opening_night(games)
    last = pl.min_horizontal(pl.col("game_date").max(), pl.lit(today, pl.Date))
    span = opening.join(games.select(last=last), how="cross").filter(
        pl.col("opening") <= pl.col("last")
    )
    dates = span.select(date=pl.date_ranges("opening", "last")).explode("date")
    on = played.select(date="game_date").unique().with_columns(is_game_date=pl.lit(value=True))
    day = (pl.col("date") - pl.col("opening")).dt.total_days()
    return (
        dates.join(on, on="date", how="left")
        .join(opening, how="cross")
        .select(
            "date",
            is_game_date=pl.col("is_game_date").fill_null(value=False),
            is_bootstrap=day.is_between(0, settings.bootstrap_days, closed="left"),
        )
        .sort("date")
    )


def computed_dates(days: pl.LazyFrame) -> pl.LazyFrame:
    """The dates that get rows: game dates outside bootstrap. One column, `date`."""
    return days.filter(pl.col("is_game_date") & ~pl.col("is_bootstrap")).select("date")


def as_of(
    grid: pl.LazyFrame, history: pl.LazyFrame, by: str | None, *, through: bool = False
) -> pl.LazyFrame:
    """To each row of `grid` (`date`, `by`) the newest earlier row of `history` (`game_date`, `by`).

    through: Whether a row of the same date may be taken (production's `as_of`).
    Null: no earlier row.
    """
    return grid.sort("date", *(by,) if by else ()).join_asof(
        history.sort("game_date", maintain_order=True),
        left_on="date",
        right_on="game_date",
        by=by,
        strategy="backward",
        allow_exact_matches=through,
        check_sortedness=False,
        coalesce=False,
    )


def team_dates(games: pl.LazyFrame) -> pl.LazyFrame:
    """Dates of final games by team: `team`, `game_date`; both teams of a game count (C1)."""
    final = games.filter(pl.col("is_final"))
    return pl.concat([final.select("game_date", team=side) for side in ("home", "away")]).unique()


def due_of_teams(games: pl.LazyFrame, box_scores: pl.LazyFrame) -> pl.LazyFrame:
    """What the warehouse should hold for a team: `team`, `game_date`, `found` (C1).

    box_scores: `team`, `game_date` of every box-score row; `found` is 1 where there is one.
    """
    there = box_scores.select("team", "game_date").unique().with_columns(found=pl.lit(1))
    return (
        team_dates(games)
        .join(opening_night(games), how="cross")
        .filter(pl.col("game_date") >= pl.col("opening"))
        .drop("opening")
        .join(there, on=["team", "game_date"], how="left")
        .with_columns(pl.col("found").fill_null(0))
    )


def due_of_players(
    games: pl.LazyFrame, box_scores: pl.LazyFrame, players: pl.LazyFrame
) -> pl.LazyFrame:
    """What the warehouse should hold for a player: the games of the team he was on (C1, C3).

    box_scores: `team`, `game_date` of every box-score row.
    players: `player_lookup`, `team`, `game_date` of every box-score row of a player.
    Rows: `player_lookup`, `game_date`, `found`. A game he sat out is due and found: the question
    is whether the box score of his team is there.
    """
    due = due_of_teams(games, box_scores)
    first = players.group_by("player_lookup").agg(
        first_team=pl.col("team").sort_by("game_date").first()
    )
    days = due.select(date="game_date").unique()
    on_team = as_of(first.join(days, how="cross"), players, "player_lookup", through=True).select(
        "player_lookup",
        game_date="date",
        team=pl.coalesce("team", "first_team"),
    )
    return on_team.join(due, on=["team", "game_date"]).select("player_lookup", "game_date", "found")


def completeness(grid: pl.LazyFrame, due: pl.LazyFrame, entity: str, games: int) -> pl.LazyFrame:
    """`grid` (`date`, `entity`) with `expected`, `actual` of the newest `games` due before D (C1).

    due: `entity`, `game_date`, `found`. Never NULL: an entity with nothing due expects 0.
    """
    window = (
        due.sort(entity, "game_date")
        .with_columns(i=pl.int_range(pl.len()).over(entity))
        .rolling("i", period=f"{games}i", group_by=entity)
        .agg(
            game_date=pl.col("game_date").last(),
            expected=pl.len().cast(pl.Int64),
            actual=pl.col("found").sum().cast(pl.Int64),
        )
        .drop("i")
    )
    return (
        as_of(grid, window, entity)
        .drop("game_date")
        .with_columns(pl.col("expected", "actual").fill_null(0))
    )


def percentage(expected: str = "expected", actual: str = "actual") -> pl.Expr:
    """`actual / expected * 100`, unrounded; NULL where nothing was expected (C2)."""
    share = pl.col(actual) / pl.col(expected) * 100.0
    return pl.when(pl.col(expected) > 0).then(share)


def states(
    days: pl.LazyFrame, rows: pl.LazyFrame, drivers: pl.LazyFrame, upstream: str
) -> pl.LazyFrame:
    """One state per calendar date, decided in the order of rule X1, and its failure.

    rows: `date` of every written row. drivers: `date` of every row that could drive one.
    upstream: the table that is missing where nothing drives a date.
    Rows: `date`, `state`, `detail`, `category`, `can_retry`, `teams_expected`, `teams_found`; the
    last two are NULL: a table that expects teams fills them in.
    """
    written = rows.select("date").unique().with_columns(has_rows=pl.lit(value=True))
    driven = drivers.select("date").unique().with_columns(is_driven=pl.lit(value=True))
    state = (
        pl.when(~pl.col("is_game_date"))
        .then(pl.lit("no_games"))
        .when("is_bootstrap")
        .then(pl.lit("bootstrap"))
        .when(pl.col("has_rows").fill_null(value=False))
        .then(pl.lit("ok"))
        .when(~pl.col("is_driven").fill_null(value=False))
        .then(pl.lit("upstream_missing"))
        .otherwise(pl.lit("insufficient_history"))
    )
    return (
        days.join(written, on="date", how="left")
        .join(driven, on="date", how="left")
        .with_columns(state=state)
        .with_columns(
            detail=pl.when(pl.col("state") == "upstream_missing").then(pl.lit(upstream)),
            category=pl.col("state").replace_strict(DATE_FAILURES, default=None),
            can_retry=pl.col("state") == "upstream_missing",
        )
        .select(
            "date",
            "state",
            "detail",
            "category",
            "can_retry",
            teams_expected=pl.lit(None, pl.Int64),
            teams_found=pl.lit(None, pl.Int64),
        )
        .sort("date")
    )


DATE_FAILURES: Mapping[str, str | None] = {
    "no_games": "NO_GAMES",
    "bootstrap": "BOOTSTRAP",
    "upstream_missing": "MISSING_DEPENDENCIES",
}
"""Failure category of a whole date by its state (X3); entity `DATE_LEVEL`."""


def too_few_games(entity: str, needed: int, rules: Rules) -> Sequence[pl.Expr]:
    """Columns of the non-rows of entities with `found` games and `needed` ones (W2, X3)."""
    found = pl.col("found").cast(pl.String)
    return [
        pl.col("date"),
        pl.col(entity).alias("entity"),
        pl.lit("insufficient_history").alias("reason"),
        (pl.lit("Only ") + found + pl.lit(f" games, need {needed}")).alias("detail"),
        pl.col("found").cast(pl.Int64),
        pl.lit(needed, pl.Int64).alias("needed"),
        pl.lit("INSUFFICIENT_DATA").alias("category"),
        pl.lit(rules.retry_insufficient).alias("can_retry"),
    ]


def incomplete(entity: str) -> Sequence[pl.Expr]:
    """Columns of production's non-rows for entities below the readiness threshold (2.5, 3.4)."""
    text = (
        pl.when(pl.col("expected") > 0)
        .then(python_text(rounded_as_python(percentage(), 1)))
        .otherwise(pl.lit("0"))
    )
    return [
        pl.col("date"),
        pl.col(entity).alias("entity"),
        pl.lit("incomplete_data").alias("reason"),
        pl.format("Incomplete data: {}% ({}/{} games)", text, "actual", "expected").alias("detail"),
        pl.col("actual").alias("found"),
        pl.col("expected").alias("needed"),
        pl.lit("INCOMPLETE_DATA").alias("category"),
        pl.lit(value=True).alias("can_retry"),
    ]


def readiness_columns(rules: Rules) -> Sequence[pl.Expr]:
    """The 14 completeness, readiness and breaker columns that TDZA and PSZA share, in order.

    Needs `date`, `expected`, `actual`, `percentage`, `is_ready` (C2, C7, C8).
    """
    month = pl.col("date").dt.month()
    october = (month == OCTOBER) & (pl.col("date").dt.day() <= BOOTSTRAP_MODE_DAYS)
    as_production = rules.completeness == "season_rows"
    stored = rounded_as_python(pl.col("percentage"), 1)
    never = pl.lit(None, pl.Datetime("us", "UTC"))
    issue = (
        pl.when(pl.col("is_ready") | (rules.unready_rows == "dropped"))
        .then(pl.lit([], pl.List(pl.String)))
        .when(pl.col("expected") == 0)
        .then(pl.lit(["no_games_expected"]))
        .otherwise(pl.lit(["own_data_incomplete"]))
    )
    return [
        pl.col("expected").alias("expected_games_count"),
        pl.col("actual").alias("actual_games_count"),
        (stored.fill_null(0.0) if as_production else stored).alias("completeness_percentage"),
        pl.max_horizontal(pl.col("expected") - pl.col("actual"), 0).alias("missing_games_count"),
        pl.col("is_ready").alias("is_production_ready"),
        issue.alias("data_quality_issues"),
        never.alias("last_reprocess_attempt_at"),
        pl.lit(0, pl.Int64).alias("reprocess_attempt_count"),
        pl.lit(value=False).alias("circuit_breaker_active"),
        never.alias("circuit_breaker_until"),
        pl.lit(value=False).alias("manual_override_required"),
        month.is_in(BOUNDARY_MONTHS).alias("season_boundary_detected"),
        (october if as_production else pl.lit(value=False)).alias("backfill_bootstrap_mode"),
        pl.lit("processed_successfully").alias("processing_decision_reason"),
    ]


def before_tip_off(tables: Mapping[str, pl.LazyFrame], date: dt.date) -> dict[str, pl.LazyFrame]:
    """Source tables as they were known before the first game of `date`.

    Box scores from `date` on are not there; its contexts are, later ones are not; the schedule
    lists all games, those from `date` on without a result.
    """
    known: dict[str, pl.LazyFrame] = {}
    for name, rows in tables.items():
        if name == "nbac_schedule":
            ahead = pl.col("game_date") >= date
            open_game = pl.when(ahead).then(pl.lit(SCHEDULED, pl.Int64)).otherwise("game_status")
            known[name] = rows.with_columns(
                open_game.alias("game_status"),
                *(pl.when(~ahead).then(c).alias(c) for c in RESULTS),
            )
        elif name.startswith("upcoming_"):
            known[name] = rows.filter(pl.col("game_date") <= date)
        else:
            known[name] = rows.filter(pl.col("game_date") < date)
    return known


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
        played.sort(entity, "game_date", "processed_at", "data_hash")
        .with_columns(i=pl.int_range(pl.len()).over(entity))
        .rolling("i", period=f"{games}i", group_by=entity)
        .agg(pl.col("game_date").last(), *values, found=pl.col("i").last() + 1)
        .drop("i")
        .cache()
    )
    grid = computed_dates(days).join(windows.select(entity).unique(), how="cross")
    known = as_of(grid, windows, entity, through=rules.as_of == "through_date")
    return known.filter(pl.col("game_date").is_not_null()).drop("game_date")
