"""A market in the simulated season: lines on points, with a small, known error and a vig.

The market knows what nobody can: a player's level, the mean of all the other games of the season.
Its newest line misses that by a normal error of `ERROR` points, its first line by `DRIFT` more.
Both sides are offered at -110, so that a bet has to win 52.4 % of the time. Lines are half points
below the mean by `SKEW`, because points lean to the right and a line lies in their middle.
"""

from collections import defaultdict
from typing import NamedTuple

import polars as pl

from pipelines.simulated.contract import digests
from pipelines.simulated.draws import normal, stream

ERROR, DRIFT, SKEW = 1.0, 0.8, 0.7
"""Standard deviations in points of the newest line and, more, of the first; mean minus median."""

LEAST_GAMES, LEAST_POINTS = 5, 6
"""A player has a line after so many games of so many points on average."""

BOOK = "draftkings"
PLAYERS, CONTEXTS = "player_game_summary", "upcoming_player_game_context"
KEY = ("player_lookup", "game_date")


class _Line(NamedTuple):
    """Newest and first line of a player on a date, and games in a row above and below it."""

    now: float
    first: float
    above: int
    below: int


def _half(value: float) -> float:
    return max(1, int(value * 2 + 0.5)) / 2


def _run(points: list[int], line: float, sign: int) -> int:
    """How many of the newest games in a row lie above (1) or below (-1) the line."""
    count = 0
    for scored in reversed(points):
        if (scored - line) * sign <= 0:
            break
        count += 1
    return count


def _lines(box: pl.DataFrame, listed: pl.DataFrame, year: int, seed: int) -> pl.DataFrame:
    """A row for each listed player and date that the market has a line on."""
    scored: dict[str, dict[object, int]] = defaultdict(dict)
    for player, day, points in box.select(*KEY, "points").rows():
        scored[player][day] = points
    made: list[tuple[object, ...]] = []
    for (player,), rows in (
        listed.select(KEY).sort(KEY).group_by("player_lookup", maintain_order=True)
    ):
        rng, games = stream(seed, year, "market", player), scored[str(player)]
        total, before = sum(games.values()), list[int]()
        for day in rows["game_date"]:
            miss, drift = ERROR * normal(rng), DRIFT * normal(rng)
            own = games.get(day)
            others = len(games) - (own is not None)
            if len(before) >= LEAST_GAMES and sum(before) >= LEAST_POINTS * len(before):
                level = (total - (own or 0)) / others - SKEW
                now = _half(level + miss)
                line = _Line(
                    now, _half(level + miss + drift), _run(before, now, 1), _run(before, now, -1)
                )
                made.append((player, day, *line))
            if own is not None:
                before.append(own)
    names = [*KEY, "now", "first", "above", "below"]
    return pl.DataFrame(made, schema=names, orient="row")


def with_lines(tables: dict[str, pl.DataFrame], year: int, seed: int) -> dict[str, pl.DataFrame]:
    """The clean tables of a season, with the market's lines; other columns stay as they are.

    Rows that say something new have another `data_hash`.
    """
    box, listed = tables[PLAYERS], tables[CONTEXTS]
    lines = _lines(box, listed, year, seed)
    now, first, known = pl.col("now"), pl.col("first"), pl.col("now").is_not_null()
    book = pl.when(known).then(pl.lit(BOOK))
    context = {
        "has_prop_line": known,
        "current_points_line": now,
        "opening_points_line": first,
        "line_movement": now - first,
        "current_points_line_source": book,
        "opening_points_line_source": book,
        "prop_over_streak": pl.col("above").fill_null(0),
        "prop_under_streak": pl.col("below").fill_null(0),
    }
    gap = pl.col("points") - now
    result = pl.when(gap >= 0).then(pl.lit("OVER")).when(gap < 0).then(pl.lit("UNDER"))
    score = {
        "points_line": now,
        "over_under_result": result,
        "margin": gap,
        "points_line_source": book,
    }
    return {
        **tables,
        CONTEXTS: _joined(listed, lines, context, CONTEXTS),
        PLAYERS: _joined(box, lines, score, PLAYERS),
    }


def _joined(
    rows: pl.DataFrame, lines: pl.DataFrame, values: dict[str, pl.Expr], table: str
) -> pl.DataFrame:
    full = rows.join(lines, on=KEY, how="left", maintain_order="left").with_columns(
        value.cast(rows.schema[name]).alias(name) for name, value in values.items()
    )
    full = full.select(rows.columns)
    return full.with_columns(digests(full, table))
