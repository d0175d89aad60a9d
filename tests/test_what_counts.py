"""Which games and box scores count: played ones, of the league, that can be (A1 to A6)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from nba_local.proofs import chain
from nba_local.pull.months import in_order
from nba_local.tables.calendar import Season
from pipelines import basketball as nba
from pipelines.evidence import POSSIBLE, possible
from pipelines.expected import expected
from pipelines.rules import CORRECTED, PRODUCTION
from tests.conftest import project_of, slow
from tests.constructed import REGISTRY, box, built, frame, game, one, team_box
from tests.seasons import AUTUMN

MLFS, PDC, PSZA = "ml_feature_store_v2", "player_daily_cache", "player_shot_zone_analysis"
OPENING = dt.date(2021, 10, 19)
TODAY = dt.date(2022, 7, 1)


def day(n):
    return dt.date(2021, 12, n)


def both(date, *players, **values):
    """Box scores of LAL and of BOS, of two players each unless they are named for LAL."""
    names = players or ("ann", "amy")
    own = [box(date, name, **values) for name in names]
    theirs = [
        box(date, name, team_abbr="BOS", opponent_team_abbr="LAL", **values)
        for name in ("bob", "ben")
    ]
    return own + theirs


def known(schedule, boxes, *, today=TODAY, rules=CORRECTED, table=PSZA):
    """Games and days of 2021-22 as schedule and box scores tell them."""
    season = nba.known_season(
        frame("player_game_summary", boxes),
        frame("nbac_schedule", [game(OPENING, "UTA", "OKC"), *schedule]),
        table,
        rules=rules,
        season=2021,
        today=today,
    )
    games, days = pl.collect_all([season.games, season.days])
    return games, days


def counted(schedule, boxes, rules=CORRECTED):
    """Player and date of the box scores that count."""
    told = frame("player_game_summary", boxes)
    games = known(schedule, boxes, rules=rules)[0].lazy()
    rows = nba.games_of(told, "player_lookup", "team_abbr", rules, games)
    return sorted(rows.select("player_lookup", "game_date").collect().rows())


def test_box_scores_of_both_teams_prove_a_game_whatever_its_status():
    for status in (1, 2, 9, None):
        games, days = known([game(day(1), "LAL", "BOS", game_status=status)], both(day(1)))
        assert games.filter(game_date=day(1))["is_final"].to_list() == [True], status
        assert days.filter(date=day(1)).select("is_game_date", "is_over").row(0) == (True, True)


def test_box_scores_of_one_team_prove_nothing():
    scheduled = game(day(1), "LAL", "BOS", final=False)
    games, days = known([scheduled, game(day(3), "LAL", "BOS")], both(day(1))[:2])
    assert games.filter(game_date=day(1))["is_final"].to_list() == [False]
    assert not days.filter(date=day(1))["is_game_date"].item()
    assert counted([scheduled], both(day(1))[:2]) == []


def test_a_game_in_progress_is_neither_postponed_nor_over_at_midnight():
    schedule = [game(day(1), "LAL", "BOS", game_status=2), game(day(1), "DAL", "DEN")]
    for today in (day(1), day(2), day(9)):
        _, days = known(schedule, [], today=today)
        told = days.filter(date=day(1)).select("is_game_date", "is_over").row(0)
        assert told == (True, False), today


def test_a_game_without_scores_and_box_scores_is_no_game():
    unknown = game(day(1), "LAL", "BOS", home_team_score=None)
    games, days = known([unknown, game(day(3), "DAL", "DEN")], [])
    assert games.filter(game_date=day(1)).height == 0
    assert not days.filter(date=day(1))["is_game_date"].item()
    assert known([unknown], both(day(1)))[0].filter(game_date=day(1)).height == 1


def test_production_goes_by_the_status_alone():
    games, _ = known(
        [
            game(day(1), "LAL", "BOS", game_status=1),
            game(day(2), "LAL", "BOS", home_team_score=None),
        ],
        both(day(1)),
        rules=PRODUCTION,
    )
    assert games.sort("game_date")["is_final"].to_list() == [True, False, True]


def test_a_postponed_game_of_a_past_season_is_due_nowhere():
    sources = {t.name: frame(t.name, []) for t in REGISTRY.sources}
    sources["nbac_schedule"] = frame(
        "nbac_schedule",
        [
            game(OPENING, "UTA", "OKC"),
            game(day(1), "LAL", "BOS", game_status=9, home_team_score=None, away_team_score=None),
            game(day(2), "DAL", "DEN"),
        ],
    )
    wanted = expected(sources, season=2021, today=None)
    assert wanted.dates.filter(pl.col("date") == day(1)).collect()["games"].to_list() == [0]
    assert wanted.missing.filter(pl.col("date") == day(1)).collect().height == 0
    assert wanted.missing.filter(pl.col("date") == day(2)).collect().height > 0


def test_a_season_is_the_schedules_own_and_may_end_in_october():
    late = game(dt.date(2022, 10, 9), "LAL", "BOS", season_year=2021)
    early = game(dt.date(2022, 10, 1), "DAL", "DEN", season_year=None)
    dates = known([late, early], [])[0]["game_date"].to_list()
    assert sorted(dates) == [OPENING, late["game_date"]]
    assert sorted(known([late, early], [], rules=PRODUCTION)[0]["game_date"]) == [OPENING]


@pytest.mark.parametrize("id_of", [lambda d: f"{d:%Y%m%d}_BOS_LAL", lambda d: f"{d}-LAL"])
def test_a_copy_under_another_date_counts_nowhere(id_of):
    """By the date in its id or by that of the schedule, though the team plays on both dates."""
    schedule = [game(day(n), "LAL", "BOS") for n in (1, 2)]
    rows = both(day(1), game_id=id_of(day(1)))
    copies = [row | {"game_date": day(2), "processed_at": TODAY_AT} for row in rows]
    dates = {date for _, date in counted(schedule, rows + copies)}
    assert dates == {day(1)}


TODAY_AT = dt.datetime(2022, 1, 12, 8, tzinfo=dt.UTC)


def test_an_exhibition_counts_nowhere_and_is_no_lost_game():
    cup = game(day(4), "LAL", "BOS", is_regular_season=False)
    schedule = [game(day(1), "LAL", "BOS"), cup, game(day(6), "LAL", "BOS")]
    rows = both(day(1)) + both(day(4))
    assert {date for _, date in counted(schedule, rows)} == {day(1)}
    assert not known(schedule, rows)[1].filter(date=day(4))["is_unscheduled"].item()


def test_a_date_whose_games_vanish_from_the_schedule_is_never_without_games():
    schedule = [game(day(n), "LAL", "BOS") for n in (1, 9)]
    rows = both(day(1)) + both(day(4))
    result = built(PSZA, CORRECTED, season=2021, today=TODAY, player_game_summary=rows,
                   nbac_schedule=[game(OPENING, "UTA", "OKC"), *schedule])  # fmt: skip
    state = one(result.dates, date=day(4))
    assert (state["state"], state["detail"]) == ("upstream_missing", "nbac_schedule")
    assert one(result.dates, date=day(5))["state"] == "no_games"


CANNOT_BE = {
    "points": {"points": 10**7},
    "below zero": {"assists": -1},
    "minutes": {"minutes_played": 75.5},
    "makes": {"fg_makes": 3, "fg_attempts": 2},
    "assisted": {"assisted_fg_makes": 4, "fg_makes": 3},
    "zones": {
        "paint_attempts": 5, "mid_range_attempts": 5, "three_pt_attempts": 5, "fg_attempts": 12,
    },
}  # fmt: skip


@pytest.mark.parametrize("numbers", CANNOT_BE.values(), ids=CANNOT_BE)
def test_a_row_that_cannot_be_is_set_aside_and_missed(numbers):
    schedule = [game(day(n), "LAL", "BOS") for n in range(1, 7)]
    rows = [row for n in range(1, 7) for row in both(day(n))]
    key = ("ann", day(3))
    wrong = next(row for row in rows if (row["player_lookup"], row["game_date"]) == key)
    wrong |= numbers
    assert key not in counted(schedule, rows)
    assert key in counted(schedule, rows, PRODUCTION)
    result = built(PSZA, CORRECTED, season=2021, today=TODAY, player_game_summary=rows,
                   nbac_schedule=[game(OPENING, "UTA", "OKC"), *schedule,
                                  game(day(8), "LAL", "BOS", game_status=3)])  # fmt: skip
    ann, amy = (one(result.rows, player_lookup=p, analysis_date=day(8)) for p in ("ann", "amy"))
    assert (ann["games_in_sample_10"], ann["missing_games_count"]) == (5, 1)
    assert ann["data_quality_issues"] == ["own_data_incomplete"]
    assert (amy["games_in_sample_10"], amy["missing_games_count"]) == (6, 0)


def test_the_edges_of_what_can_be_and_what_is_unknown_count():
    edges = [
        {"points": 120, "minutes_played": 75.0},
        {"points": None, "fg_makes": 3, "fg_attempts": None},
        {"paint_attempts": 5, "mid_range_attempts": 5, "three_pt_attempts": 4, "fg_attempts": 12},
    ]
    rows = frame("player_game_summary", [box(day(1), f"p{n}", **e) for n, e in enumerate(edges)])
    assert possible(rows, CORRECTED).collect()[POSSIBLE].to_list() == [True] * 3


def test_the_bounds_are_settings():
    rows = frame("player_game_summary", [box(day(1), "ann", points=125)])
    wider = CORRECTED.override("player_game_summary", "max_points", "130")
    assert possible(rows, wider).collect()[POSSIBLE].to_list() == [True]
    assert REGISTRY.rules(None, ["player_game_summary.max_points=130"]) == wider
    with pytest.raises(ValueError, match="whole number"):
        CORRECTED.override("player_game_summary", "max_points", "many")


def test_an_impossible_copy_does_not_hide_a_good_one():
    newer = box(day(1), "ann", points=999, processed_at=TODAY_AT)
    schedule, rows = [game(day(1), "LAL", "BOS")], both(day(1))
    assert ("ann", day(1)) in counted(schedule, [*rows, newer])


def test_a_lookup_of_two_people_is_set_aside_where_they_meet():
    days = range(1, 11)
    rows = [row for n in days for row in both(day(n))]
    schedule = [game(day(n), "LAL", "BOS") for n in (*days, 12)]
    other = box(day(10), "ann", universal_player_id="other_001", team_abbr="BOS")
    alone = box(day(12), "ann", universal_player_id="other_001")
    dates = [date for who, date in counted(schedule, [*rows, other, alone]) if who == "ann"]
    assert dates == [day(n) for n in days if n != 10]


def test_a_team_that_won_and_lost_on_a_date_has_no_result():
    rows = [team_box(day(n), "LAL", win_flag=True) for n in (1, 2)]
    rows.append(team_box(day(2), "LAL", win_flag=False))
    told = possible(frame("team_offense_game_summary", rows), CORRECTED).collect()
    assert told.filter(POSSIBLE)["game_date"].to_list() == [day(1)]


BLANK = {"minutes_played": None, "points": 0}


@pytest.mark.parametrize(("blank", "left"), [(1, 1), (2, 2), (3, 0), (4, 0)])
def test_a_flood_of_blank_rows_counts_nowhere(blank, left):
    rows = both(day(1), *(f"p{n}" for n in range(20)))
    rows += [box(day(1), f"blank{n}", **BLANK) for n in range(blank)]
    found = [who for who, _ in counted([game(day(1), "LAL", "BOS")], rows) if "blank" in who]
    assert len(found) == left


def test_blank_rows_are_rare_on_a_long_date():
    rows = both(day(1), *(f"p{n}" for n in range(60)))
    rows += [box(day(1), f"blank{n}", **BLANK) for n in range(3)]
    found = counted([game(day(1), "LAL", "BOS")], rows)
    assert len([who for who, _ in found if "blank" in who]) == 3


@pytest.mark.parametrize("turned", [False, True])
def test_ties_are_decided_by_content_not_by_order(turned):
    pair = [box(day(1), "ann", points=points, data_hash="same") for points in (7, 9)]
    table = REGISTRY.table("player_game_summary")
    rows = frame("player_game_summary", pair[::-1] if turned else pair).collect()
    stored = in_order(table, rows).lazy()
    kept = nba.games_of(stored, "player_lookup", "team_abbr", CORRECTED).collect()
    assert kept["points"].to_list() == [9]


def test_production_keeps_every_row_and_looks_back_over_every_season():
    assert PRODUCTION.lookback_seasons >= 50
    rows = [box(day(1), "ann", points=10**7), box(day(1), "ann", points=3)]
    told = nba.games_of(
        frame("player_game_summary", rows), "player_lookup", "team_abbr", PRODUCTION
    )
    assert told.collect().height == 2
    kept = replace(PRODUCTION, sets_aside=True)
    told = nba.games_of(frame("player_game_summary", rows), "player_lookup", "team_abbr", kept)
    assert told.collect()["points"].to_list() == [3]


@pytest.mark.slow
@pytest.mark.parametrize("rules", ["corrected", slow("production")])
def test_what_is_worked_out_once_for_all_tables_is_what_each_would_find(seasons, rules):
    """With faults: rows that cannot be, copies and exhibitions, moved to other ids and dates."""
    project = project_of(seasons.pulled(AUTUMN).store.root, rules=rules)
    with project.reading() as work:
        whole = chain.load(work, work.registry.features, Season(2021))
        spoiled = tuple((table, spoil(table.name, rows)) for table, rows in whole.sources)
        once = replace(whole, sources=spoiled)
        each = replace(once, registry=replace(once.registry, prepared=None))
        left, right = (one.computed(work.rules) for one in (once, each))
    for name in left:
        assert left[name].rows.height > 0
        for part in ("rows", "non_rows", "dates"):
            assert getattr(left[name], part).equals(getattr(right[name], part)), (name, part)


def spoil(name, rows):
    """Some rows cannot be, some have the id of another date, some are there twice."""
    if name not in ("player_game_summary", "team_offense_game_summary"):
        return rows
    points = "points" if name == "player_game_summary" else "points_scored"
    i = pl.int_range(pl.len())
    spoiled = rows.with_columns(
        pl.when(i % 50 == 0).then(pl.lit(1000)).otherwise(points).cast(pl.Int64).alias(points),
        game_id=pl.when((i % 70 == 0) & (i > 300))
        .then(pl.col("game_id").shift(300))
        .otherwise("game_id"),
    )
    return pl.concat([spoiled, spoiled.gather_every(90)]).sort("game_date", maintain_order=True)
