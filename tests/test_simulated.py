"""The simulated season: its contract, its inner sense, its faults, its likeness to a real one."""

import hashlib
import io
import json
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from pipelines.calendar import TEAMS
from pipelines.simulated import Season, restate, season
from pipelines.simulated.boxscores import player_rows
from pipelines.simulated.league_year import simulate
from pipelines.simulated.schedule_table import nbac_schedule

ROOT = Path(__file__).parents[1]
REAL = ROOT.parent / "shared" / "phase3"
PGS, TOGS = "player_game_summary", "team_offense_game_summary"
TDGS, UPGC = "team_defense_game_summary", "upcoming_player_game_context"
UTGC, SCHEDULE = "upcoming_team_game_context", "nbac_schedule"
TABLES = (PGS, TOGS, TDGS, UPGC, UTGC, SCHEDULE)
SIDE = ["game_id", "team_abbr"]
SEED_7 = "053ef8febe2affa6"
PLAIN = {"STRING": pl.String(), "JSON": pl.String(), "INT64": pl.Int64(), "FLOAT64": pl.Float64()}
PLAIN |= {"BOOL": pl.Boolean(), "DATE": pl.Date(), "TIMESTAMP": pl.Datetime("us", "UTC")}


@pytest.fixture(scope="module")
def clean(seasons) -> Season:
    return seasons.clean()


@pytest.fixture(scope="module")
def faulty(seasons) -> Season:
    return seasons.simulated()


@pytest.fixture(scope="module")
def restated(faulty) -> Season:
    return restate(faulty)


def digest(frame: pl.DataFrame) -> str:
    file = io.BytesIO()
    frame.write_parquet(file)
    return hashlib.sha256(file.getvalue()).hexdigest()


def contract(table: str) -> list[dict]:
    path = ROOT / "pipelines" / table / "schema.json"
    return json.loads(path.read_text(encoding="utf-8"))["fields"]


def number(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Float64)


def none(frame: pl.DataFrame, wrong: pl.Expr) -> None:
    bad = frame.filter(wrong)
    assert bad.is_empty(), bad.head(3).to_dicts()


def fault(of: Season, kind: str, table: str):
    return next(f for f in of.faults if (f.kind, f.table) == (kind, table))


# --- the same every time, and as the contract says


@pytest.mark.slow
def test_same_year_and_seed_give_the_same_bytes(faulty):
    again = season()
    for table in TABLES:
        assert digest(faulty.tables[table]) == digest(again.tables[table]), table
    assert again.faults == faulty.faults


def test_seed_7_is_the_season_that_the_readme_measures(faulty):
    hashes = "".join("".join(faulty.tables[table]["data_hash"]) for table in TABLES)
    found = hashlib.sha256(hashes.encode()).hexdigest()[:16]
    assert found == SEED_7, "the simulation changed: measure README.md again, then put this here"


@pytest.mark.slow
def test_another_seed_and_year_is_another_season_with_its_own_dates(faulty):
    played = simulate(2023, 8)
    games = nbac_schedule(played, 8, exhibitions=False)
    assert (games["game_date"].min(), games["game_date"].max()) == (
        date(2023, 10, 24),
        date(2024, 4, 14),
    )
    assert games["game_id"][0] == "0022300001"
    assert set(games["season_nba_format"]) == {"2023-24"}
    rows = player_rows(played.boxes, 2023)
    assert set(rows["player_lookup"]) != set(faulty.tables[PGS]["player_lookup"])
    assert set(rows["season_year"]) == {2023}


@pytest.mark.parametrize("table", TABLES)
def test_every_contract_column_is_there_in_order_and_typed(faulty, table):
    frame = faulty.tables[table]
    fields = contract(table)
    assert frame.columns == [f["name"] for f in fields]
    for f in fields:
        wanted = PLAIN.get(f["type"]) or pl.Decimal(f["precision"], f["scale"])
        wanted = pl.List(wanted) if f["mode"] == "REPEATED" else wanted
        assert frame.schema[f["name"]] == wanted, f["name"]
        if f["mode"] in ("REQUIRED", "REPEATED"):
            assert frame[f["name"]].null_count() == 0, f["name"]


