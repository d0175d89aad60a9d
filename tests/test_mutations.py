"""A warehouse that changed in any way: the result is what the evidence says, or a message says what
is wrong and the target has lost nothing."""

from __future__ import annotations

import datetime as dt
import random
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from nba_local.cli.app import app
from tests.seasons import ROOT, store

if TYPE_CHECKING:
    from pathlib import Path

SEASON, LAST = "2021-22", dt.date(2021, 11, 12)
FIRST = dt.date(2021, 11, 4)
"""Dates from here to `LAST` are mutated."""
SCHEDULE = "nbac_schedule"
TABLES = (
    *("player_game_summary", "team_defense_game_summary", "team_offense_game_summary"),
    *("upcoming_player_game_context", "upcoming_team_game_context", SCHEDULE),
)
DAY = "game_date"
FEATURES = ("player_shot_zone_analysis", "team_defense_zone_analysis")
ALWAYS = ("--tables", ",".join(FEATURES))


# what may become of a table: the rows of a date, one of them, or the files


def is_on(day: dt.date) -> pl.Expr:
    return pl.col(DAY) == day


def drop_date(rows, day, _):
    return rows.filter(~is_on(day))


def drop_rows(rows, day, chance):
    lost = chance.randrange(2, 9)
    keep = pl.int_range(pl.len()) % lost != 0
    return rows.filter(~is_on(day) | keep)


def duplicate_date(rows, day, _):
    return pl.concat([rows, rows.filter(is_on(day))])


def duplicate_under_the_next_date(rows, day, _):
    """As a system that takes UTC dates for game dates does."""
    moved = rows.filter(is_on(day)).with_columns(pl.col(DAY) + dt.timedelta(days=1))
    return pl.concat([rows, moved])


def move_date(rows, day, _):
    moved = pl.when(is_on(day)).then(pl.col(DAY) + dt.timedelta(days=1)).otherwise(DAY)
    return rows.with_columns(moved.alias(DAY))


def null_dates(rows, day, _):
    return rows.with_columns(pl.when(~is_on(day)).then(DAY).alias(DAY))


def null_column(rows, day, chance):
    column = chance.choice([c for c in rows.columns if c != DAY])
    return rows.with_columns(pl.when(~is_on(day)).then(column).alias(column))


def absurd_numbers(rows, day, chance):
    numbers = [c for c, kind in rows.schema.items() if kind.is_integer()]
    column = chance.choice(numbers)
    value = chance.choice([-7, 100_000])
    return rows.with_columns(pl.when(is_on(day)).then(value).otherwise(column).alias(column))


def dates_as_text(rows, *_):
    return rows.with_columns(pl.col(DAY).cast(pl.String))


def dates_as_numbers(rows, *_):
    return rows.with_columns(pl.col(DAY).dt.strftime("%Y%m%d").cast(pl.Int64))


def wider_numbers(rows, *_):
    return rows.with_columns(pl.col(pl.Int64).cast(pl.Float64))


def shuffle(rows, _, chance):
    return rows.sample(fraction=1.0, shuffle=True, seed=chance.randrange(100))


def other_status(rows, day, chance):
    if "game_status" not in rows.columns:
        return rows
    status = pl.lit(chance.choice([1, 2, 9]), pl.Int64)
    return rows.with_columns(
        pl.when(is_on(day)).then(status).otherwise("game_status").alias("game_status")
    )


ROWS = (
    *(drop_date, drop_rows, duplicate_date, duplicate_under_the_next_date, move_date, null_dates),
    *(null_column, absurd_numbers, dates_as_text, dates_as_numbers, wider_numbers, shuffle),
    other_status,
)
QUICK = (drop_rows, duplicate_under_the_next_date, null_dates, absurd_numbers, other_status)
"""Of these the fast suite tries one on one table each; the others are tried in the slow one."""


def no_folder(folder):
    shutil.rmtree(folder)


def no_file(folder):
    for file in folder.iterdir():
        file.unlink()


def truncated_file(folder):
    for file in folder.iterdir():
        file.write_bytes(file.read_bytes()[:-100])


def empty_file(folder):
    for file in folder.iterdir():
        file.write_bytes(b"")


def no_rows(folder):
    for file in folder.iterdir():
        pl.read_parquet(file).clear().write_parquet(file)


def other_ending(folder):
    for file in folder.iterdir():
        file.rename(file.with_suffix(".pq"))


FILES = (no_folder, no_file, truncated_file, empty_file, no_rows, other_ending)


