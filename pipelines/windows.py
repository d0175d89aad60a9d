"""Features over an entity's games so far, each declared in a line.

A declaration says what the column is: its name, window, unit and meaning, when it is unknown, and
what is plausible: `mean("fga_last_5", "fg_attempts", last=5, unit="attempts", low=0)`. `over` makes
all features of an entity at once; `before` joins them to players and dates as they were known
before each date.

Values are added up in whole units of 0.0001, so that no order of sums matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypedDict, Unpack

import polars as pl

from pipelines import basketball as nba
from pipelines.numbers import as_units, from_cents, rounded_as_python

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipelines.rules import Rules

type Value = str | pl.Expr
"""A column of the box scores, or an expression over them."""

type Of = Literal["player", "team", "opponent"]
type Sums = Mapping[str, pl.Expr]

DECIMALS = 4
"""Of a value in one game; the NUMERIC columns of the box scores have fewer."""


class History(NamedTuple):
    """Where the games of an entity are: table, and its columns of the entity and of the team."""

    table: str
    entity: str
    team: str


HISTORIES: Mapping[Of, History] = {
    "player": History("player_game_summary", "player_lookup", "team_abbr"),
    "team": History("team_offense_game_summary", "team_abbr", "team_abbr"),
    "opponent": History("team_defense_game_summary", "defending_team_abbr", "defending_team_abbr"),
}
"""A player's games, what a team did in its games, and what the opponent allowed in its."""

KEYS: Mapping[Of, str] = {"player": "player_lookup", "team": "team", "opponent": "opponent"}
"""The column that names the entity in the rows of a table."""

NULLS = {
    "mean": "no game of the window has a known value",
    "total": "never after a first game; an unknown value adds nothing",
    "share": "the whole is zero or unknown in every game of the window",
    "per_game": "no game of the window has a known value",
    "deviation": "fewer than two games of the window have a known value",
    "slope": "fewer than two games of the window have a known value",
    "count": "never after a first game",
    "streak": "never after a first game; a game in which the condition is unknown ends it",
    "past": "where the expression gives NULL",
}
"""By kind, when a feature is NULL. Before an entity's first game every feature is."""


class About(TypedDict, total=False):
    """What a declaration may say beside its formula; see `Feature`."""

    of: Of
    unit: str
    description: str
    digits: int | None
    low: float | None
    high: float | None
    varies: bool


@dataclass(frozen=True, slots=True, eq=False)
class Feature:
    """A column over the games of an entity so far.

    kind: The function that declared it. values: The columns or expressions it is made of.
    last: How many of the newest games count; None for all of the season.
    given: Columns that must be known in a game, too, for the game to count.
    of: Whose games: the player's, those of the player's team, or those of the opponent.
    digits: Decimals it is rounded to; None leaves it.
    low, high: What is plausible, both included. varies: Whether the entities of a date differ.
    """

    name: str
    kind: str
    values: tuple[Value, ...] = ()
    last: int | None = None
    given: tuple[str, ...] = ()
    of: Of = "player"
    unit: str = ""
    description: str = ""
    digits: int | None = None
    low: float | None = None
    high: float | None = None
    varies: bool = True

    def __post_init__(self) -> None:
        """Refuses a window of no games.

        Raises:
            ValueError: `last` is less than 1.
        """
        if self.last is not None and self.last < 1:
            raise ValueError(f"{self.name}: a window has at least one game, not {self.last}")

    @property
    def null(self) -> str:
        """When the column is NULL, in words."""
        return NULLS[self.kind]

    @property
    def window(self) -> str:
        """Which games count, in words."""
        return "the season so far" if self.last is None else f"the last {self.last} games"


def mean(name: str, value: Value, *, last: int | None = None, **about: Unpack[About]) -> Feature:
    """Mean of the known values; NULL where none is."""
    return Feature(name, "mean", (value,), last, **about)


def total(
    name: str,
    value: Value,
    *,
    last: int | None = None,
    given: tuple[str, ...] = (),
    **about: Unpack[About],
) -> Feature:
    """Sum of `value` over the games in which it, and what is `given`, is known."""
    return Feature(name, "total", (value,), last, given, **about)


def share(
    name: str,
    part: Value,
    whole: Value,
    *,
    last: int | None = None,
    given: tuple[str, ...] = (),
    **about: Unpack[About],
) -> Feature:
    """Sum of `part` over sum of `whole`, of games where both are known; NULL of nothing."""
    return Feature(name, "share", (part, whole), last, given, **about)


