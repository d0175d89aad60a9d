"""Who belongs to which club on which day, and who can play."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from pipelines.simulated.draws import normal, stream
from pipelines.simulated.league import CLUBS
from pipelines.simulated.players import Player, player

_ROSTER = 17
_LEAST, _MOST = 9, 15
_FRINGE = 13
_INJURY, _LOST_SEASON, _WHOLE_SEASON = 0.039, 0.035, 99
_HOSTED = 0.20
_STAR_MINUTES = 31.0
_TRADES = 16


@dataclass(slots=True)
class Stint:
    """A player's time with a club: `start` is their first day, `end` the day after their last."""

    player: Player
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Squad:
    """One club on a game day: who is dressed, best first, and who is listed but is not."""

    dressed: tuple[Player, ...]
    inactive: tuple[Player, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """A change of club: a trade, or a signing that takes a released player's place."""

    day: date
    player: str
    club: str


@dataclass(slots=True)
class Rosters:
    """All stints by club, and the games each player still has to sit out."""

    rng: Random
    stints: dict[str, list[Stint]]
    moves: list[Move] = field(default_factory=list)
    out: dict[str, int] = field(default_factory=dict)

    def squad(self, club: str, day: date, *, second_night: bool) -> Squad:
        """The squad of `club` on `day`. Asked once per game, in order of date."""
        listed = [s.player for s in self.stints[club] if s.start <= day < s.end]
        listed.sort(key=lambda p: (-p.minutes, p.lookup))
        fit = [p for p in listed if self._fit(p, second_night=second_night)]
        if len(fit) < _LEAST:
            hurt = sorted(
                set(listed) - set(fit), key=lambda p: (self.out.get(p.lookup, 0), p.lookup)
            )
            fit += hurt[: _LEAST - len(fit)]
        dressed = [p for n, p in enumerate(fit) if n < _FRINGE or self.rng.random() > _HOSTED]
        dressed = dressed[:_MOST]
        return Squad(tuple(dressed), tuple(p for p in listed if p not in dressed))

    def _fit(self, who: Player, *, second_night: bool) -> bool:
        left = self.out.get(who.lookup, 0)
        if left:
            self.out[who.lookup] = left - 1
            return False
        rng, chance = self.rng, _INJURY * who.fragile
        if second_night and who.minutes > _STAR_MINUTES:
            chance += 0.05
        if rng.random() < chance:
            self.out[who.lookup] = _length(rng) - 1
            return False
        return True


def _length(rng: Random) -> int:
    """Games missed: mostly one or two, now and then a month or the rest of the season."""
    kind = rng.random()
    for share, shortest, longest in ((0.52, 1, 2), (0.82, 3, 8), (0.95, 9, 22), (1.0, 23, 55)):
        if kind < share:
            return rng.randint(shortest, longest)
    return 1


def _trade(rng: Random, rosters: Rosters, day: date) -> None:
    """Two clubs swap a player of about the same role; the player can play two days later."""
    one, other = rng.sample(sorted(CLUBS), 2)
    mine = [s for s in rosters.stints[one] if s.end > day and s.start < day - timedelta(days=40)]
    yours = [s for s in rosters.stints[other] if s.end > day and s.start < day - timedelta(days=40)]
    away = rng.choice(sorted(mine, key=lambda s: -s.player.minutes)[:10])
    back = min(yours, key=lambda s: abs(s.player.minutes - away.player.minutes))
    for stint, club in ((away, other), (back, one)):
        rosters.stints[club].append(Stint(stint.player, day + timedelta(days=2), stint.end))
        rosters.moves.append(Move(day, stint.player.lookup, club))
        rosters.out[stint.player.lookup] = 0
        stint.end = day


def _deadline_trades(rng: Random, rosters: Rosters, year: int) -> None:
    """A few trades in January, most in the week before the deadline of 10 February."""
    for number in range(_TRADES):
        early = number < _TRADES // 4
        day = (
            date(year + 1, 1, 4 + rng.randrange(24))
            if early
            else date(year + 1, 2, 5 + rng.randrange(6))
        )
        _trade(rng, rosters, day)


def _signings(rng: Random, rosters: Rosters, year: int, taken: set[str]) -> None:
    """Three times a season each club lets its last man go and signs someone."""
    for club in sorted(CLUBS):
        for month in (12, 1, 3):
            day = date(year + (month < 10), month, 3 + rng.randrange(22))  # noqa: PLR2004
            here = [
                s for s in rosters.stints[club] if s.start < day and s.end > day + timedelta(days=2)
            ]
            last = min(here, key=lambda s: (s.player.minutes, s.player.lookup))
            new = player(rng, year, _FRINGE - 2 + rng.randrange(4), taken)
            rosters.stints[club].append(Stint(new, day + timedelta(days=1), last.end))
            rosters.moves.append(Move(day + timedelta(days=1), new.lookup, club))
            last.end = day


def rosters(year: int, seed: int) -> Rosters:
    """The thirty rosters of a season, their trades and signings."""
    rng, taken = stream(seed, year, "rosters"), set[str]()
    start, end = date(year, 10, 1), date(year + 1, 7, 1)
    stints: dict[str, list[Stint]] = defaultdict(list)
    for club in sorted(CLUBS):
        size = _ROSTER + (normal(rng) > 0.2) - (normal(rng) > 1.2)  # noqa: PLR2004
        stints[club] = [Stint(player(rng, year, rank, taken), start, end) for rank in range(size)]
    made = Rosters(stream(seed, year, "health"), stints)
    everyone = [stint.player.lookup for club in sorted(stints) for stint in stints[club]]
    made.out = {who: _WHOLE_SEASON for who in everyone if rng.random() < _LOST_SEASON}
    _signings(rng, made, year, taken)
    _deadline_trades(rng, made, year)
    return made
