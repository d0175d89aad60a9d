"""Folders as sources: what lies there is read once, whatever its name; what cannot be is an error.

Each test is a kind of thing that people and jobs do to folders.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import errno
import os
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nba_local.errors import ContractError, WarehouseError
from nba_local.tables.calendar import Interval
from nba_local.tables.schema import Contract, Field
from nba_local.tables.table import Table
from nba_local.warehouse.files import FileWarehouse

NOW = dt.datetime(2121, 12, 1, tzinfo=dt.UTC)
ALWAYS = Interval(dt.date(2000, 1, 1), dt.date(2100, 1, 1))
DAY, NEXT = dt.date(2021, 11, 15), dt.date(2021, 11, 16)
CONTRACT = Contract(
    dataset="league",
    name="scores",
    fields=(
        Field("team", "STRING", "REQUIRED", ""),
        Field("day", "DATE", "REQUIRED", ""),
        Field("points", "INT64", "NULLABLE", ""),
        Field("pace", "NUMERIC", "NULLABLE", "", precision=5, scale=2),
        Field("share", "FLOAT64", "NULLABLE", ""),
        Field("at", "TIMESTAMP", "NULLABLE", ""),
        Field("notes", "STRING", "REPEATED", ""),
    ),
    grain=("team", "day"),
    partition_by="day",
    clustering=(),
    require_partition_filter=False,
)
SCORES = Table(doc="Scores.", name="scores", contract=CONTRACT)
AT = dt.datetime(2021, 11, 16, 6, tzinfo=dt.UTC)
ROWS = pl.DataFrame(
    [
        ("DEN", DAY, 101, Decimal("99.50"), 0.5, AT, ["late"]),
        ("LAL", DAY, 99, Decimal("98.25"), 0.25, AT, []),
        ("DEN", NEXT, 110, None, None, None, []),
    ],
    schema=CONTRACT.polars,
    orient="row",
)


@pytest.fixture
def warehouse(tmp_path):
    """A folder with one table of one file."""
    opened = FileWarehouse(str(tmp_path / "warehouse"))
    folder(opened).mkdir(parents=True)
    ROWS.write_parquet(folder(opened) / "season=2021.parquet")
    return opened


def folder(warehouse):
    return warehouse.root / "scores"


def read(warehouse):
    warehouse.require_source(SCORES)
    return warehouse.read(SCORES, ALWAYS, NOW).sort("day", "team")


def holds(warehouse, rows=ROWS):
    """The rows are read, and counted by date, once each."""
    counted = warehouse.partitions(SCORES, ALWAYS, NOW)
    assert {day: state.rows for day, state in counted.items()} == dict(
        rows.group_by("day").len().sort("day").iter_rows()
    )
    assert read(warehouse).equals(rows)
    return True


# what is read, and once


def test_links_to_files_and_folders_are_followed(warehouse, tmp_path):
    away = tmp_path / "away"
    away.mkdir()
    (folder(warehouse) / "season=2021.parquet").rename(away / "rows.parquet")
    (folder(warehouse) / "half").symlink_to(away)
    assert holds(warehouse)
    (folder(warehouse) / "half").unlink()
    (folder(warehouse) / "rows.parquet").symlink_to(away / "rows.parquet")
    assert holds(warehouse)


def test_the_folder_of_a_table_may_be_a_link(warehouse, tmp_path):
    folder(warehouse).rename(tmp_path / "away")
    folder(warehouse).symlink_to(tmp_path / "away")
    assert holds(warehouse)


def test_what_is_reached_twice_counts_once(warehouse):
    """A link to a file beside it, a hard link, a link to a folder above: a loop."""
    place = folder(warehouse)
    (place / "latest.parquet").symlink_to("season=2021.parquet")
    os.link(place / "season=2021.parquet", place / "copy.parquet")
    (place / "again").symlink_to(place)
    assert holds(warehouse)


def test_a_folder_with_the_name_of_a_file_is_walked_once(warehouse):
    place = folder(warehouse)
    (place / "season=2021.parquet").rename(place / "part-0.parquet")
    (place / "season=2021.parquet").mkdir()
    (place / "part-0.parquet").rename(place / "season=2021.parquet" / "part-0.parquet")
    assert holds(warehouse)


@pytest.mark.parametrize(
    "name",
    ["_temporary/0/part-0.parquet", ".ipynb_checkpoints/x.parquet", ".tmp.parquet", "_x.parquet"],
)
def test_hidden_names_are_no_data(warehouse, name):
    hidden = folder(warehouse) / name
    hidden.parent.mkdir(parents=True, exist_ok=True)
    ROWS.write_parquet(hidden)
    (folder(warehouse) / "_SUCCESS").touch()
    assert holds(warehouse)


@pytest.mark.parametrize("name", [b"caf\xe9.parquet", b"a b[1]*.parquet", b"UPPER.PARQUET"])
def test_names_are_taken_as_they_are(warehouse, name):
    place = folder(warehouse)
    (place / "season=2021.parquet").rename(os.fsdecode(os.fsencode(place) + b"/" + name))
    assert holds(warehouse)
    tokens = [state.token for state in warehouse.partitions(SCORES, ALWAYS, NOW).values()]
    assert all(token.encode() for token in tokens)  # fit for the ledger


def test_rows_without_a_date_are_counted(warehouse):
    undated = ROWS.with_columns(day=pl.lit(None, pl.Date)).head(2)
    undated.write_parquet(folder(warehouse) / "undated.parquet")
    assert warehouse.undated(SCORES, NOW) == 2
    assert holds(warehouse)


# what is an error


def broken(warehouse, match, **how):
    with pytest.raises(WarehouseError, match=match) as error:
        warehouse.require_source(SCORES, **how)
    assert "nothing was removed" in error.value.message
    assert error.value.hint


def test_a_table_that_is_absent(warehouse):
    folder(warehouse).rename(warehouse.root / "away")
    broken(warehouse, "no such table in the warehouse: `scores`")


def test_a_folder_without_a_file(warehouse):
    (folder(warehouse) / "season=2021.parquet").rename(folder(warehouse) / "_old.parquet")
    broken(warehouse, "no Parquet file in it")


@pytest.mark.parametrize("name", ["season=2020.csv", "season=2020.parquet.gz", "2020/x.pq"])
def test_a_file_of_another_ending(warehouse, name):
    path = folder(warehouse) / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"rows")
    broken(warehouse, f"1 files are not Parquet, first scores/{name}")


def test_a_link_that_leads_nowhere(warehouse, tmp_path):
    (folder(warehouse) / "half").symlink_to(tmp_path / "unmounted")
    broken(warehouse, "scores/half cannot be read: a link to .*unmounted, which is not there")
    with pytest.raises(WarehouseError, match="scores/half"):
        warehouse.partitions(SCORES, ALWAYS, NOW)


def test_a_link_to_itself(warehouse):
    (folder(warehouse) / "loop.parquet").symlink_to("loop.parquet")
    broken(warehouse, "loop.parquet")


def test_a_folder_that_may_not_be_read(warehouse, monkeypatch):
    (folder(warehouse) / "closed").mkdir()
    scandir = os.scandir

    def refuse(place):
        if place == folder(warehouse) / "closed":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))
        return scandir(place)

    monkeypatch.setattr(os, "scandir", refuse)
    broken(warehouse, "scores/closed cannot be read: Permission denied")


def test_an_empty_table_that_had_rows(warehouse):
    ROWS.clear().write_parquet(folder(warehouse) / "season=2021.parquet")
    warehouse.require_source(SCORES)
    broken(warehouse, "no row in 1 file", had_rows=True)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not Parquet at all"])
def test_a_file_that_is_no_parquet(warehouse, content):
    (folder(warehouse) / "more.parquet").write_bytes(content)
    with pytest.raises(WarehouseError, match=r"scores/more\.parquet cannot be read"):
        warehouse.partitions(SCORES, ALWAYS, NOW)


# types


def rewritten(warehouse, **columns):
    """The file with other columns, as Arrow writes them."""
    file = folder(warehouse) / "season=2021.parquet"
    table = pq.read_table(file)
    for name, values in columns.items():
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, values)
        else:
            table = table.append_column(name, values)
    pq.write_table(table, file)


TEAMS = ["DEN", "LAL", "DEN"]
SAME = {
    "dictionary": {"team": pa.array(TEAMS).dictionary_encode()},
    "large text": {"team": pa.array(TEAMS, pa.large_string())},
    "text views": {"team": pa.array(TEAMS, pa.string_view())},
    "bytes": {"team": pa.array([t.encode() for t in TEAMS])},
    "whole doubles": {"points": pa.array([101.0, 99.0, 110.0])},
    "narrow integers": {"points": pa.array([101, 99, 110], pa.int16())},
    "unsigned integers": {"points": pa.array([101, 99, 110], pa.uint64())},
    "whole decimals": {"points": pa.array([101, 99, 110], pa.decimal128(20, 2))},
    "wide decimals": {
        "pace": pa.array([Decimal("99.5"), Decimal("98.25"), None], pa.decimal128(38, 9))
    },
    "doubles for decimals": {"pace": pa.array([99.5, 98.25, None])},
    "single precision": {"share": pa.array([0.5, 0.25, None], pa.float32())},
    "Etc/UTC": {"at": pa.array([AT, AT, None], pa.timestamp("us", "Etc/UTC"))},
    "+00:00": {"at": pa.array([AT, AT, None], pa.timestamp("us", "+00:00"))},
    "nanoseconds": {"at": pa.array([AT, AT, None], pa.timestamp("ns", "UTC"))},
    "date64": {"day": pa.array([DAY, DAY, NEXT], pa.date64())},
    "midnights": {"day": pa.array([DAY, DAY, NEXT]).cast(pa.timestamp("us"))},
    "large lists": {"notes": pa.array([["late"], [], []], pa.large_list(pa.large_string()))},
    "NULL lists": {"notes": pa.array([["late"], None, None], pa.list_(pa.string()))},
    "one more column": {"more": pa.array([1, 2, 3])},
}  # fmt: skip


@pytest.mark.parametrize("columns", SAME.values(), ids=SAME)
def test_types_that_say_the_same_are_taken(warehouse, columns):
    rewritten(warehouse, **columns)
    assert holds(warehouse)


def test_a_column_without_a_value_may_have_no_type(warehouse):
    rewritten(warehouse, points=pa.nulls(3))
    assert read(warehouse)["points"].null_count() == 3


LOSSY = {
    "half points": ({"points": pa.array([101.5, 99.0, 1.0])}, "1 values of `points`.*first 101.5"),
    "NaN": ({"points": pa.array([float("nan"), 99.0, 1.0])}, "`points`.*first nan"),
    "too large": ({"points": pa.array([2**64 - 1, 0, 1], pa.uint64())}, "18446744073709551615"),
    "finer decimals": ({"pace": pa.array([Decimal("99.505")] * 3)}, "`pace`.*99.505"),
    "too many digits": ({"pace": pa.array([Decimal("12345.5")] * 3)}, "`pace`"),
    "finer doubles": ({"pace": pa.array([99.505, 1.0, 2.0])}, "1 values of `pace`.*99.505"),
    "large integers": ({"share": pa.array([2**53 + 1, 0, 1])}, "9007199254740993"),
    "text": ({"points": pa.array(["101", "99", "x"])}, "`points` is String, first '101'"),
    "truth": ({"points": pa.array([True, False, True])}, "`points` is Boolean"),
    "another zone": (
        {"at": pa.array([AT] * 3, pa.timestamp("us", "Europe/Rome"))},
        "`at` is .*Europe/Rome",
    ),
    "bad bytes": ({"team": pa.array([b"\xff", b"a", b"b"])}, "`team` .*invalid utf8"),
    "nanosecond": (
        {"at": pa.array([1, 1, 1], pa.int64()).cast(pa.timestamp("ns", "UTC"))},
        "3 values of `at`",
    ),
    "noon": (
        {"day": pa.array([AT] * 3, pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))},
        "3 values of `day`",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "match"), LOSSY.values(), ids=LOSSY)
def test_types_that_would_lose_a_value_are_refused_by_name(warehouse, columns, match):
    rewritten(warehouse, **columns)
    with pytest.raises(ContractError, match=match) as error:
        read(warehouse)
    assert "scores/season=2021.parquet" in error.value.message
    assert "\n" not in error.value.message


@pytest.mark.parametrize(
    "values",
    [pa.array([20211115, 20211115, 20211116]), pa.array(["2021-11-15"] * 3)],
    ids=["numbers", "text"],
)
def test_dates_of_another_type_are_refused_before_anything_is_counted(warehouse, values):
    rewritten(warehouse, day=values)
    for ask in (warehouse.partitions, warehouse.read):
        with pytest.raises(ContractError, match=r"`day` is (Int64|String), the contract says DATE"):
            ask(SCORES, ALWAYS, NOW)


def test_a_column_under_another_name_is_refused(warehouse):
    file = folder(warehouse) / "season=2021.parquet"
    ROWS.rename({"points": "pionts"}).write_parquet(file)
    with pytest.raises(
        ContractError, match=r"`points` is missing .*`pionts` is not in the contract"
    ):
        read(warehouse)


def test_a_push_into_a_folder_does_not_drop_a_foreign_column(warehouse):
    """What is taken when it is read is not rewritten without it."""
    from nba_local.warehouse import Replacement

    rewritten(warehouse, more=pa.array([1, 2, 3]))
    with pytest.raises(ContractError, match="1 columns not in the contract: `more`"):
        warehouse.replace([Replacement(SCORES, (DAY,), ROWS.head(1))], "push-1")
    assert holds(warehouse)


def test_two_tables_of_a_name_do_not_share_counts(warehouse):
    other = dataclasses.replace(SCORES, name="paces")
    (warehouse.root / "paces").mkdir()
    ROWS.head(1).write_parquet(warehouse.root / "paces" / "season=2021.parquet")
    assert len(warehouse.partitions(SCORES, ALWAYS, NOW)) == 2
    assert len(warehouse.partitions(other, ALWAYS, NOW)) == 1
