"""Help: every command, every flag, and nothing heavy imported."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import pytest
import typer

from nba_local.cli.app import app
from tests.cli.typed import FLAGS, nba
from tests.command_table import commands


def test_every_verb_is_listed_here():
    assert set(FLAGS) == set(typer.main.get_command(app).commands)


@pytest.mark.parametrize("verb", FLAGS)
def test_help_names_and_explains_every_flag(verb):
    result = nba(verb, "--help")
    assert result.exit_code == 0
    shown = set(re.findall(r"^ +(?:-[hqv], )?(--[a-z-]+)", result.stdout, flags=re.MULTILINE))
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


@pytest.mark.parametrize("group", ["", "checkpoint", "schema", "lab", "alerts"])
def test_the_list_of_commands_breaks_no_sentence_off(group, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert "..." not in nba(*group.split(), "--help").stdout.partition("Commands:")[2]


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_what_a_flag_takes_is_a_word(name):
    """And no type of the library that parses it, like `<int range>`."""
    assert "range>" not in nba(*name.split(), "--help").stdout


def test_help_says_how_to_begin():
    *_, head, demo, init = nba("--help").stdout.rstrip().splitlines()
    assert (head, demo.split()[:2]) == ("  To begin, with no account:", ["nba-local", "demo"])
    assert init.split()[:3] == ["nba-local", "init", "my-project"]


def test_help_of_pull_says_what_pull_does_without_a_season():
    assert "[all stored]" not in " ".join(nba("pull", "--help").stdout.split())


def test_without_a_command_help_is_shown():
    assert "backfill" in nba().output


@pytest.mark.parametrize(("name", "command"), [pytest.param(*one, id=one[0]) for one in commands()])
def test_help_ends_with_two_examples_that_can_be_typed(name, command):
    lines = nba(*name.split(), "--help").stdout.rstrip().splitlines()
    assert lines[-3] == "  Examples:"
    for line in lines[-2:]:
        program, *words = shlex.split(line.partition(" > ")[0])
        assert [program, *words[: len(name.split())]] == ["nba-local", *name.split()]
        with command.make_context(name, words[len(name.split()) :]) as call:  # as it is typed
            assert call.params["as_json"] == ("--json" in words)
