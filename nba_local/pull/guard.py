"""Guards of a pull: what is not seen is not deleted.

A table that cannot be seen whole is an error. A season of a table that would lose more than a few
of its dates or rows keeps what it has until somebody accepts that they are gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nba_local.errors import WarehouseError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.table import Table
    from nba_local.warehouse import Warehouse


def require_sources(
    work: Workspace, warehouse: Warehouse, tables: Sequence[Table], accepted: Collection[str] = ()
) -> None:
    """Refuse to pull where a table is absent, unreadable, or empty although it had rows.

    accepted: Tables whose rows may be gone.

    Raises:
        WarehouseError: It names every such table; nothing was read, nothing was removed.
    """
    stored = work.ledger.rows("SELECT DISTINCT table_name FROM raw_partitions")
    had = {row["table_name"] for row in stored} - set(accepted)
    errors: list[WarehouseError] = []
    names: list[str] = []
    for table in tables:
        try:
            warehouse.require_source(table, had_rows=table.name in had)
        except WarehouseError as error:
            errors.append(error)
            names.append(table.name)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        message = f"{len(errors)} of {len(tables)} tables cannot be pulled: {', '.join(names)}"
        raise WarehouseError(f"{message}; the first: {errors[0].message}", hint=errors[0].hint)
