"""What goes to the target and back: plan a push, push, roll back, one call a verb."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nba_local.alerts import watch
from nba_local.commands.project import DEV, Ranges
from nba_local.errors import UsageError
from nba_local.push import push as push_tables
from nba_local.push import rollback as undo
from nba_local.push.target import Choice, Limits, require_allowed
from nba_local.tables.results import silent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nba_local.commands.project import Project
    from nba_local.tables.push_results import PushResult
    from nba_local.tables.results import Progress
    from nba_local.warehouse import Warehouse


def plan_push(project: Project, ranges: Sequence[str], tables: Sequence[str]) -> PushResult:
    """What a push would replace. Reads the target, writes nothing."""
    project = project.in_environment()
    chosen = project.registry.select(tables, project.registry.features)
    with _target(project) as target, project.reading() as work:
        dates = Ranges.stored(work, ranges, "computed")
        return push_tables.plan_push(work, target, chosen, dates.intervals)


def push(  # noqa: PLR0913 - what is pushed, and what may happen
    project: Project,
    ranges: Sequence[str],
    tables: Sequence[str],
    progress: Progress = silent,
    agreed: PushResult | None = None,
    choice: Choice = Choice(),  # noqa: B008 - frozen
) -> PushResult:
    """Plan a push and do it; a plan other than `agreed` is not carried out."""
    project = project.in_environment()
    chosen = project.registry.select(tables, project.registry.features)
    with watch.failures(project.store.root, "push"), _target(project) as target:
        project.require_ledger()  # after the target: an address that is none is said first
        with project.writing("push") as work:
            return push_tables.push(
                work,
                target,
                chosen,
                Ranges.stored(work, ranges, "computed").intervals,
                agreed=agreed,
                choice=choice,
                limits=push_limits(project),
                progress=progress,
            )


def rollback(
    project: Project,
    run: str,
    progress: Progress = silent,
    choice: Choice = Choice(),  # noqa: B008 - frozen
) -> PushResult:
    """Undo a push: restore the rows that its dates had before it."""
    project = project.in_environment()
    project.require_ledger()
    with _target(project) as target, project.writing("rollback") as work:
        limits = push_limits(project)
        return undo.rollback(work, target, run, choice=choice, limits=limits, progress=progress)


def require_agreeable(project: Project, planned: PushResult, choice: Choice) -> None:
    """Refuse a plan that would not be carried out, before anybody is asked to agree to it.

    Raises:
        StaleError, RemovalError: See `push`.
    """
    require_allowed(planned, choice, push_limits(project))


@contextmanager
def _target(project: Project) -> Iterator[Warehouse]:
    """The target. Raises: UsageError where an environment is named that it does not have."""
    with project.target() as target:
        if not target.has_datasets and project.environment != DEV:
            raise UsageError(
                f"{target.url} is a folder: it has no environment `{project.environment}`; "
                "nothing was done",
                hint="leave --env (NBA_LOCAL_ENV) out, and name a folder for each environment",
            )
        yield target


def push_limits(project: Project) -> Limits:
    """What a push may cost and take away, as configured."""
    config, usual = project.config, Limits()
    given = {
        "push_max_bytes": config.push_max_bytes,
        "push_max_loads": config.push_max_loads,
        "push_max_removed_dates": config.push_max_removed_dates,
    }
    for name, value in given.items():
        if value is not None and not value.isdecimal():
            raise UsageError(f"{name} is `{value}`, not a whole number")
    percent = config.push_max_removed_percent
    if percent is not None and not re.fullmatch(r"\d{1,3}(\.\d{1,6})?", percent):
        raise UsageError(f"push_max_removed_percent is `{percent}`, not a percentage like 2.5")
    return Limits(
        bytes=int(config.push_max_bytes or usual.bytes),
        loads=int(config.push_max_loads or usual.loads),
        removed_dates=int(config.push_max_removed_dates or usual.removed_dates),
        removed_percent=usual.removed_percent if percent is None else float(percent),
    )
