"""The demo as a newcomer sees it: one command, every planted fault named, nothing else touched."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from nba_local.cli.app import app
from nba_local.tables.registry import load_registry
from pipelines import simulated
from pipelines.simulated import restate
from tests.conftest import run_cli
from tests.seasons import cut

PSZA, TDZA = "player_shot_zone_analysis", "team_defense_zone_analysis"
LONGEST_WINDOW = 14  # days
FEATURES = {t.name for t in load_registry(Path(__file__).parents[1] / "pipelines").features}


@dataclass(frozen=True)
class Done:
    """What a process said."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Played:
    """What the demo printed, by section, in `folder/demo`."""

    folder: Path
    done: Result | Done

    @property
    def text(self) -> str:
        """Its words: on stderr, since stdout has the document."""
        return self.done.stderr

    @property
    def document(self) -> dict:
        return json.loads(self.done.stdout)

    @property
    def sections(self) -> dict[int, str]:
        parts = re.split(r"^(\d)  .+\n-+$", self.text, flags=re.MULTILINE)
        return {int(number): text for number, text in zip(parts[1::2], parts[2::2], strict=True)}


@pytest.fixture(scope="module")
def autumn(seasons):
    """The first weeks of the season of the demo, with the faults that lie in them."""
    return cut(seasons.simulated())


@pytest.fixture(scope="module", params=["autumn", "whole"])
def season(request, seasons, autumn):
    """Those, or the whole."""
    return autumn if request.param == "autumn" else seasons.simulated()


WORDS = ("demo", "demo", "--json", "-v")


