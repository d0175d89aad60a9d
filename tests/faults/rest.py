"""An HTTP proxy that passes everything on, but for the faults of its script."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.faults.faults import Answer, Cut, Lost, Reply, Silence, Slow
from tests.faults.relay import HOST, RESET_AT_CLOSE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.faults import Script

PIECES = 8
_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class _Server(ThreadingHTTPServer):
    daemon_threads, block_on_close = True, False

    def __init__(self, port: int, upstream: str, script: Script) -> None:
        self.upstream, self.script = upstream, script
        self.to_reset: set[socket.socket] = set()
        super().__init__((HOST, port), _Handler)

    def shutdown_request(self, request: Any) -> None:
        """Close; without the polite end where the connection is to be reset."""
        if request in self.to_reset:
            self.to_reset.remove(request)
            request.close()
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what is being tested."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes
    server: _Server

    def log_message(self, *_: Any) -> None:
        """Not to standard error."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.partition("?")[0]
        effect = self.server.script.meet(f"{self.command} {path}", body)
        if isinstance(effect, Answer):
            self._send(effect.status, self._error(effect))
        elif isinstance(effect, Reply):
            self._send(effect.status, effect.content)
        elif isinstance(effect, Silence):
            self.server.script.over.wait()
            self._reset()
        else:
            status, headers, content = self._upstream(body)
            if isinstance(effect, Lost):
                self._reset()
                return
            self._head(status, headers, len(content))
            if isinstance(effect, Cut):
                self.wfile.write(content[: len(content) // 2])
                self.wfile.flush()
                self._reset()
            elif isinstance(effect, Slow):
                for piece in _pieces(content):
                    self.server.script.over.wait(effect.seconds)
                    self.wfile.write(piece)
                    self.wfile.flush()
            else:
                self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    def _upstream(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        there = http.client.HTTPConnection(self.server.upstream)
        try:
            kept = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
            # our own Host stays: the server makes the address of an upload from it
            there.request(self.command, self.path, body, kept | {"Accept-Encoding": "identity"})
            answer = there.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            there.close()

    def _head(self, status: int, headers: list[tuple[str, str]], length: int) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _error(self, given: Answer) -> str:
        message = given.message + (str(self.headers.get(given.echo)) if given.echo else "")
        details = [{"reason": given.reason, "message": message}] if given.reason else []
        error = {"code": given.status, "message": message, "errors": details}
        return json.dumps({"error": error})

    def _send(self, status: int, text: str) -> None:
        content = text.encode()
        self._head(status, [("Content-Type", "application/json")], len(content))
        self.wfile.write(content)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
        self.server.to_reset.add(self.connection)
        self.close_connection = True


def _pieces(content: bytes) -> Iterator[bytes]:
    size = max(1, len(content) // PIECES)
    for start in range(0, len(content), size):
        yield content[start : start + size]


class Rest:
    """The proxy of one server: `down` refuses connections until `up`, at the same address."""

    def __init__(self, upstream: str, script: Script) -> None:
        self._upstream, self._script, self._port = upstream.removeprefix("http://"), script, 0
        self._server: _Server | None = None
        self.up()

    @property
    def address(self) -> str:
        """host:port."""
        return f"{HOST}:{self._port}"

    def up(self) -> None:
        """Listen."""
        self._server = _Server(self._port, self._upstream, self._script)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def down(self) -> None:
        """Listen no more; what is connected stays so."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
