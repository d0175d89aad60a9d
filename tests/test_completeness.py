"""Which box scores are due, which are there, and what a row says about it (C1 to C7)."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass

import duckdb
import polars as pl
import pytest

from pipelines import basketball as nba
from pipelines import completeness
from pipelines.rules import CORRECTED
from tests.constructed import (
    REGISTRY,
    back,
    box,
    built,
    defense,
    frame,
    game,
    listed,
    one,
    team_listed,
    zones,
)

PDC, PCF, MLFS = "player_daily_cache", "player_composite_factors", "ml_feature_store_v2"
PSZA, TDZA = "player_shot_zone_analysis", "team_defense_zone_analysis"
WINDOWS = tuple(f"{window}_completeness_pct" for window in ("l5", "l10", "l7d", "l14d"))
COMPLETE = tuple(f"{window}_is_complete" for window in ("l5", "l10", "l7d", "l14d"))
JANUARY = dt.date(2022, 1, 10)
OPENING = dt.date(2021, 10, 19)


def counted(date, games, rows, *windows, player="he", team="LAL"):
    """Expected and actual box scores of `player` before `date`, a pair per window.

    games: Rows of the schedule. rows: `(date, player, team)` of box scores.
    """
    schedule = [game(OPENING, "UTA", "OKC"), *games]
    boxes = pl.LazyFrame(
        rows,
        schema={"game_date": pl.Date, "player_lookup": pl.String, "team": pl.String},
        orient="row",
    )
    grid = pl.LazyFrame({"date": [date], "player_lookup": [player], "team": [team]})
    league = nba.league_games(frame("nbac_schedule", schedule), 2021)
    row = completeness.of_players(grid, league, boxes, *windows).collect().row(0, named=True)
    return [(row[window.expected], row[window.actual]) for window in windows]


L5, L10, L7D, L14D = completeness.L5, completeness.L10, completeness.L7D, completeness.L14D


def day(n):
    """The n-th day of December."""
    return dt.date(2021, 12, n)


def finals(days, home, away):
    """Final games of two teams on days of December."""
    return [game(day(n), home, away) for n in days]


def test_a_player_who_sits_out_misses_no_data():
    games = finals(range(1, 11), "LAL", "BOS")
    rows = [(day(n), "mate", "LAL") for n in range(1, 11)] + [(day(1), "he", "LAL")]
    assert counted(day(11), games, rows, L5, L10, L7D, L14D) == [(5, 5), (10, 10), (7, 7), (10, 10)]


def test_a_box_score_that_is_not_there_is_missing_for_all_its_team():
    games = finals(range(1, 11), "LAL", "BOS")
    rows = [(day(n), who, "LAL") for n in range(1, 11) if n != 8 for who in ("he", "mate")]
    rows += [(day(n), "rival", "BOS") for n in range(1, 11)]
    expected = [(5, 4), (10, 9), (7, 6), (10, 9)]
    assert counted(day(11), games, rows, L5, L10, L7D, L14D) == expected
    assert counted(day(11), games, rows, L5, L10, L7D, L14D, player="mate") == expected
    assert counted(day(11), games, rows, L5, player="rival", team="BOS") == [(5, 5)]


def test_c3_after_a_trade_the_games_of_both_teams_are_due_each_in_its_time():
    """BKN plays on 1 to 9, PHI on even days; he has rows for BKN to 3 and for PHI from 6."""
    games = finals(range(1, 10), "BKN", "BOS")
    games += finals(range(2, 10, 2), "PHI", "MIA")
    rows = [(day(n), "he", "BKN") for n in (1, 3)] + [(day(6), "he", "PHI")]
    rows += [(day(n), "nets", "BKN") for n in range(1, 10)]
    rows += [(day(n), "sixers", "PHI") for n in range(2, 10, 2)]
    # BKN 1 2 3 4 5, then PHI 6 8
    assert counted(day(10), games, rows, L5, L10, L7D) == [(5, 5), (7, 7), (5, 5)]
    without_bkn_4 = [row for row in rows if row[::2] != (day(4), "BKN")]
    assert counted(day(10), games, without_bkn_4, L5, L10) == [(5, 4), (7, 6)]
    # and what BKN lacks once he has left is not his
    without_bkn_7 = [row for row in rows if row[::2] != (day(7), "BKN")]
    assert counted(day(10), games, without_bkn_7, L10) == [(7, 7)]


def test_c3_a_row_of_the_date_itself_does_not_count():
    games = finals(range(1, 6), "BKN", "BOS") + finals([4], "PHI", "MIA")
    rows = [(day(n), "he", "BKN") for n in range(1, 5)] + [(day(5), "he", "PHI")]
    assert counted(day(5), games, rows, L5, team="PHI") == [(4, 4)]


def test_c3_before_his_first_row_a_player_was_on_the_team_of_that_row():
    games = finals(range(1, 6), "BKN", "BOS")
    rows = [(day(4), "he", "BKN")] + [(day(n), "nets", "BKN") for n in range(1, 6)]
    assert counted(day(6), games, rows, L5, team="PHI") == [(5, 5)]


def test_c3_a_player_without_any_row_before_the_date_is_on_the_team_that_lists_him():
    games = finals(range(1, 6), "PHI", "BOS")
    rows = [(day(n), "sixers", "PHI") for n in range(1, 5)]  # the box score of 5 is not there
    assert counted(day(6), games, rows, L5, team="PHI") == [(5, 4)]
    later = [*rows, (day(7), "he", "BKN")]  # his first row is after the date
    assert counted(day(6), games, later, L5, team="PHI") == [(5, 4)]
    assert counted(day(6), games, rows, L5, team="MIA") == [(0, 0)]


def test_a_row_without_minutes_tells_the_team_too():
    unused = {"team_abbr": "PHI", "minutes_played": 0.0, "points": 0, "is_active": False}
    result = built(
        PCF,
        CORRECTED,
        season=2021,
        nbac_schedule=[
            game(OPENING, "UTA", "OKC"),
            *finals([1, 2], "PHI", "BOS"),
            *finals([3], "LAL", "BOS"),
        ],
        player_game_summary=[box(day(1), "he", **unused)],
        upcoming_player_game_context=[listed(day(3), "he")],
    )
    row = one(result.rows, player_lookup="he")
    assert (row["expected_games_count"], row["actual_games_count"]) == (2, 1)


def test_day_windows_end_the_day_before_and_begin_n_days_before():
    games = finals((6, 7, 12, 13, 19, 20), "LAL", "BOS")
    rows = [(day(n), "he", "LAL") for n in (6, 7, 12, 13, 19, 20)]
    assert counted(day(20), games, rows, L7D, L14D) == [(2, 2), (5, 5)]  # 13 19; 6 7 12 13 19
    assert counted(day(21), games, rows, L7D, L14D) == [(2, 2), (5, 5)]  # 19 20; 7 12 13 19 20


def test_a_break_expects_nothing_and_does_not_block_a_cache_row():
    """Ex 9, constructed: ten games that end ten days before the date."""
    games = [back(JANUARY, n) for n in range(10, 20)]
    result = built(
        PDC,
        CORRECTED,
        season=2021,
        nbac_schedule=[
            game(OPENING, "UTA", "OKC"),
            *(game(date, "LAL", "BOS") for date in (*games, JANUARY)),
        ],
        player_game_summary=[box(date, "he") for date in games],
        upcoming_player_game_context=[listed(JANUARY, "he")],
        player_shot_zone_analysis=[zones(JANUARY, "he")],
    )
    row = one(result.rows, cache_date=JANUARY)
    assert [row[name] for name in WINDOWS] == [100.0, 100.0, None, 100.0]
    assert [row[name] for name in COMPLETE] == [True, True, False, True]
    assert (row["all_windows_complete"], row["is_production_ready"]) == (False, True)
    assert row["data_quality_issues"] == []


def test_a_final_of_last_season_in_july_is_not_due():
    """The playoffs of 2020-21 ended on 20 July 2021, within the dates of 2021-22."""
    july = game(dt.date(2021, 7, 20), "LAL", "BOS")
    july |= {"is_regular_season": False, "is_playoffs": True}
    games, rows = [july, *finals([1], "LAL", "BOS")], [(day(1), "he", "LAL")]
    assert counted(day(2), games, rows, L5, L10) == [(1, 1), (1, 1)]


# ---- a star who rests, and a box score that is not there


VISITING = {"team_abbr": "BOS", "opponent_team_abbr": "LAL"}


@dataclass(frozen=True)
class December:
    """LAL against BOS every other day: a star, his teammate and a rival.

    The star rests in the last three games. Defense and team contexts are there and ready.
    """

    lost: tuple[int, ...] = ()
    """Days whose box score of LAL is not in the warehouse."""

    date = day(25)
    played = tuple(range(1, 25, 2))

    @functools.cached_property
    def box_scores(self):
        rows = [box(day(n), "star") for n in self.played[:-3] if n not in self.lost]
        rows += [box(day(n), "mate") for n in self.played if n not in self.lost]
        return rows + [box(day(n), "rival", **VISITING) for n in self.played]

    @functools.cached_property
    def schedule(self):
        coming = game(self.date, "LAL", "BOS", final=False)
        return [game(OPENING, "UTA", "OKC"), *finals(self.played, "LAL", "BOS"), coming]

    @functools.cached_property
    def tables(self):
        """All feature tables of the date, computed one after the other."""
        known = {
            "nbac_schedule": self.schedule,
            "player_game_summary": self.box_scores,
            "upcoming_player_game_context": [
                *(listed(self.date, player) for player in ("star", "mate")),
                listed(self.date, "rival", **VISITING),
            ],
            "upcoming_team_game_context": [team_listed(self.date, t) for t in ("LAL", "BOS")],
            TDZA: [defense(self.date, team) for team in ("LAL", "BOS")],
        }
        for name in (PSZA, PDC, PCF, MLFS):
            inputs = REGISTRY.table(name).inputs
            given = {source: known[source] for source in inputs if source in known}
            known[name] = built(name, CORRECTED, season=2021, **given).rows
        return known

    def row(self, name, player):
        by = REGISTRY.table(name).partition_by
        return one(self.tables[name], player_lookup=player, **{by: self.date})


@pytest.fixture(scope="module")
def whole():
    return December()


@pytest.fixture(scope="module")
def one_lost():
    return December(lost=(21,))


@pytest.mark.parametrize("name", [PSZA, PDC, PCF, MLFS])
def test_a_star_who_rests_is_ready(whole, name):
    row = whole.row(name, "star")
    assert (row["is_production_ready"], row["missing_games_count"]) == (True, 0)
    assert row["data_quality_issues"] == []


@pytest.mark.parametrize("player", ["star", "mate"])
def test_players_of_a_team_without_its_box_score_are_not_ready(one_lost, player):
    cache = one_lost.row(PDC, player)
    assert (cache["is_production_ready"], cache["missing_games_count"]) == (False, 1)
    issues = ["l5_incomplete", "l7d_incomplete", "l14d_incomplete"]
    assert cache["data_quality_issues"] == issues
    store = one_lost.row(MLFS, player)
    assert (store["is_production_ready"], store["missing_games_count"]) == (False, 1)
    assert store["data_quality_issues"] == ["upstream_player_daily_cache_incomplete"]


def test_players_of_the_other_team_are_ready(one_lost):
    assert one_lost.row(MLFS, "rival")["is_production_ready"] is True


def test_two_lost_of_ten_make_the_own_window_incomplete():
    row = December(lost=(19, 21)).row(PCF, "mate")
    assert (row["completeness_percentage"], row["missing_games_count"]) == (80.0, 2)
    assert "own_data_incomplete" in row["data_quality_issues"]


def test_the_missing_game_is_named_player_by_player(one_lost):
    league = nba.league_games(frame("nbac_schedule", one_lost.schedule), 2021)
    rows = frame("player_game_summary", one_lost.box_scores).select(
        "player_lookup", "game_date", team="team_abbr"
    )
    missing = completeness.due_of_players(league, rows).filter(pl.col("found") == 0)
    named = missing.select("player_lookup", "team", "game_date").sort("player_lookup").collect()
    assert named.rows() == [("mate", "LAL", day(21)), ("star", "LAL", day(21))]


def test_the_missing_game_is_named_by_a_check_of_the_source(one_lost):
    con = duckdb.connect()
    for name, start in (("season_start", 2021), ("season_end", 2022)):
        con.execute(f"SET VARIABLE {name} = DATE '{start}-10-01'")
    for name, rows in (
        ("nbac_schedule", one_lost.schedule),
        ("player_game_summary", one_lost.box_scores),
    ):
        con.register(name, frame(name, rows).collect().to_arrow())
    checks = {check.claim: check.sql for check in REGISTRY.table("player_game_summary").checks}
    found = con.execute(checks["every_team_that_played_has_rows"]).fetchall()
    con.close()
    assert [(date, team) for date, team, *_ in found] == [(day(21), "LAL")]
