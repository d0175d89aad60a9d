"""What may go wrong at BigQuery, as our errors: what failed, in the server's words, what now."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any

from google.api_core import exceptions as api
from google.auth import exceptions as auth

from nba_local.errors import DeniedError, TransientWarehouseError, WarehouseError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

AGAIN = "try again; a push that is run again goes on where it stopped"

_LOGIN = "log in with `gcloud auth application-default login` and check the roles of the account"
_URL = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE)? ?https?://\S+:? ?")
_BUSY = frozenset(
    {"backendError", "internalError", "rateLimitExceeded", "quotaExceeded", "jobBackendError"}
    | {"jobInternalError", "jobRateLimitExceeded", "badGateway"}
)
_CONFLICT = "concurrent update"


@contextlib.contextmanager
def translated(doing: str, undone: str) -> Iterator[None]:
    """Errors of the Google libraries inside the block as ours.

    Args:
        doing: What was tried on what, e.g. "reading `p.d.t`".
        undone: What did not happen, e.g. "no rows were read".
    """
    try:
        yield
    except (api.GoogleAPICallError, api.RetryError, auth.GoogleAuthError, OSError) as error:
        kind, hint = _kind(error)
        raise kind(f"{doing} failed: {reason(error)}; {undone}", hint) from error


def _kind(error: Exception) -> tuple[type[WarehouseError], str | None]:
    cause = error.cause if isinstance(error, api.RetryError) and error.cause else error
    details = getattr(cause, "errors", None) or [{}]
    named = details[0].get("reason") if isinstance(details[0], dict) else None
    busy = (api.TooManyRequests, api.ServerError, api.RetryError, auth.TransportError, OSError)
    refused = (api.Forbidden, api.Unauthorized, auth.GoogleAuthError)
    if named in _BUSY or (
        isinstance(cause, busy) and not isinstance(cause, api.MethodNotImplemented)
    ):
        return TransientWarehouseError, AGAIN
    if isinstance(cause, refused):
        return DeniedError, _LOGIN
    return WarehouseError, None


def reason(error: Exception) -> str:
    """The server's words, first line. An authentication error may quote a token: not that one."""
    if isinstance(error, auth.GoogleAuthError) and not isinstance(error, auth.TransportError):
        return f"Google does not know who you are ({type(error).__name__})"
    cause = error.cause if isinstance(error, api.RetryError) and error.cause else error
    details = getattr(cause, "errors", None) or [None]
    said = details[0].get("message") if isinstance(details[0], dict) else None
    text = said or getattr(cause, "message", None) or str(cause) or type(cause).__name__
    return one_line(str(text))


def one_line(text: str) -> str:
    """First line of `text`, without the URLs in it."""
    return _URL.sub("", text.strip().splitlines()[0]).rstrip(".")


def is_passing(error: Mapping[str, Any]) -> bool:
    """Whether the error of a job is worth another try."""
    return error.get("reason") in _BUSY or _CONFLICT in str(error.get("message"))
