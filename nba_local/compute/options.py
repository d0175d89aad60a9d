"""The options of a run by the names that production gives them, and nothing else.

A name that is nearly right once ran a month with the wrong checks (`is_backfill` for
`backfill_mode`); here it is an error, and so is text where true or false is asked for.
"""

from __future__ import annotations

import datetime as dt
import difflib
import logging
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

BACKFILL, LEGACY, SKIP = "backfill_mode", "is_backfill", "skip_downstream_trigger"
WRONG = ("backfill", "isBackfill", "is_back_fill", "backfillMode")
"""Names that are refused even where their value is False."""

_FLAGS = (BACKFILL, LEGACY, SKIP, "strict_mode")
_TEXTS = (
    *("project_id", "correlation_id", "parent_processor", "trigger_source"),
    *("trigger_message_id", "entities_changed", "source_table"),
)
_DATES = ("analysis_date", "start_date", "end_date", "game_date")
NAMES = (*_FLAGS, *_TEXTS, *_DATES, "season_year")
"""Every option that production's processors understand."""

log = logging.getLogger("nba_local")


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a run was asked to be.

    backfill_mode: False where an option says that rows which are not production ready are dropped;
        True where one says that the rule set decides, None where none says anything: it does then.
    through: The option that said so; empty where none did.
    given: All options as they were given.
    """

    backfill_mode: bool | None
    through: str
    given: Mapping[str, Any]

    def recorded(self) -> dict[str, Any]:
        """What the ledger keeps of it."""
        return {BACKFILL: self.backfill_mode, "through": self.through, "given": dict(self.given)}


def parse(options: Mapping[str, Any]) -> RunOptions:
    """Production's options as one decision about backfill mode, which is logged once.

    `is_backfill` is an old name of `backfill_mode` and wins over it; `skip_downstream_trigger`
    implies it. It is off only where it is said to be, as on the command line.

    Raises:
        ValueError: A name that is wrong or unknown, or a value that is not of its sort.
    """
    for name, value in options.items():
        _refuse(name, value)
    if options.get(LEGACY):
        warnings.warn(
            f"`{LEGACY}` is deprecated: use `{BACKFILL}`", DeprecationWarning, stacklevel=3
        )
        log.warning("option %s is deprecated: use %s", LEGACY, BACKFILL)
    through = next((name for name in (LEGACY, BACKFILL, SKIP) if options.get(name)), "")
    off = next((name for name in (LEGACY, BACKFILL) if options.get(name) is False), "")
    is_on = True if through else False if off else None
    said = {True: f"on, through {through}", False: f"off, through {off}"}
    log.info("backfill mode %s", said.get(is_on, "not named: the rule set decides"))  # type: ignore[arg-type]
    return RunOptions(is_on, through or off, dict(options))


def _refuse(name: str, value: Any) -> None:
    if name in WRONG:
        raise ValueError(f"there is no option `{name}`: use `{BACKFILL}`; nothing was done")
    if name not in NAMES:
        near = difflib.get_close_matches(name.lower(), NAMES, n=1, cutoff=0.6)
        meant = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(NAMES)}"
        raise ValueError(f"there is no option `{name}`: {meant} Nothing was done")
    wanted = (
        (bool, "True or False")
        if name in _FLAGS
        else (dt.date, "a date")
        if name in _DATES
        else (int, "a year")
        if name == "season_year"
        else (str, "text")
    )
    kind, said = wanted
    if value is not None and type(value) is not kind:
        raise ValueError(f"option `{name}` is {value!r}, not {said}; nothing was done")
