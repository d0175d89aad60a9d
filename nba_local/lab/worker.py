"""A fold of a variant, trained with one thread wherever it runs: a function of bytes.

LightGBM with several threads on a busy machine is up to ten times slower than with one; the same
inputs give the same figures only with one. So folds and variants run side by side in processes.
"""

from __future__ import annotations

import functools
import pickle
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Job:
    """What is trained: on the rows before `fold[0]`, to forecast those from there to `fold[1]`.

    columns: Of the array. seeds: A training for each. weigh: Whether the columns' importance is
    wanted.
    """

    columns: tuple[int, ...]
    fold: tuple[int, int]
    seeds: tuple[int, ...]
    weigh: bool
    parameters: Mapping[str, Any]
    rounds: int


def packed(x: Floats, y: Floats) -> bytes:
    """The numbers that all folds of a trial share: columns and target of all rows."""
    return pickle.dumps((x, y), protocol=5)


def packed_job(job: Job) -> bytes:
    """A job as the body of a task."""
    return pickle.dumps(astuple(job))


def unpacked(result: bytes) -> list[tuple[Floats, tuple[float, ...]]]:
    """By seed the forecasts of a fold, and the importance of each column where it was wanted."""
    return [(predicted, tuple(weights)) for predicted, weights in pickle.loads(result)]


def fold(body: bytes, shared: bytes) -> bytes:
    """Do a packed `Job` on the packed numbers; see `unpacked`. Bins are made once for all seeds."""
    import lightgbm

    job = Job(*pickle.loads(body))
    x, y = _numbers(shared)
    columns, (start, end) = list(job.columns), job.fold
    asked = np.ascontiguousarray(x[start:end, columns])
    seen = lightgbm.Dataset(np.ascontiguousarray(x[:start, columns]), y[:start], free_raw_data=True)
    found = []
    for seed in job.seeds:
        given = {**job.parameters, "seed": seed, "data_random_seed": 1}
        model = lightgbm.train(given, seen, num_boost_round=job.rounds)
        predicted = np.asarray(model.predict(asked, num_threads=1), dtype=np.float64)
        weights = _permuted(model, asked, y[start:end], predicted) if job.weigh else []
        found.append((predicted, weights))
    return pickle.dumps(found, protocol=5)


@functools.lru_cache(maxsize=1)
def _numbers(shared: bytes) -> tuple[Floats, Floats]:
    """The numbers of a trial, unpacked once for all folds that a worker is given."""
    found: tuple[Floats, Floats] = pickle.loads(shared)
    return found


def _permuted(model: Any, x: Floats, y: Floats, predicted: Floats) -> list[float]:
    """By how much the error grows when a column is shuffled, column by column."""
    usual = float(np.abs(predicted - y).mean())
    order = np.random.default_rng(0).permutation(len(y))
    weights = []
    for column in range(x.shape[1]):
        kept = x[:, column].copy()
        x[:, column] = kept[order]
        shuffled = np.asarray(model.predict(x, num_threads=1), dtype=np.float64)
        weights.append(float(np.abs(shuffled - y).mean()) - usual)
        x[:, column] = kept
    return weights
