"""A workspace: the tables and rules at work on one open data folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nba_local.storage.queries import bounds_of

if TYPE_CHECKING:
    import datetime as dt

    from nba_local.storage.ledger import Ledger
    from nba_local.storage.store import Store
    from nba_local.tables.calendar import Bounds, Season
    from nba_local.tables.registry import Registry, RuleSet


@dataclass(frozen=True, slots=True)
class Workspace:
    """What every verb works with.

    today: The present date in US Eastern time.
    """

    registry: Registry
    rules: RuleSet
    store: Store
    ledger: Ledger
    today: dt.date

    @property
    def bounds(self) -> Bounds:
        """Where seasons begin and end, as the last pulls found it. Asks the ledger each time."""
        return bounds_of(self.ledger)

    def until(self, season: Season) -> dt.date:
        """The present date for `season`; the end of its dates once it is over."""
        return self.bounds.until(season, self.today)
