"""What an answer of BigQuery's REST API must hold, so that a gateway's answer is not taken for it.

A proxy or a login page between here and BigQuery may answer 200 with a body of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from google.api_core import exceptions as api

if TYPE_CHECKING:
    import requests

ANSWERED = frozenset({200, 201, 204})

_HOLDS = (
    (re.compile(r"/queries(/[^/]+)?$"), "jobComplete"),
    (re.compile(r"/jobs(/[^/]+)?$"), "jobReference"),
    (re.compile(r"/tables/[^/:]+$"), "tableReference"),
    (re.compile(r"/datasets/[^/]+$"), "datasetReference"),
)
"""What an answer holds, by the end of the path that was asked for."""

_CREATED = (
    (re.compile(r"/tables$"), "tableReference"),
    (re.compile(r"/datasets$"), "datasetReference"),
)
_LISTED = re.compile(r"/(tables|datasets)$")


def require_bigquery(answer: requests.Response, *_: Any, **__: Any) -> None:
    """Raise where a good answer does not come from BigQuery; it is asked again, as of a 502.

    Raises:
        BadGateway: The answer is empty, is no JSON object, or lacks what BigQuery always sends.
    """
    method, path = answer.request.method, (answer.request.url or "").partition("?")[0]
    if answer.status_code not in ANSWERED or "/bigquery/v2/projects/" not in path:
        return
    if method == "DELETE":
        is_ours = not answer.content.strip() or answer.content.strip() == b"{}"
    elif "uploadType=resumable" in (answer.request.url or "") and method == "POST":
        is_ours = "location" in answer.headers
    else:
        is_ours = _holds(answer, _expected(method, path))
    if not is_ours:
        raise api.BadGateway(  # type: ignore[no-untyped-call]
            "an answer that is not BigQuery's came back (HTTP "
            f"{answer.status_code}): is there a proxy or a login page between?"
        )


def _expected(method: str | None, path: str) -> str | None:
    patterns = (*_HOLDS, *_CREATED) if method == "POST" else _HOLDS
    for pattern, name in patterns:
        if pattern.search(path):
            return str(name)
    return "kind" if method == "GET" and _LISTED.search(path) else None


def _holds(answer: requests.Response, name: str | None) -> bool:
    try:
        body = answer.json()
    except ValueError:
        return False
    return isinstance(body, dict) and (name is None or name in body)
