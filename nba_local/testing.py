"""For authors of tables: small seasons, and the tests that every table gets by existing.

    import pytest
    from nba_local import testing

    @pytest.fixture(scope="module")
    def season(tmp_path_factory):
        folder = tmp_path_factory.mktemp("season")
        project = testing.pulled(folder, testing.simulated(until="2021-12-20"), "given,mine")
        with testing.opened(project) as opened:
            yield opened

    @pytest.mark.parametrize("test", testing.TESTS, ids=testing.name_of)
    def test_my_table(test, season):
        test(season, "my_table")

A test takes an opened season and the name of a table. It raises AssertionError, or the error with
which the engine refuses such a table already. Nothing that is published is read: tables are
computed in memory from the pulled rows, each once.
"""

from __future__ import annotations

import functools
import importlib
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from nba_local.commands import road
from nba_local.commands.project import Project
from nba_local.compute.check import Subject
from nba_local.compute.claim_tables import ClaimTables
from nba_local.compute.compute import compute, with_columns
from nba_local.compute.publish import date_summary
from nba_local.config import Config
from nba_local.proofs.chain import load
from nba_local.proofs.leak import DateSample, leak
from nba_local.storage.duck import add_view
from nba_local.tables import packages
from nba_local.tables.calendar import Season, parse_interval
from nba_local.tables.claims import fault_of
from nba_local.tables.results import STATE_OK, Step

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import duckdb

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.results import Computed
    from nba_local.tables.table import Table

    type TableTest = Callable[[OpenSeason, str], None]

YEAR = 2021
DATES = 3
"""Dates on which a table is held against what was known before them."""


def simulated(
    year: int = YEAR, until: str | None = None, pipelines: str | Path | None = None
) -> dict[str, pl.DataFrame]:
    """The source tables of a simulated season by name, as the package's `simulated` makes them.

    until: The last date, `2021-12-20`; rows of later ones are left out. It takes some seconds.
    """
    registry = packages.load(pipelines)
    made = importlib.import_module(f"{registry.package.name}.simulated").season(year)
    if until is None:
        return dict(made.tables)
    last = parse_interval(until).end
    return {
        name: rows.filter(pl.col(registry.table(name).partition_by) < last)
        for name, rows in made.tables.items()
    }


def pulled(
    folder: Path,
    tables: Mapping[str, pl.DataFrame],
    pipelines: str | Path | None = None,
    *,
    season: str = str(Season(YEAR)),
    today: str | None = None,
) -> Project:
    """A project in `folder` that has pulled these source rows: its `warehouse/` and its `data/`.

    tables: Rows by name of the source table. pipelines: As `--pipelines`. today: The present date,
    for a season under way.

    Raises:
        NbaLocalError: As a pull says it.
    """
    for name, rows in tables.items():
        place = folder / "warehouse" / name
        place.mkdir(parents=True, exist_ok=True)
        rows.write_parquet(place / f"{season}.parquet")
    config = Config(
        data=str(folder / "data"),
        warehouse=f"file://{folder}/warehouse",
        pipelines=None if pipelines is None else str(pipelines),
        today=today,
    )
    project = Project.open(config)
    road.pull(project, [season], [])
    return project


