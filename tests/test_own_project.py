"""A project of one's own: `nba-local init`, and the wheel in a folder without a repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from nba_local.config import PREFIX
from nba_local.tables import homes
from nba_local.tables.homes import installing
from tests.cli.typed import TDZA, nba, small_folder
from tests.conftest import ROOT, run_cli

UV = os.environ.get("UV") or shutil.which("uv")


def files(folder: Path) -> set[str]:
    """Files below a folder by name, without what Python leaves there."""
    found = (p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return {path.relative_to(folder).as_posix() for path in found}


@pytest.fixture(scope="module")
def small(seasons) -> Path:
    return small_folder(seasons)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """What `init` writes."""
    folder = tmp_path_factory.mktemp("own") / "project"
    assert nba("init", folder).exit_code == 0
    return folder


# init


def test_a_project_has_the_tables_the_settings_and_the_recipes(project):
    assert {path.name for path in project.iterdir()} == {
        *("pipelines", "README.md", "justfile", ".env.example", ".gitignore")
    }
    assert files(project / "pipelines") == files(ROOT / "pipelines")
    assert (project / ".env.example").read_text() == (ROOT / ".env.example").read_text()
    assert "{version}" not in (project / "README.md").read_text()


def test_what_is_ones_own_to_change_is_said(project, tmp_path):
    result = nba("init", tmp_path / "again", "--json")
    made = json.loads(result.stdout)["result"]
    assert set(made["yours"]) == {
        *("pipelines/", "README.md", "justfile", ".env.example", ".gitignore")
    }
    assert list(made["written"]) == ["data/"]
    assert made["files"] == len(files(tmp_path / "again"))
    readme = (project / "README.md").read_text()
    assert all(f"`{name}`" in readme for name in made["yours"])


@pytest.mark.parametrize("name", ["notes.txt", ".git"])
def test_a_folder_that_is_not_empty_is_refused(name, tmp_path):
    (tmp_path / name).write_text("mine")
    result = nba("init", tmp_path)
    assert result.exit_code == 2
    assert "is not empty; nothing was written" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_project_that_cannot_be_written_is_removed(tmp_path, monkeypatch):
    def full(*_args, **_given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    result = nba("init", tmp_path / "new")
    assert result.exit_code == 1
    assert "No space left on device; nothing was written" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_project_computes_what_the_repository_computes(small, project):
    """A short backfill, by the code of the project's own folder."""
    changed = project / "pipelines" / "rules.py"
    changed.write_text(changed.read_text() + "\n\nMINE = True\n")
    pull = ("pull", "2021-22", "--warehouse", f"file://{small}/warehouse")
    for words in (pull, ("backfill", "2021-22", "--tables", TDZA)):
        done = run_cli(*words, cwd=project)
        assert done.returncode == 0, done.stderr
    ours, theirs = (
        {file.name: file.read_bytes() for file in (data / TDZA).glob("*/*.parquet")}
        for data in (project / "data" / "published", small / "data" / "published")
    )
    assert ours == theirs != {}
    assert "feature tables in pipelines/, rules" in run_cli("doctor", cwd=project).stdout


# the wheel


