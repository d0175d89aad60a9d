"""Live tables against contracts, on a local BigQuery server: what differs, and what mends it."""

from __future__ import annotations

import dataclasses
import io
import json

import pytest
from google.api_core import exceptions as api
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from hypothesis import given
from hypothesis import strategies as st

from nba_local.commands import schemas
from nba_local.commands.doctor import diagnose
from nba_local.errors import StaleError
from nba_local.push import ddl
from tests.bigquery_server.fixture import started
from tests.conftest import project_of, run_cli

pytestmark = [pytest.mark.bigquery, pytest.mark.slow]

RUNS, TDZA = "precompute_processor_runs", "team_defense_zone_analysis"


@pytest.fixture(scope="module")
def bigquery_server(tmp_path_factory):
    """A server of these tests' own, which has few projects or needs not stay fast."""
    yield from started(tmp_path_factory)


@pytest.fixture
def project(request):
    """A project of the test's own."""
    return f"schema-{abs(hash(request.node.name)) % 10**8}"


@pytest.fixture
def client(bigquery_server, project):
    return bigquery.Client(
        project,
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": bigquery_server.rest},
    )


@pytest.fixture
def setup(bigquery_server, project, tmp_path):
    return project_of(
        tmp_path / "data",
        target=f"bigquery://{project}",
        bigquery_rest=bigquery_server.rest,
        bigquery_storage=bigquery_server.storage,
    )


def created(setup, name):
    """The table as a push would create it; its full name."""
    registry = setup.in_environment().registry
    table = {**registry.tables, **registry.logs}[name]
    with setup.warehouse(setup.config.target, "push") as target:
        target.create(table)
        return target.full_name(table)


def differences(setup, name):
    (found,) = schemas.diff(setup, [name])
    return {(d.what, d.column): d for d in found.differences}


def altered(client, name, change):
    """The live table with its fields as `change` makes them of the present ones."""
    live = client.get_table(name)
    rows = next(iter(client.query_and_wait(f"SELECT COUNT(*) FROM `{name}`")))[0]
    assert rows == 0
    fields = [field for old in live.schema for field in change(old.to_api_repr())]
    client.delete_table(live)
    fresh = bigquery.Table(name, [bigquery.SchemaField.from_api_repr(f) for f in fields])
    fresh.time_partitioning, fresh.clustering_fields = (
        live.time_partitioning,
        live.clustering_fields,
    )
    client.create_table(fresh)


def test_a_table_as_a_push_creates_it_is_as_in_its_contract(setup):
    for name in (TDZA, RUNS):
        created(setup, name)
        assert differences(setup, name) == {}


@pytest.mark.parametrize("name", ["precompute_failures", "ml_feature_store_v2"])
def test_wide_tables_and_logs_are_created_as_in_their_contracts(name, setup):
    created(setup, name)
    assert differences(setup, name) == {}


def test_a_table_that_is_not_there_is_created_by_a_migration(setup, client):
    (found,) = schemas.diff(setup, [TDZA])
    assert found.is_missing
    assert found.differences[0].sql[0].startswith("CREATE TABLE `")
    assert schemas.migrate(setup, [TDZA], [found])[0].differences == ()
    assert client.get_table(found.name).time_partitioning.field == "analysis_date"