@pytest.mark.parametrize("table", TABLES)
def test_hashes_are_sixteen_digits_and_tell_rows_apart(clean, table):
    hashes = clean.tables[table]["data_hash"]
    assert hashes.str.contains("^[0-9a-f]{16}$").all()
    assert hashes.n_unique() == len(hashes)


@pytest.mark.parametrize("table", TABLES)
def test_rows_are_written_at_eight_the_next_morning(clean, table):
    expected = pl.col("game_date").cast(pl.Datetime("us", "UTC")) + pl.duration(days=1, hours=8)
    none(clean.tables[table], pl.col("processed_at") != expected)
    none(clean.tables[table], pl.col("created_at") != expected)


# --- the calendar


def test_every_team_plays_41_games_at_home_and_41_away(clean):
    games = clean.tables[SCHEDULE]
    assert games.height == 1230
    for side in ("home", "away"):
        counts = games.group_by(f"{side}_team_tricode").len()
        assert sorted(counts[f"{side}_team_tricode"]) == sorted(TEAMS)
        assert set(counts["len"]) == {41}


def test_free_days_and_nobody_plays_twice_a_day_or_three_days_running(clean):
    rows = clean.tables[UTGC].select("team_abbr", "game_date").sort("team_abbr", "game_date")
    days = set(rows["game_date"])
    assert len(days) == 165
    assert (min(days), max(days)) == (date(2021, 10, 19), date(2022, 4, 10))
    free = [date(2021, 11, 25), date(2021, 12, 24)] + [date(2022, 2, n) for n in range(18, 24)]
    assert days.isdisjoint(free)
    gaps = rows.with_columns(gap=pl.col("game_date").diff().dt.total_days().over("team_abbr"))
    none(gaps, pl.col("gap") < 1)
    straight = (pl.col("gap") == 1) & (pl.col("gap").shift(1).over("team_abbr") == 1)
    none(gaps.filter(straight), pl.lit(value=True))
    nights = gaps.filter(pl.col("gap") == 1).height / 30
    assert 12.5 <= nights <= 15.5


def test_ids_follow_from_date_and_sides(clean):
    games = clean.tables[SCHEDULE]
    day = pl.col("game_date").dt.strftime("%Y%m%d")
    code = day + "/" + pl.col("away_team_tricode") + pl.col("home_team_tricode")
    none(games, pl.col("game_code") != code)
    none(games, ~pl.col("game_id").str.contains("^00221[0-9]{5}$"))
    key = day + "_" + pl.col("away_team_tricode") + "_" + pl.col("home_team_tricode")
    ids = set(games.select(key).to_series())
    for table in (PGS, TOGS, TDGS, UPGC):
        assert set(clean.tables[table]["game_id"]) == ids
    assert set(clean.tables[UTGC]["game_id"]) == set(games["game_id"])


# --- every box score adds up


def test_points_and_zones_of_a_player_add_up(clean):
    rows = clean.tables[PGS]
    twos = pl.col("fg_makes") - pl.col("three_pt_makes")
    points = 2 * twos + 3 * pl.col("three_pt_makes") + pl.col("ft_makes")
    none(rows, points != pl.col("points"))
    zones = ["paint", "mid_range", "three_pt"]
    for what in ("attempts", "makes"):
        total = pl.sum_horizontal(f"{zone}_{what}" for zone in zones)
        none(rows, total != pl.col(f"fg_{what}"))
    none(rows, pl.sum_horizontal(f"{zone}_blocks" for zone in zones) != pl.col("blocks"))
    for shot in ("fg", "three_pt", "ft", "paint", "mid_range"):
        none(rows, pl.col(f"{shot}_makes") > pl.col(f"{shot}_attempts"))
    made = pl.col("assisted_fg_makes") + pl.col("unassisted_fg_makes")
    none(rows, made != pl.col("fg_makes"))
    none(rows, pl.col("and1_count") > pl.min_horizontal("fg_makes", "ft_attempts"))
    none(rows, ~pl.col("personal_fouls").is_between(0, 6))


