"""The training matrix: grain, target, line and features as columns, one row per row of the store.

It is computed from pulled rows under the rules at hand and kept by a fingerprint of all it is made
of, so that the same question is answered from a file.
"""

from __future__ import annotations

import dataclasses
import re
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any

import polars as pl

from nba_local.errors import (
    ContractError,
    MissingUpstreamError,
    NbaLocalError,
    PipelineError,
    UsageError,
)
from nba_local.lab.features import refuse_values, split
from nba_local.lab.limits import contained, limited
from nba_local.proofs.chain import AT_ONCE, Chain, load, side_by_side
from nba_local.storage import queries
from nba_local.storage.disk import is_full
from nba_local.storage.store import Store
from nba_local.storage.workspace import Workspace
from nba_local.tables.calendar import Season
from nba_local.tables.fingerprint import of_code, of_value
from nba_local.tables.results import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from nba_local.lab.features import Idea
    from nba_local.lab.subject import Subject
    from nba_local.tables.table import Table

TRIAL = "trial"
"""Name of the table of the features on trial."""

TARGET, LINE, SEASON = "target", "line", "season"


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows sorted by date and grain, and the names of their feature columns.

    fingerprint: Of the code, rules and source rows that it was made from.
    absent: Features of the set that no row knows, such as lines where there are none.
    """

    rows: pl.DataFrame
    grain: tuple[str, ...]
    date: str
    features: tuple[str, ...]
    fingerprint: str
    absent: tuple[str, ...] = ()

    def with_columns(self, other: pl.DataFrame) -> Matrix:
        """The same rows with the columns of `other`, whose keys are unique."""
        added = tuple(c for c in other.columns if c not in self.grain)
        rows = self.rows.drop([c for c in added if c in self.rows.columns]).join(
            other, on=list(self.grain), how="left", validate="1:1", maintain_order="left"
        )
        kept = tuple(f for f in self.features if f not in added)
        return dataclasses.replace(self, rows=rows, features=(*kept, *added))

    def without(self, names: Sequence[str]) -> Matrix:
        """The same rows without some of the features."""
        return dataclasses.replace(
            self, features=tuple(f for f in self.features if f not in set(names))
        )


def folder(work: Workspace) -> Path:
    """Where the lab keeps what it knows."""
    return work.store.root / "lab"


def fingerprint(work: Workspace, subject: Subject, seasons: Sequence[Season]) -> str:
    """Of all that a matrix is made of: source files, code, rules, settings."""
    store = work.registry.table(subject.store)
    chain = work.registry.with_upstream([store])
    names = {name for table in chain for name in table.inputs} | set(subject.reads)
    first = min(seasons).year - work.rules.lookback_seasons
    files = queries.all_raw_hashes(work.ledger, first, max(seasons).year)
    package = work.registry.package
    return of_value(
        [
            [str(season) for season in seasons],
            [file for file in files if file[0] in names],
            [work.registry.code_of(table) for table in chain],
            of_code(package / "lab.py", package),
            work.rules.name,
            [dataclasses.asdict(work.rules.of(table.name)) for table in chain],
            str(work.today) if work.today < max(seasons).interval.end else "",
        ]
    )


def baseline(
    work: Workspace, subject: Subject, seasons: Sequence[Season], progress: Progress = silent
) -> Matrix:
    """The matrix of the store's own features. Computed once, then read.

    Raises:
        MissingUpstreamError: The store has no rows that could be judged.
    """
    table = work.registry.table(subject.store)
    name = fingerprint(work, subject, seasons)
    path = folder(work) / "matrix" / f"{name}.parquet"
    if not path.is_file():
        parts: list[pl.DataFrame] = []
        for some in batched(seasons, AT_ONCE):
            chains = [load(work, [table], season) for season in some]
            for part in side_by_side(lambda chain: _season(work, subject, table, chain), chains):
                parts.append(part)
                progress("matrix", len(parts), len(seasons))
        rows = pl.concat(parts, how="diagonal")
        if rows.is_empty():
            raise MissingUpstreamError(
                f"no row of {subject.store} has a {subject.name} to predict; nothing was tried",
                hint="pull seasons first: nba-local pull --season 2021-22",
            )
        Store(work.store.root).write(path, rows)
    rows = pl.read_parquet(path, glob=False)
    grain = table.contract.grain
    known = {*grain, TARGET, LINE, SEASON}
    features = tuple(c for c in rows.columns if c not in known)
    return Matrix(rows, grain, table.partition_by, features, name)


def _season(work: Workspace, subject: Subject, table: Table, chain: Chain) -> pl.DataFrame:
    """One season: the store's rows with their features spread, target and line."""
    rows = chain.computed(work.rules)[table.name].rows
    grain = list(table.contract.grain)
    names = table.named_lists[subject.listed]
    long = rows.select(*grain, names, subject.listed).explode(names, subject.listed)
    order = long[names].unique(maintain_order=True).drop_nulls()
    wide = long.pivot(on=names, index=grain, values=subject.listed).select(*grain, *order)
    told = outcomes(chain, subject)
    return (
        wide.join(told, on=grain, how="inner", validate="1:1")
        .with_columns(pl.lit(str(chain.season)).alias(SEASON))
        .sort(table.order)
        .select(*grain, SEASON, TARGET, LINE, *order)
    )


