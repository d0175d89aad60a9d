"""Layout: how wide the screen is, whether it takes colors, and paragraphs that fit."""

from __future__ import annotations

import os
import re
import shutil
import textwrap
from typing import IO, TYPE_CHECKING

from nba_local.words import printable

if TYPE_CHECKING:
    from nba_local.report.terminal import Report

NARROWEST = 61
"""Columns below which a calendar does not fit."""


def screen_width(report: Report) -> int:
    """Characters of a line: of the terminal, or 80."""
    columns = shutil.get_terminal_size((80, 24)).columns
    is_known = report.stream.isatty() or "COLUMNS" in os.environ
    return max(NARROWEST, columns if is_known else 80)


def draws(stream: IO[str]) -> bool:
    """Whether `stream` is a terminal that can move its cursor and color words."""
    return stream.isatty() and os.environ.get("TERM", "").lower() not in {"dumb", "unknown"}


def paints(report: Report) -> bool:
    """Whether words are colored: on a terminal, unless NO_COLOR says no."""
    return draws(report.stream) and not os.environ.get("NO_COLOR")


def paragraph(text: str, width: int) -> str:
    """`text` in lines that fit; what is to be copied (a command) or colored stays in one."""
    return "\n".join(
        line
        if len(line) <= width or "nba-local " in line or "\x1b" in line
        else textwrap.fill(
            line,
            width,
            subsequent_indent=" " * _hanging(line),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in text.split("\n")
    )


def _hanging(line: str) -> int:
    """Where what follows a line's first one begins: below its words, or those after its label."""
    label = re.match(r" *\S+ {2,}(?=\S)", line)
    return label.end() if label else len(line) - len(line.lstrip()) + 2


def wrapped(report: Report, text: str, indent: str = "  ", color: str = "") -> None:
    """A paragraph; no word is broken, and nothing in it steers the terminal."""
    from typer import style

    lines = textwrap.wrap(
        printable(text),
        screen_width(report),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in lines:
        report.say(style(line, fg=color) if color and paints(report) else line)
