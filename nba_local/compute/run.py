"""Run: walks a plan; steps are computed ahead while those before are checked and published."""

from __future__ import annotations

import datetime as dt
import importlib
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from nba_local.compute.check import Subject, check
from nba_local.compute.claim_tables import ClaimTables
from nba_local.compute.compute import compute, inputs_of, sources_of
from nba_local.compute.held import held_dates
from nba_local.compute.plan import rule_values
from nba_local.compute.publish import Checked, date_summary, publish, stage, state_counts
from nba_local.compute.remote import Elsewhere
from nba_local.storage import queries
from nba_local.tables.results import BackfillResult, Progress, StepResult, silent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from nba_local.cluster.task import Engine
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.results import Computed, Plan, Step, StoredFile
    from nba_local.tables.table import Table


AT_ONCE = 3
"""Steps on threads of their own: two that compute or are written, one that waits for them."""

AHEAD = 5
"""Steps that may be computed before an earlier one is published: what memory has to hold."""


def backfill(
    work: Workspace,
    plan: Plan,
    *,
    options: Mapping[str, Any] | None = None,
    progress: Progress = silent,
    engine: Engine | None = None,
) -> BackfillResult:
    """Do what `plan` says. A plan without due steps does nothing and records nothing.

    options: What the run was asked to be, for the ledger.
    engine: Computes whole seasons elsewhere; this process checks and publishes them.

    Reads raw files, writes published files and the ledger. A step that is interrupted leaves what
    was published before; the steps before it stay done.

    Raises:
        DataError, PipelineError: A step's rows cannot be published; earlier steps stay done.
        ClusterError: A season could not be computed elsewhere; earlier steps stay done.
    """
    if not plan.due:
        return BackfillResult(None, plan, ())
    seasons = sorted({str(step.season) for step in plan.due})
    with work.ledger.run(
        "backfill",
        work.rules.name,
        seasons=seasons,
        settings=plan.settings,
        rule_values=rule_values(work.rules),
        **({"options": options} if options else {}),
    ) as run:
        # the claims need DuckDB: it is imported on another core while Polars computes
        threading.Thread(target=importlib.import_module, args=("duckdb",), daemon=True).start()
        results: list[StepResult] = []
        with _Ahead(work, plan.due, engine) as ahead:
            for step in plan.due:
                name = f"{step.table.name} {step.season}"
                run.is_at(f"{len(results)} of {len(plan.due)} steps done, at {name}")
                try:
                    prepared = ahead.take()
                    progress(f"check {name}", len(results), len(plan.due))
                    tables = ahead.tables(step.season)
                    result = _publish(work, step, prepared, tables, run.run_id)
                except Exception as error:
                    run.result = {"failed": [_failure(step, error)], "done": len(results)}
                    raise
                results.append(result)
                if result.blocked:
                    ahead.hold(step)
        progress("backfill", len(plan.due), len(plan.due))
        run.result = [
            {k: v for k, v in asdict(result).items() if k != "findings"} for result in results
        ]
        work.store.clear_staging()
        if any(result.blocked for result in results):
            run.status = "blocked"
    return BackfillResult(run.run_id, plan, tuple(results))


