"""The feature set v3: features made of betting lines, on a simulated market."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import duckdb
import polars as pl
import pytest

from nba_local.commands import road
from nba_local.commands.project import Project
from nba_local.proofs.chain import load
from nba_local.proofs.leak import DateSample, leak
from nba_local.tables.calendar import Interval, Season
from pipelines import simulated
from pipelines.ml_feature_store_v2 import lines
from pipelines.simulated.market import ERROR, with_lines
from tests.seasons import project_of, store

NAME, SEASON, LAST = "ml_feature_store_v2", Season(2021), dt.date(2021, 12, 22)
KEY = ["player_lookup", "game_date"]
CONTEXT, BOX = "upcoming_player_game_context", "player_game_summary"
DAY = dt.date(2021, 12, 17)
"""On this date two lines are snapshots taken during the game, see `planted`."""


@pytest.fixture(scope="module")
def clean(seasons):
    return seasons.clean()


@pytest.fixture(scope="module")
def market(clean):
    """The season that `market=True` makes."""
    return replace(clean, tables=with_lines(dict(clean.tables), clean.year, clean.seed))


@pytest.fixture(scope="module")
def planted(market):
    """The autumn, with a line of 99 on one player and one 16 above its opening on another."""
    tables = {
        name: rows.filter(pl.col("game_date") <= LAST) for name, rows in market.tables.items()
    }
    played = tables[BOX].filter(game_date=DAY).select(KEY)
    offered = tables[CONTEXT].filter(pl.col("game_date") == DAY, pl.col("has_prop_line"))
    known = offered.join(played, on=KEY).filter(pl.col("current_points_line") > 20)
    high, moved = known.sort("player_lookup")["player_lookup"].head(2)
    on_day = pl.col("game_date") == DAY
    mine = {who: on_day & (pl.col("player_lookup") == who) for who in (high, moved)}
    kind = tables[CONTEXT].schema["current_points_line"]
    line = (
        pl.when(mine[high]).then(pl.lit(99.0))
        .when(mine[moved]).then(pl.col("opening_points_line").cast(pl.Float64) + 16)
        .otherwise(pl.col("current_points_line").cast(pl.Float64))
    )  # fmt: skip
    tables[CONTEXT] = tables[CONTEXT].with_columns(current_points_line=line.cast(kind))
    return tables, (high, moved)


@pytest.fixture(scope="module")
def project(planted, tmp_path_factory):
    root = tmp_path_factory.mktemp("lines")
    store(root / "warehouse", planted[0])
    made = project_of(root / "data", f"file://{root}/warehouse")
    road.pull(made, ["2021-22"], [])
    return made


def store_with(project, feature_set):
    """The store's rows under a feature set."""
    with project.reading(raw_only=True) as work:
        chain = load(work, [work.registry.table(NAME)], SEASON)
        rules = work.registry.rules("corrected", [f"{NAME}.feature_set={feature_set}"])
        return chain.computed(rules)[NAME].rows


@pytest.fixture(scope="module")
def three(project):
    return store_with(project, "v3")


@pytest.fixture(scope="module")
def wide(three):
    """A row per row of the store, a column per feature of v3; NULL where not named."""
    return (
        three.select(*KEY, "features", "feature_names")
        .explode("features", "feature_names", empty_as_null=False, keep_nulls=False)
        .pivot(on="feature_names", index=KEY, values="features")
        .sort(KEY)
    )  # fmt: skip


@pytest.mark.slow
def test_v3_is_v2_and_then_the_lines(project, three):
    two = store_with(project, "v2")
    assert three["feature_version"].unique().to_list() == ["v3_59features+corrected"]
    assert len(lines.NAMES) == 11
    added = pl.col("feature_names").list.eval(
        pl.element().filter(pl.element().is_in(list(lines.NAMES.values())))
    )
    rest = three.select(
        *KEY,
        names=pl.col("feature_names").list.set_difference(added),
        values=pl.col("features").list.head(pl.col("feature_count") - added.list.len()),
    )
    same = rest["values"].list.len() == two["feature_count"]
    assert same.all()
    assert rest["values"].equals(two["features"])


