"""The page for everybody: axe-core finds no serious fault, wide and narrow, in light and dark."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser import launched, tab
from tests.conftest import slow
from tests.page_trials import with_trials
from tests.seasons import AUTUMN, copied
from tests.test_page import LOST, MLFS, SEASON, served

WIDTHS = {1400: 900, 390: 844}
VIEWS = ("calendar", "readiness", "tables", "lab", "runs")
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def url(seasons, tmp_path_factory):
    folder = tmp_path_factory.mktemp("access") / "data"
    project = copied(seasons.backfilled(AUTUMN), folder)
    with_trials(folder)
    with served(project) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    with launched() as found:
        yield found


def faults(page):
    """The serious faults that axe-core finds in what is shown, each with its first element."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]} {one['nodes'][0]['failureSummary']}"
        for one in found
        if one["impact"] in SERIOUS
    ]


@pytest.mark.parametrize(
    ("width", "scheme", "views"),
    [
        (390, "dark", VIEWS[:1]),
        slow(1400, "light", VIEWS),
        slow(390, "dark", VIEWS),
    ],
)
def test_axe_finds_no_serious_fault(width, scheme, views, browser, url):
    size = {"width": width, "height": WIDTHS[width]}
    with tab(browser, f"{url}#season={SEASON}", color_scheme=scheme) as page:
        page.set_viewport_size(size)
        page.emulate_media(reduced_motion="reduce")
        page.locator("#sources summary").click()
        for view in views:
            page.locator(f"#tab-{view}").click()
            page.locator(f"#{view} > *").first.wait_for()
            page.wait_for_load_state("networkidle")
            if view == "lab":
                page.locator("[data-trial='2']").click()
                page.locator(".report .word").wait_for()
            assert faults(page) == [], view
        page.locator("#tab-calendar").click()
        page.locator(".cause").first.click()
        assert faults(page) == [], "a cause"
        page.evaluate(f"page.open('{MLFS}', '{LOST}')")
        page.locator("#checks").wait_for()
        assert faults(page) == [], "a date"


def test_axe_is_really_run(browser, url):
    with tab(browser, f"{url}#season={SEASON}") as page:
        page.evaluate("byId('top').append(el('img', { alt: null }))")
        assert "image-alt" in faults(page)[0]
