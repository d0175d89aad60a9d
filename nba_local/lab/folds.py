"""Folds: what a model learns from and what it is judged on, walking forward over dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nba_local.errors import UsageError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class FoldRule:
    """How dates are cut: the first `warm_rows` rows are only learned from, then `days` a fold."""

    warm_rows: int = 15_000
    days: int = 56


@dataclass(frozen=True, slots=True)
class Fold:
    """A model learns from the rows before `start` and is judged on those before `end`.

    Rows are sorted by date; start, end: places of rows. first, last: the dates judged.
    """

    start: int
    end: int
    first: dt.date
    last: dt.date


def walk_forward(dates: Sequence[dt.date], rule: FoldRule) -> tuple[Fold, ...]:
    """Expanding folds over the sorted dates of all rows; a date is never on both sides.

    Raises:
        UsageError: There are too few rows to learn from and to be judged on.
    """
    starts: list[int] = []
    begun: dt.date | None = None
    for place, day in enumerate(dates):
        is_new = place == 0 or day != dates[place - 1]
        if not is_new or place < rule.warm_rows:
            continue
        if begun is None or (day - begun).days >= rule.days:
            starts.append(place)
            begun = day
    if not starts:
        raise UsageError(
            f"{len(dates):,} rows are too few: the first {rule.warm_rows:,} are only learned from; "
            "nothing was tried",
            hint="name more seasons",
        )
    ends = [*starts[1:], len(dates)]
    return tuple(
        Fold(start, end, dates[start], dates[end - 1])
        for start, end in zip(starts, ends, strict=True)
    )
