"""Faults as plain values: at which calls, which of them, what happens. And a record of all calls.

A call is named `POST /bigquery/v2/projects/p/jobs` (REST) or `ReadRows` (gRPC).
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass

EVERY = range(1, 1_000_000)
FIRST = (1,)


@dataclass(frozen=True, slots=True)
class Answer:
    """REST: this instead of the server's answer; the server never hears of the call."""

    status: int
    reason: str = ""
    message: str = ""
    echo: str = ""
    """Name of a header of the request whose value the message ends with."""


@dataclass(frozen=True, slots=True)
class Reply:
    """REST: this JSON, as it is, instead of the server's answer."""

    status: int
    content: str


@dataclass(frozen=True, slots=True)
class Lost:
    """REST: the server does what was asked; the connection is reset instead of its answer."""


@dataclass(frozen=True, slots=True)
class Cut:
    """REST: the connection is reset in the middle of the answer's body."""


@dataclass(frozen=True, slots=True)
class Slow:
    """The answer comes in pieces (REST: of a body; gRPC: messages), with this pause before each."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Silence:
    """The connection stays open and nothing ever comes. The server never hears of the call."""


@dataclass(frozen=True, slots=True)
class Status:
    """gRPC: the call ends with this status (`UNAVAILABLE`, ...) after so many messages."""

    code: str
    message: str
    after: int = 0
    retry_seconds: float | None = None
    """What the server asks the client to wait before it tries again."""


@dataclass(frozen=True, slots=True)
class Reset:
    """gRPC: all TCP connections are reset after so many messages of the call."""

    after: int = 0


type Effect = Answer | Reply | Lost | Cut | Slow | Silence | Status | Reset


@dataclass(frozen=True, slots=True)
class Fault:
    """`effect` befalls the calls that `call` (a pattern of their whole name) matches.

    holding: Only calls whose body has these bytes. on: which of those calls, counted from 1.
    """

    call: str
    effect: Effect | None
    on: range | tuple[int, ...] = EVERY
    holding: bytes = b""


class Script:
    """The faults under way and the calls that were seen, for both proxies of a layer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.over = threading.Event()
        """Set when nobody is to be kept waiting any more."""
        self.play()

    def play(self, *faults: Fault) -> None:
        """From now on these faults, and an empty record."""
        with self._lock:
            self._faults, self._met = faults, Counter[Fault]()
            self._calls: list[tuple[str, bytes]] = []

    def meet(self, call: str, body: bytes) -> Effect | None:
        """Record a call; what befalls it."""
        with self._lock:
            self._calls.append((call, body))
            for fault in self._faults:
                if re.fullmatch(fault.call, call) and fault.holding in body:
                    self._met[fault] += 1
                    if self._met[fault] in fault.on:
                        return fault.effect
        return None

    @property
    def calls(self) -> list[tuple[str, bytes]]:
        """All calls so far with their bodies."""
        with self._lock:
            return list(self._calls)

    def count(self, call: str, holding: bytes = b"") -> int:
        """How many calls so far the pattern matches."""
        return len(self.bodies(call, holding))

    def bodies(self, call: str, holding: bytes = b"") -> list[bytes]:
        """The bodies of those calls."""
        with self._lock:
            return [b for c, b in self._calls if re.fullmatch(call, c) and holding in b]
