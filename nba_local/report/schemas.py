"""What a comparison of schemas found, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nba_local.push.schema_diff import BREAKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nba_local.push.schema_diff import TableDiff
    from nba_local.report.terminal import Report


def differing(report: Report, found: Sequence[TableDiff]) -> None:
    """Every difference: what, how bad, and what it does."""
    for table in found:
        if not table.differences:
            continue
        report.say(table.name)
        for item in table.differences:
            what = f"{item.what} {item.column}".strip()
            report.say(f"    {item.kind}: {what}: {item.contract} here, {item.live} there")
            report.say(f"        {item.effect}")
    equal = sum(not table.differences for table in found)
    report.say(f"{equal} of {len(found)} tables as in their contract")


def fixable(found: Sequence[TableDiff]) -> int:
    """How many tables a migration changes."""
    return sum(
        not table.is_source and (table.is_missing or table.change is not None) for table in found
    )


def migration(report: Report, found: Sequence[TableDiff]) -> None:
    """What a migration does, as SQL and calls, and what it leaves to people."""
    for table in found:
        if table.is_source and table.differences:
            report.say(f"-- {table.name} is a source: not ours to change")
            continue
        for item in table.differences:
            if item.kind == BREAKING:
                report.say(f"-- not migrated: {table.name} {item.what} {item.column}".rstrip())
                report.say(f"--     {item.contract} here, {item.live} there: {item.effect}")
            for line in item.sql:
                report.say(line if line.startswith("--") else f"{line};")
    if not fixable(found):
        report.say("nothing to migrate")
