"""A small data folder, and an empty folder to work in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.typed import small_folder
from tests.seasons import PASSING


@pytest.fixture(scope="module")
def small(seasons) -> Path:
    return small_folder(seasons)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch) -> None:
    """Work in an empty folder: no .env, no data of the developer."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def data(small, tmp_path) -> Path:
    """A copy of the small data folder under the default name."""
    return Path(shutil.copytree(small / "data", tmp_path / "data", ignore=PASSING))
