"""One player: their role, their shots and their habits."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from pipelines.simulated.draws import around, clip, normal
from pipelines.simulated.league import Zones
from pipelines.simulated.names import person

_MINUTES = (34.3, 33.0, 31.6, 30.0, 28.2, 25.6, 23.2, 21.0, 18.6, 16.2, 13.8, 11.6, 9.6, 8, 7, 6, 6)
_USAGE = (31.0, 25.0, 21.0, 18.4, 16.6, 20.0, 18.4, 17.4, 17.0)
_USAGE_SPREAD = (4.4, 3.4, 3.0, 3.0, 3.0, 3.6)
_STARTERS = 5


@dataclass(frozen=True, slots=True)
class _Type:
    """The average of a position: shares of shots, accuracy, and counts per 36 minutes."""

    shots: Zones
    paint: float
    three: float
    free_throw: float
    assists: float
    offensive: float
    defensive: float
    steals: float
    blocks: float
    fouls: float


_TYPES = (
    _Type((0.34, 0.20, 0.46), 0.543, 0.357, 0.815, 5.9, 0.65, 3.7, 1.3, 0.32, 2.6),
    _Type((0.36, 0.155, 0.485), 0.563, 0.358, 0.785, 2.8, 0.95, 4.3, 1.2, 0.48, 2.7),
    _Type((0.445, 0.145, 0.41), 0.573, 0.352, 0.765, 2.5, 1.65, 5.5, 1.05, 0.75, 3.1),
    _Type((0.665, 0.165, 0.17), 0.613, 0.325, 0.700, 2.2, 3.3, 7.6, 0.95, 1.60, 4.0),
)


@dataclass(frozen=True, slots=True)
class Player:
    """A player. Rates are relative weights among teammates unless they are chances."""

    lookup: str
    name: str
    born: date
    minutes: float
    steady: float
    usage: float
    shots: Zones
    accuracy: Zones
    fouls_drawn: float
    free_throw: float
    assists: float
    assisted: float
    turnovers: float
    offensive: float
    defensive: float
    steals: float
    blocks: float
    fouls: float
    fragile: float


def _shares(rng: Random, base: Zones, star: float) -> Zones:
    paint = max(0.05, base[0] + 0.11 * normal(rng))
    middle = max(0.01, base[1] * around(rng, 1.0 + 0.5 * star, 0.55))
    three = max(0.0, base[2] + 0.13 * normal(rng) - 0.04 * star)
    total = paint + middle + three
    return paint / total, middle / total, three / total


def _skewed(rng: Random, mean: float, spread: float) -> float:
    """A positive draw with a tail to the right."""
    push = normal(rng)
    return mean * max(0.2, 1.0 + spread * push + 0.25 * spread * (push * push - 1.0))


def _accuracy(rng: Random, kind: _Type, star: float) -> Zones:
    return (
        clip(kind.paint + 0.012 * star + 0.036 * normal(rng), 0.42, 0.74),
        clip(0.407 + 0.018 * star + 0.034 * normal(rng), 0.28, 0.52),
        clip(kind.three + 0.004 * star + 0.022 * normal(rng), 0.24, 0.42),
    )


def player(rng: Random, year: int, rank: int, taken: set[str]) -> Player:
    """The `rank`-th man of a roster (0 is the leading scorer)."""
    name, key = person(rng, taken)
    kind = _TYPES[(rank + rng.randrange(3)) % 4] if rank < _STARTERS else rng.choice(_TYPES)
    base = _USAGE[min(rank, len(_USAGE) - 1)]
    lift = _USAGE_SPREAD[min(rank, len(_USAGE_SPREAD) - 1)] * normal(rng)
    usage = clip(base + lift, 10.0, 36.0)
    star = clip((usage - 19.0) / 8.0, -1.0, 2.2)
    minutes = _MINUTES[min(rank, len(_MINUTES) - 1)]
    return Player(
        lookup=key,
        name=name,
        born=date(year, 10, 1)
        - timedelta(days=int(365.25 * clip(19.6 + _skewed(rng, 6.2, 0.75), 19.1, 41.0))),
        minutes=max(2.0, minutes + 1.6 * normal(rng)),
        steady=clip(8.0 - 0.13 * minutes, 3.2, 8.0),
        usage=usage,
        shots=_shares(rng, kind.shots, star),
        accuracy=_accuracy(rng, kind, star),
        fouls_drawn=_skewed(rng, 0.245 + 0.045 * star, 0.38),
        free_throw=clip(kind.free_throw + 0.015 * star + 0.06 * normal(rng), 0.45, 0.93),
        assists=_skewed(rng, kind.assists * (1.0 + 0.35 * star), 0.3),
        assisted=clip(
            0.645 - 0.115 * star - 0.035 * (kind.assists - 3.3) + 0.07 * normal(rng), 0.2, 0.95
        ),
        turnovers=_skewed(rng, 1.75 + 0.62 * star + 0.09 * (kind.assists - 3.3), 0.24),
        offensive=_skewed(rng, kind.offensive, 0.32),
        defensive=_skewed(rng, kind.defensive, 0.2),
        steals=_skewed(rng, kind.steals, 0.3),
        blocks=_skewed(rng, kind.blocks, 0.42),
        fouls=_skewed(rng, kind.fouls * (1.0 - 0.06 * star), 0.22),
        fragile=max(0.3, around(rng, 1.0, 0.35)),
    )