@pytest.mark.slow
def test_lines_change_no_other_column_of_the_simulated_season(clean, market):
    assert simulated.season(2021, faults=False, market=True).tables[BOX].equals(market.tables[BOX])
    for name, rows in clean.tables.items():
        differing = {c for c in rows.columns if not rows[c].equals(market.tables[name][c])}
        expected = {
            BOX: {"points_line", "over_under_result", "margin", "points_line_source"},
            CONTEXT: {
                *("has_prop_line", "current_points_line", "opening_points_line", "line_movement"),
                *("current_points_line_source", "opening_points_line_source"),
                *("prop_over_streak", "prop_under_streak"),
            },
        }.get(name, set())
        assert differing == (expected | {"data_hash"} if expected else set()), name


@pytest.mark.slow
def test_the_market_is_fair_and_its_error_is_known(market):
    box = market.tables[BOX].select(*KEY, "points", line=pl.col("points_line").cast(pl.Float64))
    level = (pl.col("points").sum() - pl.col("points")) / (pl.len() - 1)
    rows = box.with_columns(level=level.over("player_lookup")).drop_nulls("line")
    assert 15_000 < rows.height < 19_000
    over, under = ((rows["points"] > rows["line"]).mean(), (rows["points"] < rows["line"]).mean())
    assert abs(over - under) < 0.02
    assert max(over, under) < 110 / 210  # no side pays by itself
    miss = (rows["line"] - rows["level"]).std()
    assert abs(miss - ERROR) < 0.1


ORACLE = """
WITH box AS (
    SELECT *, max(points) OVER w AS most, count(points) OVER w AS scored FROM pgs
    WINDOW w AS (PARTITION BY player_lookup ORDER BY game_date ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
context AS (
    SELECT c.*, b.most, b.scored FROM upgc AS c ASOF LEFT JOIN (
        SELECT player_lookup, game_date, max(points) OVER w AS most, count(points) OVER w AS scored FROM pgs
        WINDOW w AS (PARTITION BY player_lookup ORDER BY game_date)
    ) AS b ON b.player_lookup = c.player_lookup AND b.game_date < c.game_date
),
lines AS (
    SELECT player_lookup, game_date, prop_over_streak, prop_under_streak,
        CASE WHEN current_points_line BETWEEN 0 AND 80
            AND NOT (coalesce(scored, 0) >= 5 AND current_points_line > 2 * most + 10)
            AND coalesce(abs(current_points_line - opening_points_line) <= 15, TRUE)
            THEN CAST(current_points_line AS DOUBLE) END AS line,
        CASE WHEN opening_points_line BETWEEN 0 AND 80
            AND NOT (coalesce(scored, 0) >= 5 AND opening_points_line > 2 * most + 10)
            THEN CAST(opening_points_line AS DOUBLE) END AS opening
    FROM context
),
lined AS (
    SELECT s.player_lookup, s.game_date AS day, b.points - b.points_line AS margin,
        row_number() OVER (PARTITION BY s.player_lookup, s.game_date ORDER BY b.game_date DESC) AS n
    FROM store AS s INNER JOIN box AS b ON b.player_lookup = s.player_lookup AND b.game_date < s.game_date
    WHERE b.points_line BETWEEN 0 AND 80 AND NOT (coalesce(b.scored, 0) >= 5 AND b.points_line > 2 * b.most + 10)
),
margins AS (
    SELECT player_lookup, day,
        CASE WHEN count(*) >= 5 THEN avg(CAST(margin > 0 AS INTEGER)) FILTER (n <= 10) END AS over_rate,
        CASE WHEN count(*) >= 3 THEN avg(margin) FILTER (n <= 5) END AS margin_5
    FROM lined GROUP BY ALL
),
made AS (
    SELECT s.player_lookup, s.game_date AS day, b.unassisted_fg_makes / b.fg_makes AS share,
        row_number() OVER (PARTITION BY s.player_lookup, s.game_date ORDER BY b.game_date DESC) AS n
    FROM store AS s INNER JOIN pgs AS b ON b.player_lookup = s.player_lookup AND b.game_date < s.game_date
    WHERE b.fg_makes > 0 AND b.unassisted_fg_makes IS NOT NULL AND s.game_date - b.game_date <= 60
),
creation AS (
    SELECT player_lookup, day, CASE WHEN count(*) >= 5 THEN avg(share) FILTER (n <= 10) END AS rate
    FROM made GROUP BY ALL
)
SELECT s.player_lookup, s.game_date, l.line AS vegas_points_line, l.opening AS vegas_opening_line,
    l.line - l.opening AS vegas_line_move, CAST(l.line IS NOT NULL AS INTEGER) AS has_vegas_line,
    CASE WHEN l.line IS NOT NULL THEN l.prop_over_streak END AS prop_over_streak,
    CASE WHEN l.line IS NOT NULL THEN l.prop_under_streak END AS prop_under_streak,
    l.line - s.season_mean AS line_vs_season_avg,
    CASE WHEN s.game_date - earlier.game_date <= 14 THEN l.line - earlier.line END AS prop_line_delta,
    m.over_rate AS over_rate_last_10, m.margin_5 AS margin_vs_line_avg_last_5, c.rate AS self_creation_rate
FROM store AS s
LEFT JOIN lines AS l USING (player_lookup, game_date)
ASOF LEFT JOIN (FROM lines WHERE line IS NOT NULL AND game_date >= (SELECT min(game_date) FROM store)) AS earlier
    ON earlier.player_lookup = s.player_lookup AND earlier.game_date < s.game_date
LEFT JOIN margins AS m ON m.player_lookup = s.player_lookup AND m.day = s.game_date
LEFT JOIN creation AS c ON c.player_lookup = s.player_lookup AND c.day = s.game_date
ORDER BY ALL
"""  # noqa: E501


