"""From the folders under `pipelines/` to tables in dependency order."""

from __future__ import annotations

import dataclasses
import graphlib
import importlib
import inspect
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from nba_local.errors import PipelineError, UsageError
from nba_local.tables import schema
from nba_local.tables.claims import claims_of
from nba_local.tables.fingerprint import of_code, of_module, of_sql, of_value
from nba_local.tables.homes import (
    ENVIRONMENTS,
    RULES,
    environments_of,
    refuse_another,
    table_folders,
)
from nba_local.tables.schema import load_contract
from nba_local.tables.table import Claim, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

    from nba_local.tables.fingerprint import Modules

GIVEN = frozenset({"rules", "season", "today"})
"""Parameters of `build()` that are not tables."""

COUNTED = "counted.sql"
"""Of a package: which rows of its source tables count. Reads them as `pulled_<table>`."""

DIGITS = 18
"""Digits of a setting at most: more fit in no integer column."""


class RuleSet(Protocol):
    """What the engine asks of the content's rules; the rest is between rules and formulas."""

    name: str
    lookback_seasons: int

    def of(self, table: str) -> Any:
        """The settings of a table, a dataclass."""

    def override(self, table: str, key: str, value: str) -> RuleSet:
        """The rules with one setting changed; KeyError or ValueError where that cannot be."""

    def enforced(self) -> RuleSet:
        """The rules outside backfill mode."""


