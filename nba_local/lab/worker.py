"""A process of its own that trains folds with one thread: `python -m nba_local.lab.worker JOB N`.

LightGBM with several threads on a busy machine is up to ten times slower than with one; the same
inputs give the same figures only with one. So folds and variants run side by side in processes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lightgbm
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Floats = NDArray[np.float64]


def main(folder: Path, part: int) -> None:
    """Train the tasks of `part` that `job.json` lists; predictions go into files beside it."""
    job = json.loads((folder / "job.json").read_text())
    x = np.load(folder / "x.npy", mmap_mode="r")
    y = np.load(folder / "y.npy")
    for task in job["parts"][part]:
        columns, (start, end) = task["columns"], task["fold"]
        seen = np.ascontiguousarray(x[:start, columns])
        asked = np.ascontiguousarray(x[start:end, columns])
        model = lightgbm.train(
            {**job["parameters"], "seed": task["seed"]},
            lightgbm.Dataset(seen, y[:start], free_raw_data=True),
            num_boost_round=job["rounds"],
        )
        predicted = np.asarray(model.predict(asked, num_threads=1), dtype=np.float64)
        np.save(folder / f"{task['name']}.npy", predicted)
        if task["weigh"]:
            weights = _permuted(model, asked, y[start:end], predicted)
            (folder / f"{task['name']}.json").write_text(json.dumps(weights))
        sys.stdout.write(f"{task['name']}\n")
        sys.stdout.flush()


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


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
