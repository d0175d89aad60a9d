"""The only printing: lines and tables for people, or one JSON document for programs."""

from __future__ import annotations

import copy
import shlex
import signal
import sys
from typing import TYPE_CHECKING, Any, TextIO

from nba_local.errors import NbaLocalError
from nba_local.report import grid
from nba_local.report.layout import draws, paints, paragraph, screen_width
from nba_local.storage.serialize import dumps
from nba_local.words import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nba_local.report.bar import Bar

SCHEMA_VERSION = 1


class Report:
    """Where a command's words go: stdout, or stderr where stdout carries JSON."""

    def __init__(
        self,
        *,
        as_json: bool,
        is_quiet: bool = False,
        is_verbose: bool = False,
        acts: bool = False,
    ) -> None:
        """A report; `acts`: its words are what a command did, which --quiet leaves out."""
        self.as_json, self.is_quiet, self.is_verbose = as_json, is_quiet, is_verbose
        self.acts = acts
        self.stream: TextIO = sys.stderr if as_json else sys.stdout
        self.folder, self.flags = "", ""
        """What a proposed command needs to name the same folder, and its rules too."""
        self._bar: Bar | None = None

    @property
    def asking(self) -> Report:
        """The same for what has to be read before a question is answered: it is never silent."""
        if not sys.stdin.isatty():
            return self
        loud = copy.copy(self)
        loud.is_quiet, loud.is_verbose = False, True
        return loud

    @property
    def is_silent(self) -> bool:
        """Whether `say` says nothing."""
        return (self.as_json and not self.is_verbose) or (self.is_quiet and self.acts)

    def name_folder(self, data: str, rules: str | None) -> None:
        """Let proposed commands name the data folder, and the rule set where one is given."""
        self.folder = "" if data == "data" else f" --data {shlex.quote(data)}"
        self.flags = self.folder + (f" --rules {rules}" if rules else "")

    def say(self, text: str = "", *, is_laid_out: bool = False) -> None:
        """A line for people, as a paragraph on a terminal where it is longer than the screen.

        is_laid_out: It is a part of a table, or to be copied: nothing is broken.
        """
        if not self.is_silent:
            self.close_bar()
            is_as_it_is = is_laid_out or not self.stream.isatty()
            print(text if is_as_it_is else paragraph(text, screen_width(self)), file=self.stream)

    def propose(self, text: str) -> None:
        """What to type next; not with --quiet."""
        if not self.is_quiet:
            self.say(text)

    def detail(self, text: str) -> None:
        """A line on stderr with --verbose."""
        if self.is_verbose:
            self._aside(text)

    def trouble(self, text: str) -> None:
        """A line that --quiet keeps: why the exit code will not be 0."""
        if self.is_quiet and self.acts and not self.as_json:
            self._aside(text)
        else:
            self.say(text)

    def most(self, number: int) -> int | None:
        """How many lines of a list are shown: `number`, or all with --verbose."""
        return None if self.is_verbose else number

    def close_bar(self) -> None:
        """Take the line of progress off the screen."""
        if self._bar is not None:
            self._bar.close()

    def _aside(self, text: str, end: str = "\n") -> None:
        """Words on stderr, after what stdout was told so far: both may be one pipe."""
        self.close_bar()
        self.stream.flush()
        print(text, end=end, file=sys.stderr, flush=True)

    def ask(self, question: str) -> bool:
        """Whether a person says yes; Ctrl-C is KeyboardInterrupt, as Polars' handler is not."""
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._aside(f"{question} [y/N] ", end="")
        return sys.stdin.readline().strip().lower() in {"y", "yes"}

    def interrupted(self, command: str) -> None:
        """A command that ended by Ctrl-C."""
        message = "interrupted; what was published stays; give the command again to go on"
        if sys.stderr.isatty() and not (self._bar and self._bar.is_open):
            print(file=sys.stderr)  # the terminal shows ^C
        self.trouble(message)
        self.document(command, {"error": "Interrupted", "message": message, "exit_code": 130})

    def table(
        self, head: Sequence[str], rows: Iterable[Sequence[Any]], spare: Sequence[str] = ()
    ) -> None:
        """Aligned columns; numbers to the right.

        spare: Columns that a narrow terminal does without, the first one first.
        """
        body = [[_cell(value) for value in row] for row in rows]
        numeric = [all(_is_number(row[i]) for row in body) for i in range(len(head))]
        if self.is_silent:
            return
        if self.stream.isatty():
            self._fitting(head, body, numeric, spare)
        else:
            self._aligned([list(head), *body], numeric)

    def _aligned(self, rows: Sequence[Sequence[str]], numeric: Sequence[bool]) -> None:
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = [
                text.rjust(width) if right else text.ljust(width)
                for text, width, right in zip(row, widths, numeric, strict=True)
            ]
            self.say("  " + "  ".join(cells).rstrip(), is_laid_out=True)

    def _fitting(
        self,
        head: Sequence[str],
        body: Sequence[Sequence[str]],
        numeric: Sequence[bool],
        spare: Sequence[str],
    ) -> None:
        """The columns that fit the terminal, and which were left out."""
        width = screen_width(self)
        places = grid.fitting(head, body, width, spare)
        mark = "…" if (self.stream.encoding or "").lower().startswith("utf") else ".."
        rows = grid.cut([[row[i] for i in places] for row in (head, *body)], width, mark)
        right = [numeric[i] for i in places]
        if paints(self):
            self.close_bar()
            grid.draw(self.stream, rows, right)
        else:
            self._aligned(rows, right)
        if absent := [name for i, name in enumerate(head) if i not in places]:
            self.say(f"  (no room for: {', '.join(absent)}; --json has all)")

    def document(self, command: str, result: Any) -> None:
        """The one JSON document of a command; nothing without --json."""
        if self.as_json:
            document = {"schema_version": SCHEMA_VERSION, "command": command, "result": result}
            print(dumps(document, indent=1), flush=True)  # who reads it may wait for it

    def error(self, command: str, error: NbaLocalError) -> None:
        """What went wrong, what did not happen, and what to type next."""
        self._aside(f"error: {printable(error.message)}")
        if error.hint:
            self._aside(f"  hint: {printable(error.hint)}")
        self.document(
            command,
            {
                "error": type(error).__name__,
                "message": error.message,
                "hint": error.hint,
                "exit_code": error.exit_code,
            },
        )

    def progress(self, what: str, done: int, total: int) -> None:
        """A line that is redrawn on a terminal, a plain line for each tenth elsewhere."""
        if total == 0 or self.is_quiet:
            return
        if draws(sys.stderr):
            if self._bar is None:
                from nba_local.report.bar import Bar

                self._bar = Bar(sys.stderr)
            self.stream.flush()
            self._bar.show(what, done, total)
        elif not self.is_silent and (done == total or done % max(1, total // 10) == 0):
            self._aside(f"{what}: {done} of {total}")


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").removesuffix(" %").lstrip("-").isdigit()
