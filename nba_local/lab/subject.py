"""Subject: what the content says of the thing that is predicted. The lab knows nothing else of it.

A package of tables that wants a lab has a module `lab` with a value `SUBJECT`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

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
class Subject:
    """What is predicted, from what, and how a feature becomes a table.

    name, doc: What is predicted. reads: Source tables that tell it and its line.
    store: The feature table whose rows are predicted. listed: Its column of values.
    sets: Settings by name of a feature set of the store; the first one is the baseline.
    naive: The feature that is a forecast by itself.
    outcomes: From `reads`, rows of the grain, `target`, and `line` (NULL where there is none).
    table: A feature table of nothing but these features, declared and free.
    small: Rows of a season below which a test or demo is small: fewer rows are only learned from.
    edges: How far a forecast lies from the line where bets are counted. price: The usual odds.
    """

    name: str
    doc: str
    reads: tuple[str, ...]
    store: str
    listed: str
    sets: Mapping[str, tuple[str, ...]]
    naive: str
    outcomes: Callable[[Mapping[str, pl.LazyFrame]], pl.LazyFrame]
    table: Callable[[str, Sequence[Any], Sequence[FreeFeature]], Table]
    edges: tuple[float, ...] = ()
    price: int = -110
