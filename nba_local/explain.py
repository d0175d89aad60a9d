"""Coverage and why as one call each: what is there of which season, and what is not, and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from nba_local import causes, commands, states
from nba_local import why as asking
from nba_local.errors import UsageError
from nba_local.partition import parse_interval

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from nba_local.causes import Gap
    from nba_local.commands import Setup
    from nba_local.partition import Interval, Season
    from nba_local.states import Cell, SeasonStates
    from nba_local.step import Step
    from nba_local.why import Why
    from nba_local.workspace import Workspace


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

    def of(self, table: str) -> list[Cell]:
        """The cells of a table by date."""
        return [self.states.cells[table, date] for date in self.dates]

    @property
    def has_gaps(self) -> bool:
        """Whether rows are missing somewhere."""
        return any(gap.is_gap for gap in self.gaps)


def coverage(setup: Setup, ranges: Sequence[str]) -> tuple[Coverage, ...]:
    """The states of all tables on the dates of `ranges`, season by season. Reads the ledger."""
    with commands.reading(setup) as work:
        wanted, seasons = commands.asked(work, ranges)
        steps = states.planned(work, seasons)
        return tuple(covered(work, s, wanted, steps.get(s, {})) for s in seasons)


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
    gaps = causes.gaps(causes.Tracer(work, whole), tables, dates)
    return Coverage(whole.season, tables, dates, whole, gaps)


def why(setup: Setup, table: str, date: str, entity: str) -> Why:
    """The explanation of a date of a table, or of a player or team on it."""
    span = parse_interval(date)
    if (span.end - span.start).days != 1:
        raise UsageError(f"`{date}` is not one date", hint="nba-local why TABLE 2021-11-15")
    if table not in setup.registry.tables:
        raise UsageError.unknown("table", table, setup.registry.tables)
    with commands.reading(setup) as work:
        return asking.why(work, setup.registry.table(table), span.start, entity)


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
        }
        for one in found
    ]


def expected(cells: Sequence[Cell]) -> tuple[int, int]:
    """Dates that should have rows, and those of them that have all."""
    due = [cell for cell in cells if cell.state not in states.EMPTY_AS_IT_SHOULD]
    return len(due), sum(cell.state in states.PRESENT for cell in due)
