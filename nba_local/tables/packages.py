"""The tables that `--pipelines` names, loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nba_local.tables.homes import packages
from nba_local.tables.registry import Registry, load_registry

if TYPE_CHECKING:
    from pathlib import Path


def load(named: str | Path | None = None) -> Registry:
    """The tables of the folders that `named` says, as `--pipelines` does. Imports them.

    Raises:
        PipelineError, UsageError: See `packages` and `load_registry`.
    """
    return load_registry(*packages(named))
