"""One game, from the tip-off to the box score."""

from dataclasses import dataclass, field
from random import Random

from pipelines.simulated.draws import around, count, normal
from pipelines.simulated.fixtures import Fixture
from pipelines.simulated.league import Style, Zones, points_above_average
from pipelines.simulated.minutes import rotation
from pipelines.simulated.players import Player
from pipelines.simulated.rosters import Squad
from pipelines.simulated.shots import PAINT, Line, Shift, credit, shoot

_POSSESSIONS, _PACE_SPREAD, _OWN_SPREAD = 100.4, 3.75, 1.0
_TURNOVERS, _OFFENSIVE, _TRIPS = 13.5, 10.4, 9.8
_AND_ONES = 2.33
_NIGHT = (0.051, 0.092, 0.057)
_SHARED = 0.6
_SHOT_POINTS = (2 * 36.8, 2 * 16.2, 3 * 35.2)
_USUAL_MIX, _COACHED = (0.409, 0.185, 0.406), 0.75
_MIX_SPREAD = (0.06, 0.2, 0.05)
_SHOT_VALUES, _SHOTS = (2, 2, 3), 88
_HOME = 0.0054
_OVERTIME_ODDS = (0.0006, 0.004, 0.043)


@dataclass(frozen=True, slots=True)
class Entrant:
    """A side before the game: its code, its style and its squad."""

    club: str
    style: Style
    squad: Squad


@dataclass(slots=True)
class Side:
    """A side after the game: its box-score lines, and who watched."""

    club: str
    lines: list[Line]
    unused: tuple[Player, ...]
    inactive: tuple[Player, ...]
    turnovers: int = 0

    def total(self, stat: str) -> int:
        """The sum of a counted statistic over the players."""
        return sum(getattr(line, stat) for line in self.lines)


@dataclass(slots=True)
class Box:
    """A finished game. The market's spread is seen from the home side, negative when favored."""

    fixture: Fixture
    away: Side
    home: Side
    overtimes: int
    spread: float
    total: float
    sides: tuple[Side, Side] = field(init=False)

    def __post_init__(self) -> None:
        self.sides = (self.away, self.home)


def _night(rng: Random, overtimes: int) -> tuple[Zones, Zones]:
    """How well each side shoots tonight, by zone; both lean the same way a little."""
    pairs = []
    for spread in _NIGHT:
        both, own, other = normal(rng), normal(rng), normal(rng)
        share = _SHARED if not overtimes else 0.8
        a, b = share, (1.0 - share * share) ** 0.5
        pairs.append((spread * (a * both + b * own), spread * (a * both + b * other)))
    first, second = zip(*pairs, strict=True)
    return first, second


def _overtimes(rng: Random, gap: float) -> int:
    """How many overtimes: none in 19 games of 20, rarer still between unequal sides."""
    draw = rng.random() * (1.0 + 0.004 * gap * gap)
    return sum(draw < odds for odds in _OVERTIME_ODDS)


def _shift(rng: Random, entrants: tuple[Entrant, Entrant], night: Zones, home: float) -> Shift:
    """A coach makes up for most of what their players' own taste in shots would change."""
    (own, other), squad = (it.style for it in entrants), entrants[0].squad.dressed
    weight = sum(it.minutes * it.usage for it in squad)
    lean = []
    for zone, usual in enumerate(_USUAL_MIX):
        mine = sum(it.minutes * it.usage * it.shots[zone] for it in squad) / weight
        taste = own.lean[zone] * other.allows[zone] * around(rng, 1.0, _MIX_SPREAD[zone])
        lean.append(max(0.2, taste) * (1.0 + _COACHED * (usual / mine - 1.0)))
    made = tuple(
        own.offense + other.defense[zone] + night[zone] + home for zone in range(len(night))
    )
    return Shift((lean[0], lean[1], lean[2]), (made[0], made[1], made[2]))


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a side does with the ball, decided before anyone shoots."""

    attempts: int
    trips: int
    turnovers: int
    rebounds: int


def _plan(rng: Random, own: Style, other: Style, possessions: float) -> _Plan:
    """Attempts follow from possessions by the warehouse's own formula."""
    size = possessions / _POSSESSIONS
    turnovers = count(rng, (_TURNOVERS + other.pressure) * size, 3.4)
    rebounds = count(rng, (_OFFENSIVE + 0.8 * (own.boards - other.boards)) * size, 3.4)
    trips = count(rng, (_TRIPS + other.fouling) * size, 3.15)
    shots = possessions + 0.85 * (rebounds - _OFFENSIVE) + _OFFENSIVE
    shots -= turnovers + 0.44 * (2 * trips + _AND_ONES)
    return _Plan(max(60, int(shots + rng.random())), trips, turnovers, rebounds)


def _settle(rng: Random, away: Side, home: Side) -> None:
    """A finished game has a winner: a missed close shot of one side drops after all."""
    if away.total("points") != home.total("points"):
        return
    side = home if rng.random() < 0.5 else away  # noqa: PLR2004
    line = max(side.lines, key=lambda it: it.tried[PAINT] - it.made[PAINT])
    line.made[PAINT] += 1
    line.points += 2
    line.unassisted += 1


