"""Source tables of any shape in BigQuery: their rows are read, or refused with the reason."""

from __future__ import annotations

import polars as pl
import pytest
from google.cloud import bigquery

from nba_local.commands import pushes
from nba_local.commands import road as verbs
from nba_local.errors import ContractError, NbaLocalError
from nba_local.push.target import Choice
from nba_local.tables.calendar import Season
from nba_local.warehouse.bigquery.connection import Connection
from tests.small_road import DAYS, SEASON, Road, games

pytestmark = [pytest.mark.bigquery, pytest.mark.slow]

ROWS = games().sort("day", "team")
TAKEN = {
    "view": "CREATE VIEW {games} AS SELECT * FROM {rows}",
    "unpartitioned": "CREATE TABLE {games} AS SELECT * FROM {rows}",
    "clustered": "CREATE TABLE {games} CLUSTER BY team AS SELECT * FROM {rows}",
    "doubles": "CREATE TABLE {games} PARTITION BY day AS "
    "SELECT team, day, CAST(points AS FLOAT64) AS points FROM {rows}",
    "view of doubles": "CREATE VIEW {games} AS "
    "SELECT team, day, CAST(points AS FLOAT64) AS points, 'more' AS more FROM {rows}",
}


PROJECT = "nba-local-sources"


@pytest.fixture
def road(tmp_path, bigquery_server):
    """A road whose source is a project, with the rows in `league.rows` too."""
    made = Road(tmp_path)
    made.project_id = PROJECT
    made.endpoints = {
        "bigquery_rest": bigquery_server.rest,
        "bigquery_storage": bigquery_server.storage,
    }
    connection = Connection(made.project_id, bigquery_server.rest, bigquery_server.storage)
    made.client = connection.client
    made.table = made.project().registry.table("games")
    dataset = made.table.contract.dataset
    made.names = {}
    made.client.create_dataset(dataset, exists_ok=True)
    for name in ("games", "rows", "form"):
        made.names[name] = f"`{PROJECT}.{dataset}.{name}`"
        drop(made, name)
    values = ", ".join(f"('{t}', DATE '{d}', {p})" for t, d, p in ROWS.iter_rows())
    run(made, "CREATE TABLE {rows} (team STRING, day DATE, points INT64) PARTITION BY day")
    run(made, f"INSERT INTO {{rows}} (team, day, points) VALUES {values}")
    run(made, "CREATE TABLE {games} PARTITION BY day AS SELECT * FROM {rows}")
    yield made
    connection.close()


def drop(road, name):
    road.client.delete_table(road.names[name].strip("`"), not_found_ok=True)


def run(road, sql):
    return list(road.client.query_and_wait(sql.format(**road.names)))


def project(road):
    return road.project(warehouse=f"bigquery://{road.project_id}", **road.endpoints)


def pull(road):
    (done,) = verbs.pull(project(road), [SEASON], []).tables
    return done


def stored(road):
    with project(road).reading() as work:
        found = work.store.scan("raw", road.table, [Season(2021)]).collect()
    return found.sort("day", "team").select(ROWS.columns)


def become(road, sql):
    drop(road, "games")
    run(road, sql)


@pytest.mark.parametrize("shape", ["view of doubles", *list(TAKEN)[:-1]])
def test_rows_of_any_shape_are_read(road, shape):
    pull(road)
    become(road, TAKEN[shape])
    done = pull(road)
    assert (done.rows, done.gone, done.changed) == (60, (), ())
    assert stored(road).equals(ROWS)


@pytest.mark.parametrize("shape", ["view", "unpartitioned"])
def test_rows_that_move_in_such_a_table_are_seen(road, shape):
    become(road, TAKEN[shape])
    pull(road)
    run(road, f"UPDATE {{rows}} SET points = 7 WHERE day = '{DAYS[3]}'")
    if shape != "view":
        run(road, f"UPDATE {{games}} SET points = 7 WHERE day = '{DAYS[3]}'")
    assert pull(road).changed == (DAYS[3],)
    assert stored(road).filter(pl.col("day") == DAYS[3])["points"].to_list() == [7, 7]


