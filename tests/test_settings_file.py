"""The settings file: what it says, what wins over it, what is refused in it; `config`."""

from __future__ import annotations

import json
import os
from dataclasses import fields
from unittest import mock

import pytest

from nba_local import settings
from nba_local.config import Config, alert_settings, load_config
from nba_local.errors import UsageError
from tests.cli.typed import nba
from tests.conftest import ROOT

OWN, SECTION = "nba_local.toml", "[tool.nba_local]\n"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """An empty folder to work in; what `.env` puts into the environment is gone afterwards."""
    monkeypatch.chdir(tmp_path)
    with mock.patch.dict(os.environ):
        yield


@pytest.fixture(params=["nba_local.toml", "pyproject.toml"])
def write(request, tmp_path):
    """Writes settings into either file."""

    def written(text: str) -> str:
        head = SECTION if request.param == "pyproject.toml" else ""
        text = text.replace("[set", "[tool.nba_local.set") if head else text
        (tmp_path / request.param).write_text(head + text)
        return request.param

    return written


def test_a_file_says_what_variables_can_say(write):
    write(
        'data = "here"\nwarehouse = "file://there"\npush_max_bytes = 500\ntoday = 2022-01-31\n'
        'pull_gone_percent = 2.5\npipelines = ["given", "mine"]\n'
        'email_alerts_to = ["a@b.c", "d@e.f"]\n'
        "email_alerts_enabled = false\n[set.player_daily_cache]\nmin_games = 3\n"
    )
    assert load_config({}) == Config(
        data="here", warehouse="file://there", push_max_bytes="500", today="2022-01-31",
        pull_gone_percent="2.5", pipelines="given,mine", set="player_daily_cache.min_games=3",
    )  # fmt: skip
    assert alert_settings().alerts_to == ()
    os.environ["EMAIL_ALERTS_ENABLED"] = "true"
    assert alert_settings().alerts_to == ("a@b.c", "d@e.f")


def test_flag_environment_dotenv_file_default(write, tmp_path, monkeypatch):
    write('data = "file"\nrules = "file"\nenv = "file"\ntarget = "file"\n')
    (tmp_path / ".env").write_text("NBA_LOCAL_DATA=d\nNBA_LOCAL_RULES=d\nNBA_LOCAL_ENV=d\n")
    monkeypatch.setenv("NBA_LOCAL_DATA", "e")
    monkeypatch.setenv("NBA_LOCAL_RULES", "e")
    config = load_config({"data": "flag"})
    assert (config.data, config.rules, config.env, config.target) == ("flag", "e", "d", "file")
    assert config.warehouse is None


def test_every_variable_of_ours_is_a_setting_of_the_file():
    assert set(settings.KINDS) == {field.name for field in fields(Config)}
    example = (ROOT / ".env.example").read_text()
    assert all(f"#{settings.variable(name)}=" in example for name in settings.KINDS)


def test_set_of_a_flag_comes_after_that_of_the_file(write):
    write("[set.player_daily_cache]\nmin_games = 3\nbootstrap_days = 2\n")
    shown = values(nba("config", "--set", "player_daily_cache.min_games=4", "--json"))
    assert shown["set.player_daily_cache.min_games"] == ("4", "flag")
    assert shown["set.player_daily_cache.bootstrap_days"][0] == "2"
    assert shown["set.player_daily_cache.readiness_threshold"] == ("90.0", "default")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('warehose = "x"', "unknown setting `warehose`; did you mean `warehouse`?"),
        ("push_max_bytes = true", "push_max_bytes = True is not a whole number"),
        ('push_max_bytes = "500"', "push_max_bytes = '500' is not a whole number"),
        ("data = 3", "data = 3 is not text"),
        ('data = ""', "data = '' is not text"),
        ("today = 2022-01-31T10:00:00", "is not a date like 2021-11-15"),
        ('slack_alerts_enabled = "yes"', "slack_alerts_enabled = 'yes' is not true or false"),
        ('pipelines = ["a", 3]', "is not text, or a list of texts"),
        ("set = 3", "set = 3 is not a table for each table"),
        ("[set.player_daily_cache]\nmin_games = [3]", "is not a table for each table"),
        ("data = ", "is no TOML"),
    ],
)
def test_what_cannot_be_is_refused(text, said, write):
    name = write(text)
    for result in (nba("config"), nba("plan")):
        assert result.exit_code == 2
        assert f"error: {name}" in result.stderr
        assert said in result.stderr
        assert "nothing was done" in result.stderr


