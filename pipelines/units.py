"""Units of columns, as the descriptions in the contracts say them: for the page, not for values."""

from __future__ import annotations

SAID = (
    ("a fraction", "fraction 0-1"),
    ("percentage points", "percentage points"),
    (" percent", "percent"),
    ("per 100", "per 100 possessions"),
    ("points per game", "points per game"),
    ("per game", "per game"),
    (" milliseconds", "milliseconds"),
    (" minutes", "minutes"),
    (" hours", "hours"),
    (" days", "days"),
    (" years", "years"),
    (" miles", "miles"),
    (", in points", "points"),
    ("number of", "count"),
    (" points", "points"),
)
"""What a description says of its unit, and the unit; the first in its first clause counts."""

FIRST = frozenset({"points", "percent", "days", "minutes", "miles", "hours", "seconds"})
"""Units with which a description begins."""


def unit_of(description: str) -> str:
    """The unit that the description of a column says; empty where it says none."""
    clause = description.partition(";")[0].lower()
    if (first := clause.partition(" ")[0]) in FIRST and "per 100" not in clause:
        return first
    if clause.startswith("number of "):
        return "count"
    return next((unit for words, unit in SAID if words in clause), "")