@pytest.mark.slow
def test_a_second_engine_says_the_same(wide, planted):
    """Every feature of v3 once more in SQL, NULL where it is not named, row by row."""
    con = duckdb.connect()
    con.register("pgs", planted[0][BOX].to_arrow())
    con.register("upgc", planted[0][CONTEXT].to_arrow())
    mean = pl.when(pl.col("points_avg_season").is_not_null()).then("points_avg_season")
    known = wide.select(*KEY, season_mean=mean)
    unseen = later_unknown(planted[0][BOX])
    known = known.join(unseen, on="player_lookup", how="left").with_columns(
        season_mean=pl.when(pl.col("game_date") > pl.col("first")).then("season_mean")
    )
    con.register("store", known.drop("first").to_arrow())
    theirs = con.sql(ORACLE).pl()
    for name in lines.NAMES.values():
        both = wide.select(*KEY, ours=name).join(
            theirs.select(*KEY, theirs=pl.col(name).cast(pl.Float64)), on=KEY, validate="1:1"
        )
        ours, other = both["ours"], both["theirs"]
        assert ours.drop_nulls().len() > 1_500, name
        assert (ours.is_null() == other.is_null()).all(), (
            name, both.filter(pl.col("ours").is_null() != pl.col("theirs").is_null()).head(3)
        )  # fmt: skip
        off = (ours - other).abs().drop_nulls()
        assert (off < 1e-9).all(), name


def later_unknown(box):
    """The first game of each player: before it no average is known, and 10 stands for it."""
    return box.group_by("player_lookup").agg(first=pl.col("game_date").min())


@pytest.mark.slow
def test_snapshots_taken_during_the_game_are_not_used(wide, planted):
    on_day = wide.filter(pl.col("game_date") == DAY)
    high, moved = (on_day.filter(player_lookup=who).row(0, named=True) for who in planted[1])
    for row in (high, moved):
        assert row["vegas_points_line"] is None
        assert row["has_vegas_line"] == 0.0
        assert row["line_vs_season_avg"] is None
    assert high["vegas_opening_line"] > 15
    assert on_day["has_vegas_line"].mean() > 0.5


def test_no_line_is_a_default(wide):
    without = wide.filter(pl.col("has_vegas_line") == 0)
    assert without.height > 500
    made = ["vegas_points_line", "vegas_line_move", "prop_over_streak", "line_vs_season_avg"]
    assert without.select(made).null_count().row(0) == (without.height,) * len(made)


@pytest.mark.slow
def test_no_line_feature_knows_what_came_later(project):
    with project.reading(raw_only=True) as work:
        with_lines = replace(
            work, rules=work.registry.rules("corrected", [f"{NAME}.feature_set=v3"])
        )
        span = Interval(dt.date(2021, 12, 5), dt.date(2021, 12, 15))
        (found,) = leak(with_lines, [work.registry.table(NAME)], SEASON, DateSample((span,), 2))
    assert [found.rows > 0, found.leaks] == [True, False]


@pytest.mark.slow
def test_the_claims_hold_on_a_store_with_lines(project):
    with_lines = Project.open(project.config, [f"{NAME}.feature_set=v3"])
    done = road.backfill(with_lines, ["2021-22"], [])
    steps = {step.table: step for step in done.steps}
    broken = {finding.claim for finding in steps[NAME].findings}
    assert not broken, broken
