"""Rows handed on by a pull are the rows it has stored: what is made of them is the same."""

from __future__ import annotations

import os

import polars as pl
import pytest

from nba_local.commands.road import check
from nba_local.errors import AlteredFileError
from nba_local.storage import source_rows
from nba_local.storage.source_rows import SourceRows
from nba_local.tables.calendar import Season
from tests.small_road import DAYS, SEASON, Road, games

YEAR = Season(2021)
WRONG = {("ATL", DAYS[7]): -5, ("BOS", DAYS[12]): 301}
MADE = {
    "findings": "table_name, date, claim, severity, rows, detail, sample",
    "column_months": "*",
    "unusual_columns": "*",
}


def recorded(road):
    with road.project().reading() as work:
        return {
            name: [tuple(row) for row in work.ledger.rows(f"SELECT {columns} FROM {name}")]
            for name, columns in MADE.items()
        }


@pytest.fixture
def road(tmp_path):
    road = Road(tmp_path)
    road.put(games(WRONG))
    return road


def test_a_pull_records_the_same_of_rows_in_hand_as_of_rows_read_again(road, tmp_path, monkeypatch):
    road.pull()
    in_hand = recorded(road)
    assert len(in_hand["findings"]) == len(WRONG)
    check(road.project(), [SEASON], [])
    assert recorded(road) == in_hand
    monkeypatch.setattr(source_rows, "MOST_BYTES", 0)
    (tmp_path / "again").mkdir()
    again = Road(tmp_path / "again")
    again.put(games(WRONG))
    again.pull()
    assert recorded(again) == in_hand


def test_a_season_is_kept_only_where_all_of_it_was_read(road, monkeypatch):
    kept = []
    keep = SourceRows.keep

    def noting(self, table, season, months):
        kept.append((table.name, sum(month.height for month in months)))
        keep(self, table, season, months)

    monkeypatch.setattr(SourceRows, "keep", noting)
    road.pull()
    assert kept == [("games", games().height)]
    road.put(games({**WRONG, ("ATL", DAYS[2]): 77}))
    road.pull()  # a folder's file has one token, so that all dates of it are read
    assert kept == [("games", games().height)] * 2
    road.pull()
    assert len(kept) == 2  # nothing is due: what is stored is asked, where anybody asks


def test_a_season_that_is_too_large_is_held_by_nobody(road, monkeypatch):
    kept = []
    monkeypatch.setattr(SourceRows, "keep", lambda *of: kept.append(of))
    monkeypatch.setattr(SourceRows, "of", lambda *of: kept.append(of))
    monkeypatch.setattr(source_rows, "MOST_BYTES", 3 * games().height)
    road.pull()
    assert kept == []
    assert len(recorded(road)["findings"]) == len(WRONG)  # its claims ran all the same


def test_rows_that_are_not_in_hand_are_proved_by_their_hash(road):
    road.pull()
    with road.project().reading() as work:
        table = work.registry.table("games")
        assert SourceRows(work.store).of(table, YEAR).height == games().height
        file = work.store.files("raw", "games", YEAR)[0]
        stat = file.stat()
        flipped = bytearray(file.read_bytes())
        flipped[len(flipped) // 2] ^= 1
        file.write_bytes(flipped)
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        with pytest.raises(AlteredFileError, match=file.name):
            SourceRows(work.store).of(table, YEAR)


def test_a_season_that_was_let_go_of_makes_room(road):
    with road.project().writing("pull") as work:
        table = work.registry.table("games")
        rows = SourceRows(work.store)
        month = pl.DataFrame(games(), schema_overrides=table.contract.polars)
        rows.keep(table, YEAR, [month, month])
        assert rows.of(table, YEAR).height == rows.lazy(table, YEAR).collect().height == 120
        rows.forget(YEAR)
        assert rows._bytes == 0
        assert rows.of(table, YEAR).is_empty()  # nothing was pulled
