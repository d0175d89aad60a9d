"""The three box-score tables: player, offense and defense."""

import polars as pl

from pipelines.simulated.box import Box, Side
from pipelines.simulated.contract import conform, rounded, stamp
from pipelines.simulated.shots import MIDDLE, PAINT, THREE, Line

_STARTER_MINUTES = 20
_GAMEBOOK, _TEAM_BOX = "nbac_gamebook", "nbac_team_boxscore"
_NOTES = '{"sources_used": ["nbac_gamebook"], "early_season": false}'

_SUMMED = {
    "points": "points_scored",
    "fg_attempts": "fg_attempts",
    "fg_makes": "fg_makes",
    "three_pt_attempts": "three_pt_attempts",
    "three_pt_makes": "three_pt_makes",
    "ft_attempts": "ft_attempts",
    "ft_makes": "ft_makes",
    "assists": "assists",
    "turnovers": "turnovers",
    "personal_fouls": "personal_fouls",
    "paint_attempts": "team_paint_attempts",
    "paint_makes": "team_paint_makes",
    "mid_range_attempts": "team_mid_range_attempts",
    "mid_range_makes": "team_mid_range_makes",
    "offensive_rebounds": "offensive_rebounds",
    "defensive_rebounds": "defensive_rebounds",
    "steals": "steals",
    "paint_blocks": "blocks_paint",
    "mid_range_blocks": "blocks_mid_range",
    "three_pt_blocks": "blocks_three_pt",
}

_ALLOWED = {
    "points_allowed": "points_scored",
    "opp_fg_attempts": "fg_attempts",
    "opp_fg_makes": "fg_makes",
    "opp_three_pt_attempts": "three_pt_attempts",
    "opp_three_pt_makes": "three_pt_makes",
    "opp_ft_attempts": "ft_attempts",
    "opp_ft_makes": "ft_makes",
    "opp_rebounds": "rebounds",
    "opp_assists": "assists",
    "turnovers_forced": "turnovers",
    "opp_paint_attempts": "team_paint_attempts",
    "opp_paint_makes": "team_paint_makes",
    "opp_mid_range_attempts": "team_mid_range_attempts",
    "opp_mid_range_makes": "team_mid_range_makes",
    "points_in_paint_allowed": "points_in_paint_scored",
    "opponent_ts_pct": "ts_pct",
}


def _lines(boxes: tuple[Box, ...]) -> list[tuple[Box, Side, Side, Line]]:
    return [
        (box, side, rival, line)
        for box in boxes
        for side, rival in (box.sides, box.sides[::-1])
        for line in side.lines
    ]


def _counted(line: Line) -> dict[str, object]:
    """The counted columns of one line."""
    return {
        "player_lookup": line.player.lookup,
        "player_full_name": line.player.name,
        "tenths": line.tenths,
        "points": line.points,
        "assists": line.assists,
        "offensive_rebounds": line.offensive,
        "defensive_rebounds": line.defensive,
        "steals": line.steals,
        "turnovers": line.turnovers,
        "paint_attempts": line.tried[PAINT],
        "paint_makes": line.made[PAINT],
        "mid_range_attempts": line.tried[MIDDLE],
        "mid_range_makes": line.made[MIDDLE],
        "three_pt_attempts": line.tried[THREE],
        "three_pt_makes": line.made[THREE],
        "ft_attempts": line.throws,
        "ft_makes": line.throws_made,
        "plus_minus": line.plus_minus,
        "personal_fouls": line.fouls,
        "paint_blocks": line.blocks_paint,
        "mid_range_blocks": line.blocks_middle,
        "three_pt_blocks": line.blocks_three,
        "and1_count": line.and_ones,
        "assisted_fg_makes": line.assisted,
        "unassisted_fg_makes": line.unassisted,
    }