def test_team_totals_are_the_sums_of_the_players(clean):
    same = "fg_attempts fg_makes three_pt_attempts three_pt_makes ft_attempts ft_makes assists"
    names = {name: name for name in [*same.split(), "turnovers", "personal_fouls"]}
    names |= {"points": "points_scored", "paint_attempts": "team_paint_attempts"}
    names |= {"paint_makes": "team_paint_makes", "mid_range_attempts": "team_mid_range_attempts"}
    names |= {"mid_range_makes": "team_mid_range_makes"}
    players = (
        clean.tables[PGS]
        .group_by(SIDE)
        .agg(
            **{f"sum_{team}": pl.col(own).sum() for own, team in names.items()},
            boards=pl.sum("offensive_rebounds") + pl.sum("defensive_rebounds"),
            passed=pl.sum("assisted_fg_makes"),
            tenths=(number("minutes_played") * 10).round().sum(),
            margin=pl.sum("plus_minus"),
        )
    )
    both = clean.tables[TOGS].join(players, on=SIDE, validate="1:1")
    assert both.height == 2460
    for team in names.values():
        none(both, pl.col(team) != pl.col(f"sum_{team}"))
    none(both, pl.col("rebounds") != pl.col("boards"))
    none(both, pl.col("assists") != pl.col("passed"))
    none(both, pl.col("tenths") != 2400 + 250 * pl.col("overtime_periods"))
    none(both, pl.col("margin") != 5 * pl.col("margin_of_victory"))


def test_defense_is_the_mirror_of_the_opponents_offense(clean):
    pairs = {"points_allowed": "points_scored", "opp_rebounds": "rebounds"}
    pairs |= {"opp_assists": "assists", "turnovers_forced": "turnovers"}
    for shot in ("fg", "three_pt", "ft"):
        pairs |= {f"opp_{shot}_{what}": f"{shot}_{what}" for what in ("attempts", "makes")}
    for zone in ("paint", "mid_range"):
        pairs |= {f"opp_{zone}_{what}": f"team_{zone}_{what}" for what in ("attempts", "makes")}
    theirs = clean.tables[TOGS].select(
        "game_id",
        pl.col("team_abbr").alias("opponent_team_abbr"),
        *(pl.col(name).alias(f"their_{name}") for name in pairs.values()),
    )
    both = clean.tables[TDGS].join(theirs, on=["game_id", "opponent_team_abbr"], validate="1:1")
    assert both.height == 2460
    for allowed, name in pairs.items():
        none(both, pl.col(allowed) != pl.col(f"their_{name}"))
    none(both, pl.col("points_in_paint_allowed") != 2 * pl.col("opp_paint_makes"))
    none(both, pl.col("three_pt_points_allowed") != 3 * pl.col("opp_three_pt_makes"))
    own = (
        clean.tables[PGS]
        .group_by("game_id", defending_team_abbr="team_abbr")
        .agg(
            stolen=pl.sum("steals"),
            boards=pl.sum("defensive_rebounds"),
            **{f"own_{z}": pl.sum(f"{z}_blocks") for z in ("paint", "mid_range", "three_pt")},
        )
    )
    with_own = both.join(own, on=["game_id", "defending_team_abbr"])
    none(with_own, pl.col("steals") != pl.col("stolen"))
    none(with_own, pl.col("defensive_rebounds") != pl.col("boards"))
    for zone in ("paint", "mid_range", "three_pt"):
        none(with_own, pl.col(f"blocks_{zone}") != pl.col(f"own_{zone}"))
        if zone != "three_pt":
            missed = pl.col(f"opp_{zone}_attempts") - pl.col(f"opp_{zone}_makes")
            none(with_own, pl.col(f"blocks_{zone}") > missed)
    none(with_own, pl.col("steals") > pl.col("turnovers_forced"))


