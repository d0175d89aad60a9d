"""A task: a function of bytes, and the code that it has to be run by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from nba_local.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future
    from typing import Self

type Outcome = dict[str, Any]
"""What a worker answers; plain values only, which any version of our code can read.

`worker`: its name. One of `result` (bytes), `raised` (an error of ours, pickled), `crashed` (class,
message and traceback of any other) and `refused` (its own fingerprint).
"""


@dataclass(frozen=True, slots=True)
class Task:
    """One unit of work. Done twice it gives the same rows twice.

    name: As people read it. does: `module:function` of this package, called with body and shared.
    shared: Bytes that several tasks are given; they travel to a worker once.
    code: What must be the same on the worker, see `fingerprint.of`.
    """

    name: str
    does: str
    body: bytes
    code: Mapping[str, str]
    shared: bytes = b""


class Engine(Protocol):
    """Where tasks run. What is not done when it is left is dropped."""

    @property
    def slots(self) -> int:
        """Tasks that may run at once, as far as is known now."""

    def submit(self, task: Task) -> Future[bytes]:
        """The bytes that the task returns, later; an error of ours is raised by its result."""

    def cancel(self) -> None:
        """Give up every task that is not done: its future raises."""

    def __enter__(self) -> Self:
        """Itself."""

    def __exit__(self, *_: object) -> None:
        """Give up what is not done, and let workers go."""


def result_of(task: Task, outcome: Outcome) -> bytes:
    """The bytes that a worker returned.

    Raises:
        ClusterError: It refused, or the task failed in a way that nobody foresaw.
        NbaLocalError: The task raised it.
    """
    worker = outcome["worker"]
    if "refused" in outcome:
        raise refusal(task, worker, outcome["refused"])
    if "raised" in outcome:
        import pickle

        error = pickle.loads(outcome["raised"])
        error.add_note(f"on worker {worker}")
        raise error
    if "crashed" in outcome:
        kind, message, trace = outcome["crashed"]
        error = ClusterError(
            f"{task.name} failed on worker {worker}: {kind}: {message}; nothing of it was kept",
            hint="the same call without --workers and --cluster shows where",
        )
        error.add_note(trace)
        raise error
    found: bytes = outcome["result"]
    return found


def refusal(task: Task, worker: str, own: Mapping[str, str]) -> ClusterError:
    """The error of a worker whose code or libraries are not the task's."""
    differing = [name for name, asked in task.code.items() if own.get(name) != asked]
    told = ", ".join(
        f"{name} is {own.get(name) or 'absent'} there, {task.code[name]} here" for name in differing
    )
    libraries = [f"{n}=={task.code[n]}" for n in differing if task.code[n][:1].isdigit()]
    pins = [pin for pin in libraries if not pin.startswith("python==")]
    todo = []
    if len(libraries) < len(differing):
        todo.append("install the code of this machine there (git pull, or the same wheel)")
    if "python" in differing:
        todo.append(f"run it with Python {task.code['python']}")
    if pins:
        todo.append(f"uv pip install {' '.join(pins)}")
    return ClusterError(
        f"worker {worker} refused {task.name}: {told}; nothing of it was computed",
        hint="on the worker: " + "; ".join(todo) + "; then start it again",
    )
