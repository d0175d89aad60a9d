"""Games that the schedule has lost: they are due, and missing, and never without a word."""

from __future__ import annotations

import datetime as dt

import duckdb
import polars as pl
import pytest

from nba_local.storage.duck import set_variables
from nba_local.tables.calendar import Interval, Season
from pipelines import basketball as nba
from pipelines.expected import expected
from pipelines.rules import CORRECTED, PRODUCTION
from tests.conftest import slow
from tests.constructed import REGISTRY, box, built, frame, game, listed, one, team_box

MLFS, PDC, PCF = "ml_feature_store_v2", "player_daily_cache", "player_composite_factors"
PSZA, TDZA = "player_shot_zone_analysis", "team_defense_zone_analysis"
SCHEDULE, PGS, UPGC = "nbac_schedule", "player_game_summary", "upcoming_player_game_context"
OPENING, TODAY = dt.date(2021, 10, 19), dt.date(2022, 7, 1)
NEVER = {"is_regular_season": None, "is_playoffs": None, "is_all_star": None}


def day(n):
    return dt.date(2021, 12, n)


def box_scores(*days):
    """Box scores of ann and amy of LAL, and of bob and ben of BOS."""
    us, them = ("ann", "amy"), ("bob", "ben")
    return [
        box(date, name, team_abbr=team, opponent_team_abbr=other)
        for date in days
        for team, other, names in (("LAL", "BOS", us), ("BOS", "LAL", them))
        for name in names
    ]


def season_of(*days, **changed):
    """The schedule of LAL and BOS; `changed` is what it says of the third of December."""
    games = [game(date, "LAL", "BOS") for date in days if date != day(3)]
    if changed:
        games.append(game(day(3), "LAL", "BOS", **changed))
    return [game(OPENING, "UTA", "OKC", data_hash="newer"), *games]


DAYS = [day(n) for n in range(1, 7)]
LOST = {
    "gone": {},
    "one team twice": {"home_team_tricode": "BOS"},
    "no team": {"home_team_tricode": None},
    "nobody says whether it is of the league": NEVER,
    "the id of another game": {"game_id": f"{OPENING}-UTA"},
}


@pytest.mark.parametrize("changed", LOST.values(), ids=LOST)
def test_a_game_that_the_schedule_lost_is_due_and_missing_on_later_dates(changed):
    schedule = [*season_of(*DAYS, **changed), game(day(8), "LAL", "BOS")]
    inputs = {"player_game_summary": box_scores(*DAYS), SCHEDULE: schedule}
    result = built(PSZA, CORRECTED, season=2021, today=TODAY, **inputs)
    row = one(result.rows, player_lookup="ann", analysis_date=day(8))
    assert row["games_in_sample_10"] == 5  # its box scores count nowhere (A1)
    assert (row["expected_games_count"], row["missing_games_count"]) == (6, 1)
    assert row["data_quality_issues"] == ["own_data_incomplete"]
    state = one(result.dates, date=day(3))
    assert (state["state"], state["detail"]) == ("upstream_missing", SCHEDULE)


def of_every_table():
    """Rows of the eighth, on which LAL and BOS are to play, of each table: of ann, or of LAL."""
    defense = [
        {"defending_team_abbr": team, "opponent_team_abbr": other, "game_date": date}
        for date in DAYS
        for team, other in (("LAL", "BOS"), ("BOS", "LAL"))
    ]
    given = {
        SCHEDULE: [*season_of(*DAYS), game(day(8), "LAL", "BOS", final=False)],
        PGS: box_scores(*DAYS),
        UPGC: [listed(day(8), "ann")],
        "team_offense_game_summary": [team_box(date, "LAL") for date in DAYS],
        "team_defense_game_summary": defense,
    }
    for name in (PSZA, TDZA, PDC, PCF, MLFS):
        table = REGISTRY.table(name)
        inputs = {source: rows for source, rows in given.items() if source in table.inputs}
        rows = built(name, CORRECTED, season=2021, today=day(8), **inputs).rows
        who = "LAL" if name == TDZA else "ann"
        yield rows.filter(pl.col(table.partition_by) == day(8), pl.col(table.entity) == who)


