"""Machines as they are: `~` in settings, no time zone data, streams that are closed, full or plain.

Each call is a process of its own, in a folder that was pulled and backfilled.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from nba_local.config import AlertSettings, load_config
from nba_local.errors import UsageError
from tests.seasons import AUTUMN

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(seasons, tmp_path_factory) -> Path:
    """A folder with `data`, pulled and backfilled."""
    root = tmp_path_factory.mktemp("machine")
    shutil.copytree(seasons.backfilled(AUTUMN).store.root, root / "data")
    return root


def shell(command: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """What a shell makes of `command`, in which `nba` is `nba-local`."""
    nba = f'nba() {{ "{sys.executable}" "$OPT" -m nba_local "$@"; }}; {command}'
    return subprocess.run(
        ["bash", "-c", nba],
        cwd=cwd,
        env={**os.environ, "OPT": "-B", **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_table_is_plain_where_stdout_is_not_unicode(folder):
    done = shell("nba sql \"SELECT 1 AS x, 'Jokić' AS name\"", folder, PYTHONIOENCODING="latin-1")
    assert done.returncode == 0
    assert "|   x   |" in done.stdout
    assert done.stdout.isascii()
    assert "Joki\\u0107" in done.stdout


@pytest.mark.parametrize("verb", ["status", "sql FROM\\ ledger_runs --json", "--help"])
def test_a_full_stdout_is_a_line_and_exit_code_1(folder, verb):
    done = shell(f"nba {verb} >/dev/full", folder)
    assert done.returncode == 1
    assert done.stderr == (
        "error: stdout cannot be written (No space left on device); "
        "the command ran, its output is incomplete\n"
    )


@pytest.mark.parametrize("closed", ["2>&-", "2>/dev/full", ">&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    "verb", ["plan", "backfill 2021-22 --force --tables team_defense_zone_analysis"]
)
def test_a_stream_that_is_closed_or_full_stops_no_verb(folder, verb, closed):
    done = shell(f"nba {verb} {closed}", folder)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


def test_an_error_keeps_its_exit_code_where_stderr_is_closed(folder):
    assert shell("nba plan 2021-23 2>&-", folder).returncode == 2


def test_a_closed_stdin_cannot_confirm_a_push(folder):
    done = shell("nba push --to file://target <&-", folder)
    assert done.returncode == 2
    assert "cannot be confirmed; nothing was pushed" in done.stderr
    assert "hint: give --yes" in done.stderr
    assert not (folder / "target").exists()


def test_a_reader_that_went_away_is_told_nothing(folder):
    done = shell("nba sql 'FROM range(9999)' --json | head -c 1; nba status | true", folder)
    assert done.stderr == ""


def test_escapes_that_were_typed_do_not_reach_the_terminal(folder):
    for words in ("$'pl\\e[31man'", "plan $'2021\\e[31m'", "plan --tables $'\\e[31m'"):
        done = shell(f"nba {words}", folder)
        assert done.returncode == 2
        assert "\x1b" not in done.stderr
        assert "\\x1b[31m" in done.stderr


def test_no_time_zone_data_is_needed_of_the_machine(folder):
    assert shell("nba plan", folder, PYTHONTZPATH="").returncode == 0


def test_python_may_strip_docstrings(folder):
    assert shell("nba plan", folder, OPT="-OO").returncode == 0


def test_a_tilde_is_the_home_folder_in_every_setting(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "~/key.json")
    (tmp_path / ".env").write_text("NBA_LOCAL_DATA=~/nba-data\n")
    monkeypatch.delenv("NBA_LOCAL_DATA", raising=False)
    config = load_config({"pipelines": "~/tables"}, tmp_path / ".env")
    monkeypatch.delenv("NBA_LOCAL_DATA")
    assert (config.data, config.pipelines) == (f"{tmp_path}/nba-data", f"{tmp_path}/tables")
    assert os.environ["GOOGLE_APPLICATION_CREDENTIALS"] == f"{tmp_path}/key.json"
    with pytest.raises(UsageError, match="there is no such home folder"):
        load_config({"data": "~nobody-of-this-name/data"}, tmp_path / "none")


@pytest.mark.parametrize("verb", ["status", "sql 'SELECT 1'", "pull 2021-22 --warehouse file://.."])
def test_a_subfolder_names_the_data_folder_above_it(folder, verb):
    (folder / "a" / "b").mkdir(parents=True, exist_ok=True)
    done = shell(f"nba {verb}", folder / "a" / "b")
    assert done.returncode == 2
    assert f"one above it: {folder}/data; nothing was done" in done.stderr
    assert f"hint: cd {folder}, or give --data" in done.stderr
    assert list((folder / "a" / "b").iterdir()) == []


def test_proposed_commands_quote_a_folder_with_blanks(folder):
    done = shell(
        "nba backfill --data 'my data' || true; ln -sfn data 'my data'; nba backfill "
        "--data 'my data' --force --tables team_defense_zone_analysis",
        folder,
    )
    assert "nba-local status --data 'my data'" in done.stdout


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://hooks.example/services/a", ""),
        ("http://127.0.0.1:8080/x", ""),
        ("hooks.example/services/a", "does not begin"),
        ("https:///services", "does not begin"),
        ("https://hooks.example/ a", "blanks"),
        ("https://hooks.exämple/a", "letters"),
        ("https://hooks.example:port/a", "is not a web address"),
    ],
)
def test_what_is_wrong_with_a_webhook_is_said_without_its_secret(url, problem):
    problems = AlertSettings(webhooks={"SLACK_WEBHOOK_URL": url}).problems
    assert bool(problems) == bool(problem)
    for text in problems.values():
        assert problem in text
        assert "hooks" not in text
