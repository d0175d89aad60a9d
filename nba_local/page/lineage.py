"""Lineage: where a column comes from, and which tables read it, as far as code and contracts say.

Code is read, not run: a table reads a column of an input where its code names the column.
"""

from __future__ import annotations

import ast
import functools
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nba_local.tables.fingerprint import code_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nba_local.tables.registry import Registry
    from nba_local.tables.table import Table

UNITS = {
    "BOOL": "yes or no",
    "DATE": "date",
    "TIMESTAMP": "UTC time",
    "JSON": "JSON text",
    "STRING": "text",
}
"""Units that a type says by itself."""


@dataclass(frozen=True)
class Lineage:
    """What joins the columns of all tables of a registry. Reads the code of the tables."""

    registry: Registry

    @cached_property
    def named(self) -> Mapping[str, tuple[frozenset[str], frozenset[str]]]:
        """Names in the code of each feature table: in its own folder, and in all it imports."""
        found = {}
        for table in self.registry.features:
            code = code_of(table.folder / "table.py", table.folder.parent, *self._beside(table))
            own = [text for name, text in code.items() if name.startswith(f"{table.name}/")]
            found[table.name] = (_names(own), _names(code.values()))
        return found

    def _beside(self, table: Table) -> list[Any]:
        homes = (self.registry.package, *self.registry.beside)
        return [home for home in homes if home != table.folder.parent]

    def readers(self, table: Table, column: str) -> list[str]:
        """The feature tables that read a column of `table`.

        A source table says which of its columns features read. Where the code of no table names
        such a column, its name is put together, and all tables that read the source are given.
        """
        if table.source is not None and column not in table.source.reads:
            return []
        takers = [one.name for one in self.registry.features if table.name in one.inputs]
        for place in (0, 1) if table.is_source else (0,):
            if found := [name for name in takers if column in self.named[name][place]]:
                return found
        return takers if table.is_source else []

    def origin(self, table: Table, column: str, description: str) -> str:
        """Where the values of a column come from, in words."""
        if table.is_source:
            return f"pulled from {table.contract.dataset}.{table.name}"
        inputs = [self.registry.table(name) for name in table.inputs]
        if feature := _declared(table).get(column):
            names = [value for value in feature.values if isinstance(value, str)]
            places = [one.name for one in inputs if set(names) <= set(one.contract.columns)]
            window = f"the last {feature.last} games" if feature.last else "all games so far"
            made = (
                f"{feature.kind.replace('_', ' ')} of {', '.join(names)}" if names else feature.kind
            )
            return f"{made} over {window}" + (f", from {places[0]}" if names and places else "")
        said = [one.name for one in inputs if one.name in description]
        same = [one.name for one in inputs if one.source and column in one.source.reads]
        if said:
            return f"made of {', '.join(said)}"
        if same and not column.endswith("hash"):
            return f"the same column of {', '.join(same)}"
        return f"computed by {table.name}/table.py"

    def unit(self, table: Table, column: str, kind: str, description: str) -> str:
        """The unit of a column: as declared, of its type, or as the content reads it."""
        if (feature := _declared(table).get(column)) and feature.unit:
            return str(feature.unit)
        if kind in UNITS:
            return UNITS[kind]
        units = self.registry.units
        return units.unit_of(description) if units else ""


def _declared(table: Table) -> Mapping[str, Any]:
    """The features that the module of a table declares in a line, by name."""
    if table.build is None:
        return {}
    lists = [v for v in vars(sys.modules[table.build.__module__]).values() if isinstance(v, tuple)]
    every = [
        one for items in lists for one in items if hasattr(one, "kind") and hasattr(one, "last")
    ]
    return {one.name: one for one in every}


def _names(modules: Any) -> frozenset[str]:
    """Strings, names and keywords in the code of modules."""
    return frozenset().union(*map(_named, modules))


@functools.cache  # most modules are imported by every table
def _named(text: str) -> frozenset[str]:
    return frozenset(_walked(ast.parse(text)))


def _walked(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