def shooting() -> dict[str, pl.Expr]:
    """True shooting and effective shooting of a player row; 0 and no shots are NULL."""
    shots, throws = pl.col("fg_attempts"), pl.col("ft_attempts")
    makes = pl.col("fg_makes") + 0.5 * pl.col("three_pt_makes")
    true = rounded(pl.col("points") / (2 * (shots + 0.44 * throws)), 3)
    effective = rounded(makes / shots, 3)
    return {
        "ts_pct": pl.when(shots > 0, true != 0).then(true),
        "efg_pct": pl.when(shots > 0, effective != 0).then(effective),
    }


def usage(minutes: pl.Expr) -> pl.Expr:
    """Share of the team's plays while on court, 0-100, by the contract's formula; 0 is NULL."""
    plays = pl.col("fg_attempts") + 0.44 * pl.col("ft_attempts") + pl.col("turnovers")
    side = ("game_id", "team_abbr")
    team = (
        pl.col("fg_attempts").sum().over(side)
        + 0.44 * pl.col("ft_attempts").sum().over(side)
        + pl.col("turnovers").sum().over(side)
    )
    rate = rounded(100 * plays * 48 / (minutes * team), 1)
    return pl.when(rate != 0).then(rate)


def player_rows(boxes: tuple[Box, ...], year: int) -> pl.DataFrame:
    """The counted columns of everyone who played, with the minutes in tenths beside them."""
    lines = _lines(boxes)
    keys = pl.DataFrame(
        {
            "game_id": [box.fixture.game_id for box, _, _, _ in lines],
            "game_date": [box.fixture.day for box, _, _, _ in lines],
            "team_abbr": [side.club for _, side, _, _ in lines],
            "opponent_team_abbr": [rival.club for _, _, rival, _ in lines],
        }
    )
    counted = [_counted(line) for _, _, _, line in lines]
    counts = pl.DataFrame({name: [row[name] for row in counted] for name in counted[0]})
    return pl.concat([keys, counts], how="horizontal").with_columns(
        season_year=pl.lit(year),
        fg_attempts=pl.sum_horizontal("paint_attempts", "mid_range_attempts", "three_pt_attempts"),
        fg_makes=pl.sum_horizontal("paint_makes", "mid_range_makes", "three_pt_makes"),
        blocks=pl.sum_horizontal("paint_blocks", "mid_range_blocks", "three_pt_blocks"),
    )


