"""The feature set v2: off by default, the baseline first, unknown features not named."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import duckdb
import polars as pl
import pytest

from nba_local.compute.compute import compute, inputs_of
from nba_local.proofs.leak import DateSample, leak
from nba_local.tables.calendar import Interval, Season
from pipelines.ml_feature_store_v2 import later
from pipelines.ml_feature_store_v2.features import FEATURES
from tests.conftest import slow
from tests.seasons import FIVE_WEEKS

NAME, SEASON, TODAY = "ml_feature_store_v2", Season(2021), dt.date(2022, 7, 1)
BASE = len(FEATURES)


@pytest.fixture(scope="module", params=["weeks", slow("whole")])
def real(request, seasons, shared):
    """The first weeks of the real season, or all of it."""
    return seasons.real(shared, until=FIVE_WEEKS if request.param == "weeks" else None)


@pytest.fixture(scope="module")
def both(real):
    """The season under both feature sets."""
    with real.reading() as work:
        table = work.registry.table(NAME)
        more = work.registry.rules("corrected", [f"{NAME}.feature_set=v2"])
        found = [
            compute(table, inputs_of(work, table, SEASON), rules=r, season=SEASON, today=TODAY)
            for r in (work.rules, more)
        ]
    return [computed.rows for computed in found]


@pytest.fixture(scope="module")
def long(both):
    """A row per later feature that is known."""
    return (
        both[1]
        .select("player_lookup", "game_date", "features", "feature_names")
        .explode("features", "feature_names", empty_as_null=False, keep_nulls=False)
        .filter(pl.col("feature_names").is_in(list(later.NAMES.values())))
        .rename({"features": "value", "feature_names": "name"})
    )


def test_the_baseline_is_the_default_and_comes_first(both):
    baseline, more = both
    assert baseline["feature_version"].unique().to_list() == ["v1_baseline_25+corrected"]
    assert more["feature_version"].unique().to_list() == ["v2_48features+corrected"]
    head = more.select(pl.col("features", "feature_names").list.head(BASE))
    assert head.equals(baseline.select("features", "feature_names"))


def test_unknown_features_are_not_named(both):
    more = both[1]
    for column in ("features", "feature_names"):
        assert (more[column].list.len() == more["feature_count"]).all()
        assert more[column].explode(empty_as_null=False, keep_nulls=True).null_count() == 0
    assert more["feature_count"].min() < BASE + len(later.NAMES) == more["feature_count"].max()


ORACLE = """
WITH box AS (FROM read_parquet('{pgs}') WHERE team_abbr <> ''),
rows AS (SELECT player_lookup, game_date AS day, opponent_team_abbr AS against FROM store),
seen AS (
    SELECT rows.*, box.game_date, box.points, box.minutes_played AS minutes, box.usage_rate AS usage,
        box.opponent_team_abbr AS met, row_number() OVER (PARTITION BY rows.player_lookup, day
            ORDER BY box.game_date DESC) AS n, day - box.game_date AS ago
    FROM rows INNER JOIN box ON box.player_lookup = rows.player_lookup AND box.game_date < day
),
means AS (
    SELECT player_lookup, day, avg(points) FILTER (ago <= 60) AS mean60,
        stddev_samp(points) FILTER (ago <= 60) AS sd60, avg(points) FILTER (n <= 3 AND ago <= 60) AS last3
    FROM seen GROUP BY ALL
)
SELECT seen.player_lookup, seen.day AS game_date,
    coalesce(avg(points) FILTER (met = against), avg(points)) AS avg_points_vs_opponent,
    count(*) FILTER (met = against) AS games_vs_opponent,
    avg(points / minutes) FILTER (ago <= 30 AND minutes > 0) AS ppm_avg_last_10,
    coalesce(sum(minutes) FILTER (ago <= 7), 0) AS minutes_load_last_7d,
    any_value(last3) AS points_avg_last_3,
    any_value(CASE WHEN sd60 > 0 THEN (last3 - mean60) / sd60 END) AS deviation_from_avg_last3,
    CASE WHEN count(points) FILTER (n <= 7) >= 4
        THEN regr_slope(points, -n) FILTER (n <= 7) END AS scoring_trend_slope,
    CASE WHEN count(points) FILTER (n <= 10) >= 5
        THEN regr_slope(points, -n) FILTER (n <= 10) END AS pts_slope_10g,
    CASE WHEN count(minutes) FILTER (n <= 10) >= 3
        THEN stddev_samp(minutes) FILTER (n <= 10) END AS minutes_volatility_last_10,
    CASE WHEN count(usage) FILTER (n <= 5) >= 3 THEN avg(usage) FILTER (n <= 5) END AS usage_rate_last_5,
    CASE WHEN count(*) FILTER (ago <= 60) > 0 THEN coalesce(min(n) FILTER (ago <= 60 AND points >= mean60) - 1,
        count(*) FILTER (ago <= 60)) END AS consecutive_games_below_avg
