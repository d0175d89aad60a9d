"""SQL is made of names that are nothing but names, and of parameters. Fuzzed; no server."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from google.cloud.bigquery_storage_v1 import types
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from nba_local.cli.app import app
from nba_local.errors import PipelineError, UsageError, WarehouseError
from nba_local.tables.calendar import Interval
from nba_local.tables.schema import Contract, Field
from nba_local.tables.table import Table
from nba_local.warehouse import Part, Replacement, open_warehouse
from nba_local.warehouse.bigquery import push as jobs
from nba_local.warehouse.bigquery import warehouse as ours
from nba_local.warehouse.bigquery.statements import statements
from tests.bigquery_server.fixture import BigQueryServer
from tests.conftest import project_of
from tests.faults.faults import Answer, Fault, Reply, Status
from tests.faults.layer import Layer

NOWHERE = BigQueryServer("p", "http://127.0.0.1:9", "127.0.0.1:9")
FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,40}", fullmatch=True)
SEASON = Interval(dt.date(2021, 10, 1), dt.date(2022, 7, 1))
ATTACKS = ("x` ; DROP TABLE `y", "x'--", "a.b", "a b", "", "ä", "x\n", "../t", "@p", "x\\`", "1x")
_DATES = st.dates(dt.date(1946, 1, 1), dt.date(2100, 1, 1))
SPANS = st.builds(
    lambda day, days: Interval(day, day + dt.timedelta(days)), _DATES, st.integers(1, 400)
)
KINDS = {"d": ("DATE", "REQUIRED"), "player": ("STRING", "REQUIRED"), "n": ("INT64", "NULLABLE")}


def contract(dataset="data", name="t", d="d", player="player", n="n"):
    """A contract of three columns under these names."""
    columns = zip((d, player, n), KINDS.values(), strict=True)
    fields = tuple(Field(column, kind, mode, "") for column, (kind, mode) in columns)
    return Contract(dataset, name, fields, (player, d), d, (player,), True)


def skeleton(sql):
    """A statement without what stands in backticks."""
    assert sql.count("`") % 2 == 0
    return re.sub(r"`[^`]+`", "``", sql)


@pytest.fixture(scope="module")
def layer():
    made = Layer(NOWHERE)
    yield made
    made.close()


@pytest.fixture
def warehouse(layer):
    opened = open_warehouse(
        "bigquery://p",
        rest_endpoint=layer.environment["NBA_LOCAL_BIGQUERY_REST"],
        storage_endpoint=layer.environment["NBA_LOCAL_BIGQUERY_STORAGE"],
    )
    assert isinstance(opened, ours.BigQueryWarehouse)
    yield opened
    opened.close()


# what is refused before anything is sent


@given(st.text(max_size=60), st.sampled_from(["dataset", "name", "d", "player", "n"]))
@example("x` ; DROP TABLE `y", "name")
@example("a.b", "dataset")
@example("x\n", "d")
@FUZZ
def test_a_contract_takes_nothing_but_names(text, place):
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text, re.ASCII):
        assert contract(**{place: text})
        return
    with pytest.raises(PipelineError, match="not made of letters, digits and `_`"):
        contract(**{place: text})


@given(st.text(max_size=40))
@example("p`.x; --")
@example("p/../q")
@example("p\n")
@FUZZ
def test_a_project_is_nothing_but_a_project(text):
    if re.fullmatch(r"([a-z0-9.-]+:)?[a-z][a-z0-9-]*", text):
        open_warehouse(f"bigquery://{text}").close()
        return
    with pytest.raises(UsageError):
        open_warehouse(f"bigquery://{text}")


@given(st.text(max_size=120))
@example("a/../b")
@example("x`")
@example("x\n")
@FUZZ
def test_a_push_id_is_letters_digits_and_dashes(layer, warehouse, text):
    if re.fullmatch(r"[A-Za-z0-9_-]{1,100}", text):
        return
    layer.play()
    table = Table(doc="t", name="t", contract=contract())
    for call in (
        lambda: warehouse.replace([], text),
        lambda: warehouse.replace([replacement(table)], text),
        lambda: warehouse.settle([table], text, ""),
    ):
        with pytest.raises(WarehouseError, match="is not letters, digits"):
            call()
    assert layer.count(".*") == 0


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize(
    "words",
    [
        ["pull", "--season", "2021-22", "--tables", "{}"],
        ["pull", "--season", "{}"],
        ["pull", "--season", "2021-22", "--warehouse", "bigquery://{}"],
        ["push", "2021-22", "--yes", "--to", "bigquery://{}"],
        ["push", "2021-22", "--yes", "--to", "bigquery://p", "--env", "{}"],
        ["push", "2021-22", "--yes", "--to", "bigquery://p", "--tables", "{}"],
    ],
    ids=lambda words: " ".join(words[:1] + words[-2:]),
)
def test_what_is_typed_is_refused_before_anything_is_sent(layer, tmp_path, words, attack):
    layer.play()
    given = {"NBA_LOCAL_WAREHOUSE": "bigquery://p", **layer.environment}
    typed = [word.format(attack) for word in words]
    done = CliRunner().invoke(app, [*typed, "--data", str(tmp_path / "none")], env=given)
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 2
    assert layer.count(".*") == 0


# what is sent


def replacement(table, part=None, days=(dt.date(2022, 1, 1),)):
    """One row a day for the table's three columns."""
    day, player, number = table.contract.columns
    rows = {day: list(days), player: ["a"] * len(days), number: [1] * len(days)}
    schema = table.contract.polars
    return Replacement(table, tuple(days), pl.DataFrame(rows, schema=schema), part)


