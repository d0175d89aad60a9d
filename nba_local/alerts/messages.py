"""Problems of a run and the messages they make: one per cause, however many dates it spoils."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nba_local.tables.results import accepting, disappearance_in_words
from nba_local.words import dates_in_words

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from nba_local.explain.causes import Gap
    from nba_local.tables.calendar import Season
    from nba_local.tables.results import BackfillResult, PullResult

CRITICAL, WARNING, INFO = "critical", "warning", "info"
TIERS = (CRITICAL, WARNING, INFO)
"""How much an alert matters: who is asked to act now, to look, or only told."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Dates of a table that a cause spoils. category: What alerts are counted by."""

    tier: str
    category: str
    cause: str
    table: str
    dates: tuple[dt.date, ...] = ()
    next: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: one cause, with all that it spoils and what to type."""

    tier: str
    category: str
    subject: str
    body: str


def grouped(problems: Iterable[Problem]) -> list[Message]:
    """A message for each tier, category and cause, the critical ones first."""
    found: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in problems:
        key = (problem.tier, problem.category, problem.cause)
        found.setdefault(key, []).append(problem)
    messages = []
    for (tier, category, cause), same in found.items():
        dates = sum(len(problem.dates) for problem in same)
        counted = f" ({dates:,} dates of {len(same)} tables)" if dates else ""
        lines = [cause, ""]
        lines += [f"{p.table}: {dates_in_words(p.dates)}" for p in same if p.dates]
        commands = dict.fromkeys(command for problem in same for command in problem.next)
        lines += ["", "next:", *(f"  {command}" for command in commands)] if commands else []
        subject = f"[nba_local {tier.upper()}] {category}: {_short(cause)}{counted}"
        messages.append(Message(tier, category, subject, "\n".join(lines).rstrip()))
    return sorted(messages, key=lambda message: TIERS.index(message.tier))


def _short(text: str, most: int = 90) -> str:
    line = text.splitlines()[0] if text else ""
    return line if len(line) <= most else f"{line[: most - 3]}..."


def kept(result: PullResult) -> Message:
    """A pull that would have taken away too much: what it kept, and how to let it go."""
    tables = sorted({gone.table for gone in result.held})
    lines = [f"{result.run_id}: {result.warehouse} has fewer rows than were pulled from it"]
    lines += map(disappearance_in_words, result.held)
    lines += ["", "if the rows are meant to go:", f"  {accepting(result.held)}"]
    subject = f"[nba_local CRITICAL] pull: rows are gone, kept here: {_short(', '.join(tables))}"
    return Message(CRITICAL, "pull held", subject, "\n".join(lines))


def not_checked(unchecked: Mapping[Season, Sequence[str]]) -> list[Problem]:
    """Source tables whose claims have not run on the rows that are stored now."""
    return [
        Problem(
            WARNING,
            "not checked",
            f"{season}: not checked, so a cause may be hidden: {', '.join(tables)}",
            "",
            next=(f"nba-local check {season} --tables {','.join(tables)}",),
        )
        for season, tables in unchecked.items()
        if tables
    ]


def summary(
    result: BackfillResult, gaps: Sequence[Gap], unchecked: Sequence[Problem] = ()
) -> Message:
    """The one message of a backfill: what it did, what it held back, and the causes of gaps.

    unchecked: What hides causes, see `not_checked`.
    """
    held = {step.table: step.blocked for step in result.steps if step.blocked}
    missing = [gap for gap in gaps if gap.is_gap]
    tier = CRITICAL if held else WARNING if missing or unchecked else INFO
    lines = [f"{result.run_id}: {len(result.steps)} seasons of tables computed"]
    for step in result.steps:
        states = ", ".join(f"{number} {state}" for state, number in step.states.items())
        lines.append(f"{step.season} {step.table}: {step.rows:,} rows; {states}")
    lines += [f"held back: {table} {dates_in_words(dates)}" for table, dates in held.items()]
    for gap in missing:
        lines += ["", gap.cause.text]
        lines += [f"  {table}: {dates_in_words(dates)}" for table, dates in gap.dates.items()]
        lines += [f"  fix: {step}" for step in (gap.cause.fix, *gap.cause.run) if step]
    for problem in unchecked:
        lines += ["", problem.cause, *(f"  {command}" for command in problem.next)]
    what = "held back" if held else f"{len(missing)} causes of gaps" if missing else "all is there"
    if unchecked and not (held or missing):
        what = "sources were not checked"
    return Message(
        tier, "backfill", f"[nba_local {tier.upper()}] backfill: {what}", "\n".join(lines)
    )


def problems_of(result: BackfillResult, gaps: Sequence[Gap]) -> list[Problem]:
    """What a backfill found, for who asks for a message per cause."""
    held = [
        Problem(
            CRITICAL, "quarantine", f"{f.claim} does not hold: {f.detail}", step.table, (f.date,)
        )
        for step in result.steps
        for f in step.findings
        if f.severity == "block"
    ]
    return [*_folded(held), *_of_gaps(gaps)]


def _folded(problems: Iterable[Problem]) -> list[Problem]:
    """Problems alike but for their dates as one."""
    found: dict[tuple[str, str, str, str], set[dt.date]] = {}
    for p in problems:
        found.setdefault((p.tier, p.category, p.cause, p.table), set()).update(p.dates)
    return [Problem(*key, tuple(sorted(dates))) for key, dates in found.items()]


def _of_gaps(gaps: Iterable[Gap]) -> list[Problem]:
    return [
        Problem(WARNING, "gap", gap.cause.text, table, dates, gap.cause.run)
        for gap in gaps
        if gap.is_gap
        for table, dates in gap.dates.items()
    ]


def failure(verb: str, error: BaseException, settings: Mapping[str, str]) -> Message:
    """A run that did not end well."""
    said = str(error) or type(error).__name__
    lines = [said, "", *(f"{name}: {value}" for name, value in settings.items())]
    if hint := getattr(error, "hint", None):
        lines += ["", f"next: {hint}"]
    subject = f"[nba_local CRITICAL] {verb} failed: {_short(said)}"
    return Message(CRITICAL, f"{verb} failed", subject, "\n".join(lines).rstrip())
