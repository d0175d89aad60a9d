"""Everything that is written as JSON, written the same way: results, the ledger, the page, alerts.

Dates and instants as ISO 8601, decimals as their digits, enums by value, tables by name, seasons
and paths as text, sets sorted, bytes in base64, values with named fields by those names; NaN and
infinities, which JSON lacks, as text.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import enum
import json
import math
from collections.abc import Mapping
from typing import Any

from nba_local.tables.table import Table


def dumps(value: Any, *, indent: int | None = None, sort_keys: bool = False) -> str:
    """`value` as JSON text, by the letter of the standard.

    Raises:
        TypeError: Something of it has no form in JSON; never written as whatever `str` says.
    """
    return json.dumps(plain(value), indent=indent, sort_keys=sort_keys, allow_nan=False)


def plain(value: Any) -> Any:  # noqa: PLR0911 - a return per sort
    """`value` made of nothing but dictionaries with text keys, lists, text, numbers, bool, None."""
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Table):
        return value.name
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if hasattr(value, "_asdict"):  # of a named tuple
        value = value._asdict()
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(
            (plain(item) for item in value), key=lambda item: (str(type(item)), str(item))
        )
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return _other(value)


def _other(value: Any) -> Any:
    if type(value).__name__ in AS_TEXT or type(value).__module__.startswith("pathlib"):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


AS_TEXT = frozenset({"Decimal", "Season", "Interval", "UUID", "ZoneInfo"})
"""Types whose text says it all."""


def _key(key: Any) -> str:
    text = plain(key)
    return text if isinstance(text, str) else json.dumps(text)
