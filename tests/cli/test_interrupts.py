"""Locks, Ctrl-C and what is left."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nba_local.storage.ledger import Ledger
from nba_local.storage.store import Store
from tests.cli.typed import PSZA, PULL, contents, document, nba
from tests.conftest import run_cli

if TYPE_CHECKING:
    pass


def test_who_holds_the_lock_is_named_and_readers_go_on(small, data, tmp_path):
    pull = (*PULL, "--warehouse", f"file://{small}/warehouse")
    with Store(data).locked("backfill"):
        for arguments in (("backfill",), pull):
            done = run_cli(*arguments, cwd=tmp_path)
            assert done.returncode == 6
            assert f", pid {os.getpid()} on " in done.stderr
            assert "nothing was done" in done.stderr
            assert "hint: wait for it to end" in done.stderr
        assert nba("status").exit_code == 0
        assert nba("plan").exit_code == 0
    assert nba("backfill").exit_code == 0


def interrupted(folder: Path, sign: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command that is sent Ctrl-C once `sign` is there; it cannot end before: we hold the ledger.

    `sign` is a pattern of files in the data folder that the command writes half-way.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "nba_local", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and not list(folder.glob(sign)):
        time.sleep(0.002)
    ledger = sqlite3.connect(folder / "ledger.sqlite", isolation_level=None)
    ledger.execute("BEGIN IMMEDIATE")
    process.send_signal(signal.SIGINT)
    ledger.execute("ROLLBACK")
    ledger.close()
    stdout, stderr = process.communicate(timeout=60)
    return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)


def test_an_interrupted_pull_goes_on_from_where_it_was(small, tmp_path):
    command = (*PULL, "--warehouse", f"file://{small}/warehouse")
    done = interrupted(tmp_path / "data", "raw/*/*/*.parquet", *command)
    assert done.returncode == 130
    assert "Traceback" not in done.stderr
    assert "interrupted; what was published stays" in done.stdout + done.stderr
    assert nba(*command).exit_code == 0
    assert contents(tmp_path / "data" / "raw") == contents(small / "data" / "raw")


@pytest.mark.slow
def test_json_of_an_interrupted_pull_is_one_document(small, tmp_path):
    command = (*PULL, "--warehouse", f"file://{small}/warehouse", "--json")
    done = interrupted(tmp_path / "data", "raw/*/*/*.parquet", *command)
    assert done.returncode == 130
    assert document(done)["result"]["exit_code"] == 130


def cpu_seconds(pid):
    """What a process has used of the processors."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_query_can_be_interrupted(data):
    """The query counts for days; it is stopped when it has used more than any start-up does."""
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "nba_local",
            "sql",
            "SELECT sum(a.range + b.range) FROM range(100_000_000) AS a, range(100_000_000) AS b",
        ],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while process.poll() is None and cpu_seconds(process.pid) < 2.5:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        try:
            _, stderr = process.communicate(timeout=30)
        finally:
            process.kill()  # where it did not stop, it would count on after the tests
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    assert data.is_dir()


def test_an_interrupted_backfill_loses_nothing(small, data):
    shutil.rmtree(data / "published")
    done = interrupted(data, "staged/*/*/*.parquet", "backfill", "--tables", PSZA)
    assert done.returncode == 130
    assert "Traceback" not in done.stderr
    assert "interrupted; what was published stays" in done.stdout + done.stderr
    assert nba("history", "--limit", "1").stdout.count("interrupted") == 1
    assert nba("backfill", "--tables", PSZA).exit_code == 0
    assert contents(data / "published" / PSZA) == contents(small / "data" / "published" / PSZA)
    assert not list(data.glob("staged/*"))


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_run_whose_ledger_is_closed_first_ends_without_a_word(tmp_path):
    unraised: list[object] = []
    hook, sys.unraisablehook = sys.unraisablehook, unraised.append
    try:
        ledger = Ledger(tmp_path / "ledger.sqlite")
        run = ledger.run("pull", None)
        run.__enter__()
        ledger.close()
        del run
    finally:
        sys.unraisablehook = hook
    assert unraised == []
