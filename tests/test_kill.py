"""Kill -9 at random moments: a re-run ends in the bytes of an undisturbed run."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT

KILLS = 10  # of pull and of backfill each
SEED = 20211019


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
    return (
        "pull",
        "--season",
        "2021-22",
        "--warehouse",
        f"file://{shared}/phase3",
        "--data",
        str(data),
    )


def backfill_of(data: Path) -> tuple[str, ...]:
    return ("backfill", "2021-22", "--data", str(data))


@pytest.fixture(scope="module")
def undisturbed(shared, tmp_path_factory):
    """A data folder nobody disturbed, and how long its pull and backfill took."""
    data = tmp_path_factory.mktemp("undisturbed") / "data"
    return data, finish(*pull_of(data, shared)), finish(*backfill_of(data))


def test_killed_pulls_end_in_the_same_bytes(undisturbed, shared, tmp_path):
    reference, seconds, _ = undisturbed
    moments, hits = random.Random(SEED), 0
    for trial in range(KILLS):
        data = tmp_path / str(trial)
        hits += kill_after(moments.uniform(0.1, 0.8) * seconds, *pull_of(data, shared))
        assert no_half_files(data)
        finish(*pull_of(data, shared))
        assert contents(data / "raw") == contents(reference / "raw")
    assert hits > KILLS // 2, "the kills came too late to mean anything"


def test_killed_backfills_end_in_the_same_bytes(undisturbed, tmp_path):
    reference, _, seconds = undisturbed
    moments, hits = random.Random(SEED + 1), 0
    pulled = tmp_path / "pulled"
    shutil.copytree(reference, pulled, ignore=shutil.ignore_patterns("published", "quarantine"))
    forget_published(pulled)
    for trial in range(KILLS):
        data = tmp_path / str(trial)
        shutil.copytree(pulled, data)
        hits += kill_after(moments.uniform(0.1, 0.6) * seconds, *backfill_of(data))
        assert no_half_files(data)
        finish(*backfill_of(data))
        assert contents(data / "published") == contents(reference / "published")
    assert hits > KILLS // 2, "the kills came too late to mean anything"


def test_a_killed_rebuild_keeps_what_was_published(undisturbed, tmp_path):
    """Rules of another setting rewrite a published season; killed in the middle, every file that is
    visible is a whole file of the old or of the new season."""
    reference, _, seconds = undisturbed
    changed = ("--set", "player_shot_zone_analysis.min_games=8")
    new = tmp_path / "new"
    shutil.copytree(reference, new)
    finish(*backfill_of(new), *changed)
    old_files, new_files = contents(reference / "published"), contents(new / "published")
    assert old_files != new_files
    data = tmp_path / "data"
    shutil.copytree(reference, data)
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


def forget_published(data: Path) -> None:
    import sqlite3

    with sqlite3.connect(data / "ledger.sqlite") as db:
        for table in ("seasons", "published_files", "partitions", "non_rows"):
            db.execute(f"DELETE FROM {table}")
    db.close()
