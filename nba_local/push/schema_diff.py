"""Schema diff: contracts against live tables, what each difference does, and how to fix it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nba_local.push.ddl import MOST_CLUSTERING, created, declared, quoted, rebuilt
from nba_local.warehouse import SchemaChange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nba_local.tables.schema import Field
    from nba_local.tables.table import Table
    from nba_local.warehouse import LiveColumn, LiveTable, Warehouse

HARMLESS, ADDITIVE, RELAXING, BREAKING = "harmless", "additive", "relaxing", "breaking"
"""Of no effect on pulls and pushes; fixed by adding; fixed by allowing more; not fixed here."""

FAILS = "pulls and pushes fail"
STOPS = frozenset(
    {"table", "partitioning", "column", "type", "precision", "length", "mode", "field"}
)
"""Differences that stop a push, unless they are harmless: a load with the contract's schema may
fail, or a rollback could not tell the rows of others from ours."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,299}")


@dataclass(frozen=True, slots=True)
class Difference:
    """Something of a live table that is not as its contract says.

    what: The kind of thing: `column`, `mode`, `type`, ... column: Empty for the table itself.
    effect: What it does to a pull or a push. sql: What fixes it; for a breaking one the steps that
    a person takes.
    """

    table: str
    what: str
    column: str
    contract: str
    live: str
    kind: str
    effect: str
    sql: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableDiff:
    """The differences of a table, and the one change that fixes what can be fixed."""

    table: str
    name: str
    is_missing: bool
    differences: tuple[Difference, ...]
    change: SchemaChange | None
    is_source: bool


def diff(warehouse: Warehouse, tables: Sequence[Table]) -> tuple[TableDiff, ...]:
    """Every table against what the warehouse has of it. Reads only."""
    return tuple(_diff(warehouse, table) for table in tables)


def migrate(warehouse: Warehouse, tables: Sequence[Table], diffs: Sequence[TableDiff]) -> int:
    """Apply what is additive, relaxing or a description; how many tables were changed.

    Source tables are not ours to change. A breaking difference is left as it is.

    Raises:
        StaleError: A table was changed by somebody else since it was looked at.
    """
    by_name, changed = {t.name: t for t in tables}, 0
    for table in diffs:
        if table.is_source:
            continue
        if table.is_missing:
            warehouse.create(by_name[table.table])
        elif table.change:
            warehouse.alter(by_name[table.table], table.change)
        else:
            continue
        changed += 1
    return changed


def _diff(warehouse: Warehouse, table: Table) -> TableDiff:
    contract, name = table.contract, warehouse.full_name(table)
    live = warehouse.live(table)
    if live is None:
        return TableDiff(table.name, name, True, (_missing(table, name),), None, table.is_source)
    report = _Report(table, name, live)
    if live.kind != "TABLE":
        effect = "a pull reads it as it is now, whole each time; nothing can be pushed into it"
        kind = HARMLESS if table.is_source else BREAKING
        report.add("table", "", "a table", live.kind.lower().replace("_", " "), kind, effect)
    _columns(report, contract.fields, live.columns)
    _order(report)
    _partitioning(report)
    _clustering(report)
    _descriptions(report)
    change = SchemaChange(
        added=tuple(report.added),
        relaxed=tuple(report.relaxed),
        described=dict(report.described),
        clustering=report.clustering,
        etag=live.etag,
    )
    return TableDiff(
        table.name,
        name,
        False,
        tuple(report.differences),
        change if change.is_needed else None,
        table.is_source,
    )


@dataclass(slots=True)
class _Report:
    """What is found of a table so far."""

    table: Table
    name: str
    live: LiveTable
    differences: list[Difference] = field(default_factory=list)
    added: list[Field] = field(default_factory=list)
    relaxed: list[str] = field(default_factory=list)
    described: dict[str, str] = field(default_factory=dict)
    clustering: tuple[str, ...] | None = None

    def add(  # noqa: PLR0913 - the parts of a difference
        self,
        what: str,
        column: str,
        contract: str,
        live: str,
        kind: str,
        effect: str,
        *sql: str,
    ) -> None:
        """Note a difference."""
        self.differences.append(
            Difference(self.table.name, what, column, contract, live, kind, effect, sql)
        )

    @property
    def by_hand(self) -> tuple[str, ...]:
        """What a person does where BigQuery cannot alter: copy, create anew, copy back."""
        return rebuilt(self.name, self.table.contract, {c.name for c in self.live.columns})


