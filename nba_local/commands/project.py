"""A project as one call sees it: tables, rules and data folder, and what it opens of them."""

from __future__ import annotations

import shlex
import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nba_local.config import DATA_FOLDER
from nba_local.errors import MissingUpstreamError, UsageError
from nba_local.storage import queries
from nba_local.storage.disk import room
from nba_local.storage.files import LAYERS
from nba_local.storage.ledger import Ledger, copy_ledger, may_write, no_ledger, sound
from nba_local.storage.store import Store
from nba_local.storage.workspace import Workspace
from nba_local.tables import packages
from nba_local.tables.calendar import Bounds, Interval, Season, parse_interval
from nba_local.tables.registry import Registry, RuleSet

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from nba_local.cluster.task import Engine
    from nba_local.config import Config
    from nba_local.warehouse import Warehouse


DEV = "dev"
"""The environment that a push goes to where none is named."""


@dataclass(frozen=True, slots=True)
class Project:
    """What one call is configured to work on; no file is open yet."""

    config: Config
    registry: Registry
    store: Store
    rules: RuleSet
    today: dt.date

    @classmethod
    def open(cls, config: Config, settings: Sequence[str] = ()) -> Project:
        """The project that `config` describes. Imports the tables, reads no data.

        Raises:
            PipelineError, UsageError: The tables, the rule set or a setting are not usable.
        """
        refuse_subfolder(config)
        registry = packages.load(config.pipelines)
        rules = registry.rules(config.rules, [*config.settings, *settings])
        return cls(config, registry, Store(Path(config.data)), rules, config.date)

    @property
    def environment(self) -> str:
        """The environment that pushes go to."""
        return self.config.env or DEV

    def in_environment(self) -> Project:
        """The project with features and logs in the datasets of its environment."""
        if not self.config.env and not self.registry.environments:
            return self
        return replace(self, registry=self.registry.within(self.environment))

    def at(self, folder: Path) -> Project:
        """The same project on another data folder."""
        return replace(self, config=replace(self.config, data=str(folder)), store=Store(folder))

    def require_ledger(self) -> None:
        """Refuse a data folder that was never pulled, before anything is created in it.

        Raises:
            LedgerError: There is no ledger.
        """
        if not self.store.ledger_path.exists():
            raise no_ledger(self.store.ledger_path)

    @contextmanager
    def reading(self, *, raw_only: bool = False) -> Iterator[Workspace]:
        """A workspace on a data folder that exists and holds this rule set.

        raw_only: Only pulled rows are read; they are the same under every rule set.
        """
        path = self.store.ledger_path
        with sound(path), closing(Ledger(path, create=False)) as ledger:
            if not raw_only:
                ledger.claim_rules(self.rules.name, write=False)
            yield Workspace(self.registry, self.rules, self.store, ledger, self.today)

    @contextmanager
    def writing(self, verb: str) -> Iterator[Workspace]:
        """A workspace that is the only writer of its data folder.

        Raw tables are the same under every rule set, so a pull does not tie the folder to one.
        """
        path = self.store.ledger_path
        with (
            room(self.store.root, verb),
            sound(path),
            self.store.locked(verb),
            closing(Ledger(path)) as ledger,
        ):
            if verb != "pull":
                ledger.claim_rules(self.rules.name)
            queries.mark_dead(ledger)
            yield Workspace(self.registry, self.rules, self.store, ledger, self.today)

    @property
    def may_write(self) -> bool:
        """Whether the data folder may be written to."""
        return may_write(self.store.ledger_path)

    @contextmanager
    def beside(self) -> Iterator[Project]:
        """The project on a folder of its own that shows the stored files and a copy of the ledger.

        For what has to record something where the data folder may only be read: it is forgotten.
        """
        with tempfile.TemporaryDirectory(prefix="nba-local-") as name:
            folder = Path(name)
            for layer in LAYERS:
                if (own := self.store.root / layer).is_dir():
                    (folder / layer).symlink_to(own.absolute(), target_is_directory=True)
            copied = self.at(folder)
            copy_ledger(self.store.ledger_path, copied.store.ledger_path)
            yield copied

    def engine(self) -> AbstractContextManager[Engine | None]:
        """Where tasks run; None inside where this process does everything.

        Raises:
            UsageError, ClusterError: See `nba_local.cluster.opening.engine`.
        """
        from nba_local.cluster.opening import engine as open_engine

        config = self.config
        homes = (self.registry.package, *self.registry.beside)
        return open_engine(config.workers, config.cluster, config.cluster_wait, homes)

    @contextmanager
    def source(self) -> Iterator[Warehouse]:
        """The warehouse that source tables are pulled from."""
        with self.warehouse(self.config.warehouse, "pull") as opened:
            yield opened

    @contextmanager
    def target(self) -> Iterator[Warehouse]:
        """The warehouse that feature tables are pushed to."""
        with self.warehouse(self.config.target, "push") as opened:
            yield opened

    @contextmanager
    def warehouse(self, url: str | None, purpose: Literal["pull", "push"]) -> Iterator[Warehouse]:
        """The warehouse at `url`, closed afterwards.

        Raises:
            UsageError: No URL is given.
        """
        from nba_local.warehouse import open_warehouse

        if not url:
            flag = {"pull": "--warehouse", "push": "--to"}[purpose]
            raise UsageError(
                f"no warehouse to {purpose}",
                hint=f"give {flag} file://DIR or {flag} bigquery://PROJECT",
            )
        opened = open_warehouse(
            url,
            rest_endpoint=self.config.bigquery_rest,
            storage_endpoint=self.config.bigquery_storage,
        )
        try:
            yield opened
        finally:
            opened.close()


