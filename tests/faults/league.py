"""A league of two players in a BigQuery server, and `nba-local` at work on it, as a user sees it.

Small, but the notes of a game are long: a season comes in several messages.
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from typer.testing import CliRunner

from nba_local.cli.app import app
from nba_local.commands.project import Project
from nba_local.config import Config
from nba_local.warehouse import Replacement, open_warehouse
from tests import tiny
from tests.test_registry import Package

if TYPE_CHECKING:
    from nba_local.tables.table import Table
    from tests.bigquery_server.fixture import BigQueryServer
    from tests.faults.layer import Layer

SEASON = str(tiny.SEASON)
SOURCE = "faulty-league"
"""The project that the two source tables are in."""

DATASET = "league"
TARGET = "faulty-target"
_FEATURE = """
import polars as pl
from nba_local import Built, Table

TABLE = Table(doc="One row per player and day.")


def build(listed, scores, *, rules, season, today):
    days = listed.join(scores, on="player", suffix="_of")
    before = days.filter(pl.col("day_of") < pl.col("day")).sort("player", "day", "day_of")
    rows = before.group_by("player", "day").agg({name}=pl.col("points").tail(3).{name}())
    nothing, number = pl.lit(None, pl.String), pl.lit(None, pl.Int64)
    dates = rows.select(date="day").unique().with_columns(
        state=pl.lit("ok"), detail=nothing, category=nothing, can_retry=pl.lit(None, pl.Boolean),
        entities_expected=number, entities_found=number,
    )
    non_rows = rows.limit(0).select(
        date="day", entity="player", reason=nothing, detail=nothing, found=number, needed=number,
        category=nothing, can_retry=pl.lit(None, pl.Boolean),
    )
    return Built(rows, non_rows, dates)
"""


def made(folder: Path) -> Package:
    """The tables' folder: two sources, two features."""
    package = Package(folder)
    (folder / "rules.py").write_text(tiny.RULES)
    package.add("listed", tiny.SOURCE.format(more=tiny.KNOWN), schema=tiny.schema())
    schema = tiny.schema(points="INT64", notes="STRING")
    package.add("scores", tiny.SOURCE.format(more=""), schema=schema)
    for table, name in (("form", "mean"), ("peaks", "max")):
        code = _FEATURE.format(name=name)
        kind = {"mean": "FLOAT64", "max": "INT64"}[name]
        package.add(table, code, schema=tiny.schema(**{name: kind}))
    return package


def games() -> dict[str, pl.DataFrame]:
    """The rows of the sources; 20 kB of notes that do not compress to each game."""
    chance = random.Random(20211116)
    rows = [
        (player, day, tiny.points(player, number), chance.randbytes(10_000).hex())
        for number, day in enumerate(tiny.GAME_DAYS)
        for player in tiny.PLAYERS
    ]
    scores = pl.DataFrame(rows, ["player", "day", "points", "notes"], orient="row")
    return {"listed": scores.select("player", "day"), "scores": scores}


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The message, without its hint."""
        (line,) = [li for li in self.err.splitlines() if li.startswith("error: ")]
        return line.removeprefix("error: ")

    @property
    def hint(self) -> str:
        """What to type next."""
        (line,) = [li for li in self.err.splitlines() if li.startswith("  hint: ")]
        return line.removeprefix("  hint: ")


class League:
    """The server with the sources in it, and a data folder that was pulled and backfilled."""

    def __init__(self, server: BigQueryServer, folder: Path, name: str = "faulty_league") -> None:
        self.server, self.package = server, made(folder / name)
        self.data = folder / "data"
        project = self.project(self.data)
        direct = open_warehouse(
            f"bigquery://{SOURCE}", rest_endpoint=server.rest, storage_endpoint=server.storage
        )
        changes = [
            Replacement(project.registry.table(name), tuple(rows["day"].unique()), rows)
            for name, rows in games().items()
        ]
        direct.replace(changes, "seed")
        direct.close()
        endpoints = {
            "NBA_LOCAL_BIGQUERY_REST": server.rest,
            "NBA_LOCAL_BIGQUERY_STORAGE": server.storage,
        }
        for verb in ("pull", "backfill"):
            done = self.run(verb, SEASON, data=self.data, environment=endpoints)
            assert done.code == 0, done.err

    def run(self, *arguments: str, data: Path, environment: dict[str, str]) -> Said:
        """`nba-local` with these arguments, in this process."""
        words = [*arguments, "--data", str(data), "--pipelines", str(self.package.folder)]
        given = {"NBA_LOCAL_WAREHOUSE": f"bigquery://{SOURCE}", **environment}
        done = CliRunner().invoke(app, words, env=given)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, done.stdout, done.stderr)

    def project(self, data: Path) -> Project:
        """The league's tables on a data folder."""
        return Project.open(Config(data=str(data), pipelines=str(self.package.folder)))

    def raw(self, data: Path) -> dict[str, list[tuple[Any, ...]]]:
        """The pulled rows that lie in a data folder, whatever its ledger says, sorted."""
        return {t.name: _lying(data, "raw", t) for t in self.project(data).registry.sources}

    def published(self, data: Path) -> dict[str, list[tuple[Any, ...]]]:
        """The published rows that lie in a data folder, whatever its ledger says, sorted."""
        return {t.name: _lying(data, "published", t) for t in self.project(data).registry.features}


