"""Subject: what the content says of the thing that is predicted. The lab knows nothing else of it.

A package of tables that wants a lab has a module `lab` with a value `SUBJECT`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import polars as pl

    from nba_local.tables.table import Table


@dataclass(frozen=True, slots=True)
class FreeFeature:
    """A feature that is a function of whole tables.

    inputs: The tables it reads. make: Given them by name, rows of the grain and the column `name`.
    """

    name: str
    inputs: tuple[str, ...]
    make: Callable[..., pl.LazyFrame]


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """A named list of features of the store. settings: `TABLE.KEY=VALUE` that give them."""

    names: tuple[str, ...]
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Promotion:
    """A feature that goes into a table.

    package: The folder of the tables. feature: A declaration, what one says by name, or a
    function. code: Of the file it was tried from; empty for values. span: Its 1 % and 99 %
    quantiles. because: The trial, in a line. into: A feature table. as_table: Else the name of a
    new one.
    """

    package: Path
    feature: Any
    code: str
    span: tuple[float, float]
    because: str
    into: str = ""
    as_table: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is predicted, from what, and how a feature becomes a table.

    name, doc: What is predicted. reads: Source tables that tell it and its line.
    store: The feature table whose rows are predicted. listed: Its column of values.
    sets: Lists of features of the store by name; the first one is the baseline.
    naive: The feature that is a forecast by itself.
    outcomes: From `reads`, rows of the grain, `target`, and `line` (NULL where there is none).
    table: A feature table of nothing but these features, declared and free.
    reserved: Names that no feature can have: columns of `table` beside the grain.
    promote: The new text of every file that a feature needs in a table; None where that is left
        to people. Raises ValueError where the table cannot have it.
    edges: How far a forecast lies from the line where bets are counted. price: The usual odds.
    """

    name: str
    doc: str
    reads: tuple[str, ...]
    store: str
    listed: str
    sets: Mapping[str, FeatureSet]
    naive: str
    outcomes: Callable[[Mapping[str, pl.LazyFrame]], pl.LazyFrame]
    table: Callable[[str, Sequence[Any], Sequence[FreeFeature]], Table]
    reserved: tuple[str, ...] = ()
    promote: Callable[[Promotion], Mapping[Path, str]] | None = None
    edges: tuple[float, ...] = ()
    price: int = -110
