"""The calendar of the league: its teams, games and dates, and the state of each date.

`D` is the date a row describes, `date` the column that holds it. All frames are lazy.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

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


def league_games(schedule: pl.LazyFrame, season: int, *, since: int | None = None) -> pl.LazyFrame:
    """Regular-season, play-in and playoff games between two of the 30 teams (rules I1, I3).

    since: First season to take; only `season` where not given.
    Rows: `game_date`, `home`, `away`, `is_final`, `is_regular`, `is_playoff` (without play-in);
        one per game of the season.
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
        is_playoff=pl.col("is_playoffs").fill_null(value=False)
        & pl.col("playoff_round").ne_missing("play_in"),
    )
    return newest(facts, "game_id").drop("game_id", "processed_at", "data_hash")


def newest(rows: pl.LazyFrame, *key: str) -> pl.LazyFrame:
    """One row per `key`: newest `processed_at`, then greatest `data_hash`, NULL loses (I3)."""
    same = pl.all_horizontal(pl.col(name) == pl.col(name).shift(-1) for name in key)
    ordered = rows.sort(*key, "processed_at", "data_hash", nulls_last=False)
    return ordered.filter(~same.fill_null(value=False))


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


def played_games(games: pl.LazyFrame, today: dt.date | None) -> pl.LazyFrame:
    """The games that were not postponed: not final although their date is past (I4)."""
    if today is None:
        return games
    return games.filter(pl.col("is_final") | (pl.col("game_date") >= today))


def teams_of(games: pl.LazyFrame) -> pl.LazyFrame:
    """Each game twice, once per team.

    Rows: `date`, `team`, `is_home`, `is_playoff`; one per team and date.
    """
    sides = [
        games.select(
            "is_playoff", date="game_date", team=side, is_home=pl.lit(value=side == "home")
        )
        for side in ("home", "away")
    ]
    return pl.concat(sides).unique(["date", "team"], keep="first", maintain_order=True)


def calendar(games: pl.LazyFrame, settings: Settings, today: dt.date | None) -> pl.LazyFrame:
    """Every date from opening night to the last game or `today`, with what is known beforehand.

    today: The present date in US Eastern time; later dates are not listed, and games before it
        that are not final count as postponed. None for a season that is over.
    Rows: `date`, `is_game_date` (I4), `is_over` (I5), `is_bootstrap` (W3); one per calendar date.
    """
    opening = opening_night(games)
    last = pl.min_horizontal(pl.col("game_date").max(), pl.lit(today, pl.Date))
    span = opening.join(games.select(last=last), how="cross").filter(
        pl.col("opening") <= pl.col("last")
    )
    dates = span.select(date=pl.date_ranges("opening", "last")).explode("date")
    on = (
        played_games(games, today)
        .group_by(date="game_date")
        .agg(is_game_date=pl.lit(value=True), is_over=pl.col("is_final").all())
    )
    day = (pl.col("date") - pl.col("opening")).dt.total_days()
    return (
        dates.join(on, on="date", how="left")
        .join(opening, how="cross")
        .select(
            "date",
            pl.col("is_game_date", "is_over").fill_null(value=False),
            is_bootstrap=day.is_between(0, settings.bootstrap_days, closed="left"),
        )
        .sort("date")
    )


def computed_dates(days: pl.LazyFrame) -> pl.LazyFrame:
    """The dates that get rows: game dates outside bootstrap. One column, `date`."""
    return days.filter(pl.col("is_game_date") & ~pl.col("is_bootstrap")).select("date")


def states(
    days: pl.LazyFrame,
    rows: pl.LazyFrame,
    drivers: pl.LazyFrame,
    upstream: str,
    missing: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """One state per calendar date, decided in the order of rule X1, and its failure.

    rows: `date` of every written row. drivers: `date` of every row that could drive one.
    upstream: the table that is missing where nothing drives a date.
    missing: `date`, `missing`: what else is, where known; such dates must have no drivers.
    Rows: `date`, `state`, `detail`, `category`, `can_retry`, `teams_expected`, `teams_found`; the
    last two are NULL: a table that expects teams fills them in.
    """
    written = rows.select("date").unique().with_columns(has_rows=pl.lit(value=True))
    driven = drivers.select("date").unique().with_columns(is_driven=pl.lit(value=True))
    if missing is None:
        missing = pl.LazyFrame(schema={"date": pl.Date, "missing": pl.String})
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
        .join(missing, on="date", how="left")
        .with_columns(state=state)
        .with_columns(
            detail=pl.when(pl.col("state") == "upstream_missing").then(
                pl.coalesce("missing", pl.lit(upstream))
            ),
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


def with_teams(
    states: pl.LazyFrame, games: pl.LazyFrame, drivers: pl.LazyFrame, today: dt.date | None
) -> pl.LazyFrame:
    """`states` with the teams that play on a date, and those among the driving rows (X1).

    drivers: `date`, `team` of every row that could drive one.
    """
    expected = teams_of(played_games(games, today)).group_by("date").agg(pl.col("team").n_unique())
    found = drivers.group_by("date").agg(pl.col("team").n_unique())
    computed = ~pl.col("state").is_in(["no_games", "bootstrap"])
    return (
        states.drop("teams_expected", "teams_found")
        .join(expected.rename({"team": "teams_expected"}), on="date", how="left")
        .join(found.rename({"team": "teams_found"}), on="date", how="left")
        .with_columns(
            pl.when(computed).then(pl.col(name).fill_null(0).cast(pl.Int64)).alias(name)
            for name in ("teams_expected", "teams_found")
        )
    )


DATE_FAILURES: Mapping[str, str | None] = {
    "no_games": "NO_GAMES",
    "bootstrap": "BOOTSTRAP",
    "upstream_missing": "MISSING_DEPENDENCIES",
}
"""Failure category of a whole date by its state (X3); entity `DATE_LEVEL`."""


NON_ROWS = {
    "date": pl.Date,
    "entity": pl.String,
    "reason": pl.String,
    "detail": pl.String,
    "found": pl.Int64,
    "needed": pl.Int64,
    "category": pl.String,
    "can_retry": pl.Boolean,
}
"""Columns of the non-rows of a table."""


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


def no_upstream(entity: str, detail: str) -> Sequence[pl.Expr]:
    """Columns of the non-rows of entities that lack an upstream row (X2, X3)."""
    return [
        pl.col("date"),
        pl.col(entity).alias("entity"),
        pl.lit("upstream_missing").alias("reason"),
        pl.lit(detail).alias("detail"),
        pl.lit(None, pl.Int64).alias("found"),
        pl.lit(None, pl.Int64).alias("needed"),
        pl.lit("MISSING_UPSTREAM").alias("category"),
        pl.lit(value=True).alias("can_retry"),
    ]
