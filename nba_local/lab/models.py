"""Two models that judge a feature, walking forward: ridge screens, LightGBM decides."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import as_completed
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from nba_local.cluster import fingerprint
from nba_local.cluster.processes import Processes
from nba_local.cluster.task import Task
from nba_local.lab.worker import Job, packed, packed_job, unpacked
from nba_local.storage.store import Store
from nba_local.tables.results import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from nba_local.cluster.task import Engine
    from nba_local.lab.folds import Fold

    type Floats = NDArray[np.float64]

WORKER = "nba_local.lab.worker"
RIDGE = 10.0
"""Penalty on coefficients of standardized columns."""


@dataclass(frozen=True, slots=True)
class ModelRule:
    """How LightGBM is trained; one thread a process, and deterministic."""

    rounds: int = 100
    learning_rate: float = 0.1
    leaves: int = 31
    least_rows: int = 40
    rows_drawn: float = 0.8
    seed: int = 7

    @property
    def parameters(self) -> dict[str, Any]:
        """As LightGBM calls them."""
        return {
            "objective": "l1",
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.least_rows,
            "bagging_fraction": self.rows_drawn,
            "bagging_freq": 1,
            "num_threads": 1,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }


@dataclass(frozen=True, slots=True)
class Variant:
    """A model on some columns of the array. weigh: Whether its columns' importance is wanted."""

    name: str
    columns: tuple[int, ...]
    seed: int
    weigh: bool = False


@dataclass(frozen=True, slots=True)
class Forecast:
    """A forecast for every judged row, NaN for rows only learned from; importance by column."""

    values: Floats
    weights: tuple[float, ...] = ()


class Ridge:
    """Walk-forward ridge on any choice of columns; sums of each fold are made once."""

    def __init__(self, x: Floats, y: Floats, folds: Sequence[Fold]) -> None:
        self._y, self._folds = y, folds
        self._parts: list[tuple[Floats, Floats, float, Floats]] = []
        for fold in folds:
            seen = x[: fold.start]
            known = np.isfinite(seen)
            n = np.maximum(known.sum(axis=0), 1)
            mean = np.where(known, seen, 0.0).sum(axis=0) / n
            spread = np.sqrt(np.where(known, (seen - mean) ** 2, 0.0).sum(axis=0) / n)
            scale = np.where(spread > 0, spread, 1.0)
            scaled = np.where(known, (seen - mean) / scale, 0.0)
            asked = x[fold.start : fold.end]
            asked = np.where(np.isfinite(asked), (asked - mean) / scale, 0.0)
            center = float(y[: fold.start].mean())
            moments = scaled.T @ (y[: fold.start] - center)
            self._parts.append((scaled.T @ scaled, moments, center, asked))

    def forecast(self, columns: Sequence[int]) -> Floats:
        """A forecast for every judged row, NaN elsewhere."""
        chosen = list(columns)
        values = np.full(len(self._y), np.nan)
        for fold, (gram, moments, center, asked) in zip(self._folds, self._parts, strict=True):
            inner = gram[np.ix_(chosen, chosen)] + RIDGE * np.eye(len(chosen))
            weights = np.linalg.solve(inner, moments[chosen])
            values[fold.start : fold.end] = asked[:, chosen] @ weights + center
        return values


def lightgbm(  # noqa: PLR0913 - what a training is made of
    x: Floats,
    y: Floats,
    folds: Sequence[Fold],
    variants: Sequence[Variant],
    rule: ModelRule,
    cache: Path,
    progress: Progress = silent,
    engine: Engine | None = None,
) -> dict[str, Forecast]:
    """A forecast by each variant. What was trained before on the same numbers is read.

    engine: Where folds are trained; in a process for each core where none is given.

    Raises:
        ClusterError: A fold could not be trained; nothing was kept of this trial.
    """
    keys = {v.name: _key(x, y, folds, v, rule) for v in variants}
    found = {v.name: _read(cache / f"{keys[v.name]}.parquet", len(v.columns)) for v in variants}
    waiting = [v for v in variants if found[v.name] is None]
    if waiting:
        trained = _train(x, y, folds, waiting, rule, progress, engine)
        for name, forecast in trained.items():
            rows = pl.DataFrame({"forecast": forecast.values})
            weights = [*forecast.weights, *[None] * (rows.height - len(forecast.weights))]
            rows = rows.with_columns(pl.Series("weight", weights, dtype=pl.Float64))
            Store(cache).write(cache / f"{keys[name]}.parquet", rows)
        found.update(trained)
    return {name: forecast for name, forecast in found.items() if forecast is not None}


def _read(path: Path, columns: int) -> Forecast | None:
    if not path.is_file():
        return None
    rows = pl.read_parquet(path, glob=False)
    weights = rows["weight"].head(columns).drop_nulls().to_list()
    return Forecast(rows["forecast"].to_numpy(), tuple(weights))


def _key(x: Floats, y: Floats, folds: Sequence[Fold], variant: Variant, rule: ModelRule) -> str:
    """Of every number that a forecast hangs on."""
    digest = hashlib.sha256(np.ascontiguousarray(x[:, list(variant.columns)]).tobytes())
    digest.update(y.tobytes())
    told = [[(f.start, f.end) for f in folds], asdict(rule), variant.seed, variant.weigh]
    digest.update(json.dumps([*told, version("lightgbm")]).encode())
    return digest.hexdigest()[:20]


def _train(  # noqa: PLR0913 - see `lightgbm`
    x: Floats,
    y: Floats,
    folds: Sequence[Fold],
    variants: Sequence[Variant],
    rule: ModelRule,
    progress: Progress,
    engine: Engine | None,
) -> dict[str, Forecast]:
    """Every fold of every variant is a task; the longest are begun first."""
    numbers, code = packed(x, y), fingerprint.of(fingerprint.TRAINING)
    places = [(v, n) for n in reversed(range(len(folds))) for v in variants]
    tasks = {}
    for variant, number in places:
        fold = folds[number]
        weigh = variant.weigh and number == len(folds) - 1
        job = Job(
            variant.columns, (fold.start, fold.end), variant.seed, weigh,
            rule.parameters, rule.rounds,
        )  # fmt: skip
        name = f"{variant.name}, fold {number + 1}"
        tasks[variant.name, number] = Task(name, f"{WORKER}:fold", packed_job(job), code, numbers)
    cores = min(len(os.sched_getaffinity(0)), len(tasks))
    with nullcontext(engine) if engine else Processes(cores) as chosen:
        under_way = {place: chosen.submit(task) for place, task in tasks.items()}
        for done, future in enumerate(as_completed(under_way.values()), start=1):
            future.result()  # an error ends it all
            progress("LightGBM folds", done, len(tasks))
    return {
        variant.name: _collected(
            [unpacked(under_way[variant.name, n].result()) for n in range(len(folds))],
            folds,
            len(y),
        )
        for variant in variants
    }


def _collected(
    parts: Sequence[tuple[Floats, tuple[float, ...]]], folds: Sequence[Fold], rows: int
) -> Forecast:
    """The forecasts of all folds as one; importance is that of the last fold."""
    values = np.full(rows, np.nan)
    for fold, (predicted, _) in zip(folds, parts, strict=True):
        values[fold.start : fold.end] = predicted
    return Forecast(values, parts[-1][1])
