"""Where alerts go: e-mail through Amazon SES, and chat webhooks of Slack and Discord."""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from nba_local.tables.homes import installing

if TYPE_CHECKING:
    from nba_local.alerts.messages import Message
    from nba_local.config import AlertSettings

SECONDS = 10
MOST_CHARACTERS = 1900
"""Of a chat message; Discord takes 2,000."""


_NAMED = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message on a channel. said: In words that name no secret."""

    channel: str
    is_ok: bool
    said: str


def by_email(settings: AlertSettings, message: Message, recipients: tuple[str, ...]) -> Delivery:
    """Send an e-mail through SES."""
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError
    except ImportError:
        return Delivery("e-mail", False, f"boto3 is not installed: {installing('alerts')}")
    limits = Config(connect_timeout=SECONDS, read_timeout=SECONDS, retries={"max_attempts": 2})
    try:
        client = boto3.client(
            "ses",
            region_name=settings.ses_region,
            aws_access_key_id=settings.ses_key,
            aws_secret_access_key=settings.ses_secret,
            endpoint_url=settings.ses_endpoint,
            config=limits,
        )
        client.send_email(
            Source=f"{settings.from_name} <{settings.from_email}>",
            Destination={"ToAddresses": list(recipients)},
            Message={
                "Subject": {"Data": message.subject, "Charset": "UTF-8"},
                "Body": {"Text": {"Data": message.body, "Charset": "UTF-8"}},
            },
        )
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        return Delivery("e-mail", False, f"SES refused it: {code}")
    except (BotoCoreError, ResponseParserError, ValueError, OSError) as error:
        return Delivery("e-mail", False, f"SES was not reached: {type(error).__name__}")
    return Delivery("e-mail", True, f"sent to {len(recipients)} addresses")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A chat does not send a message on: a login page would look like success."""

    def redirect_request(self, *_: Any) -> None:
        """None: the redirect is the answer."""


def by_webhook(name: str, url: str, message: Message) -> Delivery:
    """Post a message to a chat. The URL is a secret; only its host is ever named.

    Whatever is wrong with the address or the answer is a message that was not sent.
    """
    host = _host(url)
    if host is None:
        return Delivery(name, False, "its webhook is not an https address")
    text = f"*{message.subject}*\n{message.body}"
    if len(text) > MOST_CHARACTERS:
        text = f"{text[:MOST_CHARACTERS]}\n..."
    body = json.dumps({"text" if name == "slack" else "content": text}).encode()
    try:
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=SECONDS):
            return Delivery(name, True, f"posted to {host}")
    except urllib.error.HTTPError as error:
        error.close()
        return Delivery(name, False, f"{host} answered {error.code}")
    except (http.client.InvalidURL, ValueError) as error:  # their text may quote the secret
        return Delivery(name, False, f"its webhook is no usable address: {type(error).__name__}")
    except http.client.HTTPException as error:
        return Delivery(name, False, f"{host} sent no HTTP answer: {type(error).__name__}")
    except OSError as error:
        reason = getattr(error, "reason", error)
        return Delivery(name, False, f"{host} was not reached: {type(reason).__name__}")


def _host(url: str) -> str | None:
    """The host of an address that a message may be posted to; None for any other text."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # a bad port is an error only when it is asked for
    except ValueError:
        return None
    is_local = host in {"127.0.0.1", "localhost", "::1"}
    is_named = host is not None and _NAMED.fullmatch(host) is not None
    if parts.scheme == "https" and (is_named or is_local):
        return host
    return host if parts.scheme == "http" and is_local else None
