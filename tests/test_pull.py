"""Pulls read what changed and nothing else, and may die at any step."""

from __future__ import annotations

import datetime as dt
import shutil
import signal
from dataclasses import replace

import polars as pl
import pytest

from nba_local.commands import road
from nba_local.commands.project import Project
from nba_local.errors import LedgerError
from nba_local.pull.guard import ALL, Limits
from nba_local.pull.pull import PullOptions, pull
from nba_local.tables.calendar import Interval, Season
from nba_local.warehouse import Replacement, open_warehouse
from nba_local.warehouse.files import FileWarehouse
from tests.bigquery_server.fixture import started
from tests.conftest import project_of
from tests.killer import Killer, one_in_each_part

TOGS, TDGS = "team_offense_game_summary", "team_defense_game_summary"
SEASON = Season(2021)
KEPT = {
    TOGS: (dt.date(2021, 10, 27), dt.date(2021, 12, 21)),
    TDGS: (dt.date(2021, 12, 15), dt.date(2021, 12, 21)),
}
"""The dates of each table that are in the folder."""

MAY_GO = PullOptions(limits=Limits(accepted=frozenset({ALL})))
"""What is gone is gone on purpose here."""


class Seen(FileWarehouse):
    """A folder that remembers what was read of it."""

    def __init__(self, root):
        super().__init__(root)
        self.reads = []

    def read(self, table, within, as_of, columns=None):
        self.reads.append((table.name, within))
        return super().read(table, within, as_of, columns)


@pytest.fixture
def source(shared, tmp_path):
    """A folder of two source tables with a file per date, which a test may change."""
    folder = tmp_path / "there"
    for name in (TOGS, TDGS):
        season = pl.read_parquet(shared / "phase3" / name / "season=2021.parquet")
        season = season.filter(pl.col("game_date").is_between(*KEPT[name]))
        (folder / name).mkdir(parents=True)
        for (day,), frame in season.partition_by("game_date", as_dict=True).items():
            frame.write_parquet(folder / name / f"{day}.parquet")
    return folder


def gone(source, name, *days):
    """Take dates away."""
    for day in days:
        (source / name / f"{day}.parquet").unlink()


def restate(source, name, *days):
    """Write dates again, with a point more for everybody."""
    for day in days:
        file = source / name / f"{day}.parquet"
        pl.read_parquet(file).with_columns(pl.col("points_scored") + 1).write_parquet(file)


def pulled(project, source, tables=(TOGS, TDGS)):
    """Pull, and the reads that took, by table."""
    warehouse = Seen(source)
    with project.writing("pull") as work:
        chosen = [work.registry.table(name) for name in tables]
        result = pull(work, warehouse, chosen, [SEASON], options=MAY_GO)
    reads = {name: [str(w) for n, w in warehouse.reads if n == name] for name in tables}
    return {t.table: t for t in result.tables}, reads


def rows(project, name):
    return project.store.scan("raw", project.registry.table(name), [SEASON]).collect()


def test_only_dates_that_changed_are_read_and_neighbors_together(source, tmp_path):
    project = project_of(tmp_path / "data")
    pulled(project, source)
    gone(source, TOGS, "2021-12-08")
    restate(source, TOGS, "2021-12-01", "2021-12-02", "2021-12-20")
    tables, reads = pulled(project, source)
    assert reads == {TOGS: ["2021-12-01..2021-12-02", "2021-12-20"], TDGS: []}
    assert (tables[TOGS].read_dates, tables[TDGS].read_dates) == (3, 0)
    assert [str(day) for day in tables[TOGS].gone] == ["2021-12-08"]
    assert [str(day) for day in tables[TOGS].restated] == ["2021-12-01", "2021-12-02", "2021-12-20"]

    fresh = project_of(tmp_path / "fresh")
    pulled(fresh, source)
    for name in (TOGS, TDGS):
        assert rows(project, name).equals(rows(fresh, name)), name
    assert pulled(project, source)[1] == {TOGS: [], TDGS: []}


def test_the_last_dates_of_a_month_may_go(source, tmp_path):
    project = project_of(tmp_path / "data")
    pulled(project, source)
    gone(source, TOGS, *(file.stem for file in (source / TOGS).glob("2021-10-*")))
    tables, reads = pulled(project, source)
    assert (reads[TOGS], len(tables[TOGS].gone)) == ([], 5)
    assert rows(project, TOGS)["game_date"].min() == dt.date(2021, 11, 1)
    assert not project.store.file("raw", TOGS, SEASON, "2021-10").exists()


