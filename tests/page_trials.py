"""Trials in the lab's ledger of a data folder, as the lab writes them, without a model."""

from __future__ import annotations

from nba_local.lab.ledger import Entry, LabLedger

EVIL = "</script><img src=x onerror='page.evil = 3'>"


def estimate(mean, half=0.005):
    """A difference in error and its interval."""
    return {
        "mean": mean, "low": mean - half, "high": mean + half, "p": 0.01, "dates": 90,
        "rows": 9000, "visible": half,
    }  # fmt: skip


def found(name, judged):
    """What the stages found of a feature."""
    months = {f"2021-{month}": 0.9 for month in (10, 11, 12)}
    return {
        "values": [
            {
                "name": name, "rows": 9000, "filled": {"2021-22": 0.9},
                "months": {"2021-22": months}, "median": 7.2, "low": 0.5, "high": 22.0,
                "commonest": 0.01, "counts": [3, 9, 4],
            }
        ],
        "leaks": [], "stable": {name: 12}, "drift": {name: 0.01},
        "redundancy": [
            {"name": name, "nearest": "points", "correlation": 0.9, "explained": 0.8}
        ],
        "screen": None, "judged": judged, "lines": None, "seconds": {"values": 1.0},
    }  # fmt: skip


def judged(mean):
    """What a model said of it."""
    one = estimate(mean)
    return {
        "pooled": one, "over_noise": one, "seasons": {"2021-22": one}, "noise": estimate(0.001),
        "seed": estimate(0.0005), "luck": {"variance": 0.0, "freedom": 1.0},
        "errors": {"baseline": 4.6, "candidate": 4.6 + mean},
        "importance": {"points": 0.5, "fga": 0.2},
    }  # fmt: skip


def with_trials(folder, *more):
    """Three trials: one that leaks, which no model judged, a LIFT, and one with markup in it.

    more: What models said of trials after those.
    """
    ledger = LabLedger(folder / "lab")
    for word, name, said, difference in (
        ("LEAK", "own_points", "The result itself.", None),
        ("LIFT", "fga_last_5", "Who shoots more scores more.", judged(-0.0153)),
        ("NOISE", "lucky", EVIL, judged(0.002)),
        *(("NOISE", "short", "A week says little.", one) for one in more),
    ):
        record = {
            "seasons": ["2021-22"], "columns": ["points", name], "added": [name],
            "how": {"baseline": "", "without": [], "settings": []}, "rules": "corrected",
            "reasons": [f"a reason {EVIL}" if said == EVIL else "a reason"],
            "code": f"FEATURES = ()  # {said}", "rows": 9900, "judged_rows": 9000,
            "found": found(name, difference),
        }  # fmt: skip
        p = 0.01 if difference else None
        at = "2026-11-28T10:00:00+00:00"
        ledger.add(Entry(0, at, "points", said, word, p, name, record), None)
