"""A pull of a table larger than what is read at once, from a server that only sends."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time

import polars as pl
import pytest

from tests.conftest import ROOT, run_cli
from tests.stream_server import DAYS, FIELDS, PROJECT, day_rows, package

ROWS = 30_000


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    ready = tmp_path_factory.mktemp("stream") / "ready.json"
    command = [sys.executable, "-m", "tests.stream_server", str(ready), str(ROWS)]
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
    where = {"NBA_LOCAL_BIGQUERY_REST": server["rest"]}
    where["NBA_LOCAL_BIGQUERY_STORAGE"] = server["storage"]
    options = ("--warehouse", f"bigquery://{PROJECT}", "--pipelines", str(tables))
    return run_cli("pull", "2021-22", *options, "--data", str(data), *more, env=where)


@pytest.fixture(scope="module")
def first(server, tables, tmp_path_factory):
    """What the first pull said, and its data folder."""
    data = tmp_path_factory.mktemp("first") / "data"
    return pull(server, tables, data), data


def test_every_row_arrives_once_sorted_whatever_stream_and_piece_it_came_by(server, first):
    done, data = first
    assert done.returncode == 0, done.stderr
    assert f"read: {server['arrow_bytes'] / 1e6:,.1f} MB" in done.stdout
    assert f"pull: {server['arrow_bytes'] / 1e6:,.1f} MB to read" in done.stderr
    got = pl.concat(pl.read_parquet(f) for f in sorted(data.rglob("*.parquet")))
    each = ROWS // DAYS
    sent = pl.concat(pl.DataFrame(day_rows(n, each)) for n in range(DAYS))
    assert got.columns == [field["name"] for field in FIELDS]
    assert got.equals(sent.sort("day", "player"))


def test_more_than_max_bytes_is_refused_before_anything_is_read(server, tables, tmp_path):
    done = pull(server, tables, tmp_path / "data", "--max-bytes", "1MB")
    assert done.returncode == 2
    assert "more than 1.0 MB; nothing was read" in done.stderr
    assert list((tmp_path / "data").rglob("*.parquet")) == []


def test_a_season_is_read_in_full_again_when_that_is_asked_for(server, tables, first, tmp_path):
    shutil.copytree(first[1], tmp_path / "data")
    unchanged = pull(server, tables, tmp_path / "data", "--json")
    assert json.loads(unchanged.stdout)["result"]["tables"][0]["read_dates"] == 0
    full = pull(server, tables, tmp_path / "data", "--full", "--json")
    table = json.loads(full.stdout)["result"]["tables"][0]
    assert (table["read_dates"], table["changed"]) == (DAYS, [])


def test_a_size_is_a_number_with_a_unit_or_refused(server, tables, tmp_path):
    done = pull(server, tables, tmp_path / "data", "--max-bytes", "many")
    assert done.returncode == 2
    assert "`many` is no size" in done.stderr
