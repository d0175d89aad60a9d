"""What an account may do in the datasets of some tables, found out without doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.api_core import exceptions as api
from google.cloud import bigquery
from google.cloud.bigquery_storage_v1 import types

from nba_local.warehouse import Access
from nba_local.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nba_local.tables.table import Table
    from nba_local.warehouse.bigquery.connection import Connection

READ = ("bigquery.tables.get", "bigquery.tables.getData")
WRITE = (*READ, "bigquery.tables.updateData")


def access(connection: Connection, tables: Sequence[Table], *, write: bool) -> Iterator[Access]:
    """Who we are, what we may do, and a finding per dataset of `tables`.

    One more where they are in several places and, for reading, what a first pull reads at most.
    Permissions are asked of one table of each dataset that has one; roles are given by dataset.
    """
    client, limits = connection.client, connection.limits
    yield Access("credentials", _kind(connection), True)
    yield _queries(connection)
    if not write:
        yield from _reading(connection, tables)
    places: dict[str, str] = {}
    for dataset in sorted({table.contract.dataset for table in tables}):
        try:
            found = client.get_dataset(dataset, **limits)
        except api.NotFound:
            text = "is not there" + (" yet: the first push creates it, in US" if write else "")
            fix = "" if write else f"name the project that has {dataset}"
            yield Access(f"dataset {dataset}", text, write, fix)
            continue
        places[dataset] = found.location
        inside = [t for t in tables if t.contract.dataset == dataset]
        names = [f"{connection.project}.{dataset}.{t.name}" for t in inside]
        live = next((name for name in names if connection.table(name) is not None), None)
        if live is None:
            yield Access(f"dataset {dataset}", f"in {found.location}, none of our tables", True)
            continue
        wanted = WRITE if write else READ
        granted = client.test_iam_permissions(live, list(wanted), **limits).get("permissions", [])
        missing = [name for name in wanted if name not in granted]
        role = "dataEditor" if write else "dataViewer"
        text = f"in {found.location}, {'lacks ' + ', '.join(missing) if missing else 'may be '}"
        text += "" if missing else ("read and written" if write else "read")
        fix = f"grant roles/bigquery.{role} on {dataset}" if missing else ""
        yield Access(f"dataset {dataset}", text, not missing, fix)
    if len(set(places.values())) > 1:
        where = ", ".join(f"{name} in {place}" for name, place in places.items())
        fix = "a transaction is in one location: create the datasets anew in one"
        yield Access("location", where, not write, fix)


def _kind(connection: Connection) -> str:
    """What sort of account we are, never which: reports are pasted into chats."""
    if connection.is_local:
        return "nobody's: a local server is asked instead of BigQuery"
    sorts = {
        "google.oauth2.service_account": "a service account's key",
        "google.oauth2.credentials": "a person's login (gcloud)",
        "google.auth.compute_engine.credentials": "the account of this machine",
        "google.auth.impersonated_credentials": "an account that is impersonated",
        "google.auth.external_account": "an account of another provider",
    }
    module = type(connection.credentials).__module__
    return sorts.get(module, "of another sort")


def _queries(connection: Connection) -> Access:
    """Whether queries and load jobs may be started: a dry run starts none and bills nothing."""
    config = bigquery.QueryJobConfig(dry_run=True, use_query_cache=False)
    try:
        connection.client.query("SELECT 1", job_config=config, **connection.limits)
    except api.Forbidden:
        fix = f"grant roles/bigquery.jobUser on the project {connection.project}"
        return Access("jobs", "may not be started", False, fix)
    return Access("jobs", "may be started", True)


def _reading(connection: Connection, tables: Sequence[Table]) -> Iterator[Access]:
    """Whether rows may be read, tried on one table, and how much a first pull reads at most."""
    live = [
        (table, found)
        for table in tables
        if (
            found := connection.table(f"{connection.project}.{table.contract.dataset}.{table.name}")
        )
    ]
    if not live:
        return
    table = live[0][0].contract
    wanted = types.ReadSession(
        table=f"projects/{connection.project}/datasets/{table.dataset}/tables/{table.name}",
        data_format=types.DataFormat.ARROW,
        read_options=types.ReadSession.TableReadOptions(
            selected_fields=[table.partition_by],
            row_restriction=f"{table.partition_by} = DATE '1900-01-01'",
        ),
    )
    try:
        connection.storage.create_read_session(
            parent=f"projects/{connection.project}",
            read_session=wanted,
            max_stream_count=1,
            **connection.storage_limits,
        )
    except api.PermissionDenied:
        fix = f"grant roles/bigquery.readSessionUser on the project {connection.project}"
        yield Access("read sessions", "may not be opened", False, fix)
    else:
        yield Access("read sessions", "may be opened", True)
    size = sum(found.num_bytes or 0 for _, found in live)
    text = f"{shown(size)} in {len(live)} of {len(tables)} tables, all seasons and columns"
    yield Access("first pull", f"at most {text}; free up to 300 TiB a month", True)
