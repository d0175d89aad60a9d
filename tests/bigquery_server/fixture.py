"""The session fixture `bigquery_server`: a local BigQuery server on free ports of this machine."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.bigquery_server.install import NotInstallableError, installed

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = "nba-local-test"
START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class BigQueryServer:
    """Where the server is: what `open_warehouse` and the Google clients need to reach it."""

    project: str
    rest: str
    storage: str


@pytest.fixture(scope="session")
def bigquery_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BigQueryServer]:
    """A running server with no data."""
    yield from started(tmp_path_factory)


def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BigQueryServer]:
    """A server of one's own; every project that it ever had makes each of its answers slower.

    Skips where it cannot be installed; where the environment variable CI is set that is a failure.
    """
    try:
        environment = installed()
    except NotInstallableError as error:
        if os.environ.get("CI"):
            pytest.fail(f"no local BigQuery server: {error}", pytrace=False)
        pytest.skip(f"no local BigQuery server: {error}")
    folder = tmp_path_factory.mktemp("bigquery-server")
    ready, log = folder / "ready.json", folder / "server.log"
    command = [environment.python, Path(__file__).with_name("serve.py"), "--project", PROJECT]
    command += ["--data-dir", folder / "data", "--ready", ready]
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env={**outside, "HOME": str(environment.home)},
        ) as process,
    ):
        try:
            _wait(process, ready, log)
            yield BigQueryServer(PROJECT, **json.loads(ready.read_text()))
        finally:
            process.terminate()


def _wait(process: subprocess.Popen[bytes], ready: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            ended = process.poll()
            what = "is not ready" if ended is None else f"ended with {ended}"
            pytest.fail(f"the local BigQuery server {what}:\n{log.read_text()}", pytrace=False)
        time.sleep(0.05)
