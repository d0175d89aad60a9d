"""Roundings, texts, sums and hashes against the originals that they re-state."""

from __future__ import annotations

import hashlib
import math
from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.numbers import (
    as_cents,
    canonical_text,
    digest,
    divided,
    exact_sum,
    from_cents,
    python_text,
    rounded_as_python,
    rounded_half_even,
    rounded_text,
)

unhurried = settings(deadline=None)  # the first calls of Polars are slow

FEATURES = st.floats(-1e6, 1e6) | st.integers(-100_000, 100_000).map(lambda n: n / 1000)
"""Doubles that a feature can take, with ties and their neighbors."""


def lists(values):
    return st.lists(values, min_size=1, max_size=50)


def apply(expression, values):
    """What an expression over column `x` gives for `values`."""
    frame = pl.DataFrame({"x": values}, schema={"x": pl.Float64})
    return frame.select(out=expression(pl.col("x")))["out"].to_list()


def fractions_up_to(most):
    """All a, b with 0 <= a <= b <= most, b > 0, as a frame."""
    b = pl.DataFrame({"b": range(1, most + 1)}).with_columns(
        a=pl.int_ranges(0, pl.col("b") + 1, dtype=pl.Int64)
    )
    return b.explode("a", empty_as_null=False, keep_nulls=False)


# rounded_as_python


@unhurried
@given(lists(FEATURES), st.integers(0, 4))
def test_rounded_as_python_is_pythons_round(values, digits):
    ours = apply(lambda x: rounded_as_python(x, digits), values)
    assert ours == [round(value, digits) for value in values]


@unhurried
@given(lists(st.integers(0, 10**7)), st.integers(1, 4))
def test_rounded_as_python_is_pythons_round_beside_every_tie(units, digits):
    ties = [(unit + 0.5) / 10**digits for unit in units]
    values = [x for tie in ties for x in (tie, math.nextafter(tie, 0), math.nextafter(tie, 9e9))]
    ours = apply(lambda x: rounded_as_python(x, digits), values)
    assert ours == [round(value, digits) for value in values]


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (0.125, 2, 0.12),  # a tie in binary goes to the even digit
        (0.375, 2, 0.38),
        (2.675, 2, 2.67),  # the double lies below the tie it is written as
        (1.005, 2, 1.0),
        (0.15, 1, 0.1),
        (0.25, 1, 0.2),
        (0.35, 1, 0.3),
        (270.0, 1, 270.0),
        (-2.5, 0, -2.0),
    ],
)
def test_rounded_as_python_at_a_tie(value, digits, expected):
    assert round(value, digits) == expected
    assert apply(lambda x: rounded_as_python(x, digits), [value]) == [expected]


def test_percentages_of_all_samples_round_as_python():
    frame = fractions_up_to(300).with_columns(percent=pl.col("a") / pl.col("b") * 100.0)
    for digits in (1, 2):
        ours = frame.select(rounded_as_python(pl.col("percent"), digits)).to_series().to_list()
        assert ours == [round(value, digits) for value in frame["percent"]]


def test_rounded_as_python_of_unknown_is_unknown():
    assert apply(lambda x: rounded_as_python(x, 1), [None, 1.25]) == [None, 1.2]


# rounded_half_even


@pytest.mark.parametrize(
    ("a", "b", "expected"), [(13, 80, 0.162), (1, 80, 0.012), (3, 80, 0.038), (9, 16, 0.562)]
)
def test_fractions_that_the_contract_lists(a, b, expected):
    assert apply(lambda x: rounded_half_even(x, 3), [a / b]) == [expected]


@pytest.mark.parametrize(("a", "b", "expected"), [(1, 32, 3.12), (5, 32, 15.62)])
def test_percentages_that_the_contract_lists(a, b, expected):
    assert apply(lambda x: rounded_half_even(x, 2), [a / b * 100]) == [expected]


@unhurried
@given(lists(FEATURES), st.integers(0, 4))
def test_rounded_half_even_scales_rounds_to_even_and_scales_back(values, digits):
    scaled = [value * 10**digits for value in values]
    even = [float(Decimal(x).quantize(Decimal(1), ROUND_HALF_EVEN)) for x in scaled]
    ours = apply(lambda x: rounded_half_even(x, digits), values)
    assert ours == [whole / 10**digits for whole in even]


def test_rounded_half_even_differs_from_python_as_often_as_counted():
    frame = fractions_up_to(700).with_columns(x=pl.col("a") / pl.col("b"))
    ours = frame.select(rounded_half_even(pl.col("x"), 3)).to_series().to_list()
    python = [round(value, 3) for value in frame["x"]]
    assert sum(one != other for one, other in zip(ours, python, strict=True)) == 221


