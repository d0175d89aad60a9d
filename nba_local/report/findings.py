"""What claims and oracles find, as text for people; a claim of several tables is said once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nba_local.words import SHOWN_DATES, counted, dates_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nba_local.proofs.oracle import Parity
    from nba_local.report.terminal import Report
    from nba_local.tables.results import Finding


def checked(report: Report, found: Sequence[Finding]) -> None:
    """Findings by claim."""
    if not found:
        report.say("all claims hold")
    findings(report, found)


def findings(report: Report, found: Sequence[Finding]) -> None:
    """Rows by the claim they break; a claim of several tables once, with what it finds in each."""
    claims: dict[tuple[str, str, str], dict[str, list[Finding]]] = {}
    for f in sorted(found, key=lambda f: (f.table, f.severity, f.claim, f.detail)):
        by_table = claims.setdefault((f.severity, f.claim, f.detail), {})
        by_table.setdefault(f.table, []).append(f)
    most = report.most(SHOWN_DATES)
    for (severity, claim, detail), tables in claims.items():
        says = "" if severity == "contract" else " does not hold"
        if len(tables) == 1:
            ((table, group),) = tables.items()
            report.say(f"{severity}: {table}.{claim}{says}: {_where(group, most)}")
        else:
            report.say(f"{severity}: {claim}{says} in {len(tables)} tables")
        report.say(f"    {'' if severity == 'contract' else 'claim: '}{detail}")
        first = {table: f"{group[0].date}: {group[0].sample}" for table, group in tables.items()}
        is_shared = len(set(first.values())) == 1
        for table, group in tables.items():
            if len(tables) > 1:
                report.say(f"    {table}: {_where(group, most)}")
            if group[0].sample and not is_shared:
                report.say(f"      first: {first[table]}")
        if is_shared and group[0].sample:
            report.say(f"    first: {first[table]}")
    groups = (group for tables in claims.values() for group in tables.values())
    if any(" more" in _where(group, most) for group in groups):
        report.propose(f'all dates: --json, or nba-local sql "FROM ledger_findings"{report.folder}')


def _where(found: Sequence[Finding], most: int | None) -> str:
    """How many rows on which dates."""
    rows = sum(f.rows for f in found)
    return f"{counted(rows, 'row')} on {dates_in_words([f.date for f in found], most)}"


def agreed(report: Report, results: Sequence[Parity]) -> None:
    """How each table agrees with its oracle."""
    for p in results:
        if p.unknown:
            report.say(
                f"{p.season}  {p.table}: NOT COMPARED: oracle.sql does not know the setting "
                f"{', '.join(p.unknown)}; it is written for the default"
            )
            continue
        says = "agrees" if p.agrees else "DIFFERS"
        report.say(
            f"{p.season}  {p.table}: {says} with oracle.sql: {p.rows:,} rows, {p.cells:,} cells, "
            f"{sum(p.mismatched.values())} differing, {p.missing} missing, {p.extra} extra"
        )
        if p.held:
            report.say(f"    not compared, held back by a claim: {dates_in_words(p.held)}")
        for sample in p.samples:
            key = " ".join(str(value) for value in sample.key.values())
            report.say(f"    {key} {sample.column}: {sample.left}, oracle {sample.right}")
