"""Causes: from a date that is not as it should be, link by link, to what has to be mended.

A link leads to a table upstream, on the same date or an earlier one; the last one is the root.
Where to look next is the content's knowledge (`Table.blames`), what is there the ledger's.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from nba_local.explain import states as state
from nba_local.push.receipts import COMMITTED, VERIFIED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nba_local.explain.states import Cell, SeasonStates
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.table import Blame, Table

NO_ROWS, LACKS, CLAIM, ISSUE = "no_rows", "lacks", "claim", "issue"
DROPPED, TOO_FEW, BELOW, UNKNOWN = "dropped", "too_few_games", "below_minimum", "unexplained"
"""Kinds of roots beside the states that are roots themselves."""

MOST_NAMED = 6
"""Entities that a sentence names."""


@dataclass(frozen=True, slots=True)
class Link:
    """One step of an explanation: what is wrong there. entity: of whom; empty for the date."""

    table: str
    date: dt.date
    entity: str
    said: str


@dataclass(frozen=True, slots=True)
class Cause:
    """What has to be mended. Equal causes are one, on however many dates.

    kind: What sort of trouble. table: Where. what: Who or what of it. text: As a clause.
    mend: What to do by hand first; empty where commands do. run: Commands to type then.
    """

    kind: str
    table: str
    what: str
    text: str
    mend: str = ""
    run: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """Why something is as it is: the way to the root, and other causes of the same date."""

    links: tuple[Link, ...]
    cause: Cause
    also: tuple[Cause, ...] = ()

    def after(self, link: Link) -> Trace:
        """The same trace one step further away from its root."""
        return Trace((link, *self.links), self.cause, self.also)


class Tracer:
    """Finds the roots of one season; remembers what it has found."""

    def __init__(self, work: Workspace, season: SeasonStates) -> None:
        self.work, self.season = work, season
        self._known: dict[tuple[str, dt.date], Trace] = {}
        self._claims: dict[tuple[str, dt.date, str], Trace] = {}
        self._pulls: dict[str, str] = {}
        newest_first = [day.date for day in reversed(season.days)]
        self._before = {date: newest_first[n + 1 :] for n, date in enumerate(newest_first)}
        self.again = (f"nba-local pull {season.season}", f"nba-local backfill {season.season}")

    def of(self, table: str, date: dt.date) -> Trace | None:
        """Why a date is not as it should be, with other causes of it; None where it is."""
        found = self.root_of(table, date)
        if found is None:
            return None
        cell = self.season.cells[table, date]
        others = dict.fromkeys(self.claim(cell, claim).cause for claim in cell.claims)
        return replace(found, also=tuple(cause for cause in others if cause != found.cause))

    def root_of(self, table: str, date: dt.date) -> Trace | None:
        """The same without the other causes, which take longer to find."""
        cell = self.season.cells[table, date]
        if cell.state in {state.OK, state.PUSHED, *state.EMPTY_AS_IT_SHOULD}:
            return None
        return self._of(cell)

    def _of(self, cell: Cell) -> Trace:
        key = (cell.table, cell.date)
        if key not in self._known:
            table = self.work.registry.table(cell.table)
            found = self._source(cell) if table.is_source else self._feature(table, cell)
            self._known[key] = found
        return self._known[key]

    # sources

    def _source(self, cell: Cell) -> Trace:
        if cell.state == state.NOT_PULLED:
            return self.root(cell, "", "never pulled", self._not_pulled(cell.table))
        if cell.state in {state.MISSING, state.INCOMPLETE}:
            names = self.season.expected.missing.get((cell.table, cell.date), ())
            if cell.state == state.MISSING:
                return self.lacks(cell, "")
            return self.lacks(cell, *names)
        return self.claim(cell, cell.claims[0])

    def lacks(self, cell: Cell, *names: str) -> Trace:
        """The root of rows that the warehouse did not have when it was pulled."""
        who = ", ".join(name for name in names[:MOST_NAMED] if name)
        if len(names) > MOST_NAMED:
            who += f" and {len(names) - MOST_NAMED} more"
        said = f"no row of {who}" if who else "no rows"
        cause = Cause(
            LACKS if who else NO_ROWS,
            cell.table,
            # players differ from date to date, teams are a cause of their own
            who if cell.unit != "players" else "players",
            f"the warehouse had {said} in {cell.table}",
            f"write them to {self.work.registry.table(cell.table).contract.dataset}.{cell.table}",
            self.again,
        )
        pulled = Link(cell.table, cell.date, "", self._pull_of(cell.table))
        entity = names[0] if len(names) == 1 else ""
        return Trace((Link(cell.table, cell.date, entity, said), pulled), cause)

    def _pull_of(self, table: str) -> str:
        """The pull that found a table as it is."""
        if table not in self._pulls:
            self._pulls[table] = self._found_by(table)
        return self._pulls[table]

    def _found_by(self, table: str) -> str:
        for row in self.work.ledger.rows(
            "SELECT run_id, started_at, status, arguments FROM runs WHERE verb = 'pull' "
            "ORDER BY started_at DESC"
        ):
            told = json.loads(row["arguments"])
            is_named = table in told.get("tables", ()) and row["status"] == "done"
            if is_named and str(self.season.season) in told.get("seasons", ()):
                when = row["started_at"][:16].replace("T", " ")
                place = told.get("warehouse", "the warehouse")
                return f"the pull of {when} UTC ({row['run_id']}) found none in {place}"
        return "the pull found none in the warehouse"

    def _not_pulled(self, table: str) -> Cause:
        rows = self.work.ledger.rows(
            "SELECT status, result FROM runs WHERE verb = 'pull' ORDER BY started_at DESC LIMIT 1"
        )
        told = (json.loads(rows[0]["result"] or "null") if rows else None) or {}
        failed = f"; the last pull failed: {told['message']}" if "message" in told else ""
        return Cause(
            state.NOT_PULLED,
            table,
            "",
            f"{table} of {self.season.season} was never pulled{failed}",
            run=self.again,
        )

    # features

    def _feature(self, table: Table, cell: Cell) -> Trace:
        if cell.state in {state.NOT_COMPUTED, state.FAILED, state.STALE}:
            return self._undone(table, cell)
        if cell.state in {state.NOT_PUSHED, state.UNVERIFIED}:
            return self._unpushed(cell)
        if cell.state == state.MISSING:
            upstream = cell.detail.rpartition(".")[2]
            return self._upstream(cell, upstream).after(
                Link(cell.table, cell.date, "", f"no rows for want of {upstream}")
            )
        if cell.state == state.INCOMPLETE:
            return self._incomplete(table, cell)
        return self.claim(cell, cell.claims[0] if cell.claims else cell.detail)

    def _upstream(self, cell: Cell, upstream: str) -> Trace:
        """The trace of another table on the date of `cell`."""
        other = self.season.cells.get((upstream, cell.date))
        if other and other.state not in {state.OK, state.PUSHED, *state.EMPTY_AS_IT_SHOULD}:
            return self._of(other)
        if other and other.state == state.INSUFFICIENT:
            text = f"{upstream} has too little history for any row"
            return Trace((), Cause(TOO_FEW, upstream, "", text, self._fewer(upstream)))
        text = f"{cell.table} asks for more of {upstream} than there is so far"
        told = f"{text} ({self._asks(cell.table)})"
        return Trace((), Cause(BELOW, cell.table, upstream, told, self._fewer(cell.table)))

    @staticmethod
    def _fewer(table: str) -> str:
        return f"wait for more games, or ask for fewer: --set {table}.min_games=N"

    def _asks(self, table: str) -> str:
        """The settings of a table, in words."""
        rules = self.work.rules
        told = ", ".join(f"{name} {value}" for name, value in asdict(rules.of(table)).items())
        return f"rules `{rules.name}`: {told}"

    def _undone(self, table: Table, cell: Cell) -> Trace:
        season = self.season.season
        again = (f"nba-local backfill {season}",)
        if cell.state == state.FAILED:
            text = f"{cell.detail} did not end well{self._message(cell.detail)}"
            cause = Cause(state.FAILED, cell.table, cell.detail, text, run=again)
            return self.root(cell, "", f"the run {cell.detail} failed here", cause)
        for name in self._sources_of(table):
            source = self.season.cells[name, cell.date]
            if source.state == state.NOT_PULLED:
                return self._of(source).after(Link(cell.table, cell.date, "", "not computed"))
        step = self.season.steps.get(cell.table)
        if cell.state == state.NOT_COMPUTED or step is None:
            text = f"no backfill of {season} has computed {cell.table}"
            cause = Cause(state.NOT_COMPUTED, cell.table, "", text, run=again)
            return self.root(cell, "", "not computed", cause)
        own = [r for r in step.reasons if not r.code.startswith("input")]
        said = "; ".join(r.text for r in (own or step.reasons))
        if not own:
            for name in table.inputs:
                other = self.season.cells.get((name, cell.date))
                if other and other.state == state.STALE:
                    return self._of(other).after(Link(cell.table, cell.date, "", f"stale: {said}"))
        what = state.kind_of((own or step.reasons)[0].code)
        if what == "rules" and (mode := self._was_off()):
            said += f": backfill mode: {mode}"
        cause = Cause(f"{state.STALE}({what})", cell.table, "", f"{cell.table}: {said}", run=again)
        return self.root(cell, "", f"stale: {said}", cause)

    def _sources_of(self, table: Table) -> list[str]:
        """The source tables that a feature table is made of, near and far."""
        found: dict[str, None] = {}
        for name in table.inputs:
            other = self.work.registry.table(name)
            found |= dict.fromkeys([name] if other.is_source else self._sources_of(other))
        return list(found)

    def _message(self, run: str) -> str:
        rows = self.work.ledger.rows("SELECT status, result FROM runs WHERE run_id = ?", (run,))
        told = json.loads(rows[0]["result"] or "null") if rows else None
        message = told.get("message", "") if isinstance(told, dict) else ""
        return f": {message}" if message else f" ({rows[0]['status']})" if rows else ""

    def _unpushed(self, cell: Cell) -> Trace:
        season = self.season.season
        place = self.work.ledger.rows(
            "SELECT warehouse FROM push_runs WHERE status IN (?, ?) "
            "ORDER BY base_as_of DESC LIMIT 1",
            (COMMITTED, VERIFIED),
        )[0]["warehouse"]
        if cell.state == state.NOT_PUSHED:
            text, verb = f"published here, not pushed to {place}", "push"
        else:
            text, verb = f"pushed to {place}, not read back or changed there since", "verify"
        cause = Cause(cell.state, "", place, text, run=(f"nba-local {verb} {season}",))
        return self.root(cell, "", text, cause)

    def _incomplete(self, table: Table, cell: Cell) -> Trace:
        """A date with too few rows, teams or ready rows."""
        if cell.rows and cell.found == cell.expected:  # all are there, none is ready
            return self._unready(table, cell)
        lost = sorted(state.LOST, key=lambda reason: -cell.lacking.get(reason, 0))
        for reason in (*lost, "teams", state.INSUFFICIENT):
            number = cell.lacking.get(reason, 0)
            told = f"; {number} without a row: {reason}" if number else ""
            link = Link(cell.table, cell.date, "", f"{cell.detail}{told}")
            if number and reason == "incomplete_data":
                return Trace((link,), self.dropped(cell.table))
            # teams that nobody lists are nobody's non-rows: ask what drives the table
            asks = "upstream_missing" if reason == "teams" and cell.unit == "teams" else reason
            blames = table.blames.get(asks, ()) if number or asks != reason else ()
            if found := self.blamed(cell, blames):
                return found.after(link)
        for name in table.inputs:
            other = self.season.cells.get((name, cell.date))
            if other and other.state in state.GAPS:
                return self._of(other).after(Link(cell.table, cell.date, "", cell.detail))
        return self._short(cell)

    def _short(self, cell: Cell) -> Trace:
        """The root of rows that are missing although nothing upstream is."""
        reasons = [r for r in (*state.LOST, state.INSUFFICIENT) if r in cell.lacking]
        if not reasons:
            text = f"{cell.table} has fewer {cell.unit} than it should"
            cause = Cause(UNKNOWN, cell.table, cell.unit, text, run=self.check(self.season.season))
            return self.root(cell, "", cell.detail, cause)
        reason = max(reasons, key=lambda name: cell.lacking[name])
        if reason == state.INSUFFICIENT:
            text = f"{cell.unit} of {cell.table} have too few games behind them"
            cause = Cause(TOO_FEW, cell.table, cell.unit, text, self._fewer(cell.table))
            return self.root(cell, "", cell.detail, cause)
        details = self.work.ledger.rows(
            "SELECT detail FROM non_rows WHERE table_name = ? AND date = ? AND reason = ? "
            "GROUP BY detail ORDER BY count(*) DESC LIMIT 1",
            (cell.table, cell.date.isoformat(), reason),
        )
        detail = details[0]["detail"]
        cause = Cause(reason, cell.table, detail, f"rows of {cell.table} are missing: {detail}")
        said = f"{cell.detail}; {cell.lacking[reason]} without a row: {reason}"
        return self.root(cell, "", said, cause)

    def dropped(self, table: str) -> Cause:
        """The root of rows that are not there because they are not production ready."""
        return Cause(
            DROPPED,
            table,
            "incomplete_data",
            "checks were enforced: rows that are not ready were dropped, as production does "
            f"outside backfill mode ({self._mode()})",
            "choose backfill mode (backfill_mode=True) or rules under which such rows are flagged: "
            "--rules corrected, with another --data",
        )

    def _mode(self) -> str:
        return self._was_off() or f"the rules `{self.work.rules.name}` drop them"

    def _was_off(self) -> str:
        """That the newest backfill of the season was not in backfill mode; empty where it was."""
        for row in self.work.ledger.rows(
            "SELECT run_id, arguments FROM runs WHERE verb = 'backfill' ORDER BY started_at DESC"
        ):
            told = json.loads(row["arguments"])
            if str(self.season.season) in told.get("seasons", ()):
                options = told.get("options") or {"backfill_mode": True}
                given = ", ".join(options.get("given", ())) or "no options"
                off = f"it was off in {row['run_id']}, which was given {given}"
                return "" if options["backfill_mode"] else off
        return ""

    # claims and issues

    def claim(self, cell: Cell, claim: str) -> Trace:
        """Why a claim about a date does not hold."""
        key = (cell.table, cell.date, claim)
        if key not in self._claims:
            self._claims[key] = self._claim(cell, claim)
        return self._claims[key]

    def _claim(self, cell: Cell, claim: str) -> Trace:
        table = self.work.registry.table(cell.table)
        link = Link(cell.table, cell.date, "", self._broken(cell.table, claim))
        if found := self.blamed(cell, table.blames.get(claim, ())):
            return found.after(link)
        mend, run = "", self.check(self.season.season)
        if table.is_source:
            mend, run = "mend it in the warehouse", self.again
        text = self._broken(cell.table, claim)
        cause = Cause(CLAIM, cell.table, claim, text, mend, run)
        return Trace((link,), cause)

    def _broken(self, table: str, claim: str) -> str:
        told = self.season.claims.get((table, claim), "")
        # what the contract itself finds is not a sentence
        return f"{claim} does not hold: {told}" if told.endswith(".") else f"{claim}: {told}"

    def _unready(self, table: Table, cell: Cell) -> Trace:
        """Why rows of a date may not be used: the most frequent issue that has a root."""
        ready = f"{cell.ready_rows} of {cell.rows} rows ready"
        for issue, number in cell.issues.items():
            if found := self.blamed(cell, table.blames.get(issue, ())):
                return found.after(Link(cell.table, cell.date, "", f"{ready}; {number} {issue}"))
        issue = next(iter(cell.issues), "")
        text = f"rows of {cell.table} are not ready: {issue or 'no reason given'}"
        cause = Cause(ISSUE, cell.table, issue, text, run=self.again[1:])
        return self.root(cell, "", ready, cause)

    def blamed(self, cell: Cell, blames: Sequence[Blame]) -> Trace | None:
        """The trace of the first that is to blame; None where nothing is wrong anywhere."""
        for blame in blames:
            if blame.table:
                found = self._blamed(cell, blame)
            else:
                table = self.work.registry.table(cell.table)
                found = self._unready(table, cell) if cell.issues else None
            if found:
                return found
        return None

    def _blamed(self, cell: Cell, blame: Blame) -> Trace | None:
        dates = self._before[cell.date] if blame.earlier else [cell.date]
        if blame.claim:
            for date in dates:
                other = self.season.cells[blame.table, date]
                if blame.claim in other.claims:
                    return self.claim(other, blame.claim)
        for date in dates:
            other = self.season.cells[blame.table, date]
            if other.state in state.GAPS:
                return self._of(other)
        if blame.earlier:
            return None
        other = self.season.cells[blame.table, cell.date]
        table = self.work.registry.table(blame.table)
        if not table.is_source and other.issues:
            found = self._unready(table, other)
            return None if found.cause.kind == ISSUE else found
        return self._of(other) if other.state == state.WARNED else None

    @staticmethod
    def check(what: dt.date | Season) -> tuple[str, ...]:
        """The command that looks at a date or a season once more."""
        return (f"nba-local check {what}",)

    @staticmethod
    def root(cell: Cell, entity: str, said: str, cause: Cause) -> Trace:
        """A trace that ends where it begins."""
        return Trace((Link(cell.table, cell.date, entity, said),), cause)


@dataclass(frozen=True, slots=True)
class Gap:
    """A cause with the dates it spoils, by table. is_gap: rows lack; else they are doubtful."""

    cause: Cause
    dates: Mapping[str, tuple[dt.date, ...]]
    is_gap: bool


def gaps(tracer: Tracer, tables: Sequence[str], dates: Sequence[dt.date]) -> tuple[Gap, ...]:
    """The roots of all dates that are not as they should be, the one that spoils most first."""
    found: dict[tuple[bool, Cause], dict[str, list[dt.date]]] = {}
    for table in tables:
        for date in dates:
            trace = tracer.root_of(table, date)
            if trace:
                is_gap = tracer.season.cells[table, date].state in state.GAPS
                found.setdefault((is_gap, trace.cause), {}).setdefault(table, []).append(date)
    every = [
        Gap(cause, {name: tuple(days) for name, days in by_table.items()}, is_gap)
        for (is_gap, cause), by_table in found.items()
    ]
    size = {id(gap): sum(map(len, gap.dates.values())) for gap in every}
    return tuple(sorted(every, key=lambda gap: (not gap.is_gap, -size[id(gap)])))