def near(frame: pl.DataFrame, stored: str, exact: pl.Expr, places: int) -> None:
    none(frame, (number(stored) - exact).abs() > 0.5 * 10**-places + 1e-9)


def test_rates_follow_the_contracts_formulas(clean):
    teams = clean.tables[PGS].group_by(SIDE).agg(oreb=pl.sum("offensive_rebounds"))
    teams = clean.tables[TOGS].join(teams, on=SIDE)
    throws = 0.44 * pl.col("ft_attempts")
    used = pl.col("fg_attempts") + throws + pl.col("turnovers") - pl.col("oreb")
    clock = (240 + 25 * pl.col("overtime_periods")) / 5
    near(teams, "pace", used.round(1) * 48 / clock, 1)
    near(teams, "offensive_rating", pl.col("points_scored") / used.round(1) * 100, 2)
    near(teams, "ts_pct", pl.col("points_scored") / (2 * (pl.col("fg_attempts") + throws)), 3)
    none(teams, pl.col("possessions") != used.round(1).floor())
    plays = pl.col("fg_attempts") + throws + pl.col("turnovers")
    sides = teams.select(*SIDE, team_plays=plays)
    rows = clean.tables[PGS].join(sides, on=SIDE)
    usage = 100 * plays * 48 / (number("minutes_played") * pl.col("team_plays"))
    near(rows, "usage_rate", usage, 1)
    near(rows, "ts_pct", pl.col("points") / (2 * (pl.col("fg_attempts") + throws)), 3)
    effective = pl.col("fg_makes") + 0.5 * pl.col("three_pt_makes")
    near(rows, "efg_pct", effective / pl.col("fg_attempts"), 3)
    none(rows, pl.col("ts_pct").is_null() & (pl.col("fg_attempts") > 0) & (pl.col("points") > 0))
    none(rows, pl.col("starter_flag") != (pl.col("minutes_played") > 20))


def test_schedule_scores_are_the_teams_points_and_there_is_a_winner(clean):
    points = clean.tables[TOGS].select("game_date", "team_abbr", "points_scored", "win_flag")
    games = clean.tables[SCHEDULE]
    for side in ("home", "away"):
        code = f"{side}_team_tricode"
        both = games.join(points, left_on=["game_date", code], right_on=["game_date", "team_abbr"])
        assert both.height == 1230
        none(both, pl.col("points_scored") != pl.col(f"{side}_team_score"))
        none(both, pl.col("win_flag") != (pl.col("winning_team_tricode") == pl.col(code)))
    none(games, pl.col("home_team_score") == pl.col("away_team_score"))


# --- the context tables know the past, and only the past


def test_everyone_who_played_was_listed_by_his_team(clean):
    keys = ["player_lookup", "game_date", "team_abbr"]
    assert clean.tables[PGS].join(clean.tables[UPGC], on=keys, how="anti").is_empty()
    assert clean.tables[UPGC].select("player_lookup", "game_date").is_duplicated().sum() == 0