def _missing(table: Table, name: str) -> Difference:
    effect = "a pull finds no rows" if table.is_source else "the first push creates it"
    kind = BREAKING if table.is_source else ADDITIVE
    sql = () if table.is_source else (created(name, table.contract),)
    return Difference(table.name, "table", "", "a table", "missing", kind, effect, sql)


def _columns(
    report: _Report, wanted: Sequence[Field], live: Sequence[LiveColumn], within: str = ""
) -> None:
    """The columns of a table, or the fields of a STRUCT, whose path is `within`."""
    there = {column.name: column for column in live}
    for item in wanted:
        column = there.pop(item.name, None)
        if within:
            _inside(report, item, column, f"{within}.{item.name}")
        else:
            _column(report, item, column)
        if column and item.fields:
            _columns(report, item.fields, column.fields, f"{within}.{item.name}".lstrip("."))
    for column in there.values():
        if not within:
            _extra(report, column)
            continue
        is_filled = column.mode == "REQUIRED"
        kind, effect = (
            (BREAKING, FAILS) if is_filled else (HARMLESS, "not pulled; a push leaves it")
        )
        steps = report.by_hand if is_filled else ()
        path = f"{within}.{column.name}"
        report.add("field", path, "absent", described(column), kind, effect, *steps)


def _inside(report: _Report, wanted: Field, live: LiveColumn | None, path: str) -> None:
    """A field of a STRUCT, which no statement alters: the table is made anew."""
    now = described(live) if live else "missing"
    if described(wanted) == now and live and live.length is None:
        return
    stricter = live and live.mode == "NULLABLE" and wanted.required
    if live and stricter and described(wanted).split()[0] == now.split()[0]:
        effect = "none for our rows; rows of others may have NULL there"
        report.add("field", path, described(wanted), now, HARMLESS, effect)
        return
    report.add("field", path, described(wanted), now, BREAKING, FAILS, *report.by_hand)


def _order(report: _Report) -> None:
    """Columns are found by name; only people and `SELECT *` see in which order they are."""
    there = [column.name for column in report.live.columns]
    ours = [name for name in report.table.contract.columns if name in there]
    theirs = [name for name in there if name in ours]
    if ours != theirs:
        first = next(
            n for n, (one, other) in enumerate(zip(ours, theirs, strict=True)) if one != other
        )
        report.add(
            "column order", "", f"{ours[first]} as column {first + 1}", theirs[first], HARMLESS,
            "none: pulls and pushes go by name",
        )  # fmt: skip


def _column(report: _Report, wanted: Field, live: LiveColumn | None) -> None:
    alter = f"ALTER TABLE {quoted(report.name)}"
    if live is None:
        if wanted.required:
            effect = "pulls and pushes fail: a REQUIRED column cannot be added to a table"
            steps = report.by_hand
            report.add(
                "column", wanted.name, described(wanted), "missing", BREAKING, effect, *steps
            )
            return
        effect = "pulls and pushes fail until it is there"
        sql = f"{alter} ADD COLUMN {declared(wanted)}"
        report.add("column", wanted.name, described(wanted), "missing", ADDITIVE, effect, sql)
        report.added.append(wanted)
        return
    if live.type != wanted.type or (live.mode == "REPEATED") != wanted.repeated:
        steps = report.by_hand
        report.add("type", wanted.name, described(wanted), described(live), BREAKING, FAILS, *steps)
        return
    if live.length is not None:
        now, effect = f"at most {live.length} long", "longer values are refused by a push"
        report.add("length", wanted.name, "any", now, BREAKING, effect, *report.by_hand)
    if _digits(live) != _digits(wanted):
        narrower = any(
            have < want for have, want in zip(_digits(live), _digits(wanted), strict=True)
        )
        effect = "values that do not fit are refused by a push" if narrower else "none"
        kind = BREAKING if narrower else HARMLESS
        steps = report.by_hand if narrower else ()
        now = described(live)
        report.add("precision", wanted.name, described(wanted), now, kind, effect, *steps)
    if live.mode == "REQUIRED" and wanted.mode == "NULLABLE":
        effect = (
            f"a load with the contract's schema is refused: `Field {wanted.name} has changed mode "
            "from REQUIRED to NULLABLE`, and NULL cannot be pushed"
        )
        sql = f"{alter} ALTER COLUMN {quoted(wanted.name)} DROP NOT NULL"
        report.add("mode", wanted.name, "NULLABLE", "REQUIRED", RELAXING, effect, sql)
        report.relaxed.append(wanted.name)
    elif live.mode == "NULLABLE" and wanted.mode == "REQUIRED":
        effect = (
            "none for our rows, which are never NULL here; rows of others may be. A writer that "
            "lets BigQuery detect the schema relies on it"
        )
        report.add("mode", wanted.name, "REQUIRED", "NULLABLE", HARMLESS, effect)


