"""Faults between `nba-local` and BigQuery: what is said, what is tried again, what is left."""

from __future__ import annotations

import datetime as dt
import json
import random
import re
import shutil
import sqlite3
import sys
import threading

import polars as pl
import pytest
from google.cloud import bigquery

from nba_local.tables.calendar import Interval
from nba_local.warehouse import Replacement, open_warehouse
from nba_local.warehouse.bigquery import connection as bigquery_connection
from tests.faults import disk
from tests.faults.faults import FIRST, Answer, Cut, Fault, Lost, Reply, Reset, Silence, Slow, Status
from tests.faults.layer import Layer
from tests.faults.league import DATASET, SEASON, SOURCE, TARGET, League, Mirror, Target, runs

pytestmark = [pytest.mark.bigquery, pytest.mark.slow]


@pytest.fixture(scope="module")
def league(bigquery_server, tmp_path_factory):
    before = sys.path[:]
    yield League(bigquery_server, tmp_path_factory.mktemp("league"))
    sys.path[:] = before


@pytest.fixture(scope="module")
def proxies(bigquery_server):
    layer = Layer(bigquery_server)
    yield layer
    layer.close()


@pytest.fixture
def layer(proxies):
    """No fault yet."""
    proxies.play()
    return proxies


@pytest.fixture
def impatient(monkeypatch):
    """Calls may take this long with their retries."""
    monkeypatch.setattr(bigquery_connection, "LOCAL_SECONDS", 2.0)


@pytest.fixture
def target(league, layer, tmp_path):
    made = Target(league, layer, tmp_path / "data")
    yield made
    made.client.close()


QUERIES, JOBS, UPLOADS = "POST .*/queries", "POST /bigquery/.*/jobs", "POST /upload/.*"


@pytest.fixture
def mirror(league, layer, tmp_path):
    return Mirror(league, layer, tmp_path / "data")


AGAIN = "try again; a pull or a push that is run again goes on where it stopped"
REACH = (
    "is it up, and reachable from here? NBA_LOCAL_BIGQUERY_REST and NBA_LOCAL_BIGQUERY_STORAGE "
    "name a local server"
)
ROLES = (
    "have the account given the role that is missing (nba_local/README.md lists them), or log in "
    "with another one: `gcloud auth application-default login`"
)
LATER = (
    "not now: a quota fills up again within minutes (rates) or a day (daily limits); wait 10 "
    "minutes at least, and see https://cloud.google.com/bigquery/quotas"
)
TIME = "asking bigquery://faulty-league for the time failed: "
SCORES = "reading `faulty-league.league.scores` (2021-11-01..2022-02-27) failed: "


# pull: what passes


@pytest.mark.parametrize(
    "fault",
    [
        Fault(QUERIES, Answer(429, "rateLimitExceeded", "Too many requests"), FIRST),
        Fault(QUERIES, Answer(403, "rateLimitExceeded", "Exceeded rate limits"), FIRST),
        Fault(QUERIES, Answer(500, "internalError", "An internal error occurred"), FIRST),
        Fault(QUERIES, Answer(503, "backendError", "Error encountered. Try again"), FIRST),
        Fault(QUERIES, Answer(503, "", "<html>upstream connect error"), FIRST),
        Fault(QUERIES, Cut(), FIRST),
        Fault(QUERIES, Lost(), FIRST),
    ],
    ids=lambda fault: f"{type(fault.effect).__name__}-{getattr(fault.effect, 'status', '')}",
)
def test_what_passes_is_tried_again_and_the_pull_is_complete(layer, mirror, fault):
    layer.play(fault)
    done = mirror.pull()
    assert done.code == 0, done.err
    assert layer.count(QUERIES, layer.bodies(QUERIES)[0]) == 2
    assert mirror.is_whole()


@pytest.mark.parametrize(
    "status",
    [
        Status("UNAVAILABLE", "Connection reset by peer", after=1),
        Status("INTERNAL", "Received RST_STREAM with error code 2", after=1),
        Status("UNKNOWN", "Stream removed", after=1),
        Status("RESOURCE_EXHAUSTED", "Slow down", after=1),
        Status("RESOURCE_EXHAUSTED", "Slow down", retry_seconds=0.1),
    ],
    ids=lambda status: f"{status.code}-{status.retry_seconds}",
)
def test_a_stream_that_is_cut_goes_on_after_the_last_row(layer, mirror, status):
    layer.play(Fault("ReadRows", status, on=(2, 3)))  # the first is the smaller table
    assert mirror.pull().code == 0
    assert layer.count("ReadRows") == 4
    assert layer.count("CreateReadSession") == 2
    assert mirror.is_whole()


