"""Plan, backfill, runs and sql as they are typed."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from nba_local.errors import WarehouseError
from nba_local.report.terminal import Report
from tests.cli.typed import PSZA, REGISTRY, TDZA, contents, document, nba
from tests.conftest import run_cli, slow

if TYPE_CHECKING:
    pass


def test_plan_changes_nothing_and_says_whether_something_is_due(data):
    before = contents(data)
    idle = nba("plan", "--detailed-exitcode")
    assert idle.exit_code == 0
    assert "0 of 5 steps due" in idle.stdout
    changed = ("plan", "2021-22", "--set", f"{TDZA}.min_games=8")
    due = nba(*changed, "--detailed-exitcode")
    assert due.exit_code == 3
    assert f"2021-22  {PSZA}: leave (up to date)" in due.stdout
    changes = "rules or settings changed: min_games 5 -> 8"
    assert f"2021-22  {TDZA}: compute, check, publish ({changes})" in due.stdout
    assert "3 of 5 steps due" in due.stdout
    assert nba(*changed).exit_code == 0
    assert contents(data) == before


@pytest.mark.parametrize(
    "verb", [slow("leak"), slow("warmup"), "status", "history", "doctor", "sql", "push"]
)
def test_who_only_reads_changes_nothing(verb, data, tmp_path):
    before = contents(data)
    extra = {
        "sql": ["FROM ledger_runs"],
        "push": ["--to", "file://target", "--dry-run"],
        "leak": ["2021-11-15"],
        "warmup": ["--openings", "1"],
    }
    assert nba(verb, *extra.get(verb, [])).exit_code == 0
    assert contents(data) == before
    assert not (tmp_path / "target").exists()


def test_a_second_backfill_does_nothing_and_says_so(data):
    before = contents(data)
    result = nba("backfill", "2021-22")
    assert result.exit_code == 0
    assert result.stdout == "nothing to do: 5 of 5 steps up to date\n"
    assert contents(data).keys() == before.keys()
    assert contents(data / "published") == contents(data / "published")


@pytest.mark.slow
def test_a_backfill_elsewhere_than_on_a_terminal_is_plain(data, tmp_path):
    done = run_cli("backfill", "2021-22", "--set", f"{TDZA}.min_games=8", cwd=tmp_path)
    assert done.returncode == 0
    assert not set("\x1b\r") & set(done.stdout + done.stderr)
    assert all(re.fullmatch(r".+: \d+ of \d+", line) for line in done.stderr.splitlines())
    assert done.stderr.splitlines()[-1] == "backfill: 3 of 3"
    assert f"2021-22  {TDZA}: 748 rows; 26 ok, 14 bootstrap" in done.stdout
    assert data.is_dir()


def test_history_lists_the_runs_newest_first(data):
    nba("backfill", "--set", f"{TDZA}.min_games=8")
    result = nba("history")
    verbs = re.findall(r"(\w+)-[0-9a-f]{12} +done", result.stdout)
    assert verbs == ["backfill", "backfill", "pull"]
    assert len(nba("history", "--limit", "1").stdout.splitlines()) == 2
    assert data.is_dir()


def test_history_says_what_was_asked(data):
    assert "2021-22" in nba("history").stdout
    assert data.is_dir()


def test_a_message_on_a_terminal_begins_a_line(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    report = Report(as_json=False)
    report.progress("pull nbac_schedule", 8, 42)
    report.error("pull", WarehouseError("it is gone"))
    assert "\nerror: it is gone\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELEC 1", "syntax error"),
        ("SELECT * FROM player_shot_zones", "player_shot_zones"),
        (f"SELECT player_lokup FROM {PSZA}", "player_lookup"),
        (f"DELETE FROM {PSZA}", "write a SELECT"),
        ("", "write a SELECT"),
    ],
)
def test_a_query_that_does_not_work_is_a_mistake(query, said, data):
    before = contents(data)
    result = nba("sql", query)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert said in result.stderr
    assert contents(data) == before


def test_sql_does_not_write_files(data):
    before = contents(data)
    file = data / "raw" / "nbac_schedule" / "season=2021" / "2021-11.parquet"
    assert nba("sql", f"COPY (SELECT 1 AS gone) TO '{file}'").exit_code == 2
    assert contents(data) == before


def test_sql_prints_rows(data):
    result = nba("sql", f"SELECT count(*) AS many FROM {TDZA}")
    assert result.exit_code == 0
    assert "many" in result.stdout
    assert "840" in result.stdout
    assert data.is_dir()


def test_json_of_a_query_keeps_every_column(data):
    (row,) = document(nba("sql", "SELECT 1 AS a, 2 AS a", "--json"))["result"]
    assert sorted(row.values()) == [1, 2]
    assert data.is_dir()


def test_json_of_a_query_is_json(data):
    document(nba("sql", "SELECT 'nan'::DOUBLE AS a, 'inf'::DOUBLE AS b", "--json"))
    assert data.is_dir()


def test_thresholds_of_a_season_are_those_of_every_table(data):
    every = document(nba("thresholds", "2021-22", "--json"))["result"]
    assert [swept["table"] for swept in every] == [t.name for t in REGISTRY.features]
    (one,) = (swept for swept in every if swept["table"] == TDZA)
    assert one == document(nba("thresholds", TDZA, "2021-22", "--json"))["result"]
    assert data.is_dir()
