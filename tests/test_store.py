"""The data folder: atomic files, typed scans, changed dates, one writer."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nba_local.errors import LockedError
from nba_local.storage.store import Store, changed_dates
from nba_local.tables.calendar import Season
from nba_local.tables.schema import Contract, Field
from nba_local.tables.table import Table

ROOT = Path(__file__).parents[1]
SEASON = Season(2021)
DAY, NEXT = dt.date(2021, 11, 15), dt.date(2021, 11, 16)

CONTRACT = Contract(
    dataset="scores",
    name="scores",
    fields=(
        Field("team", "STRING", "REQUIRED", ""),
        Field("day", "DATE", "REQUIRED", ""),
        Field("points", "INT64", "NULLABLE", ""),
        Field("rating", "NUMERIC", "NULLABLE", "", 5, 2),
        Field("notes", "STRING", "REPEATED", ""),
    ),
    grain=("team", "day"),
    partition_by="day",
    clustering=(),
    require_partition_filter=False,
)
SCORES = Table(doc="Scores.", name="scores", contract=CONTRACT)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "data")


def rows(*values):
    """Rows of (team, day, points) in the contract's types."""
    frame = pl.DataFrame(values, schema=["team", "day", "points"], orient="row")
    return CONTRACT.conform(frame, "here")


def files(folder):
    """Every file below a folder, the lock aside."""
    names = (str(p.relative_to(folder)) for p in sorted(folder.rglob("*")) if p.is_file())
    return [name for name in names if not name.startswith(".lock")]


# write and scan


def test_what_is_written_is_scanned_back(store):
    frame = rows(("DEN", DAY, 101), ("LAL", DAY, 99))
    store.write(store.file("raw", "scores", SEASON, "2021-11"), frame)
    assert store.scan("raw", SCORES, [SEASON]).collect().equals(frame)


def test_a_scan_reads_the_months_of_the_seasons_it_is_asked_for(store):
    for year, month in ((2020, "2020-11"), (2021, "2021-11"), (2021, "2021-12")):
        day = dt.date.fromisoformat(f"{month}-01")
        path = store.file("raw", "scores", Season(year), month)
        store.write(path, rows(("DEN", day, 100)))
    both = store.scan("raw", SCORES, [SEASON]).collect()
    assert both["day"].to_list() == [dt.date(2021, 11, 1), dt.date(2021, 12, 1)]


def test_a_scan_of_nothing_is_an_empty_frame_of_the_contracts_types(store):
    nothing = store.scan("published", SCORES, [SEASON]).collect()
    assert nothing.is_empty()
    assert dict(nothing.schema) == CONTRACT.polars


def test_a_write_reports_the_file_as_it_is_on_disk(store):
    path = store.file("raw", "scores", SEASON, "2021-11")
    written = store.write(path, rows(("DEN", DAY, 101)))
    assert (written.path, written.rows, written.bytes) == (path, 1, path.stat().st_size)


def test_the_same_rows_give_the_same_bytes(store):
    paths = [store.file("raw", "scores", SEASON, month) for month in ("2021-11", "2021-12")]
    first, second = (store.write(path, rows(("DEN", DAY, 101))) for path in paths)
    assert first.sha256 == second.sha256
    assert paths[0].read_bytes() == paths[1].read_bytes()


def fail(*_, **__):
    raise OSError("No space left on device")


def half_written(_frame, path, **_):
    Path(path).write_bytes(b"PAR1 and then the disk was full")
    raise OSError("No space left on device")


@pytest.mark.parametrize(
    ("owner", "name", "failure"),
    [
        pytest.param(pl.DataFrame, "write_parquet", half_written, id="while writing"),
        pytest.param(os, "fsync", fail, id="while flushing"),
        pytest.param(Path, "replace", fail, id="while renaming"),
    ],
)
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    store, monkeypatch, owner, name, failure
):
    path = store.file("raw", "scores", SEASON, "2021-11")
    store.write(path, rows(("DEN", DAY, 101)))
    before = path.read_bytes()
    with monkeypatch.context() as broken:
        broken.setattr(owner, name, failure)
        with pytest.raises(OSError, match="No space left"):
            store.write(path, rows(("DEN", DAY, 102)))
    assert path.read_bytes() == before
    assert files(store.root) == ["raw/scores/season=2021/2021-11.parquet"]


def test_a_file_that_is_being_written_is_not_scanned(store, monkeypatch):
    """A reader takes no lock: what it scans while a writer works must be the old file alone."""
    path = store.file("raw", "scores", SEASON, "2021-11")
    store.write(path, rows(("DEN", DAY, 101)))
    seen = []

    def replace(temporary, target):
        seen.append(store.scan("raw", SCORES, [SEASON]).collect()["points"].to_list())
        return temporary.rename(target)

    monkeypatch.setattr(Path, "replace", replace)
    store.write(path, rows(("DEN", DAY, 102)))
    assert seen == [[101]]


# changed_dates


def changed(old, new, columns=CONTRACT.columns):
    return changed_dates(old, new, "day", columns)


OLD = rows(("DEN", DAY, 101), ("LAL", DAY, 99), ("DEN", NEXT, 110))


