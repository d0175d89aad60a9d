"""Pushes into a local BigQuery server that die, meet each other, are undone and are looked at."""

from __future__ import annotations

import datetime as dt
import signal
import threading
from dataclasses import replace

import polars as pl
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from nba_local.commands import pushes
from nba_local.errors import ContractError, LockedError, StaleError
from nba_local.push.target import Choice
from nba_local.storage.store import changed_dates
from nba_local.tables.calendar import Interval, Season, parse_interval
from nba_local.warehouse import Replacement
from tests.bigquery_server.fixture import started
from tests.killer import Killer, one_in_each_part
from tests.seasons import AUTUMN, FIVE_WEEKS, copied

pytestmark = [pytest.mark.bigquery, pytest.mark.slow]

PROJECT = "nba-local-push"
DAYS = ["2021-12-14..2021-12-15"]
SPAN = Interval(dt.date(2021, 12, 14), dt.date(2021, 12, 16))
COMMIT = "POST jobs"
"""The request that starts the transaction."""
POINTS = 5  # at which a push is killed at random, other ones in each run
PSZA = "player_shot_zone_analysis"
TWO = ["player_daily_cache", PSZA]
"""Tables that are pushed, so that the server has little to do; their rows differ by rule set."""
WHAT = (DAYS, TWO)


def towards(setup, server, project=PROJECT):
    """The setup with the server as its target."""
    config = replace(
        setup.config,
        target=f"bigquery://{project}",
        bigquery_rest=server.rest,
        bigquery_storage=server.storage,
    )
    return replace(setup, config=config)


@pytest.fixture(scope="module")
def bigquery_server(tmp_path_factory):
    """A server of these tests' own, which has few projects or needs not stay fast."""
    yield from started(tmp_path_factory)


@pytest.fixture(scope="module")
def client(bigquery_server):
    return bigquery.Client(
        PROJECT,
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": bigquery_server.rest},
    )


@pytest.fixture
def ours(seasons, bigquery_server, tmp_path):
    return towards(copied(seasons.backfilled(AUTUMN), tmp_path / "ours"), bigquery_server)


@pytest.fixture
def others(seasons, bigquery_server, tmp_path):
    """The other rule set, so that every table has other rows on the same dates."""
    theirs = seasons.backfilled(AUTUMN, "production", tuple(TWO))
    return towards(copied(theirs, tmp_path / "others"), bigquery_server)


def there(setup, span=SPAN):
    """Rows of the two tables in the target, as of one instant."""
    registry = setup.in_environment().registry
    tables = registry.select(TWO, registry.features)
    with setup.warehouse(setup.config.target, "push") as target:
        moment = target.now()
        return {t.name: target.read(t, span, moment) for t in tables}


def here(setup, span=SPAN):
    """The published rows."""
    found = {}
    for table in setup.registry.features:
        rows = setup.store.scan("published", table, [Season(2021)]).collect()
        day = pl.col(table.partition_by)
        found[table.name] = rows.filter(day.is_between(span.start, span.end, closed="left"))
    return found


def same(setup, left, right):
    """Whether the two tables have the same rows on both sides."""
    return all(
        not changed_dates(left[t.name], right[t.name], t.partition_by, t.contract.columns)
        and left[t.name].height == right[t.name].height
        for t in setup.registry.features
        if t.name in TWO
    )


def leftovers(client):
    """Staging tables and locks."""
    return [
        t.table_id
        for dataset in client.list_datasets()
        for t in client.list_tables(dataset)
        if t.table_id.startswith("_")
    ]


def push(setup, **options):
    return pushes.push(setup, *WHAT, **options)


OVERWRITE = {"choice": Choice(overwrite_stale=True, allow_removals=True)}


# death


@pytest.fixture(scope="module")
def killer():
    found = Killer()
    yield found
    found.close()


