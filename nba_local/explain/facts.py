"""Facts: what the ledger says of a season, by table and date, before anything is concluded."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from nba_local.compute.held import held_dates, unchecked
from nba_local.storage import queries

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from nba_local.storage.ledger import Ledger
    from nba_local.storage.rows import FeatureDate
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season

INTERRUPTED = frozenset({"failed", "died", "interrupted"})
"""How runs end that did not do what they were asked for."""

COMMITTED = "committed"
"""Status of a push that took effect and was not read back."""


class Facts:
    """What the ledger says of one season.

    pulled: Source tables that were pulled. raw: their rows. dates: computed dates. lacking: number
    of entities without a row by reason. claims: those that do not hold, the one that fails on the
    fewest dates first. blocked: the first blocking one. sentences: what each claim says.
    held: dates that a claim about a source table holds back. unchecked: source tables whose claims
    did not run on the rows that are stored now.
    """

    def __init__(self, work: Workspace, season: Season) -> None:
        ledger = work.ledger
        self.pulled = queries.pulled_tables(ledger, season)
        self.raw: dict[tuple[str, dt.date], int] = {}
        self.dates: dict[tuple[str, dt.date], FeatureDate] = {}
        self.lacking: dict[tuple[str, dt.date], Mapping[str, int]] = {}
        self.claims: dict[tuple[str, dt.date], list[str]] = defaultdict(list)
        self.blocked: dict[tuple[str, dt.date], str] = {}
        self.sentences: dict[tuple[str, str], str] = {}
        for name, table in work.registry.tables.items():
            if table.is_source:
                for date, rows in queries.raw_rows(ledger, name, season).items():
                    self.raw[name, date] = rows
            else:
                for row in queries.feature_dates(ledger, name, season):
                    self.dates[name, row.date] = row
                for date, reasons in queries.non_row_counts(ledger, name, season).items():
                    self.lacking[name, date] = reasons
            self._add_claims(ledger, name, season)
        self.held = held_dates(work, season)
        self.unchecked = tuple(table.name for table, _ in unchecked(work, [season]))
        self.pushed = Pushed(ledger, season)
        self.failed_run, self.failed_table = _failed(ledger, season)

    @property
    def days(self) -> list[dt.date]:
        """Every date that anything is known of, in order."""
        return sorted({date for _, date in (*self.raw, *self.dates, *self.claims)})

    def _add_claims(self, ledger: Ledger, table: str, season: Season) -> None:
        broken: dict[str, dict[dt.date, None]] = defaultdict(dict)
        for finding in queries.findings(ledger, table, season):
            broken[finding.claim][finding.date] = None
            self.sentences.setdefault((table, finding.claim), finding.detail)
            if finding.severity == "block":
                self.blocked.setdefault((table, finding.date), finding.claim)
        for claim, dates in sorted(broken.items(), key=lambda item: (len(item[1]), item[0])):
            for date in dates:
                self.claims[table, date].append(claim)


class Pushed:
    """What is known of the place last pushed to.

    place: Empty where nothing was pushed yet. seen: dates as last seen there. unread: dates of
    pushes that took effect and were not read back.
    """

    def __init__(self, ledger: Ledger, season: Season) -> None:
        runs = queries.pushes_done(ledger)
        self.place = runs[0].warehouse if runs else ""
        self.seen = queries.pushed_dates(ledger, self.place, season) if runs else {}
        self.unread = {
            (table, date)
            for run in runs
            if run.warehouse == self.place and run.status == COMMITTED
            for table, kinds in run.dates.items()
            for dates in kinds.values()
            for date in dates
        }


def _failed(ledger: Ledger, season: Season) -> tuple[str, str]:
    """The newest backfill of the season if it did not end well, and the table it failed at."""
    for run in queries.runs(ledger, "backfill"):
        if run.is_about(season):
            if run.status not in INTERRUPTED:
                return "", ""
            named = [item["table"] for item in run.failed if item.get("season") == str(season)]
            return run.run_id, named[0] if named else ""
    return "", ""
