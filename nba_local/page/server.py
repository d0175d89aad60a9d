"""Server: the page on 127.0.0.1, and its values as JSON, for whoever sits at this machine.

It reads only: every answer is one snapshot of the ledger, and no lock is held between requests.
"""

from __future__ import annotations

import datetime as dt
import errno
import re
import socketserver
import sqlite3
import sys
import threading
import time
import uuid
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote, urlsplit

from nba_local.commands import explain
from nba_local.errors import LedgerError, NbaLocalError, UsageError
from nba_local.explain import coverage
from nba_local.explain.tracer import Tracer
from nba_local.page import document, lab, view
from nba_local.page.detail import Details, way
from nba_local.page.distributions import distributions
from nba_local.page.tables import null_shares, tables
from nba_local.storage.ledger import may_write, open_to_read
from nba_local.storage.serialize import dumps
from nba_local.tables.calendar import Season

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nba_local.commands.project import Project
    from nba_local.explain.coverage import Coverage
    from nba_local.page.view import Flags
    from nba_local.storage.workspace import Workspace

HOST = "127.0.0.1"
IDLE_SECONDS = 60
"""After so long without a request a connection is closed."""


NO_HANDLE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""Errors of a machine that has no room for another connection now."""

PAUSE_SECONDS = 0.25
"""Between two tries to accept a connection on such a machine."""


class NoSuchPathError(Exception):
    """Nothing is to be had under a path."""


class Watch:
    """Detects commits by other processes (PRAGMA data_version)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._open: sqlite3.Connection | None = None
        self._file: tuple[int, ...] = ()
        self._name = ""

    def version(self) -> str:
        """A word that changes with every commit of another process.

        Raises:
            LedgerError: The ledger is not there any more.
        """
        with self._lock:
            try:
                found = self.path.stat()
            except FileNotFoundError as error:
                raise LedgerError(f"{self.path} is gone") from error
            file: tuple[int, ...] = (found.st_dev, found.st_ino)
            if not may_write(self.path):  # SQLite may take it for a file that nobody writes
                file += (found.st_size, found.st_mtime_ns)
            if self._open is None or self._file != file:
                self.close()
                self._file, self._name = file, uuid.uuid4().hex[:8]
                self._open = open_to_read(self.path, check_same_thread=False)
            number = self._open.execute("PRAGMA data_version").fetchone()[0]
            return f"{self._name}-{number}"

    def close(self) -> None:
        """Close the file."""
        if self._open is not None:
            self._open.close()
        self._open = None


class Answers:
    """What the page asks for, from one data folder; may be called from several threads."""

    def __init__(self, project: Project, flags: Flags) -> None:
        self._project, self.flags = project, flags
        self.watch = Watch(project.store.ledger_path)
        self._known: dict[Season, tuple[tuple[str, dt.date], Coverage]] = {}
        self._computing = threading.Lock()
        self.routes = self.patterns()

    def patterns(self) -> dict[str, Callable[..., Any]]:
        """What answers a path, by its pattern."""
        table, season = r"(?P<table>\w+)", r"(?P<season>[\d-]+)"
        date, entity = r"(?P<date>[\d-]+)", r"(?P<entity>[^/]+)"
        return {
            "start": self.start,
            "version": self.version,
            "runs": lambda: view.runs(self.project),
            f"season/{season}": self.season,
            f"date/{table}/{date}": self.date,
            f"entity/{table}/{date}/{entity}": self.entity,
            f"distributions/{season}/{table}": self.distributions,
            "tables": self.tables,
            f"nulls/{table}": self.nulls,
            "lab": lambda: lab.trials(self.project.store.root),
            r"lab/(?P<number>\d{1,9})": self.trial,
        }

    @property
    def project(self) -> Project:
        """The project of this moment: a server lives longer than a day."""
        return replace(self._project, today=self._project.config.date)

    def of(self, path: str) -> Any:
        """The answer to `path`, as it is in an address: `/` in a name is `%2F`.

        Raises:
            NoSuchPathError: There is no such path.
            NbaLocalError: It cannot be answered: an unknown table, a date that is none.
        """
        for pattern, answer in self.routes.items():
            if match := re.fullmatch(pattern, path):
                return answer(**{name: unquote(text) for name, text in match.groupdict().items()})
        raise NoSuchPathError(path)

    def start(self) -> dict[str, Any]:
        """Seasons, tables and states."""
        with self.project.reading() as work:
            seasons = [Season(year) for year in view.stored(work)]
            return view.start(work, str(self.project.config.data), self.flags, seasons)

    def warm(self) -> None:
        """Work out what the page shows first, while the browser starts."""
        with self.project.reading() as work:
            for year in view.stored(work)[-1:]:
                self._covered(work, Season(year))

    def version(self) -> dict[str, Any]:
        """What a page asks every few seconds."""
        number = self.watch.version()
        with self.project.reading() as work:
            return {"version": number, "running": view.running(work)}

    def season(self, season: str) -> dict[str, Any]:
        """A season at a glance."""
        with self.project.reading() as work, work.ledger.snapshot():
            return view.season(self._covered(work, _stored(work, season)), self.flags)

    def date(self, table: str, date: str) -> dict[str, Any]:
        """A date of a table."""
        day = _day(date)
        with self.project.reading() as work, work.ledger.snapshot():
            found = work.registry.table(table)
            one = self._covered(work, _stored(work, str(work.bounds.of(day))))
            if day not in one.dates:
                raise UsageError(f"{day} is not a date of {one.season}")
            details = Details(Tracer(work, one.states), [found], self.flags)
            return details.of(one.states.cells[table, day])

    def entity(self, table: str, date: str, entity: str) -> dict[str, Any]:
        """An entity on a date of a table."""
        found = explain.why(self.project, table, date, entity)
        return {
            "entity": found.entity,
            "said": found.said,
            "why": found.trace and way(found.trace, self.flags),
        }

    def distributions(self, season: str, table: str) -> dict[str, Any]:
        """The columns of a table over a season."""
        with self.project.reading() as work:
            return distributions(work, work.registry.table(table), _stored(work, season))

    def tables(self) -> list[dict[str, Any]]:
        """Every table with its columns."""
        return tables(self.project.registry)

    def nulls(self, table: str) -> dict[str, Any]:
        """How much of each column of a table is NULL, by stored season."""
        with self.project.reading() as work:
            seasons = [Season(year) for year in view.stored(work)]
            return null_shares(work, work.registry.table(table), seasons)

    def trial(self, number: str) -> dict[str, Any]:
        """A trial of the lab."""
        return lab.trial(self.project.store.root, int(number))

    def _covered(self, work: Workspace, season: Season) -> Coverage:
        """A season; worked out once for each state of the ledger, and each day."""
        # the version before the read: what is committed in between is read again by the next one
        key = (self.watch.version(), work.today)
        with self._computing:
            if season not in self._known or self._known[season][0] != key:
                dates = work.bounds.interval(season)
                self._known[season] = (key, coverage.covered(work, season, [dates]))
            return self._known[season][1]


