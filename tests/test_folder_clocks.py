"""A folder that machines with different clocks push into: what lies there is what is read."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest

from nba_local.errors import WarehouseError
from nba_local.tables.calendar import Interval
from nba_local.tables.schema import Contract, Field
from nba_local.tables.table import Table
from nba_local.warehouse import Replacement, journal
from nba_local.warehouse.files import FileWarehouse

DAY = dt.date(2021, 11, 15)
SPAN = Interval(DAY, DAY + dt.timedelta(days=1))
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
SCORES = Table(doc="Scores.", name="scores", contract=CONTRACT)
PACES = dataclasses.replace(
    SCORES, name="paces", contract=dataclasses.replace(CONTRACT, name="paces")
)
HOUR = dt.timedelta(hours=1)


def score(points):
    return pl.DataFrame([("DEN", DAY, points)], schema=CONTRACT.polars, orient="row")


class Machine:
    """A process of its own on the folder, whose clock is off by `off`."""

    def __init__(self, folder, monkeypatch, off=dt.timedelta(0)):
        self.warehouse, self._patch, self._off = FileWarehouse(str(folder)), monkeypatch, off

    def _clock(self):
        self._patch.setattr(journal, "wall_clock", lambda: dt.datetime.now(dt.UTC) + self._off)

    def now(self):
        self._clock()
        return self.warehouse.now()

    def push(self, points, push_id, *tables):
        self._clock()
        changes = [Replacement(t, (DAY,), score(points)) for t in tables or (SCORES,)]
        return self.warehouse.replace(changes, push_id)

    def read(self, moment=None, table=SCORES):
        moment = moment or self.now()
        self._clock()
        return self.warehouse.read(table, SPAN, moment)["points"].to_list()


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Machines on one folder, by how far their clocks are off."""
    return lambda off=dt.timedelta(0): Machine(tmp_path / "target", monkeypatch, off)


@pytest.mark.parametrize("pusher", [HOUR, -HOUR, dt.timedelta(days=400)])
@pytest.mark.parametrize("reader", [HOUR, -HOUR, dt.timedelta(0)])
def test_every_machine_reads_what_lies_there(machine, pusher, reader):
    machine().push(1, "first")
    machine(pusher).push(2, "second")
    assert machine(reader).read() == [2]
    machine(reader).push(3, "third")
    assert machine(pusher).read() == [3]
    assert machine().read() == [3]


@pytest.mark.parametrize("other", [HOUR, -HOUR])
def test_a_run_sees_one_state_whoever_pushes_meanwhile(machine, other):
    machine().push(1, "first")
    run = machine()
    moment = run.now()
    machine(other).push(2, "second")
    assert run.read(moment) == [1]
    assert run.read() == [2]
    assert run.read(moment) == [1]


@pytest.mark.parametrize("first", [HOUR, -HOUR, dt.timedelta(0)])
def test_the_state_before_a_push_is_that_of_the_recorded_instant(machine, first):
    """As a rollback reads it, in another process and with another clock."""
    machine(first).push(1, "first")
    pusher = machine(-2 * HOUR)
    before = pusher.now()
    receipt = pusher.push(2, "second")
    assert before < receipt.committed
    assert machine(HOUR).read(before) == [1]
    assert machine(HOUR).read(receipt.committed) == [2]


def test_pushes_that_kept_files_under_the_clock_are_older_than_numbered_ones(machine, tmp_path):
    """Folders that versions before this one pushed into."""
    machine().push(1, "first")
    (kept,) = (tmp_path / "target/.history").glob("*-first")
    old = kept.with_name("1764300000000000000-first")
    kept.rename(old)
    log = json.loads((old / "push.json").read_text())
    (old / "push.json").write_text(json.dumps(log))
    before = machine().now()
    machine().push(2, "second")
    assert machine().read(before) == [1]
    assert machine().read() == [2]


def test_a_state_whose_files_are_dropped_is_refused(machine):
    start = machine().now()
    moments = []
    for number in range(journal.PUSHES_KEPT + 2):
        moments.append(machine().now())
        machine().push(number, f"push-{number}")
    assert machine().read(moments[2]) == [1]  # before the oldest push whose files are kept
    for gone in (start, moments[0], moments[1]):
        with pytest.raises(WarehouseError, match="the newest 10 pushes are kept; nothing was read"):
            machine().read(gone)


@pytest.mark.parametrize("table", [SCORES, PACES])
def test_the_first_look_after_a_push_killed_in_its_renames_finds_it_whole(
    machine, monkeypatch, table
):
    machine().push(1, "first", SCORES, PACES)
    renames, replace = [], Path.replace

    def die(self, target):
        if ".staging" in str(self):
            renames.append(self)
            if len(renames) == 2:
                raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as killed:
        killed.setattr(Path, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            machine(HOUR).push(2, "second", SCORES, PACES)
    assert machine().read(table=table) == [2]


def test_what_a_push_kept_that_died_before_its_journal_is_removed(machine, tmp_path):
    machine().push(1, "first")
    dead = tmp_path / "target/.history/000000002-dead/scores"
    dead.mkdir(parents=True)
    machine().push(2, "second")
    names = sorted(p.name for p in (tmp_path / "target/.history").iterdir())
    assert names == ["000000001-first", "000000002-second"]
