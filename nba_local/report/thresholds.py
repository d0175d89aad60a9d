"""What other thresholds would give, in tables for 80 columns."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from nba_local.proofs.sweep import MINIMUM, TAIL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nba_local.proofs.sweep import Error, Reader, Sweep, Swept, Value
    from nba_local.report.terminal import Report

WIDTH, INDENT, GAP, HARD_SPACE = 80, 2, 2, "\N{NO-BREAK SPACE}"
PRESENT, RECOMMENDED = "now", "best"
"""How values of a sweep are marked."""


def swept(report: Report, found: Swept) -> None:
    """Both sweeps, the error they bring, what they do to other tables, and what is recommended."""
    report.say(
        f"{found.season}  {found.table}: {found.published:,} rows published, "
        f"{found.published_ready:,} ready"
    )
    if found.games:
        _wrapped(
            report,
            f"A full window has {found.games} games. Errors are in standard deviations: figures of "
            f"a row of so many games against the first full window, of the {found.entities:,} "
            "entities that have played two.",
        )
    if found.baseline:
        _wrapped(report, f"From one full window to the next they move by {_said(found.baseline)}.")
    for sweep in found.sweeps:
        _sweep(report, sweep, found)


def _sweep(report: Report, sweep: Sweep, found: Swept) -> None:
    report.say()
    report.say(f"{sweep.setting}, now {sweep.present:g}")
    now = next(value for value in sweep.values if value.value == sweep.present)
    by_games = sweep.setting == MINIMUM
    head = ["", "rows" if by_games else "ready", "gained", "dates", "gained"]
    if found.baseline:
        head += [] if by_games else ["as games"]
        head += ["median", f"{100 * TAIL:.0f} %", "of baseline"]

    def row(value: Value) -> list[str]:
        rows, dates = _counts(value, by_games=by_games)
        rows_now, dates_now = _counts(now, by_games=by_games)
        gained = _signed(rows - rows_now), _signed(dates - dates_now)
        cells = [_marked(value, sweep), f"{rows:,}", gained[0], f"{dates:,}", gained[1]]
        if found.baseline:
            cells += [] if by_games else [f"{value.games}"]
            cells += _errors(value.error, found.baseline)
        return cells

    _table(report, [head, *(row(value) for value in sweep.values)])
    if found.baseline and not by_games:
        _wrapped(report, "as games: the box scores of a full window that a row at the value has.")
    _readers(report, sweep)
    _wrapped(report, f"best: {sweep.why}")
    for value in sweep.values if by_games else ():
        if value.error and value.value in {sweep.present, sweep.recommended}:
            worst = ", ".join(f"{name} {error:.2f}" for name, error in value.error.worst.items())
            _wrapped(report, f"worst of {value.games} games: {worst}")


def _counts(value: Value, *, by_games: bool) -> tuple[int, int]:
    return (value.rows, value.dates) if by_games else (value.ready, value.ready_dates)


def _errors(error: Error | None, baseline: Error) -> list[str]:
    if error is None:
        return ["-", "-", "-"]
    times = f"{error.median / baseline.median:.2f}" if baseline.median else "-"
    return [f"{error.median:.2f}", f"{error.tail:.2f}", times]


def _marked(value: Value, sweep: Sweep) -> str:
    mark = {sweep.recommended: RECOMMENDED, sweep.present: PRESENT}.get(value.value, "")
    return f"{value.value:g} {mark:<{len(RECOMMENDED)}}"


def _readers(report: Report, sweep: Sweep) -> None:
    """Per table that reads this one: rows that find none, rows that are not ready for it."""
    readers = sweep.values[0].readers
    if not readers:
        report.say(f"{' ' * INDENT}no table reads it")
        return
    _wrapped(report, "downstream rows that find no row / are not ready, because of the threshold:")
    if all(value.readers == sweep.values[0].readers for value in sweep.values):
        for reader in readers:
            counts = f"{reader.lacking:,} / {reader.unready:,} of {reader.rows:,} at every value"
            report.say(f"{' ' * 2 * INDENT}{reader.table}: {counts}")
        return
    for places in _side_by_side(readers):
        rows = [
            [
                _marked(value, sweep),
                *(f"{value.readers[i].lacking:,} / {value.readers[i].unready:,}" for i in places),
            ]
            for value in sweep.values
        ]
        _table(report, [["", *(readers[i].table for i in places)], *rows])
    for reader in readers:
        never = f", {reader.never:,} of them with no row here at any value" if reader.never else ""
        _wrapped(report, f"{reader.table}: {reader.rows:,} rows{never}")


def _side_by_side(readers: Sequence[Reader]) -> Iterator[list[int]]:
    """Places of the readers that fit into a line, line by line."""
    first = INDENT + len(f"100 {RECOMMENDED}")
    line, used = list[int](), first
    for place, reader in enumerate(readers):
        width = GAP + max(len(reader.table), len(f"{reader.rows:,} / {reader.rows:,}"))
        if line and used + width > WIDTH:
            yield line
            line, used = [], first
        line.append(place)
        used += width
    yield line


def _table(report: Report, rows: Sequence[Sequence[str]]) -> None:
    """Aligned columns, all to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        report.say((" " * INDENT + (" " * GAP).join(cells)).rstrip())


def _signed(number: int) -> str:
    return f"{number:+,}" if number else "0"


def _said(error: Error) -> str:
    return f"{error.median:.2f} in the median, {error.tail:.2f} at {100 * TAIL:.0f} %"


def _wrapped(report: Report, text: str) -> None:
    for line in textwrap.wrap(
        text.replace(" %", f"{HARD_SPACE}%"),
        WIDTH,
        initial_indent=" " * INDENT,
        subsequent_indent=" " * 2 * INDENT,
    ):
        report.say(line.replace(HARD_SPACE, " "))
