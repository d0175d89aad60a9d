"""What lies in a folder of a table: its Parquet files, however deep and whatever their names."""

from __future__ import annotations

import errno
import io
import os
from dataclasses import dataclass
from stat import S_ISREG
from typing import TYPE_CHECKING

import polars as pl

from nba_local.errors import WarehouseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARQUET = ".parquet"
HIDDEN = (".", "_")
"""Names that begin so are no data: leftovers of jobs, checkpoints, markers of success."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The Parquet files of a folder in the order of their names, and files that are none."""

    parquet: tuple[Path, ...]
    others: tuple[Path, ...]


def contents(folder: Path, url: str) -> Contents:
    """Everything below `folder` that may be data; nothing where there is no such folder.

    Links are followed, and what can be reached twice counts once.

    Raises:
        WarehouseError: A folder or a link cannot be read.
    """
    if not os.path.lexists(folder):
        return Contents((), ())
    files = sorted(_walk(folder, url, set()))
    parquet = tuple(file for file in files if file.suffix.lower() == PARQUET)
    return Contents(parquet, tuple(file for file in files if file.suffix.lower() != PARQUET))


def shown(path: Path, root: Path) -> str:
    """The path below `root` in characters that can be printed and stored, whatever its bytes."""
    return os.fsencode(path.relative_to(root)).decode("utf-8", "backslashreplace")


def scan(file: Path) -> pl.LazyFrame:
    """Rows of a file, lazily; the name is taken as it is."""
    source: Path | io.BytesIO = file
    if not str(file).isprintable() and shown(file, file.parent) != file.name:
        source = io.BytesIO(file.read_bytes())  # not UTF-8: Polars cannot open such a path
    return pl.scan_parquet(source, glob=False, hive_partitioning=False)


def _walk(place: Path, url: str, seen: set[tuple[int, int]]) -> Iterator[Path]:
    """The files at or below `place`; those behind links come after the others."""
    try:
        stat = place.stat()
        own = (stat.st_dev, stat.st_ino)
        if own in seen:
            return
        seen.add(own)
        if not place.is_dir():
            if not S_ISREG(stat.st_mode):
                raise WarehouseError(
                    f"{url}: {shown(place, place.parent.parent)} is neither a file nor a folder; "
                    "nothing was read, nothing was removed",
                    hint="move it out of the folder of the table",
                )
            yield place
            return
        with os.scandir(place) as listed:
            names = sorted(
                (e.is_symlink(), e.name) for e in listed if not e.name.startswith(HIDDEN)
            )
    except OSError as error:
        name = shown(place, place.parent.parent)
        is_dangling = error.errno in {errno.ENOENT, errno.ELOOP} and place.is_symlink()
        why = f"a link to {place.readlink()}, which is not there" if is_dangling else error.strerror
        raise WarehouseError(
            f"{url}: {name} cannot be read: {why}; nothing was read, nothing was removed",
            hint="make it readable, or move it out of the folder of the table",
        ) from error
    for _, name in names:
        yield from _walk(place / name, url, seen)
