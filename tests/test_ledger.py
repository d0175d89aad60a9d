"""The ledger: all or nothing, what became of a run, and which folders it refuses."""

from __future__ import annotations

import json
import os
import re
import socket
import sqlite3
from contextlib import closing

import pytest

from nba_local.errors import LedgerError
from nba_local.storage.ledger import Ledger
from nba_local.storage.migrations import TABLES, VERSION
from tests.conftest import ROOT


@pytest.fixture
def ledger(tmp_path):
    with closing(Ledger(tmp_path / "ledger.sqlite")) as opened:
        yield opened


def fact(key, value="1"):
    return [{"key": key, "value": value}]


def only_run(ledger):
    (row,) = ledger.rows("SELECT * FROM runs")
    return row


# the file


def test_a_new_ledger_has_every_table_that_readers_may_query(ledger):
    assert [ledger.rows(f"SELECT * FROM {name}") for name in TABLES] == [[] for _ in TABLES]


def test_a_ledger_keeps_what_was_written_when_it_is_opened_again(tmp_path):
    for _ in range(2):
        with closing(Ledger(tmp_path / "ledger.sqlite")) as opened:
            opened.put("meta", fact("seen"))
            assert opened.meta("seen") == "1"


def test_a_folder_without_a_ledger_is_refused_with_the_way_to_get_one(tmp_path):
    with pytest.raises(LedgerError, match="no ledger in") as refused:
        Ledger(tmp_path / "ledger.sqlite", create=False)
    assert "nba-local pull --season" in refused.value.hint
    assert list(tmp_path.iterdir()) == []


def of_version(path, version):
    """A ledger file of another version."""
    Ledger(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {version}")
    return path


@pytest.fixture
def connections(monkeypatch):
    """The connections that ledgers open in a test; none of them outlives it."""
    opened, connect = [], sqlite3.connect

    def recorded(*args, **options):
        opened.append(connect(*args, **options))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", recorded)
    yield opened
    for connection in opened:
        connection.close()


@pytest.mark.usefixtures("connections")
def test_a_ledger_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path):
    path = of_version(tmp_path / "ledger.sqlite", VERSION + 1)
    with pytest.raises(LedgerError, match="newer nba_local") as refused:
        Ledger(path)
    assert f"ledger version {VERSION + 1}, this one knows {VERSION}" in refused.value.message
    assert "nothing was changed" in refused.value.message
    assert "update nba_local" in refused.value.hint
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION + 1,)


def test_a_ledger_that_is_refused_is_closed(tmp_path, connections):
    path = of_version(tmp_path / "ledger.sqlite", VERSION + 1)
    with pytest.raises(LedgerError):
        Ledger(path)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connections[-1].execute("SELECT 1")


def test_a_file_that_is_no_ledger_is_refused_closed_and_left_as_it_is(tmp_path, connections):
    path = tmp_path / "ledger.sqlite"
    path.write_text("not a database, but long enough to be looked at" * 100)
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="is not a ledger") as refused:
        Ledger(path)
    assert "--data" in refused.value.hint
    assert path.read_bytes() == before
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connections[-1].execute("SELECT 1")


# transactions


def write_and_raise(ledger, error):
    with ledger.transaction():
        ledger.put("meta", fact("kept", "new"))
        ledger.put("meta", fact("added"))
        raise error


def test_a_transaction_that_fails_writes_nothing(ledger):
    ledger.put("meta", fact("kept", "old"))
    with pytest.raises(ValueError, match="broken"):
        write_and_raise(ledger, ValueError("broken"))
    assert [tuple(row) for row in ledger.rows("SELECT * FROM meta")] == [("kept", "old")]


def test_a_transaction_that_is_interrupted_writes_nothing(ledger):
    with pytest.raises(KeyboardInterrupt):
        write_and_raise(ledger, KeyboardInterrupt())
    assert ledger.meta("added") is None


def test_the_ledger_is_usable_after_a_transaction_that_failed(ledger):
    with pytest.raises(ValueError, match="broken"), ledger.transaction():
        raise ValueError("broken")
    with ledger.transaction():
        ledger.put("meta", fact("added"))
    assert ledger.meta("added") == "1"


def test_a_reader_sees_a_transaction_when_it_is_complete(ledger):
    with closing(Ledger(ledger.path, create=False)) as reader:
        with ledger.transaction():
            ledger.put("meta", fact("added"))
            assert reader.meta("added") is None
        assert reader.meta("added") == "1"


