"""Folders, seasons and files that are not there."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.cli.typed import PULL, TDZA, contents, nba

if TYPE_CHECKING:
    pass


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
    warehouse = f"file://{small}/warehouse"
    assert nba(*PULL, "--warehouse", warehouse, "--tables", "nbac_schedule").exit_code == 0
    assert nba("check", "--tables", f"nbac_schedule,{TDZA}").exit_code == 0


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
    pull = ("pull", "2021-22", "2022-23", "--tables", "nbac_schedule")
    result = nba(*pull, "--warehouse", f"file://{small}/warehouse")
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
    second = nba("backfill", "--data", "other", "--tables", TDZA)
    assert "nba-local status --data other" in second.stdout


@pytest.mark.slow
def test_what_to_type_next_works_with_other_rules_too(small):
    nba("pull", "2021-22", "--data", "other", "--warehouse", f"file://{small}/warehouse")
    done = nba("backfill", "--data", "other", "--rules", "production")
    following = re.findall(r"^  (nba-local .*)$", done.stdout, flags=re.MULTILINE)
    assert [command.split()[1] for command in following] == ["status", "push"]
    for command in (one.replace("file://DIR", "file://target") for one in following):
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
