"""Sizes, dates and counts as people write and read them."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from nba_local.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) *([KMGT]?B?)", re.IGNORECASE)


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

MOST_ADDRESS = 120
"""Characters of an address that are shown."""

SHOWN_DATES = 6
"""Dates or runs of dates named in a line of text before `and n more`."""


def parsed(text: str) -> int:
    """Bytes in `500MB` or `2 GB`; units are powers of ten.

    Raises:
        UsageError: It is no size.
    """
    match = _SIZE.fullmatch(text.strip())
    unit = match[2].upper() if match else "?"
    if match is None or unit not in _UNITS:
        raise UsageError(f"`{text}` is no size", hint="write 500MB, 2GB or a number of bytes")
    return int(float(match[1]) * _UNITS[unit])


def shown(size: float) -> str:
    """A size in the largest unit of which there is one at least."""
    for unit in ("TB", "GB", "MB", "KB"):
        if size >= _UNITS[unit]:
            return f"{size / _UNITS[unit]:,.1f} {unit}"
    return f"{size:,.0f} bytes"


def dates_in_words(dates: Sequence[dt.date], most: int | None = SHOWN_DATES) -> str:
    """Number of dates and the dates themselves, neighboring days as a range.

    most: Dates or ranges that are named; None is all.
    """
    unique = sorted(set(dates))
    runs: list[list[dt.date]] = []
    for day in unique:
        if runs and day - runs[-1][-1] == dt.timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    named = [str(run[0]) if len(run) == 1 else f"{run[0]}..{run[-1]}" for run in runs[:most]]
    left = sum(len(run) for run in runs[len(named) :])
    more = f" and {left} more" if left else ""
    return f"{counted(len(unique), 'date')}: {', '.join(named)}{more}"


def counted(number: int, noun: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def spaced(name: str) -> str:
    """`no_games` as `no games`."""
    return name.replace("_", " ")


def without_secrets(url: str) -> str:
    """What was typed as an address, without user, password, query and whatever else is long."""
    plain = re.sub(
        r"(?<=/)[^/@\s]*@|^[^/@\s]*@", "(hidden)@", url.partition("?")[0].partition("#")[0]
    )
    if re.search(r"[{\s\"']|private|secret|token|password", plain, re.IGNORECASE):
        scheme, separator, _ = plain.partition("://")
        return f"{scheme}://(hidden)" if separator and scheme.isalpha() else "(hidden)"
    return plain if len(plain) <= MOST_ADDRESS else f"{plain[:MOST_ADDRESS]}..."


def printable(text: str) -> str:
    """`text` without characters that steer a terminal; their codes instead."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
