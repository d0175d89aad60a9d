"""Pushes into a folder: a redo log that is carried through, and the files that pushes replaced.

New files are written aside, a journal names the renames, and a journal found later is carried
through before anything else. The files that the newest pushes replaced stay in `.history/`, so that
the folder can be read as it was.

Pushes are ordered by their number. Their instants rise with it whatever the clocks of the machines
say, and the present instant is never before the newest push: what lies there is what is read.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from nba_local.errors import ContractError, LockedError, WarehouseError
from nba_local.tables.calendar import Season, by_season
from nba_local.tables.fingerprint import of_file
from nba_local.warehouse import Append, Receipt, ignore_note
from nba_local.warehouse.folder import scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import filelock

    from nba_local.tables.table import Table
    from nba_local.warehouse import Change, Ready

_JOURNAL = ".push-journal.json"
_HISTORY, _PUSH, _DROPPED = ".history", "push.json", "dropped.json"
PUSHES_KEPT = 10
"""Pushes whose replaced files are kept."""

_TICK = dt.timedelta(microseconds=1)

LOCK_SECONDS = 60.0
"""How long to wait for another push into the same folder."""


def wall_clock() -> dt.datetime:
    """What this machine takes for the time."""
    return dt.datetime.now(dt.UTC)


@dataclass
class Journal:
    """The pushes into the folder `root`. files: The files of a table that lie there now."""

    root: Path
    url: str
    files: Callable[[Table], list[Path]]
    _told: dict[dt.datetime, int] = field(default_factory=dict)
    """Instants that this process was given, and the number of the newest push at each."""

    def now(self) -> dt.datetime:
        """The present instant, at the newest push or after it; a dead push is carried through."""
        with self.beside():
            past = self.past()
        number = past[-1].number if past else 0
        moment = max([wall_clock(), *(push.committed for push in past), *self._told])
        if self._told.get(moment, number) != number:  # somebody pushed within a tick of the clock
            moment += _TICK
        self._told[moment] = number
        return moment

    def since(self, as_of: dt.datetime) -> list[Past]:
        """The pushes after an instant, newest first.

        Raises:
            WarehouseError: The folder does not keep the files of that time any more.
        """
        past, dropped = self.past(), self._dropped()
        if as_of in self._told:
            after = [push for push in past if push.number > self._told[as_of]]
        else:
            after = [push for push in past if push.committed > as_of]
        if dropped and as_of < dropped:
            raise WarehouseError(
                f"{self.url}: the files of {as_of:%Y-%m-%d %H:%M:%S} UTC are gone: the newest "
                f"{PUSHES_KEPT} pushes are kept; nothing was read",
                hint="backfill the dates again, then push them",
            )
        return after[::-1]

    def replace(
        self, changes: Sequence[Change], push_id: str, ready: Ready = ignore_note
    ) -> Receipt:
        """Apply all changes. Raises: ContractError, WarehouseError."""
        self.root.mkdir(parents=True, exist_ok=True)
        with self._locked():
            staging = self.root / f".staging-{push_id}"
            shutil.rmtree(staging, ignore_errors=True)
            renames: dict[str, str] = {}
            try:
                for change in changes:
                    for name, frame in self._files_after(change, push_id):
                        _write(staging / name, frame)
                        renames[str((staging / name).relative_to(self.root))] = name
                hashes = {name: of_file(self.root / staged) for staged, name in renames.items()}
                ready("")
                if renames:
                    self._commit(staging, renames, push_id)
            except BaseException:
                if not (self.root / _JOURNAL).exists():
                    shutil.rmtree(staging, ignore_errors=True)
                raise
        rows = {change.table.name: change.rows.height for change in changes}
        committed = next((p.committed for p in self.past() if p.push_id == push_id), self.now())
        return Receipt(rows, tuple(renames.values()), hashes, committed)

    def settle(self, tables: Sequence[Table], push_id: str, note: str) -> dt.datetime | None:
        """Carry through or clear away what a dead push left; when it took effect."""
        del tables, note
        if not self.root.is_dir():
            return None
        with self._locked():
            shutil.rmtree(self.root / f".staging-{push_id}", ignore_errors=True)
        return next((p.committed for p in self.past() if p.push_id == push_id), None)

    @functools.cached_property
    def _file_lock(self) -> filelock.FileLock:
        import filelock

        return filelock.FileLock(self.root / ".lock", timeout=LOCK_SECONDS)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone in the folder, whose dead push is carried through; once more by its holder.

        Raises:
            LockedError: Another process has it for too long.
        """
        import filelock

        try:
            self._file_lock.acquire()
        except filelock.Timeout as error:
            raise LockedError(
                f"another push to {self.url} has not ended for {LOCK_SECONDS:.0f} s; "
                "nothing was done",
                hint="wait for that push to end",
            ) from error
        try:
            self.carry_through()
            yield
        finally:
            self._file_lock.release()

    def past(self) -> list[Past]:
        """The pushes whose replaced files are kept, oldest first."""
        found = []
        for path in (self.root / _HISTORY).glob(f"*/{_PUSH}"):
            log = json.loads(path.read_text())
            committed = dt.datetime.fromisoformat(log["committed"])
            folder = path.parent
            found.append(Past(_number(folder), log["push_id"], committed, log["before"], folder))
        return sorted(found, key=lambda push: push.number)

    def _dropped(self) -> dt.datetime | None:
        """When the newest push was committed whose files are not kept any more."""
        try:
            text = (self.root / _HISTORY / _DROPPED).read_text()
        except FileNotFoundError:
            return None
        return dt.datetime.fromisoformat(json.loads(text)["committed"])

    def _files_after(self, change: Change, push_id: str) -> Iterator[tuple[str, pl.DataFrame]]:
        """The new content of every file that the change touches, a file at a time.

        Old rows of the dates go from whatever files hold them; new ones go to their season's file.
        Added rows have a file of their push.

        Raises:
            ContractError: New rows break the contract, or lie outside of what they replace.
        """
        table = change.table
        if isinstance(change, Append):
            yield f"{table.name}/{push_id}.parquet", _proved(change, change.rows).sort(table.order)
            return
        replaced, days = change.replaced(), pl.col(table.partition_by)
        span = days.is_between(min(change.dates), max(change.dates))  # spares most files a scan
        present = {str(file.relative_to(self.root)): file for file in self.files(table)}
        seasons = {f"{table.name}/season={s.year}.parquet" for s, _ in by_season(change.dates)}

        def kept(name: str) -> pl.DataFrame:
            rows = table.contract.conform(scan(present[name]).collect(), f"{self.url}: {name}")
            return rows.filter(~replaced)

        for name, file in present.items():
            if name not in seasons and scan(file).filter(span, replaced).head(1).collect().height:
                yield name, kept(name).sort(table.order)
        for dates, rows in change.pieces():
            new = _proved(change, rows).select(table.contract.columns)
            name = f"{table.name}/season={Season.of(dates[0]).year}.parquet"
            both = pl.concat([kept(name), new]) if name in present else new
            yield name, both.sort(table.order)

    def _commit(self, staging: Path, renames: Mapping[str, str], push_id: str) -> None:
        past = self.past()
        self._sweep({push.number for push in past})
        number = past[-1].number + 1 if past else 1
        committed = self.now() + _TICK
        kept = Path(_HISTORY) / f"{number:09d}-{push_id}"
        before: dict[str, str | None] = {}
        for name in renames.values():
            present = (self.root / name).exists()
            before[name] = str(kept / name) if present else None
            if present:
                (self.root / kept / name).parent.mkdir(parents=True, exist_ok=True)
                os.link(self.root / name, self.root / kept / name)
        names = [*renames, *(kept for kept in before.values() if kept)]
        for folder in {self.root, *(p for n in names for p in (self.root / n).parents)}:
            if folder.is_relative_to(self.root):
                _flush(folder)
        log: dict[str, Any] = {"push_id": push_id, "staging": staging.name, "kept": str(kept)}
        log |= {"committed": committed.isoformat(), "renames": renames, "before": before}
        _write_json(self.root / _JOURNAL, log)  # from here on the push will be carried through
        self.carry_through()

    def _sweep(self, numbers: set[int]) -> None:
        """Remove what pushes kept that died before their journal was written."""
        for folder in (self.root / _HISTORY).glob("*-*/"):
            if _number(folder) not in numbers:
                shutil.rmtree(folder)

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Read while nobody pushes: a file replaced between footer and rows cannot be read.

        A folder that nobody ever pushed into has no lock file, and needs no permission to write.
        """
        if not os.access(self.root / ".lock", os.W_OK):
            yield
            return
        with self._locked():
            yield

    def carry_through(self) -> None:
        """Finish a push that died in its renames."""
        journal = self.root / _JOURNAL
        if not journal.is_file():
            return
        log: dict[str, Any] = json.loads(journal.read_text())
        folders = {self.root}
        for source, target in log["renames"].items():
            if (self.root / source).exists():
                (self.root / target).parent.mkdir(parents=True, exist_ok=True)
                (self.root / source).replace(self.root / target)
                folders.add((self.root / target).parent)
        for folder in folders:
            _flush(folder)
        # a journal of an older version has no instant: nobody read the folder since
        committed = log.get("committed") or wall_clock().isoformat()
        push = {"push_id": log["push_id"], "committed": committed}
        kept = self.root / log["kept"]
        kept.mkdir(parents=True, exist_ok=True)
        _write_json(kept / _PUSH, push | {"before": log["before"]})
        journal.unlink()
        shutil.rmtree(self.root / log["staging"], ignore_errors=True)
        for old in self.past()[:-PUSHES_KEPT]:
            _write_json(kept.parent / _DROPPED, {"committed": old.committed.isoformat()})
            shutil.rmtree(old.kept)


@dataclass(frozen=True, slots=True)
class Past:
    """A push, and the file that each of its files replaced; None for none.

    number: The order of pushes into the folder. committed: Rises with it.
    """

    number: int
    push_id: str
    committed: dt.datetime
    before: Mapping[str, str | None]
    kept: Path


def _proved(change: Change, new: pl.DataFrame) -> pl.DataFrame:
    """Rows of a change that keep the contract and lie in what they claim to replace."""
    table = change.table
    rows = table.contract.conform(new, f"{table.name}: rows to push")
    if nulls := table.contract.nulls(rows):
        raise ContractError(f"{table.name}: NULL in REQUIRED columns {nulls}; nothing was pushed")
    outside = 0 if isinstance(change, Append) else rows.filter(~change.replaced()).height
    if outside:
        raise ContractError(
            f"{table.name}: {outside} rows lie outside the pushed dates; nothing was pushed"
        )
    return rows


def _number(kept: Path) -> int:
    """The number of a push, from the folder of what it replaced."""
    return int(kept.name.partition("-")[0])


def _flush(folder: Path) -> None:
    """Make renames in `folder` outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_json(path: Path, value: Any) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("w") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    _flush(path.parent)


def _write(path: Path, frame: pl.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path, compression="zstd")
    with path.open("rb") as file:
        os.fsync(file.fileno())
