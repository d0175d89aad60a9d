"""The verbs over a local BigQuery server: pull a month of all tables, backfill, push."""

from __future__ import annotations

import datetime as dt
import json

import polars as pl
import pytest
from typer.testing import CliRunner

from nba_local.cli.app import app
from nba_local.storage.store import changed_dates
from nba_local.tables.calendar import Interval, Season, parse_interval
from nba_local.warehouse import Replacement, open_warehouse
from tests.conftest import project_of

pytestmark = [pytest.mark.bigquery, pytest.mark.slow]

PROJECT = "nba-local-road"
TWO = ["player_daily_cache", "team_defense_zone_analysis"]
DAYS = "2021-11-29..2021-11-30"
MONTH = Interval(dt.date(2021, 11, 1), dt.date(2021, 12, 1))


@pytest.fixture(scope="module")
def environment(bigquery_server):
    """The variables a user sets to reach the server."""
    return {
        "NBA_LOCAL_WAREHOUSE": f"bigquery://{PROJECT}",
        "NBA_LOCAL_TARGET": f"bigquery://{PROJECT}",
        "NBA_LOCAL_BIGQUERY_REST": bigquery_server.rest,
        "NBA_LOCAL_BIGQUERY_STORAGE": bigquery_server.storage,
    }


@pytest.fixture(scope="module")
def month(shared, bigquery_server, tmp_path_factory):
    """November 2021 of the six source tables, loaded into the server."""
    project = project_of(tmp_path_factory.mktemp("none"))
    warehouse = open_warehouse(
        f"bigquery://{PROJECT}",
        rest_endpoint=bigquery_server.rest,
        storage_endpoint=bigquery_server.storage,
    )
    rows, changes = {}, []
    for table in project.registry.sources:
        frame = pl.read_parquet(shared / "phase3" / table.name / "season=2021.parquet")
        inside = pl.col(table.partition_by).is_between(MONTH.start, MONTH.end, closed="left")
        rows[table.name] = table.contract.conform(frame.filter(inside), table.name)
        dates = tuple(rows[table.name][table.partition_by].unique().sort())
        changes.append(Replacement(table, dates, rows[table.name]))
    warehouse.replace(changes, "seed")
    warehouse.close()
    return rows


def test_a_month_goes_from_bigquery_to_published_and_back(month, environment, tmp_path):
    """Two days of two tables, then all that there is; and back the same way."""
    data = ("--data", str(tmp_path / "data"), "--json")

    def run(*arguments):
        done = CliRunner().invoke(app, [*arguments, *data], env=environment)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)["result"]

    pulled = {t["table"]: t for t in run("pull", "--season", "2021-22")["tables"]}
    assert {name: t["rows"] for name, t in pulled.items()} == {
        n: r.height for n, r in month.items()
    }
    project = project_of(tmp_path / "data")
    for table in project.registry.sources:
        ours = project.store.scan("raw", table, [Season(2021)]).collect()
        plain = [f.name for f in table.contract.fields if f.type != "JSON"]
        assert changed_dates(month[table.name], ours, table.partition_by, plain) == ()

    again = run("pull", "--season", "2021-22")["tables"]
    assert sum(t["read_dates"] for t in again) == 0

    steps = {s["table"]: s for s in run("backfill", "2021-22")["steps"]}
    assert all(step["blocked"] == [] for step in steps.values())
    assert steps["team_defense_zone_analysis"]["rows"] > 0

    features = project.registry.within("dev").features
    reader = project_of(
        tmp_path / "data",
        bigquery_rest=environment["NBA_LOCAL_BIGQUERY_REST"],
        bigquery_storage=environment["NBA_LOCAL_BIGQUERY_STORAGE"],
    )

    def there():
        """The rows of the target, by table."""
        with reader.warehouse(f"bigquery://{PROJECT}", "push") as target:
            now = target.now()
            return {t.name: target.read(t, Season(2021).interval, now) for t in features}

    def assert_there(span, names):
        """The target has the published rows of these tables on these dates, and no others."""
        found = there()
        for table in features:
            theirs, columns = found[table.name], table.contract.columns
            if table.name not in names:
                assert theirs.is_empty()
                continue
            ours = project.store.scan("published", table, [Season(2021)]).collect()
            ours = ours.filter(pl.col(table.partition_by).is_between(*span, closed="left"))
            assert theirs.height == ours.height > 0
            assert changed_dates(ours, theirs, table.partition_by, columns) == ()

    days = parse_interval(DAYS)
    some = run("push", DAYS, "--yes", "--tables", ",".join(TWO))
    assert {t["table"] for t in some["tables"]} == set(TWO)
    assert_there((days.start, days.end), TWO)

    done = run("push", "2021-22", "--yes")
    assert {t["table"]: t["rows"] for t in done["tables"]} == {
        name: step["rows"] - next((t["rows"] for t in some["tables"] if t["table"] == name), 0)
        for name, step in steps.items()
    }
    assert_there((MONTH.start, MONTH.end), set(steps))
    repeated = run("push", "2021-22", "--yes")
    assert repeated["push_id"] is None
    assert all(not (t["new"] or t["changed"] or t["gone"]) for t in repeated["tables"])

    assert run("rollback", done["push_id"], "--yes")["undoes"] == done["push_id"]
    assert_there((days.start, days.end), TWO)
    assert run("rollback", some["push_id"], "--yes")["undoes"] == some["push_id"]
    assert all(rows.is_empty() for rows in there().values())
