"""The later features that Phase 3 can give: the set `v2`, after the 25 of the baseline (3.2).

Numbers, names and definitions are those of the contract's list, with three differences: a value
that is not known is NULL where the list has a constant, all windows end before the date and stay
within the season, and `dnp_rate` counts every listed date without a box-score row, because the
warehouse's tables do not tell who was dressed from who was not. Those made of betting lines on
points are in `lines`; those of single bookmakers (50, 60, 61, 63) and of injury reports (47) cannot
be made of Phase 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipelines import basketball as nba
from pipelines.numbers import as_cents, divided, from_cents, rounded_as_python

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES: Mapping[int, str] = {
    29: "avg_points_vs_opponent",
    30: "games_vs_opponent",
    31: "minutes_avg_last_10",
    32: "ppm_avg_last_10",
    33: "dnp_rate",
    34: "pts_slope_10g",
    35: "pts_vs_season_zscore",
    36: "breakout_flag",
    37: "star_teammates_out",
    38: "game_total_line",
    39: "days_rest",
    40: "minutes_load_last_7d",
    41: "spread_magnitude",
    42: "implied_team_total",
    43: "points_avg_last_3",
    44: "scoring_trend_slope",
    45: "deviation_from_avg_last3",
    46: "consecutive_games_below_avg",
    48: "usage_rate_last_5",
    49: "games_since_structural_change",
    57: "blowout_minutes_risk",
    58: "minutes_volatility_last_10",
    59: "opponent_pace_mismatch",
}
"""Feature names by their number in the contract."""

CONTEXT = {"star_teammates_out": 0, "game_spread": 2, "game_total": 1}
"""Columns of the context row that only these features read, with their decimals."""

MONTH, TWO_MONTHS, WEEK = 30, 60, 7
"""Windows in days."""

GAP_DAYS, MOST_GAMES = 14, 30
"""A longer pause is a change of circumstances; games since the last one are counted up to here."""

BLOWOUT = 15
"""Points of margin from which a game was not close."""


def column(name: str) -> str:
    """Where a later feature is kept until the row is put together."""
    return f"later_{name}"


def with_later(
    rows: pl.LazyFrame, box: pl.LazyFrame, team_box: pl.LazyFrame, listed: pl.LazyFrame
) -> pl.LazyFrame:
    """`rows` with the later features, as doubles; NULL where unknown.

    rows: One per `date`, `player_lookup`, with what the 25 features are made of.
    box: Box scores of players of the season. team_box: Those of teams, by `team`.
    listed: Context rows with `CONTEXT`.
    """
    context = listed.select(
        "date",
        "player_lookup",
        "team",
        *(from_cents(as_cents(name, n), n).alias(name) for name, n in CONTEXT.items()),
    )
    keys = ["date", "player_lookup"]
    made = (
        rows.join(context, on=[*keys, "team"], how="left")
        .join(from_box_scores(rows, box), on=keys, how="left")
        .join(listed_without_playing(rows, box, listed), on=keys, how="left")
        .pipe(nba.as_of, since_a_change(box), "player_lookup")
        .rename({"game_date": "last_date"})
        .pipe(nba.as_of, blowouts(team_box), "team")
        .drop("game_date")
    )
    return (
        made.with_columns(season_score=season_score())
        .with_columns(_values())
        .with_columns(pl.col(column(name)).cast(pl.Float64) for name in NAMES.values())
    )


def season_score() -> pl.Expr:
    """The last five games against the season, in standard deviations of the last ten; -3 to 3."""
    last_5, season, spread = (
        pl.col(f"pdc_points_{name}") for name in ("avg_last_5", "avg_season", "std_last_10")
    )
    return pl.when(spread > 0).then(((last_5 - season) / spread).clip(-3.0, 3.0))


def _values() -> list[pl.Expr]:
    """The features, from the columns that `with_later` brought together."""
    last_5, season, spread = (
        pl.col(f"pdc_points_{name}") for name in ("avg_last_5", "avg_season", "std_last_10")
    )
    moved = (pl.col("team") != pl.col("last_team")) | (
        (pl.col("date") - pl.col("last_date")).dt.total_days() > GAP_DAYS
    )
    total, line = pl.col("game_total"), pl.col("game_spread")
    values = {
        "avg_points_vs_opponent": pl.coalesce("opponent_points", "seen_points_avg_season"),
        "games_vs_opponent": pl.col("opponent_games").fill_null(0),
        "minutes_avg_last_10": pl.coalesce("month_minutes", "pdc_minutes_avg_last_10"),
        "ppm_avg_last_10": pl.col("month_ppm"),
        "dnp_rate": pl.col("sat_out"),
        "pts_slope_10g": rounded_as_python(pl.col("slope_10"), 9),
        "pts_vs_season_zscore": rounded_as_python(pl.col("season_score"), 9),
        "breakout_flag": (last_5 > season + 1.5 * spread).cast(pl.Int64),
        "star_teammates_out": pl.col("star_teammates_out"),
        "game_total_line": total,
        "days_rest": pl.col("days_rest"),
        "minutes_load_last_7d": pl.col("week_minutes").fill_null(0.0),
        "spread_magnitude": line.abs(),
        # the spread is that of the row's own team, at home or away
        "implied_team_total": divided(total - line, 2),
        "points_avg_last_3": pl.col("newest_three"),
        "scoring_trend_slope": pl.col("slope_7"),
        "deviation_from_avg_last3": (pl.col("newest_three") - pl.col("months_points"))
        / pl.col("months_deviation"),
        "consecutive_games_below_avg": pl.col("below"),
        "usage_rate_last_5": pl.col("usage_5"),
        "games_since_structural_change": pl.when(moved)
        .then(0)
        .otherwise(pl.col("since_change").clip(upper_bound=MOST_GAMES)),
        "blowout_minutes_risk": pl.col("blowouts"),
        "minutes_volatility_last_10": pl.col("minutes_deviation"),
        "opponent_pace_mismatch": pl.col("pdc_team_pace_last_10") - pl.col("tdza_opponent_pace"),
    }
    return [value.alias(column(name)) for name, value in values.items()]


def from_box_scores(rows: pl.LazyFrame, box: pl.LazyFrame) -> pl.LazyFrame:
    """What the player's games before the date say, by row; rows without a game are absent."""
    keys = ["date", "player_lookup"]
    games = box.select(
        "player_lookup",
        "game_date",
        "points",
        minutes=as_cents("minutes_played", 1),
        usage=as_cents("usage_rate", 2),
        against="opponent_team_abbr",
    )
    before = (
        rows.select(*keys, "opponent_team_abbr")
        .join(games, on="player_lookup")
        .filter(pl.col("game_date") < pl.col("date"))
        .sort(*keys, "game_date", descending=[False, False, True])
        .with_columns(
            n=pl.int_range(pl.len()).over(keys),
            ago=(pl.col("date") - pl.col("game_date")).dt.total_days(),
        )
    )
    n, ago, points, minutes = (pl.col(name) for name in ("n", "ago", "points", "minutes"))
    against = pl.col("against") == pl.col("opponent_team_abbr")
    recent = points.filter(ago <= TWO_MONTHS).drop_nulls()
    on_court = (ago <= MONTH) & (minutes > 0)
    usage = pl.col("usage").filter(n < 5).drop_nulls()
    facts = before.group_by(keys).agg(
        opponent_points=points.filter(against).mean(),
        opponent_games=against.sum(),
        minutes_month=minutes.filter(on_court).sum(),
        games_month=on_court.sum(),
        month_ppm=(points / from_cents(minutes, 1)).filter(on_court).mean(),
        minutes_week=minutes.filter(ago <= WEEK).sum(),
        slope_10=slope(points.filter(n < 10).drop_nulls(), 5),
        slope_7=slope(points.filter(n < 7).drop_nulls(), 4),
        newest_three=points.filter(n < 3, ago <= TWO_MONTHS).mean(),
        months_points=recent.mean(),
        months_deviation=deviation(recent, 2),
        streak=recent.implode(),
        usage_sum=usage.sum(),
        usage_games=usage.len(),
        minutes_deviation=deviation(minutes.filter(n < 10).drop_nulls(), 3) / 10,
    )
    below = pl.element() < pl.element().mean()
    return facts.with_columns(
        month_minutes=pl.when(pl.col("games_month") > 0).then(
            from_cents(pl.col("minutes_month"), 1) / pl.col("games_month")
        ),
        week_minutes=from_cents(pl.col("minutes_week"), 1),
        usage_5=pl.when(pl.col("usage_games") >= 3).then(
            from_cents(pl.col("usage_sum"), 2) / pl.col("usage_games")
        ),
        below=pl.when(pl.col("streak").list.len() > 0).then(
            pl.col("streak").list.eval(below.cast(pl.Int64).cum_min()).list.sum()
        ),
        months_deviation=pl.when(pl.col("months_deviation") > 0).then("months_deviation"),
    )


