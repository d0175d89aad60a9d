"""The local-first analytical replica of an NBA feature warehouse.

For authors of tables: `Table`, `BigQuery`, `Built`, `Claim`, `Blame`, `Expected`,
`Thresholds`, `Read`.
For readers: `connect()`, `scan()`, `coverage()`, `why()` and `quarantine()`. To compute:
`backfill()`. For models: `frame()`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nba_local.api import backfill, coverage, quarantine, why
    from nba_local.lab.opening import frame
    from nba_local.storage.store import connect, scan
    from nba_local.tables.table import (
        BigQuery,
        Blame,
        Built,
        Claim,
        Expected,
        Read,
        Table,
        Thresholds,
    )

__all__ = [
    "BigQuery",
    "Blame",
    "Built",
    "Claim",
    "Expected",
    "Read",
    "Table",
    "Thresholds",
    "backfill",
    "connect",
    "coverage",
    "frame",
    "quarantine",
    "scan",
    "why",
]


def __dir__() -> list[str]:
    """The names that a shell completes."""
    return [*__all__, *(name for name in globals() if name.startswith("__"))]


def __getattr__(name: str) -> Any:
    """Import what is asked for on first use: Polars and DuckDB take long, `--help` needs none."""
    if name in {"backfill", "coverage", "quarantine", "why"}:
        from nba_local import api

        return getattr(api, name)
    if name == "frame":
        from nba_local.lab.opening import frame

        return frame
    if name in {"connect", "scan"}:
        from nba_local.storage import store

        return getattr(store, name)
    if name in __all__:
        from nba_local.tables import table

        return getattr(table, name)
    raise AttributeError(f"module `nba_local` has no attribute `{name}`")
