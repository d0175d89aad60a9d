"""Where the tables are: the project's `pipelines`, those of this package, a folder beside them."""

from __future__ import annotations

from pathlib import Path

from nba_local.errors import PipelineError, UsageError
from nba_local.tables.registry import RULES, Registry, load_registry

NAME = "pipelines"
GIVEN = "given"
"""In `--pipelines given,mine`: the tables that are used where none are named."""


def given_package() -> Path:
    """The tables that this version comes with, beside it in the wheel as in a clone."""
    return Path(__file__).parents[2] / NAME


def is_installed(package: Path) -> bool:
    """Whether `package` came with the wheel, and is nobody's to edit."""
    given = given_package()
    return package.resolve() == given and not (given.parent / "pyproject.toml").is_file()


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


def load(named: str | Path | None = None) -> Registry:
    """The tables of the folders that `named` says, as `--pipelines` does. Imports them.

    Raises:
        PipelineError, UsageError: See `packages` and `load_registry`.
    """
    return load_registry(*packages(named))
