"""Who plays whom, where and when: 1,230 games in 174 days."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations
from random import Random

from pipelines.simulated.draws import around, clip, normal, stream
from pipelines.simulated.league import CLUBS, EAST, WEST

Pair = tuple[str, str]

_GAMES, _CLUB_GAMES = 1230, 82
_DAYS = 173
_TUESDAY, _THURSDAY, _MONDAY, _SUNDAY = 1, 3, 0, 6
_CIRCLE = 5
_WEEKDAY_SLATE = (7.7, 5.4, 10.2, 4.9, 9.3, 6.9, 7.2)
_SMALLEST, _LARGEST = 2.0, 13.0
_REST_WISH = {1: -0.75, 2: 0.5, 3: 0.5, 4: 0.8}
_LATE_WISH = 1.4


@dataclass(frozen=True, slots=True)
class Fixture:
    """One game: Eastern date, sides, tip-off in Eastern minutes after midnight, number and id."""

    day: date
    away: str
    home: str
    tip: int
    number: int
    game_id: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of a season."""

    opening: date
    closing: date
    all_star_friday: date
    days: tuple[date, ...]


@dataclass(slots=True)
class _Board:
    """What is placed so far: each club's days, and the meetings still to be placed."""

    to_place: dict[Pair, list[str]]
    placed: list[tuple[date, str, str]] = field(default_factory=list)
    taken: dict[str, set[date]] = field(default_factory=lambda: defaultdict(set))
    left: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(CLUBS, _CLUB_GAMES)))
    met: dict[Pair, date] = field(default_factory=dict)

    def place(self, rng: Random, day: date, pair: Pair) -> None:
        """Put the pair's next meeting on `day`."""
        homes = self.to_place[pair]
        home = homes.pop(rng.randrange(len(homes)))
        away = pair[1] if home == pair[0] else pair[0]
        self.placed.append((day, away, home))
        self.met[pair] = day
        for club in pair:
            self.taken[club].add(day)
            self.left[club] -= 1


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def calendar(year: int) -> Calendar:
    """The game dates of the season that starts in `year`: 165 of 174 days."""
    opening = date(year, 10, 18)
    opening += timedelta(days=(_TUESDAY - opening.weekday()) % 7)
    closing = opening + timedelta(days=_DAYS)
    friday = _nth(year + 1, 2, _SUNDAY, 3) - timedelta(days=2)
    free = {friday + timedelta(days=n) for n in range(6)}
    free |= {_nth(year, 11, _THURSDAY, 4), date(year, 12, 24), _nth(year + 1, 4, _MONDAY, 1)}
    every = (opening + timedelta(days=n) for n in range(_DAYS + 1))
    return Calendar(opening, closing, friday, tuple(day for day in every if day not in free))


def _meetings() -> dict[Pair, list[str]]:
    """The home side of every meeting of every pair: 41 games at home and 41 away for each club."""
    members: dict[str, list[str]] = defaultdict(list)
    for club in sorted(CLUBS):
        members[CLUBS[club].division].append(club)
    homes: dict[Pair, list[str]] = {}
    for division in EAST + WEST:
        for a, b in combinations(members[division], 2):
            homes[a, b] = [a, a, b, b]
    for conference in (EAST, WEST):
        for one, other in combinations(conference, 2):
            for i, a in enumerate(members[one]):
                for j, b in enumerate(members[other]):
                    turn = (j - i) % _CIRCLE
                    homes[a, b] = {3: [a, a, b], 4: [a, b, b]}.get(turn, [a, a, b, b])
    for one in EAST:
        for other in WEST:
            homes.update({(a, b): [a, b] for a in members[one] for b in members[other]})
    return homes


def _slates(rng: Random, days: Calendar) -> dict[date, int]:
    """How many games each date should have."""
    fixed = {
        days.opening: 2,
        days.opening + timedelta(days=1): 11,
        date(days.opening.year, 12, 25): 5,
        days.closing: len(CLUBS) // 2,
    }
    wish = {
        day: clip(around(rng, _WEEKDAY_SLATE[day.weekday()], 2.1), _SMALLEST, _LARGEST)
        for day in days.days
        if day not in fixed
    }
    scale = (_GAMES - sum(fixed.values())) / sum(wish.values())
    owed, slates = 0.0, dict(fixed)
    for day, games in wish.items():
        owed += games * scale
        slates[day] = int(owed)
        owed -= slates[day]
    return slates


