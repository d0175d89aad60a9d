"""Options by production's names, runs and their checkpoints."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import logging
import os
import re
import shutil
import subprocess
import sys

import polars as pl
import pytest

import nba_local
from nba_local.commands import explain, road, runs
from nba_local.commands.project import Project
from nba_local.commands.pulls import pull_limits
from nba_local.compute import options as run_options
from nba_local.compute import run
from nba_local.config import Config
from nba_local.errors import LockedError
from nba_local.explain import causes
from nba_local.pull.pull import PullOptions
from nba_local.tables.calendar import Season
from tests.conftest import ROOT, project_of, run_cli, slow
from tests.seasons import FIVE_WEEKS, PASSING
from tests.test_states import MLFS, PCF, PDC, PGS, PSZA, TDZA


@pytest.mark.parametrize(
    ("options", "on", "through"),
    [
        ({}, None, ""),
        ({"backfill_mode": False}, False, "backfill_mode"),
        ({"is_backfill": False, "backfill_mode": True}, True, "backfill_mode"),
        ({"backfill_mode": True}, True, "backfill_mode"),
        ({"skip_downstream_trigger": True}, True, "skip_downstream_trigger"),
        ({"strict_mode": False, "analysis_date": dt.date(2021, 11, 5)}, None, ""),
    ],
)
def test_backfill_mode_is_what_the_options_say_and_is_logged_once(options, on, through, caplog):
    with caplog.at_level(logging.INFO, "nba_local"):
        found = run_options.parse(options)
    assert (found.backfill_mode, found.through) == (on, through)
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        f"backfill mode {'off' if on is False else 'on'}, through {through}"
        if through
        else "backfill mode not named: the rule set decides"
    ]
    assert found.recorded()["given"] == options


def test_the_old_name_works_and_is_told_to_be_old(caplog):
    with (
        caplog.at_level(logging.INFO, "nba_local"),
        pytest.warns(DeprecationWarning, match="use `backfill_mode`"),
    ):
        found = run_options.parse({"is_backfill": True, "backfill_mode": False})
    assert (found.backfill_mode, found.through) == (True, "is_backfill")
    assert "option is_backfill is deprecated: use backfill_mode" in caplog.text


@pytest.mark.parametrize("name", run_options.WRONG)
@pytest.mark.parametrize("value", [True, False])
def test_a_name_that_is_nearly_right_is_refused_even_where_it_is_false(name, value):
    with pytest.raises(ValueError, match=f"no option `{name}`: use `backfill_mode`"):
        run_options.parse({name: value})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"BACKFILL_MODE": True}, "did you mean `backfill_mode`?"),
        ({"analysis_dat": dt.date(2021, 11, 5)}, "did you mean `analysis_date`?"),
        ({"color": "red"}, "known: backfill_mode, is_backfill"),
        ({"backfill_mode": "false"}, "option `backfill_mode` is 'false', not True or False"),
        ({"backfill_mode": 1}, "option `backfill_mode` is 1, not True or False"),
        ({"analysis_date": "2021-11-05"}, "option `analysis_date` is '2021-11-05', not a date"),
    ],
)
def test_what_is_not_an_option_is_refused_before_anything_is_done(options, said, tmp_path):
    with pytest.raises(ValueError, match=r"(?i)nothing was done") as refused:
        nba_local.backfill("2021-22", data=str(tmp_path / "data"), **options)
    assert said in str(refused.value)
    assert not (tmp_path / "data").exists()


# a season of a few weeks


@pytest.fixture
def season(shared, seasons, tmp_path):
    """A few weeks, pulled, with a warehouse of their own."""
    weeks = seasons.real_pulled(shared, until=FIVE_WEEKS).store.root.parent
    shutil.copytree(weeks, tmp_path, ignore=PASSING, dirs_exist_ok=True)
    return project_of(tmp_path / "data", f"file://{tmp_path}/warehouse")


def arguments_of(project):
    return runs.runs(project, 1)[0]["arguments"]


def test_a_run_keeps_its_mode_and_its_settings(season):
    data = str(season.store.root)
    done = nba_local.backfill("2021-22", data=data, tables=[PSZA], skip_downstream_trigger=True)
    assert [step.table for step in done.steps] == [PSZA]
    told = arguments_of(season)
    assert told["options"] == {
        "backfill_mode": True,
        "through": "skip_downstream_trigger",
        "given": {"skip_downstream_trigger": True},
    }
    assert told["settings"][PSZA]["min_games"] == 5
    assert (told["pid"], bool(told["host"])) == (os.getpid(), True)


@pytest.mark.slow
def test_outside_backfill_mode_rows_that_are_not_ready_are_dropped_and_why_says_so(
    season, tmp_path
):
    gone = [dt.date(2021, 11, day) for day in (26, 27, 28)]
    file = tmp_path / "warehouse" / PGS / "season=2021.parquet"
    rows = pl.read_parquet(file).filter(~pl.col("game_date").is_in(gone))
    rows.write_parquet(file)
    gone_may_go = PullOptions(limits=pull_limits(season, ["all"]))
    road.pull(season, ["2021-22"], [], options=gone_may_go)
    asked = {"backfill_mode": False, "analysis_date": dt.date(2021, 12, 1)}
    nba_local.backfill(data=str(season.store.root), **asked)
    off = r"it was off in backfill-\w+, which was given analysis_date, backfill_mode"
    # asked under the same rules, and as the command line asks: what it would do differently
    strict = dataclasses.replace(season, rules=season.rules.enforced())
    enforced = explain.why(strict, PSZA, "2021-12-01", "")
    assert enforced.cell.lacking["incomplete_data"] > 10
    assert enforced.trace.cause.kind == causes.DROPPED
    assert re.search(rf"outside backfill mode \({off}\)", enforced.trace.cause.text)
    stale = explain.why(season, PSZA, "2021-12-01", "").trace.cause
    assert stale.kind == "stale(rules)"
    said = "rules or settings changed: unready_rows dropped -> flagged: backfill mode: "
    assert re.search(f"{said}{off}", stale.text)
    assert stale.run == ("nba-local backfill 2021-22",)
    nba_local.backfill("2021-22", data=str(season.store.root), backfill_mode=True)
    kept = explain.why(season, PSZA, "2021-12-01", "")
    assert kept.cell.ready_rows == enforced.cell.rows < kept.cell.rows


def test_python_and_the_command_line_have_one_default(season):
    """What either has computed is due for neither; what differs from them is named."""
    data = str(season.store.root)
    nba_local.backfill("2021-22", data=data, tables=[TDZA])
    assert road.plan(season, ["2021-22"], [TDZA]).due == ()
    nba_local.backfill("2021-22", data=data, tables=[TDZA], backfill_mode=False)
    (step,) = road.plan(season, ["2021-22"], [TDZA]).due
    (reason,) = step.reasons
    assert reason.text == "rules or settings changed: unready_rows dropped -> flagged"
    road.backfill(season, ["2021-22"], [TDZA])
    settings = [f"{TDZA}.min_games=8", "player_game_summary.max_points=99"]
    due = {"data": data, "pipelines": str(ROOT / "pipelines")}
    (step,) = road.plan(Project.open(Config(**due), settings), ["2021-22"], [TDZA]).due
    (reason,) = step.reasons
    assert reason.text == (
        "rules or settings changed: bounds.max_points 120 -> 99, min_games 5 -> 8"
    )


@pytest.mark.parametrize("tables", [[TDZA], slow([PSZA, TDZA])], ids=["one", "two"])
def test_bootstrap_dates_are_published_where_asked_for_and_their_rows_flagged(tables, season):
    road.backfill(season, ["2021-22"], tables)
    assert road.plan(season, ["2021-22"], tables).due == ()
    forced = road.plan(season, ["2021-22"], tables, road.BackfillOptions(force=True))
    assert {s["bootstrap_days"] for s in forced.settings.values()} != {0}
    assert all([r.text for r in s.reasons] == ["asked for with --force"] for s in forced.due)
    assert len(forced.due) == len(forced.steps)
    options = road.BackfillOptions(bootstrap=True)
    plan = road.plan(season, ["2021-22"], tables, options)
    assert {s["bootstrap_days"] for s in plan.settings.values()} == {0}
    assert len(plan.due) == len(plan.steps)
    road.backfill(season, ["2021-22"], tables, options=options)
    early = pl.col("analysis_date") < dt.date(2021, 11, 2)
    with season.reading() as work:
        for name in tables:
            rows = work.store.scan("published", work.registry.table(name), [Season(2021)])
            found = rows.filter(early).collect()
            assert found.height
            assert found["early_season_flag"].all()
    assert {s["bootstrap_days"] for s in arguments_of(season)["settings"].values()} == {0}
    road.backfill(season, ["2021-22"], tables)  # without it they are bootstrap again
    assert explain.why(season, tables[0], "2021-10-30", "").cell.rows == 0


@pytest.mark.slow
def test_only_what_failed_is_retried(season, monkeypatch):
    check = run.check

    def broken(work, subject, loaded=None):
        if subject.table.name == PCF:
            raise OSError("the disk is gone")
        return check(work, subject, loaded)

    monkeypatch.setattr(run, "check", broken)
    with pytest.raises(OSError, match="gone"):
        road.backfill(season, ["2021-22"], [])
    monkeypatch.undo()
    (failed,) = runs.runs(season, 1)[0]["result"]["failed"]
    assert (failed["table"], failed["season"]) == (PCF, "2021-22")
    assert failed["error"] == "OSError: the disk is gone"
    shown = {one.table: one for one in runs.show(season, [], [])}
    assert shown[PCF].failed == "OSError: the disk is gone"
    assert (shown[PDC].failed, shown[PDC].due, bool(shown[PDC].run)) == ("", "", True)
    assert shown[MLFS].due == "not computed yet"
    options = road.BackfillOptions(retry_failed=True)
    done = road.backfill(season, ["2021-22"], [], options=options)
    assert [step.table for step in done.steps] == [PCF]
    rest = road.backfill(season, ["2021-22"], [])
    assert [step.table for step in rest.steps] == [MLFS]
    assert road.backfill(season, ["2021-22"], []).steps == ()
    assert road.plan(season, ["2021-22"], [], options).steps == ()


@pytest.mark.slow
def test_what_is_forgotten_is_done_once_more_and_nothing_is_lost(season):
    road.backfill(season, ["2021-22"], [])
    folder = season.store.root / "published"
    before = {file: file.read_bytes() for file in folder.rglob("*.parquet")}
    data = ("--data", str(season.store.root))
    refused = run_cli("checkpoint", "clear", "2021-22", *data)
    assert (refused.returncode, "nothing was forgotten" in refused.stderr) == (2, True)
    cleared = run_cli("checkpoint", "clear", "2021-22", "--yes", *data)
    assert "forgotten: 5 seasons of tables" in cleared.stdout
    shown = run_cli("checkpoint", "show", "--json", *data)
    assert {one["due"] for one in json.loads(shown.stdout)["result"]} == {"not computed yet"}
    again = road.backfill(season, ["2021-22"], [])
    assert len(again.steps) == 5
    assert not any(step.changed for step in again.steps)
    assert {file: file.read_bytes() for file in folder.rglob("*.parquet")} == before


HOLD = """
import sys, time
from nba_local import commands
from tests.conftest import project_of
project = project_of(sys.argv[1])
with project.writing("backfill") as work, work.ledger.run("backfill", "corrected", seasons=["2021-22"]) as run:
    run.is_at("3 of 5 steps done, at player_daily_cache 2021-22")
    print("held", flush=True)
    time.sleep(60)
"""  # noqa: E501


def test_a_run_under_way_is_shown_and_a_dead_one_is_told_from_it(season):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(season.store.root)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        newest = runs.runs(season, 5)[0]
        assert (newest["status"], newest["arguments"]["pid"]) == ("running", holder.pid)
        assert newest["result"]["progress"].startswith("3 of 5 steps done")
        shown = run_cli("runs", "--data", str(season.store.root)).stdout
        assert f"running: {newest['run_id']}, pid {holder.pid} on " in shown
        with pytest.raises(LockedError, match=rf"`backfill` \(.*pid {holder.pid} on "):
            road.backfill(season, ["2021-22"], [TDZA])
        holder.kill()
    assert runs.runs(season, 5)[0]["status"] == "dead"
    assert road.backfill(season, ["2021-22"], [TDZA]).steps  # its lock went with it
    assert "died" in {one["status"] for one in runs.runs(season, 5)}
