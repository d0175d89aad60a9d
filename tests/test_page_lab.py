"""The lab on the page: trials, verdicts, intervals, pictures; what others wrote stays text."""

from __future__ import annotations

import re

import pytest

from nba_local.lab import html
from nba_local.lab.ledger import LabLedger
from nba_local.lab.results import Found, How, Trial
from nba_local.lab.verdict import Verdict
from nba_local.page import document
from nba_local.page.lab import trial, trials
from nba_local.page.view import Flags
from tests.browser import launched, tab
from tests.conftest import slow
from tests.page_trials import judged, with_trials
from tests.seasons import AUTUMN, copied
from tests.test_page import SEASON, served


@pytest.fixture(scope="module")
def project(seasons, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trials") / "data"
    made = copied(seasons.backfilled(AUTUMN), folder)
    with_trials(folder, short())
    return made


@pytest.fixture(scope="module")
def browser():
    with launched() as found:
        yield found


def test_the_newest_trial_comes_first_with_its_interval(tmp_path):
    with_trials(tmp_path)
    found = trials(tmp_path)
    assert [one["verdict"] for one in found] == ["NOISE", "LIFT", "LEAK"]
    assert found[1]["difference"] == {
        "mean": -0.0153,
        "low": pytest.approx(-0.0203),
        "high": pytest.approx(-0.0103),
    }
    assert found[2]["difference"] is None


def test_a_folder_without_a_trial_has_none(tmp_path):
    assert trials(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_the_ledger_is_read_without_a_write(tmp_path):
    with_trials(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "lab").iterdir()}
    assert len(LabLedger(tmp_path / "lab").entries()) == 3
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "lab").iterdir()} == before


def test_a_trial_of_the_ledger_has_every_picture_of_a_new_one(tmp_path):
    with_trials(tmp_path)
    told = trial(tmp_path, 2)["html"]
    for head in ("rows with a value", "distribution", "What the baseline says already",
                 "Difference in error", "Importance"):  # fmt: skip
        assert head in told
    assert told.count("<svg") == 4
    assert "style=" not in told  # the page's policy allows no such attribute


def short():
    """What a model says of too few dates for an interval: infinity, which is text in JSON."""
    wide = {"low": "-inf", "high": "inf", "visible": "inf"}
    one = judged(-0.01)
    one["pooled"] = one["seasons"]["2021-22"] = {**one["pooled"], **wide}
    return one


def test_a_trial_of_too_few_dates_is_shown_without_an_interval(tmp_path):
    """The mean is shown all the same."""
    with_trials(tmp_path, short())
    newest, *_ = trials(tmp_path)
    assert newest["difference"] == {"mean": -0.01, "low": None, "high": None}
    told = trial(tmp_path, newest["trial"])["html"]
    assert told.count("-0.0100") == 3  # the season, all seasons, against noise
    assert "inf" not in told
    assert "nan" not in told


def test_a_new_trial_and_a_stored_one_are_drawn_alike(tmp_path):
    with_trials(tmp_path)
    entry = LabLedger(tmp_path / "lab").entry(2)
    record = entry.record
    new = Trial(
        2, entry.target, entry.hypothesis, tuple(record["seasons"]), tuple(record["columns"]),
        tuple(record["added"]), How(), Verdict(entry.verdict, tuple(record["reasons"])),
        Found(**record["found"]), record["rows"], record["judged_rows"],
    )  # fmt: skip
    assert html.fragment(new).endswith(html.recorded(entry))


@pytest.mark.parametrize("place", ["served", slow("file")])
def test_trials_are_listed_and_opened(place, browser, project, tmp_path):
    path = tmp_path / "page.html"
    document.write(project, [SEASON], path, Flags())
    with served(project) as url:
        address = {"served": url, "file": path.as_uri()}[place]
        with tab(browser, f"{address}#season={SEASON}&view=lab") as page:
            rows = page.locator(".trials tbody tr")
            rows.first.wait_for()
            assert page.locator(".verdict").all_inner_texts() == [
                *("NOISE", "NOISE", "LIFT", "LEAK")
            ]
            assert "-0.0100 (too few dates for an interval)" in rows.first.inner_text()
            assert "-0.0153 [-0.0203, -0.0103]" in rows.nth(2).inner_text()
            page.locator("[data-trial='2']").press("Enter")
            page.locator(".report .word", has_text="LIFT").wait_for()
            assert page.locator(".report svg").count() == 4
            chart = page.locator("#lab .picture")
            chart.focus()
            page.keyboard.press("End")
            assert re.match("trial 3: NOISE, to: ", chart.get_attribute("aria-valuetext"))
            page.keyboard.press("Enter")
            page.locator(".report .word", has_text="NOISE").wait_for()
            assert page.locator("img").count() == 0
            assert page.evaluate("page.evil ?? null") is None
            assert "<img src=x" in page.locator(".report").inner_text()
