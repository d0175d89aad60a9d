"""`-q` and `-v`: less and more words; results that were asked for are there in any case."""

from __future__ import annotations

import re

import polars as pl
import pytest

from tests.cli.typed import PSZA, PULL, TDZA, document, nba
from tests.conftest import run_cli, slow


@pytest.mark.parametrize(
    "words",
    [
        slow((*PULL, "--warehouse", "file://{small}/warehouse")),
        slow(("backfill", "--set", f"{TDZA}.min_games=8")),
        ("push", "--to", "file://target", "--yes"),
        slow(("checkpoint", "clear", "--yes")),
        slow(("init", "new")),
    ],
    ids=lambda words: words[0],
)
def test_what_acts_says_nothing_when_quiet(words, small, data, tmp_path):
    done = run_cli(*(word.format(small=small) for word in words), "-q", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert data.is_dir()


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("plan",),
        ("runs",),
        ("coverage", "2021-11"),
        ("sql", "SELECT 1 AS one"),
        ("push", "--to", "file://target", "--dry-run"),
    ],
    ids=lambda words: words[0],
)
def test_what_is_asked_is_answered_when_quiet(words, data):
    usual, quiet = nba(*words), nba(*words, "--quiet")
    assert quiet.exit_code == 0
    kept = [line for line in usual.stdout.splitlines() if not line.startswith("next: ")]
    assert quiet.stdout.split() == "\n".join(kept).split()
    assert quiet.stderr == ""
    assert data.is_dir()


def test_errors_are_said_when_quiet(data):
    result = nba("backfill", "2022-23", "-q")
    assert result.exit_code == 5
    assert "2022-23 was never pulled" in result.stderr
    assert result.stdout == ""
    assert data.is_dir()


def test_why_an_exit_code_is_not_0_is_said_when_quiet(small, data, tmp_path):
    """A pull that keeps rows that the warehouse no longer has: which, and what to type."""
    for file in (small / "warehouse" / "nbac_schedule").glob("*.parquet"):
        (tmp_path / "warehouse" / "nbac_schedule").mkdir(parents=True, exist_ok=True)
        rows = pl.read_parquet(file)
        rows.head(rows.height // 3).write_parquet(
            tmp_path / "warehouse" / "nbac_schedule" / file.name
        )
    pull = (*PULL, "--warehouse", "file://warehouse", "--tables", "nbac_schedule", "-q")
    result = nba(*pull)
    assert result.exit_code == 4
    assert result.stdout == ""
    assert "nbac_schedule" in result.stderr
    assert "--accept-gone" in result.stderr
    assert data.is_dir()


def test_quiet_and_verbose_exclude_each_other(data):
    result = nba("status", "-q", "-v")
    assert result.exit_code == 2
    assert "exclude each other" in result.stderr
    assert data.is_dir()


def test_verbose_names_all_that_is_cut_off(data):
    usual, full = nba("config"), nba("config", "-v")
    assert f"set.{PSZA}.min_games" not in usual.stdout
    assert f"set.{PSZA}.min_games" in full.stdout
    assert re.search(r"^config: exit code 0 after \d", full.stderr, re.MULTILINE)
    assert data.is_dir()


@pytest.mark.slow
def test_json_has_words_beside_it_with_verbose_only(data, tmp_path):
    told = ("backfill", "--set", f"{TDZA}.min_games=8", "--json")
    done = run_cli(*told, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    done = run_cli("backfill", "--json", "-v", cwd=tmp_path)
    assert document(done)["result"]["steps"]
    assert re.search(rf"^  {TDZA} +[\d,]+ +\d+ +\d+$", done.stderr, re.MULTILINE)
    assert re.search(r"^backfill: 3 of 3$", done.stderr, re.MULTILINE)
    assert data.is_dir()