def refuse_subfolder(config: Config) -> None:
    """Refuse a subfolder of a folder whose data is meant: nothing would be found or made there.

    Raises:
        UsageError: It names the data folder that lies above.
    """
    data = Store(Path(config.data))
    if config.data != DATA_FOLDER or data.ledger_path.exists():
        return
    here = Path.cwd()
    for above in here.parents:
        if (above / data.ledger_path).is_file():
            raise UsageError(
                f"there is no data folder in {here}, but there is one above it: "
                f"{above / config.data}; nothing was done",
                hint=f"cd {shlex.quote(str(above))}, or give --data with the folder you mean",
            )


@dataclass(frozen=True, slots=True)
class Ranges:
    """The dates of one call: the intervals that were typed, and the seasons they touch."""

    intervals: tuple[Interval, ...]
    seasons: tuple[Season, ...]

    @classmethod
    def parse(cls, texts: Sequence[str], bounds: Bounds = Bounds()) -> Ranges:  # noqa: B008 - frozen
        """Seasons, months, dates or ranges as they were typed.

        bounds: Which dates a season has.

        Raises:
            UsageError: One of them is not a season, month, date or range.
        """
        return cls.of([parse_interval(text, bounds) for text in texts], bounds)

    @classmethod
    def of(cls, intervals: Sequence[Interval], bounds: Bounds) -> Ranges:
        """The ranges made of `intervals`, with the seasons oldest first."""
        seasons = {season for interval in intervals for season in bounds.seasons_of(interval)}
        return cls(tuple(intervals), tuple(sorted(seasons)))

    @classmethod
    def stored(cls, work: Workspace, texts: Sequence[str], done: str | None = None) -> Ranges:
        """What was typed, or every stored season where nothing was.

        done: `pulled` or `computed`, which every season has to be.

        Raises:
            MissingUpstreamError: No season is stored, or one was never pulled or computed.
        """
        bounds = work.bounds
        ranges = cls.parse(texts, bounds)
        if not texts:
            stored = [Season(year) for year in queries.stored_seasons(work.ledger)]
            ranges = cls.of([bounds.interval(season) for season in stored], bounds)
            if not ranges.seasons:
                raise MissingUpstreamError(
                    "no season was pulled yet; nothing was done",
                    hint="nba-local pull --season 2021-22",
                    is_mistake=True,
                )
        if done:
            require_seasons(work, ranges.seasons, done)
        return ranges

    def __contains__(self, day: dt.date) -> bool:
        return any(day in interval for interval in self.intervals)


def require_seasons(work: Workspace, seasons: Sequence[Season], done: str) -> None:
    """Refuse seasons that were never `pulled` or `computed`.

    Raises:
        MissingUpstreamError: There is one.
    """
    seasons_of, verb = {
        "pulled": (queries.pulled_seasons, "pull --season"),
        "computed": (queries.computed_seasons, "backfill"),
    }[done]
    known = seasons_of(work.ledger)
    for season in seasons:
        if season.year not in known:
            why = f"{season} was never {done}"
            if done == "pulled":
                why = queries.never_pulled(work.ledger, season)
            raise MissingUpstreamError(
                f"{why}; nothing was done",
                hint=f"nba-local {verb} {season}",
                is_mistake=True,
            )
