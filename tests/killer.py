"""Runs pushes, pulls and backfills in forked children that kill themselves at a chosen step.

A step is a request to a server, a message of a read stream, or a file that is renamed into place.

Python and the libraries are imported once; every child is a process of its own, as new to the
server as one started by hand. Reads a JSON command per line, answers one per line.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from nba_local.commands import pushes, road
from nba_local.commands.project import Project
from nba_local.config import Config
from nba_local.errors import NbaLocalError
from nba_local.push.target import Choice
from nba_local.warehouse.bigquery import warehouse as bigquery  # noqa: F401 - once, and not in every child
from nba_local.warehouse.bigquery.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parents[1]


WORDS = ("upload", "datasets", "tables", "data", "jobs", "queries")
"""What of a path says what is asked for."""


class Steps:
    """Counts the steps of this process, by kind; at one of them it dies, before it or after it.

    last: The step to die at: its number, or the first of a kind.
    """

    def __init__(self, last: int | str | None, *, after: bool) -> None:
        self.kinds: list[str] = []
        self._lock, self._last, self._after = threading.Lock(), last, after

    def before(self, kind: str) -> int:
        """A step begins; its number."""
        with self._lock:
            self.kinds.append(kind)
            number = len(self.kinds)
            if kind == self._last:
                self._last = number
        if number == self._last and not self._after:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    def ended(self, number: int) -> None:
        """A step ended."""
        if number == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def wrap(self, owner: Any, name: str, kind: Callable[..., str]) -> None:
        """Count calls of a function."""
        original = getattr(owner, name)

        def counted(*arguments: Any, **options: Any) -> Any:
            number = self.before(kind(*arguments))
            answer = original(*arguments, **options)
            self.ended(number)
            return answer

        setattr(owner, name, counted)

    def wrap_requests(self) -> None:
        """Count the requests to a server."""
        self.wrap(requests.Session, "send", request_kind)

    def wrap_renames(self) -> None:
        """Count the files and folders that are renamed into place."""
        self.wrap(os, "replace", lambda *_: "rename")

    def wrap_messages(self) -> None:
        """Count the messages of read streams."""
        original = Connection.messages

        def counted(connection: Connection, stream: str) -> Any:
            for message in original(connection, stream):
                self.ended(self.before("message"))
                yield message

        Connection.messages = counted  # type: ignore[method-assign]


def request_kind(_: Any, request: requests.PreparedRequest) -> str:
    """What a request asks for: method, path without names, and how its SQL or job begins."""
    path = urlsplit(request.url or "").path.split("/")
    words = [word for word in path if word in WORDS]
    body = request.body.decode(errors="replace") if isinstance(request.body, bytes) else ""
    job = re.search(r'"(load|query)": ?(?:"|{)', body)
    sql = re.search(r'"query": ?"\s*([A-Za-z]+(?:\s+[A-Za-z]+)?)', body)
    said = sql[1] if sql else job[1] if job else ""
    return " ".join([request.method or "", *words, said]).strip()


def project_for(order: dict) -> Project:
    """The project a command works on."""
    config = Config(**order["config"], pipelines=str(ROOT / "pipelines"))
    return Project.open(config, order["settings"])


def push(order: dict) -> list[str]:
    """Push what is ordered; the requests that took, by kind."""
    steps = Steps(order["step"], after=order["after"])
    steps.wrap_requests()
    choice = Choice(overwrite_stale=True, allow_removals=True)
    pushes.push(project_for(order), order["ranges"], order["tables"], choice=choice)
    return steps.kinds


def pull(order: dict) -> list[str]:
    """Pull what is ordered; the requests, messages and renames that took."""
    steps = Steps(order["step"], after=order["after"])
    steps.wrap_requests()
    steps.wrap_renames()
    steps.wrap_messages()
    road.pull(project_for(order), order["ranges"], order["tables"])
    return steps.kinds


def backfill(order: dict) -> list[str]:
    """Backfill what is ordered; the renames that took."""
    steps = Steps(order["step"], after=order["after"])
    steps.wrap_renames()
    road.backfill(project_for(order), order["ranges"], order["tables"])
    return steps.kinds


VERBS = {"push": push, "pull": pull, "backfill": backfill}


def main() -> None:
    Project.open(Config(pipelines=str(ROOT / "pipelines")))  # imports the tables
    for line in sys.stdin:
        read, write = os.pipe()
        child = os.fork()
        if not child:
            try:
                order = json.loads(line)
                said, code = {"steps": VERBS[order["verb"]](order)}, 0
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


def one_in_each_part(steps: int, parts: int) -> list[tuple[int, bool]]:
    """Steps to die at, before or after: one of each of so many equal parts, drawn anew each time.

    So that no run of few kills has them all at the beginning.
    """
    edges = [1 + steps * part // parts for part in range(parts + 1)]
    chance = random.SystemRandom()
    return [
        (chance.randrange(first, max(last, first + 1)), chance.random() < 0.5)
        for first, last in itertools.pairwise(edges)
    ]


class Killer:
    """This program as a test uses it."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.killer"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(
        self,
        verb: str,
        project: Project,
        what: tuple[Sequence[str], ...],
        step: int | str | None = None,
        *,
        after: bool = False,
    ) -> dict:
        """Do a verb, and die at a step; the exit code with the number of steps or the error.

        what: Ranges, tables, and settings where there are any.
        """
        config = project.config
        order = {
            "verb": verb,
            "config": {
                "data": config.data,
                "rules": project.rules.name,
                "warehouse": config.warehouse,
                "target": config.target,
                "bigquery_rest": config.bigquery_rest,
                "bigquery_storage": config.bigquery_storage,
            },
            "ranges": what[0],
            "tables": what[1],
            "step": step,
            "after": after,
            "settings": what[2] if len(what) > 2 else (),
        }  # fmt: skip
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """End it."""
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()


if __name__ == "__main__":
    main()
