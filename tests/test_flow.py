"""The road from warehouse to warehouse, simulated: what changes, what stays, and why."""

from __future__ import annotations

import datetime as dt
import io
import shutil
from dataclasses import replace

import polars as pl
import pytest

from nba_local.commands import pushes, road
from nba_local.compute.compute import compute, inputs_of
from nba_local.errors import LedgerError, MissingUpstreamError, PipelineError
from nba_local.report.backfill import backfilled
from nba_local.report.terminal import Report
from nba_local.tables.calendar import Season
from nba_local.tables.homes import default_package
from nba_local.tables.registry import load_registry
from pipelines.simulated import restate
from tests.conftest import slow
from tests.seasons import AUTUMN, PASSING, copied, project_of, store

SEASON = ["2021-22"]
PSZA, TDZA = "player_shot_zone_analysis", "team_defense_zone_analysis"
PCF, MLFS = "player_composite_factors", "ml_feature_store_v2"


@pytest.fixture(scope="module")
def simulated(seasons):
    return seasons.simulated()


@pytest.fixture(scope="module")
def pulled(seasons):
    """The folder of a pulled season and its warehouse, to be copied."""
    return seasons.pulled(AUTUMN).store.root.parent


@pytest.fixture
def work(pulled, tmp_path):
    """A project of its own on copies, the warehouse under the same path for all."""
    shutil.copytree(pulled / "data", tmp_path / "data", ignore=PASSING)
    return project_of(
        tmp_path / "data", f"file://{pulled}/warehouse", target=f"file://{tmp_path}/target"
    )


@pytest.fixture
def done(pulled, seasons, tmp_path):
    """The same, backfilled."""
    target = f"file://{tmp_path}/target"
    warehouse = f"file://{pulled}/warehouse"
    return copied(seasons.backfilled(AUTUMN), tmp_path / "data", warehouse=warehouse, target=target)


def test_second_pull_reads_nothing(work):
    again = road.pull(work, SEASON, [])
    assert sum(t.read_dates for t in again.tables) == 0
    assert not any(t.changed for t in again.tables)


def test_a_pull_reports_copies_and_keeps_them(work, simulated):
    again = road.pull(work, SEASON, [])
    found = {(f.table, f.claim) for t in again.tables for f in t.findings}
    assert ("team_defense_game_summary", "copies") in found
    for table in again.tables:
        rows = simulated.tables[table.table]
        assert table.rows == rows.filter(pl.col("game_date") <= AUTUMN).height


def test_plan_says_why_and_second_backfill_does_nothing(work):
    plan = road.plan(work, SEASON, [PSZA, TDZA])
    assert [(s.table.name, s.reasons[0].code) for s in plan.steps] == [
        (PSZA, "missing"),
        (TDZA, "missing"),
    ]
    first = road.backfill(work, SEASON, [PSZA, TDZA])
    assert [s.table for s in first.steps] == [PSZA, TDZA]
    second = road.backfill(work, SEASON, [PSZA, TDZA])
    assert second.steps == ()
    assert second.run_id is None


def test_a_season_never_pulled_is_missing_upstream(work):
    with pytest.raises(MissingUpstreamError, match=r"2022-23 was never pulled"):
        road.backfill(work, ["2022-23"], [])


