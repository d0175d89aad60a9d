"""The page as a person uses it: clicks, keys, both color schemes, served and as a file."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import polars as pl
import pytest

from nba_local.commands import explain, pushes
from nba_local.explain import states
from nba_local.page import document
from nba_local.page.distributions import distributions
from nba_local.page.server import Answers, Server, Watch
from nba_local.page.view import Flags
from nba_local.report.coverage import SYMBOLS
from nba_local.storage.ledger import Ledger
from nba_local.tables.calendar import Season
from tests.browser import launched, tab
from tests.conftest import ROOT, project_of, run_cli, slow
from tests.seasons import AUTUMN as UNTIL
from tests.seasons import PASSING
from tests.ten_seasons import ten_seasons

SEASON, BEFORE, FIRST = "2021-22", "2020-21", "2012-13"
LOST = "2021-12-18"
"""A date with games on which, as planted, `upcoming_player_game_context` has no rows."""
MLFS, PDC, UPGC = "ml_feature_store_v2", "player_daily_cache", "upcoming_player_game_context"
FEATURES = 5


@pytest.fixture(scope="module")
def one_season(seasons):
    """A simulated season up to a date, pulled and backfilled, with faults planted in it."""
    return seasons.backfilled(UNTIL)


@pytest.fixture(scope="module")
def project(one_season, tmp_path_factory):
    """That season, and one more like it before."""
    folder = tmp_path_factory.mktemp("two") / "data"
    return ten_seasons(one_season.store.root, folder, range(2020, 2022))


@contextmanager
def served(project):
    """The address of the page of a data folder, while the block lasts."""
    with Server(Answers(project, Flags(" --data D", " --data D")), 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def url(project):
    with served(project) as address:
        yield address


@pytest.fixture(scope="module")
def url_of_ten(one_season, tmp_path_factory):
    """The same with nine seasons before."""
    folder = tmp_path_factory.mktemp("ten") / "data"
    with served(ten_seasons(one_season.store.root, folder)) as address:
        yield address


@pytest.fixture(scope="module")
def file(project, tmp_path_factory):
    """The address of the page of one season as a file."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    document.write(project, [SEASON], path, Flags(" --data D", " --data D"))
    return path.as_uri()


@pytest.fixture(scope="module")
def browser():
    with launched() as found:
        yield found


@pytest.fixture(scope="module")
def covered(project):
    (found,) = explain.coverage(project, [SEASON])
    return found


def cell(page, table, date):
    """A date in the calendar of a table."""
    day = dt.date.fromisoformat(date)
    grid = page.get_by_role("grid", name=re.compile(rf"^{table}, "))
    return grid.locator(f"td[aria-label*=', {day.day} {day:%b} {day.year}:']")


def focused(page):
    """Table and words of the date that has the keyboard."""
    return page.evaluate(
        "[document.activeElement.closest('table')?.ariaLabel.split(',')[0],"
        " document.activeElement.ariaLabel?.split(':')[0]]"
    )


def shown(page, table):
    """The symbols of the states in the calendar of a table, by date."""
    grid = page.locator(f"table[aria-label^='{table}, ']")
    found = grid.locator("td[role=gridcell]").evaluate_all(
        "cells => cells.map(c => [c.where.index, c.where.state])"
    )
    return "".join(SYMBOLS[state][0] for _, state in sorted(found))


# a date and its cause


@pytest.mark.parametrize("place", ["served", slow("file")])
def test_a_click_on_a_date_leads_to_its_root_and_what_mends_it(place, browser, url, file):
    with tab(browser, {"served": url, "file": file}[place]) as page:
        cell(page, MLFS, LOST).click()
        drawer = page.get_by_role("dialog")
        drawer.locator("#why").wait_for()
        assert "upstream incomplete" in drawer.locator(".state").inner_text()
        links = drawer.locator(".chain .where").all_inner_texts()
        assert links[0] == f"{MLFS} {LOST}"
        assert links[-1] == f"{UPGC} {LOST}"
        root = drawer.locator(".root").inner_text()
        assert f"the warehouse had no rows in {UPGC}" in root
        assert f"write them to nba_analytics.{UPGC}" in root
        typed = drawer.locator(".root code").all_inner_texts()
        assert typed == [f"nba-local {verb} {SEASON} --data D" for verb in ("pull", "backfill")]


