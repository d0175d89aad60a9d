"""Statements that create or change tables, as a person would type them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nba_local.tables.schema import Contract, Field

MOST_CLUSTERING = 4
"""Columns that BigQuery clusters by."""


def created(name: str, contract: Contract) -> str:
    """The statement that creates a table as its contract says."""
    columns = ",\n  ".join(declared(item) for item in contract.fields)
    day = quoted(contract.partition_by)
    by = f"DATE({day})" if contract.field(contract.partition_by).type == "TIMESTAMP" else day
    clustering = contract.clustering[:MOST_CLUSTERING]
    cluster = f"\nCLUSTER BY {', '.join(map(quoted, clustering))}" if clustering else ""
    options = []
    if contract.expiration_days:
        options.append(f"partition_expiration_days = {contract.expiration_days}")
    if contract.require_partition_filter:
        options.append("require_partition_filter = TRUE")
    tail = f"\nOPTIONS ({', '.join(options)})" if options else ""
    return f"CREATE TABLE {quoted(name)} (\n  {columns}\n)\nPARTITION BY {by}{cluster}{tail}"


def rebuilt(name: str, contract: Contract, live: set[str]) -> tuple[str, ...]:
    """What a person does to give a table the contract's shape without losing a row."""
    kept = f"{name}_before"
    shared = ", ".join(quoted(c) for c in contract.columns if c in live)
    return (
        f"-- by hand: CREATE TABLE {quoted(kept)} COPY {quoted(name)}",
        f"-- by hand: DROP TABLE {quoted(name)}",
        f"-- by hand: {created(name, contract)}".replace("\n", " "),
        f"-- by hand: INSERT INTO {quoted(name)} ({shared}) SELECT {shared} "  # noqa: S608 - shown
        f"FROM {quoted(kept)}",
        f"-- by hand: compare both, then DROP TABLE {quoted(kept)}",
    )


def declared(item: Field) -> str:
    """A column as DDL declares it."""
    kind = _kind(item)
    null = " NOT NULL" if item.required else ""
    text = item.description.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'{quoted(item.name)} {kind}{null} OPTIONS (description = "{text}")'


def _kind(item: Field) -> str:
    """The type of a column as SQL writes it."""
    size = f"({item.precision}, {item.scale or 0})" if item.precision else ""
    inside = ", ".join(
        f"{quoted(field.name)} {_kind(field)}{' NOT NULL' if field.required else ''}"
        for field in item.fields
    )
    kind = f"{item.type}<{inside}>" if inside else f"{item.type}{size}"
    return f"ARRAY<{kind}>" if item.repeated else kind


def quoted(name: str) -> str:
    """A name in backticks; a table's parts are project, dataset and table.

    Raises:
        ValueError: A character that no such name has.
    """
    if not re.fullmatch(r"[A-Za-z0-9_.:-]+", name):
        raise ValueError(f"{name!r} is no name")
    return f"`{name}`"
