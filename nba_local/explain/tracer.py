"""Tracer: follows a date that is not as it should be to its root, link by link.

Where to look next is the content's knowledge (`Table.blames`), what is there the ledger's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nba_local.explain import features
from nba_local.explain import states as state
from nba_local.explain.causes import (
    CLAIM,
    ISSUE,
    LACKS,
    MOST_NAMED,
    NO_ROWS,
    WRITE_TO,
    Cause,
    Link,
    Trace,
)  # fmt: skip
from nba_local.storage import queries

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from nba_local.explain.states import DateState, SeasonStates
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.table import Blame, Table


class Tracer:
    """Finds the roots of one season; remembers what it has found."""

    def __init__(self, work: Workspace, season: SeasonStates) -> None:
        self.work, self.season = work, season
        self._known: dict[tuple[str, dt.date], Trace] = {}
        self._claims: dict[tuple[str, dt.date, str], Trace] = {}
        self._pulls: dict[str, str] = {}
        self._unnamed = getattr(work.registry.calendar, "UNNAMED", frozenset[str]())
        newest_first = [day.date for day in reversed(season.days)]
        self._before = {date: newest_first[n + 1 :] for n, date in enumerate(newest_first)}
        self.again = (f"nba-local pull {season.season}", f"nba-local backfill {season.season}")

    def of(self, table: str, date: dt.date) -> Trace | None:
        """Why a date is not as it should be, with other causes of it; None where it is."""
        trace = self.root_of(table, date)
        if trace is None:
            return None
        cell = self.season.cells[table, date]
        others = dict.fromkeys(self.claim(cell, claim).cause for claim in cell.claims)
        return replace(trace, also=tuple(cause for cause in others if cause != trace.cause))

    def root_of(self, table: str, date: dt.date) -> Trace | None:
        """The same without the other causes, which take longer to find."""
        cell = self.season.cells[table, date]
        if cell.state in {state.OK, state.PUSHED, *state.EMPTY_AS_IT_SHOULD}:
            return None
        return self.trace(cell)

    def trace(self, cell: DateState) -> Trace:
        """Why a date is as it is; it is not as it should be."""
        key = (cell.table, cell.date)
        if key not in self._known:
            table = self.work.registry.table(cell.table)
            made = self._source(cell) if table.is_source else features.trace(self, table, cell)
            self._known[key] = made
        return self._known[key]

    # sources

    def _source(self, cell: DateState) -> Trace:
        if cell.state == state.NOT_PULLED:
            return self.root(cell, "", "never pulled", self._not_pulled(cell.table))
        if cell.state in {state.MISSING, state.INCOMPLETE}:
            names = self.season.expected.missing.get((cell.table, cell.date), ())
            if cell.state == state.MISSING:
                return self.lacks(cell, "")
            return self.lacks(cell, *names)
        return self.claim(cell, cell.claims[0])

    def lacks(self, cell: DateState, *names: str) -> Trace:
        """The root of rows that the warehouse did not have when it was pulled."""
        who = ", ".join(name for name in names[:MOST_NAMED] if name)
        if len(names) > MOST_NAMED:
            who += f" and {len(names) - MOST_NAMED} more"
        sentence = f"no row of {who}" if who else "no rows"
        cause = Cause(
            LACKS if who else NO_ROWS,
            cell.table,
            cell.unit if cell.unit in self._unnamed else who,
            f"the warehouse had {sentence} in {cell.table}",
            f"{WRITE_TO}{self.work.registry.table(cell.table).contract.dataset}.{cell.table}",
            self.again,
        )
        pulled = Link(cell.table, cell.date, "", self._pull_of(cell.table))
        entity = names[0] if len(names) == 1 else ""
        return Trace((Link(cell.table, cell.date, entity, sentence), pulled), cause)

    def _pull_of(self, table: str) -> str:
        """The pull that found a table as it is."""
        if table not in self._pulls:
            self._pulls[table] = self._found_by(table)
        return self._pulls[table]

    def _found_by(self, table: str) -> str:
        for run in queries.runs(self.work.ledger, "pull"):
            is_named = table in run.arguments.get("tables", ()) and run.status == "done"
            if is_named and run.is_about(self.season.season):
                when = run.started_at[:16].replace("T", " ")
                place = run.arguments.get("warehouse", "the warehouse")
                return f"the pull of {when} UTC ({run.run_id}) found none in {place}"
        return "the pull found none in the warehouse"

    def _not_pulled(self, table: str) -> Cause:
        newest = queries.runs(self.work.ledger, "pull", limit=1)
        message = newest[0].message if newest else ""
        failed = f"; the last pull failed: {message}" if message else ""
        return Cause(
            state.NOT_PULLED,
            table,
            "",
            f"{table} of {self.season.season} was never pulled{failed}",
            run=self.again,
        )

    # claims and issues

    def claim(self, cell: DateState, claim: str) -> Trace:
        """Why a claim about a date does not hold."""
        key = (cell.table, cell.date, claim)
        if key not in self._claims:
            self._claims[key] = self._claim(cell, claim)
        return self._claims[key]

    def _claim(self, cell: DateState, claim: str) -> Trace:
        table = self.work.registry.table(cell.table)
        link = Link(cell.table, cell.date, "", self._broken(cell.table, claim))
        if upstream := self.blamed(cell, table.blames.get(claim, ())):
            return upstream.after(link)
        fix = "fix it in the warehouse"
        run: tuple[str, ...] = self.again
        if not table.is_source:
            folder = f"quarantine/{cell.table}/season={self.season.season.year}"
            fix = f"see the rows in {folder}/{claim}.parquet; fix the input or the claim"
            run = self.again[1:]
        text = self._broken(cell.table, claim)
        cause = Cause(CLAIM, cell.table, claim, text, fix, run)
        return Trace((link,), cause)

    def _broken(self, table: str, claim: str) -> str:
        sentence = self.season.claims.get((table, claim), "")
        # what the contract itself finds is not a sentence
        return (
            f"{claim} does not hold: {sentence}"
            if sentence.endswith(".")
            else f"{claim}: {sentence}"
        )

    def unready(self, table: Table, cell: DateState) -> Trace:
        """Why rows of a date may not be used: the most frequent issue that has a root."""
        ready = f"{cell.ready_rows} of {cell.rows} rows ready"
        for issue, number in cell.issues.items():
            if upstream := self.blamed(cell, table.blames.get(issue, ())):
                return upstream.after(Link(cell.table, cell.date, "", f"{ready}; {number} {issue}"))
        issue = next(iter(cell.issues), "")
        text = f"rows of {cell.table} are not ready: {issue or 'no reason given'}"
        cause = Cause(ISSUE, cell.table, issue, text, run=self.again[1:])
        return self.root(cell, "", ready, cause)

    def blamed(self, cell: DateState, blames: Sequence[Blame]) -> Trace | None:
        """The trace of the first that is to blame; None where nothing is wrong anywhere."""
        for blame in blames:
            if blame.table:
                trace = self._blamed(cell, blame)
            else:
                table = self.work.registry.table(cell.table)
                trace = self.unready(table, cell) if cell.issues else None
            if trace:
                return trace
        return None

    def _blamed(self, cell: DateState, blame: Blame) -> Trace | None:
        dates = self._before[cell.date] if blame.earlier else [cell.date]
        if blame.claim:
            for date in dates:
                other = self.season.cells[blame.table, date]
                if blame.claim in other.claims:
                    return self.claim(other, blame.claim)
        for date in dates:
            other = self.season.cells[blame.table, date]
            if other.state in state.GAPS:
                return self.trace(other)
        if blame.earlier:
            return None
        other = self.season.cells[blame.table, cell.date]
        table = self.work.registry.table(blame.table)
        if not table.is_source and other.issues:
            trace = self.unready(table, other)
            return None if trace.cause.kind == ISSUE else trace
        return self.trace(other) if other.state == state.WARNED else None

    def look(self, table: str) -> tuple[str, ...]:
        """The command that shows what is recorded of a table; it changes nothing."""
        where = f"table_name = '{table}' AND season = {self.season.season.year}"
        return (f'nba-local sql "FROM ledger_non_rows WHERE {where}"',)

    @staticmethod
    def root(cell: DateState, entity: str, sentence: str, cause: Cause) -> Trace:
        """A trace that ends where it begins."""
        return Trace((Link(cell.table, cell.date, entity, sentence),), cause)
