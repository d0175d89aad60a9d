"""What other thresholds give: a league worked out in SQL, a dirty season, the real one."""

from __future__ import annotations

import datetime as dt
import json

import duckdb
import polars as pl
import pytest

from nba_local.commands import proofs
from nba_local.errors import MissingUpstreamError, UsageError
from nba_local.proofs.thresholds import all_rows, thresholds
from nba_local.storage.ledger import Ledger
from nba_local.storage.store import Store, connect
from nba_local.storage.workspace import Workspace
from tests.conftest import run_cli, slow
from tests.seasons import AUTUMN
from tests.test_registry import package  # noqa: F401 - a fixture
from tests.tiny import GAME_DAYS, PLAYERS, SEASON, League, points, stored

TDZA, PSZA = "team_defense_zone_analysis", "player_shot_zone_analysis"
PDC, PCF, MLFS = "player_daily_cache", "player_composite_factors", "ml_feature_store_v2"
TABLES = (TDZA, PSZA, PDC, PCF, MLFS)

# a league of two: three games make a full window, Bob's box scores are 80 % there in November

RULES = """
import dataclasses
@dataclasses.dataclass(frozen=True)
class Settings:
    min_games: int = 2
    bootstrap_days: int = 4
    readiness_threshold: float = 90.0
@dataclasses.dataclass(frozen=True)
class Rules:
    name: str = "plain"
    lookback_seasons: int = 0
    settings: Settings = Settings()
    def of(self, table):
        return self.settings
    def override(self, table, key, value):
        kind = type(getattr(self.settings, key)) if hasattr(self.settings, key) else None
        if kind is None:
            raise KeyError(key)
        changed = dataclasses.replace(self.settings, **{key: kind(value)})
        return dataclasses.replace(self, settings=changed)
PRESETS = {"plain": Rules()}
"""
FORM = """
import datetime as dt
import polars as pl
from nba_local import Built, Table, Thresholds

TABLE = Table(
    doc="One row per player and day.",
    thresholds=Thresholds(shares=("share", "other_share"), figures=("mean", "one"), games=3),
)


def build(listed, scores, *, rules, season, today):
    settings = rules.of("form")
    first = listed.select(first=pl.col("day").min())
    days = listed.join(first, how="cross").filter(
        (pl.col("day") - pl.col("first")).dt.total_days() >= settings.bootstrap_days
    ).select("player", "day")
    before = days.join(scores, on="player", suffix="_of").sort("player", "day", "day_of")
    form = (
        before.filter(pl.col("day_of") < pl.col("day"))
        .group_by("player", "day")
        .agg(found=pl.len().cast(pl.Int64), mean=pl.col("points").tail(3).mean())
        .with_columns(
            one=1.0,
            share=pl.when(pl.col("player") == "bob", pl.col("day") < dt.date(2021, 12, 1))
            .then(80.0).otherwise(100.0),
            other_share=pl.lit(None, pl.Float64),
        )
        .with_columns(is_production_ready=pl.col("share") >= settings.readiness_threshold)
    )
    rows = form.filter(pl.col("found") >= settings.min_games)
    few = form.filter(pl.col("found") < settings.min_games).select(
        date="day", entity="player", reason=pl.lit("few"), detail=pl.lit(None, pl.String),
        found="found", needed=pl.lit(settings.min_games, pl.Int64),
    )
    return Built(rows.drop("found"), few, rows.select(date="day", state=pl.lit("ok")).unique())
"""
READER = """
from nba_local import Built, Read, Table
TABLE = Table(doc="One row per player and day."{more})
def build(form, listed, *, rules, season, today):
    raise AssertionError("readers are not computed")
"""
FLOATS = ("mean", "one", "share", "other_share")
TEXT, DAY = {"type": "STRING", "mode": "REQUIRED"}, {"type": "DATE", "mode": "REQUIRED"}


def contract(**columns):
    fields = [{"name": name, "type": kind} for name, kind in columns.items()]
    key = [{"name": "player", **TEXT}, {"name": "day", **DAY}]
    return {"grain": ["player", "day"], "fields": [*key, *fields]}


