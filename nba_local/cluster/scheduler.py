"""Tasks on a Dask cluster that somebody started: an address is all that is known of it.

Neither scheduler nor workers see our disk. A task travels as one pickle that calls `on_worker` when
it is read, so that the scheduler needs nothing of ours, and a worker without our code says so.
"""

from __future__ import annotations

import itertools
import logging
import pickle
import threading
import time
import uuid
import warnings
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Self

from nba_local.cluster.on_worker import on_worker
from nba_local.cluster.task import result_of
from nba_local.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nba_local.cluster.task import Task

CONNECT = 10.0
"""Seconds for a scheduler to answer."""

POLL = 1.0
"""Seconds between two looks at who works."""

QUIET = ("distributed", "distributed.client", "distributed.core", "distributed.comm")
"""Loggers that tell on stderr what our errors say."""


class _Call:
    """A call of `on_worker` with these values, made by whoever unpickles it."""

    def __init__(self, *values: Any) -> None:
        self._values = values

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return on_worker, self._values


class Dask:
    """A Dask scheduler's workers.

    wait: Seconds that tasks may wait with none of them running before they are given up.
    """

    def __init__(self, address: str, wait: float) -> None:
        self._address, self._wait = address, wait
        self._topic = f"nba-local-{uuid.uuid4().hex[:12]}"
        self._numbers = itertools.count()
        self._pending: dict[Any, tuple[Task, Future[bytes]]] = {}
        self._shared: dict[int, tuple[bytes, Any]] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._client: Any = None
        self._workers: dict[str, int] = {}
        self._last = time.monotonic()
        self._at_work: dict[str, str] = {}

    def __enter__(self) -> Self:
        import dask
        import distributed

        dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})
        for name in QUIET:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        # what differs and matters is told by the worker that refuses
        warnings.filterwarnings("ignore", category=distributed.versions.VersionMismatchWarning)
        try:
            self._client = distributed.Client(  # type: ignore[no-untyped-call]
                self._address, timeout=CONNECT, set_as_default=False, name="nba-local"
            )
        except (OSError, TimeoutError, ValueError) as error:
            raise ClusterError(
                f"no Dask scheduler answers at {self._address} within {CONNECT:.0f} s; "
                "nothing was computed",
                hint="start one with `dask scheduler`, or give --workers N instead",
            ) from error
        self._client.subscribe_topic(self._topic, self._heard)
        self._look()
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()
        self._over.set()
        self._watcher.join(timeout=CONNECT)  # it asks the client, which is not to close meanwhile
        self._client.close(timeout=CONNECT)

    @property
    def slots(self) -> int:
        """Threads of all workers; one where there is none yet."""
        return max(1, sum(self._workers.values()))

    def submit(self, task: Task) -> Future[bytes]:
        """See `Engine.submit`."""
        future: Future[bytes] = Future()
        name = f"{task.name.replace(' ', '-')}-{next(self._numbers)}"
        told: dict[str, Any] = {}
        call = _Call(self._topic, name, task.does, task.body, dict(task.code))
        if task.shared:
            told["buffers"] = [self._placed(task.shared)]
            call = _Call(*call._values, pickle.PickleBuffer(task.shared))
        with self._lock:
            if not self._pending:
                self._last = time.monotonic()
            # protocol 5 leaves buffers out; the worker puts in what the scheduler hands it
            data = pickle.dumps(call, protocol=5, buffer_callback=lambda _: False)
            key = f"nba-local-{self._topic[-12:]}-{name}"
            theirs = self._client.submit(pickle.loads, data, key=key, pure=False, **told)
            self._pending[theirs] = task, future
        theirs.add_done_callback(self._done)
        return future

    def cancel(self) -> None:
        """See `Engine.cancel`; what workers have begun they end, for nobody."""
        self._give_up(ClusterError("given up; nothing of it was kept"))

    def _placed(self, shared: bytes) -> Any:
        """The shared bytes as a task of their own: a worker that dies with them loses nothing."""
        known = self._shared.get(id(shared))
        if known is None:
            theirs = self._client.submit(pickle.loads, pickle.dumps(shared), pure=False)
            # the newest one is kept: trials come one after the other
            self._shared = {id(shared): (shared, theirs)}
            return theirs
        return known[1]

    def _done(self, theirs: Any) -> None:
        """A task of the cluster has ended, one way or another. Runs in a thread of the client."""
        with self._lock:
            task, future = self._pending.pop(theirs, (None, None))
            self._last = time.monotonic()
        if task is None or future is None:
            return  # given up
        try:
            if theirs.status == "finished":
                future.set_result(result_of(task, theirs.result()))
            elif theirs.status == "error":
                future.set_exception(self._failure(task, theirs.exception()))
            else:
                future.set_exception(
                    ClusterError(
                        f"the scheduler at {self._address} is gone; {task.name} was not done",
                        hint="repeat the command when it is back: what was done stays",
                    )
                )
        except Exception as error:  # noqa: BLE001 - raised where the result is asked for
            future.set_exception(error)

    def _failure(self, task: Task, error: BaseException | None) -> ClusterError:
        """What Dask says of a task that did not come back, in our words."""
        import distributed

        if isinstance(error, distributed.KilledWorker):
            return ClusterError(
                f"{task.name} was lost: {error.allowed_failures + 1} workers died with it, the "
                f"last one {error.last_worker.address}; nothing of it was kept",
                hint="out of memory? give workers fewer threads, and repeat the command: what was "
                "done stays",
            )
        if isinstance(error, ImportError):
            return ClusterError(
                f"a worker of {self._address} has no such code ({error}); nothing was computed",
                hint="install nba_local there: uv sync --extra cluster --extra lab",
            )
        return ClusterError(
            f"{task.name} failed on the cluster: {type(error).__name__}: {error}; "
            "nothing of it was kept"
        )

    def _heard(self, event: tuple[float, dict[str, str]]) -> None:
        """A worker has begun a task, or ended it."""
        _, told = event
        with self._lock:
            self._last = time.monotonic()
            if told["is"] == "begun":
                self._at_work[told["task"]] = told["worker"]
            else:
                self._at_work.pop(told["task"], None)

    def _look(self) -> None:
        """Ask the scheduler who its workers are."""
        try:
            told: dict[str, Any] = self._client.scheduler_info(n_workers=-1)["workers"]
        except OSError:
            told = {}  # it is gone: the client hears of it, and its futures end
        self._workers = {address: int(one["nthreads"]) for address, one in told.items()}

    def _watch(self) -> None:
        """Give up tasks that nobody works on for too long."""
        while not self._over.wait(POLL):
            self._look()
            with self._lock:
                gone = [t for t, worker in self._at_work.items() if worker not in self._workers]
                for task in gone:
                    del self._at_work[task]
                waiting = len(self._pending)
                if not waiting or self._at_work:
                    self._last = time.monotonic()
                is_over = time.monotonic() - self._last > self._wait
            if is_over:
                self._give_up(self._idle(waiting))

    def _idle(self, waiting: int) -> ClusterError:
        what = "has had no worker"
        if self._workers:
            workers, threads = len(self._workers), sum(self._workers.values())
            what = f"is full: its {workers} workers with {threads} threads took no task of ours"
        return ClusterError(
            f"the cluster at {self._address} {what} for {self._wait:.0f} s; {waiting} tasks were "
            "not done",
            hint="start workers (`dask worker`), or wait longer (NBA_LOCAL_CLUSTER_WAIT), and "
            "repeat the command: what was done stays",
        )

    def _give_up(self, why: ClusterError) -> None:
        with self._lock:
            left, self._pending = self._pending, {}
        for theirs, (_, future) in left.items():
            if self._client.status == "running":
                theirs.cancel(force=True)
            future.set_exception(why)
