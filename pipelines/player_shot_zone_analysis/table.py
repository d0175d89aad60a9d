"""Where a player has shot from over his last 10 and 20 games, as known before a date."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from nba_local import Blame, Built, Table, Thresholds
from pipelines import basketball as nba
from pipelines import completeness as due
from pipelines.numbers import canonical_text, digest, rounded_half_even, rounded_text

if TYPE_CHECKING:
    from pipelines.rules import Rules, Settings

NAME = "player_shot_zone_analysis"
TABLE = Table(
    doc="One row per player and game date: where he shot from and how well, 10 and 20 games back.",
    processor="PlayerShotZoneAnalysisProcessor",
    blames={
        **dict.fromkeys(
            (
                "insufficient_history",
                "incomplete_data",
                "own_data_incomplete",
                "sources_reach_the_last_game_date",
            ),
            (Blame("player_game_summary", "team", earlier=True),),
        ),
        **dict.fromkeys(
            ("zones_are_known", "columns_vary_within_a_date"),
            (Blame("player_game_summary", "team", earlier=True, claim="columns_are_filled"),),
        ),
    },
    thresholds=Thresholds(
        shares=("completeness_percentage",),
        figures=(
            "paint_rate_last_10",
            "mid_range_rate_last_10",
            "three_pt_rate_last_10",
            "paint_pct_last_10",
            "mid_range_pct_last_10",
            "three_pt_pct_last_10",
            "paint_attempts_per_game",
            "mid_range_attempts_per_game",
            "three_pt_attempts_per_game",
            "assisted_rate_last_10",
            "unassisted_rate_last_10",
        ),
        games=10,
    ),
)

GAMES, MANY_GAMES, LAST_20_MINIMUM = 10, 20, 15
"""The two windows, and the games from which the 20-game figures are given."""

MEDIUM_GAMES = 7
"""Games from which a row is of medium quality."""

DEPENDENCY_DAYS = 20
"""Production runs a date if any player row lies in these days before it."""

ZONES = ("paint", "mid_range", "three_pt")
ASSISTS = ("assisted", "unassisted")

PAINT, PERIMETER, MID_RANGE = 40.0, 40.0, 35.0
"""Shares of shots (percent) from which a zone is the primary one, in this order of precedence."""

RATES = tuple(f"{zone}_rate_last_10" for zone in ZONES)
DECIMALS = {
    **dict.fromkeys((*RATES, "paint_rate_last_20"), 2),
    **dict.fromkeys((f"{assist}_rate_last_10" for assist in ASSISTS), 2),
    **dict.fromkeys((*(f"{zone}_pct_last_10" for zone in ZONES), "paint_pct_last_20"), 3),
    **dict.fromkeys((f"{zone}_attempts_per_game" for zone in ZONES), 1),
}
"""The figures, and the decimals each is rounded to."""

COUNTS = ("total_shots_last_10", "games_in_sample_10", "games_in_sample_20")
TEXTS = (
    "player_lookup",
    "universal_player_id",
    "sample_quality_10",
    "sample_quality_20",
    "player_position",
    "primary_scoring_zone",
    "data_quality_tier",
    "calculation_notes",
)
"""Fields of `data_hash` beside `analysis_date` (contract 3.6)."""


def build(
    player_game_summary: pl.LazyFrame,
    nbac_schedule: pl.LazyFrame,
    *,
    rules: Rules,
    season: int,
    today: dt.date | None,
) -> Built:
    """Shot zones of every player on every game date of the season, from his games before it."""
    settings = rules.of(NAME)
    told, games, days = nba.known_season(
        player_game_summary, nbac_schedule, NAME, rules=rules, season=season, today=today
    )
    box = nba.games_of(told, "player_lookup", "team_abbr", rules, games).cache()
    lost = nba.set_aside(told, games, box, rules)
    in_season = box.pipe(nba.in_season, games, season, rules).cache()
    grid = entities(nba.computed_dates(days), in_season, rules).cache()
    form = shooting_form(windows(known_games(in_season.filter(took_part()), rules)), rules)
    ever = nba.games_in_reach(nbac_schedule, games, season, rules)
    on_team = grid.with_columns(team=pl.lit(None, pl.String))  # everyone here has played before
    complete = due.players_by_rule(on_team, ever, in_season, box, rules, due.L10, lost=lost)
    table = (
        nba.as_of(grid, form, "player_lookup", through=rules.as_of == "through_date")
        .drop("game_date")
        .join(complete, on=["date", "player_lookup"], how="left", maintain_order="left")
        .join(run_sources(days, box, rules), on="date", how="left", maintain_order="left")
        .with_columns(
            pl.col("games").fill_null(0), is_ready=due.L10.is_ready(settings.readiness_threshold)
        )
        .with_columns(has_row=has_row(rules, settings))
        .cache()
    )
    written = table.filter("has_row")
    return Built(
        rows=finished(written, rules),
        non_rows=non_rows(table, rules, settings),
        dates=nba.states(days, written, table, "player_game_summary"),
    )


def took_part() -> pl.Expr:
    """A qualifying game: active, and minutes or a shot attempted; unknown is no (contract 3.2)."""
    played = (pl.col("minutes_played") > 0) | (pl.col("fg_attempts") > 0)
    return pl.col("is_active") & played.fill_null(value=False)


def entities(dates: pl.LazyFrame, in_season: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """`date`, `player_lookup` of everyone with a row of the season before the date (P1).

    Production takes players with a qualifying game up to and including the date.
    """
    through = rules.as_of == "through_date"
    seen = in_season.filter(took_part()) if through else in_season
    first = seen.group_by("player_lookup").agg(first=pl.col("game_date").min())
    known = pl.col("first") <= pl.col("date") if through else pl.col("first") < pl.col("date")
    return dates.join(first, how="cross").filter(known).select("date", "player_lookup")


def known_games(played: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Qualifying games with what counts of each (P2).

    `all_*` where all six zone columns are known, `<zone>_*` where that pair is, `<assist>_*` where
    that column and the makes are.

    Null: an unknown value is 0 and counts under `null_zone_rows = as_zero`, else its game is out.
    """
    as_zero = rules.null_zone_rows == "as_zero"

    def known(*names: str) -> pl.Expr:
        if as_zero:
            return pl.lit(value=True)
        return pl.all_horizontal(pl.col(name).is_not_null() for name in names)

    def counted(name: str, where: pl.Expr) -> pl.Expr:
        return pl.when(where).then(pl.col(name).fill_null(0)).otherwise(0)

    pairs = {zone: (f"{zone}_attempts", f"{zone}_makes") for zone in ZONES}
    all_known = known(*(name for pair in pairs.values() for name in pair))
    columns: list[pl.Expr] = []
    for zone, (attempts, makes) in pairs.items():
        here = known(attempts, makes)
        columns += [
            counted(attempts, all_known).alias(f"all_{zone}"),
            here.cast(pl.Int64).alias(f"{zone}_games"),
            counted(attempts, here).alias(f"{zone}_attempts"),
            counted(makes, here).alias(f"{zone}_makes"),
        ]
    for assist in ASSISTS:
        here = known(f"{assist}_fg_makes", "fg_makes")
        columns += [
            counted(f"{assist}_fg_makes", here).alias(assist),
            counted("fg_makes", here).alias(f"{assist}_of"),
        ]
    return played.select(
        "player_lookup", "universal_player_id", "game_date", "data_hash", "processed_at", *columns
    ).sort("player_lookup", "game_date", "processed_at", "data_hash")


