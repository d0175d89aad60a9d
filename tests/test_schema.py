"""The contract of a table: what it accepts as read, and how it stores what was computed."""

from __future__ import annotations

import copy
import datetime as dt
import json
import math
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nba_local.errors import ContractError, PipelineError
from nba_local.tables.schema import Contract, Field, load_contract

ROOT = Path(__file__).parents[1]
SCHEMAS = ROOT.parent / "shared" / "schemas"


unhurried = settings(deadline=None)  # the first calls of Polars are slow


def field(name, kind, mode="NULLABLE", precision=None, scale=None):
    return Field(name, kind, mode, "", precision, scale)


def contract(*fields):
    """A contract of these columns; the first one is its grain and partition."""
    first = fields[0].name
    return Contract("scores", "scores", fields, (first,), first, (), False)


PLAIN = contract(
    field("day", "DATE", "REQUIRED"),
    field("team", "STRING"),
    field("points", "INT64"),
    field("notes", "STRING", "REPEATED"),
)
DAY = dt.date(2021, 11, 15)
TEXTS = pl.List(pl.String)


# conform


def test_a_missing_nullable_column_is_added_as_null():
    frame = PLAIN.conform(pl.DataFrame({"day": [DAY]}), "here")
    assert frame.columns == ["day", "team", "points", "notes"]
    assert dict(frame.schema) == PLAIN.polars
    assert frame.row(0) == (DAY, None, None, [])


def test_columns_come_out_in_contract_order():
    frame = pl.DataFrame({"points": [1], "notes": [["a"]], "team": ["DEN"], "day": [DAY]})
    assert PLAIN.conform(frame, "here").row(0) == (DAY, "DEN", 1, ["a"])


def test_a_missing_required_column_is_refused_by_name():
    with pytest.raises(ContractError, match="here: REQUIRED columns missing: `day`"):
        PLAIN.conform(pl.DataFrame({"team": ["DEN"]}), "here")


def test_columns_outside_the_contract_are_refused_by_name():
    frame = pl.DataFrame({"day": [DAY], "pionts": [1], "tema": ["DEN"]})
    with pytest.raises(ContractError, match="2 columns not in the contract: `pionts`, `tema`"):
        PLAIN.conform(frame, "here")


def test_a_narrower_integer_is_widened():
    frame = PLAIN.conform(pl.DataFrame({"day": [DAY], "points": pl.Series([7], dtype=pl.Int8)}), "")
    assert frame["points"].to_list() == [7]
    assert frame.schema["points"] == pl.Int64


@pytest.mark.parametrize(
    ("values", "kind"),
    [([2**64 - 1], pl.UInt64), ([1.0], pl.Float64), (["1"], pl.String), ([True], pl.Boolean)],
    ids=["too large", "double", "text", "boolean"],
)
def test_what_an_integer_column_cannot_hold_as_it_is_is_refused(values, kind):
    frame = pl.DataFrame({"day": [DAY], "points": pl.Series(values, dtype=kind)})
    with pytest.raises(ContractError, match="points"):
        PLAIN.conform(frame, "here")


def test_a_decimal_that_needs_more_digits_than_the_column_has_is_refused():
    narrow = contract(field("rating", "NUMERIC", precision=5, scale=2))
    wide = pl.DataFrame({"rating": [Decimal("12345.00")]})
    with pytest.raises(ContractError, match="a value does not fit its column"):
        narrow.conform(wide, "here")


def test_a_decimal_of_a_wider_type_is_kept_where_it_fits():
    narrow = contract(field("rating", "NUMERIC", precision=5, scale=2))
    wide = pl.DataFrame({"rating": pl.Series([Decimal("112.5")], dtype=pl.Decimal(38, 9))})
    assert narrow.conform(wide, "here")["rating"].to_list() == [Decimal("112.50")]


def test_a_decimal_with_more_decimals_than_the_column_has_is_refused():
    narrow = contract(field("rating", "NUMERIC", precision=5, scale=2))
    with pytest.raises(ContractError, match="rating"):
        narrow.conform(pl.DataFrame({"rating": [Decimal("1.005")]}), "here")


def test_an_instant_that_microseconds_cannot_hold_is_refused():
    timed = contract(field("at", "TIMESTAMP"))
    odd = pl.DataFrame({"at": pl.Series([1], dtype=pl.Int64).cast(pl.Datetime("ns", "UTC"))})
    with pytest.raises(ContractError, match="at"):
        timed.conform(odd, "here")


