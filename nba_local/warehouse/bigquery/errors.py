"""What may go wrong at BigQuery, as our errors: what failed, in the server's words, what now."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from google.api_core import exceptions as api
from google.auth import exceptions as auth

from nba_local.errors import (
    DeniedError,
    QuotaError,
    SessionEndedError,
    TransientWarehouseError,
    WarehouseError,
)
from nba_local.storage.disk import is_full

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from google.auth.credentials import Credentials

AGAIN = "try again; a pull or a push that is run again goes on where it stopped"

_LOGIN = (
    "log in with `gcloud auth application-default login`, or check what "
    "GOOGLE_APPLICATION_CREDENTIALS names"
)
_ANONYMOUS = "unset NBA_LOCAL_BIGQUERY_REST and NBA_LOCAL_BIGQUERY_STORAGE to reach BigQuery itself"
_ROLES = (
    "have the account given the role that is missing (nba_local/README.md lists them), or log in "
    "with another one: `gcloud auth application-default login`"
)
_LATER = (
    "not now: a quota fills up again within minutes (rates) or a day (daily limits); wait 10 "
    "minutes at least, and see https://cloud.google.com/bigquery/quotas"
)
_REACH = (
    "is it up, and reachable from here? NBA_LOCAL_BIGQUERY_REST and NBA_LOCAL_BIGQUERY_STORAGE "
    "name a local server"
)

_URL = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE)? ?https?://\S+:? ?")
_SECRET = re.compile(
    r"-----BEGIN.*"  # a key
    r"|\beyJ[\w-]+(\.[\w-]*)*"  # a signed assertion
    r"|\bya29\.[\w.-]+"  # an access token
    r"|\bBearer\s+[^\s\"',;]+"
    r"|\b[\w-]*(token|assertion|secret|private_key|private_key_id|api_?key)\b[\"']?\s*[:=]\s*"
    r"[\"']?[^\s\"',;]+"
    r"|[\w.+-]+@[\w.-]+\.gserviceaccount\.com",
    re.IGNORECASE,
)
_hidden: WeakSet[Credentials] = WeakSet()
"""Whatever a server quotes of these is left out of messages; they renew themselves."""

_BUSY = frozenset(
    {"backendError", "internalError", "rateLimitExceeded", "jobBackendError"}
    | {"jobInternalError", "jobRateLimitExceeded", "badGateway"}
)
_QUOTA = frozenset({"quotaExceeded", "dailyLimitExceeded"})
_CONFLICT = "concurrent update"
_PASSING = (api.TooManyRequests, api.ServerError, api.RetryError, auth.TransportError, OSError)


@contextlib.contextmanager
def translated(doing: str, undone: str | Callable[[], str]) -> Iterator[None]:
    """Errors of the Google libraries inside the block as ours.

    Args:
        doing: What was tried on what, e.g. "reading `p.d.t`".
        undone: What did not happen, e.g. "no rows were read".
    """
    try:
        yield
    except SessionEndedError as error:
        message = f"{doing} failed: {error.message}; {_said(undone)}"
        raise SessionEndedError(message, AGAIN) from error
    except (api.GoogleAPICallError, api.RetryError, auth.GoogleAuthError, OSError) as error:
        if is_full(error):
            raise
        kind, hint = _kind(_cause(error))
        tried = ", tried again until the time was up" if isinstance(error, api.RetryError) else ""
        raise kind(f"{doing} failed: {reason(error)}{tried}; {_said(undone)}", hint) from error


def _said(undone: str | Callable[[], str]) -> str:
    return undone if isinstance(undone, str) else undone()


def _cause(error: Exception) -> Exception:
    """What a retry that was given up was last told."""
    if isinstance(error, api.RetryError) and isinstance(error.cause, Exception):
        return error.cause
    return error


def _details(error: Exception) -> Mapping[str, Any]:
    """What the REST API says beside the message; empty for gRPC."""
    details = getattr(error, "errors", None) or [{}]
    return details[0] if isinstance(details[0], dict) else {}


def _kind(error: Exception) -> tuple[type[WarehouseError], str | None]:
    named = _details(error).get("reason")
    is_exhausted = isinstance(error, api.ResourceExhausted) and "quota" in str(error).lower()
    if named in _QUOTA or is_exhausted:
        return QuotaError, _LATER
    is_passing = isinstance(error, _PASSING) and not isinstance(error, api.MethodNotImplemented)
    if named in _BUSY or is_passing:
        return TransientWarehouseError, _REACH if _unreached(error) else AGAIN
    hints = ((auth.InvalidOperation, _ANONYMOUS), (auth.GoogleAuthError, _LOGIN))
    for kind, hint in (*hints, (api.Unauthorized, _LOGIN), (api.Forbidden, _ROLES)):
        if isinstance(error, kind):
            return DeniedError, hint
    return WarehouseError, None


def reason(error: Exception) -> str:
    """The server's words, first line. An authentication error may quote a token: not that one."""
    if isinstance(error, auth.InvalidOperation):
        return "the server asks for credentials, and local endpoints are called anonymously"
    if isinstance(error, auth.GoogleAuthError) and not isinstance(error, auth.TransportError):
        return f"Google does not know who you are ({type(error).__name__})"
    cause = _cause(error)
    if place := _unreached(cause):
        return f"nothing answers at {place}"
    said = _details(cause).get("message") or getattr(cause, "message", None) or str(cause)
    words = one_line(str(said))
    if words.startswith("<"):  # a page that something between us and BigQuery made
        return f"HTTP {getattr(cause, 'code', '')} and no reason"
    return words or type(cause).__name__


def _unreached(error: Exception) -> str | None:
    """The address of a server that could not be connected to; None for every other error."""
    text = str(error)
    if isinstance(error, OSError) and "establish a new connection" in text:
        found = re.search(r"host='([^']+)', port=(\d+)", text)
        return ":".join(found.groups()) if found else "the server's address"
    if isinstance(error, api.ServiceUnavailable) and "failed to connect" in text.lower():
        found = re.search(r"ipv[46]:(?:%5B)?([^\s%]+?)(?:%5D)?(:\d+)", text)
        return "".join(found.groups()) if found else "the server's address"
    return None


def hide(credentials: Credentials) -> None:
    """From now on no message shows the token or the account of `credentials`."""
    _hidden.add(credentials)


def one_line(text: str) -> str:
    """First line of `text`, without URLs, hidden credentials and whatever looks like one."""
    first = _URL.sub("", next(iter(text.strip().splitlines()), ""))
    for credentials in list(_hidden):
        for name in ("token", "service_account_email"):
            if value := getattr(credentials, name, None):
                first = first.replace(str(value), "(hidden)")
    return _SECRET.sub("(hidden)", first).rstrip(". ")


def is_passing(error: Mapping[str, Any]) -> bool:
    """Whether the error of a job is worth another try at once."""
    return error.get("reason") in _BUSY or _CONFLICT in str(error.get("message"))


def job_error(said: str, error: Mapping[str, Any] | None) -> WarehouseError:
    """The error of a job that is not tried again, saying `said`."""
    if error and error.get("reason") in _QUOTA:
        return QuotaError(said, _LATER)
    if error and error.get("reason") == "accessDenied":
        return DeniedError(said, _ROLES)
    return WarehouseError(said)
