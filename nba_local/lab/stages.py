"""What is looked at before and beside a model: values, leaks, warm-up, drift, redundancy, lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from nba_local.compute.compute import with_columns
from nba_local.errors import PipelineError
from nba_local.lab.features import split
from nba_local.lab.limits import contained
from nba_local.lab.matrix import FAILURES, LINE, SEASON, TARGET, TRIAL, on_trial, told
from nba_local.lab.verdict import SAME
from nba_local.proofs.chain import load
from nba_local.proofs.leak import DateSample, leak
from nba_local.proofs.warmup import Method, warmup
from nba_local.tables.results import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from nba_local.lab.features import Idea
    from nba_local.lab.matrix import Matrix
    from nba_local.lab.subject import Subject
    from nba_local.proofs.leak import Leak
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.table import Table

    type Floats = NDArray[np.float64]

BINS = 24
"""Bars of the picture of a distribution."""

LEAK_DATES = 8
"""Dates of each season that the leak proof computes again: one a month."""

WARMUP = Method(openings=2, horizon=40, tolerance=0.25, share=0.95)

FEW = 10
"""Bins of the drift between seasons."""


@dataclass(frozen=True, slots=True)
class Values:
    """What a feature's column holds.

    filled: Share of rows with a value by season, and by season and month. counts: Rows by bin
    from `low` to `high`, the 1 % and 99 % quantiles. commonest: Share of the most frequent value.
    """

    name: str
    rows: int
    filled: Mapping[str, float]
    months: Mapping[str, Mapping[str, float]]
    median: float
    low: float
    high: float
    commonest: float
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Redundancy:
    """How much of a feature the baseline says already.

    nearest: The baseline feature with the largest rank correlation, and that. explained: Share of
    its variance that a linear model on all of them explains (R2).
    """

    name: str
    nearest: str
    correlation: float
    explained: float


@dataclass(frozen=True, slots=True)
class Bets:
    """Bets on one side of the line at an edge, or on both.

    won, lost: An actual equal to the line is neither. low, high: The 95 % interval of the rate.
    returns: Of a unit staked on each at the usual odds.
    """

    who: str
    edge: float
    side: str
    won: int
    lost: int
    rate: float
    low: float
    high: float
    returns: float


@dataclass(frozen=True, slots=True)
class Lines:
    """Against the line, on the judged rows that have one. bias: Mean of forecast minus actual."""

    rows: int
    line_error: float
    errors: Mapping[str, float]
    bias: Mapping[str, float]
    bets: tuple[Bets, ...]


def values_of(matrix: Matrix, names: Sequence[str]) -> tuple[Values, ...]:
    """The columns `names` of a matrix, one by one."""
    return tuple(_values(matrix, name) for name in names)


def _values(matrix: Matrix, name: str) -> Values:
    rows = matrix.rows.select(
        SEASON, month=pl.col(matrix.date).dt.strftime("%Y-%m"), value=pl.col(name).cast(pl.Float64)
    )
    has = pl.col("value").is_not_null().mean().alias("share")
    filled = rows.group_by(SEASON).agg(has).sort(SEASON)
    monthly = rows.group_by(SEASON, "month").agg(has).sort("month")
    known = rows["value"].drop_nulls()
    low, high = (float(known.quantile(q) or 0.0) for q in (0.01, 0.99))
    top = high if high - low > abs(low) * 1e-12 else low + max(1.0, abs(low) * 1e-6)
    counts, _ = np.histogram(np.clip(known.to_numpy(), low, top), BINS, (low, top))
    commonest = known.value_counts(sort=True)["count"][0] / len(known) if len(known) else 0.0
    months: dict[str, dict[str, float]] = {}
    for season, month, share in monthly.rows():
        months.setdefault(season, {})[month] = share
    return Values(
        name, rows.height, dict(filled.rows()), months, float(known.median() or 0.0),  # type: ignore[arg-type]
        low, high, float(commonest), tuple(int(n) for n in counts),
    )  # fmt: skip


def leaks_of(
    work: Workspace,
    subject: Subject,
    idea: Idea,
    seasons: Sequence[Season],
    progress: Progress = silent,
) -> tuple[Leak, ...]:
    """The idea's columns against what was known before some dates of each season.

    Raises:
        PipelineError: A feature fails on fewer rows, or gives other values each time.
    """
    found = []
    for season in seasons:
        sample = DateSample((season.interval,), LEAK_DATES)
        with told(work, subject, idea, season):
            inner, table = on_trial(work, subject, idea)
            (one,) = leak(inner, [table], season, sample, progress=progress)
            if one.differing:
                _refuse_chance(inner, idea, table, season)
        found.append(one)
    return tuple(found)


def _refuse_chance(work: Workspace, idea: Idea, table: Table, season: Season) -> None:
    """Refuse a column that is another one each time: that is no leak, and no feature either.

    Raises:
        PipelineError: There is one.
    """
    chain = load(work, [table], season)
    one, other = (chain.computed(work.rules)[TRIAL].rows for _ in range(2))
    for name in idea.names:
        if differ := int(one[name].ne_missing(other[name]).sum()):
            raise PipelineError(
                f"feature {idea.where(name)}: {differ:,} of {one.height:,} values of {season} are "
                "others when computed again; nothing was tried",
                hint="give chance a seed, or hash the key; sort before what depends on order",
            )


def from_elsewhere(work: Workspace, subject: Subject, idea: Idea, season: Season) -> dict[str, int]:
    """Values of each function that are there when its tables are empty; only where there are any.

    Such a value comes from a file, another cell or an earlier call: cutting the tables off at a
    date cannot show when it was known.
    """
    grain = work.registry.table(subject.store).contract
    key = {name: grain.polars[name] for name in grain.grain}
    _, functions = split(idea, work.registry, key)
    if not functions:
        return {}
    inner, table = on_trial(work, subject, idea)
    sources = load(inner, [table], season).sources
    frames = with_columns(
        work.registry, {one.name: rows.lazy() for one, rows in sources}, work.rules, season
    )
    empty = {name: rows.head(0).collect().lazy() for name, rows in frames.items()}
    found = {}
    for function in functions:
        if not set(function.inputs) <= set(empty):
            continue  # it reads a feature table, which is computed from the cut sources
        try:
            with contained():
                rows = function.make({name: empty[name] for name in function.inputs}).collect()
        except FAILURES:
            continue  # it cannot do without rows, so it has them from its tables
        if known := rows.height - rows[function.name].null_count():
            found[function.name] = known
    return found


def stable_days(
    work: Workspace, subject: Subject, idea: Idea, season: Season
) -> dict[str, int | None]:
    """The first day of a season from which on each column is stable; None where none was seen."""
    with told(work, subject, idea, season):
        inner, table = on_trial(work, subject, idea)
        (found,) = warmup(inner, [table], season, WARMUP)
    return {column.name: column.day for column in found.columns}


def drift_of(matrix: Matrix, name: str) -> float:
    """Largest population stability index of a column between the first season and another."""
    by_season = [
        part[name].drop_nulls().cast(pl.Float64).to_numpy()
        for part in matrix.rows.partition_by(SEASON, maintain_order=True)
    ]
    first, *rest = [part for part in by_season if len(part)] or [np.zeros(0)]
    if not rest:
        return 0.0
    edges = np.unique(np.quantile(first, np.linspace(0, 1, FEW + 1)[1:-1]))
    share = [_shares(part, edges) for part in (first, *rest)]
    return max(float(((p - share[0]) * np.log(p / share[0])).sum()) for p in share[1:])


def _shares(values: Floats, edges: Floats) -> Floats:
    counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
    return np.asarray((counts + 0.5) / (counts + 0.5).sum())


def redundancy_of(matrix: Matrix, name: str, others: Sequence[str]) -> Redundancy:
    """How much of column `name` the columns `others` say already; on at most 20,000 rows."""
    from scipy import stats

    rows = matrix.rows.select(pl.col(name, *others).cast(pl.Float64)).filter(
        pl.col(name).is_not_null()
    )
    rows = rows.gather_every(max(1, rows.height // 20_000))
    own = rows[name].to_numpy()
    x = rows.select(others).to_numpy()
    x = np.where(np.isfinite(x), x, np.nanmean(np.where(np.isfinite(x), x, np.nan), axis=0))
    ranks = np.apply_along_axis(stats.rankdata, 0, np.column_stack([own, x]))
    spread = ranks.std(axis=0)
    centered = ranks - ranks.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        related = (centered[:, :1] * centered).mean(axis=0) / (spread[0] * spread)
    related = np.nan_to_num(related[1:])
    best = int(np.abs(related).argmax())
    design = np.column_stack([np.ones(len(own)), x])
    fitted = design @ np.linalg.lstsq(design, own, rcond=None)[0]
    total = float(((own - own.mean()) ** 2).sum())
    explained = 1 - float(((own - fitted) ** 2).sum()) / total if total > 0 else 1.0
    return Redundancy(name, others[best], float(related[best]), explained)


def dead_of(values: Sequence[Values], redundancies: Sequence[Redundancy]) -> dict[str, str]:
    """By name, why a feature says nothing new."""
    dead = {v.name: "has one value on all rows" for v in values if v.commonest == 1.0}
    for r in redundancies:
        if r.name in dead:
            continue
        if abs(r.correlation) >= SAME:
            dead[r.name] = f"is a copy of {r.nearest} (rank correlation {r.correlation:.4f})"
        elif r.explained >= SAME:
            dead[r.name] = f"is a sum of the baseline's features (R2 {r.explained:.4f})"
    return dead


def lines_of(
    matrix: Matrix, forecasts: Mapping[str, Floats], edges: Sequence[float], price: int
) -> Lines | None:
    """Forecasts against the line; None where no judged row has one."""
    line = matrix.rows[LINE].cast(pl.Float64).to_numpy().astype(np.float64)
    actual = matrix.rows[TARGET].to_numpy()
    judged = np.isfinite(line) & np.all([np.isfinite(f) for f in forecasts.values()], axis=0)
    if not judged.any():
        return None
    line, actual = line[judged], actual[judged]
    made = {who: f[judged] for who, f in forecasts.items()}
    return Lines(
        int(judged.sum()),
        float(np.abs(line - actual).mean()),
        {who: float(np.abs(f - actual).mean()) for who, f in made.items()},
        {who: float((f - actual).mean()) for who, f in made.items()},
        tuple(
            _bets(who, edge, side, f - line, actual - line, price)
            for who, f in made.items()
            for edge in edges
            for side in ("both", "over", "under")
        ),
    )


def _bets(  # noqa: PLR0913 - what a bet is
    who: str, edge: float, side: str, gap: Floats, outcome: Floats, price: int
) -> Bets:
    over, under = gap >= edge, gap <= -edge
    won = lost = 0
    if side in ("both", "over"):
        won += int((over & (outcome > 0)).sum())
        lost += int((over & (outcome < 0)).sum())
    if side in ("both", "under"):
        won += int((under & (outcome < 0)).sum())
        lost += int((under & (outcome > 0)).sum())
    n = won + lost
    from scipy import stats

    interval = stats.binomtest(won, n).proportion_ci(method="wilson") if n else (0.0, 1.0)
    pays = 100 / -price if price < 0 else price / 100
    rate = won / n if n else 0.0
    returns = (won * pays - lost) / n if n else 0.0
    return Bets(who, edge, side, won, lost, rate, float(interval[0]), float(interval[1]), returns)
