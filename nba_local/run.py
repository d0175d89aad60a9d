"""Run: walks a plan; each step is computed, staged, checked and published by itself."""

from __future__ import annotations

import importlib
import shutil
import threading
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from nba_local.check import Subject, check
from nba_local.compute import compute, inputs_of
from nba_local.publish import Checked, date_summary, publish, stage, state_counts
from nba_local.step import BackfillResult, Progress, StepResult, silent

if TYPE_CHECKING:
    from nba_local.step import Plan, Step
    from nba_local.workspace import Workspace


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
        results = []
        for done, step in enumerate(plan.due):
            progress(f"backfill {step.table.name} {step.season}", done, len(plan.due))
            results.append(_do(work, step, run.run_id))
        progress("backfill", len(plan.due), len(plan.due))
        run.result = [
            {k: v for k, v in asdict(result).items() if k != "findings"} for result in results
        ]
        if any(result.blocked for result in results):
            run.status = "blocked"
    return BackfillResult(run.run_id, plan, tuple(results))


def _do(work: Workspace, step: Step, run_id: str) -> StepResult:
    table, season = step.table, step.season
    clock, seconds = time.perf_counter(), {}

    def lap(stage: str) -> None:
        nonlocal clock
        now = time.perf_counter()
        seconds[stage], clock = round(now - clock, 4), now

    inputs = inputs_of(work, table, season)
    computed = compute(table, inputs, rules=work.rules, season=season, today=step.today)
    lap("compute")
    staged = stage(work.store, step, computed)
    lap("stage")
    files = [file.path for file in staged.values()]
    subject = Subject(table, season, files, date_summary(step, computed))
    findings = check(work, subject)
    lap("check")
    changed, blocked = publish(work, step, Checked(computed, staged, findings), run_id)
    shutil.rmtree(work.store.staging, ignore_errors=True)
    lap("publish")
    reasons = computed.non_rows.group_by("reason").len().sort("reason")
    return StepResult(
        table=table.name,
        season=season,
        rows=computed.rows.height,
        changed=changed,
        blocked=blocked,
        states=state_counts(computed, blocked),
        non_rows=dict(reasons.iter_rows()),
        findings=findings,
        seconds=seconds,
    )
