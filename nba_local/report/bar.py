"""The progress of a call on a terminal: one line that is redrawn, and gone before words follow."""

from __future__ import annotations

from typing import IO

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID
from rich.table import Column
from rich.text import Text

from nba_local.words import printable

BAR = 16
"""Characters of the bar itself."""

TIMES_A_SECOND = 5
"""How often the line is drawn."""


class Bar:
    """A line for the step that is going on: bar, steps, what it is, rate and time left.

    stream: A terminal. Drawing begins with the first `show`.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._console = Console(file=stream)
        self._drawn: Progress | None = None
        self._task = TaskID(0)

    @property
    def is_open(self) -> bool:
        """Whether the line is on the screen."""
        return self._drawn is not None

    def show(self, what: str, done: int, total: int) -> None:
        """`done` of `total` steps; what comes after a comma in `what` is left out for room."""
        title, _, detail = printable(what).partition(", ")
        if self._drawn is None:
            self._drawn = self._begun(total)
        task = self._drawn.tasks[0]
        if task.total != total or task.completed > done:  # another stage: its own rate
            self._drawn.reset(self._task, total=total)
        self._drawn.update(self._task, completed=done, description=title, detail=detail)

    def close(self) -> None:
        """Take the line away."""
        if self._drawn is not None:
            self._drawn.stop()
            self._drawn = None

    def _begun(self, total: int) -> Progress:
        drawn = Progress(
            BarColumn(BAR),
            _Words(self._console, table_column=Column(no_wrap=True, overflow="ellipsis")),
            console=self._console,
            transient=True,
            redirect_stdout=False,  # it may be a file
            redirect_stderr=False,
            refresh_per_second=TIMES_A_SECOND,
        )
        self._task = drawn.add_task("", total=total, detail="")
        drawn.start()
        return drawn


class _Words(ProgressColumn):
    """Steps, title, and as much of the detail as the line has room for."""

    def __init__(self, console: Console, table_column: Column) -> None:
        super().__init__(table_column)
        self._console = console

    def render(self, task: Task) -> Text:
        """The words of `task`; see `ProgressColumn.render`."""
        text = Text(f"{task.completed:g}/{task.total:g} ", "green")
        text.append(task.description, "default")
        room = self._console.width - BAR - 2 - text.cell_len  # a space, and never the last column
        details = task.fields["detail"].split(", ") if task.fields["detail"] else _pace(task)
        while details and len(", ".join(details)) + 2 > room:
            details = details[1:]
        return text.append("  " + ", ".join(details), "cyan") if details else text


def _pace(task: Task) -> list[str]:
    """Rate and time left, once they are known."""
    left = task.time_remaining
    if task.speed is None or left is None:
        return []
    rate = f"{task.speed:.1f}/s" if task.speed >= 1 else f"{1 / max(task.speed, 1e-6):.0f} s each"
    return [rate, f"{left:.0f} s left"]
