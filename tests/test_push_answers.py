"""Answers on the way of a push that are not BigQuery's, locks that stay, clocks that are off."""

from __future__ import annotations

import datetime as dt
import itertools
import logging
from types import SimpleNamespace

import polars as pl
import pytest
from google.cloud import bigquery

from nba_local.errors import LockedError, TransientWarehouseError
from nba_local.tables.calendar import Interval
from nba_local.tables.schema import Contract, Field
from nba_local.tables.table import Table
from nba_local.warehouse import Replacement, open_warehouse
from nba_local.warehouse.bigquery import lock as locks
from tests.faults.faults import FIRST, Answer, Fault, Reply
from tests.faults.layer import Layer

pytestmark = pytest.mark.bigquery

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


@pytest.fixture
def client(warehouse):
    found = warehouse._connection.client
    found.create_dataset(DATASET, exists_ok=True)
    yield found
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


CALLS = {
    "lock": "POST .*/tables",
    "staging": "POST .*/tables",
    "look": "GET .*/tables/.*",
    "query": "POST .*/queries",
    "load": "POST /upload/.*",
    "commit": "POST /bigquery/.*/jobs",
    "job": "GET .*/jobs/.*",
    "drop": "DELETE .*",
}
BODIES = ["", "<html>log in</html>", "[]", '{"status": "ok"}']


@pytest.mark.parametrize(("call", "body"), list(zip(CALLS, itertools.cycle(BODIES))))
def test_a_foreign_answer_at_any_request_is_asked_for_again(warehouse, client, layer, call, body):
    points, nth = hash((call, body)) % 1000, (2,) if call == "staging" else FIRST
    layer.play(Fault(CALLS[call], Reply(200, body), nth))
    name = f"{call}-{BODIES.index(body)}"
    push(warehouse, points, name)
    assert there(warehouse) == [points]
    layer.play()
    push(warehouse, points + 1, f"{name}-next", {name})
    assert there(warehouse) == [points + 1]
    assert locks.LOCK not in tables(client)


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
