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
    from collections.abc import Iterable, Mapping

ENGINE = "nba_local"

COMPUTING = ("polars", "polars-hash")
"""Libraries whose version may change the values of a feature table."""

TRAINING = ("lightgbm", "numpy")
"""The same for a model of the lab."""


def of(package: Path, libraries: Iterable[str]) -> dict[str, str]:
    """Hashes of the engine and the tables of `package`, versions of Python and `libraries`.

    A library that is not installed has an empty version. Reads the files once a process.
    """
    return {
        ENGINE: f"code {_hash(Path(__file__).parents[1])}",
        "tables": f"code {_hash(package)}",
        "python": ".".join(map(str, sys.version_info[:2])),
        **{name: _version(name) for name in libraries},
    }


def differs(asked: Mapping[str, str], package: Path) -> dict[str, str]:
    """This process's own values, where one of `asked` is another; nothing where all agree."""
    libraries = [name for name in asked if name not in (ENGINE, "tables", "python")]
    own = of(package, libraries)
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
