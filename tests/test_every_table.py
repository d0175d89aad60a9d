"""What every table folder gets tested for by existing."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
from pathlib import Path

import pytest

from nba_local import testing
from nba_local.commands import proofs
from nba_local.commands.project import Project
from nba_local.proofs.leak import DateSample, leak
from nba_local.report.findings import agreed
from nba_local.report.terminal import Report
from nba_local.tables.calendar import Season, parse_interval
from nba_local.tables.registry import load_registry
from tests.conftest import slow

ROOT = Path(__file__).parents[1]
REGISTRY = load_registry(ROOT / "pipelines")
FEATURES = [t.name for t in REGISTRY.features]
SEASON = Season(2021)
CUTS = ("2021-11-02", "2021-12-04")
"""The first day with rows, and one on which all windows are full."""

MORE_CUTS = ("2021-11-03", "2021-11-12", "2022-01-10", "2022-02-24", "2022-04-16", "2022-06-16")


@pytest.fixture(scope="module", params=["weeks", slow("whole")])
def season(request):
    """The first weeks of the real season, and in the slow tests all of it."""
    name = {"weeks": "real_weeks", "whole": "real_season"}[request.param]
    with testing.opened(request.getfixturevalue(name)) as opened:
        yield opened


@pytest.mark.parametrize("name", FEATURES)
def test_output_equals_its_contract(name, season):
    testing.output_equals_its_contract(season, name)


@pytest.mark.parametrize("name", FEATURES)
def test_grain_is_unique_and_dates_lie_in_the_season(name, season):
    testing.grain_is_unique(season, name)


@pytest.mark.parametrize("name", FEATURES)
def test_every_date_has_one_state_and_rows_where_it_is_ok(name, season):
    testing.every_date_has_one_state(season, name)
    known = {"ok", "no_games", "bootstrap", "upstream_missing", "insufficient_history"}
    assert set(season.computed[name].dates["state"]) <= known


@pytest.mark.parametrize("name", [FEATURES[0], *map(slow, FEATURES[1:])])
def test_row_order_of_inputs_is_irrelevant(name, season):
    testing.row_order_is_irrelevant(season, name)


@pytest.fixture(scope="module")
def weeks(real_weeks):
    """The first weeks of the season, which say as much of a date in them as all of it."""
    with real_weeks.reading() as opened:
        yield opened


@pytest.fixture(scope="module")
def leaks(weeks):
    """Each feature table on the dates of CUTS, against what was known before them."""
    sample = DateSample(tuple(parse_interval(cut) for cut in CUTS))
    return {found.table: found for found in leak(weeks, weeks.registry.features, SEASON, sample)}


@pytest.mark.parametrize("name", FEATURES)
def test_no_row_sees_its_own_date_or_later(name, leaks, weeks):
    dates = [dt.date.fromisoformat(cut) for cut in CUTS]
    assert list(leaks[name].dates) == dates
    table = REGISTRY.table(name)
    rows = weeks.store.scan("published", table, [SEASON]).select(table.partition_by).collect()
    assert set(dates) <= set(rows.to_series())
    assert not leaks[name].leaks, leaks[name]


@pytest.mark.slow
def test_no_row_sees_its_own_date_or_later_on_more_dates(real_season):
    sample = DateSample(tuple(parse_interval(cut) for cut in MORE_CUTS))
    with real_season.reading() as work:
        for found in leak(work, work.registry.features, SEASON, sample):
            assert list(found.dates) == [dt.date.fromisoformat(cut) for cut in MORE_CUTS]
            assert not found.leaks, found


@pytest.mark.parametrize("names", [FEATURES[:1], slow(FEATURES)], ids=["one", "all"])
def test_the_leak_test_catches_a_leak(names, weeks):
    """The rules of production let a date see its own games: the same comparison must fail."""
    production = dataclasses.replace(weeks, rules=weeks.registry.presets["production"])
    sample = DateSample((parse_interval(CUTS[1]),))
    tables = [weeks.registry.table(name) for name in names]
    found = leak(production, tables, SEASON, sample)
    assert [f.table for f in found if not f.leaks] == []


CLAIMING = [table.name for table in REGISTRY.tables.values() if table.checks]
AGAIN = [name if name not in FEATURES[1:] else slow(name) for name in CLAIMING]
"""That all dates of the real season were published, so that nothing blocks, `test_states` says."""


@pytest.mark.parametrize("name", AGAIN)
def test_no_blocking_check_fires_on_the_real_season(name, season):
    testing.no_blocking_claim_fires(season, name)


LATE = {"box_scores_have_a_game", "lines_are_near_what_players_score"}
"""Claims whose fault is planted in February: on the whole season, in the slow tests."""


@pytest.mark.parametrize("name", CLAIMING)
def test_every_check_catches_its_planted_row(name, season, real_weeks, monkeypatch):
    if season.work.store.root == real_weeks.store.root:
        table = season.table(name)
        early = tuple(claim for claim in table.checks if claim.claim not in LATE)
        assert early
        changed = {name: dataclasses.replace(table, checks=early)}
        monkeypatch.setattr(
            season, "table", lambda asked: changed.get(asked) or REGISTRY.table(asked)
        )
    testing.every_claim_catches_its_fault(season, name)


def test_no_claim_was_lost_when_the_shared_ones_were_written_once():
    """Each claim of each table before that, with its severity."""
    kept = set((ROOT / "tests" / "claims.txt").read_text().split("\n")) - {""}
    now = {f"{t.name}.{c.claim} {c.severity}" for t in REGISTRY.tables.values() for c in t.checks}
    assert kept - now == set()


def test_oracle_agrees_on_the_first_weeks(real_weeks):
    (parity,) = proofs.parity(real_weeks, ["2021-22"], ["team_defense_zone_analysis"])
    assert parity.rows > 0
    assert parity.agrees, parity


@pytest.mark.slow
@pytest.mark.parametrize("name", FEATURES)
def test_oracle_agrees_on_the_whole_season(name, real_season):
    (parity,) = proofs.parity(real_season, ["2021-22"], [name])
    assert parity.rows > 0
    assert parity.agrees, parity


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "unknown"),
    [
        ("ml_feature_store_v2.feature_set=v2", ("feature_set=v2",)),
        ("player_shot_zone_analysis.min_games=4", ()),
    ],
)
def test_a_setting_that_no_oracle_knows_is_said_and_not_compared(
    setting, unknown, real_season, capsys
):
    """An oracle follows the minimum of games, and is written for the first feature set."""
    project = Project.open(real_season.config, [setting])
    name = setting.partition(".")[0]
    (parity,) = proofs.parity(project, ["2021-22"], [name])
    assert parity.unknown == unknown
    assert (parity.rows == 0) is bool(unknown)
    agreed(Report(as_json=False), [parity])
    words = (
        f"NOT COMPARED: oracle.sql does not know the setting {unknown[0]}" if unknown else "DIFF"
    )
    assert words in capsys.readouterr().out


@pytest.mark.parametrize("name", FEATURES)
def test_fingerprint_follows_code_and_not_comments(name, tmp_path):
    package = tmp_path / "pipelines"
    shutil.copytree(ROOT / "pipelines", package, ignore=shutil.ignore_patterns("__pycache__"))
    code = package / name / "table.py"
    table = dataclasses.replace(REGISTRY.table(name), folder=package / name)
    registry = dataclasses.replace(REGISTRY, package=package)
    before = registry.code_of(table)
    code.write_text(code.read_text() + "\n# a comment\n")
    assert registry.code_of(table) == before
    shared_code = package / "calendar.py"
    shared_code.write_text(shared_code.read_text() + "\nNEW = 1\n")
    after = registry.code_of(table)
    assert after != before
    code.write_text(code.read_text() + "\nNEW = 1\n")
    assert registry.code_of(table) not in {before, after}