def per_game(
    name: str,
    value: Value,
    *,
    last: int | None = None,
    given: tuple[str, ...] = (),
    **about: Unpack[About],
) -> Feature:
    """Sum of `value` per game in which it, and what is `given`, is known; NULL where none is.

    Unlike `mean`, production's rules count an unknown value as zero.
    """
    return Feature(name, "per_game", (value,), last, given, **about)


def deviation(
    name: str, value: Value, *, last: int | None = None, **about: Unpack[About]
) -> Feature:
    """Sample standard deviation of the known values; NULL under two of them."""
    return Feature(name, "deviation", (value,), last, **about)


def slope(name: str, value: Value, *, last: int | None = None, **about: Unpack[About]) -> Feature:
    """Least-squares change of the known values per game; NULL under two of them."""
    return Feature(name, "slope", (value,), last, **about)


def count(name: str, *, last: int | None = None, **about: Unpack[About]) -> Feature:
    """Games in the window."""
    return Feature(name, "count", (), last, **about)


def streak(name: str, condition: pl.Expr, **about: Unpack[About]) -> Feature:
    """How many of the newest games in a row the condition holds for; unknown ends a streak."""
    return Feature(name, "streak", (condition,), **about)


def past(name: str, expression: pl.Expr, **about: Unpack[About]) -> Feature:
    """What an expression gives at the entity's newest game, its games being in order.

    The expression sees one entity's games of the season, oldest first. It must not look at later
    games: `pl.col("points").ewm_mean(half_life=5)` does not, `pl.col("points").mean()` does. The
    leak test finds those that do.
    """
    return Feature(name, "past", (expression,), **about)


def over(
    ordered: pl.LazyFrame, entity: str, features: Sequence[Feature], rules: Rules
) -> pl.LazyFrame:
    """The features after each game of an entity: `entity`, `game_date`, `i`, a column each.

    ordered: See `numbered`: the games that count, sorted, with their number `i` per entity.
    """
    sums = {name: made for f in features for name, made in _sums(f, rules).items()}
    direct = {f.name: _direct(f).over(entity) for f in features if f.kind in ("streak", "past")}
    totals = ordered.select(
        entity,
        "game_date",
        "i",
        *(made.cast(pl.Int64).cum_sum().over(entity).alias(name) for name, made in sums.items()),
        *(made.alias(f"= {name}") for name, made in direct.items()),
    )
    windows = {(name, f.last) for f in features if f.last for name in _sums(f, rules)}
    totals = totals.with_columns(
        (pl.col(name) - pl.col(name).shift(last, fill_value=0).over(entity)).alias(_in(name, last))
        for name, last in sorted(windows)
    )
    values = (
        (pl.col(f"= {f.name}") if f.name in direct else _value(f, _of_window(f, rules))).alias(
            f.name
        )
        for f in features
    )
    return totals.select(entity, "game_date", "i", *values).with_columns(
        _stored(f, rules) for f in features
    )


def before(
    grid: pl.LazyFrame,
    histories: Mapping[Of, pl.LazyFrame],
    features: Sequence[Feature],
    rules: Rules,
) -> pl.LazyFrame:
    """`grid` with every feature as it was known before the date of each row.

    grid: `date` and, of whom features are asked, `player_lookup`, `team`, `opponent`.
    histories: The games that count, of whom features are asked; see `history`.
    Null: before the first game of the season.
    """
    for of in dict.fromkeys(f.of for f in features):
        entity, own = KEYS[of], [f for f in features if f.of == of]
        games = histories[of].rename({HISTORIES[of].entity: entity})
        made = over(nba.numbered(games, entity).cache(), entity, own, rules)
        known = made.select(entity, "game_date", *(f.name for f in own))
        grid = nba.as_of(grid, known, entity, through=rules.through).drop("game_date")
    return grid


def history(
    of: Of, rows: pl.LazyFrame, games: pl.LazyFrame, season: int, rules: Rules
) -> pl.LazyFrame:
    """The games of the season that count, of players those in which they took part.

    rows: The table that `HISTORIES` names. games: See `league_games`.
    """
    _, entity, team = HISTORIES[of]
    box = nba.games_of(rows, entity, team, rules, games).pipe(nba.in_season, games, season, rules)
    return box.filter(took_part()) if of == "player" else box


