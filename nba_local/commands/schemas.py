"""Live tables against the contracts, one call a verb: diff and migrate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nba_local.errors import UsageError
from nba_local.push import schema_diff

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nba_local.commands.project import Project
    from nba_local.push.schema_diff import TableDiff
    from nba_local.tables.table import Table


def diff(project: Project, tables: Sequence[str]) -> tuple[TableDiff, ...]:
    """Contracts of sources, features and logs against the live tables. Reads only.

    Sources are compared where they are pulled from, the others where pushes go.
    """
    chosen, config = _with_schemas(project, tables), project.config
    places = {
        True: config.warehouse or config.target,
        False: config.target or config.warehouse,
    }
    differences: list[TableDiff] = []
    for is_source, url in places.items():
        part = [table for table in chosen if table.is_source == is_source]
        if part:
            with project.warehouse(url, "pull" if is_source else "push") as place:
                if is_source and not place.has_datasets and not tables and config.target:
                    continue  # files have no schemas of their own
                differences += schema_diff.diff(place, part)
    return tuple(differences)


def migrate(
    project: Project, tables: Sequence[str], differences: Sequence[TableDiff]
) -> tuple[TableDiff, ...]:
    """Fix the `differences` that can be fixed; returns what differs afterwards."""
    chosen = _with_schemas(project, tables)
    url = project.config.target or project.config.warehouse
    with project.warehouse(url, "push") as target:
        schema_diff.migrate(target, chosen, differences)
        return schema_diff.diff(target, chosen)


def _with_schemas(project: Project, names: Sequence[str]) -> list[Table]:
    """Tables and logs where they are kept: sources in their own datasets."""
    registry = project.in_environment().registry
    every = {**registry.tables, **registry.logs}
    for name in names:
        if name not in every:
            raise UsageError.unknown("table", name, every)
    return [table for name, table in every.items() if not names or name in names]
