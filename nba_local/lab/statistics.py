"""How far a difference in error can be believed: over other dates, and over another training.

Rows of a date share a slate, and dates near each other share circumstances: the first part is a
paired block bootstrap over dates. Two variants are judged on the same rows, and what is drawn is
their difference. Where a model was lucky for whole folds, dates show too little of it: the second
part is measured on controls, which are trainings whose true difference is 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    type Floats = NDArray[np.float64]

BLOCK = 7
"""Dates in a block."""

LEVEL = 0.95

POWER = 0.80
"""With this probability a difference as large as `Estimate.visible` has an interval without 0."""


@dataclass(frozen=True, slots=True)
class Luck:
    """What a training adds to a mean beyond what its dates show.

    variance: Of the mean per row, for one training. freedom: Degrees of freedom it rests on.
    """

    variance: float = 0.0
    freedom: float = 1.0

    def times(self, share: float) -> Luck:
        """Of a sum of trainings, whose squared weights add up to `share`."""
        return Luck(self.variance * share, self.freedom)


NO_LUCK = Luck()


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean difference per row, and how far it can be believed.

    low, high: The 95 % interval. p: Probability of a difference this far from 0 where there is
    none. dates: Dates it rests on. visible: The smallest true difference these dates can show.
    """

    mean: float
    low: float
    high: float
    p: float
    dates: int
    rows: int
    visible: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval lies on one side of 0."""
        return self.low > 0 or self.high < 0


def estimate(totals: Floats, rows: Floats, luck: Luck = NO_LUCK) -> Estimate:
    """The mean per row of `totals`, sums of each date in order; `rows` says how many of each date.

    The interval uses Student's t. A block is a degree of freedom of the part over dates; both
    parts together have those that Satterthwaite's formula gives.
    """
    dates, count = len(totals), float(rows.sum())
    mean = float(totals.sum() / count)
    blocks = dates / BLOCK
    if blocks < 3:  # noqa: PLR2004 - two blocks have no spread worth the name
        return Estimate(mean, -np.inf, np.inf, 1.0, dates, int(count), np.inf)
    seen, freedom = over_dates(totals, rows), max(blocks - 1, 1.0)
    variance = seen + luck.variance
    if luck.variance > 0:
        freedom = variance**2 / (seen**2 / freedom + luck.variance**2 / luck.freedom)
    error = float(np.sqrt(variance))
    from scipy import stats  # takes longer to import than all else of the lab

    reach = float(stats.t.ppf(0.5 + LEVEL / 2, freedom)) * error
    p = 2 * float(stats.t.sf(abs(mean) / error, freedom)) if error > 0 else float(mean == 0)
    visible = reach + float(stats.t.ppf(POWER, freedom)) * error
    return Estimate(mean, mean - reach, mean + reach, p, dates, int(count), visible)


def luck_of(groups: Sequence[Floats], rows: Floats, folds: NDArray[np.int64]) -> Luck:
    """What a training adds, from controls: a row of sums by date for each, alike within a group.

    folds: The fold of each date. Controls of a group differ by luck alone, and each fold is a
    training of its own: how far they lie apart fold by fold is all that luck does. The bootstrap
    has seen a part of it, as dates that differ; that part is not counted again.
    """
    count = float(rows.sum())
    apart, seen, freedom = np.zeros(int(folds.max()) + 1), 0.0, 0
    for group in groups:
        own = group - group.mean(axis=0)
        for control in own:
            apart += (np.bincount(folds, control, len(apart)) / count) ** 2
            seen += over_dates(control, rows)
        freedom += len(group) - 1
    if not freedom or not apart.any():
        return NO_LUCK
    folds_seen = float(apart.sum() ** 2 / (apart**2).sum())
    excess = max(0.0, float(apart.sum()) - seen) / freedom
    return Luck(excess, freedom * folds_seen)


def reliance(pair: Floats, control: Floats, rows: Floats) -> float:
    """How far a paired difference should lean on a control whose true mean is 0: from 0 to 1.

    pair: A difference to a twin trained under the same seed. control: That twin minus the mean of
    others. Their sum is a difference to the mean. Each share of the control leaves the mean as it
    is; the one that leaves least spread over dates is given, 0 where the twins are alike.
    """
    own, other = (values - rows * (values.sum() / rows.sum()) for values in (pair, control))
    spread = float((other**2).sum())
    return float(np.clip(-(own * other).sum() / spread, 0.0, 1.0)) if spread > 0 else 1.0


def over_dates(totals: Floats, rows: Floats) -> float:
    """Variance of the mean per row over draws of blocks of dates, all circular draws counted.

    Blocks of 7 dates understate dependence that reaches across their edges. The variance is
    therefore taken at two lengths and extended to long blocks: `2 V(14) - V(7)`.
    """
    short = _variance(totals, rows, BLOCK)
    if len(totals) < 6 * BLOCK:
        return short
    return max(short, 2 * _variance(totals, rows, 2 * BLOCK) - short)


def _variance(totals: Floats, rows: Floats, block: int) -> float:
    """Of means of blocks that begin anywhere, in closed form: nothing is drawn."""
    dates, count = len(totals), float(rows.sum())
    drawn = -(-dates // block)
    apart = _block_sums(totals - rows * (totals.sum() / count), block)
    small_sample = drawn / (drawn - 1)
    return float((apart**2).mean()) * dates / block / count**2 * small_sample


def _block_sums(values: Floats, block: int) -> Floats:
    """Sums of the `block` values from each place on, going on at the front."""
    around = np.concatenate([[0.0], np.cumsum(np.concatenate([values, values[: block - 1]]))])
    return np.asarray(around[block:] - around[:-block], dtype=np.float64)


def benjamini_yekutieli(ps: Sequence[float]) -> list[float]:
    """The p-values corrected for their number, whatever their dependence; in the same order."""
    if not ps:
        return []
    from scipy import stats

    return [float(p) for p in stats.false_discovery_control(np.asarray(ps), method="by")]