def test_a_connection_that_is_reset_amid_a_stream_is_made_anew(layer, mirror):
    layer.play(
        Fault("CreateReadSession", Reset(), FIRST), Fault("ReadRows", Reset(after=2), on=(2, 3))
    )
    assert mirror.pull().code == 0
    assert layer.count("CreateReadSession") == 3
    assert layer.count("ReadRows") >= 3
    assert mirror.is_whole()


def test_a_stream_that_is_cut_after_every_message_comes_to_its_end(layer, mirror):
    layer.play(Fault("ReadRows", Status("UNAVAILABLE", "Connection reset by peer", after=1)))
    assert mirror.pull().code == 0
    assert layer.count("ReadRows") > 3
    assert mirror.is_whole()


@pytest.mark.parametrize("code", ["UNAVAILABLE", "RESOURCE_EXHAUSTED", "ABORTED"])
def test_a_read_session_that_is_refused_in_passing_is_asked_for_again(layer, mirror, code):
    layer.play(Fault("CreateReadSession", Status(code, "Try again"), FIRST))
    assert mirror.pull().code == 0
    assert layer.count("CreateReadSession") == 3
    assert mirror.is_whole()


@pytest.mark.parametrize("code", ["NOT_FOUND", "FAILED_PRECONDITION"])
def test_a_read_session_that_expired_is_opened_anew(layer, mirror, code):
    layer.play(Fault("ReadRows", Status(code, "session expired", after=1), on=(2,)))
    assert mirror.pull().code == 0
    assert layer.count("CreateReadSession") == 3
    assert mirror.is_whole()


def test_slow_answers_and_slow_streams_are_waited_for(layer, mirror):
    layer.play(Fault(QUERIES, Slow(0.02)), Fault("ReadRows", Slow(0.2)))
    assert mirror.pull().code == 0
    assert layer.count("ReadRows") == 2
    assert mirror.is_whole()


def test_a_server_that_is_started_late_is_waited_for(layer, mirror):
    layer.rest.down()
    starting = threading.Timer(0.5, layer.rest.up)
    starting.start()
    done = mirror.pull()
    starting.join()
    assert done.code == 0
    assert mirror.is_whole()


@pytest.mark.parametrize("call", [QUERIES, "CreateReadSession"])
def test_a_server_that_falls_silent_is_asked_again(layer, mirror, monkeypatch, call):
    monkeypatch.setattr(bigquery_connection, "LOCAL_SECONDS", 20.0)
    monkeypatch.setattr(bigquery_connection, "CALL_SECONDS", 2.0)
    layer.play(Fault(call, Silence(), FIRST))
    assert mirror.pull().code == 0
    assert layer.count(call, layer.bodies(call)[0]) >= 2
    assert mirror.is_whole()


# pull: what does not pass


@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_down(layer, mirror):
    layer.rest.down()
    try:
        done = mirror.pull()
    finally:
        layer.rest.up()
    assert done.code == 1
    assert done.error == (
        f"{TIME}nothing answers at {layer.rest.address}, tried again until the time was up; "
        "nothing was read"
    )
    assert done.hint == REACH
    assert not mirror.data.exists()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("answer", "said", "hint"),
    [
        (
            Answer(503, "backendError", "Error encountered. Retrying may help."),
            "Error encountered. Retrying may help, tried again until the time was up",
            AGAIN,
        ),
        (
            Answer(503, "", "<html>no healthy upstream</html>"),
            "HTTP 503 and no reason, tried again until the time was up",
            AGAIN,
        ),
        (
            Answer(401, "authError", "Request had invalid authentication credentials."),
            "the server asks for credentials, and local endpoints are called anonymously",
            "unset NBA_LOCAL_BIGQUERY_REST and NBA_LOCAL_BIGQUERY_STORAGE to reach BigQuery itself",
        ),
        (
            Answer(403, "accessDenied", "Access Denied: Project p: User does not have ..."),
            "Access Denied: Project p: User does not have",
            ROLES,
        ),
        (
            Answer(403, "quotaExceeded", "Quota exceeded: free query bytes scanned."),
            "Quota exceeded: free query bytes scanned",
            LATER,
        ),
    ],
    ids=["unavailable", "page", "who", "denied", "quota"],
)
def test_what_a_refusal_says(mirror, answer, said, hint):
    mirror.layer.play(Fault(QUERIES, answer))
    done = mirror.pull()
    assert (done.code, done.error, done.hint) == (1, f"{TIME}{said}; nothing was read", hint)
    calls = mirror.layer.count(QUERIES)
    assert calls > 1 if hint == AGAIN else calls == 1  # what does not pass is not asked again
    assert not mirror.data.exists()