def player_game_summary(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per player who appeared and game."""
    minutes = pl.col("tenths") / 10
    margin = pl.col("plus_minus").sum().over("game_id", "team_abbr")
    nothing = pl.lit([], dtype=pl.List(pl.String))
    full = rows.with_columns(
        minutes_played=minutes,
        usage_rate=usage(minutes),
        universal_player_id=pl.col("player_lookup") + "_001",
        starter_flag=minutes > _STARTER_MINUTES,
        win_flag=margin > 0,
        is_active=pl.lit(value=True),
        player_status=pl.lit("active"),
        data_quality_tier=pl.lit("gold"),
        primary_source_used=pl.lit(_GAMEBOOK),
        processed_with_issues=pl.lit(value=False),
        quality_tier=pl.lit("gold"),
        quality_score=pl.lit(100.0),
        quality_issues=nothing,
        data_sources=pl.lit([_GAMEBOOK]),
        quality_used_fallback=pl.lit(value=False),
        quality_reconstructed=pl.lit(value=False),
        quality_calculated_at=stamp(),
        quality_metadata=pl.lit(_NOTES),
        is_production_ready=pl.lit(value=True),
        data_quality_issues=nothing,
        **shooting(),
    )
    ordered = full.sort("game_date", "game_id", "team_abbr", "player_lookup")
    return conform(ordered, "player_game_summary")


def _games(boxes: tuple[Box, ...], year: int) -> pl.DataFrame:
    rows = [
        (
            box.fixture.game_id,
            f"002{year % 100:02d}{box.fixture.number:05d}",
            side.club,
            rival.club,
            side is box.home,
            box.overtimes,
        )
        for box in boxes
        for side, rival in (box.sides, box.sides[::-1])
    ]
    names = [
        "game_id",
        "nba_game_id",
        "team_abbr",
        "opponent_team_abbr",
        "home_game",
        "overtime_periods",
    ]
    return pl.DataFrame(rows, schema=names, orient="row")


def team_rows(boxes: tuple[Box, ...], players: pl.DataFrame, year: int) -> pl.DataFrame:
    """One row per side and game: sums over its players, rates by the contract's formulas."""
    sums = players.group_by("game_id", "game_date", "team_abbr", maintain_order=True).agg(
        pl.col(name).sum().alias(total) for name, total in _SUMMED.items()
    )
    throws = 0.44 * pl.col("ft_attempts")
    exact = pl.col("fg_attempts") + throws - pl.col("offensive_rebounds") + pl.col("turnovers")
    used = rounded(exact, 1)
    clock = (240 + 25 * pl.col("overtime_periods")) / 5
    rows = _games(boxes, year).join(sums, on=["game_id", "team_abbr"])
    rivals = rows.select("game_id", opponent_team_abbr="team_abbr", points_against="points_scored")
    return rows.join(rivals, on=["game_id", "opponent_team_abbr"]).with_columns(
        season_year=pl.lit(year),
        rebounds=pl.col("offensive_rebounds") + pl.col("defensive_rebounds"),
        points_in_paint_scored=2 * pl.col("team_paint_makes"),
        exact_possessions=exact,
        possessions=used.floor().cast(pl.Int64),
        offensive_rating=rounded(pl.col("points_scored") / used * 100, 2),
        pace=rounded(used * 48 / clock, 1),
        ts_pct=rounded(pl.col("points_scored") / (2 * (pl.col("fg_attempts") + throws)), 3),
        win_flag=pl.col("points_scored") > pl.col("points_against"),
        margin_of_victory=pl.col("points_scored") - pl.col("points_against"),
    )


def _graded(rows: pl.DataFrame, source: str) -> pl.DataFrame:
    nothing = pl.lit([], dtype=pl.List(pl.String))
    return rows.with_columns(
        data_quality_tier=pl.lit("gold"),
        primary_source_used=pl.lit(source),
        processed_with_issues=pl.lit(value=False),
        quality_tier=pl.lit("gold"),
        quality_score=pl.lit(100.0),
        quality_issues=nothing,
        data_sources=pl.lit([_TEAM_BOX]),
        is_production_ready=pl.lit(value=True),
        data_quality_issues=nothing,
    )


def team_offense_game_summary(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per team and game, seen with the ball."""
    full = _graded(rows, _TEAM_BOX).with_columns(
        shot_zones_available=pl.lit(value=True), shot_zones_source=pl.lit("nbac_pbp")
    )
    ordered = full.sort("game_date", "game_id", "team_abbr")
    return conform(ordered, "team_offense_game_summary")


def team_defense_game_summary(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per team and game, seen without the ball: the mirror of the opponent's offense."""
    theirs = rows.select(
        "game_id",
        pl.col("team_abbr").alias("opponent_team_abbr"),
        *(pl.col(name).alias(allowed) for allowed, name in _ALLOWED.items()),
        mid_range_points_allowed=2 * pl.col("team_mid_range_makes"),
        three_pt_points_allowed=3 * pl.col("three_pt_makes"),
        defensive_rating=rounded(pl.col("points_scored") / pl.col("exact_possessions") * 100, 2),
        opponent_pace=rounded(pl.col("exact_possessions"), 1),
    )
    own = rows.rename({"team_abbr": "defending_team_abbr", "personal_fouls": "fouls_committed"})
    full = _graded(
        own.join(theirs, on=["game_id", "opponent_team_abbr"]), f"{_TEAM_BOX}+{_GAMEBOOK}"
    )
    ordered = full.sort("game_date", "game_id", "defending_team_abbr")
    return conform(ordered, "team_defense_game_summary")