def test_a_row_put_again_replaces_the_one_of_its_key(ledger):
    ledger.put("meta", fact("key", "old"))
    ledger.put("meta", fact("key", "new"))
    assert [tuple(row) for row in ledger.rows("SELECT * FROM meta")] == [("key", "new")]


def file_of(season, month):
    return {
        "table_name": "scores",
        "season": season,
        "month": month,
        "rows": 1,
        "bytes": 1,
        "sha256": "",
        "run_id": "",
    }


def test_a_season_is_deleted_and_its_neighbor_is_not(ledger):
    ledger.put("raw_files", [file_of(2020, "2020-11"), file_of(2021, "2021-11")])
    ledger.delete_season("raw_files", "scores", 2021)
    assert [row["month"] for row in ledger.rows("SELECT month FROM raw_files")] == ["2020-11"]


@pytest.mark.parametrize("name", ["scores", "meta; DROP TABLE meta"])
def test_a_table_the_ledger_does_not_have_is_refused(ledger, name):
    with pytest.raises(LedgerError, match="the ledger has no table"):
        ledger.put(name, fact("key"))
    with pytest.raises(LedgerError, match="the ledger has no table"):
        ledger.delete_season(name, "scores", 2021)


# rule sets


def test_a_folder_of_one_rule_set_refuses_another_and_says_the_two_ways_out(ledger):
    ledger.claim_rules("corrected")
    with pytest.raises(LedgerError, match="holds the rule set `corrected`, not `production`") as no:
        ledger.claim_rules("production")
    assert "nothing was done" in no.value.message
    assert "--rules corrected" in no.value.hint
    assert "--data data-production" in no.value.hint
    assert ledger.meta("rules") == "corrected"


def test_a_folder_takes_the_rule_set_that_it_holds(ledger):
    ledger.claim_rules("corrected")
    ledger.claim_rules("corrected")
    assert ledger.meta("rules") == "corrected"


def test_a_reader_does_not_tie_a_folder_to_its_rule_set(ledger):
    ledger.claim_rules("production", write=False)
    assert ledger.meta("rules") is None


# runs


def test_a_run_is_recorded_as_running_before_it_does_anything(ledger):
    with ledger.run("pull", "corrected", tables=["scores"]) as run:
        row = only_run(ledger)
        assert (row["run_id"], row["status"]) == (run.run_id, "running")
        assert row["finished_at"] is None
        told = json.loads(row["arguments"])
        assert told == {"tables": ["scores"], "pid": os.getpid(), "host": socket.gethostname()}


def test_a_run_that_ends_is_done_and_keeps_its_result(ledger):
    with ledger.run("pull", None) as run:
        run.result = {"rows": 7}
    row = only_run(ledger)
    assert (row["status"], json.loads(row["result"])) == ("done", {"rows": 7})
    assert row["finished_at"] >= row["started_at"]


def test_a_run_may_end_in_a_status_of_its_own(ledger):
    with ledger.run("backfill", "corrected") as run:
        run.status = "blocked"
    assert only_run(ledger)["status"] == "blocked"


def test_a_run_that_raises_is_failed_and_keeps_the_error(ledger):
    with pytest.raises(ValueError, match="broken"), ledger.run("pull", None):
        raise ValueError("broken")
    row = only_run(ledger)
    assert row["status"] == "failed"
    assert json.loads(row["result"]) == {"error": "ValueError", "message": "broken"}


def test_a_run_that_somebody_stops_is_interrupted(ledger):
    with pytest.raises(KeyboardInterrupt), ledger.run("pull", None):
        raise KeyboardInterrupt
    assert only_run(ledger)["status"] == "interrupted"


def test_two_runs_have_two_names(ledger):
    for _ in range(2):
        with ledger.run("pull", None) as run:
            assert run.run_id.startswith("pull-")
    assert len(ledger.rows("SELECT DISTINCT run_id FROM runs")) == 2


def test_sql_on_the_ledger_stands_in_the_storage_room_only():
    rooms = (path for path in (ROOT / "nba_local").rglob("*.py") if path.parts[-2:-1] != ("lab",))
    call = re.compile(r"\bledger\.(?:rows|execute|executemany)\(")
    outside = {
        str(path.relative_to(ROOT))
        for path in rooms
        if "storage" not in path.parts and call.search(path.read_text())
    }
    assert outside == set()
