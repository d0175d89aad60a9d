"""One push at a time into a dataset: a table whose creation is the lock and whose text its holder.

Creating a table that exists fails for all but one, whatever machine they are on. The lock of a push
that died is released by the next push from the same data folder; any other expires.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from google.api_core import exceptions as api
from google.auth import exceptions as auth
from google.cloud import bigquery

from nba_local.errors import LockedError
from nba_local.storage.lock import described, me
from nba_local.warehouse.bigquery.errors import reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nba_local.warehouse.bigquery.connection import Connection

LOCK = "_nba_local_push_lock"

LOCK_TIME = dt.timedelta(hours=2)
"""After this the lock of a push that nobody settles is free; a push takes minutes."""

TRIES = 4
"""Times that a lock is tried for: a dataset is created first, a lock is freed meanwhile."""


@dataclass(frozen=True, slots=True)
class Lock:
    """The lock of a push.

    now: By the server's clock; that of this machine may be hours off.
    ended: Pushes of this data folder that are over, and hold no lock by right.
    """

    connection: Connection
    push_id: str
    now: dt.datetime
    ended: frozenset[str] = frozenset()

    @contextmanager
    def held(self, datasets: Sequence[str]) -> Iterator[None]:
        """Nobody else pushes to `datasets` inside the block. Those that are missing are created.

        A lock that cannot be freed afterwards is told, and is no error of the push: the next push
        from the same data folder frees it.

        Raises:
            LockedError: Somebody does; it says who, and since when.
        """
        with ExitStack() as stack:
            for dataset in sorted(datasets):  # in one order: two pushes cannot block each other
                self._take(dataset)
                stack.callback(self._free, dataset)
            yield

    def _free(self, dataset: str) -> None:
        try:
            release(self.connection, dataset, self.push_id)
        except (api.GoogleAPICallError, api.RetryError, auth.GoogleAuthError, OSError) as error:
            logging.getLogger(__name__).warning(
                "the lock of %s was not freed: %s; the next push from this data folder frees it, "
                "and it expires after 2 hours",
                dataset,
                reason(error),
            )

    def _take(self, dataset: str) -> None:
        name = f"{self.connection.project}.{dataset}.{LOCK}"
        client, limits = self.connection.client, self.connection.limits
        for _ in range(TRIES):
            table = bigquery.Table(name, [bigquery.SchemaField("nothing", "BOOL")])
            table.description = json.dumps(me(f"push {self.push_id}") | {"push_id": self.push_id})
            table.expires = self.now + LOCK_TIME
            try:
                client.create_table(table, **limits)
            except api.NotFound:
                client.create_dataset(dataset, exists_ok=True, **limits)
            except api.Conflict as error:
                live = self.connection.table(name)
                if live is None:  # released in this moment
                    continue
                holder = _holder(live).get("push_id")
                if holder == self.push_id:  # our own request, whose answer was lost
                    return
                is_over = live.expires and live.expires < self.now
                if holder not in self.ended and not is_over:
                    raise _locked(dataset, name, live) from error
                client.delete_table(name, not_found_ok=True, **limits)
            else:
                return
        raise LockedError(f"{dataset} is taken again and again; nothing was pushed", "try again")


def release(connection: Connection, dataset: str, push_id: str) -> None:
    """Free the lock of `dataset` if `push_id` holds it.

    It is looked for again: an answer without a body may be a gateway's as well as BigQuery's.

    Raises:
        BadGateway: It is dropped again and again, and is still there.
    """
    name = f"{connection.project}.{dataset}.{LOCK}"
    for _ in range(TRIES):
        live = connection.table(name)
        if live is None or _holder(live).get("push_id") != push_id:
            return
        connection.client.delete_table(name, not_found_ok=True, **connection.limits)
    raise api.BadGateway(  # type: ignore[no-untyped-call]
        "it was dropped, and is still there; is there a proxy or a login page between?"
    )


def _locked(dataset: str, name: str, live: bigquery.Table) -> LockedError:
    return LockedError(
        f"{dataset} is being written by {_said(live)}; nothing was pushed",
        hint=f"wait for it to end; if it is dead, its next push frees the dataset, or drop the "
        f"table {name}, or wait until {_until(live)}",
    )


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
