"""Folders of tables: where they are, what each brings, what two side by side must not share."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nba_local.errors import PipelineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

RULES = "rules.py"
"""Of a package: its rule sets. Tables beside those of a package have none of their own."""

ENVIRONMENTS = "environments.toml"
_DATASET = re.compile(r"[A-Za-z0-9_]{1,1024}")
NAME = "pipelines"
GIVEN = "given"
"""In `--pipelines given,mine`: the tables that are used where none are named."""


_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def given_package() -> Path:
    """The tables that this version comes with, beside it in the wheel as in a clone."""
    return Path(__file__).parents[2] / NAME


def is_installed(package: Path) -> bool:
    """Whether `package` came with the wheel, and is nobody's to edit."""
    given = given_package()
    return package.resolve() == given and not (given.parent / "pyproject.toml").is_file()


def installing(extra: str) -> str:
    """What to type for an extra: in a clone, where the wheel is a tool of uv, or in a venv."""
    if not is_installed(given_package()):
        return f"uv sync --extra {extra}"
    wheel = shlex.quote(f"{_wheel()}[{extra}]")
    if _is_run_by_uvx():
        return f"uvx -p {_PYTHON} --from {wheel} nba-local ..."
    if (Path(sys.prefix) / "uv-receipt.toml").is_file():
        return f"uv tool install --force -p {_PYTHON} {wheel}"
    return f"uv pip install {wheel}, or pip install {wheel}"


def as_typed() -> str:
    """How `nba-local` is typed where this process was: through uv where it is on no path."""
    if not is_installed(given_package()):
        return "uv run nba-local"
    return (
        f"uvx -p {_PYTHON} --from {shlex.quote(_wheel())} nba-local"
        if _is_run_by_uvx()
        else "nba-local"
    )


def _is_run_by_uvx() -> bool:
    """Whether `uvx` runs it from uv's cache, so that no command of that name stays."""
    return "archive-v0" in Path(sys.prefix).parts


def _wheel() -> str:
    """The file that is installed, as it is reached from the present folder; else the name."""
    from importlib.metadata import distribution
    from urllib.parse import unquote, urlsplit

    told = json.loads(distribution("nba-local").read_text("direct_url.json") or "{}")
    address = urlsplit(told.get("url", ""))
    if address.scheme != "file":
        return told.get("url") or "nba-local"
    file, here = Path(unquote(address.path)), Path.cwd()
    return str(file.relative_to(here)) if file.is_relative_to(here) else str(file)


def default_package() -> Path:
    """The `pipelines` folder: below the present folder, else those this version comes with."""
    here = Path.cwd() / NAME
    return here if (here / RULES).is_file() else given_package()


def packages(named: str | Path | None) -> tuple[Path, ...]:
    """The folders that `--pipelines` names, the one with the rules first; `A,B` are two.

    `given` in a list is what is used where none is named.

    Raises:
        UsageError: The list has an empty part, or a folder twice.
        PipelineError: None of several folders has the rules, or more than one.
    """
    if not named:
        return (default_package().resolve(),)
    parts = [part.strip() for part in str(named).split(",")]
    if len(parts) == 1 or Path(named).is_dir():
        return (Path(named).expanduser().resolve(),)
    if not all(parts):
        raise UsageError(
            f"--pipelines {named}: a folder between commas is missing", hint="given,mine"
        )
    folders = [
        (default_package() if part == GIVEN and not Path(part).is_dir() else Path(part))
        .expanduser()
        .resolve()
        for part in parts
    ]
    if len(set(folders)) < len(folders):
        raise UsageError(f"--pipelines {named}: a folder is named twice", hint="given,mine")
    for folder in folders:
        if not folder.is_dir():
            raise PipelineError(f"no folder {folder}; no table was loaded")
    ruling = [folder for folder in folders if (folder / RULES).is_file()]
    if len(ruling) != 1:
        many = f"{ruling[0]} and {ruling[1]} both have" if ruling else "none of them has"
        raise PipelineError(
            f"tables side by side share the rules of one folder, but {many} {RULES}; "
            "no table was loaded",
            hint="name `given` and a folder of your own tables without rules.py: given,mine",
        )
    return (*ruling, *(folder for folder in folders if folder not in ruling))


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
    import tomllib

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
