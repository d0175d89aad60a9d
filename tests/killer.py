"""Runs pushes and pulls in forked children that kill themselves at a chosen step.

A step is a request to the server; of a pull, a message of a read stream and a file that is renamed
into place as well.

Python and the libraries are imported once; every child is a process of its own, as new to the
server as one started by hand. Reads a JSON command per line, answers one per line.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import requests

from nba_local.commands import pushes, road
from nba_local.commands.project import Project
from nba_local.config import Config
from nba_local.errors import NbaLocalError
from nba_local.push.target import Choice
from nba_local.warehouse.bigquery import warehouse as bigquery  # noqa: F401 - once, and not in every child
from nba_local.warehouse.bigquery.connection import Connection

ROOT = Path(__file__).parents[1]


class Steps:
    """Counts the steps of this process; at one of them it dies, before it or after it."""

    def __init__(self, last: int | None, *, after: bool) -> None:
        self.seen, self._lock, self._last, self._after = 0, threading.Lock(), last, after

    def before(self) -> int:
        """A step begins; its number."""
        with self._lock:
            self.seen += 1
            number = self.seen
        if number == self._last and not self._after:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    def ended(self, number: int) -> None:
        """A step ended."""
        if number == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def wrap(self, owner: Any, name: str) -> None:
        """Count calls of a method."""
        original = getattr(owner, name)

        def counted(*arguments: Any, **options: Any) -> Any:
            number = self.before()
            answer = original(*arguments, **options)
            self.ended(number)
            return answer

        setattr(owner, name, counted)

    def wrap_messages(self) -> None:
        """Count the messages of read streams."""
        original = Connection.messages

        def counted(connection: Connection, stream: str) -> Any:
            for message in original(connection, stream):
                self.ended(self.before())
                yield message

        Connection.messages = counted  # type: ignore[method-assign]


def push(order: dict) -> int:
    """Push what is ordered; how many requests that took."""
    steps = Steps(order["step"], after=order["after"])
    steps.wrap(requests.Session, "send")
    project = Project.open(Config(**order["config"], pipelines=str(ROOT / "pipelines")))
    pushes.push(project, order["ranges"], order["tables"], choice=Choice(overwrite_stale=True))
    return steps.seen


def pull(order: dict) -> int:
    """Pull what is ordered; how many steps that took."""
    steps = Steps(order["step"], after=order["after"])
    steps.wrap(requests.Session, "send")
    steps.wrap(Path, "replace")
    steps.wrap_messages()
    project = Project.open(Config(**order["config"], pipelines=str(ROOT / "pipelines")))
    road.pull(project, order["ranges"], order["tables"])
    return steps.seen


VERBS = {"push": push, "pull": pull}


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
        what: tuple[list[str], list[str]],
        step: int | None = None,
        *,
        after: bool = False,
    ) -> dict:
        """Do a verb, and die at a step; the exit code with the number of steps or the error."""
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
