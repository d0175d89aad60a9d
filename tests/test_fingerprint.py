"""What makes a hash of code, of a query and of a value change, and what does not."""

from __future__ import annotations

import sys

import pytest

from nba_local.cluster import fingerprint as on_workers
from nba_local.tables import fingerprint
from nba_local.tables.fingerprint import of_code, of_file, of_sql, of_value

TABLE = '''"""A table."""

from pipelines.numbers import half


def build(frame):
    """Half of everything."""
    return half(frame)
'''
NUMBERS = "def half(value):\n    return value / 2\n"


@pytest.fixture
def package(tmp_path):
    """A package `pipelines` with one table that imports one shared module."""
    folder = tmp_path / "pipelines"
    (folder / "scores").mkdir(parents=True)
    (folder / "scores" / "table.py").write_text(TABLE)
    (folder / "numbers.py").write_text(NUMBERS)
    return folder


def hashed(package, table=TABLE, **modules):
    """The hash of the table when its file and the named modules have these contents."""
    (package / "scores" / "table.py").write_text(table)
    for name, text in modules.items():
        (package / f"{name}.py").write_text(text)
    return of_code(package / "scores" / "table.py", package)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("return half(frame)", "return half(frame)  # not all", id="comment"),
        pytest.param('"""A table."""', '"""Another table."""', id="docstring of the module"),
        pytest.param('"""Half of everything."""', '"""A half."""', id="docstring of a function"),
        pytest.param('    """Half of everything."""\n', "", id="docstring removed"),
        pytest.param("half(frame)", "half(\n        frame,\n    )", id="layout"),
        pytest.param("\n\n\n", "\n\n\n\n\n", id="empty lines"),
    ],
)
def test_what_does_not_run_does_not_count(package, old, new):
    assert old in TABLE
    assert hashed(package, TABLE.replace(old, new)) == hashed(package)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("half(frame)", "half(half(frame))", id="statement"),
        pytest.param("def build(frame)", "def build(frame=None)", id="default"),
        pytest.param("import half", "import half as half", id="import"),
    ],
)
def test_what_runs_counts(package, old, new):
    assert old in TABLE
    assert hashed(package, TABLE.replace(old, new)) != hashed(package)


def test_a_string_that_is_a_value_counts(package):
    named = TABLE + '\nNAME = "scores"\n'
    assert hashed(package, named) != hashed(package, named.replace('"scores"', '"points"'))


@pytest.mark.parametrize(
    "statement",
    [
        "from pipelines.numbers import half",
        "from pipelines.numbers import *",
        "from pipelines import numbers",
        "from pipelines import numbers as n",
        "import pipelines.numbers",
        "import pipelines.numbers as n",
        "if TYPE_CHECKING:\n    from pipelines.numbers import half",
        "def late():\n    from pipelines.numbers import half",
    ],
)
def test_an_imported_module_counts_however_it_is_imported(package, statement):
    before = hashed(package, statement)
    after = hashed(package, statement, numbers=NUMBERS.replace("/ 2", "/ 3"))
    assert after != before


def test_a_comment_in_an_imported_module_does_not_count(package):
    before = hashed(package)
    assert hashed(package, numbers="# halves\n" + NUMBERS) == before


def test_a_module_imported_by_an_imported_module_counts(package):
    before = hashed(package, numbers="from pipelines.units import TWO\n", units="TWO = 2\n")
    assert hashed(package, units="TWO = 3\n") != before


def test_a_package_that_is_imported_counts_by_its_init(package):
    (package / "shared").mkdir()
    (package / "shared" / "__init__.py").write_text("ONE = 1\n")
    before = hashed(package, "from pipelines.shared import ONE")
    (package / "shared" / "__init__.py").write_text("ONE = 2\n")
    assert hashed(package, "from pipelines.shared import ONE") != before


def test_modules_that_import_each_other_are_read_once(package):
    before = hashed(package, numbers="import pipelines.units\n", units="import pipelines.numbers\n")
    assert hashed(package, units="import pipelines.numbers\nTWO = 2\n") != before


def test_a_module_that_nobody_imports_does_not_count(package):
    before = hashed(package)
    assert hashed(package, other="X = 1\n") == before


def test_a_module_of_another_package_does_not_count(package):
    other = package.parent / "numbers.py"
    other.write_text("X = 1\n")
    before = hashed(package, "import numbers\nimport polars")
    other.write_text("X = 2\n")
    assert hashed(package, "import numbers\nimport polars") == before