def _talent(squad: Squad) -> float:
    """What the shooting of tonight's men is worth, in points per game."""
    weight = sum(it.minutes * it.usage for it in squad.dressed)
    worth = sum(
        it.minutes * it.usage * share * it.accuracy[zone] * _SHOT_VALUES[zone]
        for it in squad.dressed
        for zone, share in enumerate(_USUAL_MIX)
    )
    return _SHOTS * worth / weight


def _market(rng: Random, strength: float, possessions: float) -> tuple[float, float]:
    """The market's spread and total: what is expected, known imperfectly, in half points."""
    spread = -(strength + 1.8 * normal(rng))
    total = 220.8 + 1.5 * (possessions - _POSSESSIONS) + 7.0 * normal(rng)
    return int(spread * 2 + (0.5 if spread > 0 else -0.5)) / 2, int(total * 2 + 0.5) / 2


def play(rng: Random, fixture: Fixture, away: Entrant, home: Entrant) -> Box:
    """Play one game."""
    strength = points_above_average(home.style) - points_above_average(away.style) + 2.0
    strength += _talent(home.squad) - _talent(away.squad)
    pace = _POSSESSIONS + away.style.pace + home.style.pace
    spread, total = _market(rng, strength, pace)
    overtimes = _overtimes(rng, strength)
    nights = _night(rng, overtimes)
    hot = (h - a for a, h in zip(*nights, strict=True))
    lead = strength + sum(n * p for n, p in zip(hot, _SHOT_POINTS, strict=True))
    possessions = (pace + _PACE_SPREAD * normal(rng)) * (48 + 5 * overtimes) / 48
    sides = []
    for own, other, night, edge in (
        (away, home, nights[0], -_HOME),
        (home, away, nights[1], _HOME),
    ):
        plan = _plan(rng, own.style, other.style, possessions + _OWN_SPREAD * normal(rng))
        shared = rotation(rng, own.squad.dressed, own.style.depth, lead, overtimes)
        lines = [Line(who, tenths) for who, tenths in shared]
        shoot(rng, lines, (plan.attempts, plan.trips), _shift(rng, (own, other), night, edge))
        used = {line.player for line in lines}
        unused = tuple(who for who in own.squad.dressed if who not in used)
        sides.append((Side(own.club, lines, unused, own.squad.inactive), plan))
    (guests, guest_plan), (hosts, host_plan) = sides
    _settle(rng, guests, hosts)
    _finish(rng, (guests, guest_plan), (hosts, host_plan))
    _finish(rng, (hosts, host_plan), (guests, guest_plan))
    for side, rival in ((guests, hosts), (hosts, guests)):
        _plus_minus(rng, side.lines, side.total("points") - rival.total("points"))
    return Box(fixture, guests, hosts, overtimes, spread, total)


def _finish(rng: Random, own: tuple[Side, _Plan], other: tuple[Side, _Plan]) -> None:
    """Turnovers, rebounds, steals, blocks and fouls of one side, who they are credited to."""
    (side, plan), (rival, rival_plan) = own, other
    lines = side.lines
    credit(rng, lines, "turnovers", plan.turnovers)
    misses = sum(sum(it.tried) - sum(it.made) for it in rival.lines)
    own_misses = sum(sum(it.tried) - sum(it.made) for it in lines)
    missed_throws = sum(it.throws - it.throws_made for it in rival.lines)
    credit(rng, lines, "offensive", min(plan.rebounds, own_misses))
    loose = max(0, misses + missed_throws // 2 - rival_plan.rebounds - count(rng, 5.2, 1.7))
    credit(rng, lines, "defensive", loose)
    credit(
        rng,
        lines,
        "steals",
        min(rival_plan.turnovers, count(rng, 0.555 * rival_plan.turnovers, 1.5)),
    )
    credit(rng, lines, "fouls", count(rng, 0.85 * rival_plan.trips + 11.4, 2.9))
    missed = [sum(it.tried[z] - it.made[z] for it in rival.lines) for z in range(3)]
    for zone, mean in enumerate((3.95, 0.47, 0.275)):
        blocked = min(missed[zone], count(rng, mean, 0.48 * mean + 0.3))
        credit(rng, lines, ("blocks_paint", "blocks_middle", "blocks_three")[zone], blocked)


def _plus_minus(rng: Random, lines: list[Line], margin: int) -> None:
    """Five times the margin in all, in proportion to minutes and with a lot of noise."""
    clock = sum(line.tenths for line in lines) / 5
    exact = []
    for line in lines:
        share = line.tenths / clock
        exact.append(margin * share + 10.9 * (share * (1.25 - share)) ** 0.5 * normal(rng))
    drift = (5 * margin - sum(exact)) * 5 / clock
    rest = 5 * margin
    for line, value in zip(lines, exact, strict=True):
        line.plus_minus = int(value + drift * line.tenths / 5 + (0.5 if value > 0 else -0.5))
        rest -= line.plus_minus
    for n in range(abs(rest)):
        lines[n % len(lines)].plus_minus += 1 if rest > 0 else -1
