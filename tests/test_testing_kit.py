"""The kit for authors of tables: its tests pass a good table, and each refuses a spoiled one."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import pytest

from nba_local import testing
from nba_local.errors import NbaLocalError
from tests.conftest import ROOT
from tests.small_road import FORM, POSSIBLE, RULES, _schema, games
from tests.test_new_table import FILES, NEW
from tests.test_side_by_side import NAMES, Package

CLAIM = POSSIBLE.replace("points", "mean").replace("games", "form")
FAULT = "UPDATE form SET mean = 400 WHERE team = 'ATL'"
GAMES = """
import polars as pl
from nba_local import BigQuery, Table


def listed(rows, date):
    \"\"\"Who plays is known before; points are not.\"\"\"
    played = pl.col("day") < date
    return rows.filter(pl.col("day") <= date).with_columns(points=pl.when(played).then("points"))


TABLE = Table(
    doc="As pulled.", source=BigQuery(reads=("team", "day", "points")), known_before=listed
)
"""
SUM = 'mean=pl.col("points").cast(pl.Float64).cum_sum().over("team")'
HONEST = FORM.replace(SUM, 'mean=pl.col("points").cast(pl.Float64).shift(1).over("team")')
LEAKY = FORM.replace(SUM, 'mean=pl.col("points").cast(pl.Float64)')
TWICE = HONEST.replace("return Built(rows,", "return Built(pl.concat([rows, rows]),")
HOLED = HONEST.replace("Built(rows, ", 'Built(rows.filter(pl.col("team") == "none"), ')
ORDERED = HONEST.replace('.sort("day")', "")


@pytest.fixture
def season(tmp_path, monkeypatch):
    """Opens the season of a table with this code and these checks."""
    monkeypatch.setattr(sys, "path", sys.path[:])

    def of(code=HONEST, claim=CLAIM, fault=FAULT):
        package = Package(tmp_path / f"kit_{next(NAMES)}")
        (package.folder / "rules.py").write_text(RULES)
        package.add("games", GAMES, schema=_schema("points", "INT64"))
        checks = {"possible.sql": claim, **({"possible.bad.sql": fault} if fault else {})}
        package.add("form", code, schema=_schema("mean", "FLOAT64"), checks=checks)
        project = testing.pulled(
            tmp_path / package.folder.name, {"games": games()}, package.folder, today="2022-07-01"
        )
        return testing.opened(project)

    return of


@pytest.mark.parametrize("test", testing.TESTS, ids=testing.name_of)
def test_a_good_table_passes(test, season):
    with season() as opened:
        test(opened, "form")


@pytest.mark.parametrize(
    ("test", "spoiled", "said"),
    [
        (testing.grain_is_unique, {"code": TWICE}, "60 rows repeat their grain"),
        (testing.every_date_has_one_state, {"code": HOLED}, "rows and state disagree"),
        (testing.row_order_is_irrelevant, {"code": ORDERED}, "rows depend on the order"),
        (testing.no_row_sees_its_own_date, {"code": LEAKY}, "'mean': 6.* differ"),
        (testing.no_blocking_claim_fires, {"claim": CLAIM.replace("300", "5")}, "possible"),
        (testing.every_claim_catches_its_fault, {"fault": FAULT.replace("400", "40")}, "not see"),
        (testing.every_claim_catches_its_fault, {"fault": ""}, "without a fault"),
    ],
)
def test_a_spoiled_table_is_refused(test, spoiled, said, season):
    """By the test, or by the engine already."""
    refusal = pytest.raises((AssertionError, NbaLocalError), match=said)
    with season(**spoiled) as opened, refusal:
        test(opened, "form")


@pytest.mark.slow
def test_the_table_of_the_guide_passes_in_a_folder_of_its_own(tmp_path, monkeypatch):
    """Beside the given tables, on a simulated autumn, as the guide says it."""
    monkeypatch.setattr(sys, "path", sys.path[:])
    mine = tmp_path / "mine"
    for path, text in FILES.items():
        place = mine / Path(path).relative_to("pipelines")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    both = f"{ROOT / 'pipelines'},{mine}"
    tables = testing.simulated(until="2021-12-20")
    assert {rows["game_date"].max() for rows in tables.values()} == {dt.date(2021, 12, 20)}
    project = testing.pulled(tmp_path, tables, both)
    with testing.opened(project) as opened:
        assert opened.rows(NEW).height > 1_000
        for test in testing.TESTS:
            test(opened, NEW)