@pytest.mark.parametrize(
    "name",
    [*settings.SECRET, "slack_webhook_url", "discord_webhook_url_critical", "SLACK_WEBHOOK_URL"],
)
def test_a_secret_in_the_file_is_refused_and_not_shown(name, write):
    write(f'{name} = "hunter2"')
    result = nba("config", "--json")
    assert result.exit_code == 2
    assert "is a secret" in result.stderr
    assert name.upper() in result.stderr
    assert "hunter2" not in result.stdout + result.stderr


def test_two_files_with_settings_are_refused(tmp_path):
    (tmp_path / OWN).write_text('data = "a"')
    (tmp_path / "pyproject.toml").write_text(SECTION + 'data = "b"')
    with pytest.raises(UsageError, match="both have settings; nothing was done"):
        load_config({})


def test_a_section_under_the_name_of_the_package_is_refused(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.nba-local]\ndata = "b"')
    with pytest.raises(UsageError, match="is not read") as refused:
        load_config({})
    assert refused.value.hint == "[tool.nba_local]"


def test_a_project_without_a_section_has_no_settings(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "nba-something"\n')
    assert load_config({}) == Config()


@pytest.mark.parametrize(
    "text", ['[tool]\nnba_local = { data = "b" }\n', 'tool.nba_local.data = "b"\n']
)
def test_a_section_may_be_written_in_any_way(text, tmp_path):
    (tmp_path / "pyproject.toml").write_text(text)
    assert load_config({}).data == "b"


# config


def values(result) -> dict[str, tuple[str | None, str]]:
    assert result.exit_code == 0, result.stderr
    return {s["name"]: (s["value"], s["source"]) for s in json.loads(result.stdout)["result"]}


def test_each_value_says_where_it_comes_from(write, tmp_path, monkeypatch):
    name = write('data = "here"\n[set.player_daily_cache]\nmin_games = 3\n')
    (tmp_path / ".env").write_text("NBA_LOCAL_PUSH_MAX_LOADS=7\n")
    monkeypatch.setenv("NBA_LOCAL_TODAY", "2022-01-31")
    shown = values(nba("config", "--to", "file://target", "--json"))
    assert shown["data"] == ("here", name)
    assert shown["push_max_loads"] == ("7", ".env")
    assert shown["today"] == ("2022-01-31", "environment")
    assert shown["target"] == ("file://target", "flag")
    assert shown["rules"] == ("corrected", "default")
    assert shown["pull_gone_dates"] == ("3", "default")
    assert shown["warehouse"] == (None, "default")
    assert shown["set.player_daily_cache.min_games"] == ("3", name)
    assert shown["set.player_game_summary.max_points"] == ("120", "default")


def test_the_same_is_a_table_for_people(write):
    write('data = "here"\n[set.player_daily_cache]\nmin_games = 3\n')
    lines = [line.split() for line in nba("config").stdout.splitlines()]
    assert ["data", "here"] in [line[:2] for line in lines]
    assert ["set.player_daily_cache.min_games", "3"] in [line[:2] for line in lines]
    assert ["warehouse", "-", "default"] in lines


def test_secrets_are_never_shown(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("AWS_SES_SECRET_ACCESS_KEY=hunter2\n")
    monkeypatch.setenv("SLACK_WEBHOOK_URL_CRITICAL", "https://hooks.example/hunter2")
    for result in (nba("config"), nba("config", "--json")):
        assert "hunter2" not in result.stdout + result.stderr
        assert "AWS_SES_SECRET_ACCESS_KEY" in result.stdout
    shown = values(nba("config", "--json"))
    assert shown["AWS_SES_SECRET_ACCESS_KEY"][0] == "(set, not shown)"
    assert shown["SLACK_WEBHOOK_URL_CRITICAL"] == ("(set, not shown)", "environment")
    assert shown["AWS_SES_ACCESS_KEY_ID"] == (None, "default")
