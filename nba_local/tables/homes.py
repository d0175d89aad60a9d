"""Folders of tables side by side: what each brings, and what two of them must not share."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from nba_local.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Sequence

ENVIRONMENTS = "environments.toml"
_DATASET = re.compile(r"[A-Za-z0-9_]{1,1024}")


def table_folders(homes: Sequence[Path]) -> list[Path]:
    """The folders of all tables of `homes`.

    Raises:
        PipelineError: Two homes have one name or one table, or a home beside has no table.
    """
    found: dict[str, Path] = {}
    names: dict[str, Path] = {}
    for home in homes:
        if home.name in names:
            raise PipelineError(
                f"{names[home.name]} and {home} have one name, and Python knows one package of a "
                "name; no table was loaded",
                hint="rename the folder of your own tables",
            )
        names[home.name] = home
        folders = sorted(path.parent for path in home.glob("*/table.py"))
        if not folders and home != homes[0]:
            raise PipelineError(
                f"no table in {home}: no folder of it has a table.py; no table was loaded"
            )
        for folder in folders:
            if other := found.get(folder.name):
                raise PipelineError(
                    f"{other} and {folder} both define the table `{folder.name}`; "
                    "no table was loaded",
                    hint="rename one of the two folders, and `table` in its schema.json",
                )
            found[folder.name] = folder
    return list(found.values())


def refuse_another(package: Path) -> None:
    """Python knows one package of a name: the code of a second one would be that of the first.

    A copy whose code is the same may be loaded.
    """
    loaded = sys.modules.get(package.name)
    places = [Path(place).resolve() for place in getattr(loaded, "__path__", ())]
    if places and package.resolve() not in places and _code(package) != _code(places[0]):
        raise PipelineError(
            f"this process has the tables of {places[0]} loaded; those of {package} have the same "
            "package name, and were not loaded",
            hint="load them in another process, or rename the folder",
        )


def _code(package: Path) -> dict[str, bytes]:
    return {str(p.relative_to(package)): p.read_bytes() for p in package.rglob("*.py")}


def environments_of(homes: Sequence[Path]) -> dict[str, dict[str, str]]:
    """What `environments.toml` of all homes say; the first home's word stands."""
    found: dict[str, dict[str, str]] = {}
    for home in reversed(homes):
        for name, datasets in _environments(home).items():
            found[name] = found.get(name, {}) | datasets
    return found


def _environments(package: Path) -> dict[str, dict[str, str]]:
    """What `environments.toml` says; none where there is no such file."""
    path = package / ENVIRONMENTS
    if not path.is_file():
        return {}
    try:
        found = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise PipelineError(f"{path.name}: {error}") from error
    for name, datasets in found.items():
        if not isinstance(datasets, dict):
            raise PipelineError(f"{path.name}: `{name}` is not a table of datasets")
        for ours, theirs in datasets.items():
            if not (isinstance(theirs, str) and _DATASET.fullmatch(theirs)):
                raise PipelineError(
                    f"{path.name}: {name}.{ours} = {theirs!r} is not a valid dataset name",
                    hint="letters, digits and underscores",
                )
    return found
