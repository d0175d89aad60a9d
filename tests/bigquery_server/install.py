"""Installs the local BigQuery server into an environment of its own, once.

It cannot share the project's environment: it needs Python 3.13 and an older DuckDB. The DuckDB
extensions it loads come out of wheels, so nothing is downloaded when it starts.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

DUCKDB = "1.5.5"
EXTENSIONS = ("ducklake", "icu", "spatial")
REQUIREMENTS = (
    "local-bigquery==0.4.0",
    *(f"duckdb-extension-{name}=={DUCKDB}" for name in EXTENSIONS),
)
OVERRIDE = f"duckdb=={DUCKDB}"
"""local-bigquery asks for a newer DuckDB, for which there are no extension wheels."""

FOLDER = Path(__file__).parents[2] / ".cache" / "bigquery-server"


class NotInstallableError(Exception):
    """The server cannot be installed here; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Environment:
    """An installed server: its interpreter, and the home folder its DuckDB finds extensions in."""

    python: Path
    home: Path


def installed(folder: Path = FOLDER) -> Environment:
    """The environment in `folder`, installed if it is not there yet.

    Raises:
        NotInstallableError: No Python 3.13, no `uv`, or a package that cannot be had.
    """
    environment = Environment(folder / "venv" / "bin" / "python", folder / "home")
    done = folder / "installed.json"
    wanted = json.dumps([sys.version, OVERRIDE, *REQUIREMENTS])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    with FileLock(folder / ".lock"):
        if not done.exists() or done.read_text() != wanted:
            _install(environment, folder)
            done.write_text(wanted)
    return environment


def _install(environment: Environment, folder: Path) -> None:
    if sys.version_info < (3, 13):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise NotInstallableError(f"local-bigquery needs Python 3.13, this is {version}")
    uv = shutil.which("uv")
    if uv is None:
        raise NotInstallableError("`uv` is not on the PATH, so local-bigquery cannot be installed")
    override = folder / "override.txt"
    override.write_text(OVERRIDE + "\n")
    _run(uv, "venv", "--clear", "--python", sys.executable, str(folder / "venv"))
    target = ("--python", str(environment.python))
    _run(uv, "pip", "install", *target, "--override", str(override), *REQUIREMENTS)
    platform = _run(
        str(environment.python),
        "-c",
        "import duckdb; print(duckdb.sql('PRAGMA platform').fetchone()[0])",
    ).strip()
    extensions = environment.home / ".duckdb" / "extensions" / f"v{DUCKDB}" / platform
    extensions.mkdir(parents=True, exist_ok=True)
    for binary in (folder / "venv").rglob("*.duckdb_extension"):
        shutil.copy2(binary, extensions)


def _run(*command: str) -> str:
    # the caller's environment is active; uv must not install into it
    outside = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run(command, capture_output=True, text=True, env=outside, check=False)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise NotInstallableError(f"`{' '.join(command[:3])}` failed: {' '.join(last)}")
    return done.stdout
