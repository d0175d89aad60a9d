"""The faults of the demo: what is wrong in the tables, where, and in words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import polars as pl

from pipelines.simulated.boxscores import shooting, usage
from pipelines.simulated.contract import digests
from pipelines.simulated.draws import stream

Tables = dict[str, pl.DataFrame]

_LATE_DAYS = 9
_MANY_GAMES = 5
_LINE_ROWS = 140
_BASKET = {
    "points": 2,
    "fg_attempts": 1,
    "fg_makes": 1,
    "paint_attempts": 1,
    "paint_makes": 1,
    "unassisted_fg_makes": 1,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One planted fault. `rows` counts the rows lacking, surplus or changed."""

    kind: str
    table: str
    dates: tuple[date, ...]
    entities: tuple[str, ...]
    rows: int
    sentence: str


def _busy_days(schedule: pl.DataFrame, month: int) -> list[date]:
    """Dates of the month with at least five games, away from its ends."""
    games = schedule.filter(pl.col("is_regular_season")).group_by("game_date").len()
    days = games.filter(pl.col("len") >= _MANY_GAMES, pl.col("game_date").dt.month() == month)
    return sorted(day for day in days["game_date"] if 8 <= day.day <= 24)  # noqa: PLR2004


def _missing_date(tables: Tables, rng: Random, table: str, month: int) -> Fault:
    day = rng.choice(_busy_days(tables["nbac_schedule"], month))
    kept = tables[table].filter(pl.col("game_date") != day)
    lost = tables[table].height - kept.height
    tables[table] = kept
    return Fault(
        "missing_date",
        table,
        (day,),
        (),
        lost,
        f"{table} has no rows for {day}, a date with games ({lost} rows were never written).",
    )


def _missing_team(tables: Tables, rng: Random) -> Fault:
    table = "team_defense_game_summary"
    rows = tables[table]
    year = rows["season_year"][0]
    late = pl.col("game_date").is_between(date(year, 11, 19), date(year, 11, 30))
    games = rows.filter(late).group_by("defending_team_abbr").agg(pl.col("game_date").sort())
    chosen = games.filter(pl.col("game_date").list.len() > 3).sort("defending_team_abbr")  # noqa: PLR2004
    team, days = rng.choice(chosen.rows())
    lost = tuple(days[1:3])
    gone = (pl.col("defending_team_abbr") == team) & pl.col("game_date").is_in(lost)
    tables[table] = rows.filter(~gone)
    return Fault(
        "missing_team",
        table,
        lost,
        (team,),
        len(lost),
        f"{team} has no rows in {table} for two games in a row, on {lost[0]} and {lost[1]}.",
    )


def _copied_week(tables: Tables, rng: Random) -> list[Fault]:
    year = tables["team_offense_game_summary"]["season_year"][0]
    first = date(year, 12, 6) + timedelta(days=rng.randrange(5))
    week = pl.col("game_date").is_between(first, first + timedelta(days=6))
    faults = []
    for table, key in (
        ("team_offense_game_summary", "team_abbr"),
        ("team_defense_game_summary", "defending_team_abbr"),
    ):
        copies = tables[table].filter(week)
        both = pl.concat([tables[table], copies])
        tables[table] = both.sort("game_date", "game_id", key, maintain_order=True)
        days = tuple(copies["game_date"].unique().sort())
        faults.append(
            Fault(
                "copied_week",
                table,
                days,
                (),
                copies.height,
                f"Every row of {table} from {days[0]} to {days[-1]} is there twice, copy for copy.",
            )
        )
    return faults


def _line_copies(tables: Tables, rng: Random) -> Fault:
    """The context of one player and game several times over, once per betting line."""
    table = "upcoming_player_game_context"
    rows = tables[table]
    year = int(rows["game_date"].min().strftime("%Y"))  # type: ignore[union-attr]
    first = date(year + 1, 1, 10) + timedelta(days=rng.randrange(8))
    days = [first, first + timedelta(days=1), first + timedelta(days=2)]
    known = rows.with_row_index("place").filter(
        pl.col("game_date").is_in(days),
        pl.col("points_avg_last_10") >= 8,  # noqa: PLR2004
    )
    places = sorted(rng.sample(known["place"].to_list(), min(_LINE_ROWS, known.height)))
    extra, lines = [], []
    for place in places:
        line = int(rows["points_avg_last_10"][place]) + 0.5
        for step in range(1 + (rng.random() < 0.5)):  # noqa: PLR2004
            extra.append(place)
            lines.append(line + step)
    copies = rows[extra].with_columns(
        has_prop_line=pl.lit(value=True),
        current_points_line=pl.Series(lines).cast(rows.schema["current_points_line"]),
    )
    copies = copies.with_columns(digests(copies, table))
    keys = ["game_date", "game_id", "team_abbr", "player_lookup"]
    tables[table] = pl.concat([rows, copies]).sort(keys, maintain_order=True)
    dates = tuple(copies["game_date"].unique().sort())
    players = tuple(copies["player_lookup"].unique().sort())
    return Fault(
        "line_copies",
        table,
        dates,
        players,
        copies.height,
        f"{len(places)} rows of {table} from {dates[0]} to {dates[-1]} are there two or three "
        "times, with another points line each time.",
    )