def outcomes(chain: Chain, subject: Subject) -> pl.DataFrame:
    """Target and line of a season, from the rows the chain has already read.

    Raises:
        PipelineError: The subject reads a table that the store is not made from.
    """
    have = {table.name: rows.lazy() for table, rows in chain.sources}
    if absent := [name for name in subject.reads if name not in have]:
        raise PipelineError(f"{subject.name} is told by {absent[0]}, which {subject.store} lacks")
    frames = {name: have[name] for name in subject.reads}
    return subject.outcomes(frames).collect(engine="in-memory")


def on_trial(work: Workspace, subject: Subject, idea: Idea) -> tuple[Workspace, Table]:
    """The table of an idea's features, and a workspace that knows it.

    Raises:
        UsageError: A feature has the name of a column that every row has.
    """
    contract = work.registry.table(subject.store).contract
    taken = {*contract.grain, *subject.reserved, TARGET, LINE, SEASON}
    if clash := [name for name in idea.names if name.lower() in taken]:
        raise UsageError(
            f"a feature cannot be called {idea.where(clash[0])}; nothing was tried",
            hint=f"names of columns that every row has: {', '.join(sorted(taken))}",
        )
    key = {name: contract.polars[name] for name in contract.grain}
    table = subject.table(TRIAL, *split(idea, work.registry, key))
    tables = {**work.registry.tables, TRIAL: table}
    registry = dataclasses.replace(work.registry, tables=tables)
    return Workspace(registry, work.rules, work.store, work.ledger, work.today), table


def values(
    work: Workspace,
    subject: Subject,
    idea: Idea,
    seasons: Sequence[Season],
    progress: Progress = silent,
) -> pl.DataFrame:
    """The idea's columns by grain, over all seasons.

    Raises:
        PipelineError: A feature cannot be computed, or says nothing; its name is told.
    """
    parts = []
    for done, season in enumerate(seasons, start=1):
        parts.append(season_values(work, subject, idea, season))
        progress("values", done, len(seasons))
    found = pl.concat(parts)
    for name in idea.names:
        column = found[name]
        refuse_values(column, idea.where(name))
        if column.is_nan().fill_null(value=False).any():
            found = found.with_columns(pl.col(name).fill_nan(None))
        if found[name].null_count() == found.height:
            raise PipelineError(
                f"feature {idea.where(name)}: all {found.height:,} values are NULL; "
                "nothing was tried"
            )
    return found


FAILURES = (Exception, SystemExit, pl.exceptions.PanicException)
"""What a feature that cannot be computed raises, itself or told by what computes it."""

_PLACE = re.compile(rf"^{TRIAL} \S+: (?:\S*\.py(?:, line \d+)?: )?|^{TRIAL}: ")
"""Where an error of the table of features arose: in the engine or the tables, not in the file."""


@contextmanager
def told(work: Workspace, subject: Subject, idea: Idea, season: Season) -> Iterator[None]:
    """Code of an idea in the block; an error of it names the feature and its line.

    Raises:
        PipelineError: A feature cannot be computed; nothing was kept.
    """
    try:
        with contained():
            yield
    except FAILURES as error:
        is_other = isinstance(error, NbaLocalError) and not isinstance(
            error, (PipelineError, ContractError)
        )
        if is_other or is_full(error) or str(error).startswith("feature "):
            raise  # it is no fault of a feature, or it names the one
        culprit = _culprit(work, subject, idea, season) if len(idea.features) > 1 else idea.names[0]
        first = str(error).partition("\n")[0].removesuffix("; nothing was published")
        if not isinstance(error, NbaLocalError):
            first = f"{type(error).__name__}: {first}"
        raise PipelineError(
            f"feature {idea.where(culprit)}: {_PLACE.sub('', first)}; nothing was tried"
        ) from error


def season_values(work: Workspace, subject: Subject, idea: Idea, season: Season) -> pl.DataFrame:
    """The idea's columns by grain in one season; what they say is not looked at, see `values`.

    Raises:
        PipelineError: A feature cannot be computed; its name is told.
    """
    where = ", ".join(idea.where(name) for name in idea.names)
    with told(work, subject, idea, season):
        inner, table = on_trial(work, subject, idea)
        chain = load(inner, [table], season)
        with limited(f"feature {where}", str(season)):
            return chain.computed(work.rules)[TRIAL].rows


def _culprit(work: Workspace, subject: Subject, idea: Idea, season: Season) -> str:
    """The first feature that fails by itself; all names where none does."""
    for name in idea.names:
        try:
            with contained():
                inner, table = on_trial(work, subject, idea.only(name))
                load(inner, [table], season).computed(work.rules)
        except FAILURES:
            return name
    return ", ".join(idea.names)


def frame(rows: Matrix, features: Sequence[str] | None = None) -> pl.LazyFrame:
    """The matrix for any model: grain, season, target, line and the features asked for."""
    chosen: Any = list(features) if features is not None else list(rows.features)
    return rows.rows.lazy().select(*rows.grain, SEASON, TARGET, LINE, *chosen)
