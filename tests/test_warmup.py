"""From which day on a column is stable: leagues whose answer is known, and the real season."""

from __future__ import annotations

import json

import polars as pl
import pytest

from nba_local.commands import proofs
from nba_local.errors import MissingUpstreamError, UsageError
from nba_local.proofs.warmup import Method, warmup
from nba_local.storage.store import Store
from tests.conftest import run_cli
from tests.test_registry import package  # noqa: F401 - a fixture
from tests.tiny import GAME_DAYS, LAST_3, RULES, SEASON, League

EXACT = Method(openings=3, horizon=40, tolerance=0.0, share=1.0)
TDZA = "team_defense_zone_analysis"
MEAN_SO_FAR = LAST_3.replace(".tail(3)", "")


@pytest.fixture
def league(package, tmp_path):  # noqa: F811
    return League(package, tmp_path / "data")


def warmed(league, method=EXACT, **more):
    (found,) = warmup(league.work(**more), league.work().registry.features, SEASON, method)
    return found


def day_of(found, name):
    (column,) = (c for c in found.columns if c.name == name)
    return column.day


# the day


def test_a_mean_of_three_games_is_stable_after_three_games(league):
    """They play every other day: on day 6 the games of days 0, 2 and 4 are behind them."""
    found = warmed(league.feature("form", LAST_3))
    assert found.days == tuple(range(0, 41, 2))
    (mean,) = found.columns
    assert mean.day == 6
    assert mean.agree[:5] == (None, 0.0, 0.0, 1.0, 1.0)  # no row on opening night


def test_a_mean_of_the_season_never_is(league):
    assert day_of(warmed(league.feature("form", MEAN_SO_FAR)), "mean") is None


def test_numbers_that_are_near_enough_agree(league):
    league.feature("form", MEAN_SO_FAR)
    days = [
        day_of(warmed(league, Method(openings=3, horizon=40, tolerance=x, share=1.0)), "mean")
        for x in (0.1, 0.2, 1.0)
    ]
    assert 40 > days[0] > days[1] > days[2] == 2


def test_a_share_of_the_rows_is_enough(league):
    """Ann's last three games and the mean of Bob's season: half of the rows agree from day 6 on."""
    body = f"""{LAST_3}
so_far = {MEAN_SO_FAR.removeprefix("rows = ")}
rows = pl.concat([rows.filter(pl.col("player") == "ann"), so_far.filter(pl.col("player") == "bob")])
"""
    league.feature("form", body)
    assert day_of(warmed(league), "mean") is None
    half = Method(openings=3, horizon=40, tolerance=0.0, share=0.5)
    assert day_of(warmed(league, half), "mean") == 6


def test_rows_that_are_not_there_yet_are_counted(league):
    """Four games are needed: the first rows are those of day 8."""
    body = f"""{LAST_3.replace("mean=", "games=pl.len(), mean=")}
rows = rows.filter(pl.col("games") >= 4).select("player", "day", "mean")"""
    found = warmed(league.feature("form", body))
    assert found.rows == (6,) * 21  # two players, three openings
    assert found.present == (*[0.0] * 4, *[1.0] * 17)
    assert day_of(found, "mean") == 8


def test_a_lapse_later_on_counts(league):
    """The mean that counts from 30 days ago on is right early, wrong later: it is never stable."""
    body = f"""{LAST_3.replace("mean=", "games=pl.len(), mean=")}
rows = rows.select("player", "day", mean=pl.when(pl.col("games").is_between(3, 5)).then("mean")
    .when(pl.col("games") < 18).then(-1.0).otherwise("mean"))"""
    (mean,) = warmed(league.feature("form", body), EXACT).columns
    assert mean.agree[3:6] == (1.0, 1.0, 1.0)
    assert mean.agree[6] == 0.0
    assert mean.day == 36


def test_texts_flags_and_lists_agree_where_they_are_equal(league):
    body = f"""{LAST_3.replace("mean=", "games=pl.len(), newest=pl.col('points').tail(2), mean=")}
rows = rows.select("player", "day",
    size=pl.when(pl.col("games") < 5).then(pl.lit("short")).otherwise(pl.lit("long")),
    is_short=pl.col("games") < 4, newest=pl.col("newest"))"""
    columns = {"size": "STRING", "is_short": "BOOL", "newest": "INT64[]"}
    found = warmed(league.feature("form", body, **columns))
    days = {name: day_of(found, name) for name in columns}
    assert days == {"size": 10, "is_short": 8, "newest": 4}


# what is measured


def test_of_a_named_list_each_element_is_measured(league):
    body = f"""{LAST_3.replace("mean=", "last=pl.col('points').last(), mean=")}
rows = rows.select("player", "day", values=pl.concat_list(
    pl.col("last").cast(pl.Float64), "mean", pl.lit(1.0)), names=pl.lit(["last", "mean", "one"]))"""
    more = ', named_lists={"values": "names"}'
    columns = {"values": "FLOAT64[]", "names": "STRING[]"}
    found = warmed(league.feature("form", body, more=more, **columns))
    assert {c.name: c.day for c in found.columns} == {"values.last": 2, "values.mean": 6}
    assert found.left_out == {"values.one": "constant", "names": "constant"}


