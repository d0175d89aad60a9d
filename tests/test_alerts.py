"""Alerts over real local servers: what arrives, to whom, and how often."""

from __future__ import annotations

import dataclasses
import datetime as dt
import http.server
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading

import polars as pl
import pytest

from nba_local.alerts import messages
from nba_local.alerts.messages import CRITICAL, INFO, WARNING, Message, Problem
from nba_local.alerts.send import FILE, MOST_AN_HOUR, listed, send
from nba_local.commands import road
from nba_local.config import AlertSettings, alert_settings
from nba_local.explain import facts
from nba_local.storage.ledger import Ledger
from nba_local.tables.calendar import Season
from nba_local.tables.results import BackfillResult, Plan
from tests.conftest import project_of, run_cli
from tests.seasons import PASSING, store
from tests.test_states import UPGC

KEY, SECRET = "AKIAEXAMPLEKEY", "the-secret-of-ses"
SENDER, ALL, ON_CALL = "alerts@example.com", ("a@example.com", "b@example.com"), ("c@example.com",)


@pytest.fixture(scope="module")
def mail():
    """A server that takes e-mails as Amazon SES does; its URL, and what it was sent."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.server import ThreadedMotoServer
    from moto.ses.models import ses_backends

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    backend = ses_backends[DEFAULT_ACCOUNT_ID]["us-west-2"]
    backend.verify_email_identity(SENDER)
    yield f"http://{host}:{port}", backend.sent_messages
    server.stop()


@pytest.fixture
def inbox(mail):
    """The e-mails of this test."""
    mail[1].clear()
    return mail[1]


class _Chat(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((self.path, json.loads(body)))
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def chat():
    """A server that takes webhooks; `posts` is what it got, `answer` the status it gives."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Chat)
    server.posts, server.answer = [], 200
    server.url = f"http://127.0.0.1:{server.server_address[1]}/services/T0/hush"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def settings(mail):
    return AlertSettings(
        ses_key=KEY,
        ses_secret=SECRET,
        ses_endpoint=mail[0],
        from_email=SENDER,
        from_name="Backfills",
        alerts_to=ALL,
        critical_to=ON_CALL,
    )


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "data"
    Ledger(root / "ledger.sqlite").close()
    return root


def message(tier, category="gap"):
    return Message(tier, category, f"[nba_local {tier.upper()}] {category}", "Eleven dates.")


# who gets what


@pytest.mark.parametrize(("tier", "recipients"), [(CRITICAL, ON_CALL), (WARNING, ALL), (INFO, ALL)])
def test_a_tier_goes_to_its_own_addresses(tier, recipients, settings, inbox, folder):
    sent = send(settings, folder, message(tier))
    assert [(d.channel, d.is_ok) for d in sent.deliveries] == [("e-mail", True)]
    (arrived,) = inbox
    assert tuple(arrived.destinations["ToAddresses"]) == recipients
    assert arrived.source == f"Backfills <{SENDER}>"
    assert arrived.subject == f"[nba_local {tier.upper()}] gap"
    assert arrived.body == "Eleven dates."


def test_a_warning_goes_to_chat_where_there_is_one_and_a_critical_one_everywhere(
    settings, inbox, folder, chat
):
    with_chat = dataclasses.replace(settings, webhooks={"SLACK_WEBHOOK_URL": chat.url})
    send(with_chat, folder, message(WARNING))
    assert (len(chat.posts), len(inbox)) == (1, 0)
    path, body = chat.posts[0]
    assert path == "/services/T0/hush"
    assert body == {"text": "*[nba_local WARNING] gap*\nEleven dates."}
    send(with_chat, folder, message(CRITICAL))
    assert (len(chat.posts), len(inbox)) == (2, 1)
    send(with_chat, folder, message(INFO))
    assert (len(chat.posts), len(inbox)) == (2, 2)


def test_a_tier_may_have_a_chat_of_its_own(folder, chat):
    webhooks = {
        "DISCORD_WEBHOOK_URL": "https://127.0.0.1:9/never",
        "DISCORD_WEBHOOK_URL_CRITICAL": f"{chat.url}/oncall",
    }
    send(AlertSettings(webhooks=webhooks), folder, message(CRITICAL))
    assert chat.posts == [
        ("/services/T0/hush/oncall", {"content": "*[nba_local CRITICAL] gap*\nEleven dates."})
    ]


