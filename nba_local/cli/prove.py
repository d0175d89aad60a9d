"""Proofs about code and rows: leak, warmup, thresholds, verify, diff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nba_local.cli import complete
from nba_local.cli.options import (
    COMPUTING,
    ENGINE,
    ENVIRONMENT,
    PROJECT,
    RANGES,
    SETTINGS,
    TABLES,
    TARGET,
    TODAY,
)
from nba_local.cli.verb import Call, verb

if TYPE_CHECKING:
    from nba_local.proofs.sweep import Swept


@verb(
    RANGES,
    *PROJECT,
    *COMPUTING,
    *ENGINE,
    examples=("leak 2021-22", "leak 2021-22 --tables player_daily_cache --all"),
)
def leak(
    call: Call,
    sample: Annotated[
        int,
        typer.Option("--sample", metavar="N", help="Dates to compare, evenly spread.", min=1),
    ] = 20,
    every: Annotated[bool, typer.Option("--all", help="Compare every date.")] = False,
) -> int:
    """Check that no row uses data from its own date or later.

    Sampled dates are computed again from what was known before their first game.
    """
    from nba_local.commands import proofs
    from nba_local.report import proofs as out

    most = None if every else sample
    result = proofs.leak(call.project, call.ranges, call.tables, most, call.report.progress)
    out.leaked(call.report, result)
    return call.done(result, 4 if any(one.leaks for one in result) else 0)


@verb(
    *PROJECT,
    *COMPUTING,
    examples=("warmup 2021-22", "warmup 2021-22 --openings 3 --tables player_daily_cache"),
)
def warmup(  # noqa: PLR0913 - flags
    call: Call,
    seasons: Annotated[
        list[str] | None,
        typer.Argument(help="Seasons (2021-22). [all stored]", autocompletion=complete.season),
    ] = None,
    openings: Annotated[
        int,
        typer.Option(
            "--openings", metavar="N", help="How many dates to try as opening night.", min=1
        ),
    ] = 5,
    horizon: Annotated[
        int, typer.Option("--horizon", metavar="DAYS", help="Days to compare after each.", min=1)
    ] = 60,
    tolerance: Annotated[
        float,
        typer.Option(
            "--tolerance", metavar="X", help="Numbers agree within X standard deviations.", min=0.0
        ),
    ] = 0.25,
    share: Annotated[
        float,
        typer.Option(
            "--share", metavar="X", help="Share of a day's rows that must agree.", min=0.0, max=1.0
        ),
    ] = 0.95,
) -> int:
    """Show how many days into a season each column becomes stable.

    Restarts the season on dates in its middle and compares the rows with those of the full season.
    """
    from nba_local.commands import proofs
    from nba_local.proofs.warmup import Method
    from nba_local.report import proofs as out

    method = Method(openings, horizon, tolerance, share)
    result = proofs.warmup(call.project, seasons or [], call.tables, method, call.report.progress)
    out.warmed_up(call.report, result)
    return call.done(result)


@verb(
    *PROJECT,
    SETTINGS,
    TODAY,
    examples=("thresholds 2021-22", "thresholds player_daily_cache 2021-22 --within 0.5"),
)
def thresholds(
    call: Call,
    table: Annotated[
        str,
        typer.Argument(
            help="A feature table; a season in its place means all tables.",
            autocompletion=complete.feature_table,
        ),
    ],
    season: Annotated[
        str | None,
        typer.Argument(help="A season (2021-22). [newest stored]", autocompletion=complete.season),
    ] = None,
    within: Annotated[
        float,
        typer.Option(
            "--within",
            metavar="X",
            help="Accepted error, in usual differences between two full windows.",
            min=0.0,
        ),
    ] = 1.0,
) -> int:
    """Show what other thresholds would gain and cost.

    Sweeps the minimum of games and the readiness threshold; nothing is run again.
    """
    from nba_local.commands import proofs
    from nba_local.report import thresholds as out
    from nba_local.tables.calendar import SEASON

    project, progress = call.project, call.report.progress
    if season or not SEASON.fullmatch(table):
        result = proofs.thresholds(project, table, season, within, progress)
        out.swept(call.report, result)
        return call.done(result)
    every: list[Swept] = []
    for one in project.registry.features:
        if every:
            call.report.say()
        every.append(proofs.thresholds(project, one.name, table, within, progress))
        out.swept(call.report, every[-1])
    return call.done(every)


@verb(
    RANGES,
    *PROJECT,
    TARGET,
    ENVIRONMENT,
    TABLES,
    examples=("verify 2021-22 --to file://target", "verify --env prod --tables player_daily_cache"),
)
def verify(call: Call) -> int:
    """Compare published rows with the target, cell by cell.

    Covers all published dates, whichever push wrote them. Exit code 4 where something differs.
    """
    from nba_local.commands import proofs
    from nba_local.report import compare as out

    result = proofs.verify(call.project, call.ranges, call.tables, call.report.progress)
    out.compared(call.report, result, ("here", "there"))
    return call.done(result, 0 if all(table.is_equal for table in result) else 4)


@verb(
    RANGES,
    *PROJECT,
    TARGET,
    TABLES,
    examples=("diff local prod 2021-22", "diff local other-data --tolerance 0.0001"),
)
def diff(  # noqa: PLR0913 - flags
    call: Call,
    left: Annotated[
        str,
        typer.Argument(
            help="local, a data folder, dev, prod, a warehouse's URL, or URL@ENVIRONMENT."
        ),
    ],
    right: Annotated[str, typer.Argument(help="The other side, likewise.")],
    volatile: Annotated[
        bool, typer.Option("--volatile", help="Also compare columns that say when a row was made.")
    ] = False,
    tolerance: Annotated[
        float,
        typer.Option(
            "--tolerance",
            metavar="X",
            help="Largest difference of FLOAT64 values that counts as equal.",
            min=0.0,
        ),
    ] = 0.0,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", help="Differing cells to show per table.", min=0)
    ] = 5,
) -> int:
    """Compare feature tables of two places.

    Rows on one side only, rows that differ, the share of rows that agree by column, and what
    differs in the schemas. Exit code 4 where something differs.
    """
    from nba_local.commands import proofs
    from nba_local.proofs.compare import CompareOptions
    from nba_local.report import compare as out

    options = CompareOptions(volatile=volatile, tolerance=tolerance, samples=limit)
    sides = (left, right)
    progress = call.report.progress
    result = proofs.diff(call.project, sides, call.ranges, call.tables, options, progress)
    out.compared(call.report, result, sides)
    is_equal = all(table.is_equal and not table.schema for table in result)
    return call.done(result, 0 if is_equal else 4)
