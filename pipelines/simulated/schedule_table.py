"""The schedule table, and the All-Star weekend inside it."""

from datetime import date, timedelta

import polars as pl

from pipelines.simulated.box import Box
from pipelines.simulated.contract import conform
from pipelines.simulated.draws import stream
from pipelines.simulated.league import CLUBS
from pipelines.simulated.league_year import Year

_AFTERNOON, _EVENING = 15, 20
_MONDAY = 0
_WEEKEND = (4, 5, 6)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EXHIBITION_ID = 1610616800

EXHIBITIONS = (
    (0, "BAR", "PAY", 21),
    (0, "IAH", "WOR", 22),
    (2, "DRT", "LBN", 20),
)
"""All-Star weekend: days after its Friday, away and home code, Eastern hour."""


def _kind(day: date, tip: int) -> dict[str, object]:
    """What follows from date and tip-off (Eastern minutes after midnight)."""
    hour = tip // 60
    slot = "afternoon" if hour < _AFTERNOON else "early_evening" if hour < _EVENING else "primetime"
    third_monday = day.month == 1 and day.weekday() == _MONDAY and 15 <= day.day <= 21  # noqa: PLR2004
    return {
        "game_date": day,
        "tip": tip,
        "is_christmas": (day.month, day.day) == (12, 25),
        "is_mlk_day": third_monday,
        "day_of_week": _DAYS[day.weekday()],
        "is_weekend": day.weekday() in _WEEKEND,
        "time_slot": slot,
    }


def _game(box: Box, year: int) -> dict[str, object]:
    fixture = box.fixture
    home, away = CLUBS[fixture.home], CLUBS[fixture.away]
    return {
        "game_id": f"002{year % 100:02d}{fixture.number:05d}",
        "home_team_id": home.team_id,
        "home_team_tricode": home.code,
        "home_team_name": home.nickname,
        "away_team_id": away.team_id,
        "away_team_tricode": away.code,
        "away_team_name": away.nickname,
        "arena_name": home.arena,
        "arena_city": home.city,
        "arena_state": home.state,
        "is_all_star": False,
        "home_team_score": box.home.total("points"),
        "away_team_score": box.away.total("points"),
        **_kind(fixture.day, fixture.tip),
    }


def _exhibition(friday: date, number: int, seed: int) -> dict[str, object]:
    after, away, home, hour = EXHIBITIONS[number]
    rng = stream(seed, friday, "all-star", number)
    score = 150 + rng.randrange(15)
    return {
        "game_id": f"003{friday.year % 100 - 1:02d}{number + 1:05d}",
        "home_team_id": _EXHIBITION_ID + 2 * number + 1,
        "home_team_tricode": home,
        "home_team_name": f"Team {home.title()}",
        "away_team_id": _EXHIBITION_ID + 2 * number,
        "away_team_tricode": away,
        "away_team_name": f"Team {away.title()}",
        "arena_name": CLUBS["CLE"].arena,
        "arena_city": CLUBS["CLE"].city,
        "arena_state": CLUBS["CLE"].state,
        "is_all_star": True,
        "home_team_score": score,
        "away_team_score": score - 1 - rng.randrange(12),
        **_kind(friday + timedelta(days=after), 60 * hour),
    }


def nbac_schedule(played: Year, seed: int, *, exhibitions: bool) -> pl.DataFrame:
    """One row per game, final; All-Star weekend only if asked for."""
    year = played.year
    games = [_game(box, year) for box in played.boxes]
    if exhibitions:
        friday = played.days.all_star_friday
        games += [_exhibition(friday, n, seed) for n in range(len(EXHIBITIONS))]
    no = pl.lit(value=False)
    home, away = pl.col("home_team_tricode"), pl.col("away_team_tricode")
    full = pl.DataFrame(games).with_columns(
        game_code=pl.col("game_date").dt.strftime("%Y%m%d") + "/" + away + home,
        season=pl.lit(str(year)),
        season_nba_format=pl.lit(f"{year}-{(year + 1) % 100:02d}"),
        season_year=pl.lit(year),
        game_date_est=pl.col("game_date").cast(pl.Datetime("us", "UTC"))
        + pl.duration(minutes=pl.col("tip")),
        game_status=pl.lit(3),
        game_status_text=pl.lit("Final"),
        is_regular_season=~pl.col("is_all_star"),
        is_playoffs=no,
        is_emirates_cup=no,
        neutral_site_flag=pl.col("is_all_star"),
        international_game=no,
        winning_team_tricode=pl.when(pl.col("home_team_score") > pl.col("away_team_score"))
        .then(home)
        .otherwise(away),
        data_source=pl.lit("api_stats"),
        source_file_path=pl.lit(f"simulated/schedule/{year}-{(year + 1) % 100:02d}"),
    )
    return conform(full.sort("game_date", "game_id"), "nbac_schedule")
