"""BigQuery as a warehouse, against a local server.

The first half proves that the server enforces what the second half relies on, so that a lenient
server fails here and not in production.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pytest
from google.api_core import exceptions as api
from google.auth import exceptions as auth
from google.cloud import bigquery
from polars.testing import assert_frame_equal

from nba_local.errors import (
    ContractError,
    DeniedError,
    TransientWarehouseError,
    UsageError,
    WarehouseError,
)
from nba_local.tables.calendar import Interval
from nba_local.tables.schema import load_contract
from nba_local.tables.table import Table
from nba_local.warehouse import Replacement, open_warehouse
from nba_local.warehouse.bigquery import connection as bigquery_connection
from nba_local.warehouse.bigquery import warehouse as ours
from nba_local.warehouse.bigquery.connection import Connection
from nba_local.warehouse.bigquery.errors import translated
from nba_local.warehouse.bigquery.read import _exact, _session
from nba_local.warehouse.bigquery.schema import as_column
from tests import test_nested as nested
from tests.bigquery_server.probe import Probe
from tests.conftest import slow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nba_local.warehouse.bigquery.connection import Job
    from tests.bigquery_server.fixture import BigQueryServer

pytestmark = pytest.mark.bigquery

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
SPAN = Interval(dt.date(2021, 11, 1), dt.date(2021, 11, 17))
SOURCES = {
    "nbac_schedule": 119,
    "player_game_summary": 2548,
    "team_offense_game_summary": 238,
    "team_defense_game_summary": 238,
    "upcoming_team_game_context": 238,
    "upcoming_player_game_context": 3993,
}
FEATURES = ("team_defense_zone_analysis", "player_shot_zone_analysis")
EARLY, LATE = dt.date(2021, 11, 5), dt.date(2021, 11, 15)


def table(name: str, dataset: str | None = None) -> Table:
    contract = load_contract(ROOT / "pipelines" / name / "schema.json")
    if dataset:
        contract = dataclasses.replace(contract, dataset=dataset)
    return Table(doc=name, name=name, contract=contract)


def shared(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the stand-in tables are not here: no `shared/{'/'.join(parts)}`")
    return path


def half_november(name: str) -> pl.DataFrame:
    contract = table(name).contract
    rows = pl.read_parquet(shared("phase3", name, "season=2021.parquet"))
    inside = pl.col(contract.partition_by).is_between(SPAN.start, SPAN.end, closed="left")
    return contract.conform(rows.filter(inside), name)


def golden(name: str, *dates: dt.date) -> pl.DataFrame:
    files = [shared("golden", "corrected", name, f"{date}.parquet") for date in dates]
    made = pl.lit(dt.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=dt.UTC))
    rows = pl.concat(pl.read_parquet(file) for file in files)
    rows = rows.with_columns(created_at=made, processed_at=made)
    return table(name).contract.conform(rows, name)


def whole(name: str, rows: pl.DataFrame, dataset: str | None = None) -> Replacement:
    """A replacement of exactly the dates that `rows` has."""
    given = table(name, dataset)
    return Replacement(given, tuple(rows[given.partition_by].unique().sort()), rows)


def assert_same_rows(found: pl.DataFrame, expected: pl.DataFrame, given: Table) -> None:
    """Every cell equal, in any row order; JSON compared as what it says, not how it is spaced."""

    def canonical(frame: pl.DataFrame) -> pl.DataFrame:
        texts = [f.name for f in given.contract.fields if f.type == "JSON"]
        same = [
            pl.col(name).map_elements(
                lambda text: json.dumps(json.loads(text), sort_keys=True), return_dtype=pl.String
            )
            for name in texts
        ]
        return frame.with_columns(same).sort(given.order)

    assert_frame_equal(canonical(found), canonical(expected), check_exact=True)


@pytest.fixture(scope="session")
def client(bigquery_server: BigQueryServer) -> Iterator[bigquery.Client]:
    connection = Connection(bigquery_server.project, bigquery_server.rest, bigquery_server.storage)
    yield connection.client
    connection.close()


@pytest.fixture(scope="session")
def warehouse(bigquery_server: BigQueryServer) -> Iterator[ours.BigQueryWarehouse]:
    opened = open_warehouse(
        f"bigquery://{bigquery_server.project}",
        rest_endpoint=bigquery_server.rest,
        storage_endpoint=bigquery_server.storage,
    )
    assert isinstance(opened, ours.BigQueryWarehouse)
    yield opened
    opened.close()


# --- what the server enforces -------------------------------------------------------------------


@pytest.fixture
def probe(client: bigquery.Client, request: pytest.FixtureRequest) -> Probe:
    return Probe.create(client, request.node.name)


DAY = dt.date(2024, 1, 1)


@pytest.mark.slow
def test_server_matches_parquet_columns_by_name(probe: Probe) -> None:
    probe.load(pa.table({"b": [2], "a": [1], "d": [DAY]}), "by-name")
    assert probe.rows() == [(DAY, 1, 2)]


@pytest.mark.slow
def test_server_refuses_null_in_a_required_column(probe: Probe) -> None:
    with pytest.raises(api.GoogleAPICallError):
        probe.load(pa.table({"d": [DAY], "a": [1], "b": pa.array([None], pa.int64())}), "null")
    assert probe.rows() == []


@pytest.mark.slow
def test_server_refuses_a_job_id_that_is_taken(probe: Probe) -> None:
    rows = pa.table({"d": [DAY], "a": [1], "b": [1]})
    probe.load(rows, "taken")
    with pytest.raises(api.Conflict):
        probe.load(rows, "taken")
    assert len(probe.rows()) == 1


@pytest.mark.slow
def test_server_demands_a_partition_filter(probe: Probe, warehouse: ours.BigQueryWarehouse) -> None:
    with pytest.raises(api.BadRequest, match="without a filter"):
        probe.query("SELECT a FROM {t}")
    with pytest.raises(api.InvalidArgument, match="without a filter"):
        probe.session(warehouse._connection.storage)


@pytest.mark.slow
def test_server_rolls_a_failed_transaction_back(probe: Probe) -> None:
    probe.load(pa.table({"d": [DAY], "a": [1], "b": [1]}), "before-rollback")
    with pytest.raises(api.GoogleAPICallError):
        probe.query(
            "BEGIN TRANSACTION; DELETE FROM {t} WHERE d = '2024-01-01';"
            "INSERT INTO {t} (d, a, b) VALUES ('2024-01-01', 2, 2);"
            "INSERT INTO {t} (d, a, b) VALUES ('2024-01-01', 3, NULL); COMMIT TRANSACTION"
        )
    assert probe.rows() == [(DAY, 1, 1)]


@pytest.mark.slow
def test_server_reads_a_snapshot(probe: Probe, warehouse: ours.BigQueryWarehouse) -> None:
    probe.load(pa.table({"d": [DAY], "a": [1], "b": [1]}), "snapshot-1")
    before = warehouse.now()
    probe.load(pa.table({"d": [DAY], "a": [2], "b": [2]}), "snapshot-2")
    assert (
        probe.session(warehouse._connection.storage, "d = '2024-01-01'", before).estimated_row_count
        == 1
    )
    assert probe.session(warehouse._connection.storage, "d = '2024-01-01'").estimated_row_count == 2


@pytest.mark.slow
def test_server_refuses_a_row_restriction_it_cannot_read(
    probe: Probe, warehouse: ours.BigQueryWarehouse
) -> None:
    with pytest.raises(api.InvalidArgument):
        probe.session(warehouse._connection.storage, "d >= >= 1")
    with pytest.raises(api.InvalidArgument):
        probe.session(warehouse._connection.storage, "nobody = 1 AND d = '2024-01-01'")


@pytest.mark.slow
def test_server_sends_small_and_compressed_messages(
    warehouse: ours.BigQueryWarehouse, sources: dict[str, pl.DataFrame]
) -> None:
    name = "upcoming_player_game_context"
    contract = table(name).contract
    connection, now = warehouse._connection, warehouse.now()
    compressed = _session(connection, contract, contract.fields, SPAN, now)
    sizes = [
        len(message.arrow_record_batch.serialized_record_batch)
        for stream in compressed.streams
        for message in connection.storage.read_rows(stream.name)
    ]
    assert max(sizes) < 2_000_000
    assert len(sizes) > 1
    assert sum(sizes) < sources[name].estimated_size() / 2


# --- source tables ------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def sources(warehouse: ours.BigQueryWarehouse) -> dict[str, pl.DataFrame]:
    """The first half of November 2021 of all six source tables, pushed in one transaction."""
    frames = {name: half_november(name) for name in SOURCES}
    receipt = warehouse.replace([whole(name, rows) for name, rows in frames.items()], "sources")
    assert receipt.rows == SOURCES
    return frames


@pytest.mark.parametrize("name", SOURCES)
def test_every_cell_of_a_source_table_comes_back(
    name: str, warehouse: ours.BigQueryWarehouse, sources: dict[str, pl.DataFrame]
) -> None:
    found = warehouse.read(table(name), SPAN, warehouse.now())
    assert found.schema == pl.Schema(table(name).contract.polars)
    assert_same_rows(found, sources[name], table(name))


@pytest.mark.parametrize("name", SOURCES)
def test_the_columns_of_a_table_are_those_that_are_live(
    name: str, warehouse: ours.BigQueryWarehouse, sources: dict[str, pl.DataFrame]
) -> None:
    found = warehouse.columns(table(name), ["2021-11"], warehouse.now())
    assert found == {"2021-11": set(sources[name].columns)}


def test_the_source_rows_hold_what_is_hard_to_carry(sources: dict[str, pl.DataFrame]) -> None:
    fields = [(rows[f.name], f) for n, rows in sources.items() for f in table(n).contract.fields]
    filled = {f.type for values, f in fields if values.null_count() < len(values)}
    assert filled >= {"NUMERIC", "TIMESTAMP", "JSON", "BOOL", "FLOAT64"}
    assert any(f.repeated and values.list.len().max() for values, f in fields)


@pytest.mark.slow
def test_partitions_say_how_many_rows_each_date_has(
    warehouse: ours.BigQueryWarehouse, sources: dict[str, pl.DataFrame]
) -> None:
    first_week = Interval(SPAN.start, dt.date(2021, 11, 8))
    rows = sources["player_game_summary"].filter(pl.col("game_date") < first_week.end)
    found = warehouse.partitions(table("player_game_summary"), first_week, warehouse.now())
    expected = dict(rows.group_by("game_date").len().iter_rows())
    assert {day: state.rows for day, state in found.items()} == expected


@pytest.mark.slow
def test_partitions_get_along_without_a_time_per_partition(
    warehouse: ours.BigQueryWarehouse,
    sources: dict[str, pl.DataFrame],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    query = Connection.query

    def older_server(self: Connection, sql: str, *given: Any) -> list[Any]:
        if "INFORMATION_SCHEMA" in sql:
            raise api.BadRequest("Unrecognized name: last_modified_time")
        return query(self, sql, *given)

    given, now = table("upcoming_team_game_context"), warehouse.now()
    usual = warehouse.partitions(given, SPAN, now)
    monkeypatch.setattr(Connection, "query", older_server)
    found = warehouse.partitions(given, SPAN, now)
    assert sum(state.rows for state in usual.values()) == len(sources[given.name])
    assert {day: s.rows for day, s in found.items()} == {day: s.rows for day, s in usual.items()}
    assert len({state.token for state in found.values()}) == 1


def test_a_number_that_loses_a_digit_is_not_read() -> None:
    field = table("player_game_summary").contract.field("minutes_played")
    served = pa.chunked_array([pa.array([Decimal("31.25")], pa.decimal128(38, 9))])
    with pytest.raises(WarehouseError, match=r"`minutes_played` does not fit decimal128\(5, 1\)"):
        _exact(served, field, "t")


def test_read_gives_the_wanted_columns_and_dates_in_contract_order(
    warehouse: ours.BigQueryWarehouse, sources: dict[str, pl.DataFrame]
) -> None:
    given, one_day = table("nbac_schedule"), Interval(EARLY, EARLY + dt.timedelta(days=1))
    columns = ("game_date", "game_id", "season_year")
    found = warehouse.read(given, one_day, warehouse.now(), columns)
    wanted = [name for name in given.contract.columns if name in columns]
    expected = sources["nbac_schedule"].filter(pl.col("game_date") == EARLY).select(wanted)
    assert_frame_equal(found, expected, check_row_order=False)


@pytest.mark.slow
def test_a_second_replacement_changes_only_its_dates(
    warehouse: ours.BigQueryWarehouse, sources: dict[str, pl.DataFrame]
) -> None:
    given, rows = table("team_defense_game_summary"), sources["team_defense_game_summary"]
    before = warehouse.now()
    old = warehouse.partitions(given, SPAN, before)
    changed, emptied = (EARLY, dt.date(2021, 11, 8)), dt.date(2021, 11, 10)
    other = rows.filter(pl.col("game_date").is_in(changed)).with_columns(
        points_allowed=pl.col("points_allowed") + 100
    )
    warehouse.replace([Replacement(given, (*changed, emptied), other)], "corrections")
    after = warehouse.now()
    new = warehouse.partitions(given, SPAN, after)

    kept = rows.filter(~pl.col("game_date").is_in((*changed, emptied)))
    assert_same_rows(warehouse.read(given, SPAN, after), pl.concat([kept, other]), given)
    assert_same_rows(warehouse.read(given, SPAN, before), rows, given)
    assert {day for day in old if new.get(day) != old[day]} == {*changed, emptied}
    assert emptied not in new
    as_then = warehouse.partitions(given, SPAN, before)
    assert {day: state.rows for day, state in as_then.items()} == {
        day: state.rows for day, state in old.items()
    }
    assert all(as_then[day].token not in (old[day].token, new[day].token) for day in changed)


@pytest.mark.slow
def test_nested_rows_come_back_as_they_went(
    warehouse: ours.BigQueryWarehouse, tmp_path: Path
) -> None:
    shots = nested.table_of_shots(tmp_path)
    rows = nested.rows_of(shots)
    warehouse.replace([Replacement(shots, (nested.DAY,), rows)], "nested")
    span = Interval(nested.DAY, nested.DAY + dt.timedelta(days=1))
    back = warehouse.read(shots, span, warehouse.now()).sort("player")
    assert_frame_equal(back, rows)
    assert warehouse.drift(shots) == ()


def test_a_table_that_does_not_exist_has_no_rows(warehouse: ours.BigQueryWarehouse) -> None:
    now = warehouse.now()
    for dataset in ("nowhere", "probe"):
        absent = table("team_defense_zone_analysis", dataset)
        assert warehouse.partitions(absent, SPAN, now) == {}
        assert_frame_equal(
            warehouse.read(absent, SPAN, now), pl.DataFrame(schema=absent.contract.polars)
        )
        assert warehouse.drift(absent) == ()


def test_dates_without_rows_read_as_an_empty_frame(
    warehouse: ours.BigQueryWarehouse, sources: dict[str, pl.DataFrame]
) -> None:
    given, summer = table("nbac_schedule"), Interval(dt.date(2021, 8, 1), dt.date(2021, 8, 9))
    assert sources
    assert warehouse.read(given, summer, warehouse.now()).shape == (0, len(given.contract.fields))


# --- feature tables -----------------------------------------------------------------------------


def push(
    warehouse: ours.BigQueryWarehouse, dataset: str, push_id: str, *dates: dt.date
) -> dict[str, pl.DataFrame]:
    """Push golden rows of `dates` of both feature tables into `dataset`."""
    frames = {name: golden(name, *dates) for name in FEATURES}
    warehouse.replace([whole(name, rows, dataset) for name, rows in frames.items()], push_id)
    return frames


def tokens(warehouse: ours.BigQueryWarehouse, dataset: str) -> list[Any]:
    now = warehouse.now()
    return [warehouse.partitions(table(name, dataset), SPAN, now) for name in FEATURES]


def staging_left(client: bigquery.Client, dataset: str) -> list[str]:
    return [t.table_id for t in client.list_tables(dataset) if "staging" in t.table_id]


@pytest.fixture(scope="session")
def features(warehouse: ours.BigQueryWarehouse) -> dict[str, pl.DataFrame]:
    """Two dates of two feature tables, pushed in one transaction."""
    return push(warehouse, "features", "both", EARLY, LATE)


@pytest.mark.slow
def test_two_feature_tables_are_replaced_together(
    warehouse: ours.BigQueryWarehouse, client: bigquery.Client, features: dict[str, pl.DataFrame]
) -> None:
    for name, rows in features.items():
        given = table(name, "features")
        assert_same_rows(warehouse.read(given, SPAN, warehouse.now()), rows, given)
    assert staging_left(client, "features") == []


def test_the_target_is_made_as_the_contract_says(
    warehouse: ours.BigQueryWarehouse, client: bigquery.Client, features: dict[str, pl.DataFrame]
) -> None:
    for name in features:
        given = table(name, "features")
        live = client.get_table(f"features.{name}")
        assert warehouse.drift(given) == ()
        assert live.time_partitioning.field == given.partition_by
        assert tuple(live.clustering_fields) == given.contract.clustering
        assert [f.name for f in live.schema if f.mode == "REQUIRED"] == [
            f.name for f in given.contract.fields if f.required
        ]


def test_a_push_that_is_run_again_is_applied_once(
    warehouse: ours.BigQueryWarehouse, features: dict[str, pl.DataFrame]
) -> None:
    before = tokens(warehouse, "features")
    changes = [whole(name, rows, "features") for name, rows in features.items()]
    receipt = warehouse.replace(changes, "both")
    assert tokens(warehouse, "features") == before
    assert receipt.rows == {name: rows.height for name, rows in features.items()}
    assert [job for job in receipt.jobs if "-commit-" not in job] == []


def test_null_in_a_required_column_pushes_nothing(
    warehouse: ours.BigQueryWarehouse, client: bigquery.Client, features: dict[str, pl.DataFrame]
) -> None:
    before = tokens(warehouse, "features")
    zones, shots = features.values()
    broken = zones.with_columns(team_abbr=pl.lit(None, pl.String))
    changes = [whole(FEATURES[1], shots, "features"), whole(FEATURES[0], broken, "features")]
    with pytest.raises(ContractError, match="60 in `team_abbr`; nothing was pushed"):
        warehouse.replace(changes, "bad")
    assert tokens(warehouse, "features") == before
    assert staging_left(client, "features") == []


@pytest.mark.slow
def test_a_table_that_is_younger_than_the_moment_has_no_rows_then(
    warehouse: ours.BigQueryWarehouse,
) -> None:
    before = warehouse.now() - dt.timedelta(seconds=5)
    rows = golden(FEATURES[0], EARLY)
    warehouse.replace([whole(FEATURES[0], rows, "younger")], "made")
    young = table(FEATURES[0], "younger")
    assert warehouse.partitions(young, SPAN, before) == {}
    assert warehouse.partitions(young, SPAN, warehouse.now())[EARLY].rows == rows.height


@pytest.mark.slow
@pytest.mark.parametrize("runs", [1, slow(2)])
def test_a_transaction_that_fails_leaves_every_table_as_it_was(
    warehouse: ours.BigQueryWarehouse, client: bigquery.Client, runs: int
) -> None:
    name = f"failing_{runs}"
    zones = golden(FEATURES[0], EARLY)
    warehouse.replace([whole(FEATURES[0], zones, name)], "base")
    shots = table(FEATURES[1], name).contract
    columns = [as_column(field) for field in shots.fields]
    columns.append(bigquery.SchemaField("nobody_fills_this", "STRING", "REQUIRED"))
    client.create_table(bigquery.Table(f"{client.project}.{name}.{shots.name}", columns))
    before = tokens(warehouse, name)

    for _ in range(runs):  # the second run finds the first one's ids burnt
        with pytest.raises(WarehouseError, match=r"NOT NULL.*nothing was pushed"):
            push(warehouse, name, "doomed", EARLY)
        assert tokens(warehouse, name) == before
        assert staging_left(client, name) == []


@pytest.mark.slow
def test_a_push_whose_answer_was_lost_is_applied_once(
    warehouse: ours.BigQueryWarehouse, client: bigquery.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = Connection.wait

    def lose_the_answer(self: Connection, job: Job) -> Any:
        answer = wait(self, job)
        if "-commit-" in str(job.job_id):
            raise api.ServiceUnavailable("connection reset")
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(Connection, "wait", lose_the_answer)
        with pytest.raises(TransientWarehouseError, match="connection reset"):
            push(warehouse, "lost", "ignore_note", EARLY)
    before = tokens(warehouse, "lost")
    frames = push(warehouse, "lost", "ignore_note", EARLY)
    assert tokens(warehouse, "lost") == before
    assert [state[EARLY].rows for state in before] == [rows.height for rows in frames.values()]
    assert staging_left(client, "lost") == []


@pytest.mark.slow
def test_a_load_that_failed_in_passing_is_tried_again(
    warehouse: ours.BigQueryWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait, failures = Connection.wait, [{"reason": "backendError", "message": "try later"}]

    def fail_once(self: Connection, job: Job) -> Any:
        return wait(self, job) or (failures.pop() if failures else None)

    monkeypatch.setattr(Connection, "wait", fail_once)
    rows = golden(FEATURES[0], EARLY)
    receipt = warehouse.replace([whole(FEATURES[0], rows, "lost")], "passing")
    assert [job[-1] for job in receipt.jobs] == ["1", "0"]
    given = table(FEATURES[0], "lost")
    assert_same_rows(warehouse.read(given, SPAN, warehouse.now()), rows, given)


@pytest.mark.slow
def test_drift_names_a_relaxed_and_an_unknown_column(
    warehouse: ours.BigQueryWarehouse, client: bigquery.Client
) -> None:
    name, rows = FEATURES[0], golden(FEATURES[0], EARLY)
    warehouse.replace([whole(name, rows, "drifting")], "base")
    live = client.get_table(f"drifting.{name}")
    relaxed = [
        bigquery.SchemaField(f.name, f.field_type, "NULLABLE") if f.name == "team_abbr" else f
        for f in live.schema
    ]
    live.schema = [*relaxed, bigquery.SchemaField("surprise", "INT64")]
    client.update_table(live, ["schema"])
    found = {d.column: (d.contract, d.live) for d in warehouse.drift(table(name, "drifting"))}
    assert found == {
        "team_abbr": ("STRING REQUIRED", "STRING NULLABLE"),
        "surprise": ("not in the contract", "INT64 NULLABLE"),
    }


def test_rows_of_a_date_that_is_not_replaced_are_refused(
    warehouse: ours.BigQueryWarehouse,
) -> None:
    rows = golden(FEATURES[0], EARLY, LATE)
    with pytest.raises(ContractError, match=r"rows lie outside the pushed dates"):
        warehouse.replace([Replacement(table(FEATURES[0], "refused"), (EARLY,), rows)], "stray")


# --- errors, without a server -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (api.Forbidden("no access"), DeniedError),
        (api.Unauthorized("who?"), DeniedError),
        (auth.DefaultCredentialsError("no file"), DeniedError),
        (api.Forbidden("slow", errors=[{"reason": "rateLimitExceeded"}]), TransientWarehouseError),
        (api.ServiceUnavailable("later"), TransientWarehouseError),
        (ConnectionError("reset"), TransientWarehouseError),
        (api.RetryError("gave up", cause=api.ServiceUnavailable("x")), TransientWarehouseError),
        (api.BadRequest("wrong"), WarehouseError),
        (api.MethodNotImplemented("never"), WarehouseError),
    ],
)
def test_google_errors_become_ours(error: Exception, kind: type[WarehouseError]) -> None:
    with (
        pytest.raises(WarehouseError) as found,
        translated("reading `t`", "no rows were read"),
    ):
        raise error
    assert type(found.value) is kind
    assert found.value.message.startswith("reading `t` failed: ")
    assert found.value.message.endswith("; no rows were read")
    assert (found.value.hint is None) == (kind is WarehouseError)


def test_a_refused_login_does_not_quote_the_answer() -> None:
    refused = auth.RefreshError("invalid_grant", {"access_token": "secret"})
    with pytest.raises(DeniedError) as found, translated("reading `t`", "no rows were read"):
        raise refused
    assert "secret" not in found.value.message


def test_a_server_that_is_gone_is_given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bigquery_connection, "LOCAL_SECONDS", 0.5)
    gone = ours.BigQueryWarehouse("p", "http://127.0.0.1:9", "127.0.0.1:9")
    with pytest.raises(TransientWarehouseError, match="for the time failed"):
        gone.now()
    gone.close()


def test_one_endpoint_alone_is_refused() -> None:
    with pytest.raises(UsageError, match="two endpoints"):
        open_warehouse("bigquery://p", rest_endpoint="http://127.0.0.1:9")
