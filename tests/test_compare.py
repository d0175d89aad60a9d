"""Two sides of a table: every way in which they can differ is counted, named and shown."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal

import polars as pl
import pytest

from nba_local.commands import proofs, pushes
from nba_local.errors import MissingUpstreamError, UsageError
from nba_local.proofs.compare import CompareOptions, Comparison, compare, side
from nba_local.tables.calendar import Interval
from nba_local.tables.schema import Contract, Field
from nba_local.tables.table import Table
from nba_local.warehouse import Drift
from tests.cli.typed import nba
from tests.conftest import project_of
from tests.seasons import PASSING
from tests.small_road import DAYS, SEASON, Road, games

FIRST, NEXT, LATER = dt.date(2021, 6, 30), dt.date(2021, 11, 15), dt.date(2021, 11, 16)
MONTH = "2021-11"
ALWAYS = Interval(dt.date(2021, 1, 1), dt.date(2022, 1, 1))
CONTRACT = Contract(
    dataset="league",
    name="scores",
    fields=(
        Field("team", "STRING", "REQUIRED", ""),
        Field("day", "DATE", "REQUIRED", ""),
        Field("points", "INT64", "NULLABLE", ""),
        Field("share", "NUMERIC", "NULLABLE", "", 38, 9),
        Field("pace", "FLOAT64", "NULLABLE", ""),
        Field("context", "JSON", "NULLABLE", ""),
        Field("last", "FLOAT64", "REPEATED", ""),
        Field("processed_at", "TIMESTAMP", "NULLABLE", ""),
    ),
    grain=("team", "day"),
    partition_by="day",
    clustering=(),
    require_partition_filter=False,
)
SCORES = Table("Scores.", name="scores", contract=CONTRACT)


def row(team="DEN", day=NEXT, **values):
    usual = {
        "points": 101,
        "share": Decimal("0.333333333"),
        "pace": 98.7,
        "context": '{"a": 1, "b": [1, 2]}',
        "last": [1.0, 2.0],
        "processed_at": dt.datetime(2021, 11, 15, tzinfo=dt.UTC),
    }
    return {"team": team, "day": day, **usual, **values}


@dataclasses.dataclass
class Rows:
    """A side that holds its rows itself."""

    frame: pl.DataFrame
    drift: tuple[Drift, ...] = ()
    name: str = "rows"

    def rows(self, table, within):
        day = pl.col(table.partition_by)
        return self.frame.filter(day.is_between(within.start, within.end, closed="left"))

    def schema(self, table):
        return tuple(found for found in self.drift if found.table == table.name)


def rows(*found):
    return Rows(pl.DataFrame(list(found), schema=CONTRACT.polars))


def compared(left, right, **how) -> Comparison:
    return compare(left, right, SCORES, [ALWAYS], CompareOptions(**how))


ONE, TWO = row(), row("LAL", LATER)


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"points": 102}, "points"),
        ({"points": None}, "points"),
        ({"share": Decimal("0.333333334")}, "share"),
        ({"pace": 98.7 + 2**-46}, "pace"),
        ({"context": '{"a": 1, "b": [2, 1]}'}, "context"),
        ({"last": [2.0, 1.0]}, "last"),
        ({"last": [1.0]}, "last"),
    ],
    ids=["value", "NULL", "ninth decimal", "last bit", "JSON", "order in a list", "length"],
)
def test_one_changed_cell_is_found_named_and_shown(change, column):
    found = compared(rows(ONE, TWO), rows(row(**change), TWO))
    assert (found.changed, found.only_left, found.only_right) == (1, 0, 0)
    assert found.columns == {column: 1}
    assert found.share(column) == 0.5
    assert found.dates == {NEXT: "differs"}
    (sample,) = found.samples
    assert (sample.column, sample.key) == (column, {"team": "DEN", "day": NEXT})
    assert sample.left != sample.right
    assert not found.is_equal


def test_json_with_its_keys_in_another_order_is_the_same():
    other = row(context='{"b":[1,2],"a":1}')
    assert compared(rows(ONE, TWO), rows(other, TWO)).is_equal


def test_floats_within_the_tolerance_are_the_same_and_a_null_is_not():
    near = row(pace=98.7 + 1e-12)
    assert compared(rows(ONE), rows(near), tolerance=1e-9).is_equal
    assert not compared(rows(ONE), rows(near)).is_equal
    assert not compared(rows(ONE), rows(row(pace=None)), tolerance=1e-9).is_equal
    assert compared(rows(row(pace=None)), rows(row(pace=None)), tolerance=1e-9).is_equal
    # NUMERIC is exact, whatever the tolerance
    share = row(share=Decimal("0.333333334"))
    assert not compared(rows(ONE), rows(share), tolerance=0.1).is_equal


def test_when_a_row_was_made_counts_only_if_it_is_asked_for():
    later = row(processed_at=dt.datetime(2022, 1, 1, tzinfo=dt.UTC))
    assert compared(rows(ONE), rows(later)).is_equal
    assert compared(rows(ONE), rows(later), volatile=True).columns == {"processed_at": 1}


def test_rows_of_one_side_only_are_counted_by_side_and_date():
    found = compared(rows(ONE, TWO), rows(ONE, row("BOS", FIRST)))
    assert (found.both, found.only_left, found.only_right, found.changed) == (1, 1, 1, 0)
    assert found.dates == {FIRST: "only right", LATER: "only left"}
    assert found.columns == {}


def test_a_repeated_key_is_reported_and_not_multiplied():
    found = compared(rows(ONE, TWO), rows(ONE, ONE, ONE, TWO))
    assert found.duplicates == (0, 2)
    assert (found.both, found.changed, found.only_right) == (2, 0, 0)
    assert not found.is_equal


def test_a_side_without_the_table_lacks_all_rows():
    found = compared(rows(ONE, TWO), rows())
    assert (found.rows_right, found.only_left) == (0, 2)


def test_schemas_that_both_sides_have_are_no_difference():
    same = Drift("scores", "pace", "FLOAT64 NULLABLE", "missing")
    other = Drift("scores", "points", "INT64 NULLABLE", "INT64 REQUIRED")
    left, right = rows(ONE), rows(ONE)
    left.drift, right.drift = (same,), (same, other)
    assert compared(left, right).schema == (other,)


def test_no_more_cells_are_shown_than_asked_for():
    found = compared(rows(ONE), rows(row(points=1, pace=1.0, last=[])), samples=2)
    assert [s.column for s in found.samples] == ["points", "pace"]
    assert len(found.columns) == 3


def test_a_side_is_an_environment_or_a_url_with_one():
    def remote(url, environment):
        return (url, environment)

    named = {
        text: side(text, remote, ["dev", "prod"])
        for text in ("prod", "file://x", "bigquery://p@prod")
    }
    assert named == {
        "prod": (None, "prod"),
        "file://x": ("file://x", None),
        "bigquery://p@prod": ("bigquery://p", "prod"),
    }
    with pytest.raises(UsageError, match="did you mean `prod`"):
        side("prot", remote, ["dev", "prod"])


# by the commands


@pytest.fixture
def pushed(real_weeks, tmp_path):
    """A month of the season in a folder."""
    import shutil

    data = tmp_path / "data"
    shutil.copytree(real_weeks.store.root, data, ignore=PASSING)
    project = project_of(data, target=f"file://{tmp_path}/target")
    pushes.push(project, [MONTH], [])
    return project


def test_verify_finds_what_somebody_changed_in_the_target(pushed, tmp_path):
    options = (MONTH, "--data", pushed.config.data, "--to", pushed.config.target)
    equal = nba("verify", *options)
    assert equal.exit_code == 0, equal.stderr
    assert "equal: 28,620 rows, every cell" in equal.stdout
    file = tmp_path / "target" / "team_defense_zone_analysis" / "season=2021.parquet"
    there = pl.read_parquet(file)
    day = dt.date(2021, 11, 15)
    hit = (pl.col("analysis_date") == day) & (pl.col("team_abbr") == "DEN")
    games = pl.when(hit).then(0).otherwise("games_in_sample").alias("games_in_sample")
    gone = (pl.col("analysis_date") == dt.date(2021, 11, 16)) & (pl.col("team_abbr") == "DEN")
    there.with_columns(games.cast(pl.Int64)).filter(~gone).write_parquet(file)
    found = nba("verify", *options)
    assert found.exit_code == 4
    assert "differs: 1 date: 2021-11-15" in found.stdout
    assert "only here: 1 date: 2021-11-16" in found.stdout
    assert "games_in_sample (1 differ)" in found.stdout
    assert "DEN 2021-11-15 games_in_sample: here 13, there 0" in found.stdout
    again = nba("diff", "local", "file://nowhere", *options[:-2], "--tables", "player")
    assert again.exit_code == 2


@pytest.mark.slow
@pytest.mark.bigquery
def test_local_and_environments_of_a_bigquery_project_are_compared(pushed, bigquery_server):
    days = ["2021-11-15..2021-11-16"]
    config = dataclasses.replace(
        pushed.config,
        target="bigquery://nba-local-compare",
        bigquery_rest=bigquery_server.rest,
        bigquery_storage=bigquery_server.storage,
    )
    dev = dataclasses.replace(pushed, config=config)
    prod = dataclasses.replace(pushed, config=dataclasses.replace(config, env="prod"))
    two = ["player_daily_cache", "team_defense_zone_analysis"]
    pushes.push(dev, days, two)
    pushes.push(prod, ["2021-11-15"], two)
    assert all(t.is_equal for t in proofs.verify(dev, days, two))
    found = {t.table: t for t in proofs.diff(dev, ("dev", "prod"), days, two, CompareOptions())}
    assert set(found) == set(two)
    for table in found.values():
        assert table.dates == {dt.date(2021, 11, 16): "only left"}
        assert table.changed == 0
        assert table.both > 0
        assert table.schema == ()


def test_a_package_without_environments_is_verified_where_it_was_pushed(tmp_path):
    road = Road(tmp_path)
    road.pull()
    road.backfill()
    pushes.push(road.project(), [SEASON], [])
    found = proofs.verify(road.project(), [SEASON], [])
    assert [(one.is_equal, one.both) for one in found] == [(True, 60), (True, 60)]


def test_two_data_folders_are_compared(tmp_path):
    """By their paths, whichever of them is the call's own, and whatever seasons they have."""
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
    roads = [Road(folder) for folder in folders]
    roads[1].put(games({("ATL", DAYS[3]): 250}))
    for road in roads:
        road.pull()
        road.backfill()
    here, there = (str(road.data) for road in roads)
    project, options = roads[0].project(), CompareOptions()
    for names in ((here, there), ("local", there)):
        found = {t.table: t for t in proofs.diff(project, names, [], [], options)}
        assert (found["form"].both, found["form"].columns) == (60, {"mean": 27})
        assert min(found["form"].dates) == DAYS[3]
    elsewhere = roads[0].project(data=str(tmp_path / "nowhere"))
    again = {t.table: t for t in proofs.diff(elsewhere, (there, here), [], [], options)}
    assert again["form"].samples[0].left == found["form"].samples[0].right
    same = proofs.diff(elsewhere, (here, here), [SEASON], [], options)
    assert [one.is_equal for one in same] == [True, True]
    with pytest.raises(MissingUpstreamError, match="2019-20 was never computed"):
        proofs.diff(elsewhere, (here, there), ["2019-20"], [], options)
    with pytest.raises(UsageError, match="unknown side") as refused:
        proofs.diff(project, (here, str(tmp_path)), [], [], options)
    assert "data folder" in str(refused.value.hint)
