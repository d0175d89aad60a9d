"""Sending: which channels a tier uses, how often a category may, what the folder keeps of it."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nba_local.alerts.channels import Delivery, by_email, by_webhook
from nba_local.alerts.messages import CRITICAL, INFO, WARNING
from nba_local.errors import NbaLocalError
from nba_local.storage import queries
from nba_local.storage.ledger import Ledger
from nba_local.storage.serialize import dumps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nba_local.alerts.messages import Message
    from nba_local.config import AlertSettings

MOST_AN_HOUR = 5
"""Messages of a category that are sent within an hour; critical ones always are."""

FILE = "alerts.jsonl"
"""In the data folder: every alert, a line each, whether it was sent or held back."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a message. is_limited: Its category had its share of this hour."""

    message: Message
    is_limited: bool
    deliveries: tuple[Delivery, ...]


def send(settings: AlertSettings, root: Path, message: Message, *, is_said: bool = True) -> Sent:
    """Send `message` where its tier goes, keep it, and say on stderr what failed.

    is_said: Whether the subject is said on stderr too. A channel that fails is no error of the run.
    """
    if is_said:
        sys.stderr.write(f"alert: {message.subject}\n")
    now = dt.datetime.now(dt.UTC)
    is_limited = message.tier != CRITICAL and _recent(root, message, now) >= MOST_AN_HOUR
    deliveries = () if is_limited else tuple(_deliveries(settings, message))
    for delivery in deliveries:
        if not delivery.is_ok:
            sys.stderr.write(f"alert not sent by {delivery.channel}: {delivery.said}\n")
    sent = Sent(message, is_limited, deliveries)
    try:
        _keep(root, sent, now)
    except (OSError, sqlite3.Error, NbaLocalError) as error:
        # a run may fail for want of the very room that this takes; its own error is what counts
        sys.stderr.write(f"alert not kept in {root}: {error}\n")
    return sent


def _deliveries(settings: AlertSettings, message: Message) -> Iterator[Delivery]:
    """Critical: every channel. Warning: chat, else e-mail. Info: e-mail."""
    chats = settings.chats(message.tier)
    recipients = settings.recipients(message.tier)
    if message.tier == WARNING:
        chats = dict(list(chats.items())[:1])
        recipients = () if chats else recipients
    elif message.tier == INFO:
        chats = {}
    for name, url in chats.items():
        yield by_webhook(name, url, message)
    if recipients and settings.ses_key:
        yield by_email(settings, message, recipients)


def _recent(root: Path, message: Message, now: dt.datetime) -> int:
    """Messages of the category that were sent within the hour, by any process."""
    if not (root / "ledger.sqlite").is_file():
        return 0
    try:
        ledger = Ledger(root / "ledger.sqlite", create=False)
    except NbaLocalError:  # the run says so itself; what cannot be counted is sent
        return 0
    try:
        since = (now - dt.timedelta(hours=1)).isoformat()
        return queries.alerts_since(ledger, message.category, since, CRITICAL)
    finally:
        ledger.close()


def _keep(root: Path, sent: Sent, now: dt.datetime) -> None:
    line: dict[str, Any] = {
        "sent_at": now.isoformat(),
        "tier": sent.message.tier,
        "category": sent.message.category,
        "subject": sent.message.subject,
        "is_limited": int(sent.is_limited),
        "channels": dumps({d.channel: d.said for d in sent.deliveries}),
    }
    if not root.is_dir() or not os.access(root, os.W_OK):  # the run itself says so
        return
    with (root / FILE).open("a") as file:
        file.write(f"{dumps({**line, 'body': sent.message.body})}\n")
        file.flush()
        os.fsync(file.fileno())
    if (root / "ledger.sqlite").is_file():
        ledger = Ledger(root / "ledger.sqlite", create=False)
        try:
            ledger.put("alerts", [line])
        finally:
            ledger.close()


def listed(root: Path, limit: int) -> list[dict[str, Any]]:
    """The newest alerts of a data folder, newest first."""
    ledger = Ledger(root / "ledger.sqlite", create=False)
    try:
        newest = queries.alerts(ledger, limit)
        return [{**row._asdict(), "is_limited": int(row.is_limited)} for row in newest]
    finally:
        ledger.close()