def slope(values: pl.Expr, least: int) -> pl.Expr:
    """Least-squares slope per game of values that come newest first; NULL below `least` games."""
    count, time = values.len(), -pl.int_range(values.len())
    top = count * (time * values).sum() - time.sum() * values.sum()
    bottom = count * (time * time).sum() - time.sum() ** 2
    return pl.when(count >= least).then(top / bottom)


def deviation(values: pl.Expr, least: int) -> pl.Expr:
    """Sample standard deviation of whole numbers; NULL below `least` of them."""
    count, total = values.len().cast(pl.Int64), values.sum()
    variance = (count * (values**2).sum() - total**2) / (count * (count - 1))
    return pl.when(count >= least).then(variance.sqrt())


def listed_without_playing(
    rows: pl.LazyFrame, box: pl.LazyFrame, listed: pl.LazyFrame
) -> pl.LazyFrame:
    """`sat_out`: share without a box score of the newest ten dates the player was listed for.

    Dates without any box score of the player's team do not count: there the data is missing.
    Null: listed fewer than three times.
    """
    entity, span = "player_lookup", 10
    there = box.select(date="game_date", team="team_abbr").unique()
    played = box.select(entity, date="game_date", played=pl.lit(1, pl.Int64))
    ordered = (
        listed.join(there, on=["date", "team"], how="semi")
        .join(played, on=["date", entity], how="left")
        .sort(entity, "date")
        .select(
            entity,
            game_date="date",
            i=pl.int_range(1, pl.len() + 1).over(entity),
            out=(1 - pl.col("played").fill_null(0)).cum_sum().over(entity),
        )
    )
    share = ordered.select(
        entity,
        "game_date",
        count=pl.col("i").clip(upper_bound=span),
        out=pl.col("out") - pl.col("out").shift(span, fill_value=0).over(entity),
    )
    rate = rounded_as_python(pl.col("out") / pl.col("count"), 9)
    return nba.as_of(rows.select("date", entity), share, entity).select(
        "date", entity, sat_out=pl.when(pl.col("count") >= 3).then(rate)
    )


