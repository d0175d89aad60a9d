"""Nothing of a credential is said, logged or stored, whatever a server quotes of it."""

from __future__ import annotations

import json
import shutil
import sys
import urllib.parse

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from nba_local.warehouse.bigquery import connection as bigquery_connection
from tests.faults.faults import Answer, Fault, Reply, Status
from tests.faults.layer import Layer
from tests.faults.league import SEASON, SOURCE, League

pytestmark = [pytest.mark.bigquery, pytest.mark.slow]

EMAIL = f"robot@{SOURCE}.iam.gserviceaccount.com"
KEY_ID = "0123456789abcdef0123456789abcdef01234567"
PASSWORD = "correct-horse-battery-staple"
TOKEN = "one-opaque.token/of+no=known_form"
GRANTED = Fault(
    "POST /token",
    Reply(200, json.dumps({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})),
)


@pytest.fixture(scope="module")
def league(bigquery_server, tmp_path_factory):
    before = sys.path[:]
    yield League(bigquery_server, tmp_path_factory.mktemp("secretive"), "secretive_league")
    sys.path[:] = before


@pytest.fixture(scope="module")
def proxies(bigquery_server):
    layer = Layer(bigquery_server)
    yield layer
    layer.close()


@pytest.fixture
def layer(proxies, monkeypatch):
    monkeypatch.setattr(bigquery_connection, "LOCAL_SECONDS", 1.0)
    monkeypatch.setattr(bigquery_connection, "SECONDS", 1.0)
    proxies.play()
    return proxies


@pytest.fixture(scope="module")
def key():
    """A private key as Google's files hold it."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


class Account:
    """A service account whose tokens come from the proxy, and all that may not be seen of it."""

    def __init__(self, layer, folder, key, capfd):
        self.layer, self.key, self.data, self._capfd = layer, key, folder / "data", capfd
        self.file = folder / "account.json"
        self.write(key)

    def write(self, key):
        """The file as Google gives it out."""
        content = {
            "type": "service_account",
            "project_id": SOURCE,
            "private_key_id": KEY_ID,
            "private_key": key,
            "client_email": EMAIL,
            "client_id": "1",
            "token_uri": f"http://{self.layer.rest.address}/token",
        }
        self.file.write_text(json.dumps(content))

    @property
    def environment(self):
        """BigQuery as Google's own libraries find it: with this account, at the proxy."""
        return {
            "GOOGLE_APPLICATION_CREDENTIALS": str(self.file),
            "BIGQUERY_EMULATOR_HOST": f"http://{self.layer.rest.address}",
        }

    @property
    def secrets(self):
        """The account, its key line by line, and every token and assertion that was sent."""
        lines = [line for line in self.key.splitlines() if not line.startswith("-----")]
        sent = [urllib.parse.parse_qs(b.decode()) for b in self.layer.bodies("POST /token")]
        assertions = [values["assertion"][0] for values in sent]
        return [EMAIL, KEY_ID, TOKEN, PASSWORD, "PRIVATE KEY", *lines, *assertions]

    def run(self, league, *words, environment=None):
        """What a command says; no secret in it, in what libraries printed, or in any file."""
        given = self.environment if environment is None else environment
        done = league.run(*words, data=self.data, environment=given)
        printed = self._capfd.readouterr()
        places = {"stdout": done.out, "stderr": done.err, "file 1": printed.out}
        places["file 2"] = printed.err
        for file in self.data.rglob("*"):
            if file.is_file():
                places[str(file)] = file.read_bytes().decode("latin-1")
        found = [(s, place) for s in self.secrets for place in places if s in places[place]]
        assert found == []
        return done

    def ledger(self):
        """The bytes of the ledger."""
        return b"".join(file.read_bytes() for file in self.data.glob("ledger.sqlite*"))


@pytest.fixture
def account(layer, tmp_path, key, capfd):
    return Account(layer, tmp_path, key, capfd)


QUOTED = Answer(403, "accessDenied", f"Access Denied: {EMAIL} with ", echo="Authorization")


