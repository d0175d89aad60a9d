"""Dates whose sources break a blocking claim: nothing new of them is published."""

from __future__ import annotations

import datetime as dt
import io

import polars as pl
import pytest

from nba_local.commands.proofs import parity
from nba_local.commands.road import check, plan
from nba_local.compute import sources
from nba_local.compute.held import Held, held_dates, is_checked, unchecked
from nba_local.report.findings import agreed
from nba_local.report.terminal import Report
from nba_local.storage import queries
from nba_local.tables.calendar import Bounds, Season
from tests.small_road import DAYS, SEASON, Road, games

YEAR = Season(2021)
WRONG = DAYS[7]
SO_FAR = "SELECT team, day, sum({}) OVER (PARTITION BY team ORDER BY day) AS mean FROM {}"
ORACLES = {"form": SO_FAR.format("points::DOUBLE", "games"), "rank": SO_FAR.format("mean", "form")}


@pytest.fixture
def road(tmp_path):
    return Road(tmp_path)


def of(rows, day):
    return rows.filter(pl.col("day") == day).sort("team")["mean"].to_list()


def states(road, table):
    with road.project().reading() as work:
        rows = work.ledger.rows(
            "SELECT date, state, detail FROM partitions WHERE table_name = ?", (table,)
        )
    return {dt.date.fromisoformat(r["date"]): (r["state"], r["detail"]) for r in rows}


def held(road):
    with road.project().reading() as work:
        return held_dates(work, YEAR)


def test_a_pull_runs_the_claims_of_its_sources(road):
    road.put(games({("ATL", WRONG): 10_000_000}))
    pulled = road.pull()
    assert [(f.claim, f.date, f.rows) for f in pulled.claims] == [("points_possible", WRONG, 1)]
    assert held(road) == {
        WRONG: Held("games", "points_possible", "A team scores between 0 and 300 points.")
    }


def test_claims_run_again_only_where_rows_or_claims_changed(road):
    road.put(games({("ATL", WRONG): 10_000_000}))
    assert road.pull().claims
    assert road.pull().claims == ()  # known, and still held
    assert held(road)
    checks = road.package.folder / "games" / "checks" / "points_possible.sql"
    checks.write_text(checks.read_text().replace("300", "20000000"))
    with road.project().reading() as work:
        assert not is_checked(work, work.registry.table("games"), YEAR)
    road.backfill()  # runs what no pull ran
    assert held(road) == {}


def test_a_held_date_keeps_what_was_published_of_it_in_every_feature_table(road):
    road.pull()
    road.backfill()
    before = {table: road.published(table) for table in ("form", "rank")}
    road.put(games({("ATL", WRONG): 10_000_000, ("BOS", DAYS[3]): 7}))
    road.pull()
    done = road.backfill()
    for step in done.steps:
        assert step.blocked == (WRONG,)
        after = road.published(step.table)
        assert of(after, WRONG) == of(before[step.table], WRONG)
        assert of(after, DAYS[3]) != of(before[step.table], DAYS[3])
        state, detail = states(road, step.table)[WRONG]
        assert state == "quarantined"
        assert "games: points_possible" in detail


def test_nothing_is_published_of_a_held_date_that_was_never_published(road):
    road.put(games({("ATL", WRONG): -4}))
    road.pull()
    road.backfill()
    for table in ("form", "rank"):
        assert of(road.published(table), WRONG) == []
    assert states(road, "form")[WRONG][0] == "quarantined"
    assert len(road.published("form")) == len(games()) - 2


def test_of_a_held_date_only_what_was_found_of_its_rows_is_on_record(tmp_path):
    road = Road(tmp_path, large="-- No mean.\n-- severity: warn\nSELECT * FROM form\n")
    road.put(games({("ATL", DAYS[3]): -4}))  # from the beginning: it never had rows
    road.pull()
    (form, _) = road.backfill().steps
    assert {f.date for f in form.findings} == set(DAYS) - {DAYS[3]}
    road.put(games({("ATL", DAYS[3]): -4, ("ATL", WRONG): 10_000_000}))
    road.pull()
    (form, _) = road.backfill().steps
    assert {f.date for f in form.findings} == set(DAYS) - {DAYS[3], WRONG}
    with road.project().reading() as work:
        rows = work.ledger.rows("SELECT date, sample FROM findings WHERE table_name = 'form'")
    samples = {dt.date.fromisoformat(row["date"]): row["sample"] for row in rows}
    assert set(samples) == set(DAYS) - {DAYS[3]}
    assert "10000" not in samples[WRONG]
    assert "10000" in samples[DAYS[8]]


def test_once_the_source_is_right_the_date_is_published_and_all_is_as_never_held(road, tmp_path):
    road.put(games({("ATL", WRONG): -4}))
    road.pull()
    road.backfill()
    road.put(games())
    road.pull()
    reasons = {r.code for step in plan(road.project(), [SEASON], []).due for r in step.reasons}
    assert "held_changed" in reasons
    road.backfill()
    (tmp_path / "other").mkdir()
    other = Road(tmp_path / "other")
    other.pull()
    other.backfill()
    for table in ("form", "rank"):
        assert road.published(table).equals(other.published(table))
        assert {state for state, _ in states(road, table).values()} == {"ok"}


