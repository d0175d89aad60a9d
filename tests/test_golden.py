"""Rows against the golden files: what production wrote, and what the corrected definitions give."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import polars as pl
import pytest

from nba_local.tables.calendar import Season
from tests.conftest import SHARED, slow
from tests.seasons import FIVE_WEEKS

TABLES = {
    "team_defense_zone_analysis": "team_abbr",
    "player_shot_zone_analysis": "player_lookup",
    "player_daily_cache": "player_lookup",
    "player_composite_factors": "player_lookup",
    "ml_feature_store_v2": "player_lookup",
}
AUTUMN = FIVE_WEEKS
"""Golden dates up to it are compared, and in the slow tests all."""


def is_late(date: str) -> bool:
    """Whether a golden date takes the whole season."""
    return date > str(AUTUMN)


CASES = [
    pytest.param(
        *(rules, table, path),
        id=f"{rules}-{table}-{path.stem}",
        marks=[pytest.mark.slow] if is_late(path.stem) else [],
    )
    for rules in ("production", "corrected")
    for table in TABLES
    for path in sorted((SHARED / "golden" / rules / table).glob("*.parquet"))
] or [pytest.param("", "", Path(), marks=pytest.mark.skip("../shared/golden is not here"))]


CLOCKS = {"created_at", "processed_at", "updated_at", "feature_generation_time_ms"}


def left_out(rules: str, golden: pl.DataFrame) -> set[str]:
    """Columns that the goldens leave out: clocks, and production's arbitrary source hashes."""
    stamps = {c for c in golden.columns if re.fullmatch(r"source_.*_last_updated", c)}
    hashes = {c for c in golden.columns if re.fullmatch(r"source_.*_hash", c)}
    absent = {c for c in stamps if golden[c].null_count() == golden.height}
    return CLOCKS | absent | (hashes if rules == "production" else set())


@pytest.fixture(scope="module")
def autumn(seasons, shared):
    """The first weeks under the rules of production."""
    return seasons.real(shared, "production", AUTUMN)


@pytest.fixture
def project_with(request):
    """The season that a golden file is held against."""

    def found(rules, path):
        name = {
            ("production", False): "autumn",
            ("production", True): "production_season",
            ("corrected", False): "real_weeks",
            ("corrected", True): "real_season",
        }[rules, is_late(path.stem)]
        return request.getfixturevalue(name)

    return found


@pytest.mark.parametrize(("rules", "table", "path"), CASES)
def test_rows_of_a_date_equal_the_golden_file(rules, table, path, project_with):
    project = project_with(rules, path)
    golden = pl.read_parquet(path)
    date, key = dt.date.fromisoformat(path.stem), TABLES[table]
    ours = (
        project.store.scan("published", project.registry.table(table), [Season(2021)])
        .filter(pl.col(project.registry.table(table).partition_by) == date)
        .collect()
    )
    columns = [c for c in golden.columns if c not in left_out(rules, golden)]
    ours, golden = ours.select(columns).sort(key), golden.select(columns).sort(key)
    assert ours.height == golden.height
    differing = {
        c: int(ours[c].ne_missing(golden[c].cast(ours[c].dtype)).sum()) for c in columns if c != key
    }
    assert ours[key].to_list() == golden[key].to_list()
    assert {c: n for c, n in differing.items() if n} == {}


@pytest.mark.parametrize(
    ("season", "known"),
    [("autumn", 1858), slow("production_season", 2940)],
    ids=["autumn", "whole"],
)
def test_failures_equal_what_production_recorded(season, known, request, shared):
    project = request.getfixturevalue(season)
    golden = pl.read_parquet(shared / "golden/production/failures.parquet").filter(
        pl.col("table_name").is_in(list(TABLES))
    )
    dates = {p.stem for p in (shared / "golden/production" / next(iter(TABLES))).glob("*.parquet")}
    if season == "autumn":
        golden = golden.filter(pl.col("analysis_date") <= AUTUMN)
        dates = {date for date in dates if date <= str(AUTUMN)}
    with project.reading() as work:
        rows = work.ledger.rows("SELECT * FROM failures")
    ours = {
        (r["table_name"], r["date"], r["entity"], r["category"], r["reason"], bool(r["can_retry"]))
        for r in rows
        if r["date"] in dates and r["table_name"] in TABLES
    }
    theirs = {
        (r[0], r[1].isoformat(), *r[2:6])
        for r in golden.select(
            "table_name",
            "analysis_date",
            "entity_id",
            "failure_category",
            "failure_reason",
            "can_retry",
        ).rows()
    }
    assert len(theirs) == golden.height == known
    assert ours == theirs


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    ("date", "season"),
    [
        *(("2021-11-05", "real_weeks"), ("2021-11-15", "real_weeks")),
        *(slow("2022-01-10", "real_season"), slow("2022-03-05", "real_season")),
    ],
)
def test_states_and_non_rows_equal_the_corrected_golden(table, date, season, shared, request):
    folder = shared / "golden/corrected"
    state = pl.read_parquet(folder / f"_states/{date}.parquet").filter(pl.col("table") == table)
    absent = pl.read_parquet(folder / f"_non_rows/{date}.parquet").filter(pl.col("table") == table)
    with request.getfixturevalue(season).reading() as work:
        ours = work.ledger.rows(
            "SELECT table_name, date, state, detail, rows, ready_rows, entities_expected, "
            "entities_found, non_rows FROM partitions WHERE table_name = ? AND date = ?",
            (table, date),
        )
        entities = work.ledger.rows(
            "SELECT entity, reason, detail, found, needed FROM non_rows "
            "WHERE table_name = ? AND date = ? ORDER BY entity",
            (table, date),
        )
    assert [tuple(r) for r in ours] == state.with_columns(pl.col("date").cast(pl.String)).rows()
    golden = absent.sort("entity").select(
        "entity", "reason", "detail", "games_found", "games_needed"
    )
    assert [tuple(r) for r in entities] == golden.rows()