@pytest.fixture(scope="module")
def history(clean) -> pl.DataFrame:
    """Every context row of every tenth player beside his games of the 30 days before."""
    lookups = sorted(set(clean.tables[UPGC]["player_lookup"]))[::10]
    rows = clean.tables[UPGC].filter(pl.col("player_lookup").is_in(lookups))
    games = clean.tables[PGS].select(
        "player_lookup",
        played="game_date",
        scored="points",
        tenths=(number("minutes_played") * 10).round().cast(pl.Int64),
        used=number("usage_rate"),
    )
    pairs = rows.join(games, on="player_lookup", how="left").with_columns(
        ago=(pl.col("game_date") - pl.col("played")).dt.total_days()
    )
    past = pairs.filter(pl.col("ago").is_between(1, 30)).sort("player_lookup", "game_date", "ago")
    week, fortnight = pl.col("ago") <= 7, pl.col("ago") <= 14
    counted = past.group_by("player_lookup", "game_date").agg(
        rest=pl.col("ago").min(),
        week=week.sum(),
        fortnight=fortnight.sum(),
        week_tenths=pl.col("tenths").filter(week).sum(),
        fortnight_tenths=pl.col("tenths").filter(fortnight).sum(),
        usage=pl.col("used").filter(week).mean(),
        five=pl.col("scored").head(5).mean(),
        ten=pl.col("scored").head(10).mean(),
        pairs=(pl.col("ago").filter(fortnight).diff() == 1).sum(),
        gap=pl.col("ago").slice(1, 1).first() - pl.col("ago").first(),
        games=pl.len(),
    )
    return rows.join(counted, on=["player_lookup", "game_date"], how="left")


def test_player_context_counts_only_games_before_the_date(history):
    assert history.height > 3000
    pairs = {"games_in_last_7_days": "week", "games_in_last_14_days": "fortnight"}
    pairs |= {"back_to_backs_last_14_days": "pairs"}
    for stored, counted in pairs.items():
        none(history, pl.col(stored) != pl.col(counted).fill_null(0))
    for stored, counted in {"days_rest": "rest", "days_rest_before_last_game": "gap"}.items():
        none(history, ~pl.col(stored).eq_missing(pl.col(counted)))
    for days, counted in ((7, "week_tenths"), (14, "fortnight_tenths")):
        whole = pl.col(counted).fill_null(0) // 10
        none(history, pl.col(f"minutes_in_last_{days}_days") != whole)
    none(history, pl.col("back_to_back") != (pl.col("rest") == 1).fill_null(value=False))
    near(history, "avg_minutes_per_game_last_7", pl.col("week_tenths") / pl.col("week") / 10, 1)
    near(history, "avg_usage_rate_last_7_games", pl.col("usage"), 1)
    near(history, "points_avg_last_5", pl.col("five"), 1)
    near(history, "points_avg_last_10", pl.col("ten"), 1)
    none(history, pl.col("l10_games_used") != pl.min_horizontal(pl.col("games").fill_null(0), 10))


def test_opponents_pace_is_that_of_his_last_ten_games(clean):
    paces = (
        clean.tables[TOGS]
        .sort("game_date")
        .select(
            "game_date",
            opponent_team_abbr="team_abbr",
            known=number("pace").shift(1).rolling_mean(10, min_samples=1).over("team_abbr"),
            before=pl.col("game_date").shift(1).over("team_abbr"),
        )
    )
    rows = clean.tables[UPGC].join(paces, on=["game_date", "opponent_team_abbr"])
    assert rows.height == clean.tables[UPGC].height
    near(rows, "opponent_pace_last_10", pl.col("known"), 1)
    rested = (pl.col("game_date") - pl.col("before")).dt.total_days()
    none(rows, ~pl.col("opponent_days_rest").eq_missing(rested))


def test_team_context_follows_from_the_schedule(clean):
    results = clean.tables[TOGS].select("game_date", "team_abbr", "margin_of_victory")
    rows = clean.tables[UTGC].join(results, on=["game_date", "team_abbr"])
    rows = rows.sort("team_abbr", "game_date").with_columns(
        since=pl.col("game_date").diff().dt.total_days().over("team_abbr"),
        place=pl.int_range(1, pl.len() + 1).over("team_abbr"),
        before=pl.col("margin_of_victory").shift(1).over("team_abbr"),
        streak=pl.col("team_win_streak_entering").shift(1).over("team_abbr"),
    )
    none(rows, ~pl.col("days_since_last_game").eq_missing(pl.col("since")))
    none(rows, ~pl.col("team_days_rest").eq_missing(pl.col("since") - 1))
    none(rows, pl.col("is_back_to_back") != (pl.col("since") == 1).fill_null(value=False))
    none(rows, pl.col("game_number_in_season") != pl.col("place"))
    none(rows, ~pl.col("last_game_margin").eq_missing(pl.col("before")))
    grown = pl.when(pl.col("before") > 0).then(pl.col("streak") + 1).otherwise(0)
    none(rows, pl.col("team_win_streak_entering") != grown)


