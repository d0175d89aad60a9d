"""Limits on the code of a feature: how long it may take, how much memory, and what it changes."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nba_local.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS, GIGABYTES = 60.0, 4.0
"""Of one season: more is an error. Memory is what the process takes more than before."""

GRACE, TIMES = 15.0, 1.5
"""Seconds after the interruption, and how many times the memory, until the process is ended."""

POLL = 0.1
PAGE = 4096
HINT = "use expressions over whole columns, not loops; drop what is not needed"


@contextmanager
def contained() -> Iterator[None]:
    """Code of a person in the block: what it prints goes to stderr, the present folder stays."""
    before = Path.cwd()
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.chdir(before)


@contextmanager
def limited(what: str, unit: str = "") -> Iterator[None]:
    """Interrupt the block where it takes too long or too much; main thread only.

    A library that hears no interruption is given a moment more, then the process ends with exit
    code 1: a machine without memory would kill it anyway, or another one.

    what, unit: What is run, with its line, and for what, for the message.

    Raises:
        PipelineError: It did; nothing was kept of it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # no other thread can be interrupted
        return
    ended, reasons = threading.Event(), list[str]()
    told = f"{what} {{}}{f' for {unit}' if unit else ''}; nothing was tried"
    watch = threading.Thread(target=_watch, args=(ended, reasons, told), daemon=True)
    watch.start()
    try:
        yield
    except KeyboardInterrupt:
        if not reasons:
            raise
        raise PipelineError(told.format(reasons[0]), hint=HINT) from None
    finally:
        ended.set()
        watch.join()


def _watch(ended: threading.Event, reasons: list[str], told: str) -> None:
    started, before = time.monotonic(), _resident()
    while not ended.wait(POLL):
        took, more = time.monotonic() - started, _resident() - before
        if reasons:
            if took > SECONDS + GRACE or more > TIMES * GIGABYTES * 1e9:
                with suppress(OSError):
                    os.write(2, f"error: {told.format(reasons[0])}\n  hint: {HINT}\n".encode())
                os._exit(1)
            continue
        if took > SECONDS:
            reasons.append(f"took longer than {SECONDS:g} s")
        elif more > GIGABYTES * 1e9:
            reasons.append(f"took more than {GIGABYTES:g} GB")
        if reasons:
            # a real signal: it ends a sleep and a query, too
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def _resident() -> int:
    """Bytes of memory the process has; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0
