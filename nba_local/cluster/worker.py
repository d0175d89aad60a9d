"""A worker process: `python -m nba_local.cluster.worker`, tasks on stdin, outcomes on stdout.

It ends when stdin does, in the middle of a task too: nobody waits for what it computes then.
"""

from __future__ import annotations

import os
import sys
import threading
from queue import SimpleQueue
from typing import IO, Any

from nba_local.cluster.processes import receive, send
from nba_local.cluster.work import run


def main() -> None:
    """Do tasks until stdin ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a task prints is no outcome
    tasks: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, tasks), daemon=True).start()
    shared = b""
    while True:
        does, body, other, code = tasks.get()
        shared = shared if other is None else other
        send(answers, run(does, body, shared, code))


def _read(stream: IO[bytes], tasks: SimpleQueue[Any]) -> None:
    try:
        while True:
            tasks.put(receive(stream))
    finally:
        os._exit(0)  # the caller is gone


if __name__ == "__main__":
    main()