# the road, as typed


@dataclass(frozen=True)
class Said:
    """Exit codes and words of pull, backfill and push."""

    codes: tuple[int, ...]
    words: str


def typed(data: Path, warehouse: Path, target: Path) -> Said:
    codes, words = [], []
    for verb in (
        ("pull", "--season", SEASON, "--warehouse", f"file://{warehouse}"),
        ("backfill", SEASON, *ALWAYS),
        ("push", SEASON, "--to", f"file://{target}", "--yes", *ALWAYS),
    ):
        where = ("--data", str(data), "--pipelines", str(ROOT / "pipelines"))
        done = CliRunner().invoke(app, [*verb, *where])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        codes.append(done.exit_code)
        words.append(done.output)
    return Said(tuple(codes), "\n".join(words))


def rows_of(target: Path) -> dict[str, pl.DataFrame]:
    """The rows of each feature table of a target."""
    return {name: pl.read_parquet(target / name / "*.parquet") for name in FEATURES}


def dates_of(rows: pl.DataFrame) -> dict[dt.date, int]:
    """Rows by date."""
    by = next(c for c in ("analysis_date", "cache_date", DAY) if c in rows.columns)
    return dict(rows.group_by(by).len().iter_rows())


@pytest.fixture(scope="module")
def start(seasons, tmp_path_factory):
    """A warehouse, and a data folder and a target that agree with it."""
    root = tmp_path_factory.mktemp("start")
    tables = dict(seasons.simulated().tables)
    store(root / "warehouse", tables, LAST)
    said = typed(root / "data", root / "warehouse", root / "target")
    assert set(said.codes) == {0}, said.words
    return root


def prove(start: Path, folder: Path, table: str, change) -> None:
    """Change a table of a copy of `start`, and look at what comes of it."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(start, folder)
    (file,) = (folder / "warehouse" / table).iterdir()
    before, source = rows_of(folder / "target"), pl.read_parquet(file)
    change(folder / "warehouse" / table)
    files = list((folder / "warehouse" / table).glob("*.parquet"))
    changed = not files or files[0].read_bytes() != file_of(start, table)
    said = typed(folder / "data", folder / "warehouse", folder / "target")
    after = rows_of(folder / "target")
    if set(said.codes) == {0}:
        fresh = typed(folder / "fresh", folder / "warehouse", folder / "fresh-target")
        assert set(fresh.codes) == {0}, fresh.words
        again = rows_of(folder / "fresh-target")
        for name, rows in after.items():
            assert rows.equals(again[name]), f"{name} is not what the warehouse says"
        if changed and not source.equals(pl.read_parquet(files[0])):
            assert table in said.words
        return
    assert table in said.words, said.words
    for name, rows in before.items():
        now = dates_of(after[name])
        for day, count in dates_of(rows).items():
            assert now.get(day, 0) >= count, f"{name} lost rows of {day}: {said.words}"


def file_of(start: Path, table: str) -> bytes:
    (file,) = (start / "warehouse" / table).iterdir()
    return file.read_bytes()


@pytest.mark.parametrize("change", FILES, ids=lambda f: f.__name__)
def test_files_that_changed(change, start, tmp_path):
    chance = random.Random(change.__name__)
    prove(start, tmp_path / "copy", chance.choice(TABLES), change)


def mutated(change, day: int, seed: int):
    """A change of the rows of a table, as a change of its folder."""

    def alter(folder: Path) -> None:
        (file,) = folder.iterdir()
        on = FIRST + dt.timedelta(days=day)
        change(pl.read_parquet(file), on, random.Random(seed)).write_parquet(file)

    return alter


@pytest.mark.parametrize("change", QUICK, ids=lambda f: f.__name__)
def test_rows_that_changed(change, start, tmp_path):
    chance = random.Random(change.__name__)
    table = SCHEDULE if change is other_status else chance.choice(TABLES)
    alter = mutated(change, chance.randrange(9), chance.randrange(1000))
    prove(start, tmp_path / "copy", table, alter)


@pytest.mark.slow
@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[*HealthCheck])
@given(
    st.tuples(
        st.sampled_from(TABLES), st.sampled_from(ROWS), st.integers(0, 8), st.integers(0, 1000)
    )
)
def test_any_rows_that_changed(start, tmp_path_factory, mutation):
    table, *change = mutation
    prove(start, tmp_path_factory.getbasetemp() / "mutated", table, mutated(*change))
