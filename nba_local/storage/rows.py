"""Rows: what a query of the ledger returns, a named tuple a row.

Python defines one in a quarter of the time that a frozen dataclass takes, at every start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from nba_local.tables.calendar import Season


class RunRow(NamedTuple):
    """A run. result: Plain values; None while there is none."""

    run_id: str
    verb: str
    started_at: str
    finished_at: str | None
    status: str
    rules: str | None
    arguments: Mapping[str, Any]
    result: Any

    @property
    def message(self) -> str:
        """Why it failed, where it says so."""
        return str(self.result.get("message", "")) if isinstance(self.result, dict) else ""

    @property
    def failed(self) -> tuple[Mapping[str, str], ...]:
        """The steps it failed at: `table`, `season`, `error`."""
        return tuple(self.result.get("failed", ())) if isinstance(self.result, dict) else ()

    def is_about(self, season: Season) -> bool:
        """Whether the run was asked for `season`."""
        return str(season) in self.arguments.get("seasons", ())


class FeatureDate(NamedTuple):
    """A computed date of a feature table.

    entities_expected, entities_found: None where nothing is counted but rows.
    issues: Rows that are not ready by issue.
    """

    date: dt.date
    state: str
    detail: str
    rows: int
    ready_rows: int
    non_rows: int
    entities_expected: int | None
    entities_found: int | None
    issues: Mapping[str, int]
    changed_run: str


class NonRow(NamedTuple):
    """Who has no row on a date, and why. number: of how many alike this one stands for."""

    date: dt.date
    entity: str
    reason: str
    detail: str
    category: str | None
    can_retry: bool
    number: int = 1


class ChangedDate(NamedTuple):
    """The run that last changed a date, and when it began."""

    run_id: str
    started_at: str


class PushedDate(NamedTuple):
    """A date as last seen in a target: what it was made by here, and whether it is as here."""

    push_id: str
    rows: int
    changed_run: str
    is_verified: bool


class UnusualColumn(NamedTuple):
    """A column of a source table that is unlike its own history on a date, and how."""

    table: str
    column: str
    date: dt.date
    detail: str


class ColumnFill(NamedTuple):
    """Rows of a season of a table, and those of them that have a value in a column."""

    table: str
    column: str
    season: int
    rows: float
    filled: float

    @property
    def share(self) -> float:
        """Share of the rows with a value, 0 to 1."""
        return self.filled / self.rows if self.rows else 0.0


class PushRun(NamedTuple):
    """A push that took effect. dates: By table and kind."""

    warehouse: str
    status: str
    dates: Mapping[str, Mapping[str, tuple[dt.date, ...]]]


class SeasonRow(NamedTuple):
    """A season of a feature table as a backfill recorded it."""

    table: str
    season: int
    fingerprint: str
    parts: Mapping[str, str]
    run_id: str
    finished_at: str


class AlertRow(NamedTuple):
    """An alert. channels: What each channel answered, as JSON."""

    sent_at: str
    tier: str
    category: str
    subject: str
    is_limited: bool
    channels: str


class FileRow(NamedTuple):
    """A month's file of a table."""

    table: str
    season: int
    month: str
    sha256: str


class PulledDate(NamedTuple):
    """A pulled date of a source table. token: Of the warehouse it was pulled from."""

    date: dt.date
    rows: int
    token: str
    warehouse: str
    changed_run: str


class SeenDate(NamedTuple):
    """A date as last seen in a target: what it was made by here, and the token there."""

    date: dt.date
    changed_run: str
    token: str
    push_id: str


class Intent(NamedTuple):
    """A push as it is recorded before it begins.

    dates: By table, the dates that had no rows in the target before, and those that had.
    committed: None where it did not take effect yet. note: What the warehouse needs to settle it.
    undoes: The push that this one rolls back.
    """

    push_id: str
    run_id: str
    warehouse: str
    status: str
    base_as_of: dt.datetime
    committed: dt.datetime | None
    note: str
    dates: Mapping[str, Mapping[str, tuple[dt.date, ...]]]
    undoes: str | None = None

    def of(self, table: str) -> tuple[dt.date, ...]:
        """All dates of a table."""
        return tuple(sorted(day for days in self.dates[table].values() for day in days))


class LoggedDate(NamedTuple):
    """A computed date. parts: Fingerprints of its season. started_at: Of the backfill, or empty."""

    date: dt.date
    rows: int
    non_rows: int
    state: str
    parts: Mapping[str, str]
    started_at: str
    warnings: int


class LoggedFailure(NamedTuple):
    """An entity without a row, where that is a failure."""

    date: dt.date
    entity: str
    category: str
    reason: str
    can_retry: bool
