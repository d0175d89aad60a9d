"""What a claim about a feature table reads: its rows, what is settled of others, named columns."""

from __future__ import annotations

import dataclasses

import duckdb
import polars as pl
import pytest

from nba_local.compute.check import Subject
from nba_local.compute.claim_tables import ClaimTables
from nba_local.tables.calendar import Season
from tests.seasons import AUTUMN

YEAR = Season(2021)
UPSTREAM, READER = "player_shot_zone_analysis", "player_daily_cache"
SOURCE = "player_game_summary"


@pytest.fixture
def work(seasons):
    with seasons.backfilled(AUTUMN).reading() as opened:
        yield opened


@pytest.fixture
def tables(work):
    with ClaimTables(work, YEAR) as opened:
        yield opened


def dates(states):
    names = ("detail", "rows", "ready_rows", "non_rows", "entities_expected", "entities_found")
    empty = {name: pl.Series([None], dtype=pl.Int64) for name in names}
    empty["detail"] = pl.Series([None], dtype=pl.String)
    return pl.DataFrame({"date": [AUTUMN], "state": [states], **empty})


def loaded(work, tables, name, files=None):
    """What the claims of a table are about, loaded; of all its files where none are given."""
    table = work.registry.table(name)
    files = files or work.store.files(table.layer, name, YEAR)
    tables.load(table, files)
    return Subject(table, YEAR, files, dates(name))


def one(con, query):
    return con.execute(query).fetchone()[0]


def test_a_reader_sees_what_is_published_of_a_table_until_it_is_settled(work, tables):
    files = work.store.files("published", UPSTREAM, YEAR)
    first, every = (sum(pl.read_parquet(f).height for f in some) for some in (files[:1], files))
    assert first < every
    upstream, reader = loaded(work, tables, UPSTREAM, files[:1]), loaded(work, tables, READER)
    (own,) = tables.cursors(upstream, 1)
    assert one(own, f"SELECT count(*) FROM {UPSTREAM}") == first
    (before,) = tables.cursors(reader, 1)
    assert one(before, f"SELECT count(*) FROM {UPSTREAM}") == every
    tables.settle(upstream.table)
    for after in tables.cursors(reader, 2):
        assert one(after, f"SELECT count(*) FROM {UPSTREAM}") == first


def test_the_dates_are_those_of_the_table_itself(work, tables):
    upstream, reader = loaded(work, tables, UPSTREAM), loaded(work, tables, READER)
    (own,) = tables.cursors(upstream, 1)
    assert one(own, "SELECT state FROM dates") == UPSTREAM
    tables.settle(upstream.table)
    (others,) = tables.cursors(reader, 1)
    assert one(others, "SELECT state FROM dates") == READER
    (without,) = tables.cursors(dataclasses.replace(reader, dates=None), 1)
    with pytest.raises(duckdb.CatalogException, match="dates"):
        without.execute("SELECT state FROM dates")


def test_rows_that_are_loaded_again_take_the_place_of_those_before(work, tables):
    files = work.store.files("published", READER, YEAR)
    for some in (files, files[:1]):
        (con,) = tables.cursors(loaded(work, tables, READER, some), 1)
        wanted = sum(pl.read_parquet(file).height for file in some)
        assert one(con, f"SELECT count(*) FROM {READER}") == wanted


@pytest.mark.parametrize("pattern", [False, True])
def test_of_a_source_the_columns_are_there_that_claims_name_and_all_of_a_pattern(
    work, tables, pattern
):
    if pattern:
        table = work.registry.table(READER)
        claim = dataclasses.replace(
            table.checks[0], sql=f"SELECT COLUMNS('x.*') FROM {SOURCE} LIMIT 0"
        )
        named = dataclasses.replace(table, checks=(*table.checks, claim))
        registry = dataclasses.replace(
            work.registry, tables={**work.registry.tables, READER: named}
        )
        tables._work = dataclasses.replace(work, registry=registry)
    (con,) = tables.cursors(loaded(work, tables, READER), 1)
    there = {name for name, *_ in con.execute(f"FROM {SOURCE} LIMIT 0").description}
    every = set(work.registry.table(SOURCE).contract.columns)
    assert {"points", "minutes_played", "game_date"} <= there
    assert (there == every) is pattern
    assert there <= every