class Duo:
    """The league of `tiny`, its table `form` as backfilled, and tables that read it."""

    def __init__(self, package, data):  # noqa: F811
        self.league = League(package, data)
        (package.folder / "rules.py").write_text(RULES)
        columns = dict.fromkeys(FLOATS, "FLOAT64") | {"is_production_ready": "BOOL"}
        package.add("form", FORM, schema=contract(**columns))
        states = ["bootstrap" if i < 2 else "ok" for i in range(len(GAME_DAYS))]
        self.ledger = Ledger(data / "ledger.sqlite")
        self.ledger.put(
            "partitions",
            (
                {
                    "table_name": "form", "date": day, "season": SEASON.year, "state": state,
                    "rows": 2, "ready_rows": 1, "non_rows": 0, "changed_run": "",
                }
                for day, state in zip(GAME_DAYS, states, strict=True)
            ),
        )  # fmt: skip

    def reader(self, name, more, rows, **columns):
        self.league.package.add(name, READER.format(more=more), schema=contract(**columns))
        frame = pl.DataFrame(rows, ["player", "day", *columns], orient="row")
        stored(self.league.data, "published", name, frame)

    def work(self):
        registry = self.league.package.load()
        rules, today = registry.rules(None), dt.date(2022, 7, 1)
        return Workspace(registry, rules, Store(self.league.data), self.ledger, today)

    def swept(self, within=1.0):
        work = self.work()
        return thresholds(work, work.registry.table("form"), SEASON, within)


@pytest.fixture
def duo(package, tmp_path):  # noqa: F811
    made = Duo(package, tmp_path / "data")
    yield made
    made.ledger.close()


def sweep_of(found, setting):
    return next(sweep for sweep in found.sweeps if sweep.setting == setting)


def by_value(sweep):
    return {value.value: value for value in sweep.values}


ERRORS_IN_SQL = """
WITH scores(player, i, points) AS (FROM played),
form AS (
    SELECT player, i AS found, avg(points) OVER w AS mean
    FROM scores WINDOW w AS (PARTITION BY player ORDER BY i ROWS 2 PRECEDING)
),
scale AS (SELECT stddev_samp(mean) AS sd FROM form WHERE found BETWEEN 3 AND 59),
apart AS (
    SELECT f.found, abs(f.mean - w.mean) / sd AS error
    FROM form f JOIN form w ON w.player = f.player AND w.found = 3 CROSS JOIN scale
    WHERE f.found IN (1, 2, 6)
)
SELECT found, count(*), median(error), quantile_cont(error, 0.9) FROM apart GROUP BY 1 ORDER BY 1
"""
"""The newest day knows 59 games."""


def test_errors_are_those_of_plain_sql(duo):
    played = pl.DataFrame(  # noqa: F841 - read by the query
        [(p, i + 1, points(p, i)) for p in PLAYERS for i in range(len(GAME_DAYS))],
        ["player", "i", "points"],
        orient="row",
    )
    found = duo.swept()
    got = {**found.errors, 6: found.baseline}
    wanted = duckdb.sql(ERRORS_IN_SQL).fetchall()
    assert [row[0] for row in wanted] == [1, 2, 6]
    for games, pairs, median, tail in wanted:
        assert got[games].pairs == pairs == 2
        assert (got[games].median, got[games].tail) == pytest.approx((median, tail))
        assert got[games].worst == {"mean": pytest.approx(median)}  # `one` never varies
    assert found.entities == 2


def test_rows_and_dates_of_each_minimum_are_counted_by_hand(duo):
    """Day i knows i games; days 0 and 1 are bootstrap days. So from 3 games on rows are lost."""
    sweep = sweep_of(duo.swept(), "min_games")
    counts = {v.value: (v.rows, v.dates) for v in sweep.values}
    assert counts == {1: (116, 58), 2: (116, 58), 3: (114, 57)}
    assert sweep.present == 2


def test_ready_rows_of_each_share_are_counted_by_hand(duo):
    """Bob has 80 % until November is over: 13 of its 15 game days are past bootstrap."""
    sweep = sweep_of(duo.swept(), "readiness_threshold")
    counts = {v.value: (v.ready, v.ready_dates, v.games) for v in sweep.values}
    assert counts[80] == (116, 58, 3)
    assert counts[50] == (116, 58, 2)
    assert counts[85] == counts[90] == counts[100] == (103, 58, 3)


def test_the_best_is_the_strictest_of_those_that_fit_and_have_most_rows(duo):
    """Everything fits within a hundred baselines: 1 game gives no row that 2 do not give."""
    wide = duo.swept(within=100)
    assert sweep_of(wide, "min_games").recommended == 2
    readiness = sweep_of(wide, "readiness_threshold")
    assert readiness.recommended == 80
    assert "+13 ready" in readiness.why
    none = duo.swept(within=0)
    assert [sweep.recommended for sweep in none.sweeps] == [3, 80]
    assert "-2 rows" in sweep_of(none, "min_games").why


