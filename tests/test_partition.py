"""Seasons, dates and ranges: what a person types, and the half-open intervals it becomes."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_local.errors import UsageError
from nba_local.tables.calendar import (
    Interval,
    Season,
    month_interval,
    month_of,
    parse_interval,
    seasons_of,
)

DAYS = st.dates(dt.date(1947, 1, 1), dt.date(2099, 12, 31))
NEAR = st.dates(dt.date(2021, 6, 20), dt.date(2021, 7, 10))


@st.composite
def intervals(draw, days=DAYS):
    start, last = sorted([draw(days), draw(days)])
    return Interval(start, last + dt.timedelta(days=1))


@given(DAYS)
def test_the_season_of_a_day_contains_the_day(day):
    assert day in Season.of(day).interval


@given(DAYS)
def test_a_season_reads_back_from_its_own_text(day):
    season = Season.of(day)
    assert Season.parse(str(season)) == season


@given(intervals())
def test_an_interval_reads_back_from_its_own_text(interval):
    assert parse_interval(str(interval)) == interval


@given(intervals(), st.data())
def test_the_seasons_of_an_interval_contain_each_of_its_days(interval, data):
    day = data.draw(st.dates(interval.start, interval.end - dt.timedelta(days=1)))
    assert any(day in season.interval for season in seasons_of(interval))


@given(intervals())
def test_every_season_of_an_interval_shares_a_day_with_it(interval):
    assert all(season.interval.intersect(interval) for season in seasons_of(interval))


@given(intervals())
def test_the_seasons_of_an_interval_follow_each_other_without_gap_or_overlap(interval):
    seasons = seasons_of(interval)
    assert all(one.interval.end == after.interval.start for one, after in pairwise(seasons))


@given(intervals(NEAR), intervals(NEAR), NEAR)
def test_a_day_is_in_the_intersection_if_it_is_in_both(left, right, day):
    both = left.intersect(right)
    assert (both is not None and day in both) == (day in left and day in right)


@given(DAYS)
def test_a_day_lies_in_the_month_it_is_filed_under(day):
    month = month_interval(month_of(day))
    assert day in month
    assert month.start.day == month.end.day == 1


def test_a_season_runs_from_october_to_september_where_nothing_says_otherwise():
    season = Season(2021)
    assert dt.date(2021, 10, 1) in season.interval
    assert dt.date(2022, 9, 30) in season.interval
    assert dt.date(2021, 9, 30) not in season.interval
    assert dt.date(2022, 10, 1) not in season.interval


def test_a_season_across_the_century_has_two_digits():
    assert str(Season(1999)) == "1999-00"
    assert Season.parse("1999-00") == Season(1999)


def test_a_typed_season_is_all_its_dates():
    assert parse_interval("2021-22") == Interval(dt.date(2021, 10, 1), dt.date(2022, 10, 1))


def test_a_typed_date_is_one_day():
    assert parse_interval("2021-11-15") == Interval(dt.date(2021, 11, 15), dt.date(2021, 11, 16))


def test_a_typed_range_includes_its_last_day():
    interval = parse_interval("2021-11-15..2021-11-30")
    assert dt.date(2021, 11, 30) in interval
    assert dt.date(2021, 12, 1) not in interval


def test_a_month_is_an_interval_unless_it_could_be_a_season():
    assert parse_interval("2021-11") == month_interval("2021-11")
    assert parse_interval("2011-12") == Season(2011).interval


def test_spaces_around_what_was_typed_do_not_matter():
    assert parse_interval(" 2021-22 ") == parse_interval("2021-22")


def test_seasons_of_a_range_across_autumn_are_both():
    assert seasons_of(parse_interval("2022-09-30..2022-10-01")) == (Season(2021), Season(2022))


def test_two_months_that_touch_share_no_day():
    assert month_interval("2021-11").intersect(month_interval("2021-12")) is None


@pytest.mark.parametrize("text", ["2021-23", "2021-13", "1999-98"])
def test_years_that_do_not_follow_each_other_get_the_season_that_was_meant(text):
    with pytest.raises(UsageError, match=f"did you mean `{text[:4]}-") as refused:
        parse_interval(text)
    assert str(Season(int(text[:4]))) in refused.value.message


@pytest.mark.parametrize(
    "text",
    ["", "21-22", "2021-11-31", "2021-13-01", "15.11.2021", "2021-11-15..", "..2021-11-15"],
)
def test_what_is_no_season_date_or_range_is_refused_with_the_three_forms(text):
    with pytest.raises(UsageError, match="is not a season, date or range") as refused:
        parse_interval(text)
    assert f"`{text}`" in refused.value.message
    assert "2021-22" in refused.value.hint
    assert "2021-11-15" in refused.value.hint
    assert "2021-11-15..2021-11-30" in refused.value.hint


def test_a_date_is_not_a_season():
    with pytest.raises(UsageError, match="`2021-11-15` is not a season"):
        Season.parse("2021-11-15")


def test_a_range_that_ends_before_it_starts_is_refused():
    with pytest.raises(UsageError, match="ends before it starts"):
        parse_interval("2021-11-30..2021-11-15")


@pytest.mark.parametrize("text", ["9999-12-31", "9999-00"])
def test_a_date_at_the_end_of_the_calendar_is_refused_like_any_other(text):
    with pytest.raises(UsageError):
        parse_interval(text)
