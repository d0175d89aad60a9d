"""What a Dask worker runs of us: it fits its threads, says that it begins, and does the task."""

from __future__ import annotations

import os
import sys
from typing import Any

from nba_local.cluster.work import fit_threads, run


def on_worker(  # noqa: PLR0913 - plain values, which any version can read
    topic: str, name: str, does: str, body: bytes, code: dict[str, str], shared: Any = b""
) -> dict[str, Any]:
    """The outcome of a task, see `task.Outcome`.

    topic: Where the caller listens for who has begun what.
    """
    from distributed import get_worker

    worker = get_worker()
    if "polars" not in sys.modules:  # it starts its threads when it is imported
        os.environ.update(fit_threads(worker.state.nthreads))
    worker.log_event(topic, {"is": "begun", "task": name, "worker": worker.address})
    try:
        return run(does, body, bytes(shared), code, worker.address)
    finally:
        worker.log_event(topic, {"is": "ended", "task": name, "worker": worker.address})