# --- the faults are where they are said to be


def test_faults_are_the_only_difference(clean, faulty):
    assert clean.faults == ()
    touched = {f.table for f in faulty.faults}
    assert touched == {PGS, TOGS, TDGS, UPGC, SCHEDULE}
    assert (
        faulty.tables[UTGC]
        .drop(pl.col("^source_.*$"))
        .equals(clean.tables[UTGC].drop(pl.col("^source_.*$")))
    )
    for f in faulty.faults:
        assert f.rows > 0
        assert f.table in f.sentence or "schedule" in f.sentence


@pytest.mark.parametrize(("table", "month"), [(PGS, 1), (UPGC, 12)])
def test_one_game_date_has_no_rows(clean, faulty, table, month):
    it = fault(faulty, "missing_date", table)
    (day,) = it.dates
    assert day.month == month
    assert faulty.tables[table].filter(pl.col("game_date") == day).is_empty()
    assert clean.tables[table].filter(pl.col("game_date") == day).height == it.rows
    assert set(faulty.tables[table]["game_date"]) | {day} == set(clean.tables[table]["game_date"])


def test_one_team_has_no_defense_rows_for_two_games_in_a_row(clean, faulty):
    it = fault(faulty, "missing_team", TDGS)
    (team,) = it.entities
    of_team = pl.col("defending_team_abbr") == team
    days = clean.tables[TDGS].filter(of_team)["game_date"].to_list()
    left = faulty.tables[TDGS].filter(of_team)["game_date"].unique().to_list()
    assert sorted(set(days) - set(left)) == list(it.dates)
    first = days.index(it.dates[0])
    assert tuple(days[first : first + 2]) == it.dates
    assert all(date(2021, 11, 19) <= day <= date(2021, 11, 30) for day in it.dates)


@pytest.mark.parametrize("table", [TOGS, TDGS])
def test_one_week_of_team_rows_is_there_twice(clean, faulty, table):
    it = fault(faulty, "copied_week", table)
    assert it.dates[-1] - it.dates[0] <= timedelta(days=6)
    twice = faulty.tables[table].filter(faulty.tables[table].is_duplicated())
    assert set(twice["game_date"]) == set(it.dates)
    assert twice.height == 2 * it.rows
    once = clean.tables[table].filter(pl.col("game_date").is_in(it.dates))
    assert twice.unique(maintain_order=True).equals(once)


def test_context_copies_differ_only_in_the_betting_line(clean, faulty):
    it = fault(faulty, "line_copies", UPGC)
    keys = ["player_lookup", "game_id"]
    copies = faulty.tables[UPGC].filter(pl.struct(keys).is_duplicated())
    assert copies.height == it.rows + copies.select(keys).n_unique()
    assert set(copies["game_date"]) == set(it.dates)
    assert set(copies["player_lookup"]) == set(it.entities)
    times = copies.group_by(keys).len()["len"]
    assert (times.min(), times.max()) == (2, 3)
    line = ["has_prop_line", "current_points_line", "data_hash"]
    assert copies.drop(line).unique().height == copies.select(keys).n_unique()
    assert copies.select("current_points_line", *keys).is_duplicated().sum() == 0
    assert copies["data_hash"].n_unique() == copies.height
    originals = faulty.tables[UPGC].filter(~pl.col("has_prop_line"))
    assert originals.join(clean.tables[UPGC], on=[*keys, "data_hash"], how="anti").is_empty()


