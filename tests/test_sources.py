"""The rows that production asks of each upstream table before it processes a date (0.3, 2.3)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from pipelines import basketball as nba
from pipelines.rules import CORRECTED, PRODUCTION
from tests.constructed import (
    back,
    box,
    built,
    cached,
    defense,
    factors,
    game,
    listed,
    one,
    team_box,
    team_listed,
    zones,
)

PDC, PCF, MLFS = "player_daily_cache", "player_composite_factors", "ml_feature_store_v2"
PSZA, TDZA = "player_shot_zone_analysis", "team_defense_zone_analysis"
JANUARY = dt.date(2022, 1, 10)


def fillers(source, count, date):
    """`count` rows of a source for production to count on `date`."""
    teams = sorted(nba.TEAMS)
    make = {
        "player_game_summary": lambda n: box(back(date, 1), f"p{n}"),
        "team_offense_game_summary": lambda n: team_box(back(date, n // 30), teams[n % 30]),
        "upcoming_player_game_context": lambda n: listed(date, f"p{n}"),
        "upcoming_team_game_context": lambda n: team_listed(date, teams[n]),
        PSZA: lambda n: zones(date, f"p{n}", "paint", (50.0, 25.0, 25.0)),
        TDZA: lambda n: defense(date, teams[n]),
        PDC: lambda n: cached(date, f"p{n}"),
        PCF: lambda n: factors(date, f"p{n}", (100, 0.0, 0.0, 0.0)),
    }[source]
    return [make(n) for n in range(count)]


MINIMUMS = {
    PDC: {
        "nba_analytics.player_game_summary": 1000,
        "nba_analytics.team_offense_game_summary": 300,
        "nba_analytics.upcoming_player_game_context": 30,
        f"nba_precompute.{PSZA}": 30,
    },
    PCF: {
        "nba_analytics.upcoming_player_game_context": 20,
        "nba_analytics.upcoming_team_game_context": 5,
        f"nba_precompute.{PSZA}": 20,
        f"nba_precompute.{TDZA}": 5,
    },
    MLFS: {
        f"nba_precompute.{PDC}": 20,
        f"nba_precompute.{PCF}": 20,
        f"nba_precompute.{PSZA}": 20,
        f"nba_precompute.{TDZA}": 20,
    },
}


def state_with(table, counts):
    """State of 10 January with so many rows of each upstream table."""
    tables = {
        name.partition(".")[2]: fillers(name.partition(".")[2], count, JANUARY)
        for name, count in counts.items()
    }
    if table == MLFS:
        tables["upcoming_player_game_context"] = [listed(JANUARY, "p0")]
    schedule = [game(dt.date(2021, 10, 19), "LAL", "BOS"), game(JANUARY, "LAL", "BOS")]
    result = built(table, PRODUCTION, season=2021, nbac_schedule=schedule, **tables)
    return one(result.dates, date=JANUARY)


@pytest.mark.parametrize("table", MINIMUMS)
def test_production_fails_a_date_that_is_short_of_every_upstream_row(table):
    row = state_with(table, {name: count - 1 for name, count in MINIMUMS[table].items()})
    assert row["detail"] == "Missing: " + ", ".join(MINIMUMS[table])
    assert (row["state"], row["category"]) == ("upstream_missing", "MISSING_DEPENDENCIES")
    assert row["can_retry"] is True


@pytest.mark.parametrize(
    ("table", "short"), [(table, name) for table, names in MINIMUMS.items() for name in names]
)
def test_production_names_the_one_upstream_table_that_is_a_row_short(table, short):
    counts = {name: count - (name == short) for name, count in MINIMUMS[table].items()}
    assert state_with(table, counts)["detail"] == f"Missing: {short}"


@pytest.mark.parametrize(
    ("table", "state"),
    [(PDC, "insufficient_history"), (PCF, "ok"), (MLFS, "ok")],  # nobody has played five games
)
def test_production_processes_a_date_with_just_enough_rows(table, state):
    assert state_with(table, MINIMUMS[table])["state"] == state


@pytest.mark.parametrize(
    "rules",
    [replace(PRODUCTION, dependency_minimums=False), replace(CORRECTED, source_hash="run")],
    ids=["no minimums", "sources of the run"],
)
@pytest.mark.parametrize("table", [TDZA, PSZA, PDC, PCF, MLFS])
def test_source_columns_and_minimums_are_two_rules(table, rules):
    schedule = [game(dt.date(2021, 10, 19), "LAL", "BOS"), game(JANUARY, "LAL", "BOS")]
    result = built(table, rules, season=2021, nbac_schedule=schedule)
    assert one(result.dates, date=JANUARY)["state"] == "upstream_missing"
