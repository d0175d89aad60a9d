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


SCHEDULED, LIVE, FINAL = 1, 2, 3
"""`game_status` of a game that is to be played, of one in progress and of one that is over."""

SCHEDULE = "nbac_schedule"

OCTOBER = 10
"""Month in which a season begins where the schedule does not say to which one a game belongs."""


def league_games(
    schedule: pl.LazyFrame,
    season: int,
    rules: Rules | None = None,
    *,
    there: pl.LazyFrame | None = None,
    since: int | None = None,
) -> pl.LazyFrame:
    """Regular-season, play-in and playoff games between two of the 30 teams (rules I1, I3).

    there: `game_date`, `team` of box scores, which prove that a game was played whatever its
        status says (A2). Games that are called final without a score or box scores are left out.
    since: First season to take; only `season` where not given.
    Rows: `game_id`, `game_date`, `home`, `away`, `is_final`, `is_live` (in progress), `is_regular`,
        `is_playoff` (without play-in); one per game of the season.
    """
    teams = sorted(TEAMS)
    league = pl.col("is_regular_season").fill_null(value=False) | pl.col("is_playoffs").fill_null(
        value=False
    )
    # cached, so that the filter is not pushed into every small file, which takes ten times as long
    played = schedule.cache().filter(
        of_season(season, rules, since),
        league & ~pl.col("is_all_star").fill_null(value=False),
        pl.col("home_team_tricode").is_in(teams),
        pl.col("away_team_tricode").is_in(teams),
        pl.col("home_team_tricode") != pl.col("away_team_tricode"),
    )
    facts = played.select(
        "game_id",
        "game_date",
        "processed_at",
        "data_hash",
        home="home_team_tricode",
        away="away_team_tricode",
        is_final=(pl.col("game_status") == FINAL).fill_null(value=False),
        is_live=(pl.col("game_status") == LIVE).fill_null(value=False),
        is_scored=pl.all_horizontal(pl.col("home_team_score", "away_team_score").is_not_null()),
        is_regular=pl.col("is_regular_season").fill_null(value=False),
        is_playoff=pl.col("is_playoffs").fill_null(value=False)
        & pl.col("playoff_round").ne_missing("play_in"),
    )
    games = newest(facts, "game_id").drop("processed_at", "data_hash")
    if rules is not None and rules.judges_games:
        games = judged(games, there)
    else:
        games = games.with_columns(is_live=pl.lit(value=False))
    return games.drop("is_scored")


def of_season(season: int, rules: Rules | None = None, since: int | None = None) -> pl.Expr:
    """Whether a game of the schedule belongs to the seasons from `since` to `season` (A3).

    The schedule says so in `season_year`; where it does not, a season begins in October. Production
    goes by the date alone.
    """
    first = season if since is None else since
    if rules is not None and rules.judges_games:
        date = pl.col("game_date").dt
        by_date = date.year() - (date.month() < OCTOBER).cast(pl.Int64)
        return pl.coalesce("season_year", by_date).is_between(first, season)
    span = dt.date(first, 7, 1), dt.date(season + 1, 7, 1)
    return pl.col("game_date").is_between(*span, closed="left")


def judged(games: pl.LazyFrame, there: pl.LazyFrame | None) -> pl.LazyFrame:
    """`games` by what happened: played, in progress, or to be played (A2).

    Played is a game that is final and has a score, or whose two teams have box scores. One that is
    called final and has neither is unknown, and left out.
    """
    scored = games.with_columns(is_called_final="is_final")
    played = pl.col("is_final") & pl.col("is_scored")
    if there is not None:
        teams = there.select("game_date", "team").unique().cache()
        for side in ("home", "away"):
            has = teams.select("game_date", pl.lit(value=True).alias(f"has_{side}"), side="team")
            scored = scored.join(has.rename({"side": side}), on=["game_date", side], how="left")
        played = played | pl.all_horizontal(pl.col("has_home", "has_away").is_not_null())
    known = scored.with_columns(is_final=played).filter(
        pl.col("is_final") | ~pl.col("is_called_final")
    )
    return known.with_columns(pl.col("is_live") & ~pl.col("is_final")).select(
        games.collect_schema().names()
    )


def newest(rows: pl.LazyFrame, *key: str) -> pl.LazyFrame:
    """One row per `key`: newest `processed_at`, then greatest `data_hash`, NULL loses (I3).

    Rows that these do not tell apart are stored in the order of all their columns: the last one,
    which is the greatest, is taken (A6).
    """
    by = [*key, "processed_at", "data_hash"]
    same = pl.all_horizontal(pl.col(name) == pl.col(name).shift(-1) for name in key)
    return rows.sort(by, nulls_last=False, maintain_order=True).filter(~same.fill_null(value=False))


