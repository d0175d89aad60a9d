"""A foreign answer at each request of a whole push, or at all from there on, by number.

Eight sorts of it take turns, so that a run meets each request with one and each kind of request
with several; where they begin is drawn anew in each run.
"""

from __future__ import annotations

import itertools
import random
import sys

import pytest

from nba_local.warehouse.bigquery.connection import Connection
from tests.faults.faults import EVERY, Fault, Reply
from tests.faults.layer import Layer
from tests.faults.league import League, Target
from tests.test_push_answers import BODIES

pytestmark = [pytest.mark.bigquery, pytest.mark.slow]

REST = "(GET|POST|PUT|PATCH|DELETE) .*"
SORTS = [(body, ever) for body in BODIES for ever in (False, True)]
FIRST = random.SystemRandom().randrange(len(SORTS))
"""The sort that the first request meets."""


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
@pytest.mark.parametrize(
    "sort",
    range(len(SORTS)),
    ids=[f"{'from there on' if ever else 'once'}-{body or 'empty'}" for body, ever in SORTS],
)
def test_a_push_met_by_foreign_answers_is_whole_or_refused_and_the_next_is_whole(
    league, layer, tmp_path, caplog, sort
):
    body, ever = SORTS[sort]
    wanted = league.published(league.data)
    for number in itertools.count(1 + (sort - FIRST) % len(SORTS), len(SORTS)):
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
        # where its removal was met, a staging table is left, and told; the target is whole
        found = {name: rows for name, rows in target.rows().items() if "staging" not in name}
        assert found == wanted, where
        target.client.close()
        if met < number:
            break
    assert number > 20
