"""Figures of a bench by name: kept in a file, and held against those of another run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MEASURED: dict[str, float] = {}
"""What this run measured, seconds by name."""

_SAVED: dict[str, float] = {}


def compare_with(path: Path) -> None:
    """Hold what is measured from now on against the run that `save` wrote to `path`."""
    _SAVED.update(json.loads(path.read_text()))


def note(name: str, seconds: float) -> str:
    """Keep a figure; returns its ratio to the saved one, as it is printed beside it."""
    MEASURED[name] = seconds
    return f"  {seconds / _SAVED[name]:5.2f} x saved" if _SAVED.get(name) else ""


def save(path: Path) -> None:
    """Write what was measured."""
    path.write_text(json.dumps(MEASURED, indent=1) + "\n")