@pytest.mark.slow
def test_a_restated_game_recomputes_only_what_it_touches(simulated, pulled, tmp_path):
    shutil.copytree(pulled, tmp_path, ignore=PASSING, dirs_exist_ok=True)
    work = project_of(
        tmp_path / "data", f"file://{tmp_path}/warehouse", target=f"file://{tmp_path}/target"
    )
    road.backfill(work, SEASON, [PSZA, TDZA])
    pushes.push(work, SEASON, [PSZA, TDZA])
    files = published(work)
    restated = restate(simulated)
    store(tmp_path / "warehouse", restated.tables, AUTUMN)
    (date,) = restated.faults[-1].dates

    pull = {t.table: t for t in road.pull(work, SEASON, []).tables}
    assert pull["player_game_summary"].restated == (date,)
    assert not any(t.changed for name, t in pull.items() if name != "player_game_summary")

    plan = {s.table.name: s for s in road.plan(work, SEASON, [PSZA, TDZA]).steps}
    assert plan[PSZA].reasons[0].code == "input_changed"
    assert plan[PSZA].reasons[0].dates == (date,)
    assert not plan[TDZA].is_due

    (step,) = road.backfill(work, SEASON, [PSZA, TDZA]).steps
    assert min(step.changed) > date
    pushed = {t.table: t for t in pushes.push(work, SEASON, [PSZA, TDZA]).tables}
    assert pushed[PSZA].changed == step.changed
    assert pushed[PSZA].new == pushed[PSZA].gone == ()
    assert pushed[TDZA].dates == ()
    untouched = [name for name in files if TDZA in name or "2021-11" in name]
    assert untouched
    assert {n: published(work)[n] for n in untouched} == {n: files[n] for n in untouched}


def published(work):
    """Content and time of change of every published file."""
    root = work.store.root / "published"
    return {
        str(p.relative_to(root)): (p.stat().st_mtime_ns, p.read_bytes())
        for p in sorted(root.rglob("*.parquet"))
    }


def test_push_puts_the_published_rows_into_the_target_once(done):
    work = done
    dry = pushes.plan_push(work, SEASON, [])
    assert dry.push_id is None
    assert not (work.store.root.parent / "target").exists()
    pushed = pushes.push(work, SEASON, [])
    for table in work.registry.features:
        ours = work.store.scan("published", table, [Season(2021)]).collect()
        theirs = pl.read_parquet(
            work.store.root.parent / "target" / table.name / "season=2021.parquet"
        )
        assert theirs.equals(ours)
    assert pushed.verified_rows == sum(t.rows for t in pushed.tables)
    again = pushes.push(work, SEASON, [])
    assert again.push_id is None
    assert all(t.dates == () for t in again.tables)


def test_push_notices_rows_that_somebody_changed_in_the_target(done):
    work = done
    pushes.push(work, SEASON, [])
    file = work.store.root.parent / "target" / TDZA / "season=2021.parquet"
    rows = pl.read_parquet(file)
    day = rows["analysis_date"].max()
    rows.filter(pl.col("analysis_date") != day).write_parquet(file)
    planned = {t.table: t for t in pushes.plan_push(work, SEASON, []).tables}
    assert planned[TDZA].new == (day,)


def test_a_data_folder_holds_one_rule_set(done):
    work = done
    other = project_of(work.store.root, rules="production")
    with pytest.raises(LedgerError, match="holds the rule set `corrected`") as refused:
        road.backfill(other, SEASON, [])
    assert "--rules corrected" in refused.value.hint
    assert "--data" in refused.value.hint


def test_an_altered_published_file_is_written_again(done):
    work = done
    before = published(work)
    file = next((work.store.root / "published" / TDZA).rglob("2021-12.parquet"))
    file.unlink()
    (step,) = road.plan(work, SEASON, []).due
    assert step.reasons[0].code == "file_damaged"
    road.backfill(work, SEASON, [])
    assert {n: c[1] for n, c in published(work).items()} == {n: c[1] for n, c in before.items()}


@pytest.mark.slow
def test_a_date_without_players_is_explained_and_its_neighbors_are_there(simulated, tmp_path):
    """player_game_summary lacks a whole date: the rows after it are written from the others."""
    day, players = dt.date(2021, 12, 8), "player_game_summary"
    rows = simulated.tables[players].filter(pl.col("game_date") != day)
    store(tmp_path / "warehouse", {**simulated.tables, players: rows}, AUTUMN)
    work = project_of(tmp_path / "data", f"file://{tmp_path}/warehouse")
    road.pull(work, SEASON, [])
    road.backfill(work, SEASON, [PSZA])
    found = road.check(work, SEASON, [players])
    named = {f.date for f in found if (f.table, f.claim) == (players, "every_game_date_has_rows")}
    assert named == {day}
    with work.reading() as opened:
        states = opened.ledger.rows(
            "SELECT DISTINCT state FROM partitions WHERE table_name = ?", (PSZA,)
        )
    assert {r["state"] for r in states} == {"ok", "bootstrap", "no_games"}


