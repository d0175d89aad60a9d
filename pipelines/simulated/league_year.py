"""All games of a season, played in order."""

from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.simulated.box import Box, Entrant, play
from pipelines.simulated.draws import stream
from pipelines.simulated.fixtures import Calendar, calendar, fixtures
from pipelines.simulated.league import CLUBS, Style, style
from pipelines.simulated.rosters import Rosters, rosters


@dataclass(frozen=True, slots=True)
class Year:
    """A simulated season before it becomes tables."""

    year: int
    days: Calendar
    boxes: tuple[Box, ...]
    rosters: Rosters


def _styles(year: int, seed: int) -> dict[str, Style]:
    return {club: style(stream(seed, year, "style", club)) for club in sorted(CLUBS)}


def simulate(year: int, seed: int) -> Year:
    """Play the season that starts in `year`."""
    listed, styles = rosters(year, seed), _styles(year, seed)
    last: dict[str, date] = {}
    boxes = []
    for fixture in fixtures(year, seed):
        entrants = []
        for club in (fixture.away, fixture.home):
            again = last.get(club) == fixture.day - timedelta(days=1)
            squad = listed.squad(club, fixture.day, second_night=again)
            entrants.append(Entrant(club, styles[club], squad))
            last[club] = fixture.day
        boxes.append(play(stream(seed, year, fixture.number), fixture, *entrants))
    return Year(year, calendar(year), tuple(boxes), listed)
