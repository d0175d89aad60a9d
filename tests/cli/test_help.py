"""Help: every command, every flag, and nothing heavy imported."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
import typer

from nba_local.cli.app import app
from tests.cli.typed import FLAGS, nba


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
