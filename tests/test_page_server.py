"""The server of the page, without data: names with `/`, and a machine out of file handles."""

from __future__ import annotations

import errno
import http.client
import socket
import threading
import time

import pytest

from nba_local.page import server
from nba_local.page.server import Answers, Server


class Told(Answers):
    """Answers that say what they were asked."""

    def __init__(self):
        self.routes = {}
        self.watch = server.Watch(None)

    def of(self, path):
        self.routes = Answers.patterns(self)
        return super().of(path)

    def entity(self, table, date, entity):
        return {"table": table, "date": date, "entity": entity}


@pytest.mark.parametrize("name", ["lebronjames", "a/b", "a%b", "d'angelo rüssel", "..", "?x=1#y"])
def test_a_player_is_asked_for_by_any_name(name):
    from urllib.parse import quote

    asked = Told().of(f"entity/player_game_summary/2021-11-15/{quote(name, safe='')}")
    assert asked == {"table": "player_game_summary", "date": "2021-11-15", "entity": name}


def test_an_answer_does_not_wait_for_the_receipt_of_its_head():
    """Head and body are two packets: without TCP_NODELAY the second one waits 40 ms and more."""
    with Server(Told(), 0) as one:
        threading.Thread(target=one.serve_forever, args=(0.05,), daemon=True).start()
        connection = http.client.HTTPConnection(*one.server_address)
        seconds = []
        for _ in range(12):
            began = time.monotonic()
            connection.request("GET", "/api/entity/t/2021-11-15/x")
            assert connection.getresponse().read()
            seconds.append(time.monotonic() - began)
        connection.close()
        one.shutdown()
    assert min(seconds[4:]) < 0.03


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE])
def test_without_a_file_handle_the_server_pauses_before_it_tries_again(code, monkeypatch):
    tries, pauses = [], []
    monkeypatch.setattr(time, "sleep", pauses.append)
    with Server(Told(), 0) as one:

        def accept(_self=None):
            tries.append(1)
            raise OSError(code, "Too many open files")

        monkeypatch.setattr(one, "socket", Refusing(one.socket, accept))
        with socket.create_connection(one.server_address):
            one.handle_request()
            one.handle_request()
    assert (len(tries), pauses) == (2, [server.PAUSE_SECONDS] * 2)


class Refusing:
    """A listening socket that has no handle for a connection."""

    def __init__(self, real, accept):
        self._real, self.accept = real, accept

    def __getattr__(self, name):
        return getattr(self._real, name)
