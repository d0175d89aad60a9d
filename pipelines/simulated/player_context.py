"""What is known of a player before a game: rest, load, form, absences, the opponent's pace."""

import hashlib
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import pairwise

import polars as pl

from pipelines.simulated.box import Box, Side
from pipelines.simulated.contract import conform
from pipelines.simulated.league_year import Year
from pipelines.simulated.players import Player
from pipelines.simulated.team_context import TeamPast, bootstrap, boundary

_WEEK, _TEN_DAYS, _FORTNIGHT, _MONTH = 7, 10, 14, 30
_TENTHS = (
    "avg_minutes_per_game_last_7",
    "avg_usage_rate_last_7_games",
    "points_avg_last_5",
    "points_avg_last_10",
    "opponent_pace_last_10",
    "pace_differential",
)
_STAR = (18, 280, 250)
_SAMPLE = ("excellent", "good", "limited", "insufficient")
_TIERS = ((10, "gold", 95.0), (5, "silver", 75.0), (0, "bronze", 50.0))
_THIN = 3
_PHASES = {10: "early", 11: "early", 12: "mid", 1: "mid", 2: "mid", 3: "late", 4: "late"}
_ZEROS = (
    "prop_over_streak",
    "prop_under_streak",
    "next_game_days_rest",
    "games_in_next_7_days",
    "opponent_games_in_next_7_days",
    "opponent_next_game_days_rest",
    "missing_games_count",
    "reprocess_attempt_count",
)
_FEEDS = ("boxscore", "schedule", "props", "game_lines")


@dataclass(frozen=True, slots=True)
class _Game:
    """A game a player played: day number, tenths of minutes, points, usage in tenths."""

    day: int
    tenths: int
    points: int
    usage: int | None


@dataclass(slots=True)
class _Past:
    """Everything that had happened before the day: by player, by team, and days on a roster.

    Days are ordinals; minutes, usage and pace are tenths.
    """

    players: dict[str, list[_Game]] = field(default_factory=lambda: defaultdict(list))
    teams: dict[str, TeamPast] = field(default_factory=lambda: defaultdict(TeamPast))
    paces: dict[str, deque[int]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=10))
    )
    listed: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True, slots=True)
class Measured:
    """Rates that the box-score tables worked out, in tenths: usage by line, pace by side."""

    usage: Mapping[tuple[str, str], int | None]
    pace: Mapping[tuple[str, str], int]


