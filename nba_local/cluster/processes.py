"""Tasks in processes of this machine. One that dies is replaced and its task done again."""

from __future__ import annotations

import os
import pickle
import signal
import struct
import subprocess
import sys
import tempfile
import threading
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from nba_local.cluster.task import result_of
from nba_local.cluster.work import fit_threads
from nba_local.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nba_local.cluster.task import Task

ATTEMPTS = 3
"""Processes that may die of a task before it is given up."""

LAST_WORDS = 1.0
"""Seconds between the end of a process's output and its own end."""

LENGTH = struct.Struct(">Q")


def send(stream: IO[bytes], message: Any) -> None:
    """Write one message."""
    data = pickle.dumps(message, protocol=5)
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read one message.

    Raises:
        EOFError: The other side is gone.
    """
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    (size,) = LENGTH.unpack(head)
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return pickle.loads(data)


class Processes:
    """So many processes, each with its share of the cores; they end when this one does."""

    def __init__(self, workers: int, homes: Sequence[Path] = ()) -> None:
        self.slots = workers
        self._homes = homes
        self._waiting: deque[tuple[Task, Future[bytes]]] = deque()
        self._open, self._why = True, ClusterError("given up; nothing of it was kept")
        self._changed = threading.Condition()
        self._running: set[_Process] = set()
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(workers)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()
        for thread in self._threads:
            thread.join()

    def cancel(self) -> None:
        """Kill the processes; futures that are not done raise."""
        self._give_up(self._why)

    def _give_up(self, why: ClusterError) -> None:
        with self._changed:
            self._open, self._why = False, why
            left = [future for _, future in self._waiting]
            self._waiting.clear()
            for process in self._running:
                process.kill()
            self._changed.notify_all()
        for future in left:
            future.set_exception(why)

    def submit(self, task: Task) -> Future[bytes]:
        """See `Engine.submit`."""
        future: Future[bytes] = Future()
        with self._changed:
            if not self._open:
                raise self._why
            self._waiting.append((task, future))
            self._changed.notify()
        return future

    def _serve(self) -> None:
        """One process and those that replace it, task by task."""
        process: _Process | None = None
        try:
            while True:
                process = process or self._started()
                with self._changed:
                    while self._open and not self._waiting:
                        self._changed.wait()
                    if not self._open or process is None:
                        return
                    task, future = self._waiting.popleft()
                process = self._done(process, task, future)
        except OSError as error:
            self._give_up(ClusterError(f"no worker process can be started: {error}"))
        finally:
            if process:
                self._ended(process)

    def _done(self, process: _Process, task: Task, future: Future[bytes]) -> _Process | None:
        """Do a task, by other processes where one dies; the process that is left."""
        deaths: list[str] = []
        current: _Process | None = process
        while current:
            try:
                outcome = current.do(task)
            except (EOFError, OSError):
                deaths.append(self._ended(current))
                current = self._started() if len(deaths) < ATTEMPTS else None
                continue
            try:
                future.set_result(result_of(task, outcome))
            except Exception as error:  # noqa: BLE001 - raised where the result is asked for
                future.set_exception(error)
            return current
        future.set_exception(_lost(task, deaths) if len(deaths) == ATTEMPTS else self._why)
        return None

    def _started(self) -> _Process | None:
        """A new process; None once everything is given up."""
        with self._changed:
            if not self._open:
                return None
            cores = len(os.sched_getaffinity(0)) // self.slots
            process = _Process(self._homes, cores)
            self._running.add(process)
            return process

    def _ended(self, process: _Process) -> str:
        """End a process; how it ended, in words."""
        with self._changed:
            self._running.discard(process)
        return process.end()


def _lost(task: Task, deaths: list[str]) -> ClusterError:
    return ClusterError(
        f"{task.name} was lost: {len(deaths)} worker processes died of it, the last {deaths[-1]}; "
        "nothing of it was kept",
        hint="out of memory? use fewer --workers, and repeat the command: what was done stays",
    )


class _Process:
    """A worker process and its two pipes."""

    def __init__(self, homes: Sequence[Path], cores: int) -> None:
        root = str(Path(__file__).parents[2])
        env = {**os.environ, **fit_threads(cores)}
        if homes:
            env["NBA_LOCAL_PIPELINES"] = ",".join(map(str, homes))
        env["PYTHONPATH"] = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        self._shared, self._is_killed = b"", False
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "nba_local.cluster.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=env,
            start_new_session=True,  # a Ctrl-C is the caller's to deal with
        )

    def do(self, task: Task) -> Any:
        """The outcome of a task.

        Raises:
            EOFError, OSError: The process died.
        """
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        is_known = task.shared == self._shared
        shared = None if is_known else task.shared
        send(self._popen.stdin, (task.does, task.body, shared, dict(task.code)))
        self._shared = task.shared
        return receive(self._popen.stdout)

    def kill(self) -> None:
        """End it at once; whoever reads from it gets an error."""
        self._is_killed = True
        self._popen.kill()

    def end(self) -> str:
        """End it, if it has not ended by itself, and tell how it ended."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(0 if self._is_killed else LAST_WORDS)
        self._popen.kill()
        code = self._popen.wait()
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().rpartition("\n")[2]
        self._errors.close()
        for pipe in (self._popen.stdin, self._popen.stdout):
            with suppress(BrokenPipeError):  # bytes that nobody read
                pipe.close()  # type: ignore[union-attr]
        if code < 0:
            return f"by signal {signal.Signals(-code).name}"
        return f"with exit code {code}" + (f" ({said})" if said else "")
