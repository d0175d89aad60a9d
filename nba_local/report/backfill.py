"""Plans and backfills as text for people; what several tables share is said once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nba_local.report.findings import findings
from nba_local.tables.calendar import SEASON
from nba_local.words import counted, dates_in_words, spaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nba_local.report.terminal import Report
    from nba_local.tables.calendar import Season
    from nba_local.tables.results import BackfillResult, Plan, Step, StepResult


def planned(report: Report, plan: Plan) -> None:
    """Every step with its reason, and the settings that apply; what tables share, once."""
    for line in _settings(plan):
        report.say(line)
    alike: dict[tuple[Season, bool, str], list[Step]] = {}
    for step in plan.steps:
        why = "; ".join(reason.text for reason in step.reasons) or "up to date"
        alike.setdefault((step.season, step.is_due, why), []).append(step)
    for (season, is_due, why), steps in alike.items():
        verb = "compute, check, publish" if is_due else "leave"
        of_season = sum(step.season == season for step in plan.steps)
        names = _tables([step.table.name for step in steps], of_season)
        report.say(f"{season}  {names}: {verb} ({why})")
        for step in steps:
            _held(report, step)
    report.say(f"{len(plan.due)} of {counted(len(plan.steps), 'step')} due")


def _settings(plan: Plan) -> Iterator[str]:
    """Rules and settings: first those that hold for every table, then each with its tables."""
    values: dict[str, list[str]] = {}
    for table, settings in plan.settings.items():
        for name, value in settings.items():
            values.setdefault(f"{name} {_setting(value)}", []).append(table)
    of_all = [setting for setting, tables in values.items() if len(tables) == len(plan.settings)]
    yield f"rules: {plan.rules}" + (f"; in every table {', '.join(of_all)}" if of_all else "")
    for setting, tables in values.items():
        if setting not in of_all:
            yield f"  {setting}: {', '.join(tables)}"


def _tables(names: Sequence[str], of: int) -> str:
    """Names of tables; `all 5 tables` where they are all of so many."""
    return f"all {of} tables" if len(names) == of > 1 else ", ".join(names)


def _setting(value: float | str) -> str:
    """The value of a setting: a number without trailing zeros, or a word."""
    return value if isinstance(value, str) else f"{value:g}"


def _held(report: Report, step: Step) -> None:
    if step.quarantined and not step.is_due:
        report.trouble(
            f"    still quarantined: {step.table.name} {dates_in_words(step.quarantined)}; "
            "see quarantine/ in the data folder, then fix the input or the claim"
        )


def backfilled(report: Report, result: BackfillResult) -> None:
    """What each step did, with denominators, and what holds rows back."""
    if not result.steps:
        report.say(
            f"nothing to do: {len(result.plan.steps)} of {len(result.plan.steps)} steps up to date"
        )
        for held in result.plan.steps:
            _held(report, held)
        return
    for season in dict.fromkeys(step.season for step in result.steps):
        _computed(report, season, [step for step in result.steps if step.season == season])
    findings(report, [f for step in result.steps for f in step.findings])
    report.propose("next:")
    if any(step.blocked for step in result.steps):
        report.propose(
            "  look at the rows in quarantine/ in the data folder, fix them, backfill again"
        )
    else:
        report.propose(f"  nba-local status{report.flags}")
        report.propose(f"  nba-local push --dry-run --to file://DIR{report.flags}")


def _computed(report: Report, season: Season, steps: Sequence[StepResult]) -> None:
    """A season that was computed: a row for each table, and what they share, once."""
    report.table(
        (str(season), "rows", "dates", "rewritten"),
        ((step.table, step.rows, step.states.get("ok", 0), len(step.changed)) for step in steps),
    )
    for names, dates in _alike(steps, lambda step: step.changed):
        if dates:
            report.say(f"rewritten: {names}: {dates_in_words(dates)}")
    for names, dates in _alike(steps, lambda step: step.blocked):
        if dates:
            report.trouble(
                f"{season}  {names}: NOT published, a blocking claim does not hold: "
                f"{dates_in_words(dates)}"
            )
    for names, words in _alike(steps, _others):
        if words:
            report.say(f"other dates: {names}: {words}")
    reasons: dict[str, list[str]] = {}
    for step in steps:
        for reason, number in step.non_rows.items():
            reasons.setdefault(spaced(reason), []).append(f"{step.table} {number:,}")
    for reason, numbers in reasons.items():
        report.say(f"without a row on a date, {reason}: {', '.join(numbers)}")
    if report.is_verbose:
        for step in steps:
            timing = ", ".join(f"{stage} {s:.2f}" for stage, s in step.seconds.items())
            report.say(f"seconds: {step.table}: {timing}")


def _others(step: StepResult) -> str:
    """How many dates are in states other than `ok`."""
    return ", ".join(f"{n} {spaced(state)}" for state, n in step.states.items() if state != "ok")


def _alike[T](
    steps: Sequence[StepResult], fact: Callable[[StepResult], T]
) -> Iterator[tuple[str, T]]:
    """Names of the tables for which `fact` is the same, with it."""
    found: dict[T, list[str]] = {}
    for step in steps:
        found.setdefault(fact(step), []).append(step.table)
    for value, names in found.items():
        yield _tables(names, len(steps)), value


def note_whole_seasons(report: Report, ranges: Sequence[str]) -> None:
    """That a date or a range means its whole season here."""
    if any(not SEASON.fullmatch(text.strip()) for text in ranges):
        report.say(
            "a season is computed as a whole; only dates whose content changes are rewritten"
        )
