"""Seasons that tests share: made once for all test processes, and read only.

A test that writes to one takes a copy (`copied`).
"""

from __future__ import annotations

import datetime as dt
import os
import pickle
import shutil
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl
from filelock import FileLock

from nba_local.commands import road
from nba_local.commands.project import Project
from nba_local.config import Config
from pipelines.simulated import Season, season

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
YEAR, NAME = 2021, "2021-22"
AUTUMN = dt.date(2021, 12, 20)
"""The last date of the short simulated season; planted faults lie before it."""


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
    ignored = shutil.ignore_patterns(".lock*", ".tmp-*", "staged")
    shutil.copytree(project.store.root, folder, ignore=ignored)
    config = {"rules": project.rules.name, "warehouse": project.config.warehouse, **config}
    return project_of(folder, **config)


class Seasons:
    """The shared seasons, each in a folder under `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def simulated(self) -> Season:
        """The simulated season, with its planted faults."""
        folder = self.once("simulated", _simulate)
        faults = pickle.loads((folder / "faults.pickle").read_bytes())
        tables = {
            path.name: pl.read_parquet(path / "season=2021.parquet")
            for path in sorted((folder / "warehouse").iterdir())
        }
        return Season(YEAR, 7, MappingProxyType(tables), faults)

    def pulled(self, until: dt.date | None = None) -> Project:
        """The simulated season, or its dates up to `until`, pulled from a folder."""

        def make(folder: Path) -> None:
            store(folder / "warehouse", self.simulated().tables, until)
            road.pull(of(folder), [NAME], [])

        def of(folder: Path) -> Project:
            return project_of(folder / "data", f"file://{folder}/warehouse")

        return of(self.once(f"pulled-{until}", make))

    def backfilled(self, until: dt.date | None = None) -> Project:
        """The same, backfilled."""
        pulled = self.pulled(until)
        folder = self.once(
            f"backfilled-{until}",
            lambda folder: road.backfill(copied(pulled, folder / "data"), [NAME], []),
        )
        return project_of(folder / "data", pulled.config.warehouse)

    def real(self, shared: Path, rules: str | None = None) -> Project:
        """2021-22 of the real tables, pulled and backfilled."""
        warehouse = f"file://{shared}/phase3"

        def make(folder: Path) -> None:
            project = project_of(folder / "data", warehouse, rules=rules)
            road.pull(project, [NAME], [])
            road.backfill(project, [NAME], [])

        folder = self.once(f"real-{rules}", make)
        return project_of(folder / "data", warehouse, rules=rules)

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


def _simulate(folder: Path) -> None:
    made = season(YEAR)
    store(folder / "warehouse", made.tables)
    (folder / "faults.pickle").write_bytes(pickle.dumps(made.faults))
