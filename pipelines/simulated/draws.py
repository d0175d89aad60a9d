"""Random draws that come out the same on every machine.

Only the Mersenne Twister and the four basic operations are used: no logarithm, sine or power,
whose last digit may differ between C libraries.
"""

from random import Random

_SQRT_3 = 1.7320508075688772


def stream(*parts: object) -> Random:
    """A generator of its own for the named purpose, so that one part never shifts another."""
    return Random("/".join(str(part) for part in parts))


def normal(rng: Random) -> float:
    """Mean 0, standard deviation 1, never beyond 3.47: the scaled sum of four uniform draws."""
    return (rng.random() + rng.random() + rng.random() + rng.random() - 2.0) * _SQRT_3


def around(rng: Random, mean: float, spread: float) -> float:
    """A normal draw around `mean`."""
    return mean + spread * normal(rng)


def count(rng: Random, mean: float, spread: float) -> int:
    """A whole number around `mean`, never negative."""
    return max(0, int(mean + spread * normal(rng) + rng.random()))


def clip(value: float, low: float, high: float) -> float:
    """`value`, moved into `[low, high]`."""
    return low if value < low else min(value, high)
