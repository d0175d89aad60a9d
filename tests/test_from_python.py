"""Coverage, why and quarantine from Python; how results and errors look in a shell, a notebook."""

from __future__ import annotations

import datetime as dt
import pickle
import traceback
from pathlib import Path

import polars as pl
import pytest

import nba_local
from nba_local.errors import LedgerError, UsageError
from tests.cli.typed import PSZA, TDZA, document, nba, small_folder
from tests.conftest import ROOT
from tests.small_road import TEAMS, Road

PACKAGE = Path(nba_local.__file__).parent
FEW = """-- A mean is below 103.
-- severity: warn
SELECT team, day, mean, {columns} FROM form WHERE mean > 103 AND day < DATE '2021-11-20'
"""


@pytest.fixture(scope="module")
def data(seasons) -> str:
    """The small data folder; every test here only reads."""
    return str(small_folder(seasons) / "data")


@pytest.fixture(scope="module")
def road(tmp_path_factory):
    claims = {
        name: FEW.format(columns=text) for name, text in (("a", "1 AS one"), ("b", "'x' AS x"))
    }
    made = Road(tmp_path_factory.mktemp("road"), **claims)
    made.results = [made.pull(), made.backfill(), made.backfill()]
    return made


# frames


def test_coverage_is_a_row_for_each_table_and_date(data):
    frame = nba_local.coverage("2021-11", data=data)
    (season,) = document(nba("coverage", "2021-11", "--data", data, "--json"))["result"]
    cells = {(c["table"], c["date"]): c for c in season["cells"]}
    assert frame.height == len(cells) == 11 * 30
    for row in frame.iter_rows(named=True):
        cell = cells[row["table"], row["date"].isoformat()]
        for name in (
            "state",
            "detail",
            "unit",
            "expected",
            "found",
            "rows",
            "ready_rows",
            "pushed",
        ):
            assert row[name] == cell[name], (row, name)
    said = {(g["cause"]["text"], table) for g in season["gaps"] for table in g["dates"]}
    known = frame.filter(pl.col("cause").is_not_null())
    assert set(known.select("cause", "table").iter_rows()) == said
    assert dict(frame.schema)["date"] == pl.Date


def test_why_is_what_the_command_says(data):
    value = nba_local.why(PSZA, dt.date(2021, 11, 1), data=data)
    told = document(nba("why", PSZA, "2021-11-01", "--data", data, "--json"))["result"]
    assert (value.said, value.cell.state) == (told["said"], told["cell"]["state"])
    assert repr(value).startswith(f"Why({PSZA} 2021-11-01: ")
    assert value.said in value._repr_html_()
    with pytest.raises(UsageError, match="is not one date"):
        nba_local.why(PSZA, "2021-11", data=data)


def test_quarantine_has_the_rows_of_every_claim(road):
    where = {"data": str(road.data), "pipelines": str(road.package.folder)}
    frame = nba_local.quarantine("form", **where)
    expected = road.published("form").filter(
        (pl.col("mean") > 103) & (pl.col("day") < dt.date(2021, 11, 20))
    )
    assert 0 < expected.height < 60
    assert frame.columns == ["claim", "season", "team", "day", "mean", "one", "x"]
    assert frame.group_by("claim").len().sort("claim").rows() == [
        ("a", expected.height),
        ("b", expected.height),
    ]
    assert frame["season"].unique().to_list() == ["2021-22"]
    assert set(frame["team"]) == set(TEAMS)
    assert frame.filter(claim="b")["one"].null_count() == expected.height
    assert nba_local.quarantine("form", ["2022-23"], **where).is_empty()
    assert nba_local.quarantine("rank", **where).columns == ["claim", "season"]
    with pytest.raises(UsageError, match="did you mean `form`"):
        nba_local.quarantine("forms", **where)
    with pytest.raises(LedgerError):
        nba_local.quarantine("form", data=str(road.root / "no"), pipelines=where["pipelines"])


# how it looks


def test_results_are_short_in_a_shell_and_tables_in_a_notebook(road):
    pulled, done, again = road.results
    assert repr(pulled).startswith(f"PullResult({pulled.run_id}, file://")
    assert repr(pulled).endswith("1 tables, 60 rows)")
    assert repr(done) == f"BackfillResult({done.run_id}, 2 steps, 120 rows)"
    assert repr(again) == "BackfillResult(nothing to do)"
    assert repr(done.plan) == "Plan(plain, 2 of 2 steps due)"
    assert repr(done.plan.steps[0]) == "Step(form, 2021-22, not computed yet)"
    assert "<td>form</td>" in done._repr_html_()
    assert "<td>not computed yet</td>" in done.plan._repr_html_()
    assert "<td>games</td><td>60</td>" in pulled._repr_html_()


def test_a_result_of_the_real_tables_is_short_too(data):
    result = nba_local.backfill(
        "2021-22", data=data, pipelines=str(ROOT / "pipelines"), tables=[TDZA]
    )
    assert result.steps == ()
    assert len(repr(result)) < 200
    assert len(repr(result.plan)) < 200
    assert all(len(repr(step)) < 200 for step in result.plan.steps)


def test_texts_of_a_table_in_html_are_escaped():
    from nba_local.tables.shown import MOST, page

    html = page("a < b", ("c",), [["<script>"]] * (MOST + 5))
    assert "a &lt; b" in html
    assert "<script>" not in html
    assert html.count("&lt;script&gt;") == MOST
    assert "and 5 more" in html


def test_the_hint_of_an_error_is_in_its_traceback(data):
    with pytest.raises(UsageError) as refused:
        nba_local.scan("player_shot_zones", data=data)
    text = "".join(traceback.format_exception(refused.value))
    assert f"hint: {refused.value.hint}" in text
    again = pickle.loads(pickle.dumps(refused.value))
    assert again.__notes__ == [f"hint: {again.hint}"]


def test_the_package_is_typed():
    assert (PACKAGE / "py.typed").is_file()