def test_a_held_date_stays_held_when_nothing_is_due(road):
    road.put(games({("ATL", WRONG): -4}))
    road.pull()
    road.backfill()
    again = road.backfill()
    assert again.steps == ()
    assert again.plan.steps[0].quarantined == (WRONG,)


def test_a_warning_about_a_source_holds_nothing(road):
    checks = road.package.folder / "games" / "checks" / "points_possible.sql"
    checks.write_text(checks.read_text().replace("block", "warn"))
    road.put(games({("ATL", WRONG): -4}))
    assert road.pull().claims
    assert held(road) == {}
    assert {step.blocked for step in road.backfill().steps} == {()}


def test_check_gives_the_same_findings_and_the_mark_that_it_ran(road):
    road.put(games({("ATL", WRONG): -4}))
    pulled = road.pull()
    found = check(road.project(), [SEASON], ["games"])
    assert found == pulled.claims
    with road.project().reading() as work:
        assert unchecked(work, [YEAR]) == []


def test_a_pull_says_which_dates_a_backfill_will_hold(road, capsys):
    from nba_local.report.road import pulled

    road.put(games({("ATL", WRONG): -4}))
    result = road.pull()
    report = Report(as_json=False)
    pulled(report, result)
    text = capsys.readouterr().out
    assert f"block: games.points_possible does not hold: 1 date: {WRONG}" in text


def agreements(road):
    """What `check --oracle` says of both feature tables, and its words."""
    for table, query in ORACLES.items():
        (road.package.folder / table / "oracle.sql").write_text(query)
    found = parity(road.project(), [SEASON], [])
    report = Report(as_json=False)
    report.stream = io.StringIO()
    agreed(report, found)
    return {p.table: p for p in found}, report.stream.getvalue()


def test_the_oracle_leaves_out_dates_that_a_claim_of_a_source_holds_back(road):
    road.pull()
    road.backfill()
    found, words = agreements(road)
    assert [(p.agrees, p.held, p.rows) for p in found.values()] == [(True, (), len(games()))] * 2
    assert "not compared" not in words
    road.put(games({("ATL", WRONG): 10_000_000, ("BOS", DAYS[3]): 7}))
    road.pull()
    road.backfill()
    found, words = agreements(road)
    assert found["form"].agrees
    assert found["form"].held == (WRONG,)
    assert found["form"].rows == len(games()) - 2
    assert found["rank"].agrees
    assert words.count(f"not compared, held back by a claim: 1 date: {WRONG}") == 2


def test_the_oracle_leaves_out_dates_that_a_claim_of_the_table_holds_back(tmp_path):
    beyond = "-- No mean.\n-- severity: block\nSELECT * FROM form WHERE day = DATE '{}'\n"
    road = Road(tmp_path, none=beyond.format(WRONG))
    road.pull()
    road.backfill()
    found, _ = agreements(road)
    assert found["form"].agrees
    assert found["form"].held == (WRONG,)


def test_what_the_oracle_finds_on_other_dates_is_still_found(road):
    road.put(games({("ATL", WRONG): -4}))
    road.pull()
    road.backfill()
    (road.package.folder / "form" / "oracle.sql").write_text(
        f"SELECT * REPLACE (mean + 1 AS mean) FROM ({ORACLES['form']})"
    )
    (form,) = parity(road.project(), [SEASON], ["form"])
    assert form.mismatched == {"mean": len(games()) - 2}
    assert form.held == (WRONG,)


SETTABLE = """
import dataclasses
@dataclasses.dataclass(frozen=True)
class Settings:
    bootstrap_days: int = 0
    most: int = 300
@dataclasses.dataclass(frozen=True)
class Rules:
    name: str = "plain"
    lookback_seasons: int = 0
    settings: Settings = Settings()
    @property
    def sources(self):
        return {"games": self.settings}
    def of(self, table):
        return self.settings
    def override(self, table, key, value):
        return dataclasses.replace(self, settings=Settings(most=int(value)))
PRESETS = {"plain": Rules()}
"""


def test_the_claims_of_sources_run_again_under_other_settings(road):
    (road.package.folder / "rules.py").write_text(SETTABLE)
    checks = road.package.folder / "games" / "checks" / "points_possible.sql"
    checks.write_text(checks.read_text().replace("300", "getvariable('most')"))
    road.put(games({("ATL", WRONG): 350}))
    assert road.pull().claims
    lenient = road.project(settings=["games.most=400"])
    with lenient.reading() as work:
        assert [t.name for t, _ in unchecked(work, [YEAR])] == ["games"]
    with lenient.writing("check") as work:
        assert sources.check_sources(work, [YEAR], "run") == ()
        assert unchecked(work, [YEAR]) == []
    assert held(road) == {}
    assert road.pull().claims  # with the settings as they were
    assert held(road)


def test_the_claims_of_sources_run_again_where_the_bounds_of_the_season_moved(road):
    checks = road.package.folder / "games" / "checks" / "points_possible.sql"
    inside = " AND day >= getvariable('season_start')"
    checks.write_text(checks.read_text() + inside)
    road.put(games({("ATL", WRONG): -4}))
    road.pull()
    with road.project().writing("check") as work:
        queries.keep_bounds(work.ledger, Bounds({2021: DAYS[9]}, {}))
        assert [t.name for t, _ in unchecked(work, [YEAR])] == ["games"]
