"""How far a difference in error can be believed: paired block bootstrap over dates.

Rows of a date share a slate, and dates near each other share circumstances. So dates are drawn in
blocks, never rows. Two variants are judged on the same rows: what is drawn is their difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    type Floats = NDArray[np.float64]

BLOCK = 7
"""Dates in a block."""

DRAWS = 4000
SEED = 20211019
LEVEL = 0.95

POWER = 0.80
"""With this probability a difference as large as `Estimate.visible` has an interval without 0."""


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


def estimate(totals: Floats, rows: Floats, *, draws: int = DRAWS, seed: int = SEED) -> Estimate:
    """The mean per row of `totals`, sums of each date in order; `rows` says how many of each date.

    Blocks of 7 dates understate dependence that reaches across their edges. The variance is
    therefore taken at two lengths and extended to long blocks (`2 V(14) - V(7)`), and the interval
    uses Student's t with a degree of freedom per block.
    """
    dates, count = len(totals), float(rows.sum())
    mean = float(totals.sum() / count)
    blocks = dates / BLOCK
    if blocks < 3:  # noqa: PLR2004 - two blocks have no spread worth the name
        return Estimate(mean, -np.inf, np.inf, 1.0, dates, int(count), np.inf)
    short = _variance(totals, rows, BLOCK, draws, seed)
    long = _variance(totals, rows, 2 * BLOCK, draws, seed) if blocks >= 6 else short  # noqa: PLR2004
    error = float(np.sqrt(max(short, 2 * long - short)))
    freedom = max(blocks - 1, 1.0)
    reach = float(stats.t.ppf(0.5 + LEVEL / 2, freedom)) * error
    p = 2 * float(stats.t.sf(abs(mean) / error, freedom)) if error > 0 else float(mean == 0)
    visible = reach + float(stats.t.ppf(POWER, freedom)) * error
    return Estimate(mean, mean - reach, mean + reach, p, dates, int(count), visible)


def _variance(totals: Floats, rows: Floats, block: int, draws: int, seed: int) -> float:
    """Variance of the mean per row over circular draws of blocks of dates."""
    dates = len(totals)
    needed = -(-dates // block)
    begin = np.random.default_rng(seed).integers(0, dates, size=(draws, needed))
    sums = _block_sums(totals, block)[begin].sum(axis=1)
    counts = _block_sums(rows, block)[begin].sum(axis=1)
    drawn = needed * block  # a few dates more than there are
    small_sample = needed / (needed - 1) * drawn / dates
    return float(np.var(sums / counts) * small_sample)


def _block_sums(values: Floats, block: int) -> Floats:
    """Sums of the `block` values from each place on, going on at the front."""
    around = np.concatenate([[0.0], np.cumsum(np.concatenate([values, values[: block - 1]]))])
    return np.asarray(around[block:] - around[:-block], dtype=np.float64)


def benjamini_yekutieli(ps: Sequence[float]) -> list[float]:
    """The p-values corrected for their number, whatever their dependence; in the same order."""
    if not ps:
        return []
    return [float(p) for p in stats.false_discovery_control(np.asarray(ps), method="by")]