class OpenSeason:
    """A pulled season and what every table makes of it, each computed once."""

    def __init__(self, work: Workspace, season: Season, folder: Path) -> None:
        self.work, self.season = work, season
        self._folder = folder

    @functools.cached_property
    def computed(self) -> dict[str, Computed]:
        """Every feature table, in memory."""
        return load(self.work, self.work.registry.features, self.season).computed(self.work.rules)

    def table(self, name: str) -> Table:
        """A table by its name."""
        return self.work.registry.table(name)

    def rows(self, name: str) -> pl.DataFrame:
        """The season's rows: pulled ones, or as computed."""
        table = self.table(name)
        if table.is_source:
            return self.work.store.scan("raw", table, [self.season]).collect()
        return self.computed[name].rows

    def subject(self, name: str) -> Subject:
        """What the claims of a table are about: its rows in a file, and its dates."""
        file = self._folder / f"{name}.parquet"
        if not file.exists():
            self.rows(name).write_parquet(file)
        table, dates = self.table(name), None
        if not table.is_source:
            step = Step(table, self.season, self.work.until(self.season), (), "", {})
            dates = date_summary(step, self.computed[name])
        return Subject(table, self.season, [file], dates)

    @contextmanager
    def connection(self, name: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection in which the claims of a table can be run, on what is computed here."""
        subject = self.subject(name)
        with ClaimTables(self.work, self.season) as tables:
            tables.load(subject.table, subject.files)
            (con,) = tables.cursors(subject, 1)
            for table in self.work.registry.with_upstream([subject.table]):
                if table.name != name:
                    add_view(con, table, self.subject(table.name).files)
            yield con

    def inputs(self, name: str) -> dict[str, pl.LazyFrame]:
        """The frames that `build()` of a table takes, each in another order of its rows."""
        table, registry = self.table(name), self.work.registry
        chain = load(self.work, [table], self.season)
        shuffled = {
            source.name: rows.sample(fraction=1.0, shuffle=True, seed=11).lazy()
            for source, rows in chain.sources
        }
        frames = with_columns(registry, shuffled, self.work.rules, self.season)
        for upstream in table.inputs:
            if upstream in self.computed:
                rows = self.computed[upstream].rows
                frames[upstream] = rows.sample(fraction=1.0, shuffle=True, seed=11).lazy()
        return {upstream: frames[upstream] for upstream in table.inputs}


@contextmanager
def opened(project: Project, season: str = str(Season(YEAR))) -> Iterator[OpenSeason]:
    """The pulled season of a project, to be tested."""
    with project.reading(raw_only=True) as work, tempfile.TemporaryDirectory() as folder:
        yield OpenSeason(work, Season.parse(season), Path(folder))


def output_equals_its_contract(season: OpenSeason, name: str) -> None:
    """Columns, their order, types and modes are those of `schema.json`; there are rows."""
    contract, rows = season.table(name).contract, season.rows(name)
    assert rows.height > 0, f"{name} has no rows"
    assert dict(rows.schema) == contract.polars, f"{name}: {rows.schema} is not the contract's"
    assert rows.columns == list(contract.columns), f"{name}: columns in another order"
    assert contract.nulls(rows) == {}, f"{name}: NULL in {contract.nulls(rows)}"


def grain_is_unique(season: OpenSeason, name: str) -> None:
    """No two rows share the grain, and all lie in the season."""
    table, rows = season.table(name), season.rows(name)
    copies = rows.height - rows.select(table.contract.grain).n_unique()
    assert copies == 0, f"{name}: {copies:,} rows are copies by {table.contract.grain}"
    dates = season.work.bounds.interval(season.season)
    outside = {day for day in rows[table.partition_by].unique() if day not in dates}
    assert not outside, f"{name}: rows outside the season: {sorted(outside)[:3]}"


def every_date_has_one_state(season: OpenSeason, name: str) -> None:
    """Every date has one state, and rows exactly where that is `ok`."""
    made, by = season.computed[name], season.table(name).partition_by
    dates = made.dates
    assert dates["date"].n_unique() == dates.height, f"{name}: a date has two states"
    fine = set(dates.filter(pl.col("state") == STATE_OK)["date"])
    wrong = fine ^ set(made.rows[by])
    assert not wrong, f"{name}: `ok` without rows, or rows without it: {sorted(wrong)[:3]}"


def row_order_is_irrelevant(season: OpenSeason, name: str) -> None:
    """Rows, non-rows and states are the same, whatever the order of the rows they are made of."""
    table, work, made = season.table(name), season.work, season.computed[name]
    until = work.until(season.season)
    again = compute(table, season.inputs(name), rules=work.rules, season=season.season, today=until)
    for part in ("rows", "non_rows", "dates"):
        same = getattr(again, part).equals(getattr(made, part))
        assert same, f"{name}: {part} depend on the order of the input rows"


def no_row_sees_its_own_date(season: OpenSeason, name: str) -> None:
    """Rows of some dates are the same from what was known before them."""
    dates = _some(season.rows(name)[season.table(name).partition_by].unique().sort().to_list())
    spans = tuple(parse_interval(str(day)) for day in dates)
    (found,) = leak(season.work, [season.table(name)], season.season, DateSample(spans))
    assert not found.leaks, f"{name}: {dict(found.differing) or 'rows'} differ: {found.samples[:2]}"


def _some(dates: Sequence[dt.date]) -> list[dt.date]:
    """The first, the last and those in the middle."""
    last = len(dates) - 1
    return sorted({dates[round(i * last / (DATES - 1))] for i in range(DATES)}) if dates else []


def no_blocking_claim_fires(season: OpenSeason, name: str) -> None:
    """Claims that hold dates back hold for the rows."""
    with season.connection(name) as con:
        broken = {
            claim.claim: rows
            for claim in season.table(name).checks
            if claim.severity == "block" and (rows := con.execute(claim.sql).fetchall())
        }
    counts = {claim: len(rows) for claim, rows in broken.items()}
    first = [rows[0] for rows in broken.values()][:1]
    assert not broken, f"{name}: rows that break a claim: {counts}, the first one {first}"


def every_claim_catches_its_fault(season: OpenSeason, name: str) -> None:
    """Every claim has a planted fault, and returns more rows once it is there.

    Each is planted in one connection, found and rolled back; it may look into any source table.
    """
    table = season.table(name)
    faults = {claim.claim: fault_of(claim) for claim in table.checks}
    without = [claim for claim, fault in faults.items() if not fault]
    assert not without, f"{name}: claims without a fault: {without}"
    missed = []
    with season.connection(name) as con:
        for other in season.work.registry.sources:
            if other.name != name:
                add_view(con, other, season.subject(other.name).files)
        for claim in table.checks:
            before = len(con.execute(claim.sql).fetchall())
            con.execute("BEGIN")
            con.execute(faults[claim.claim])
            if len(con.execute(claim.sql).fetchall()) <= before:
                missed.append(claim.claim)
            con.execute("ROLLBACK")
    assert not missed, f"{name}: claims that do not see their fault: {missed}"


TESTS: tuple[TableTest, ...] = (
    output_equals_its_contract,
    grain_is_unique,
    every_date_has_one_state,
    row_order_is_irrelevant,
    no_row_sees_its_own_date,
    no_blocking_claim_fires,
    every_claim_catches_its_fault,
)
"""What a feature table is tested for by existing."""


def name_of(test: TableTest) -> str:
    """How a test is called in a report."""
    return test.__name__
