"""A headless Chromium for tests of the page, which may talk to this machine only."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


def chromium() -> str:
    """The installed browser; without one tests are skipped, but not where CI has installed it."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    if os.environ.get("CI"):
        pytest.fail("no Chromium, although .ci/run installs one")
    pytest.skip("no Chromium on this machine: apt-get install chromium")


@contextmanager
def launched():
    """A browser for as long as the block lasts."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


@contextmanager
def tab(browser, url: str, **options):
    """An open page that has shown its dates; what it asks for lies on this machine, without errors.

    Requests to anywhere else are cut off, so that they are seen and go nowhere.
    """
    asked, said = [], []
    context = browser.new_context(viewport={"width": 1600, "height": 1000}, **options)
    context.set_default_timeout(10_000)
    host = urlsplit(url).netloc

    def passed(route):
        asked.append(route.request.url)
        if urlsplit(route.request.url).netloc == host:
            route.continue_()
        else:
            route.abort()

    context.route("**/*", passed)
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(url)
    page.locator("[role=gridcell]").first.wait_for(state="attached")
    try:
        yield page
        assert asked
        assert {urlsplit(one).netloc for one in asked} == {host}
        assert said == []
    finally:
        context.close()
