"""`connect()` and `sql`: whatever the statement, no file of the machine is read or written."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest

from nba_local.storage.store import connect
from tests.small_road import Road, games


@pytest.fixture(scope="module")
def road(tmp_path_factory):
    made = Road(tmp_path_factory.mktemp("road"))
    made.pull()
    made.backfill()
    return made


def contents(folder):
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize(
    "statement",
    [
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{file}'",
        "COPY (SELECT 1) TO '{file}' (FORMAT parquet)",
        "COPY form TO '{new}' (FORMAT csv)",
        "EXPORT DATABASE '{new}'",
        "ATTACH '{new}' AS other",
        "ATTACH '{ledger}' AS other (TYPE sqlite)",
        "SELECT * FROM read_parquet('{file}')",
        "SELECT * FROM '{file}'",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('{folder}/*')",
        "SET enable_external_access = true",
        "RESET enable_external_access",
        "SET lock_configuration = false",
        "SET allowed_paths = ['{file}']",
        "SET profiling_output = '{new}'",
        "PRAGMA enable_profiling = 'json'",
        "INSTALL sqlite",
        "INSERT INTO form VALUES ('ATL', DATE '2021-11-01', 1.0)",
        "DELETE FROM form",
    ],
)
def test_no_statement_reaches_a_file(road, statement):
    file = road.data / "published/form/season=2021/2021-11.parquet"
    before = contents(road.root)
    names = {"file": file, "folder": file.parent, "new": road.root / "new"}
    with connect(road.data, road.package.folder) as con:
        with pytest.raises(duckdb.Error):
            con.execute(statement.format(**names, ledger=road.data / "ledger.sqlite"))
        assert con.execute("SELECT count(*) FROM form").fetchall() == [(len(games()),)]
    assert contents(road.root) == before


def test_the_views_have_the_rows_and_types_of_their_tables(road):
    with connect(road.data, road.package.folder) as con:
        rows = con.sql("SELECT * FROM games ORDER BY day, team").pl()
        filtered = con.execute(
            "SELECT count(*) FROM form WHERE team = 'ATL' AND day > DATE '2021-12-01'"
        ).fetchall()
    expected = games().sort("day", "team")
    assert rows.equals(expected)
    late = (pl.col("team") == "ATL") & (pl.col("day").cast(pl.String) > "2021-12-01")
    assert filtered == [(expected.filter(late).height,)]


def test_a_table_that_has_no_rows_yet_is_an_empty_view(tmp_path):
    fresh = Road(tmp_path)
    fresh.pull()
    with connect(fresh.data, fresh.package.folder) as con:
        assert con.execute("SELECT team, mean FROM form").fetchall() == []