@pytest.mark.parametrize(
    ("call", "answer", "said"),
    [
        (
            "GET .*/tables/scores",
            QUOTED,
            "Access Denied: (hidden) with (hidden); nothing was read, nothing removed",
        ),
        (
            "GET .*/tables/scores",
            Answer(401, "authError", "Bad: ", echo="Authorization"),
            "Bad: (hidden); nothing was read, nothing removed",
        ),
        (
            "POST .*/queries",
            Answer(503, "", "Bad: ", echo="Authorization"),
            "Bad: (hidden), tried again until the time was up; nothing was read",
        ),
    ],
    ids=["denied", "expired", "unavailable"],
)
def test_a_token_that_a_pull_is_told_is_hidden(league, account, call, answer, said):
    account.layer.play(GRANTED, Fault(call, answer))
    done = account.run(league, "pull", SEASON)
    assert done.code == 1
    assert done.error.endswith(f" failed: {said}")
    assert account.layer.count("POST /token") >= 1
    assert account.layer.count(call) >= 1
    if call != "POST .*/queries":  # the first call: nothing is created before it
        assert b"(hidden)" in account.ledger()


def test_a_token_that_a_push_is_told_is_hidden(league, account):
    shutil.copytree(league.data, account.data)
    account.layer.play(GRANTED, Fault("POST /upload/.*", QUOTED))
    target = ("--to", "bigquery://secretive-target")
    done = account.run(league, "push", SEASON, "--yes", *target)
    assert done.code == 1
    said = " failed: Access Denied: (hidden) with (hidden); nothing was pushed"
    assert done.error.endswith(said)
    assert said.encode() in account.ledger()
    account.run(league, "history")


def test_an_account_that_is_refused_a_token_is_not_quoted(league, account):
    text = {"error": "invalid_grant", "error_description": f"Invalid JWT of {EMAIL}: {TOKEN}"}
    account.layer.play(Fault("POST /token", Reply(400, json.dumps(text))))
    done = account.run(league, "pull", SEASON)
    assert done.code == 1
    assert done.error == (
        f"asking bigquery://{SOURCE} for the time failed: Google does not know who you are "
        "(RefreshError); nothing was read"
    )
    assert "gcloud auth application-default login" in done.hint
    assert account.layer.count("POST .*/queries") == 0


def test_a_key_that_cannot_be_read_is_not_quoted(league, account, key):
    account.write(key.replace("A", "?"))
    done = account.run(league, "pull", SEASON)
    assert done.code == 1
    assert "Google does not know who you are" in done.error


def test_a_token_that_the_storage_service_quotes_is_hidden(league, account):
    quoted = f"token ya29.a0Af_{PASSWORD} of {EMAIL} has no access"
    account.layer.play(Fault("CreateReadSession", Status("PERMISSION_DENIED", quoted)))
    done = account.run(league, "pull", SEASON, environment=account.layer.environment)
    assert done.code == 1
    assert done.error.endswith("(hidden) of (hidden) has no access; no rows were read")


def test_a_password_in_an_endpoint_is_hidden(league, account):
    given = account.layer.environment
    given["NBA_LOCAL_BIGQUERY_REST"] = f"http://me:{PASSWORD}@127.0.0.1:9"
    done = account.run(league, "pull", SEASON, environment=given)
    assert done.code == 1
    assert "nothing answers at 127.0.0.1:9" in done.error


def test_nothing_of_the_account_is_kept_when_all_goes_well(league, account, monkeypatch):
    for limit in ("LOCAL_SECONDS", "SECONDS"):  # nothing is meant to fail, on a busy machine either
        monkeypatch.setattr(bigquery_connection, limit, 60.0)
    given = {**account.environment, **account.layer.environment}
    target = ("--to", "bigquery://secretive-target")
    for words in (
        ("pull", SEASON),
        ("backfill", SEASON),
        ("push", SEASON, "--yes", *target),
        ("doctor",),
        ("history", "--json"),
        ("status",),
    ):
        done = account.run(league, *words, environment=given)
        assert done.code == 0, done.err