@pytest.mark.parametrize(
    ("tables", "after"),
    [([PSZA, TDZA, PCF], (PCF,)), slow([], (PCF, MLFS))],
    ids=["three tables", "all tables"],
)
def test_a_blocked_date_is_not_published_and_the_others_are(tables, after, pulled, tmp_path):
    """A claim that one date breaks: that date is quarantined, its rows kept for inspection.

    after: Tables whose rows come of those that it keeps back.
    """
    package = tmp_path / "project" / "pipelines"
    shutil.copytree(default_package(), package, ignore=shutil.ignore_patterns("__pycache__"))
    day = dt.date(2021, 12, 6)
    (package / TDZA / "checks" / "no_sixth_of_december.sql").write_text(
        "-- Nothing is known of 6 December.\n-- severity: block\n-- why: a test.\n"
        f"SELECT team_abbr, analysis_date FROM {TDZA} WHERE analysis_date = DATE '{day}'\n"
    )
    shutil.copytree(pulled / "data", tmp_path / "data", ignore=PASSING)
    work = project_of(tmp_path / "data", target=f"file://{tmp_path}/target")
    # the same modules, with the checks of the copied folder
    work = replace(work, registry=load_registry(package))
    result = {s.table: s for s in road.backfill(work, SEASON, tables).steps}
    assert result[TDZA].blocked == (day,)
    assert result[TDZA].states["quarantined"] == 1
    rows = work.store.scan("published", work.registry.table(TDZA), [Season(2021)]).collect()
    assert day not in set(rows["analysis_date"])
    assert rows["analysis_date"].n_unique() == result[TDZA].states["ok"]
    kept = pl.read_parquet(
        work.store.root / "quarantine" / TDZA / "season=2021" / "no_sixth_of_december.parquet"
    )
    assert kept.height == 30
    with work.reading() as opened:
        for name in after:  # computed ahead from all dates, and again from those published
            table = opened.registry.table(name)
            inputs = inputs_of(opened, table, Season(2021))
            expected = compute(table, inputs, rules=opened.rules, season=Season(2021), today=None)
            there = opened.store.scan("published", table, [Season(2021)]).collect()
            assert there.select(table.compared).equals(expected.rows.select(table.compared)), name
    pushed = {t.table: t for t in pushes.push(work, SEASON, tables).tables}
    assert day not in pushed[TDZA].new
    again = road.backfill(work, SEASON, tables)
    assert again.steps == ()
    held = {step.table.name: step.quarantined for step in again.plan.steps}
    assert {name: days for name, days in held.items() if days} == {TDZA: (day,)}
    said = io.StringIO()
    report = Report(as_json=False)
    report.stream = said
    backfilled(report, again)
    assert f"still quarantined: {TDZA} 1 date: {day}" in said.getvalue()


def test_a_claim_whose_rows_have_no_date_stops_the_run(pulled, tmp_path):
    """It broke, and nobody could tell for which date: nothing may be published."""
    package = tmp_path / "project" / "pipelines"
    shutil.copytree(default_package(), package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / TDZA / "checks" / "undated.sql").write_text(
        "-- Nothing is right.\n-- severity: block\n-- why: a test.\n"
        f"SELECT team_abbr, NULL::DATE AS analysis_date FROM {TDZA}\n"
    )
    shutil.copytree(pulled / "data", tmp_path / "data", ignore=PASSING)
    work = replace(project_of(tmp_path / "data"), registry=load_registry(package))
    with pytest.raises(PipelineError, match="`undated` returns 1,440 rows without a date"):
        road.backfill(work, SEASON, [TDZA])
    assert not (tmp_path / "data" / "published" / TDZA).exists()