def _extra(report: _Report, live: LiveColumn) -> None:
    if live.mode == "REQUIRED":
        effect = "a push is refused: nobody here fills it"
        if not _NAME.fullmatch(live.name):
            report.add("column", live.name, "absent", described(live), BREAKING, effect)
            return
        sql = f"ALTER TABLE {quoted(report.name)} ALTER COLUMN {quoted(live.name)} DROP NOT NULL"
        report.add("column", live.name, "absent", described(live), RELAXING, effect, sql)
        report.relaxed.append(live.name)
        return
    effect = "not pulled; a push leaves it NULL in the rows it writes"
    report.add("column", live.name, "absent", described(live), HARMLESS, effect)


def _partitioning(report: _Report) -> None:
    contract, live = report.table.contract, report.live
    if live.kind != "TABLE":
        return
    if live.partition_by != contract.partition_by or live.partition_type != "DAY":
        now = f"{live.partition_by} by {live.partition_type}" if live.partition_by else "none"
        effect = "pulls read all of it each time; pushes are refused"
        wanted = f"{contract.partition_by} by DAY"
        report.add("partitioning", "", wanted, now, BREAKING, effect, *report.by_hand)
        return
    if live.expiration_days != contract.expiration_days:
        have, want = (
            f"{d} days" if d else "never" for d in (live.expiration_days, contract.expiration_days)
        )
        effect = "BigQuery drops partitions sooner or later than the contract says"
        days = contract.expiration_days
        sql = (
            f"ALTER TABLE {quoted(report.name)} SET OPTIONS "
            f"(partition_expiration_days = {days if days else 'NULL'})"
        )
        report.add("expiration", "", want, have, BREAKING, effect, f"-- by hand: {sql}")
    if live.require_partition_filter != contract.require_partition_filter:
        report.add(
            "partition filter",
            "",
            "required" if contract.require_partition_filter else "optional",
            "required" if live.require_partition_filter else "optional",
            HARMLESS,
            "none: every query and session here names the dates",
        )


def _clustering(report: _Report) -> None:
    wanted = report.table.contract.clustering[:MOST_CLUSTERING]
    if report.live.clustering == wanted:
        return
    have, want = (", ".join(names) or "none" for names in (report.live.clustering, wanted))
    effect = "queries of the table may read more; new rows are clustered as it says"
    sql = f"-- tables.patch {report.name}: clustering.fields = [{want}]"
    report.add("clustering", "", want, have, HARMLESS, effect, sql)
    report.clustering = wanted


def _descriptions(report: _Report) -> None:
    live = {column.name: column.description for column in report.live.columns}
    for wanted in report.table.contract.fields:
        if wanted.name in live and live[wanted.name] != wanted.description:
            report.described[wanted.name] = wanted.description
    if report.described:
        count, first = len(report.described), next(iter(report.described))
        report.add(
            "descriptions",
            "",
            f"of {count} columns",
            f"others, {first} first",
            HARMLESS,
            "none: people read them",
            f"-- tables.patch {report.name}: {count} descriptions of the contract",
        )


def stopping(diffs: Sequence[TableDiff]) -> list[Difference]:
    """What of the live tables a push would fail at. A table that is missing is made by the push."""
    return [
        item
        for table in diffs
        if not table.is_missing
        for item in table.differences
        if item.what in STOPS and item.kind != HARMLESS
    ]


def described(item: Field | LiveColumn) -> str:
    """Type, size and mode of a column."""
    size = f"({item.precision},{item.scale or 0})" if item.precision else ""
    return f"{item.type}{size} {item.mode}"


def _digits(column: Field | LiveColumn) -> tuple[int, int]:
    """Digits before and after the point; a NUMERIC without a size has 29 and 9."""
    if column.precision is None:
        return (29, 9)
    scale = column.scale or 0
    return (column.precision - scale, scale)