@pytest.mark.parametrize(("field", "kind"), [(None, "DAY"), ("day", "MONTH"), ("day", "YEAR")])
def test_tables_with_other_partitions_are_read(road, field, kind):
    """By time of ingestion, by month, by year."""
    drop(road, "games")
    columns = [
        bigquery.SchemaField(c, t)
        for c, t in (("team", "STRING"), ("day", "DATE"), ("points", "INT64"))
    ]
    table = bigquery.Table(road.names["games"].strip("`"), columns)
    table.time_partitioning = bigquery.TimePartitioning(type_=kind, field=field)
    road.client.create_table(table)
    run(road, "INSERT INTO {games} (team, day, points) SELECT team, day, points FROM {rows}")
    assert pull(road).rows == 60
    assert stored(road).equals(ROWS)


@pytest.mark.parametrize("shape", ["daily", "view", "unpartitioned"])
def test_rows_without_a_date_are_counted(road, shape):
    run(road, "INSERT INTO {rows} (team, day, points) VALUES ('CHI', NULL, 1), ('CHI', NULL, 2)")
    daily = "CREATE TABLE {games} PARTITION BY day AS SELECT * FROM {rows}"
    become(road, TAKEN.get(shape, daily))
    done = pull(road)
    assert (done.rows, done.undated) == (60, 2)
    assert stored(road).equals(ROWS)


REFUSED = {
    "gone": "SELECT 1",
    "a view of nothing": "CREATE VIEW {games} AS SELECT * FROM {rows} WHERE FALSE",
    "half values": "CREATE TABLE {games} AS SELECT team, day, points + 0.5 AS points FROM {rows}",
    "text": "CREATE TABLE {games} AS "
    "SELECT team, day, CAST(points AS STRING) AS points FROM {rows}",
    "dates as numbers": "CREATE TABLE {games} AS "
    "SELECT team, UNIX_DATE(day) AS day, points FROM {rows}",
    "dates as text": "CREATE VIEW {games} AS "
    "SELECT team, CAST(day AS STRING) AS day, points FROM {rows}",
}


@pytest.mark.parametrize("shape", REFUSED)
def test_what_cannot_be_read_is_refused_and_what_was_pulled_stays(road, shape):
    pull(road)
    become(road, REFUSED[shape])
    held, message = (), ""
    try:
        held = verbs.pull(project(road), [SEASON], []).held
    except NbaLocalError as error:
        message = error.message
    assert "games" in message or [gone.table for gone in held] == ["games"]
    assert stored(road).equals(ROWS)


def test_a_project_without_the_dataset_is_refused(road):
    pull(road)
    other = road.project(warehouse="bigquery://nobody-has-this", **road.endpoints)
    with pytest.raises(NbaLocalError, match=r"no such table in the warehouse: .*games"):
        verbs.pull(other, [SEASON], [])
    assert stored(road).equals(ROWS)


# targets


SHAPES = {
    "unpartitioned": "CREATE TABLE {form} (team STRING NOT NULL, day DATE NOT NULL, mean FLOAT64)",
    "by month": "CREATE TABLE {form} (team STRING NOT NULL, day DATE NOT NULL, mean FLOAT64) "
    "PARTITION BY DATE_TRUNC(day, MONTH)",
    "by ingestion": "CREATE TABLE {form} (team STRING NOT NULL, day DATE NOT NULL, mean FLOAT64) "
    "PARTITION BY _PARTITIONDATE",
    "view": "CREATE VIEW {form} AS SELECT team, day, CAST(points AS FLOAT64) AS mean FROM {rows}",
}


@pytest.mark.parametrize("shape", ["unpartitioned", *list(SHAPES)[1:]])
def test_a_target_of_another_shape_is_refused_before_anything_is_loaded(road, shape):
    run(road, SHAPES[shape])
    if shape != "view":
        run(road, "INSERT INTO {form} (team, day, mean) VALUES ('CHI', '2021-11-01', 1.0)")
    before = run(road, "SELECT * FROM {form} ORDER BY day, team")
    road.pull()
    road.backfill()
    target = road.project(target=f"bigquery://{road.project_id}", **road.endpoints)
    with pytest.raises(ContractError, match=r"form: .*nothing was pushed"):
        pushes.push(target, [SEASON], ["form"], choice=Choice(allow_removals=True))
    assert run(road, "SELECT * FROM {form} ORDER BY day, team") == before
    dataset = f"{road.project_id}.{road.table.contract.dataset}"
    names = [t.table_id for t in road.client.list_tables(dataset)]
    assert [name for name in names if name.startswith("_")] == []
