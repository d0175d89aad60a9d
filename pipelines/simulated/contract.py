"""From the few columns that are simulated to the full width of the warehouse table."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

_PIPELINES = Path(__file__).parents[1]
_SIMPLE: dict[str, pl.DataType] = {
    "STRING": pl.String(),
    "JSON": pl.String(),
    "INT64": pl.Int64(),
    "FLOAT64": pl.Float64(),
    "BOOL": pl.Boolean(),
    "BOOLEAN": pl.Boolean(),
    "DATE": pl.Date(),
    "TIMESTAMP": pl.Datetime("us", "UTC"),
}

# The hash covers this many columns from the left: those that describe the game, not the run.
_HASHED = {
    "player_game_summary": 48,
    "team_defense_game_summary": 40,
    "team_offense_game_summary": 34,
    "upcoming_team_game_context": 27,
    "upcoming_player_game_context": 67,
    "nbac_schedule": 39,
}


@cache
def dtypes(table: str) -> dict[str, pl.DataType]:
    """Every column of the table's contract and its polars type, in order."""
    contract = json.loads((_PIPELINES / table / "schema.json").read_text(encoding="utf-8"))
    return {column["name"]: _dtype(column) for column in contract["fields"]}


def _dtype(column: dict[str, Any]) -> pl.DataType:
    if column["type"] == "NUMERIC":
        return pl.Decimal(column["precision"], column["scale"])
    plain = _SIMPLE[column["type"]]
    return pl.List(plain) if column["mode"] == "REPEATED" else plain


def rounded(value: pl.Expr, places: int) -> pl.Expr:
    """`value` at `places` decimals, halves away from zero as the warehouse stores it."""
    return value.round(places, mode="half_away_from_zero")


def stamp() -> pl.Expr:
    """When the warehouse wrote a row: 08:00 UTC on the day after the game."""
    return pl.col("game_date").cast(pl.Datetime("us", "UTC")).dt.offset_by("1d8h")


def digests(frame: pl.DataFrame, table: str) -> pl.Series:
    """16 hexadecimal digits for each row, the same for rows that describe the same thing."""
    columns = [name for name in list(dtypes(table))[: _HASHED[table]] if name != "data_hash"]
    text = frame.select(
        pl.concat_str(
            [pl.col(name).cast(pl.String).fill_null("NULL") for name in columns], separator="|"
        )
    ).to_series()
    rows = (hashlib.sha256(f"{table}|{row}".encode()).hexdigest()[:16] for row in text)
    return pl.Series("data_hash", list(rows), dtype=pl.String)


def conform(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """The rows with every contract column, in order and typed, stamped and hashed.

    Null: columns that the simulation does not fill.
    """
    stamps = {
        name: stamp()
        for name in ("created_at", "processed_at", "source_updated_at")
        if name in dtypes(table)
    }
    given = frame.with_columns(**stamps)
    full = given.select(
        (pl.col(name) if name in given.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in dtypes(table).items()
    )
    return full.with_columns(digests(full, table))
