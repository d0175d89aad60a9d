"""Standard streams as they are found: closed, full, or of another encoding than Unicode."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN = str.maketrans("─│┌┐└┘├┤┬┴┼═║╒╕╘╛╞╡╪┆…·░▒▓█▁▂▃▄▅▆▇", "-|+++++++++=|+++++++|.-.:+#_.-~=+*")
"""Lines of a table, shades and bars as plain characters."""

LOCALE = ("LC_ALL", "LC_CTYPE", "LANG")
"""Variables that say the language of a terminal; the first that is set counts."""


def _is_ascii(stream: Any) -> bool:
    """Whether `stream` is a terminal that is said to know ASCII only: Python writes UTF-8 to it."""
    said = next((os.environ[name] for name in LOCALE if os.environ.get(name)), "")
    return stream.isatty() and said in {"C", "POSIX"}


class Stream:
    """A text stream that stops no verb: after its first error nothing is written any more.

    error: What it was; None where all was written.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.encoding: str = "ascii" if _is_ascii(stream) else stream.encoding
        self.error: OSError | None = None

    def write(self, text: str) -> int:
        """Write `text`; what the encoding lacks as plain characters or as its code."""
        if not isinstance(text, str):
            raise TypeError(f"text, not {type(text).__name__}")
        if self.error is None:
            try:
                self._write(text)
            except OSError as error:
                self._give_up(error)
        return len(text)

    def _write(self, text: str) -> None:
        errors = self._stream.errors
        try:
            text.encode(self.encoding, errors if errors == "surrogateescape" else "strict")
        except UnicodeEncodeError:
            plain = text.translate(_PLAIN).encode(self.encoding, "backslashreplace")
            text = plain.decode(self.encoding)
        self._stream.write(text)

    def flush(self) -> None:
        """Hand on what was written."""
        if self.error is None:
            try:
                self._stream.flush()
            except OSError as error:
                self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        """Let what is left in buffers go nowhere: Python writes it when it ends."""
        self.error = error
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - a descriptor
            os.dup2(nowhere.fileno(), self._stream.fileno())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def guarded() -> Iterator[None]:
    """Standard streams that stop no verb; output that was lost is exit code 1 and a line.

    A closed stream is opened on nothing, so that no file of ours gets its number. A reader that
    went away (`| head`) is no reason for a message.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)
            if descriptor != number:
                os.dup2(descriptor, number)
                os.close(descriptor)
            setattr(sys, name, os.fdopen(number, mode))
    stdout, stderr = Stream(sys.stdout), Stream(sys.stderr)
    sys.stdout, sys.stderr = stdout, stderr
    try:
        yield
    finally:
        stdout.flush()
        stderr.flush()
        if stdout.error:
            if stdout.error.errno != errno.EPIPE:
                stderr.write(
                    f"error: stdout cannot be written ({stdout.error.strerror}); "
                    "the command ran, its output is incomplete\n"
                )
            if not _is_failing():
                sys.exit(1)


def _is_failing() -> bool:
    """Whether the call ends with an exit code of its own."""
    ending = sys.exception()
    return ending is not None and not (isinstance(ending, SystemExit) and not ending.code)