@pytest.mark.parametrize(
    ("change", "key", "kind"),
    [
        (lambda f: [] if f["name"] == "paint_blocks_per_game" else [f],
         ("column", "paint_blocks_per_game"), "additive"),
        (
            lambda f: [] if f["name"] == "team_abbr" else [f], ("column", "team_abbr"), "breaking"),
        (lambda f: [f, {"name": "extra", "type": "INT64", "mode": "NULLABLE"}]
         if f["name"] == "team_abbr" else [f], ("column", "extra"), "harmless"),
        (lambda f: [f, {"name": "extra", "type": "INT64", "mode": "REQUIRED"}]
         if f["name"] == "team_abbr" else [f], ("column", "extra"), "relaxing"),
        (lambda f: [{**f, "type": "STRING"} if f["name"] == "games_in_sample" else f],
         ("type", "games_in_sample"), "breaking"),
        (lambda f: [{**f, "mode": "REQUIRED"} if f["name"] == "games_in_sample" else f],
         ("mode", "games_in_sample"), "relaxing"),
        (lambda f: [{**f, "mode": "NULLABLE"} if f["name"] == "team_abbr" else f],
         ("mode", "team_abbr"), "harmless"),
        (lambda f: [{**f, "precision": "3", "scale": "1"}
                    if f["name"] == "paint_pct_allowed_last_15" else f],
         ("precision", "paint_pct_allowed_last_15"), "breaking"),
        (lambda f: [{**f, "precision": "5", "scale": "2"}
                    if f["name"] == "paint_pct_allowed_last_15" else f],
         ("precision", "paint_pct_allowed_last_15"), "breaking"),
        (lambda f: [{**f, "precision": "9", "scale": "5"}
                    if f["name"] == "paint_pct_allowed_last_15" else f],
         ("precision", "paint_pct_allowed_last_15"), "harmless"),
        (lambda f: [{**f, "maxLength": "3"} if f["name"] == "team_abbr" else f],
         ("length", "team_abbr"), "breaking"),
        (lambda f: [{**f, "description": "other"} if f["name"] == "team_abbr" else f],
         ("descriptions", ""), "harmless"),
    ],
    ids=["missing", "missing required", "extra", "extra required", "type", "required", "nullable",
         "narrower", "fewer decimals", "wider", "length", "description"],
)  # fmt: skip
def test_every_difference_has_a_kind_and_what_can_be_mended_is(setup, client, change, key, kind):
    name = created(setup, TDZA)
    altered(client, name, change)
    found = differences(setup, TDZA)
    assert found[key].kind == kind, found
    assert found[key].effect
    (before,) = schemas.diff(setup, [TDZA])
    after = schemas.migrate(setup, [TDZA], [before])
    left = {(d.what, d.column): d.kind for d in after[0].differences}
    stays = kind == "breaking" or key in {("column", "extra"), ("mode", "team_abbr")}
    stays |= key[0] == "precision"  # wider there, which hurts nobody
    assert (key in left) == stays
    assert all(k != "relaxing" for k in left.values())
    if kind == "breaking":
        assert all(line.startswith("-- by hand: ") for line in found[key].sql)
        assert any("_before" in line for line in found[key].sql)


def test_columns_in_another_order_are_told_and_harmless(setup, client):
    name = created(setup, TDZA)
    live = client.get_table(name)
    client.delete_table(live)
    fresh = bigquery.Table(name, [live.schema[1], live.schema[0], *live.schema[2:]])
    fresh.time_partitioning = live.time_partitioning
    fresh.clustering_fields = live.clustering_fields
    client.create_table(fresh)
    (found,) = differences(setup, TDZA).values()
    assert (found.what, found.kind) == ("column order", "harmless")
    assert (found.contract, found.live) == ("team_abbr as column 1", "analysis_date")


def test_partitioning_and_clustering_are_compared(setup, client):
    name = created(setup, TDZA)
    live = client.get_table(name)
    client.delete_table(live)
    fresh = bigquery.Table(name, live.schema)
    fresh.clustering_fields = ["team_abbr"]
    client.create_table(fresh)
    found = differences(setup, TDZA)
    assert found["partitioning", ""].kind == "breaking"
    assert found["clustering", ""].kind == "harmless"


def test_a_change_decided_on_before_somebody_elses_is_refused(setup, client):
    name = created(setup, TDZA)
    altered(client, name, lambda f: [] if f["name"] == "paint_blocks_per_game" else [f])
    (found,) = schemas.diff(setup, [TDZA])
    live = client.get_table(name)
    live.description = "somebody was here"
    client.update_table(live, ["description"])
    with pytest.raises(StaleError, match="changed by someone else"):
        schemas.migrate(setup, [TDZA], [found])
    assert "paint_blocks_per_game" not in {f.name for f in client.get_table(name).schema}