@pytest.mark.usefixtures("impatient")
def test_a_storage_service_that_is_down(league, layer, tmp_path):
    given = {**layer.environment, "NBA_LOCAL_BIGQUERY_STORAGE": "127.0.0.1:9"}
    done = league.run("pull", SEASON, data=tmp_path / "data", environment=given)
    assert (done.code, done.hint) == (1, REACH)
    said = "failed: nothing answers at 127.0.0.1:9, tried again until the time was up; no rows were"
    assert said in done.error
    assert not any(league.raw(tmp_path / "data").values())


SESSIONS = "no 'bigquery.readsessions.create' on projects/p"


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("call", "effect", "said", "hint"),
    [
        ("ReadRows", Status("UNAVAILABLE", "Connection reset"), "Connection reset", AGAIN),
        ("ReadRows", Status("RESOURCE_EXHAUSTED", "Slow down"), "Slow down", AGAIN),
        ("ReadRows", Silence(), "Deadline Exceeded", AGAIN),
        (
            "ReadRows",
            Status("NOT_FOUND", "session expired", after=1),
            "the read session ended after 49 rows (session expired)",
            AGAIN,
        ),
        ("CreateReadSession", Status("PERMISSION_DENIED", SESSIONS), SESSIONS, ROLES),
    ],
    ids=["cut", "exhausted", "silent", "expired", "denied"],
)
def test_a_table_that_cannot_be_read_leaves_the_others_pulled(mirror, call, effect, said, hint):
    mirror.layer.play(Fault(call, effect, on=range(2, 1_000)))  # the first reads the other table
    done = mirror.pull()
    assert (done.code, done.error, done.hint) == (1, f"{SCORES}{said}; no rows were read", hint)
    assert mirror.layer.count(call) < 30
    assert mirror.rows() == {**mirror.wanted(), "scores": []}
    ((verb, status, result),) = runs(mirror.data)
    assert (verb, status) == ("pull", "failed")
    assert said in result

    mirror.layer.play()
    assert mirror.pull().code == 0
    assert mirror.layer.count("CreateReadSession") == 1  # the other table is not read again
    assert mirror.is_whole()


# push


def test_a_push_whose_answers_are_lost_is_applied_once(league, layer, target):
    layer.play(
        Fault(UPLOADS, Lost(), FIRST), Fault(JOBS, Lost(), FIRST, holding=b"BEGIN TRANSACTION")
    )
    done = target.push()
    assert done.code == 0, done.err
    assert layer.count(UPLOADS) == 3  # two tables, one of them sent again and refused as a copy
    assert layer.count(JOBS, b"BEGIN TRANSACTION") == 2
    assert target.rows() == league.published(league.data)
    assert target.tables() == {"form", "peaks"}
    assert target.pushes() == ["verified"]


def test_a_push_is_rolled_back(league, target):
    done = target.push("--json")
    assert done.code == 0, done.err
    push_id = json.loads(done.out)["result"]["push_id"]
    assert target.rows() == league.published(league.data)
    undone = target.rollback(push_id)
    assert undone.code == 0, undone.err
    assert target.rows() == {"form": [], "peaks": []}
    assert target.rollback(push_id).code == 0  # it is undone already
    assert target.tables() == {"form", "peaks"}


