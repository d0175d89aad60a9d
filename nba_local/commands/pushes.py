"""What goes to the target and back: plan a push, push, roll back, one call a verb."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nba_local.alerts import watch
from nba_local.commands.project import Ranges
from nba_local.errors import UsageError
from nba_local.push import push as push_tables
from nba_local.push import rollback as undo
from nba_local.push.target import Choice
from nba_local.push.transfer import Limits
from nba_local.tables.results import silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nba_local.commands.project import Project
    from nba_local.tables.results import Progress, PushResult


def plan_push(project: Project, ranges: Sequence[str], tables: Sequence[str]) -> PushResult:
    """What a push would replace. Reads the target, writes nothing."""
    project = project.in_environment()
    chosen = project.registry.select(tables, project.registry.features)
    with project.target() as target, project.reading() as work:
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
    project.require_ledger()
    with (
        watch.failures(project.store.root, "push"),
        project.target() as target,
        project.writing("push") as work,
    ):
        return push_tables.push(
            work,
            target,
            chosen,
            Ranges.stored(work, ranges, "computed").intervals,
            agreed=agreed,
            choice=choice,
            limits=_limits(project),
            progress=progress,
        )


def rollback(
    project: Project,
    run: str,
    progress: Progress = silent,
    choice: Choice = Choice(),  # noqa: B008 - frozen
) -> PushResult:
    """Give the dates of a push back the rows they had before it."""
    project = project.in_environment()
    project.require_ledger()
    with project.target() as target, project.writing("rollback") as work:
        limits = _limits(project)
        return undo.rollback(work, target, run, choice=choice, limits=limits, progress=progress)


def _limits(project: Project) -> Limits:
    """What a push may cost, as configured."""
    config, usual = project.config, Limits()
    given = {"push_max_bytes": config.push_max_bytes, "push_max_loads": config.push_max_loads}
    for name, value in given.items():
        if value is not None and not value.isdecimal():
            raise UsageError(f"{name} is `{value}`, not a whole number")
    return Limits(
        bytes=int(config.push_max_bytes or usual.bytes),
        loads=int(config.push_max_loads or usual.loads),
    )
