"""What an account may do in the datasets of some tables, found out without doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.api_core import exceptions as api

from nba_local.warehouse import Access

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nba_local.table import Table
    from nba_local.warehouse.bigquery_connection import Connection

READ = ("bigquery.tables.get", "bigquery.tables.getData")
WRITE = (*READ, "bigquery.tables.updateData")


def access(connection: Connection, tables: Sequence[Table], *, write: bool) -> Iterator[Access]:
    """A finding per dataset of `tables`, one more where they are in several places.

    Permissions are asked of one table of each dataset that has one; roles are given by dataset.
    """
    client, limits = connection.client, connection.limits
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