def unscheduled_of(days: pl.LazyFrame) -> pl.LazyFrame:
    """Teams whose game of a date the schedule has lost: `game_date`, `team`; see `calendar`."""
    lost = days.filter(pl.col("is_unscheduled"))
    return (
        lost.select("lost_teams", game_date="date")
        .explode("lost_teams")
        .rename({"lost_teams": "team"})
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


def played_games(games: pl.LazyFrame, today: dt.date | None) -> pl.LazyFrame:
    """The games that were not postponed: neither played nor live although past (I4, A2)."""
    if today is None:
        return games
    known = pl.any_horizontal("is_final", "is_live")
    return games.filter(known | (pl.col("game_date") >= today))


def team_dates(games: pl.LazyFrame) -> pl.LazyFrame:
    """Dates of final games by team: `team`, `game_date`; both teams of a game count (C1)."""
    final = games.filter(pl.col("is_final"))
    return pl.concat([final.select("game_date", team=side) for side in ("home", "away")]).unique()


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


def calendar(
    games: pl.LazyFrame,
    settings: Settings,
    today: dt.date | None,
    unscheduled: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """Every date from opening night to the last game or `today`, with what is known beforehand.

    today: The present date in US Eastern time; later dates are not listed, and games before it
        that are not final count as postponed. None for a season that is over.
    unscheduled: Teams whose games the schedule has lost; see the function.
    Rows: `date`, `is_game_date` (I4), `is_over` (I5), `is_bootstrap` (W3), `is_unscheduled` (A2)
        and the `lost_teams` of such a date; one per calendar date.
    """
    opening = opening_night(games)
    if unscheduled is None:
        unscheduled = pl.LazyFrame(schema={"date": pl.Date, "team": pl.String})
    lost = unscheduled.group_by("date").agg(lost_teams=pl.col("team").sort()).cache()
    ends = pl.concat([games.select("game_date"), lost.select(game_date="date")])
    last = pl.min_horizontal(pl.col("game_date").max(), pl.lit(today, pl.Date))
    span = opening.join(ends.select(last=last), how="cross").filter(
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
        .join(lost, on="date", how="left")
        .join(opening, how="cross")
        .select(
            "date",
            pl.col("is_game_date", "is_over").fill_null(value=False),
            "lost_teams",
            is_unscheduled=pl.col("lost_teams").is_not_null(),
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
    Rows: `date`, `state`, `detail`, `category`, `can_retry`, `entities_expected`,
    `entities_found`; the last two are NULL: a table that expects teams fills them in
    (`with_teams`).
    """
    written = rows.select("date").unique().with_columns(has_rows=pl.lit(value=True))
    driven = drivers.select("date").unique().with_columns(is_driven=pl.lit(value=True))
    if missing is None:
        missing = pl.LazyFrame(schema={"date": pl.Date, "missing": pl.String})
    lost = pl.col("is_unscheduled") & ~pl.col("is_game_date")
    state = (
        pl.when(lost & ~pl.col("is_bootstrap"))
        .then(pl.lit("upstream_missing"))
        .when(~pl.col("is_game_date"))
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
                pl.when(lost)
                .then(pl.lit(SCHEDULE))
                .otherwise(pl.coalesce("missing", pl.lit(upstream)))
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
            entities_expected=pl.lit(None, pl.Int64),
            entities_found=pl.lit(None, pl.Int64),
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
        states.drop("entities_expected", "entities_found")
        .join(expected.rename({"team": "entities_expected"}), on="date", how="left")
        .join(found.rename({"team": "entities_found"}), on="date", how="left")
        .with_columns(
            pl.when(computed).then(pl.col(name).fill_null(0).cast(pl.Int64)).alias(name)
            for name in ("entities_expected", "entities_found")
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


SET_ASIDE = "row_set_aside"
"""Reason of a non-row: there is a row of the entity upstream, and it counts nowhere (A1, A4)."""

WAS_SET_ASIDE = "the row in {} on the date was set aside; its claims say why"


def no_upstream(entity: str, detail: str, reason: str = "upstream_missing") -> Sequence[pl.Expr]:
    """Columns of the non-rows of entities without an upstream row that counts (X2, X3)."""
    return [
        pl.col("date"),
        pl.col(entity).alias("entity"),
        pl.lit(reason).alias("reason"),
        pl.lit(detail).alias("detail"),
        pl.lit(None, pl.Int64).alias("found"),
        pl.lit(None, pl.Int64).alias("needed"),
        pl.lit("MISSING_UPSTREAM").alias("category"),
        pl.lit(value=True).alias("can_retry"),
    ]
