"""Logs: the rows that a push adds to the warehouse's own logs of runs and failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nba_local.tables.push_results import PushedFailure, PushedRun

RUNS, FAILURES = "precompute_processor_runs", "precompute_failures"
"""The logs, by their schema files in this folder."""

PROCESSOR = "processor_name"
"""Column that says whose rows they are: the failures of a processor and date are replaced."""

MOST_REASON = 1000
"""Characters of a failure's reason."""


def run(pushed: PushedRun) -> dict[str, Any]:
    """The row of a date in the log of runs, without `created_at`."""
    return {
        PROCESSOR: pushed.processor,
        "run_id": pushed.run_id,
        "run_date": pushed.started_at,
        "success": True,
        "analysis_date": pushed.date,
        "records_processed": pushed.rows + pushed.non_rows,
        "records_inserted": 0 if pushed.is_undone else pushed.rows,
        "records_skipped": pushed.non_rows,
        "warning_count": pushed.warnings,
        "processor_version": pushed.code,
        "config_hash": pushed.rules,
        "skip_reason": pushed.skipped,
    }


def failure(pushed: PushedFailure) -> dict[str, Any]:
    """The row of an entity without a row in the log of failures, without `created_at`."""
    return {
        PROCESSOR: pushed.processor,
        "run_id": pushed.run_id,
        "analysis_date": pushed.date,
        "entity_id": pushed.entity,
        "failure_category": pushed.category,
        "failure_reason": pushed.reason[:MOST_REASON],
        "can_retry": pushed.can_retry,
    }
