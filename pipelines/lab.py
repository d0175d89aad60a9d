"""What the lab predicts: the points of a player who played, and the line on them.

A player who did not play is void and has no row. An actual equal to the line is no result;
`over_under_result` counts it as an over and is not used.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from nba_local import Built, Table
from nba_local.lab.subject import FeatureSet, FreeFeature, Promotion, Subject
from nba_local.tables.schema import Contract, Field
from pipelines import basketball as nba
from pipelines import promotion, promotion_oracle, windows
from pipelines.ml_feature_store_v2 import later, lines
from pipelines.ml_feature_store_v2.features import FEATURES
from pipelines.promoted import universe_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipelines.rules import Rules

STORE = "ml_feature_store_v2"
GRAIN = ("player_lookup", "game_date")
UNIVERSE = ("player_game_summary", "upcoming_player_game_context", "nbac_schedule")
"""Tables that say who gets a row."""


BASELINE = tuple(feature.name for feature in FEATURES)
WITH_LATER = (*BASELINE, *later.NAMES.values())
SETS = {
    "v1": FeatureSet(BASELINE),
    "v2": FeatureSet(WITH_LATER, (f"{STORE}.feature_set=v2",)),
    "v3": FeatureSet((*WITH_LATER, *lines.NAMES.values()), (f"{STORE}.feature_set=v3",)),
}
"""Feature sets by name: lists, the baseline first."""


def outcomes(frames: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
    """Points by player and date, and the line: what the context says, else the box score."""
    box = nba.newest(
        frames["player_game_summary"].filter(windows.took_part(), pl.col("points").is_not_null()),
        *GRAIN,
    )
    context = nba.newest(frames["upcoming_player_game_context"], *GRAIN)
    lines = context.select(*GRAIN, line=pl.col("current_points_line").cast(pl.Float64))
    return (
        box.select(*GRAIN, "points_line", target=pl.col("points").cast(pl.Float64))
        .join(lines, on=GRAIN, how="left")
        .select(*GRAIN, "target", line=pl.coalesce("line", pl.col("points_line").cast(pl.Float64)))
    )


def table_of(
    name: str, features: Sequence[windows.Feature], functions: Sequence[FreeFeature]
) -> Table:
    """A feature table of these columns for the rows of the store, as known before each date.

    Raises:
        ValueError: A feature is over the games of nobody.
    """
    for f in features:
        if f.of not in windows.HISTORIES:
            known = ", ".join(windows.HISTORIES)
            raise ValueError(f"of={f.of!r} is none of {known}")
    read = [windows.HISTORIES[f.of].table for f in features]
    read += [table for function in functions for table in function.inputs]
    needed = tuple(dict.fromkeys((*UNIVERSE, *read)))

    def build(*, rules: Rules, season: int, today: dt.date | None, **frames: pl.LazyFrame) -> Built:
        grid, games, states = universe_of(
            name, *(frames[table] for table in UNIVERSE), rules=rules, season=season, today=today
        )
        histories = {
            of: windows.history(of, frames[windows.HISTORIES[of].table], games, season, rules)
            for of in dict.fromkeys(f.of for f in features)
        }
        rows = windows.before(grid, histories, features, rules).rename({"date": "game_date"})
        for function in functions:
            own = function.make({table: frames[table] for table in function.inputs})
            rows = rows.join(own, on=GRAIN, how="left")
        return Built(rows.drop("team", "opponent"), pl.LazyFrame(schema=nba.NON_ROWS), states)

    names = [*(f.name for f in features), *(f.name for f in functions)]
    fields = (
        Field("player_lookup", "STRING", "REQUIRED", ""),
        Field("game_date", "DATE", "REQUIRED", ""),
        *(Field(column, "FLOAT64", "NULLABLE", "") for column in names),
    )
    return Table(
        "Features on trial.",
        key=GRAIN,
        hindsight_rows=True,
        name=name,
        contract=Contract("lab", name, fields, GRAIN, "game_date", (), False),
        folder=Path(__file__).parent,
        build=build,
        inputs=needed,
    )


def promoted_files(asked: Promotion) -> dict[Path, str]:
    """The new text of every file that a feature needs in a table; see `promotion`."""
    own = asked.feature
    if isinstance(own, dict):
        own = windows.Feature(**own)
    feature = promotion_oracle.Promoted(own, asked.code, asked.span, asked.because)
    return promotion.files(asked.package, feature, into=asked.into, as_table=asked.as_table)


SUBJECT = Subject(
    name="points",
    doc="points of a player who played",
    reads=("player_game_summary", "upcoming_player_game_context"),
    store=STORE,
    listed="features",
    sets=SETS,
    naive="points_avg_last_10",
    outcomes=outcomes,
    table=table_of,
    reserved=("date", "team", "opponent", "i"),
    promote=promoted_files,
    edges=(3.0, 5.0),
)
