"""Seasons computed elsewhere: what goes there, what is done there, what comes back.

A task is a season: the Parquet files of its source tables, and of published tables that are not
due, go there as bytes; the rows of its due tables come back as the files that are staged.
"""

from __future__ import annotations

import pickle
import threading
import time
from collections import deque
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import polars as pl

from nba_local.cluster import fingerprint
from nba_local.cluster.task import Task
from nba_local.cluster.work import registry_here
from nba_local.compute.compute import compute, with_columns
from nba_local.compute.publish import months_of
from nba_local.errors import NbaLocalError
from nba_local.storage.store import encode
from nba_local.tables.calendar import Season
from nba_local.tables.results import Computed

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Future

    from nba_local.cluster.task import Engine
    from nba_local.storage.store import Store
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.registry import RuleSet
    from nba_local.tables.results import Finding, Step, StoredFile
    from nba_local.tables.table import Table


@dataclass(frozen=True, slots=True)
class Job:
    """A season to be computed: what its due tables read, and in which order they come.

    files: Parquet files by table, in order of their months; of source tables those of the seasons
    before too that the rules look back to.
    """

    season: int
    today: dt.date | None
    due: tuple[str, ...]
    rules: RuleSet
    files: Mapping[str, Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Made:
    """A table of a season as it comes back: rows as files by month, with how many they are.

    seconds: That it took to compute.
    """

    months: Mapping[str, tuple[int, bytes]]
    non_rows: pl.DataFrame
    dates: pl.DataFrame
    misfits: tuple[Finding, ...]
    seconds: float

    def staged(self, store: Store, step: Step) -> tuple[Computed, dict[str, StoredFile]]:
        """The season as if it was computed and staged here. Writes the staging folder."""
        folder = store.staging / step.table.name / f"season={step.season.year}"
        files = {
            month: store.place(folder / f"{month}.parquet", data, rows)
            for month, (rows, data) in self.months.items()
        }
        frames = [pl.read_parquet(BytesIO(data)) for _, data in self.months.values()]
        rows = pl.concat(frames) if frames else pl.DataFrame(schema=step.table.contract.polars)
        return Computed(rows, self.non_rows, self.dates, self.misfits), files


def season(body: bytes, _: bytes) -> bytes:
    """Do a pickled `Job`: `Made` by table, each pickled, in a pickled dict.

    After a table that cannot be computed, which has its error instead, no other is computed.
    """
    registry = registry_here()  # before the job is read: the rules are of a class of the package
    job: Job = pickle.loads(body)
    frames = {name: scanned(registry.table(name), files) for name, files in job.files.items()}
    sources = {name: rows for name, rows in frames.items() if registry.table(name).is_source}
    frames |= with_columns(registry, sources, job.rules, Season(job.season))
    done: dict[str, bytes] = {}
    for name in job.due:
        table = registry.table(name)
        inputs = {other: frames[other] for other in table.inputs}
        began = time.perf_counter()
        try:
            computed = compute(
                table, inputs, rules=job.rules, season=Season(job.season), today=job.today
            )
        except NbaLocalError as error:
            done[name] = pickle.dumps(error)
            break
        frames[name] = computed.rows.lazy()
        done[name] = pickle.dumps(_made(table, computed, time.perf_counter() - began))
    return pickle.dumps(done)


def scanned(table: Table, files: Sequence[bytes]) -> pl.LazyFrame:
    """The rows of Parquet files of a table, as `Store.scan` gives those on disk."""
    if not files:
        return pl.LazyFrame(schema=table.contract.polars)
    return pl.scan_parquet(list(files))


def _made(table: Table, computed: Computed, seconds: float) -> Made:
    months: dict[str, tuple[int, bytes]] = {}
    for month, rows in months_of(computed.rows, table.partition_by).items():
        encoded = BytesIO()
        encode(rows, encoded)
        months[month] = (rows.height, encoded.getvalue())
    return Made(months, computed.non_rows, computed.dates, computed.misfits, seconds)


class Elsewhere:
    """The due seasons of a plan on an engine, a few of them at a time."""

    def __init__(self, work: Workspace, steps: Sequence[Step], engine: Engine) -> None:
        self._work, self._engine = work, engine
        homes = (work.registry.package, *work.registry.beside)
        self._code = fingerprint.of(fingerprint.COMPUTING, homes)
        self._steps: dict[Season, list[Step]] = {}
        for step in steps:
            self._steps.setdefault(step.season, []).append(step)
        self._waiting = deque(self._steps)
        self._under_way: dict[Season, Future[bytes]] = {}
        self._left = {season: len(of) for season, of in self._steps.items()}
        self._lock = threading.Lock()
        with self._lock:
            self._submit()

    def take(self, step: Step) -> Made:
        """A step of the plan, once its season is there; each is taken once, seasons in order.

        Raises:
            NbaLocalError: The step cannot be computed, or the engine cannot do it.
        """
        with self._lock:
            while step.season not in self._under_way:
                self._submit(1)
            future = self._under_way[step.season]
        done: dict[str, bytes] = pickle.loads(future.result())
        with self._lock:
            self._left[step.season] -= 1
            if not self._left[step.season]:
                del self._under_way[step.season]
            self._submit()
        made: Made | NbaLocalError = pickle.loads(
            done[step.table.name] if step.table.name in done else list(done.values())[-1]
        )
        if isinstance(made, NbaLocalError):
            raise made
        return made

    def cancel(self) -> None:
        """Give up what is not done."""
        self._engine.cancel()

    def _submit(self, least: int = 0) -> None:
        """Keep every worker busy, with one season more than that waiting; memory holds those."""
        while self._waiting and (least > 0 or len(self._under_way) <= self._engine.slots):
            least -= 1
            season = self._waiting.popleft()
            job = _job(self._work, self._steps[season])
            task = Task(
                f"season {season}", f"{__name__}:season", pickle.dumps(job, protocol=5), self._code
            )
            self._under_way[season] = self._engine.submit(task)


def _job(work: Workspace, steps: Sequence[Step]) -> Job:
    """The steps of one season, with what they read. Reads the files."""
    season, rules = steps[0].season, work.rules
    due = tuple(step.table.name for step in steps)
    reach = [Season(year) for year in range(season.year - rules.lookback_seasons, season.year + 1)]
    files: dict[str, Any] = {}
    for table in (work.registry.table(name) for step in steps for name in step.table.inputs):
        if table.name not in due:
            files[table.name] = [
                path.read_bytes()
                for year in (reach if table.is_source else [season])
                for path in work.store.files(table.layer, table.name, year)
            ]
    return Job(season.year, steps[0].today, due, rules, files)
