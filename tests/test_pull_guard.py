"""A pull does not take away what it does not see, and what it takes away can be brought back."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
from pathlib import Path

import polars as pl
import pytest

from nba_local.errors import LedgerError, WarehouseError
from nba_local.pull.guard import ALL, Limits
from nba_local.pull.pull import PullOptions, pull
from nba_local.pull.undo import undo
from nba_local.storage.ledger import Ledger
from nba_local.storage.store import Store
from nba_local.storage.workspace import Workspace
from nba_local.tables.calendar import Season
from nba_local.tables.registry import Registry
from nba_local.tables.schema import Contract, Field
from nba_local.tables.table import BigQuery, Table
from nba_local.warehouse.files import FileWarehouse

SEASON, NEXT = Season(2021), Season(2022)
CONTRACT = Contract(
    dataset="league",
    name="scores",
    fields=(
        Field("team", "STRING", "REQUIRED", ""),
        Field("day", "DATE", "REQUIRED", ""),
        Field("points", "INT64", "NULLABLE", ""),
    ),
    grain=("team", "day"),
    partition_by="day",
    clustering=(),
    require_partition_filter=False,
)
SCORES = Table(
    doc="Scores.",
    name="scores",
    contract=CONTRACT,
    key=CONTRACT.grain,
    source=BigQuery(reads=("team", "day")),
)
PACES = dataclasses.replace(
    SCORES, name="paces", contract=dataclasses.replace(CONTRACT, name="paces")
)
TABLES = (SCORES, PACES)
DAYS = [dt.date(2021, 11, 1) + dt.timedelta(days=n) for n in range(60)]
TEAMS = ("DEN", "LAL", "BOS", "NYK")
DAY, TEAM = pl.col("day"), pl.col("team")


def season(first=DAYS[0], points=100):
    days = [first + dt.timedelta(days=n) for n in range(60)]
    rows = [(team, day, points + n) for n, day in enumerate(days) for team in TEAMS]
    return pl.DataFrame(rows, schema=CONTRACT.polars, orient="row")


class Place:
    """A warehouse of two tables and a data folder."""

    def __init__(self, root):
        self.folder, self.store = root / "warehouse", Store(root / "data")
        self.store.root.mkdir(parents=True)
        self.number = 0
        for table in TABLES:
            self.write(table, season())
        registry = Registry(Path("none"), {t.name: t for t in TABLES}, {}, {}, {})
        ledger = Ledger(self.store.ledger_path)
        self.work = Workspace(registry, None, self.store, ledger, dt.date(2022, 11, 1))

    def write(self, table, rows, name="rows"):
        place = self.folder / table.name
        place.mkdir(parents=True, exist_ok=True)
        rows.write_parquet(place / f"{name}.parquet")
        self.number += 1
        shutil.os.utime(place / f"{name}.parquet", (1.7e9 + self.number, 1.7e9 + self.number))

    def pull(self, *seasons, accepted=(), **limits):
        options = PullOptions(limits=Limits(accepted=frozenset(accepted), **limits))
        warehouse = FileWarehouse(str(self.folder))
        return pull(self.work, warehouse, TABLES, seasons or (SEASON,), options=options)

    def rows(self, table=SCORES, of=SEASON):
        return self.store.scan("raw", table, [of]).collect()

    def files(self):
        raw = self.store.root / "raw"
        return {str(p.relative_to(raw)): p.read_bytes() for p in sorted(raw.rglob("*.parquet"))}

    def ledger(self):
        """What is stored and how it came there; not when it was last looked at."""
        columns = {
            "raw_files": "*",
            "raw_partitions": "table_name, date, season, rows, changed_run",
            "findings": "*",
        }
        return {
            name: sorted(map(tuple, self.work.ledger.rows(f"SELECT {which} FROM {name}")))
            for name, which in columns.items()
        }


@pytest.fixture
def place(tmp_path):
    made = Place(tmp_path)
    assert made.pull().held == ()
    yield made
    made.work.ledger.close()


MUCH = {
    "dates": lambda rows: rows.filter(~DAY.is_in(DAYS[5:9])),
    "a month": lambda rows: rows.filter(DAY.dt.month() != 12),
    "rows of every date": lambda rows: rows.filter(TEAM != "NYK"),
    "half of each": lambda rows: rows.filter(TEAM.is_in(["DEN", "LAL"]) | DAY.is_in(DAYS[:2])),
    "all but one": lambda rows: rows.head(1),
    "another season's rows instead": lambda rows: rows.with_columns(DAY.dt.offset_by("2y")),
}


@pytest.mark.parametrize("change", MUCH.values(), ids=MUCH)
def test_a_table_that_would_lose_much_keeps_what_it_has(place, change):
    before, recorded = place.files(), place.ledger()
    place.write(SCORES, change(season()))
    (held,) = place.pull().held
    assert (held.table, held.season, held.of_dates, held.of_rows) == ("scores", SEASON, 60, 240)
    gone = set(DAYS) - set(change(season())["day"])
    assert set(held.dates) == gone
    assert held.rows == 240 - change(season()).filter(DAY.dt.year() < 2023).height
    assert place.files() == before
    assert place.ledger()["raw_files"] == recorded["raw_files"]
    assert place.pull().held == (held,)  # until somebody says so

    for accepted in ({"paces"}, ()):
        assert place.pull(accepted=accepted).held
    done = place.pull(accepted={"scores"})
    assert done.held == ()
    assert set(done.tables[0].gone) == gone
    assert place.rows().height == 240 - held.rows
    assert place.pull().held == ()


def test_the_other_tables_are_pulled(place):
    place.write(SCORES, season(points=50).head(8))
    place.write(PACES, season(points=50))
    result = place.pull()
    assert [held.table for held in result.held] == ["scores"]
    assert [(table.table, len(table.changed)) for table in result.tables] == [("paces", 60)]
    assert place.rows(PACES)["points"].min() == 50
    assert place.rows(SCORES)["points"].min() == 100
    (run,) = place.work.ledger.rows("SELECT status FROM runs ORDER BY started_at DESC LIMIT 1")
    assert run["status"] == "blocked"


def test_new_dates_do_not_hide_lost_ones(place):
    later = season(DAYS[-1] + dt.timedelta(days=1))
    place.write(SCORES, pl.concat([season().filter(~DAY.is_in(DAYS[:5])), later]))
    assert [held.dates for held in place.pull().held] == [tuple(DAYS[:5])]


def test_one_season_of_two_is_kept(place):
    second = season(dt.date(2022, 11, 1))
    for table in TABLES:
        place.write(table, second, "second")
    place.pull(SEASON, NEXT)
    place.write(SCORES, second.head(9), "second")
    place.write(SCORES, season(points=50))
    result = place.pull(SEASON, NEXT)
    assert [(held.table, held.season) for held in result.held] == [("scores", NEXT)]
    assert place.rows()["points"].min() == 50
    assert place.rows(of=NEXT).height == 240


FEW = {
    "a date": lambda rows: rows.filter(DAYS[7] != DAY),
    "copies": lambda rows: rows.unique(["team", "day"]),
    "a team on some dates": lambda rows: rows.filter((TEAM != "NYK") | ~DAY.is_in(DAYS[:4])),
    "a game on another date": lambda rows: rows.with_columns(
        day=pl.when((TEAM == "NYK") & (DAYS[3] == DAY)).then(DAYS[4]).otherwise("day")
    ),
    "values": lambda rows: rows.with_columns(points=pl.col("points") + 1),
}


@pytest.mark.parametrize("change", FEW.values(), ids=FEW)
def test_what_happens_every_day_is_pulled(place, change):
    place.write(SCORES, change(season()))
    assert place.pull().held == ()
    assert place.rows().sort("day", "team").equals(change(season()).sort("day", "team"))


def test_limits_can_be_set(place):
    place.write(SCORES, season().filter(~DAY.is_in(DAYS[5:15])))
    assert place.pull(dates=9, percent=50.0).held
    assert place.pull(dates=10, percent=10.0).held
    assert not place.pull(dates=10, percent=50.0).held
    place.write(SCORES, season().filter(~DAY.is_in(DAYS[5:16])))
    assert place.pull(dates=0, percent=50.0).held
    assert not place.pull(accepted={ALL}).held


@pytest.mark.parametrize("how", ["absent", "empty"])
def test_a_table_that_is_not_there_stops_the_pull(place, how):
    before = place.files()
    place.write(PACES, season(points=50))
    if how == "absent":
        shutil.rmtree(place.folder / "scores")
    else:
        place.write(SCORES, season().clear())
    with pytest.raises(WarehouseError, match="scores"):
        place.pull()
    assert place.files() == before
    shutil.rmtree(place.folder)
    with pytest.raises(WarehouseError, match=r"2 of 2 tables cannot be pulled: scores, paces"):
        place.pull()
    assert place.files() == before


def test_an_empty_table_can_be_accepted(place):
    place.write(SCORES, season().clear())
    place.pull(accepted={"scores"})
    assert place.rows().is_empty()
    assert place.rows(PACES).height == 240


# undo


def test_what_a_pull_replaced_is_brought_back(place):
    before, recorded = place.files(), place.ledger()
    place.write(SCORES, season().filter(DAY.dt.month() == 11))
    place.write(PACES, pl.concat([season(points=50), season(dt.date(2022, 2, 1))]))
    replaced = place.pull(accepted={ALL})
    assert place.files() != before
    undone = undo(place.work)
    assert undone.undoes == replaced.run_id
    assert {name: len(days) for name, days in undone.dates.items()} == {"scores": 30, "paces": 120}
    assert place.files() == before
    assert place.ledger() == recorded
    assert [held.table for held in place.pull().held] == ["scores"]  # still gone over there


def test_an_undo_is_done_once(place):
    undo(place.work)
    assert place.files() == {}  # of the first pull
    with pytest.raises(LedgerError, match="nothing to undo"):
        undo(place.work)


def test_what_is_kept_is_that_of_the_newest_pull_that_replaced_anything(place):
    place.write(SCORES, season(points=50))
    place.pull()
    between = place.files()
    place.write(SCORES, season(points=60))
    place.pull()
    place.pull()  # replaces nothing
    undo(place.work)
    assert place.files() == between


@pytest.mark.parametrize("killed", range(1, 5))
def test_a_killed_undo_is_ended_by_the_next(place, monkeypatch, killed):
    before, recorded = place.files(), place.ledger()
    for table in TABLES:
        place.write(table, season(points=50))
    place.pull()
    rename, count = Path.replace, [0]

    def replace(self, target):
        count[0] += 1
        if count[0] == killed:
            raise KeyboardInterrupt
        return rename(self, target)

    with monkeypatch.context() as dying:
        dying.setattr(Path, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            undo(place.work)
    undo(place.work)
    assert place.files() == before
    assert place.ledger() == recorded


@pytest.mark.parametrize("killed", range(1, 5))
def test_a_pull_that_was_killed_and_the_next_one_are_undone_together(place, monkeypatch, killed):
    before, recorded = place.files(), place.ledger()
    for table in TABLES:
        place.write(table, season(points=50))
    write, count = Store.write, [0]

    def dies(self, path, frame):
        count[0] += 1
        if count[0] == killed:
            raise KeyboardInterrupt
        return write(self, path, frame)

    with monkeypatch.context() as dying:
        dying.setattr(Store, "write", dies)
        with pytest.raises(KeyboardInterrupt):
            place.pull()
    place.pull()
    undo(place.work)
    assert place.files() == before
    assert place.ledger() == recorded


def test_a_kept_file_that_was_altered_is_not_brought_back(place):
    place.write(SCORES, season(points=50))
    place.pull()
    after = place.files()
    for kept in (place.store.root / "replaced").rglob("*.kept"):
        content = kept.read_bytes()
        kept.unlink()
        kept.write_bytes(content[:-1])
    with pytest.raises(LedgerError, match="is not the file that was replaced"):
        undo(place.work)
    assert place.files() == after
