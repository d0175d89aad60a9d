"""No row knows what came later: the comparison, the leaks planted for it, and the real season."""

from __future__ import annotations

import datetime as dt
import json
import time

import pytest

from nba_local.commands import proofs
from nba_local.errors import MissingUpstreamError
from nba_local.proofs.chain import side_by_side
from nba_local.proofs.leak import DateSample, leak
from nba_local.tables.calendar import Interval
from tests.conftest import run_cli
from tests.test_registry import package  # noqa: F401 - a fixture
from tests.tiny import GAME_DAYS, KNOWN, LAST_3, SEASON, League, points

SEES_ITS_DAY = LAST_3.replace("before.", 'history.filter(pl.col("day_of") <= pl.col("day")).')
SEES_ALL_DAYS = LAST_3.replace("before.", "history.")
WHO_PLAYED = f'{LAST_3}\nrows = rows.join(scores, on=["player", "day"], how="semi")'
DATE = GAME_DAYS[20]


def on(*dates: dt.date) -> DateSample:
    return DateSample(tuple(Interval(date, date + dt.timedelta(days=1)) for date in dates))


@pytest.fixture
def league(package, tmp_path):  # noqa: F811
    return League(package, tmp_path / "data")


def leaks(league, sample=None):
    """What is found on one date of every feature table."""
    work = league.work()
    found = leak(work, work.registry.features, SEASON, sample or on(DATE))
    return {f.table: f for f in found}


# what is a leak


def test_a_table_that_looks_back_has_none(league):
    (found,) = leaks(league.feature("form", LAST_3), DateSample((SEASON.interval,), 6)).values()
    assert not found.leaks
    assert (found.rows, found.cells, found.non_rows) == (12, 12, 0)
    assert found.samples == ()


@pytest.mark.parametrize("body", [SEES_ITS_DAY, SEES_ALL_DAYS], ids=["its day", "all days"])
def test_a_table_that_looks_ahead_leaks_in_every_row(body, league):
    (found,) = leaks(league.feature("form", body)).values()
    assert found.leaks
    assert found.differing == {"mean": 2}


def test_a_difference_is_shown_with_its_grain_and_both_values(league):
    (found,) = leaks(league.feature("form", SEES_ITS_DAY)).values()
    first = found.samples[0]
    now, then = (sum(points("ann", i) for i in games) / 3 for games in ((18, 19, 20), (17, 18, 19)))
    assert (first.date, first.grain, first.column) == (DATE, ("ann",), "mean")
    assert (float(first.now), float(first.then)) == pytest.approx((now, then))


def test_a_leak_upstream_is_a_leak_downstream(league):
    league.feature("form", SEES_ITS_DAY)
    league.feature("rank", 'rows = form.with_columns(mean=-pl.col("mean"))', "form")
    assert [f.differing for f in leaks(league).values()] == [{"mean": 2}, {"mean": 2}]


def test_reading_a_later_row_of_an_honest_table_is_a_leak(league):
    later = 'rows = form.sort("day").with_columns(pl.col("mean").shift(-1).over("player"))'
    found = leaks(league.feature("form", LAST_3).feature("next", later, "form"))
    assert not found["form"].leaks
    assert found["next"].differing == {"mean": 2}


def test_a_row_that_is_there_because_of_the_result_is_a_leak(league):
    (found,) = leaks(league.feature("form", WHO_PLAYED)).values()
    assert found.leaks
    assert (found.rows, found.only_now, found.only_then) == (0, 2, 0)
    assert found.non_rows_differing == 2  # beforehand they have a reason instead
    assert [s.column for s in found.samples] == ["row", "row", "non-row", "non-row"]


TELLS_POINTS = f"""{LAST_3}
rows = rows.filter(pl.col("player") == "ann")
days = days.join(scores, on=["player", "day"], how="left")
detail = pl.col("points").cast(pl.String)"""


def test_a_reason_that_tells_the_result_is_a_leak(league):
    (found,) = leaks(league.feature("form", TELLS_POINTS)).values()
    assert found.leaks
    assert (found.rows, found.differing) == (1, {})
    (told,) = found.samples
    assert (told.grain, told.column) == (("bob",), "non-row")
    assert f'"detail":"{points("bob", 20)}"' in told.now
    assert '"detail":null' in told.then


def test_a_row_that_differs_in_when_it_was_made_only_is_no_leak(league):
    made = "created_at=pl.col('day_of').max().cast(pl.Datetime('us', 'UTC'))"
    body = SEES_ITS_DAY.replace("mean=", f"{made}, mean=") + ".with_columns(mean=0.0)"
    league.feature("form", body, created_at="TIMESTAMP", mean="FLOAT64")
    (found,) = leaks(league).values()
    assert (found.leaks, found.cells) == (False, 2)


def test_of_a_named_list_the_element_is_named(league):
    body = f"""{LAST_3.replace("mean=", "old=")}
new = {SEES_ITS_DAY.removeprefix("rows = ").replace("mean=", "new=")}
rows = rows.join(new, on=["player", "day"]).select(
    "player", "day", values=pl.concat_list("old", "new"), names=pl.lit(["old", "new"]))"""
    more = ', named_lists={"values": "names"}'
    league.feature("form", body, more=more, values="FLOAT64[]", names="STRING[]")
    (found,) = leaks(league).values()
    assert found.differing == {"values.new": 2}
    assert found.cells == 6


