"""The rows that broke a claim, as `check` and `backfill` kept them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from nba_local.errors import AlteredFileError
from nba_local.tables.calendar import Season

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nba_local.storage.store import Store

FOLDER = "quarantine"
SCHEMA = {"claim": pl.String, "season": pl.String}
"""Columns that every claim has; the others are those that its query returns."""


def rows(store: Store, table: str, seasons: Sequence[Season] = ()) -> pl.DataFrame:
    """Rows of `table` that broke a claim, a row per claim: `claim`, `season`, what it returns.

    A column that a claim does not return is NULL in its rows. Sorted by season and claim; of all
    seasons where none is named. Reads the files of the quarantine.

    Raises:
        AlteredFileError: One of them cannot be read.
    """
    folder = store.root / FOLDER / table
    wanted = {season.year for season in seasons}
    found = [pl.DataFrame(schema=SCHEMA)]
    for file in sorted(folder.glob("season=*/*.parquet")):
        season = Season(int(file.parent.name.removeprefix("season=")))
        if not wanted or season.year in wanted:
            kept = _read(file, season, table)
            named = (pl.lit(file.stem).alias("claim"), pl.lit(str(season)).alias("season"))
            found.append(kept.select(*named, *(c for c in kept.columns if c not in SCHEMA)))
    return pl.concat(found, how="diagonal_relaxed")


def _read(file: Path, season: Season, table: str) -> pl.DataFrame:
    try:
        return pl.read_parquet(file, glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise AlteredFileError(
            f"{file} cannot be read: {str(error).partition('\n')[0]}; nothing was read",
            hint=f"remove it, then nba-local check {season} --tables {table} writes it again",
        ) from error
