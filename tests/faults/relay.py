"""A TCP relay whose connections can be reset, whatever they carry."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

HOST = "127.0.0.1"
RESET_AT_CLOSE = struct.pack("ii", 1, 0)
"""For SO_LINGER: closing drops what was not sent yet and resets the connection."""


class Relay:
    """Passes every connection on to a port of this machine."""

    def __init__(self, port: int) -> None:
        self._port, self._lock = port, threading.Lock()
        self._clients: set[socket.socket] = set()
        self._listener = socket.create_server((HOST, 0))
        self.address = f"{HOST}:{self._listener.getsockname()[1]}"
        self._start(self._accept)

    def reset(self) -> None:
        """Reset every connection to a client; new ones are accepted."""
        with self._lock:
            clients, self._clients = self._clients, set()
        for client in clients:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RD)  # wakes the thread that reads from it
            client.close()

    def close(self) -> None:
        """Accept no more, and end what there is."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.reset()

    @staticmethod
    def _start(work, *given) -> None:  # type: ignore[no-untyped-def]
        threading.Thread(target=work, args=given, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            there = socket.create_connection((HOST, self._port))
            for side in (client, there):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._clients.add(client)
            self._start(self._pump, client, there)
            self._start(self._pump, there, client)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        """Pass bytes on until one side ends, then end the other."""
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for side in (source, sink):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
            with self._lock:
                self._clients.discard(side)
            side.close()
