"""The reading side from Python: `nba_local.connect()` and `nba_local.scan()`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import polars as pl
import pytest

import nba_local
from nba_local.errors import LedgerError, UsageError
from nba_local.storage.migrations import TABLES as LEDGER_TABLES
from nba_local.tables.registry import load_registry
from tests.cli.typed import contents, small_folder
from tests.conftest import ROOT, slow

PSZA, TDZA, SCHEDULE = "player_shot_zone_analysis", "team_defense_zone_analysis", "nbac_schedule"
TABLES = load_registry(ROOT / "pipelines").tables


@pytest.fixture(scope="module")
def data(seasons) -> Path:
    """The small data folder; every test here only reads."""
    return small_folder(seasons) / "data"


@pytest.fixture
def con(data):
    with nba_local.connect(data) as opened:
        yield opened


def test_every_table_and_every_ledger_table_has_a_name(con):
    names = {name for (name,) in con.sql("SELECT table_name FROM duckdb_tables()").fetchall()}
    kept = {f"ledger_{name}" for name in LEDGER_TABLES}
    assert names == kept | {"lab_trials", "lab_losses"}
    views = "SELECT view_name FROM duckdb_views() WHERE NOT internal"
    assert {name for (name,) in con.sql(views).fetchall()} == {
        name for table in TABLES for name in (table, f"quarantine_{table}")
    }


FIRST = {"player_game_summary", TDZA}
"""A source and a feature table; the others are one more of their kind."""


@pytest.mark.parametrize("name", [name if name in FIRST else slow(name) for name in TABLES])
def test_connect_and_scan_show_the_same_rows(name, con, data):
    ours = nba_local.scan(name, data=data).collect()
    theirs = con.sql(f'FROM "{name}"').pl()
    assert ours.height > 0
    assert ours.columns == theirs.columns == list(TABLES[name].contract.columns)
    assert dict(ours.schema) == TABLES[name].contract.polars
    by = list(TABLES[name].order)
    counts = [frame.group_by(by).len().sort(by) for frame in (ours, theirs)]
    assert counts[0].equals(counts[1].cast(counts[0].schema))


def test_the_ledger_can_be_joined_with_the_rows(con):
    joined = con.sql(f"""
        SELECT count(*) FROM {TDZA} JOIN ledger_partitions
        ON table_name = '{TDZA}' AND date = analysis_date AND state = 'ok'
    """)
    assert joined.fetchall() == [(840,)]
    runs = con.sql("SELECT verb, status FROM ledger_runs ORDER BY started_at")
    assert runs.fetchall() == [("pull", "done"), ("backfill", "done")]


def test_a_ledger_table_without_rows_has_its_columns(con):
    assert con.sql("SELECT count(*) FROM ledger_pushes WHERE verified = 1").fetchall() == [(0,)]


def test_scan_is_lazy_and_takes_seasons(data):
    lazy = nba_local.scan(PSZA, ["2021-22"], data)
    assert isinstance(lazy, pl.LazyFrame)
    assert lazy.select(pl.len()).collect().item() == 10_209
    assert lazy.collect().equals(nba_local.scan(PSZA, data=data).collect())
    none = nba_local.scan(PSZA, ["2020-21"], data).collect()
    assert none.height == 0
    assert dict(none.schema) == TABLES[PSZA].contract.polars


def test_scan_of_two_seasons_takes_those_that_are_there(data):
    assert nba_local.scan(TDZA, ["2021-22", "2022-23"], data).collect().height == 840


def test_the_data_folder_is_called_data_where_not_said(data, monkeypatch):
    monkeypatch.chdir(data.parent)
    assert nba_local.scan(TDZA).collect().height == 840
    with nba_local.connect() as con:
        assert con.sql(f"SELECT count(*) FROM {TDZA}").fetchall() == [(840,)]


def test_an_unknown_table_is_named_with_the_nearest_one(data):
    with pytest.raises(UsageError, match=f"did you mean `{PSZA}`?") as refused:
        nba_local.scan("player_shot_zones", data=data)
    assert TDZA in str(refused.value.hint)


def test_a_malformed_season_is_named_with_the_nearest_one(data):
    with pytest.raises(UsageError, match=r"`2021-23` is not a season; did you mean `2021-22`\?"):
        nba_local.scan(PSZA, ["2021-23"], data)


@pytest.mark.parametrize("read", [nba_local.connect, lambda data: nba_local.scan(PSZA, data=data)])
def test_a_folder_that_is_none_is_refused_and_not_made(read, tmp_path):
    with pytest.raises(LedgerError, match="nowhere is not a data folder") as refused:
        read(tmp_path / "nowhere")
    assert "nba-local pull --season 2021-22" in str(refused.value.hint)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_cannot_be_changed_through_a_connection(con, data):
    before = contents(data)
    for statement in (
        f"DELETE FROM {PSZA}",
        f"UPDATE {TDZA} SET games_in_sample = 0",
        f"INSERT INTO {SCHEDULE} SELECT * FROM {SCHEDULE}",
    ):
        with pytest.raises(duckdb.Error):
            con.execute(statement)
    con.execute("DELETE FROM ledger_runs")
    con.execute(f"CREATE OR REPLACE VIEW {PSZA} AS SELECT 1 AS gone")
    con.close()
    assert contents(data) == before
    with nba_local.connect(data) as fresh:
        assert fresh.sql("SELECT count(*) FROM ledger_runs").fetchall() == [(2,)]
        assert fresh.sql(f"SELECT count(*) FROM {PSZA}").fetchall() == [(10_209,)]


def test_instants_are_in_utc_and_dates_are_dates(con):
    newest = f"SELECT max(analysis_date), max(processed_at) FROM {TDZA}"
    ((day, instant),) = con.sql(newest).fetchall()
    assert day == dt.date(2021, 11, 30)
    assert instant.utcoffset() == dt.timedelta(0)
    assert con.sql("SELECT max(date) FROM ledger_raw_partitions").fetchall() == [(day,)]


def test_two_connections_do_not_see_each_other(con, data):
    con.execute("CREATE TABLE mine AS SELECT 1 AS one")
    with nba_local.connect(data) as other, pytest.raises(duckdb.CatalogException):
        other.sql("FROM mine")


def test_a_shell_completes_the_names():
    assert set(nba_local.__all__) <= set(dir(nba_local))
