"""The verdict on a trial, and its reasons in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nba_local.lab.statistics import benjamini_yekutieli
from nba_local.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nba_local.lab.results import Judged
    from nba_local.lab.statistics import Estimate

LEAK, NO_VERDICT, DEAD, NOISE, PROMISING, LIFT = (
    "LEAK", "NO VERDICT", "DEAD", "NOISE", "PROMISING", "LIFT",
)  # fmt: skip

COVERED = 0.80
"""Share of a season's rows that must have the feature."""

SAME = 0.999
"""Rank correlation, or explained share, from which on a feature is a copy."""

SIGNIFICANT, SMALLEST = 0.05, 0.0001
"""Of a corrected p-value: what a LIFT needs, and the smallest that is printed."""

BELOW_LINE = 0.2
"""By this much no honest forecast beats the line's own error."""

TIMES, PART = 10.0, 0.03
"""A lift over so many times the strongest baseline feature's, and over this part of the error."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A word, and why."""

    word: str
    reasons: tuple[str, ...]


def uncovered(shares: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Seasons that a feature does not cover, in words. shares: Filled share by season by name."""
    return [
        f"{name} is filled in {100 * share:.1f} % of the rows of {season}, and "
        f"{100 * COVERED:.0f} % are needed"
        for name, by_season in shares.items()
        for season, share in by_season.items()
        if share < COVERED
    ]


def trips(
    error: float, without: float, strongest: float, of_lines: tuple[float, float] | None
) -> str | None:
    """Why an error is too good to be honest; None where it is not.

    error, without: With the features and without them. strongest: The lift of the strongest
    feature of the baseline. of_lines: On rows with a line, the candidate's error and the line's.
    """
    lift, limit = without - error, max(TIMES * strongest, PART * without)
    if lift > limit:
        return (
            f"LEAK SUSPECTED: the error falls by {lift:.3f}, over {limit:.3f}; no honest feature "
            f"does that (the baseline's strongest is worth {strongest:.3f})"
        )
    if of_lines and of_lines[0] < of_lines[1] - BELOW_LINE:
        return (
            f"LEAK SUSPECTED: an error of {of_lines[0]:.3f} where the line's own is "
            f"{of_lines[1]:.3f}"
        )
    return None


def copies(names: Sequence[str], dead: Mapping[str, str]) -> Verdict | None:
    """DEAD where every feature says nothing new. dead: Why, by name."""
    if names and all(name in dead for name in names):
        return Verdict(DEAD, tuple(f"{name} {dead[name]}" for name in names))
    return None


def judged(found: Judged, others: Sequence[float]) -> Verdict:
    """The verdict on differences in error (negative is better).

    A candidate has to beat the baseline and the baseline with a column of noise: where columns are
    few or trainings short, a worthless column alone can make an error smaller.

    others: p-values of the other trials against the same target.
    """
    pooled, beside = found.pooled, found.over_noise
    if not pooled.excludes_zero:
        sees = f"these {pooled.dates} dates can see {pooled.visible:.4f}"
        return Verdict(
            NOISE, (f"difference in error {interval(pooled)}: the interval holds 0; {sees}",)
        )
    if pooled.mean > 0:
        return Verdict(NOISE, (f"the error grows: {interval(pooled)}",))
    reasons = [f"the error falls: {interval(pooled)}"]
    if not beside.high < 0:
        reasons.append(f"but against a column of noise in its place it is {interval(beside)}")
        return Verdict(NOISE, tuple(reasons))
    corrected = benjamini_yekutieli([found.p, *others])[0]
    against = [season for season, one in found.seasons.items() if one.mean >= 0]
    if against:
        reasons.append(f"but not in {', '.join(against)}")
    if corrected > SIGNIFICANT:
        reasons.append(
            f"corrected for {counted(len(others) + 1, 'trial')} of this target p is "
            f"{corrected:.3f}, over {SIGNIFICANT}"
        )
    if against or corrected > SIGNIFICANT:
        return Verdict(PROMISING, tuple(reasons))
    p = f"p {corrected:.4f}" if corrected >= SMALLEST else f"p < {SMALLEST}"
    reasons.append(
        f"in {'all of ' if len(found.seasons) > 1 else ''}{counted(len(found.seasons), 'season')}; "
        f"corrected for {counted(len(others) + 1, 'trial')} {p}"
    )
    return Verdict(LIFT, tuple(reasons))


def interval(one: Estimate) -> str:
    """A difference with its interval."""
    return f"{one.mean:+.4f} [{one.low:+.4f}, {one.high:+.4f}]"
