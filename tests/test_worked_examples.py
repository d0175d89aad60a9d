"""The worked examples of the contract (T, P) and of the corrected definitions (Ex), one by one."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from nba_local.compute.compute import compute
from nba_local.tables.calendar import Season
from pipelines import basketball as nba
from pipelines.player_shot_zone_analysis import table as psza
from pipelines.rules import CORRECTED, PRODUCTION
from pipelines.team_defense_zone_analysis import table as tdza
from tests.constructed import REGISTRY, built, days_to, figures, frame, game, one

ROOT = Path(__file__).parents[1]
PHASE3 = ROOT.parent / "shared" / "phase3"
ZONES = ("paint", "mid_range", "three_pt")
TEAMS = sorted(nba.TEAMS)
OTHERS = [team for team in TEAMS if team not in {"BOS", "LAL"}]
PAIRS = [("LAL", "BOS"), *zip(OTHERS[::2], OTHERS[1::2], strict=True)]
LEAGUE = {"league_paint": 0.580, "league_mid_range": 0.410, "league_three_pt": 0.355}
WRITTEN = dt.datetime(2024, 2, 2, tzinfo=dt.UTC)
# ---- team_defense_zone_analysis


def defense(*zones, points, blocks, rating, pace):
    """A game: (makes, attempts) per zone, points in the paint and in all, blocks per zone."""
    row = {
        "points_in_paint_allowed": points[0],
        "points_allowed": points[1],
        "defensive_rating": None if rating is None else Decimal(rating),
        "opponent_pace": Decimal(pace),
    }
    for zone, (makes, attempts), blocked in zip(ZONES, zones, blocks, strict=True):
        row |= {f"opp_{zone}_makes": makes, f"opp_{zone}_attempts": attempts}
        row[f"blocks_{zone}"] = blocked
    return row


R1 = defense(
    *((20, 35), (8, 20), (12, 35)), points=(40, 110), blocks=(2, 1, 0), rating="112.50", pace="99.2"
)
R2 = defense(
    *((None, None), (7, 15), (10, 33)),
    points=(None, 104),
    blocks=(None, 0, 0),
    rating=None,
    pace="97.4",
)
R3 = defense(
    *((22, 40), (6, 17), (14, 38)),
    points=(44, 121),
    blocks=(3, 1, 1),
    rating="118.31",
    pace="101.9",
)
# what Phase 3 of production really held: no zone but threes
UNFILLED = defense(
    *((None, None), (None, None), (12, 35)),
    points=(None, 110),
    blocks=(None, None, None),
    rating="112.50",
    pace="99.2",
)


def box(team, date, row):
    return {"defending_team_abbr": team, "game_date": date, "processed_at": WRITTEN, **row}


def last_window(rows, rules):
    """The window after the newest of `rows` of one team, with the constants as league average."""
    known = tdza.box_scores(frame("team_defense_game_summary", rows), rules)
    windows = tdza.windows_of(nba.numbered(known, "team"), rules).last()
    league = (pl.lit(value).alias(name) for name, value in LEAGUE.items())
    return tdza.zone_columns(windows.with_columns(league)).collect()


@pytest.fixture(scope="module")
def t1():
    dates = days_to(dt.date(2024, 1, 9), 3)
    rows = [box("LAL", date, row) for date, row in zip(dates, (R1, R2, R3), strict=True)]
    return last_window(rows, PRODUCTION)


T1 = {
    "paint_pct_allowed_last_15": (0.56, "0.560"),
    "paint_attempts_allowed_per_game": (25.0, "25.0"),
    "paint_points_allowed_per_game": (28.0, "28.0"),
    "paint_blocks_per_game": (1.6666666666666667, "1.7"),
    "paint_defense_vs_league_avg": (-1.9999999999999907, "-2.00"),
    "mid_range_pct_allowed_last_15": (0.40384615384615385, "0.404"),
    "mid_range_attempts_allowed_per_game": (17.333333333333332, "17.3"),
    "mid_range_blocks_per_game": (0.6666666666666666, "0.7"),
    "mid_range_defense_vs_league_avg": (-0.6153846153846121, "-0.62"),
    "three_pt_pct_allowed_last_15": (0.33962264150943394, "0.340"),
    "three_pt_attempts_allowed_per_game": (35.333333333333336, "35.3"),
    "three_pt_blocks_per_game": (0.3333333333333333, "0.3"),
    "three_pt_defense_vs_league_avg": (-1.537735849056604, "-1.54"),
    "defensive_rating_last_15": (115.405, "115.41"),
    "opponent_points_per_game": (111.66666666666667, "111.7"),
    "opponent_pace": (99.5, "99.5"),
}


@pytest.mark.parametrize("column", T1)
def test_t1_each_figure_to_the_last_bit(t1, column):
    assert t1[column].item() == T1[column][0]


@pytest.mark.parametrize("column", T1)
def test_t1_each_figure_as_it_is_stored(t1, column):
    contract = REGISTRY.table("team_defense_zone_analysis").contract
    whole = t1.select(
        (pl.col(name) if name == column else pl.lit(None, kind)).alias(name)
        for name, kind in contract.polars.items()
    )
    assert str(contract.stored(whole.lazy()).collect()[column].item()) == T1[column][1]


def test_t1_zones_and_notes(t1):
    labels = t1.select("strongest_zone", "weakest_zone", "calculation_notes").row(0)
    assert labels == ("paint", "mid_range", None)


@pytest.mark.parametrize(
    ("values", "strongest", "weakest"),
    [
        ((1.0, 1.0, 1.0), "paint", "paint"),
        ((-0.5, -0.5, 0.2), "paint", "perimeter"),
        ((None, 0.3, 0.3), "mid_range", "mid_range"),
        ((None, None, -2.0), "perimeter", "perimeter"),
        ((None, None, None), None, None),
    ],
)
def test_t2_ties_go_to_the_first_zone(values, strongest, weakest):
    columns = [f"{zone}_defense_vs_league_avg" for zone in ZONES]
    row = pl.DataFrame([values], schema=dict.fromkeys(columns, pl.Float64), orient="row")
    found = row.select(
        strongest=tdza.extreme_zone(lowest=True), weakest=tdza.extreme_zone(lowest=False)
    )
    assert found.row(0) == (strongest, weakest)


D = dt.date(2024, 1, 10)
ON_D = game(D, "LAL", "BOS", final=False)


def lakers_on_d(row):
    """LAL on 10 January after 15 games with `row` in autumn: nobody plays in the month before."""
    dates = days_to(dt.date(2023, 11, 7), 15)
    flipped = [
        (date, pair[::-1] if number % 2 else pair)
        for number, date in enumerate(dates)
        for pair in PAIRS
    ]
    result = built(
        "team_defense_zone_analysis",
        PRODUCTION,
        nbac_schedule=[
            *(game(date, *pair) for date, pair in flipped),
            ON_D,
        ],
        team_defense_game_summary=[box(team, date, row) for date in dates for team in TEAMS],
    )
    return one(result.rows, team_abbr="LAL", analysis_date=D)


def test_t3_hash_of_fifteen_equal_games():
    row = lakers_on_d(R1)
    assert row["data_hash"] == "912b8bd887ed3a8b"
    assert (row["strongest_zone"], row["weakest_zone"]) == ("perimeter", "paint")
    assert row["paint_pct_allowed_last_15"] == Decimal("0.571")
    assert row["three_pt_defense_vs_league_avg"] == Decimal("-1.21")
    assert (row["games_in_sample"], row["data_quality_tier"]) == (15, "high")


def test_t4_hash_of_fifteen_games_without_zones():
    row = lakers_on_d(UNFILLED)
    assert row["data_hash"] == "2ef02d74a9f3004b"
    assert row["calculation_notes"] == "No paint attempts; No mid-range attempts"
    assert row["strongest_zone"] == row["weakest_zone"] == "perimeter"
    assert row["paint_pct_allowed_last_15"] is None
    assert row["mid_range_defense_vs_league_avg"] is None
    assert row["paint_attempts_allowed_per_game"] == row["paint_blocks_per_game"] == Decimal(0)


def league_of_eleven(date, rules):
    """T-5: team i of ten has ten rows from 1 January on, the eleventh has nine."""
    first, rows = dt.date(2024, 1, 1), []
    for number, team in enumerate(TEAMS[:11]):
        for day in range(9 if number == 10 else 10):
            zones = (20 + number, 40), (4, 10), (10 + number % 3, 30)
            row = defense(*zones, points=(40, 100), blocks=(0, 0, 0), rating="110.00", pace="98.0")
            rows.append(box(team, first + dt.timedelta(days=day), row))
    known = tdza.box_scores(frame("team_defense_game_summary", rows), rules)
    grid = pl.LazyFrame({"date": [date]}).join(known.select("team").unique(), how="cross")
    (row,) = tdza.league_averages(grid, known, rules).collect().select(list(LEAGUE)).rows()
    return row


def test_t5_league_average_is_the_mean_of_the_ten_teams_with_ten_rows():
    average = league_of_eleven(dt.date(2024, 1, 31), PRODUCTION)
    assert average == (0.6125, 0.4, 0.36333333333333334)


def test_t5_constants_hold_when_the_first_of_january_leaves_the_window():
    assert league_of_eleven(dt.date(2024, 2, 1), PRODUCTION) == (0.580, 0.410, 0.355)


def test_t5_the_window_of_the_corrected_rules_has_the_same_first_day():
    average = league_of_eleven(dt.date(2024, 1, 31), CORRECTED)
    assert average == (0.6125, 0.4, 0.36333333333333334)
    assert league_of_eleven(dt.date(2024, 2, 1), CORRECTED) == (0.580, 0.410, 0.355)


FEBRUARY = dt.date(2024, 2, 1)


def lakers_in_february(home_games, teams=TEAMS):
    """LAL on 1 February after 27 dates against BOS, the first `home_games` of them at home."""
    dates = days_to(FEBRUARY, 27)
    return built(
        "team_defense_zone_analysis",
        PRODUCTION,
        nbac_schedule=[
            game(date, *(pair if number < home_games else pair[::-1]))
            for number, date in enumerate(dates)
            for pair in PAIRS
        ],
        team_defense_game_summary=[box(team, date, R1) for date in dates for team in teams],
    )


def test_t6_production_expects_the_home_games_only():
    rows = lakers_in_february(home_games=10).rows
    row = one(rows, team_abbr="LAL", analysis_date=FEBRUARY)
    assert (row["expected_games_count"], row["actual_games_count"]) == (10, 27)
    assert (row["completeness_percentage"], row["missing_games_count"]) == (270.0, 0)
    assert row["is_production_ready"] is True


def test_production_rejects_a_team_without_a_home_game():
    absent = lakers_in_february(home_games=0).non_rows
    row = one(absent, entity="LAL", date=FEBRUARY)
    assert (row["category"], row["detail"]) == (
        "INCOMPLETE_DATA",
        "Incomplete data: 0% (27/0 games)",
    )


def test_production_expects_a_game_of_the_visitors_where_the_hosts_have_no_rows():
    others = [team for team in TEAMS if team != "BOS"]
    rows = lakers_in_february(home_games=10, teams=others).rows
    row = one(rows, team_abbr="LAL", analysis_date=FEBRUARY)
    assert (row["expected_games_count"], row["actual_games_count"]) == (27, 27)


# ---- player_shot_zone_analysis


def shots(*zones, makes):
    """A game: (attempts, makes) per zone, and all makes, assisted and unassisted ones."""
    row = {
        "fg_makes": makes[0],
        "assisted_fg_makes": makes[1],
        "unassisted_fg_makes": makes[2],
        "minutes_played": Decimal("30.00"),
        "is_active": True,
    }
    for zone, (attempts, made) in zip(ZONES, zones, strict=True):
        row |= {f"{zone}_attempts": attempts, f"{zone}_makes": made}
    return row


def line(player, date, row):
    """A player's box-score row; he plays for LAL."""
    return {
        "player_lookup": player,
        "universal_player_id": f"{player}_001",
        "team_abbr": "LAL",
        "game_date": date,
        "processed_at": WRITTEN,
        **row,
    }


