"""Doctor: what it finds, and that its fixes work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nba_local.commands import road
from nba_local.errors import LedgerError
from tests.cli.typed import PULL, TDZA, nba
from tests.conftest import project_of, slow

if TYPE_CHECKING:
    pass


def test_doctor_has_nothing_to_say_about_a_folder_that_is_well(small, data):
    result = nba("doctor", "--warehouse", f"file://{small}/warehouse")
    assert result.exit_code == 0
    assert all(line.startswith("ok ") for line in result.stdout.splitlines())
    assert "ok    published files: 5, all as the ledger says" in result.stdout
    assert data.is_dir()


def test_doctor_of_a_folder_that_is_not_there_makes_none(tmp_path):
    result = nba("doctor")
    assert result.exit_code == 0
    assert "warn  data folder: data is empty\n        fix: nba-local pull" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_doctor_tells_an_env_file_that_sets_nothing_from_none(tmp_path):
    assert "ok    .env: none here" in nba("doctor").stdout
    (tmp_path / ".env").write_text("# NBA_LOCAL_WAREHOUSE=bigquery://my-project\n")
    told = nba("doctor").stdout
    assert "ok    .env: sets nothing" in told
    assert "warehouse: none configured\n        fix: set NBA_LOCAL_WAREHOUSE in .env" in told


def test_doctor_of_the_other_rule_set_fails(data):
    result = nba("doctor", "--rules", "production")
    assert result.exit_code == 1
    assert "fail  rule set: the folder holds `corrected`" in result.stdout
    assert "fix: use --rules corrected" in result.stdout
    assert data.is_dir()


def remove(file: Path) -> None:
    file.unlink()


def shorten(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def alter(file: Path) -> None:
    """One bit of a value: the size stays, and the file can still be read."""
    content = bytearray(file.read_bytes())
    content[200] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("harm", [slow(remove), slow(shorten), alter])
def test_doctor_finds_a_file_that_is_not_the_published_one(harm, data):
    file = data / "published" / TDZA / "season=2021" / "2021-11.parquet"
    harm(file)
    result = nba("doctor")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    (place,) = (i for i, line in enumerate(lines) if line.startswith("fail"))
    assert lines[place].startswith("fail  published files: 1 of 5 differ from the ledger: ")
    assert lines[place].endswith(str(file.relative_to(data)))
    assert lines[place + 1].strip() == "fix: nba-local backfill 2021-22: it writes them again"


@pytest.mark.parametrize(
    ("layer", "harm"),
    [
        ("raw", alter),
        ("published", remove),
        *(slow("raw", harm) for harm in (remove, shorten)),
        *(slow("published", harm) for harm in (shorten, alter)),
    ],
)
def test_what_doctor_names_mends_it(layer, harm, small, data):
    table = "nbac_schedule" if layer == "raw" else TDZA
    file = data / layer / table / "season=2021" / "2021-11.parquet"
    before = file.read_bytes()
    harm(file)
    assert nba("doctor").exit_code == 1
    if layer == "raw":
        nba(*PULL, "--warehouse", f"file://{small}/warehouse")
    else:
        nba("backfill")
    assert nba("doctor").exit_code == 0
    assert file.read_bytes() == before


def test_doctor_finds_that_the_warehouse_is_not_there(data):
    result = nba("doctor", "--warehouse", "file://nowhere")
    assert "fail  warehouse" in result.stdout
    assert data.is_dir()


def test_doctor_of_a_folder_that_is_only_pulled(small):
    nba(*PULL, "--warehouse", f"file://{small}/warehouse")
    assert "None" not in nba("doctor").stdout


def test_the_version_can_be_asked_for():
    assert nba("--version").exit_code == 0


def test_the_error_of_a_folder_is_the_same_from_python(tmp_path):
    with pytest.raises(LedgerError) as refused:
        road.plan(project_of(tmp_path / "data"), [], [])
    assert nba(
        "plan"
    ).stderr == f"error: {refused.value.message}\n  hint: {refused.value.hint}\n".replace(
        str(tmp_path / "data"), "data"
    )
