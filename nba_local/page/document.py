"""Document: the page as one file, by itself or with the values of what was asked for in it."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nba_local.commands.project import Ranges
from nba_local.errors import UsageError
from nba_local.explain import coverage
from nba_local.explain.tracer import Tracer
from nba_local.lab.html import STYLE
from nba_local.page import lab, view
from nba_local.page.detail import Details
from nba_local.page.distributions import distributions
from nba_local.page.tables import null_shares, tables
from nba_local.storage.disk import room

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nba_local.commands.project import Project
    from nba_local.page.view import Flags

ASSETS = Path(__file__).parent / "assets"
SCRIPTS = (
    *("uplot/uPlot.min.js", "dom.js", "calendar.js", "gaps.js", "detail.js", "charts.js"),
    *("readiness.js", "tables.js", "lab.js", "runs.js", "page.js"),
)
"""In this order they are one script; later ones use what earlier ones define."""

STYLES = ("uplot/uPlot.min.css", "page.css")


@cache
def _parts() -> tuple[str, str, str]:
    """Template, style and script."""
    script = "\n".join((ASSETS / name).read_text("utf-8") for name in SCRIPTS)
    return (
        (ASSETS / "page.html").read_text("utf-8"),
        "\n".join([STYLE, *((ASSETS / name).read_text("utf-8") for name in STYLES)]),
        script,
    )


def policy(*, is_served: bool) -> str:
    """The Content-Security-Policy: our own script and style, and nothing from anywhere else."""
    _, style, script = _parts()
    rules = ["default-src 'none'", f"script-src {_hash(script)}", f"style-src {_hash(style)}"]
    rules += ["img-src data:", "base-uri 'none'", "form-action 'none'"]
    # a policy inside the page cannot say who may frame it
    rules += ["connect-src 'self'", "frame-ancestors 'none'"] if is_served else []
    return "; ".join(rules)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def html(blocks: Mapping[str, Any] | None = None) -> str:
    """The page; `blocks` are the answers it would ask a server for, by path."""
    template, style, script = _parts()
    rules = policy(is_served=blocks is None).replace("connect-src 'self'; ", "")
    meta = (
        "" if blocks is None else f'<meta http-equiv="Content-Security-Policy" content="{rules}">'
    )
    embedded = "\n".join(
        # only "<" could end the block
        f'<script type="application/json" data-path="{path}">{_json(value)}</script>'
        for path, value in (blocks or {}).items()
    )
    for mark, text in (
        ("POLICY", meta),
        ("STYLE", style),
        ("BLOCKS", embedded),
        ("SCRIPT", script),
    ):
        before, _, after = template.partition(f"<!--{mark}-->")
        template = before + text + after
    return template


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def write(project: Project, ranges: Sequence[str], file: Path, flags: Flags) -> int:
    """Write the dates of `ranges` with all their details to `file`; returns its size in bytes.

    Raises:
        UsageError: `file` cannot be written.
    """
    text = html(blocks(project, ranges, flags))
    try:
        with room(file.parent, "page"):
            file.write_text(text, "utf-8")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        raise UsageError(
            f"{file} cannot be written: {error.strerror}; the page was not written",
            hint="name a file in a folder that exists: --html page.html",
        ) from error
    return len(text.encode())


def blocks(project: Project, ranges: Sequence[str], flags: Flags) -> dict[str, Any]:
    """Every answer about the dates of `ranges`, by the path that a served page asks for it.

    Dates are in one block per season, `dates/SEASON`, by `TABLE/DATE`.
    """
    with project.reading() as work, work.ledger.snapshot():
        dates = Ranges.stored(work, ranges, "pulled")
        start = view.start(work, project.config.data, flags, dates.seasons)
        made = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        found: dict[str, Any] = {"start": {**start, "made": made}}
        for season in dates.seasons:
            one = coverage.covered(work, season, dates.intervals)
            found[f"season/{season}"] = view.season(one, flags)
            every = work.registry.tables.values()
            details = Details(Tracer(work, one.states), every, flags)
            found[f"dates/{season}"] = {
                f"{cell.table}/{cell.date}": details.of(cell)
                for table in one.tables
                for cell in one.of(table)
            }
            for table in every:
                # all columns of sources would double the time that the file takes
                found[f"distributions/{season}/{table.name}"] = distributions(
                    work, table, season, read_only=True
                )
        found["tables"] = tables(work.registry)
        for table in work.registry.tables.values():
            found[f"nulls/{table.name}"] = null_shares(work, table, dates.seasons)
        found["runs"] = view.runs(project)
        found["lab"] = lab.trials(project.store.root)
        for one in found["lab"][: lab.MOST_IN_FILE]:
            found[f"lab/{one['trial']}"] = lab.trial(project.store.root, one["trial"])
    return found
