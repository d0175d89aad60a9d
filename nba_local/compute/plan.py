"""Plan: which seasons of which feature tables are due, and why. Reads only."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from nba_local.compute.sources import held_dates
from nba_local.errors import MissingUpstreamError
from nba_local.storage.queries import never_pulled
from nba_local.tables.calendar import Season
from nba_local.tables.fingerprint import of_file, of_value
from nba_local.tables.results import QUARANTINED, Plan, Reason, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nba_local.storage.ledger import Ledger
    from nba_local.storage.store import Store
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.registry import RuleSet
    from nba_local.tables.table import Table

INPUT = "input:"
"""Prefix of the parts of a fingerprint that stand for inputs."""


def plan(
    work: Workspace,
    tables: Sequence[Table],
    seasons: Sequence[Season],
    *,
    is_quick: bool = False,
    is_forced: bool = False,
) -> Plan:
    """Steps for `tables` of `seasons`, seasons in order and upstream first, due or not.

    is_quick: Published files are told apart by size alone, not by their content.
    is_forced: Every step is due, because somebody says so.

    Raises:
        MissingUpstreamError: A season of a source table was never pulled.
    """
    steps: dict[tuple[str, int], Step] = {}
    code = {table.name: work.registry.code_of(table) for table in tables}
    for season in sorted(seasons):
        for table in tables:
            step = _step(work, table, season, steps, code, is_quick=is_quick)
            if is_forced:
                forced = Reason("forced", "asked for with --force")
                step = dataclasses.replace(step, reasons=(*step.reasons, forced))
            steps[table.name, season.year] = step
    settings = {t.name: dataclasses.asdict(work.rules.of(t.name)) for t in tables}
    return Plan(work.rules.name, settings, tuple(steps.values()))


def _step(  # noqa: PLR0913 - what a step is made of
    work: Workspace,
    table: Table,
    season: Season,
    earlier: Mapping[tuple[str, int], Step],
    code: Mapping[str, str],
    *,
    is_quick: bool,
) -> Step:
    # a season that is over does not depend on the present date
    until = min(work.today, season.interval.end)
    parts = {
        "code": code[table.name],
        "checks": work.registry.checks_of(table),
        "rules": of_value(_rules_of(work.rules, table)),
        "held": of_value(sorted(map(str, held_dates(work, season)))),
        "today": "over" if until == season.interval.end else until.isoformat(),
    }
    for name in table.inputs:
        source = work.registry.table(name)
        if source.is_source:
            parts[INPUT + name] = _raw_state(work, source, season)
        else:
            parts[INPUT + name] = _feature_state(work.ledger, source, season, earlier)
    reasons = _reasons(work, table, season, parts, is_quick=is_quick)
    held = _quarantined(work.ledger, table, season)
    return Step(table, season, until, reasons, of_value(parts), parts, held)


def _quarantined(ledger: Ledger, table: Table, season: Season) -> tuple[dt.date, ...]:
    rows = ledger.rows(
        "SELECT date FROM partitions WHERE table_name = ? AND season = ? AND state = ? "
        "ORDER BY date",
        (table.name, season.year, QUARANTINED),
    )
    return tuple(dt.date.fromisoformat(row["date"]) for row in rows)


def _rules_of(rules: RuleSet, table: Table) -> dict[str, Any]:
    """What the rules say to one table: every rule, and its own settings."""
    fields = {f.name: getattr(rules, f.name) for f in dataclasses.fields(rules)}  # type: ignore[arg-type]
    fields["settings"] = dataclasses.asdict(rules.of(table.name))
    return fields


def _raw_state(work: Workspace, table: Table, season: Season) -> str:
    files = work.ledger.rows(
        "SELECT month, sha256 FROM raw_files "
        "WHERE table_name = ? AND season BETWEEN ? AND ? ORDER BY month",
        (table.name, season.year - work.rules.lookback_seasons, season.year),
    )
    here = work.ledger.rows(
        "SELECT 1 FROM raw_files WHERE table_name = ? AND season = ? LIMIT 1",
        (table.name, season.year),
    )
    if not here:
        raise MissingUpstreamError(
            f"{never_pulled(work.ledger, season, table.name)}; nothing was computed",
            hint=f"nba-local pull --season {season}",
        )
    return of_value([tuple(row) for row in files])


def _feature_state(
    ledger: Ledger, table: Table, season: Season, earlier: Mapping[tuple[str, int], Step]
) -> str:
    if (table.name, season.year) in earlier:
        return earlier[table.name, season.year].fingerprint
    recorded = ledger.rows(
        "SELECT fingerprint FROM seasons WHERE table_name = ? AND season = ?",
        (table.name, season.year),
    )
    if not recorded:
        raise MissingUpstreamError(
            f"{table.name} of {season} was never computed; nothing was computed",
            hint=f"nba-local backfill {season}",
        )
    return str(recorded[0]["fingerprint"])


def _reasons(
    work: Workspace, table: Table, season: Season, parts: Mapping[str, str], *, is_quick: bool
) -> tuple[Reason, ...]:
    recorded = work.ledger.rows(
        "SELECT parts, run_id FROM seasons WHERE table_name = ? AND season = ?",
        (table.name, season.year),
    )
    if not recorded:
        return (Reason("missing", "not computed yet"),)
    before = json.loads(recorded[0]["parts"])
    reasons = [
        _changed(work.ledger, name, season, recorded[0]["run_id"])
        for name in sorted(parts)
        if before.get(name) != parts[name]
    ]
    files = work.ledger.rows(
        "SELECT month, bytes, sha256 FROM published_files WHERE table_name = ? AND season = ?",
        (table.name, season.year),
    )
    lost = [
        row["month"]
        for row in files
        if not _intact(work.store, table, season, row, is_quick=is_quick)
    ]
    if lost:
        reasons.append(
            Reason("file_damaged", f"published files missing or altered: {', '.join(lost)}")
        )
    return tuple(reasons)


def _intact(store: Store, table: Table, season: Season, row: Any, *, is_quick: bool) -> bool:
    path = store.file("published", table.name, season, row["month"])
    if not path.is_file():
        return False
    if is_quick:
        return bool(path.stat().st_size == row["bytes"])
    return bool(of_file(path) == row["sha256"])


def _changed(ledger: Ledger, part: str, season: Season, since: str) -> Reason:
    if not part.startswith(INPUT):
        texts = {
            "code": "the code of the table changed",
            "checks": "the checks changed",
            "rules": "rules or settings changed",
            "today": "another day of a running season",
            "held": "claims about the sources hold other dates back",
        }
        return Reason(f"{part}_changed", texts[part])
    name = part.removeprefix(INPUT)
    rows = ledger.rows(
        "SELECT date FROM raw_partitions JOIN runs ON runs.run_id = changed_run "
        "WHERE table_name = ? AND season = ? "
        "AND started_at > (SELECT started_at FROM runs WHERE run_id = ?) ORDER BY date",
        (name, season.year, since),
    )
    dates = tuple(dt.date.fromisoformat(row["date"]) for row in rows)
    return Reason("input_changed", f"{name} changed{_few(dates)}", dates, name)


def _few(dates: Sequence[dt.date], most: int = 3) -> str:
    if not dates:
        return ""
    shown = ", ".join(str(d) for d in dates[:most])
    more = f" and {len(dates) - most} more" if len(dates) > most else ""
    return f" on {len(dates)} dates: {shown}{more}" if len(dates) > 1 else f" on {shown}"