def test_rounded_half_even_of_percentages_does_not_differ_from_python():
    frame = fractions_up_to(700).with_columns(x=pl.col("a") / pl.col("b") * 100.0)
    ours = frame.select(rounded_half_even(pl.col("x"), 2)).to_series().to_list()
    assert ours == [round(value, 2) for value in frame["x"]]


@pytest.mark.parametrize(("unit", "digits", "differing"), [(1.0, 3, 259), (100.0, 2, 152)])
def test_rounded_half_even_differs_from_half_away_as_often_as_counted(unit, digits, differing):
    frame = fractions_up_to(400).with_columns(x=pl.col("a") / pl.col("b") * unit)
    ours = frame.select(rounded_half_even(pl.col("x"), digits)).to_series().to_list()
    away = [math.floor(x * 10**digits + 0.5) / 10**digits for x in frame["x"]]
    assert sum(one != other for one, other in zip(ours, away, strict=True)) == differing


def test_rounded_half_even_of_unknown_is_unknown():
    assert apply(lambda x: rounded_half_even(x, 2), [None, 0.5]) == [None, 0.5]


def test_half_even_and_half_away_and_python_are_three_different_roundings():
    tie, written = Decimal("0.1625"), 13 / 80
    assert apply(lambda x: rounded_half_even(x, 3), [written]) == [0.162]
    assert apply(lambda x: rounded_as_python(x, 3), [written]) == [0.163]
    assert tie.quantize(Decimal("0.001"), ROUND_HALF_UP) == Decimal("0.163")
    assert tie.quantize(Decimal("0.001"), ROUND_HALF_DOWN) == Decimal("0.162")


# divided, from_cents, as_cents


def test_divided_is_true_division_where_polars_multiplies_by_the_reciprocal():
    values = [float(n) for n in range(20_000)]
    for by in (10, 100, 1000):
        truth = [value / by for value in values]
        naive = apply(lambda x, by=by: x / by, values)
        assert naive != truth, "Polars divides by a scalar now: `divided` can go"
        assert apply(lambda x, by=by: divided(x, by), values) == truth


@unhurried
@given(lists(FEATURES), st.sampled_from([10, 100, 1000]))
def test_divided_is_pythons_division(values, by):
    assert apply(lambda x: divided(x, by), values) == [value / by for value in values]


def test_from_cents_is_the_double_of_the_decimal_text():
    frame = pl.DataFrame({"x": range(-500, 30_000)})
    ours = frame.select(from_cents(pl.col("x"), 2)).to_series().to_list()
    assert ours == [float(Decimal(n).scaleb(-2)) for n in range(-500, 30_000)]
    naive = frame.select(pl.col("x").cast(pl.Float64) / 100).to_series().to_list()
    assert naive != ours


@unhurried
@given(lists(st.integers(-99_999_999, 99_999_999)), st.integers(1, 3))
def test_as_cents_is_the_decimal_without_its_point(units, digits):
    column = pl.Series("x", [Decimal(n).scaleb(-digits) for n in units], pl.Decimal(12, digits))
    assert column.to_frame().select(as_cents("x", digits)).to_series().to_list() == units


def test_as_cents_of_unknown_is_unknown():
    column = pl.Series("x", [None, Decimal("112.50")], pl.Decimal(6, 2))
    assert column.to_frame().select(as_cents("x", 2)).to_series().to_list() == [None, 11250]


# exact_sum


@unhurried
@given(lists(st.floats(2**-11, 1.0) | st.just(0.0)))
def test_exact_sum_is_fsum(values):
    assert apply(exact_sum, values) == [math.fsum(values)]


@unhurried
@given(lists(st.integers(1, 900).flatmap(lambda b: st.integers(0, b).map(lambda a: a / b))))
def test_exact_sum_of_shares_is_fsum(values):
    assert apply(exact_sum, values) == [math.fsum(values)]


def test_exact_sum_does_not_depend_on_the_order_where_a_plain_sum_does():
    values = [0.1, 0.2, 0.3]
    back = values[::-1]
    assert sum_left_to_right(values) != sum_left_to_right(back)
    assert apply(exact_sum, values) == apply(exact_sum, back) == [math.fsum(values)]


def sum_left_to_right(values):
    total = 0.0
    for value in values:
        total += value
    return total


# python_text, rounded_text


@unhurried
@given(lists(st.floats(-1e15, 1e15, allow_nan=False)))
def test_python_text_is_str(values):
    assert apply(python_text, values) == [str(value) for value in values]


