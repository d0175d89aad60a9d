"""Tables on a terminal: the columns that fit, chosen by their worth; no row takes two lines."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

INDENT, GAP = 2, 2
SHORTEST = 12
"""Characters to which text is cut at most."""


def fitting(
    head: Sequence[str], body: Sequence[Sequence[str]], width: int, spare: Sequence[str]
) -> list[int]:
    """Places of the columns that are shown in `width` characters.

    spare: Heads of columns that are left out, the first one first, until the rest has room.
    """
    places = list(range(len(head)))
    for name in spare:
        if _width(_widths(head, body), places) <= width:
            break
        places.remove(head.index(name))
    return places


def cut(rows: Sequence[Sequence[str]], width: int, mark: str) -> list[list[str]]:
    """The rows in `width` characters: the widest column is cut first, with `mark` at its end."""
    widths = _widths(rows[0], rows[1:])
    while _width(widths, range(len(widths))) > width and max(widths) > SHORTEST:
        widths[widths.index(max(widths))] -= 1
    return [
        [t if len(t) <= w else t[: w - len(mark)] + mark for t, w in zip(row, widths, strict=True)]
        for row in rows
    ]


def _widths(head: Sequence[str], body: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(head, *body, strict=True)]


def _width(widths: Sequence[int], places: Sequence[int]) -> int:
    return INDENT + sum(widths[i] for i in places) + GAP * (len(places) - 1)


def draw(stream: IO[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool]) -> None:
    """Draw rows that fit, the first one as the head."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for name, right in zip(rows[0], numeric, strict=True):
        table.add_column(Text(name), justify="right" if right else "left", no_wrap=True)
    for row in rows[1:]:
        table.add_row(*(Text(text, "dim" if text in {"0", "-"} else "") for text in row))
    Console(file=stream, highlight=False).print(Padding(table, (0, 0, 0, INDENT)), crop=False)
