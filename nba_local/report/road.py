"""The road as text for people: pulls, pushes, runs; see also `backfill` and `findings`."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from nba_local.report.findings import findings
from nba_local.report.gone import held_back
from nba_local.tables.push_results import removals_in_words
from nba_local.words import counted, dates_in_words, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nba_local.report.terminal import Report
    from nba_local.tables.push_results import PushResult
    from nba_local.tables.results import PullResult


def pulled(report: Report, result: PullResult) -> None:
    """What a pull read, what changed, and what is wrong with the rows."""
    report.say(f"pulled from {result.warehouse} as of {result.as_of:%Y-%m-%d %H:%M:%S} UTC")
    if result.bytes:
        report.say(f"read: {shown(result.bytes)}, as the warehouse counts them")
    report.table(
        ("table", "season", "rows", "dates", "read", "changed", "restated", "gone", "remarks"),
        (
            (
                t.table, t.season, t.rows, t.dates, t.read_dates, len(t.changed), len(t.restated),
                len(t.gone), len(t.findings),
            )
            for t in result.tables
        ),
        spare=("read", "remarks", "gone"),
    )  # fmt: skip
    for t in result.tables:
        if t.restated:
            report.say(f"restated: {t.table} {dates_in_words(t.restated)}")
        if t.gone:
            report.say(f"gone from the warehouse: {t.table} {dates_in_words(t.gone)}")
    held_back(report, result)
    for table, rows in {t.table: t.undated for t in result.tables if t.undated}.items():
        report.say(f"not pulled: {rows:,} rows of {table} have no date (required_is_null)")
    findings(report, [f for t in result.tables for f in t.findings if f.date in set(t.changed)])
    _drift(report, result.drift)
    for season in dict.fromkeys(t.season for t in result.tables):
        if not any(t.rows for t in result.tables if t.season == season):
            report.trouble(f"the warehouse has no rows of {season}")
    if any(t.rows for t in result.tables) and not any(t.changed for t in result.tables):
        report.say("nothing changed since the last pull")
    _held_back(report, result)
    seasons = " ".join(dict.fromkeys(str(t.season) for t in result.tables if t.rows))
    if seasons:
        report.propose(f"next: nba-local backfill {seasons}{report.flags}")


def _held_back(report: Report, result: PullResult) -> None:
    """Blocking claims about the sources that do not hold: a backfill holds their dates back."""
    dates: dict[tuple[str, str, str], list[dt.date]] = {}
    for finding in result.claims:
        if finding.severity == "block":
            key = (finding.table, finding.claim, finding.detail)
            dates.setdefault(key, []).append(finding.date)
    for (table, claim, sentence), days in dates.items():
        report.trouble(
            f"block: {table}.{claim} does not hold: {dates_in_words(days)}; "
            f"a backfill keeps what was published of them\n    claim: {sentence}"
        )
    warned: dict[str, set[dt.date]] = {}
    for finding in result.claims:
        if finding.severity == "warn":
            warned.setdefault(f"{finding.table}.{finding.claim}", set()).add(finding.date)
    if warned:
        named = ", ".join(f"{name} ({counted(len(d), 'date')})" for name, d in warned.items())
        report.say(f"warn: does not hold: {named}; nba-local check{report.folder} shows the rows")


def _drift(report: Report, drift: Sequence[tuple[str, str, str, str]]) -> None:
    by_change: dict[tuple[str, str, str], list[str]] = {}
    for table, column, ours, live in drift:
        by_change.setdefault((table, ours, live), []).append(column)
    for (table, ours, live), columns in by_change.items():
        report.say(
            f"schema drift: {table}: {ours} in the contract, {live} in the warehouse: "
            f"{', '.join(columns)}"
        )


MOST_SHOWN = 8
"""Columns that are named for a table."""


def _rows_that_differ(report: Report, result: PushResult) -> None:
    """What the target loses, and which columns of the rows that stay differ."""
    for t in result.tables:
        for line in removals_in_words(t.removals):
            report.say(f"takes away: {t.table} {line}")
    for t in result.tables:
        if t.columns:
            named = list(t.columns.items())[: report.most(MOST_SHOWN)]
            columns = ", ".join(f"{name} {n:,}" for name, n in named)
            more = len(t.columns) - len(named)
            tail = f" and {more} more" if more > 0 else ""
            report.say(f"rows that differ: {t.table} {columns}{tail}")


def pushed(report: Report, result: PushResult) -> None:
    """Dates per table that a push replaces or replaced."""
    if result.is_earlier:
        report.say(
            f"push {result.undoes} is rolled back in {result.warehouse}; nothing was changed"
        )
        if result.verified_rows:
            report.say(f"read back and compared: {result.verified_rows:,} rows equal")
        return
    verb = "pushed to" if result.push_id else "against"
    if result.undoes:
        verb = f"push {result.undoes} rolled back in"
    report.say(f"{verb} {result.warehouse}")
    report.table(
        ("table", "new", "changed", "gone", "stale", "same", "rows"),
        (
            (t.table, *map(len, (t.new, t.changed, t.gone, t.stale)), t.same, t.rows)
            for t in result.tables
        ),
    )
    for kind in ("new", "changed", "gone", "stale"):
        by_dates: dict[tuple[dt.date, ...], list[str]] = {}
        for t in result.tables:
            by_dates.setdefault(getattr(t, kind), []).append(t.table)
        for dates, names in by_dates.items():
            if dates:
                which = "all tables" if len(names) == len(result.tables) else ", ".join(names)
                report.say(f"{kind}: {which} {dates_in_words(dates)}")
    _rows_that_differ(report, result)
    if result.push_id:
        report.say(f"push {result.push_id}: {len(result.jobs)} jobs or files")
        report.say(f"read back and compared: {result.verified_rows:,} rows equal")
    elif not any(t.dates or t.stale for t in result.tables):
        report.say("nothing to push")
    else:
        cost = result.cost
        if not cost.queries:
            report.say("files are written; nothing is billed")
            return
        report.say(
            f"{cost.loads} load jobs and {cost.queries} queries, "
            f"which bill {cost.bytes / 1e6:,.0f} MB at most"
        )


def runs(report: Report, newest: Sequence[Mapping[str, Any]]) -> None:
    """Runs: what is running, then the newest."""
    for run in newest:
        asked = run["arguments"]
        if run["status"] == "running":
            report.say(f"running: {run['run_id']}, pid {asked['pid']} on {asked['host']}")
    report.table(
        ("started (UTC)", "run", "status", "seconds", "asked", "did"),
        (
            (
                run["started_at"][:19].replace("T", " "),
                run["run_id"],
                run["status"],
                _seconds(run),
                asked_for(run["arguments"]),
                did(run),
            )
            for run in newest
        ),
        spare=("seconds", "asked"),
    )


def asked_for(arguments: Mapping[str, Any]) -> str:
    """What a run was asked for, in a few words."""
    words = [*arguments.get("seasons", []), arguments.get("warehouse", "")]
    return " ".join(word for word in words if word) or "-"


def did(run: Mapping[str, Any]) -> str:
    """What a run did, in a few words; what went wrong where it failed."""
    result, verb = run["result"], run["verb"]
    if not result:
        return "-"
    if isinstance(result, dict) and (known := {"message", "progress"} & result.keys()):
        return str(result[min(known)])
    if verb == "pull":
        return f"{counted(sum(len(t['changed']) for t in result['tables']), 'date')} changed"
    if verb == "backfill":
        return f"{counted(sum(len(s['changed']) for s in result), 'date')} rewritten"
    if verb in {"push", "rollback"}:
        return f"{counted(result['verified'], 'row')} read back"
    return counted(result["findings"], "finding")


def _seconds(run: Mapping[str, Any]) -> str:
    if not run["finished_at"]:
        return "-"
    start, end = (dt.datetime.fromisoformat(run[k]) for k in ("started_at", "finished_at"))
    return f"{(end - start).total_seconds():.2f}"


def diagnosed(report: Report, findings: Sequence[Mapping[str, str]]) -> None:
    """What doctor looked at, and the fix of what is wrong."""
    for item in findings:
        report.say(f"{item['status']:<5} {item['what']}: {item['found']}")
        if item["fix"]:
            report.say(f"        fix: {item['fix']}")
