"""The six steps of pipelines/README.md, done as they are written there, in a project of their own.

`pipelines` is copied, and everything that imports the copy runs in a process of its own: here the
name means the project's tables.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tests.conftest import ROOT
from tests.seasons import AUTUMN, copied

README = (ROOT / "pipelines" / "README.md").read_text()
GUIDE = README[README.index("in six steps") :].partition("\n## ")[0]
FILE = re.compile(r"^\*\*`(pipelines/[^`]+)`\*\*\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = dict(FILE.findall(GUIDE))
FIRST_STEP, LAST_STEP = SHELL.findall(GUIDE)
CODE = next(path for path in FILES if path.endswith("table.py"))
FOLDER = Path(CODE).parent
NEW = FOLDER.name


@dataclass(frozen=True)
class Project:
    """A folder with `pipelines/` and `data/`, and what is typed there."""

    root: Path
    warehouse: Path

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        ours = {name: value for name, value in os.environ.items() if "NBA_LOCAL" not in name}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env={
                **ours,
                "PYTHONPATH": str(self.root),
                "NBA_LOCAL_PIPELINES": str(self.root / "pipelines"),
                "NBA_LOCAL_DATA": str(self.root / "data"),
                "NBA_LOCAL_WAREHOUSE": f"file://{self.warehouse}",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def type(self, command: str, *more: str, code: int = 0):
        """The JSON result of a command line of the guide."""
        words = shlex.split(command.removeprefix("uv run nba-local "))
        done = self.python("-m", "nba_local", *words, *more, "--json")
        assert done.returncode == code, (command, done.stderr[-2000:])
        return json.loads(done.stdout)["result"]

    def copy(self, folder: Path) -> Project:
        """The same, elsewhere."""
        for name in ("pipelines", "data"):
            shutil.copytree(self.root / name, folder / name)
        return Project(folder, self.warehouse)

    def published(self, table: str) -> dict[str, bytes]:
        files = sorted((self.root / "data/published" / table).glob("*/*.parquet"))
        return {file.name: file.read_bytes() for file in files}


def tree(package: Path) -> dict[str, bytes]:
    """The files of a package by name, without what Python leaves there."""
    return {
        path.relative_to(package.parent).as_posix(): path.read_bytes()
        for path in sorted(package.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def command(verb: str) -> str:
    """The line of the last step that starts with `uv run VERB`."""
    (line,) = (line for line in LAST_STEP.splitlines() if line.startswith(f"uv run {verb}"))
    return line


@pytest.fixture(scope="module")
def before(tmp_path_factory, seasons) -> Project:
    """A project without the new table, pulled and backfilled."""
    root = tmp_path_factory.mktemp("project")
    ignored = shutil.ignore_patterns("__pycache__", NEW)
    shutil.copytree(ROOT / "pipelines", root / "pipelines", ignore=ignored)
    season = copied(seasons.backfilled(AUTUMN), root / "data")
    return Project(root, Path(season.config.warehouse.removeprefix("file://")))


@pytest.fixture(scope="module")
def written(before, tmp_path_factory) -> Project:
    """The project after steps 1 to 5: the shell lines were run, the blocks written to files."""
    project = before.copy(tmp_path_factory.mktemp("written"))
    subprocess.run(["sh", "-ec", FIRST_STEP], cwd=project.root, check=True)
    for path, text in FILES.items():
        (project.root / path).write_text(text)
    return project


@pytest.fixture(scope="module")
def backfilled(written, tmp_path_factory) -> Project:
    """The project after the backfill of step 6."""
    project = written.copy(tmp_path_factory.mktemp("backfilled"))
    project.type(command("nba-local backfill"))
    return project


def test_the_guide_names_every_file_of_a_table():
    names = sorted(Path(path).relative_to(FOLDER).as_posix() for path in FILES)
    claim = "checks/points_avg_in_range"
    code = ["claims.py", "oracle.sql", "schema.json", "table.py"]
    assert names == [f"{claim}.bad.sql", f"{claim}.sql", *code]


def test_nothing_but_the_new_folder_is_added(before, written):
    old, new = tree(before.root / "pipelines"), tree(written.root / "pipelines")
    assert {path: new[path] for path in old} == old
    assert {str(Path(path).parent) for path in new.keys() - old} == {
        str(FOLDER),
        str(FOLDER / "checks"),
    }


def test_the_code_of_the_guide_is_clean(written):
    for arguments in (("check",), ("format", "--check")):
        linter = [sys.executable, "-m", "ruff", *arguments, "--no-cache"]
        settings = ["--config", str(ROOT / "pyproject.toml"), str(written.root / FOLDER)]
        done = subprocess.run([*linter, *settings], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_only_the_new_table_is_due(written):
    steps = written.type(command("nba-local plan"))["steps"]
    due = {step["table"]: [reason["code"] for reason in step["reasons"]] for step in steps}
    assert due.pop(NEW) == ["missing"]
    assert len(due) > 0
    assert not any(due.values()), due


def test_the_backfill_publishes_it_and_leaves_the_rest_alone(before, backfilled):
    rows = pl.concat(
        pl.read_parquet(file)
        for file in (backfilled.root / "data/published" / NEW).glob("*/*.parquet")
    )
    assert rows.height > 10_000
    assert rows["games_in_sample"].unique().sort().to_list() == [5, 6, 7, 8, 9, 10]
    for table in ("player_shot_zone_analysis", "team_defense_zone_analysis"):
        assert backfilled.published(table) == before.published(table) != {}
    plan = backfilled.type(command("nba-local plan"))
    assert not any(step["reasons"] for step in plan["steps"])


@pytest.mark.slow
def test_every_date_and_every_player_without_a_row_has_a_reason(backfilled):
    reasons = backfilled.type(
        f'sql "SELECT reason, max(found) AS found, min(needed) AS needed FROM ledger_non_rows '
        f"WHERE table_name = '{NEW}' GROUP BY reason ORDER BY reason\""
    )
    assert reasons == [
        {"reason": "bootstrap", "found": None, "needed": None},
        {"reason": "insufficient_history", "found": 4, "needed": 5},
        {"reason": "no_games", "found": None, "needed": None},
    ]


def test_all_claims_hold_and_the_oracle_agrees(backfilled):
    result = backfilled.type(command("nba-local check"))
    assert result["findings"] == []
    (parity,) = result["oracle"]
    assert parity["table"] == NEW
    assert parity["rows"] > 10_000
    assert (parity["missing"], parity["extra"], parity["mismatched"]) == (0, 0, {})


@pytest.mark.slow
def test_the_query_of_the_guide_shows_rows(backfilled):
    rows = backfilled.type(command("nba-local sql"))
    assert len(rows) == 5
    assert list(rows[0])[:3] == ["player_lookup", "game_date", "points_avg_last_10"]


@pytest.mark.slow
def test_no_row_sees_its_own_date_and_the_comparison_would_notice(backfilled):
    typed = f"leak 2021-22 --sample 5 --tables {NEW}"
    (honest,) = backfilled.type(typed)
    assert len(honest["dates"]) == 5
    assert honest["rows"] > 1_000
    (leaky,) = backfilled.type(f"{typed} --rules production", code=4)
    assert leaky["differing"]["points_avg_last_10"] > 100


@pytest.mark.slow
def test_a_row_that_is_planted_in_a_published_file_is_noticed(backfilled, tmp_path):
    project = backfilled.copy(tmp_path)
    (path,) = (path for path in FILES if path.endswith(".bad.sql"))
    files = sorted((project.root / "data/published" / NEW).glob("*/*.parquet"))
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.execute(f"CREATE TABLE {NEW} AS FROM read_parquet('{files[-1]}')")
    con.execute((project.root / path).read_text())
    con.execute(f"COPY {NEW} TO '{files[-1]}' (FORMAT parquet)")
    con.close()
    done = project.python("-m", "nba_local", "check", "2021-22", "--tables", NEW)
    assert done.returncode == 1
    assert files[-1].name in done.stderr
    assert "nba-local backfill 2021-22 writes it again" in done.stderr


def test_a_mistake_in_the_code_is_not_published(backfilled, tmp_path):
    project = backfilled.copy(tmp_path)
    code = project.root / CODE
    code.write_text(code.read_text().replace(".sum() / pl.len()", ".sum()"))
    (step,) = project.type(command("nba-local backfill"), code=4)["steps"]
    assert len(step["blocked"]) > 30
    assert step["changed"] == []
    assert project.published(NEW) == backfilled.published(NEW)


@pytest.mark.slow
def test_the_tests_that_come_with_the_folder_pass(written, shared, tmp_path):
    """The first line of step 6, on the real tables."""
    root = tmp_path / "project"
    shutil.copytree(written.root / "pipelines", root / "pipelines")
    shutil.copytree(ROOT / "tests", root / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    (tmp_path / shared.name).symlink_to(shared, target_is_directory=True)
    words = shlex.split(command("--group dev pytest").removeprefix("uv run --group dev pytest "))
    project = Project(root, written.warehouse)
    done = project.python("-m", "pytest", *words, "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout[-3000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 9
    assert "skipped" not in done.stdout
