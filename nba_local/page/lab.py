"""Lab: the trials of a data folder, as plain values and as the report shows them."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from nba_local.lab.html import GOOD, recorded
from nba_local.lab.ledger import LabLedger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nba_local.lab.ledger import Entry

MOST_IN_FILE = 50
"""Trials that a page in one file shows in full, the newest ones; the list has all."""


def trials(folder: Path) -> list[dict[str, Any]]:
    """Every trial of the data folder, newest first. Reads the lab's ledger.

    difference: In error, candidate minus baseline, with its 95 % interval; None where no model
    judged it, low and high None where too few dates were. p: Of the difference, not corrected.
    """
    return [_listed(entry) for entry in reversed(LabLedger(folder / "lab").entries())]


def _listed(entry: Entry) -> dict[str, Any]:
    judged = entry.record["found"]["judged"]
    return {
        "trial": entry.trial,
        "at": entry.at,
        "target": entry.target,
        "hypothesis": entry.hypothesis,
        "verdict": entry.verdict,
        "is_good": entry.verdict in GOOD,
        "reasons": entry.record["reasons"],
        "seasons": entry.record["seasons"],
        "added": entry.record["added"],
        "p": entry.p,
        "difference": judged and _interval(judged["pooled"]),
    }


def _interval(estimate: Mapping[str, Any]) -> dict[str, float | None]:
    """Mean, low and high; None for what is not finite, as the interval of too few dates."""
    numbers = {key: float(estimate[key]) for key in ("mean", "low", "high")}
    return {key: number if isfinite(number) else None for key, number in numbers.items()}


def trial(folder: Path, number: int) -> dict[str, Any]:
    """A trial with its pictures: `html`, in which all that others wrote is escaped, and `code`.

    Raises:
        UsageError: There is none.
    """
    entry = LabLedger(folder / "lab").entry(number)
    return {"trial": number, "html": recorded(entry), "code": entry.record["code"]}
