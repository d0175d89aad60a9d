"""What a comparison found, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nba_local.words import dates_in_words

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from nba_local.proofs.compare import Comparison
    from nba_local.report.terminal import Report

SHOWN = 8
"""Columns that are named for a table; --json has all."""

WIDTH = 12
"""Characters of a side's name that fit into the head of a column."""


def compared(report: Report, found: Sequence[Comparison], names: tuple[str, str]) -> None:
    """A line per table, then what differs: dates, columns with the share that agrees, cells."""
    if max(map(len, names)) > WIDTH:
        report.say(f"left:  {names[0]}")
        report.say(f"right: {names[1]}")
        names = ("left", "right")
    left, right = names
    report.table(
        ("table", f"rows {left}", f"rows {right}", f"only {left}", f"only {right}", "differ"),
        ((t.table, t.rows_left, t.rows_right, t.only_left, t.only_right, t.changed) for t in found),
        spare=(f"rows {right}", f"rows {left}"),
    )
    for table in found:
        _differences(report, table, names)
    if all(table.is_equal for table in found):
        report.say(f"equal: {sum(table.both for table in found):,} rows, every cell")


def _differences(report: Report, table: Comparison, names: tuple[str, str]) -> None:
    if table.is_equal and not table.schema:
        return
    report.say(table.table)
    for name, count in zip(names, table.duplicates, strict=True):
        if count:
            report.say(f"    {count:,} rows repeat a key {name}")
    kinds: dict[str, list[dt.date]] = {}
    for day, what in table.dates.items():
        kinds.setdefault(what.replace("left", names[0]).replace("right", names[1]), []).append(day)
    for what, days in kinds.items():
        report.say(f"    {what}: {dates_in_words(days)}")
    for name, count in list(table.columns.items())[: report.most(SHOWN)]:
        report.say(f"    {100 * table.share(name):6.2f} % agree  {name} ({count:,} differ)")
    if len(table.columns) > SHOWN and not report.is_verbose:
        report.say(f"    and {len(table.columns) - SHOWN} more columns")
    for cell in table.samples:
        key = " ".join(str(value) for value in cell.key.values())
        report.say(f"    {key} {cell.column}: {names[0]} {cell.left}, {names[1]} {cell.right}")
    for drift in table.schema:
        report.say(
            f"    schemas differ: {drift.column} is {drift.contract} in the contract, {drift.live} "
            "on one side"
        )
