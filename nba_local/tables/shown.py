"""How a result looks in a shell and in a notebook: a line, and a small table."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST = 50
"""Rows of a table at most; how many more there are is said."""


def line(name: str, *facts: str) -> str:
    """`Name(fact, fact)`, without facts that are empty."""
    return f"{name}({', '.join(fact for fact in facts if fact)})"


def page(title: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A title and a table in HTML; every text is escaped."""
    every = [list(row) for row in rows]

    def cells(values: Iterable[Any], tag: str) -> str:
        return "".join(f"<{tag}>{html.escape(_text(value))}</{tag}>" for value in values)

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in every[:MOST])
    more = f"<p>and {len(every) - MOST:,} more</p>" if len(every) > MOST else ""
    table = f"<table><thead><tr>{cells(head, 'th')}</tr></thead><tbody>{body}</tbody></table>"
    return f"<p>{html.escape(title)}</p>{table if every else ''}{more}"


def _text(value: Any) -> str:
    return f"{value:,}" if type(value) is int else str(value)
