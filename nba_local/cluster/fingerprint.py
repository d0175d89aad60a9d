"""Fingerprint: the code and the libraries that decide what a task returns."""

from __future__ import annotations

import functools
import hashlib
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from nba_local.tables.fingerprint import LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

ENGINE, TABLES, PYTHON = "nba_local", "tables", "python"

COMPUTING = ("polars", "polars-hash")
"""Libraries whose version may change the values of a feature table."""

TRAINING = ("lightgbm", "numpy")
"""The same for a model of the lab."""


def of(libraries: Iterable[str], homes: Sequence[Path] = ()) -> dict[str, str]:
    """Hashes of the engine and of the tables of `homes`, versions of Python and `libraries`.

    Without homes the tables do not count. A library that is not installed has an empty version.
    Reads the files once a process.
    """
    tables = {TABLES: f"code {' '.join(map(_hash, homes))}"} if homes else {}
    return {
        ENGINE: f"code {_hash(Path(__file__).parents[1])}",
        **tables,
        PYTHON: ".".join(map(str, sys.version_info[:2])),
        **{name: _version(name) for name in libraries},
    }


def differs(asked: Mapping[str, str], homes: Callable[[], Sequence[Path]]) -> dict[str, str]:
    """This process's own values, where one of `asked` is another; nothing where all agree.

    homes: Finds the tables, where they are asked for.
    """
    libraries = [name for name in asked if name not in (ENGINE, TABLES, PYTHON)]
    own = of(libraries, homes() if TABLES in asked else ())
    return own if any(own[name] != value for name, value in asked.items()) else {}


@functools.cache
def _hash(folder: Path) -> str:
    """Of every module and contract below a folder, and of their names."""
    digest = hashlib.sha256()
    files = sorted(p for p in folder.rglob("*") if p.suffix in {".py", ".json"})
    for path in files:
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:LENGTH]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
