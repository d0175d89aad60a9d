"""Tables: what every column of every table is, as plain values, and how full it is by season."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nba_local.explain import columns
from nba_local.page.lineage import Lineage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.registry import Registry
    from nba_local.tables.schema import Field
    from nba_local.tables.table import Table

DIGITS = 4
"""Decimals of a share."""


def tables(registry: Registry) -> list[dict[str, Any]]:
    """Every table with its columns, upstream first. Reads the code of the tables.

    inputs, readers: Tables by name. depth: How many tables lie between it and its farthest source.
    """
    lineage = Lineage(registry)
    depths: dict[str, int] = {}
    found = []
    for table in (*registry.sources, *registry.features):
        depths[table.name] = 1 + max((depths[name] for name in table.inputs), default=-1)
        found.append(
            {
                "name": table.name,
                "doc": table.doc,
                "is_source": table.is_source,
                "place": f"{table.contract.dataset}.{table.name}",
                "key": list(table.key),
                "partition": table.partition_by,
                "inputs": list(table.inputs),
                "readers": [one.name for one in registry.features if table.name in one.inputs],
                "depth": depths[table.name],
                "checks": len(table.checks),
                "columns": [_column(lineage, table, field) for field in table.contract.fields],
            }
        )
    return found


def _column(lineage: Lineage, table: Table, field: Field) -> dict[str, Any]:
    """What a column is: type as BigQuery has it, unit, meaning, origin and readers."""
    size = f"({field.precision},{field.decimals})" if field.precision else ""
    return {
        "name": field.name,
        "type": f"{field.type}{size}",
        "mode": field.mode,
        "unit": lineage.unit(table, field.name, field.type, field.description),
        "doc": field.description,
        "origin": lineage.origin(table, field.name, field.description),
        "readers": lineage.readers(table, field.name),
    }


def null_shares(work: Workspace, table: Table, seasons: Sequence[Season]) -> dict[str, Any]:
    """Share of rows without a value, 0 to 1, by column and season.

    Reads the ledger or, of a feature table, published files. A season is absent where nothing is
    known of it: a source table that was not checked, or nothing published.
    """
    return {
        fill.column: {
            str(season): round(1 - share, DIGITS) for season, share in fill.shares.items()
        }
        for fill in columns.fills_of(work, table, seasons)
    }
