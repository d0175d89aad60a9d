"""A claim written once, and the tables that make it with their own parameters."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import duckdb
import pytest

from nba_local.errors import PipelineError
from nba_local.tables.claims import claims_of, fault_of
from nba_local.tables.registry import load_registry
from nba_local.tables.table import Claim
from pipelines.claims import in_range, ranges_of, varying
from pipelines.windows import count, mean

ROOT = Path(__file__).parents[1]
SMALL = """-- A {entity} has at most {most} points on a date.
-- severity: warn
-- with: points; most = 100; marked = {points}
SELECT {entity}, {date}, {marked} FROM {table} WHERE {points} > {most}
"""
FAULT = "UPDATE {table} SET {points} = {most} + 1"


@pytest.fixture
def table(tmp_path):
    """Makes a table that makes the given claims, beside `at_most`, which is shared."""
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "at_most.sql").write_text(SMALL)
    (tmp_path / "checks" / "at_most.bad.sql").write_text(FAULT)
    (tmp_path / "scores" / "checks").mkdir(parents=True)
    some = load_registry(ROOT / "pipelines").table("player_daily_cache")
    return lambda *claims: dataclasses.replace(
        some, name="scores", folder=tmp_path / "scores", claims=claims
    )


def test_a_shared_claim_is_filled_with_what_the_table_says(table):
    (check,) = claims_of(table(Claim("at_most", points="total", most=70)))
    assert (check.claim, check.severity) == ("at_most", "warn")
    assert check.sentence == "A player_lookup has at most 70 points on a date."
    assert check.sql.endswith(
        "-- severity: warn\nSELECT player_lookup, cache_date, total FROM scores WHERE total > 70\n"
    )
    assert fault_of(check) == "UPDATE scores SET total = 70 + 1"


def test_a_parameter_that_is_not_given_has_its_default(table):
    (check,) = claims_of(table(Claim("at_most", points="total")))
    assert "total > 100" in check.sql


def test_a_list_of_columns_is_separated_by_commas(table):
    (check,) = claims_of(table(Claim("at_most", points="total", marked=("a", "b"))))
    assert "cache_date, a, b FROM" in check.sql


def test_one_shared_claim_can_be_made_twice_under_two_names(table):
    made = table(
        Claim("at_most", points="a"), Claim("at_most", called="assists_too", points="b", most=30)
    )
    assert [check.claim for check in claims_of(made)] == ["assists_too", "at_most"]


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (Claim("at_least"), "scores: there is no shared claim `at_least`"),
        (Claim("at_most"), "scores: claim `at_most` asks for `points`"),
        (Claim("at_most", points="a", least=3), "claim `at_most` has no parameter `least`"),
    ],
)
def test_a_claim_that_cannot_be_made_is_refused(table, claim, said):
    with pytest.raises(PipelineError, match=said):
        claims_of(table(claim))


def test_two_claims_of_one_name_are_refused(table):
    made = table(Claim("at_most", points="a"))
    (made.folder / "checks" / "at_most.sql").write_text("-- It is.\n-- severity: warn\nSELECT 1")
    with pytest.raises(PipelineError, match="two claims are called `at_most`"):
        claims_of(made)


def test_no_shared_claim_is_without_a_table_or_without_a_fault():
    registry = load_registry(ROOT / "pipelines")
    made = {claim.name for table in registry.tables.values() for claim in table.claims}
    files = {path.stem for path in (ROOT / "pipelines" / "checks").glob("*.sql")}
    assert {name for name in files if not name.endswith(".bad")} == made
    assert {f"{name}.bad" for name in made} <= files


def test_no_parameter_is_left_in_a_claim():
    registry = load_registry(ROOT / "pipelines")
    for table in registry.tables.values():
        for check in table.checks:
            for text in (check.sql, fault_of(check)):
                duckdb.extract_statements(text)
                assert "{table}" not in text


def test_declared_features_say_their_ranges_and_whether_they_differ():
    features = (
        mean("points_avg", "points", last=5, low=0, high=70),
        count("games", last=5, varies=False),
    )
    assert ranges_of(features) == {"points_avg": (0, 70)}
    assert varying(features) == ("points_avg",)
    claim = in_range("averages", "Averages are averages.", ranges_of(features), known=True)
    assert claim.given["broken"] == "points_avg NOT BETWEEN 0 AND 70\n    OR points_avg IS NULL"
    assert claim.given["wrong"] == "points_avg = 70 + 1"