def player_on_d(rows, rules=PRODUCTION):
    """`testplayer` on 10 January after games with `rows`, oldest first, one a day."""
    dates = days_to(dt.date(2024, 1, 9), len(rows))
    games = [game(date, "LAL", "BOS") for date in days_to(dt.date(2024, 1, 9), 30)]
    result = built(
        "player_shot_zone_analysis",
        rules,
        nbac_schedule=[*games, ON_D],
        player_game_summary=[
            line("testplayer", date, row) for date, row in zip(dates, rows, strict=True)
        ],
    )
    return one(result.rows, analysis_date=D)


RATES = tuple(f"{zone}_rate_last_10" for zone in ZONES)
PCTS = tuple(f"{zone}_pct_last_10" for zone in ZONES)
PER_GAME = tuple(f"{zone}_attempts_per_game" for zone in ZONES)
ASSISTS = ("assisted_rate_last_10", "unassisted_rate_last_10")
LAST_20 = ("paint_rate_last_20", "paint_pct_last_20")
COUNTS = ("total_shots_last_10", "games_in_sample_20", "sample_quality_20", "primary_scoring_zone")


def test_p1_thirteen_of_eighty_rounds_to_even():
    usual = shots((8, 5), (4, 2), (8, 1), makes=(8, 5, 3))
    better = shots((8, 5), (4, 2), (8, 2), makes=(9, 6, 3))
    row = player_on_d([usual] * 7 + [better] * 3)
    assert figures(row, *RATES) == ("40.00", "20.00", "40.00")
    assert figures(row, *PCTS) == ("0.625", "0.500", "0.162")
    assert figures(row, *PER_GAME) == ("8.0", "4.0", "8.0")
    assert figures(row, *ASSISTS) == ("63.86", "36.14")
    assert figures(row, *LAST_20) == (None, None)
    assert figures(row, *COUNTS) == ("200", "10", "limited", "paint")
    assert row["data_hash"] == "ccf46a9b5c05ae6b"


