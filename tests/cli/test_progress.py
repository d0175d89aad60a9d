"""How far a verb is: one line of a terminal, plain lines elsewhere, nothing left behind."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from nba_local.errors import WarehouseError
from nba_local.report import terminal as module
from nba_local.report.terminal import Report
from tests import terminal
from tests.cli.typed import PULL, document
from tests.conftest import run_cli, slow

LONG = "pull upcoming_player_game_context, 123,456 rows, 123.4 MB, 10.5 MB/s, 13 s left"
STEPS = re.compile(r"(\d+)/(\d+) ")


def drawn(monkeypatch, columns, calls, after=()):
    """What a terminal shows of `calls` of progress, then of words; a piece for each."""
    with terminal.opened(columns) as (stream, screen):
        monkeypatch.setattr(module.sys, "stderr", stream)
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.setenv("COLUMNS", str(columns))  # Rich asks the terminal of this process
        report = Report(as_json=False)
        report.stream = stream
        for call in calls:
            report.progress(*call)
            assert report._bar is not None
            report._bar._drawn.refresh()
        for text in after:
            report.say(text)
        report.close_bar()
    return screen


@pytest.mark.parametrize("columns", [40, 80, 160])
def test_it_is_one_line_that_is_gone_before_words(columns, monkeypatch):
    calls = [(LONG, done, 54) for done in range(55)]
    screen = drawn(monkeypatch, columns, calls, ["done"])
    assert screen.lines == ["done"]
    assert screen.written.count(b"\n") <= 2  # none wrapped: that of the last line, that of the word


def test_rate_and_time_left_have_room_before_rows_do(monkeypatch):
    found = {}
    for columns in (80, 160):
        screen = drawn(monkeypatch, columns, [(LONG, 8, 54)])
        found[columns] = screen.written.decode()
    for text in found.values():
        assert "8/54" in text
        assert "upcoming_player_game_context" in text
        assert "10.5 MB/s, 13 s left" in text
    assert "123,456 rows" not in found[80]
    assert "123,456 rows" in found[160]


def test_a_stage_that_says_no_pace_gets_one(monkeypatch):
    screen = drawn(monkeypatch, 80, [("leak 2021-22", done, 20) for done in range(15)])
    assert re.search(r"14/20 .*leak 2021-22.*\d.*/s, \d+ s left", screen.written.decode())


def test_a_message_begins_a_line_of_its_own(monkeypatch):
    with terminal.opened() as (stream, screen):
        monkeypatch.setattr(module.sys, "stderr", stream)
        monkeypatch.setenv("TERM", "xterm")
        report = Report(as_json=False)
        report.progress(LONG, 8, 54)
        report.error("pull", WarehouseError("it is gone"))
    assert screen.lines == ["error: it is gone"]


def test_a_pull_leaves_its_words_only(small, tmp_path):
    screen = terminal.typed(*PULL, "--warehouse", f"file://{small}/warehouse", cwd=tmp_path)
    assert screen.code == 0
    assert screen.lines[0].startswith("pulled from ")
    assert not any(STEPS.search(line) for line in screen.lines)
    steps = [[line for line in frame if STEPS.search(line)] for frame in screen.frames]
    assert {len(lines) for lines in steps} == {0, 1}
    assert all(len(line) < 80 for lines in steps for line in lines)


@pytest.mark.slow
def test_json_on_a_terminal_is_the_document_alone(small, tmp_path):
    pull = (*PULL, "--warehouse", f"file://{small}/warehouse", "--tables", "nbac_schedule")
    screen = terminal.typed(*pull, "--json", cwd=tmp_path, piped=True)
    assert screen.code == 0
    assert '"command": "pull"' in screen.pipe


@pytest.mark.slow
def test_a_terminal_of_ascii_gets_a_bar_of_ascii(small, tmp_path):
    pull = (*PULL, "--warehouse", f"file://{small}/warehouse", "--tables", "nbac_schedule")
    screen = terminal.typed(*pull, cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert screen.code == 0
    assert screen.written.isascii()
    assert any(
        re.match(r"[- ]+ \d+/\d+ pull nbac_schedule", line) for f in screen.frames for line in f
    )


@pytest.mark.parametrize("term", ["dumb", slow("unknown")])
def test_a_terminal_that_cannot_redraw_gets_plain_lines(term, small, tmp_path):
    pull = (*PULL, "--warehouse", f"file://{small}/warehouse", "--tables", "nbac_schedule")
    screen = terminal.typed(*pull, cwd=tmp_path, TERM=term)
    assert screen.code == 0
    assert b"\x1b" not in screen.written
    assert re.search(r"^check nbac_schedule 2021-22: 1 of 1$", screen.text, re.MULTILINE)


def test_progress_never_cuts_into_a_line_of_a_pipe():
    """stdout is buffered and stderr is not: words and progress come in the order of the calls."""
    code = (
        "import sys; from nba_local.report.terminal import Report\n"
        "report = Report(as_json=False)\n"
        "for n in range(200):\n"
        "    report.say(f'{n} ' + 'w' * 97)\n"
        "    report.progress(f'step {n}', 1, 1)\n"
        "report.error('x', __import__('nba_local.errors').errors.UsageError('over'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    expected = [line for n in range(200) for line in (f"{n} " + "w" * 97, f"step {n}: 1 of 1")]
    assert done.stdout.splitlines() == [*expected, "error: over"]


def test_a_pull_in_a_pipe_draws_nothing(small, tmp_path):
    pull = (*PULL, "--warehouse", f"file://{small}/warehouse", "--tables", "nbac_schedule")
    done = run_cli(*pull, "--json", cwd=tmp_path)
    assert not set("\x1b\r") & set(done.stdout + done.stderr)
    assert document(done)["command"] == "pull"
