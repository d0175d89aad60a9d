"""The command line as a person types it: words, exit codes, and what is left on disk."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import json
import os
import pty
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from nba_local.cli.app import app
from nba_local.commands import road
from nba_local.errors import LedgerError, WarehouseError
from nba_local.report.terminal import Report
from nba_local.storage.ledger import Ledger
from nba_local.storage.store import Store
from nba_local.tables.registry import load_registry
from pipelines.simulated import season
from tests.conftest import project_of, run_cli

if TYPE_CHECKING:
    from click.testing import Result

PSZA, TDZA = "player_shot_zone_analysis", "team_defense_zone_analysis"
REGISTRY = load_registry(Path(__file__).parents[1] / "pipelines")
BEFORE = dt.date(2021, 12, 1)
"""The small season ends here: 28 dates with rows, 14 of bootstrap, one without games."""

COMMON = {"--data", "--rules", "--pipelines", "--json"}
FLAGS = {
    "pull": COMMON | {"--season", "--warehouse", "--tables", "--full", "--max-bytes"},
    "plan": COMMON
    | {
        "--tables",
        "--set",
        "--today",
        "--detailed-exitcode",
        "--force",
        "--bootstrap",
        "--retry-failed",
    },
    "backfill": COMMON
    | {"--tables", "--set", "--today", "--force", "--bootstrap", "--retry-failed", "--alerts"},
    "check": COMMON | {"--tables", "--set", "--today", "--oracle"},
    "leak": COMMON | {"--tables", "--set", "--today", "--sample", "--all"},
    "warmup": COMMON
    | {"--tables", "--set", "--today", "--openings", "--horizon", "--tolerance", "--share"},
    "coverage": COMMON | {"--html", "--detailed-exitcode"},
    "ui": COMMON | {"--port", "--no-browser"},
    "why": COMMON,
    "thresholds": COMMON | {"--set", "--today", "--within"},
    "status": COMMON,
    "push": COMMON
    | {"--to", "--env", "--tables", "--dry-run", "--yes", "--keep-stale", "--overwrite-stale"}
    | {"--allow-removals"},
    "rollback": COMMON | {"--to", "--env", "--yes", "--overwrite-stale"},
    "verify": COMMON | {"--to", "--env", "--tables"},
    "diff": COMMON | {"--to", "--tables", "--volatile", "--tolerance", "--limit"},
    "schema": set(),
    "checkpoint": set(),
    "alerts": set(),
    "runs": COMMON | {"--limit"},
    "history": COMMON | {"--limit"},
    "sql": {"--data", "--json"},
    "doctor": COMMON | {"--warehouse", "--to", "--env"},
    "demo": {"--json"},
}
PULL = ("pull", "--season", "2021-22")


simulated = functools.cache(season)


def small_folder(base: Path) -> Path:
    """A small warehouse and a data folder pulled from it and backfilled, made once a session."""
    root = base / "small"
    if not root.exists():
        for name, frame in simulated(2021).tables.items():
            (root / "warehouse" / name).mkdir(parents=True)
            rows = frame.filter(pl.col("game_date") < BEFORE)
            rows.write_parquet(root / "warehouse" / name / "season=2021.parquet")
        project = project_of(root / "data", f"file://{root}/warehouse")
        road.pull(project, ["2021-22"], [])
        road.backfill(project, ["2021-22"], [])
    return root


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    return small_folder(tmp_path_factory.getbasetemp())


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch) -> None:
    """Work in an empty folder: no .env, no data of the developer."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def data(small, tmp_path) -> Path:
    """A copy of the small data folder under the default name."""
    return Path(shutil.copytree(small / "data", tmp_path / "data"))


def nba(*arguments: object, stdin: str | None = None) -> Result:
    """A command in this process; whatever would be a traceback is raised."""
    result = CliRunner().invoke(app, [str(a) for a in arguments], input=stdin)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def document(result) -> dict:
    """The one JSON document on stdout, by the letter of the standard."""

    def refuse(constant: str):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(result.stdout, parse_constant=refuse)


def contents(folder: Path) -> dict[str, bytes]:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".lock"))
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


# help


def test_every_verb_is_listed_here():
    assert set(FLAGS) == set(typer.main.get_command(app).commands)


