"""Ten seasons out of one: what ten years leave in a data folder, without pulling them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from nba_local.compute import expected as expectation
from nba_local.compute import plan
from nba_local.storage.ledger import Ledger
from nba_local.tables.calendar import Season
from tests.conftest import project_of

if TYPE_CHECKING:
    from pathlib import Path

    from nba_local.commands.project import Project

LAST = 2021
YEARS = range(LAST - 9, LAST + 1)
BY_SEASON = (
    *("raw_files", "raw_partitions", "findings", "seasons", "published_files", "partitions"),
    *("non_rows", "expected_dates", "expected_sources", "expected_missing"),
)


def ten_seasons(data: Path, into: Path, years: range = YEARS) -> Project:
    """2021-22 of `data` as these seasons up to it, in `into`: every date moved by whole years.

    Files are linked under the months they would have; the dates of their rows are not moved.
    """
    for file in data.rglob("*.parquet"):
        layer, table, season, month = file.relative_to(data).with_suffix("").parts
        if layer in {"raw", "published"} and season == f"season={LAST}":
            for year in years:
                folder = into / layer / table / f"season={year}"
                folder.mkdir(parents=True, exist_ok=True)
                os.link(file, folder / f"{_moved(month, year)}.parquet")
    project = project_of(into)
    source = Ledger(data / "ledger.sqlite")
    with project.writing("backfill") as work:
        with work.ledger.transaction():
            work.ledger.put("runs", (dict(row) for row in source.rows("SELECT * FROM runs")))
            for table in BY_SEASON:
                rows = source.rows(f"SELECT * FROM {table} WHERE season = ?", (LAST,))
                for year in years:
                    work.ledger.put(table, (_row(row, year) for row in rows))
        # what is up to date there is so here: fingerprints as they would have been recorded
        marks = [expectation.mark_of(work, Season(year)) for year in years]
        keys = [expectation.key_of(Season(year)) for year in years]
        pairs = zip(keys, marks, strict=True)
        work.ledger.put("meta", ({"key": key, "value": mark} for key, mark in pairs))
        found = plan.plan(work, work.registry.features, [Season(year) for year in years])
        for step in found.steps:
            work.ledger.execute(
                "UPDATE seasons SET fingerprint = ?, parts = ? WHERE table_name = ? AND season = ?",
                (step.fingerprint, json.dumps(step.parts), step.table.name, step.season.year),
            )
    source.close()
    return project


def _row(row, year: int) -> dict:
    moved = {name: _moved(row[name], year) for name in ("date", "month") if name in row.keys()}  # noqa: SIM118 - of a sqlite3.Row
    return {**dict(row), **moved, "season": year}


def _moved(text: str, year: int) -> str:
    """A date or month of the last season as one of the season that starts in `year`."""
    return f"{int(text[:4]) - LAST + year}{text[4:]}"
