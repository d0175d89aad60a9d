"""One box score is restated in the real season: exactly which dates move on, and why."""

from __future__ import annotations

import datetime as dt
import shutil

import duckdb
import polars as pl
import pytest

from nba_local.commands import pushes, road
from tests.seasons import copied

PGS, UPGC = "player_game_summary", "upcoming_player_game_context"
PSZA, TDZA = "player_shot_zone_analysis", "team_defense_zone_analysis"
PDC, PCF, MLFS = "player_daily_cache", "player_composite_factors", "ml_feature_store_v2"
WHO, DAY = "lukadoncic", dt.date(2022, 1, 9)


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def restated(shared, real_season, tmp_path_factory):
    """The season pulled, computed and pushed; then a free throw more for a player on a date."""
    root = tmp_path_factory.mktemp("one_date")
    for folder in sorted((shared / "phase3").iterdir()):
        if (folder / "season=2021.parquet").is_file() and folder.name != "roster_status":
            (root / "warehouse" / folder.name).mkdir(parents=True)
            shutil.copy2(folder / "season=2021.parquet", root / "warehouse" / folder.name)
    places = {"warehouse": f"file://{root}/warehouse", "target": f"file://{root}/target"}
    project = copied(real_season, root / "data", **places)
    pushes.push(project, ["2021-22"], [])
    path = root / "warehouse" / PGS / "season=2021.parquet"
    rows = pl.read_parquet(path)
    here = (pl.col("player_lookup") == WHO) & (pl.col("game_date") == DAY)
    assert rows.filter(here).height == 1
    rows.with_columns(
        (pl.col("points") + here.cast(pl.Int64)).alias("points"),
        pl.when(here).then(pl.lit("restated00000000")).otherwise("data_hash").alias("data_hash"),
        (
            pl.col("processed_at")
            + pl.when(here).then(pl.duration(days=3)).otherwise(pl.duration())
        ).alias("processed_at"),
    ).write_parquet(path)
    pulled = road.pull(project, ["2021-22"], [])
    plan = road.plan(project, ["2021-22"], [])
    done = road.backfill(project, ["2021-22"], [])
    with project.reading():
        push = pushes.plan_push(project, ["2021-22"], [])
    return project, pulled, plan, done, push


@pytest.fixture(scope="module")
def expected(shared):
    """The dates of each table, worked out from who played and who was listed when."""
    con = duckdb.connect()
    for table in (PGS, UPGC):
        path = shared / "phase3" / table / "season=2021.parquet"
        con.execute(f"CREATE VIEW {table} AS FROM read_parquet('{path}')")

    def after(table, who="%"):
        sql = f"SELECT DISTINCT game_date FROM {table} WHERE game_date > ? AND player_lookup LIKE ?"
        return [row[0] for row in con.execute(f"{sql} ORDER BY 1", [DAY, who]).fetchall()]

    played, listed, dates = after(PGS, WHO), after(UPGC, WHO), after(PGS)
    still = played[19]  # after 20 more games the restated one has left the window
    return {
        PSZA: [d for d in dates if d <= still],
        PDC: listed,  # the season's average keeps it
        # his shots are the same, so is the zone row's hash; its stamp is newer until he plays again
        PCF: [d for d in listed if d <= played[0]],
        MLFS: played,
    }


def test_only_the_date_is_read_again(restated):
    tables = {t.table: t for t in restated[1].tables}
    assert tables[PGS].restated == (DAY,)
    assert [t for t in tables.values() if t.changed and t.table != PGS] == []


def test_every_step_says_why(restated):
    texts = {s.table.name: [r.text for r in s.reasons] for s in restated[2].steps}
    box = f"{PGS} changed on {DAY}"
    assert texts == {
        PSZA: [box],
        TDZA: [],
        PDC: [box, f"{PSZA} changed"],
        PCF: [box, f"{PSZA} changed"],
        MLFS: [f"{PCF} changed", f"{PDC} changed", box, f"{PSZA} changed"],
    }


def test_only_dates_whose_content_changed_are_rewritten_and_would_be_pushed(restated, expected):
    done = {s.table: list(s.changed) for s in restated[3].steps}
    assert done == expected
    push = {t.table: t for t in restated[4].tables}
    for table, dates in expected.items():
        assert list(push[table].changed) == dates, table
        assert (push[table].new, push[table].gone) == ((), ()), table
    assert push[TDZA].dates == ()
