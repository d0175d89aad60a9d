"""What the tables share: teams, the calendar, as-of joins, states and failures.

`D` is the date a row describes, `date` the column that holds it. All frames are lazy.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from pipelines.numbers import as_cents, from_cents

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


def games_of(rows: pl.LazyFrame, entity: str, team: str, rules: Rules) -> pl.LazyFrame:
    """Box-score rows of the 30 teams, one per entity and date unless copies are kept (I1, I3)."""
    league = rows.filter(pl.col(team).is_in(sorted(TEAMS)))
    if rules.duplicates == "newest":
        league = newest(league, entity, "game_date")
    return league


def listed(context: pl.LazyFrame, days: pl.LazyFrame, *columns: str) -> pl.LazyFrame:
    """Context rows of the 30 teams on computed dates, one per player and date (I1, I3).

    Production takes any of several rows of a player; here it is always the newest.
    Rows: `date`, `player_lookup`, `team` and `columns`.
    """
    league = context.filter(pl.col("team_abbr").is_in(sorted(TEAMS)))
    return (
        newest(league, "player_lookup", "game_date")
        .select("player_lookup", *columns, date="game_date", team="team_abbr")
        .join(computed_dates(days), on="date", how="semi")
    )


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


def in_season(rows: pl.LazyFrame, games: pl.LazyFrame, season: int, rules: Rules) -> pl.LazyFrame:
    """Box-score rows from the first date of the season to its end (rule `season_floor`, W1)."""
    return (
        rows.with_columns(one=pl.lit(1))
        .join(floor_of(games, season, rules).with_columns(one=pl.lit(1)), on="one")
        .filter(
            pl.col("game_date") >= pl.col("floor"), pl.col("game_date") < dt.date(season + 1, 7, 1)
        )
        .drop("floor", "one")
    )


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


def listed_by(contexts: pl.LazyFrame, date: dt.date) -> pl.LazyFrame:
    """Rows of a context table that were there before the first game of `date`: its own too."""
    return contexts.filter(pl.col("game_date") <= date)


def not_listed(box: pl.LazyFrame, listed: pl.LazyFrame, days: pl.LazyFrame) -> pl.LazyFrame:
    """Non-rows of players who played on a computed date without a context row of it (X2)."""
    played = box.select("player_lookup", date="game_date").join(
        computed_dates(days), on="date", how="semi"
    )
    return (
        played.join(listed, on=["date", "player_lookup"], how="anti")
        .unique()
        .select(no_upstream("player_lookup", "no row in upcoming_player_game_context on the date"))
    )


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


def numbered(rows: pl.LazyFrame, entity: str) -> pl.LazyFrame:
    """Box scores in the order in which windows count them, with their number `i` per entity."""
    return rows.sort(entity, "game_date", "processed_at", "data_hash").with_columns(
        i=pl.int_range(pl.len()).over(entity)
    )


def running_totals(ordered: pl.LazyFrame, entity: str, decimals: Mapping[str, int]) -> pl.LazyFrame:
    """Exact totals of an entity's rows so far: `column` and `column_known` (how many are known).

    ordered: See `numbered`.
    decimals: NUMERIC or whole columns, and how many decimals they have; totals are in units of
        the last one, unknown values count 0.
    """
    units = ordered.select(
        entity,
        "game_date",
        "i",
        *(as_cents(name, digits).alias(name) for name, digits in decimals.items()),
    )
    return units.with_columns(
        *(pl.col(name).fill_null(0).cum_sum().over(entity) for name in decimals),
        *(
            pl.col(name).is_not_null().cast(pl.Int64).cum_sum().over(entity).alias(f"{name}_known")
            for name in decimals
        ),
    )


def newest_totals(
    totals: pl.LazyFrame, entity: str, columns: Sequence[str], games: int
) -> pl.LazyFrame:
    """`totals` with those of the newest `games` rows: `column_<games>`, `column_<games>_known`."""
    return totals.with_columns(
        (pl.col(name + part) - pl.col(name + part).shift(games, fill_value=0).over(entity)).alias(
            f"{name}_{games}{part}"
        )
        for name in columns
        for part in ("", "_known")
    )


def mean_of(column: str, digits: int, games: int) -> pl.Expr:
    """Mean of the known values of the newest `games` rows; NULL where none is (N2)."""
    known = pl.col(f"{column}_{games}_known")
    return pl.when(known > 0).then(from_cents(pl.col(f"{column}_{games}"), digits) / known)


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
    known = as_of(grid, windows, entity, through=rules.as_of == "through_date")
    return known.filter(pl.col("game_date").is_not_null()).drop("game_date")
