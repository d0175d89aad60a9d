"""Why: one date of one table, or one entity on it, explained down to the raw table."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl

from nba_local.compute.expected import sources_of
from nba_local.errors import UsageError
from nba_local.explain import states as state
from nba_local.explain.causes import CLAIM, ISSUE, Cause, Link, Trace
from nba_local.explain.features import dropped, sources_near_and_far
from nba_local.explain.tracer import Tracer
from nba_local.storage import queries
from nba_local.storage.duck import counted_when
from nba_local.tables.shown import line, page

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from nba_local.explain.states import DateState
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.table import Blame, Table


@dataclass(frozen=True, slots=True)
class Why:
    """An explanation.

    cell: The date. entity: Who was asked for; empty for the date as a whole. said: What is so, in
    a sentence. trace: Why; None where all is as it should be. unchecked: Source tables whose
    claims did not run on the rows that are stored now, so that they may hide a cause.
    columns: Of the table's sources, what is NULL all season and should not be, or is unlike itself
    on the date, as sentences.
    """

    cell: DateState
    entity: str
    said: str
    trace: Trace | None
    unchecked: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    def __repr__(self) -> str:
        about = f"{self.cell.table} {self.cell.date} {self.entity}".strip()
        cause = f"cause: {self.trace.cause.text}" if self.trace else ""
        return line("Why", f"{about}: {self.said}", cause)

    def _repr_html_(self) -> str:
        facts = [("what", self.said)]
        if self.trace:
            facts += [("because", link.said) for link in self.trace.links]
            facts += [("cause", self.trace.cause.text), ("fix", self.trace.cause.fix)]
            facts += [("type", command) for command in self.trace.cause.run]
        facts += [("not checked", table) for table in self.unchecked]
        facts += [("column", column) for column in self.columns]
        about = f"{self.cell.table} {self.cell.date} {self.entity}".strip()
        return page(about, ("", ""), [fact for fact in facts if fact[1]])


def why(work: Workspace, table: Table, date: dt.date, entity: str = "") -> Why:
    """Explain `date` of `table`, or `entity` on it. Reads the ledger and stored rows.

    Raises:
        UsageError: The date lies outside the season's dates, or nobody is called `entity`.
    """
    season = state.states(work, work.bounds.of(date))
    if (table.name, date) not in season.cells:
        days = [day.date for day in season.days]
        span = f", which has {days[0]} to {days[-1]}" if days else ", which was never pulled"
        raise UsageError(
            f"{date} is not a date of {season.season}{span}",
            hint=f"nba-local coverage {season.season}"
            if days
            else f"nba-local pull --season {season.season}",
        )
    tracer = Tracer(work, season)
    cell = season.cells[table.name, date]
    more = (season.unchecked, _columns(tracer, table, date))
    if not entity:
        return Why(cell, "", of_date(cell), tracer.of(table.name, date), *more)
    asked = _Asked(tracer, date, entity)
    asked.require()
    answer = asked.of(table, entity)
    if answer.trace is None and cell.state in {state.WARNED, state.QUARANTINED}:
        # the claims are about all rows of the date: they may be about this one
        sentence = f"{answer.said}; the date is {cell.state} ({cell.detail})"
        answer = _Answer(sentence, tracer.of(table.name, date))
    return Why(cell, entity, answer.said, answer.trace, *more)


def _columns(tracer: Tracer, table: Table, date: dt.date) -> tuple[str, ...]:
    """Columns of the sources of `table` that say nothing, all season or on the date."""
    names = [table.name] if table.is_source else sources_near_and_far(tracer, table)
    silent = [
        f"{name}: NULL all season: {', '.join(columns)}"
        for name in names
        if (columns := [fill.column for fill in tracer.season.silent if fill.table == name])
    ]
    unusual = [
        f"{one.table}.{one.column} on {one.date}: {one.detail}"
        for one in tracer.season.unusual
        if one.table in names and one.date == date
    ]
    return (*silent, *unusual)


def of_date(cell: DateState) -> str:
    """A date in a sentence."""
    texts = {
        state.NO_GAMES: "no league game on this date; no rows are expected",
        state.OTHER_GAMES: f"only games of other sides ({cell.detail}); no rows are expected",
        state.BOOTSTRAP: "among the bootstrap days of the season; no rows are expected",
        state.INSUFFICIENT: "too few games before it; no rows are expected",
        state.NOT_DUE: "its games are not over; no rows are expected yet",
        state.NOT_PULLED: "never pulled",
        state.NOT_COMPUTED: "not computed",
    }
    if cell.state in texts:
        return texts[cell.state]
    counted = f"{cell.rows:,} rows" if cell.rows else "no rows"
    if cell.expected:
        counted = f"{cell.found:,} of {cell.expected:,} {cell.unit}"
    ready = f", {cell.ready_rows:,} ready" if cell.ready_rows or cell.issues else ""
    detail = f" ({cell.detail})" if cell.detail else ""
    return f"{cell.state}{detail}: {counted}{ready}"


@dataclass(frozen=True, slots=True)
class _Answer:
    said: str
    trace: Trace | None = None


class _Asked:
    """One question about one date: what tables have of an entity, and why not."""

    def __init__(self, tracer: Tracer, date: dt.date, entity: str) -> None:
        self.tracer, self.work, self.season = tracer, tracer.work, tracer.season
        self.date, self.asked = date, entity
        self.roles, self.uncounted = cache(self._roles), cache(self._uncounted)
        self.broken = cache(self._broken)

    def require(self) -> None:
        """Refuse a name that no table of the season knows."""
        known: set[str] = set()
        for table in self.work.registry.sources:
            if any(table.name == name for name, _ in self.season.expected.due):
                rows = self.work.store.scan("raw", table, [self.season.season])
                names = rows.select(pl.col(table.entity).drop_nulls().unique()).collect()
                known.update(names.to_series().to_list())
        missing = {name for names in self.season.expected.missing.values() for name in names}
        if self.asked not in known | missing:
            calendar = self.work.registry.calendar
            kind = getattr(calendar, "ENTITY", "entity")
            error = UsageError.unknown(kind, self.asked, known | missing)
            raise UsageError(error.message, hint=getattr(calendar, "ENTITY_HINT", "") or error.hint)

    def _roles(self, entity: str) -> dict[str, str]:
        calendar = self.work.registry.calendar
        if calendar is None:
            return {}
        sources = sources_of(self.work, self.season.season)
        return dict(calendar.roles(sources, entity=entity, date=self.date))

    def _group(self, entity: str) -> str:
        """The entity whose rows those of `entity` depend on; empty where there is none."""
        return self.roles(entity).get(getattr(self.work.registry.calendar, "GROUP", ""), "")

    def of(self, table: Table, entity: str) -> _Answer:
        """What `table` has of `entity` on the date."""
        cell = self.season.cells[table.name, self.date]
        if cell.state in state.EMPTY_AS_IT_SHOULD:
            return _Answer(of_date(cell))
        if not table.is_source and cell.state in BY_DATE:
            return _Answer(of_date(cell), self.tracer.of(table.name, self.date))
        if table.is_source:
            return self._source(table, cell, entity)
        return self._row(table, cell, entity)

    def _row(self, table: Table, cell: DateState, entity: str) -> _Answer:
        absent = queries.non_row(self.work.ledger, table.name, self.date, entity)
        if absent:
            reason, detail = absent.reason, absent.detail
            sentence = f"no row: {reason} ({detail})"
            link = Link(table.name, self.date, entity, sentence)
            if reason == "incomplete_data":
                return _Answer(sentence, Trace((link,), dropped(self.tracer, table.name)))
            trace = self._blamed(cell, entity, table.blames.get(reason, ()))
            trace = trace or self._aside_of(table, entity)
            if trace is None and reason in state.LOST:
                text = f"{table.name} has no row of {entity}: {detail}"
                trace = Trace(
                    (), Cause(reason, table.name, entity, text, run=self.tracer.look(table.name))
                )
            return _Answer(sentence, trace and trace.after(link))
        row = self._stored("published", table, entity)
        if row is None:
            return self._unlisted(table, cell, entity)
        if row.get(table.ready_column) is not False:
            return _Answer("the row is there, and ready")
        return self._unready(table, cell, entity, list(row.get(table.issues_column) or ()))

    def _unlisted(self, table: Table, cell: DateState, entity: str) -> _Answer:
        """Neither a row nor a reason for its absence: what drives the table does not know it."""
        blames = table.blames.get("upstream_missing")
        driver = self.work.registry.table(blames[0].table) if blames else None
        if driver is None or not driver.is_source:
            return _Answer(f"no row: {entity} has nothing in {' or '.join(table.inputs)} before it")
        names = {entity, self._group(entity)}
        lost = names & set(self._missing(driver.name, cell.date))
        if not lost:
            return _Answer(f"no row, and none is due: {entity} is not in {driver.name} of the date")
        link = Link(table.name, cell.date, entity, "no row")
        there = self.season.cells[driver.name, cell.date]
        return _Answer("no row", self.tracer.lacks(there, min(lost)).after(link))

    def _unready(self, table: Table, cell: DateState, entity: str, issues: list[str]) -> _Answer:
        sentence = f"the row is there, but not ready: {', '.join(issues)}"
        link = Link(table.name, self.date, entity, sentence)
        traces = [
            trace
            for issue in issues
            if (trace := self._blamed(cell, entity, table.blames.get(issue, ())))
        ]
        if not traces:
            text = f"rows of {table.name} have {', '.join(issues)}"
            cause = Cause(
                ISSUE, table.name, ", ".join(issues), text, run=self.tracer.look(table.name)
            )
            return _Answer(sentence, Trace((link,), cause))
        first = min(traces, key=lambda trace: len(trace.links))
        others = dict.fromkeys(c for t in traces for c in (t.cause, *t.also) if c != first.cause)
        return _Answer(sentence, Trace((link, *first.links), first.cause, tuple(others)))

    def _blamed(self, cell: DateState, entity: str, blames: Sequence[Blame]) -> Trace | None:
        """Why, according to the first that is to blame; None where nothing is wrong anywhere."""
        for blame in blames:
            if blame.table and (trace := self._of_blame(cell, entity, blame)):
                return trace
        return None

    def _of_blame(self, cell: DateState, entity: str, blame: Blame) -> Trace | None:
        who = self.roles(entity).get(blame.role, "") if blame.role else entity
        table = self.work.registry.table(blame.table)
        if not who:
            return self.tracer.blamed(cell, (blame,))
        if not table.is_source:
            return self.of(table, who).trace
        if not blame.earlier:
            return self._source(table, self.season.cells[table.name, self.date], who).trace
        for day in reversed(self.season.days):
            if day.date < self.date and who in self._missing(table.name, day.date):
                return self.tracer.lacks(self.season.cells[table.name, day.date], who)
            if day.date < self.date and (found := self._aside(table, day.date, {who, entity})):
                return found
        return None

    def _aside_of(self, table: Table, entity: str) -> Trace | None:
        """Why the row of an entity on the date counts in none of the sources of `table`."""
        for name in sources_near_and_far(self.tracer, table):
            source = self.work.registry.table(name)
            if found := self._aside(source, self.date, {entity}):
                return found
        return None

    def _aside(self, table: Table, date: dt.date, names: set[str]) -> Trace | None:
        """The claim for which a row about one of `names` counts nowhere; None where it counts."""
        cell = self.season.cells[table.name, date]
        for claim in cell.claims:
            if claim in self.uncounted() and names & self.broken(table.name, claim)[date]:
                return self.tracer.claim(cell, claim)
        return None

    def _uncounted(self) -> tuple[str, ...]:
        """The claims whose broken rows do not count."""
        registry = self.work.registry
        is_default = self.work.rules.name == next(iter(registry.presets))
        return counted_when(registry.package) if is_default else ()

    def _broken(self, table: str, claim: str) -> Mapping[dt.date, set[str]]:
        """Who the rows are about that break a claim of a source, by date."""
        season = f"season={self.season.season.year}"
        path = self.work.store.root / "quarantine" / table / season / f"{claim}.parquet"
        by = self.work.registry.table(table).partition_by
        named: defaultdict[dt.date, set[str]] = defaultdict(set)
        rows = pl.read_parquet(path, glob=False) if path.is_file() else pl.DataFrame()
        for row in rows.iter_rows(named=True):
            for value in row.values():
                named[row[by]].update(
                    text
                    for text in (value if isinstance(value, list) else [value])
                    if isinstance(text, str)
                )
        return named

    def _missing(self, table: str, date: dt.date) -> tuple[str, ...]:
        return self.season.expected.missing.get((table, date), ())

    def _source(self, table: Table, cell: DateState, entity: str) -> _Answer:
        if cell.state == state.NOT_PULLED:
            return _Answer("never pulled", self.tracer.of(table.name, cell.date))
        row = self._stored("raw", table, entity)
        if row is None:
            if entity in self._missing(table.name, cell.date):
                return _Answer("no row", self.tracer.lacks(cell, entity))
            group = self._group(entity)
            if group in self._missing(table.name, cell.date) or cell.state == state.MISSING:
                return _Answer("no row", self.tracer.lacks(cell, group))
            return _Answer(f"no row of {entity}, and none is due")
        if row.get(table.ready_column) is False:
            issues = ", ".join(row.get(table.issues_column) or ()) or "no reason given"
            sentence = f"the row is there, but not ready: {issues}"
            about = [c for c in table.checks if table.ready_column in c.sql]
            cause = Cause(
                CLAIM,
                table.name,
                next((c.claim for c in about if c.claim in cell.claims), issues),
                f"{table.name} has rows that are not ready: {issues}",
                "fix them in the warehouse",
                self.tracer.again,
            )
            return _Answer(sentence, Trace((Link(table.name, cell.date, entity, sentence),), cause))
        return _Answer("the row is there")

    def _stored(self, layer: str, table: Table, entity: str) -> dict[str, Any] | None:
        """The stored row of an entity on the date: readiness and issues."""
        rows = (
            self.work.store.scan(layer, table, [self.season.season])
            .filter(pl.col(table.partition_by) == self.date, pl.col(table.entity) == entity)
            .head(1)
        )
        names = dict.fromkeys((table.entity, table.ready_column, table.issues_column))
        matching = rows.select(name for name in names if name).collect()
        return matching.row(0, named=True) if matching.height else None


BY_DATE = frozenset(
    {state.FAILED, state.NOT_COMPUTED, state.STALE, state.QUARANTINED, state.MISSING}
)
"""States in which a date has no rows of its own to look at."""
