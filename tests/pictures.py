"""Takes the pictures of the page that README.md shows: `just pictures`.

The calendar and a cause are those of the demo's season, the trial is that of `lab demo lift`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.browser import launched
from tests.conftest import ROOT, project_of
from tests.test_page import served

SIZE = {"width": 1400, "height": 800}
PLACE = ROOT / "nba_local" / "page"
NAMED = """name => {
  byId('folder').textContent = name;
  for (const code of document.querySelectorAll('code'))
    code.textContent = code.textContent.replace('--data D', `--data ${name}`);
}"""
"""The folder is called as one who types the commands of the README calls it."""

CAUSE = "#season=2021-22&table=ml_feature_store_v2&date=2021-12-18"
"""A date that lacks rows because a source table had none."""


def taken(demo: Path, lab: Path) -> None:
    """Write the pictures of the data folders `demo` and `lab`."""
    with launched() as browser:
        for folder, name, place, shown in (
            (demo, "calendar", "#season=2021-22", ".cause"),
            (demo, "cause", CAUSE, "#why"),
            (lab, "trial", "#view=lab&trial=1", ".report .word"),
        ):
            with served(project_of(folder)) as url:
                page = browser.new_page(viewport=SIZE, color_scheme="light")
                page.goto(url + place)
                page.locator(shown).first.wait_for()
                page.wait_for_load_state("networkidle")
                page.evaluate(NAMED, f"{folder.parent.name}/data")
                page.screenshot(path=PLACE / f"{name}.png", animations="disabled")
                page.close()


if __name__ == "__main__":
    taken(*(Path(name).resolve() / "data" for name in sys.argv[1:3]))
