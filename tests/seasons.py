"""Seasons that tests share: made once for all test processes, and read only.

A test that writes to one takes a copy (`copied`).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import pickle
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from filelock import FileLock

from nba_local.commands import road
from nba_local.commands.project import Project
from nba_local.config import Config
from nba_local.storage.serialize import dumps
from pipelines import simulated
from pipelines.simulated import Season

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
YEAR, NAME, SEED = 2021, "2021-22", 7
AUTUMN = dt.date(2021, 12, 20)
"""The last date of the short simulated season; most planted faults lie before it."""
FIVE_WEEKS = dt.date(2021, 12, 5)
"""The last date of the short real season: five weeks of rows after the bootstrap."""

PASSING = shutil.ignore_patterns(".lock*", ".tmp-*", "staged", "*.sqlite-wal", "*.sqlite-shm")
"""What comes and goes in a folder that other test processes read; nobody writes to its ledger."""


def project_of(data: Path, warehouse: str | None = None, **config: str) -> Project:
    """A project on the project's own tables."""
    rules = config.pop("rules", None)
    return Project.open(
        Config(
            data=str(data),
            warehouse=warehouse,
            rules=rules,
            pipelines=str(ROOT / "pipelines"),
            **config,
        )
    )


def copied(project: Project, folder: Path, **config: str) -> Project:
    """The same data in a folder of its own, which may be written to."""
    shutil.copytree(project.store.root, folder, ignore=PASSING)
    config = {"rules": project.rules.name, "warehouse": project.config.warehouse, **config}
    return project_of(folder, **config)


@dataclass(frozen=True)
class Dirty:
    """A dirty season: what was planted, and what pull, backfill and check returned, as JSON."""

    project: Project
    defects: dict[str, Any]
    results: dict[str, Any]


