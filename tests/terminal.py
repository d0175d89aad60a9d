"""A terminal of a given size that records what a command draws on it, moment by moment."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

import pyte

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINES, HISTORY = 50, 10_000


@dataclass
class Terminal:
    """What was written to it, and what the screen showed after each piece.

    frames: Lines of the screen, those that scrolled off included. pipe: stdout, where piped.
    """

    columns: int = 80
    written: bytes = b""
    frames: list[list[str]] = field(default_factory=list)
    code: int | None = None
    pipe: str = ""

    def __post_init__(self) -> None:
        self._screen = pyte.HistoryScreen(self.columns, LINES, history=HISTORY)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def lines(self) -> list[str]:
        """What is left on the screen at the end, without empty lines below."""
        return self.frames[-1] if self.frames else []

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def colors(self) -> set[bytes]:
        """Codes that color words."""
        parts = self.written.split(b"\x1b[")[1:]
        return {
            part[: part.index(b"m") + 1]
            for part in parts
            if part.lstrip(b"0123456789;")[:1] == b"m"
        }

    def read(self, leader: int) -> None:
        """Take what was written until nobody has the terminal open any more."""
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:  # Linux: the last writer is gone
                return
            if not piece:
                return
            self.written += piece
            self._stream.feed(piece)
            rows = [
                "".join(row[i].data for i in range(self.columns)).rstrip()
                for row in self._screen.history.top
            ]
            rows += [line.rstrip() for line in self._screen.display]
            while rows and not rows[-1]:
                rows.pop()
            self.frames.append(rows)


def _open(columns: int) -> tuple[int, int]:
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (LINES, columns))
    return leader, follower


def typed(
    *arguments: object, cwd: Path, columns: int = 80, piped: bool = False, **environment: str
) -> Terminal:
    """`nba-local` as it is typed on a terminal; `piped`: stdout goes into a pipe."""
    leader, follower = _open(columns)
    usual = {
        name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS"}
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "nba_local", *map(str, arguments)],
        stdin=follower,
        stdout=subprocess.PIPE if piped else follower,
        stderr=follower,
        cwd=cwd,
        env={**usual, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment},
    )
    os.close(follower)
    terminal = Terminal(columns)
    terminal.read(leader)
    os.close(leader)
    terminal.pipe = process.communicate(timeout=60)[0].decode() if piped else ""
    terminal.code = process.wait(timeout=60)
    return terminal


@contextmanager
def opened(columns: int = 80) -> Iterator[tuple[IO[str], Terminal]]:
    """A stream to write on, and what the terminal shows, to be looked at after the block."""
    leader, follower = _open(columns)
    terminal = Terminal(columns)
    stream = os.fdopen(follower, "w", encoding="utf-8")
    try:
        yield stream, terminal
    finally:
        stream.close()
        terminal.read(leader)
        os.close(leader)
