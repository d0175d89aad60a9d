"""From folders to tables: the order they are built in, and what an author is told."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path

import pytest

from nba_local.errors import PipelineError, UsageError
from nba_local.tables.registry import load_registry

ROOT = Path(__file__).parents[1]

SOURCE = """
from nba_local import BigQuery, Table
TABLE = Table(doc="As pulled.", source=BigQuery(reads=("team", "day")))
"""
FEATURE = """
from nba_local import Table
TABLE = Table(doc="Computed.")
def build({inputs}, *, rules, season, today):
    return None
"""
RULES = """
import dataclasses
@dataclasses.dataclass(frozen=True)
class Settings:
    min_games: int = 5
    readiness_threshold: float = 90.0
@dataclasses.dataclass(frozen=True)
class Rules:
    name: str
    settings: Settings = Settings()
    lookback_seasons: int = 0
    def of(self, table):
        return self.settings
    def override(self, table, key, value):
        kind = {"min_games": int, "readiness_threshold": float}[key]
        changed = dataclasses.replace(self.settings, **{key: kind(value)})
        return dataclasses.replace(self, settings=changed)
PRESETS = {"corrected": Rules("corrected"), "production": Rules("production")}
"""
CHECK = "-- No team plays twice a day.\n-- severity: block\nSELECT team, day FROM games\n"
SCHEMA = {
    "dataset": "league",
    "partition_field": "day",
    "clustering": [],
    "grain": ["team", "day"],
    "fields": [
        {"name": "team", "type": "STRING", "mode": "REQUIRED"},
        {"name": "day", "type": "DATE", "mode": "REQUIRED"},
    ],
}
NAMES = (f"tables_{number}" for number in itertools.count())


def feature(*inputs):
    return FEATURE.format(inputs=", ".join(inputs))


class Package:
    """A package of tables under a name of its own."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        (folder / "__init__.py").touch()
        (folder / "rules.py").write_text(RULES)

    def add(self, name, code, *, schema=None, checks=()):
        """A table folder; `schema` changes entries of its contract."""
        (self.folder / name / "checks").mkdir(parents=True)
        (self.folder / name / "__init__.py").touch()
        (self.folder / name / "table.py").write_text(code)
        contract = {**SCHEMA, "table": name, **(schema or {})}
        (self.folder / name / "schema.json").write_text(json.dumps(contract))
        for file, text in dict(checks).items():
            (self.folder / name / "checks" / file).write_text(text)
        return self

    def load(self):
        return load_registry(self.folder)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An empty package; its modules are forgotten after the test."""
    monkeypatch.setattr(sys, "path", sys.path[:])
    made = Package(tmp_path / next(NAMES))
    yield made
    for name in [n for n in sys.modules if n.partition(".")[0] == made.folder.name]:
        del sys.modules[name]


# what is found


def test_tables_come_before_those_that_take_them(package):
    package.add("a_last", feature("b_middle", "z_games"))
    package.add("b_middle", feature("z_games"))
    package.add("z_games", SOURCE)
    registry = package.load()
    assert list(registry.tables) == ["z_games", "b_middle", "a_last"]
    assert [t.name for t in registry.sources] == ["z_games"]
    assert [t.name for t in registry.features] == ["b_middle", "a_last"]


def test_the_inputs_of_a_table_are_the_parameters_of_build_but_for_the_given_ones(package):
    package.add("form", feature("games", "players")).add("games", SOURCE).add("players", SOURCE)
    assert package.load().table("form").inputs == ("games", "players")


def test_a_table_has_its_contract_and_its_grain_as_key(package):
    table = package.add("games", SOURCE).load().table("games")
    assert table.contract.columns == ("team", "day")
    assert table.partition_by == "day"
    assert table.key == ("team", "day")


def test_a_key_that_the_author_gives_is_kept(package):
    code = SOURCE.replace('doc="As pulled."', 'doc="As pulled.", key=("team",)')
    assert package.add("games", code).load().table("games").key == ("team",)


def test_a_check_is_its_file_its_sentence_and_its_severity(package):
    checks = {"plays_once.sql": CHECK, "plays_once.bad.sql": "INSERT INTO games VALUES (1)"}
    (check,) = package.add("games", SOURCE, checks=checks).load().table("games").checks
    assert (check.claim, check.severity) == ("plays_once", "block")
    assert check.sentence == "No team plays twice a day."


# what is refused


def refused(package, said):
    with pytest.raises(PipelineError, match=said) as error:
        package.load()
    return error.value


def test_a_folder_without_tables_is_named(tmp_path):
    with pytest.raises(PipelineError, match=f"no tables in {tmp_path}") as error:
        load_registry(tmp_path)
    assert "--pipelines" in error.value.hint


@pytest.mark.parametrize("code", ["X = 1\n", "TABLE = 'games'\n"], ids=["none", "no Table"])
def test_a_module_without_a_table_is_named(package, code):
    package.add("games", code)
    refused(package, r"games/table\.py: TABLE = Table\(\.\.\.\) is missing")


def test_a_parameter_that_is_no_table_is_named_with_the_ones_that_are(package):
    package.add("form", feature("gmaes")).add("games", SOURCE)
    error = refused(package, r"form: build\(\) takes `gmaes`, which is not a table")
    assert "games" in error.hint
    assert "rules, season, today" in error.hint


def test_tables_that_take_each_other_are_named_in_a_circle(package):
    package.add("form", feature("rank")).add("rank", feature("form"))
    error = refused(package, "tables depend on each other: ")
    assert error.message.count("form") + error.message.count("rank") == 3


def test_a_table_with_a_source_and_a_build_is_refused(package):
    package.add("games", SOURCE + "\ndef build(*, rules, season, today):\n    return None\n")
    refused(package, r"games/table\.py has both a source and build\(\)")


def test_a_table_with_neither_a_source_nor_a_build_is_refused(package):
    package.add("games", "from nba_local import Table\nTABLE = Table(doc='A table.')\n")
    error = refused(package, r"games/table\.py has neither a source nor build\(\)")
    assert "pipelines/README.md" in error.hint


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("-- A claim.\nSELECT 1\n", id="no severity"),
        pytest.param("-- A claim.\n-- severity: fatal\nSELECT 1\n", id="another severity"),
        pytest.param("SELECT 1\n-- severity: warn\n", id="no sentence"),
    ],
)
def test_a_check_without_a_sentence_and_a_severity_is_named(package, text):
    package.add("games", SOURCE, checks={"plays_once.sql": text})
    error = refused(package, r"games/checks/plays_once\.sql: the first line says the claim")
    assert "-- severity: block" in error.message


def test_a_contract_of_another_table_is_refused(package):
    package.add("games", SOURCE, schema={"table": "players"})
    refused(package, r"games/schema\.json describes `players`")


def test_a_table_without_a_contract_is_refused(package):
    package.add("games", SOURCE)
    (package.folder / "games" / "schema.json").unlink()
    refused(package, r"games: schema\.json is missing")


# names


@pytest.fixture
def registry(package):
    package.add("games", SOURCE).add("players", SOURCE).add("form", feature("games"))
    return package.load()


def test_an_unknown_table_is_refused_with_the_one_that_was_meant(registry):
    with pytest.raises(UsageError, match=r"unknown table `game`; did you mean `games`\?") as error:
        registry.table("game")
    assert error.value.hint == "known: form, games, players"


def test_a_selection_keeps_the_order_of_the_tables_and_not_of_the_names(registry):
    chosen = registry.select(["players", "games"], registry.sources)
    assert [t.name for t in chosen] == [t.name for t in registry.sources]


def test_a_selection_of_nothing_is_all(registry):
    assert registry.select([], registry.features) == registry.features


def test_a_table_that_the_command_does_not_take_is_refused(registry):
    with pytest.raises(UsageError, match="`games` is not among the tables") as error:
        registry.select(["games"], registry.features)
    assert error.value.hint == "known: form"


# rules and settings


def test_the_first_rule_set_is_the_default(registry):
    assert registry.rules(None).name == "corrected"
    assert registry.rules("production").name == "production"


def test_an_unknown_rule_set_is_refused_with_the_one_that_was_meant(registry):
    with pytest.raises(UsageError, match=r"rule set `produktion`; did you mean `production`\?"):
        registry.rules("produktion")


def test_a_setting_changes_one_value_of_the_rules_and_leaves_the_preset(registry):
    rules = registry.rules(None, ["form.min_games=8"])
    assert rules.of("form").min_games == 8
    assert rules.of("form").readiness_threshold == 90.0
    assert registry.rules(None).of("form").min_games == 5


def test_several_settings_add_up(registry):
    rules = registry.rules(None, ["form.min_games=8", "form.readiness_threshold=75.5"])
    assert (rules.of("form").min_games, rules.of("form").readiness_threshold) == (8, 75.5)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("form.min_game=8", "unknown setting `min_game`; did you mean `min_games`?"),
        ("fom.min_games=8", "unknown table `fom`; did you mean `form`?"),
        ("form.min_games", "`form.min_games` is not a setting"),
        ("min_games=8", "`min_games=8` is not a setting"),
        ("form.min_games=eight", "setting `form.min_games=eight`: invalid literal"),
        ("form.min_games=7.5", "setting `form.min_games=7.5`: invalid literal"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_what_can(registry, setting, said):
    with pytest.raises(UsageError) as error:
        registry.rules(None, [setting])
    assert error.value.message.startswith(said)
    assert error.value.exit_code == 2


@pytest.mark.parametrize(
    "setting",
    [
        "team_defense_zone_analysis.min_games=-1",
        "team_defense_zone_analysis.readiness_threshold=-0.5",
    ],
)
def test_a_setting_of_the_project_below_zero_is_refused(setting):
    with pytest.raises(UsageError, match="a number from 0 up"):
        load_registry(ROOT / "pipelines").rules(None, [setting])


def test_a_setting_of_the_project_that_is_not_a_number_is_refused():
    setting = "team_defense_zone_analysis.readiness_threshold=nan"
    with pytest.raises(UsageError):
        load_registry(ROOT / "pipelines").rules(None, [setting])


# the project's own tables


def test_the_projects_tables_load_in_an_order_that_can_be_built():
    registry = load_registry(ROOT / "pipelines")
    seen = set()
    for table in registry.tables.values():
        assert set(table.inputs) <= seen
        seen.add(table.name)
    assert {"team_defense_zone_analysis", "player_shot_zone_analysis"} <= seen


def test_a_column_of_readiness_that_the_contract_lacks_is_refused(package):
    code = SOURCE.replace('doc="As pulled."', 'doc="As pulled.", ready_column="is_fine"')
    package.add("games", code)
    refused(package, r"games/table\.py: schema\.json has no column `is_fine`")
