"""Push as it is typed: asked, declined, done, done again."""

from __future__ import annotations

import datetime as dt
import os
import pty
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import polars as pl
import pytest

from tests.cli.typed import PSZA, REGISTRY, TDZA, contents, document, nba
from tests.conftest import slow

if TYPE_CHECKING:
    pass


def test_push_does_not_write_without_being_told_to(data, tmp_path):
    before = contents(data)
    dry = nba("push", "--to", "file://target", "--dry-run")
    assert dry.exit_code == 0
    asked = nba("push", "--to", "file://target")
    assert asked.exit_code == 2
    assert "nothing was pushed" in asked.stderr
    assert "--yes" in asked.stderr
    for result in (dry, asked):
        assert "against file://target" in result.stdout
        assert re.search(rf"^  {PSZA} +28 +0 +0 +0 +0 +10,209$", result.stdout, flags=re.MULTILINE)
        assert re.search(rf"^  {TDZA} +28 +0 +0 +0 +0 +840$", result.stdout, flags=re.MULTILINE)
    assert contents(data) == before
    assert not (tmp_path / "target").exists()


def on_a_terminal(typed: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command whose stdin is a terminal on which `typed` is typed."""
    keyboard, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "nba_local", *arguments],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.write(keyboard, typed.encode())
        stdout, stderr = process.communicate(timeout=60)
    os.close(keyboard)
    os.close(terminal)
    return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)


@pytest.mark.parametrize(("answer", "pushes"), [slow("n", False), ("", False), ("y", True)])
def test_push_on_a_terminal_asks(answer, pushes, data, tmp_path):
    done = on_a_terminal(f"{answer}\n", "push", "--to", "file://target")
    assert "push?" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == (0 if pushes else 1)
    assert ("read back and compared" in done.stdout) == pushes
    assert (tmp_path / "target").exists() == pushes
    assert data.is_dir()


@pytest.mark.slow
def test_json_of_a_declined_push_is_one_document(data):
    done = on_a_terminal("n\n", "push", "--to", "file://target", "--json")
    assert done.returncode == 1
    assert "nothing was pushed" in document(done)["result"]["message"]
    assert data.is_dir()


def test_ctrl_c_is_an_answer_to_the_question(data, tmp_path):
    keyboard, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "nba_local", "push", "--to", "file://target"],
        stdin=terminal,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        asked = b""
        while b"push?" not in asked and (more := process.stderr.read1()):
            asked += more
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(timeout=3) == 130
        finally:
            process.kill()
            os.close(keyboard)
            os.close(terminal)
    assert not (tmp_path / "target").exists()
    assert data.is_dir()


def features_and_failures():
    """The tables that a push replaces dates of."""
    return (*REGISTRY.features, REGISTRY.logs["precompute_failures"])


def test_push_again_has_nothing_to_push_and_status_shows_what_was_pushed(data, tmp_path):
    assert re.search(rf"^  {PSZA} +28 of 28 .* -$", nba("status").stdout, flags=re.MULTILINE)
    first = nba("push", "--to", "file://target", "--yes")
    assert first.exit_code == 0
    assert "pushed to file://target" in first.stdout
    assert "read back and compared: 27,976 rows equal" in first.stdout
    target = contents(tmp_path / "target")
    tables = {name for name in target if name.endswith("season=2021.parquet")}
    assert tables == {f"{t.name}/season=2021.parquet" for t in features_and_failures()}
    again = nba("push", "--to", "file://target", "--yes")
    assert again.exit_code == 0
    assert "nothing to push" in again.stdout
    assert contents(tmp_path / "target") == target
    shown = nba("status").stdout
    assert re.search(rf"^  {PSZA} .* 28 of 28$", shown, flags=re.MULTILINE)
    assert re.search(rf"^  {TDZA} .* 28 of 28$", shown, flags=re.MULTILINE)
    assert data.is_dir()


def test_push_takes_the_dates_and_tables_that_are_named(data, tmp_path):
    done = nba("push", "2021-11-15..2021-11-16", "--tables", TDZA, "--to", "file://target", "--yes")
    assert done.exit_code == 0
    pushed = pl.read_parquet(tmp_path / "target" / TDZA / "season=2021.parquet")
    assert set(pushed["analysis_date"]) == {dt.date(2021, 11, 15), dt.date(2021, 11, 16)}
    assert not (tmp_path / "target" / PSZA).exists()
    assert data.is_dir()


def test_push_of_two_dates_leaves_those_between_alone(data):
    result = nba("push", "2021-11-05", "2021-11-20", "--to", "file://target", "--dry-run", "--json")
    new = {date for table in document(result)["result"]["tables"] for date in table["new"]}
    assert new == {"2021-11-05", "2021-11-20"}
    assert data.is_dir()
