"""`--json`: one document on stdout, errors on stderr, and words there with -v only."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.typed import FLAGS, GROUPS, PSZA, TDZA, document, nba


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
        "leak": ["--sample", "1", "--tables", TDZA],
        "warmup": ["--openings", "1", "--tables", TDZA],
        "check": ["--tables", TDZA],
        "init": ["new"],
    }.get(verb, [])


# these have tests of their own: they need a push, have commands below them, or go on until Ctrl-C
@pytest.mark.parametrize(
    "verb",
    sorted(set(FLAGS) - GROUPS - {"demo", "init", "verify", "rollback", "ui"}),
)
def test_json_is_one_document_and_words_go_to_stderr_if_asked_for(verb, small, data):
    result = nba(verb, *success_of(verb, small / "warehouse"), "--json")
    assert result.exit_code == 0
    assert result.stderr == ""
    found = document(result)
    assert set(found) == {"schema_version", "command", "result"}
    assert (found["schema_version"], found["command"]) == (1, verb)
    assert found["result"]
    if verb in {"plan", "status", "check", "runs"}:
        told = nba(verb, *success_of(verb, small / "warehouse"), "--json", "-v")
        assert document(told) == found
        *words, took = told.stderr.splitlines()
        assert words
        assert re.fullmatch(rf"{verb}: exit code 0 after \d+\.\d s", took)
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