@dataclasses.dataclass(frozen=True, slots=True)
class Registry:
    """All tables by name, upstream before downstream, the rule sets, and where tables are kept.

    logs: Tables that a push adds its own rows to.
    environments: Dataset by dataset of the contracts, by name of the environment.
    environment: The one whose datasets the contracts name; empty for the contracts' own.
    log_rows: The content's module `logs`, with `run()`, `failure()`, and `RUNS`, `FAILURES`,
        `PROCESSOR`: the tables they are rows of, and their column with `Table.processor`.
    calendar: The content's module `expected`, with `expected()` and `roles()`, and `SCHEDULE`,
        `SEASON_COLUMNS`, `season_games()`, which tell the season of a game; `ENTITY`,
        `ENTITY_HINT`, `GROUP` and `UNNAMED` say how an entity is named and whose rows it depends
        on. None where a package has none.
    prepared: The content's module `prepared`, whose `columns()` works out once a season what the
        tables need of each source row; None where a package has none.
    units: The content's module `units`, whose `unit_of()` reads the unit of a column in its
        description; None where a package has none.
    beside: Folders of tables beside those of `package`, which share its rules and all of the above.
    """

    package: Path
    tables: Mapping[str, Table]
    presets: Mapping[str, RuleSet]
    logs: Mapping[str, Table]
    environments: Mapping[str, Mapping[str, str]]
    environment: str = ""
    calendar: ModuleType | None = None
    prepared: ModuleType | None = None
    units: ModuleType | None = None
    log_rows: ModuleType | None = None
    beside: tuple[Path, ...] = ()

    @property
    def sources(self) -> tuple[Table, ...]:
        """Tables that are pulled."""
        return tuple(t for t in self.tables.values() if t.is_source)

    @property
    def features(self) -> tuple[Table, ...]:
        """Tables that are computed, in dependency order."""
        return tuple(t for t in self.tables.values() if not t.is_source)

    def table(self, name: str) -> Table:
        """The table called `name`.

        Raises:
            UsageError: There is none.
        """
        if name not in self.tables:
            raise UsageError.unknown("table", name, self.tables)
        return self.tables[name]

    def select(self, names: Sequence[str], among: Sequence[Table]) -> tuple[Table, ...]:
        """Those of `among` that are named, in the order of `among`; all where none is named.

        Raises:
            UsageError: A name is no table, or not one of `among`.
        """
        if not names:
            return tuple(among)
        allowed = {t.name for t in among}
        for name in names:
            if self.table(name).name not in allowed:
                raise UsageError(
                    f"`{name}` is not among the tables of this command",
                    hint=f"known: {', '.join(sorted(allowed))}",
                )
        return tuple(t for t in among if t.name in names)

    def within(self, environment: str) -> Registry:
        """The same features and logs, kept in the datasets of `environment`.

        Raises:
            UsageError: There is no such environment.
            PipelineError: It does not name a dataset of a table.
        """
        if environment not in self.environments:
            raise UsageError.unknown("environment", environment, self.environments)
        datasets = self.environments[environment]

        def moved(table: Table) -> Table:
            if table.is_source:
                return table
            if table.contract.dataset not in datasets:
                raise PipelineError(
                    f"environment `{environment}` has no dataset for `{table.contract.dataset}` "
                    f"({table.name})",
                    hint=f"name it in {self.package.name}/{ENVIRONMENTS}",
                )
            dataset = datasets[table.contract.dataset]
            return dataclasses.replace(
                table, contract=dataclasses.replace(table.contract, dataset=dataset)
            )

        return dataclasses.replace(
            self,
            tables={name: moved(table) for name, table in self.tables.items()},
            logs={name: moved(table) for name, table in self.logs.items()},
            environment=environment,
        )

    def with_upstream(self, tables: Sequence[Table]) -> tuple[Table, ...]:
        """The feature tables that `tables` read, directly or not, and they themselves, in order."""
        names = {table.name for table in tables}
        for table in reversed(self.features):
            if table.name in names:
                names.update(table.inputs)
        return tuple(table for table in self.features if table.name in names)

    def rules(self, preset: str | None, settings: Sequence[str] = ()) -> RuleSet:
        """The rule set `preset` (default: the first) with `TABLE.KEY=VALUE` settings applied.

        Raises:
            UsageError: No such preset, table or key, or a value of the wrong kind.
        """
        name = preset or next(iter(self.presets))
        if name not in self.presets:
            raise UsageError.unknown("rule set", name, self.presets)
        rules = self.presets[name]
        for setting in settings:
            rules = self.with_setting(rules, setting)
        return rules

    def with_setting(self, rules: RuleSet, setting: str) -> RuleSet:
        """The rules with one `TABLE.KEY=VALUE` applied.

        Raises:
            UsageError: No such table or key, or a value of the wrong kind.
        """
        target, equals, value = setting.partition("=")
        table, dot, key = target.partition(".")
        if not equals or not dot:
            raise UsageError(f"`{setting}` is not a setting", hint="write --set TABLE.KEY=VALUE")
        sources = getattr(rules, "sources", {})
        if self.table(table).is_source and table not in sources:
            raise UsageError(f"`{table}` is pulled, not computed: it has no settings")
        digits = value.strip().lstrip("+-").replace("_", "")
        if digits.isdecimal() and len(digits) > DIGITS:
            raise UsageError(f"setting `{setting}`: the number has more than {DIGITS} digits")
        try:
            return rules.override(table, key, value)
        except KeyError as error:
            known = dataclasses.asdict(sources.get(table) or rules.of(table))
            raise UsageError.unknown("setting", key, known) from error
        except ValueError as error:
            raise UsageError(f"setting `{setting}`: {error}") from error

    def code_of(self, table: Table, read: Modules | None = None) -> str:
        """Fingerprint of what computes `table`: its code, its columns, how values are stored.

        read: Modules that were read for another table; more are added.
        """
        columns = [
            (f.name, f.type, f.mode, f.precision, f.scale, *([f.sql] if f.fields else []))
            for f in table.contract.fields
        ]
        storage = of_module(Path(schema.__file__))
        home = table.folder.parent
        others = (p for p in (self.package, *self.beside) if p != home)
        code = [of_code(table.folder / "table.py", home, *others, read=read)]
        if self.prepared:
            code.append(of_code(self.package / "prepared.py", self.package, read=read))
        return of_value([*code, columns, storage])

    def checks_of(self, table: Table) -> str:
        """Fingerprint of the claims of `table`, and of what they see of the sources."""
        claims = [(c.claim, c.severity, of_sql(c.sql)) for c in table.checks]
        counted = self.package / COUNTED
        if table.is_source or not counted.is_file():
            return of_value(claims)
        return of_value([*claims, of_sql(counted.read_text())])


