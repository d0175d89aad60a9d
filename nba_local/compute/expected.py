"""Expectation: what should be there of a season, by the content's calendar; the denominators.

Recorded by every pull, so that coverage needs to read the ledger only.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nba_local.storage import queries
from nba_local.storage.source_rows import SourceRows
from nba_local.tables.fingerprint import of_code, of_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import polars as pl

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season


@dataclass(frozen=True, slots=True)
class Day:
    """A date of a season: its games, how many of them are over, and games that are not computed.

    others: The sides of those other games.
    """

    date: dt.date
    games: int
    over: int
    other_games: int
    others: str


@dataclass(frozen=True, slots=True)
class Due:
    """What a source table should have of a date, and has: so many of `unit`."""

    unit: str
    expected: int
    found: int


@dataclass(frozen=True, slots=True)
class Expectation:
    """What should be there of a season.

    days: Every date from opening night to the present one or the last game.
    due: By source table and date; absent where nothing is due.
    missing: Who has no row, by source table and date.
    """

    days: tuple[Day, ...]
    due: Mapping[tuple[str, dt.date], Due]
    missing: Mapping[tuple[str, dt.date], tuple[str, ...]]


def record(work: Workspace, season: Season, rows: SourceRows | None = None) -> None:
    """Work out what should be there of `season` and put it into the ledger, where it changed.

    rows: Those at hand.
    """
    if work.registry.calendar is None:
        return
    mark = mark_of(work, season)
    if work.ledger.meta(key_of(season)) == mark:
        return
    frames = _worked_out(work, season, rows)
    with work.ledger.transaction():
        for table, frame in frames:
            queries.replace_expected(work.ledger, season, table, _plain(season.year, frame))
        work.ledger.put("meta", [{"key": key_of(season), "value": mark}])


def expectation(work: Workspace, season: Season) -> Expectation:
    """What should be there of `season`. Reads the ledger, or raw files where it is out of date."""
    if work.registry.calendar is None:
        return Expectation((), {}, {})
    days, sources, missing = _rows(work, season)
    entities: dict[tuple[str, dt.date], list[str]] = {}
    for table, date, _, entity in missing:
        entities.setdefault((table, _date(date)), []).append(entity)
    return Expectation(
        tuple(
            Day(_date(date), games, over, other_games, others or "")
            for date, games, over, other_games, others in days
        ),
        {
            (table, _date(date)): Due(unit, expected, found)
            for table, date, unit, expected, found in sources
        },
        {key: tuple(sorted(names)) for key, names in entities.items()},
    )


def sources_of(work: Workspace, season: Season) -> dict[str, pl.LazyFrame]:
    """Every source table of a season as pulled, by name."""
    return {t.name: work.store.scan("raw", t, [season]) for t in work.registry.sources}


def _rows(work: Workspace, season: Season) -> list[list[tuple[Any, ...]]]:
    if work.ledger.meta(key_of(season)) != mark_of(work, season):
        return [
            [row[1:] for row in _plain(season.year, rows)] for _, rows in _worked_out(work, season)
        ]
    return queries.expected(work.ledger, season)


def _worked_out(
    work: Workspace, season: Season, rows: SourceRows | None = None
) -> list[tuple[str, pl.DataFrame]]:
    import polars as pl

    from nba_local.compute.compute import passes

    assert work.registry.calendar is not None
    until = _until(work, season)
    at_hand = rows or SourceRows(work.store)
    sources = {table.name: at_hand.lazy(table, season) for table in work.registry.sources}
    wanted = work.registry.calendar.expected(sources, season=season.year, today=until)
    frames = pl.collect_all(
        [wanted.dates.sort("date"), wanted.sources.sort("date"), wanted.missing.sort("date")],
        engine="in-memory",
        optimizations=passes(),
    )
    return [
        (table, frame.rename({"table": "table_name"}, strict=False).select(columns))
        for (table, columns), frame in zip(queries.EXPECTED.items(), frames, strict=True)
    ]


def _plain(season: int, rows: pl.DataFrame) -> Iterable[tuple[Any, ...]]:
    import polars as pl

    def lines() -> Iterator[tuple[Any, ...]]:
        for row in rows.with_columns(pl.col("date").cast(pl.String)).iter_rows():
            yield (season, *row)

    return lines()


def _until(work: Workspace, season: Season) -> dt.date | None:
    """The present date while a season is under way."""
    until = work.until(season)
    return until if until < work.bounds.interval(season).end else None


def mark_of(work: Workspace, season: Season) -> str:
    """Fingerprint of what the expectation is made of: raw files, the calendar's code, the day."""
    files = queries.all_raw_hashes(work.ledger, season.year, season.year)
    assert work.registry.calendar is not None
    code = of_code(Path(str(work.registry.calendar.__file__)), work.registry.package)
    return of_value([files, code, str(_until(work, season))])


def key_of(season: Season) -> str:
    """Under which name the ledger keeps the mark of a season."""
    return f"expected {season}"


def _date(text: str) -> dt.date:
    return dt.date.fromisoformat(text)