NEWER = shots((3, 2), (1, 0), (2, 1), makes=(3, 2, 1))
OLDER = shots((9, 9), (0, 0), (0, 0), makes=(9, 0, 9))


def test_p2_fourteen_games_are_good_but_have_no_figures_of_twenty():
    row = player_on_d([OLDER] * 4 + [NEWER] * 10)
    assert figures(row, *RATES) == ("50.00", "16.67", "33.33")
    assert figures(row, *ASSISTS) == ("66.67", "33.33")
    assert figures(row, *LAST_20) == (None, None)
    assert figures(row, *COUNTS) == ("60", "14", "good", "paint")
    assert row["data_hash"] == "d0a02edd615474a8"


def test_p2_fifteen_games_have_them():
    row = player_on_d([OLDER] * 5 + [NEWER] * 10)
    assert figures(row, *LAST_20) == ("71.43", "0.867")
    assert figures(row, *COUNTS) == ("60", "15", "good", "paint")
    assert row["data_hash"] == "6ed28ee16b05d5cf"


def test_p2_fourteen_games_are_limited_under_the_corrected_rules():
    row = player_on_d([OLDER] * 4 + [NEWER] * 10, CORRECTED)
    assert row["sample_quality_20"] == "limited"


NO_ZONE = (None, None)


