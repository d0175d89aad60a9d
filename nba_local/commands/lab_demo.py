"""The demo of the lab: a simulated season with a planted truth, and an idea that meets it."""

from __future__ import annotations

import importlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nba_local.commands import lab, road
from nba_local.commands.project import Project
from nba_local.config import Config, load_config
from nba_local.errors import UsageError
from nba_local.lab.folds import FoldRule
from nba_local.lab.models import ModelRule
from nba_local.lab.opening import require_extra
from nba_local.lab.results import Asked, How
from nba_local.lab.trial import Tell, tell_nobody
from nba_local.tables.calendar import Season
from nba_local.tables.results import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from nba_local.lab.results import Trial

MARKER = ".nba-local-lab-demo"
YEAR = 2021
HOW = How(folds=FoldRule(9_000, 28), model=ModelRule(rounds=60))
"""One season is small: fewer rows are only learned from."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What is planted, in a sentence, and the file that is tried."""

    name: str
    truth: str
    file: Path


def play(
    name: str,
    folder: Path,
    begin: Callable[[Demo], None],
    tell: Tell = tell_nobody,
    progress: Progress = silent,
) -> tuple[Project, Trial]:
    """Try the idea `name` on the simulated season in `folder`; the project and the trial.

    The season is made and pulled once for all demos. begin: Hears what is planted first.

    Raises:
        UsageError: There is no such demo, or `folder` holds something else.
    """
    require_extra()
    load_config({})  # an unknown variable of ours is an error here too
    project = Project.open(Config(data=f"{folder}/data", warehouse=f"file://{folder}/warehouse"))
    package = project.registry.package.name
    planted = importlib.import_module(f"{package}.simulated.planted")
    if name not in planted.DEMOS:
        raise UsageError.unknown("demo", name, planted.DEMOS)
    truth, code = planted.DEMOS[name]
    if not _is_made(folder):
        for table, rows in planted.lab_season(YEAR).items():
            path = folder / "warehouse" / table / f"season={YEAR}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            rows.write_parquet(path)
        road.pull(project, [str(Season(YEAR))], [], progress)
        (folder / MARKER).write_text("made\n")
    file = folder / f"{name}.py"
    file.write_text(code)
    begin(Demo(name, truth, file))
    asked = Asked(file, (str(Season(YEAR)),))
    return project, lab.try_out(project, asked, HOW, tell, progress)


def _is_made(folder: Path) -> bool:
    """Whether the season is there; what a demo left half made is removed.

    Raises:
        UsageError: The folder holds something that is not of the demo.
    """
    marker = folder / MARKER
    if marker.is_file() and marker.read_text():
        return True
    if folder.is_file() or (folder.exists() and any(folder.iterdir())):
        if not marker.exists():
            raise UsageError(
                f"{folder} is not empty and was not made by the demo; nothing was done",
                hint="name another folder: nba-local lab demo NAME DIR",
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    marker.touch()
    return False
