"""Doctor: checks machine, project, data folder and warehouse. Changes nothing."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from nba_local.commands.project import Project
from nba_local.config import alert_settings, key_file, set_in
from nba_local.errors import NbaLocalError
from nba_local.push import schema_diff
from nba_local.storage import queries
from nba_local.storage.ledger import Ledger, sound
from nba_local.tables.calendar import Season
from nba_local.tables.fingerprint import of_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nba_local.push.schema_diff import TableDiff
    from nba_local.warehouse import Access

PACKAGES = ("polars", "duckdb", "pyarrow", "google-cloud-bigquery", "google-cloud-bigquery-storage")
FREE_GB = 2.0


def diagnose(project: Project) -> list[dict[str, str]]:
    """Findings as mappings: status (ok, warn, fail), what, found, fix.

    Reads the data folder, and the warehouse where one is configured.
    """
    return [
        *_machine(project),
        *_settings(project),
        *_tables(project),
        *_folder(project),
        *_warehouse(project),
        *_target(project),
    ]


def _finding(status: str, what: str, detail: str, fix: str = "") -> dict[str, str]:
    return {"status": status, "what": what, "found": detail, "fix": fix}


def _machine(project: Project) -> Iterator[dict[str, str]]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield _finding("ok", "python", version)
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    yield _finding("ok", "packages", versions)
    root = project.store.root
    place = next(p for p in (root, *root.resolve().parents) if p.exists())
    free = shutil.disk_usage(place).free / 1e9
    status = "ok" if free > FREE_GB else "warn"
    yield _finding(status, "disk", f"{free:.0f} GB free", "" if status == "ok" else "make room")


def _settings(project: Project) -> Iterator[dict[str, str]]:
    """Where settings come from; names only, values may be secret."""
    names = set_in()
    absent = "sets nothing" if Path(".env").is_file() else "none here"
    detail = f"sets {', '.join(names)}" if names else absent
    yield _finding("ok", ".env", detail)
    key = key_file()
    if key and not key.is_file():
        problem = "GOOGLE_APPLICATION_CREDENTIALS names a file that does not exist"
        yield _finding("fail", "key file", problem, "correct it in .env")
    for variable, problem in alert_settings().problems.items():
        yield _finding("fail", "alerts", f"{variable} {problem}", "correct it in .env")
    if project.config.bigquery_rest:
        yield _finding(
            "warn",
            "endpoint",
            f"requests go to {project.config.bigquery_rest}, not to Google",
            "unset NBA_LOCAL_BIGQUERY_REST and NBA_LOCAL_BIGQUERY_STORAGE for the real one",
        )


def _tables(project: Project) -> Iterator[dict[str, str]]:
    registry = project.registry
    homes = " and ".join(_from_here(home) for home in (registry.package, *registry.beside))
    yield _finding(
        "ok",
        "tables",
        f"{len(registry.sources)} source and {len(registry.features)} feature tables in "
        f"{homes}, rules {project.rules.name}",
    )


def _from_here(folder: Path) -> str:
    """A folder as it is typed here: its name below the present one, else its whole path."""
    here = Path.cwd()
    return f"{folder.relative_to(here)}/" if folder.is_relative_to(here) else str(folder)


def _folder(project: Project) -> Iterator[dict[str, str]]:
    path = project.store.ledger_path
    if not path.exists():
        yield _finding(
            "warn",
            "data folder",
            f"{project.store.root} is empty",
            "nba-local pull --season 2021-22",
        )
        return
    with sound(path), closing(Ledger(path, create=False)) as ledger:
        held = ledger.meta("rules")
        if held not in {None, project.rules.name}:
            yield _finding("fail", "rule set", f"the folder holds `{held}`", f"use --rules {held}")
        else:
            holds = f"the folder holds `{held}`" if held else "none yet: the first backfill decides"
            yield _finding("ok", "rule set", holds)
        if running := queries.running(ledger):
            names = ", ".join(run.run_id for run in running)
            yield _finding(
                "warn", "runs", f"under way or dead: {names}", "repeat the command; it resumes"
            )
        for layer in ("raw", "published"):
            yield _files(project, ledger, layer)


def _files(project: Project, ledger: Ledger, layer: str) -> dict[str, str]:
    files = queries.stored_files(ledger, layer)
    wrong = []
    for stored in files:
        file = project.store.file(layer, stored.table, Season(stored.season), stored.month)
        if not file.is_file() or of_file(file) != stored.sha256:
            wrong.append(str(file.relative_to(project.store.root)))
    what = f"{layer} files"
    if wrong:
        seasons = " ".join(dict.fromkeys(str(Season(stored.season)) for stored in files))
        verb = f"pull {seasons}" if layer == "raw" else f"backfill {seasons}"
        return _finding(
            "fail",
            what,
            f"{len(wrong)} of {len(files)} differ from the ledger: {', '.join(wrong[:3])}",
            f"nba-local {verb}: it writes them again",
        )
    return _finding("ok", what, f"{len(files)}, all as the ledger says")


def _warehouse(project: Project) -> Iterator[dict[str, str]]:
    if not project.config.warehouse:
        yield _finding(
            "warn",
            "warehouse",
            "none configured",
            "set NBA_LOCAL_WAREHOUSE in .env, or give --warehouse file://DIR",
        )
        return
    try:
        with project.source() as source:
            yield from _access(source.access(project.registry.sources, write=False))
            source.require()
            drift = [d for table in project.registry.sources for d in source.drift(table)]
    except NbaLocalError as error:
        yield _finding("fail", "warehouse", error.message, error.hint or "")
        return
    if not drift:
        yield _finding("ok", "warehouse", f"{project.config.warehouse}: schemas as in the contract")
    for d in drift:
        yield _finding(
            "warn",
            "schema drift",
            f"{d.table}.{d.column}: {d.contract} in the contract, {d.live} in the warehouse",
            "pulls go on; loads always state the contract's modes",
        )


def _target(project: Project) -> Iterator[dict[str, str]]:
    """The target of pushes: reachable, its schemas, and what dead pushes left."""
    url = project.config.target
    if not url:
        yield _finding("ok", "target", "none configured; a push needs NBA_LOCAL_TARGET or --to")
        return
    name = project.environment
    try:
        with project.target() as target:
            if not target.has_datasets:
                target.require_writable()
                yield _finding("ok", "target", f"{target.url}: a folder of files")
                return
            registry = project.in_environment().registry
            tables = [*registry.features, *registry.logs.values()]
            yield from _access(target.access(tables, write=True))
            target.require_writable()
            yield _finding("ok", "target", f"{target.url}, environment {name}: answers queries")
            yield from _schemas(schema_diff.diff(target, tables))
            left = target.leftovers(tables)
    except NbaLocalError as error:
        yield _finding("fail", "target", error.message, error.hint or "")
        return
    if left:
        yield _finding(
            "warn",
            "staging",
            f"{len(left)} tables of pushes that died or are under way: {', '.join(left[:3])}",
            "the next push from the same data folder drops them; they expire within a day",
        )


def _access(accesses: Sequence[Access]) -> Iterator[dict[str, str]]:
    for item in accesses:
        yield _finding("ok" if item.is_ok else "fail", item.what, item.found, item.fix)


def _schemas(diffs: Sequence[TableDiff]) -> Iterator[dict[str, str]]:
    """What of the live tables stops a push, or a writer of the logs."""
    missing = [table.name for table in diffs if table.is_missing]
    if missing:
        text = f"{len(missing)} of {len(diffs)} tables are not there yet: {', '.join(missing[:3])}"
        yield _finding("ok", "tables of the target", text, "the first push creates them")
    for table in diffs:
        for item in table.differences:
            if item.kind in {schema_diff.HARMLESS, schema_diff.ADDITIVE} or table.is_missing:
                continue
            status = "fail" if item.kind == schema_diff.BREAKING else "warn"
            fix = "schema migrate --dry-run" if status == "fail" else "schema migrate"
            yield _finding(
                status,
                f"schema of {table.name}",
                f"{item.what} {item.column}: {item.contract} in the contract, {item.live} there; "
                f"{item.effect}",
                f"nba-local {fix}",
            )
