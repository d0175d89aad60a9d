"""What the verbs call: a failure is told at once, a backfill is summed up when it ends."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from nba_local.alerts import messages
from nba_local.config import alert_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nba_local.explain.causes import Gap
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.results import BackfillResult, PullResult

EVERY, SUMMARY, NONE = "every", "summary", "none"
HOW = (EVERY, SUMMARY, NONE)
"""How much a backfill tells: a message per cause too, the summary only, nothing."""


@contextmanager
def failures(root: Path, verb: str, how: str = SUMMARY) -> Iterator[None]:
    """An error inside the block is told, and goes on its way. What a person typed wrong is not."""
    try:
        yield
    except Exception as error:
        if not getattr(error, "is_mistake", False) and how != NONE:
            from nba_local.alerts.send import send

            message = messages.failure(verb, error, {"folder": str(root)})
            send(alert_settings(), root, message, is_said=False)  # the command says the error
        raise


def pulled(root: Path, result: PullResult) -> None:
    """Tell of a pull that left seasons as they were; nothing of any other."""
    if result.held:
        from nba_local.alerts.send import send

        send(alert_settings(), root, messages.kept(result), is_said=False)  # the command says it


def ended(work: Workspace, result: BackfillResult, how: str = SUMMARY) -> None:
    """Sum a backfill up; nothing where it had nothing to do."""
    settings, root = alert_settings(), work.store.root
    if not result.steps or how == NONE:
        return
    from nba_local.alerts.send import send

    # roots take a tenth of a backfill's time: only where somebody gets to read them
    is_read = settings.is_configured or how == EVERY
    gaps, unchecked = _gaps(work, result) if is_read else ([], {})
    problems = messages.not_checked(unchecked)
    if how == EVERY:
        for message in messages.grouped([*messages.problems_of(result, gaps), *problems]):
            send(settings, root, message)
    message = messages.summary(result, gaps, problems)
    send(settings, root, message, is_said=False)  # the command says it all


def _gaps(
    work: Workspace, result: BackfillResult
) -> tuple[list[Gap], dict[Season, tuple[str, ...]]]:
    """The roots of what is missing of the seasons that were computed; sources not checked."""
    from nba_local.explain import causes, states
    from nba_local.explain.tracer import Tracer

    found: list[Gap] = []
    unchecked: dict[Season, tuple[str, ...]] = {}
    for season in sorted({step.season for step in result.steps}):
        whole = states.states(work, season)
        names = [table.name for table in work.registry.features]
        tracer = Tracer(work, whole)
        found += causes.gaps(tracer, names, [day.date for day in whole.days])
        unchecked[season] = whole.unchecked
    return found, unchecked
