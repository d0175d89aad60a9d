"""Coverage: the states of all tables on the dates of a season that were asked for, and the gaps."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from nba_local.explain import causes, states
from nba_local.explain.tracer import Tracer

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from nba_local.explain.causes import Gap
    from nba_local.explain.states import DateState, SeasonStates
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Interval, Season
    from nba_local.tables.results import Step


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was asked for of one season.

    tables: Sources, then features, upstream first. dates: Those of the season that were asked for.
    gaps: The roots of what is not as it should be on them.
    """

    season: Season
    tables: tuple[str, ...]
    dates: tuple[dt.date, ...]
    states: SeasonStates
    gaps: tuple[Gap, ...]

    def of(self, table: str) -> list[DateState]:
        """The cells of a table by date."""
        return [self.states.cells[table, date] for date in self.dates]

    @property
    def has_gaps(self) -> bool:
        """Whether rows are missing somewhere."""
        return any(gap.is_gap for gap in self.gaps)


def covered(
    work: Workspace,
    season: Season,
    wanted: Sequence[Interval],
    steps: Mapping[str, Step] | None = None,
) -> Coverage:
    """The states of all tables on the dates of `season` in `wanted`. Reads the ledger."""
    whole = states.states(work, season, steps)
    dates = tuple(day.date for day in whole.days if any(day.date in span for span in wanted))
    tables = tuple(table.name for table in (*work.registry.sources, *work.registry.features))
    gaps = causes.gaps(Tracer(work, whole), tables, dates)
    return Coverage(whole.season, tables, dates, whole, gaps)


def document(found: Sequence[Coverage]) -> list[dict[str, Any]]:
    """Coverage as plain values: every cell, its root, and the gaps."""
    return [
        {
            "season": str(one.season),
            "dates": [asdict(day) for day in one.states.days if day.date in set(one.dates)],
            "tables": {
                table: {
                    "states": states.counts(one.of(table)),
                    **dict(zip(("expected", "present"), expected(one.of(table)), strict=True)),
                }
                for table in one.tables
            },
            "cells": [asdict(cell) for table in one.tables for cell in one.of(table)],
            "gaps": [asdict(gap) for gap in one.gaps],
            "unchecked": list(one.states.unchecked),
            "outside": [
                {"table": table, "claim": claim, "dates": list(dates)}
                for (table, claim), dates in one.states.outside.items()
            ],
        }
        for one in found
    ]


def expected(cells: Sequence[DateState]) -> tuple[int, int]:
    """Dates that should have rows, and those of them that have all."""
    due = [cell for cell in cells if cell.state not in states.EMPTY_AS_IT_SHOULD]
    return len(due), sum(cell.state in states.PRESENT for cell in due)
