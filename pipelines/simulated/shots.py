"""The shots of one side: who takes them, from where, and who passed the ball."""

from dataclasses import dataclass, field
from itertools import accumulate
from random import Random

from pipelines.simulated.draws import clip, normal
from pipelines.simulated.league import Zones
from pipelines.simulated.players import Player

PAINT, MIDDLE, THREE = 0, 1, 2
_MOST_FOULS = 6
_FORM, _TOUCH = 0.15, 0.06
_AND_ONE = (0.095, 0.03, 0.006)
_ASSIST = (-0.045, -0.19, 0.23)
_USUAL_FOULS_DRAWN = 0.25


@dataclass(slots=True)
class Line:
    """A player's line in the box score. Minutes are tenths, zones are paint, middle, three."""

    player: Player
    tenths: int
    points: int = 0
    tried: list[int] = field(default_factory=lambda: [0, 0, 0])
    made: list[int] = field(default_factory=lambda: [0, 0, 0])
    throws: int = 0
    throws_made: int = 0
    assists: int = 0
    assisted: int = 0
    unassisted: int = 0
    and_ones: int = 0
    turnovers: int = 0
    offensive: int = 0
    defensive: int = 0
    steals: int = 0
    fouls: int = 0
    blocks_paint: int = 0
    blocks_middle: int = 0
    blocks_three: int = 0
    plus_minus: int = 0


@dataclass(frozen=True, slots=True)
class Shift:
    """What the two sides and the night do to shots: their mix (factors), their chance (added)."""

    mix: Zones
    chance: Zones


_WEIGHT = {"blocks_paint": "blocks", "blocks_middle": "blocks", "blocks_three": "blocks"}


def credit(rng: Random, lines: list[Line], stat: str, amount: int) -> None:
    """Credit `amount` of a statistic to players, by their habit and their minutes."""
    habit = _WEIGHT.get(stat, stat)
    weights = list(accumulate(getattr(it.player, habit) * it.tenths for it in lines))
    for line in rng.choices(lines, cum_weights=weights, k=amount):
        if stat != "fouls" or line.fouls < _MOST_FOULS:
            setattr(line, stat, getattr(line, stat) + 1)


def _thresholds(player: Player, mix: Zones) -> tuple[float, float]:
    paint = player.shots[0] * mix[0]
    middle = player.shots[1] * mix[1]
    whole = paint + middle + player.shots[2] * mix[2]
    return paint / whole, (paint + middle) / whole


def shoot(rng: Random, lines: list[Line], amounts: tuple[int, int], shift: Shift) -> None:
    """Take `amounts` of field goals and of two-shot trips to the line, and credit the passes.

    A zone's makes are drawn by systematic sampling: each shot falls with its own chance, but
    the side's total stays within one of the sum of the chances. How a team's percentages vary
    from night to night is therefore set by `shift`, not by the luck of single shots.
    """
    attempts, trips = amounts
    form = [max(0.25, 1.0 + _FORM * normal(rng)) for _ in lines]
    weights = [it.player.usage * it.tenths * f for it, f in zip(lines, form, strict=True)]
    plans = []
    for line in lines:
        own = line.player.accuracy
        touch = _TOUCH * normal(rng)
        chances = [clip(own[z] + shift.chance[z] + touch, 0.04, 0.95) for z in range(3)]
        plans.append((line, _thresholds(line.player, shift.mix), chances))
    sums = [rng.random(), rng.random(), rng.random()]
    passes: list[Line] = []
    for line, (paint, middle), chances in rng.choices(
        plans, cum_weights=list(accumulate(weights)), k=attempts
    ):
        draw = rng.random()
        zone = PAINT if draw < paint else MIDDLE if draw < middle else THREE
        line.tried[zone] += 1
        sums[zone] += chances[zone]
        if sums[zone] >= 1.0:
            sums[zone] -= 1.0
            _score(rng, line, zone, passes)
    _pass(rng, lines, passes)
    drawn = [w * it.player.fouls_drawn for w, it in zip(weights, lines, strict=True)]
    for line in rng.choices(lines, cum_weights=list(accumulate(drawn)), k=trips):
        _throw(rng, line, 2)


def _score(rng: Random, line: Line, zone: int, passes: list[Line]) -> None:
    line.made[zone] += 1
    line.points += 3 if zone == THREE else 2
    if rng.random() < clip(line.player.assisted + _ASSIST[zone], 0.03, 0.98):
        line.assisted += 1
        passes.append(line)
    else:
        line.unassisted += 1
    if rng.random() < _AND_ONE[zone] * line.player.fouls_drawn / _USUAL_FOULS_DRAWN:
        line.and_ones += 1
        _throw(rng, line, 1)


def _throw(rng: Random, line: Line, shots: int) -> None:
    line.throws += shots
    for _ in range(shots):
        if rng.random() < line.player.free_throw:
            line.throws_made += 1
            line.points += 1


def _pass(rng: Random, lines: list[Line], scorers: list[Line]) -> None:
    """Every assisted basket was passed by a teammate."""
    weights = list(accumulate(it.player.assists * it.tenths for it in lines))
    passers = rng.choices(lines, cum_weights=weights, k=len(scorers))
    for scorer, passer in zip(scorers, passers, strict=True):
        while passer is scorer:
            passer = rng.choices(lines, cum_weights=weights, k=1)[0]  # noqa: PLW2901
        passer.assists += 1
