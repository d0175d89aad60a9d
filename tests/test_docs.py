"""Documentation that cannot rot: what is written names what there is, and all of it."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest
import typer

import nba_local
from nba_local import errors
from nba_local.cli.app import app
from nba_local.config import PREFIX, Config
from nba_local.tables.registry import load_registry
from nba_local.tables.table import Table
from pipelines import windows
from tests import api_page, command_table
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
COMMANDS = typer.main.get_command(app).commands
TABLES = load_registry(ROOT / "pipelines").tables.values()
NUMBERS = {"INT64", "NUMERIC", "FLOAT64"}

COUNTED = r"number of|points|games|possessions|shots"
MEASURED = (
    r"percent|percentage points|fraction|minutes|hours|days|miles|years?|version number|stage"
)
UNIT = re.compile(rf"\b({COUNTED}|{MEASURED})\b", re.IGNORECASE)
"""One of these says in what a number is, or what it counts."""

PLACEHOLDER = re.compile(r"^(?:[A-Z]{3,}_?)+$|\b(?:TODO|TBD|FIXME|XXX)\b", re.MULTILINE)


def tracked() -> list[Path]:
    """Files under version control, and those that are about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [file for name in listed.stdout.splitlines() if (file := ROOT / name).is_file()]


# the command line


def test_the_table_of_commands_is_what_the_commands_say():
    """`just docs` writes it."""
    (written,) = command_table.PLACE.findall(README)
    assert written == command_table.table()
    assert all(command.help for _, command in command_table.commands())


def test_every_command_in_a_readme_exists():
    texts = [file.read_text() for file in tracked() if file.suffix == ".md"]
    named = {verb for text in texts for verb in re.findall(r"nba-local ([a-z]\w+)", text)}
    assert named
    assert named <= set(COMMANDS)


def test_every_flag_in_the_readme_exists():
    known = {o for _, c in command_table.commands() for p in c.params for o in p.opts}
    assert set(re.findall(r"`(--[a-z-]+)", README)) <= known | {"--help"}


def test_every_exit_code_is_in_the_readme():
    raised = {e.exit_code for e in vars(errors).values() if isinstance(e, type)}
    (sentence,) = re.findall(r"Exit codes: ([^.]*)\.", README)
    named = {int(code) for code in re.findall(r"(?:^|, )(\d+) ", sentence)}
    assert named == raised | {0, 3, 130}


def test_every_variable_is_in_the_example_and_nothing_else():
    named = re.findall(rf"^#{PREFIX}(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(named) == sorted(field.name.upper() for field in fields(Config))


def test_every_recipe_has_a_comment():
    lines = (ROOT / "justfile").read_text().splitlines()
    recipes = [i for i, line in enumerate(lines) if re.match(r"[a-z][\w-]*[^:=]*:(?!=)", line)]
    assert len(recipes) > 5
    for place in recipes:
        above = place - 1
        while lines[above].startswith("["):
            above -= 1
        assert re.match(r"# [A-Z]\w+", lines[above]), f"no comment above `{lines[place]}`"


# tables and columns


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_says_what_a_row_is(table):
    assert re.match(r"One row per .+\.$", table.doc)
    for check in table.checks:
        assert re.match(r"[A-Za-z].+ .+\.$", check.sentence), check.claim


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_is_described_and_every_number_has_a_unit(table):
    for field in table.contract.fields:
        assert len(field.description.split()) > 2, field.name
        assert field.description.endswith("."), field.name
    numbers = [f for f in table.contract.fields if f.type in NUMBERS and not f.name.endswith("_id")]
    assert [f.name for f in numbers if not UNIT.search(f.description)] == []


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_percentage_says_whether_it_ends_at_1_or_at_100(table):
    """`_pct` is a fraction or a percentage, here as in the warehouse: only the text can tell."""
    for field in table.contract.fields:
        if field.name.endswith(("_pct", "_percentage")):
            assert re.search(r"fraction|percent|0-100|0 to 100", field.description), field.name


# the package


def test_what_the_package_exposes_is_what_it_says():
    names = nba_local.__all__
    imported = [
        alias.name
        for node in ast.walk(ast.parse(Path(nba_local.__file__).read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nba_local")
        for alias in node.names
    ]
    assert names == sorted(names)
    assert len(names) <= 15  # eight for authors of tables, seven for the others
    assert set(names) == {name for name in imported if name not in {"api", "store", "table"}}
    assert all(getattr(nba_local, name).__doc__ for name in names)
    assert nba_local.Table is Table
    with pytest.raises(AttributeError, match="no attribute `pull_everything`"):
        _ = nba_local.pull_everything


def test_the_page_of_the_python_api_is_what_the_docstrings_say():
    """`just docs` writes it."""
    assert api_page.PAGE.read_text() == api_page.page()
    headings = re.findall(r"^### `(\w+)`$", api_page.PAGE.read_text(), re.MULTILINE)
    assert sorted(headings) == sorted(nba_local.__all__)


# files


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def test_links_lead_somewhere():
    broken = []
    for file in tracked():
        if file.suffix != ".md":
            continue
        text = re.sub(r"```.*?```", "", file.read_text(), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            place = (file.parent / path).resolve() if path else file
            if not place.exists():
                broken.append(f"{file.relative_to(ROOT)}: {target}")
            elif anchor:
                headings = re.findall(r"^#+ (.+)$", place.read_text(), flags=re.MULTILINE)
                if anchor not in {slug(heading) for heading in headings}:
                    broken.append(f"{file.relative_to(ROOT)}: {target}")
    assert broken == []


def test_no_file_knows_a_machine_of_ours():
    personal = re.compile(r"(?<![\w.~])/(root|home|work|Users)/")
    found = []
    for file in tracked():
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            continue  # not text
        found += [f"{file.relative_to(ROOT)}: {m[0]}" for m in personal.finditer(text)]
    assert found == []


def test_no_placeholder_is_left_in_a_readme():
    for file in tracked():
        if file.suffix == ".md":
            left = PLACEHOLDER.findall(file.read_text())
            assert left == [], file.relative_to(ROOT)


def test_every_declared_feature_says_its_unit_and_its_meaning():
    declared = [
        feature
        for path in sorted((ROOT / "pipelines").glob("*/features.py"))
        for values in vars(
            importlib.import_module(f"pipelines.{path.parent.name}.features")
        ).values()
        for feature in (values if isinstance(values, tuple) else ())
        if isinstance(feature, windows.Feature)
    ]
    assert len(declared) > 40
    for feature in declared:
        assert UNIT.search(feature.unit) or feature.unit == "blocks per game", feature.name
        assert feature.description.endswith("."), feature.name
