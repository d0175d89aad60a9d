"""What is typed wrong: named, with what to type instead, and nothing done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.typed import FLAGS, GROUPS, PSZA, PULL, TDZA, contents, nba
from tests.conftest import run_cli

if TYPE_CHECKING:
    pass


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


@pytest.mark.parametrize("verb", sorted(set(FLAGS) - GROUPS - {"demo"}))
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
