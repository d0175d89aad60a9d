"""What a promoted feature is in words and in SQL: its range, unit, meaning and oracle's line."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipelines.windows import Feature

GAP = "GAP"
"""Marks what a person has to write: the oracle's line of a feature that is free code."""

WIDE = 3
"""A range that nobody declared reaches so many times the 1 % to 99 % span beyond it."""

VIEWS = {"player": "box", "team": "offense", "opponent": "defense"}
"""What the oracles' shared views call the games of an entity."""

PLAYED = "WHERE is_active AND (minutes_played > 0 OR points > 0)"


@dataclass(frozen=True, slots=True)
class Promoted:
    """A feature to be written down.

    feature: A declaration, or a function of tables. code: Of the file it was tried from; empty
    where its values were. span: Its 1 % and 99 % quantiles. because: The trial, in a line.
    """

    feature: object
    code: str
    span: tuple[float, float]
    because: str

    @property
    def name(self) -> str:
        """The column."""
        own = self.feature
        return own.name if isinstance(own, Feature) else str(getattr(own, "__name__", ""))

    @property
    def is_derived(self) -> bool:
        """Whether the oracle's line follows from the declaration."""
        own = self.feature
        return (
            isinstance(own, Feature)
            and own.kind not in ("past", "streak")
            and all(isinstance(value, str) for value in own.values)
        )

    @property
    def range(self) -> tuple[float, float]:
        """What was declared, else far around what was seen."""
        low, high = self.span
        reach = WIDE * (high - low)
        own = self.feature
        given = (own.low, own.high) if isinstance(own, Feature) else (None, None)
        floor = 0.0 if low >= 0 else _rounded(low - reach)
        return (
            floor if given[0] is None else given[0],
            _rounded(high + reach) if given[1] is None else given[1],
        )

    @property
    def unit(self) -> str:
        """As declared, else that of what it is made of."""
        own = self.feature
        if not isinstance(own, Feature):
            return "as its code makes it"
        if own.unit:
            return own.unit
        if own.kind in ("count", "streak"):
            return "games"
        if own.kind == "share":
            return "a fraction"
        of = ", ".join(v for v in own.values if isinstance(v, str))
        return f"unit of {of}" if of else "as its code makes it"

    @property
    def description(self) -> str:
        """What the column holds, when it is NULL, and its unit."""
        own = self.feature
        if not isinstance(own, Feature):
            first = (getattr(own, "__doc__", None) or f"{self.name}, free code.").strip()
            return f"{first.partition(chr(10))[0].rstrip('.')}; NULL where its code gives none."
        if own.description:
            return own.description
        of = " and ".join(v for v in own.values if isinstance(v, str)) or "an expression"
        whose = {"player": "the player", "team": "the player's team", "opponent": "the opponent"}
        if own.kind in ("past", "streak"):
            return (
                f"What an expression over the earlier games of {whose[own.of]} gives; "
                "the unit is that of its code; NULL before the first game."
            )
        return (
            f"{own.kind.replace('_', ' ').capitalize()} of {of} over {own.window} of "
            f"{whose[own.of]} before the date ({self.unit}); NULL before the first game, and where "
            f"{own.null}."
        )


def _rounded(value: float) -> float:
    """A bound with two digits, away from 0."""
    if not value:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    return float(f"{math.copysign(math.ceil(abs(value) / step) * step, value):.6g}")


def oracle_with(oracle: str, promoted: Promoted, grain: tuple[str, str]) -> str:
    """An oracle whose rows have the feature beside what they had.

    What is free code has a marked gap: the oracle says NULL until a person says it once more.
    """
    name, (entity, date) = promoted.name, grain
    inner = oracle.rstrip().rstrip(";")
    if not promoted.is_derived:
        return (
            f"-- {GAP}: say `{name}` once more in SQL; until then the oracle differs.\n"
            f"SELECT original.*, CAST(NULL AS DOUBLE) AS {name}\nFROM (\n{inner}\n) AS original\n"
        )
    own = promoted.feature
    assert isinstance(own, Feature)
    key = _whose(own, entity)
    view, whose = VIEWS[own.of], "player" if own.of == "player" else "team"
    rows = f"ROWS BETWEEN {own.last - 1 if own.last else 'UNBOUNDED'} PRECEDING AND CURRENT ROW"
    value = _sql(own)
    if own.digits is not None:
        value = f"round_even({value}, {own.digits})"
    window = f"WINDOW w AS (PARTITION BY {whose} ORDER BY game_date {rows})"
    parts = (
        f"-- `{name}` was promoted from the lab: over {own.window}, as known before the date.",
        f"WITH original AS (\n{inner}\n),\n",
        f"numbered AS (\n    SELECT *, row_number() OVER (PARTITION BY {whose} ORDER BY game_date)",
        f"        - 1 AS place\n    FROM {view}\n{_played(own)}),\n",
        f"form AS (\n    SELECT {whose} AS whose, game_date AS played_on, {value} AS {name}",
        f"    FROM numbered\n    {window}\n)\n",
        f"SELECT original.*, form.{name}\nFROM original",
        f"ASOF LEFT JOIN form ON form.whose = original.{key}",
        f"    AND form.played_on < original.{date}\n",
    )
    return "\n".join(parts)


def _played(own: Feature) -> str:
    return f"    {PLAYED}\n" if own.of == "player" else ""


def _whose(own: Feature, entity: str) -> str:
    return entity if own.of == "player" or entity != "player_lookup" else own.of


def _sql(own: Feature) -> str:
    """The value of a declared window in SQL, over the window `w`."""
    columns = [str(value) for value in own.values]
    if own.kind == "count":
        return "count(*) OVER w"
    if own.kind in ("mean", "deviation", "slope"):
        return _of_one(own.kind, *columns)
    known = " AND ".join(f"{c} IS NOT NULL" for c in (*columns, *own.given))
    sums = [f"sum({c}) FILTER ({known}) OVER w" for c in columns]
    if own.kind == "total":
        return f"coalesce(CAST({sums[0]} AS DOUBLE), 0)"
    whole = f"count(*) FILTER ({known}) OVER w" if own.kind == "per_game" else sums[1]
    return f"CAST({sums[0]} AS DOUBLE) / nullif(CAST({whole} AS DOUBLE), 0)"


def _of_one(kind: str, x: str) -> str:
    """A mean, deviation or slope of the column `x`."""
    n, total = f"count({x}) OVER w", f"sum({x}) OVER w"
    if kind == "mean":
        return f"CAST({total} AS DOUBLE) / nullif({n}, 0)"
    if kind == "deviation":
        return (
            f"CASE WHEN {n} > 1 THEN sqrt(CAST({n} * sum({x} * {x}) OVER w - ({total}) * "
            f"({total}) AS DOUBLE) / ({n} * ({n} - 1))) END"
        )
    i = f"CASE WHEN {x} IS NOT NULL THEN place END"
    return (
        f"CASE WHEN {n} > 1 THEN CAST({n} * sum({x} * place) OVER w - ({total}) * "
        f"(sum({i}) OVER w) AS DOUBLE) / ({n} * sum(({i}) * place) OVER w - (sum({i}) OVER w) "
        f"* (sum({i}) OVER w)) END"
    )