def windows(played: pl.LazyFrame) -> pl.LazyFrame:
    """After each game: sums over the newest 10 and (suffix `_20`) 20 games, and their sources."""
    numbered = played.with_columns(i=pl.int_range(pl.len()).over("player_lookup"))
    sums = [
        *(f"all_{zone}" for zone in ZONES),
        *(f"{zone}_{what}" for zone in ZONES for what in ("games", "attempts", "makes")),
        *(name for assist in ASSISTS for name in (assist, f"{assist}_of")),
    ]
    long_sums = [*(f"all_{zone}" for zone in ZONES), "paint_attempts", "paint_makes"]
    ten = numbered.rolling("i", period=f"{GAMES}i", group_by="player_lookup").agg(
        pl.col(sums).sum(),
        pl.col("game_date", "universal_player_id").last(),
        games_in_sample_10=pl.len().cast(pl.Int64),
        games=pl.col("i").last() + 1,
    )
    twenty = numbered.rolling("i", period=f"{MANY_GAMES}i", group_by="player_lookup").agg(
        pl.col(long_sums).sum().name.suffix("_20"),
        games_in_sample_20=pl.len().cast(pl.Int64),
        last_updated=pl.col("processed_at").max(),
        hashes=pl.col("data_hash").fill_null("NULL").reverse().implode(),
    )
    return ten.join(twenty, on=["player_lookup", "i"]).drop("i")