def test_p3_makes_count_where_their_attempts_are_unknown():
    gamebook = shots(NO_ZONE, NO_ZONE, (6, 2), makes=(5, None, None))
    fallback = shots(NO_ZONE, NO_ZONE, (None, 3), makes=(6, None, None))
    row = player_on_d([gamebook] * 7 + [fallback] * 3)
    assert figures(row, *RATES) == ("0.00", "0.00", "100.00")
    assert figures(row, *PCTS) == (None, None, "0.548")
    assert figures(row, *PER_GAME) == ("0.0", "0.0", "4.2")
    assert figures(row, *ASSISTS) == ("0.00", "0.00")
    assert figures(row, *COUNTS) == ("42", "10", "limited", "perimeter")
    assert row["data_hash"] == "c806b4f68ba66265"


def test_p4_a_player_without_a_shot_has_no_rates():
    row = player_on_d([shots(NO_ZONE, NO_ZONE, (0, 0), makes=(5, None, None))] * 10)
    assert figures(row, *RATES, *PCTS) == (None,) * 6
    assert figures(row, *PER_GAME) == ("0.0", "0.0", "0.0")
    assert figures(row, *ASSISTS) == ("0.00", "0.00")
    assert figures(row, *COUNTS) == (None, "10", "limited", None)
    assert row["data_hash"] == "737d8978b1329978"