def _exhibitions(tables: Tables) -> Fault:
    sides = tables["nbac_schedule"].filter("is_all_star")
    days = tuple(sides["game_date"].unique().sort())
    codes = {*sides["home_team_tricode"], *sides["away_team_tricode"]}
    return Fault(
        "exhibition_sides",
        "nbac_schedule",
        days,
        tuple(sorted(codes)),
        sides.height,
        f"The schedule holds {sides.height} All-Star weekend games of sides that are not teams.",
    )


def plant(tables: Tables, year: int, seed: int) -> tuple[Fault, ...]:
    """Spoil `tables` in place; the All-Star games must be in the schedule already."""
    steps: tuple[Callable[[Random], Fault | list[Fault]], ...] = (
        lambda rng: _missing_date(tables, rng, "player_game_summary", 1),
        lambda rng: _missing_date(tables, rng, "upcoming_player_game_context", 12),
        lambda rng: _missing_team(tables, rng),
        lambda rng: _copied_week(tables, rng),
        lambda rng: _line_copies(tables, rng),
    )
    faults: list[Fault] = []
    for number, step in enumerate(steps):
        made = step(stream(seed, year, "fault", number))
        faults += made if isinstance(made, list) else [made]
    return (*faults, _exhibitions(tables))


def _swap(games: pl.DataFrame, rng: Random) -> tuple[int, int, int]:
    """Rows of a game's player who loses a close unassisted basket, and of who gets it."""
    giving = games.filter(
        pl.col("paint_makes") > 1, pl.col("unassisted_fg_makes") > 1, pl.col("and1_count") == 0
    )
    giver = giving.row(rng.randrange(giving.height), named=True)
    mates = games.filter(
        pl.col("game_id") == giver["game_id"],
        pl.col("team_abbr") == giver["team_abbr"],
        pl.col("player_lookup") != giver["player_lookup"],
        pl.col("fg_attempts") > 0,
    )
    getter = mates.row(rng.randrange(mates.height), named=True)
    return giver["place"], getter["place"], giver["day_rows"]


def _moved(rows: pl.DataFrame, giver: int, getter: int) -> pl.DataFrame:
    """The rows after one basket went from `giver` to `getter`, their rates worked out again."""
    place = pl.col("place")
    sign = pl.when(place == getter).then(1).when(place == giver).then(-1).otherwise(0)
    basket = rows.with_columns(pl.col(name) + sign * weight for name, weight in _BASKET.items())
    rates = {**shooting(), "usage_rate": usage(pl.col("minutes_played").cast(pl.Float64))}
    return basket.with_columns(
        pl.when(sign != 0).then(rate.cast(rows.schema[name])).otherwise(pl.col(name)).alias(name)
        for name, rate in rates.items()
    )


def restated(table: pl.DataFrame, year: int, seed: int) -> tuple[pl.DataFrame, Fault]:
    """The player table nine days after a December game, one basket with another player."""
    rng = stream(seed, year, "restated")
    december = pl.col("game_date").is_between(date(year, 12, 2), date(year, 12, 4))
    rows = table.with_row_index("place").with_columns(day_rows=pl.len().over("game_date"))
    giver, getter, day_rows = _swap(rows.filter(december), rng)
    day: date = table["game_date"][giver]
    fresh = _moved(rows, giver, getter).with_columns(
        pl.when(pl.col("game_date") == day)
        .then(pl.col(name).dt.offset_by(f"{_LATE_DAYS}d"))
        .otherwise(pl.col(name))
        .alias(name)
        for name in ("created_at", "processed_at", "quality_calculated_at")
    )
    fresh = fresh.select(table.columns).with_columns(digests(fresh, "player_game_summary"))
    players = (table["player_lookup"][giver], table["player_lookup"][getter])
    sentence = (
        f"{_LATE_DAYS} days after {day} a basket of {table['game_id'][giver]} was credited to "
        f"{players[1]} instead of {players[0]}: two rows changed, all {day_rows} rows of the "
        "date were written again."
    )
    return fresh, Fault("restated_game", "player_game_summary", (day,), players, 2, sentence)