def test_all_star_sides_are_in_the_schedule_and_nowhere_else(faulty):
    it = fault(faulty, "exhibition_sides", SCHEDULE)
    games = faulty.tables[SCHEDULE].filter("is_all_star")
    assert games.height == it.rows == 3
    codes = {*games["home_team_tricode"], *games["away_team_tricode"]}
    assert codes == set(it.entities) >= {"DRT", "LBN", "PAY", "BAR"}
    assert codes.isdisjoint(TEAMS)
    assert not games["is_regular_season"].any()
    assert not games["is_playoffs"].any()
    rest = faulty.tables[SCHEDULE].filter(~pl.col("is_all_star"))
    assert set(rest["home_team_tricode"]) == set(TEAMS)
    assert set(faulty.tables[UTGC]["game_date"]).isdisjoint(it.dates)


def test_a_restated_game_changes_two_rows_and_rewrites_its_date(faulty, restated):
    it = restated.faults[-1]
    assert (it.kind, it.table, it.rows) == ("restated_game", PGS, 2)
    assert it.dates[0].month == 12
    for table in set(TABLES) - {PGS}:
        assert restated.tables[table] is faulty.tables[table]
    old, new = faulty.tables[PGS], restated.tables[PGS]
    written = ["processed_at", "created_at", "quality_calculated_at"]
    changed = new.filter(pl.Series(new.drop(written).hash_rows() != old.drop(written).hash_rows()))
    assert set(changed["player_lookup"]) == set(it.entities)
    assert changed["game_date"].to_list() == list(it.dates) * 2
    assert changed.select(SIDE).n_unique() == 1
    later = new["processed_at"] - old["processed_at"]
    assert set(later.filter(new["game_date"] == it.dates[0])) == {timedelta(days=9)}
    assert set(later.filter(new["game_date"] != it.dates[0])) == {timedelta(0)}


def test_a_restated_game_moves_one_basket_and_keeps_the_team_totals(faulty, restated):
    it = restated.faults[-1]
    rows = [
        s.tables[PGS].filter(
            pl.col("game_date") == it.dates[0], pl.col("player_lookup").is_in(it.entities)
        )
        for s in (faulty, restated)
    ]
    moved = {}
    for name, dtype in rows[0].schema.items():
        if dtype == pl.Int64:
            change = dict(zip(rows[0]["player_lookup"], rows[1][name] - rows[0][name], strict=True))
            if any(change.values()):
                moved[name] = [change[who] for who in it.entities]
    one = ("fg_attempts", "fg_makes", "paint_attempts", "paint_makes", "unassisted_fg_makes")
    assert moved == {"points": [-2, 2]} | {name: [-1, 1] for name in one}
    for rate in ("ts_pct", "efg_pct", "usage_rate", "data_hash"):
        assert (rows[0][rate] != rows[1][rate]).all(), rate


# --- it looks like a real season


def real(table: str) -> pl.DataFrame:
    path = REAL / table / "season=2021.parquet"
    if not path.exists():
        pytest.skip("no copy of the real 2021-22 season beside the repository (../shared/phase3)")
    return pl.read_parquet(path).filter(pl.col("game_date") <= date(2022, 4, 10))


PLAYER_MARGINALS = {  # column: tolerance of the mean and of the standard deviation, relative
    "minutes_played": (0.03, 0.06),
    "points": (0.03, 0.05),
    "fg_attempts": (0.03, 0.06),
    "three_pt_attempts": (0.04, 0.06),
    "ft_attempts": (0.06, 0.06),
    "paint_attempts": (0.07, 0.06),
    "mid_range_attempts": (0.06, 0.15),
    "usage_rate": (0.03, 0.08),
    "ts_pct": (0.03, 0.08),
    "assists": (0.06, 0.12),
    "defensive_rebounds": (0.05, 0.12),
    "turnovers": (0.08, 0.05),
}
TEAM_MARGINALS = {
    "points_scored": (0.015, 0.08),
    "pace": (0.01, 0.06),
    "offensive_rating": (0.01, 0.06),
    "fg_attempts": (0.01, 0.08),
    "three_pt_attempts": (0.02, 0.06),
    "team_paint_attempts": (0.03, 0.12),
    "team_mid_range_attempts": (0.04, 0.2),
    "rebounds": (0.02, 0.12),
}


