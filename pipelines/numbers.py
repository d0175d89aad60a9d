"""Numbers as the warehouse's code made them: its roundings, texts and hashes, as expressions.

All of them are exact re-statements of Python, numpy or BigQuery behavior for the whole range of
doubles that a feature can take; the tests hold them against those originals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import polars_hash as plh

if TYPE_CHECKING:
    from collections.abc import Mapping

_SPLIT = float(2**27 + 1)
"""Veltkamp's constant: splits a double into two halves whose products are exact."""


def divided(value: pl.Expr, by: int) -> pl.Expr:
    """`value / by`, correctly rounded.

    Polars multiplies by the reciprocal where the divisor is a scalar, which is off by one bit for
    many values; a divisor that is a column is really divided by.
    """
    return value / (value * 0.0 + float(by))


def rounded_half_even(value: pl.Expr, digits: int) -> pl.Expr:
    """`value` scaled, rounded half to even and scaled back: what numpy's `round` does (`rhe`).

    Null: where `value` is.
    """
    return divided((value * float(10**digits)).round(0, mode="half_to_even"), 10**digits)


def rounded_as_python(value: pl.Expr, digits: int) -> pl.Expr:
    """`round(value, digits)` of Python: the nearest decimal to the exact binary value.

    The product with 10**digits is kept as an exact sum of two doubles, so that a tie is seen as
    a tie and nothing else is. Null: where `value` is.
    """
    scale = float(10**digits)
    size = value.abs()
    product = size * scale
    high, low = _halves(size)
    scale_high, scale_low = _halves(pl.lit(scale))
    error = ((high * scale_high - product) + high * scale_low + low * scale_high) + low * scale_low
    whole = product.floor()
    beyond = (product - whole - 0.5) + error
    up = (beyond > 0) | ((beyond == 0) & ((whole % 2) == 1))
    rounded = divided(whole + up.cast(pl.Float64), 10**digits) * _sign(value)
    return pl.when(value == 0).then(value).otherwise(rounded)  # keeps the sign of -0.0


def _halves(value: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    shifted = value * _SPLIT
    high = shifted - (shifted - value)
    return high, value - high


def _sign(value: pl.Expr) -> pl.Expr:
    return pl.when(value < 0).then(-1.0).otherwise(1.0)


def as_cents(column: str, digits: int) -> pl.Expr:
    """A NUMERIC column with `digits` decimals as whole units of its last digit, for exact sums."""
    return as_units(pl.col(column), digits)


def as_units(value: str | pl.Expr, digits: int) -> pl.Expr:
    """A column or expression in whole units of the last of `digits` decimals."""
    made = pl.col(value) if isinstance(value, str) else value
    units: pl.Expr = made.cast(pl.Float64) * 10**digits
    return units.round(0).cast(pl.Int64)


def from_cents(value: pl.Expr, digits: int) -> pl.Expr:
    """The double nearest to `value` units of the last of `digits` decimals."""
    return divided(value.cast(pl.Float64), 10**digits)


def exact_sum(value: pl.Expr) -> pl.Expr:
    """The correctly rounded sum of doubles in [0, 1], whatever their order (`math.fsum`).

    A double of at least 2**-11 is a whole number of 2**-64; those are added as integers.
    """
    unit = 2.0**64
    return (value * unit).cast(pl.Int128).sum().cast(pl.Float64) / unit


def python_text(value: pl.Expr) -> pl.Expr:
    """`str(value)` of Python for doubles: shortest text, `1e-05` where Polars writes `0.00001`."""
    plain = value.cast(pl.String)
    sign = pl.when(value < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    digits = plain.str.extract(r"^-?0\.0000(\d+)$", 1)
    tail = digits.str.slice(1)
    fraction = pl.when(tail == "").then(pl.lit("")).otherwise(pl.lit(".") + tail)
    small = sign + digits.str.slice(0, 1) + fraction + pl.lit("e-05")
    return (
        pl.when(value.is_nan())
        .then(pl.lit("nan"))
        .when(value.abs().is_between(1e-5, 1e-4, closed="left"))
        .then(small)
        .otherwise(plain.str.replace(r"e-(\d)$", "e-0$1"))
    )


def rounded_text(value: pl.Expr) -> pl.Expr:
    """`str(value)` of Python for doubles that are rounded to four decimals at most, and never NaN.

    There Polars writes what Python writes, without the search for exponents.
    """
    return value.cast(pl.String)


def canonical_text(values: Mapping[str, pl.Expr]) -> pl.Expr:
    """`name:text` of each value, sorted by name, joined with `|`; NULL reads `NULL`.

    Values are texts; convert doubles with `python_text` first. An empty mapping is a mistake.
    """
    names = sorted(values)
    texts = [values[name].cast(pl.String).fill_null("NULL") for name in names]
    return pl.format("|".join(f"{name}:{{}}" for name in names), *texts)


def digest(column: str) -> pl.Expr:
    """First 16 hex digits of the SHA-256 of a text column."""
    hashed: pl.Expr = plh.col(column).chash.sha2_256()
    return hashed.str.slice(0, 16)