def test_a_season_without_two_full_windows_says_so(duo):
    store = Store(duo.league.data)
    path = store.file("raw", "scores", SEASON, "2021-11")
    duo.league.pulled("scores", pl.read_parquet(path).filter(pl.col("day") < GAME_DAYS[5]))
    found = duo.swept()
    assert found.baseline is None
    assert [sweep.recommended for sweep in found.sweeps] == [2, 90]
    assert "nobody has two full windows yet" in found.sweeps[0].why


# downstream of the league


def test_rows_downstream_are_joined_by_entity_and_date(duo):
    """On day 2 they have two games: a minimum of 3 leaves that row without one."""
    rows = [("ann", GAME_DAYS[2]), ("bob", GAME_DAYS[2]), ("eve", GAME_DAYS[2])]
    duo.reader("reader", "", rows)
    (of_3,) = by_value(sweep_of(duo.swept(), "min_games"))[3].readers
    assert (of_3.rows, of_3.lacking, of_3.never) == (3, 2, 1)
    assert of_3.unready == 2
    shares = by_value(sweep_of(duo.swept(), "readiness_threshold"))
    assert [(shares[n].readers[0].lacking, shares[n].readers[0].unready) for n in (80, 90)] == [
        (0, 0),
        (0, 1),
    ]


def test_a_reader_that_does_not_mind_readiness_is_ready_anyway(duo):
    rows = [("bob", GAME_DAYS[2])]
    duo.reader("reader", ', reads={"form": Read(ready=False)}', rows)
    found = duo.swept()
    assert {v.readers[0].unready for v in sweep_of(found, "readiness_threshold").values} == {0}
    assert by_value(sweep_of(found, "min_games"))[3].readers[0].unready == 1


def test_the_entity_may_be_named_by_a_column_of_the_row(duo):
    rows = [("ann", GAME_DAYS[2], "bob"), ("bob", GAME_DAYS[2], None)]
    duo.reader("reader", ', reads={"form": Read("rival")}', rows, rival="STRING")
    (reader,) = by_value(sweep_of(duo.swept(), "readiness_threshold"))[90].readers
    assert (reader.rows, reader.unready, reader.never) == (2, 1, 1)


def test_the_entity_may_be_named_by_a_source_row_the_newest_copy_of_it(duo):
    duo.league.package.add(
        "rivals",
        "from nba_local import BigQuery, Table\n"
        'TABLE = Table(doc="As pulled.", source=BigQuery(reads=("player", "day")))\n',
        schema=contract(rival="STRING", processed_at="TIMESTAMP"),
    )
    at = dt.datetime(2021, 11, 5, tzinfo=dt.UTC)
    later = at + dt.timedelta(hours=1)
    copies = [("ann", GAME_DAYS[2], "bob", later), ("ann", GAME_DAYS[2], "ann", at)]
    columns = ["player", "day", "rival", "processed_at"]
    duo.league.pulled("rivals", pl.DataFrame(copies, columns, orient="row"))
    duo.reader("reader", ', reads={"form": Read("rival", "rivals")}', [("ann", GAME_DAYS[2])])
    (reader,) = by_value(sweep_of(duo.swept(), "readiness_threshold"))[90].readers
    assert (reader.rows, reader.unready, reader.never) == (1, 1, 0)


# refusals


def test_a_table_that_was_never_computed_is_refused(duo):
    duo.ledger.execute("DELETE FROM partitions")
    with pytest.raises(MissingUpstreamError, match="form 2021-22 was never computed"):
        duo.swept()


def test_a_table_that_says_nothing_of_thresholds_is_refused(duo):
    path = duo.league.package.folder / "form" / "table.py"
    path.write_text(path.read_text().replace("    thresholds=", "    thresholds=None and "))
    with pytest.raises(UsageError, match="form does not declare what depends on its thresholds"):
        duo.swept()


def test_rules_without_the_settings_are_refused(duo):
    path = duo.league.package.folder / "rules.py"
    raises = "if kind is None or key == 'bootstrap_days':"
    path.write_text(path.read_text().replace("if kind is None:", raises))
    with pytest.raises(UsageError, match="no setting `bootstrap_days`"):
        duo.swept()


# the real season, and the same with holes


@pytest.fixture(scope="module")
def dirty_season(shared, seasons):
    return seasons.dirty(shared).project


