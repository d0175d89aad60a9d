"""The thirty clubs and how each of them plays this season."""

from dataclasses import dataclass
from random import Random

from pipelines.simulated.draws import around, normal

Zones = tuple[float, float, float]
"""One number each for paint, mid-range and three."""


@dataclass(frozen=True, slots=True)
class Club:
    """A franchise: its codes, its arena, its division and its hours behind Eastern time."""

    code: str
    team_id: int
    nickname: str
    arena: str
    city: str
    state: str
    division: str
    hours_west: int


@dataclass(frozen=True, slots=True)
class Style:
    """How a club plays. Accuracies are shifts of a shot's chance, counts are per game."""

    quality: float
    offense: float
    pace: float
    lean: Zones
    defense: Zones
    allows: Zones
    pressure: float
    fouling: float
    boards: float
    depth: float


_FIRST_ID = 1610612737

# In the order of the league's own team numbers.
_CLUBS = """
ATL Hawks|State Farm Arena|Atlanta|Georgia|southeast|0
BOS Celtics|TD Garden|Boston|Massachusetts|atlantic|0
CLE Cavaliers|Rocket Mortgage Fieldhouse|Cleveland|Ohio|central|0
NOP Pelicans|Smoothie King Center|New Orleans|Louisiana|southwest|1
CHI Bulls|United Center|Chicago|Illinois|central|1
DAL Mavericks|American Airlines Center|Dallas|Texas|southwest|1
DEN Nuggets|Ball Arena|Denver|Colorado|northwest|2
GSW Warriors|Chase Center|San Francisco|California|pacific|3
HOU Rockets|Toyota Center|Houston|Texas|southwest|1
LAC Clippers|Crypto.com Arena|Los Angeles|California|pacific|3
LAL Lakers|Crypto.com Arena|Los Angeles|California|pacific|3
MIA Heat|FTX Arena|Miami|Florida|southeast|0
MIL Bucks|Fiserv Forum|Milwaukee|Wisconsin|central|1
MIN Timberwolves|Target Center|Minneapolis|Minnesota|northwest|1
BKN Nets|Barclays Center|Brooklyn|New York|atlantic|0
NYK Knicks|Madison Square Garden|New York|New York|atlantic|0
ORL Magic|Amway Center|Orlando|Florida|southeast|0
IND Pacers|Gainbridge Fieldhouse|Indianapolis|Indiana|central|0
PHI 76ers|Wells Fargo Center|Philadelphia|Pennsylvania|atlantic|0
PHX Suns|Footprint Center|Phoenix|Arizona|pacific|2
POR Trail Blazers|Moda Center|Portland|Oregon|northwest|3
SAC Kings|Golden 1 Center|Sacramento|California|pacific|3
SAS Spurs|AT&T Center|San Antonio|Texas|southwest|1
OKC Thunder|Paycom Center|Oklahoma City|Oklahoma|northwest|1
TOR Raptors|Scotiabank Arena|Toronto|Canada|atlantic|0
UTA Jazz|Vivint Smart Home Arena|Salt Lake City|Utah|northwest|2
MEM Grizzlies|FedEx Forum|Memphis|Tennessee|southwest|1
WAS Wizards|Capital One Arena|Washington|District of Columbia|southeast|0
DET Pistons|Little Caesars Arena|Detroit|Michigan|central|0
CHA Hornets|Spectrum Center|Charlotte|North Carolina|southeast|0
"""


def _club(place: int, line: str) -> Club:
    nickname, arena, city, state, division, hours = line[4:].split("|")
    return Club(line[:3], _FIRST_ID + place, nickname, arena, city, state, division, int(hours))


CLUBS: dict[str, Club] = {
    line[:3]: _club(place, line) for place, line in enumerate(_CLUBS.strip().splitlines())
}
"""The thirty clubs by tricode."""

EAST = ("atlantic", "central", "southeast")
"""The divisions of the eastern conference."""

WEST = ("northwest", "pacific", "southwest")
"""The divisions of the western conference."""


def style(rng: Random) -> Style:
    """A club's style; better clubs shoot better and defend better, each also has its own taste."""
    quality = normal(rng)
    guard = 0.45 * quality + 0.9 * normal(rng)
    return Style(
        quality=quality,
        offense=0.0065 * quality + 0.0080 * normal(rng),
        pace=around(rng, 0.0, 1.55),
        lean=(around(rng, 1.0, 0.05), around(rng, 1.0, 0.15), around(rng, 1.0, 0.08)),
        defense=(
            -0.010 * guard + 0.012 * normal(rng),
            -0.004 * guard + 0.005 * normal(rng),
            -0.004 * guard + 0.007 * normal(rng),
        ),
        allows=(around(rng, 1.0, 0.065), around(rng, 1.0, 0.1), around(rng, 1.0, 0.06)),
        pressure=0.35 * guard + 0.8 * normal(rng),
        fouling=around(rng, 0.0, 0.6),
        boards=0.3 * quality + 0.6 * normal(rng),
        depth=around(rng, 0.0, 0.45),
    )


def points_above_average(side: Style) -> float:
    """What the style is worth per game against an average club, in points."""
    shots = (
        2.0 * 36.8 * side.defense[0] + 2.0 * 16.2 * side.defense[1] + 3.0 * 35.2 * side.defense[2]
    )
    return (
        190.0 * side.offense - shots + 1.1 * side.pressure - 0.8 * side.fouling + 1.9 * side.boards
    )
