"""Benchmarks of the lab: features in cold processes, against what it promises.

    uv run --group dev python -m tests.bench_lab [VARIANTS]      (a part of `just bench`)

On the four real seasons where `../shared/phase3` is there, else on the simulated one. The first
trial makes the matrix and trains the baseline; the second reads both; then a sweep of 20 variants,
or of as many as are named, and what 20 would take. The machine should be idle.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from pathlib import Path

from tests.bench import NBA, REAL, measure, warehouse_in

LIMITS = {
    "before a model": 10.0,
    "LightGBM, baseline cached": 30.0,
    "first trial": 60.0,
    "sweep of 20": 360.0,
}
"""Seconds on two idle cores, four seasons."""

MEMORY = 1500
"""Megabytes of the process that leads; the training processes are beside it."""

FILE = '''"""{column} of late."""

from pipelines.windows import mean

FEATURES = (mean("{column}_last_5", "{column}", last=5),)
'''

SWEEP = '''"""How long does what matter?"""

from pipelines.windows import mean

COLUMNS = ("fg_attempts", "assists", "turnovers", "steals", "personal_fouls")
FEATURES = tuple(
    mean(f"{{column}}_last_{{last}}", column, last=last)
    for column in COLUMNS
    for last in (2, 4, 8, 16)
)[:{variants}]
'''

BEFORE = ("values", "leak", "warm-up", "ridge")


def bench(root: Path, variants: int = 20) -> None:
    """Try two features one after the other and sweep others; print what each took."""
    source = warehouse_in(root / "warehouse")
    seasons = ["2021-22", "2022-23", "2023-24", "2024-25"] if REAL.is_dir() else ["2021-22"]
    data = ["--data", str(root / "data")]
    named = [word for season in seasons for word in ("--season", season)]
    measure([*NBA, "pull", *named, "--warehouse", f"file://{source}", *data])
    for place, column in enumerate(("fg_attempts", "assists")):
        file = root / f"{column}.py"
        file.write_text(FILE.format(column=column))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        took, memory, output = measure([*NBA, "lab", "try", str(file), *seasons, "--json", *data])
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        spent = json.loads(output)["result"]["found"]["seconds"]
        stages = ", ".join(f"{name} {seconds:.1f}" for name, seconds in spent.items())
        print(f"lab try, trial {place + 1:<22} {took:6.2f} s  {memory:5.0f} MB  CPU {cpu:.0f} s")
        print(f"  {stages}")
        if memory > MEMORY:
            print(f"  over {MEMORY} MB")
        if place:
            figures = {
                "before a model": sum(spent[name] for name in BEFORE),
                "LightGBM, baseline cached": spent["LightGBM"],
            }
        else:
            figures = {"first trial": took}
        for name, seconds in figures.items():
            held_against(name, seconds)
    file = root / "sweep.py"
    file.write_text(SWEEP.format(variants=variants))
    took, memory, _ = measure([*NBA, "lab", "sweep", str(file), *seasons, *data])
    print(f"lab sweep, {variants} variants {took:20.2f} s  {memory:5.0f} MB")
    held_against("sweep of 20", took * 20 / variants)


def held_against(name: str, seconds: float) -> None:
    """Print a figure beside its limit."""
    word = "within" if seconds <= LIMITS[name] else "over"
    print(f"  {name:<32} {seconds:6.2f} s  {word} {LIMITS[name]:.0f} s")


def main() -> int:
    """Run it in a folder of its own."""
    with tempfile.TemporaryDirectory() as place:
        bench(Path(place), *map(int, sys.argv[1:2]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
