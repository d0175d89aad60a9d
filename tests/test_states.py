"""Every date of every table has one state; a planted defect is the root of what it breaks."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

import polars as pl
import pytest

from nba_local.explain import states
from nba_local.explain.status import expected
from nba_local.explain.tracer import Tracer
from nba_local.tables.calendar import Season
from tests.conftest import slow

SEASON = Season(2021)
SCHEDULE = "nbac_schedule"
PGS, TOGS, TDGS = "player_game_summary", "team_offense_game_summary", "team_defense_game_summary"
UPGC, UTGC = "upcoming_player_game_context", "upcoming_team_game_context"
TDZA, PSZA = "team_defense_zone_analysis", "player_shot_zone_analysis"
PDC, PCF, MLFS = "player_daily_cache", "player_composite_factors", "ml_feature_store_v2"
SOURCES, FEATURES = (PGS, TOGS, TDGS, UPGC, UTGC), (TDZA, PSZA, PDC, PCF, MLFS)


def look(project):
    """The season's states, and a tracer over them."""
    with project.reading() as work:
        season = states.states(work, SEASON)
        tracer = Tracer(work, season)
        roots = {key: tracer.of(*key) for key in season.cells}
    return season, {key: trace for key, trace in roots.items() if trace}


def by_state(cells):
    """States of all cells of a season."""
    return {key: cell.state for key, cell in cells.cells.items()}


@pytest.fixture(scope="module")
def clean(real_season):
    return look(real_season)


@dataclass(frozen=True)
class Real:
    """The real season, or its first weeks: what is found of it, and what is known of it."""

    found: tuple
    days: int
    states: dict[str, int]
    expected: tuple[int, int]
    """Dates on which rows of a feature table and of a source table are due."""
    warned: set[tuple[str, str]]


@pytest.fixture(scope="module", params=["weeks", slow("whole")])
def real(request):
    if request.param == "weeks":  # to 5 December
        found = {"ok": 447, "no_games": 11, "bootstrap": 5 * 14}
        return Real(look(request.getfixturevalue("real_weeks")), 48, found, (33, 47), set())
    # to the last game of the finals
    found = {"ok": 2271, "warned": 2, "no_games": 11 * 28, "bootstrap": 5 * 14}
    return Real(request.getfixturevalue("clean"), 241, found, (199, 213), {(UPGC, "copies")})


def test_every_date_of_the_real_season_has_one_state(real):
    season, _ = real.found
    assert len(season.days) == real.days
    assert len(season.cells) == 11 * real.days
    assert Counter(cell.state for cell in season.cells.values()) == real.states
    assert set(real.states) <= set(states.STATES)


def test_counts_have_denominators(real):
    season, _ = real.found
    for table in season.cells:
        assert season.cells[table].state in states.STATES
    for tables, due in zip((FEATURES, SOURCES), real.expected, strict=True):
        for table in tables:
            assert expected(season.of(table)) == (due, due)
    night = season.cells[PGS, dt.date(2021, 10, 19)]
    assert (night.unit, night.expected, night.found) == ("teams", 4, 4)


def test_nothing_of_the_real_season_is_a_gap(real):
    season, roots = real.found
    assert not [key for key, cell in season.cells.items() if cell.state in states.GAPS]
    assert {(trace.cause.table, trace.cause.what) for trace in roots.values()} == real.warned


def plant(seasons, shared, *switches):
    """A warehouse with planted defects, taken down the road; its manifest and its project."""
    done = seasons.dirty(shared, *switches)
    return done.defects, done.project


def dates(texts):
    return {dt.date.fromisoformat(text) for text in texts}


def raw(project, table):
    with project.reading() as work:
        return work.store.scan("raw", work.registry.table(table), [SEASON])


def games_of(project, team):
    """Dates of a team's games of the league, by the schedule."""
    rows = raw(project, "nbac_schedule").filter(
        pl.any_horizontal(pl.col("home_team_tricode", "away_team_tricode") == team),
        pl.col("is_regular_season") | pl.col("is_playoffs"),
    )
    return set(rows.select("game_date").unique().collect().to_series())


def missing_dates(defect, _setup):
    return {("no_rows", table, ""): dates(days) for table, days in defect.items()}


def team_gap(defect, project):
    days = dates(defect["dates"]) & games_of(project, defect["team"])
    return {("lacks", table, defect["team"]): days for table in SOURCES}


def short_history(defect, project):
    """Only the newest 14 games up to the date are left."""
    until = dt.date.fromisoformat(defect["until"])
    days = sorted(day for day in games_of(project, defect["team"]) if day <= until)
    return {("lacks", TDGS, defect["team"]): set(days[:-14])}


def not_ready(_defect, project):
    found = {}
    for table in SOURCES:
        rows = raw(project, table).filter(~pl.col("is_production_ready"))
        if table == UPGC:  # a thin history explains itself
            windows = [f"l{n}_completeness_pct" for n in ("5", "10", "7d", "14d", "30d")]
            issues = pl.col("data_quality_issues").list.len() > 0
            rows = rows.filter(issues | (pl.min_horizontal(windows) >= 90))
        days = set(rows.select("game_date").unique().collect().to_series())
        found["claim", table, "rows_are_production_ready"] = days
    return found