@pytest.mark.usefixtures("impatient")
def test_a_push_of_which_nothing_is_heard_is_found_done_by_the_next(league, layer, target):
    commit = "GET .*-commit-.*"
    layer.play(
        Fault(JOBS, Lost(), holding=b"BEGIN TRANSACTION"),
        Fault(commit, Answer(503, "backendError", "Not now."), on=range(2, 1_000)),
    )
    done = target.push()
    assert done.code == 1
    assert done.error.startswith("push ")
    assert done.error.endswith("; run it again to learn if it was applied")
    assert done.hint == AGAIN
    assert target.rows()["form"] == league.published(league.data)["form"]

    layer.play()
    done = target.push()
    assert done.code == 0, done.err
    assert layer.count(JOBS, b"BEGIN TRANSACTION") == 0
    assert target.rows() == league.published(league.data)
    assert target.tables() == {"form", "peaks"}
    assert target.pushes() == ["committed", "nothing pushed"]


NOTHING, OPEN = "nothing was pushed", "run it again to learn if it was applied"


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("fault", "said", "tries"),
    [
        (
            Fault(JOBS, Answer(503, "backendError", "Not now.")),
            f"Not now, tried again until the time was up; {OPEN}",
            range(3, 20),
        ),
        (
            Fault(UPLOADS, Answer(403, "accessDenied", "Access Denied: no tables.updateData")),
            f"Access Denied: no tables.updateData; {NOTHING}",
            range(1, 3),  # two tables at once
        ),
        (
            Fault("POST .*/tables", Answer(403, "quotaExceeded", "Quota exceeded: too many")),
            f"Quota exceeded: too many; {NOTHING}",
            range(1, 2),
        ),
    ],
    ids=["unavailable", "denied", "quota"],
)
def test_a_push_that_is_refused_changes_nothing(layer, target, fault, said, tries):
    layer.play(fault)
    done = target.push()
    assert (done.code, done.out) == (1, "")
    assert done.error.endswith(f" failed: {said}")
    assert done.hint
    assert layer.count(fault.call) in tries
    assert not any(target.rows().values())
    assert target.tables() <= {"form", "peaks"}  # no staging, no lock
    assert set(target.pushes()) <= {"nothing pushed"}


def job(reason, message):
    """A job that was accepted and failed."""
    error = {"reason": reason, "message": message}
    return json.dumps(
        {
            "jobReference": {"projectId": "faulty-target", "jobId": "given", "location": "US"},
            "configuration": {"query": {"query": "..."}, "jobType": "QUERY"},
            "status": {"state": "DONE", "errorResult": error, "errors": [error]},
        }
    )


def test_a_job_that_fails_for_its_quota_is_not_started_again(layer, target):
    said = "Quota exceeded: Your table exceeded quota for table modifications."
    layer.play(Fault(JOBS, Reply(200, job("quotaExceeded", said))))
    done = target.push()
    assert (done.code, done.hint) == (1, LATER)
    assert re.fullmatch(
        r"job `nba_local-\w+-commit-\w+` failed: Quota exceeded: Your table exceeded quota for "
        r"table modifications; nothing was pushed",
        done.error,
    )
    assert layer.count(JOBS) == 1
    assert not any(target.rows().values())
    assert target.tables() <= {"form", "peaks"}


@pytest.mark.parametrize("reason", ["backendError", "jobRateLimitExceeded"])
def test_a_job_that_fails_in_passing_is_started_again_under_another_id(
    league, layer, target, reason
):
    failed = Reply(200, job(reason, "An error occurred. Retrying may help."))
    layer.play(Fault(JOBS, failed, FIRST))
    done = target.push()
    assert done.code == 0, done.err
    ids = [json.loads(body)["jobReference"]["jobId"] for body in layer.bodies(JOBS)]
    assert [name[-2:] for name in ids] == ["-0", "-1"]
    assert ids[0][:-1] == ids[1][:-1]
    assert target.rows() == league.published(league.data)