def sent(layer):
    """SQL and parameters of the queries that arrived."""
    bodies = [json.loads(body) for body in layer.bodies("POST .*/queries")]
    values = [p["parameterValue"]["value"] for b in bodies for p in b["queryParameters"]]
    return [body["query"] for body in bodies], values


def live(day):
    """A table that is partitioned by a column, as the server describes it."""
    return json.dumps(
        {
            "tableReference": {"projectId": "p", "datasetId": "data", "tableId": "t"},
            "type": "TABLE",
            "lastModifiedTime": "1640995200000",
            "timePartitioning": {"type": "DAY", "field": day},
        }
    )


@given(st.fixed_dictionaries(dict.fromkeys(("dataset", "name", "d"), NAMES)), SPANS)
@example({"dataset": "select", "name": "from", "d": "where"}, SEASON)
@FUZZ
def test_a_partition_query_is_the_same_but_for_names_in_backticks(layer, warehouse, names, span):
    if names["d"].lower() in {"player", "n"}:
        return
    layer.play(
        Fault("GET .*", Reply(200, live(names["d"]))),
        Fault("POST .*", Answer(400, "invalidQuery", "no last_modified_time"), on=(1,)),
        Fault("POST .*", Answer(400, "invalidQuery", "enough")),
    )
    table = Table(doc="t", name="t", contract=contract(**names))
    with pytest.raises(WarehouseError, match="enough"):
        warehouse.partitions(table, span, dt.datetime.now(dt.UTC))
    queries, values = sent(layer)
    assert [skeleton(query) for query in queries] == [
        "SELECT partition_id, total_rows, last_modified_time, total_logical_bytes FROM "
        "``.INFORMATION_SCHEMA.PARTITIONS WHERE table_name = @name AND partition_id >= @start "
        "AND partition_id < @end",
        "SELECT `` AS day, COUNT(*) AS n FROM `` FOR SYSTEM_TIME AS OF @moment WHERE `` >= @start "
        "AND `` < @end GROUP BY day",
    ]
    assert f"`p.{names['dataset']}.{names['name']}`" in queries[1]
    assert {names["name"], span.start.isoformat(), span.end.isoformat()} <= set(values)


@given(NAMES, SPANS)
@example("order", SEASON)
@FUZZ
def test_a_row_restriction_is_a_name_in_backticks_and_two_dates(layer, warehouse, name, span):
    layer.play(Fault("CreateReadSession", Status("PERMISSION_DENIED", "enough")))
    table = Table(doc="t", name="t", contract=contract(d=name, player="p_", n="n_"))
    with pytest.raises(WarehouseError, match="enough"):
        warehouse.read(table, span, dt.datetime.now(dt.UTC))
    (body,) = layer.bodies("CreateReadSession")
    session = types.CreateReadSessionRequest.deserialize(body).read_session
    restriction = session.read_options.row_restriction
    assert restriction == f"`{name}` >= '{span.start}' AND `{name}` < '{span.end}'"
    assert set(session.read_options.selected_fields) == set(table.contract.columns)


def transaction(warehouse, changes):
    """Statements and parameters of the transaction of a push."""
    with TemporaryDirectory() as files:
        push = jobs.Push(warehouse._connection, changes, "id", Path(files), 1, lambda _: None)
    made = [statements(step, number) for number, step in enumerate(push._steps)]
    return [s for sql, _ in made for s in sql], [p for _, given in made for p in given]


@given(
    st.fixed_dictionaries(dict.fromkeys(("dataset", "name", "d"), NAMES)),
    st.dictionaries(st.text(max_size=30), st.just((dt.date(2022, 1, 1),)), min_size=1, max_size=3),
)
@example({"dataset": "a", "name": "b", "d": "order"}, {"' OR 1=1 --": (dt.date(2022, 1, 1),)})
@FUZZ
def test_a_transaction_has_names_in_backticks_and_values_in_parameters(warehouse, names, values):
    if names["d"].lower() in {"player", "n"}:
        return
    table = Table(doc="t", name="t", contract=contract(**names))
    statements, parameters = transaction(
        warehouse, [replacement(table, Part("player", values)), replacement(plain(names))]
    )
    conditions = " OR ".join(
        f"(`` = @value_0_{place} AND `` IN UNNEST(@dates_0_{place}))"
        for place in range(len(values))
    )
    bounds = " AND `` BETWEEN @first_{0} AND @last_{0}"
    assert [skeleton(statement) for statement in statements] == [
        f"DELETE FROM `` WHERE ({conditions})" + bounds.format(0),
        "INSERT INTO `` (``, ``, ``) SELECT ``, ``, `` FROM ``",
        "DELETE FROM `` WHERE (`` IN UNNEST(@dates_1))" + bounds.format(1),
        "INSERT INTO `` (``, ``, ``) SELECT ``, ``, `` FROM ``",
    ]
    assert {p.value for p in parameters if p.name.startswith("value_")} == set(values)


def plain(names):
    """A table that is not the one of `names`."""
    return Table(doc="t", name="t", contract=contract(name=f"{names['name']}_"))


def test_the_names_of_all_contracts_are_names(tmp_path):
    registry = project_of(tmp_path).registry
    for environment in registry.environments:
        assert registry.within(environment)