def load_registry(package: Path, *beside: Path) -> Registry:
    """All tables of the package folder `package`, and of the folders `beside` it. Imports them.

    Raises:
        PipelineError: A folder breaks the authoring rules, or tables depend on each other.
    """
    if not (package / RULES).is_file():
        raise PipelineError(
            f"no tables in {package}, which has no {RULES}",
            hint="run from the project's folder, or give --pipelines DIR; "
            "a folder of your own tables beside the given ones: --pipelines given,DIR",
        )
    homes = (package, *beside)
    folders = table_folders(homes)
    for home in homes:
        refuse_another(home)
        if str(home.parent) not in sys.path:
            sys.path.insert(0, str(home.parent))
    presets = _module(package, "rules").PRESETS
    tables = {t.name: t for t in (_load(folder, package) for folder in folders)}
    for table in tables.values():
        if unknown := [name for name in table.inputs if name not in tables]:
            raise PipelineError(
                f"{table.name}: build() takes `{unknown[0]}`, which is not a table",
                hint=f"tables: {', '.join(tables)}; other parameters: {', '.join(sorted(GIVEN))}",
            )
    try:
        order = graphlib.TopologicalSorter(
            {name: tables[name].inputs for name in tables}
        ).static_order()
        ordered = {name: tables[name] for name in order}
    except graphlib.CycleError as error:
        raise PipelineError(f"tables depend on each other: {' -> '.join(error.args[1])}") from error
    calendar, prepared, units, log_rows = (
        _module(package, name) if (package / place).is_file() else None
        for name, place in (
            ("expected", "expected.py"),
            ("prepared", "prepared.py"),
            ("units", "units.py"),
            ("logs", "logs/__init__.py"),
        )
    )
    return Registry(
        *(package, ordered, presets, _logs(package), environments_of(homes)),
        calendar=calendar,
        prepared=prepared,
        units=units,
        log_rows=log_rows,
        beside=beside,
    )


def _logs(package: Path) -> dict[str, Table]:
    """The tables of `logs/`, a schema file each."""
    contracts = [load_contract(path) for path in sorted((package / "logs").glob("*.json"))]
    return {
        found.name: Table("Log of runs.", name=found.name, contract=found, key=found.grain)
        for found in contracts
    }


def _module(package: Path, name: str) -> ModuleType:
    """A module of the package.

    Raises:
        PipelineError: It cannot be imported; the message says which file and line is wrong.
    """
    try:
        return importlib.import_module(f"{package.name}.{name}")
    except PipelineError:
        raise
    except SyntaxError as error:
        place = _within(package, Path(error.filename or name))
        raise PipelineError(
            f"{place}, line {error.lineno}: {error.msg}: {(error.text or '').strip()}",
            hint="fix the code, then repeat the command",
        ) from None
    except Exception as error:  # noqa: BLE001 - whatever the code of a table may raise
        frames = traceback.extract_tb(error.__traceback__)
        ours = [f for f in frames if Path(f.filename).is_relative_to(package)]
        where = f"{package.name}.{name}"
        if ours:
            where = f"{_within(package, Path(ours[-1].filename))}, line {ours[-1].lineno}"
        raise PipelineError(
            f"{where}: {type(error).__name__}: {error}",
            hint="fix the code, then repeat the command",
        ) from None


def _within(package: Path, file: Path) -> Path:
    return file.relative_to(package.parent) if file.is_relative_to(package.parent) else file


def _load(folder: Path, package: Path) -> Table:
    module = _module(folder.parent, f"{folder.name}.table")
    table = getattr(module, "TABLE", None)
    if not isinstance(table, Table):
        raise PipelineError(f"{folder.name}/table.py: TABLE = Table(...) is missing")
    contract = load_contract(folder / "schema.json")
    if contract.name != folder.name:
        raise PipelineError(f"{folder.name}/schema.json describes `{contract.name}`")
    for column in (table.ready_column, table.issues_column):
        if column and column not in contract.columns:
            raise PipelineError(f"{folder.name}/table.py: schema.json has no column `{column}`")
    build = _build_of(module, table, folder.name)
    loaded = dataclasses.replace(
        table,
        name=folder.name,
        contract=contract,
        key=table.key or contract.grain,
        folder=folder,
        claims=_claims(folder),
        build=build,
        inputs=() if build is None else _inputs(build),
    )
    return dataclasses.replace(loaded, checks=claims_of(loaded, package))


def _claims(folder: Path) -> tuple[Claim, ...]:
    """The shared claims that `claims.py` of a table names; none where there is no such file.

    They are not in `table.py`, so that another claim does not mean that rows are computed anew.
    """
    if not (folder / "claims.py").is_file():
        return ()
    module = importlib.import_module(f"{folder.parent.name}.{folder.name}.claims")
    claims = getattr(module, "CLAIMS", None)
    if not isinstance(claims, tuple) or not all(isinstance(claim, Claim) for claim in claims):
        raise PipelineError(f"{folder.name}/claims.py: CLAIMS = (Claim(...), ...) is missing")
    return claims


def _build_of(module: ModuleType, table: Table, name: str) -> Callable[..., Any] | None:
    build: Callable[..., Any] | None = getattr(module, "build", None)
    if table.is_source == (build is not None):
        wrong = "has both a source and build()" if build else "has neither a source nor build()"
        raise PipelineError(f"{name}/table.py {wrong}", hint="see pipelines/README.md")
    return build


def _inputs(build: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(p for p in inspect.signature(build).parameters if p not in GIVEN)
