"""Webhook addresses that are wrong, and answers that make no sense: an alert that is not sent.

Never an error of the run, and never a word of the secret path.
"""

from __future__ import annotations

import socket
import threading

import pytest

from nba_local.alerts.channels import by_webhook
from nba_local.alerts.messages import CRITICAL, Message
from nba_local.alerts.send import send
from nba_local.config import AlertSettings
from nba_local.errors import UsageError
from nba_local.warehouse import open_warehouse
from nba_local.words import without_secrets

SECRET = "T0SECRET/B0SECRET/xyzSECRET"
MESSAGE = Message(CRITICAL, "push failed", "push failed", "text")

ADDRESSES = [
    f"https://hooks.slack.com/services/{SECRET} ",
    f" https://hooks.slack.com/ser vices/{SECRET}",
    f"https://hooks.slack.com/services/{SECRET}\n",
    f"https://hooks.slack.com:port/services/{SECRET}",
    f"https://hooks.slack.com:99999/services/{SECRET}",
    f"https://[hooks.slack.com/services/{SECRET}",
    f"https:/hooks.slack.com/services/{SECRET}",
    f"https://{SECRET}",
    f"http://hooks.slack.com/services/{SECRET}",
    f"file:///{SECRET}",
    f"http://127.0.0.1:1/services/{SECRET}",
    f"http://127.0.0.1:1/sérvices/{SECRET}",
    f"http://127.0.0.1:1/services/{SECRET} with blanks",
    f"{SECRET}",
    "",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_is_wrong_is_a_message_not_sent(address, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("nba_local.alerts.channels.SECONDS", 1)
    monkeypatch.setattr(socket, "getaddrinfo", _no_network(socket.getaddrinfo))
    found = by_webhook("slack", address, MESSAGE)
    assert not found.is_ok
    assert "secret" not in found.said.lower()
    settings = AlertSettings(webhooks={"SLACK_WEBHOOK_URL": address})
    send(settings, tmp_path, MESSAGE)
    said = capsys.readouterr()
    assert "secret" not in (said.out + said.err).lower()
    assert not address or "alert not sent by slack" in said.err


def _no_network(look_up):
    def only_here(host, *rest, **named):
        if host not in {"127.0.0.1", b"127.0.0.1"}:
            raise socket.gaierror("no network in tests")
        return look_up(host, *rest, **named)

    return only_here


ANSWERS = {
    "nonsense": b"what?\r\n\r\n",
    "nothing": b"",
    "a status that is no number": b"HTTP/1.1 abc OK\r\n\r\n",
    "a header without end": b"HTTP/1.1 200 OK\r\n" + b"a: " + b"b" * 70_000 + b"\r\n\r\n",
    "a redirect to a login": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/SECRET\r\n\r\n",
    "a refusal": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
    "a server error": b"HTTP/1.1 500 SECRET\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_that_makes_no_sense_is_a_message_not_sent(answer):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            connection, _ = listener.accept()
            with connection:
                connection.recv(100_000)
                connection.sendall(ANSWERS[answer])

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        found = by_webhook("slack", f"http://127.0.0.1:{port}/{SECRET}", MESSAGE)
        thread.join(5)
    assert not found.is_ok
    assert found.said.startswith("127.0.0.1 ")
    assert "secret" not in found.said.lower()


TYPED = [
    "https://someone:hunter2secret@bigquery/project",
    "bigquery:/someone:hunter2secret@project",
    "bigquery://someone:hunter2secret@project",
    "bigquery://project?access_token=ya29.secret",
    'bigquery://{"private_key": "-----BEGIN secret"}',
    "postgres://u:secret@host/db?password=secret",
    "secret_token=abc",
]


@pytest.mark.parametrize("typed", TYPED)
def test_a_credential_in_a_mistyped_warehouse_is_not_printed_back(typed):
    with pytest.raises(UsageError) as error:
        open_warehouse(typed)
    said = f"{error.value.message} {error.value.hint}".lower()
    assert "secret" not in said
    assert "hunter2" not in said


@pytest.mark.parametrize("plain", ["gs://bucket/folder", "/data/folder", "bigqery://my-project"])
def test_an_address_without_a_credential_is_shown(plain):
    assert without_secrets(plain) == plain