FROM seen INNER JOIN means USING (player_lookup, day)
GROUP BY ALL
"""


def test_a_second_engine_says_the_same(both, long, shared):
    """Those made of his own box scores, once more in SQL; NULL there is not named here."""
    store = both[1].select("player_lookup", "game_date", "opponent_team_abbr").to_arrow()
    con = duckdb.connect()
    con.register("store", store)
    path = shared / "phase3/player_game_summary/season=2021.parquet"
    sql = con.sql(ORACLE.format(pgs=path)).pl()
    for name in sql.columns[2:]:
        theirs = sql.select("player_lookup", "game_date", theirs=pl.col(name).cast(pl.Float64))
        ours = long.filter(pl.col("name") == name).join(
            theirs, on=["player_lookup", "game_date"], how="left"
        )
        # who has not played yet is not in the query; both counts are 0 then
        counts = {"games_vs_opponent", "minutes_load_last_7d"}
        unseen = ours.filter(pl.col("theirs").is_null())
        assert unseen.is_empty() or (name in counts and (unseen["value"] == 0).all()), name
        assert ours.height >= theirs["theirs"].count(), name
        off = (ours["value"] - ours["theirs"]).abs()
        assert (off.drop_nulls() < 1e-8).all(), (name, ours.filter(off >= 1e-8).head(3))


def test_values_are_plausible(both, long):
    """The ranges that the contract lists for them."""
    ranges = {
        "avg_points_vs_opponent": (0, 70),
        "games_vs_opponent": (0, 100),
        "dnp_rate": (0, 1),
        "pts_vs_season_zscore": (-4, 4),
        "breakout_flag": (0, 1),
        "game_total_line": (180, 280),
        "implied_team_total": (90, 140),
        "spread_magnitude": (0, 25),
        "blowout_minutes_risk": (0, 1),
        "games_since_structural_change": (0, 30),
        "minutes_avg_last_10": (0, 48),
    }
    for name, (low, high) in ranges.items():
        values = long.filter(pl.col("name") == name)["value"]
        assert values.len() > 0.78 * both[1].height, name
        assert values.is_between(low, high).all(), (name, values.min(), values.max())


@pytest.mark.slow
def test_no_later_feature_knows_what_came_later(real_season):
    with real_season.reading() as work:
        more = work.registry.rules("corrected", [f"{NAME}.feature_set=v2"])
        with_more = replace(work, rules=more)
        span = Interval(dt.date(2022, 1, 10), dt.date(2022, 3, 5))
        found = leak(with_more, [work.registry.table(NAME)], SEASON, DateSample((span,), 1))
    assert [found[0].rows > 0, found[0].leaks] == [True, False]


@pytest.mark.parametrize("setting", ["feature_set=v4", "min_games=8"])
def test_a_setting_that_it_does_not_have_is_refused(setting, real_weeks):
    with pytest.raises(Exception, match=r"feature sets are v1, v2, v3|no minimum of games"):
        real_weeks.registry.rules(None, [f"{NAME}.{setting}"])