@pytest.fixture(scope="module")
def autumn_season(seasons):
    return seasons.backfilled(AUTUMN)


@pytest.fixture(scope="module", params=map(slow, ["autumn", "real", "dirty"]))
def season(request):
    return request.getfixturevalue(f"{request.param}_season")


@pytest.fixture(scope="module")
def found(season):
    return {name: proofs.thresholds(season, name, "2021-22", 1.0) for name in TABLES}


@pytest.fixture(scope="module")
def db(season):
    with connect(season.store.root) as con:
        yield con


def published(db, sql, **parameters):
    return db.execute(sql, parameters).fetchone()


@pytest.mark.slow
def test_a_stricter_value_never_gains_anything(found):
    for swept in found.values():
        for sweep in swept.sweeps:
            assert [v.value for v in sweep.values] == sorted(v.value for v in sweep.values)
            for what in ("rows", "ready", "dates", "ready_dates"):
                counts = [getattr(value, what) for value in sweep.values]
                assert counts == sorted(counts, reverse=True), (swept.table, sweep.setting, what)
            for reader in zip(*(value.readers for value in sweep.values), strict=True):
                for what in ("lacking", "unready"):
                    counts = [getattr(value, what) for value in reader]
                    assert counts == sorted(counts), (swept.table, sweep.setting, what)
                assert all(r.lacking <= r.unready <= r.rows - r.never for r in reader)


def test_the_present_values_give_what_is_published(found):
    for swept in found.values():
        for sweep in swept.sweeps:
            now = by_value(sweep)[sweep.present]
            assert (now.rows, now.ready) == (swept.published, swept.published_ready)


@pytest.mark.parametrize(
    ("table", "games"),
    [(TDZA, "games_in_sample"), (PSZA, "games_in_sample_10"), (PDC, "games_played_season")],
)
def test_rows_by_minimum_are_those_of_the_ledger_and_of_the_files(found, db, table, games):
    """Fewer games: non-rows that say how many they found. More: rows that say it."""
    for minimum, value in by_value(sweep_of(found[table], "min_games")).items():
        (more,) = published(
            db,
            "SELECT count(*) FROM ledger_non_rows WHERE table_name = $table AND found >= $n "
            "AND reason = 'insufficient_history'",
            table=table,
            n=minimum,
        )
        (less,) = published(db, f"SELECT count(*) FROM {table} WHERE {games} < $n", n=minimum)
        assert value.rows == found[table].published + more - less, minimum


@pytest.mark.parametrize("table", [TDZA, PSZA])
def test_ready_rows_by_share_are_those_of_the_files(found, db, table):
    """These two are ready when their own window is."""
    for share, value in by_value(sweep_of(found[table], "readiness_threshold")).items():
        sql = (
            f"SELECT count(*), count(DISTINCT analysis_date) FROM {table} "
            "WHERE actual_games_count * 100 >= $share * expected_games_count "
            "AND expected_games_count > 0"
        )
        assert (value.ready, value.ready_dates) == published(db, sql, share=share)


@pytest.mark.parametrize(
    ("table", "reader", "prefix", "ready"),
    [
        (PSZA, PDC, "source_shot_zone", "source_shot_zone_rows_found = 1"),
        (PSZA, PCF, "source_player_shot", "upstream_player_shot_ready"),
        (TDZA, PCF, "source_team_defense", "upstream_team_defense_ready"),
        (TDZA, MLFS, "source_team_defense", None),
        (PSZA, MLFS, "source_shot_zones", None),
        (PDC, MLFS, "source_daily_cache", None),
        (PCF, MLFS, "source_composite", None),
    ],
)
def test_rows_downstream_lack_what_they_say_themselves(found, db, table, reader, prefix, ready):  # noqa: PLR0913 - cases
    sweep = sweep_of(found[table], "readiness_threshold")
    (got,) = (r for r in by_value(sweep)[sweep.present].readers if r.table == reader)
    rows, short = published(db, f"SELECT count(*), count_if({prefix}_rows_found = 0) FROM {reader}")
    assert (got.rows, got.lacking + got.never) == (rows, short)
    if ready:  # the row is there and not ready for the share, as far as these tables go
        (unready,) = published(db, f"SELECT count_if(NOT {ready}) FROM {reader}")
        assert got.unready + got.never == unready


