"""A table: one folder under `pipelines/`, pulled (source table) or computed (feature table)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import polars as pl

    from nba_local.tables.schema import Contract


@dataclass(frozen=True, slots=True)
class BigQuery:
    """A table that is pulled, all columns of it.

    reads: The columns that features use: where one of them is NULL all season, `coverage` says so
        first.
    """

    reads: tuple[str, ...]


@dataclass(frozen=True, slots=True, init=False)
class Claim:
    """A shared claim that a table makes: `checks/<name>.sql` of the package, with its parameters.

    name: Of the file. called: Name of the claim in this table; that of the file where empty.
    given: Values of its parameters: SQL, numbers, or lists of SQL.
    """

    name: str
    called: str
    given: Mapping[str, str | float | Sequence[str]]

    def __init__(
        self, name: str, *, called: str = "", **given: str | float | Sequence[str]
    ) -> None:
        """The claim `name` with the parameters that its `-- with:` line asks for."""
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "called", called)
        object.__setattr__(self, "given", given)


@dataclass(frozen=True, slots=True)
class Check:
    """A claim in `checks/<claim>.sql`: a query that returns the rows for which it does not hold.

    given: Parameters of a shared claim, by name; none of a table's own.
    """

    claim: str
    sentence: str
    severity: str
    sql: str
    path: Path
    given: Mapping[str, str]


class Built(NamedTuple):
    """What `build()` of a feature table returns, all lazy.

    rows: The table: every contract column, one row per grain, in any order; doubles are rounded
        for storage by the engine.
    non_rows: Who has no row and why: `date`, `entity`, `reason`, `detail`, `found`, `needed`
        (Int64, NULL where nothing is counted), `category` (of the failure; NULL for none),
        `can_retry`.
    dates: One row per calendar date of the season: `date`, `state`, `detail`, `category`,
        `can_retry`, `entities_expected`, `entities_found` (Int64, of `Table.unit`; NULL where
        nothing but rows is counted).
    """

    rows: pl.LazyFrame
    non_rows: pl.LazyFrame
    dates: pl.LazyFrame


class Expected(NamedTuple):
    """What `expected()` of the content returns for a season, all lazy.

    dates: Every date of the season so far: `date`, `games`, `over` (how many of them are),
        `other_games` and `others` (games that are not computed, and the names of their sides).
    sources: What each source table should hold: `table`, `date`, `unit` (what is counted),
        `expected`, `found`.
    missing: Who has no row: `table`, `date`, `unit`, `entity`.
    """

    dates: pl.LazyFrame
    sources: pl.LazyFrame
    missing: pl.LazyFrame


class Blame(NamedTuple):
    """Where to look for the cause of something that a row or a date lacks.

    table: The upstream table; empty for the issues of the rows themselves. role: Who of it, as
    `roles()` of the content names them; the same entity where empty. earlier: On the dates before,
    not on the date itself. claim: The claim about that table which fails where the cause is there.
    """

    table: str = ""
    role: str = ""
    earlier: bool = False
    claim: str = ""


class Thresholds(NamedTuple):
    """What of a feature table hangs on its thresholds, for whoever moves them.

    shares: Columns with the percentages that are held against `readiness_threshold`.
    figures: Numbers made of the newest `games` games, of fewer where there are no more yet. The
        non-rows of entities with fewer than `min_games` have them in `found`.
    games: Games of a full window; 0 for a table without a minimum.
    """

    shares: tuple[str, ...]
    figures: tuple[str, ...] = ()
    games: int = 0


class Read(NamedTuple):
    """How a row finds its row of an upstream feature table on its date, and what that is worth.

    column: Names the entity there; the row's own entity where empty. of: The source table whose
        row of the same entity and date has that column; the table's own where empty.
    ready: Whether the row can be ready only if the upstream row is.
    """

    column: str = ""
    of: str = ""
    ready: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """What a table is. The author writes these; the registry fills in the rest.

    doc: One sentence: what a row is.
    key: Columns that identify a row when copies are counted; the grain where not given.
    known_values: Allowed values of a column; other rows are kept in raw and reported.
    source: Set for a table that is pulled.
    volatile: Columns that say when a row was made; two rows that differ only there are the same.
    versions: Columns that order copies of a row, where the contract has them.
    known_before: What of a source table was known before the first event of a date; where not
        given, the rows of earlier dates.
    hindsight_rows: Who has a row on a date is known only once the date is over. What the row says
        is known before.
    hindsight_reasons: Reasons of non-rows that are known only once the date is over.
    processor: Name of what computes the table in the logs of the warehouse.
    named_lists: A column of lists, and the column that names their elements, the same on all rows.
    blames: Where to look for a cause, one place after the other, by reason of a non-row, issue of
        a row, or claim.
    unit: What `entities_expected` of its dates counts, in the plural.
    ready_column: Says whether a row may be used for predictions; empty where all may.
    issues_column: Lists, in a word each, why a row may not; empty where nothing says so.
    thresholds: What hangs on its thresholds; None where nothing does.
    reads: How a row finds its row of an upstream feature table; by entity and date if not given.
    """

    doc: str
    key: tuple[str, ...] = ()
    known_values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    source: BigQuery | None = None
    volatile: tuple[str, ...] = ("created_at", "processed_at", "updated_at")
    versions: tuple[str, ...] = ("processed_at", "data_hash")
    known_before: Callable[[pl.LazyFrame, dt.date], pl.LazyFrame] | None = None
    hindsight_rows: bool = False
    hindsight_reasons: frozenset[str] = frozenset()
    processor: str = ""
    named_lists: Mapping[str, str] = field(default_factory=dict)
    blames: Mapping[str, Sequence[Blame]] = field(default_factory=dict)
    unit: str = ""
    ready_column: str = ""
    issues_column: str = ""
    thresholds: Thresholds | None = None
    reads: Mapping[str, Read] = field(default_factory=dict)

    name: str = ""
    contract: Contract = None  # type: ignore[assignment]
    folder: Path = None  # type: ignore[assignment]
    claims: tuple[Claim, ...] = ()
    """The shared claims it makes, from its `claims.py`."""
    checks: tuple[Check, ...] = ()
    """All its claims: those in its own `checks/`, and the shared ones."""
    build: Callable[..., Built] | None = None
    inputs: tuple[str, ...] = ()
    """Names of the tables that `build()` takes, read from its parameters."""

    @property
    def is_source(self) -> bool:
        """True for a table that is pulled, not computed."""
        return self.source is not None

    @property
    def layer(self) -> str:
        """The folder of the data folder that holds its files."""
        return "raw" if self.is_source else "published"

    @property
    def partition_by(self) -> str:
        """The partition column."""
        return self.contract.partition_by

    @property
    def compared(self) -> tuple[str, ...]:
        """Columns that make up the content of a row: all but the volatile ones."""
        return tuple(c for c in self.contract.columns if c not in self.volatile)

    @property
    def entity(self) -> str:
        """The column that says whose row it is: what the key has beside the date."""
        return next(c for c in self.key if c != self.partition_by)

    @property
    def order(self) -> tuple[str, ...]:
        """Sort order of stored rows: date, then the rest of the grain."""
        return (self.partition_by, *(c for c in self.contract.grain if c != self.partition_by))
