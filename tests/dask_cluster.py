"""A Dask scheduler and workers on 127.0.0.1, as a user starts them, each a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[1]


class Cluster:
    """A scheduler with so many workers; all end with it.

    Workers see neither this folder nor this home: theirs are empty, below `root`.
    """

    def __init__(self, root: Path, workers: int = 2, **env: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self.root, self._env = root, env
        self._scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"
        )
        self.workers = [self.worker() for _ in range(workers)]
        self.wait_for(workers)

    def worker(self, *more: str, **env: str) -> subprocess.Popen[bytes]:
        """One more worker of one thread, without a nanny: who is killed stays away."""
        return self._start(
            "worker", self.address, "--no-nanny", "--nthreads", "1", "--no-dashboard",
            "--memory-limit", "0", *more, **env,
        )  # fmt: skip

    def refill(self) -> None:
        """Replace the workers that have died."""
        alive = [worker for worker in self.workers if worker.poll() is None]
        dead = len(self.workers) - len(alive)
        self.workers[:] = [*alive, *(self.worker() for _ in range(dead))]
        self.wait_for(len(self.workers))

    def wait_for(self, workers: int) -> None:
        """Wait until so many workers are there."""
        from distributed import Client

        end = time.monotonic() + 60
        with Client(self.address, timeout=30, set_as_default=False) as client:
            while len(client.scheduler_info(n_workers=-1)["workers"]) != workers:
                assert time.monotonic() < end, (self.root / "worker.log").read_text()
                time.sleep(0.05)

    def end_scheduler(self) -> None:
        """Kill the scheduler."""
        self._scheduler.kill()
        self._scheduler.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in (*self.workers, self._scheduler):
            process.kill()
            process.wait()

    def _start(self, what: str, *arguments: str, **env: str) -> subprocess.Popen[bytes]:
        home, empty = self.root / "home", self.root / "empty"
        home.mkdir(parents=True, exist_ok=True)
        empty.mkdir(exist_ok=True)
        own = {k: v for k, v in os.environ.items() if not k.startswith("NBA_LOCAL_")}
        with (self.root / f"{what}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments],
                cwd=empty,
                env={**own, "PYTHONPATH": str(ROOT), "HOME": str(home), **self._env, **env},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