@pytest.mark.slow
def test_a_damaged_month_is_read_in_full(source, tmp_path):
    project = project_of(tmp_path / "data")
    pulled(project, source)
    whole = rows(project, TOGS)
    project.store.file("raw", TOGS, SEASON, "2021-12").write_bytes(b"no longer Parquet")
    _, reads = pulled(project, source)
    assert reads == {TOGS: ["2021-12-01..2021-12-21"], TDGS: []}
    assert rows(project, TOGS).equals(whole)


@pytest.mark.slow
def test_a_month_that_is_altered_while_it_is_pulled_is_not_overwritten(source, tmp_path):
    project = project_of(tmp_path / "data")
    pulled(project, source)
    gone(source, TOGS, "2021-12-08")
    month = project.store.file("raw", TOGS, SEASON, "2021-12")

    def meddle(*_):
        month.write_bytes(b"altered")

    there, table = FileWarehouse(source), project.registry.table(TOGS)
    with (
        project.writing("pull") as work,
        pytest.raises(
            LedgerError, match=r"altered while .* nothing of 2021-12 was stored"
        ) as error,
    ):
        pull(work, there, [table], [SEASON], options=MAY_GO, progress=meddle)
    assert error.value.hint == "pull again: the month is then read in full"
    pulled(project, source)
    fresh = project_of(tmp_path / "fresh")
    pulled(fresh, source)
    assert rows(project, TOGS).equals(rows(fresh, TOGS))


# death, over BigQuery

PROJECT = "nba-local-pull"
POINTS = 5  # at which a pull is killed at random, other ones in each run
WINTER = Interval(dt.date(2021, 12, 1), dt.date(2022, 2, 1))
WHAT = (["2021-22"], [TOGS, TDGS])


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    yield from started(tmp_path_factory)


def write(project, server, push_id, edit):
    """Put two months of the tables into the server, edited."""
    warehouse = open_warehouse(
        f"bigquery://{PROJECT}", rest_endpoint=server.rest, storage_endpoint=server.storage
    )
    changes = []
    for name in WHAT[1]:
        table = project.registry.table(name)
        inside = pl.col("game_date").is_between(WINTER.start, WINTER.end, closed="left")
        frame = edit(rows(project, name).filter(inside))
        changes.append(Replacement(table, tuple(frame["game_date"].unique().sort()), frame))
    warehouse.replace(changes, push_id)
    warehouse.close()


def restated(frame):
    """Some of the dates, written later."""
    some = frame.filter(pl.col("game_date").dt.day().is_in([3, 4, 5, 20]))
    return some.with_columns(pl.col("processed_at") + dt.timedelta(days=300))


@pytest.fixture(scope="module")
def folders(server, shared, tmp_path_factory):
    """How a folder is set up; one pulled from the server before dates of it changed there."""
    root = tmp_path_factory.mktemp("folders")
    seed = project_of(root / "seed", f"file://{shared}/phase3")
    road.pull(seed, *WHAT)
    write(seed, server, "first", lambda frame: frame)

    def over(folder):
        config = replace(
            seed.config,
            data=str(folder),
            warehouse=f"bigquery://{PROJECT}",
            bigquery_rest=server.rest,
            bigquery_storage=server.storage,
        )
        return Project.open(config)

    road.pull(over(root / "old"), *WHAT)
    write(seed, server, "second", restated)
    return over, root / "old"


@pytest.fixture(scope="module")
def killer():
    found = Killer()
    yield found
    found.close()


@pytest.mark.slow
@pytest.mark.bigquery
@pytest.mark.parametrize("kind", ["from nothing", "of changes"])
@pytest.mark.parametrize("moments", ["each kind", "random"])
def test_a_pull_killed_at_any_step_is_ended_by_the_next_one(
    kind, moments, folders, killer, tmp_path
):
    """Of nothing, and of a folder in which dates changed since: requests, messages, renames."""
    over, old = folders

    def begun(name):
        if kind == "of changes":
            shutil.copytree(old, tmp_path / name)
        return over(tmp_path / name)

    kinds = killer.do("pull", begun("whole"), WHAT)["steps"]
    reference = contents(tmp_path / "whole")
    assert reference != contents(old)
    last = len(kinds)
    points = [*((step, False) for step in (*dict.fromkeys(kinds), last)), (last, True)]
    if moments == "random":
        points = one_in_each_part(last, POINTS)
    died = 0
    for number, (step, after) in enumerate(points):
        project = begun(f"killed-{number}")
        ended = killer.do("pull", project, WHAT, step, after=after)["exit"]
        if ended == 0:
            continue  # streams do not always come in as many messages
        assert ended == -signal.SIGKILL
        died += 1
        again = killer.do("pull", project, WHAT)
        assert again["exit"] == 0, again["error"]
        assert contents(project.store.root) == reference, f"killed at {step}: {kinds}"
    idle = road.pull(project, *WHAT)
    assert sum(t.read_dates for t in idle.tables) == 0
    assert died > len(points) // 2


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.parquet"))}
