"""Configuration: which of flag, environment and .env wins, and what is refused."""

from __future__ import annotations

import datetime as dt
import errno
import os
from unittest import mock
from zoneinfo import ZoneInfo

import pytest

from nba_local.config import Config, load_config
from nba_local.errors import UsageError


@pytest.fixture(autouse=True)
def restored_environment():
    """What `.env` puts into the environment is gone after the test."""
    with mock.patch.dict(os.environ):
        yield


@pytest.fixture
def dotenv(tmp_path):
    return tmp_path / ".env"


def test_nothing_given_is_the_defaults(dotenv):
    assert load_config({}, dotenv) == Config(data="data")


def test_a_flag_wins_over_the_environment(monkeypatch, dotenv):
    monkeypatch.setenv("NBA_LOCAL_DATA", "environment")
    assert load_config({"data": "flag"}, dotenv).data == "flag"


def test_the_environment_wins_over_the_file(monkeypatch, dotenv):
    monkeypatch.setenv("NBA_LOCAL_DATA", "environment")
    dotenv.write_text("NBA_LOCAL_DATA=file\n")
    assert load_config({}, dotenv).data == "environment"


def test_a_flag_wins_over_the_file(dotenv):
    dotenv.write_text("NBA_LOCAL_DATA=file\n")
    assert load_config({"data": "flag"}, dotenv).data == "flag"


def test_the_file_wins_over_the_default(dotenv):
    dotenv.write_text("NBA_LOCAL_DATA=file\nNBA_LOCAL_RULES=production\n")
    config = load_config({}, dotenv)
    assert (config.data, config.rules) == ("file", "production")


def test_each_name_is_decided_on_its_own(monkeypatch, dotenv):
    dotenv.write_text("NBA_LOCAL_DATA=file\nNBA_LOCAL_TARGET=file\nNBA_LOCAL_WAREHOUSE=file\n")
    monkeypatch.setenv("NBA_LOCAL_TARGET", "environment")
    monkeypatch.setenv("NBA_LOCAL_WAREHOUSE", "environment")
    config = load_config({"warehouse": "flag"}, dotenv)
    assert (config.data, config.target, config.warehouse) == ("file", "environment", "flag")


def test_a_flag_that_was_not_given_does_not_count(monkeypatch, dotenv):
    monkeypatch.setenv("NBA_LOCAL_RULES", "production")
    assert load_config({"rules": None}, dotenv).rules == "production"


def test_an_empty_variable_is_not_set(monkeypatch, dotenv):
    monkeypatch.setenv("NBA_LOCAL_DATA", "")
    assert load_config({}, dotenv).data == "data"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("NBA_LOCAL_WAREHOSE", "NBA_LOCAL_WAREHOUSE"),
        ("NBA_LOCAL_RULE", "NBA_LOCAL_RULES"),
        ("NBA_LOCAL_BIGQUERY_STORE", "NBA_LOCAL_BIGQUERY_STORAGE"),
    ],
)
@pytest.mark.parametrize("where", ["environment", "file"])
def test_an_unknown_name_is_refused_with_the_one_that_was_meant(
    monkeypatch, dotenv, where, name, meant
):
    if where == "environment":
        monkeypatch.setenv(name, "x")
    else:
        dotenv.write_text(f"{name}=x\n")
    with pytest.raises(UsageError, match=f"unknown environment variable `{name}`") as refused:
        load_config({}, dotenv)
    assert f"did you mean `{meant}`?" in refused.value.message
    assert "NBA_LOCAL_TODAY" in refused.value.hint


def test_variables_of_others_are_none_of_our_business(monkeypatch, dotenv):
    monkeypatch.setenv("NBA_LOCALE", "en")
    dotenv.write_text("NBA_KEY=x\n")
    assert load_config({}, dotenv) == Config()


def test_the_file_also_sets_what_other_libraries_read(dotenv):
    dotenv.write_text("GOOGLE_APPLICATION_CREDENTIALS=key.json\n")
    with mock.patch.dict(os.environ):
        os.environ.pop("GOOGLE_APPLICATION_CREDENTIALS", None)
        load_config({}, dotenv)
        assert os.environ["GOOGLE_APPLICATION_CREDENTIALS"] == "key.json"


def test_today_is_read_as_a_date(monkeypatch, dotenv):
    monkeypatch.setenv("NBA_LOCAL_TODAY", "2021-11-15")
    assert load_config({}, dotenv).date == dt.date(2021, 11, 15)


@pytest.mark.parametrize("text", ["yesterday", "2021-11-31", "15.11.2021", "2021-22"])
def test_a_today_that_is_no_date_is_refused(text):
    with pytest.raises(UsageError, match=f"today is `{text}`, not a date") as refused:
        _ = Config(today=text).date
    assert refused.value.hint == "2021-11-15"


def test_without_today_it_is_the_date_of_the_leagues_clock():
    eastern = ZoneInfo("America/New_York")
    before = dt.datetime.now(eastern).date()
    date = Config().date
    assert before <= date <= dt.datetime.now(eastern).date()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_file_may_come_from_any_editor(tmp_path, encoding, end):
    file = tmp_path / ".env"
    file.write_bytes(end.join(["NBA_LOCAL_DATA=d\u00e9j\u00e0", "", "# more"]).encode(encoding))
    assert load_config({}, file).data == "d\u00e9j\u00e0"


@pytest.mark.parametrize(
    "content",
    [
        "NBA_LOCAL_DATA=there\n".encode("utf-16"),
        "NBA_LOCAL_DATA=d\u00e9j\u00e0\n".encode("latin-1"),
        b"NBA_LOCAL_DATA=a\0b\n",
    ],
    ids=["utf-16", "latin-1", "null"],
)
def test_a_file_that_is_no_text_is_refused_in_a_line(tmp_path, content):
    file = tmp_path / ".env"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="is not UTF-8 text; nothing was done"):
        load_config({}, file)


def test_a_file_that_may_not_be_read_is_refused_in_a_line(tmp_path, monkeypatch):
    file = tmp_path / ".env"
    file.write_text("NBA_LOCAL_DATA=there\n")

    def refuses(*_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as patched:
        patched.setattr("builtins.open", refuses)
        with pytest.raises(UsageError, match="cannot be read: Permission denied"):
            load_config({}, file)
