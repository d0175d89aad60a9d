"""What LightGBM says of a candidate, beside controls that are known to be worth nothing.

The baseline is trained under three seeds, and twice with a column of noise beside it. These five
trainings are kept, so that a trial trains its candidate only. They say what the luck of a training
does to an error (`statistics.luck_of`), and what a worthless column does to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from nba_local.lab.matrix import SEASON, TARGET, Matrix
from nba_local.lab.models import Forecast, Training, Variant
from nba_local.lab.results import BASE, CANDIDATE, Judged
from nba_local.lab.statistics import Estimate, Luck, estimate, luck_of, reliance
from nba_local.tables.results import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from nba_local.cluster.task import Engine
    from nba_local.lab.folds import Fold
    from nba_local.lab.models import ModelRule

    type Floats = NDArray[np.float64]

OTHER_SEEDS = (1009, 2003)
"""Of the baseline's trainings beside `ModelRule.seed`."""

NOISES = 2
"""Columns of noise, each beside the baseline's in a training of its own."""

NOISE_COLUMN = "a noise column"
FOLD = "fold"


@dataclass(frozen=True, slots=True)
class Arrays:
    """What models learn from: all columns of both sides and those of noise, and the target.

    sides: The places of the columns of the baseline and of the candidate.
    """

    x: Floats
    y: Floats
    sides: Mapping[str, tuple[int, ...]]

    @property
    def noises(self) -> tuple[int, ...]:
        """The places of the columns of noise: the last ones."""
        return tuple(range(self.x.shape[1] - NOISES, self.x.shape[1]))


def arrays(base: Matrix, candidate: Matrix) -> Arrays:
    """Both sides as one array; a column that both have is there once."""
    y = base.rows[TARGET].cast(pl.Float64).to_numpy()
    shared = candidate.rows is base.rows or all(
        base.rows[name].equals(candidate.rows[name])
        for name in candidate.features
        if name in base.features
    )
    kept = (
        [n for n in candidate.features if n not in base.features] if shared else candidate.features
    )
    noise = [np.random.default_rng(number).normal(size=(len(y), 1)) for number in range(NOISES)]
    x = np.column_stack([_floats(base, base.features), _floats(candidate, kept), *noise])
    places = {name: place for place, name in enumerate(base.features)}
    extra = {name: len(places) + place for place, name in enumerate(kept)}
    chosen = tuple(extra.get(name, places.get(name, -1)) for name in candidate.features)
    return Arrays(x, y, {BASE: tuple(range(len(places))), CANDIDATE: chosen})


@dataclass(frozen=True, slots=True)
class Losses:
    """Sums of absolute errors by date, a column for each training, with `season` and `fold`.

    baselines, noises: The columns of the controls. weights: Of the baseline's trainings in
    `usual`, which the candidate is held against; they add up to 1.
    """

    rows: pl.DataFrame
    baselines: tuple[str, ...]
    noises: tuple[str, ...]
    weights: tuple[float, ...]

    @classmethod
    def of(cls, rows: pl.DataFrame, baselines: Sequence[str], noises: Sequence[str]) -> Losses:
        """With the weights of the baseline's trainings; the first one shares the candidate's seed.

        Where that twin errs as the candidate does, as with a column that no tree uses, it says
        most of what would have been without the candidate's columns. Where it does not, the mean
        of all does.
        """
        twin, counts = rows[baselines[0]].to_numpy(), rows["rows"].cast(pl.Float64).to_numpy()
        apart = twin - _mean(rows, baselines)
        leaning = reliance(rows[CANDIDATE].to_numpy() - twin, apart, counts)
        each = leaning / len(baselines)
        weights = (1 - leaning + each, *[each] * (len(baselines) - 1))
        return cls(rows, tuple(baselines), tuple(noises), weights)

    def gain(self) -> Estimate:
        """The mean difference in error between the candidate and the baseline."""
        share = 1 + sum(weight**2 for weight in self.weights)
        totals = self.rows[CANDIDATE].to_numpy() - self.usual
        return estimate(totals, self.counts, self.luck.times(share))

    def difference(self, left: Sequence[str], right: Sequence[str]) -> Estimate:
        """The mean difference in error between two sides, each a mean over trainings."""
        totals = _mean(self.rows, left) - _mean(self.rows, right)
        share = 1 / len(left) + 1 / len(right)
        return estimate(totals, self.counts, self.luck.times(share))

    @property
    def usual(self) -> Floats:
        """The baseline's errors by date: its trainings, weighted."""
        columns = self.rows.select(self.baselines).to_numpy()
        return np.asarray(columns @ np.asarray(self.weights), dtype=np.float64)

    @property
    def counts(self) -> Floats:
        """Rows by date."""
        return self.rows["rows"].cast(pl.Float64).to_numpy()

    @property
    def luck(self) -> Luck:
        """What one training adds to a mean error on these dates."""
        groups = [self.rows.select(names).to_numpy().T for names in (self.baselines, self.noises)]
        return luck_of(groups, self.counts, self.rows[FOLD].cast(pl.Int64).to_numpy())

    def by_season(self) -> dict[str, Losses]:
        """The same, season by season."""
        parts = self.rows.group_by(SEASON, maintain_order=True)
        return {str(season): replace(self, rows=part) for (season,), part in parts}

    def kept(self) -> pl.DataFrame:
        """What the ledger keeps: the errors of both sides."""
        usual = pl.Series(BASE, self.usual)
        return self.rows.select("date", SEASON, "rows", usual, CANDIDATE)