def test_a_rate_divides_before_it_multiplies():
    """23 / 160 * 100 is the double below 14.375, 23 * 100 / 160 is the tie itself."""
    row = pl.DataFrame({"part": [23], "whole": [160]}).select(
        share=pl.col("part") / pl.col("whole")
    )
    assert row.select(psza.percent("share")).item() == 14.37


@pytest.mark.parametrize(
    ("rates", "zone"),
    [
        ((40.0, 20.0, 40.0), "paint"),
        ((39.99, 20.01, 40.0), "perimeter"),
        ((30.0, 35.0, 35.0), "mid_range"),
        ((33.3, 33.3, 33.4), "balanced"),
        ((0.0, 0.0, 100.0), "perimeter"),
        ((None, None, None), None),
    ],
)
def test_p5_primary_zone(rates, zone):
    row = pl.DataFrame([rates], schema=dict.fromkeys(psza.RATES, pl.Float64), orient="row")
    assert row.select(psza.primary_zone()).item() == zone


@pytest.mark.parametrize(
    ("games", "quality"),
    [
        (9, "insufficient"),
        (10, "limited"),
        (13, "limited"),
        (14, "good"),
        (19, "good"),
        (20, "excellent"),
    ],
)
def test_p5_quality_of_twenty_games(games, quality):
    row = pl.DataFrame({"games": [games]})
    bounds = {"excellent": 20, "good": PRODUCTION.last_20_threshold, "limited": 10}
    assert row.select(psza.label("games", **bounds)).item() == quality


@pytest.fixture(scope="module")
def p6():
    dates = days_to(FEBRUARY, 27)
    usual = shots((8, 5), (4, 2), (8, 1), makes=(8, 5, 3))
    return built(
        "player_shot_zone_analysis",
        PRODUCTION,
        nbac_schedule=[game(date, "LAL", "BOS") for date in dates],
        player_game_summary=[
            *(line("regular", date, usual) for date in dates),
            *(line("thin", date, usual) for date in dates[-8:]),
        ],
    )


def test_p6_production_counts_the_season_against_ten_games(p6):
    row = one(p6.rows, player_lookup="regular", analysis_date=FEBRUARY)
    assert (row["expected_games_count"], row["actual_games_count"]) == (10, 27)
    assert row["completeness_percentage"] == 270.0
    assert row["is_production_ready"] is True


def test_p6_production_drops_a_player_of_eight_dates(p6):
    columns = ("entity", "category", "detail", "found", "needed", "can_retry")
    thin = p6.non_rows.filter(date=FEBRUARY).select(columns)
    said = "Incomplete data: 80.0% (8/10 games)"
    assert thin.rows() == [("thin", "INCOMPLETE_DATA", said, 8, 10, True)]