def test_a_date_shows_counts_checks_and_who_has_no_row(browser, url, project):
    with tab(browser, f"{url}#season={SEASON}&table={PDC}&date=2021-12-19") as page:
        drawer = page.get_by_role("dialog")
        drawer.locator("#checks").wait_for()
        told = drawer.inner_text()
        with project.reading() as work:
            (row,) = work.ledger.rows(
                "SELECT rows, ready_rows FROM partitions WHERE table_name = ? AND date = ?",
                (PDC, "2021-12-19"),
            )
            absent = work.ledger.rows(
                "SELECT entity FROM non_rows WHERE table_name = ? AND date = ? "
                "AND reason = 'insufficient_history' ORDER BY entity",
                (PDC, "2021-12-19"),
            )
        assert re.search(rf"Rows stored\s+{row['rows']:,}\s", told)
        assert re.search(rf"Rows ready\s+{row['ready_rows']:,} of {row['rows']:,}\s", told)
        assert f"insufficient history {len(absent)}" in told
        assert absent[0]["entity"] in told
        assert f"{len(project.registry.table(PDC).checks)} check" in told
        assert "nothing was pushed from this folder" in told


@pytest.mark.slow
def test_every_table_of_the_date_is_one_click_away(browser, url):
    with tab(browser, f"{url}#season={SEASON}&table={MLFS}&date={LOST}") as page:
        everywhere = page.locator(".everywhere button")
        everywhere.first.wait_for()
        assert everywhere.count() == FEATURES + 6
        everywhere.filter(has_text=UPGC).click()
        page.locator("#detail-title", has_text=UPGC).wait_for()
        page.get_by_role("button", name="date before").click()
        page.get_by_text(re.compile("Friday,? 17 December 2021")).wait_for()


@pytest.mark.slow
def test_a_player_is_explained_and_nobody_is_refused(browser, url, project):
    with project.reading() as work:
        (row,) = work.ledger.rows(
            "SELECT entity FROM non_rows WHERE table_name = ? AND date = '2021-12-19' "
            "AND reason = 'insufficient_history' ORDER BY entity LIMIT 1",
            (PDC,),
        )
    name = row["entity"]
    said = explain.why(project, PDC, "2021-12-19", name).said
    with tab(browser, f"{url}#season={SEASON}&table={PDC}&date=2021-12-19") as page:
        page.get_by_role("button", name=name, exact=True).click()
        page.locator("#explained", has_text=said).wait_for()
        page.get_by_label("player or team").fill("LAL")
        page.keyboard.press("Enter")
        page.locator("#explained b", has_text="LAL").wait_for()


