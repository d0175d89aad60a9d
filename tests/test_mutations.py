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
from nba_local.commands import proofs
from tests.conftest import slow
from tests.seasons import ROOT, project_of, store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
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


def move_to_another_season(rows, day, chance):
    years = dt.timedelta(days=chance.choice([-365, 364, 3652]))
    return rows.with_columns(
        pl.when(is_on(day)).then(pl.col(DAY) + years).otherwise(DAY).alias(DAY)
    )


def another_season_year(rows, day, chance):
    if "season_year" not in rows.columns:
        return rows
    year = pl.lit(chance.choice([None, 2020, 2022, -1]), pl.Int64)
    return rows.with_columns(
        pl.when(is_on(day)).then(year).otherwise("season_year").alias("season_year")
    )


def swapped_columns(rows, day, chance):
    kind = chance.choice([pl.Int64, pl.String])
    left, right = chance.sample([c for c, k in rows.schema.items() if k == kind], 2)
    return rows.with_columns(
        pl.when(is_on(day)).then(right).otherwise(left).alias(left),
        pl.when(is_on(day)).then(left).otherwise(right).alias(right),
    )


def odd_texts(rows, day, chance):
    column = chance.choice([c for c, k in rows.schema.items() if k == pl.String])
    text = pl.lit(chance.choice(["", "NULL", "nan", "-1", "d'ar ron/\u0161\n", "x" * 70_000]))
    return rows.with_columns(pl.when(is_on(day)).then(text).otherwise(column).alias(column))


def odd_fractions(rows, day, chance):
    fractions = [c for c, kind in rows.schema.items() if kind.is_float()]
    if not fractions:
        return rows
    column, value = chance.choice(fractions), chance.choice([float("nan"), float("inf"), -1e300])
    return rows.with_columns(pl.when(is_on(day)).then(value).otherwise(column).alias(column))


def two_games_of_a_date(rows, day, _):
    again = rows.filter(is_on(day)).with_columns(pl.lit("0022199999").alias("game_id"))
    return pl.concat([rows, again])


def exhibitions(rows, day, _):
    if "is_regular_season" not in rows.columns:
        return rows
    flag = pl.when(is_on(day)).then(pl.lit(value=False)).otherwise("is_regular_season")
    return rows.with_columns(flag.alias("is_regular_season"))


def copies_that_differ(rows, day, chance):
    """The same keys and stamps, other numbers."""
    numbers = [c for c, kind in rows.schema.items() if kind.is_integer()]
    column = chance.choice(numbers)
    return pl.concat([rows, rows.filter(is_on(day)).with_columns(pl.col(column) + 1)])


def no_column(rows, _, chance):
    return rows.drop(chance.choice([c for c in rows.columns if c != DAY]))


def one_more_column(rows, *_):
    return rows.with_columns(somebody_elses=pl.lit(1))


def renamed_column(rows, _, chance):
    column = chance.choice([c for c in rows.columns if c != DAY])
    return rows.rename({column: f"{column}_"})


def numbers_as_text(rows, *_):
    return rows.with_columns(pl.col(pl.Int64).cast(pl.String))


def dates_as_times(rows, *_):
    return rows.with_columns(pl.col(DAY).cast(pl.Datetime("us", "UTC")))


def categories(rows, *_):
    return rows.with_columns(pl.col(pl.String).cast(pl.Categorical))


ROWS = (
    *(drop_date, drop_rows, duplicate_date, duplicate_under_the_next_date, move_date, null_dates),
    *(null_column, absurd_numbers, dates_as_text, dates_as_numbers, wider_numbers, shuffle),
    *(other_status, move_to_another_season, another_season_year, swapped_columns, odd_texts),
    *(odd_fractions, two_games_of_a_date, exhibitions, copies_that_differ, no_column),
    *(one_more_column, renamed_column, numbers_as_text, dates_as_times, categories),
)
QUICK = (null_dates,)
"""Of these the fast suite tries one on one table; the others are tried in the slow one."""


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


def copied_file(folder):
    for file in list(folder.iterdir()):
        shutil.copy(file, folder / "copy of it.parquet")


def hidden_file(folder):
    for file in list(folder.iterdir()):
        shutil.copy(file, folder / f"._{file.name}")


def folder_of_that_name(folder):
    for file in list(folder.iterdir()):
        content = file.read_bytes()
        file.unlink()
        file.mkdir()
        (file / "part-0.parquet").write_bytes(content)


def file_of_another_table(folder):
    other = next(t for t in TABLES if t != folder.name)
    for file in folder.iterdir():
        shutil.copy(next((folder.parent / other).rglob("*.parquet")), file)


def no_parquet(folder):
    for file in folder.iterdir():
        file.write_text("player_lookup,game_date\nnikolajokic,2021-11-05\n")


