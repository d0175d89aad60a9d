"""The errors that nba_local raises on purpose.

    NbaLocalError                     exit code 1
    |-- UsageError                    2   the call cannot be understood
    |-- PipelineError                 1   a table folder is not usable
    |-- DataError                     1
    |   |-- ContractError             1   rows or columns break the contract of their table
    |   `-- MissingUpstreamError      5   a table needs rows that were not pulled or published
    |-- LedgerError                   1   the data folder and the request do not fit
    |   |-- AlteredFileError          1   a file of the data folder is not as it was stored
    |   `-- LockedError               6   another run writes to the data folder
    |-- DiskFullError                 1   no room for what is to be stored
    |-- ClusterError                  1   workers are not there, refuse a task or died of it
    `-- WarehouseError                1
        |-- TransientWarehouseError   1   worth another try
        |   `-- SessionEndedError     1   rows are to be asked for anew
        |-- QuotaError                1   worth another try, but only later
        |-- DeniedError               1   credentials or permissions
        |-- StaleError                4   the target is not as it was when this was decided
        |-- RemovalError              4   the target would lose more rows than is allowed unasked
        `-- VerificationError         1   what was read back is not what was pushed

A message says what, where, how many and what did not happen; `hint` says what to type next, and is
a note of the exception, so that a traceback shows it too.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable


class NbaLocalError(Exception):
    """Base of all errors raised on purpose; `exit_code` is what the command line returns."""

    exit_code: ClassVar[int] = 1
    is_mistake: bool = False
    """Whether the call was wrong, not the run: no alert is sent."""

    def __init__(
        self, message: str, hint: str | None = None, *, is_mistake: bool | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if hint:
            self.add_note(f"hint: {hint}")
        if is_mistake is not None:
            self.is_mistake = is_mistake


class UsageError(NbaLocalError):
    """The call cannot be understood: unknown name, malformed date, conflicting options."""

    exit_code = 2
    is_mistake = True

    @classmethod
    def unknown(cls, what: str, given: str, known: Iterable[str]) -> UsageError:
        """Error for a name that is not among `known`, with the nearest one as a suggestion."""
        names = sorted(known)
        near = difflib.get_close_matches(given, names, n=1, cutoff=0.5)
        message = f"unknown {what} `{given}`"
        if near:
            message += f"; did you mean `{near[0]}`?"
        return cls(message, hint=f"known: {', '.join(names)}")


class PipelineError(NbaLocalError):
    """A folder under `pipelines/` does not follow the authoring rules."""


class DataError(NbaLocalError):
    """Rows that are not what their table promises."""


class ContractError(DataError):
    """Columns, types, modes, grain or partitions differ from `schema.json`."""


class MissingUpstreamError(DataError):
    """A table needs another one that is not in the data folder."""

    exit_code = 5


class LedgerError(NbaLocalError):
    """The data folder does not fit the request, e.g. it holds the other rule set."""


class AlteredFileError(LedgerError):
    """A file of the data folder is not the one that was stored there."""


class LockedError(LedgerError):
    """Another run is writing to the data folder."""

    exit_code = 6
    is_mistake = True


class DiskFullError(NbaLocalError):
    """There is no room for what is to be stored; stored files are intact."""


class ClusterError(NbaLocalError):
    """Workers are not there, refuse a task or died of it; what was published before stays."""


class WarehouseError(NbaLocalError):
    """The warehouse refused or failed."""


class TransientWarehouseError(WarehouseError):
    """The warehouse failed in a way that another try may get past."""


class SessionEndedError(TransientWarehouseError):
    """The warehouse ended a read session before all its rows were read."""


class QuotaError(WarehouseError):
    """A quota of the project is used up; trying again at once makes it worse."""


class DeniedError(WarehouseError):
    """No credentials, or no permission."""


class StaleError(WarehouseError):
    """The target changed since it was last pushed or compared, and would lose those changes."""

    exit_code = 4


class RemovalError(WarehouseError):
    """A push would take away more rows of the target than is allowed without a word."""

    exit_code = 4


class VerificationError(WarehouseError):
    """Rows read back from the warehouse are not the rows that were pushed."""