@pytest.mark.parametrize("column", PLAYER_MARGINALS)
def test_player_rows_are_spread_like_the_real_ones(clean, column):
    mine, true = (t[column].cast(pl.Float64) for t in (clean.tables[PGS], real(PGS)))
    for stat, tolerance in zip(("mean", "std"), PLAYER_MARGINALS[column], strict=True):
        assert getattr(mine, stat)() == pytest.approx(getattr(true, stat)(), rel=tolerance), stat
    for share in (0.25, 0.5, 0.75, 0.95):
        off = abs(mine.quantile(share) - true.quantile(share))
        assert off <= max(1.0, 0.05 * true.quantile(share)), share


@pytest.mark.parametrize("column", TEAM_MARGINALS)
def test_team_rows_are_spread_like_the_real_ones(clean, column):
    mine, true = (t[column].cast(pl.Float64) for t in (clean.tables[TOGS], real(TOGS)))
    for stat, tolerance in zip(("mean", "std"), TEAM_MARGINALS[column], strict=True):
        assert getattr(mine, stat)() == pytest.approx(getattr(true, stat)(), rel=tolerance), stat


def test_rosters_and_rest_look_real(clean):
    true = real(UPGC)
    mine = clean.tables[UPGC]
    assert mine.height == pytest.approx(true.height, rel=0.02)
    assert clean.tables[PGS].height == pytest.approx(26039, rel=0.02)
    shares = [t["days_rest"].value_counts(normalize=True) for t in (mine, true)]
    both = shares[0].join(shares[1], on="days_rest", nulls_equal=True)
    off = both.filter(pl.col("days_rest").fill_null(0) <= 7).select(
        (pl.col("proportion") - pl.col("proportion_right")).abs().max()
    )
    assert off.item() < 0.03


def test_scorers_teams_and_home_sides_look_real(clean):
    true = real(PGS)

    def averages(rows: pl.DataFrame) -> pl.Series:
        by = rows.group_by("player_lookup").agg(pl.col("points").mean(), games=pl.len())
        return by.filter(pl.col("games") >= 20)["points"].sort(descending=True)

    mine, theirs = averages(clean.tables[PGS]), averages(true)
    assert 28 <= mine[0] <= 33
    for share in (0.25, 0.5, 0.75, 0.95):
        assert mine.quantile(share) == pytest.approx(theirs.quantile(share), abs=1.5)
    home = clean.tables[TOGS].filter("home_game")
    assert 0.53 <= home["win_flag"].mean() <= 0.57
    wins = clean.tables[TOGS].group_by("team_abbr").agg(pl.sum("win_flag"))["win_flag"]
    assert 8 <= wins.std() <= 13
    spread = clean.tables[UTGC].join(home, on=["game_date", "team_abbr"])
    assert spread.select(pl.corr(number("game_spread"), "margin_of_victory")).item() < -0.25


def test_defenses_differ_by_zone_as_the_real_ones_do(clean):
    def sd(rows: pl.DataFrame, zone: str) -> float:
        made, tried = pl.sum(f"opp_{zone}_makes"), pl.sum(f"opp_{zone}_attempts")
        return rows.group_by("defending_team_abbr").agg(pct=made / tried)["pct"].std()

    true = real(TDGS)
    for zone in ("paint", "mid_range", "three_pt"):
        assert sd(clean.tables[TDGS], zone) == pytest.approx(sd(true, zone), rel=0.4)


def test_columns_the_real_tables_never_fill_stay_empty(clean):
    for table in TABLES:
        true = real(table)
        empty = [c for c in true.columns if true[c].null_count() == true.height]
        mine = clean.tables[table]
        assert [c for c in empty if mine[c].null_count() < mine.height] == [], table
