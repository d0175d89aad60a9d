"""Runs a push in forked children that kill themselves at a chosen request to the server.

Python and the libraries are imported once; every child is a process of its own, as new to the
server as one started by hand. Reads a JSON command per line, answers one per line.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path

import requests

from nba_local import commands
from nba_local.config import Config
from nba_local.errors import NbaLocalError
from nba_local.target import Choice
from nba_local.warehouse import bigquery  # noqa: F401 - once, and not in every child

ROOT = Path(__file__).parents[1]


class Requests:
    """Counts what is sent to the server; at one of them this process dies."""

    def __init__(self, last: int | None, *, after: bool) -> None:
        self.seen, lock = 0, threading.Lock()
        send = requests.Session.send

        def counted(session, request, **options):  # type: ignore[no-untyped-def]
            with lock:
                self.seen += 1
                number = self.seen
            if number == last and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            answer = send(session, request, **options)
            if number == last:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        requests.Session.send = counted


def push(order: dict) -> int:
    """Push what is ordered; how many requests that took."""
    sent = Requests(order["request"], after=order["after"])
    setup = commands.set_up(Config(**order["config"], pipelines=str(ROOT / "pipelines")))
    commands.push(setup, order["ranges"], order["tables"], choice=Choice(overwrite_stale=True))
    return sent.seen


def main() -> None:
    commands.set_up(Config(pipelines=str(ROOT / "pipelines")))  # imports the tables
    for line in sys.stdin:
        read, write = os.pipe()
        child = os.fork()
        if not child:
            try:
                said, code = {"requests": push(json.loads(line))}, 0
            except NbaLocalError as error:
                said, code = {"error": error.message}, error.exit_code
            os.write(write, json.dumps(said).encode())
            os._exit(code)
        os.close(write)
        _, status = os.waitpid(child, 0)
        with os.fdopen(read) as pipe:
            answer = {"exit": os.waitstatus_to_exitcode(status), **json.loads(pipe.read() or "{}")}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
