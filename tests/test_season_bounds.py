"""A season is the schedule's: bounds, what they are made of, and dates that change their season."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

from nba_local import Expected
from nba_local.commands.project import Ranges
from nba_local.pull.bounds import divided
from nba_local.pull.undo import undo
from nba_local.tables.calendar import Bounds, Interval, Season, parse_interval
from pipelines import expected as content
from tests.test_pull_guard import CONTRACT, PACES, SCORES, Place, season

BUBBLE, SHORT = Season(2019), Season(2020)


def days(first, number, step=1):
    return [dt.date.fromisoformat(first) + dt.timedelta(days=step * n) for n in range(number)]


def games(**dates):
    """Games by season and date, one a date: `y2019=[...]`."""
    return {int(year[1:]): dict.fromkeys(found, 1) for year, found in dates.items()}


def of(known=None, **dates):
    return divided(known or Bounds(), games(**dates), range(2019, 2022))


# where a season begins


def test_a_season_that_ends_in_autumn_has_all_its_dates():
    bounds = of(
        y2019=days("2019-10-22", 142) + days("2020-07-30", 74),
        y2020=days("2020-12-22", 212),
        y2021=days("2021-10-19", 240),
    )
    assert bounds.starts == {2020: dt.date(2020, 11, 1)}
    assert bounds.of(dt.date(2020, 10, 11)) == BUBBLE
    assert bounds.of(dt.date(2020, 12, 22)) == SHORT
    assert bounds.last == {
        2019: dt.date(2020, 10, 11),
        2020: dt.date(2021, 7, 21),
        2021: dt.date(2022, 6, 15),
    }
    a_year = Interval(dt.date(2020, 10, 1), dt.date(2021, 10, 2))
    assert bounds.seasons_of(a_year) == (BUBBLE, SHORT, Season(2021))


@pytest.mark.parametrize(
    ("dates", "start"),
    [
        ({"y2020": days("2020-10-20", 200)}, None),  # as usual
        ({"y2020": days("2020-09-28", 200)}, "2020-09-01"),  # began in September
        ({"y2020": days("2021-02-05", 90)}, None),  # October leads there as well
        ({"y2019": days("2019-12-25", 300)}, "2020-11-01"),  # nothing is known of the next
        ({"y2019": days("2019-10-22", 240)}, None),
        ({}, None),
    ],
)
def test_where_a_season_begins(dates, start):
    assert of(**dates).starts == ({2020: dt.date.fromisoformat(start)} if start else {})


def test_a_few_games_with_another_season_move_nothing():
    good = {"y2019": days("2019-10-22", 240), "y2020": days("2020-10-20", 240)}
    wrong = [dt.date(2020, 10, 25), dt.date(2020, 12, 2)]
    assert of(y2019=good["y2019"] + wrong, y2020=good["y2020"]) == of(**good)


def test_a_season_that_is_stamped_as_the_one_before_is_not_given_away():
    stamped = days("2019-10-22", 240) + days("2020-10-20", 240)
    assert of(y2019=stamped).starts == {}


def test_what_is_not_asked_for_stays_as_it_is_known():
    known = Bounds({2011: dt.date(2011, 12, 1)}, {2011: dt.date(2012, 6, 21)})
    assert of(known, y2020=days("2020-10-20", 200)).starts == known.starts
    assert of(known).last == known.last


# what follows from it


MOVED = Bounds({2020: dt.date(2020, 11, 1)}, {2019: dt.date(2020, 10, 11)})


def test_every_date_belongs_to_one_season():
    for day in days("2018-01-01", 1500):
        (one,) = [s for s in map(Season, range(2016, 2024)) if day in MOVED.interval(s)]
        assert MOVED.of(day) == one


def test_what_is_typed_as_a_season_is_all_of_it():
    assert str(parse_interval("2019-20", MOVED)) == "2019-10-01..2020-10-31"
    assert Ranges.parse(["2019-20"], MOVED).seasons == (BUBBLE,)
    assert Ranges.parse(["2020-10-05"], MOVED).seasons == (BUBBLE,)
    assert Ranges.parse(["2020-10-05"]).seasons == (SHORT,)


@pytest.mark.parametrize(
    ("today", "until"),
    [
        ("2020-08-01", "2020-08-01"),
        ("2020-10-11", "2020-10-11"),  # the last game is today
        ("2020-10-12", "2020-11-01"),  # over
        ("2025-01-01", "2020-11-01"),
    ],
)
def test_a_season_is_over_after_its_last_game(today, until):
    assert str(MOVED.until(BUBBLE, dt.date.fromisoformat(today))) == until


def test_the_content_tells_seasons_by_the_schedule():
    schedule = pl.LazyFrame(
        {
            "season_year": [2019, None, 2020],
            "game_date": [dt.date(2020, 10, 11), dt.date(2020, 10, 12), None],
        }
    )
    assert content.season_games(schedule).collect().rows() == [(2019, dt.date(2020, 10, 11))]


# a pull


def nothing(columns):
    return pl.LazyFrame(schema=dict.fromkeys(columns.split(), pl.String) | {"date": pl.Date})


CALENDAR = SimpleNamespace(
    __file__=content.__file__,
    SCHEDULE="scores",
    SEASON_COLUMNS=("points", "day"),
    season_games=lambda rows: rows.select(season="points", date="day"),
    expected=lambda *_, **__: Expected(
        nothing("date games over other_games others"),
        nothing("table date unit expected found"),
        nothing("table date unit entity"),
    ),
)
"""A schedule whose points are its season."""


def stamped(first, year):
    return season(dt.date.fromisoformat(first)).with_columns(
        points=pl.lit(year, CONTRACT.polars["points"])
    )


class League(Place):
    """2019-20 has games in August and until 8 October, 2020-21 from 22 December on."""

    def __init__(self, root):
        super().__init__(root)
        for table in (SCORES, PACES):
            self.write(table, stamped("2020-01-01", 2019))
            self.write(table, stamped("2020-08-10", 2019), "autumn")
            self.write(table, stamped("2020-12-22", 2020), "next")
        object.__setattr__(self.work.registry, "package", Path(content.__file__).parent)
        object.__setattr__(self.work.registry, "calendar", CALENDAR)

    def dates(self, of, table=PACES):
        found = self.rows(table, of)["day"]
        return (str(found.min()), str(found.max())) if found.len() else None


@pytest.fixture
def league(tmp_path):
    made = League(tmp_path)
    yield made
    made.work.ledger.close()


def test_partitions_follow_the_schedule(league):
    result = league.pull(BUBBLE, SHORT)
    assert {(t.table, t.season.year): t.dates for t in result.tables} == {
        ("scores", 2019): 120, ("paces", 2019): 120, ("scores", 2020): 60, ("paces", 2020): 60,
    }  # fmt: skip
    assert league.dates(BUBBLE) == ("2020-01-01", "2020-10-08")
    assert league.dates(SHORT) == ("2020-12-22", "2021-02-19")
    assert league.pull(BUBBLE, SHORT).tables[0].read_dates == 0


def test_dates_change_their_season_when_the_schedule_says_so(league):
    """Pulled while nothing told the season; then the schedule does."""
    object.__setattr__(league.work.registry, "calendar", None)
    league.pull(BUBBLE, SHORT)
    assert league.dates(BUBBLE) == ("2020-01-01", "2020-09-30")
    assert league.dates(SHORT) == ("2020-10-01", "2021-02-19")
    before = league.files()
    object.__setattr__(league.work.registry, "calendar", CALENDAR)

    result = league.pull(SHORT)  # the other season is stored, and takes its dates
    assert (result.held, [t.gone for t in result.tables]) == ((), [()] * 4)
    fresh = League(league.store.root / "fresh")
    fresh.pull(BUBBLE, SHORT)
    assert league.files() == fresh.files() != before
    assert league.ledger()["raw_files"] != []
    stored = "SELECT table_name, date, season FROM raw_partitions"
    assert sorted(map(tuple, league.work.ledger.rows(stored))) == sorted(
        map(tuple, fresh.work.ledger.rows(stored))
    )
    fresh.work.ledger.close()
    undo(league.work)
    assert league.files() == before


def test_a_table_alone_follows_the_schedule_too(league):
    """The schedule is read for its seasons where it is not pulled itself."""
    from nba_local.pull.pull import pull
    from nba_local.warehouse.files import FileWarehouse

    pull(league.work, FileWarehouse(str(league.folder)), [PACES], [BUBBLE])
    assert league.dates(BUBBLE) == ("2020-01-01", "2020-10-08")
