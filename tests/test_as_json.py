"""Whatever is written as JSON can be written, and read by any parser."""

from __future__ import annotations

import datetime as dt
import enum
import json
import math
from dataclasses import dataclass
from decimal import Decimal
from pathlib import PurePosixPath
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nba_local.storage.ledger import Ledger
from nba_local.storage.serialize import dumps, plain
from nba_local.tables.calendar import Season
from nba_local.tables.table import Table


class Tier(enum.Enum):
    CRITICAL = "critical"
    NUMBER = 3


class Level(enum.IntEnum):
    LOW = 1


@dataclass(frozen=True)
class Finding:
    date: dt.date
    rows: object


class Pair(NamedTuple):
    left: object
    right: object


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(),
    st.binary(),
    st.dates(),
    st.datetimes(timezones=st.none() | st.just(dt.UTC)),
    st.times(),
    st.timedeltas(),
    st.decimals(allow_nan=True),
    st.uuids(),
    st.sampled_from([*Tier, *Level]),
    st.builds(Season, st.integers(1900, 2199)),
    st.just(PurePosixPath("/data/raw")),
    st.just(Table(doc="A table.", name="shots")),
)
KEYS = st.one_of(
    st.text(), st.dates(), st.integers(), st.none(), st.booleans(), st.sampled_from(Tier)
)


@settings(max_examples=40)
@given(
    st.recursive(
        VALUES,
        lambda inner: st.one_of(
            st.lists(inner),
            st.lists(inner).map(tuple),
            st.dictionaries(KEYS, inner),
            st.builds(Finding, st.dates(), inner),
            st.builds(Pair, inner, inner),
            st.frozensets(st.one_of(st.text(), st.dates(), st.integers(), st.sampled_from(Tier))),
        ),
        max_leaves=20,
    )
)
def test_every_sort_of_value_is_written_and_read_again(value):
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    assert json.loads(dumps(value), parse_constant=refuse) == plain(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (dt.date(2021, 11, 5), '"2021-11-05"'),
        (dt.datetime(2021, 11, 5, 1, 2, 3, 4, dt.UTC), '"2021-11-05T01:02:03.000004+00:00"'),
        (Decimal("1.10"), '"1.10"'),
        (math.nan, '"nan"'),
        (-math.inf, '"-inf"'),
        (Tier.CRITICAL, '"critical"'),
        (Level.LOW, "1"),
        (Season(2021), '"2021-22"'),
        ({"b", "a"}, '["a", "b"]'),
        ({dt.date(2021, 11, 5): 1}, '{"2021-11-05": 1}'),
        (Finding(dt.date(2021, 11, 5), [True]), '{"date": "2021-11-05", "rows": [true]}'),
        (Pair(1, None), '{"left": 1, "right": null}'),
        (b"\x00\xff", '"AP8="'),
        (dt.timedelta(seconds=1.5), "1.5"),
    ],
)
def test_a_value_has_one_form(value, text):
    assert dumps(value) == text


def test_what_has_no_form_is_refused_and_not_guessed():
    with pytest.raises(TypeError, match="object cannot be written as JSON"):
        dumps({"run": object()})


def test_a_run_that_fails_with_dates_in_its_hands_is_still_recorded(tmp_path):
    """Production's dump of a failed run died of the date in its options."""
    ledger = Ledger(tmp_path / "ledger.sqlite")
    options = {"analysis_date": dt.date(2021, 11, 5), "share": Decimal("0.5"), "tier": Tier.NUMBER}

    def fail():
        with ledger.run("backfill", "corrected", **options) as run:
            run.result = {"failed": [Finding(dt.date(2021, 11, 5), {Season(2021)})]}
            raise ValueError("no rows")

    with pytest.raises(ValueError, match="no rows"):
        fail()
    (row,) = ledger.rows("SELECT * FROM runs")
    ledger.close()
    told = json.loads(row["arguments"])
    assert {name: told[name] for name in options} == {
        "analysis_date": "2021-11-05",
        "share": "0.5",
        "tier": 3,
    }
    assert json.loads(row["result"]) == {
        "error": "ValueError",
        "failed": [{"date": "2021-11-05", "rows": ["2021-22"]}],
        "message": "no rows",
    }
