"""The engine knows no basketball: none of its names, and no text that it uses, is the content's."""

from __future__ import annotations

import ast
import re

import pytest

from nba_local.storage.migrations import VERSIONS
from nba_local.tables.registry import load_registry
from tests.conftest import ROOT

EXEMPT = {"cli", "migrations.py"}
"""Texts of the command line are for people and may give an example; old versions are history."""

ENGINE = [
    path
    for path in sorted((ROOT / "nba_local").rglob("*.py"))
    if not EXEMPT & set(path.relative_to(ROOT / "nba_local").parts)
]

SPORT = re.compile(
    r"(?<![a-z])(?:players?|teams?|basketball|lookup|tricodes?|possessions?|rebounds?)(?![a-z])",
    re.I,
)
OWN = set(re.findall(r"\w+", " ".join(VERSIONS))) | {
    *("created_at", "processed_at", "updated_at", "data_hash"),
    *("analysis_date", "game_date", "season_year"),
}
"""Columns of the engine's own ledger, stamps that `Table` assumes, and options of `backfill()`."""

REGISTRY = load_registry(ROOT / "pipelines")
CONTENT = {*REGISTRY.tables, *REGISTRY.logs} | {
    column
    for table in (*REGISTRY.tables.values(), *REGISTRY.logs.values())
    for column in table.contract.columns
    if "_" in column
}


def names(tree: ast.Module) -> set[str]:
    """Every name that is bound, called or read."""
    found: set[str] = set()
    for node in ast.walk(tree):
        found |= {
            v for f in ("id", "attr", "arg", "name") if isinstance(v := getattr(node, f, 0), str)
        }
    return found


def texts(tree: ast.Module) -> set[str]:
    """Every text that is not a docstring."""
    documents = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documents
    }


def knowledge(source: str) -> set[str]:
    """What of the content a module of the engine knows."""
    tree = ast.parse(source)
    words = {text for text in names(tree) | texts(tree) if SPORT.search(text)}
    quoted = {word for text in texts(tree) for word in re.findall(r"\w+", text)}
    return words | (quoted & (CONTENT - OWN))


@pytest.mark.parametrize("path", ENGINE, ids=lambda p: str(p.relative_to(ROOT / "nba_local")))
def test_a_module_of_the_engine_names_nothing_of_the_content(path):
    assert knowledge(path.read_text()) == set()


@pytest.mark.parametrize(
    "source",
    [
        'rows.filter(pl.col("is_production_ready"))',
        "teams_expected = 30",
        'fail("no such player")',
        'sql("SELECT entity_id FROM precompute_failures")',
    ],
)
def test_what_the_contract_forbids_is_seen(source):
    assert knowledge(source)