NO_ZONES = [dt.date(2022, 4, 12), dt.date(2022, 4, 13), dt.date(2022, 4, 15)]
"""The play-in, whose team tables have no zones anyway."""


def null_snapshot(_defect, project):
    """Emptied are zones and what is made of them on every date; contexts lost their flags too."""
    emptied = {TDGS: "opp_paint_attempts", TOGS: "team_paint_attempts"}
    found = {}
    for table, column in emptied.items():
        play_in = pl.col("game_date").is_in(NO_ZONES)
        rows = raw(project, table).group_by("game_date").agg(pl.col(column).is_not_null().mean())
        days = rows.filter(pl.col(column) < 0.1, ~play_in).select("game_date").collect()
        found["claim", table, "columns_are_filled"] = set(days.to_series())
    return {
        **found,
        ("claim", PGS, "columns_are_filled"): None,
        ("claim", UTGC, "columns_are_filled"): None,
        ("claim", UPGC, "columns_are_filled"): None,
        ("claim", UPGC, "back_to_back_means_played_yesterday"): None,
    }


def restated(defect, _setup):
    return {("claim", PGS, "dates_are_written_in_order"): dates([defect["date"]])}


def mode_drift(defect, project):
    found = {}
    for table, column in defect.items():
        rows = raw(project, table).filter(pl.col(column).is_null()).select("game_date").unique()
        found["claim", table, "required_is_null"] = set(rows.collect().to_series())
    return found


def swapped_ids(_defect, _setup):
    claim = "home_and_away_agree_with_schedule"
    return {("claim", table, claim): None for table in (TOGS, TDGS)}


def copies(table, key, project):
    rows = raw(project, table).select("game_date", key)
    days = rows.group_by("game_date", key).len().filter(pl.col("len") > 1)
    return {("claim", table, "copies"): set(days.select("game_date").collect().to_series())}


def team_copies(_defect, project):
    keys = {TOGS: "team_abbr", TDGS: "defending_team_abbr"}
    return {k: v for table, key in keys.items() for k, v in copies(table, key, project).items()}


def context_copies(_defect, project):
    return copies(UPGC, "player_lookup", project)


@pytest.mark.parametrize(
    "planted",
    [
        slow((missing_dates,)),
        slow((null_snapshot,)),
        slow((team_gap, short_history)),
        slow((not_ready,)),
        slow((restated, mode_drift, swapped_ids)),
        slow((team_copies, context_copies)),
    ],
    ids=lambda planted: "+".join(defect.__name__ for defect in planted),
)
def test_a_planted_defect_is_the_root_of_what_it_breaks(planted, seasons, shared, clean):
    """Sources are broken on the planted dates and no others; what changed has a planted root."""
    manifest, project = plant(seasons, shared, *(defect.__name__ for defect in planted))
    season, roots = look(project)
    as_planted = {}
    for defect in planted:
        as_planted |= defect(manifest[defect.__name__], project)
    before, after = by_state(clean[0]), by_state(season)
    assert before.keys() == after.keys()
    broken = {key for key in after if after[key] != before[key]}
    found = {}
    for key, trace in roots.items():
        cause = trace.cause
        found.setdefault((cause.kind, cause.table, cause.what), set()).add(key)
    copied = ("claim", UPGC, "copies")  # the clean season has some on two dates
    if context_copies not in planted:
        assert found.pop(copied) == set(clean[1])
    else:
        broken |= set(clean[1])
    assert found.keys() == as_planted.keys()
    assert set.union(*found.values()) == broken
    for (kind, table, what), days in as_planted.items():
        if days is not None:
            here = {(name, day) for name, day in found[kind, table, what] if name == table}
            due = {(table, day) for day in days} & season.cells.keys()
            assert here == (due if (kind, table, what) == copied else due - clean[1].keys())


@pytest.mark.slow
def test_games_of_other_sides_are_a_state_of_their_own(seasons, shared, clean):
    manifest, project = plant(seasons, shared, "all_star")
    season, roots = look(project)
    other = {key for key, cell in season.cells.items() if cell.state == states.OTHER_GAMES}
    days = dates(["2022-02-18", "2022-02-20"])
    tables = {name for name, _ in season.cells} - {SCHEDULE}
    assert other == {(table, day) for table in tables for day in days}
    # the schedule itself has rows there, and its own claim names them
    warned = {(SCHEDULE, day) for day in days}
    assert {season.cells[key].detail for key in warned} == {"teams_are_among_the_30"}
    named = {code for day in season.days for code in day.others.split()}
    assert named == set(manifest["all_star"]["codes"])
    assert roots.keys() == clean[1].keys() | warned


@pytest.mark.slow
def test_all_defects_at_once_leave_no_cell_without_state_or_root(seasons, shared):
    _, project = plant(seasons, shared)
    season, roots = look(project)
    found = Counter(cell.state for cell in season.cells.values())
    assert sum(found.values()) == 11 * 241
    fine = {"ok", *states.EMPTY_AS_IT_SHOULD}
    assert roots.keys() == {key for key, cell in season.cells.items() if cell.state not in fine}
    # all of it comes from the sources, and nothing is left unexplained
    assert {trace.cause.table for trace in roots.values()} <= {*SOURCES, SCHEDULE}
    assert {trace.cause.kind for trace in roots.values()} == {"no_rows", "lacks", "claim"}
