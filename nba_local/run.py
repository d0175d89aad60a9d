"""Run: walks a plan; steps are computed, staged and checked side by side, published in order."""

from __future__ import annotations

import importlib
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from nba_local.check import Subject, check
from nba_local.compute import compute, inputs_of
from nba_local.publish import Checked, date_summary, publish, stage, state_counts
from nba_local.step import BackfillResult, Progress, StepResult, silent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nba_local.step import Plan, Step
    from nba_local.workspace import Workspace


STEPS_AT_ONCE = 2
"""Steps computed and checked side by side; one alone leaves half of two cores idle."""


def backfill(work: Workspace, plan: Plan, *, progress: Progress = silent) -> BackfillResult:
    """Do what `plan` says. A plan without due steps does nothing and records nothing.

    Reads raw files, writes published files and the ledger. A step that is interrupted leaves what
    was published before; the steps before it stay done.

    Raises:
        DataError, PipelineError: A step's rows cannot be published; earlier steps stay done.
    """
    if not plan.due:
        return BackfillResult(None, plan, ())
    seasons = sorted({str(step.season) for step in plan.due})
    with work.ledger.run(
        "backfill", work.rules.name, seasons=seasons, settings=plan.settings
    ) as run:
        # the claims need DuckDB: it is imported on another core while Polars computes
        threading.Thread(target=importlib.import_module, args=("duckdb",), daemon=True).start()
        results: list[StepResult] = []
        with ThreadPoolExecutor(STEPS_AT_ONCE) as pool:
            for group in _independent(plan.due):
                for step, prepared in zip(
                    group, pool.map(lambda step: _prepare(work, step), group), strict=True
                ):
                    progress(
                        f"publish {step.table.name} {step.season}", len(results), len(plan.due)
                    )
                    results.append(_publish(work, step, prepared, run.run_id))
        progress("backfill", len(plan.due), len(plan.due))
        run.result = [
            {k: v for k, v in asdict(result).items() if k != "findings"} for result in results
        ]
        shutil.rmtree(work.store.staging, ignore_errors=True)
        if any(result.blocked for result in results):
            run.status = "blocked"
    return BackfillResult(run.run_id, plan, tuple(results))


def _independent(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """The steps in their order, neighbours together that do not read each other."""
    group: list[Step] = []
    for step in steps:
        if group and (
            len(group) == STEPS_AT_ONCE
            or any(other.table.name in step.table.inputs for other in group)
        ):
            yield group
            group = []
        group.append(step)
    if group:
        yield group


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A season that is computed, staged and checked, and how long that took."""

    checked: Checked
    seconds: dict[str, float]


def _prepare(work: Workspace, step: Step) -> _Prepared:
    """Compute, stage and check one step. Writes the staging folder only."""
    clock, seconds = time.perf_counter(), {}

    def lap(stage: str) -> None:
        nonlocal clock
        now = time.perf_counter()
        seconds[stage], clock = round(now - clock, 4), now

    inputs = inputs_of(work, step.table, step.season)
    computed = compute(step.table, inputs, rules=work.rules, season=step.season, today=step.today)
    lap("compute")
    staged = stage(work.store, step, computed)
    lap("stage")
    files = [file.path for file in staged.values()]
    subject = Subject(step.table, step.season, files, date_summary(step, computed))
    findings = check(work, subject)
    lap("check")
    return _Prepared(Checked(computed, staged, findings), seconds)


def _publish(work: Workspace, step: Step, prepared: _Prepared, run_id: str) -> StepResult:
    """Publish a prepared step."""
    began = time.perf_counter()
    checked, computed = prepared.checked, prepared.checked.computed
    changed, blocked = publish(work, step, checked, run_id)
    reasons = computed.non_rows.group_by("reason").len().sort("reason")
    return StepResult(
        table=step.table.name,
        season=step.season,
        rows=computed.rows.height,
        changed=changed,
        blocked=blocked,
        states=state_counts(computed, blocked),
        non_rows=dict(reasons.iter_rows()),
        findings=tuple(checked.findings),
        seconds={**prepared.seconds, "publish": round(time.perf_counter() - began, 4)},
    )
