"""Source rows made up for a test, in the types of their contracts, and tables built from them."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import polars as pl

from nba_local.compute.compute import compute
from nba_local.tables.calendar import Season
from nba_local.tables.registry import load_registry
from pipelines import basketball as nba
from pipelines.rules import PRODUCTION

PLAIN = replace(PRODUCTION, dependency_minimums=False, source_hash="row")
"""Production for a warehouse of a handful of rows, which no run would have processed."""

REGISTRY = load_registry(Path(__file__).parents[1] / "pipelines")
FILLED = {
    pl.String(): "",
    pl.Int64(): 0,
    pl.Boolean(): True,
    pl.Date(): dt.date(2024, 1, 1),
    pl.Datetime("us", "UTC"): dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
}
WRITTEN = dt.datetime(2022, 1, 11, 8, tzinfo=dt.UTC)


def frame(name, rows):
    """Rows of a table in its contract's types; what is not given is NULL or a filler."""
    contract = REGISTRY.table(name).contract
    types = contract.polars
    fillers = {f.name: FILLED.get(f.polars) if f.required else None for f in contract.fields}
    filled = [
        {column: typed(value, types[column]) for column, value in {**fillers, **row}.items()}
        for row in rows
    ]
    return pl.DataFrame(filled, schema=types, orient="row").lazy()


def typed(value, kind):
    """A float as the decimal it is written as, where a column holds decimals."""
    return Decimal(str(value)) if isinstance(value, float) and kind.is_decimal() else value


def built(name, rules, *, season=2023, today=None, **tables):
    """A feature table, computed as the product computes it.

    tables: Rows of its inputs, or a frame of them; one that is not given has no rows.
    """
    table = REGISTRY.table(name)
    assert set(tables) <= set(table.inputs)
    given = {source: tables.get(source, ()) for source in table.inputs}
    inputs = {
        source: rows.lazy() if isinstance(rows, pl.DataFrame) else frame(source, rows)
        for source, rows in given.items()
    }
    return compute(table, inputs, rules=rules, season=Season(season), today=today)


def one(rows, **key):
    """The row of a key, by column name."""
    return rows.filter(**key).row(0, named=True)


def figures(row, *names):
    """The values of columns as text, NULL as None."""
    return tuple(None if row[name] is None else str(row[name]) for name in names)


def days_to(last, count):
    """The `count` dates that end with `last`, oldest first."""
    return [last - dt.timedelta(days=back) for back in reversed(range(count))]


def game(date, home, away, *, final=True, **values):
    """A game of the regular season; a final one has a score."""
    score = (101, 99) if final else (None, None)
    return {
        "game_id": f"{date}-{home}",
        "game_date": date,
        "game_status": nba.FINAL if final else nba.SCHEDULED,
        "home_team_tricode": home,
        "away_team_tricode": away,
        "is_regular_season": True,
        "is_playoffs": False,
        "is_all_star": False,
        "season_year": date.year - (date.month < nba.OCTOBER),
        "home_team_score": score[0],
        "away_team_score": score[1],
        **values,
    }


def back(date, days):
    """The date so many days before `date`."""
    return date - dt.timedelta(days=days)


def hash_of(row, *names):
    """`data_hash` as the contract describes it (0.4), in plain Python."""
    texts = sorted(f"{name}:{'NULL' if row[name] is None else row[name]}" for name in names)
    return hashlib.sha256("|".join(texts).encode()).hexdigest()[:16]


# rows of 2021-22; everybody plays for LAL at home to BOS and is ready, unless said otherwise


def player_on(date, player, values):
    """What the rows of a player in or before a game have in common."""
    return {
        "player_lookup": player,
        "universal_player_id": f"{player}_001",
        "game_id": f"{date:%Y%m%d}_BOS_LAL",
        "game_date": date,
        "team_abbr": "LAL",
        "opponent_team_abbr": "BOS",
        "processed_at": WRITTEN,
        **values,
    }


def box(date, player, **values):
    """A player's box score: active, 30 minutes, 10 points."""
    usual = {"season_year": 2021, "is_active": True, "minutes_played": 30.0, "points": 10}
    return player_on(date, player, usual | values)


def team_box(date, team, **values):
    """A team's offense in a game."""
    usual = {"team_abbr": team, "game_date": date, "season_year": 2021, "processed_at": WRITTEN}
    return usual | values


def listed(date, player, **values):
    """A player's context row."""
    return player_on(date, player, {"is_production_ready": True, **values})


def team_listed(date, team, **values):
    """A team's context row."""
    return {"team_abbr": team, "game_date": date, "is_production_ready": True, **values}


def ready(values):
    """A row of a feature table."""
    return {"processed_at": WRITTEN, "is_production_ready": True, **values}


def zones(date, player, zone=None, rates=(None, None, None), **values):
    """A player's shot zone row; rates of paint, mid-range and threes."""
    names = ("paint_rate_last_10", "mid_range_rate_last_10", "three_pt_rate_last_10")
    key = {"player_lookup": player, "analysis_date": date, "primary_scoring_zone": zone}
    return ready(key | dict(zip(names, rates, strict=True)) | values)


def defense(date, team, **values):
    """A team's defense row."""
    return ready({"team_abbr": team, "analysis_date": date, **values})


def cached(date, player, **values):
    """A player's row of the daily cache."""
    return ready({"player_lookup": player, "cache_date": date, **values})


def factors(date, player, scores):
    """A player's row of the composite factors; scores of fatigue, zones, pace and usage."""
    names = ("fatigue_score", "shot_zone_mismatch_score", "pace_score", "usage_spike_score")
    key = {"player_lookup": player, "game_date": date, "game_id": f"{date:%Y%m%d}_BOS_LAL"}
    return ready(key | dict(zip(names, scores, strict=True)))
