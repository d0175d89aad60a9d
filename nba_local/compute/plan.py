"""Plan: which seasons of which feature tables are due, and why. Reads only."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from nba_local.compute.held import held_dates
from nba_local.errors import AlteredFileError, MissingUpstreamError
from nba_local.storage import queries
from nba_local.storage.files import PUBLISHED, is_intact
from nba_local.storage.ledger import read_files
from nba_local.tables.calendar import Season
from nba_local.tables.fingerprint import of_value
from nba_local.tables.results import QUARANTINED, Plan, Reason, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nba_local.storage.ledger import Ledger
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.fingerprint import Modules
    from nba_local.tables.registry import RuleSet
    from nba_local.tables.table import Table

INPUT = "input:"
"""Prefix of the parts of a fingerprint that stand for inputs."""


def plan(
    work: Workspace,
    tables: Sequence[Table],
    seasons: Sequence[Season],
    *,
    is_quick: bool = False,
    is_forced: bool = False,
) -> Plan:
    """Steps for `tables` of `seasons`, seasons in order and upstream first, due or not.

    is_quick: Files whose size and time are as recorded are taken for unaltered, not hashed.
    is_forced: Every step is due, because somebody says so.

    Raises:
        MissingUpstreamError: A season of a source table was never pulled.
        AlteredFileError: A raw file is not as it was pulled, or a file was added; never if quick.
    """
    steps: dict[tuple[str, int], Step] = {}
    read: Modules = {}
    code = {table.name: work.registry.code_of(table, read) for table in tables}
    raw = _RawFiles(work, is_quick=is_quick)
    for season in sorted(seasons):
        held = of_value(sorted(map(str, held_dates(work, season))))
        for table in tables:
            step = _step(work, table, season, steps, code, held, raw, is_quick=is_quick)
            if is_forced:
                forced = Reason("forced", "asked for with --force")
                step = dataclasses.replace(step, reasons=(*step.reasons, forced))
            steps[table.name, season.year] = step
    settings = {t.name: dataclasses.asdict(work.rules.of(t.name)) for t in tables}
    return Plan(work.rules.name, settings, tuple(steps.values()))


def _step(  # noqa: PLR0913 - what a step is made of
    work: Workspace,
    table: Table,
    season: Season,
    earlier: Mapping[tuple[str, int], Step],
    code: Mapping[str, str],
    held: str,
    raw: _RawFiles,
    *,
    is_quick: bool,
) -> Step:
    # a season that is over does not depend on the present date
    until = work.until(season)
    damaged = raw.damage(table, season)
    parts = {
        "code": code[table.name],
        "checks": work.registry.checks_of(table),
        "rules": of_value(_rules_of(work.rules, table)),
        "held": held,
        "today": "over" if until == work.bounds.interval(season).end else until.isoformat(),
    }
    for name in table.inputs:
        source = work.registry.table(name)
        if source.is_source:
            parts[INPUT + name] = _raw_state(work, source, season)
        else:
            parts[INPUT + name] = _feature_state(work.ledger, source, season, earlier)
    reasons = (*_reasons(work, table, season, parts, is_quick=is_quick), *damaged)
    quarantined = queries.dates_in_state(work.ledger, table.name, season, QUARANTINED)
    return Step(table, season, until, reasons, of_value(parts), parts, quarantined)


class _RawFiles:
    """The raw files that steps read, each proved once."""

    def __init__(self, work: Workspace, *, is_quick: bool) -> None:
        self._work, self._is_quick = work, is_quick
        self._seen: dict[tuple[str, int], str] = {}

    def damage(self, table: Table, season: Season) -> tuple[Reason, ...]:
        """What is wrong with the raw files of a step, where quick.

        Raises:
            AlteredFileError: Something is, where not.
        """
        sources = [t for t in map(self._work.registry.table, table.inputs) if t.is_source]
        first = season.year - self._work.rules.lookback_seasons
        years = range(first, season.year + 1)
        wrong = [self._of(source, year) for source in sources for year in years]
        return tuple(Reason("file_damaged", text) for text in wrong if text)

    def _of(self, source: Table, year: int) -> str:
        key = (source.name, year)
        if key not in self._seen:
            self._seen[key] = ""
            try:
                hashed = not self._is_quick
                self._work.store.files(source.layer, source.name, Season(year), hashed=hashed)
            except AlteredFileError as error:
                if not self._is_quick:
                    raise
                self._seen[key] = error.message
        return self._seen[key]


def _rules_of(rules: RuleSet, table: Table) -> dict[str, Any]:
    """What the rules say to one table: every rule, and its own settings."""
    fields = {f.name: getattr(rules, f.name) for f in dataclasses.fields(rules)}  # type: ignore[arg-type]
    fields["settings"] = dataclasses.asdict(rules.of(table.name))
    return fields


def _raw_state(work: Workspace, table: Table, season: Season) -> str:
    first = season.year - work.rules.lookback_seasons
    files = queries.raw_hashes(work.ledger, table.name, first, season.year)
    if not queries.is_pulled(work.ledger, table.name, season):
        raise MissingUpstreamError(
            f"{queries.never_pulled(work.ledger, season, table.name)}; nothing was computed",
            hint=f"nba-local pull --season {season}",
        )
    return of_value(files)


def _feature_state(
    ledger: Ledger, table: Table, season: Season, earlier: Mapping[tuple[str, int], Step]
) -> str:
    if (table.name, season.year) in earlier:
        return earlier[table.name, season.year].fingerprint
    recorded = queries.season_done(ledger, table.name, season)
    if recorded is None:
        raise MissingUpstreamError(
            f"{table.name} of {season} was never computed; nothing was computed",
            hint=f"nba-local backfill {season}",
        )
    return recorded.fingerprint


def _reasons(
    work: Workspace, table: Table, season: Season, parts: Mapping[str, str], *, is_quick: bool
) -> tuple[Reason, ...]:
    recorded = queries.season_done(work.ledger, table.name, season)
    if recorded is None:
        return (Reason("missing", "not computed yet"),)
    reasons = [
        _changed(work, table, name, season, recorded.run_id)
        for name in sorted(parts)
        if recorded.parts.get(name) != parts[name]
    ]
    folder = work.store.folder(PUBLISHED, table.name, season)
    files, is_linked = read_files(work.ledger.path, PUBLISHED, table.name, season)
    lost = [
        file.month
        for file in files
        if not is_intact(folder, file, hashed=not is_quick, is_linked=is_linked)
    ]
    if lost:
        reasons.append(
            Reason("file_damaged", f"published files missing or altered: {', '.join(lost)}")
        )
    elif not is_quick:
        work.store.files(PUBLISHED, table.name, season)  # refuses files that were added
    return tuple(reasons)


def rule_values(rules: RuleSet) -> dict[str, Any]:
    """Every rule with a plain value, those of its parts as `part.rule`; what a run keeps."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(rules):  # type: ignore[arg-type]
        value = getattr(rules, field.name)
        inner = dataclasses.asdict(value) if dataclasses.is_dataclass(value) else None  # type: ignore[arg-type]
        named = {f"{field.name}.{key}": one for key, one in inner.items()} if inner else {}
        values |= named or {field.name: value}
    return {name: value for name, value in values.items() if isinstance(value, str | int | float)}