def test_lists_whose_names_differ_between_rows_are_one_column(league):
    body = f"""{LAST_3}
rows = rows.select("player", "day", values=pl.concat_list("mean"), names=pl.concat_list("player"))
"""
    more = ', named_lists={"values": "names"}'
    columns = {"values": "FLOAT64[]", "names": "STRING[]"}
    found = warmed(league.feature("form", body, more=more, **columns))
    assert "values" in {c.name for c in found.columns}


def test_columns_that_say_nothing_are_left_out_with_the_reason(league):
    body = f"""{LAST_3}
rows = rows.with_columns(source_rows=pl.lit(3), data_hash=pl.col("mean").cast(pl.String), one=1,
    since=pl.col("day"), created_at=pl.lit(None, pl.Datetime("us", "UTC")))"""
    columns = {"mean": "FLOAT64", "source_rows": "INT64", "data_hash": "STRING", "one": "INT64"}
    columns |= {"since": "DATE", "created_at": "TIMESTAMP"}
    found = warmed(league.feature("form", body, **columns))
    assert [c.name for c in found.columns] == ["mean"]
    assert found.left_out == {
        "source_rows": "provenance",
        "data_hash": "provenance",
        "one": "constant",
        "since": "date or time",
    }


# openings


def test_openings_lie_between_a_quarter_and_three_fifths_of_the_season(league):
    """It lasts from day 0 to day 118, so they lie between days 29.5 and 70.8."""
    found = warmed(league.feature("form", LAST_3))
    assert found.openings == (GAME_DAYS[15], GAME_DAYS[25], GAME_DAYS[35])


def test_openings_of_a_season_under_way_lie_in_what_is_behind(league):
    found = warmed(league.feature("form", LAST_3), today=GAME_DAYS[20])
    assert found.openings == (GAME_DAYS[5], GAME_DAYS[9], GAME_DAYS[12])
    assert found.days[-1] == 30  # from the first opening to the present


def test_no_opening_has_a_break_soon_after(league):
    """No games between days 60 and 72: only day 30 has 30 days before that."""
    for table in ("listed", "scores"):
        path = Store(league.data).file("raw", table, SEASON, "2021-11")
        rows = pl.read_parquet(path)
        league.pulled(table, rows.filter(~pl.col("day").is_in(GAME_DAYS[31:36])))
    found = warmed(league.feature("form", LAST_3))
    assert found.openings == (GAME_DAYS[15],)


def test_bootstrap_days_of_the_rules_are_reported_and_not_kept(league):
    found = warmed(league.feature("form", LAST_3))
    assert found.bootstrap_days == 10
    assert found.present[1] == 1.0  # on day 2


def test_a_season_just_begun_is_refused(league):
    league.feature("form", LAST_3)
    with pytest.raises(MissingUpstreamError, match="2021-22 has too few dates yet"):
        warmed(league, today=GAME_DAYS[1])


def test_rules_without_bootstrap_days_are_refused(league):
    league.feature("form", LAST_3)
    rules = league.package.folder / "rules.py"
    rules.write_text(RULES.replace('{"bootstrap_days": "days"}', '{"other": "days"}'))
    with pytest.raises(UsageError, match="no setting `bootstrap_days`"):
        warmed(league)


def test_a_season_without_rows_is_refused(league):
    league.feature("form", f'{LAST_3}.filter(pl.col("mean") < 0)')
    with pytest.raises(MissingUpstreamError, match="form has no rows of 2021-22 yet"):
        warmed(league)


# the real season


@pytest.fixture(scope="module")
def real(real_season):
    method = Method(openings=2, horizon=45, tolerance=0.25, share=0.95)
    return {f.table: f for f in proofs.warmup(real_season, ["2021-22"], [], method)}


@pytest.mark.slow
def test_every_table_of_the_real_season_is_measured(real, real_season):
    assert list(real) == [t.name for t in real_season.registry.features]
    for found in real.values():
        assert found.days[0] == 0
        assert found.bootstrap_days == 14
        assert len(found.columns) > 10
        assert any(c.day is not None and c.day <= 14 for c in found.columns)


@pytest.mark.slow
def test_a_table_of_fifteen_games_takes_longer_than_two_weeks(real):
    """15 games take a team some 30 days; it has a row from its fifth game on."""
    found = real[TDZA]
    assert 25 <= day_of(found, "games_in_sample") <= 42
    assert 20 <= day_of(found, "defensive_rating_last_15") <= 42
    present = dict(zip(found.days, found.present, strict=True))
    assert present[5] < 0.1
    assert present[28] > 0.95


def test_the_command_says_what_bootstrap_days_cover(real_weeks):
    where = ("--data", str(real_weeks.store.root), "--tables", "team_defense_zone_analysis")
    done = run_cli(
        "warmup", "2021-22", *where, "--openings", "1", "--horizon", "21", "--json", "-v"
    )
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["result"]
    assert len(found["openings"]) == 1
    assert (found["days"][0], found["bootstrap_days"]) == (0, 14)
    assert len(found["columns"]) > 10
    assert len(found["days"]) == len(found["present"]) == len(found["columns"][0]["agree"])
    assert "bootstrap_days 14 covers" in done.stderr
    assert all(len(line) <= 80 for line in done.stderr.splitlines())
