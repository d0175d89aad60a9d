"""Many seasons out of one: a folder warehouse of N seasons, every date moved by whole years.

    uv run python -m tests.many_seasons N FOLDER [SOURCE]

Real rows where `../shared/phase3` is there, else simulated ones.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[1]
REAL = ROOT.parent / "shared" / "phase3"
LAST = 2021
TABLES = (
    *("player_game_summary", "team_offense_game_summary", "team_defense_game_summary"),
    *("upcoming_player_game_context", "upcoming_team_game_context", "nbac_schedule"),
)


def many_seasons(number: int, into: Path, source: Path = REAL) -> Iterable[int]:
    """Write the seasons up to 2021-22, 2021-22 itself under other dates; returns first years."""
    years = range(LAST - number + 1, LAST + 1)
    for name in TABLES:
        rows = _rows(name, source)
        (into / name).mkdir(parents=True)
        for year in years:
            moved(rows, year - LAST).write_parquet(into / name / f"season={year}.parquet")
    return years


def moved(rows: pl.DataFrame, years: int) -> pl.DataFrame:
    """Rows with dates, instants, seasons and the dates in ids moved by whole years."""
    kinds = rows.schema
    dates = [n for n, kind in kinds.items() if kind == pl.Date or isinstance(kind, pl.Datetime)]
    seasons = [
        n for n, kind in kinds.items() if n in {"season_year", "season"} and kind.is_integer()
    ]
    ids, number = pl.col("game_id"), pl.Int64
    year, short = (ids.str.slice(at, n).cast(number, strict=False) for at, n in ((0, 4), (3, 2)))
    schedules = ids.str.head(3) + ((short + years) % 100).cast(pl.String).str.zfill(2)
    game_id = (
        pl.when(ids.str.slice(8, 1) == "_")  # 20211019_BKN_MIL
        .then((year + years).cast(pl.String) + ids.str.slice(4))
        .otherwise(schedules + ids.str.slice(5))  # 0022100001
    )
    return rows.with_columns(
        pl.col(dates).dt.offset_by(f"{years}y"),
        pl.col(seasons) + years,
        *([game_id.alias("game_id")] if "game_id" in kinds else []),
    )


def _rows(name: str, source: Path) -> pl.DataFrame:
    if source.is_dir():
        return pl.read_parquet(source / name / f"season={LAST}.parquet", hive_partitioning=False)
    from pipelines.simulated import season

    return season(LAST).tables[name]


if __name__ == "__main__":
    many_seasons(int(sys.argv[1]), Path(sys.argv[2]), *map(Path, sys.argv[3:4]))