def _of_rules(work: Workspace, table: Table, since: str) -> str:
    """Which settings and rules are others than in the run `since`, as far as it kept them."""
    run = queries.run(work.ledger, since)
    kept = run.arguments if run else {}
    then = {**kept.get("rule_values", {}), **kept.get("settings", {}).get(table.name, {})}
    now = {**rule_values(work.rules), **dataclasses.asdict(work.rules.of(table.name))}
    others = [
        f"{name} {then[name]} -> {value}"
        for name, value in now.items()
        if name in then and then[name] != value
    ]
    return f": {', '.join(others)}" if others else ""


def _changed(work: Workspace, table: Table, part: str, season: Season, since: str) -> Reason:
    if not part.startswith(INPUT):
        texts = {
            "code": "the code of the table changed",
            "checks": "the checks changed",
            "rules": "rules or settings changed" + _of_rules(work, table, since),
            "today": "another day of a running season",
            "held": "claims about the sources hold other dates back",
        }
        return Reason(f"{part}_changed", texts[part])
    name = part.removeprefix(INPUT)
    dates = queries.dates_changed_since(work.ledger, name, season, since)
    return Reason("input_changed", f"{name} changed{_few(dates)}", dates, name)


def _few(dates: Sequence[dt.date], most: int = 3) -> str:
    if not dates:
        return ""
    shown = ", ".join(str(d) for d in dates[:most])
    more = f" and {len(dates) - most} more" if len(dates) > most else ""
    return f" on {len(dates)} dates: {shown}{more}" if len(dates) > 1 else f" on {shown}"
