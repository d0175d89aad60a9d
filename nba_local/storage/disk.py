"""A disk that is full or may only be read, whichever library ran into it."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nba_local.errors import DiskFullError, LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_WRITING = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_SAID = re.compile(r'\(os error (\d+)\)|"errno":"(\d+)"')  # Polars; DuckDB
_SQLITE = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})


def is_full(error: BaseException | None) -> bool:
    """Whether `error`, or what it came of, is that something could not be stored for lack of room.

    Cleaning up fails too where there is no room, so that the first error may lie behind others.
    """
    if error is None:
        return False
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return True
    if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) in _SQLITE:
        return True
    said = [int(number) for pair in _SAID.findall(str(error)) for number in pair if number]
    if any(number in _NO_ROOM for number in said) or os.strerror(errno.ENOSPC) in str(error):
        return True
    return is_full(error.__cause__ or error.__context__)


@contextmanager
def room(root: Path, verb: str) -> Iterator[None]:
    """A full disk inside the block, where `verb` writes to `root`, is said in plain words.

    So is a folder below or elsewhere that may only be read.

    Raises:
        DiskFullError: There was no room; it says how much is left, and what is intact.
        LedgerError: A folder may not be written to; it is named.
    """
    try:
        yield
    except DiskFullError:
        raise  # whose place was known better
    except Exception as error:
        if is_full(error):
            raise full(root, verb) from error
        if folder := refused(error):
            raise LedgerError(
                f"{folder} may not be written to; the {verb} stopped, stored files are intact",
                hint=f"make it writable, or name another folder; then run the {verb} again",
            ) from error
        raise


def refused(error: BaseException | None) -> Path | None:
    """The folder that could not be written to, where that is what `error` came of."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _NO_WRITING and error.filename:
            return Path(os.fsdecode(error.filename)).parent
        error = error.__cause__ or error.__context__
    return None


def full(root: Path, verb: str) -> DiskFullError:
    """The error of a `verb` that finds no room in `root`."""
    place = next(folder for folder in (root, *root.resolve().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    limit = _largest_file()
    how = "free some space" if limit is None else "raise `ulimit -f`, or free some space"
    also = "" if limit is None else f", and no file may be larger than {limit:,}"
    return DiskFullError(
        f"no room for the files of {root} ({free:,} bytes free now{also}); the {verb} stopped, "
        "stored files are intact",
        hint=f"{how}, then run the {verb} again; it resumes where it stopped",
    )


def _largest_file() -> int | None:
    """Bytes that a file of this process may have; None for any, and where systems do not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return None if limit == resource.RLIM_INFINITY else limit
