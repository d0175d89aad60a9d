"""A folder that one process at a time may write to, and who that is."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import getpass
import json
import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nba_local.errors import LedgerError, LockedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@contextmanager
def held(folder: Path, doing: str, hint: str, name: str = ".lock") -> Iterator[None]:
    """Nobody else holds the lock `name` of `folder` inside the block.

    hint: What to do where somebody does.

    Raises:
        LockedError: Another process does; the message names it.
    """
    import filelock

    holder, lock = folder / f"{name}-holder.json", filelock.FileLock(folder / name)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout as error:  # an OSError too
        raise LockedError(
            f"{folder} is being written by {_said(holder)}; nothing was done",
            hint=hint,
        ) from error
    except OSError as error:
        if error.errno not in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise
        raise no_writing(folder) from error
    try:
        holder.write_text(json.dumps(me(doing)))
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def no_writing(folder: Path) -> LedgerError:
    """The error of a writer where files may only be read."""
    return LedgerError(
        f"{folder} may not be written to; nothing was done",
        hint="status, coverage, why, plan and sql only read; to write, name another folder: --data",
    )


def me(doing: str) -> dict[str, str]:
    """This process, as others are told of it."""
    return {
        "doing": doing,
        "user": _user(),
        "host": socket.gethostname(),
        "pid": str(os.getpid()),
        "since": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }


def _user() -> str:
    """The name of the user; in a container there may be none, but a number."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return f"uid {os.getuid()}"


def described(who: Mapping[str, str]) -> str:
    """What `me` said, as a person reads it."""
    return (
        f"`{who['doing']}` ({who['user']}, pid {who['pid']} on {who['host']}, since {who['since']})"
    )


def _said(holder: Path) -> str:
    with contextlib.suppress(FileNotFoundError, json.JSONDecodeError, KeyError):
        return described(json.loads(holder.read_text()))
    return "another run"
