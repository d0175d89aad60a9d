"""Pushes and rollbacks into a folder that die after they took effect, and are typed again."""

from __future__ import annotations

import polars as pl
import pytest

from nba_local.commands import pushes
from nba_local.errors import VerificationError, WarehouseError
from nba_local.push import transfer
from nba_local.push.target import Choice
from nba_local.storage.ledger import Ledger
from nba_local.warehouse import Replacement, journal, open_warehouse
from nba_local.warehouse.files import FileWarehouse
from tests.conftest import slow
from tests.small_road import DAYS, SEASON, games

FORM = ["form"]


class KilledError(BaseException):
    """Stands for a kill: nothing of the program handles it."""


@pytest.fixture
def road(backfilled_road, tmp_path):
    """Two pushes: of the season, and of other points of one team."""
    made = backfilled_road.copied(tmp_path)
    push(made)
    return made


def push(road, **config):
    return pushes.push(road.project(**config), [SEASON], FORM)


def other_points(road, points):
    road.put(games({("ATL", day): points for day in DAYS}))
    road.pull()
    road.backfill()


def there(road):
    return pl.read_parquet(road.root / "target/form/season=2021.parquet").sort("day", "team")


def killed_when(monkeypatch, what, name, verb):
    """Run `verb` and kill it when `what.name` is called."""

    def die(*_, **__):
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(what, name, die)
        with pytest.raises(KilledError):
            verb()


POINTS = [(transfer, "verify"), (transfer, "remember"), (journal.shutil, "rmtree")]


@pytest.mark.parametrize(("what", "name"), [POINTS[0], *(slow(*point) for point in POINTS[1:])])
def test_a_rollback_that_was_killed_is_done_when_typed_again(road, monkeypatch, what, name):
    before = there(road)
    other_points(road, 50)
    push_id = push(road).push_id
    assert not there(road).equals(before)
    killed_when(monkeypatch, what, name, lambda: pushes.rollback(road.project(), push_id))
    done = pushes.rollback(road.project(), push_id)
    assert done.undoes == push_id
    assert there(road).equals(before)
    left = [path.name for path in road.root.rglob("*") if "holder" in path.name]
    assert left == []
    again = pushes.rollback(road.project(), push_id)
    assert (again.is_earlier, again.undoes, again.push_id) == (True, push_id, done.push_id)
    assert there(road).equals(before)


def test_a_push_after_a_rollback_that_was_killed_is_not_taken_for_somebody_elses(road, monkeypatch):
    other_points(road, 50)
    push_id = push(road).push_id
    killed_when(monkeypatch, transfer, "verify", lambda: pushes.rollback(road.project(), push_id))
    done = push(road)
    assert len(done.tables[0].changed) == len(DAYS)
    assert done.tables[0].stale == ()


def test_a_push_after_one_that_was_killed_and_other_points_is_not_stale(road, monkeypatch):
    other_points(road, 50)
    killed_when(monkeypatch, transfer, "verify", lambda: push(road))
    other_points(road, 60)
    assert push(road).tables[0].stale == ()


def test_what_somebody_wrote_after_a_killed_rollback_is_found(road, monkeypatch):
    other_points(road, 50)
    push_id = push(road).push_id
    killed_when(monkeypatch, transfer, "verify", lambda: pushes.rollback(road.project(), push_id))
    table = road.project().registry.table("form")
    theirs = pl.DataFrame([("ATL", DAYS[0], 1.0)], table.contract.polars, orient="row")
    target = open_warehouse(f"file://{road.root}/target")
    target.replace([Replacement(table, (DAYS[0],), theirs)], "others")
    with pytest.raises(VerificationError, match=r"1 of 30 pushed dates read back different rows"):
        pushes.rollback(road.project(), push_id)
    (found,) = pushes.plan_push(road.project(), [SEASON], FORM).tables
    assert DAYS[0] in found.stale


@pytest.mark.slow
def test_a_rollback_of_a_push_older_than_those_kept_is_refused(road, monkeypatch):
    monkeypatch.setattr(journal, "PUSHES_KEPT", 2)
    ids = []
    for points in (50, 51, 52):
        other_points(road, points)
        ids.append(push(road).push_id)
    before = there(road)
    overwrite = Choice(overwrite_stale=True)
    with pytest.raises(WarehouseError, match="the newest 2 pushes are kept; nothing was read"):
        pushes.rollback(road.project(), ids[0], choice=overwrite)
    assert there(road).equals(before)
    pushes.rollback(road.project(), ids[2])
    assert there(road)["mean"].to_list() != before["mean"].to_list()


def test_a_push_is_on_disk_before_the_target_is_locked(road, monkeypatch):
    """After a loss of power the lock of a push is found by its record."""
    statements, seen = [], []
    opened, lock = Ledger.__init__, FileWarehouse.lock

    def traced(self, *arguments, **named):
        opened(self, *arguments, **named)
        self._db.set_trace_callback(statements.append)

    def locked(self, tables, push_id, ended=()):
        seen.extend(statements)
        return lock(self, tables, push_id, ended)

    monkeypatch.setattr(Ledger, "__init__", traced)
    monkeypatch.setattr(FileWarehouse, "lock", locked)
    other_points(road, 50)
    push(road)
    recorded = max(i for i, text in enumerate(seen) if "INTO push_runs" in text)
    full = [i for i, text in enumerate(seen) if text == "PRAGMA synchronous = FULL"]
    normal = [i for i, text in enumerate(seen) if text == "PRAGMA synchronous = NORMAL"]
    assert any(i < recorded for i in full)
    assert max(i for i in full if i < recorded) > max([i for i in normal if i < recorded] or [-1])
    assert any("COMMIT" in text for text in seen[recorded:])


def test_what_settles_a_push_after_a_loss_of_power_is_flushed(road, monkeypatch):
    """Its record, and what the target needs to tell what became of it: `FULL` is 2."""
    levels = {}
    put, execute = Ledger.put, Ledger.execute

    def level(ledger):
        assert ledger._db.in_transaction
        return ledger._db.execute("PRAGMA synchronous").fetchone()[0]

    def putting(self, table, rows):
        if table == "push_runs":
            levels["record"] = level(self)
        put(self, table, rows)

    def executing(self, sql, parameters=()):
        if sql.startswith("UPDATE push_runs SET note"):
            levels["note"] = level(self)
        execute(self, sql, parameters)

    monkeypatch.setattr(Ledger, "put", putting)
    monkeypatch.setattr(Ledger, "execute", executing)
    other_points(road, 50)
    push(road)
    assert levels == {"record": 2, "note": 2}