def mean(total: int, number: int) -> int | None:
    """`total / number`, halves up; of nothing, and 0, it is NULL."""
    return ((2 * total + number) // (2 * number) or None) if number else None


def _sample(games: int, wanted: int) -> str:
    steps = (wanted, int(0.7 * wanted), int(0.5 * wanted))
    return next(
        (name for name, least in zip(_SAMPLE, steps, strict=False) if games >= least), _SAMPLE[-1]
    )


def _rest(days: list[int], day: int) -> dict[str, object]:
    """Gaps between the games of the last 30 days, newest first."""
    gaps = [a - b for a, b in pairwise(days)]
    rested = next((n for n, gap in enumerate(gaps) if gap > 1), None)
    recent = sum(1 for d in days if d >= day - _FORTNIGHT)
    return {
        "days_rest": day - days[0] if days else None,
        "back_to_back": bool(days) and day - days[0] == 1,
        "days_rest_before_last_game": gaps[0] if gaps else None,
        "days_since_2_plus_days_rest": None if rested is None else day - days[rested],
        "back_to_backs_last_14_days": sum(gap == 1 for gap in gaps[: max(0, recent - 1)]),
    }


def _load(games: list[_Game], day: int) -> dict[str, object]:
    week = [g for g in games if g.day >= day - _WEEK]
    fortnight = [g for g in games if g.day >= day - _FORTNIGHT]
    used = [g.usage for g in week if g.usage is not None]
    minutes = sum(g.tenths for g in week)
    return {
        "games_in_last_7_days": len(week),
        "games_in_last_14_days": len(fortnight),
        "minutes_in_last_7_days": minutes // 10,
        "minutes_in_last_14_days": sum(g.tenths for g in fortnight) // 10,
        "avg_minutes_per_game_last_7": mean(minutes, len(week)),
        "avg_usage_rate_last_7_games": mean(sum(used), len(used)),
        "points_avg_last_5": mean(sum(g.points for g in games[:5]) * 10, len(games[:5])),
        "points_avg_last_10": mean(sum(g.points for g in games[:10]) * 10, len(games[:10])),
    }


@cache
def _grade(games: int) -> dict[str, object]:
    tier, score = next((tier, score) for least, tier, score in _TIERS if games >= least)
    issues = [f"thin_sample:{games}/{_THIN}"] if games < _THIN else []
    return {
        "data_quality_tier": tier,
        "quality_tier": tier,
        "quality_score": score,
        "quality_issues": issues,
        "processed_with_issues": bool(issues),
        "l5_games_used": min(games, 5),
        "l5_sample_quality": _sample(games, 5),
        "l10_games_used": min(games, 10),
        "l10_sample_quality": _sample(games, 10),
    }


def _complete(listed: list[int], day: int) -> dict[str, object]:
    """Every game for which the player was listed is in the warehouse; none due is NULL."""
    due = [len(listed) - bisect_left(listed, day - n) for n in (_WEEK, _FORTNIGHT, _MONTH)]
    whole = [100.0 if count else None for count in due]
    ever = 100.0 if listed else None
    return {
        "expected_games_count": due[2],
        "actual_games_count": due[2],
        "completeness_percentage": whole[2],
        "l5_completeness_pct": ever,
        "l10_completeness_pct": ever,
        "l7d_completeness_pct": whole[0],
        "l14d_completeness_pct": whole[1],
        "l30d_completeness_pct": whole[2],
    }


def _is_star(games: list[_Game], day: int) -> bool:
    """18 points, 28 minutes or a usage of 25 on average over the ten days before."""
    recent = [g for g in games[:_TEN_DAYS] if g.day >= day - _TEN_DAYS]
    used = [g.usage for g in recent if g.usage is not None]
    points, tenths = sum(g.points for g in recent), sum(g.tenths for g in recent)
    return bool(recent) and (
        points >= _STAR[0] * len(recent)
        or tenths >= _STAR[1] * len(recent)
        or (bool(used) and sum(used) >= _STAR[2] * len(used))
    )


def _newest(games: list[_Game], day: int) -> list[_Game]:
    """The games of the 30 days before `day`, newest first."""
    return [g for g in reversed(games[-_MONTH:]) if day - _MONTH <= g.day < day]


def _paces(past: _Past, club: str, rival: str) -> tuple[int | None, int]:
    """The rival's mean pace, and how far the club's own lies above it (0 if one is unknown)."""
    own, theirs = past.paces[club], past.paces[rival]
    if not own or not theirs:
        return mean(sum(theirs), len(theirs)), 0
    gap = sum(own) * len(theirs) - sum(theirs) * len(own)
    size = mean(abs(gap), len(own) * len(theirs)) or 0
    return mean(sum(theirs), len(theirs)), size if gap > 0 else -size


def _shared(box: Box, side: Side, past: _Past) -> dict[str, object]:
    """What all players of a side have in common before the game."""
    rival = box.away if side is box.home else box.home
    theirs, above = _paces(past, side.club, rival.club)
    rested = past.teams[rival.club].days[-1:]
    day = box.fixture.day
    return {
        "game_id": box.fixture.game_id,
        "game_date": day,
        "team_abbr": side.club,
        "opponent_team_abbr": rival.club,
        "game_spread": box.spread if side is box.home else -box.spread,
        "game_total": box.total,
        "home_game": side is box.home,
        "season_phase": _PHASES[day.month],
        "opponent_pace_last_10": theirs,
        "pace_differential": above,
        "opponent_days_rest": (day - rested[0]).days if rested else None,
    }


def _age(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _side_rows(box: Box, side: Side, past: _Past) -> list[dict[str, object]]:
    today, shared = box.fixture.day, _shared(box, side, past)
    day = today.toordinal()
    out = {who for who in side.inactive if _is_star(_newest(past.players[who.lookup], day), day)}
    rows = []
    for who in (*(line.player for line in side.lines), *side.unused, *side.inactive):
        games = _newest(past.players[who.lookup], day)
        rows.append(
            {
                "player_lookup": who.lookup,
                **shared,
                "player_age": _age(who.born, today),
                "star_teammates_out": len(out - {who}),
                **_rest([g.day for g in games], day),
                **_load(games, day),
                **_complete(past.listed[who.lookup], day),
                **_grade(len(games)),
            }
        )
    return rows


def _remember(past: _Past, box: Box, measured: Measured) -> None:
    """After the game it belongs to the past of everyone involved."""
    day, game_id = box.fixture.day.toordinal(), box.fixture.game_id
    for side in box.sides:
        past.teams[side.club].days.append(box.fixture.day)
        past.paces[side.club].append(measured.pace[game_id, side.club])
        for line in side.lines:
            key = line.player.lookup
            used = measured.usage[game_id, key]
            past.players[key].append(_Game(day, line.tenths, line.points, used))
        everyone: list[Player] = [line.player for line in side.lines]
        for who in (*everyone, *side.unused, *side.inactive):
            past.listed[who.lookup].append(day)


def _feed(name: str, day: date) -> str:
    return hashlib.sha256(f"{name}|{day}".encode()).hexdigest()[:16]


def _feeds(days: pl.Series) -> pl.DataFrame:
    """Run hashes: one per feed and date."""
    unique = days.unique().sort()
    columns = {f"source_{name}_hash": [_feed(name, day) for day in unique] for name in _FEEDS}
    return pl.DataFrame({"game_date": unique, **columns})


def upcoming_player_game_context(played: Year, measured: Measured) -> pl.DataFrame:
    """One row per listed player and game: those who played, sat or were inactive."""
    past, rows = _Past(), []
    for box in played.boxes:
        for side in box.sides:
            rows += _side_rows(box, side, past)
        _remember(past, box, measured)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    frame = pl.DataFrame(columns, strict=False)
    return conform(_constants(frame, played.year), "upcoming_player_game_context")


def _constants(frame: pl.DataFrame, year: int) -> pl.DataFrame:
    yes, no, none = pl.lit(value=True), pl.lit(value=False), pl.lit(0)
    day = pl.col("game_date")
    complete = [f"{window}_is_complete" for window in ("l5", "l10", "l7d", "l14d", "l30d")]
    months = frame.select(day.unique()).to_series()
    flags = pl.DataFrame(
        {
            "game_date": months,
            "season_boundary_detected": [boundary(d) for d in months],
            "backfill_bootstrap_mode": [bootstrap(d, year) for d in months],
        }
    )
    joined = frame.join(flags, on="game_date").join(_feeds(frame["game_date"]), on="game_date")
    return joined.with_columns(
        *(pl.col(name) / 10 for name in _TENTHS),
        universal_player_id=pl.col("player_lookup") + "_001",
        has_prop_line=no,
        game_spread_source=pl.lit("odds_archive"),
        game_total_source=pl.lit("odds_archive"),
        next_game_is_primetime=no,
        primary_source_used=pl.lit("bdl_player_boxscores"),
        is_production_ready=yes,
        data_quality_issues=pl.lit([], dtype=pl.List(pl.String)),
        circuit_breaker_active=no,
        manual_override_required=no,
        processing_decision_reason=pl.lit("processed_successfully"),
        all_windows_complete=yes,
        context_version=pl.lit(1),
        data_sources=pl.lit(["bdl_player_boxscores"]),
        **dict.fromkeys(_ZEROS, none),
        **dict.fromkeys(complete, yes),
    ).sort("game_date", "game_id", "team_abbr", "player_lookup")