def one_file_a_month(folder):
    """The same rows, otherwise filed."""
    for file in list(folder.iterdir()):
        rows = pl.read_parquet(file)
        file.unlink()
        for number in rows[DAY].dt.month().unique():
            part = rows.filter(pl.col(DAY).dt.month() == number)
            part.write_parquet(folder / f"{number}.parquet")


FILES = (
    *(no_folder, no_file, truncated_file, empty_file, no_rows, other_ending, copied_file),
    *(hidden_file, folder_of_that_name, file_of_another_table, no_parquet, one_file_a_month),
)


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


type Change = Callable[[Path], None]


def prove(start: Path, folder: Path, changes: Sequence[tuple[str, Change]]) -> None:
    """Change tables of a copy of `start`, and look at what comes of it.

    Whatever the verbs say, the published rows are what a second engine reads in the sources that
    were pulled, but for dates that are held back. If they say that all is well, a folder that never
    saw the old rows has the same. If not, a line names a table that was changed, and the target has
    no row less on dates that are held back, and on none where the pull took nothing in.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(start, folder)
    before = rows_of(folder / "target")
    for table, change in changes:
        change(folder / "warehouse" / table)
    said = typed(folder / "data", folder / "warehouse", folder / "target")
    after = rows_of(folder / "target")
    parities = proofs.parity(project_of(folder / "data"), [SEASON], FEATURES)
    for parity in parities:
        assert parity.agrees, f"{parity}\n{said.words}"
    if set(said.codes) == {0}:
        fresh = typed(folder / "fresh", folder / "warehouse", folder / "fresh-target")
        assert set(fresh.codes) == {0}, fresh.words
        again = rows_of(folder / "fresh-target")
        for name, rows in after.items():
            assert rows.equals(again[name]), f"{name} is not what the warehouse says"
        return
    assert any(named(said.words, table) for table, _ in changes), said.words
    for parity in parities:
        then, now = dates_of(before[parity.table]), dates_of(after[parity.table])
        for day in then if said.codes[0] else parity.held:
            assert now.get(day, 0) >= then.get(day, 0), f"{parity.table} {day}: {said.words}"


def named(words: str, table: str) -> bool:
    """Whether a line says something of `table`: not the list of all, nor how far a verb is."""
    progress = ("  ", "pull ", "check ", "next: ", "not checked")
    return any(table in line and not line.startswith(progress) for line in words.splitlines())


@pytest.mark.parametrize(
    "change",
    [change if change is no_folder else slow(change) for change in FILES],
    ids=lambda f: f.__name__,
)
def test_files_that_changed(change, start, tmp_path):
    table = random.Random(change.__name__).choice(TABLES)
    prove(start, tmp_path / "copy", [(table, change)])


def mutated(change, day: int, seed: int):
    """A change of the rows of a table, as a change of its folder."""

    def alter(folder: Path) -> None:
        (file,) = folder.glob("*.parquet")
        on = FIRST + dt.timedelta(days=day)
        change(pl.read_parquet(file), on, random.Random(seed)).write_parquet(file)

    return alter


@pytest.mark.parametrize("change", QUICK, ids=lambda f: f.__name__)
def test_rows_that_changed(change, start, tmp_path):
    chance = random.Random(change.__name__)
    table = chance.choice(TABLES)
    alter = mutated(change, chance.randrange(9), chance.randrange(1000))
    prove(start, tmp_path / "copy", [(table, alter)])


MUTATED_ROWS = st.builds(mutated, st.sampled_from(ROWS), st.integers(0, 8), st.integers(0, 1000))
MUTATIONS = st.dictionaries(
    st.sampled_from(TABLES), st.one_of(MUTATED_ROWS, st.sampled_from(FILES)), min_size=1, max_size=2
)
"""What becomes of one table or two: of rows of a date, or of all files."""


@pytest.mark.slow
@settings(max_examples=8, derandomize=True, deadline=None, suppress_health_check=[*HealthCheck])
@given(MUTATIONS)
def test_any_tables_that_changed(start, tmp_path_factory, mutations):
    prove(start, tmp_path_factory.getbasetemp() / "mutated", list(mutations.items()))


TURN = random.SystemRandom().randrange(2)
BOX = "player_game_summary"


@pytest.mark.slow
@pytest.mark.parametrize("change", ROWS, ids=lambda f: f.__name__)
def test_each_change_of_rows(change, start, tmp_path):
    """Whatever hypothesis chooses, each of them is tried: on the schedule or on box scores.

    Half of them on either, the other half in another run, but for what only a schedule has.
    """
    table = (SCHEDULE, BOX)[(ROWS.index(change) + TURN) % 2]
    alter = mutated(change, 4, 7)
    rows = pl.read_parquet(start / "warehouse" / BOX / "*.parquet")
    if table == BOX and change(rows, FIRST + dt.timedelta(days=4), random.Random(7)) is rows:
        table = SCHEDULE
    prove(start, tmp_path / "copy", [(table, alter)])
