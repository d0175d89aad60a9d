"""Features made of betting lines on points, and the one of unassisted baskets: set `v3`.

Numbers, names and definitions are those of the contract's list, with these differences. A line that
is not known is NULL and so is what is made of it: no default stands for it. The line of the row's
own date is the context's; the box score's is written after the game and counts for earlier games
only. A line is used only where it is `plausible`: lines written before 2026-05-22 may be snapshots
taken during the game. `prop_line_delta` compares with the newest earlier context that has a line,
at most 14 days before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipelines import basketball as nba
from pipelines.ml_feature_store_v2.later import GAP_DAYS, TWO_MONTHS, column
from pipelines.numbers import as_cents, from_cents

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES: Mapping[int, str] = {
    25: "vegas_points_line",
    26: "vegas_opening_line",
    27: "vegas_line_move",
    28: "has_vegas_line",
    51: "prop_over_streak",
    52: "prop_under_streak",
    53: "line_vs_season_avg",
    54: "prop_line_delta",
    55: "over_rate_last_10",
    56: "margin_vs_line_avg_last_5",
    62: "self_creation_rate",
}
"""Feature names by their number in the contract."""

CONTEXT = (
    "current_points_line",
    "opening_points_line",
    "prop_over_streak",
    "prop_under_streak",
)
"""Columns of the context row that only these features read."""

HIGHEST, FARTHEST = 80, 15
"""The highest line there is, and how far one moves from its opening before the game (27)."""

SURE, TIMES, ABOVE = 5, 2, 10
"""From so many games on, a line is at most so many times the player's most, and so much above."""


def with_lines(rows: pl.LazyFrame, box: pl.LazyFrame, listed: pl.LazyFrame) -> pl.LazyFrame:
    """`rows` with these features, as doubles; NULL where unknown.

    rows: One per `date`, `player_lookup`, with the season's averages. box: Box scores of players of
    the season. listed: Context rows with `CONTEXT`.
    """
    keys = ["date", "player_lookup"]
    most = most_so_far(box).cache()
    lines = of_contexts(listed, most).cache()
    earlier = lines.filter(pl.col("line").is_not_null()).select(
        "player_lookup", game_date="date", line_before="line"
    )
    made = (
        rows.join(lines, on=[*keys, "team"], how="left")
        .join(from_box_scores(rows, box, most), on=keys, how="left")
        .pipe(nba.as_of, earlier, "player_lookup")
    )
    return (
        made.with_columns(_values())
        .drop("game_date")
        .with_columns(pl.col(column(name)).cast(pl.Float64) for name in NAMES.values())
    )


def _values() -> list[pl.Expr]:
    """The features, from the columns that `with_lines` brought together."""
    line, opening = pl.col("line"), pl.col("opening")
    season = pl.coalesce("pdc_points_avg_season", "seen_points_avg_season")
    near = (pl.col("date") - pl.col("game_date")).dt.total_days() <= GAP_DAYS
    values = {
        "vegas_points_line": line,
        "vegas_opening_line": opening,
        "vegas_line_move": line - opening,
        "has_vegas_line": line.is_not_null(),
        "prop_over_streak": pl.when(line.is_not_null()).then("prop_over_streak"),
        "prop_under_streak": pl.when(line.is_not_null()).then("prop_under_streak"),
        "line_vs_season_avg": line - season,
        "prop_line_delta": pl.when(near).then(line - pl.col("line_before")),
        "over_rate_last_10": pl.col("over_rate"),
        "margin_vs_line_avg_last_5": pl.col("margin_5"),
        "self_creation_rate": pl.col("unassisted"),
    }
    return [value.alias(column(name)) for name, value in values.items()]


def most_so_far(box: pl.LazyFrame) -> pl.LazyFrame:
    """After each game: the most points of a player in a game of the season, and games `scored`."""
    entity = "player_lookup"
    return (
        box.filter(pl.col("points").is_not_null())
        .sort(entity, "game_date")
        .select(
            entity,
            "game_date",
            most=pl.col("points").cum_max().over(entity),
            scored=pl.int_range(1, pl.len() + 1).over(entity),
        )
    )


def plausible(line: pl.Expr) -> pl.Expr:
    """`line`, where it can be one on this player: from 0 to 80, not far above what they scored.

    Needs `most` and `scored`, see `most_so_far`. Null: where it cannot be.
    """
    beyond = (pl.col("scored") >= SURE) & (line > TIMES * pl.col("most") + ABOVE)
    return pl.when(line.is_between(0, HIGHEST) & ~beyond.fill_null(value=False)).then(line)


def of_contexts(listed: pl.LazyFrame, most: pl.LazyFrame) -> pl.LazyFrame:
    """Plausible lines by `date`, `player_lookup`, `team`: `line`, `opening`, and the streaks.

    A newest line more than 15 points from the opening was taken during the game: it is unknown.
    """
    current, opening = (
        from_cents(as_cents(name, 1), 1) for name in ("current_points_line", "opening_points_line")
    )
    known = listed.select(
        "date", "player_lookup", "team", "prop_over_streak", "prop_under_streak",
        line=current, opening=opening,
    ).pipe(nba.as_of, most, "player_lookup")  # fmt: skip
    line, first = pl.col("line"), pl.col("opening")
    strayed = ((line - first).abs() > FARTHEST).fill_null(value=False)
    return known.with_columns(line=plausible(line), opening=plausible(first)).with_columns(
        line=pl.when(~strayed).then(line)
    ).drop("game_date", "most", "scored")  # fmt: skip


def from_box_scores(rows: pl.LazyFrame, box: pl.LazyFrame, most: pl.LazyFrame) -> pl.LazyFrame:
    """Per row what earlier games of the season say: over rate, margin, unassisted share.

    Newest 10 games with a plausible line, and newest 5; newest 10 with a basket, of 60 days.
    """
    entity, keys = "player_lookup", ["date", "player_lookup"]
    games = (
        box.select(
            entity,
            "points",
            date="game_date",
            line=from_cents(as_cents("points_line", 1), 1),
            makes="fg_makes",
            alone=pl.when(pl.col("fg_makes") > 0).then("unassisted_fg_makes"),
        )
        .pipe(nba.as_of, most, entity)
        .select(
            entity,
            game_date="date",
            margin=pl.col("points") - plausible(pl.col("line")),
            share=pl.col("alone") / pl.col("makes"),
        )
    )
    before = (
        rows.select(keys)
        .join(games, on=entity)
        .filter(pl.col("game_date") < pl.col("date"))
        .sort(*keys, "game_date", descending=[False, False, True])
        .with_columns(ago=(pl.col("date") - pl.col("game_date")).dt.total_days())
    )
    margins = pl.col("margin").drop_nulls()
    shares = pl.col("share").filter(pl.col("ago") <= TWO_MONTHS).drop_nulls().head(10)
    facts = before.group_by(keys).agg(
        lined=margins.len().clip(upper_bound=10).cast(pl.Int64),
        overs=(margins.head(10) > 0).sum().cast(pl.Int64),
        # lines are halves, so that sums are exact
        margin=margins.head(5).sum(),
        shares=shares.len().cast(pl.Int64),
        alone=shares.mean(),
    )
    lined = pl.col("lined")
    return facts.select(
        *keys,
        over_rate=pl.when(lined >= 5).then(pl.col("overs") / lined),
        margin_5=pl.when(lined >= 3).then(pl.col("margin") / lined.clip(upper_bound=5)),
        unassisted=pl.when(pl.col("shares") >= 5).then("alone"),
    )
