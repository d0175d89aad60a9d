"""Features: why a date of a feature table is not as it should be."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from nba_local.explain import states as state
from nba_local.explain.causes import BELOW, DROPPED, TOO_FEW, UNKNOWN, Cause, Link, Trace
from nba_local.storage import queries

if TYPE_CHECKING:
    from nba_local.explain.states import DateState
    from nba_local.explain.tracer import Tracer
    from nba_local.tables.table import Table


def trace(tracer: Tracer, table: Table, cell: DateState) -> Trace:
    """Why a date of a feature table is as it is; it is not as it should be."""
    if cell.state in {state.NOT_COMPUTED, state.FAILED, state.STALE}:
        return _undone(tracer, table, cell)
    if cell.state in {state.NOT_PUSHED, state.UNVERIFIED}:
        return _unpushed(tracer, cell)
    if cell.state == state.MISSING:
        upstream = cell.detail.rpartition(".")[2]
        return _upstream(tracer, cell, upstream).after(
            Link(cell.table, cell.date, "", f"no rows for want of {upstream}")
        )
    if cell.state == state.INCOMPLETE:
        return _incomplete(tracer, table, cell)
    if cell.held_by:
        sentence = f"held back by a claim about {cell.held_by}; the rows of before are kept"
        source = tracer.season.cells[cell.held_by, cell.date]
        return tracer.claim(source, cell.detail).after(Link(cell.table, cell.date, "", sentence))
    return tracer.claim(cell, cell.claims[0] if cell.claims else cell.detail)


def _upstream(tracer: Tracer, cell: DateState, upstream: str) -> Trace:
    """The trace of another table on the date of `cell`."""
    other = tracer.season.cells.get((upstream, cell.date))
    if other and other.state not in {state.OK, state.PUSHED, *state.EMPTY_AS_IT_SHOULD}:
        return tracer.trace(other)
    if other and other.state == state.INSUFFICIENT:
        text = f"{upstream} has too little history for any row"
        return Trace((), Cause(TOO_FEW, upstream, "", text, _fewer(upstream)))
    text = f"{cell.table} asks for more of {upstream} than there is so far"
    sentence = f"{text} ({_asks(tracer, cell.table)})"
    return Trace((), Cause(BELOW, cell.table, upstream, sentence, _fewer(cell.table)))


def _fewer(table: str) -> str:
    return f"wait for more games, or ask for fewer: --set {table}.min_games=N"


def _asks(tracer: Tracer, table: str) -> str:
    """The settings of a table, in words."""
    rules = tracer.work.rules
    settings = ", ".join(f"{name} {value}" for name, value in asdict(rules.of(table)).items())
    return f"rules `{rules.name}`: {settings}"


def _undone(tracer: Tracer, table: Table, cell: DateState) -> Trace:
    season = tracer.season.season
    again = (f"nba-local backfill {season}",)
    if cell.state == state.FAILED:
        text = f"{cell.detail} did not end well{_message(tracer, cell.detail)}"
        cause = Cause(state.FAILED, cell.table, cell.detail, text, run=again)
        return tracer.root(cell, "", f"the run {cell.detail} failed here", cause)
    for name in sources_near_and_far(tracer, table):
        source = tracer.season.cells[name, cell.date]
        if source.state == state.NOT_PULLED:
            return tracer.trace(source).after(Link(cell.table, cell.date, "", "not computed"))
    step = tracer.season.steps.get(cell.table)
    if cell.state == state.NOT_COMPUTED or step is None:
        text = f"no backfill of {season} has computed {cell.table}"
        cause = Cause(state.NOT_COMPUTED, cell.table, "", text, run=again)
        return tracer.root(cell, "", "not computed", cause)
    own = [r for r in step.reasons if not r.code.startswith("input")]
    sentence = "; ".join(r.text for r in (own or step.reasons))
    if not own:
        for name in table.inputs:
            other = tracer.season.cells.get((name, cell.date))
            if other and other.state == state.STALE:
                return tracer.trace(other).after(
                    Link(cell.table, cell.date, "", f"stale: {sentence}")
                )
    what = state.kind_of((own or step.reasons)[0].code)
    if what == "rules" and (mode := _was_off(tracer)):
        sentence += f": backfill mode: {mode}"
    cause = Cause(f"{state.STALE}({what})", cell.table, "", f"{cell.table}: {sentence}", run=again)
    return tracer.root(cell, "", f"stale: {sentence}", cause)


def sources_near_and_far(tracer: Tracer, table: Table) -> list[str]:
    """The source tables that a feature table is made of, near and far."""
    names: dict[str, None] = {}
    for name in table.inputs:
        other = tracer.work.registry.table(name)
        names |= dict.fromkeys([name] if other.is_source else sources_near_and_far(tracer, other))
    return list(names)


def _message(tracer: Tracer, run: str) -> str:
    recorded = queries.run(tracer.work.ledger, run)
    if recorded is None:
        return ""
    return f": {recorded.message}" if recorded.message else f" ({recorded.status})"


def _unpushed(tracer: Tracer, cell: DateState) -> Trace:
    season = tracer.season.season
    place = queries.last_target(tracer.work.ledger)
    if cell.state == state.NOT_PUSHED:
        text, verb = f"published here, not pushed to {place}", "push"
    else:
        text, verb = f"pushed to {place}, not read back or changed there since", "verify"
    cause = Cause(cell.state, "", place, text, run=(f"nba-local {verb} {season}",))
    return tracer.root(cell, "", text, cause)


def _incomplete(tracer: Tracer, table: Table, cell: DateState) -> Trace:
    """A date with too few rows, entities or ready rows."""
    if cell.rows and cell.found == cell.expected:  # all are there, none is ready
        return tracer.unready(table, cell)
    lost = sorted(state.LOST, key=lambda reason: -cell.lacking.get(reason, 0))
    for reason in (*lost, table.unit, state.INSUFFICIENT):
        number = cell.lacking.get(reason, 0)
        lost_rows = f"; {number} without a row: {reason}" if number else ""
        link = Link(cell.table, cell.date, "", f"{cell.detail}{lost_rows}")
        if number and reason == "incomplete_data":
            return Trace((link,), dropped(tracer, cell.table))
        # entities that nothing lists are in no non-row: ask what drives the table
        asks = "upstream_missing" if reason and reason == table.unit == cell.unit else reason
        blames = table.blames.get(asks, ()) if number or asks != reason else ()
        if cause_trace := tracer.blamed(cell, blames):
            return cause_trace.after(link)
    for name in table.inputs:
        other = tracer.season.cells.get((name, cell.date))
        if other and other.state in state.GAPS:
            return tracer.trace(other).after(Link(cell.table, cell.date, "", cell.detail))
    return _short(tracer, cell)


def _short(tracer: Tracer, cell: DateState) -> Trace:
    """The root of rows that are missing although nothing upstream is."""
    reasons = [r for r in (*state.LOST, state.INSUFFICIENT) if r in cell.lacking]
    if not reasons:
        text = f"{cell.table} has fewer {cell.unit} than it should"
        cause = Cause(UNKNOWN, cell.table, cell.unit, text, run=tracer.look(cell.table))
        return tracer.root(cell, "", cell.detail, cause)
    reason = max(reasons, key=lambda name: cell.lacking[name])
    if reason == state.INSUFFICIENT:
        text = f"{cell.unit} of {cell.table} have too few games behind them"
        cause = Cause(TOO_FEW, cell.table, cell.unit, text, _fewer(cell.table))
        return tracer.root(cell, "", cell.detail, cause)
    detail = queries.commonest_detail(tracer.work.ledger, cell.table, cell.date, reason)
    cause = Cause(reason, cell.table, detail, f"rows of {cell.table} are missing: {detail}")
    sentence = f"{cell.detail}; {cell.lacking[reason]} without a row: {reason}"
    return tracer.root(cell, "", sentence, cause)


def dropped(tracer: Tracer, table: str) -> Cause:
    """The root of rows that are not there because they are not production ready."""
    return Cause(
        DROPPED,
        table,
        "incomplete_data",
        "checks were enforced: rows that are not ready were dropped, as production does "
        f"outside backfill mode ({_mode(tracer)})",
        "choose backfill mode (backfill_mode=True) or rules under which such rows are flagged: "
        "--rules corrected, with another --data",
    )


def _mode(tracer: Tracer) -> str:
    return _was_off(tracer) or f"the rules `{tracer.work.rules.name}` drop them"


def _was_off(tracer: Tracer) -> str:
    """That the newest backfill of the season was not in backfill mode; empty where it was."""
    for run in queries.runs(tracer.work.ledger, "backfill"):
        if run.is_about(tracer.season.season):
            options = run.arguments.get("options") or {"backfill_mode": True}
            given = ", ".join(options.get("given", ())) or "no options"
            off = f"it was off in {run.run_id}, which was given {given}"
            return off if options["backfill_mode"] is False else ""
    return ""
