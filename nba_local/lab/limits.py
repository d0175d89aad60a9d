"""Limits on the code of a feature: how long it may take, and how much memory."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nba_local.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS, GIGABYTES = 60.0, 4.0
"""Of one season: more is an error. Memory is what the process takes more than before."""

POLL = 0.1
PAGE = 4096


@contextmanager
def limited(where: str, unit: str) -> Iterator[None]:
    """Interrupt the block where it takes too long or too much; main thread only.

    where: Name and line of the feature. unit: What was computed, for the message.

    Raises:
        PipelineError: It did; nothing was kept of it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # no other thread can be interrupted
        return
    ended, reasons = threading.Event(), list[str]()
    watch = threading.Thread(target=_watch, args=(ended, reasons), daemon=True)
    watch.start()
    try:
        yield
    except KeyboardInterrupt:
        if not reasons:
            raise
        raise PipelineError(
            f"feature {where} {reasons[0]} for {unit}; nothing was tried",
            hint="use expressions over whole columns, not loops; drop what is not needed",
        ) from None
    finally:
        ended.set()
        watch.join()


def _watch(ended: threading.Event, reasons: list[str]) -> None:
    started, before = time.monotonic(), _resident()
    while not ended.wait(POLL):
        if time.monotonic() - started > SECONDS:
            reasons.append(f"took longer than {SECONDS:g} s")
        elif _resident() - before > GIGABYTES * 1e9:
            reasons.append(f"took more than {GIGABYTES:g} GB")
        if reasons:
            # a real signal: it ends a sleep and a query, too
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            return


def _resident() -> int:
    """Bytes of memory the process has; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0
