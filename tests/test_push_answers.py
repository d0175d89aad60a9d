"""Answers on the way of a push that are not BigQuery's, locks that stay, clocks that are off."""

from __future__ import annotations

import datetime as dt
import itertools
import logging
import re
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from types import SimpleNamespace

import polars as pl
import pytest
from google.cloud import bigquery

from nba_local.errors import LockedError, NbaLocalError, TransientWarehouseError
from nba_local.tables.calendar import Interval
from nba_local.tables.schema import Contract, Field
from nba_local.tables.table import Table
from nba_local.warehouse import Replacement, open_warehouse
from nba_local.warehouse.bigquery import lock as locks
from tests.faults.faults import EVERY, FIRST, Answer, Fault, Reply
from tests.faults.layer import Layer

pytestmark = [pytest.mark.bigquery, pytest.mark.slow]

PROJECT, DATASET = "nba-local-answers", "league"
DAY = dt.date(2021, 11, 15)
SPAN = Interval(DAY, DAY + dt.timedelta(days=1))
CONTRACT = Contract(
    dataset=DATASET,
    name="scores",
    fields=(
        Field("team", "STRING", "REQUIRED", ""),
        Field("day", "DATE", "REQUIRED", ""),
        Field("points", "INT64", "NULLABLE", ""),
    ),
    grain=("team", "day"),
    partition_by="day",
    clustering=(),
    require_partition_filter=False,
)
SCORES = Table(doc="Scores.", name="scores", contract=CONTRACT)
LOCK = f"{PROJECT}.{DATASET}.{locks.LOCK}"


@pytest.fixture(scope="module")
def proxies(bigquery_server):
    layer = Layer(bigquery_server)
    yield layer
    layer.close()


@pytest.fixture
def layer(proxies):
    proxies.play()
    return proxies


@pytest.fixture
def warehouse(layer):
    opened = open_warehouse(
        f"bigquery://{PROJECT}",
        rest_endpoint=layer.environment["NBA_LOCAL_BIGQUERY_REST"],
        storage_endpoint=layer.environment["NBA_LOCAL_BIGQUERY_STORAGE"],
    )
    yield opened
    opened.close()


@contextmanager
def impatient(warehouse):
    """Calls that fail are tried again for a second only; a slow server is waited for as ever."""
    limits = warehouse._connection.limits
    patient = limits["retry"]
    limits["retry"] = patient.with_timeout(1.0)
    yield
    limits["retry"] = patient


@pytest.fixture
def client(warehouse, layer):
    found = warehouse._connection.client
    found.create_dataset(DATASET, exists_ok=True)
    yield found
    layer.play()
    found.delete_table(LOCK, not_found_ok=True)


def push(warehouse, points, push_id, ended=()):
    rows = pl.DataFrame([("DEN", DAY, points)], schema=CONTRACT.polars, orient="row")
    with warehouse.lock([SCORES], push_id, ended):
        changes = [Replacement(SCORES, (DAY,), rows)]
        try:
            return warehouse.replace(changes, push_id)
        except TransientWarehouseError:  # as every push does: asked again, it says what it did
            return warehouse.replace(changes, push_id)


def there(warehouse):
    return warehouse.read(SCORES, SPAN, warehouse.now())["points"].to_list()


def tables(client):
    return {table.table_id for table in client.list_tables(DATASET)}


LOCKED, STAGING = locks.LOCK.encode(), b"_nba_local_staging_"
KINDS = {
    "time": Fault("POST .*/queries", None, holding=b"CURRENT_TIMESTAMP"),
    "lock": Fault("POST .*/tables", None, holding=LOCKED),
    "dataset": Fault("POST .*/datasets", None),
    "look": Fault("GET .*/tables/scores", None),
    "table": Fault("POST .*/tables", None, holding=b'"tableId": "scores"'),
    "staging": Fault("POST .*/tables", None, holding=STAGING),
    "load": Fault("POST /upload/.*", None),
    "loaded": Fault("GET .*/jobs/nba_local-.*-scores-.*", None),
    "count": Fault("POST .*/queries", None, holding=STAGING),
    "commit": Fault("POST /bigquery/.*/jobs", None, holding=b"BEGIN TRANSACTION"),
    "committed": Fault("GET .*/jobs/nba_local-.*-commit-.*", None),
    "drop": Fault(f"DELETE .*/tables/{STAGING.decode()}.*", None),
    "holder": Fault(f"GET .*/tables/{locks.LOCK}", None),
    "free": Fault(f"DELETE .*/tables/{locks.LOCK}", None),
}
"""Every kind of request of a push, as a fault that befalls it."""

BODIES = ["", "<html>log in</html>", "[]", '{"status": "ok"}']
EACH = [
    pytest.param(kind, body, id=f"{kind}-{body or 'empty'}")
    for kind, body in zip(KINDS, itertools.cycle(BODIES))
]


AFTERWARDS = {"drop", "holder", "free"}
"""What is left undone by these is told, and is no error of a push that was read back."""


def befalls(kind, body, on):
    return replace(KINDS[kind], effect=Reply(200, body), on=on)


@pytest.fixture
def nothing_there(client):
    """The first push makes the dataset and the table."""
    client.delete_dataset(DATASET, delete_contents=True)


