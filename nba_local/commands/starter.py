"""A project of one's own: the tables of this version, settings, recipes, in an empty folder."""

from __future__ import annotations

import shlex
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from nba_local.errors import NbaLocalError, UsageError
from nba_local.tables.homes import NAME, given_package
from nba_local.tables.registry import load_registry

TEMPLATES = Path(__file__).parents[1] / "starter"
FILES = {
    "env.example": ".env.example",
    "gitignore": ".gitignore",
    "justfile": "justfile",
    "README.md": "README.md",
}
"""What is written beside the tables, by the name of its template."""

YOURS = {
    f"{NAME}/": "the tables; `plan` says what a change makes due",
    ".env.example": "every setting; copy it to .env",
    "justfile": "what is done every day",
    "README.md": "what is where",
    ".gitignore": "keeps .env and data/ out of git",
}
"""What a person may change, which is all of it, and what each is for."""


@dataclass(frozen=True, slots=True)
class Started:
    """What `init` wrote.

    folder: Where. version: Of nba-local, whose tables these are. tables: Their names, upstream
    first. files: How many files. yours: What is the person's to change, and what it is for.
    written: What is `nba-local`'s alone.
    next: Commands to type in it.
    """

    folder: Path
    version: str
    tables: tuple[str, ...]
    files: int
    yours: dict[str, str]
    written: dict[str, str]
    next: tuple[str, ...]


def start(folder: Path) -> Started:
    """Write a project into `folder`, which is new or empty.

    Raises:
        UsageError: It is neither; nothing was written.
        NbaLocalError: It could not be written; what was begun is removed.
    """
    registry = load_registry(given_package())
    if folder.is_file() or (folder.exists() and any(folder.iterdir())):
        raise UsageError(
            f"{folder} is not empty; nothing was written",
            hint="name a new folder: nba-local init DIR",
        )
    existed = folder.exists()
    number = version("nba-local")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(registry.package, folder / NAME, ignore=ignored)
        for template, name in FILES.items():
            text = (TEMPLATES / template).read_text()
            (folder / name).write_text(text.replace("{version}", number))
    except BaseException as error:
        for begun in (NAME, *FILES.values()):
            path = folder / begun
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        if not existed and folder.is_dir():
            folder.rmdir()
        if isinstance(error, OSError):
            raise NbaLocalError(f"{folder}: {error.strerror or error}; nothing was written") from (
                error
            )
        raise
    return Started(
        folder=folder,
        version=number,
        tables=tuple(registry.tables),
        files=sum(1 for path in folder.rglob("*") if path.is_file()),
        yours=YOURS,
        written={"data/": "what is pulled and published"},
        next=(
            *([] if folder == Path() else [f"cd {shlex.quote(str(folder))}"]),
            "cp .env.example .env",
            "nba-local doctor",
        ),
    )
