"""A push takes little away unasked: what the target has and we would not write is shown and held.

A league of two teams whose form is pushed into a folder; then games turn out not to have been.
"""

from __future__ import annotations

import datetime as dt
import json

import polars as pl
import pytest
from typer.testing import CliRunner

from nba_local.cli.app import app
from nba_local.commands import pushes
from nba_local.errors import RemovalError, StaleError, UsageError
from nba_local.push import receipts
from nba_local.push.target import Choice
from nba_local.tables.push_results import Removal, removals_in_words
from nba_local.warehouse import Replacement, open_warehouse
from tests.conftest import ROOT
from tests.small_road import DAYS, SEASON, TEAMS, Road, games

FORM = """
import datetime as dt
import polars as pl
from nba_local import Built, Table
TABLE = Table(doc="One row per team and day.")


def build(games, *, rules, season, today):
    rows = games.filter(pl.col("points") > 0).sort("day").select(
        "team", "day", mean=pl.col("points").cast(pl.Float64))
    days = [dt.date(2021, 11, 1) + dt.timedelta(days=3 * i) for i in range(30)]
    every = pl.LazyFrame({"day": days})
    played = rows.select("day", played=True).unique()
    dates = every.join(played, on="day", how="left").select(
        date="day",
        state=pl.when("played").then(pl.lit("ok")).otherwise(pl.lit("no_games")),
        detail=pl.when("played").then(None).otherwise(pl.lit("nobody plays")),
        category=pl.lit(None, pl.String), can_retry=pl.lit(None, pl.Boolean),
        entities_expected=pl.lit(None, pl.Int64), entities_found=pl.lit(None, pl.Int64),
    )
    due = played.join(pl.LazyFrame({"team": ["ATL", "BOS"]}), how="cross")
    absent = due.join(rows, on=["day", "team"], how="anti").select(
        date="day", entity="team", reason=pl.lit("no_box_score"), detail=pl.lit("of their game"),
        found=pl.lit(None, pl.Int64), needed=pl.lit(None, pl.Int64),
        category=pl.lit(None, pl.String), can_retry=pl.lit(None, pl.Boolean),
    )
    return Built(rows, absent, dates)
"""
FLAGS = Choice(allow_removals=True)


def with_form(made):
    """The road with a table of this file's own."""
    (made.package.folder / "form/table.py").write_text(FORM)
    return made


@pytest.fixture(scope="module")
def computed(tmp_path_factory):
    made = with_form(Road(tmp_path_factory.mktemp("road")))
    made.pull()
    made.backfill()
    return made


@pytest.fixture
def road(computed, tmp_path):
    """The whole season is pushed."""
    made = with_form(computed.copied(tmp_path))
    push(made)
    return made


def push(road, choice=Choice(), **config):  # noqa: B008 - frozen
    return pushes.push(road.project(**config), [SEASON], ["form"], choice=choice)


def plan(road, ranges=(SEASON,)):
    (found,) = pushes.plan_push(road.project(), list(ranges), ["form"]).tables
    return found


def without(road, is_gone):
    """Games turn out not to have been played; the season is computed anew."""
    road.put(games({(t, d): 0 for t in TEAMS for d in DAYS if is_gone(t, d)}))
    road.pull()
    road.backfill()


def there(road):
    path = road.root / "target/form/season=2021.parquet"
    return sorted(pl.read_parquet(path).select("day", "team").iter_rows())


def test_a_push_of_nothing_records_no_date_again(road, monkeypatch):
    """Of 25 seasons it took as long to write down what is known as to compare it."""
    recorded, seen = [], receipts.seen

    def listened(ledger, place, table, dates, rows, **more):
        dates = list(dates)
        recorded.extend(day for day, _ in dates)
        seen(ledger, place, table, dates, rows, **more)

    monkeypatch.setattr(receipts, "seen", listened)
    push(road)
    assert recorded == []
    road.put(games({("ATL", DAYS[3]): 7}))
    road.pull()
    road.backfill()
    push(road)
    assert DAYS[4] in recorded


def test_dates_that_lose_all_rows_are_held_until_that_is_allowed(road):
    without(road, lambda _, day: day >= DAYS[20])
    before = there(road)
    found = plan(road)
    assert found.emptied == tuple(DAYS[20:])
    assert found.removals == tuple(Removal(d, 2, "no games: nobody plays") for d in DAYS[20:])
    with pytest.raises(RemovalError) as held:
        push(road)
    assert held.value.exit_code == 4
    for words in ("form: ", "20 of the 60 rows", "all of 10 dates", "nobody plays", "nothing was"):
        assert words in held.value.message
    assert "--allow-removals" in held.value.hint
    assert there(road) == before
    push(road, FLAGS)
    assert there(road) == [(day, team) for day in DAYS[:20] for team in TEAMS]


def test_rows_that_go_from_dates_that_stay_are_held_too(road):
    without(road, lambda team, day: team == "BOS" and day >= DAYS[10])
    found = plan(road)
    assert found.emptied == ()
    assert {removal.why for removal in found.removals} == {"no box score: of their game"}
    with pytest.raises(RemovalError, match=r"20 of the 60 rows.*no box score: of their game"):
        push(road)


@pytest.mark.parametrize("lost", [1, 3])
def test_a_few_rows_and_dates_go_unasked(road, lost):
    without(road, lambda _, day: day < DAYS[lost])
    assert len(plan(road).removals) == lost
    push(road)
    assert there(road)[0][0] == DAYS[lost]


def test_one_date_more_than_a_few_is_held(road):
    without(road, lambda _, day: day < DAYS[4])
    with pytest.raises(RemovalError, match="all of 4 dates"):
        push(road)


