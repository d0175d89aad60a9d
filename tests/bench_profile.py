"""Where the CPU seconds of a season go: `just bench --profile` runs it in a process of its own.

One step after another, so that CPU belongs to what runs: parts are disjoint and add up to the
process. Polars and DuckDB use all cores meanwhile, as they do in a real run.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

CLOCK = time.process_time


class Parts:
    """CPU seconds by part; what one part spends inside another counts once, for the inner one."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._inside: list[float] = []

    def time(self, owner: object, name: str, part: str | Callable[..., str]) -> None:
        """From here on calls of `owner.name` are timed as `part`, or what it makes of the call."""
        inner = getattr(owner, name)

        def timed(*given: Any, **more: Any) -> Any:
            began = CLOCK()
            self._inside.append(0.0)
            try:
                return inner(*given, **more)
            finally:
                took, within = CLOCK() - began, self._inside.pop()
                self.seconds[part if isinstance(part, str) else part(*given)] += took - within
                if self._inside:
                    self._inside[-1] += took

        setattr(owner, name, timed)


def profile(data: Path) -> dict[str, float]:
    """CPU seconds by part of a backfill of 2021-22 in `data`, where it is due."""
    began = CLOCK()
    from nba_local.commands import road
    from nba_local.commands.project import Project
    from nba_local.compute import run
    from nba_local.compute.claim_tables import ClaimTables
    from nba_local.config import Config

    parts = Parts()
    project = Project.open(Config(data=str(data), pipelines="pipelines"))
    parts.seconds["imports, registry"] = CLOCK() - began
    parts.time(road, "_plan", "plan")
    parts.time(run, "sources_of", "reading sources")
    parts.time(run, "compute", lambda table, *_: f"computing {table.name}")
    parts.time(run, "stage", "Parquet: encode, flush, hash")
    parts.time(ClaimTables, "load", "loading rows for their claims")
    parts.time(ClaimTables, "cursors", "loading what claims read besides")
    parts.time(run, "check", "claims")
    parts.time(run, "publish", "publishing: comparing, files, ledger")
    run.AHEAD = 1
    road.backfill(project, ["2021-22"], [])
    whole = CLOCK()
    rest = whole - sum(parts.seconds.values())
    return {**parts.seconds, "the rest": rest, "whole": whole}


def show(seconds: dict[str, float]) -> None:
    """Print the parts as a table."""
    whole = seconds["whole"]
    print(f"profile: {whole:.2f} CPU s of one backfill, one step after another")
    for part, took in seconds.items():
        if part != "whole":
            print(f"  {part:<42} {took:6.2f} s  {100 * took / whole:4.0f} %")


if __name__ == "__main__":
    show(profile(Path(sys.argv[1])))
