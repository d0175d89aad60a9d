"""Names of people who do not exist."""

import unicodedata
from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST = _words(
    "Abel Ade Alvin Amari Anders Andre Anton Asher Axel Bastien Beau Boris Bryce Caleb Cam "
    "Cedric Cyrus Dale Damon Dario Darnell Davi Deon Dex Dmitri Donte Dwayne Easton Eli Elias "
    "Emeka Enzo Ezra Femi Finn Flynn Gael Garrett Goran Hakim Hugo Ike Ilija Isaac Jabari Jalen "
    "Jamal Jarek Javier Jonas Joël Josué Kai Kofi Kyree Lamar Lars Leif Leo Lorenzo Luis Malik "
    "Marek Marlon Mateo Miles Milos Moussa Nando Nate Niko Obi Omar Oskar Otto Pavel Quinn Rafael "
    "Rashad Remy René Rhys Roman Saša Sami Silas Soren Tariq Théo Tomas Trey Tyrell Udo Uriah "
    "Vance Vito Wade Xavi Yannick Yusuf Zane Zeke"
)
_HEAD = _words(
    "Alder Ash Bar Bel Black Bram Bran Cald Cas Cor Crow Dal Darn Del Dun Ed Elm Fair Fen Gald "
    "Gar Glen Har Hest Hol Ing Kel Kirk Lang Lind Lor Mar Mel Mor Nor Oak Orm Pem Quill Rad Raven "
    "Rook Sand Sel Stan Tarn Thorn Ul Var Wend West Win Yar"
)
_TAIL = _words(
    "bourne bury by croft dell fall field ford gate grove ham hurst ing ley lock man mere mont "
    "ner ridge ring sen shaw son stead stone ström ton vale vik wick wood worth"
)
_SUFFIX = ("Jr.", "II", "III", "IV")


def lookup(name: str) -> str:
    """The warehouse's player key: small letters and digits only, accents folded, suffix kept."""
    folded = unicodedata.normalize("NFD", name.lower())
    return "".join(c for c in folded if c.isascii() and c.isalnum())


def person(rng: Random, taken: set[str]) -> tuple[str, str]:
    """A new name and its key, never one of `taken`, which it joins."""
    while True:
        last = rng.choice(_HEAD) + rng.choice(_TAIL)
        if rng.random() < 0.03:  # noqa: PLR2004
            last = f"{last}-{rng.choice(_HEAD)}{rng.choice(_TAIL)}"
        elif rng.random() < 0.03:  # noqa: PLR2004
            last = f"O'{last}"
        name = f"{rng.choice(_FIRST)} {last}"
        if rng.random() < 0.05:  # noqa: PLR2004
            name = f"{name} {rng.choice(_SUFFIX)}"
        key = lookup(name)
        if key not in taken:
            taken.add(key)
            return name, key