def test_half_of_what_is_looked_at_is_never_a_few(road):
    """A push of one date that would be empty."""
    without(road, lambda _, day: day == DAYS[3])
    with pytest.raises(RemovalError, match="2 of the 2 rows"):
        pushes.push(road.project(), [str(DAYS[3])], ["form"])


def test_what_may_go_can_be_set(road):
    without(road, lambda _, day: day >= DAYS[20])
    with pytest.raises(RemovalError):
        push(road, push_max_removed_dates="10")
    with pytest.raises(RemovalError):
        push(road, push_max_removed_percent="50")
    push(road, push_max_removed_dates="10", push_max_removed_percent="33.4")
    assert len(there(road)) == 40


@pytest.mark.parametrize("value", ["2,5", "-1", "much", "1e9"])
def test_a_share_that_is_no_percentage_is_refused(road, value):
    with pytest.raises(UsageError, match="not a percentage"):
        push(road, push_max_removed_percent=value)


def written_by_others(road, day, *teams):
    """Somebody who knows nothing of us writes rows of a date, with copies where named twice."""
    table = road.project().registry.table("form")
    rows = pl.DataFrame([(team, day, 1.0) for team in teams], table.contract.polars, orient="row")
    target = open_warehouse(f"file://{road.root}/target")
    target.replace([Replacement(table, (day,), rows)], "others")


def test_copies_of_a_row_are_rows_that_would_go(road):
    written_by_others(road, DAYS[0], *["ATL"] * 20, "BOS")
    found = plan(road)
    assert found.removals == (Removal(DAYS[0], 19, "another row has the same key"),)
    with pytest.raises(StaleError):
        push(road)
    with pytest.raises(RemovalError, match="19 of the 79 rows"):
        push(road, Choice(overwrite_stale=True))
    push(road, Choice(overwrite_stale=True, allow_removals=True))
    assert len(there(road)) == 60


def test_rows_that_were_never_computed_here_are_named(road):
    written_by_others(road, DAYS[0], "ATL", "BOS", "CHI")
    assert plan(road).removals == (Removal(DAYS[0], 1, "no such row is computed"),)
    assert push(road, Choice(keep_stale=True)).push_id is None


def test_adding_and_correcting_rows_needs_no_permission(road):
    road.put(games({("ATL", day): 77 for day in DAYS}))
    road.pull()
    road.backfill()
    found = plan(road)
    assert len(found.changed) == 30
    assert found.removals == ()
    push(road)


def test_the_command_shows_them_apart_and_yes_alone_does_not_allow_them(road, monkeypatch):
    without(road, lambda _, day: day >= DAYS[20])
    given = {
        "data": road.data,
        "to": f"file://{road.root}/target",
        "pipelines": road.package.folder,
    }
    flags = [word for name, value in given.items() for word in (f"--{name}", str(value))]
    monkeypatch.chdir(road.root)
    run = CliRunner()
    shown = run.invoke(app, ["push", "--dry-run", "--tables", "form", *flags])
    assert shown.exit_code == 0
    assert "takes away: form 20 rows on 10 dates: " in shown.stdout
    assert "no games: nobody plays" in shown.stdout
    assert "bill" not in shown.stdout.replace("nothing is billed", "")
    held = run.invoke(app, ["push", "--yes", "--tables", "form", "--json", *flags])
    assert held.exit_code == 4
    assert json.loads(held.stdout)["result"]["error"] == "RemovalError"
    assert len(there(road)) == 60
    done = run.invoke(app, ["push", "--yes", "--allow-removals", "--tables", "form", *flags])
    assert done.exit_code == 0, done.output
    assert len(there(road)) == 40


def test_removals_are_told_by_reason_the_most_first():
    day = dt.date(2021, 11, 1)
    found = [Removal(day, 1, "a"), Removal(day, 5, "b"), Removal(day, 3, "a")]
    assert removals_in_words(found) == [
        "5 rows on 1 date: 2021-11-01: b",
        "4 rows on 1 date: 2021-11-01: a",
    ]


# where pushes do not go


@pytest.mark.parametrize("inside", ["", "/published", "/new/folder"])
def test_the_data_folder_is_no_target(road, inside):
    project = road.project(target=f"file://{road.data}{inside}")
    for verb in (pushes.plan_push, pushes.push):
        with pytest.raises(UsageError, match=r"is the data folder .* itself; nothing was pushed"):
            verb(project, [SEASON], [])


def test_the_data_folder_by_another_name_is_no_target(road):
    (road.root / "link").symlink_to(road.data)
    with pytest.raises(UsageError, match="is the data folder"):
        pushes.push(road.project(target=f"file://{road.root}/link"), [SEASON], [])


def test_a_folder_has_no_environments(road):
    given = {"target": f"file://{road.root}/target", "pipelines": str(ROOT / "pipelines")}
    project = road.project(env="prod", **given)
    for verb in (pushes.plan_push, pushes.push):
        with pytest.raises(UsageError, match="is a folder: it has no environment `prod`"):
            verb(project, [SEASON], [])
    with pytest.raises(UsageError, match="it has no environment `prod`"):
        pushes.rollback(project, "push")


def test_what_bigquery_may_bill_is_no_limit_for_a_folder(road):
    road.put(games({("ATL", DAYS[0]): 77}))
    road.pull()
    road.backfill()
    assert plan(road).changed
    assert pushes.plan_push(road.project(), [SEASON], []).cost.bytes == 0
    assert push(road, push_max_bytes="1", push_max_loads="0").push_id