def test_an_instant_in_another_time_zone_is_refused():
    timed = contract(field("at", "TIMESTAMP"))
    zoned = pl.DataFrame({"at": pl.Series([None], dtype=pl.Datetime("us", "Europe/Rome"))})
    with pytest.raises(ContractError, match="`at` is Datetime"):
        timed.conform(zoned, "here")


def test_a_null_array_becomes_an_empty_one():
    notes = pl.Series([None, ["late"]], dtype=TEXTS)
    frame = PLAIN.conform(pl.DataFrame({"day": [DAY, DAY], "notes": notes}), "here")
    assert frame["notes"].to_list() == [[], ["late"]]


def test_an_array_column_without_a_value_is_empty_not_null():
    frame = PLAIN.conform(pl.DataFrame({"day": [DAY], "notes": [None]}), "here")
    assert frame["notes"].to_list() == [[]]
    assert frame.schema["notes"] == TEXTS


# stored

RATING = contract(field("x", "NUMERIC", precision=12, scale=2))


def stored(table, values, kind=pl.Float64):
    rows = pl.LazyFrame({"x": pl.Series(values, dtype=kind)})
    return table.stored(rows).collect()["x"].to_list()


@pytest.mark.parametrize(
    ("double", "text"),
    [
        (115.405, "115.41"),  # the double lies below the tie, its shortest text is the tie
        (-0.6153846153846121, "-0.62"),
        (-1.9999999999999907, "-2.00"),
        (-1.537735849056604, "-1.54"),
        (2.675, "2.68"),
        (-2.675, "-2.68"),
        (1.005, "1.01"),
        (0.285, "0.29"),
        (0.005, "0.01"),
        (0.0049999999999999, "0.00"),
        (112.5, "112.50"),
    ],
)
def test_a_double_is_stored_as_its_shortest_text_rounded_half_away_from_zero(double, text):
    assert [str(value) for value in stored(RATING, [double])] == [text]


@pytest.mark.parametrize("double", [float("nan"), float("inf"), float("-inf"), None])
def test_a_double_that_is_no_number_is_stored_as_null(double):
    assert stored(RATING, [double]) == [None]


@pytest.mark.parametrize("double", [-0.0, -0.001, -0.0049])
def test_no_negative_zero_is_stored(double):
    assert [str(value) for value in stored(RATING, [double])] == ["0.00"]


def half_up(double, scale):
    return Decimal(repr(double)).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)


@unhurried
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.integers(1, 3))
def test_any_double_is_stored_as_decimal_rounds_its_text(doubles, scale):
    table = contract(field("x", "NUMERIC", precision=12, scale=scale))
    assert stored(table, doubles) == [half_up(x, scale) for x in doubles]


@unhurried
@given(st.lists(st.integers(-(10**8), 10**8), min_size=1, max_size=50), st.integers(1, 3))
def test_ties_and_their_neighbors_are_stored_as_decimal_rounds_their_text(units, scale):
    table = contract(field("x", "NUMERIC", precision=12, scale=scale))
    ties = [float(Decimal(10 * unit + 5).scaleb(-scale - 1)) for unit in units]
    doubles = [x for tie in ties for x in (tie, math.nextafter(tie, 0.0), math.nextafter(tie, 9e9))]
    assert stored(table, doubles) == [half_up(x, scale) for x in doubles]


def test_not_a_number_in_a_float_column_is_stored_as_null():
    table = contract(field("x", "FLOAT64"))
    assert stored(table, [float("nan"), float("inf"), 270.04]) == [None, None, 270.04]


def test_computed_rows_are_stored_in_contract_order_and_types():
    rows = pl.LazyFrame({"points": [1], "notes": [["a"]], "team": ["DEN"], "day": [DAY]})
    frame = PLAIN.stored(rows).collect()
    assert frame.columns == list(PLAIN.columns)
    assert dict(frame.schema) == PLAIN.polars


def test_computed_rows_without_a_column_or_with_one_too_many_are_refused():
    rows = pl.LazyFrame({"day": [DAY], "team": ["DEN"], "notes": [["a"]], "pionts": [1]})
    with pytest.raises(ContractError, match=r"lacks `points` and has in addition `pionts`"):
        PLAIN.stored(rows)


def test_a_fraction_in_an_integer_column_is_refused():
    table = contract(field("x", "INT64"))
    with pytest.raises((ContractError, pl.exceptions.PolarsError)):
        stored(table, [1.7])


def test_a_computed_decimal_is_rounded_like_a_double():
    assert stored(RATING, [Decimal("1.005")], pl.Decimal(38, 3)) == [Decimal("1.01")]