def since_a_change(box: pl.LazyFrame) -> pl.LazyFrame:
    """After each game: games since the player changed teams or paused for more than 14 days."""
    entity = "player_lookup"
    ordered = box.sort(entity, "game_date").select(
        entity, "game_date", "team_abbr", i=pl.int_range(pl.len()).over(entity)
    )
    pause = (pl.col("game_date") - pl.col("game_date").shift().over(entity)).dt.total_days()
    changed = (pl.col("team_abbr") != pl.col("team_abbr").shift().over(entity)) | (pause > GAP_DAYS)
    return (
        ordered.with_columns(start=pl.when(changed.fill_null(value=True)).then("i"))
        .with_columns(pl.col("start").forward_fill().over(entity))
        .select(
            entity,
            "game_date",
            last_team="team_abbr",
            since_change=pl.col("i") - pl.col("start") + 1,
        )
    )


def blowouts(team_box: pl.LazyFrame) -> pl.LazyFrame:
    """After each game of a team: of its newest ten with a known margin, the share not close."""
    known = team_box.filter(pl.col("margin_of_victory").is_not_null()).sort("team", "game_date")
    counted = known.select(
        "team",
        "game_date",
        i=pl.int_range(1, pl.len() + 1).over("team"),
        wide=(pl.col("margin_of_victory").abs() >= BLOWOUT).cast(pl.Int64).cum_sum().over("team"),
    )
    newest = pl.col("wide") - pl.col("wide").shift(10, fill_value=0).over("team")
    return counted.select("team", "game_date", blowouts=newest / pl.col("i").clip(upper_bound=10))