def test_rows_of_runs_that_were_lost_for_a_mode_are_logged_after_the_migration(
    setup, client, bigquery_server, project
):
    """The live table has REQUIRED columns; a writer that lets BigQuery detect the schema sends
    NULLABLE ones, and every row of it is refused."""
    name = created(setup, RUNS)
    required = {"processor_name", "run_id", "run_date", "success"}
    altered(client, name, lambda f: [{**f, "mode": "REQUIRED"} if f["name"] in required else f])
    row = {"processor_name": "P", "run_id": "r1", "run_date": "2021-11-15T08:00:00Z"}
    row |= {"success": True, "analysis_date": "2021-11-15"}

    def load(**more):
        config = bigquery.LoadJobConfig(
            source_format="NEWLINE_DELIMITED_JSON", write_disposition="WRITE_APPEND", **more
        )
        lines = io.BytesIO(json.dumps(row).encode())
        client.load_table_from_file(lines, name, job_config=config).result()

    load(schema=client.get_table(name).schema)
    said = "Field processor_name has changed mode from REQUIRED to NULLABLE"
    with pytest.raises(api.BadRequest, match=said):
        load(autodetect=True)

    told = [f for f in diagnose(setup) if f["what"].endswith(RUNS)]
    assert {f["status"] for f in told} == {"warn"}
    assert any(said in f["found"] for f in told)
    assert {f["fix"] for f in told} == {"nba-local schema migrate"}

    environment = {
        "NBA_LOCAL_TARGET": f"bigquery://{project}",
        "NBA_LOCAL_BIGQUERY_REST": bigquery_server.rest,
        "NBA_LOCAL_BIGQUERY_STORAGE": bigquery_server.storage,
    }
    asked = run_cli("schema", "migrate", "--tables", RUNS, env=environment)
    assert asked.returncode == 2
    assert "nothing was changed" in asked.stderr
    done = run_cli("schema", "migrate", "--tables", RUNS, "--yes", env=environment)
    assert done.returncode == 0, done.stderr
    assert "ALTER COLUMN `processor_name` DROP NOT NULL;" in done.stdout
    assert "1 of 1 tables as in their contract" in done.stdout
    load(autodetect=True)
    assert next(iter(client.query_and_wait(f"SELECT COUNT(*) FROM `{name}`")))[0] == 2


def test_doctor_says_which_datasets_are_there_and_where(setup, client):
    def told():
        found = [f for f in diagnose(setup) if f["what"].startswith(("dataset", "location"))]
        return {f["what"]: (f["status"], f["found"]) for f in found}

    missing = told()
    assert set(missing) == {
        "dataset nba_precompute_dev",
        "dataset nba_predictions_dev",
        "dataset nba_processing_dev",
    }
    assert {status for status, _ in missing.values()} == {"ok"}
    assert all("the first push creates it" in text for _, text in missing.values())
    created(setup, TDZA)
    elsewhere = bigquery.Dataset(f"{client.project}.nba_processing_dev")
    elsewhere.location = "EU"
    client.create_dataset(elsewhere)
    there = told()
    assert there["dataset nba_precompute_dev"] == ("ok", "in US, may be read and written")
    assert there["dataset nba_processing_dev"] == ("ok", "in EU, none of our tables")
    assert there["location"][0] == "fail"
    assert "nba_processing_dev in EU" in there["location"][1]


def test_source_tables_are_never_changed(setup, client):
    client.create_dataset("nba_raw", exists_ok=True)
    client.create_table(
        bigquery.Table(
            f"{client.project}.nba_raw.nbac_schedule", [bigquery.SchemaField("game_id", "STRING")]
        )
    )
    (found,) = schemas.diff(setup, ["nbac_schedule"])
    assert found.differences
    before = client.get_table(found.name).etag
    schemas.migrate(setup, ["nbac_schedule"], [found])
    assert client.get_table(found.name).etag == before


def test_exit_code_tells_that_something_differs(bigquery_server):
    environment = {
        "NBA_LOCAL_TARGET": "bigquery://schema-nothing",
        "NBA_LOCAL_BIGQUERY_REST": bigquery_server.rest,
        "NBA_LOCAL_BIGQUERY_STORAGE": bigquery_server.storage,
    }
    done = run_cli("schema", "diff", "--tables", TDZA, "--detailed-exitcode", env=environment)
    assert done.returncode == 3
    assert "the first push creates it" in done.stdout


@given(st.text(max_size=40))
def test_a_name_in_sql_is_a_name_or_refused(name):
    try:
        quoted = ddl.quoted(name)
    except ValueError:
        return
    assert quoted == f"`{name}`"
    assert not set(name) & set("`'\"; \n\\()")


@given(st.text(max_size=60))
def test_a_description_cannot_leave_its_quotes(text):
    from nba_local.tables.schema import Field

    field = Field("points", "INT64", "NULLABLE", text)
    declared = ddl.declared(dataclasses.replace(field, description=text))
    inner = declared.partition('description = "')[2].removesuffix('")')
    assert '"' not in inner.replace("\\\\", "").replace('\\"', "")
    assert "\n" not in declared
