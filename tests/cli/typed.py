"""What the tests of the command line share: a command in this process, and what it left."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from nba_local.cli.app import app
from nba_local.commands import road
from nba_local.tables.registry import load_registry
from tests.seasons import ROOT, project_of, store

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from tests.seasons import Seasons

PSZA, TDZA = "player_shot_zone_analysis", "team_defense_zone_analysis"
REGISTRY = load_registry(ROOT / "pipelines")
BEFORE = dt.date(2021, 12, 1)
"""The small season ends here: 28 dates with rows, 14 of bootstrap, one without games."""

OUTPUT = {"--json", "--quiet", "--verbose"}
COMMON = {"--data", "--rules", "--pipelines", *OUTPUT}
GROUPS = {"schema", "checkpoint", "alerts", "lab"}
"""Commands of commands."""
FLAGS = {
    "pull": COMMON
    | {"--season", "--warehouse", "--tables", "--full", "--max-bytes", "--accept-gone", "--undo"},
    "plan": COMMON
    | {"--tables", "--set", "--today", "--detailed-exitcode"}
    | {"--force", "--bootstrap", "--retry-failed"},
    "backfill": COMMON
    | {"--tables", "--set", "--today", "--alerts", "--workers", "--cluster"}
    | {"--force", "--bootstrap", "--retry-failed"},
    "check": COMMON | {"--tables", "--set", "--today", "--oracle"},
    "leak": COMMON
    | {"--tables", "--set", "--today", "--sample", "--all", "--workers", "--cluster"},
    "warmup": COMMON
    | {"--tables", "--set", "--today", "--openings", "--horizon", "--tolerance", "--share"},
    "coverage": COMMON | {"--html", "--columns", "--detailed-exitcode"},
    "ui": COMMON | {"--port", "--no-browser"},
    "why": COMMON,
    "thresholds": COMMON | {"--set", "--today", "--within"},
    "status": COMMON,
    "push": COMMON
    | {"--to", "--env", "--tables", "--dry-run", "--yes"}
    | {"--keep-stale", "--overwrite-stale", "--allow-removals"},
    "rollback": COMMON | {"--to", "--env", "--yes", "--overwrite-stale"},
    "verify": COMMON | {"--to", "--env", "--tables"},
    "diff": COMMON | {"--to", "--tables", "--volatile", "--tolerance", "--limit"},
    "schema": set(),
    "lab": set(),
    "checkpoint": set(),
    "alerts": set(),
    "runs": COMMON | {"--limit"},
    "history": COMMON | {"--limit"},
    "sql": OUTPUT | {"--data", "--pipelines", "--limit", "--csv", "--parquet"},
    "doctor": COMMON | {"--warehouse", "--to", "--env"},
    "demo": OUTPUT,
    "init": OUTPUT,
    "config": COMMON | {"--warehouse", "--to", "--env", "--set", "--today"},
}
PULL = ("pull", "--season", "2021-22")


def small_folder(seasons: Seasons) -> Path:
    """A small warehouse and a data folder pulled from it and backfilled, made once a session."""

    def make(root: Path) -> None:
        store(root / "warehouse", seasons.simulated().tables, BEFORE - dt.timedelta(days=1))
        project = project_of(root / "data", f"file://{root}/warehouse")
        road.pull(project, ["2021-22"], [])
        road.backfill(project, ["2021-22"], [])

    return seasons.once("small", make)


def nba(*arguments: object, stdin: str | None = None) -> Result:
    """A command in this process; whatever would be a traceback is raised."""
    result = CliRunner().invoke(app, [str(a) for a in arguments], input=stdin)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def document(result) -> dict:
    """The one JSON document on stdout, by the letter of the standard."""

    def refuse(constant: str):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(result.stdout, parse_constant=refuse)


def contents(folder: Path) -> dict[str, bytes]:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".lock"))
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}
