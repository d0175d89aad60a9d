"""Plan, backfill, runs and sql as they are typed."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import polars as pl
import pytest

from nba_local.lab.ledger import Entry, LabLedger
from tests.cli.typed import PSZA, REGISTRY, TDZA, contents, document, nba
from tests.conftest import run_cli, slow

if TYPE_CHECKING:
    pass


def test_plan_changes_nothing_and_says_whether_something_is_due(data):
    before = contents(data)
    idle = nba("plan", "--detailed-exitcode")
    assert idle.exit_code == 0
    assert "0 of 5 steps due" in idle.stdout
    changed = ("plan", "2021-22", "--set", f"{TDZA}.min_games=8")
    due = nba(*changed, "--detailed-exitcode")
    assert due.exit_code == 3
    assert f"2021-22  {PSZA}, player_daily_cache: leave (up to date)" in due.stdout
    changes = "rules or settings changed: min_games 5 -> 8"
    assert f"2021-22  {TDZA}: compute, check, publish ({changes})" in due.stdout
    assert "3 of 5 steps due" in due.stdout
    assert nba(*changed).exit_code == 0
    assert contents(data) == before


@pytest.mark.parametrize(
    "verb", [slow("leak"), slow("warmup"), "status", "history", "doctor", "sql", "push"]
)
def test_who_only_reads_changes_nothing(verb, data, tmp_path):
    before = contents(data)
    extra = {
        "sql": ["FROM ledger_runs"],
        "push": ["--to", "file://target", "--dry-run"],
        "leak": ["2021-11-15"],
        "warmup": ["--openings", "1"],
    }
    assert nba(verb, *extra.get(verb, [])).exit_code == 0
    assert contents(data) == before
    assert not (tmp_path / "target").exists()


def test_a_second_backfill_does_nothing_and_says_so(data):
    before = contents(data)
    result = nba("backfill", "2021-22")
    assert result.exit_code == 0
    assert result.stdout == "nothing to do: 5 of 5 steps up to date\n"
    assert contents(data).keys() == before.keys()
    assert contents(data / "published") == contents(data / "published")


@pytest.mark.slow
def test_a_backfill_elsewhere_than_on_a_terminal_is_plain(data, tmp_path):
    done = run_cli("backfill", "2021-22", "--set", f"{TDZA}.min_games=8", cwd=tmp_path)
    assert done.returncode == 0
    assert not set("\x1b\r") & set(done.stdout + done.stderr)
    assert all(re.fullmatch(r".+: \d+ of \d+", line) for line in done.stderr.splitlines())
    assert done.stderr.splitlines()[-1] == "backfill: 3 of 3"
    assert re.search(rf"^ +{TDZA} +748 +26 ", done.stdout, re.MULTILINE)
    assert data.is_dir()


def test_history_lists_the_runs_newest_first(data):
    nba("backfill", "--tables", TDZA, "--set", f"{TDZA}.min_games=8")
    result = nba("history")
    verbs = re.findall(r"(\w+)-[0-9a-f]{12} +done", result.stdout)
    assert verbs == ["backfill", "backfill", "pull"]
    assert len(nba("history", "--limit", "1").stdout.splitlines()) == 2
    assert data.is_dir()


def test_history_says_what_was_asked(data):
    assert "2021-22" in nba("history").stdout
    assert data.is_dir()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELEC 1", "syntax error"),
        ("SELECT * FROM player_shot_zones", "player_shot_zones"),
        (f"SELECT player_lokup FROM {PSZA}", "player_lookup"),
        (f"DELETE FROM {PSZA}", "write a SELECT"),
        ("", "write a SELECT"),
    ],
)
def test_a_query_that_does_not_work_is_a_mistake(query, said, data):
    before = contents(data)
    result = nba("sql", query)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert said in result.stderr
    assert contents(data) == before


def test_sql_does_not_write_files(data):
    before = contents(data)
    file = data / "raw" / "nbac_schedule" / "season=2021" / "2021-11.parquet"
    assert nba("sql", f"COPY (SELECT 1 AS gone) TO '{file}'").exit_code == 2
    assert contents(data) == before


def test_sql_prints_rows(data):
    result = nba("sql", f"SELECT count(*) AS many FROM {TDZA}")
    assert result.exit_code == 0
    assert "many" in result.stdout
    assert "840" in result.stdout
    assert data.is_dir()


def test_json_of_a_query_keeps_every_column(data):
    (row,) = document(nba("sql", "SELECT 1 AS a, 2 AS a", "--json"))["result"]
    assert sorted(row.values()) == [1, 2]
    assert data.is_dir()


def test_json_of_a_query_is_json(data):
    document(nba("sql", "SELECT 'nan'::DOUBLE AS a, 'inf'::DOUBLE AS b", "--json"))
    assert data.is_dir()


@pytest.mark.slow
def test_thresholds_of_a_season_are_those_of_every_table(data):
    every = document(nba("thresholds", "2021-22", "--json"))["result"]
    assert [swept["table"] for swept in every] == [t.name for t in REGISTRY.features]
    (one,) = (swept for swept in every if swept["table"] == TDZA)
    assert one == document(nba("thresholds", TDZA, "2021-22", "--json"))["result"]
    assert data.is_dir()


# sql writes


QUERY = f"SELECT team_abbr, analysis_date, processed_at FROM {TDZA} ORDER BY ALL"


def test_csv_of_a_query_is_its_rows_and_no_more_than_asked_for(data):
    result = nba("sql", QUERY, "--csv", "--limit", "7")
    assert result.exit_code == 0
    rows = pl.read_csv(result.stdout.encode(), try_parse_dates=True)
    stored = pl.concat(
        pl.read_parquet(file) for file in (data / "published" / TDZA).glob("*/*.parquet")
    ).sort("team_abbr", "analysis_date")
    assert rows.height == 7
    assert rows["team_abbr"].to_list() == stored["team_abbr"][:7].to_list()
    assert rows["analysis_date"].to_list() == stored["analysis_date"][:7].to_list()
    assert result.stdout.count("+0000") == 7


def test_parquet_of_a_query_has_its_types(data, tmp_path):
    result = nba("sql", f"FROM {PSZA} ORDER BY ALL", "--parquet", "rows.parquet")
    assert result.stdout == "10,209 rows written to rows.parquet\n"
    rows = pl.read_parquet(tmp_path / "rows.parquet")
    stored = pl.concat(
        pl.read_parquet(file) for file in (data / "published" / PSZA).glob("*/*.parquet")
    )
    assert (
        rows.select(stored.columns).sort(pl.all()).equals(stored.cast(rows.schema).sort(pl.all()))
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "rows.parquet"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--csv", "--json"), "exclude each other"),
        (("--csv", "--parquet", "a.parquet"), "exclude each other"),
        (("--parquet", "data/a.parquet"), "lies in the data folder"),
        (("--parquet", "no/a.parquet"), "there is no folder no"),
    ],
)
def test_what_sql_cannot_write_is_refused(words, said, data, tmp_path):
    before = contents(data)
    result = nba("sql", "SELECT 1 AS one", *words)
    assert result.exit_code == 2
    assert said in result.stdout + result.stderr
    assert contents(data) == before
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_csv_of_a_list_says_what_to_type(data):
    result = nba("sql", "SELECT [1, 2] AS some", "--csv")
    assert result.exit_code == 2
    assert "column `some` holds lists or structures" in result.stderr
    assert "[1,2]" in nba("sql", "SELECT to_json([1, 2]) AS some", "--csv").stdout
    assert data.is_dir()


def test_a_limit_is_how_many_rows_are_shown(data):
    assert nba("sql", "FROM range(100)", "--limit", "60").stdout.count("\n") > 60
    assert document(nba("sql", "FROM range(9)", "--limit", "2", "--json"))["result"] == [
        {"range": 0},
        {"range": 1},
    ]
    assert data.is_dir()


def test_rows_that_broke_a_claim_and_trials_can_be_queried(data):
    counts = document(nba("check", "2021-22", "--json"))["result"]["findings"]
    table, claim = next((f["table"], f["claim"]) for f in counts if f["severity"] != "contract")
    query = f"SELECT count(*) AS many FROM quarantine_{table} WHERE claim = '{claim}'"
    found = sum(f["rows"] for f in counts if (f["table"], f["claim"]) == (table, claim))
    assert document(nba("sql", query, "--json"))["result"] == [{"many": found}]
    assert nba("sql", f"SELECT claim FROM quarantine_{TDZA}").exit_code == 0
    ledger = LabLedger(data / "lab")
    assert document(nba("sql", "FROM lab_trials", "--json"))["result"] == []
    losses = pl.DataFrame(
        {"date": [dt.date(2021, 11, 5)], "season": "2021-22", "rows": 3, "baseline": 4.0,
         "candidate": 3.5}
    )  # fmt: skip
    ledger.add(Entry(0, "2026-11-28", "points", "Shots.", "NOISE", 0.5, "a", {}), losses)
    query = "SELECT verdict, date, candidate FROM lab_trials JOIN lab_losses USING (trial)"
    (row,) = document(nba("sql", query, "--json"))["result"]
    assert row == {"verdict": "NOISE", "date": "2021-11-05", "candidate": 3.5}
