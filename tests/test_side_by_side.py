"""Tables of two folders: those of a package, and a person's own beside them."""

from __future__ import annotations

import sys

import polars as pl
import pytest

from nba_local.errors import PipelineError, UsageError
from nba_local.tables import homes, packages
from tests.small_road import FORM, NAMES, RANK, Road, _schema
from tests.test_registry import Package

SHARED = """
import polars as pl


def doubled():
    return pl.col("mean") * 2
"""
OWN = RANK.replace('points="mean"', "points=doubled()")


class Beside(Road):
    """A road with `mine`, a folder of its own that holds `twice`, a table that reads `form`."""

    def __init__(self, root) -> None:
        super().__init__(root)
        self.mine = Package(root / f"mine_{next(NAMES)}")
        (self.mine.folder / "rules.py").unlink()
        (self.package.folder / "shared.py").write_text(SHARED)
        imported = f"from {self.package.folder.name}.shared import doubled\n"
        self.mine.add("twice", imported + OWN, schema=_schema("mean", "FLOAT64"))

    def project(self, settings=(), **config):
        both = f"{self.mine.folder},{self.package.folder}"
        return super().project(settings, **{"pipelines": both, **config})


@pytest.fixture
def road(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", sys.path[:])
    made = Beside(tmp_path)
    made.pull()
    return made


def test_a_table_of_ones_own_reads_the_given_ones(road):
    road.backfill()
    twice, form = road.published("twice"), road.published("form")
    joined = twice.join(form, on=["team", "day"], suffix="_form").sort("team", "day")
    due = joined.select((pl.col("mean_form") * 2).cum_sum().over("team"))["mean_form"]
    assert twice.height == 60
    assert joined["mean"].equals(due)


def test_the_given_tables_are_not_due_where_one_stands_beside_them(road):
    road.backfill()
    alone = {"pipelines": str(road.package.folder)}
    assert set(road.project(**alone).registry.tables) == {"games", "form", "rank"}
    (of_two, of_one) = road.project().registry, road.project(**alone).registry
    for name in of_one.tables:
        assert of_two.code_of(of_two.table(name)) == of_one.code_of(of_one.table(name))
        assert of_two.checks_of(of_two.table(name)) == of_one.checks_of(of_one.table(name))


def test_code_of_the_other_folder_that_a_table_uses_makes_it_due(road):
    registry, shared = road.project().registry, road.package.folder / "shared.py"
    codes = []
    for factor in ("* 2", "* 3"):
        shared.write_text(SHARED.replace("* 2", factor))
        codes.append({name: registry.code_of(table) for name, table in registry.tables.items()})
    assert {name for name in codes[0] if codes[0][name] != codes[1][name]} == {"twice"}


def test_a_claim_of_the_package_may_be_made_in_the_other_folder(road):
    (road.package.folder / "checks").mkdir()
    (road.package.folder / "checks" / "positive.sql").write_text(
        "-- A mean is positive.\n-- severity: block\nSELECT * FROM {table} WHERE mean <= 0\n"
    )
    claims = road.mine.folder / "twice" / "claims.py"
    claims.write_text('from nba_local import Claim\nCLAIMS = (Claim("positive"),)\n')
    assert [c.claim for c in road.project().registry.table("twice").checks] == ["positive"]


def test_two_folders_that_define_the_same_table_are_refused(road):
    road.mine.add("form", FORM, schema=_schema("mean", "FLOAT64"))
    with pytest.raises(PipelineError, match="both define the table `form`") as refused:
        road.project()
    assert str(road.mine.folder / "form") in str(refused.value)
    assert "rename" in str(refused.value.hint)


def test_two_folders_with_rules_are_refused(road):
    (road.mine.folder / "rules.py").touch()
    with pytest.raises(PipelineError, match=r"both have rules\.py; no table was loaded"):
        road.project()


def test_a_folder_without_rules_by_itself_is_told_how(road):
    with pytest.raises(PipelineError, match=r"which has no rules\.py") as refused:
        road.project(pipelines=str(road.mine.folder))
    assert "--pipelines given,DIR" in str(refused.value.hint)


def test_two_folders_of_one_name_are_refused(road, tmp_path):
    other = tmp_path / "elsewhere" / road.package.folder.name
    other.parent.mkdir()
    Package(other).add("more", FORM, schema=_schema("mean", "FLOAT64"))
    (other / "rules.py").unlink()
    with pytest.raises(PipelineError, match="have one name"):
        road.project(pipelines=f"{road.package.folder},{other}")


@pytest.mark.parametrize(
    ("named", "kind", "said"),
    [
        ("given,", UsageError, "a folder between commas is missing"),
        ("given,given", UsageError, "a folder is named twice"),
        ("given,nowhere", PipelineError, "no folder .*nowhere; no table was loaded"),
    ],
)
def test_a_list_that_cannot_be_is_refused(named, kind, said):
    with pytest.raises(kind, match=said):
        packages.load(named)


def test_a_folder_beside_that_holds_no_table_is_refused(tmp_path):
    with pytest.raises(PipelineError, match=r"no folder of it has a table\.py"):
        packages.load(f"given,{tmp_path}")


def test_given_is_what_is_used_where_nothing_is_named(road, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert homes.packages(f"given,{road.mine.folder}") == (
        homes.given_package(),
        road.mine.folder,
    )
    assert homes.packages(None) == (homes.given_package(),)


def test_a_folder_with_a_comma_in_its_name_is_one(tmp_path):
    folder = tmp_path / "mine,yours"
    folder.mkdir()
    assert homes.packages(folder) == (folder,)