class Seasons:
    """The shared seasons, each in a folder under `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def simulated(self) -> Season:
        """The simulated season, with its planted faults."""
        return self._made("faulty", YEAR)

    def clean(self, year: int = YEAR) -> Season:
        """A simulated season without faults."""
        return self._made("clean", year)

    def _made(self, name: str, year: int) -> Season:
        def make(root: Path) -> None:
            """Both at once: what takes longest of them is the same."""
            with pytest.MonkeyPatch.context() as patched:
                for step in ("simulate", "upcoming_player_game_context"):
                    patched.setattr(simulated, step, _once(getattr(simulated, step)))
                for kind, faults in (("faulty", True), ("clean", False)):
                    made, folder = simulated.season(year, SEED, faults), root / kind
                    store(folder / "warehouse", made.tables)
                    (folder / "faults.pickle").write_bytes(pickle.dumps(made.faults))

        folder = self.once(f"simulated-{year}", make) / name
        planted = pickle.loads((folder / "faults.pickle").read_bytes())
        tables = {
            path.name: pl.read_parquet(path / "season=2021.parquet")
            for path in sorted((folder / "warehouse").iterdir())
        }
        return Season(year, SEED, MappingProxyType(tables), planted)

    def pulled(self, until: dt.date | None = None) -> Project:
        """The simulated season, or its dates up to `until`, pulled from a folder."""

        def make(folder: Path) -> None:
            store(folder / "warehouse", self.simulated().tables, until)
            road.pull(of(folder), [NAME], [])

        def of(folder: Path) -> Project:
            return project_of(folder / "data", f"file://{folder}/warehouse")

        return of(self.once(f"pulled-{until}", make))

    def backfilled(
        self, until: dt.date | None = None, rules: str | None = None, tables: tuple[str, ...] = ()
    ) -> Project:
        """The same, backfilled: all tables, or those named."""
        warehouse = self.pulled(until).config.warehouse

        def make(folder: Path) -> None:
            if rules is None:
                project = copied(self.pulled(until), folder / "data")
            else:
                project = project_of(folder / "data", warehouse, rules=rules)
                road.pull(project, [NAME], [])
            road.backfill(project, [NAME], tables)

        folder = self.once("-".join(("backfilled", str(until), str(rules), *tables)), make)
        return project_of(folder / "data", warehouse, rules=rules)

    def real_pulled(
        self, shared: Path, rules: str | None = None, until: dt.date | None = None
    ) -> Project:
        """2021-22 of the real tables, or its dates up to `until`, pulled from a folder."""

        def of(folder: Path) -> Project:
            there = shared / "phase3" if until is None else folder / "warehouse"
            return project_of(folder / "data", f"file://{there}", rules=rules)

        def make(folder: Path) -> None:
            if until:
                files = (shared / "phase3").glob(f"*/season={YEAR}.parquet")
                tables = {file.parent.name: pl.read_parquet(file) for file in files}
                store(folder / "warehouse", tables, until)
            road.pull(of(folder), [NAME], [])

        return of(self.once("-".join(("real-pulled", str(rules), str(until))), make))

    def real(self, shared: Path, rules: str | None = None, until: dt.date | None = None) -> Project:
        """The same, backfilled."""
        pulled = self.real_pulled(shared, rules, until)

        def make(folder: Path) -> None:
            road.backfill(copied(pulled, folder / "data"), [NAME], [])

        folder = self.once("-".join(("real", str(rules), str(until))), make)
        return project_of(folder / "data", pulled.config.warehouse, rules=rules)

    def dirty(self, shared: Path, *switches: str) -> Dirty:
        """2021-22 with the defects of `make_dirty.py`, pulled, backfilled and checked.

        switches: Defects by name; all that it plants by itself where none is given.
        """

        def make(folder: Path) -> None:
            given = ("--with", *switches) if switches else ()
            subprocess.run(
                [sys.executable, shared / "tools/make_dirty.py", shared / "phase3", "--schemas",
                 shared / "schemas", "--season", str(YEAR), "--out", folder / "dirty", *given],
                check=True, capture_output=True,
            )  # fmt: skip
            project = of(folder)
            done = {
                "pull": road.pull(project, [NAME], []),
                "backfill": road.backfill(project, [NAME], []),
                "check": road.check(project, [NAME], []),
            }
            (folder / "results.json").write_text(dumps(done))

        def of(folder: Path) -> Project:
            return project_of(folder / "data", f"file://{folder}/dirty")

        folder = self.once("-".join(("dirty", *switches)), make)
        defects = json.loads((folder / "dirty" / "manifest.json").read_text())["defects"]
        return Dirty(of(folder), defects, json.loads((folder / "results.json").read_text()))

    def once(self, name: str, make: Callable[[Path], object]) -> Path:
        """The folder `name`, made by the first process that asks for it."""
        self._root.mkdir(parents=True, exist_ok=True)
        folder, done = self._root / name, self._root / f"{name}.done"
        with FileLock(self._root / f"{name}.lock"):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)  # of a process that died in it
                folder.mkdir()
                make(folder)
                done.touch()
        return folder


def _once(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which is called once; it returns that value from then on."""
    found: list[Any] = []

    def called(*arguments: Any) -> Any:
        if not found:
            found.append(function(*arguments))
        return found[0]

    return called


@cache
def seasons(base: Path) -> Seasons:
    """The seasons of a test session whose temporary folder is `base`."""
    return Seasons((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "seasons")


def store(warehouse: Path, tables: object, until: dt.date | None = None) -> None:
    """Source tables as a folder warehouse, up to and including a date."""
    for name, rows in dict(tables).items():
        folder = warehouse / name
        folder.mkdir(parents=True, exist_ok=True)
        kept = rows if until is None else rows.filter(pl.col("game_date") <= until)
        kept.write_parquet(folder / "season=2021.parquet")


def cut(made: Season, until: dt.date = AUTUMN) -> Season:
    """A simulated season up to and including a date, with the faults up to it."""
    tables = {name: rows.filter(pl.col("game_date") <= until) for name, rows in made.tables.items()}
    faults = tuple(fault for fault in made.faults if max(fault.dates) <= until)
    return Season(made.year, made.seed, MappingProxyType(tables), faults)