def test_a_computed_null_array_is_stored_as_an_empty_one():
    table = contract(field("x", "STRING", "REPEATED"))
    assert stored(table, [None], TEXTS) == [[]]


# nulls


def test_nulls_are_counted_in_required_columns_only():
    table = contract(
        field("day", "DATE", "REQUIRED"), field("team", "STRING", "REQUIRED"), field("x", "INT64")
    )
    frame = pl.DataFrame({"day": [DAY, None], "team": ["DEN", "LAL"], "x": [None, None]})
    assert table.nulls(frame) == {"day": 1}


# load_contract

RAW = {
    "dataset": "scores",
    "table": "scores",
    "partition_field": "day",
    "clustering": [],
    "grain": ["team", "day"],
    "fields": [
        {"name": "day", "type": "DATE", "mode": "REQUIRED", "description": "When."},
        {"name": "team", "type": "STRING", "mode": "REQUIRED", "description": "Who."},
        {"name": "rating", "type": "NUMERIC", "precision": 5, "scale": 2},
        {"name": "won", "type": "BOOLEAN"},
    ],
}


def loaded(folder, raw):
    path = folder / "scores" / "schema.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(raw if isinstance(raw, str) else json.dumps(raw))
    return load_contract(path)


def changed(**entries):
    return {**copy.deepcopy(RAW), **entries}


def test_a_contract_is_read_with_types_modes_and_sizes(tmp_path):
    found = loaded(tmp_path, RAW)
    assert found.grain == ("team", "day")
    assert found.partition_by == "day"
    assert found.field("day").required
    assert found.field("rating").mode == "NULLABLE"
    assert found.polars == {
        "day": pl.Date(),
        "team": pl.String(),
        "rating": pl.Decimal(5, 2),
        "won": pl.Boolean(),
    }
    assert [f.sql for f in found.fields] == ["DATE", "VARCHAR", "DECIMAL(5,2)", "BOOLEAN"]


def test_a_missing_contract_is_named_with_the_place_to_read_about_it(tmp_path):
    with pytest.raises(PipelineError, match=r"scores: schema\.json is missing") as refused:
        load_contract(tmp_path / "scores" / "schema.json")
    assert "pipelines/README.md" in refused.value.hint


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        pytest.param("{", r"scores/schema\.json: JSONDecodeError", id="no JSON"),
        pytest.param(
            "[]",
            r"scores/schema\.json",
            id="no mapping",
        ),
        pytest.param({"table": "scores"}, "KeyError.'dataset'", id="an entry is missing"),
        pytest.param(changed(grain=["tema"]), "no such column: `tema`", id="unknown grain"),
        pytest.param(
            changed(partition_field="date"), "no such column: `date`", id="unknown partition"
        ),
        pytest.param(
            changed(fields=[{"name": "where", "type": "GEOGRAPHY"}]),
            "column `where`: type GEOGRAPHY is not supported",
            id="unknown type",
        ),
    ],
)
def test_a_contract_that_is_not_usable_says_why(tmp_path, raw, said):
    with pytest.raises(PipelineError, match=said):
        loaded(tmp_path, raw)


# the project's own contracts


def without_descriptions(path):
    raw = json.loads(path.read_text())
    for column in raw["fields"]:
        del column["description"]
    return raw


TABLES = sorted(path.parent.name for path in ROOT.glob("pipelines/*/schema.json"))


@pytest.mark.parametrize("table", TABLES)
def test_a_contract_of_the_project_is_the_warehouses_but_for_its_descriptions(table):
    if not SCHEMAS.is_dir():
        pytest.skip("the warehouse's schemas (../shared/schemas) are not on this machine")
    ours = without_descriptions(ROOT / "pipelines" / table / "schema.json")
    file = SCHEMAS / f"{ours['dataset']}.{table}.json"
    if not file.is_file():
        pytest.skip("the warehouse does not know this table yet")
    theirs = without_descriptions(file)
    assert list(ours["fields"]) == list(theirs["fields"])
    assert ours == theirs


@pytest.mark.parametrize("table", TABLES)
def test_every_column_of_the_project_is_described(table):
    found = load_contract(ROOT / "pipelines" / table / "schema.json")
    assert [f.name for f in found.fields if len(f.description) < 10] == []


def test_a_contract_without_required_columns_has_no_nulls():
    free = Contract("d", "t", (Field("a", "INT64", "NULLABLE", ""),), ("a",), "a", (), False)
    assert free.nulls(pl.DataFrame({"a": [None]}, schema={"a": pl.Int64})) == {}