def _stored(work: Workspace, season: str) -> Season:
    found = Season.parse(season)
    if found.year not in view.stored(work):
        raise UsageError(f"{found} is not stored", hint=f"nba-local pull --season {found}")
    return found


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"`{text}` is not a date", hint="2021-11-15") from error


class Server(ThreadingHTTPServer):
    """The page of one data folder on `port` of 127.0.0.1; 0 is a free one.

    Raises:
        UsageError: The port is not to be had.
    """

    daemon_threads = True

    def __init__(self, answers: Answers, port: int) -> None:
        self.answers = answers
        try:
            super().__init__((HOST, port), Handler)
        except (OSError, OverflowError) as error:
            raise UsageError(
                f"port {port} of {HOST} cannot be used: {error}; the page is not served",
                hint="--port 0 takes a free one",
            ) from error
        self.hosts = {f"{name}:{self.server_port}" for name in (HOST, "localhost")}
        self.url = f"http://{HOST}:{self.server_port}/"

    def server_bind(self) -> None:
        """Bind without asking a name server what this machine is called."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection; without a file handle for it, pause instead of trying at once."""
        try:
            return super().get_request()
        except OSError as error:
            if error.errno in NO_HANDLE:
                time.sleep(PAUSE_SECONDS)
            raise

    def server_close(self) -> None:
        """End the server."""
        super().server_close()
        self.answers.watch.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away is no error."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD of our own pages, asked for by our own name."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True  # a body that waits for the receipt of its head takes 44 ms
    server_version, sys_version = "nba-local", ""
    common: ClassVar[dict[str, str]] = {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
    }

    def do_GET(self) -> None:
        """Answer a request."""
        if self.headers.get("Host") not in self.server.hosts:
            # a page of somebody else whose name now leads here must not read ours
            self._refuse(403, "ask for this page by its address", self.server.url)
            return
        path = urlsplit(self.path).path
        if path == "/":
            self._send(200, document.html(), "text/html", document.policy(is_served=True))
        elif path.startswith("/api/"):
            self._answer(path.removeprefix("/api/"))
        else:
            self._refuse(404, "no such page")

    do_HEAD = do_GET

    def _not_allowed(self) -> None:
        self.close_connection = True  # what else was sent is not read
        self._refuse(405, "this page only reads: GET")

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _not_allowed

    def _answer(self, path: str) -> None:
        try:
            found = self.server.answers.of(path)
        except NoSuchPathError:
            self._refuse(404, "no such page")
        except UsageError as error:
            self._refuse(400, error.message, error.hint)
        except (NbaLocalError, FileNotFoundError) as error:
            # a folder that is made anew, or whose files are just replaced: worth another try
            self._refuse(503, str(error), getattr(error, "hint", None))
        except Exception:
            self._refuse(500, "this could not be answered; the terminal says why")
            raise
        else:
            self._send(200, dumps(found))

    def _refuse(self, status: int, message: str, hint: str | None = None) -> None:
        self._send(status, dumps({"message": message, "hint": hint}))

    def _send(
        self,
        status: int,
        text: str,
        kind: str = "application/json",
        policy: str = "default-src 'none'",
    ) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", policy)
        if status == 405:  # noqa: PLR2004 - not allowed
            self.send_header("Allow", "GET, HEAD")
        for name, value in self.common.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged; errors reach the terminal by themselves."""
