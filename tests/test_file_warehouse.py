"""A folder of Parquet as a warehouse: what it reads, and that a push happens as a whole or not."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import threading
from pathlib import Path

import polars as pl
import pytest

from nba_local.errors import ContractError, LockedError, UsageError, WarehouseError
from nba_local.tables.calendar import Interval
from nba_local.tables.schema import Contract, Field
from nba_local.tables.table import Table
from nba_local.warehouse import Append, Drift, Part, Replacement, open_warehouse
from nba_local.warehouse.files import FileWarehouse

NOW = dt.datetime(2121, 12, 1, tzinfo=dt.UTC)
"""Later than every push of a test."""
ALWAYS = Interval(dt.date(2000, 1, 1), dt.date(2100, 1, 1))
JUNE, DAY, NEXT, LATER = (
    dt.date(2021, 6, 1),  # of the season before
    dt.date(2021, 11, 15),
    dt.date(2021, 11, 16),
    dt.date(2021, 12, 1),
)

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


def rows(*values):
    """Rows of (team, day, points)."""
    return pl.DataFrame(values, schema=CONTRACT.polars, orient="row")


OLD = rows(("DEN", DAY, 101), ("LAL", DAY, 99), ("DEN", NEXT, 110))
NEW = rows(("DEN", DAY, 102))
AFTER = rows(("DEN", DAY, 102), ("DEN", NEXT, 110))


def store(warehouse, name, frame):
    path = warehouse.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path)


@pytest.fixture
def warehouse(tmp_path):
    """A warehouse that holds OLD in both tables."""
    opened = FileWarehouse(str(tmp_path / "warehouse"))
    for name in ("scores", "paces"):
        store(opened, f"{name}/season=2021.parquet", OLD)
    return opened


def content(warehouse, table=SCORES):
    """All rows of a table in a fixed order, as another process would see them."""
    fresh = FileWarehouse(str(warehouse.root))
    return fresh.read(table, ALWAYS, NOW).sort("day", "team").rows()


def names(warehouse):
    """Every file and folder of the warehouse but the lock file and the past, which stay."""
    found = {str(p.relative_to(warehouse.root)) for p in warehouse.root.rglob("*")}
    return {name for name in found if name != ".lock" and not name.startswith(".history")}


def bytes_of(warehouse):
    """Every file of the folder with its bytes."""
    files = (name for name in names(warehouse) if (warehouse.root / name).is_file())
    return {name: (warehouse.root / name).read_bytes() for name in files}


# reading


def test_partitions_are_the_dates_with_their_rows(warehouse):
    found = warehouse.partitions(SCORES, ALWAYS, NOW)
    assert {day: state.rows for day, state in found.items()} == {DAY: 2, NEXT: 1}


def test_partitions_and_rows_are_those_of_the_interval(warehouse):
    one_day = Interval(NEXT, LATER)
    assert list(warehouse.partitions(SCORES, one_day, NOW)) == [NEXT]
    assert warehouse.read(SCORES, one_day, NOW)["day"].to_list() == [NEXT]


def test_a_table_that_does_not_exist_is_empty_in_the_contracts_types(tmp_path):
    nothing = FileWarehouse(str(tmp_path / "nowhere"))
    assert nothing.partitions(SCORES, ALWAYS, NOW) == {}
    frame = nothing.read(SCORES, ALWAYS, NOW)
    assert frame.is_empty()
    assert dict(frame.schema) == CONTRACT.polars


def test_files_lie_at_any_depth_and_a_date_may_lie_in_two(warehouse):
    store(warehouse, "scores/2021/11/more.parquet", rows(("LAL", NEXT, 90)))
    assert warehouse.partitions(SCORES, ALWAYS, NOW)[NEXT].rows == 2
    assert warehouse.read(SCORES, ALWAYS, NOW).height == 4


def test_a_token_stays_while_nothing_is_written(warehouse):
    assert warehouse.partitions(SCORES, ALWAYS, NOW) == warehouse.partitions(SCORES, ALWAYS, NOW)


def test_a_token_moves_when_the_file_is_rewritten(warehouse):
    before = warehouse.partitions(SCORES, ALWAYS, NOW)[DAY].token
    path = warehouse.root / "scores" / "season=2021.parquet"
    later = path.stat().st_mtime_ns + 10**9
    os.utime(path, ns=(later, later))
    assert warehouse.partitions(SCORES, ALWAYS, NOW)[DAY].token != before


def test_columns_that_are_asked_for_come_in_that_order(warehouse):
    assert warehouse.read(SCORES, ALWAYS, NOW, ["points", "team"]).columns == ["points", "team"]


# drift


def test_files_of_the_contracts_types_have_no_drift(warehouse):
    assert warehouse.drift(SCORES) == ()


def test_drift_of_a_table_that_does_not_exist_is_nothing(tmp_path):
    assert FileWarehouse(str(tmp_path)).drift(SCORES) == ()


def test_drift_names_what_the_files_have_otherwise(warehouse):
    odd = OLD.select("team", "day", pl.col("points").cast(pl.Float64), pace=pl.lit(99.5))
    store(warehouse, "scores/season=2021.parquet", odd)
    assert warehouse.drift(SCORES) == (
        Drift("scores", "pace", "absent", "Float64"),
        Drift("scores", "points", "INT64 NULLABLE", "Float64"),
    )


def test_a_schema_file_of_the_folder_is_the_live_schema(warehouse):
    live = {
        "dataset": "league",
        "table": "scores",
        "partition_field": "day",
        "clustering": [],
        "grain": ["team", "day"],
        "fields": [
            {"name": "team", "type": "STRING", "mode": "NULLABLE"},
            {"name": "day", "type": "DATE", "mode": "REQUIRED"},
        ],
    }
    path = warehouse.root / "schemas" / "league.scores.json"
    path.parent.mkdir()
    path.write_text(json.dumps(live))
    assert warehouse.drift(SCORES) == (
        Drift("scores", "points", "INT64 NULLABLE", "absent"),
        Drift("scores", "team", "STRING REQUIRED", "STRING NULLABLE"),
    )


# replacing


def test_a_push_replaces_its_dates_and_keeps_the_others(warehouse):
    receipt = warehouse.replace([Replacement(SCORES, (DAY,), NEW)], "push-1")
    assert content(warehouse) == AFTER.rows()
    assert receipt.rows == {"scores": 1}


def test_a_pushed_date_without_rows_is_emptied(warehouse):
    warehouse.replace([Replacement(SCORES, (DAY,), NEW.clear())], "push-1")
    assert content(warehouse) == rows(("DEN", NEXT, 110)).rows()


def test_a_push_leaves_the_files_of_other_seasons_and_tables_as_they_are(warehouse):
    store(warehouse, "scores/season=2020.parquet", rows(("DEN", JUNE, 95)))
    before = bytes_of(warehouse)
    warehouse.replace([Replacement(SCORES, (DAY,), NEW)], "push-1")
    after = bytes_of(warehouse)
    assert {n for n in after if after[n] != before.get(n)} == {"scores/season=2021.parquet"}


def test_a_push_across_two_seasons_writes_both(warehouse):
    both = rows(("DEN", JUNE, 95), ("DEN", DAY, 102))
    warehouse.replace([Replacement(SCORES, (JUNE, DAY), both)], "push-1")
    assert content(warehouse) == rows(("DEN", JUNE, 95), *AFTER.rows()).rows()


def test_a_push_creates_a_table_that_does_not_exist(tmp_path):
    fresh = FileWarehouse(str(tmp_path / "new"))
    fresh.replace([Replacement(SCORES, (DAY,), NEW)], "push-1")
    assert content(fresh) == NEW.rows()


def test_the_same_push_twice_is_the_same_push(warehouse):
    push = [Replacement(SCORES, (DAY,), NEW)]
    warehouse.replace(push, "push-1")
    once = bytes_of(warehouse)
    warehouse.replace(push, "push-1")
    assert bytes_of(warehouse) == once


def test_a_push_leaves_nothing_but_table_files(warehouse):
    before = names(warehouse)
    warehouse.replace([Replacement(SCORES, (DAY,), NEW)], "push-1")
    assert names(warehouse) == before


def test_the_folder_can_be_read_as_it_was_before_each_push(warehouse):
    moments = [warehouse.now()]
    for number in range(12):
        points = rows(("DEN", DAY, number))
        warehouse.replace([Replacement(SCORES, (DAY,), points)], f"push-{number}")
        moments.append(warehouse.now())

    def of_day(moment):
        found = warehouse.read(SCORES, Interval(DAY, DAY + dt.timedelta(days=1)), moment)
        return found.filter(team="DEN")["points"].to_list()

    assert [of_day(moment) for moment in moments[3:]] == [[n] for n in range(2, 12)]
    assert len(list((warehouse.root / ".history").glob("*-push-*"))) == 10


def test_a_table_that_a_push_created_was_not_there_before(warehouse):
    before = warehouse.now()
    fresh = dataclasses.replace(
        SCORES, name="fresh", contract=dataclasses.replace(CONTRACT, name="fresh")
    )
    warehouse.replace([Replacement(fresh, (DAY,), NEW)], "push-1")
    assert warehouse.read(fresh, ALWAYS, before).is_empty()
    assert warehouse.partitions(fresh, ALWAYS, before) == {}
    assert warehouse.read(fresh, ALWAYS, warehouse.now()).height == NEW.height


def test_added_rows_stay_beside_those_of_other_pushes(warehouse):
    before = content(warehouse)
    warehouse.replace([Append(SCORES, NEW)], "push-1")
    warehouse.replace([Append(SCORES, NEW)], "push-1")
    warehouse.replace([Append(SCORES, NEW)], "push-2")
    assert sorted(content(warehouse)) == sorted([*before, *NEW.rows() * 2])


def test_only_a_part_of_a_date_is_replaced(warehouse):
    part = Part("team", {"DEN": (DAY,)})
    warehouse.replace([Replacement(SCORES, (DAY,), rows(("DEN", DAY, 7)), part)], "push-1")
    others = [row for row in OLD.rows() if row[:2] != ("DEN", DAY)]
    assert sorted(content(warehouse)) == sorted([*others, ("DEN", DAY, 7)])
    stranger = Replacement(SCORES, (DAY,), rows(("LAL", DAY, 7)), part)
    with pytest.raises(ContractError, match="1 rows lie outside"):
        warehouse.replace([stranger], "push-2")


def test_a_push_says_what_took_effect_and_when(warehouse):
    assert warehouse.settle([SCORES], "push-1", "") is None
    noted = []
    receipt = warehouse.replace([Replacement(SCORES, (DAY,), NEW)], "push-1", noted.append)
    assert noted == [""]
    when = warehouse.settle([SCORES], "push-1", "")
    assert when is not None
    assert when <= receipt.committed
    assert list(receipt.hashes) == ["scores/season=2021.parquet"]


def test_an_error_before_the_commit_leaves_everything_as_it_was(warehouse):
    def refuse(note):
        raise WarehouseError(f"no {note}")

    before = bytes_of(warehouse)
    with pytest.raises(WarehouseError):
        warehouse.replace([Replacement(SCORES, (DAY,), NEW)], "push-1", refuse)
    assert bytes_of(warehouse) == before
    assert warehouse.settle([SCORES], "push-1", "") is None


def test_two_pushes_at_once_one_is_told_who_holds_the_folder(warehouse):
    other = FileWarehouse(str(warehouse.root))
    with (
        warehouse.lock([SCORES], "first"),
        pytest.raises(LockedError, match=r"`push first` \(.*pid \d+ on .*nothing was done"),
        other.lock([SCORES], "second"),
    ):
        pass
    with other.lock([SCORES], "second"):
        pass


OUTSIDE = rows(("DEN", DAY, 102), ("DEN", LATER, 90))
NAMELESS = rows((None, DAY, 102))


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        pytest.param(OUTSIDE, "scores: 1 rows lie outside the pushed dates", id="outside"),
        pytest.param(NAMELESS, "scores: NULL in REQUIRED columns {'team': 1}", id="NULL"),
    ],
)
def test_rows_that_do_not_belong_are_refused_and_no_table_changes(warehouse, bad, said):
    before = bytes_of(warehouse)
    push = [Replacement(PACES, (DAY,), NEW), Replacement(SCORES, (DAY,), bad)]
    with pytest.raises(ContractError, match=f"{said}.*nothing was pushed"):
        warehouse.replace(push, "push-1")
    assert content(warehouse, PACES) == content(warehouse, SCORES) == OLD.sort("day", "team").rows()
    assert {n: bytes_of(warehouse)[n] for n in before} == before


def test_a_push_replaces_its_dates_in_files_of_any_name(tmp_path):
    other = FileWarehouse(str(tmp_path))
    store(other, "scores/2021-11.parquet", OLD)
    other.replace([Replacement(SCORES, (DAY,), NEW)], "push-1")
    assert content(other) == AFTER.rows()


# crashes


class Killed(BaseException):
    """The process ends here."""


def crash_at_rename(monkeypatch, number):
    """Die instead of the rename `number` of a push: 1 is the journal, the rest are table files."""
    done, rename = [], Path.replace

    def replace(path, target):
        done.append(target)
        if len(done) == number:
            raise Killed
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", replace)


BOTH = [Replacement(SCORES, (DAY,), NEW), Replacement(PACES, (DAY,), NEW)]


def test_a_crash_before_the_journal_leaves_every_table_as_it_was(warehouse, monkeypatch):
    before = bytes_of(warehouse)
    with monkeypatch.context() as dying:
        crash_at_rename(dying, 1)
        with pytest.raises(Killed):
            warehouse.replace(BOTH, "push-1")
    assert content(warehouse, SCORES) == content(warehouse, PACES) == OLD.sort("day", "team").rows()
    assert {n: bytes_of(warehouse)[n] for n in before} == before


@pytest.mark.parametrize("rename", [2, 3], ids=["no file renamed", "one file renamed"])
@pytest.mark.parametrize("use", ["read", "partitions", "replace"])
def test_a_crash_after_the_journal_is_carried_through_on_next_use(
    warehouse, monkeypatch, rename, use
):
    before = names(warehouse)
    with monkeypatch.context() as dying:
        crash_at_rename(dying, rename)
        with pytest.raises(Killed):
            warehouse.replace(BOTH, "push-1")
    fresh = FileWarehouse(str(warehouse.root))
    if use == "replace":
        later = Replacement(SCORES, (LATER,), rows(("DEN", LATER, 120)))
        fresh.replace([later], "push-2")
        assert content(warehouse) == rows(*AFTER.rows(), ("DEN", LATER, 120)).rows()
    else:
        getattr(fresh, use)(SCORES, ALWAYS, NOW)
        assert pl.read_parquet(fresh.root / "scores" / "season=2021.parquet").equals(AFTER)
    assert pl.read_parquet(fresh.root / "paces" / "season=2021.parquet").equals(AFTER)
    assert names(warehouse) == before


def test_a_crash_after_the_last_rename_is_tidied_up(warehouse, monkeypatch):
    before = names(warehouse)

    def die(*_):
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(Path, "unlink", die)
        with pytest.raises(Killed):
            warehouse.replace(BOTH, "push-1")
    assert content(warehouse) == AFTER.rows()
    assert names(warehouse) == before


def test_a_push_that_crashed_before_its_journal_can_be_made_again(warehouse, monkeypatch):
    before = names(warehouse)
    with monkeypatch.context() as dying:
        crash_at_rename(dying, 1)
        with pytest.raises(Killed):
            warehouse.replace(BOTH, "push-1")
    warehouse.replace(BOTH, "push-1")
    assert content(warehouse, SCORES) == content(warehouse, PACES) == AFTER.rows()
    assert not any(name.startswith(".staging") for name in names(warehouse) - before)


@pytest.mark.slow
def test_readers_beside_a_push_see_the_old_rows_or_the_new_ones(warehouse):
    ended, failures, seen = threading.Event(), [], set()

    def read():
        while not ended.is_set():
            try:
                seen.add(tuple(content(warehouse)))
            except Exception as error:  # noqa: BLE001 - the point of the test
                failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for number in range(40):
            rows_of_day = (NEW, OLD.filter(day=DAY))[number % 2]
            push = [Replacement(table, (DAY,), rows_of_day) for table in (SCORES, PACES)]
            warehouse.replace(push, f"push-{number}")
    finally:
        ended.set()
        for reader in readers:
            reader.join()
    assert failures == []
    assert seen <= {tuple(OLD.sort("day", "team").rows()), tuple(AFTER.rows())}


# the URL


def test_a_url_opens_its_folder(tmp_path):
    opened = open_warehouse(f"file://{tmp_path}")
    assert isinstance(opened, FileWarehouse)
    assert opened.root == tmp_path
    assert opened.url == f"file://{tmp_path}"


@pytest.mark.parametrize("url", ["", "data", "file://", "s3://bucket", "/somewhere"])
def test_a_url_of_no_known_form_is_refused_with_the_two_forms(url):
    with pytest.raises(UsageError, match="is not a warehouse") as refused:
        open_warehouse(url)
    assert "file://DIR" in refused.value.hint
    assert "bigquery://PROJECT" in refused.value.hint
