"""Two models that judge a feature, walking forward: ridge screens, LightGBM decides."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from nba_local.errors import NbaLocalError
from nba_local.storage.store import Store
from nba_local.tables.results import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from nba_local.lab.folds import Fold

    type Floats = NDArray[np.float64]

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
) -> dict[str, Forecast]:
    """A forecast by each variant. What was trained before on the same numbers is read.

    Raises:
        NbaLocalError: A training process ended early; nothing was kept of it.
    """
    keys = {v.name: _key(x, y, folds, v, rule) for v in variants}
    found = {v.name: _read(cache / f"{keys[v.name]}.parquet", len(v.columns)) for v in variants}
    waiting = [v for v in variants if found[v.name] is None]
    if waiting:
        trained = _train(x, y, folds, waiting, rule, progress)
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
    rows = pl.read_parquet(path)
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
) -> dict[str, Forecast]:
    tasks: list[dict[str, Any]] = [
        {
            "name": f"{place}-{number}",
            "columns": list(variant.columns),
            "fold": [fold.start, fold.end],
            "seed": variant.seed,
            "weigh": variant.weigh and number == len(folds) - 1,
        }
        for place, variant in enumerate(variants)
        for number, fold in enumerate(folds)
    ]
    tasks.sort(key=lambda task: -task["fold"][0])  # the longest first, dealt out in turn
    workers = min(len(os.sched_getaffinity(0)), len(tasks))
    job = {
        "parameters": rule.parameters,
        "rounds": rule.rounds,
        "parts": [tasks[part::workers] for part in range(workers)],
    }
    with tempfile.TemporaryDirectory(prefix="nba-local-lab-") as name:
        folder = Path(name)
        np.save(folder / "x.npy", x)
        np.save(folder / "y.npy", y)
        (folder / "job.json").write_text(json.dumps(job))
        _run(folder, workers, len(tasks), progress)
        return {
            variant.name: _collected(folder, place, variant, folds, len(y))
            for place, variant in enumerate(variants)
        }


def _collected(
    folder: Path, place: int, variant: Variant, folds: Sequence[Fold], rows: int
) -> Forecast:
    values = np.full(rows, np.nan)
    for number, fold in enumerate(folds):
        values[fold.start : fold.end] = np.load(folder / f"{place}-{number}.npy")
    weights: Sequence[float] = ()
    if variant.weigh:
        weights = json.loads((folder / f"{place}-{len(folds) - 1}.json").read_text())
    return Forecast(values, tuple(weights))


def _run(folder: Path, workers: int, total: int, progress: Progress) -> None:
    """The processes side by side; ended with us, whatever happens."""
    command = [sys.executable, "-m", "nba_local.lab.worker", str(folder)]
    root = str(Path(__file__).parents[2])
    env: Mapping[str, str] = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": root}
    done, lock = [0], threading.Lock()

    def follow(process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        assert process.stderr is not None
        for _ in process.stdout:
            with lock:
                done[0] += 1
                progress("LightGBM folds", done[0], total)
        message = process.stderr.read().strip()
        process.wait()
        return message

    with ExitStack() as stack:
        pipe = subprocess.PIPE
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [*command, str(part)], stdout=pipe, stderr=pipe, text=True, env=env
                )
            )
            for part in range(workers)
        ]
        pool = stack.enter_context(ThreadPoolExecutor(workers))
        for process in processes:
            stack.callback(process.kill)  # runs first, so that nobody waits for it
        messages = list(pool.map(follow, processes))
    for process, message in zip(processes, messages, strict=True):
        if process.returncode:
            killed = process.returncode < 0
            last = message.rpartition("\n")[2]
            raise NbaLocalError(
                f"a training process was killed by signal {-process.returncode}; nothing was kept"
                if killed
                else f"a training process failed: {last}; nothing was kept",
                hint="out of memory? name fewer seasons, or free some" if killed else None,
            )
