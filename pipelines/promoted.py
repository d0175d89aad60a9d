"""What the lab's `promote` builds on: features that earned a place in a table, and their claims.

`adds` gives the rows of a table a column for each; `universe` is the table that has nothing else.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from nba_local import Built, Claim
from pipelines import basketball as nba
from pipelines import windows
from pipelines.claims import in_range, quoted
from pipelines.ml_feature_store_v2 import inputs
from pipelines.ml_feature_store_v2.inputs import KEY
from pipelines.windows import Feature

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from pipelines.rules import Rules

type Build = Callable[..., Built]

KEYS = {"player": "player_lookup", "team": "team", "opponent": "opponent"}
"""The columns of `universe` that name the player, the team and the opponent."""

NEEDED = ("player_game_summary", "nbac_schedule")
"""Tables that say which games of a season count."""


@dataclass(frozen=True, slots=True)
class Free:
    """A feature that is a function of whole tables, with what a declaration would say of it.

    make: Its parameters name tables; it returns rows of the grain with a column `name`.
    """

    name: str
    make: Callable[..., pl.LazyFrame]
    unit: str
    description: str
    low: float
    high: float
    varies: bool = True

    @property
    def reads(self) -> tuple[str, ...]:
        """The tables it reads."""
        return tuple(inspect.signature(self.make).parameters)


def about(feature: Feature, *, unit: str, description: str, low: float, high: float) -> Feature:
    """A declared feature with its unit, meaning and range."""
    return replace(feature, unit=unit, description=description, low=low, high=high)


def adds(
    features: Sequence[Feature | Free], table: str, grain: Sequence[str], keys: Mapping[str, str]
) -> Callable[[Build], Build]:
    """Decorates a `build()`: its rows get a column for each feature, as known before their date.

    table: Whose `build()` it is. grain: Entity and date of its rows. keys: The column that names
    the player, the team or the opponent in its rows, as far as it has one.
    Null: before the first game of the season, and where the feature is.
    """
    declared = [f for f in features if isinstance(f, Feature)]
    free = [f for f in features if isinstance(f, Free)]
    entity, date = grain

    def decorated(build: Build) -> Build:
        given = inspect.signature(build)
        own = [n for n, p in given.parameters.items() if p.kind is not p.KEYWORD_ONLY]
        read = [windows.HISTORIES[f.of].table for f in declared]
        read += [name for f in free for name in f.reads]
        needed = tuple(dict.fromkeys((*own, *NEEDED, *read)))

        @wraps(build)
        def wider(
            *, rules: Rules, season: int, today: dt.date | None, **frames: pl.LazyFrame
        ) -> Built:
            built = build(
                **{name: frames[name] for name in own}, rules=rules, season=season, today=today
            )
            rows = built.rows.cache()
            if declared:
                told, games, _ = nba.known_season(
                    frames["player_game_summary"],
                    frames["nbac_schedule"],
                    table,
                    rules=rules,
                    season=season,
                    today=today,
                )
                sources = {**frames, "player_game_summary": told}
                histories = {
                    of: windows.history(
                        of, sources[windows.HISTORIES[of].table], games, season, rules
                    )
                    for of in dict.fromkeys(f.of for f in declared)
                }
                grid = rows.select(
                    date=date,
                    __entity=entity,
                    **{windows.KEYS[of]: keys[of] for of in histories},
                )
                known = windows.before(grid, histories, declared, rules).select(
                    "__entity", "date", *(f.name for f in declared)
                )
                rows = rows.join(known, left_on=list(grain), right_on=["__entity", "date"])
            for feature in free:
                made = feature.make(**{name: frames[name] for name in feature.reads})
                rows = rows.join(made.select(*grain, feature.name), on=list(grain), how="left")
            only_keys = [column for column in keys.values() if column not in grain]
            return built._replace(rows=rows.drop(only_keys))

        kinds = inspect.Parameter
        extra = [kinds(n, kinds.POSITIONAL_OR_KEYWORD) for n in needed]
        asked = [p for p in given.parameters.values() if p.kind is p.KEYWORD_ONLY]
        wider.__signature__ = inspect.Signature([*extra, *asked])  # type: ignore[attr-defined]
        return wider

    return decorated


class Universe(NamedTuple):
    """Who gets a row of the store.

    grid: `player_lookup`, `date`, `team`, `opponent`, a row per player and date. games: The games
    of the season that count. states: Of its dates.
    """

    grid: pl.LazyFrame
    games: pl.LazyFrame
    states: pl.LazyFrame


def universe_of(  # noqa: PLR0913 - what a table is built from
    table: str,
    box_scores: pl.LazyFrame,
    contexts: pl.LazyFrame,
    schedule: pl.LazyFrame,
    *,
    rules: Rules,
    season: int,
    today: dt.date | None,
) -> Universe:
    """The rows of the store, without a value."""
    told, games, days = nba.known_season(
        box_scores, schedule, table, rules=rules, season=season, today=today
    )
    box = nba.games_of(told, "player_lookup", "team_abbr", rules, games).cache()
    listed = nba.listed(contexts, days, *inputs.DRIVING, rules=rules)
    driving = inputs.drivers(box, listed, days, rules).rename({"opponent_team_abbr": "opponent"})
    grid = driving.select(*KEY, "team", "opponent").cache()
    return Universe(grid, games, nba.states(days, grid, grid, "player_game_summary"))


def universe(
    table: str, *sources: pl.LazyFrame, rules: Rules, season: int, today: dt.date | None
) -> Built:
    """The rows of the store, as `player_lookup`, `game_date`, `team`, `opponent`, and no more.

    sources: Box scores, contexts, schedule.
    """
    found = universe_of(table, *sources, rules=rules, season=season, today=today)
    rows = found.grid.rename({"date": "game_date"})
    return Built(rows, pl.LazyFrame(schema=nba.NON_ROWS), found.states)


def claims(features: Sequence[Feature | Free]) -> tuple[Claim, ...]:
    """What every promoted feature claims: its range, a number, known, not alike for everybody."""
    return tuple(claim for feature in features for claim in _claims(feature))


def _claims(feature: Feature | Free) -> list[Claim]:
    name = feature.name
    made = [
        Claim("no_nan_or_infinity", called=f"{name}_is_a_number", columns=(name,), nan=name),
        Claim(
            "columns_are_filled",
            called=f"{name}_is_known",
            least="80 %",
            too_few="< 0.8",
            columns=quoted(name),
            lost=name,
        ),
    ]
    if feature.low is not None and feature.high is not None:
        sentence = f"`{name}` lies in its range."
        made.append(in_range(f"{name}_in_range", sentence, {name: (feature.low, feature.high)}))
    if feature.varies:
        made.append(
            Claim(
                "columns_vary_within_a_date",
                called=f"{name}_varies",
                rows=40,
                columns=(name,),
                alike=f"{name} = 0.0",
            )
        )
    return made
