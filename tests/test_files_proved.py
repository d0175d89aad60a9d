"""Files are what the ledger says, or no verb uses them; a reader sees one generation."""

from __future__ import annotations

import os
import shutil

import polars as pl
import pytest

from nba_local.commands.pushes import plan_push, push
from nba_local.commands.road import backfill, check, plan
from nba_local.compute import publish as publishing
from nba_local.errors import AlteredFileError
from nba_local.storage import store as stores
from nba_local.storage.files import OBJECTS
from nba_local.storage.store import connect
from nba_local.tables.calendar import Season
from tests.conftest import slow
from tests.small_road import DAYS, SEASON, games

YEAR = Season(2021)


@pytest.fixture
def road(backfilled_road, tmp_path):
    return backfilled_road.copied(tmp_path)


def month(road, layer, table, name="2021-11"):
    return road.data / layer / table / "season=2021" / f"{name}.parquet"


def flip(file):
    """One bit of a value; size and time stay."""
    stat, content = file.stat(), bytearray(file.read_bytes())
    content[len(content) // 3] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def replace(file):
    """Another file of other rows under the same name, as an editor saves one."""
    rows = pl.read_parquet(file).with_columns(pl.col(pl.Float64, pl.Int64) + 1)
    file.unlink()
    rows.write_parquet(file)


def truncate(file):
    file.write_bytes(file.read_bytes()[:100])


def empty(file):
    file.write_bytes(b"")


def remove(file):
    file.unlink()


def add(file):
    shutil.copy2(file, file.with_name("copy.parquet"))


def add_month(file):
    shutil.copy2(file, file.with_name("2022-05.parquet"))


HARMS = [replace, truncate, empty, remove, add, add_month]
VERBS = ("check", "push", "plan_push", "sql")


def verbs(road):
    project = road.project()
    return {
        "check": lambda: check(project, [SEASON], []),
        "push": lambda: push(project, [SEASON], []),
        "plan_push": lambda: plan_push(project, [SEASON], []),
        "sql": lambda: connect(road.data, road.package.folder),
    }


@pytest.mark.parametrize(
    ("harm", "verb"),
    [
        *((replace, verb) for verb in VERBS),
        *((harm, "sql") for harm in HARMS[1:]),
        *(slow(harm, verb) for harm in HARMS[1:] for verb in VERBS[:-1]),
    ],
)
def test_a_published_file_that_is_not_as_recorded_stops_a_verb(road, harm, verb):
    harm(month(road, "published", "form"))
    with pytest.raises(AlteredFileError) as refused:
        verbs(road)[verb]()
    assert "published/form/season=2021/" in refused.value.message
    added = harm in (add, add_month)
    assert ("move it out" if added else "nba-local backfill 2021-22") in refused.value.hint
    assert not list((road.root / "target").rglob("*.parquet"))


@pytest.mark.parametrize("verb", ["plan_push", slow("check"), slow("push")])
def test_flipped_bytes_under_the_same_size_and_time_are_noticed(road, verb):
    flip(month(road, "published", "form"))
    with pytest.raises(AlteredFileError):
        verbs(road)[verb]()


@pytest.mark.parametrize("harm", [flip, remove, add, *map(slow, HARMS[:3]), slow(add_month)])
def test_a_raw_file_that_is_not_as_pulled_stops_plan_and_backfill(road, harm):
    published = road.published("form")
    harm(month(road, "raw", "games"))
    with road.project().writing("checkpoint") as work:  # as `checkpoint clear` does
        work.ledger.execute("DELETE FROM seasons")
    for verb in (plan, backfill):
        with pytest.raises(AlteredFileError) as refused:
            verb(road.project(), [SEASON], [])
        assert "raw/games/season=2021/" in refused.value.message
        assert "nba-local pull --season 2021-22" in refused.value.hint
    assert road.published("form").equals(published)


@pytest.mark.parametrize("harm", [flip, remove, *map(slow, (replace, truncate, empty))])
@pytest.mark.parametrize("layer", ["raw", "published"])
def test_the_proposed_command_writes_the_file_again(road, layer, harm):
    table = "games" if layer == "raw" else "form"
    file = month(road, layer, table)
    before = file.read_bytes()
    harm(file)
    road.pull() if layer == "raw" else road.backfill()
    assert file.read_bytes() == before
    check(road.project(), [SEASON], [])
    assert road.backfill().steps == ()


@pytest.mark.parametrize("keep_times", [True, False])
def test_a_copied_folder_is_as_good_as_the_first(road, keep_times):
    copy = road.root / "copy"
    shutil.copytree(road.data, copy, copy_function=shutil.copy2 if keep_times else shutil.copy)
    project = road.project(data=str(copy))
    assert backfill(project, [SEASON], []).steps == ()
    assert check(project, [SEASON], []) == ()


def test_a_folder_of_files_that_no_object_is_kept_of_is_read_and_published_anew(road):
    for folder in road.data.glob(f"published/*/*/{OBJECTS}"):
        shutil.rmtree(folder)  # as earlier versions left it
    assert road.backfill().steps == ()
    road.put(games({("ATL", DAYS[3]): 7}))
    road.pull()
    assert len(road.backfill().steps) == 2
    check(road.project(), [SEASON], [])


def test_other_tools_find_the_season_in_the_usual_folders(road):
    rows = pl.read_parquet(f"{road.data}/published/form/*/*.parquet", hive_partitioning=True)
    assert rows["season"].unique().to_list() == [2021]
    assert len(rows) == len(games())


# generations


class DiedError(Exception):
    """A run that ends where it should not."""


def changed(road):
    road.put(games({("ATL", DAYS[1]): 7, ("ATL", DAYS[25]): 9}))
    road.pull()


@pytest.mark.parametrize("calls", [slow(1), 2, slow(3)])
def test_a_backfill_that_dies_between_two_files_leaves_the_season_as_it_was(
    road, monkeypatch, calls
):
    before = road.published("form")
    changed(road)
    keep, done = publishing.keep, []

    def dies(*given):
        done.append(given)
        if len(done) == calls:
            raise DiedError
        return keep(*given)

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "keep", dies)
        with pytest.raises(DiedError):
            road.backfill()
    assert road.published("form").equals(before)
    plan_push(road.project(), [SEASON], ["form"])
    road.backfill()
    assert not road.published("form").equals(before)


