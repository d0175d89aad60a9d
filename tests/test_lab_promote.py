"""A trial's feature written into a table of a copy of the project, and the road over it."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest

from nba_local.errors import NbaLocalError, UsageError
from nba_local.lab.ledger import Entry, LabLedger
from nba_local.lab.promote import features_in, write
from pipelines import basketball
from pipelines.promotion_oracle import Promoted, oracle_with
from pipelines.rules import CORRECTED
from pipelines.windows import (
    Feature,
    count,
    deviation,
    mean,
    over,
    past,
    per_game,
    share,
    slope,
    total,
)
from tests.conftest import ROOT
from tests.seasons import store

LAST = dt.date(2021, 12, 1)

FILE = '''"""A player who has shot more of late scores more."""

import polars as pl

from pipelines.windows import deviation, mean, past, share

FEATURES = (
    mean("fga_last_5", "fg_attempts", last=5),
    deviation("fga_std_last_10", "fg_attempts", last=10, digits=4),
    share("made_share", "fg_makes", "fg_attempts", last=5, low=0, high=1),
    mean("team_pace_last_3", "pace", last=3, of="team"),
    past("points_ewm", pl.col("points").ewm_mean(half_life=5)),
)
'''
SPANS = {
    "fga_last_5": (0.4, 20.6),
    "fga_std_last_10": (0.2, 5.1),
    "made_share": (0.0, 1.0),
    "team_pace_last_3": (92.0, 109.0),
    "points_ewm": (0.4, 28.6),
}
NAMES = tuple(SPANS)


def entry(verdict: str, names=NAMES, code=FILE) -> Entry:
    estimate = {"mean": -0.0164, "low": -0.0224, "high": -0.0103}
    record = {
        "added": list(names), "code": code, "seasons": ["2021-22"],
        "found": {
            "values": [
                {"name": name, "low": SPANS[name][0], "high": SPANS[name][1]} for name in names
            ],
            "judged": {"pooled": estimate},
        },
    }  # fmt: skip
    return Entry(
        0, "2026-11-28", "points", "Who shoots more scores more.", verdict, 0.0, "x", record
    )


class Copy:
    """The project's tables in a folder of their own; commands run in other processes."""

    def __init__(self, root):
        self.root = root

    def run(self, *words, code=0):
        done = subprocess.run(
            [sys.executable, "-m", "nba_local", *words, "--json"],
            cwd=self.root,
            env={
                **os.environ,
                "PYTHONPATH": f"{self.root}{os.pathsep}{ROOT}",
                "NBA_LOCAL_PIPELINES": str(self.root / "pipelines"),
                "NBA_LOCAL_DATA": str(self.root / "data"),
                "NBA_LOCAL_WAREHOUSE": f"file://{self.root}/warehouse",
            },
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == code, (words, done.stderr[-2000:])
        return json.loads(done.stdout)["result"] if not code else done.stderr

    def tree(self):
        return {
            path.relative_to(self.root): path.read_bytes()
            for path in sorted((self.root / "pipelines").rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        }


@pytest.fixture(scope="module")
def project(tmp_path_factory, seasons):
    root = tmp_path_factory.mktemp("promote")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "pipelines", root / "pipelines", ignore=ignored)
    store(root / "warehouse", seasons.simulated().tables, LAST)
    made = Copy(root)
    made.run("pull", "2021-22")
    ledger = LabLedger(root / "data" / "lab")
    assert ledger.add(entry("LIFT"), None) == 1
    assert ledger.add(entry("NOISE"), None) == 2
    return made


KINDS = (
    mean("mean_2", "x", last=2),
    mean("mean_all", "x", digits=1),
    total("total_3", "x", last=3, given=("y",)),
    share("share_3", "x", "y", last=3),
    per_game("per_game_4", "x", last=4, given=("y",)),
    deviation("deviation_4", "x", last=4, digits=4),
    slope("slope_5", "x", last=5),
    slope("slope_all", "x"),
    count("count_4", last=4),
)


def test_the_oracles_line_of_every_declared_window_is_the_window():
    """On games with unknown values, in another engine."""
    draw = random.Random(5)
    rows = pl.DataFrame(
        [
            (who, dt.date(2022, 1, day), *(draw.choice([None, *range(9)]) for _ in "xy"), day)
            for who in "abc"
            for day in range(1, 15)
        ],
        schema=["player_lookup", "game_date", "x", "y", "processed_at"],
        orient="row",
    ).with_columns(data_hash=pl.lit(""), is_active=True, minutes_played=1, points=1)
    ordered = basketball.numbered(rows.lazy(), "player_lookup")
    ours = (
        over(ordered, "player_lookup", KINDS, CORRECTED)
        .collect()
        .sort("game_date", "player_lookup")
    )
    con = duckdb.connect()
    con.register("games", rows.to_arrow())
    con.execute("CREATE VIEW box AS SELECT *, player_lookup AS player FROM games")
    for kind in KINDS:
        feature = Promoted(kind, "", (0.0, 1.0), "")
        assert feature.is_derived
        asked = "SELECT player_lookup, game_date + 1 AS game_date FROM box"
        theirs = con.sql(oracle_with(asked, feature, ("player_lookup", "game_date"))).pl()
        values = theirs.sort("game_date", "player_lookup")[kind.name].cast(pl.Float64)
        mine = ours[kind.name].cast(pl.Float64)
        assert mine.is_null().equals(values.is_null()), kind.name
        assert ((mine - values).abs().drop_nulls() < 1e-9).all(), kind.name
        assert mine.drop_nulls().len() > 20


def test_files_are_written_all_or_none(tmp_path, monkeypatch):
    (tmp_path / "old.py").write_text("old")
    texts = {
        tmp_path / "old.py": "new",
        tmp_path / "folder/a.py": "a",
        tmp_path / "folder/b.py": "b",
    }
    replace, places = Path.replace, []

    def third_fails(self, target):
        places.append(target)
        if len(places) == 3:
            raise OSError(28, "No space left on device")
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", third_fails)
        with pytest.raises(NbaLocalError, match="nothing was written"):
            write(texts)
    assert [path.name for path in tmp_path.rglob("*")] == ["old.py"]
    assert (tmp_path / "old.py").read_text() == "old"
    write(texts)
    assert {path: path.read_text() for path in texts} == texts


def test_values_of_a_notebook_are_made_again_from_the_ledger():
    declared = mean("fga_last_5", "fg_attempts", last=5, low=0)
    made, code = features_in(repr(declared), ["fga_last_5"])
    assert code == ""
    assert repr(Feature(**made["fga_last_5"])) == repr(declared)
    for free in (
        repr(past("ewm", pl.col("points").ewm_mean(half_life=2))),
        "def f(a):\n    return a",
    ):
        with pytest.raises(UsageError, match="cannot be made again"):
            features_in(free, ["ewm"])


@pytest.mark.slow
def test_without_a_lift_nothing_is_written(project):
    before = project.tree()
    told = project.run("lab", "promote", "2", "--into", "player_daily_cache", code=2)
    assert "trial 2 is NOISE, not LIFT; nothing was written" in told
    refused = {
        ("1", "--into", "player_daily_cache"): "added 5 features",  # of five, which?
        ("1", "--feature", "fga_last_5"): "name one place",
        ("1", "--feature", "fga_last_5", "--into", "player_game_summary"): "pulled, not computed",
        ("1", "--feature", "team_pace_last_3", "--into", "player_daily_cache"): "do not name",
        ("1", "--feature", "fga_last_5", "--as-table", "../elsewhere"): "no name of a table",
    }
    for words, told in refused.items():
        assert told in project.run("lab", "promote", *words, code=2)
    assert project.tree() == before


@pytest.mark.slow
def test_declared_windows_go_into_tables_without_another_edit(project):
    """After it backfill, check --oracle and leak pass; a second promote is refused."""
    promote = ("lab", "promote", "1", "--feature")
    project.run(*promote, "fga_last_5", "--into", "player_daily_cache")
    project.run(*promote, "fga_std_last_10", "--into", "player_daily_cache")
    project.run(*promote, "made_share", "--into", "ml_feature_store_v2")
    project.run(*promote, "team_pace_last_3", "--as-table", "team_pace")
    twice = project.run(*promote, "fga_last_5", "--into", "player_daily_cache", code=2)
    assert "has a column `fga_last_5` already" in twice
    project.run("backfill", "2021-22")
    tables = "player_daily_cache,ml_feature_store_v2,team_pace"
    checked = project.run("check", "2021-22", "--tables", tables, "--oracle")
    promoted = ("fga_last_5", "fga_std_last_10", "made_share", "team_pace_last_3")
    assert not [f for f in checked["findings"] if f["claim"].startswith(promoted)]
    assert len(checked["oracle"]) == 3
    for parity in checked["oracle"]:
        assert parity["rows"] > 1_000, parity
        assert (parity["missing"], parity["extra"], parity["mismatched"]) == (0, 0, {}), parity
    for found in project.run("leak", "2021-22", "--sample", "2", "--tables", tables):
        assert found["rows"] > 100
        assert not found["differing"]
    cache = pl.concat(
        pl.read_parquet(path)
        for path in (project.root / "data/published/player_daily_cache").glob("*/*.parquet")
    )
    assert cache["fga_last_5"].null_count() == 0
    assert cache["fga_last_5"].n_unique() > 50
    module = project.root / "pipelines/player_daily_cache/promoted_fga_last_5.py"
    text = module.read_text()
    assert "Trial 1 (2021-22): LIFT, -0.0164 [-0.0224, -0.0103]" in text
    assert "unit of fg_attempts" in text


@pytest.mark.slow
def test_free_code_leaves_a_marked_gap_and_force_is_noted(project):
    made = project.run(
        "lab", "promote", "2", "--feature", "points_ewm", "--as-table", "player_ewm", "--force"
    )
    assert "oracle" in made["gap"]
    folder = project.root / "pipelines" / "player_ewm"
    code = (folder / "promoted_points_ewm.py").read_text().replace("\n# ", " ")
    assert "Forced: no LIFT was found." in code
    assert "-- GAP: say `points_ewm` once more" in (folder / "oracle.sql").read_text()
    project.run("backfill", "2021-22", "--tables", "player_ewm")
    linter = [sys.executable, "-m", "ruff"]
    for words in (("check", "--select", "E,F,I"), ("format", "--check")):
        settings = ["--config", str(ROOT / "pyproject.toml"), str(project.root / "pipelines")]
        command = [*linter, *words, "--no-cache", *settings]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
