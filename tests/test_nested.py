"""STRUCT and ARRAY<STRUCT>: from the contract into a warehouse and back, cell by cell."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from decimal import Decimal

import duckdb
import polars as pl
import pyarrow as pa
import pytest

from nba_local.errors import ContractError, PipelineError, WarehouseError
from nba_local.storage.duck import add_view
from nba_local.storage.store import changed_dates
from nba_local.tables.schema import load_contract
from nba_local.tables.table import Table
from nba_local.warehouse.bigquery import read as bigquery

DAY = dt.date(2021, 11, 5)
SHOT = [
    {"name": "zone", "type": "STRING", "mode": "REQUIRED", "description": "Where from."},
    {"name": "made", "type": "BOOLEAN", "description": "Whether it went in."},
    {"name": "value", "type": "NUMERIC", "precision": 5, "scale": 2, "description": "Points."},
]
SCHEMA = {
    "dataset": "nested",
    "table": "shots",
    "partition_field": "day",
    "partition_type": "DAY",
    "clustering": [],
    "grain": ["player", "day"],
    "fields": [
        {"name": "player", "type": "STRING", "mode": "REQUIRED", "description": "Whose."},
        {"name": "day", "type": "DATE", "mode": "REQUIRED", "description": "When."},
        {
            "name": "best", "type": "RECORD", "mode": "NULLABLE", "description": "His best shot.",
            "fields": [
                *SHOT,
                {"name": "at", "type": "TIMESTAMP", "description": "When."},
                {"name": "tags", "type": "STRING", "mode": "REPEATED", "description": "Words."},
            ],
        },
        {
            "name": "shots", "type": "RECORD", "mode": "REPEATED", "description": "All of them.",
            "fields": SHOT,
        },
    ],
}  # fmt: skip
AT = dt.datetime(2021, 11, 5, 19, 30, 1, 234567, tzinfo=dt.UTC)


def table_of_shots(folder):
    (folder / "schema.json").write_text(json.dumps(SCHEMA))
    return Table(doc="Shots.", name="shots", contract=load_contract(folder / "schema.json"))


def rows_of(table):
    shots = [
        {"zone": "paint", "made": True, "value": Decimal("2.00")},
        {"zone": "three", "made": None, "value": Decimal("-0.25")},
    ]
    best = {**shots[0], "at": AT, "tags": ["late", "left"]}
    empty = {"zone": "paint", "made": None, "value": None, "at": None, "tags": []}
    return pl.DataFrame(
        {
            "player": ["ann", "bob", "cid"],
            "day": [DAY] * 3,
            "best": [best, None, empty],
            "shots": [shots, [], shots[:1]],
        },
        schema=table.contract.polars,
    )


@pytest.fixture
def table(tmp_path):
    return table_of_shots(tmp_path)


@pytest.fixture
def rows(table):
    return rows_of(table)


def test_the_contract_knows_the_types(table):
    kinds = table.contract.polars
    assert kinds["shots"] == pl.List(
        pl.Struct({"zone": pl.String, "made": pl.Boolean, "value": pl.Decimal(5, 2)})
    )
    assert kinds["best"].fields[-1] == pl.Field("tags", pl.List(pl.String))


def test_duckdb_reads_the_types_of_the_contract(table, rows, tmp_path):
    rows.write_parquet(tmp_path / "rows.parquet")
    con = duckdb.connect()
    add_view(con, table, [])
    declared = con.sql(f"DESCRIBE {table.name}").fetchall()
    add_view(con, table, [tmp_path / "rows.parquet"])
    assert con.sql(f"DESCRIBE {table.name}").fetchall() == declared
    total = con.sql("SELECT sum(s.value) FROM (SELECT unnest(shots) AS s FROM shots)").fetchall()
    assert total == [(Decimal("3.75"),)]


def test_a_cell_within_a_struct_counts_as_a_change(rows, table):
    other = rows.with_columns(
        pl.col("shots").list.eval(pl.element().struct.with_fields(pl.lit("mid").alias("zone")))
    )
    assert changed_dates(rows, rows.reverse(), "day", table.contract.columns) == ()
    assert changed_dates(rows, other, "day", table.contract.columns) == (DAY,)


def test_a_struct_of_other_fields_is_refused(rows, table):
    narrower = rows.with_columns(pl.col("best").struct.rename_fields(["a", "b", "c", "d", "e"]))
    with pytest.raises(ContractError, match="column `best` is Struct"):
        table.contract.conform(narrower, "here")
    sent = pa.chunked_array([pa.array([{"zone": 1}])])
    with pytest.raises(WarehouseError, match="column `best` came as struct<zone: int64>"):
        bigquery._exact(sent, table.contract.field("best"), "p.nested.shots")


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ({"type": "RECORD"}, "a STRUCT, and nothing else, has fields"),
        ({"type": "STRING", "fields": SHOT}, "a STRUCT, and nothing else, has fields"),
        ({"type": "RECORD", "fields": [{"name": "x", "type": "JSON"}]}, "JSON inside a STRUCT"),
        ({"type": "RECORD", "fields": [{"name": "x`; --", "type": "DATE"}]}, "not made of letters"),
    ],
)
def test_what_a_struct_cannot_be_is_refused(field, said, tmp_path):
    fields = [*SCHEMA["fields"][:2], {"name": "best", **field}]
    (tmp_path / "schema.json").write_text(json.dumps({**SCHEMA, "fields": fields}))
    with pytest.raises(PipelineError, match=said):
        load_contract(tmp_path / "schema.json")


def test_the_fields_are_part_of_what_a_step_is_made_of(table):
    inner = table.contract.field("best")
    other = dataclasses.replace(inner, fields=inner.fields[:2])
    assert other.sql != inner.sql
