"""Kill -9 around every sort of rename: a re-run ends in the bytes of an undisturbed run.

The slow half of the file kills whole processes at random moments of a real season.
"""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT, slow
from tests.killer import Killer
from tests.seasons import AUTUMN, copied, project_of

KILLS = 10  # of pull and of backfill each
SEED = 20211019
SEASON = ["2021-22"]
TABLES = ["player_shot_zone_analysis", "team_defense_zone_analysis"]
SOURCES = ["nbac_schedule", "team_defense_game_summary"]
CHANGED = ("player_shot_zone_analysis.min_games=8",)


@pytest.fixture(scope="module")
def killer():
    found = Killer()
    yield found
    found.close()


@pytest.fixture(params=["two", slow("four")])
def points(request):
    """Where to die: after a middle step, before the last, before the first and after the last."""

    def of(steps: int) -> list[tuple[int, bool]]:
        two = [((steps + 1) // 2, True), (steps, False)]
        return two if request.param == "two" else [*two, (1, False), (steps, True)]

    return of


def test_a_pull_killed_around_its_renames_is_ended_by_the_next_one(
    points, seasons, killer, tmp_path
):
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


@pytest.mark.parametrize(
    "settings", [slow(()), CHANGED], ids=["from nothing", "of a published season"]
)
def test_a_backfill_killed_around_its_renames_is_ended_by_the_next_one(
    settings, points, seasons, killer, tmp_path
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


def finish(*arguments: str) -> float:
    began = time.monotonic()
    assert start(*arguments).wait(timeout=120) == 0
    return time.monotonic() - began


def kill_after(seconds: float, *arguments: str) -> bool:
    """Start a command and kill it; True where it was still running."""
    process = start(*arguments)
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True
    return False


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.parquet"))}


def pull_of(data: Path, shared: Path) -> tuple[str, ...]:
    where = ("--warehouse", f"file://{shared}/phase3", "--data", str(data))
    return ("pull", "--season", "2021-22", *where)


def backfill_of(data: Path) -> tuple[str, ...]:
    return ("backfill", "2021-22", "--data", str(data))


@pytest.fixture(scope="module")
def undisturbed(shared, tmp_path_factory):
    """Data folders that were only pulled, and backfilled too, and the seconds each verb took."""
    root = tmp_path_factory.mktemp("undisturbed")
    pull = finish(*pull_of(root / "pulled", shared))
    shutil.copytree(root / "pulled", root / "data")
    return root, pull, finish(*backfill_of(root / "data"))


@pytest.mark.slow
def test_pulls_killed_at_random_moments_end_in_the_same_bytes(undisturbed, shared, tmp_path):
    root, seconds, _ = undisturbed
    moments, hits = random.Random(SEED), 0
    for trial in range(KILLS):
        data = tmp_path / str(trial)
        hits += kill_after(moments.uniform(0.1, 0.8) * seconds, *pull_of(data, shared))
        assert no_half_files(data)
        finish(*pull_of(data, shared))
        assert contents(data / "raw") == contents(root / "pulled" / "raw")
    assert hits > KILLS // 2, "the kills came too late to mean anything"


@pytest.mark.slow
def test_backfills_killed_at_random_moments_end_in_the_same_bytes(undisturbed, tmp_path):
    root, _, seconds = undisturbed
    moments, hits = random.Random(SEED + 1), 0
    for trial in range(KILLS):
        data = tmp_path / str(trial)
        shutil.copytree(root / "pulled", data)
        hits += kill_after(moments.uniform(0.1, 0.6) * seconds, *backfill_of(data))
        assert no_half_files(data)
        finish(*backfill_of(data))
        assert contents(data / "published") == contents(root / "data" / "published")
    assert hits > KILLS // 2, "the kills came too late to mean anything"


@pytest.mark.slow
def test_a_rebuild_killed_at_random_moments_keeps_what_was_published(undisturbed, tmp_path):
    root, _, seconds = undisturbed
    changed = ("--set", *CHANGED)
    new = tmp_path / "new"
    shutil.copytree(root / "data", new)
    finish(*backfill_of(new), *changed)
    old_files, new_files = contents(root / "data" / "published"), contents(new / "published")
    assert old_files != new_files
    data = tmp_path / "data"
    shutil.copytree(root / "data", data)
    moments = random.Random(SEED + 2)
    for _ in range(4):
        kill_after(moments.uniform(0.4, 1.0) * seconds, *backfill_of(data), *changed)
        for name, content in contents(data / "published").items():
            assert content in (old_files.get(name), new_files.get(name))
    finish(*backfill_of(data), *changed)
    assert contents(data / "published") == new_files


def no_half_files(data: Path) -> bool:
    """Every file under its final name is a complete Parquet file."""
    files = [p for p in data.rglob("*.parquet") if not p.name.startswith(".tmp-")]
    return all(p.read_bytes()[-4:] == b"PAR1" for p in files if "staged" not in p.parts)
