"""How a coach shares out the minutes of one game."""

from random import Random

from pipelines.simulated.draws import clip, count, normal
from pipelines.simulated.players import Player

_REGULATION, _OVERTIME = 2400, 250
_CLOSE, _ROUT = 12.0, 16.0
_REGULARS = 7
_LEAST = 7
_GARBAGE = 4.2
_SETTLED, _FIRM, _LOOSE = 20.0, 3.0, 5.0
_SHORTEST = 4


def rotation(
    rng: Random, dressed: tuple[Player, ...], depth: float, lead: float, overtimes: int
) -> list[tuple[Player, int]]:
    """Everyone who plays, with tenths of minutes that add up to 240 + 25 per overtime.

    A one-sided game (`lead` points either way) sends the regulars to the bench and brings on
    the last men.
    """
    rout = clip((abs(lead) - _CLOSE) / _ROUT, 0.0, 1.0)
    playing = max(_LEAST, count(rng, 10.4 + depth + _GARBAGE * rout, 0.85))
    order = sorted(
        dressed,
        key=lambda p: -(p.minutes + (_FIRM if p.minutes > _SETTLED else _LOOSE) * normal(rng)),
    )
    chosen = order[: min(playing, len(order))]
    wanted = []
    for place, who in enumerate(chosen):
        base = who.minutes + who.steady * 1.05 * normal(rng)
        if place < _REGULARS:
            base -= rout * 0.2 * who.minutes
        elif place > _REGULARS + 1:
            base = max(base * 0.7, 0.8 + 4.5 * rng.random())
        wanted.append(max(0.5 + 2.5 * rng.random(), base))
    return list(zip(chosen, _tenths(wanted, _REGULATION + _OVERTIME * overtimes), strict=True))


def _tenths(wanted: list[float], total: int) -> list[int]:
    """`wanted` minutes as tenths that add up to `total`; nobody gets more than about 42."""
    most = total * 0.152
    tenths = [10.0 * minutes for minutes in wanted]
    for _ in range(4):
        scale = total / sum(tenths)
        tenths = [
            min(share * scale, most + 0.5 * max(0.0, share * scale - most)) for share in tenths
        ]
    whole = [max(_SHORTEST, int(share)) for share in tenths]
    place, missing = 0, total - sum(whole)
    step = 1 if missing > 0 else -1
    while missing:
        if whole[place % len(whole)] + step >= _SHORTEST:
            whole[place % len(whole)] += step
            missing -= step
        place += 1
    return whole