@pytest.mark.parametrize("verb", FLAGS)
def test_help_names_and_explains_every_flag(verb):
    result = nba(verb, "--help")
    assert result.exit_code == 0
    shown = set(re.findall(r"^ +(?:-h, )?(--[a-z-]+)", result.stdout, flags=re.MULTILINE))
    assert shown == FLAGS[verb] | {"--help"}
    assert all(p.help for p in typer.main.get_command(app).commands[verb].params)


def test_help_imports_nothing_heavy():
    heavy = "{'polars', 'duckdb', 'pyarrow', 'google.cloud', 'pydantic', 'rich'}"
    code = (
        f"import sys, nba_local.cli.app as c\ntry: c.main()\nfinally: "
        f"print({heavy} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "pull", "--help"], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "set()"


def test_the_list_of_commands_breaks_no_sentence_off():
    assert "..." not in nba("--help").stdout.partition("Commands:")[2]


def test_help_of_pull_says_what_pull_does_without_a_season():
    assert "[all stored]" not in " ".join(nba("pull", "--help").stdout.split())


def test_without_a_command_help_is_shown():
    assert "backfill" in nba().output


# what is mistyped


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["pul"], ["pul", "Did you mean 'pull'?"]),
        (["pull", "--seasn", "2021-22"], ["--seasn", "--season"]),
        (["pull"], ["which season?", "nba-local pull --season 2021-22"]),
        (["pull", "--season", "2021-22"], ["no warehouse", "--warehouse file://DIR"]),
        ([*PULL, "--warehouse", "ftp://there"], ["`ftp://there`", "file://DIR"]),
        (["pull", "--season", "2021-23"], ["`2021-23`", "did you mean `2021-22`?"]),
        (["plan", "2021-23"], ["`2021-23`", "did you mean `2021-22`?"]),
        (["backfill", "2021-23"], ["`2021-23`", "did you mean `2021-22`?"]),
        (["check", "2021-23"], ["`2021-23`", "did you mean `2021-22`?"]),
        (["status", "2021-23"], ["`2021-23`", "did you mean `2021-22`?"]),
        (["push", "2021-23", "--to", "file://target"], ["did you mean `2021-22`?"]),
        (["plan", "November"], ["`November` is not", "2021-11-15..2021-11-30"]),
        (["plan", "2021-11-31"], ["`2021-11-31` is not", "a date as 2021-11-15"]),
        (["plan", "2021-11-15..2021-11-01"], ["ends before it starts"]),
        (["plan", "--today", "tomorrow"], ["`tomorrow`, not a date"]),
        (["plan", "--tables", "player_shot_zones"], [f"did you mean `{PSZA}`?", f", {TDZA}"]),
        (["plan", "--tables", "nbac_schedule"], ["`nbac_schedule` is not among", TDZA]),
        (["pull", "--season", "2021-22", "--tables", TDZA], [TDZA, "known: nbac_schedule"]),
        (["plan", "--rules", "produktion"], ["did you mean `production`?", "corrected"]),
        (["plan", "--set", f"{PSZA}.mingames=8"], ["did you mean `min_games`?"]),
        (["plan", "--set", "player_shot_zones.min_games=8"], [f"did you mean `{PSZA}`?"]),
        (["plan", "--set", "min_games=8"], ["`min_games=8`", "TABLE.KEY=VALUE"]),
        (["plan", "--set", f"{PSZA}.min_games=many"], [f"{PSZA}.min_games=many"]),
        (["push"], ["no warehouse", "--to file://DIR"]),
        (["history", "--limit", "0"], ["0", "--limit"]),
        (["leak", "2021-23"], ["`2021-23`", "did you mean `2021-22`?"]),
        (["leak", "--sample", "0"], ["0", "--sample"]),
        (["warmup", "2021-11-15"], ["`2021-11-15` is not a season"]),
        (["warmup", "--share", "95"], ["95", "--share"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_mistake_is_named_with_what_to_type_instead(arguments, said, data):
    before = contents(data)
    result = nba(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    for words in said:
        assert words in result.stderr
    assert contents(data) == before


def test_a_mistake_in_a_process_of_its_own(tmp_path):
    done = run_cli("pull", "--season", "2021-23", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: `2021-23` is not a season; did you mean `2021-22`?",
        "  hint: write a season as 2021-22, a date as 2021-11-15, "
        "a range as 2021-11-15..2021-11-30",
    ]


NEEDED = {
    "sql": ["SELECT 1"],
    "rollback": ["push", "--yes"],
    "diff": ["local", "dev"],
    "why": [TDZA, "2021-11-15"],
    "thresholds": [TDZA],
}
"""What a command cannot be called without."""


@pytest.mark.parametrize("verb", sorted(set(FLAGS) - {"demo", "schema", "checkpoint", "alerts"}))
def test_an_unknown_variable_of_ours_is_an_error(verb, data, monkeypatch):
    monkeypatch.setenv("NBA_LOCAL_WAREHAUS", "file://warehouse")
    result = nba(verb, *NEEDED.get(verb, []))
    assert result.exit_code == 2
    assert "did you mean `NBA_LOCAL_WAREHOUSE`?" in result.stderr
    assert data.is_dir()


@pytest.mark.parametrize("text", ["0000-01", "9999-00", "0001-01-01", "9999-12-31"])
def test_a_year_without_a_calendar_is_a_mistake(text, data):
    assert nba("plan", text, "--data", data).exit_code == 2


def test_pull_takes_a_season_like_the_others(small):
    result = nba("pull", "2021-22", "--warehouse", f"file://{small}/warehouse")
    assert result.exit_code == 0
    assert "player_game_summary" in result.stdout


@pytest.mark.parametrize("value", ["nan", "inf", "1000"])
def test_a_threshold_is_a_percentage(value, data):
    result = nba("plan", "--set", f"{PSZA}.readiness_threshold={value}", "--data", data)
    assert result.exit_code == 2


def test_a_setting_of_a_source_table_is_a_mistake(data):
    assert nba("plan", "--set", "nbac_schedule.min_games=8", "--data", data).exit_code == 2


# what is not there


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan"],
        ["backfill", "2021-22"],
        ["check"],
        ["status"],
        ["history"],
        ["leak"],
        ["warmup"],
        ["sql", "SELECT 1"],
        ["push", "--to", "file://target", "--dry-run"],
        ["push", "--to", "file://target", "--yes"],
    ],
    ids=" ".join,
)
def test_a_folder_that_was_never_pulled_is_refused_and_not_made(arguments, tmp_path):
    result = nba(*arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "hint: pull a season first: nba-local pull --season 2021-22" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", ["plan", "backfill"])
def test_a_season_that_was_never_pulled_is_missing_upstream(verb, data):
    before = contents(data)
    result = nba(verb, "2022-23")
    assert result.exit_code == 5
    assert "2022-23 was never pulled; nothing was computed" in result.stderr
    assert "hint: nba-local pull --season 2022-23" in result.stderr
    assert contents(data).keys() == before.keys()


@pytest.mark.parametrize("verb", ["check", "leak", "warmup"])
def test_a_look_at_a_season_that_was_never_pulled_says_so(verb, data):
    result = nba(verb, "2022-23")
    assert result.exit_code == 5
    assert "2022-23 was never pulled; nothing was done" in result.stderr
    assert data.is_dir()


def test_check_works_between_pull_and_backfill(small):
    assert nba(*PULL, "--warehouse", f"file://{small}/warehouse").exit_code == 0
    assert nba("check").exit_code == 0


def test_pull_from_a_folder_that_is_not_there_fails(tmp_path):
    result = nba(*PULL, "--warehouse", "file://nowhere")
    assert result.exit_code == 1
    assert "nowhere" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_pull_of_a_season_the_warehouse_lacks_says_so(small, data):
    result = nba("pull", "--season", "2022-23", "--warehouse", f"file://{small}/warehouse")
    assert "nothing changed" not in result.output
    assert "no rows" in result.output
    assert data.is_dir()


def test_pull_proposes_no_backfill_of_a_season_the_warehouse_lacks(small):
    result = nba("pull", "2021-22", "2022-23", "--warehouse", f"file://{small}/warehouse")
    (following,) = re.findall(r"^next: (.*)$", result.stdout, flags=re.MULTILINE)
    assert following == "nba-local backfill 2021-22"


@pytest.mark.parametrize("verb", ["status", "plan", "backfill"])
def test_a_folder_without_a_season_is_said_to_be_empty(verb, small):
    nba("pull", "2022-23", "--warehouse", f"file://{small}/warehouse")
    result = nba(verb)
    assert "0 of 0" not in result.output
    assert "nba-local pull --season 2021-22" in result.output


def test_what_to_type_next_is_for_the_same_folder(small):
    first = nba("pull", "2021-22", "--data", "other", "--warehouse", f"file://{small}/warehouse")
    assert "next: nba-local backfill 2021-22 --data other" in first.stdout
    second = nba("backfill", "--data", "other")
    assert "nba-local status --data other" in second.stdout


def test_what_to_type_next_works_with_other_rules_too(small):
    nba("pull", "2021-22", "--data", "other", "--warehouse", f"file://{small}/warehouse")
    done = nba("backfill", "--data", "other", "--rules", "production")
    (following,) = re.findall(r"^next: (.*)$", done.stdout, flags=re.MULTILINE)
    for command in following.replace("file://DIR", "file://target").split("; "):
        assert nba(*command.split()[1:]).exit_code == 0


def test_push_of_a_season_never_computed_says_so(data):
    result = nba("push", "2022-23", "--to", "file://target", "--yes")
    assert "2022-23" in result.output
    assert "nba-local backfill 2022-23" in result.output
    assert data.is_dir()


def test_the_other_rule_set_is_refused_with_the_way_out(data):
    before = contents(data)
    for arguments in (["backfill"], ["status"], ["plan"], ["check"], ["history"]):
        result = nba(*arguments, "--rules", "production")
        assert result.exit_code == 1
        assert "holds the rule set `corrected`, not `production`" in result.stderr
        assert "--rules corrected" in result.stderr
        assert "--data data-production" in result.stderr
    assert contents(data) == before


@pytest.mark.parametrize("verb", ["pull", "status"])
def test_a_data_folder_that_is_none_is_refused(verb, small, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ledger.sqlite").write_text("no database")
    extra = ["--season", "2021-22", "--warehouse", f"file://{small}/warehouse"]
    result = nba(verb, *(extra if verb == "pull" else []))
    assert result.exit_code == 1
    assert "ledger.sqlite" in result.stderr


def test_a_file_instead_of_a_data_folder_is_refused(small, tmp_path):
    (tmp_path / "data").touch()
    result = nba(*PULL, "--warehouse", f"file://{small}/warehouse")
    assert result.exit_code == 1
    assert "hint" in result.stderr


def test_a_damaged_file_in_the_warehouse_is_named(small, tmp_path):
    shutil.copytree(small / "warehouse", tmp_path / "warehouse")
    (tmp_path / "warehouse" / "nbac_schedule" / "season=2021.parquet").write_text("no parquet")
    result = nba(*PULL, "--warehouse", "file://warehouse")
    assert result.exit_code == 1
    assert "nbac_schedule" in result.stderr


# JSON


def success_of(verb: str, warehouse: Path) -> list[str]:
    return {
        "pull": ["--season", "2021-22", "--warehouse", f"file://{warehouse}"],
        "backfill": ["--set", f"{TDZA}.min_games=8"],
        "push": ["--to", "file://target", "--yes"],
        "sql": [f"SELECT * FROM {PSZA} LIMIT 3"],
        "doctor": ["--warehouse", f"file://{warehouse}"],
        "diff": ["local", "local"],
        "why": [TDZA, "2021-11-15"],
        "thresholds": [TDZA],
    }.get(verb, [])


# these have tests of their own: they need a push, have commands below them, or go on until Ctrl-C
@pytest.mark.parametrize(
    "verb",
    sorted(set(FLAGS) - {"demo", "verify", "rollback", "schema", "checkpoint", "alerts", "ui"}),
)
def test_json_is_one_document_and_words_go_to_stderr(verb, small, data):
    result = nba(verb, *success_of(verb, small / "warehouse"), "--json")
    assert result.exit_code == 0
    found = document(result)
    assert set(found) == {"schema_version", "command", "result"}
    assert (found["schema_version"], found["command"]) == (1, verb)
    assert found["result"]
    assert bool(result.stderr) == (verb != "sql")
    assert data.is_dir()


@pytest.mark.parametrize("verb", FLAGS)
def test_json_of_an_error_is_one_document_too(verb, data, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    wrong = {"sql": ["SELEC 1"], "demo": ["mine"]}.get(verb, ["--rules", "korrected"])
    result = nba(verb, *wrong, "--json")
    assert result.exit_code == 2
    found = document(result)
    assert (found["schema_version"], found["command"]) == (1, verb)
    assert set(found["result"]) == {"error", "message", "hint", "exit_code"}
    assert found["result"]["exit_code"] == 2
    assert found["result"]["message"] in result.stderr
    assert data.is_dir()


def test_json_of_an_unknown_option_is_one_document_too():
    result = nba("plan", "--json", "--tabels", PSZA)
    assert result.exit_code == 2
    assert document(result)["result"]["exit_code"] == 2


def test_json_of_a_plan_has_what_is_printed(data):
    found = document(nba("plan", "--set", f"{TDZA}.min_games=8", "--json"))["result"]
    assert found["rules"] == "corrected"
    assert found["settings"][TDZA]["min_games"] == 8
    steps = {step["table"]: step["reasons"] for step in found["steps"]}
    assert steps[PSZA] == []
    assert [reason["code"] for reason in steps[TDZA]] == ["rules_changed"]
    assert data.is_dir()


# plan and backfill


def test_plan_changes_nothing_and_says_whether_something_is_due(data):
    before = contents(data)
    idle = nba("plan", "--detailed-exitcode")
    assert idle.exit_code == 0
    assert "0 of 5 steps due" in idle.stdout
    changed = ("plan", "2021-22", "--set", f"{TDZA}.min_games=8")
    due = nba(*changed, "--detailed-exitcode")
    assert due.exit_code == 3
    assert f"2021-22  {PSZA}: leave (up to date)" in due.stdout
    assert f"2021-22  {TDZA}: compute, check, publish (rules or settings changed)" in due.stdout
    assert "3 of 5 steps due" in due.stdout
    assert nba(*changed).exit_code == 0
    assert contents(data) == before


@pytest.mark.parametrize("verb", ["leak", "warmup", "status", "history", "doctor", "sql", "push"])
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


# sql


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


# push


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


@pytest.mark.parametrize(("answer", "pushes"), [("n", False), ("", False), ("y", True)])
def test_push_on_a_terminal_asks(answer, pushes, data, tmp_path):
    done = on_a_terminal(f"{answer}\n", "push", "--to", "file://target")
    assert "push?" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == (0 if pushes else 1)
    assert ("read back and compared" in done.stdout) == pushes
    assert (tmp_path / "target").exists() == pushes
    assert data.is_dir()


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


# locks and interrupts


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


def test_json_of_an_interrupted_pull_is_one_document(small, tmp_path):
    command = (*PULL, "--warehouse", f"file://{small}/warehouse", "--json")
    done = interrupted(tmp_path / "data", "raw/*/*/*.parquet", *command)
    assert done.returncode == 130
    assert document(done)["result"]["exit_code"] == 130


def test_a_query_can_be_interrupted(data, tmp_path):
    """The query reads a pipe into which nothing is written: it runs until it is stopped."""
    numbers = tmp_path / "numbers.csv"
    os.mkfifo(numbers)
    read = f"read_csv('{numbers}', columns = {{'n': 'BIGINT'}}, auto_detect = false)"
    with subprocess.Popen(
        [sys.executable, "-m", "nba_local", "sql", f"SELECT count(*) FROM {read}"],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        writer = None
        while writer is None and process.poll() is None:
            with contextlib.suppress(OSError):  # nobody reads yet
                writer = os.open(numbers, os.O_WRONLY | os.O_NONBLOCK)
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        if writer is not None:
            os.close(writer)
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    assert data.is_dir()


def test_an_interrupted_backfill_loses_nothing(small, data):
    shutil.rmtree(data / "published")
    done = interrupted(data, "staged/*/*/*.parquet", "backfill")
    assert done.returncode == 130
    assert "Traceback" not in done.stderr
    assert "interrupted; what was published stays" in done.stdout + done.stderr
    assert nba("history", "--limit", "1").stdout.count("interrupted") == 1
    assert nba("backfill").exit_code == 0
    assert contents(data / "published") == contents(small / "data" / "published")
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


# doctor


def test_doctor_has_nothing_to_say_about_a_folder_that_is_well(small, data):
    result = nba("doctor", "--warehouse", f"file://{small}/warehouse")
    assert result.exit_code == 0
    assert all(line.startswith("ok ") for line in result.stdout.splitlines())
    assert "ok    published files: 5, all as the ledger says" in result.stdout
    assert data.is_dir()


def test_doctor_of_a_folder_that_is_not_there_makes_none(tmp_path):
    result = nba("doctor")
    assert result.exit_code == 0
    assert "warn  data folder: data is empty\n        fix: nba-local pull" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_doctor_of_the_other_rule_set_fails(data):
    result = nba("doctor", "--rules", "production")
    assert result.exit_code == 1
    assert "fail  rule set: the folder holds `corrected`" in result.stdout
    assert "fix: use --rules corrected" in result.stdout
    assert data.is_dir()


def remove(file: Path) -> None:
    file.unlink()


def shorten(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def alter(file: Path) -> None:
    """One bit of a value: the size stays, and the file can still be read."""
    content = bytearray(file.read_bytes())
    content[200] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("harm", [remove, shorten, alter])
def test_doctor_finds_a_file_that_is_not_the_published_one(harm, data):
    file = data / "published" / TDZA / "season=2021" / "2021-11.parquet"
    harm(file)
    result = nba("doctor")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    (place,) = (i for i, line in enumerate(lines) if line.startswith("fail"))
    assert lines[place].startswith("fail  published files: 1 of 5 differ from the ledger: ")
    assert lines[place].endswith(str(file.relative_to(data)))
    assert lines[place + 1].strip() == "fix: nba-local backfill 2021-22: it writes them again"


@pytest.mark.parametrize("harm", [remove, shorten, alter])
@pytest.mark.parametrize("layer", ["raw", "published"])
def test_what_doctor_names_mends_it(layer, harm, small, data):
    table = "nbac_schedule" if layer == "raw" else TDZA
    file = data / layer / table / "season=2021" / "2021-11.parquet"
    before = file.read_bytes()
    harm(file)
    assert nba("doctor").exit_code == 1
    if layer == "raw":
        nba(*PULL, "--warehouse", f"file://{small}/warehouse")
    else:
        nba("backfill")
    assert nba("doctor").exit_code == 0
    assert file.read_bytes() == before


def test_doctor_finds_that_the_warehouse_is_not_there(data):
    result = nba("doctor", "--warehouse", "file://nowhere")
    assert "fail  warehouse" in result.stdout
    assert data.is_dir()


def test_doctor_of_a_folder_that_is_only_pulled(small):
    nba(*PULL, "--warehouse", f"file://{small}/warehouse")
    assert "None" not in nba("doctor").stdout


def test_the_version_can_be_asked_for():
    assert nba("--version").exit_code == 0


def test_the_error_of_a_folder_is_the_same_from_python(tmp_path):
    with pytest.raises(LedgerError) as refused:
        road.plan(project_of(tmp_path / "data"), [], [])
    assert nba(
        "plan"
    ).stderr == f"error: {refused.value.message}\n  hint: {refused.value.hint}\n".replace(
        str(tmp_path / "data"), "data"
    )


# what is meant


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan", "2021"], "did you mean `2021-22`?"),
        (["plan", "--data", ""], "--data is given without a value"),
        (["plan", "--tables", ""], "--tables names no table"),
        (["plan", "--set", f"{PSZA}.min_games=abc"], "`abc` is not a whole number"),
    ],
)
def test_a_call_that_means_nothing_is_refused_with_the_reason(arguments, said, data):
    result = nba(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert data.is_dir()


def test_status_of_a_season_never_pulled_says_so(data):
    result = nba("status", "2030-31")
    assert result.exit_code == 5
    assert "nba-local pull --season 2030-31" in result.stderr
    assert data.is_dir()


def test_a_date_is_said_to_mean_its_season(data):
    assert "a season is computed as a whole" in nba("plan", "2021-11-15").stdout
    assert "a season is computed as a whole" not in nba("plan", "2021-22").stdout
    assert data.is_dir()


def test_two_targets_are_named_in_the_status(data):
    for target in ("file://one", "file://two"):
        assert nba("push", "--to", target, "--yes").exit_code == 0
    shown = nba("status").stdout
    assert "28 of 28 in file://one, 28 of 28 in file://two" in shown
    assert data.is_dir()