def test_production_expects_the_newest_ten_games_of_any_season():
    """Contract 3.4: expected are the team's newest ten dates before D, without a season floor."""
    dates = days_to(D, 10)
    spring = days_to(dt.date(2023, 3, 31), 12)
    opening = game(dt.date(2023, 12, 20), "DEN", "MIA")
    usual = shots((8, 5), (4, 2), (8, 1), makes=(8, 5, 3))
    result = built(
        "player_shot_zone_analysis",
        PRODUCTION,
        nbac_schedule=[opening, *(game(date, "LAL", "BOS") for date in (*spring, *dates))],
        player_game_summary=[line("regular", date, usual) for date in dates],
    )
    row = one(result.rows, player_lookup="regular", analysis_date=D)
    assert (row["expected_games_count"], row["actual_games_count"]) == (10, 10)


# ---- the corrected definitions, constructed


def test_no_game_before_opening_night_is_due():
    """C1. The playoffs of 2020-21 ended on 20 July 2021, within the dates of 2021-22."""
    dates = days_to(dt.date(2024, 1, 9), 10)
    finals = [
        {**game(dt.date(2023, 7, day), *PAIRS[0]), "is_regular_season": False, "is_playoffs": True}
        for day in (6, 8, 11)
    ]
    opening = [game(dt.date(2023, 12, 20), "DEN", "MIA")]
    result = built(
        "team_defense_zone_analysis",
        CORRECTED,
        nbac_schedule=[*finals, *opening, *(game(date, *PAIRS[0]) for date in dates), ON_D],
        team_defense_game_summary=[box("LAL", date, R1) for date in dates],
    )
    row = one(result.rows, team_abbr="LAL", analysis_date=D)
    assert (row["expected_games_count"], row["actual_games_count"]) == (10, 10)
    assert row["is_production_ready"] is True


# ---- the corrected definitions, on the real season


@pytest.fixture(scope="module")
def sources():
    """The real source tables of 2021-22."""
    if not PHASE3.is_dir():
        pytest.skip("the real Phase 3 tables (../shared/phase3) are not on this machine")
    names = ("nbac_schedule", "team_defense_game_summary", "player_game_summary")
    files = {name: PHASE3 / name / "season=2021.parquet" for name in names}
    return {name: pl.scan_parquet(file) for name, file in files.items()}


def corrected(name, sources):
    table = REGISTRY.table(name)
    inputs = {source: sources[source] for source in table.inputs}
    return compute(
        table, inputs, rules=CORRECTED, season=Season(2021), today=dt.date(2022, 7, 1)
    ).rows


@pytest.fixture(scope="module")
def teams(sources):
    return corrected("team_defense_zone_analysis", sources)


@pytest.fixture(scope="module")
def players(sources):
    return corrected("player_shot_zone_analysis", sources)


NOVEMBER, PLAY_IN = dt.date(2021, 11, 15), dt.date(2022, 4, 16)


def test_ex1_denver_after_thirteen_games(teams):
    row = one(teams, team_abbr="DEN", analysis_date=NOVEMBER)
    stored = {
        "paint": ("0.589", "35.4", "3.2", "2.39"),
        "mid_range": ("0.355", "15.4", "0.4", "-6.14"),
        "three_pt": ("0.321", "33.3", "0.5", "-2.40"),
    }
    outputs = (
        "pct_allowed_last_15",
        "attempts_allowed_per_game",
        "blocks_per_game",
        "defense_vs_league_avg",
    )
    assert {z: figures(row, *(f"{z}_{name}" for name in outputs)) for z in ZONES} == stored
    means = ("paint_points_allowed_per_game", "defensive_rating_last_15")
    assert figures(row, *means) == ("41.7", "100.21")
    assert figures(row, "opponent_points_per_game", "opponent_pace") == ("98.0", "97.8")
    assert (row["strongest_zone"], row["weakest_zone"]) == ("mid_range", "paint")
    assert row["data_hash"] == "05a9055263eee480"


