"""Claims that tables make in the same way: sets of them, and ranges from what is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from nba_local import Claim

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipelines.evidence import BoxScore

type Ranges = Mapping[str, tuple[float, float]]


class Declared(Protocol):
    """What a declaration of a feature says that generic claims are made of."""

    @property
    def name(self) -> str:
        """The column."""

    @property
    def low(self) -> float | None:
        """The least that is plausible."""

    @property
    def high(self) -> float | None:
        """The most."""

    @property
    def varies(self) -> bool:
        """Whether the rows of a date differ."""


def of_source(team: str = "team_abbr") -> tuple[Claim, ...]:
    """What every pulled table of games claims: its dates and teams are there, in order."""
    return (
        Claim("dates_are_written_in_order"),
        Claim("every_game_date_has_rows"),
        Claim("every_team_that_played_has_rows", team=team),
    )


def of_box_scores(box: BoxScore, points: str, evidence: str = "") -> tuple[Claim, ...]:
    """What every table of box scores claims: its rows are of games, possible, and told apart.

    points: The column in which faults are planted. evidence: What is shown of rows without a game;
    the opponent where empty.
    """
    pairs = [f"CASE WHEN {a} > {b} THEN '{a} above {b}' END" for a, b in box.pairs]
    if box.minutes:
        outside = f"{box.minutes} NOT BETWEEN 0 AND getvariable('max_minutes')"
        pairs.append(f"CASE WHEN {outside} THEN '{box.minutes}' END")
    return (
        Claim("rows_have_a_game", team=box.team, **({"evidence": evidence} if evidence else {})),
        Claim(
            "numbers_are_possible",
            points=points,
            shown=(points, box.minutes) if box.minutes else points,
            counts=box.counts,
            most="max_points" if box.is_of_players else "max_team_points",
            makes=pairs,
            zones=" + ".join(box.zones),
            attempts=box.attempts,
        ),
        Claim("copies_are_told_apart", changed=points),
    )


def quoted(*names: str) -> str:
    """Names as a list of SQL texts."""
    return ", ".join(f"'{name}'" for name in names)


def in_range(
    called: str, sentence: str, ranges: Ranges, *more: str, known: bool = False, **given: str
) -> Claim:
    """Every column lies in its range, both ends included: a percentage, a mean, a count.

    more: Conditions of SQL that are mistakes, too. known: Whether NULL is one.
    given: `why` these bounds; what the planted fault sets, `wrong`, if not the first column.
    """
    first, (_, high) = next(iter(ranges.items()))
    outside = [f"{name} NOT BETWEEN {low} AND {high}" for name, (low, high) in ranges.items()]
    unknown = [f"{name} IS NULL" for name in ranges] if known else []
    return Claim(
        "values_in_range",
        called=called,
        sentence=sentence,
        columns=tuple(ranges),
        broken="\n    OR ".join([*outside, *unknown, *more]),
        **{"wrong": f"{first} = {high} + 1", **given},
    )


def ranges_of(features: Iterable[Declared]) -> dict[str, tuple[float, float]]:
    """The ranges that declared features have, by column."""
    return {f.name: (f.low, f.high) for f in features if f.low is not None and f.high is not None}


def varying(features: Iterable[Declared]) -> tuple[str, ...]:
    """The declared features that differ between the entities of a date."""
    return tuple(f.name for f in features if f.varies)