@pytest.fixture(scope="session")
def installed(tmp_path_factory) -> Path:
    """The command of a virtual environment with the wheel and what it needs, from uv's cache."""
    root = tmp_path_factory.mktemp("wheel")
    if UV is None:
        pytest.skip("uv is not installed, which builds and installs the wheel")
    environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(root / "venv"), "UV_OFFLINE": "1"}
    environment.pop("VIRTUAL_ENV", None)
    needed = ["--frozen", "--no-default-groups", "--no-install-project", "--quiet"]
    python = str(root / "venv/bin/python")
    for words in (
        ["build", "--quiet", "--wheel", "--out-dir", str(root / "dist"), str(ROOT)],
        ["sync", *needed, "--project", str(ROOT)],
        ["pip", "install", "--quiet", "--no-deps", "--python", python],
    ):
        wheel = [str(path) for path in root.glob("dist/*.whl")] if words[0] == "pip" else []
        done = subprocess.run(
            [UV, *words, *wheel], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode and "offline" in done.stderr.lower():
            pytest.skip(f"not all packages are in uv's cache: {done.stderr.strip()[-200:]}")
        assert done.returncode == 0, done.stderr
    return root / "venv/bin/nba-local"


def away(command: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A call of the installed command in an empty folder, with an empty home."""
    for name in ("home", "here"):
        (folder / name).mkdir(exist_ok=True)
    ours = {k: v for k, v in os.environ.items() if not k.startswith((PREFIX, "PYTHON", "VIRTUAL"))}
    return subprocess.run(
        [str(command), *words],
        cwd=folder / "here",
        env={**ours, "HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.slow
def test_the_wheel_carries_the_tables(installed, tmp_path):
    result = away(installed, tmp_path, "doctor")
    assert result.returncode == 0, result.stderr
    assert "6 source and 5 feature tables in " in result.stdout
    assert str(installed.parents[1]) in result.stdout


@pytest.mark.slow
def test_the_wheel_writes_a_project_and_runs_it(installed, small, tmp_path):
    made = away(installed, tmp_path, "init", "--json")
    assert made.returncode == 0, made.stderr
    result = json.loads(made.stdout)["result"]
    assert result["files"] == len(files(tmp_path / "here")) > 200
    pulled = away(
        installed, tmp_path, "pull", "2021-22", "--warehouse", f"file://{small}/warehouse"
    )
    assert pulled.returncode == 0, pulled.stderr
    done = away(installed, tmp_path, "backfill", "2021-22", "--tables", TDZA)
    assert done.returncode == 0, done.stderr
    published = sorted((tmp_path / "here/data/published" / TDZA).glob("*/*.parquet"))
    assert [f.read_bytes() for f in published] == [
        f.read_bytes() for f in sorted((small / "data/published" / TDZA).glob("*/*.parquet"))
    ]


@pytest.mark.slow
def test_the_wheel_plays_the_demo_in_an_empty_folder(installed, tmp_path):
    result = away(installed, tmp_path, "demo")
    assert result.returncode == 0, result.stderr
    assert "done in " in result.stdout
    assert re.search(r"^  nba-local coverage \S+ --data demo/data$", result.stdout, re.MULTILINE)


def wheel_of(command: Path) -> Path:
    """The wheel that `installed` installed."""
    (wheel,) = (command.parents[2] / "dist").glob("*.whl")
    return wheel


def test_what_to_type_for_an_extra_fits_where_it_is_typed(installed, tmp_path):
    """Where there is no clone, `uv sync` has nothing to work on: the wheel itself is named."""
    assert installing("lab") == "uv sync --extra lab"
    result = away(installed, tmp_path, "lab", "list")
    assert result.returncode == 1
    wanted = f"'{wheel_of(installed)}[lab]'"
    assert f"hint: uv pip install {wanted}, or pip install {wanted}" in result.stderr


PYTHON = "{}.{}".format(*sys.version_info)


@pytest.mark.parametrize(
    ("prefix", "extra", "command"),
    [
        (
            "cache/uv/archive-v0/x",
            f"uvx -p {PYTHON} --from 'dist/n-1.whl[lab]' nba-local ...",
            f"uvx -p {PYTHON} --from dist/n-1.whl nba-local",
        ),
        (
            "share/uv/tools/nba-local",
            f"uv tool install --force -p {PYTHON} 'dist/n-1.whl[lab]'",
            "nba-local",
        ),
        (
            "venv",
            "uv pip install 'dist/n-1.whl[lab]', or pip install 'dist/n-1.whl[lab]'",
            "nba-local",
        ),
    ],
)
def test_a_wheel_says_how_it_is_typed(prefix, extra, command, tmp_path, monkeypatch):
    """`uvx` leaves no command behind: what it proposes begins with `uvx`, too."""
    (tmp_path / prefix).mkdir(parents=True)
    if "tools" in prefix:
        (tmp_path / prefix / "uv-receipt.toml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.prefix", str(tmp_path / prefix))
    monkeypatch.setattr(homes, "is_installed", lambda _: True)
    told = json.dumps({"url": (tmp_path / "dist/n-1.whl").as_uri(), "archive_info": {}})
    origin = SimpleNamespace(read_text=lambda _: told)
    monkeypatch.setattr("importlib.metadata.distribution", lambda _: origin)
    assert homes.installing("lab") == extra
    assert homes.as_typed() == command
