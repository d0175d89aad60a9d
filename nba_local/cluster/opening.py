"""Which engine a call asks for."""

from __future__ import annotations

import importlib.util
import re
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from nba_local.errors import ClusterError, UsageError
from nba_local.tables.homes import installing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nba_local.cluster.task import Engine

MOST = 256
"""Processes of one machine."""

WAIT = 60.0
"""Seconds that a cluster may have no worker for our tasks."""

_ADDRESS = re.compile(r"(tcp|tls)://[^/:\s]+:\d{1,5}|(tcp|tls)://\[[0-9a-fA-F:]+\]:\d{1,5}")


def engine(
    workers: str | None, cluster: str | None, wait: str | None, homes: Sequence[Path]
) -> AbstractContextManager[Engine | None]:
    """Where tasks run: so many processes, or the Dask cluster of that scheduler; None for neither.

    homes: Folders of the tables, for the processes.

    Raises:
        UsageError: Both are asked for, or what is asked for cannot be read.
        ClusterError: Dask is not installed.
    """
    if workers and cluster:
        raise UsageError(
            "both workers and a cluster are asked for; nothing was done",
            hint="give --workers N for this machine, or --cluster tcp://HOST:PORT",
        )
    if workers:
        from nba_local.cluster.processes import Processes

        return Processes(_number("workers", workers, MOST), homes)
    if not cluster:
        return nullcontext()
    if not _ADDRESS.fullmatch(cluster):
        raise UsageError(
            f"`{cluster}` is not the address of a Dask scheduler; nothing was done",
            hint="--cluster tcp://HOST:8786, as `dask scheduler` prints it",
        )
    if importlib.util.find_spec("distributed") is None:
        raise ClusterError(
            "a cluster needs dask[distributed]; nothing was done",
            hint=installing("cluster"),
            is_mistake=True,
        )
    from nba_local.cluster.scheduler import Dask

    return Dask(cluster, _number("cluster_wait", wait, 86_400) if wait else WAIT)


def _number(name: str, text: str, most: int) -> int:
    if not text.isdecimal() or not 1 <= int(text[:9]) <= most:
        raise UsageError(f"{name} is `{text}`, not a number from 1 to {most:,}; nothing was done")
    return int(text)
