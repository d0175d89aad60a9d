"""Kill -9 around every sort of rename: a re-run ends in the bytes of an undisturbed run.

The second half of the file kills whole processes at random moments of a real season's first weeks.
"""

from __future__ import annotations

import math
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.killer import Killer
from tests.seasons import AUTUMN, FIVE_WEEKS, copied, project_of

pytestmark = pytest.mark.slow

KILLS = 4  # of pull, of backfill and of a rebuild each; at other moments in each run
SEASON = ["2021-22"]
TABLES = ["player_shot_zone_analysis", "team_defense_zone_analysis"]
SOURCES = ["nbac_schedule", "team_defense_game_summary"]
CHANGED = ("player_shot_zone_analysis.min_games=8",)


@pytest.fixture(scope="module")
def killer():
    found = Killer()
    yield found
    found.close()


def points(steps: int) -> list[tuple[int, bool]]:
    """Where to die: before the first step, after a middle one, before and after the last."""
    return [(1, False), ((steps + 1) // 2, True), (steps, False), (steps, True)]


def test_a_pull_killed_around_its_renames_is_ended_by_the_next_one(seasons, killer, tmp_path):
    warehouse = seasons.pulled(AUTUMN).config.warehouse
    what = (SEASON, SOURCES)
    whole = killer.do("pull", project_of(tmp_path / "whole", warehouse), what)
    reference = contents(tmp_path / "whole" / "raw")
    assert reference
    for number, (step, after) in enumerate(points(len(whole["steps"]))):
        project = project_of(tmp_path / str(number), warehouse)
        assert killer.do("pull", project, what, step, after=after)["exit"] == -signal.SIGKILL
        assert no_half_files(project.store.root)
        assert killer.do("pull", project, what)["exit"] == 0
        assert contents(project.store.root / "raw") == reference, (step, after)


@pytest.mark.parametrize("settings", [(), CHANGED], ids=["from nothing", "of a published season"])
def test_a_backfill_killed_around_its_renames_is_ended_by_the_next_one(
    settings, seasons, killer, tmp_path
):
    """Killed anywhere, every visible file is a whole file of the old or of the new season."""
    what = (SEASON, TABLES, settings)
    start = copied(seasons.pulled(AUTUMN), tmp_path / "start")
    if settings:
        killer.do("backfill", start, (SEASON, TABLES))
    old = contents(start.store.root / "published")
    done = copied(start, tmp_path / "done")
    steps = len(killer.do("backfill", done, what)["steps"])
    new = contents(tmp_path / "done" / "published")
    assert old != new
    for number, (step, after) in enumerate(points(steps)):
        project = copied(start, tmp_path / str(number))
        assert killer.do("backfill", project, what, step, after=after)["exit"] == -signal.SIGKILL
        for name, content in contents(project.store.root / "published").items():
            assert content in (old.get(name), new.get(name))
        assert killer.do("backfill", project, what)["exit"] == 0
        assert contents(project.store.root / "published") == new, (step, after)


# whole processes, random moments


def start(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "nba_local", *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def finish(*arguments: str) -> None:
    assert start(*arguments).wait(timeout=120) == 0


def watched(data: Path, *arguments: str, kill_at: float = math.inf) -> tuple[int, int]:
    """Run a command; its exit code, and how many files were seen to come into the data folder.

    kill_at: It is killed once so many came.
    """
    seen = files(data)
    before, process = len(seen), start(*arguments)
    while process.poll() is None:
        seen |= files(data)
        if len(seen) - before >= kill_at:
            process.kill()
        else:
            time.sleep(0.05)
    return process.returncode, len(seen) - before


def files(data: Path) -> set[tuple[str, int]]:
    """Tables' files in a data folder, under whatever name, whole or not."""
    found = set()
    for path in data.rglob("*.parquet*"):
        with suppress(FileNotFoundError):  # renamed since it was listed
            found.add((str(path), path.stat().st_ino))
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.parquet"))}


def pull_of(data: Path, warehouse: str) -> tuple[str, ...]:
    return ("pull", "--season", "2021-22", "--warehouse", warehouse, "--data", str(data))


def backfill_of(data: Path) -> tuple[str, ...]:
    return ("backfill", "2021-22", "--data", str(data))


def moments(seen: int) -> list[float]:
    """Numbers of files at which to kill: one in each quarter, other ones in each run."""
    chance = random.SystemRandom()
    return [seen * (part + chance.random()) / KILLS for part in range(KILLS)]


@dataclass(frozen=True)
class Undisturbed:
    """Data folders that were pulled, and backfilled too, and how many files each verb made."""

    warehouse: str
    pulled: Path
    data: Path
    by_pull: int
    by_backfill: int


@pytest.fixture(scope="module")
def undisturbed(shared, seasons, tmp_path_factory):
    root = tmp_path_factory.mktemp("undisturbed")
    warehouse = seasons.real_pulled(shared, until=FIVE_WEEKS).config.warehouse
    pulled, data = root / "pulled", root / "data"
    code, by_pull = watched(pulled, *pull_of(pulled, warehouse))
    assert code == 0
    shutil.copytree(pulled, data)
    code, by_backfill = watched(data, *backfill_of(data))
    assert code == 0
    return Undisturbed(warehouse, pulled, data, by_pull, by_backfill)


def test_pulls_killed_at_random_moments_end_in_the_same_bytes(undisturbed, tmp_path):
    whole, hits = contents(undisturbed.pulled / "raw"), 0
    for trial, moment in enumerate(moments(undisturbed.by_pull)):
        data = tmp_path / str(trial)
        pull = pull_of(data, undisturbed.warehouse)
        code, _ = watched(data, *pull, kill_at=moment)
        hits += code == -signal.SIGKILL
        assert no_half_files(data), moment
        finish(*pull)
        assert contents(data / "raw") == whole, moment
    assert hits >= KILLS // 2, "the kills came too late to mean anything"


def test_backfills_killed_at_random_moments_end_in_the_same_bytes(undisturbed, tmp_path):
    whole, hits = contents(undisturbed.data / "published"), 0
    for trial, moment in enumerate(moments(undisturbed.by_backfill)):
        data = tmp_path / str(trial)
        shutil.copytree(undisturbed.pulled, data)
        code, _ = watched(data, *backfill_of(data), kill_at=moment)
        hits += code == -signal.SIGKILL
        assert no_half_files(data), moment
        finish(*backfill_of(data))
        assert contents(data / "published") == whole, moment
    assert hits >= KILLS // 2, "the kills came too late to mean anything"


def test_a_rebuild_killed_at_random_moments_keeps_what_was_published(undisturbed, tmp_path):
    changed = ("--set", *CHANGED)
    new, data = tmp_path / "new", tmp_path / "data"
    shutil.copytree(undisturbed.data, new)
    code, seen = watched(new, *backfill_of(new), *changed)
    assert code == 0
    old_files, new_files = contents(undisturbed.data / "published"), contents(new / "published")
    assert old_files != new_files
    shutil.copytree(undisturbed.data, data)
    for moment in moments(seen):
        watched(data, *backfill_of(data), *changed, kill_at=moment)
        for name, content in contents(data / "published").items():
            assert content in (old_files.get(name), new_files.get(name)), moment
    finish(*backfill_of(data), *changed)
    assert contents(data / "published") == new_files


def no_half_files(data: Path) -> bool:
    """Every file under its final name is a complete Parquet file."""
    files = [p for p in data.rglob("*.parquet") if not p.name.startswith(".tmp-")]
    return all(p.read_bytes()[-4:] == b"PAR1" for p in files if "staged" not in p.parts)