def test_it_is_due_in_every_table():
    rows = [row for frame in of_every_table() for row in frame.rows(named=True)]
    assert [row["missing_games_count"] for row in rows] == [1] * 5
    assert all(row["data_quality_issues"] for row in rows)
    (cache,) = (row for row in rows if "source_team_offense_completeness_pct" in row)
    assert float(cache["source_team_offense_completeness_pct"]) == pytest.approx(83.33)


def test_an_exhibition_and_a_copy_are_no_lost_games():
    """A cup final, and box scores of a date that lie under the next one too, in which BOS plays."""
    cup = season_of(*DAYS, is_regular_season=False)
    copies = [row | {"game_date": day(7)} for row in box_scores(day(6))]
    schedule = [*cup, game(day(7), "DEN", "BOS"), game(day(8), "LAL", "BOS")]
    result = built(
        PSZA, CORRECTED, season=2021, today=TODAY, nbac_schedule=schedule,
        player_game_summary=[*box_scores(*DAYS), *copies],
    )  # fmt: skip
    row = one(result.rows, player_lookup="ann", analysis_date=day(8))
    assert (row["expected_games_count"], row["missing_games_count"]) == (5, 0)


def test_a_lost_game_is_a_game_of_its_date():
    sources = {table.name: frame(table.name, []) for table in REGISTRY.sources}
    sources |= {
        SCHEDULE: frame(SCHEDULE, season_of(*DAYS)),
        PGS: frame(PGS, box_scores(*DAYS)),
    }
    wanted = expected(sources, season=2021, today=None)
    dates = {row["date"]: row for row in wanted.dates.collect().rows(named=True)}
    assert (dates[day(3)]["games"], dates[day(3)]["over"]) == (1, 1)
    assert (dates[day(2)]["games"], dates[day(2)]["over"]) == (1, 1)


# who has no row because the row upstream counts nowhere


def reasons(name, schedule, **inputs):
    result = built(name, CORRECTED, season=2021, today=TODAY, nbac_schedule=schedule, **inputs)
    rows = result.non_rows.filter(pl.col("date") == day(6)).select("entity", "reason").rows()
    return dict(rows)


def test_who_has_a_box_score_that_was_set_aside_did_not_sit_out():
    rows = box_scores(*DAYS)
    wrong = [
        {"player_lookup": "ann", "points": 10**7},
        {"player_lookup": "amy", "game_id": f"{day(5)}-LAL"},
    ]
    changes = {change["player_lookup"]: change for change in wrong}
    rows = [
        row | (changes.get(row["player_lookup"], {}) if row["game_date"] == day(6) else {})
        for row in rows
    ]
    names = ("ann", "amy", "abe")
    found = reasons(
        MLFS,
        season_of(*DAYS, game_status=nba.FINAL),
        player_game_summary=[*rows, box(day(6), "al")],
        upcoming_player_game_context=[listed(day(6), name) for name in names],
    )
    assert found == {"ann": "row_set_aside", "amy": "row_set_aside", "abe": "did_not_play"}


@pytest.mark.parametrize("name", [PDC, PCF])
def test_who_has_a_context_that_was_set_aside_is_not_said_to_have_none(name):
    contexts = [listed(date, "ann") for date in DAYS]
    contexts.append(listed(day(6), "ann", universal_player_id="other_001", team_abbr="BOS"))
    found = reasons(
        name,
        season_of(*DAYS, game_status=nba.FINAL),
        player_game_summary=box_scores(*DAYS),
        upcoming_player_game_context=contexts,
    )
    assert (found["ann"], found["amy"]) == ("row_set_aside", "upstream_missing")


