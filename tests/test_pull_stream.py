"""A pull of a table larger than what is read at once, from a server that only sends."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

import polars as pl
import pytest

from nba_local.pull import pull as pulling
from nba_local.warehouse.bigquery.warehouse import BigQueryWarehouse
from tests.cli.typed import nba
from tests.conftest import ROOT, slow
from tests.stream_server import FIELDS, PROJECT, day_rows, package


@dataclass(frozen=True)
class Size:
    """Of the table, and of what is read at once: rows of neighboring months, bytes of a session.

    sessions: How many it is read in.
    """

    rows: int
    days: int
    read_rows: int
    piece_bytes: int
    sessions: int


SMALL = Size(15_000, 100, read_rows=7_000, piece_bytes=1_000_000, sessions=13)
LARGE = Size(150_000, 300, pulling.READ_ROWS, pulling.PIECE_BYTES, sessions=13)
"""As large as what is read at once is outside of tests."""


@pytest.fixture(scope="module", params=[SMALL, slow(LARGE)], ids=["small", "large"])
def size(request):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pulling, "READ_ROWS", request.param.read_rows)
        patched.setattr(pulling, "PIECE_BYTES", request.param.piece_bytes)
        yield request.param


@pytest.fixture(scope="module")
def server(size, tmp_path_factory):
    ready = tmp_path_factory.mktemp("stream") / "ready.json"
    how_much = (str(size.rows), str(size.days))
    command = [sys.executable, "-m", "tests.stream_server", str(ready), *how_much]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not ready.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield json.loads(ready.read_text())
        process.stdin.close()


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return package(tmp_path_factory.mktemp("tables") / "streamtables")


def pull(server, tables, data, *more):
    options = ("--warehouse", f"bigquery://{PROJECT}", "--pipelines", str(tables))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("NBA_LOCAL_BIGQUERY_REST", server["rest"])
        patched.setenv("NBA_LOCAL_BIGQUERY_STORAGE", server["storage"])
        return nba("pull", "2021-22", *options, "--data", data, *more)


@pytest.fixture(scope="module")
def first(server, tables, tmp_path_factory):
    """What the first pull said, its data folder, and the dates of its read sessions."""
    data, read, sessions = tmp_path_factory.mktemp("first") / "data", BigQueryWarehouse.read, []

    def seen(warehouse, table, within, *more):
        sessions.append(within)
        return read(warehouse, table, within, *more)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BigQueryWarehouse, "read", seen)
        return pull(server, tables, data), data, sessions


def test_every_row_arrives_once_sorted_whatever_stream_and_piece_it_came_by(size, server, first):
    done, data, sessions = first
    assert done.exit_code == 0, done.stderr
    assert len(sessions) == size.sessions
    assert sessions == sorted(sessions, key=lambda within: within.start)
    assert f"read: {server['arrow_bytes'] / 1e6:,.1f} MB" in done.stdout
    assert f"pull: {server['arrow_bytes'] / 1e6:,.1f} MB to read" in done.stderr
    got = pl.concat(pl.read_parquet(f) for f in sorted(data.rglob("*.parquet")))
    each = size.rows // size.days
    sent = pl.concat(pl.DataFrame(day_rows(n, each)) for n in range(size.days))
    assert got.columns == [field["name"] for field in FIELDS]
    assert got.equals(sent.sort("day", "player"))


def test_more_than_max_bytes_is_refused_before_anything_is_read(server, tables, tmp_path):
    done = pull(server, tables, tmp_path / "data", "--max-bytes", "1MB")
    assert done.exit_code == 2
    assert "more than 1.0 MB; nothing was read" in done.stderr
    assert list((tmp_path / "data").rglob("*.parquet")) == []


@pytest.mark.slow
def test_a_season_is_read_in_full_again_when_that_is_asked_for(
    size, server, tables, first, tmp_path
):
    shutil.copytree(first[1], tmp_path / "data")
    unchanged = pull(server, tables, tmp_path / "data", "--json")
    assert json.loads(unchanged.stdout)["result"]["tables"][0]["read_dates"] == 0
    full = pull(server, tables, tmp_path / "data", "--full", "--json")
    table = json.loads(full.stdout)["result"]["tables"][0]
    assert (table["read_dates"], table["changed"]) == (size.days, [])


def test_a_size_is_a_number_with_a_unit_or_refused(server, tables, tmp_path):
    done = pull(server, tables, tmp_path / "data", "--max-bytes", "many")
    assert done.exit_code == 2
    assert "`many` is no size" in done.stderr