# what a table says of hindsight


def test_what_was_known_of_a_source_is_what_its_table_says(league):
    """Where nobody says so, the rows of a day are not known before it: nobody is listed then."""
    code = league.package.folder / "listed" / "table.py"
    code.write_text(code.read_text().replace(KNOWN, ""))
    (found,) = leaks(league.feature("form", LAST_3)).values()
    assert found.leaks
    assert (found.only_now, found.only_then) == (2, 0)


HINDSIGHT = ', hindsight_rows=True, hindsight_reasons=frozenset({"no_history"})'
BOB_IF_HE_PLAYED = f"""{LAST_3}
bob = rows.filter(pl.col("player") == "bob").join(scores, on=["player", "day"], how="semi")
rows = pl.concat([rows.filter(pl.col("player") == "ann"), bob])"""


@pytest.mark.parametrize("more", ["", HINDSIGHT], ids=["not said", "said"])
def test_who_has_a_row_may_be_known_in_hindsight_where_the_table_says_so(more, league):
    (found,) = leaks(league.feature("form", BOB_IF_HE_PLAYED, more=more)).values()
    assert (found.rows, found.only_now, found.only_then) == (1, 1, 0)
    assert found.leaks == (not more)
    assert found.non_rows_differing == (0 if more else 1)
    assert (found.samples == ()) == bool(more)


def test_what_a_row_says_may_not_be_known_in_hindsight(league):
    (found,) = leaks(league.feature("form", SEES_ITS_DAY, more=HINDSIGHT)).values()
    assert found.leaks


# which tables and dates


def test_of_the_tables_that_a_chosen_one_reads_nothing_is_said(league):
    league.feature("form", SEES_ITS_DAY).feature("other", LAST_3)
    league.feature("rank", 'rows = form.with_columns(mean=-pl.col("mean"))', "form")
    work = league.work()
    chosen = [work.registry.table("rank")]
    assert [t.name for t in work.registry.with_upstream(chosen)] == ["form", "rank"]
    (found,) = leak(work, chosen, SEASON, on(DATE))
    assert found.table == "rank"
    assert found.leaks


def test_a_date_on_which_nobody_has_a_row_is_compared_too(league):
    """That the season has no row of it may itself be the leak."""
    body = f"""{LAST_3}
scored = scores.filter(pl.col("day") == pl.date({DATE.year}, {DATE.month}, {DATE.day}))
rows = rows.join(scored, on=["player", "day"], how="anti")"""
    (found,) = leaks(league.feature("form", body)).values()
    assert found.leaks
    assert (found.rows, found.only_now, found.only_then) == (0, 0, 2)


def test_a_sample_is_evenly_spread_and_has_the_first_and_the_last_date():
    assert DateSample((SEASON.interval,), 4).of(GAME_DAYS[:10]) == [
        GAME_DAYS[i] for i in (0, 3, 6, 9)
    ]


def test_a_sample_has_no_more_dates_than_there_are():
    assert DateSample((SEASON.interval,), 20).of(GAME_DAYS[:3]) == GAME_DAYS[:3]
    assert DateSample((SEASON.interval,)).of(GAME_DAYS) == GAME_DAYS


def test_dates_without_rows_are_refused(league):
    league.feature("form", LAST_3)
    with pytest.raises(MissingUpstreamError, match="no table has rows of 2021-22 on these dates"):
        leaks(league, on(dt.date(2021, 11, 2)))


def test_a_table_without_rows_proves_nothing(league):
    league.feature("form", f'{LAST_3}.filter(pl.col("mean") < 0)')
    with pytest.raises(MissingUpstreamError, match="form has no rows of 2021-22 yet"):
        leaks(league)


def test_after_an_error_nothing_more_is_begun():
    begun = []

    def fail(item):
        begun.append(item)
        time.sleep(0.01)
        raise ValueError(item)

    with pytest.raises(ValueError, match="0"):
        list(side_by_side(fail, range(100)))
    assert len(begun) < 10


# the real season


@pytest.mark.slow
def test_no_table_of_the_real_season_leaks(real_season):
    found = proofs.leak(real_season, ["2021-22"], [], 1)
    assert [f.table for f in found] == [t.name for t in real_season.registry.features]
    assert [f for f in found if f.leaks] == []
    assert all(len(f.dates) == 1 and f.rows > 0 for f in found)


def test_the_rules_of_production_leak_and_the_command_says_where(real_weeks):
    """On a folder of the other rule set: what is pulled is the same under both."""
    tables = "team_defense_zone_analysis,player_shot_zone_analysis"
    where = ("--data", str(real_weeks.store.root), "--tables", tables)
    done = run_cli("leak", "2021-12-04", *where, "--rules", "production", "--json", "-v")
    assert done.returncode == 4
    found = json.loads(done.stdout)["result"]
    assert [f["dates"] for f in found] == [["2021-12-04"]] * 2
    assert all(f["rows"] > 0 and f["differing"]["data_hash"] > 0 for f in found)
    assert "player_shot_zone_analysis: LEAKS on 2021-12-04\n" in done.stderr
    assert "in hindsight" in done.stderr
