"""Undo: the files that the newest pull replaced, and how they are brought back.

DATA/replaced/<run>/<table>/season=2021/2021-11.json   what the ledger said of the month
DATA/replaced/<run>/<table>/season=2021/2021-11.kept   its file; absent where there was none
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nba_local.errors import LedgerError
from nba_local.storage import queries
from nba_local.tables.calendar import Season
from nba_local.tables.fingerprint import of_file
from nba_local.tables.results import UndoResult

if TYPE_CHECKING:
    from pathlib import Path

    from nba_local.storage.workspace import Workspace

FOLDER = "replaced"
ENDED = frozenset({"done", "blocked"})
"""Statuses of a pull that came to its end."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """What the pull `run_id` replaces, kept until the next one that replaces anything."""

    work: Workspace
    run_id: str
    _months: set[Path] = field(default_factory=set)

    def keep(self, table: str, season: Season, month: str, *, is_whole: bool) -> None:
        """Keep the file and the ledger's rows of a month before they are replaced.

        is_whole: The file is the one that the ledger names; a damaged one is not kept.
        """
        own = self.work.store.root / FOLDER / self.run_id
        if not self._months:
            self._adopt(own)
        place = own / table / f"season={season.year}"
        path = place / f"{month}.json"
        recorded = queries.month_of(self.work.ledger, table, season, month)
        if (
            path not in self._months
            and not path.exists()
            and is_whole >= bool(recorded["raw_files"])
        ):
            place.mkdir(parents=True, exist_ok=True)
            if is_whole:
                file = self.work.store.file("raw", table, season, month)
                _linked(file, path.with_suffix(".kept"))
            _write(path, recorded)
        if not self._months:  # what earlier pulls replaced is given up only now
            for older in (self.work.store.root / FOLDER).glob("*/"):
                if older != own:
                    shutil.rmtree(older)
        self._months.add(path)

    def _adopt(self, own: Path) -> None:
        """A pull that died is ended by this one: what it replaced is what this one replaces."""
        for older in (self.work.store.root / FOLDER).glob("*/"):
            run = queries.run(self.work.ledger, older.name)
            if run and run.status not in ENDED and not own.exists():
                older.rename(own)


def undo(work: Workspace) -> UndoResult:
    """Bring back what the newest pull replaced. Killed at any step, it can be typed again.

    Raises:
        LedgerError: No pull replaced anything, or it was undone.
    """
    runs = sorted((work.store.root / FOLDER).glob("*/"), key=lambda run: run.stat().st_mtime)
    if not runs:
        raise LedgerError(
            "there is nothing to undo: no pull replaced anything since the last undo",
            hint="nba-local runs",
        )
    newest = runs[-1]
    with work.ledger.run("undo", None, undoes=newest.name) as run:
        dates: dict[str, set[dt.date]] = {}
        seasons = set()
        for path in sorted(newest.rglob("*.json")):
            table, season = path.parent.parent.name, Season(int(path.parent.name[7:]))
            dates.setdefault(table, set()).update(_restore(work, table, season, path))
            seasons.add(season)
            if not queries.is_pulled(work.ledger, table, season):
                queries.forget_full_read(work.ledger, table, season)
        result = UndoResult(
            run.run_id,
            newest.name,
            tuple(sorted(seasons)),
            {name: tuple(sorted(days)) for name, days in dates.items()},
        )
        changed = sum(len(days) for days in dates.values())
        run.result = {"undoes": newest.name, "message": f"{changed} dates brought back"}
    shutil.rmtree(newest)
    return result


def _restore(work: Workspace, table: str, season: Season, path: Path) -> set[dt.date]:
    """Bring a month back: its file, then what the ledger says of it; its dates that change."""
    month, kept = path.stem, path.with_suffix(".kept")
    then: dict[str, list[dict[str, Any]]] = json.loads(path.read_text())
    recorded = {row["sha256"] for row in then["raw_files"]}
    if recorded and not (kept.is_file() and of_file(kept) in recorded):
        raise LedgerError(
            f"{kept} is not the file that was replaced; {month} of {table} stays as it is",
            hint="pull again",
        )
    now = queries.month_of(work.ledger, table, season, month)
    file = work.store.file("raw", table, season, month)
    if recorded:
        temporary = file.with_name(f".tmp-{os.getpid()}-{month}")
        file.parent.mkdir(parents=True, exist_ok=True)
        _linked(kept, temporary)
        temporary.replace(file)
    else:
        file.unlink(missing_ok=True)
    with work.ledger.transaction():
        queries.replace_month(work.ledger, table, season, month, then)

    def by_date(rows: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
        return {row["date"]: row["changed_run"] for row in rows["raw_partitions"]}

    changed = by_date(then).items() ^ by_date(now).items()
    return {dt.date.fromisoformat(date) for date, _ in changed}


def _linked(source: Path, target: Path) -> None:
    """The same file under another name; a copy where the two lie on different disks."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _write(path: Path, value: Any) -> None:
    with path.open("w") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