@pytest.mark.parametrize("name", [None, slow(""), slow("  ")])
def test_a_row_without_a_name_counts_nowhere(name):
    rows = [*box_scores(*DAYS), *(box(date, name) for date in DAYS)]
    told = nba.games_of(frame(PGS, rows), "player_lookup", "team_abbr", CORRECTED).collect()
    assert set(told["player_lookup"]) == {"ann", "amy", "bob", "ben"}
    every = nba.games_of(frame(PGS, rows), "player_lookup", "team_abbr", PRODUCTION).collect()
    assert every.height == len(rows)
    sources = {table.name: frame(table.name, []) for table in REGISTRY.sources}
    sources |= {
        SCHEDULE: frame(SCHEDULE, season_of(*DAYS)),
        PGS: frame(PGS, rows),
        UPGC: frame(UPGC, [listed(day(6), "amy"), listed(day(6), name)]),
    }
    missing = expected(sources, season=2021, today=None).missing.collect()
    assert missing["entity"].null_count() == 0
    assert "ann" in missing.filter(pl.col("unit") == "players")["entity"]


# claims about the schedule


def found_by(claim, schedule, boxes=()):
    """Dates that a claim about the schedule finds."""
    table = REGISTRY.table(SCHEDULE)
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    tables = {
        SCHEDULE: schedule,
        PGS: boxes,
        "team_offense_game_summary": (),
        "team_defense_game_summary": (),
    }
    for name, rows in tables.items():
        con.register(name, frame(name, list(rows)).collect().to_arrow())
    dates = Interval(dt.date(2021, 10, 1), dt.date(2022, 10, 1))
    set_variables(con, CORRECTED, table, Season(2021), dates)
    (check,) = (check for check in table.checks if check.claim == claim)
    rows = con.execute(check.sql).fetchall()
    column = [name for name, *_ in con.description].index("game_date")
    return sorted({row[column] for row in rows})


@pytest.mark.parametrize("changed", LOST.values(), ids=LOST)
def test_box_scores_without_a_game_are_named(changed):
    schedule, boxes = season_of(*DAYS, **changed), box_scores(*DAYS)
    assert found_by("box_scores_have_a_game", schedule, boxes) == [day(3)]
    assert found_by("box_scores_have_a_game", season_of(*DAYS, is_playoffs=True), boxes) == []


def test_a_schedule_without_any_game_of_the_league_is_named():
    schedule = [row | NEVER for row in season_of(*DAYS, game_status=3)]
    assert found_by("box_scores_have_a_game", schedule, box_scores(*DAYS)) == DAYS
    assert found_by("league_games_can_be", schedule) == [OPENING, *DAYS]
    exhibitions = [row | {"is_regular_season": False} for row in schedule[1:]]
    assert found_by("games_of_teams_are_of_the_league", exhibitions, box_scores(*DAYS)) == DAYS


def test_one_exhibition_of_many_games_is_none_of_the_leagues():
    days = [OPENING + dt.timedelta(days=n) for n in range(1, 40)]
    schedule = [game(date, "LAL", "BOS") for date in days]
    schedule[7]["is_regular_season"] = False
    assert found_by("games_of_teams_are_of_the_league", schedule, box_scores(*days)) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"home_team_tricode": "BOS"},
        {},
        NEVER,
        {"game_id": f"{day(4)}-LAL", "home_team_tricode": "DEN"},
    ],
)
def test_a_game_that_cannot_be_is_named(changed):
    schedule = [*season_of(*DAYS, game_status=3), game(day(3), "MIA", "BOS") | changed]
    found = found_by("league_games_can_be", schedule)
    assert day(3) in found
    again = [*season_of(*DAYS, game_status=3), game(day(3), "LAL", "BOS", game_id="again")]
    assert found_by("league_games_can_be", again) == []


@pytest.mark.parametrize("code", [None, "", "BRK"])
def test_a_team_that_nobody_knows_is_named(code):
    schedule = season_of(*DAYS, home_team_tricode=code)
    assert found_by("league_games_are_between_the_30", schedule) == [day(3)]


def test_a_season_without_a_regular_season_is_named():
    claim = "a_season_has_an_opening_night"
    playoffs = {"is_regular_season": False, "is_playoffs": True}
    schedule = season_of(*DAYS, game_status=3)
    assert found_by(claim, [row | playoffs for row in schedule]) == [OPENING, *DAYS]
    assert found_by(claim, [*schedule[:-1], schedule[-1] | playoffs]) == []