def test_ex1_denver_is_early_complete_and_ready(teams):
    row = one(teams, team_abbr="DEN", analysis_date=NOVEMBER)
    assert (row["games_in_sample"], row["data_quality_tier"]) == (13, "medium")
    assert row["early_season_flag"] is True
    assert row["insufficient_data_reason"] == "Only 13 games available, need 15"
    assert (row["expected_games_count"], row["actual_games_count"]) == (13, 13)
    assert (row["completeness_percentage"], row["is_production_ready"]) == (100.0, True)
    assert row["source_team_defense_rows_found"] == 13
    assert row["source_team_defense_hash"] == "feace1ed2f86fb13"


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (NOVEMBER, (0.5652416206, 0.4164259350, 0.3450086505)),
        (dt.date(2021, 11, 5), (0.580, 0.410, 0.355)),
    ],
)
def test_ex1_league_average(sources, date, expected):
    games = nba.league_games(sources["nbac_schedule"], 2021)
    known = tdza.box_scores(sources["team_defense_game_summary"], CORRECTED)
    season = known.join(nba.opening_night(games), how="cross").filter(
        pl.col("game_date") >= pl.col("opening")
    )
    grid = pl.LazyFrame({"date": [date]}).join(tdza.teams_of(games), how="cross")
    average = tdza.league_averages(grid, season, CORRECTED).collect().select(list(LEAGUE)).row(0)
    assert average == pytest.approx(expected, abs=5e-11)


def test_ex2_poeltl_after_seven_games(players):
    row = one(players, player_lookup="jakobpoeltl", analysis_date=NOVEMBER)
    assert figures(row, *RATES) == ("77.46", "22.54", "0.00")
    assert figures(row, *PCTS) == ("0.673", "0.562", None)
    assert figures(row, *PER_GAME) == ("7.9", "2.3", "0.0")
    assert figures(row, *ASSISTS) == ("65.22", "34.78")
    assert figures(row, *COUNTS) == ("71", "7", "insufficient", "paint")
    assert row["data_hash"] == "881a9841433a72f1"


def test_ex2_sitting_out_is_not_missing_data(players):
    row = one(players, player_lookup="jakobpoeltl", analysis_date=NOVEMBER)
    assert (row["games_in_sample_10"], row["sample_quality_10"]) == (7, "good")
    assert (row["data_quality_tier"], row["early_season_flag"]) == ("medium", True)
    assert row["insufficient_data_reason"] == "Only 7 games available, need 10"
    assert (row["expected_games_count"], row["actual_games_count"]) == (10, 10)
    assert row["is_production_ready"] is True


def test_ex3_a_player_with_a_game_without_zones(players):
    row = one(players, player_lookup="anthonyedwards", analysis_date=PLAY_IN)
    assert figures(row, *RATES) == ("38.31", "15.58", "46.10")
    assert row["total_shots_last_10"] == 154
    assert figures(row, "three_pt_pct_last_10", "three_pt_attempts_per_game") == ("0.378", "8.2")
    assert figures(row, "paint_pct_last_10", "paint_attempts_per_game") == ("0.627", "6.6")
    assert figures(row, "assisted_rate_last_10") == ("44.16",)
    assert row["data_hash"] == "98f41d5c76b2ec98"


def test_ex3_a_team_with_a_game_without_zones(teams):
    row = one(teams, team_abbr="MIN", analysis_date=PLAY_IN)
    attempts = (f"{zone}_attempts_allowed_per_game" for zone in ZONES)
    assert figures(row, *attempts) == ("38.2", "14.2", "37.5")
    assert row["games_in_sample"] == 15
    assert row["data_hash"] == "50ae01fb244b3309"