@pytest.mark.slow
@pytest.mark.parametrize("season", ["real", "dirty"], indirect=True, scope="module")
def test_errors_of_the_season_are_those_of_plain_sql(found, season):
    """One figure at a time, over the same rows."""
    table = season.registry.table(TDZA)
    with season.reading() as work:
        every = all_rows(work, table, table.thresholds, SEASON).collect()  # noqa: F841 - in SQL
    figures = table.thresholds.figures
    apart = " UNION ALL ".join(
        f"""SELECT f.found, abs(f.{c} - w.{c}) /
            (SELECT stddev_samp({c}) FROM every WHERE found >= 15) AS error
        FROM picked f JOIN picked w ON w.entity = f.entity AND w.found = 15
        WHERE f.found <> 15 AND (f.found < 15 OR f.found = 30)"""
        for c in figures
    )
    wanted = duckdb.sql(
        f"""WITH picked AS (
            FROM every QUALIFY row_number() OVER (PARTITION BY entity, found ORDER BY date) = 1
        ), apart AS ({apart})
        SELECT found, count(error), median(error), quantile_cont(error, 0.9)
        FROM apart WHERE error IS NOT NULL GROUP BY 1 ORDER BY 1"""
    ).fetchall()
    swept = found[TDZA]
    assert swept.entities == 30
    got = {**swept.errors, 30: swept.baseline}
    assert [row[0] for row in wanted] == sorted(got)
    for games, pairs, median, tail in wanted:
        assert got[games].pairs == pairs
        assert (got[games].median, got[games].tail) == pytest.approx((median, tail))


def test_what_is_recommended_follows_from_the_figures(found):
    for name in (TDZA, PSZA, PDC):
        swept = found[name]
        sweep = sweep_of(swept, "min_games")
        best = by_value(sweep)[sweep.recommended]
        assert best.fits
        assert not best.error.exceeds(swept.baseline, 1.0)
        assert all(
            not e.exceeds(swept.baseline, 1.0) for n, e in swept.errors.items() if n > best.value
        )
        assert all(v.rows <= best.rows for v in sweep.values if v.fits)
        for figure in (best.error.median, best.error.tail, swept.baseline.median):
            assert f"{figure:.2f}" in sweep.why
    for name in (PCF, MLFS):
        (sweep,) = found[name].sweeps
        assert sweep.recommended == sweep.present == 90
        assert "its rows have no window" in sweep.why


def test_fewer_games_are_further_off(found):
    """Far fewer: from one game to the next chance may have it otherwise."""
    for name in (TDZA, PSZA, PDC):
        errors, full = found[name].errors, found[name].games
        assert sorted(errors) == list(range(1, full))
        assert errors[1].median > errors[full // 2].median > errors[full - 1].median


@pytest.mark.slow
def test_holes_make_readiness_matter(shared, dirty_season):
    del shared
    swept = proofs.thresholds(dirty_season, PDC, None, 1.0)
    values = by_value(sweep_of(swept, "readiness_threshold"))
    assert values[50].ready > values[90].ready > values[100].ready


@pytest.mark.slow
def test_a_season_under_the_rules_of_production_is_swept_too(production_season):
    for name in TABLES:
        swept = proofs.thresholds(production_season, name, "2021-22", 1.0)
        for sweep in swept.sweeps:
            counts = [value.ready for value in sweep.values]
            assert counts == sorted(counts, reverse=True), name


# the command


@pytest.mark.parametrize("table", [TDZA, *(slow(name) for name in TABLES if name != TDZA)])
def test_the_command_fits_a_terminal_and_says_all_in_json(real_weeks, table):
    where = ("--data", str(real_weeks.store.root))
    done = run_cli("thresholds", table, "2021-22", *where, "--json", "-v")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["command"] == "thresholds"
    assert document["result"]["table"] == table
    for sweep in document["result"]["sweeps"]:
        assert {"setting", "present", "values", "recommended", "why"} <= set(sweep)
        assert f"{sweep['setting']}, now {sweep['present']:g}" in done.stderr
    assert all(len(line) <= 80 for line in done.stderr.splitlines())
    assert done.stderr.count("best: ") == len(document["result"]["sweeps"])


@pytest.mark.slow
def test_the_command_refuses_what_it_cannot_sweep(real_weeks):
    where = ("--data", str(real_weeks.store.root))
    source = run_cli("thresholds", "nbac_schedule", *where)
    assert source.returncode == 2
    assert "not among the tables of this command" in source.stderr
    season = run_cli("thresholds", TDZA, "2019-20", *where)
    assert season.returncode == 5
    assert "2019-20 was never computed" in season.stderr