@pytest.mark.parametrize("moments", ["each kind", "random"])
def test_a_push_killed_at_any_step_is_whole_or_not_there_and_the_next_one_ends_it(
    moments, ours, others, killer, client
):
    """Before every kind of request, on both sides of the commit, and at random."""
    sides = [others, ours]
    killer.do("push", others, WHAT)  # what is created once is there
    kinds = killer.do("push", ours, WHAT)["steps"]
    if moments == "each kind":
        points = [(kind, False) for kind in dict.fromkeys(kinds)]
        points += [(COMMIT, True), (len(kinds), False), (len(kinds), True)]
    else:
        points = one_in_each_part(len(kinds), POINTS)
    whole = {"old": 0, "new": 0}
    rows = [here(side) for side in sides]
    for trial, (request, after) in enumerate(points):
        now = sides[trial % 2]
        died = killer.do("push", now, WHAT, request, after=after)["exit"]
        if died == 0:
            continue  # a push does not always take as many requests: this one lived
        assert died == -signal.SIGKILL
        found = there(ours)
        is_old, is_new = (same(ours, found, rows[i]) for i in (1 - trial % 2, trial % 2))
        where = f"killed {'after' if after else 'before'} {request} of {kinds}"
        assert is_old != is_new, f"{where}: neither old nor new"
        whole["new" if is_new else "old"] += 1
        again = killer.do("push", now, WHAT)
        assert again["exit"] == 0, f"{where}: {again['error']}"
        assert same(ours, there(ours), rows[trial % 2]), where
        assert leftovers(client) == [], where
    assert sum(whole.values()) > len(points) // 2
    assert min(whole.values()) > 0, f"the kills were all on one side of the commit: {whole}"


# others


def test_readers_see_all_tables_old_or_all_new(seasons, shared, bigquery_server, tmp_path):
    """Five tables; another reader asks all the time, for all tables at one instant."""
    project, span = "nba-local-readers", "2021-11"
    real, production = (seasons.real(shared, rules, FIVE_WEEKS) for rules in (None, "production"))
    ours = towards(copied(real, tmp_path / "ours"), bigquery_server, project)
    others = towards(copied(production, tmp_path / "others"), bigquery_server, project)
    pushes.push(others, [span], [], choice=Choice(overwrite_stale=True, allow_removals=True))
    within = parse_interval(span)
    known = {
        name: {t: r.height for t, r in here(s, within).items()}
        for name, s in (("old", others), ("new", ours))
    }
    assert known["old"] != known["new"]
    seen, done = [], threading.Event()
    tables = ours.in_environment().registry.features
    counts = ", ".join(
        f"(SELECT COUNT(*) FROM `{project}.{t.contract.dataset}.{t.name}`) AS {t.name}"
        for t in tables
    )
    reader = bigquery.Client(
        project,
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": bigquery_server.rest},
    )

    def look():
        while not done.is_set():
            (row,) = reader.query_and_wait(f"SELECT {counts}")
            seen.append(dict(row.items()))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        pushes.push(ours, [span], [], choice=Choice(overwrite_stale=True, allow_removals=True))
    finally:
        done.set()
        thread.join()
        reader.close()
    assert len(seen) > 5
    assert [s for s in seen if s not in known.values()] == []
    assert seen[0] == known["old"]


def test_what_somebody_else_wrote_is_not_overwritten_unasked(ours, others):
    push(ours, **OVERWRITE)
    push(others, **OVERWRITE)
    planned = {t.table: t for t in pushes.plan_push(ours, *WHAT).tables}
    assert len(planned[PSZA].stale) == 2
    assert planned[PSZA].changed == ()
    assert "paint_rate_last_10" in planned[PSZA].columns
    with pytest.raises(
        StaleError, match=r"4 dates were written in .* by somebody else.*nothing was pushed"
    ):
        push(ours)
    kept = push(ours, choice=Choice(keep_stale=True))
    assert kept.push_id is None
    assert same(ours, there(ours), here(others))


def test_of_two_pushes_at_once_one_is_told_who_holds_the_lock(ours, others):
    logs = list(ours.in_environment().registry.logs.values())
    with (
        ours.warehouse(ours.config.target, "push") as target,
        target.lock(logs, "thefirst"),
        pytest.raises(LockedError, match=r"`push thefirst` \(.*pid \d+ on .*nothing was pushed"),
    ):
        push(others, **OVERWRITE)
    push(others, **OVERWRITE)


def test_a_rolled_back_push_leaves_what_was_there_before_it(ours, others, client):
    """And a, then b, then a, then b leaves b."""
    push(ours, **OVERWRITE)
    before = there(others)
    assert same(others, before, here(ours))
    done = push(others, **OVERWRITE)
    assert same(others, there(others), here(others))
    assert not same(others, there(others), before)
    undone = pushes.rollback(others, done.push_id)
    assert undone.undoes == done.push_id
    assert same(others, there(others), before)
    assert leftovers(client) == []
    assert pushes.rollback(others, done.push_id).is_earlier
    # what was undone is pushed again by the next push, and is not taken for somebody else's
    again = {t.table: t for t in pushes.plan_push(others, *WHAT).tables}
    assert len(again[PSZA].changed) == 2
    assert again[PSZA].stale == ()
    push(others, choice=Choice(allow_removals=True))
    assert same(others, there(others), here(others))