def test_what_dies_after_the_switch_is_read_whole_and_linked_by_the_next_writer(road, monkeypatch):
    changed(road)
    before = month(road, "published", "form").read_bytes()

    def dies(*_):
        raise DiedError

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "link", dies)
        with pytest.raises(DiedError):
            road.backfill()
    after = road.published("form")
    assert month(road, "published", "form").read_bytes() == before
    plan_push(road.project(), [SEASON], ["form"])
    with road.project().writing("check"):
        pass
    linked = pl.read_parquet(f"{road.data}/published/form/*/*.parquet", hive_partitioning=False)
    assert linked.sort("day", "team").equals(after.sort("day", "team"))
    assert after.sort("day", "team").equals(road.published("form").sort("day", "team"))


def test_a_reader_that_began_before_a_publish_sees_all_of_the_older_season(road):
    project = road.project()
    table = project.registry.table("form")
    before = road.published("form")
    lazy = project.store.scan("published", table, [YEAR])
    changed(road)
    road.backfill()
    assert lazy.collect().equals(before)
    assert not road.published("form").equals(before)


def test_a_reader_that_is_overtaken_reads_the_newer_season(road, monkeypatch):
    project = road.project()
    table = project.registry.table("form")
    scan, given = stores.Store.scan, []

    def overtaken(self, *args, **kwargs):
        lazy = scan(self, *args, **kwargs)
        if not given:
            given.append(1)
            changed(road)
            road.backfill()
            with project.writing("check"):
                pass  # sweeps the older season
        return lazy

    monkeypatch.setattr(stores.Store, "scan", overtaken)
    rows = project.store.read("published", table, [YEAR])
    monkeypatch.undo()
    assert rows.equals(road.published("form"))


def test_older_generations_are_removed_by_the_next_writer(road):
    objects = month(road, "published", "form").parent / OBJECTS
    first = {path.name for path in objects.iterdir()}
    changed(road)
    road.backfill()
    assert first < {path.name for path in objects.iterdir()}
    with road.project().writing("check"):
        assert len(list(objects.iterdir())) == len(first)
