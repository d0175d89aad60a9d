"""A trial as one HTML file: no script, no request, light and dark as the reader's system is.

It is drawn from what the ledger keeps, plain JSON, so that a new trial and a stored one look alike;
there NaN and infinities are text.
"""

from __future__ import annotations

from html import escape
from math import isfinite
from typing import TYPE_CHECKING, Any

from nba_local.storage import serialize

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nba_local.lab.ledger import Entry
    from nba_local.lab.results import Trial

    type Plain = Mapping[str, Any]

STYLE = """
.lab{--ink:#1c2024;--soft:#667;--line:#d5d9de;--bar:#3b6fb6;--good:#2c7a4b;--bad:#b3423a;
 --paper:#fff;color:var(--ink);background:var(--paper);
 font:15px/1.5 system-ui,sans-serif;max-width:60rem;padding:1rem}
@media (prefers-color-scheme:dark){.lab{--ink:#e6e8ea;--soft:#9aa3ad;--line:#3a4048;--bar:#7aa7e0;
 --good:#6cc08b;--bad:#e58b83;--paper:#16191d}}
.lab h1{font-size:1.3rem;margin:0}.lab h2{font-size:1rem;margin:1.4rem 0 .3rem}
.lab .word{display:inline-block;border:2px solid currentColor;border-radius:.3rem;padding:0 .5rem}
.lab .soft{color:var(--soft)}.lab .good{color:var(--good)}.lab .bad{color:var(--bad)}
.lab table{border-collapse:collapse}
.lab td,.lab th{padding:.1rem .7rem .1rem 0;text-align:left;font-variant-numeric:tabular-nums}
.lab svg{display:block;max-width:100%;height:auto}.lab svg text{fill:var(--ink);font-size:11px}
"""

GOOD = {"LIFT", "PROMISING"}
WIDE, ROW = 640, 20
SHOWN = 12
"""Columns whose importance is drawn."""


def document(trial: Trial) -> str:
    """The whole file."""
    title = escape(f"Trial {trial.number}: {trial.verdict.word}")
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'><meta name=color-scheme content='light "
        f"dark'><title>{title}</title></head><body style='margin:0'>{fragment(trial)}</body>"
        "</html>\n"
    )


def fragment(trial: Trial) -> str:
    """What a notebook shows, and the body of the file."""
    return f"<style>{STYLE}</style>{_drawn(serialize.plain(trial))}"


def recorded(entry: Entry) -> str:
    """A trial of the ledger, for a page that has `STYLE` already."""
    verdict = {"word": entry.verdict, "reasons": entry.record["reasons"]}
    named = {"number": entry.trial, "target": entry.target, "hypothesis": entry.hypothesis}
    return _drawn({**entry.record, **named, "verdict": verdict})


def _drawn(trial: Plain) -> str:
    """A `Trial` as `serialize.plain` makes it: keys are the names of its attributes."""
    word, reasons = trial["verdict"]["word"], trial["verdict"]["reasons"]
    found, how, parts = trial["found"], trial["how"], []
    parts.append(
        f"<h1>Trial {trial['number']} <span class='word {'good' if word in GOOD else 'bad'}'>"
        f"{escape(word)}</span></h1><p>{escape(trial['hypothesis'])}</p>"
    )
    parts.append("<ul>" + "".join(f"<li>{escape(reason)}" for reason in reasons) + "</ul>")
    parts.append(
        f"<p class=soft>{escape(trial['target'])}, {', '.join(trial['seasons'])}; "
        f"{trial['rows']:,} rows, {trial['judged_rows']:,} judged; "
        f"{len(trial['columns'])} columns; added: {escape(', '.join(trial['added']) or 'none')}; "
        f"left out: {escape(', '.join(how['without']) or 'none')}; settings: "
        f"{escape(', '.join(how['settings']) or 'as they are')}</p>"
    )
    for values in found["values"]:
        name = escape(values["name"])
        parts += [f"<h2>{name}: rows with a value</h2>", _coverage(values)]
        parts += [f"<h2>{name}: distribution</h2>", _distribution(values)]
    if found["redundancy"]:
        parts.append("<h2>What the baseline says already</h2>" + _table(
            ("feature", "nearest", "rank correlation", "R2 on all", "drift (PSI)",
             "stable from day"),
            [
                (r["name"], r["nearest"], _number(r["correlation"]), _number(r["explained"]),
                 _number(found["drift"].get(r["name"], 0)),
                 str(found["stable"].get(r["name"], "-")))
                for r in found["redundancy"]
            ],
        ))  # fmt: skip
    if judged := found["judged"]:
        parts += ["<h2>Difference in error, with 95 % intervals</h2>", _forest(judged)]
        parts += [
            "<h2>Importance: growth of the error when shuffled</h2>",
            _importance(judged["importance"]),
        ]
    if found["lines"]:
        parts += ["<h2>Against the line</h2>", _lines(found["lines"])]
    return f"<div class=lab>{''.join(parts)}</div>"


def _number(value: Any, form: str = ".3f") -> str:
    """A number of the record as text in `form`."""
    return format(float(value), form)


def _share(value: Any, form: str = ".1f") -> str:
    """A share of the record in percent."""
    return _number(100 * float(value), form)


