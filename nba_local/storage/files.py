"""Files of a data folder as the ledger records them: which there are, and whether they are intact.

A published month is kept under a name made of its content, `.objects/<month>-<hash>`, which no
later run writes to; `<month>.parquet` beside it is a hard link to it, for other tools. A
generation of a season is the set of objects that the ledger names: it changes in one transaction.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nba_local.errors import AlteredFileError
from nba_local.tables.fingerprint import of_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from nba_local.tables.calendar import Season
    from nba_local.tables.results import StoredFile

RAW, PUBLISHED = "raw", "published"
OBJECTS = ".objects"
"""Folder of a season that keeps its published months by content."""

LAYERS = {RAW: "raw_files", PUBLISHED: "published_files"}
"""The ledger's table of each layer."""

_MONTH_FILE = re.compile(r"\d{4}-\d{2}\.parquet")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A month's file as the ledger has it."""

    month: str
    rows: int
    bytes: int
    sha256: str
    mtime_ns: int

    @classmethod
    def of(cls, row: Any) -> Recorded:
        """From a row of `raw_files` or `published_files`."""
        # a ledger of an older version, which may not be written to, lacks the time
        mtime_ns = row["mtime_ns"] if "mtime_ns" in row.keys() else 0  # noqa: SIM118 - a Row
        return cls(row["month"], row["rows"], row["bytes"], row["sha256"], mtime_ns)

    def is_in(self, path: Path, *, hashed: bool = False) -> bool:
        """Whether `path` is this file: by size and time, by its hash where the time differs.

        hashed: By its hash in any case. Follows links.
        """
        try:
            stat = path.stat()
            if stat.st_size != self.bytes:
                return False
            if stat.st_mtime_ns == self.mtime_ns and not hashed:
                return True
            return of_file(path) == self.sha256
        except (FileNotFoundError, NotADirectoryError):
            return False


def object_path(folder: Path, month: str, sha256: str) -> Path:
    """Where the content of a published month is kept in the folder of its season."""
    return folder / OBJECTS / f"{month}-{sha256}"


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of a season of a table in a layer."""

    folder: Path
    layer: str
    season: Season

    @property
    def remedy(self) -> str:
        """The command that writes its files again."""
        verb = "pull --season" if self.layer == RAW else "backfill"
        return f"nba-local {verb} {self.season}"


def proved(
    place: Place, records: Sequence[Recorded], *, hashed: bool = False, is_linked: bool = True
) -> list[Path]:
    """The files of a season, month by month, once all of them are as recorded.

    is_linked: `<month>.parquet` beside the objects is looked at as well. Not so while a run that
        died has left the links of an older generation.

    Raises:
        AlteredFileError: A file is missing, altered or was added; the message names it.
    """
    files = []
    for record in records:
        path, kept = _paths(place.folder, record)
        if not is_intact(place.folder, record, hashed=hashed, is_linked=is_linked):
            shown = kept if kept and not is_linked else path
            what = "is not the file that was stored" if shown.is_file() else "is missing"
            raise AlteredFileError(
                f"{shown} {what} ({record.rows:,} rows in the ledger); nothing was done",
                hint=f"{place.remedy} writes it again",
            )
        files.append(kept or path)
    if is_linked:
        _refuse_added(place, {record.month for record in records})
    return files


def _paths(folder: Path, record: Recorded) -> tuple[Path, Path | None]:
    """The file of a month, and its object where it has one."""
    kept = object_path(folder, record.month, record.sha256)
    return folder / f"{record.month}.parquet", kept if kept.is_file() else None


def is_intact(folder: Path, record: Recorded, *, hashed: bool, is_linked: bool = True) -> bool:
    """Whether a month is as recorded, under both of its names where it has two."""
    path, kept = _paths(folder, record)
    if kept is None:
        return record.is_in(path, hashed=hashed)
    if not record.is_in(kept, hashed=hashed):
        return False
    return not is_linked or _is_link(path, kept) or record.is_in(path, hashed=hashed)


def _is_link(path: Path, kept: Path) -> bool:
    try:
        return path.samefile(kept)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _refuse_added(place: Place, months: set[str]) -> None:
    for path in sorted(place.folder.glob("*.parquet")):
        if path.stem not in months and not path.name.startswith("."):
            again = f"; if a pull that died wrote it: {place.remedy}" if place.layer == RAW else ""
            raise AlteredFileError(
                f"{path} is not in the ledger: no finished run stored it; nothing was done",
                hint=f"move it out of the data folder{again}",
            )


def link(folder: Path, files: Mapping[str, str]) -> None:
    """Make `<month>.parquet` the kept content of each month, by its hash; remove other months.

    Where the file system has no hard links, it is a copy.
    """
    for month, sha256 in files.items():
        kept, path = object_path(folder, month, sha256), folder / f"{month}.parquet"
        if kept.is_file() and not _is_link(path, kept):
            beside = folder / f".tmp-{os.getpid()}-{month}"
            beside.unlink(missing_ok=True)
            try:
                beside.hardlink_to(kept)
            except OSError:  # exFAT, some network shares
                shutil.copy2(kept, beside)
            beside.replace(path)
    if folder.is_dir():
        for path in folder.iterdir():
            if _MONTH_FILE.fullmatch(path.name) and path.stem not in files:
                path.unlink()
        sync_folder(folder)


def sweep(folder: Path, hashes: Iterable[tuple[str, str]]) -> None:
    """Remove the objects of a season that are of no recorded month: older generations."""
    kept = {object_path(folder, month, sha256).name for month, sha256 in hashes}
    for path in (folder / OBJECTS).glob("*"):
        if path.name not in kept:
            path.unlink()


def keep(folder: Path, month: str, written: StoredFile) -> StoredFile:
    """Put a written file under the name of its content; it is then read once the ledger says so."""
    path = object_path(folder, month, written.sha256)
    move(written.path, path)
    return replace(written, path=path, mtime_ns=path.stat().st_mtime_ns)


def move(source: Path, target: Path) -> None:
    """Rename; where `target` is on another file system, copied beside it and then renamed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        beside = target.with_name(f".tmp-{os.getpid()}-{target.name}")
        try:
            shutil.copy2(source, beside)
            with beside.open("rb") as file:
                os.fsync(file.fileno())
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
        source.unlink()


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to disk, so that a rename survives a loss of power."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except (FileNotFoundError, PermissionError):
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that cannot
            raise
    finally:
        os.close(handle)
