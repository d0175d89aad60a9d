"""Coverage: the states of all tables on dates that were asked for, and the gaps."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from nba_local.explain import causes, states
from nba_local.explain.status import expected
from nba_local.explain.tracer import Tracer

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from nba_local.explain.causes import Gap
    from nba_local.explain.states import DateState, SeasonStates
    from nba_local.storage.rows import UnusualColumn
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Interval, Season


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
    def unusual(self) -> tuple[UnusualColumn, ...]:
        """Columns of sources that are unlike themselves on one of `dates`."""
        asked = set(self.dates)
        return tuple(column for column in self.states.unusual if column.date in asked)

    @property
    def has_gaps(self) -> bool:
        """Whether rows are missing somewhere."""
        return any(gap.is_gap for gap in self.gaps)


def covered(
    work: Workspace,
    season: Season,
    wanted: Sequence[Interval],
    known: states.Known | None = None,
) -> Coverage:
    """The states of all tables on the dates of `season` in `wanted`. Reads the ledger."""
    whole = states.states(work, season, known)
    dates = tuple(day.date for day in whole.days if any(day.date in span for span in wanted))
    tables = tuple(table.name for table in (*work.registry.sources, *work.registry.features))
    gaps = causes.gaps(Tracer(work, whole), tables, dates)
    return Coverage(whole.season, tables, dates, whole, gaps)


def document(seasons: Sequence[Coverage]) -> list[dict[str, Any]]:
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
            "silent": [{"table": fill.table, "column": fill.column} for fill in one.states.silent],
            "unusual": [column._asdict() for column in one.unusual],
            "outside": [
                {"table": table, "claim": claim, "dates": list(dates)}
                for (table, claim), dates in one.states.outside.items()
            ],
        }
        for one in seasons
    ]
