"""A foreign answer at each request of a whole push, and at all from there on, by number."""

from __future__ import annotations

import itertools
import sys

import pytest

from nba_local.warehouse.bigquery.connection import Connection
from tests.faults.faults import EVERY, Fault, Reply
from tests.faults.layer import Layer
from tests.faults.league import League, Target
from tests.test_push_answers import BODIES

pytestmark = [pytest.mark.bigquery, pytest.mark.slow]

REST = "(GET|POST|PUT|PATCH|DELETE) .*"


@pytest.fixture(scope="module")
def league(bigquery_server, tmp_path_factory):
    before = sys.path[:]
    yield League(bigquery_server, tmp_path_factory.mktemp("league"), "answering_league")
    sys.path[:] = before


@pytest.fixture(scope="module")
def layer(bigquery_server):
    made = Layer(bigquery_server)
    yield made
    made.close()


@pytest.fixture
def hasty(monkeypatch):
    """Calls that fail are tried again for a second only; a slow server is waited for as ever."""
    opened = Connection.__init__

    def open_hastily(self, *arguments):
        opened(self, *arguments)
        self.limits["retry"] = self.limits["retry"].with_timeout(1.0)

    monkeypatch.setattr(Connection, "__init__", open_hastily)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("body", BODIES, ids=lambda body: body or "empty")
@pytest.mark.parametrize("ever", [False, True], ids=["once", "from there on"])
def test_a_push_met_by_foreign_answers_is_whole_or_refused_and_the_next_is_whole(  # noqa: PLR0913
    league, layer, tmp_path, caplog, body, ever
):
    """The bodies take turns: each of the four goes through every fourth request."""
    wanted = league.published(league.data)
    for number in itertools.count(1 + BODIES.index(body), len(BODIES)):
        target = Target(league, layer, tmp_path / str(number))
        caplog.clear()
        layer.play(Fault(REST, Reply(200, body), EVERY[number - 1 :] if ever else (number,)))
        done = target.push()
        met = layer.count(REST)
        layer.play()
        where = f"request {number}: {done.err}"
        assert done.code in ({0, 1} if ever else {0}), where
        if done.code:
            assert "not BigQuery's" in done.error, where
            assert done.hint, where
            again = target.push()
            assert again.code == 0, f"{where}\n{again.err}"
        elif "was not freed" in caplog.text:
            assert target.push("--overwrite-stale").code == 0, where
        assert target.rows() == wanted, where
        staging = {name for name in target.tables() if "staging" in name}
        assert target.tables() - staging == {"form", "peaks"}, where
        target.client.close()
        if met < number:
            break
    assert number > len(BODIES) * 5
