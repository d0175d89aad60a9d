"""Proofs about code and rows, one call a verb: parity, leak, warmup, thresholds, verify, diff."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from nba_local.commands.project import Ranges, require_seasons
from nba_local.errors import UsageError
from nba_local.proofs import compare as comparison
from nba_local.proofs import oracle
from nba_local.proofs.compare import LOCAL, CompareOptions, Comparison, Published, Remote, Side
from nba_local.proofs.leak import DateSample
from nba_local.proofs.leak import leak as season_leaks
from nba_local.proofs.thresholds import thresholds as sweep_thresholds
from nba_local.proofs.warmup import warmup as season_warmup
from nba_local.storage import queries
from nba_local.tables.calendar import Season
from nba_local.tables.results import silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nba_local.commands.project import Project
    from nba_local.proofs.leak import Leak
    from nba_local.proofs.oracle import Parity
    from nba_local.proofs.sweep import Swept
    from nba_local.proofs.warmup import Method, Warmup
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.results import Progress
    from nba_local.tables.table import Table


def parity(project: Project, ranges: Sequence[str], tables: Sequence[str]) -> tuple[Parity, ...]:
    """Every published feature table against its `oracle.sql`. Reads only.

    Dates that a claim holds back keep rows of before, and are left out. A table with a setting
    that its oracle does not know is not compared, and says so.

    Raises:
        UsageError: The rule set is not the one the oracles are written for.
    """
    default = next(iter(project.registry.presets))
    if project.rules.name != default:
        raise UsageError(
            f"oracle.sql holds for the rule set `{default}`, not `{project.rules.name}`"
        )
    chosen = project.registry.select(tables, project.registry.features)
    with project.reading() as work:
        usual = project.registry.presets[default]
        return tuple(
            _against_oracle(work, table, season, oracle.unknown_settings(work, table, usual))
            for season in Ranges.stored(work, ranges).seasons
            for table in chosen
        )


def _against_oracle(
    work: Workspace, table: Table, season: Season, unknown: tuple[str, ...]
) -> Parity:
    if unknown:
        return oracle.Parity(table.name, season, 0, 0, 0, 0, {}, (), unknown=unknown)
    return oracle.compare(
        table,
        season,
        work.store.read("published", table, [season], hashed=True),
        oracle.oracle_rows(work, table, season),
        oracle.held_back(work, table, season),
    )


def leak(
    project: Project,
    ranges: Sequence[str],
    tables: Sequence[str],
    most: int | None,
    progress: Progress = silent,
) -> tuple[Leak, ...]:
    """Feature tables against what was known before, on `most` dates of each season or on all.

    Computed from pulled rows under the rules of `project`, whatever the folder holds. Reads only.
    """
    chosen = project.registry.select(tables, project.registry.features)
    with project.reading(raw_only=True) as work, project.engine() as engine:
        dates = Ranges.stored(work, ranges, "pulled")
        sample = DateSample(dates.intervals, most)
        return tuple(
            one
            for season in dates.seasons
            for one in season_leaks(work, chosen, season, sample, progress=progress, engine=engine)
        )


def warmup(
    project: Project,
    seasons: Sequence[str],
    tables: Sequence[str],
    method: Method,
    progress: Progress = silent,
) -> tuple[Warmup, ...]:
    """From which day of a season on the columns of feature tables are stable. Reads only.

    Computed from pulled rows under the rules of `project`, whatever the folder holds.
    """
    chosen = project.registry.select(tables, project.registry.features)
    named = [str(Season.parse(text)) for text in seasons]
    with project.reading(raw_only=True) as work:
        return tuple(
            one
            for season in Ranges.stored(work, named, "pulled").seasons
            for one in season_warmup(work, chosen, season, method, progress=progress)
        )


def thresholds(
    project: Project, table: str, season: str | None, within: float, progress: Progress = silent
) -> Swept:
    """What moving the thresholds of a feature table gains and costs. Reads only.

    season: The newest stored one where not given.
    """
    (chosen,) = project.registry.select([table], project.registry.features)
    named = [str(Season.parse(season))] if season else []
    with project.reading() as work:
        newest = Ranges.stored(work, named).seasons[-1]
        require_seasons(work, [newest], "computed")
        return sweep_thresholds(work, chosen, newest, within, progress=progress)


def verify(
    project: Project, ranges: Sequence[str], tables: Sequence[str], progress: Progress = silent
) -> tuple[Comparison, ...]:
    """Every published row against the target, whenever it was pushed."""
    options = CompareOptions(volatile=True)
    return diff(project, ("local", project.environment), ranges, tables, options, progress)


def _computed(work: Workspace, others: Sequence[Workspace], ranges: Sequence[str]) -> Ranges:
    """The dates of `ranges`, of which each season is computed in one of the folders at least."""
    if not others:
        return Ranges.stored(work, ranges, "computed")
    years = {year for one in (work, *others) for year in queries.computed_seasons(one.ledger)}
    dates = Ranges.stored(work, ranges or [str(Season(year)) for year in sorted(years)])
    nowhere = [season for season in dates.seasons if season.year not in years]
    require_seasons(work, nowhere, "computed")
    return dates


def diff(  # noqa: PLR0913 - what is compared, and how
    project: Project,
    names: tuple[str, str],
    ranges: Sequence[str],
    tables: Sequence[str],
    options: CompareOptions,
    progress: Progress = silent,
) -> tuple[Comparison, ...]:
    """Feature tables on two sides: `local`, a data folder, an environment of the target, or a URL.

    All of a side is read as of one instant. Reads only.
    """
    registry = project.registry
    chosen = registry.select(tables, registry.features)
    # a package without environments keeps its tables in one place, whatever it is called
    known = list(registry.environments) or [project.environment]
    with ExitStack() as stack:
        places = {
            name: stack.enter_context(project.at(Path(name)).reading(raw_only=True))
            for name in dict.fromkeys(names)
            if name not in (LOCAL, *known) and project.at(Path(name)).store.ledger_path.is_file()
        }
        is_elsewhere = places.keys() >= {*names}
        work = places[names[0]] if is_elsewhere else stack.enter_context(project.reading())
        dates = _computed(work, [*places.values()], ranges)

        def remote(url: str | None, environment: str | None) -> Side:
            url = url or project.config.target
            opened = stack.enter_context(project.warehouse(url, "push"))
            named = environment or project.environment
            kept = registry.within(named) if registry.environments else registry
            shown = f"{opened.url} ({named})" if opened.has_datasets else opened.url
            return Remote(opened, kept.tables, opened.now(), shown)

        local = {LOCAL: work, **places}
        left, right = (
            Published(local[name], name) if name in local else comparison.side(name, remote, known)
            for name in names
        )
        compared = []
        for done, table in enumerate(chosen):
            progress(f"compare {table.name}", done, len(chosen))
            compared.append(comparison.compare(left, right, table, dates.intervals, options))
        progress("compare", len(chosen), len(chosen))
        return tuple(compared)
