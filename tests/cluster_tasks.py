"""Tasks that do what a test wants, as a worker imports them."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

from nba_local.errors import PipelineError


def echo(body: bytes, shared: bytes) -> bytes:
    """Both, one after the other."""
    return body + shared


def asked(_body: bytes, _: bytes) -> bytes:
    """What the worker has of its surroundings: threads, folder, home, process."""
    names = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "HOME")
    told = {name: os.environ.get(name) for name in names}
    return json.dumps({**told, "cwd": str(Path.cwd()), "pid": os.getpid()}).encode()


def dies_once(body: bytes, _: bytes) -> bytes:
    """Kills its process, unless it has done so before."""
    mark = Path(body.decode())
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return b"done"


def dies(_body: bytes, _: bytes) -> bytes:
    """Kills its process."""
    os._exit(9)


def sleeps(body: bytes, _: bytes) -> bytes:
    """Tells who it is in a file, and sleeps."""
    Path(body.decode()).write_text(str(os.getpid()))
    time.sleep(600)
    return b""


def refuses_rows(_body: bytes, _: bytes) -> bytes:
    """Raises an error of ours."""
    raise PipelineError("form: build() returns nothing", hint="write it")


def divides(_body: bytes, _: bytes) -> bytes:
    """Raises what nobody foresaw."""
    return bytes(1 // 0)