def took_part(sign: str = "points") -> pl.Expr:
    """A qualifying game: active, and minutes or a `sign` of it; unknown is no (contract 1.2)."""
    played = (pl.col("minutes_played") > 0) | (pl.col(sign) > 0)
    return pl.col("is_active") & played.fill_null(value=False)


def _sums(f: Feature, rules: Rules) -> Sums:
    """What of a game is added up for a feature, whole numbers by name; the same name, the same."""
    if f.kind in ("share", "per_game", "total"):
        known = _all_known(f, rules)
        sums = {
            f"{f.name}:{n}": pl.when(known).then(as_units(value, DECIMALS)).fill_null(0)
            for n, value in enumerate(f.values)
        }
        return {**sums, f"{f.name}:games": known} if f.kind == "per_game" else sums
    if f.kind not in ("mean", "deviation", "slope"):
        return {}
    (value,) = f.values
    name, x = _label(f, value), as_units(value, DECIMALS)
    known, i = x.is_not_null(), pl.col("i").cast(pl.Int64)
    sums = {name: x.fill_null(0), f"{name} known": known}
    if f.kind == "deviation":
        sums[f"{name} squared"] = (x**2).fill_null(0)
    if f.kind == "slope":
        sums[f"{name} i"] = pl.when(known).then(i).otherwise(0)
        sums[f"{name} i squared"] = pl.when(known).then(i**2).otherwise(0)
        sums[f"{name} by i"] = (x * i).fill_null(0)
    return sums


def _value(f: Feature, s: Sums) -> pl.Expr:
    """The feature from the sums over its window, in the order in which `_sums` names them."""
    if f.kind == "count":
        games = pl.col("i").cast(pl.Int64) + 1
        return games if f.last is None else games.clip(upper_bound=f.last)
    x, *rest = s.values()
    if f.kind == "total":
        return from_cents(x, DECIMALS)
    if f.kind == "share":
        (whole,) = rest
        return pl.when(whole > 0).then(x / whole)
    if f.kind in ("mean", "per_game"):
        (games,) = rest
        return pl.when(games > 0).then(from_cents(x, DECIMALS) / games)
    n, (squares, *other) = rest[0], rest[1:]
    wide = n.cast(pl.Int128)
    if f.kind == "deviation":
        spread = from_cents(wide * squares - x.cast(pl.Int128) ** 2, 2 * DECIMALS)
        return pl.when(n > 1).then((spread / (n * (n - 1))).sqrt())
    i, (i_squared, x_by_i) = squares, other
    rise = from_cents(wide * x_by_i - x.cast(pl.Int128) * i, DECIMALS)
    return pl.when(n > 1).then(rise / (n * i_squared - i**2))


def _direct(f: Feature) -> pl.Expr:
    """A feature that is no matter of sums, over the ordered games of one entity."""
    (value,) = f.values
    made = pl.col(value) if isinstance(value, str) else value
    if f.kind == "past":
        return made
    i = pl.col("i").cast(pl.Int64)
    ended = pl.when(~made.fill_null(value=False)).then(i).forward_fill().fill_null(-1)
    return i - ended


def _all_known(f: Feature, rules: Rules) -> pl.Expr:
    """Whether all that a game must say is known; under production an unknown value is a zero."""
    if rules.as_zero:
        return pl.col("i").is_not_null()
    made = (pl.col(value) if isinstance(value, str) else value for value in f.values)
    return pl.all_horizontal(
        *(x.is_not_null() for x in made), *(pl.col(c).is_not_null() for c in f.given)
    )


def _label(f: Feature, value: Value) -> str:
    """A name for the sums of a value, shared by the features of the same column."""
    return value if isinstance(value, str) else f"{f.name}:"


def _in(name: str, last: int | None) -> str:
    return name if last is None else f"{name} last {last}"


def _of_window(f: Feature, rules: Rules) -> Sums:
    return {name: pl.col(_in(name, f.last)) for name in _sums(f, rules)}


def _stored(f: Feature, rules: Rules) -> pl.Expr:
    """Rounded as declared; production stores the mean and deviation of nothing as NaN (N2)."""
    value = pl.col(f.name)
    if f.digits is not None:
        value = rounded_as_python(value, f.digits)
    nan = f.kind in ("mean", "deviation") and rules.nan
    return value.fill_null(float("nan")) if nan else value