def test_no_date_changed_between_equal_frames():
    assert changed(OLD, OLD.clone()) == ()


def test_rows_in_another_order_are_no_change():
    assert changed(OLD, OLD.reverse()) == ()


@pytest.mark.parametrize(
    ("new", "dates"),
    [
        pytest.param(
            rows(("DEN", DAY, 101), ("LAL", DAY, 98), ("DEN", NEXT, 110)), (DAY,), id="a value"
        ),
        pytest.param(
            rows(("DEN", DAY, 101), ("LAL", DAY, None), ("DEN", NEXT, 110)), (DAY,), id="a null"
        ),
        pytest.param(
            rows(("DEN", DAY, 99), ("LAL", DAY, 101), ("DEN", NEXT, 110)), (DAY,), id="a swap"
        ),
        pytest.param(rows(("DEN", DAY, 101), ("DEN", NEXT, 110)), (DAY,), id="a row less"),
        pytest.param(rows(("DEN", DAY, 101), ("LAL", DAY, 99)), (NEXT,), id="a date less"),
        pytest.param(pl.concat([OLD, rows(("LAL", DAY, 99))]), (DAY,), id="a second copy of a row"),
        pytest.param(
            pl.concat([OLD, rows(("LAL", dt.date(2021, 11, 17), 90))]),
            (dt.date(2021, 11, 17),),
            id="a date more",
        ),
        pytest.param(rows(("DEN", DAY, 100), ("LAL", NEXT, 99)), (DAY, NEXT), id="both dates"),
        pytest.param(OLD.clear(), (DAY, NEXT), id="all gone"),
    ],
)
def test_a_date_changed_by(new, dates):
    assert changed(OLD, new) == dates


def test_every_date_is_new_where_there_was_nothing():
    assert changed(OLD.clear(), OLD) == (DAY, NEXT)


def test_a_value_in_an_array_counts():
    noted = OLD.with_columns(notes=pl.Series([["late"], [], []], dtype=pl.List(pl.String)))
    assert changed(OLD, noted) == (DAY,)


def test_a_column_that_is_not_compared_does_not_count():
    other = OLD.with_columns(points=pl.lit(0, pl.Int64))
    assert changed(OLD, other, columns=("team", "day")) == ()


LINES = st.lists(
    st.tuples(st.sampled_from(["DEN", "LAL"]), st.sampled_from([DAY, NEXT]), st.integers(0, 2)),
    max_size=6,
)


@settings(deadline=None)
@given(LINES, LINES)
def test_a_date_changed_if_its_rows_differ_as_a_multiset(old, new):
    truth = [
        day
        for day in (DAY, NEXT)
        if sorted(r for r in old if r[1] == day) != sorted(r for r in new if r[1] == day)
    ]
    empty = rows(("DEN", DAY, 1)).clear()
    before, after = (rows(*lines) if lines else empty for lines in (old, new))
    assert list(changed(before, after)) == truth


# the lock

HOLD = """
import sys
from pathlib import Path
from nba_local.storage.store import Store
with Store(Path(sys.argv[1])).locked("backfill"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(store):
    """Another process that writes to the folder until it is let go."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(store.root)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_process_is_refused_and_told_who_writes(store, holder):
    with pytest.raises(LockedError) as refused, store.locked("pull"):
        pytest.fail("two writers")
    assert f"pid {holder.pid} on " in refused.value.message
    assert "nothing was done" in refused.value.message
    assert "--data" in refused.value.hint
    assert refused.value.exit_code == 6


def test_the_refused_process_does_not_sweep_what_the_writer_has_staged(store, holder):
    assert holder.poll() is None
    store.staging.mkdir()
    (store.staging / "rows.parquet").write_bytes(b"")
    with pytest.raises(LockedError), store.locked("pull"):
        pytest.fail("two writers")
    assert (store.staging / "rows.parquet").exists()


def test_the_folder_is_free_again_when_the_writer_was_killed(store, holder):
    holder.kill()
    holder.wait()
    with store.locked("pull"):
        named = json.loads((store.root / ".lock-holder.json").read_text())
    assert (named["doing"], named["pid"]) == ("pull", str(os.getpid()))


def test_a_second_writer_of_the_same_process_is_refused(store):
    with store.locked("pull"), pytest.raises(LockedError, match="`pull`"), store.locked("push"):
        pytest.fail("two writers")


def test_the_folder_is_free_again_when_the_work_failed(store):
    with pytest.raises(ValueError, match="broken"), store.locked("pull"):
        raise ValueError("broken")
    with store.locked("backfill"):
        assert store.root.is_dir()
    assert files(store.root) == []


def test_leftovers_of_a_run_that_died_are_swept(store):
    kept = store.file("published", "scores", SEASON, "2021-11")
    store.write(kept, rows(("DEN", DAY, 101)))
    for layer in ("raw", "published"):
        path = store.file(layer, "scores", SEASON, "2021-12")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(f".tmp-123-{path.name}").write_bytes(b"PAR1")
    (store.staging / "deep").mkdir(parents=True)
    (store.staging / "deep" / "rows.parquet").write_bytes(b"PAR1")
    with store.locked("pull"):
        assert files(store.root) == ["published/scores/season=2021/2021-11.parquet"]