def test_a_push_that_others_wrote_over_is_not_rolled_back_unasked(ours, others):
    done = push(ours, **OVERWRITE)
    push(others, **OVERWRITE)
    with pytest.raises(StaleError, match="4 dates were written"):
        pushes.rollback(ours, done.push_id)
    assert same(ours, there(ours), here(others))


def test_rows_written_past_the_lock_while_a_push_is_staged_stop_it(ours, others, monkeypatch):
    """Somebody who knows nothing of the lock writes between plan and commit."""
    from nba_local.warehouse.bigquery.push import Push

    push(others, **OVERWRITE)
    commit, table = Push._commit, ours.in_environment().registry.table(PSZA)
    rows = here(others)[PSZA]

    def meanwhile(self, job_id):
        monkeypatch.undo()
        with ours.warehouse(ours.config.target, "push") as other:
            other.replace([Replacement(table, (SPAN.start,), rows.clear())], "intruder")
        return commit(self, job_id)

    monkeypatch.setattr(Push, "_commit", meanwhile)
    with pytest.raises(StaleError, match=rf"{PSZA}: 1 dates were written by somebody else while"):
        push(ours, **OVERWRITE)
    assert not any(same(ours, there(ours), here(side)) for side in (ours, others))


# logs


def test_runs_and_failures_go_to_the_logs_of_the_warehouse(
    ours, seasons, bigquery_server, tmp_path, client
):
    push(ours, **OVERWRITE)  # whatever is there by now, it is of the other rule set
    theirs = copied(seasons.backfilled(AUTUMN, "production", tuple(TWO)), tmp_path / "data")
    setup = towards(theirs, bigquery_server)
    done = push(setup, **OVERWRITE)
    pushed = {
        (setup.registry.table(t.table).processor, day)
        for t in done.tables
        for day in (*t.new, *t.changed, *t.stale)
    }
    found = client.query_and_wait(
        "SELECT processor_name, analysis_date, success, records_inserted, run_id, run_date "
        f"FROM `{PROJECT}.nba_processing_dev.precompute_processor_runs` "
        f"ORDER BY created_at DESC LIMIT {len(pushed)}"
    )
    rows = [dict(row.items()) for row in found]
    assert len({row["run_id"] for row in rows}) == len(pushed) > 0
    assert {(row["processor_name"], row["analysis_date"]) for row in rows} == pushed
    assert all(row["success"] and row["run_date"].tzinfo for row in rows)
    assert sum(row["records_inserted"] for row in rows) == done.verified_rows

    with setup.reading() as work:
        expected = {
            (r["table_name"], r["date"], r["entity"], r["category"])
            for r in work.ledger.rows(
                "SELECT * FROM failures WHERE date IN ('2021-12-14', '2021-12-15') "
                "AND table_name IN ('player_daily_cache', 'player_shot_zone_analysis')"
            )
        }
    processors = {t.processor: t.name for t in setup.registry.features}
    found = client.query_and_wait(
        "SELECT processor_name, analysis_date, entity_id, failure_category "
        f"FROM `{PROJECT}.nba_processing_dev.precompute_failures`"
    )
    logged = [(processors[r[0]], r[1].isoformat(), r[2], r[3]) for r in found]
    assert len(logged) == len(set(logged))
    assert set(logged) == expected != set()


def test_a_push_that_cannot_log_its_runs_is_not_made(ours, others, client):
    push(others, **OVERWRITE)
    name = f"{PROJECT}.nba_processing_dev.precompute_processor_runs"
    live = client.get_table(name)
    client.delete_table(live)
    broken = [bigquery.SchemaField("nobody_fills_this", "STRING", "REQUIRED"), *live.schema]
    client.create_table(bigquery.Table(name, broken))
    try:
        said = "precompute_processor_runs: column nobody_fills_this is STRING REQUIRED"
        with pytest.raises(ContractError, match=f"{said}.*; nothing was pushed"):
            push(ours, **OVERWRITE)
        assert same(ours, there(ours), here(others))
        assert leftovers(client) == []
    finally:
        client.delete_table(name)
