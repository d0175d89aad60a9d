"""Tasks in this process, one after the other, when they are submitted."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Self

from nba_local.cluster.task import result_of
from nba_local.cluster.work import run

if TYPE_CHECKING:
    from nba_local.cluster.task import Task


class Inline:
    """The engine that needs nothing: what tests compare the others with."""

    slots = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to let go."""

    def cancel(self) -> None:
        """Nothing is ever under way."""

    def submit(self, task: Task) -> Future[bytes]:
        """The task, done. See `Engine.submit`."""
        future: Future[bytes] = Future()
        try:
            future.set_result(
                result_of(task, run(task.does, task.body, task.shared, task.code, "inline"))
            )
        except Exception as error:  # noqa: BLE001 - raised where the result is asked for
            future.set_exception(error)
        return future
