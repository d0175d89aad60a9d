"""A mistake in a table's code or SQL: which table, file, line and column, in a few lines."""

from __future__ import annotations

import pytest

from nba_local.commands import road as verbs
from nba_local.commands.road import check
from nba_local.errors import PipelineError, UsageError
from tests.small_road import DAYS, SEASON, Road, games


@pytest.fixture
def road(tmp_path):
    return Road(tmp_path)


def edit(road, old, new, file="form/table.py"):
    path = road.package.folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    first = new.splitlines()[0] if new else old
    return next((n for n, line in enumerate(path.read_text().splitlines(), 1) if first in line), 0)


def refusal(road):
    with pytest.raises(PipelineError) as refused:
        road.backfill()
    with road.project().reading() as work:
        (run,) = work.ledger.rows("SELECT result FROM runs WHERE verb = 'backfill'")
    for text in (refused.value.message, run["result"]):
        assert "plan" not in text.lower()
        assert "DF [" not in text
        assert "Traceback" not in text
    assert len(refused.value.message.splitlines()) <= 5
    return refused.value.message


def test_a_misspelt_column_is_named_with_its_line_and_the_nearest_one(road):
    line = edit(road, 'pl.col("points")', 'pl.col("pionts")')
    road.pull()
    message = refusal(road)
    assert f"form/table.py, line {line}: there is no column `pionts`" in message
    assert "did you mean `points`?" in message


def test_a_name_that_does_not_exist_is_told_with_its_line(road):
    line = edit(road, 'rows = games.sort("day")', 'rows = gmaes.sort("day")')
    road.pull()
    message = refusal(road)
    assert f"form/table.py, line {line}: NameError" in message
    assert "form 2021-22" in message


def test_a_type_that_does_not_fit_an_operation_is_told(road):
    edit(road, 'pl.col("points").cast(pl.Float64)', 'pl.col("team").dt.year().cast(pl.Float64)')
    road.pull()
    assert "form 2021-22" in refusal(road)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("import polars as pl", "import polras as pl", "ModuleNotFoundError"),
        ("def build(games,", "def build(games", "line"),
        ('TABLE = Table(doc="One', 'TABLE = Tabel(doc="One', "NameError"),
    ],
)
def test_code_that_cannot_be_imported_is_told_with_file_and_line(road, old, new, said):
    edit(road, old, new)
    with pytest.raises(PipelineError) as refused:
        road.project()
    assert "form/table.py, line " in refused.value.message
    assert said in refused.value.message
    assert len(refused.value.message.splitlines()) == 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("points NOT BETWEEN", "pionts NOT BETWEEN", "pionts"),
        ("SELECT team", "SELEKT team", "SELEKT"),
    ],
)
def test_a_mistake_in_a_claim_is_told_with_its_file_and_line(road, old, new, said):
    line = edit(road, old, new, "games/checks/points_possible.sql")
    with pytest.raises(PipelineError) as refused:
        road.pull()
    message = refused.value.message
    assert f"games: claim `points_possible` (checks/points_possible.sql, line {line})" in message
    assert said in message
    assert len(message.splitlines()) == 1


def test_a_second_package_of_the_same_name_is_refused_unless_its_code_is_the_same(road, tmp_path):
    import shutil

    road.project()
    second = tmp_path / "elsewhere" / road.package.folder.name
    shutil.copytree(road.package.folder, second, ignore=shutil.ignore_patterns("__pycache__"))
    assert road.project(pipelines=str(second)).registry.package == second
    table = second / "form" / "table.py"
    table.write_text(table.read_text().replace("cum_sum", "cum_max"))
    with pytest.raises(PipelineError, match="same package name"):
        road.project(pipelines=str(second))


# one absurd cell


def narrow(road, mode="NULLABLE"):
    """`form` keeps its mean with one decimal and four digits."""
    import json

    path = road.package.folder / "form" / "schema.json"
    contract = json.loads(path.read_text())
    contract["fields"][2] |= {"type": "NUMERIC", "precision": 5, "scale": 1, "mode": mode}
    path.write_text(json.dumps(contract))
    edit(road, '.cum_sum().over("team")', "")
    edit(road, 'pl.col("points")', 'pl.col("mean").cast(pl.Float64)', "rank/table.py")
    edit(road, 'form.with_columns(points="mean").sort', "form.sort", "rank/table.py")
    edit(road, '.cum_sum().over("team")', "", "rank/table.py")


@pytest.mark.parametrize("mode", ["NULLABLE", "REQUIRED"])
def test_a_cell_that_does_not_fit_holds_its_date_back_and_no_other(road, mode):
    narrow(road, mode)
    checks = road.package.folder / "games" / "checks" / "points_possible.sql"
    checks.unlink()
    road.put(games({("ATL", DAYS[7]): 10_000_000}))
    road.pull()
    form, rank = road.backfill().steps
    assert form.blocked == (DAYS[7],)
    (finding,) = form.findings
    assert (finding.table, finding.date, finding.severity) == ("form", DAYS[7], "block")
    assert finding.claim == "values_fit_their_columns"
    assert "`mean`" in finding.detail
    assert "team ATL, mean 10000000" in finding.sample
    assert len(road.published("form")) == len(games()) - 2
    assert len(road.published("rank")) == len(games()) - 2
    assert rank.blocked == ()
    found = check(road.project(), [SEASON], ["form"])
    assert [f.claim for f in found] == ["values_fit_their_columns"]


# what quarantine keeps


def test_check_keeps_the_rows_and_the_finding_of_a_quarantined_date(tmp_path):
    import polars as pl

    claim = f"""-- Nothing is known of one date.
-- severity: block
SELECT team, day FROM form WHERE day = DATE '{DAYS[4]}'
"""
    road = Road(tmp_path, nothing_then=claim)
    road.pull()
    road.backfill()
    path = road.data / "quarantine/form/season=2021/nothing_then.parquet"
    rows = pl.read_parquet(path)
    assert rows.height == 2
    for _ in range(2):
        found = check(road.project(), [SEASON], ["form"])
        assert [(f.claim, f.date, f.severity) for f in found] == [
            ("nothing_then", DAYS[4], "block")
        ]
        assert pl.read_parquet(path).equals(rows)
    (road.package.folder / "form" / "checks" / "nothing_then.sql").unlink()
    road.backfill()
    assert check(road.project(), [SEASON], ["form"]) == ()


def test_an_error_of_ours_in_build_is_not_wrapped(road):
    edit(road, "    rows = games.sort", "    raise UsageError('ours')\n    rows = games.sort")
    edit(
        road, "import polars as pl", "from nba_local.errors import UsageError; import polars as pl"
    )
    road.pull()
    with pytest.raises(UsageError) as refused:
        verbs.backfill(road.project(), [SEASON], [])
    assert refused.value.message == "ours"


def test_a_setting_of_23_digits_is_refused(road):
    with pytest.raises(UsageError, match="more than 18 digits"):
        road.project().registry.rules(None, [f"form.bootstrap_days={'9' * 23}"])
