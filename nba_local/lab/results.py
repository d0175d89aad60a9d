"""What a trial is asked and what it finds: plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nba_local.lab.folds import FoldRule
from nba_local.lab.models import ModelRule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nba_local.lab.stages import Lines, Redundancy, Values
    from nba_local.lab.statistics import Estimate, Luck
    from nba_local.lab.verdict import Verdict
    from nba_local.proofs.leak import Leak

BASE, CANDIDATE = "baseline", "candidate"
"""The two sides of a trial."""


@dataclass(frozen=True, slots=True)
class How:
    """How a trial is made.

    baseline: A feature set of the subject. without: Baseline features that are left out.
    settings: `TABLE.KEY=VALUE` of the candidate's side alone. warmup: Whether it is measured.
    """

    baseline: str = ""
    without: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    folds: FoldRule = field(default_factory=FoldRule)
    model: ModelRule = field(default_factory=ModelRule)
    warmup: bool = True


@dataclass(frozen=True, slots=True)
class Judged:
    """What LightGBM says: differences in absolute error, candidate minus baseline.

    over_noise: Candidate minus the baseline with a column of noise. noise, seed: Controls minus
    baseline, a noise column and another seed. luck: Of one training, on all dates.
    errors: Mean absolute error by variant. importance: Growth of the error when a column is
    shuffled, largest first, on the last fold.
    """

    pooled: Estimate
    over_noise: Estimate
    seasons: Mapping[str, Estimate]
    noise: Estimate
    seed: Estimate
    luck: Luck
    errors: Mapping[str, float]
    importance: Mapping[str, float]

    @property
    def p(self) -> float:
        """Of a lift: the larger one of both comparisons; 1 where the error does not fall."""
        both = (self.pooled, self.over_noise)
        return max(one.p if one.mean < 0 else 1.0 for one in both)


@dataclass(frozen=True, slots=True)
class Screen:
    """What ridge says. strongest: The baseline feature that ridge would miss most, and how much."""

    baseline: float
    candidate: float
    naive: float
    strongest: tuple[str, float]


@dataclass(frozen=True, slots=True)
class Found:
    """What the stages found so far; None for a stage that was not reached."""

    values: tuple[Values, ...] = ()
    leaks: tuple[Leak, ...] = ()
    stable: Mapping[str, int | None] = field(default_factory=dict)
    drift: Mapping[str, float] = field(default_factory=dict)
    redundancy: tuple[Redundancy, ...] = ()
    screen: Screen | None = None
    judged: Judged | None = None
    lines: Lines | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trial:
    """A verdict and all it rests on. number: In the ledger."""

    number: int
    target: str
    hypothesis: str
    seasons: tuple[str, ...]
    columns: tuple[str, ...]
    added: tuple[str, ...]
    how: How
    verdict: Verdict
    found: Found
    rows: int
    judged_rows: int

    def __repr__(self) -> str:
        return f"Trial {self.number}: {self.verdict.word}. {self.verdict.reasons[0]}"

    def _repr_html_(self) -> str:
        from nba_local.lab.html import fragment

        return fragment(self)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be tried. file: None for settings and features left out alone."""

    file: Path | None
    seasons: tuple[str, ...]
    hypothesis: str = ""


@dataclass(frozen=True, slots=True)
class VariantResult:
    """One variant of a sweep or an ablation. difference: None where no model judged it."""

    name: str
    trial: int
    verdict: str
    difference: Estimate | None


@dataclass(frozen=True, slots=True)
class Compared:
    """Two trials on the dates both were judged on: error of the left minus that of the right."""

    left: int
    right: int
    difference: Estimate