@pytest.mark.usefixtures("nothing_there")
def test_the_kinds_are_all_requests_of_a_push(warehouse, layer):
    layer.play()
    push(warehouse, 1, "kinds")
    calls = [(call, body) for call, body in layer.script.calls if call[:4] != "Read"]
    met = [
        [kind for kind, f in KINDS.items() if re.fullmatch(f.call, call) and f.holding in body]
        for call, body in calls
    ]
    assert [call for call, kinds in zip(calls, met, strict=True) if len(kinds) != 1] == []
    assert {kind for (kind,) in met} == set(KINDS)


@pytest.mark.usefixtures("nothing_there")
@pytest.mark.parametrize(("kind", "body"), EACH)
def test_a_foreign_answer_at_any_request_is_asked_for_again(warehouse, client, layer, kind, body):
    layer.play(befalls(kind, body, FIRST))
    push(warehouse, 5, f"{kind}-once")
    assert layer.count(KINDS[kind].call, KINDS[kind].holding) > 1
    assert there(warehouse) == [5]
    assert tables(client) == {"scores"}


@pytest.mark.usefixtures("nothing_there")
@pytest.mark.parametrize(("kind", "body"), EACH)
def test_foreign_answers_without_end_are_one_error_and_the_next_push_is_whole(  # noqa: PLR0913
    warehouse, client, layer, caplog, kind, body
):
    layer.play(befalls(kind, body, EVERY))
    refused = pytest.raises(NbaLocalError, match="not BigQuery's")
    with impatient(warehouse), nullcontext() if kind in AFTERWARDS else refused as error:
        push(warehouse, 5, f"{kind}-always")
    assert error.value.hint if error else "not BigQuery's" in caplog.text
    layer.play()
    push(warehouse, 6, f"{kind}-next", {f"{kind}-always"})
    assert there(warehouse) == [6]
    assert {t for t in tables(client) if not t.startswith(STAGING.decode())} == {"scores"}


@pytest.mark.parametrize("status", [401, 403])
def test_a_lock_that_cannot_be_freed_is_told_and_no_error_of_the_push(
    warehouse, client, layer, caplog, status
):
    layer.play(Fault(f"DELETE .*{locks.LOCK}", Answer(status, "accessDenied", "Not you.")))
    with caplog.at_level(logging.WARNING):
        push(warehouse, status, f"kept-{status}")
    assert there(warehouse) == [status]
    assert "the lock of league was not freed" in caplog.text
    assert locks.LOCK in tables(client)
    layer.play()
    with pytest.raises(LockedError):
        push(warehouse, 1, f"others-{status}", {"another"})
    push(warehouse, 2, f"ours-{status}", {f"kept-{status}"})
    assert there(warehouse) == [2]
    assert locks.LOCK not in tables(client)


@pytest.mark.parametrize("on", [FIRST, EVERY], ids=["once", "always"])
def test_a_lock_is_free_when_it_is_gone_and_not_when_somebody_says_so(
    warehouse, client, layer, caplog, on
):
    """BigQuery's answer to a DELETE has no body; a gateway's may have none either."""
    layer.play(befalls("free", "", on))
    push(warehouse, 7, f"empty-{len(on)}")
    is_told = "the lock of league was not freed: it was dropped, and is still there" in caplog.text
    layer.play()
    assert (is_told, locks.LOCK in tables(client)) == ((on == EVERY),) * 2
    assert there(warehouse) == [7]


class FastClock(dt.datetime):
    """Two hours and a half ahead."""

    @classmethod
    def now(cls, tz=None):
        return dt.datetime.now(tz) + dt.timedelta(hours=2.5)


def test_a_clock_hours_ahead_does_not_steal_a_live_lock(warehouse, client, monkeypatch):
    fast = SimpleNamespace(datetime=FastClock, UTC=dt.UTC, timedelta=dt.timedelta)
    with warehouse.lock([SCORES], "alive"):
        monkeypatch.setattr(locks, "dt", fast)
        with pytest.raises(LockedError, match="league is being written by `push alive`"):
            push(warehouse, 1, "fast")
        monkeypatch.undo()
        assert client.get_table(LOCK).expires > dt.datetime.now(dt.UTC) + dt.timedelta(hours=1.9)


def test_a_lock_that_expired_by_the_clock_of_the_server_is_free(warehouse, client):
    connection = warehouse._connection
    now = connection.now(2**30)
    with locks.Lock(connection, "dead", now).held([DATASET]):
        later = locks.Lock(connection, "later", now + dt.timedelta(hours=3))
        with later.held([DATASET]):
            assert "later" in client.get_table(LOCK).description
    assert locks.LOCK not in tables(client)


def test_of_two_first_pushes_into_no_dataset_one_wins(warehouse, client, monkeypatch):
    """Both find no dataset; the other creates it and takes the lock before we try again."""
    client.delete_dataset(DATASET, delete_contents=True)
    create = client.create_dataset

    def meanwhile(*arguments, **named):
        create(*arguments, **named)
        monkeypatch.undo()
        other = bigquery.Table(LOCK, [bigquery.SchemaField("nothing", "BOOL")])
        other.expires = dt.datetime.now(dt.UTC) + dt.timedelta(hours=2)
        client.create_table(other)

    monkeypatch.setattr(client, "create_dataset", meanwhile)
    with pytest.raises(LockedError, match="nothing was pushed") as error:
        push(warehouse, 4, "second")
    assert error.value.exit_code == 6