def test_settings_come_from_dotenv_by_productions_names(tmp_path, monkeypatch):
    names = {
        "AWS_SES_ACCESS_KEY_ID": KEY,
        "AWS_SES_SECRET_ACCESS_KEY": SECRET,
        "AWS_SES_FROM_EMAIL": SENDER,
        "EMAIL_ALERTS_TO": "a@example.com, b@example.com",
        "EMAIL_CRITICAL_TO": "c@example.com",
        "SLACK_ALERTS_ENABLED": "true",
        "SLACK_WEBHOOK_URL_CRITICAL": "https://hooks.example.com/hush",
        "DISCORD_WEBHOOK_URL": "https://discord.example.com/not-enabled",
    }
    for name in names:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)  # undone afterwards, whatever .env sets
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in names.items()))
    found = alert_settings(tmp_path / ".env")
    assert (found.ses_key, found.ses_region, found.from_name) == (KEY, "us-west-2", "nba_local")
    assert (found.recipients(CRITICAL), found.recipients(INFO)) == (ON_CALL, ALL)
    assert found.chats(CRITICAL) == {"slack": "https://hooks.example.com/hush"}
    assert found.chats(WARNING) == {}
    assert SECRET not in repr(found)
    monkeypatch.setenv("EMAIL_ALERTS_ENABLED", "false")
    assert alert_settings(tmp_path / ".env").recipients(CRITICAL) == ()


# how often


def test_a_category_is_sent_five_times_an_hour_and_critical_ones_always(settings, inbox, folder):
    sent = [send(settings, folder, message(WARNING)) for _ in range(MOST_AN_HOUR + 2)]
    assert [one.is_limited for one in sent] == [False] * MOST_AN_HOUR + [True, True]
    assert len(inbox) == MOST_AN_HOUR
    assert not send(settings, folder, message(WARNING, "another")).is_limited
    for _ in range(MOST_AN_HOUR + 2):
        assert not send(settings, folder, message(CRITICAL)).is_limited
    with sqlite3.connect(folder / "ledger.sqlite") as ledger:
        ledger.execute("UPDATE alerts SET sent_at = '2021-11-05' WHERE tier = 'warning'")
    ledger.close()
    assert not send(settings, folder, message(WARNING)).is_limited  # another hour
    kept = [json.loads(line) for line in (folder / FILE).read_text().splitlines()]
    assert sum(one["is_limited"] for one in kept) == 2  # held back is not forgotten
    assert len(listed(folder, 100)) == len(kept)


@pytest.mark.slow
def test_the_limit_holds_across_processes(settings, inbox, folder, mail):
    environment = {
        "NBA_LOCAL_SES_ENDPOINT": mail[0],
        "AWS_SES_ACCESS_KEY_ID": KEY,
        "AWS_SES_SECRET_ACCESS_KEY": SECRET,
        "AWS_SES_FROM_EMAIL": SENDER,
        "EMAIL_ALERTS_TO": ALL[0],
    }
    for _ in range(MOST_AN_HOUR):
        send(settings, folder, message(INFO, "test info"))
    done = run_cli("alerts", "test", "--tier", "info", "--data", str(folder), env=environment)
    assert (done.returncode, len(inbox)) == (1, MOST_AN_HOUR)
    assert "not sent; rate-limited: 5 per hour and category" in done.stdout
    done = run_cli("alerts", "test", "--tier", "critical", "--data", str(folder), env=environment)
    assert (done.returncode, len(inbox)) == (0, MOST_AN_HOUR + 1)
    assert "ok    e-mail: sent to 1 addresses" in done.stdout
    shown = run_cli("alerts", "list", "--data", str(folder))
    assert "[nba_local CRITICAL] test" in shown.stdout


# what fails


def test_a_channel_that_fails_is_said_and_names_no_secret(folder, chat, settings, capsys, inbox):
    chat.answer = 403
    broken = dataclasses.replace(
        settings,
        from_email="nobody@unverified.example",
        webhooks={"SLACK_WEBHOOK_URL": chat.url, "DISCORD_WEBHOOK_URL": "http://far.example/hush"},
    )
    sent = send(broken, folder, message(CRITICAL))
    assert [d.is_ok for d in sent.deliveries] == [False, False, False]
    said = capsys.readouterr().err
    assert "alert not sent by slack: 127.0.0.1 answered 403" in said
    assert "alert not sent by discord: its webhook is not an https address" in said
    assert "alert not sent by e-mail: SES refused it: MessageRejected" in said
    kept = (folder / FILE).read_text() + str(listed(folder, 9))
    for secret in (KEY, SECRET, "hush"):
        assert secret not in said + kept
    assert inbox == []


