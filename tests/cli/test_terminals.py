"""Terminals of 80 and 160 columns, with and without color, dumb ones, ASCII ones, and pipes."""

from __future__ import annotations

import re

import pytest

from nba_local.report import grid
from nba_local.report.layout import paragraph
from tests import terminal
from tests.cli.typed import PSZA, TDZA, document, nba
from tests.conftest import run_cli, slow

VERBS = [
    ("coverage", "2021-11"),
    slow(("runs",)),
    slow(("status",)),
    slow(("coverage", "--columns")),
    slow(("plan",)),
    slow(("push", "--to", "file://target", "--dry-run")),
]
MORE = [
    ("doctor",),
    slow(("why", "ml_feature_store_v2", "2021-11-18")),
    slow(("backfill", "--force", "--tables", TDZA)),
    slow(("check", "2021-11", "--tables", f"{TDZA},{PSZA}")),
]
PLAIN = {"NO_COLOR": "1"}


def words_in(text: str) -> list[str]:
    """The words of a screen, however they are laid out."""
    return text.replace("…", "").split()


@pytest.mark.parametrize("columns", [80, slow(160)])
@pytest.mark.parametrize("verb", [*VERBS, *MORE], ids=" ".join)
def test_no_line_is_broken_by_the_terminal(verb, columns, data, tmp_path):
    """A line that the program ends is a line of the screen, but for commands to be copied."""
    screen = terminal.typed(*verb, cwd=tmp_path, columns=columns)
    assert screen.code == 0
    written = re.sub(rb"\x1b\[[\d;]*m", b"", screen.written).decode().splitlines()
    assert [line for line in written if len(line) > columns and "nba-local" not in line] == []
    assert data.is_dir()


@pytest.mark.parametrize("verb", [("status",), slow(("coverage", "2021-11"))], ids=" ".join)
def test_a_wide_terminal_says_what_a_pipe_says(verb, data, tmp_path):
    screen = terminal.typed(*verb, cwd=tmp_path, columns=160)
    assert words_in(screen.text) == words_in(nba(*verb).stdout)
    assert data.is_dir()


@pytest.mark.slow
def test_a_narrow_terminal_shows_less_columns_and_names_them(data, tmp_path):
    (newest, *_) = document(nba("runs", "--json"))["result"]
    narrow = terminal.typed("runs", cwd=tmp_path, columns=80)
    wide = terminal.typed("runs", cwd=tmp_path, columns=160)
    for screen in (narrow, wide):
        row = next(line for line in screen.lines if newest["run_id"] in line)
        assert "done" in row
        assert "dates rewritten" in row
    heads = ("started (UTC)", "run", "status", "seconds", "asked", "did")
    absent = [name for name in heads if name not in narrow.lines[0]]
    assert absent
    assert f"(no room for: {', '.join(absent)}; --json has all)" in narrow.text
    assert all(name in wide.lines[0] for name in heads)
    assert data.is_dir()


@pytest.mark.parametrize(
    ("environment", "is_colored"),
    [({}, True), (PLAIN, False), slow({"TERM": "dumb"}, False), slow({"TERM": "unknown"}, False)],
    ids=str,
)
def test_colors_are_for_terminals_that_want_them(environment, is_colored, data, tmp_path):
    screen = terminal.typed("coverage", "2021-11", cwd=tmp_path, **environment)
    assert bool(screen.colors) == is_colored
    assert f"\n{PSZA}" in screen.text
    assert data.is_dir()


@pytest.mark.slow
def test_a_dumb_terminal_gets_no_code_at_all(data, tmp_path):
    screen = terminal.typed("status", cwd=tmp_path, TERM="dumb")
    assert b"\x1b" not in screen.written
    assert words_in(screen.text) == words_in(nba("status").stdout)
    assert data.is_dir()


@pytest.mark.parametrize(
    "environment",
    [
        slow({"PYTHONIOENCODING": "ascii"}),
        {"PYTHONIOENCODING": "cp1252"},
        slow({"LC_ALL": "C"}),
        slow({"LC_ALL": "POSIX"}),
    ],
    ids=str,
)
def test_a_terminal_without_unicode_gets_ascii(environment, data, tmp_path):
    query = "SELECT 'Dončić' AS name, [1] AS list"
    screen = terminal.typed("sql", query, cwd=tmp_path, **environment)
    assert screen.code == 0
    assert screen.written.isascii()
    assert "Don\\u010di\\u0107" in screen.text
    assert screen.text.startswith("+---")
    narrow = terminal.typed("config", "--to", f"file://{'x' * 90}", cwd=tmp_path, **environment)
    assert narrow.written.isascii()
    assert re.search(r"^  target +file://x+\.\. +flag$", narrow.text, re.MULTILINE)
    assert data.is_dir()


@pytest.mark.slow
def test_a_pipe_keeps_unicode_whatever_the_language(data, tmp_path):
    done = run_cli("sql", "SELECT 'Dončić' AS name", "--csv", cwd=tmp_path, env={"LC_ALL": "C"})
    assert done.stdout.splitlines()[1] == "Dončić"
    assert data.is_dir()


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_a_pipe_is_plain_and_whole(verb, data, tmp_path):
    """The width of the terminal around a pipe does not matter, nor do its colors."""
    screen = terminal.typed(*verb, cwd=tmp_path, columns=80, piped=True)
    assert "\x1b" not in screen.pipe
    assert screen.pipe.replace("\r\n", "\n") == nba(*verb).stdout
    assert screen.lines == []
    assert data.is_dir()


def test_a_line_with_a_label_goes_on_below_its_words():
    told = "importance  points_avg_season 0.887, points_avg_last_10 0.753, fga_last_5 0.664"
    assert paragraph(told, 60) == (
        "importance  points_avg_season 0.887, points_avg_last_10\n"
        "            0.753, fga_last_5 0.664"
    )
    plain = "  rewritten: 2 dates: 2021-11-02..2021-11-24, 2021-11-26..2021-12-23"
    assert paragraph(plain, 60).splitlines()[1] == "    2021-11-26..2021-12-23"
    command = f"  nba-local why {'x' * 80}"
    assert paragraph(command, 60) == command


# which columns


HEAD = ("table", "rows", "read", "did")
BODY = [("player_daily_cache", "36,130", "213", "everything that was asked for, and more")]


def test_columns_are_left_out_in_the_order_of_their_worth():
    assert grid.fitting(HEAD, BODY, 100, ("read", "rows")) == [0, 1, 2, 3]
    assert grid.fitting(HEAD, BODY, 72, ("read", "rows")) == [0, 1, 3]
    assert grid.fitting(HEAD, BODY, 20, ("read", "rows")) == [0, 3]


def test_what_still_does_not_fit_is_cut_where_it_is_widest():
    head, row = grid.cut([HEAD, *BODY], 60, "..")
    assert row[:3] == list(BODY[0][:3])
    assert row[3].endswith("..")
    assert BODY[0][3].startswith(row[3][:-2])
    widths = [max(len(a), len(b)) for a, b in zip(head, row, strict=True)]
    assert 2 + sum(widths) + 2 * 3 == 60