def _tired(taken: set[date], day: date) -> bool:
    """A game on `day` would be the third in three days, or the fourth in five."""
    back = [day - timedelta(days=n) in taken for n in range(1, 5)]
    tomorrow = day + timedelta(days=1) in taken
    return (back[0] and (back[1] or tomorrow)) or sum(back) > 2  # noqa: PLR2004


def _wish(board: _Board, club: str, day: date) -> float:
    """How much the club should play on `day`: more when behind, less right after a game."""
    last = max((d for d in board.taken[club] if d < day), default=day - timedelta(days=4))
    behind = board.left[club] - (_CLUB_GAMES - _CLUB_GAMES * len(board.placed) / _GAMES)
    return 0.75 * behind + _REST_WISH.get((day - last).days, _LATE_WISH)


def _fill(rng: Random, board: _Board, day: date, games: int) -> int:
    """Place up to `games` games on `day`; returns how many found no room."""
    wishes = {c: _wish(board, c, day) for c in CLUBS if not _tired(board.taken[c], day)}
    options = []
    for pair, homes in board.to_place.items():
        a, b = pair
        if homes and a in wishes and b in wishes:
            fresh = 0.4 * len(homes) - (
                2.0 if (day - board.met.get(pair, day)).days in range(1, 9) else 0
            )
            options.append((wishes[a] + wishes[b] + fresh + 0.9 * normal(rng), pair))
    options.sort(reverse=True)
    busy: set[str] = set()
    for _, pair in options:
        if games and busy.isdisjoint(pair):
            board.place(rng, day, pair)
            busy.update(pair)
            games -= 1
    return games


def _squeeze(rng: Random, board: _Board, days: tuple[date, ...]) -> None:
    """Place the meetings that found no room, each on the date that disturbs both clubs least."""
    for pair, homes in board.to_place.items():
        while homes:
            board.place(rng, min(days, key=lambda day: _burden(board, pair, day)), pair)


def _burden(board: _Board, pair: Pair, day: date) -> tuple[int, date]:
    cost = 0
    for club in pair:
        near = [day + timedelta(days=n) in board.taken[club] for n in range(-2, 3)]
        run = (near[0] and near[1]) or (near[1] and near[3]) or (near[3] and near[4])
        cost += 1000 * near[2] + 100 * run + 10 * (near[1] + near[3]) - near[0] - near[4]
    return cost, day


def _closing_day(rng: Random, board: _Board, day: date) -> None:
    """All thirty clubs play on the last day, in their own conference where possible."""
    for divisions in (EAST, WEST):
        clubs = [club for club in sorted(CLUBS) if CLUBS[club].division in divisions]
        rng.shuffle(clubs)
        if divisions is EAST:
            spare = clubs.pop()
        else:
            board.place(rng, day, (spare, clubs.pop()))
        for a, b in zip(clubs[::2], clubs[1::2], strict=True):
            board.place(rng, day, (a, b) if (a, b) in board.to_place else (b, a))


def _tip(rng: Random, day: date, home: str) -> int:
    """Tip-off: early evening at the arena, sometimes a weekend matinee."""
    if day.weekday() == _SUNDAY and rng.random() < 0.3:  # noqa: PLR2004
        return rng.choice((720, 780, 810, 930, 930, 1080))
    west = CLUBS[home].hours_west
    return min(1140 + 60 * west + rng.choice((0, 0, 30, 0 if west else 30)), 1350)


def fixtures(year: int, seed: int) -> tuple[Fixture, ...]:
    """The regular season in order of date and tip-off."""
    rng = stream(seed, year, "fixtures")
    days = calendar(year)
    board = _Board(_meetings())
    _closing_day(rng, board, days.closing)
    slates, carried = _slates(rng, days), 0
    for day in days.days[:-1]:
        carried = _fill(rng, board, day, min(slates[day] + carried, len(CLUBS) // 2))
    _squeeze(rng, board, days.days)
    timed = sorted((day, _tip(rng, day, home), home, away) for day, away, home in board.placed)
    return tuple(
        Fixture(day, away, home, tip, number, f"{day:%Y%m%d}_{away}_{home}")
        for number, (day, tip, home, away) in enumerate(timed, start=1)
    )