def test_a_server_that_is_gone_is_no_error_of_the_run(folder, settings):
    gone = dataclasses.replace(settings, ses_endpoint="http://127.0.0.1:9")
    (delivery,) = send(gone, folder, message(CRITICAL)).deliveries
    assert (delivery.is_ok, delivery.said) == (
        False,
        "SES was not reached: EndpointConnectionError",
    )


def test_an_alert_that_cannot_be_kept_does_not_hide_the_error_of_the_run(folder, capsys):
    (folder / FILE).mkdir()  # a file that cannot be written to, as on a full disk
    sent = send(AlertSettings(), folder, message(CRITICAL))
    assert sent.deliveries == ()
    assert f"alert not kept in {folder}: " in capsys.readouterr().err


def test_a_folder_that_may_only_be_read_is_told_by_the_run_alone(folder, capsys, monkeypatch):
    access = os.access
    monkeypatch.setattr(os, "access", lambda p, mode: mode != os.W_OK and access(p, mode))
    send(AlertSettings(), folder, Message(CRITICAL, "test", "subject", "body"), is_said=False)
    assert capsys.readouterr().err == ""
    assert not (folder / FILE).exists()


def test_nothing_of_amazon_is_imported_where_nothing_is_configured(folder):
    code = (
        "import sys; from nba_local.cli.app import app; from typer.testing import CliRunner; "
        f"CliRunner().invoke(app, ['alerts', 'test', '--data', {str(folder)!r}]); "
        "print('boto3' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# grouping


def test_eleven_dates_of_one_cause_are_one_message():
    days = tuple(dt.date(2021, 11, 5) + dt.timedelta(days=n) for n in range(11))
    cause, typed = "the warehouse had no rows in upcoming_player_game_context", ("nba-local pull",)
    found = messages.grouped(
        [
            Problem(WARNING, "gap", cause, "player_daily_cache", days, typed),
            Problem(WARNING, "gap", cause, "player_composite_factors", days, typed),
            Problem(
                CRITICAL, "quarantine", "a claim does not hold", "ml_feature_store_v2", days[:1]
            ),
        ]
    )
    assert [one.tier for one in found] == [CRITICAL, WARNING]
    assert found[1].subject == f"[nba_local WARNING] gap: {cause} (22 dates of 2 tables)"
    assert found[1].body == (
        f"{cause}\n\n"
        "player_daily_cache: 11 dates: 2021-11-05..2021-11-15\n"
        "player_composite_factors: 11 dates: 2021-11-05..2021-11-15\n\n"
        "next:\n  nba-local pull"
    )


# runs


@pytest.fixture
def season(seasons, tmp_path, monkeypatch, mail):
    """Simulated weeks, whose context lacks three dates; alerts go to the mail server."""

    def make(folder):
        tables = dict(seasons.simulated().tables)
        gone = [dt.date(2021, 11, day) for day in (9, 10, 12)]
        tables[UPGC] = tables[UPGC].filter(~pl.col("game_date").is_in(gone))
        store(folder / "warehouse", tables, dt.date(2021, 11, 15))
        road.pull(project_of(folder / "data", f"file://{folder}/warehouse"), ["2021-22"], [])

    shutil.copytree(seasons.once("alerts", make), tmp_path, ignore=PASSING, dirs_exist_ok=True)
    monkeypatch.setenv("NBA_LOCAL_SES_ENDPOINT", mail[0])
    monkeypatch.setenv("AWS_SES_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SES_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SES_FROM_EMAIL", SENDER)
    monkeypatch.setenv("EMAIL_ALERTS_TO", ",".join(ALL))
    monkeypatch.setenv("EMAIL_CRITICAL_TO", ",".join(ON_CALL))
    return project_of(tmp_path / "data", f"file://{tmp_path}/warehouse")


@pytest.mark.slow
def test_a_backfill_sends_one_summary_with_the_causes_of_its_gaps(season, inbox):
    road.backfill(season, ["2021-22"], [])
    (arrived,) = inbox
    assert arrived.subject == "[nba_local WARNING] backfill: 1 causes of gaps"
    assert "the warehouse had no rows in upcoming_player_game_context" in arrived.body
    assert "  player_daily_cache: 3 dates: 2021-11-09..2021-11-10, 2021-11-12" in arrived.body
    assert "  fix: nba-local pull 2021-22" in arrived.body
    road.backfill(season, ["2021-22"], [])  # nothing to do, nothing to tell
    assert len(inbox) == 1


@pytest.mark.slow
def test_a_message_per_cause_and_silence_are_sent_when_asked_for(season, inbox):
    force = road.BackfillOptions(force=True, alerts="none")
    road.backfill(season, ["2021-22"], [], options=force)
    assert inbox == []
    every = road.BackfillOptions(force=True, alerts="every")
    road.backfill(season, ["2021-22"], [], options=every)
    subjects = [one.subject for one in inbox]
    assert len(subjects) == 2  # the cause, however many dates and tables, and the summary
    assert subjects[0].startswith("[nba_local WARNING] gap: the warehouse had no rows in")


def test_a_pull_that_fails_is_critical_and_what_was_typed_wrong_is_not(season, inbox, tmp_path):
    shutil.rmtree(tmp_path / "warehouse")
    with pytest.raises(Exception, match="warehouse"):
        road.pull(season, ["2021-22"], [])
    (arrived,) = inbox
    assert tuple(arrived.destinations["ToAddresses"]) == ON_CALL
    assert arrived.subject.startswith("[nba_local CRITICAL] pull failed: ")
    with pytest.raises(Exception, match="did you mean"):
        road.backfill(season, ["2021-22"], ["player_daily_cach"])
    assert len(inbox) == 1


def test_a_pull_that_keeps_what_is_gone_is_critical_and_says_what_to_type(season, inbox, tmp_path):
    file = tmp_path / "warehouse" / UPGC / "season=2021.parquet"
    rows = pl.read_parquet(file)
    gone = [dt.date(2021, 11, day) for day in range(1, 7)]
    rows.filter(~pl.col("game_date").is_in(gone)).write_parquet(file)
    assert road.pull(season, ["2021-22"], []).held
    (arrived,) = inbox
    assert tuple(arrived.destinations["ToAddresses"]) == ON_CALL
    assert arrived.subject == f"[nba_local CRITICAL] pull: rows are gone, kept here: {UPGC}"
    assert f"kept as it was: {UPGC} 2021-22: gone from the warehouse: " in arrived.body
    assert " dates (6 dates: 2021-11-01..2021-11-06)\n" in arrived.body
    assert f"  nba-local pull --season 2021-22 --accept-gone {UPGC}" in arrived.body
    rows.write_parquet(file)
    assert not road.pull(season, ["2021-22"], []).held
    assert len(inbox) == 1


@pytest.mark.slow
def test_sources_that_were_not_checked_are_named_in_the_summary(season, inbox, monkeypatch):
    table = season.registry.table(UPGC)
    monkeypatch.setattr(facts, "unchecked", lambda _, seasons: [(table, s) for s in seasons])
    every = road.BackfillOptions(alerts="every")
    road.backfill(season, ["2021-22"], [], options=every)
    told = f"2021-22: not checked, so a cause may be hidden: {UPGC}"
    command = f"  nba-local check 2021-22 --tables {UPGC}"
    (one,) = [m for m in inbox if m.subject.startswith("[nba_local WARNING] not checked: ")]
    assert told in one.body
    assert command in one.body
    assert told in inbox[-1].body
    assert command in inbox[-1].body
    assert inbox[-1].subject == "[nba_local WARNING] backfill: 1 causes of gaps"


def test_a_backfill_that_is_whole_but_not_checked_is_a_warning():
    result = BackfillResult("backfill-1", Plan("corrected", {}, ()), ())
    assert messages.summary(result, []).tier == INFO
    unchecked = messages.not_checked({Season(2021): ("games",), Season(2022): ()})
    found = messages.summary(result, [], unchecked)
    assert found.tier == WARNING
    assert found.subject == "[nba_local WARNING] backfill: sources were not checked"
