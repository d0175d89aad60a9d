"""Bytes as people write and read them."""

from __future__ import annotations

import re

from nba_local.errors import UsageError

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) *([KMGT]?B?)", re.IGNORECASE)


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