@pytest.fixture(scope="module")
def played(season, autumn, tmp_path_factory) -> Played:
    """In this process; of the whole season as a command of its own."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "demo").mkdir()  # an empty folder is as good as none
    if season is autumn:
        return of_these_weeks(autumn, folder, *WORDS)
    command = [sys.executable, "-m", "nba_local", *WORDS]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return Played(folder, Done(done.returncode, done.stdout, done.stderr))


@pytest.fixture(scope="module")
def tour(autumn, tmp_path_factory) -> Played:
    """What the demo prints of the first weeks without -v."""
    return of_these_weeks(autumn, tmp_path_factory.mktemp("tour"), "demo")


def of_these_weeks(autumn, folder, *words) -> Played:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(simulated, "season", lambda _: autumn)
        return Played(folder, type_in(folder, *words))


def type_in(folder, *arguments):
    """A command, typed in a folder."""
    with contextlib.chdir(folder):
        return CliRunner().invoke(app, arguments)


@pytest.fixture(scope="module")
def faults(season):
    return season.faults


@pytest.fixture(scope="module")
def restated(season):
    """The fault that the restatement makes."""
    return restate(season).faults[-1]


def dates_in(text: str) -> set[dt.date]:
    """Dates and ranges of dates that are named in `text`."""
    found: set[dt.date] = set()
    for first, last in re.findall(r"(\d{4}-\d\d-\d\d)(?:\.\.(\d{4}-\d\d-\d\d))?", text):
        start, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last or first)
        found |= {start + dt.timedelta(days=n) for n in range((end - start).days + 1)}
    return found


def found_in(text: str) -> list[tuple[str, str]]:
    """What was found, by table: a line each, below a claim where it is said of several tables."""
    line = r"^(?:(?:contract|warn|block): (\w+)\.(.+)|    (\w+): (\d[\d,]* rows? on .+))$"
    found = re.findall(line, text, re.MULTILINE)
    return [(one or several, words or others) for one, words, several, others in found]


@pytest.mark.slow
def test_it_ends_well(played):
    assert played.done.exit_code == 0, played.done.stderr
    assert list(played.sections) == [1, 2, 3, 4, 5, 6, 7]
    assert "done in" in played.text
    assert "Traceback" not in played.done.stderr
    assert not set("\x1b\r") & set(played.done.stdout + played.done.stderr)


@pytest.mark.slow
def test_every_planted_fault_is_announced(played, faults):
    assert len(faults) in (4, 7)  # of the first weeks, and of the season
    for fault in faults:
        assert f"  - {fault.sentence}\n" in played.sections[1]


@pytest.mark.slow
def test_every_planted_fault_is_found_on_its_dates(played, faults):
    """A line of the fault's table names exactly the fault's dates."""
    lines = found_in(played.sections[4])
    for fault in faults:
        named = [dates_in(text) for table, text in lines if table == fault.table]
        if fault.kind == "exhibition_sides":
            assert set.union(*named) == set(fault.dates)
        else:
            assert set(fault.dates) in named, fault.sentence


@pytest.mark.slow
def test_nothing_is_found_that_was_not_planted(played, faults):
    planted: dict[str, set[dt.date]] = {}
    for fault in faults:
        planted.setdefault(fault.table, set()).update(fault.dates)
    lines = found_in(played.sections[4])
    for table, text in lines:
        if table in planted:
            assert dates_in(text) <= planted[table]
        else:  # a lost box score makes rows unready as long as it lies in their windows
            assert table in FEATURES
            causes = set.union(*planted.values())
            for day in dates_in(text):
                assert any(0 <= (day - cause).days <= LONGEST_WINDOW for cause in causes)


@pytest.mark.slow
def test_a_missing_team_and_foreign_sides_are_named(played, faults):
    by_kind = {fault.kind: fault.entities for fault in faults}
    (team,) = by_kind["missing_team"]
    assert f"team_abbr {team}" in played.sections[4]
    for side in by_kind.get("exhibition_sides", ()):  # in February
        assert side in played.sections[4]


@pytest.mark.slow
def test_the_push_is_verified(played):
    pushed = played.document["result"]["push"]
    rows = sum(table["rows"] for table in pushed["tables"])
    assert pushed["push_id"]
    assert pushed["verified_rows"] == rows
    assert f"read back and compared: {rows:,} rows equal" in played.sections[5]


@pytest.mark.slow
def test_the_restated_game_leads_to_one_table(played, restated):
    (date,) = restated.dates
    text, found = played.sections[6], played.document["result"]["restated"]
    assert f"restated: player_game_summary 1 date: {date}" in text
    assert f"{PSZA}: compute, check, publish (player_game_summary changed on {date})" in text
    assert f"{TDZA}: leave (up to date)" in text
    restated = {t["table"]: t["restated"] for t in found["pull"]["tables"] if t["restated"]}
    assert restated == {"player_game_summary": [str(date)]}
    steps = {step["table"]: step for step in found["backfill"]["steps"]}
    assert set(steps) == FEATURES - {TDZA}
    assert all(day > str(date) for step in steps.values() for day in step["changed"])
    step = steps[PSZA]
    pushed = {t["table"]: t for t in found["push"]["tables"]}
    assert pushed[PSZA]["changed"] == step["changed"]
    assert [pushed[TDZA][what] for what in ("new", "changed", "gone")] == [[], [], []]


@pytest.mark.slow
def test_the_coverage_at_the_end_is_complete(played):
    for table in (PSZA, TDZA):
        assert re.search(rf"^  {table} +(\d+) of \1 .* \1 of \1$", played.sections[7], re.MULTILINE)


@pytest.mark.slow
def test_the_document_has_the_same(played, faults):
    assert played.document["schema_version"] == 1
    assert played.document["command"] == "demo"
    assert [fault["sentence"] for fault in played.document["result"]["faults"]] == [
        f.sentence for f in faults
    ]


def test_what_it_says_to_type_next_works(tour):
    typed = re.findall(r"^  uv run nba-local (.+)$", tour.done.stdout, flags=re.MULTILINE)
    assert [line.split()[0] for line in typed] == ["coverage", "why", "ui", "lab"]
    for line in typed:
        if line.split()[0] in {"ui", "lab"}:  # they go on, or take longer, and have their own tests
            assert type_in(tour.folder, line.split()[0], "--help").exit_code == 0
            continue
        done = type_in(tour.folder, *shlex.split(line))
        assert done.exit_code == 0, done.output
        assert done.stdout
    places = re.findall(r"^  (\S+/)  ", tour.done.stdout, flags=re.MULTILINE)
    assert places
    assert all((tour.folder / place).is_dir() for place in places)


@pytest.mark.slow
def test_every_command_it_proposes_is_for_its_own_folder(played):
    proposed = re.findall(r"^.*\bnba-local .*$", played.text, flags=re.MULTILINE)
    assert [line for line in proposed if not re.search(r"--data demo/data|demo/lab$", line)] == []


def test_a_folder_of_somebody_else_is_refused_and_untouched(tmp_path):
    mine = tmp_path / "mine" / "thesis.txt"
    mine.parent.mkdir()
    mine.write_text("ten years of work")
    done = run_cli("demo", "mine", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "mine is not empty and was not made by the demo; nothing was done" in done.stderr
    assert "hint: name another folder: nba-local demo DIR" in done.stderr
    assert [p.name for p in tmp_path.rglob("*")] == ["mine", "thesis.txt"]
    assert mine.read_text() == "ten years of work"


def test_a_file_of_somebody_else_is_refused(tmp_path):
    (tmp_path / "demo").write_text("mine")
    done = run_cli("demo", cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_restated_game_is_announced(played, restated):
    assert restated.sentence in played.text


def test_the_tour_is_two_screens_and_names_every_fault_twice(tour, autumn):
    """Where it is planted, and where a claim finds it on its dates."""
    text = tour.done.stdout
    assert tour.done.exit_code == 0, tour.done.output
    assert len(text.splitlines()) <= 80
    found = re.findall(r"^  found: (\w+)\.(.+(?:\n {9}.+)*)", text, re.MULTILINE)
    for fault in autumn.faults:
        assert f"  - {fault.sentence}\n" in text
        named = [dates_in(text) for table, text in found if table == fault.table]
        assert set(fault.dates) <= set.union(*named), fault.sentence


def test_the_tour_says_what_was_read_back(tour):
    text = tour.done.stdout
    target = [
        pl.scan_parquet(tour.folder / f"demo/target/{name}/**/*.parquet") for name in FEATURES
    ]
    rows = sum(table.select(pl.len()).collect().item() for table in target)
    assert f"read back and compared: {rows:,} rows equal" in " ".join(text.split())
    assert f"  {TDZA}: left alone" in text
    for verb in ("coverage", "why", "ui", "lab"):
        assert re.search(rf"^  uv run nba-local {verb} ", text, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("season", ["autumn"], indirect=True)
def test_both_say_the_same(tour, played):
    rows = played.document["result"]["push"]["verified_rows"]
    assert f"read back and compared: {rows:,} rows equal" in " ".join(tour.done.stdout.split())