class Judging:
    """Trainings of a candidate and its controls, under way.

    trains_controls: Whether controls are trained, too: they will be kept, and read from then on.
    """

    def __init__(  # noqa: PLR0913 - what a training is made of
        self,
        base: Matrix,
        candidate: Matrix,
        made_of: Arrays,
        folds: Sequence[Fold],
        rule: ModelRule,
        cache: Path,
        engine: Engine | None = None,
    ) -> None:
        """Begin them. engine: See `models.Training`."""
        self._base, self._candidate, self._folds, self._y = base, candidate, folds, made_of.y
        usual, seeds = made_of.sides[BASE], (rule.seed, *OTHER_SEEDS)
        self._baselines = {f"{BASE}, seed {seed}": seed for seed in seeds}
        names = [f"noise {number + 1}" for number in range(NOISES)]
        self._noises = dict(zip(names, made_of.noises, strict=True))
        variants = [
            Variant(CANDIDATE, made_of.sides[CANDIDATE], rule.seed, weigh=True),
            *(Variant(name, usual, seed) for name, seed in self._baselines.items()),
            *(
                Variant(name, (*usual, column), seed)
                for (name, column), seed in zip(self._noises.items(), seeds, strict=False)
            ),
        ]
        self._training = Training(made_of.x, made_of.y, folds, variants, rule, cache, engine)
        self.tasks = self._training.tasks
        self.trains_controls = any(v.name != CANDIDATE for v in self._training.waiting)

    def result(self, progress: Progress = silent) -> tuple[Judged, Losses, dict[str, Floats]]:
        """The verdict's figures, the losses they rest on, and a forecast of both sides."""
        made = self._training.result(progress)
        rows = _by_date(self._base, self._folds, self._y, made)
        losses = Losses.of(rows, list(self._baselines), list(self._noises))
        weights = dict(zip(self._candidate.features, made[CANDIDATE].weights, strict=True))
        one, other, *rest = self._baselines
        result = Judged(
            pooled=losses.gain(),
            over_noise=losses.difference([CANDIDATE], losses.noises),
            seasons={season: part.gain() for season, part in losses.by_season().items()},
            noise=losses.difference(losses.noises, losses.baselines),
            seed=losses.difference([other], [one, *rest]),
            luck=losses.luck,
            errors={
                name: float(totals.sum() / losses.counts.sum())
                for name, totals in (
                    (BASE, losses.usual),
                    (CANDIDATE, _mean(rows, [CANDIDATE])),
                    (NOISE_COLUMN, _mean(rows, losses.noises)),
                )
            },
            importance=dict(sorted(weights.items(), key=lambda item: -item[1])),
        )
        return result, losses, {BASE: made[one].values, CANDIDATE: made[CANDIDATE].values}


def _by_date(
    base: Matrix, folds: Sequence[Fold], y: Floats, made: Mapping[str, Forecast]
) -> pl.DataFrame:
    """Rows and sums of absolute errors by date and season, added in the order of the rows.

    A sum of doubles depends on its order; the order of parallel groups changes from run to run.
    """
    judged = slice(folds[0].start, None)
    rows = base.rows.select(SEASON, date=base.date)[judged]
    dates = rows.unique().sort("date", SEASON).with_row_index("place")
    place = rows.join(dates, on=("date", SEASON), maintain_order="left")["place"].to_numpy()
    sums = {
        name: np.bincount(place, weights=np.abs(one.values - y)[judged])
        for name, one in made.items()
    }
    begun = pl.Series([fold.first for fold in folds])
    return dates.select(
        "date", SEASON,
        begun.search_sorted(dates["date"], side="right").alias(FOLD) - 1,
        rows=pl.Series(np.bincount(place)).cast(pl.UInt32),
        **{name: pl.Series(values) for name, values in sums.items()},
    )  # fmt: skip


def _mean(losses: pl.DataFrame, names: Sequence[str]) -> Floats:
    return np.asarray(losses.select(list(names)).to_numpy().mean(axis=1), dtype=np.float64)


def _floats(matrix: Matrix, names: Sequence[str]) -> Floats:
    if not names:
        return np.zeros((matrix.rows.height, 0))
    return matrix.rows.select(pl.col(list(names)).cast(pl.Float64)).to_numpy()