@pytest.mark.slow
def test_a_command_is_copied(browser, url):
    with tab(browser, f"{url}#season={SEASON}&table={MLFS}&date={LOST}") as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.locator(".root .copy").first.click()
        page.locator(".root .copy", has_text="Copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == f"nba-local pull {SEASON} --data D"


@pytest.mark.slow
def test_a_push_and_its_rollback_are_shown(browser, one_season, tmp_path):
    shutil.copytree(one_season.store.root, tmp_path / "data", ignore=PASSING)
    copy = project_of(tmp_path / "data", target=f"file://{tmp_path}/target")
    pushed = pushes.push(copy, [SEASON], ["team_defense_zone_analysis"])
    table = "team_defense_zone_analysis"
    with (
        served(copy) as url,
        tab(browser, f"{url}#season={SEASON}&table={table}&date=2021-12-01") as page,
    ):
        drawer = page.get_by_role("dialog")
        drawer.locator(".state", has_text="pushed").wait_for()
        drawer.get_by_text(f"push {pushed.push_id}, read back").wait_for()
        assert set(shown(page, table)) == {"b", ".", "="}
        pushes.rollback(copy, pushed.push_id)
        page.evaluate("page.keepUp()")
        drawer.locator(".state", has_text="published not pushed").wait_for()
        assert set(shown(page, table)) == {"b", ".", ">"}
        page.keyboard.press("Escape")
        page.locator("#tab-runs").click()
        page.locator(".runs b", has_text="rollback").wait_for()
        changed = page.locator(".runs tbody tr").first.locator("summary").inner_text()
        assert changed == f"{len(pushed.tables[0].new)} in 1 table"


# keys


def test_the_calendar_is_used_without_a_mouse(browser, url):
    with tab(browser, f"{url}#season={SEASON}") as page:
        page.get_by_role("grid").first.locator("[tabindex='0']").focus()
        start = focused(page)
        assert start == ["player_shot_zone_analysis", "Tue, 19 Oct 2021"]
        moves = {
            "ArrowDown": "Wed, 20 Oct 2021",
            "ArrowRight": "Wed, 27 Oct 2021",
            "ArrowUp": "Tue, 26 Oct 2021",
            "ArrowLeft": "Tue, 19 Oct 2021",
            "End": "Mon, 20 Dec 2021",
        }
        for key, date in moves.items():
            page.keyboard.press(key)
            assert focused(page) == ["player_shot_zone_analysis", date]
        for _ in range(FEATURES):
            assert page.locator("#sources").get_attribute("open") is None
            page.keyboard.press("PageDown")
        table, date = focused(page)
        assert (table, date) == ("player_game_summary", "Mon, 20 Dec 2021")
        assert page.locator("#sources").get_attribute("open") is not None
        page.keyboard.press("Enter")
        page.locator("#why, .said").first.wait_for()
        assert page.evaluate("document.activeElement.id") == "detail-title"
        page.keyboard.press("Escape")
        assert page.get_by_role("dialog").is_hidden()
        assert focused(page) == [table, date]
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


@pytest.mark.slow
def test_a_grid_is_one_stop_of_the_tab_key(browser, url):
    with tab(browser, url) as page:
        assert page.get_by_role("grid").count() == FEATURES
        page.locator("#sources summary").click()
        stops = page.locator("[role=grid] [tabindex='0']").count()
        assert stops == page.get_by_role("grid").count() == FEATURES + 6


@pytest.mark.slow
def test_views_are_turned_with_arrow_keys(browser, url):
    with tab(browser, url) as page:
        page.get_by_role("tab", name="Calendar").focus()
        page.keyboard.press("ArrowRight")
        assert page.get_by_role("tabpanel", name="Readiness").is_visible()
        assert page.get_by_role("tabpanel", name="Calendar").is_hidden()


# seasons and gaps


def test_every_symbol_is_the_state_of_its_date(browser, url, covered):
    with tab(browser, f"{url}#season={SEASON}") as page:
        for table in covered.tables:
            expected = "".join(SYMBOLS[one.state][0] for one in covered.of(table))
            assert shown(page, table) == expected
        written = page.locator("td[role=gridcell]").evaluate_all(
            "cells => [...new Set(cells.map(c => c.where.state + ' ' + c.textContent))]"
        )
        fine = {states.OK, states.PUSHED}
        seen = {one.state for table in covered.tables for one in covered.of(table)}
        wanted = {f"{name} {'' if name in fine else SYMBOLS[name][0]}" for name in seen}
        assert set(written) == wanted
        numbers = page.locator(".legend .count").all_inner_texts()
        assert sum(map(int, (n.replace(",", "") for n in numbers))) == len(covered.dates) * 11


@pytest.mark.slow
def test_the_newest_season_comes_first_and_others_are_chosen(browser, url_of_ten):
    with tab(browser, url_of_ten) as page:
        chooser = page.get_by_label("Season", exact=True)
        assert chooser.input_value() == SEASON
        assert page.get_by_role("button", name="later season").is_disabled()
        page.get_by_role("button", name="earlier season").click()
        page.get_by_role("grid", name=f"{MLFS}, dates of {BEFORE}").wait_for()
        assert chooser.input_value() == BEFORE
        chooser.select_option(FIRST)
        page.get_by_role("grid", name=f"{MLFS}, dates of {FIRST}").wait_for()
        assert page.get_by_role("button", name="earlier season").is_disabled()
        page.reload()
        page.get_by_role("grid", name=f"{MLFS}, dates of {FIRST}").wait_for()


@pytest.mark.slow
def test_the_chooser_says_how_many_gaps_each_of_ten_seasons_has(browser, url_of_ten, covered):
    lacking = sum(len(days) for gap in covered.gaps if gap.is_gap for days in gap.dates.values())
    assert lacking
    with tab(browser, url_of_ten) as page:
        page.locator("option", has_text=f"{FIRST} · {lacking} gaps").wait_for(state="attached")
        told = page.locator("#season option").all_inner_texts()
        assert told == [f"{Season(year)} · {lacking} gaps" for year in range(2012, 2022)]


def test_a_cause_points_out_exactly_its_dates(browser, url, covered):
    gap = covered.gaps[0]
    wanted = sorted([name, str(day)] for name, days in gap.dates.items() for day in days)
    with tab(browser, f"{url}#season={SEASON}") as page:
        button = page.locator(".cause").first
        button.click()
        found = page.locator("td.hit").evaluate_all(
            "cells => cells.map(c => [c.where.table, page.season.dates[c.where.index]])"
        )
        assert sorted(found) == wanted
        assert button.get_attribute("aria-pressed") == "true"
        page.keyboard.press("Escape")
        assert page.locator("td.hit").count() == 0
        assert button.get_attribute("aria-pressed") == "false"


# views


def test_readiness_has_a_bar_for_every_date_with_rows(browser, url, covered):
    with tab(browser, f"{url}#season={SEASON}&view=readiness") as page:
        figures = page.locator("#readiness figure")
        assert figures.count() == FEATURES
        cells = [one for one in covered.of(MLFS) if one.rows]
        last = figures.filter(has=page.get_by_role("heading", name=MLFS))
        drawn = "node => (node.scrollIntoView(), node.plot.data[2].filter(share => share !== null))"
        last.scroll_into_view_if_needed()
        last.locator("canvas").wait_for()
        bars = last.locator(".picture").evaluate(drawn)
        assert bars == pytest.approx([c.ready_rows / c.rows for c in cells])
        share = sum(c.ready_rows for c in cells) / sum(c.rows for c in cells)
        assert f"{100 * share:.1f} %" in last.locator("figcaption").inner_text()
        bar = last.locator(".picture")
        bar.focus()
        page.keyboard.press("End")
        assert bar.get_attribute("aria-valuetext").startswith(f"{covered.dates[-1]:%a, %-d %b %Y}")
        page.keyboard.press("Enter")
        page.locator("#detail-title", has_text=MLFS).wait_for()
        page.keyboard.press("Escape")
        last.locator(".u-over").click(position={"x": 1, "y": 20})
        page.locator("#detail p", has_text=f"{covered.dates[0]:%A}").wait_for()


@pytest.mark.parametrize("names", [(UPGC, PDC), slow(())], ids=["two", "every"])
def test_every_column_of_every_table_is_shown(names, browser, url, project):
    with tab(browser, f"{url}#season={SEASON}&view=tables") as page:
        for table in map(project.registry.table, names or project.registry.tables):
            page.locator(".node", has_text=re.compile(f"^{table.name}$")).click()
            page.locator(".about h2", has_text=table.name).wait_for()
            names = page.locator(".column h3").all_inner_texts()
            assert sorted(names) == sorted(table.contract.columns)
            edges = page.locator(".edge.near").count()
            assert edges == len(table.inputs) + sum(
                table.name in one.inputs for one in project.registry.features
            )


def test_a_column_says_what_it_is_where_it_comes_from_and_who_reads_it(browser, url):
    with tab(browser, f"{url}#season={SEASON}&view=tables&of={PDC}") as page:
        page.locator(".column").first.wait_for()
        page.get_by_label("filter columns").fill("points_avg_last_5")
        (told,) = page.locator(".column").all_inner_texts()
        assert "NUMERIC(5,1) · points per game" in told
        assert "Mean points per game over the last 5 games" in told
        assert "mean of points over the last 5 games, from player_game_summary" in told
        assert f"read by {MLFS}" in told
        picture = page.locator(".column .picture")
        picture.locator("canvas").wait_for()
        picture.hover()
        assert re.search(r"2021-1[12], [\d,]+ rows", picture.locator(".u-legend").inner_text())
        picture.focus()
        page.keyboard.press("Home")
        assert re.match(r"2021-11, [\d,]+ rows, 95 %: ", picture.get_attribute("aria-valuetext"))


@pytest.mark.slow
def test_a_column_that_is_null_throughout_comes_first(browser, url, project):
    with project.reading() as work:
        found = distributions(work, project.registry.table(MLFS), Season(2021))
    with tab(browser, f"{url}#season={SEASON}&view=tables&of={MLFS}") as page:
        page.locator(".column").first.wait_for()
        names = page.locator(".column h3").all_inner_texts()
        empty = page.locator(".column.empty h3").all_inner_texts()
        assert set(found["empty"]) <= set(empty)
        assert names[: len(empty)] == empty
        assert "NULL all season" in page.locator(".column").first.inner_text()


@pytest.mark.slow
def test_runs_say_what_they_changed(browser, url):
    with tab(browser, f"{url}#view=runs") as page:
        rows = page.locator(".runs tbody tr")
        rows.first.wait_for()
        assert rows.locator("b").all_inner_texts() == ["backfill", "pull"]
        changed = rows.nth(1).locator("summary")
        assert "in 6 tables" in changed.inner_text()
        changed.click()
        assert "player_game_summary: " in rows.nth(1).inner_text()


def test_quantiles_and_null_shares_are_those_of_the_rows(project):
    table = project.registry.table(PDC)
    with project.reading() as work:
        found = distributions(work, table, Season(2021))
        rows = work.store.scan("published", table, [Season(2021)]).collect()
    assert found["months"] == ["2021-11", "2021-12"]
    december = rows.filter(pl.col(table.partition_by).dt.month() == 12)
    assert found["rows"][1] == december.height
    one = next(f for f in found["features"] if f["name"] == "points_avg_last_5")
    points = december["points_avg_last_5"].cast(pl.Float64)
    wanted = [points.quantile(q, "linear") for q in (0.05, 0.25, 0.5, 0.75, 0.95)]
    assert one["ribbon"][1] == pytest.approx(wanted, rel=1e-3)
    assert one["mean"][1] == pytest.approx(points.mean(), rel=1e-3)
    assert one["null"][1] == pytest.approx(points.null_count() / december.height, abs=1e-4)
    named = {f["name"] for f in found["features"]} | set(found["constant"])
    assert not {n for n in named if n.startswith("source_") or n.endswith("hash")}


# looks

READABLE = """
() => {
  const parts = (color) => color.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = (color) => {
    const [r, g, b] = parts(color).map((v) => v / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return page.start.states.map((state) => {
    const probe = document.body.appendChild(badge(state));
    const { color, backgroundColor } = getComputedStyle(probe);
    probe.remove();
    const [low, high] = [light(color), light(backgroundColor)].sort((a, b) => a - b);
    return [state.name, (high + 0.05) / (low + 0.05)];
  });
}
"""


@pytest.mark.parametrize("scheme", ["dark", slow("light")])
def test_every_symbol_is_readable_in_light_and_dark(scheme, browser, url):
    with tab(browser, url, color_scheme=scheme) as page:
        contrasts = dict(page.evaluate(READABLE))
        assert set(contrasts) == set(states.STATES)
        assert {name for name, ratio in contrasts.items() if ratio < 4.5} == set()
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        is_dark = sum(map(int, re.findall(r"\d+", ground)[:3])) < 3 * 128
        assert is_dark == (scheme == "dark")


@pytest.mark.parametrize("width", [390, slow(800), slow(1400), slow(1600)])
def test_nothing_sticks_out_of_the_window(width, browser, url):
    with tab(browser, f"{url}#season={SEASON}&table={MLFS}&date={LOST}") as page:
        page.set_viewport_size({"width": width, "height": 900})
        page.locator("#checks").wait_for()
        for view in ("calendar", "readiness", "tables", "lab", "runs"):
            page.locator(f"#tab-{view}").click()
            assert page.evaluate("document.documentElement.scrollWidth") <= width, view


# what others wrote is text


@pytest.fixture
def hostile(one_season, tmp_path):
    """The folder with a finding that would like to be markup."""
    shutil.copytree(one_season.store.root, tmp_path / "data", ignore=PASSING)
    copy = project_of(tmp_path / "data")
    ledger = Ledger(copy.store.ledger_path)
    evil = "</script><script>page.evil = 1</script><img src=x onerror='page.evil = 2'>"
    ledger.execute(
        "INSERT INTO findings VALUES (?, ?, 2021, 'evil', 'warn', 1, ?, ?, 'x')",
        (MLFS, LOST, f"{evil} A sentence.", evil),
    )
    ledger.close()
    return copy


@pytest.mark.parametrize("place", ["file", slow("served")])
def test_markup_in_the_data_stays_text(place, browser, hostile, tmp_path):
    path = tmp_path / "evil.html"
    document.write(hostile, [SEASON], path, Flags())
    with served(hostile) as url:
        address = {"served": url, "file": path.as_uri()}[place]
        with tab(browser, f"{address}#season={SEASON}&table={MLFS}&date={LOST}") as page:
            page.locator("#checks .claims", has_text="<img src=x").wait_for()
            assert page.locator("img").count() == 0
            assert page.evaluate("page.evil ?? null") is None


# while others write


@pytest.mark.slow
def test_the_page_keeps_up_with_a_backfill(browser, one_season, tmp_path):
    shutil.copytree(one_season.store.root, tmp_path / "data", ignore=PASSING)
    fresh = project_of(tmp_path / "data")
    ledger = Ledger(fresh.store.ledger_path)
    for table in ("partitions", "seasons", "non_rows", "published_files", "findings"):
        ledger.execute(f"DELETE FROM {table}")
    ledger.close()
    shutil.rmtree(fresh.store.root / "published")
    with served(fresh) as url, tab(browser, f"{url}#season={SEASON}") as page:
        assert set(shown(page, MLFS)) <= {"C", "."}
        page.get_by_text("up to date").wait_for()
        command = [sys.executable, "-m", "nba_local", "backfill", SEASON, "--data"]
        command.append(str(tmp_path / "data"))
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as backfill:
            while backfill.poll() is None:
                page.evaluate("page.keepUp()")
                page.evaluate("page.open('player_daily_cache', '2021-12-19')")
                assert page.locator("#trouble").is_hidden()
                page.wait_for_timeout(100)
        assert backfill.returncode == 0
        page.evaluate("page.keepUp()")
        assert "C" not in shown(page, MLFS)
        assert "#" in shown(page, MLFS)
        page.locator("#checks").wait_for()


def test_a_version_changes_with_every_commit_of_others_and_only_then(one_season, tmp_path):
    shutil.copytree(one_season.store.root, tmp_path / "data", ignore=PASSING)
    copy = project_of(tmp_path / "data")
    watch, ledger = Watch(copy.store.ledger_path), Ledger(copy.store.ledger_path)
    first = watch.version()
    explain.coverage(copy, [SEASON])
    assert watch.version() == first
    ledger.put("meta", [{"key": "a", "value": "b"}])
    second = watch.version()
    assert second != first
    ledger.close()
    assert watch.version() == second
    shutil.rmtree(tmp_path / "data")
    shutil.copytree(one_season.store.root, tmp_path / "data", ignore=PASSING)
    assert watch.version() not in {first, second}
    watch.close()


# the server


@pytest.mark.parametrize(
    ("method", "path", "status", "word"),
    [
        ("GET", "/", 200, "nba_local"),
        ("GET", "/api/start", 200, SEASON),
        ("GET", "/nothing", 404, "no such page"),
        ("GET", "/api/nothing", 404, "no such page"),
        ("GET", "/api/season/../../etc/passwd", 404, "no such page"),
        ("GET", "/api/season/2021-23", 400, "is not a season"),
        ("GET", "/api/season/2030-31", 400, "is not stored"),
        ("GET", "/api/date/nobody/2021-12-18", 400, "unknown table"),
        ("GET", f"/api/date/{MLFS}/2021-13-01", 400, "is not a date"),
        ("GET", f"/api/date/{MLFS}/2021-08-01", 400, "is not a date of 2020-21"),
        ("GET", f"/api/entity/{MLFS}/{LOST}/nobody", 400, "unknown player or team"),
        ("GET", f"/api/distributions/{SEASON}/nobody", 400, "unknown table"),
        ("GET", "/api/nulls/nobody", 400, "unknown table"),
        ("GET", "/api/tables", 200, "points_avg_last_5"),
        ("POST", "/api/start", 405, "only reads"),
        ("DELETE", "/", 405, "only reads"),
        ("OPTIONS", "/", 405, "only reads"),
    ],
)
def test_a_request_is_answered_by_its_merit(method, path, status, word, url):
    answer, body = asked(url, method, path)
    assert answer.status == status
    assert word in body
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "evil.example:{port}", ""])
def test_a_page_of_somebody_else_under_our_address_reads_nothing(host, url):
    port = int(url.rstrip("/").rpartition(":")[2])
    answer, body = asked(url, "GET", "/api/start", Host=host.format(port=port))
    assert answer.status == 403
    assert SEASON not in body