def test_where_the_package_lies_does_not_count(package):
    before = hashed(package)
    moved = package.parent / "elsewhere" / "pipelines"
    moved.parent.mkdir()
    package.rename(moved)
    assert of_code(moved / "scores" / "table.py", moved) == before


def test_a_sibling_imported_relatively_counts(package):
    (package / "scores" / "windows.py").write_text("GAMES = 10\n")
    before = hashed(package, "from .windows import GAMES")
    (package / "scores" / "windows.py").write_text("GAMES = 15\n")
    assert hashed(package, "from .windows import GAMES") != before


def test_comments_and_layout_of_a_query_do_not_count():
    plain = "SELECT team FROM scores WHERE points < 0"
    commented = "-- No negative scores.\nSELECT team  -- who\nFROM scores\n  WHERE points < 0\n"
    assert of_sql(commented) == of_sql(plain)


def test_a_changed_condition_of_a_query_counts():
    assert of_sql("SELECT team FROM scores WHERE points < 0") != of_sql(
        "SELECT team FROM scores WHERE points < 1"
    )


def test_two_dashes_inside_a_string_are_no_comment():
    query = "SELECT team FROM scores WHERE note = '--' AND points > 1"
    assert of_sql(query) != of_sql(query.replace("> 1", "> 2"))


def test_quoted_text_of_a_query_counts():
    query = "SELECT team FROM scores WHERE note = 'late'"
    assert of_sql(query) != of_sql(query.replace("late", "lost"))


def test_the_order_of_keys_does_not_count():
    assert of_value({"a": 1, "b": 2}) == of_value({"b": 2, "a": 1})


def test_the_order_of_a_list_counts():
    assert of_value(["a", "b"]) != of_value(["b", "a"])


def test_a_value_inside_a_mapping_counts():
    assert of_value({"min_games": 5}) != of_value({"min_games": 6})


def test_the_bytes_of_a_file_count_and_its_name_does_not(tmp_path):
    for name, content in (("a", b"same"), ("b", b"same"), ("c", b"other")):
        (tmp_path / name).write_bytes(content)
    a, b, c = (of_file(tmp_path / name) for name in "abc")
    assert a == b != c


@pytest.fixture
def parses(monkeypatch):
    """The texts that are parsed, where Python may write beside its compiled code."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    parsed, of_text = [], fingerprint._parsed.__wrapped__

    def noting(text, package):
        parsed.append(text)
        return of_text(text, package)

    monkeypatch.setattr(fingerprint, "_parsed", noting)
    return parsed


def test_a_module_is_parsed_once_until_it_is_written_anew(package, parses):
    before = hashed(package)
    assert sorted(parses) == sorted([TABLE, NUMBERS])
    assert hashed(package) == before
    assert len(parses) == 2
    other = NUMBERS.replace("/ 2", "/ 3")
    assert hashed(package, numbers=other) != before
    assert parses[2:] == [other]
    assert hashed(package, numbers=NUMBERS) == before


@pytest.mark.parametrize("left", ["", "[1, 2", '["key", "text"]', "null", '{"a": 1}'])
def test_what_is_kept_of_a_module_is_not_believed_where_it_is_damaged(package, parses, left):
    before = hashed(package)
    kept = list(package.rglob("*.statements"))
    assert len(kept) == 2
    for file in kept:
        file.write_text(left)
    assert hashed(package) == before
    assert len(parses) == 4


def test_a_folder_that_cannot_be_written_is_parsed_every_time(package, parses):
    (package / "__pycache__").write_text("a file, so that nothing can be kept")
    (package / "scores" / "__pycache__").write_text("a file")
    before = hashed(package)
    assert hashed(package) == before
    assert len(parses) == 4
    assert not list(package.rglob("*.statements*"))


@pytest.mark.usefixtures("parses")
def test_nothing_is_kept_where_python_keeps_no_compiled_code(package, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    hashed(package)
    assert not list(package.rglob("__pycache__"))


@pytest.mark.usefixtures("parses")
def test_what_is_kept_is_no_code_to_a_worker(package):
    before = on_workers._hash.__wrapped__(package)
    hashed(package)
    assert list(package.rglob("*.statements"))
    assert on_workers._hash.__wrapped__(package) == before
