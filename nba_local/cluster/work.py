"""What a worker does with a task, wherever it runs. Needs nothing of the caller's disk."""

from __future__ import annotations

import functools
import importlib
import os
import pickle
import socket
import traceback
from typing import TYPE_CHECKING

from nba_local.errors import NbaLocalError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nba_local.cluster.task import Outcome
    from nba_local.tables.registry import Registry

THREADS = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS")
"""What libraries read when they are imported: how many threads they may start."""


def run(
    does: str, body: bytes, shared: bytes, code: Mapping[str, str], worker: str = ""
) -> Outcome:
    """Do a task, if code and libraries are those that it was made with. Never raises.

    worker: The name it goes by; host and process where none is given.
    """
    answer: Outcome = {"worker": worker or f"{socket.gethostname()}:{os.getpid()}"}
    try:
        from nba_local.cluster import fingerprint

        if own := fingerprint.differs(code, homes_here):
            return {**answer, "refused": own}
        module, _, name = does.partition(":")
        function = getattr(importlib.import_module(module), name)
        return {**answer, "result": function(body, shared)}
    except NbaLocalError as error:
        return {**answer, "raised": pickle.dumps(error)}
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller has to hear of it
        kind, trace = type(error).__name__, traceback.format_exc()
        return {**answer, "crashed": (kind, str(error), trace)}


def fit_threads(cores: int) -> dict[str, str]:
    """Environment in which libraries start no more threads than `cores`."""
    return dict.fromkeys(THREADS, str(max(1, cores)))


def homes_here() -> tuple[Path, ...]:
    """The tables of this worker: NBA_LOCAL_PIPELINES, else those beside the engine."""
    from nba_local.config import load_config
    from nba_local.tables.homes import packages

    return packages(load_config({}).pipelines)


@functools.cache
def registry_here() -> Registry:
    """The tables of this worker, imported once."""
    from nba_local.tables.registry import load_registry

    return load_registry(*homes_here())
