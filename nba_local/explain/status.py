"""Status: the sums of the states of a season."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nba_local.explain import states
from nba_local.storage import queries

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from nba_local.explain.states import DateState, SeasonStates
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.table import Table


@dataclass(frozen=True, slots=True)
class TableStatus:
    """A table over a season: the sum of the states of its dates.

    due: Dates that should have rows. present: those of them that have all. stored: dates with rows,
    complete or not. first, last: of them.
    states: Dates by state. gaps: those that lack rows, or whose rows are not what they would be
    now, by state. lacking: entities without a row by reason. claims: dates by claim that does not
    hold. pushed: dates that each target has as they are here. is_checked: Whether the claims ran on
    the rows that are stored now; of features they always did.
    """

    table: str
    is_source: bool
    due: int
    present: int
    stored: int
    rows: int
    ready_rows: int
    first: dt.date | None
    last: dt.date | None
    states: Mapping[str, int]
    gaps: Mapping[str, tuple[dt.date, ...]]
    lacking: Mapping[str, int]
    claims: Mapping[str, int]
    pushed: Mapping[str, int]
    is_checked: bool


@dataclass(frozen=True, slots=True)
class SeasonStatus:
    """A season of all tables: sources, then features, upstream first."""

    season: Season
    tables: tuple[TableStatus, ...]


def status(work: Workspace, season: Season, known: states.Known | None = None) -> SeasonStatus:
    """The sums of the states of `season`. Reads the ledger."""
    whole = states.states(work, season, known)
    pushed = queries.pushed_counts(work.ledger, season)
    every = (*work.registry.sources, *work.registry.features)
    return SeasonStatus(season, tuple(_status(whole, t, pushed.get(t.name, {})) for t in every))


def _status(season: SeasonStates, table: Table, pushed: Mapping[str, int]) -> TableStatus:
    cells = season.of(table.name)
    due, present = expected(cells)
    stored = [cell.date for cell in cells if cell.rows]
    gaps: dict[str, list[dt.date]] = {}
    lacking: Counter[str] = Counter()
    for cell in cells:
        if cell.state in states.GAPS:
            gaps.setdefault(cell.state, []).append(cell.date)
        lacking.update(cell.lacking)
    return TableStatus(
        table=table.name,
        is_source=table.is_source,
        due=due,
        present=present,
        stored=len(stored),
        rows=sum(cell.rows for cell in cells),
        ready_rows=sum(cell.ready_rows for cell in cells),
        first=min(stored, default=None),
        last=max(stored, default=None),
        states=states.counts(cells),
        gaps={state: tuple(dates) for state, dates in gaps.items()},
        lacking=dict(sorted(lacking.items())),
        claims=dict(sorted(Counter(claim for cell in cells for claim in cell.claims).items())),
        pushed=pushed,
        is_checked=table.name not in season.unchecked,
    )


def expected(cells: Sequence[DateState]) -> tuple[int, int]:
    """Dates that should have rows, and those of them that have all."""
    due = [cell for cell in cells if cell.state not in states.EMPTY_AS_IT_SHOULD]
    return len(due), sum(cell.state in states.PRESENT for cell in due)