@unhurried
@given(lists(st.floats(1e-7, 1e-3) | st.floats(-1e-3, -1e-7)))
def test_python_text_is_str_where_python_begins_to_write_exponents(values):
    assert apply(python_text, values) == [str(value) for value in values]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (35.0, "35.0"),
        (0.4, "0.4"),
        (-0.0, "-0.0"),
        (1e-05, "1e-05"),
        (-1e-05, "-1e-05"),
        (1.25e-05, "1.25e-05"),
        (9.999e-05, "9.999e-05"),
        (0.0001, "0.0001"),
        (9e-06, "9e-06"),
        (1.5e-10, "1.5e-10"),
        (5e-324, "5e-324"),
        (-0.9999999999999953, "-0.9999999999999953"),
        (float("nan"), "nan"),
    ],
)
def test_python_text_of(value, text):
    assert str(value) == text
    assert apply(python_text, [value]) == [text]


def test_python_text_of_unknown_is_unknown():
    assert apply(python_text, [None, 1.0]) == [None, "1.0"]


@unhurried
@given(lists(st.integers(-(10**8), 10**8)), st.integers(1, 4))
def test_rounded_text_is_str_of_rounded_doubles(units, digits):
    values = [n / 10**digits for n in units if n == 0 or abs(n) / 10**digits >= 1e-4]
    assert apply(rounded_text, values) == [str(value) for value in values]


# canonical_text, digest

T3 = (
    "analysis_date:2024-01-10|calculation_notes:NULL|data_quality_tier:high"
    "|defensive_rating_last_15:112.5|games_in_sample:15"
    "|mid_range_attempts_allowed_per_game:20.0|mid_range_blocks_per_game:1.0"
    "|mid_range_defense_vs_league_avg:-0.9999999999999953|mid_range_pct_allowed_last_15:0.4"
    "|opponent_pace:99.2|opponent_points_per_game:110.0|paint_attempts_allowed_per_game:35.0"
    "|paint_blocks_per_game:2.0|paint_defense_vs_league_avg:-0.8571428571428563"
    "|paint_pct_allowed_last_15:0.5714285714285714|paint_points_allowed_per_game:40.0"
    "|strongest_zone:perimeter|team_abbr:LAL|three_pt_attempts_allowed_per_game:35.0"
    "|three_pt_blocks_per_game:0.0|three_pt_defense_vs_league_avg:-1.2142857142857122"
    "|three_pt_pct_allowed_last_15:0.34285714285714286|weakest_zone:paint"
)
P1 = (
    "analysis_date:2024-01-10|assisted_rate_last_10:63.86|calculation_notes:NULL"
    "|data_quality_tier:high|games_in_sample_10:10|games_in_sample_20:10"
    "|mid_range_attempts_per_game:4.0|mid_range_pct_last_10:0.5|mid_range_rate_last_10:20.0"
    "|paint_attempts_per_game:8.0|paint_pct_last_10:0.625|paint_pct_last_20:NULL"
    "|paint_rate_last_10:40.0|paint_rate_last_20:NULL|player_lookup:testplayer"
    "|player_position:NULL|primary_scoring_zone:paint|sample_quality_10:excellent"
    "|sample_quality_20:limited|three_pt_attempts_per_game:8.0|three_pt_pct_last_10:0.162"
    "|three_pt_rate_last_10:40.0|total_shots_last_10:200|unassisted_rate_last_10:36.14"
    "|universal_player_id:testplayer_001"
)


@pytest.mark.parametrize(("text", "hashed"), [(T3, "912b8bd887ed3a8b"), (P1, "ccf46a9b5c05ae6b")])
def test_a_canonical_text_and_its_hash_as_the_contract_prints_them(text, hashed):
    fields = dict(part.split(":", 1) for part in text.split("|"))
    row = pl.DataFrame({k: [None if v == "NULL" else v] for k, v in reversed(fields.items())})
    written = row.select(text=canonical_text({name: pl.col(name) for name in row.columns}))
    assert written["text"].to_list() == [text]
    assert written.select(digest("text")).to_series().to_list() == [hashed]


@unhurried
@given(lists(st.text()))
def test_digest_is_the_first_16_digits_of_a_sha_256(texts):
    ours = pl.DataFrame({"x": texts}).select(digest("x")).to_series().to_list()
    assert ours == [hashlib.sha256(text.encode()).hexdigest()[:16] for text in texts]


def test_numbers_in_a_canonical_text_are_written_in_full():
    row = pl.DataFrame({"n": [15], "a": ["x"]})
    assert row.select(canonical_text({"n": pl.col("n"), "a": pl.col("a")})).item() == "a:x|n:15"