def _lying(data: Path, layer: str, table: Table) -> list[tuple[Any, ...]]:
    files = sorted((data / layer / table.name).glob("season=*/*.parquet"))
    return sorted(row for file in files for row in pl.read_parquet(file).rows())


def runs(data: Path) -> list[tuple[str, str, str]]:
    """Verb, status and result of the runs in the ledger of a data folder."""
    with sqlite3.connect(data / "ledger.sqlite") as ledger:
        found = ledger.execute("SELECT verb, status, result FROM runs ORDER BY started_at")
        rows = found.fetchall()
    ledger.close()
    return rows


class Mirror:
    """A data folder that is to be pulled through the faults."""

    def __init__(self, league: League, layer: Layer, data: Path) -> None:
        self.league, self.layer, self.data = league, layer, data

    def pull(self) -> Said:
        """`nba-local pull` of everything."""
        return self.league.run("pull", SEASON, data=self.data, environment=self.layer.environment)

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """What is there."""
        return self.league.raw(self.data)

    def wanted(self) -> dict[str, list[tuple[Any, ...]]]:
        """What would be there without faults."""
        return self.league.raw(self.league.data)

    def is_whole(self) -> bool:
        """Whether everything is there, and nothing twice."""
        return self.rows() == self.wanted()


class Target:
    """An empty project to push to, through the faults, from a copy of the data folder."""

    def __init__(self, league: League, layer: Layer, data: Path) -> None:
        self.league, self.layer, self.data = league, layer, data
        shutil.copytree(league.data, data)
        self.client = bigquery.Client(
            TARGET,
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": league.server.rest},
        )
        self.client.delete_dataset(DATASET, delete_contents=True, not_found_ok=True)

    def push(self, *arguments: str) -> Said:
        """`nba-local push` of everything."""
        words = ("push", SEASON, "--yes", "--to", f"bigquery://{TARGET}", *arguments)
        return self.league.run(*words, data=self.data, environment=self.layer.environment)

    def rollback(self, push_id: str) -> Said:
        """`nba-local rollback` of a push."""
        words = ("rollback", push_id, "--yes", "--to", f"bigquery://{TARGET}")
        return self.league.run(*words, data=self.data, environment=self.layer.environment)

    def tables(self) -> set[str]:
        """Names of the tables that are there, staging and lock included."""
        datasets = [d.dataset_id for d in self.client.list_datasets()]
        return {t.table_id for d in datasets for t in self.client.list_tables(d)}

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of the pushed tables, sorted."""
        return {
            name: sorted(tuple(row) for row in self.client.query(f"SELECT * FROM {DATASET}.{name}"))
            for name in sorted(self.tables())
        }

    def pushes(self) -> list[str]:
        """What the ledger says became of each push."""
        with sqlite3.connect(self.data / "ledger.sqlite") as ledger:
            rows = ledger.execute("SELECT status FROM push_runs ORDER BY rowid").fetchall()
        ledger.close()
        return [status for (status,) in rows]

    def last_error(self) -> str:
        """The message of the last run in the ledger."""
        return json.loads(runs(self.data)[-1][2])["message"]