def _svg(height: int, body: str, label: str) -> str:
    return (
        f"<svg viewBox='0 0 {WIDE} {height}' width={WIDE} height={height} role=img "
        f"aria-label='{escape(label, quote=True)}'>{body}</svg>"
    )


def _coverage(values: Plain) -> str:
    """A square per season and month, the darker the more rows have a value."""
    body = []
    for line, (season, months) in enumerate(values["months"].items()):
        y = line * ROW
        body.append(
            f"<text x=0 y={y + 14}>{escape(season)} {100 * values['filled'][season]:.1f} %</text>"
        )
        for place, (month, share) in enumerate(months.items()):
            body.append(
                f"<rect x={120 + 40 * place} y={y + 2} width=36 height=16 fill='var(--bar)' "
                f"stroke='var(--line)' fill-opacity={share:.3f}><title>{month}: "
                f"{100 * share:.1f} %</title></rect>"
            )
    return _svg(len(values["months"]) * ROW + 4, "".join(body), "share of rows with a value")


def _distribution(values: Plain) -> str:
    counts = values["counts"]
    most, width = max(counts, default=1) or 1, WIDE / max(len(counts), 1)
    body = "".join(
        f"<rect x={place * width:.1f} y={80 - 80 * n / most:.1f} width={width - 1:.1f} "
        f"height={80 * n / most:.1f} fill='var(--bar)'/>"
        for place, n in enumerate(counts)
    )
    body += (
        f"<text x=0 y=95>{_number(values['low'], '.4g')}</text><text x={WIDE} y=95 text-anchor=end>"
        f"{_number(values['high'], '.4g')}</text><text x={WIDE / 2} y=95 text-anchor=middle>median "
        f"{_number(values['median'], '.4g')}</text>"
    )
    return _svg(100, body, "distribution")


def _forest(judged: Plain) -> str:
    """Differences with their intervals; one that is unknown, of too few dates, is drawn whole."""
    lines = [
        *judged["seasons"].items(), ("all seasons", judged["pooled"]),
        ("against noise", judged["over_noise"]),
        ("a noise column", judged["noise"]), ("another seed", judged["seed"]),
    ]  # fmt: skip
    drawn = [
        (name, *(float(estimate[key]) for key in ("low", "mean", "high")))
        for name, estimate in lines
    ]
    known = [max(abs(low), abs(high)) for _, low, _, high in drawn if isfinite(low)]
    reach = max(known, default=0.0) or max(abs(mean) for _, _, mean, _ in drawn) or 1.0
    scale, middle = 200 / reach, 340.0
    body = [f"<line x1={middle} x2={middle} y1=0 y2={len(lines) * ROW} stroke='var(--soft)'/>"]
    for place, (name, *interval) in enumerate(drawn):
        y = place * ROW + 10
        low, at, high = (middle + scale * max(-reach, min(reach, value)) for value in interval)
        color = (
            "var(--good)" if interval[2] < 0 else "var(--bad)" if interval[0] > 0 else "var(--soft)"
        )
        body.append(
            f"<text x=0 y={y + 4}>{escape(name)}</text><line x1={low:.1f} x2={high:.1f} y1={y} "
            f"y2={y} stroke='{color}' stroke-width=2 /><circle r=4 cy={y} "
            f"cx={at:.1f} fill='{color}'/><text x={WIDE} y={y + 4} "
            f"text-anchor=end>{interval[1]:+.4f}</text>"
        )
    return _svg(len(lines) * ROW + 4, "".join(body), "difference in error by season")


def _importance(weights: Mapping[str, float]) -> str:
    top = [(name, float(weight)) for name, weight in weights.items()][:SHOWN]
    most = max((abs(v) for _, v in top), default=1.0) or 1.0
    body = "".join(
        f"<text x=0 y={place * ROW + 14}>{escape(name)}</text><rect x=240 y={place * ROW + 3} "
        f"width={300 * max(weight, 0) / most:.1f} height=14 fill='var(--bar)'/><text x={WIDE} "
        f"y={place * ROW + 14} text-anchor=end>{weight:+.4f}</text>"
        for place, (name, weight) in enumerate(top)
    )
    return _svg(len(top) * ROW + 4, body, "importance")


def _lines(lines: Plain) -> str:
    errors = ", ".join(f"{escape(who)} {_number(e)}" for who, e in lines["errors"].items())
    bias = ", ".join(f"{escape(who)} {_number(b, '+.3f')}" for who, b in lines["bias"].items())
    head = (
        f"<p>{lines['rows']:,} rows. Error of the line {_number(lines['line_error'])}; "
        f"{errors}. Bias: {bias}.</p>"
    )
    return head + _table(
        ("who", "edge", "side", "won", "lost", "hit rate", "95 %", "return"),
        [
            (b["who"], _number(b["edge"], "g"), b["side"], str(b["won"]), str(b["lost"]),
             f"{_share(b['rate'])} %", f"{_share(b['low'])} to {_share(b['high'])}",
             f"{_share(b['returns'], '+.1f')} %")
            for b in lines["bets"]
        ],
    )  # fmt: skip


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def cells(row: Sequence[str], tag: str) -> str:
        return "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row)

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<table><tr>{cells(head, 'th')}</tr>{body}</table>"
