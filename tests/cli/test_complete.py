"""What a shell completes, and that nothing heavy is imported for it."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from typer.testing import CliRunner

from nba_local.cli.app import app
from nba_local.lab.ledger import Entry, LabLedger
from tests.cli.typed import PSZA, REGISTRY, TDZA
from tests.conftest import ROOT

FEATURES = sorted(table.name for table in REGISTRY.features)


def complete(typed: str) -> list[str]:
    """What the shell offers for the word at the end of `typed`."""
    words = re.findall(r'"[^"]*|\S+|(?<= )$', typed)
    asked = {
        "_NBA_LOCAL_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(words) - 1),
    }
    offered = CliRunner().invoke(app, [], env=asked, prog_name="nba-local").stdout
    return [line for line in offered.splitlines() if line]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("nba-local plan --tables player_d", ["player_daily_cache"]),
        (f"nba-local plan --tables {TDZA},team_d", [f"{TDZA},team_defense_game_summary"]),
        ("nba-local why team_", ["team_defense_game_summary", TDZA, "team_offense_game_summary"]),
        ("nba-local thresholds ", FEATURES),
        ("nba-local plan --rules ", ["corrected", "production"]),
        ("nba-local plan --set player_daily_cache.r", ["player_daily_cache.readiness_threshold="]),
        ("nba-local plan --set player_game_summary.max_p", ["player_game_summary.max_points="]),
        ("nba-local push --env ", ["dev", "prod"]),
        ('nba-local sql "SELECT points_avg_last', [
            "SELECT points_avg_last_10", "SELECT points_avg_last_5",
        ]),
        ('nba-local sql "FROM nbac_s', ["FROM nbac_schedule"]),
        ("nba-local plan ", []),
        ("nba-local lab show ", []),
    ],
)  # fmt: skip
def test_names_are_completed_without_any_data(typed, offered):
    assert complete(typed) == offered


def test_what_is_stored_is_completed(data):
    assert complete("nba-local plan ") == ["2021-22"]
    assert complete("nba-local lab sweep ideas.py 2020-21..") == ["2020-21..2021-22"]
    assert complete(f"nba-local why {PSZA} 2021-11-3") == ["2021-11-30"]
    assert complete("nba-local why nbac_schedule 2021-11-3") == ["2021-11-30"]
    query = "SELECT entity FROM non_rows WHERE table_name = ? AND date = '2021-11-30' ORDER BY 1"
    with closing(sqlite3.connect(data / "ledger.sqlite")) as db:
        without = [entity for (entity,) in db.execute(query, (PSZA,))]
    assert complete(f"nba-local why {PSZA} 2021-11-30 ") == without[:400] != []


def test_another_data_folder_is_where_the_flag_or_a_file_says(data, tmp_path):
    data.rename(tmp_path / "other")
    assert complete("nba-local plan --data other ") == ["2021-22"]
    assert complete("nba-local plan ") == []
    (tmp_path / "nba_local.toml").write_text('data = "other"\n')
    assert complete("nba-local plan ") == ["2021-22"]


def test_trials_are_completed_with_what_they_added(tmp_path):
    ledger = LabLedger(tmp_path / "data" / "lab")
    ledger.path.parent.mkdir(parents=True)
    added = {"added": ["shots", "passes"]}
    entry = Entry(0, "2026-11-28", "points", "He shoots.", "NOISE", 0.5, "a", added)
    ledger.add(entry, None)
    assert complete("nba-local lab show ") == ["1"]
    assert complete("nba-local lab promote 1 --feature s") == ["shots"]


def test_files_that_are_no_use_complete_nothing(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ledger.sqlite").write_text("no database")
    assert complete(f"nba-local why {PSZA} ") == []
    (tmp_path / "nba_local.toml").write_text("data = ")
    assert complete("nba-local plan --rules ") == []


@pytest.mark.parametrize("typed", ["--tables p", "--rules ", "--set ", "2"])
def test_nothing_heavy_is_imported_for_it(typed, data):
    words = f"nba-local plan {typed}"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "nba_local"],
        env={
            **os.environ,
            "_NBA_LOCAL_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert data.is_dir()
    imported = set(re.findall(r"\| +([\w.]+)$", done.stderr, re.MULTILINE))
    assert {"nba_local.cli.complete", "typer"} <= imported
    assert not imported & {"polars", "duckdb", "pyarrow", "google.cloud.bigquery", "rich"}