def asked(url, method, path, **headers):
    """An answer and its text."""
    host, port = url.removeprefix("http://").rstrip("/").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer, body


def test_ctrl_c_ends_it(project):
    words = ("ui", "--port", "0", "--no-browser", "--json", "-v")
    command = [sys.executable, "-m", "nba_local", *words]
    with subprocess.Popen(
        [*command, "--data", str(project.store.root)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        line = process.stderr.readline()
        assert asked(line.split()[0], "GET", "/")[0].status == 200
        process.send_signal(signal.SIGINT)
        out, words = process.communicate(timeout=20)
    assert process.returncode == 0
    assert words.startswith("ended\n")
    assert json.loads(out)["result"]["url"] == line.split()[0]


@pytest.mark.slow
def test_a_port_that_is_taken_is_refused_with_another_one(project):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_cli("ui", "--port", str(port), "--no-browser", "--data", str(project.store.root))
    assert done.returncode == 2
    assert f"port {port} of 127.0.0.1 cannot be used" in done.stderr
    assert "--port 0" in done.stderr


# the file


def test_coverage_writes_the_dates_that_were_asked_for(project, browser, tmp_path):
    path = tmp_path / "month.html"
    data = str(project.store.root)
    done = run_cli("coverage", "2021-12-01..2021-12-20", "--data", data, "--html", str(path))
    assert done.returncode == 0, done.stderr
    assert f"page: {path}" in done.stdout
    text = path.read_text()
    assert f"{MLFS}/2021-12-01" in text
    assert f"{MLFS}/2021-11-30" not in text
    assert not re.findall(r"(?:src|href)=[\"']?(?![\"']|data:)", text)
    with tab(browser, path.as_uri()) as page:
        assert len(shown(page, MLFS)) == 20
        for view in ("readiness", "tables", "runs"):
            page.locator(f"#tab-{view}").click()
            page.locator(f"#{view} canvas, #{view} .runs").first.wait_for()


@pytest.mark.slow
def test_a_file_that_cannot_be_written_is_refused(project, tmp_path):
    data = str(project.store.root)
    done = run_cli("coverage", SEASON, "--data", data, "--html", str(tmp_path / "no" / "page.html"))
    assert done.returncode == 2
    assert "the page was not written" in done.stderr
