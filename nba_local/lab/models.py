"""Two models that judge a feature, walking forward: ridge screens, LightGBM decides."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import as_completed
from contextlib import ExitStack
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
    from concurrent.futures import Future
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


class Training:
    """Trainings under way, which `result` waits for and keeps."""

    def __init__(  # noqa: PLR0913 - what a training is made of
        self,
        x: Floats,
        y: Floats,
        folds: Sequence[Fold],
        variants: Sequence[Variant],
        rule: ModelRule,
        cache: Path,
        engine: Engine | None = None,
    ) -> None:
        """Begin them; what was trained before on the same numbers is read.

        engine: Where folds are trained; in a process for each core where none is given.
        """
        self._cache, self._folds, self._rows = cache, folds, len(y)
        self._keys = {v.name: _key(x, y, folds, v, rule) for v in variants}
        read = {v.name: _read(self._path(v.name), len(v.columns)) for v in variants}
        self._found = {name: one for name, one in read.items() if one is not None}
        self._order = [v.name for v in variants]
        self.waiting = [v for v in variants if v.name not in self._found]
        self._own = ExitStack()
        self._parts: dict[Future[bytes], tuple[tuple[str, ...], int]] = {}
        if self.waiting:
            tasks = _tasks(x, y, folds, self.waiting, rule)
            if engine is None:
                cores = min(len(os.sched_getaffinity(0)), len(tasks))
                engine = self._own.enter_context(Processes(cores))
            self._parts = {engine.submit(task): place for task, place in tasks}

    @property
    def tasks(self) -> int:
        """How many were begun."""
        return len(self._parts)

    def result(self, progress: Progress = silent) -> dict[str, Forecast]:
        """A forecast by each variant.

        Raises:
            ClusterError: A fold could not be trained; nothing was kept of this trial.
        """
        made: dict[str, dict[int, tuple[Floats, tuple[float, ...]]]] = {}
        with self._own:
            for done, future in enumerate(as_completed(self._parts), start=1):
                names, number = self._parts[future]
                for name, part in zip(names, unpacked(future.result()), strict=True):
                    made.setdefault(name, {})[number] = part  # an error ends it all
                progress("LightGBM folds", done, self.tasks)
        for name, parts in made.items():
            ordered = [parts[number] for number in range(len(self._folds))]
            forecast = _collected(ordered, self._folds, self._rows)
            self._keep(name, forecast)
            self._found[name] = forecast
        return {name: self._found[name] for name in self._order}

    def _path(self, name: str) -> Path:
        return self._cache / f"{self._keys[name]}.parquet"

    def _keep(self, name: str, forecast: Forecast) -> None:
        rows = pl.DataFrame({"forecast": forecast.values})
        weights = [*forecast.weights, *[None] * (rows.height - len(forecast.weights))]
        rows = rows.with_columns(pl.Series("weight", weights, dtype=pl.Float64))
        Store(self._cache).write(self._path(name), rows)


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


def _tasks(
    x: Floats, y: Floats, folds: Sequence[Fold], variants: Sequence[Variant], rule: ModelRule
) -> list[tuple[Task, tuple[tuple[str, ...], int]]]:
    """A task for each fold of the variants that share their columns; the longest come first.

    Beside each task the names of its variants, and the number of its fold.
    """
    numbers, code = packed(x, y), fingerprint.of(fingerprint.TRAINING)
    alike: dict[tuple[tuple[int, ...], bool], list[Variant]] = {}
    for variant in variants:
        alike.setdefault((variant.columns, variant.weigh), []).append(variant)
    places = [(group, n) for n in range(len(folds)) for group in alike.values()]
    places.sort(key=lambda place: -len(place[0]) * folds[place[1]].start)
    found = []
    for group, number in places:
        fold, names = folds[number], tuple(variant.name for variant in group)
        job = Job(
            group[0].columns, (fold.start, fold.end), tuple(v.seed for v in group),
            group[0].weigh and number == len(folds) - 1, rule.parameters, rule.rounds,
        )  # fmt: skip
        name = f"{', '.join(names)}, fold {number + 1}"
        task = Task(name, f"{WORKER}:fold", packed_job(job), code, numbers)
        found.append((task, (names, number)))
    return found


def _collected(
    parts: Sequence[tuple[Floats, tuple[float, ...]]], folds: Sequence[Fold], rows: int
) -> Forecast:
    """The forecasts of all folds as one; importance is that of the last fold."""
    values = np.full(rows, np.nan)
    for fold, (predicted, _) in zip(folds, parts, strict=True):
        values[fold.start : fold.end] = predicted
    return Forecast(values, parts[-1][1])
