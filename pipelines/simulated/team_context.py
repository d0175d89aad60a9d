"""What is known of a team before a game: rest, form, the opponent, the market."""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl

from pipelines.simulated.box import Box
from pipelines.simulated.contract import conform
from pipelines.simulated.league_year import Year

_WEEK, _FORTNIGHT, _MONTH = 7, 14, 30
_BOUNDARY = (4, 10, 11)


def boundary(day: date) -> bool:
    """The first or last weeks of a season: October, November, April."""
    return day.month in _BOUNDARY


def bootstrap(day: date, year: int) -> bool:
    """Fewer than 30 days after 1 October."""
    return day - date(year, 10, 1) < timedelta(days=_MONTH)


@dataclass(slots=True)
class TeamPast:
    """A team's games so far: their dates and their margins, oldest first."""

    days: list[date] = field(default_factory=list)
    margins: list[int] = field(default_factory=list)

    def since(self, first: date) -> int:
        """Games on `first` or later."""
        return len(self.days) - bisect_left(self.days, first)

    def streak(self, sign: int) -> int:
        """Wins (sign 1) or losses (-1) in a row up to the newest game."""
        run = 0
        while run < len(self.margins) and self.margins[-1 - run] * sign > 0:
            run += 1
        return run


def _past_columns(past: TeamPast, day: date) -> dict[str, object]:
    gap = (day - past.days[-1]).days if past.days else None
    margin = past.margins[-1] if past.margins else None
    week, fortnight = (past.since(day - timedelta(days=n)) for n in (_WEEK, _FORTNIGHT))
    return {
        "is_back_to_back": gap == 1,
        "days_since_last_game": gap,
        "game_number_in_season": len(past.days) + 1,
        "team_days_rest": None if gap is None else gap - 1,
        "team_back_to_back": gap == 1,
        "games_in_last_7_days": past.since(day - timedelta(days=_WEEK - 1)),
        "games_in_last_14_days": past.since(day - timedelta(days=_FORTNIGHT - 1)),
        "team_win_streak_entering": past.streak(1),
        "team_loss_streak_entering": past.streak(-1),
        "last_game_margin": margin,
        "last_game_result": None if margin is None else "W" if margin > 0 else "L",
        "expected_games_count": fortnight,
        "actual_games_count": fortnight,
        "completeness_percentage": 100.0 if fortnight else None,
        "l7d_completeness_pct": 100.0 if week else None,
        "l14d_completeness_pct": 100.0 if fortnight else None,
    }


def _row(box: Box, *, home: bool, past: TeamPast, year: int) -> dict[str, object]:
    side, rival = (box.home, box.away) if home else (box.away, box.home)
    day = box.fixture.day
    issues = ["season_boundary"] if boundary(day) else []
    return {
        "team_abbr": side.club,
        "game_id": f"002{year % 100:02d}{box.fixture.number:05d}",
        "game_date": day,
        "opponent_team_abbr": rival.club,
        "home_game": home,
        "game_spread": box.spread if home else -box.spread,
        "game_total": box.total,
        "season_boundary_detected": boundary(day),
        "backfill_bootstrap_mode": bootstrap(day, year),
        "data_quality_issues": issues + ["bootstrap_mode"] * bootstrap(day, year),
        **_past_columns(past, day),
    }


def _rows(played: Year) -> list[dict[str, object]]:
    pasts: dict[str, TeamPast] = defaultdict(TeamPast)
    rows = []
    for box in played.boxes:
        margin = box.home.total("points") - box.away.total("points")
        for home in (False, True):
            club = box.home.club if home else box.away.club
            rows.append(_row(box, home=home, past=pasts[club], year=played.year))
        for club, won_by in ((box.home.club, margin), (box.away.club, -margin)):
            pasts[club].days.append(box.fixture.day)
            pasts[club].margins.append(won_by)
    return rows


def _feeds(schedule: pl.DataFrame) -> pl.DataFrame:
    """What the run saw of its two feeds: one row per date."""
    rows, written = pl.len().cast(pl.Int64), pl.col("processed_at").max()
    newest = pl.col("data_hash").max()
    return schedule.group_by("game_date", maintain_order=True).agg(
        source_nbac_schedule_rows_found=rows,
        source_nbac_schedule_last_updated=written,
        source_nbac_schedule_completeness_pct=pl.lit(100.0),
        source_nbac_schedule_hash=newest,
        source_odds_lines_rows_found=rows,
        source_odds_lines_last_updated=written,
        source_odds_lines_completeness_pct=pl.lit(100.0),
        source_odds_lines_hash=newest.str.reverse(),
    )


def upcoming_team_game_context(played: Year, schedule: pl.DataFrame) -> pl.DataFrame:
    """One row per team and game, from what had happened before it."""
    yes, no, none = pl.lit(value=True), pl.lit(value=False), pl.lit(0)
    rows = pl.DataFrame(_rows(played), infer_schema_length=None)
    full = rows.join(_feeds(schedule), on="game_date").with_columns(
        season_year=pl.lit(played.year),
        game_spread_source=pl.lit("odds_archive"),
        game_total_source=pl.lit("odds_archive"),
        starters_out_count=none,
        questionable_players_count=none,
        travel_miles=none,
        missing_games_count=none,
        is_production_ready=yes,
        reprocess_attempt_count=none,
        circuit_breaker_active=no,
        manual_override_required=no,
        processing_decision_reason=pl.lit("processed_successfully"),
        l7d_is_complete=yes,
        l14d_is_complete=yes,
        all_windows_complete=yes,
        quality_tier=pl.lit("gold"),
        quality_score=pl.lit(95.0),
        quality_issues=pl.col("data_quality_issues"),
        data_sources=pl.lit(["nbac_schedule"]),
    )
    ordered = full.sort("game_date", "game_id", "team_abbr")
    return conform(ordered, "upcoming_team_game_context")