def _failure(step: Step, error: Exception) -> dict[str, str]:
    """What the ledger keeps of the step that a run failed at."""
    said = f"{type(error).__name__}: {error}"
    return {"table": step.table.name, "season": str(step.season), "error": said}


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A season that is computed, staged and loaded for its claims, and how long that took."""

    computed: Computed
    staged: Mapping[str, StoredFile]
    seconds: dict[str, float]


class _Ahead:
    """Steps computed and staged ahead of the caller, side by side where none reads the other.

    A step is fed with the rows just computed of the steps before it: what is published of them
    will be the same, unless a claim holds dates back.

    engine: Computes the steps of a season together; those that are computed again are so here.
    """

    def __init__(
        self, work: Workspace, steps: Sequence[Step], engine: Engine | None = None
    ) -> None:
        self._work = work
        self._elsewhere = Elsewhere(work, steps, engine) if engine else None
        self._todo = deque(steps)
        self._begun: deque[tuple[Step, Future[_Prepared]]] = deque()
        self._rows: dict[tuple[str, Season], pl.DataFrame] = {}
        self._computed: dict[tuple[str, Season], threading.Event] = {}
        self._held: set[tuple[str, Season]] = set()
        self._read_by: dict[Season, list[Table]] = {}
        for step in steps:
            self._read_by.setdefault(step.season, []).append(step.table)
        self._sources: dict[Season, dict[str, pl.LazyFrame]] = {}
        self._tables: dict[Season, ClaimTables] = {}
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(AT_ONCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._elsewhere:
            self._elsewhere.cancel()  # who waits for it would wait until it is done
        self._threads.shutdown(cancel_futures=True)
        for tables in self._tables.values():
            tables.close()

    def take(self) -> _Prepared:
        """The next step, computed.

        Raises:
            PipelineError, ContractError: See `compute`.
        """
        while self._todo and len(self._begun) < AHEAD:
            later = self._todo.popleft()
            # threads take steps in their order, so that what a step waits for has begun
            if self._elsewhere:
                begun = self._threads.submit(self._fetch, later, self._elsewhere)
            else:
                first = [done for key, done in self._computed.items() if self._reads(later, key)]
                self._computed[later.table.name, later.season] = threading.Event()
                begun = self._threads.submit(self._prepare, later, first)
            self._begun.append((later, begun))
        step, future = self._begun.popleft()
        if not any(self._reads(step, key) for key in self._held):
            prepared = future.result()
        else:
            wait([future])  # it writes the same staged files
            prepared = self._prepare(step)
            self._held.add((step.table.name, step.season))
        remaining = [*self._todo, *(s for s, _ in self._begun)]
        for key in list(self._rows):
            if not any(self._reads(later, key) for later in remaining):
                del self._rows[key]
        seasons = {s.season for s in (step, *remaining)}
        for season in self._sources.keys() - seasons:
            del self._sources[season]
        for season in self._tables.keys() - seasons:
            self._tables.pop(season).close()
        return prepared

    def hold(self, step: Step) -> None:
        """Not all that was computed of `step` is published: who read it is computed again."""
        self._held.add((step.table.name, step.season))
        self._rows.pop((step.table.name, step.season), None)

    def _sources_of(self, season: Season) -> dict[str, pl.LazyFrame]:
        """The source frames of a season, for all its steps."""
        with self._lock:
            if season not in self._sources:
                self._sources[season] = sources_of(self._work, self._read_by[season], season)
            return self._sources[season]

    def tables(self, season: Season) -> ClaimTables:
        """The tables of a season that claims read, for all its steps."""
        with self._lock:
            if season not in self._tables:
                self._tables[season] = ClaimTables(self._work, season)
            return self._tables[season]

    def _reads(self, step: Step, key: tuple[str, Season]) -> bool:
        name, season = key
        return name in step.table.inputs and season == step.season

    def _prepare(self, step: Step, first: Sequence[threading.Event] = ()) -> _Prepared:
        """Compute, stage and load one step after `first`. Writes the staging folder only."""
        key, rules = (step.table.name, step.season), self._work.rules
        for computed_before in first:
            computed_before.wait()
        began = time.perf_counter()
        try:
            sources = self._sources_of(step.season)
            inputs = inputs_of(self._work, step.table, step.season, self._rows, sources)
            computed = compute(
                step.table, inputs, rules=rules, season=step.season, today=step.today
            )
            self._rows[key] = computed.rows
        finally:
            # an error reaches the caller when it takes this step, before those that waited for it
            if key in self._computed:
                self._computed[key].set()
        middle = time.perf_counter()
        staged = stage(self._work.store, step, computed)
        return self._loaded(step, computed, staged, middle - began, middle)

    def _fetch(self, step: Step, elsewhere: Elsewhere) -> _Prepared:
        """Wait for one step that is computed elsewhere, stage and load it."""
        made = elsewhere.take(step)
        came = time.perf_counter()
        computed, staged = made.staged(self._work.store, step)
        return self._loaded(step, computed, staged, made.seconds, came)

    def _loaded(
        self,
        step: Step,
        computed: Computed,
        staged: Mapping[str, StoredFile],
        took: float,
        since: float,
    ) -> _Prepared:
        """A staged step, loaded; it took so long to compute, and was staged since."""
        self.tables(step.season).load(step.table, [file.path for file in staged.values()])
        seconds = {"compute": round(took, 4), "stage": round(time.perf_counter() - since, 4)}
        return _Prepared(computed, staged, seconds)


def _recorded(work: Workspace, step: Step) -> set[dt.date]:
    """Dates of the season that the ledger has a state of."""
    return {d.date for d in queries.feature_dates(work.ledger, step.table.name, step.season)}


def _publish(
    work: Workspace, step: Step, prepared: _Prepared, tables: ClaimTables, run_id: str
) -> StepResult:
    """Check a prepared step and publish what may be."""
    began, computed = time.perf_counter(), prepared.computed
    files = [file.path for file in prepared.staged.values()]
    subject = Subject(step.table, step.season, files, date_summary(step, computed))
    findings = (*check(work, subject, tables), *computed.misfits)
    middle = time.perf_counter()
    known = {*computed.dates["date"], *_recorded(work, step)}
    held = {day: why for day, why in held_dates(work, step.season).items() if day in known}
    # what claims say of rows that are not published anyway would hide why they are not
    findings = tuple(finding for finding in findings if finding.date not in held)
    checked = Checked(computed, prepared.staged, findings, held)
    changed, blocked = publish(work, step, checked, run_id)
    if not blocked:
        tables.settle(step.table)
    ended = time.perf_counter()
    reasons = computed.non_rows.group_by("reason").len().sort("reason")
    return StepResult(
        table=step.table.name,
        season=step.season,
        rows=computed.rows.height,
        changed=changed,
        blocked=blocked,
        states=state_counts(computed, blocked),
        non_rows=dict(reasons.iter_rows()),
        findings=findings,
        seconds={
            **prepared.seconds,
            "check": round(middle - began, 4),
            "publish": round(ended - middle, 4),
        },
    )