def test_a_large_upload_of_which_the_answer_is_lost_is_applied_once(league, layer):
    """More than 5 MB go up resumably: one call that names the job, one that brings the bytes."""
    chance = random.Random(1)
    day, size = dt.date(2022, 3, 1), 700
    rows = {"player": [f"p{i}" for i in range(size)], "day": [day] * size, "points": [1] * size}
    rows |= {"notes": [chance.randbytes(10_000).hex() for _ in range(size)]}
    table = league.project(league.data).registry.table("scores")
    change = Replacement(table, (day,), pl.DataFrame(rows, schema=table.contract.polars))
    target = open_warehouse(
        "bigquery://faulty-target",
        rest_endpoint=layer.environment["NBA_LOCAL_BIGQUERY_REST"],
        storage_endpoint=layer.environment["NBA_LOCAL_BIGQUERY_STORAGE"],
    )
    layer.play(
        Fault(UPLOADS, Answer(503, "backendError", "Not now."), FIRST),
        Fault("PUT /upload/.*", Lost(), FIRST),
    )
    receipt = target.replace([change], "large")
    assert layer.count(UPLOADS) == 2
    assert layer.count("PUT /upload/.*") >= 1
    assert receipt.rows == {"scores": size}
    month = Interval(dt.date(2022, 3, 1), dt.date(2022, 4, 1))
    assert sorted(target.read(table, month, target.now()).rows()) == sorted(change.rows.rows())
    target.close()


def test_a_push_into_a_table_of_another_shape_sends_nothing(layer, target):
    """The live table has the mean as text: a load would fail, and is not tried."""
    target.client.create_dataset(DATASET)
    columns = [("player", "STRING", "REQUIRED"), ("day", "DATE", "REQUIRED")]
    fields = [bigquery.SchemaField(*column) for column in (*columns, ("mean", "STRING"))]
    table = bigquery.Table(f"{TARGET}.{DATASET}.form", fields)
    table.time_partitioning = bigquery.TimePartitioning(field="day")
    target.client.create_table(table)
    done = target.push()
    assert (done.code, done.out) == (1, "")
    assert done.error == (
        "form: type mean is STRING NULLABLE in bigquery://faulty-target, FLOAT64 NULLABLE in the "
        "contract: pulls and pushes fail; nothing was pushed"
    )
    assert done.hint == "nba-local schema diff, then nba-local schema migrate"
    assert layer.count(UPLOADS) == 0
    assert set(target.pushes()) <= {"nothing pushed"}
    assert not any(target.rows().values())


# what doctor finds of an account


def diagnosed(league, layer, data):
    """What doctor says of the source, by name: status, text and fix."""
    words = ("doctor", "--json")
    done = league.run(*words, data=data, environment=layer.environment)
    return done.code, {
        item["what"]: (item["status"], item["found"], item["fix"])
        for item in json.loads(done.out)["result"]
    }


def test_doctor_names_what_the_account_may_do(league, layer):
    code, found = diagnosed(league, layer, league.data)
    assert code == 0
    assert found["credentials"][:2] == (
        "ok",
        "nobody's: a local server is asked instead of BigQuery",
    )
    assert found["jobs"][:2] == ("ok", "may be started")
    assert found["read sessions"][:2] == ("ok", "may be opened")
    status, text, _ = found["first pull"]
    assert status == "ok"
    assert re.match(r"at most [\d.,]+ .?B in 2 of 2 tables", text)
    assert found["endpoint"][0] == "warn"


@pytest.mark.parametrize(
    ("fault", "what", "said"),
    [
        (
            Fault("POST .*/(jobs|queries)", Answer(403, "accessDenied", "no bigquery.jobs.create")),
            "jobs",
            ("may not be started", "grant roles/bigquery.jobUser on the project faulty-league"),
        ),
        (
            Fault("CreateReadSession", Status("PERMISSION_DENIED", "no readsessions.create")),
            "read sessions",
            (
                "may not be opened",
                "grant roles/bigquery.readSessionUser on the project faulty-league",
            ),
        ),
        (
            Fault("POST .*:testIamPermissions", Reply(200, json.dumps({"permissions": []}))),
            "dataset league",
            (
                "in US, lacks bigquery.tables.get, bigquery.tables.getData",
                "grant roles/bigquery.dataViewer on league",
            ),
        ),
    ],
    ids=["jobs", "sessions", "data"],
)
@pytest.mark.usefixtures("impatient")
def test_doctor_names_the_role_that_is_missing(league, layer, fault, what, said):
    layer.play(fault)
    code, found = diagnosed(league, layer, league.data)
    assert found[what] == ("fail", *said)
    assert code == 1


