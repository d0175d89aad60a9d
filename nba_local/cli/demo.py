"""The demo: a simulated season as a `file://` warehouse, and the whole road over it and back."""

from __future__ import annotations

import importlib
import shlex
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nba_local.commands import explain, pushes, road
from nba_local.commands.project import Project
from nba_local.config import Config, load_config
from nba_local.errors import UsageError
from nba_local.report import road as out
from nba_local.report import tour
from nba_local.report.backfill import backfilled, planned
from nba_local.report.findings import checked
from nba_local.report.status import status as say_status
from nba_local.tables.calendar import Season
from nba_local.tables.homes import as_typed

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from nba_local.report.terminal import Report
    from nba_local.tables.results import BackfillResult

MARKER = ".nba-local-demo"
YEAR = 2021


def play(folder: str, report: Report) -> dict[str, Any]:
    """Build `folder` and walk the road in it; returns what each verb returned.

    Writes `folder` only: `warehouse/` (the simulated source), `data/` and `target/`.

    Raises:
        UsageError: `folder` holds something that is not a demo.
    """
    started = time.monotonic()
    load_config({})  # an unknown variable of ours is an error here too
    root = _emptied(Path(folder))
    report.folder = report.flags = f" --data {shlex.quote(f'{root}/data')}"
    config = Config(
        data=str(root / "data"),
        warehouse=f"file://{root}/warehouse",
        target=f"file://{root}/target",
    )
    project = Project.open(config)
    simulated = importlib.import_module(f"{project.registry.package.name}.simulated")
    season = simulated.season(YEAR)
    ranges = [str(Season(YEAR))]

    _title(report, "1  a simulated season, with faults planted in it")
    _store(root / "warehouse", season.tables)
    rows = sum(frame.height for frame in season.tables.values())
    report.say(f"{len(season.tables)} source tables, {rows:,} rows in {root}/warehouse; planted:")
    for fault in season.faults:
        report.say(f"  - {fault.sentence}")

    _title(report, "2  pull: the source tables, as of one instant, into monthly Parquet")
    first_pull = road.pull(project, ranges, [], report.progress)
    (out if report.is_verbose else tour).pulled(report, first_pull)

    _title(report, "3  backfill: compute the season, check it in SQL, publish what holds")
    first_backfill = road.backfill(project, ranges, [], report.progress)
    _computed(report, first_backfill)

    _title(report, "4  check: every claim once more, source tables too: the planted faults by date")
    findings = road.check(project, ranges, [], report.progress)
    if report.is_verbose:
        checked(report, findings)
    else:
        tour.checked(report, findings, {table.name for table in project.registry.features})

    _title(report, "5  push: all dates in one transaction, read back cell by cell")
    first_push = pushes.push(project, ranges, [], report.progress)
    (out if report.is_verbose else tour).pushed(report, first_push)

    _title(report, "6  a game is restated upstream: only what it touches is done again")
    restated = simulated.restate(season)
    report.say(f"planted: {restated.faults[-1].sentence}")
    before = season.tables
    _store(
        root / "warehouse",
        {name: rows for name, rows in restated.tables.items() if not rows.equals(before[name])},
    )
    again = _again(project, ranges, report)

    _title(report, "7  what is there now")
    coverage = explain.status(project, ranges)
    (say_status if report.is_verbose else tour.stands)(report, coverage)
    report.say()
    typed = as_typed()
    fault, table = season.faults[0], project.registry.features[-1].name
    day, lab = fault.dates[0], shlex.quote(f"{root}/lab")
    report.propose(f"done in {time.monotonic() - started:.1f} s. Where to look next:")
    for command, words in (
        (f"coverage {day:%Y-%m}{report.folder}", "a month, and the causes of its gaps"),
        (f"why {table} {day}{report.folder}", "one date, down to the missing row"),
        (f"ui{report.folder}", "the same and more in a browser"),
        (f"lab demo leak {lab}", "an idea for a feature, judged (extra `lab`)"),
    ):
        report.propose(f"  # {words}")
        report.propose(f"  {typed} {command}")
    report.propose(f"  {root}/data/quarantine/  the rows that broke a claim")
    if not report.is_verbose:
        report.propose("every step in full: the same command with -v")
    return {
        "faults": season.faults,
        "pull": first_pull,
        "backfill": first_backfill,
        "findings": findings,
        "push": first_push,
        "restated": again,
        "coverage": coverage,
    }


def _computed(report: Report, result: BackfillResult) -> None:
    if report.is_verbose:
        planned(report, result.plan)
        backfilled(report, result)
    else:
        tour.backfilled(report, result)


def _again(project: Project, ranges: list[str], report: Report) -> dict[str, Any]:
    say = out if report.is_verbose else tour
    pulled = road.pull(project, ranges, [])
    say.pulled(report, pulled)
    backfilled = road.backfill(project, ranges, [])
    _computed(report, backfilled)
    pushed = pushes.push(project, ranges, [])
    say.pushed(report, pushed)
    return {"pull": pulled, "backfill": backfilled, "push": pushed}


def _title(report: Report, text: str) -> None:
    report.say()
    report.say(text)
    report.say("-" * len(text))


def _emptied(root: Path) -> Path:
    if root.is_file() or (root.exists() and any(root.iterdir())):
        if not (root / MARKER).exists():
            raise UsageError(
                f"{root} is not empty and was not made by the demo; nothing was done",
                hint="name another folder: nba-local demo DIR",
            )
        shutil.rmtree(root)
    root.mkdir(parents=True, exist_ok=True)
    (root / MARKER).touch()
    return root


def _store(warehouse: Path, tables: Mapping[str, pl.DataFrame]) -> None:
    for name, frame in tables.items():
        path = warehouse / name / f"season={YEAR}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(path)
