"""One push at a time into a dataset: a table whose creation is the lock and whose text its holder.

Creating a table that exists fails for all but one, whatever machine they are on. The lock of a push
that died is released by the next push from the same data folder; any other expires.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from google.api_core import exceptions as api
from google.cloud import bigquery

from nba_local.errors import LockedError
from nba_local.storage.lock import described, me

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nba_local.warehouse.bigquery.connection import Connection

LOCK = "_nba_local_push_lock"

LOCK_TIME = dt.timedelta(hours=2)
"""After this the lock of a push that nobody settles is free; a push takes minutes."""


@contextmanager
def held(connection: Connection, datasets: Sequence[str], push_id: str) -> Iterator[None]:
    """Nobody else pushes to `datasets` inside the block. Datasets that do not exist are created.

    Raises:
        LockedError: Somebody does; it says who, and since when.
    """
    with ExitStack() as stack:
        for dataset in sorted(datasets):  # in one order, so that two pushes cannot block each other
            _take(connection, dataset, push_id)
            stack.callback(release, connection, dataset, push_id)
        yield


def release(connection: Connection, dataset: str, push_id: str) -> None:
    """Free the lock of `dataset` if `push_id` holds it."""
    name = f"{connection.project}.{dataset}.{LOCK}"
    if (live := connection.table(name)) and _holder(live).get("push_id") == push_id:
        connection.client.delete_table(name, not_found_ok=True, **connection.limits)


def _take(connection: Connection, dataset: str, push_id: str) -> None:
    name = f"{connection.project}.{dataset}.{LOCK}"
    client, limits = connection.client, connection.limits
    for _ in range(2):
        table = bigquery.Table(name, [bigquery.SchemaField("nothing", "BOOL")])
        table.description = json.dumps(me(f"push {push_id}") | {"push_id": push_id})
        table.expires = dt.datetime.now(dt.UTC) + LOCK_TIME
        try:
            client.create_table(table, **limits)
        except api.NotFound:
            client.create_dataset(dataset, exists_ok=True, **limits)
            client.create_table(table, **limits)
        except api.Conflict as error:
            live = connection.table(name)
            if live is None:  # released in this moment
                continue
            holder = _holder(live)
            if holder.get("push_id") == push_id:  # our own request, whose answer was lost
                return
            if live.expires and live.expires < dt.datetime.now(dt.UTC):
                client.delete_table(name, not_found_ok=True, **limits)
                continue
            raise LockedError(
                f"{dataset} is being written by {_said(live)}; nothing was pushed",
                hint=f"wait for it to end; if it is dead, its next push frees the dataset, or "
                f"drop the table {name}, or wait until {_until(live)}",
            ) from error
        return
    raise LockedError(f"{dataset} is taken again and again; nothing was pushed", hint="try again")


def _holder(live: bigquery.Table) -> dict[str, str]:
    with contextlib.suppress(json.JSONDecodeError, TypeError):
        found: dict[str, str] = json.loads(live.description)
        return found
    return {}


def _said(live: bigquery.Table) -> str:
    with contextlib.suppress(KeyError):
        return described(_holder(live))
    return "another push"


def _until(live: bigquery.Table) -> str:
    return f"{live.expires:%Y-%m-%d %H:%M} UTC" if live.expires else "somebody drops it"
