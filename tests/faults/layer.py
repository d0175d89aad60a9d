"""Both proxies in front of a local BigQuery server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults.faults import Script
from tests.faults.rest import Rest
from tests.faults.storage import Storage

if TYPE_CHECKING:
    from tests.bigquery_server.fixture import BigQueryServer


class Layer:
    """What stands between the clients and the server: faults, and a record of calls."""

    def __init__(self, server: BigQueryServer) -> None:
        self.script = Script()
        self.play, self.count, self.bodies = self.script.play, self.script.count, self.script.bodies
        self.rest, self.storage = (
            Rest(server.rest, self.script),
            Storage(server.storage, self.script),
        )

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead `nba-local` here."""
        return {
            "NBA_LOCAL_BIGQUERY_REST": f"http://{self.rest.address}",
            "NBA_LOCAL_BIGQUERY_STORAGE": self.storage.address,
        }

    def close(self) -> None:
        """End both."""
        self.script.over.set()
        self.rest.down()
        self.storage.close()