def shooting_form(windows: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """All figures of the table that depend on the player's newest game only (contract 3.3).

    Unit: rates in percent, pct as fractions, attempts per counted game; rounded half to even.
    """
    total = pl.sum_horizontal(f"all_{zone}" for zone in ZONES)
    total_20 = pl.sum_horizontal(f"all_{zone}_20" for zone in ZONES)
    enough = pl.col("games_in_sample_20") >= LAST_20_MINIMUM
    figures: list[pl.Expr] = []
    for zone in ZONES:
        attempts, rows = pl.col(f"{zone}_attempts"), pl.col(f"{zone}_games")
        figures += [
            percent(pl.col(f"all_{zone}"), total).alias(f"{zone}_rate_last_10"),
            fraction(pl.col(f"{zone}_makes"), attempts).alias(f"{zone}_pct_last_10"),
            pl.when(rows > 0)
            .then(rounded_half_even(attempts / rows, 1))
            .alias(f"{zone}_attempts_per_game"),
        ]
    for assist in ASSISTS:
        figures.append(
            percent(pl.col(assist), pl.col(f"{assist}_of")).alias(f"{assist}_rate_last_10")
        )
    named = windows.select(
        "player_lookup",
        "universal_player_id",
        "game_date",
        "games",
        "games_in_sample_10",
        "games_in_sample_20",
        "last_updated",
        *figures,
        pl.when(total > 0).then(total).alias("total_shots_last_10"),
        pl.when(enough).then(percent(pl.col("all_paint_20"), total_20)).alias("paint_rate_last_20"),
        pl.when(enough)
        .then(fraction(pl.col("paint_makes_20"), pl.col("paint_attempts_20")))
        .alias("paint_pct_last_20"),
        pl.col("hashes").list.join("|"),
    )
    labelled = named.with_columns(
        primary_scoring_zone=primary_zone(),
        sample_quality_10=label("games_in_sample_10", excellent=10, good=7, limited=5),
        sample_quality_20=label(
            "games_in_sample_20", excellent=20, good=rules.last_20_threshold, limited=10
        ),
        data_quality_tier=tier(),
        player_position=pl.lit(None, pl.String),
        calculation_notes=pl.lit(None, pl.String),
        source_hash=digest("hashes"),
    )
    hashed = {
        **{name: pl.col(name) for name in (*COUNTS, *TEXTS)},
        **{name: rounded_text(pl.col(name)) for name in DECIMALS},
    }
    # `analysis_date` sorts before every other field, so the rest of the text is the game's alone;
    # figures become decimals here, where a row is a game and not a game times a date
    return (
        labelled.with_columns(hash_rest=canonical_text(hashed))
        .with_columns(pl.col(name).cast(pl.Decimal(38, n)) for name, n in DECIMALS.items())
        .drop("hashes")
    )


def percent(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """`part / whole * 100` at two decimals, half to even; NULL of nothing."""
    return pl.when(whole > 0).then(rounded_half_even(part / whole * 100.0, 2))


def fraction(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """`part / whole` at three decimals, half to even; NULL of nothing."""
    return pl.when(whole > 0).then(rounded_half_even(part / whole, 3))


def primary_zone() -> pl.Expr:
    """Where most of a player's shots come from, on the rounded rates; paint wins ties."""
    paint, mid_range, three = (pl.col(rate).fill_null(0.0) for rate in RATES)
    return (
        pl.when((paint == 0) & (mid_range == 0) & (three == 0))
        .then(pl.lit(None, pl.String))
        .when(paint >= PAINT)
        .then(pl.lit("paint"))
        .when(three >= PERIMETER)
        .then(pl.lit("perimeter"))
        .when(mid_range >= MID_RANGE)
        .then(pl.lit("mid_range"))
        .otherwise(pl.lit("balanced"))
    )


def label(column: str, *, excellent: int, good: int, limited: int) -> pl.Expr:
    """Sample quality by number of games."""
    games = pl.col(column)
    return (
        pl.when(games >= excellent)
        .then(pl.lit("excellent"))
        .when(games >= good)
        .then(pl.lit("good"))
        .when(games >= limited)
        .then(pl.lit("limited"))
        .otherwise(pl.lit("insufficient"))
    )


def tier() -> pl.Expr:
    """Quality of a row by the games of its 10-game window."""
    return (
        pl.when(pl.col("games_in_sample_10") >= GAMES)
        .then(pl.lit("high"))
        .when(pl.col("games_in_sample_10") >= MEDIUM_GAMES)
        .then(pl.lit("medium"))
        .otherwise(pl.lit("low"))
    )


def run_sources(days: pl.LazyFrame, box: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Production's source columns per date: rows of 21 days, the newest hash (contract 1.4)."""
    dates = nba.computed_dates(days)
    if rules.source_hash == "row":
        return dates
    by_date = (
        box.group_by("game_date")
        .agg(
            rows=pl.len().cast(pl.Int64),
            updated=pl.col("processed_at").max(),
            run_hash=pl.col("data_hash").drop_nulls().max(),
        )
        .sort("game_date")
        .with_columns(pl.col("rows").cum_sum(), pl.col("updated").cum_max())
    )
    before = (
        nba.as_of(
            dates.with_columns(date=pl.col("date").dt.offset_by(f"-{DEPENDENCY_DAYS}d")),
            by_date,
            None,
        )
        .with_columns(date=pl.col("date").dt.offset_by(f"{DEPENDENCY_DAYS}d"))
        .select("date", earlier=pl.col("rows").fill_null(0))
    )
    return (
        nba.as_of(dates, by_date, None, through=True)
        .join(before, on="date")
        .select(
            "date",
            "run_hash",
            run_updated="updated",
            run_rows=pl.col("rows").fill_null(0) - pl.col("earlier"),
        )
    )


def has_row(rules: Rules, settings: Settings) -> pl.Expr:
    """Whether a player gets a row: enough games, and ready where unready rows are dropped.

    Production does not drop unready rows in the boundary months.
    """
    enough = pl.col("games") >= settings.min_games
    if rules.unready_rows == "flagged":
        return enough
    return enough & (pl.col("is_ready") | due.in_boundary())


def finished(table: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """All columns of the contract, not yet in its order."""
    by_row = rules.source_hash == "row"
    short = pl.col("games_in_sample_10") < GAMES
    updated = pl.col("last_updated" if by_row else "run_updated")
    issues = due.issues(due.own_issue(due.L10, pl.col("is_ready") | (not by_row), rules))
    text = pl.format("analysis_date:{}|{}", pl.col("date").cast(pl.String), "hash_rest")
    return table.with_columns(hash_text=text).select(
        *TEXTS,
        *DECIMALS,
        *COUNTS,
        pl.col("date").alias("analysis_date"),
        updated.alias("source_player_game_last_updated"),
        pl.col("games_in_sample_20" if by_row else "run_rows").alias(
            "source_player_game_rows_found"
        ),
        (pl.col(due.L10.percentage) if by_row else pl.lit(100.0)).alias(
            "source_player_game_completeness_pct"
        ),
        pl.col("source_hash" if by_row else "run_hash").alias("source_player_game_hash"),
        digest("hash_text").alias("data_hash"),
        short.alias("early_season_flag"),
        pl.when(short)
        .then(pl.format("Only {} games available, need 10", "games_in_sample_10"))
        .alias("insufficient_data_reason"),
        *due.readiness_columns(rules, due.L10, pl.col("is_ready"), issues),
        updated.alias("created_at"),
        updated.alias("processed_at"),
    )


def non_rows(table: pl.LazyFrame, rules: Rules, settings: Settings) -> pl.LazyFrame:
    """Players without a row: too few games, or (production) incomplete outside boundary months."""
    absent = table.filter(~pl.col("has_row")).with_columns(found=pl.col("games"))
    few = nba.too_few_games("player_lookup", settings.min_games, rules)
    if rules.unready_rows == "flagged":
        return absent.select(few)
    dropped = ~pl.col("is_ready") & ~due.in_boundary()
    reasons = pl.concat(
        [
            absent.filter(~dropped).select(few),
            absent.filter(dropped).select(due.incomplete("player_lookup", due.L10)),
        ]
    )
    if rules.failures_of_empty_dates == "kept":
        return reasons
    saved = table.filter("has_row").select("date").unique().with_columns(saved=pl.lit(value=True))
    return (
        reasons.join(saved, on="date", how="left")
        .with_columns(category=pl.when("saved").then("category"))
        .drop("saved")
    )