# a disk that is full


def without_room(mirror, verb, free):
    """`pull` or `backfill` of the season where no more than `free` bytes can be stored."""
    words = [verb, SEASON, "--pipelines", str(mirror.league.package.folder)]
    given = {"NBA_LOCAL_WAREHOUSE": f"bigquery://{SOURCE}", **mirror.layer.environment}
    run = disk.on_full_disk if disk.can_mount() else disk.with_short_files
    done = run(words, mirror.data, free, given)
    assert done.code == 1
    place = re.escape(str(mirror.data))
    free_now = rf"no room for the files of {place} \([\d,]+ bytes free now[^)]*\)"
    assert re.match(rf"{free_now}; the {verb} stopped, ", done.error)
    assert f" {verb} again" in done.hint


def test_a_ledger_that_cannot_be_opened_for_lack_of_room_says_so(league, mirror):
    shutil.copytree(league.data, mirror.data)
    words = ["plan", SEASON, "--pipelines", str(league.package.folder)]
    done = disk.with_short_files(words, mirror.data, 20_000, {})
    assert done.code == 1
    assert done.error.startswith(f"no room for the files of {mirror.data} (")
    assert " command again" in done.hint


def test_a_pull_without_room_keeps_the_months_it_finished(layer, mirror):
    without_room(mirror, "pull", 1_000_000 if disk.can_mount() else 310_000)
    rows, wanted = mirror.rows(), mirror.wanted()
    assert rows["listed"] == wanted["listed"]
    assert 0 < len(rows["scores"]) < len(wanted["scores"])
    assert set(rows["scores"]) < set(wanted["scores"])
    assert [status for _, status, _ in runs(mirror.data)] == ["failed"]
    with sqlite3.connect(mirror.data / "ledger.sqlite") as ledger:
        stored = ledger.execute("SELECT table_name, month FROM raw_files").fetchall()
    ledger.close()
    paths = [mirror.data / "raw" / t / "season=2021" / f"{month}.parquet" for t, month in stored]
    finished = {path: path.stat().st_mtime_ns for path in paths}
    assert finished

    assert mirror.pull().code == 0
    assert layer.count("CreateReadSession") == 3  # two of the first try, the rest of the one table
    assert mirror.is_whole()
    assert {path: path.stat().st_mtime_ns for path in finished} == finished


@pytest.mark.parametrize("free", [36_000, 60_000, 100_000], ids=["stage", "first", "second"])
def test_a_backfill_without_room_publishes_no_half_table(league, mirror, free):
    if not disk.can_mount():
        free += 20_000  # not what is left, but how long a file may be: the log of the ledger
    shutil.copytree(league.data, mirror.data)
    shutil.rmtree(mirror.data / "published")
    without_room(mirror, "backfill", free)
    published, wanted = league.published(mirror.data), league.published(league.data)
    assert all(rows in ([], wanted[name]) for name, rows in published.items())
    assert mirror.is_whole()

    again = league.run("backfill", SEASON, data=mirror.data, environment={})
    assert again.code == 0, again.err
    assert league.published(mirror.data) == wanted


def test_a_push_without_room_for_its_receipt_is_found_done_by_the_next(layer, target, league):
    """All that a push stores here is the receipt; without it the target is whole or untouched."""
    words = ["push", SEASON, "--yes", "--to", f"bigquery://{TARGET}"]
    words += ["--pipelines", str(league.package.folder)]
    short = (target.data / "ledger.sqlite").stat().st_size // 2
    if disk.can_mount():
        done = disk.on_full_disk(words, target.data, 0, layer.environment)
    else:
        done = disk.with_short_files(words, target.data, short, layer.environment)
    assert done.code == 1
    assert done.error.startswith(f"no room for the files of {target.data} (")
    assert "again" in done.hint
    assert target.rows() in ({}, {"form": [], "peaks": []}, league.published(league.data))
    again = target.push()
    assert again.code == 0, again.err
    assert target.rows() == league.published(league.data)
    assert target.tables() == {"form", "peaks"}
    assert set(target.pushes()) <= {"verified", "committed", "nothing pushed"}
