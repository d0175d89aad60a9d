"""Features on trial: read from a file or given as values, and refused where they cannot be judged.

The code of a feature runs with the rights of whoever tries it, as any Python file does.
"""

from __future__ import annotations

import ast
import difflib
import importlib.util
import inspect
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from nba_local.errors import NbaLocalError, PipelineError, UsageError
from nba_local.lab.limits import contained, limited
from nba_local.lab.subject import FreeFeature
from nba_local.tables.fingerprint import of_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nba_local.tables.registry import Registry

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""What a column can be called, in every place where it is stored."""

_QUOTED = re.compile(r'"([^"]+)"')

EXACT = 2**53
"""Beyond this, neighboring whole numbers become one and the same float."""


@dataclass(frozen=True, slots=True)
class Idea:
    """What is tried.

    hypothesis: A sentence. features: Declared ones and functions. code: Their text, of which the
    ledger keeps a copy. file: Where they stand, for messages.
    """

    hypothesis: str
    features: tuple[Any, ...]
    code: str
    file: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in the order of the features."""
        return tuple(name_of(feature) for feature in self.features)

    @property
    def code_hash(self) -> str:
        """Hash of the text without comments and layout."""
        try:
            return of_value(ast.unparse(ast.parse(self.code)))
        except SyntaxError:  # the text of values that were never a file
            return of_value(self.code)

    def only(self, name: str) -> Idea:
        """The same idea with one of its features."""
        kept = tuple(f for f in self.features if name_of(f) == name)
        return Idea(f"{self.hypothesis} [{name}]", kept, self.code, self.file, self.lines)

    def where(self, name: str) -> str:
        """Name and line of a feature, as an error says them."""
        line = self.lines.get(name)
        return f"`{name}` ({self.file}:{line})" if line else f"`{name}`"


def name_of(feature: Any, at: str = "") -> str:
    """The column of a feature. at: Its file, for the message.

    Raises:
        UsageError: It is no feature, or its name cannot be that of a column.
    """
    where = f"{at}: " if at else ""
    name = getattr(feature, "name", None) or getattr(feature, "__name__", None)
    hint = 'declare one, e.g. mean("points_last_5", "points", last=5), or write a function with def'
    is_plain = not (inspect.isclass(feature) or inspect.iscoroutinefunction(feature))
    if not isinstance(name, str) or name == "<lambda>" or not is_plain:
        raise UsageError(f"{where}{feature!r} is no feature; nothing was tried", hint=hint)
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{where}a feature cannot be called `{name}`; nothing was tried",
            hint="a name is made of the letters a to z, digits and `_`, and begins with no digit",
        )
    return name


def from_file(path: Path) -> Idea:
    """The features in `FEATURES` of a Python file; its docstring is the hypothesis. Runs the file.

    Raises:
        UsageError: There is no such file, or it has no FEATURES.
        PipelineError: It cannot be run.
    """
    text = _text_in(path)
    spec = importlib.util.spec_from_file_location(f"experiment_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is not a Python file; nothing was tried")
    module = importlib.util.module_from_spec(spec)
    try:
        with contained(), limited(str(path)):
            spec.loader.exec_module(module)
    except NbaLocalError:
        raise
    except (Exception, SystemExit) as error:
        line = _line_of(error, path)
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        raise PipelineError(
            f"{path}{f':{line}' if line else ''}: {type(error).__name__}: {said}; nothing was tried"
        ) from error
    given = getattr(module, "FEATURES", ())
    # FEATURES = (mean(...)) lacks a comma, and is no tuple
    features = tuple(given) if isinstance(given, (tuple, list)) else (given,)
    if not features:
        raise UsageError(
            f"{path} has no features; nothing was tried",
            hint='FEATURES = (mean("points_last_5", "points", last=5),)',
        )
    for feature in features:
        name_of(feature, str(path))
    sentence = (module.__doc__ or path.stem).strip().partition("\n")[0]
    idea = Idea(sentence, features, text, str(path), _lines(text))
    return _without_twins(idea)


def _text_in(path: Path) -> str:
    """The text of a file of features.

    Raises:
        UsageError: There is none.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder, not a file; nothing was tried")
    if not path.is_file():
        raise UsageError(f"no file {path}; nothing was tried")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not UTF-8 text (byte {error.start}); nothing was tried",
            hint="save it as UTF-8",
        ) from error


def from_values(features: Sequence[Any], hypothesis: str = "") -> Idea:
    """An idea made of values, as a notebook has them."""
    code = "\n".join(_text(feature) for feature in features)
    names = ", ".join(name_of(feature) for feature in features)
    return _without_twins(Idea(hypothesis or names, tuple(features), code))


def split(
    idea: Idea, registry: Registry, grain: Mapping[str, pl.DataType]
) -> tuple[list[Any], list[FreeFeature]]:
    """The declared features of an idea, and its functions, whose results are proved.

    grain: The columns of a key and their types.

    Raises:
        PipelineError: A parameter of a function is no table.
    """
    declared: list[Any] = []
    free: list[FreeFeature] = []
    for feature in idea.features:
        if not inspect.isfunction(feature):
            declared.append(feature)
            continue
        inputs = tuple(inspect.signature(feature).parameters)
        if unknown := [name for name in inputs if name not in registry.tables]:
            raise PipelineError(
                f"feature {idea.where(feature.__name__)}: its parameter `{unknown[0]}` is no "
                "table; nothing was tried",
                hint=f"parameters of a feature are tables: {', '.join(registry.tables)}",
            )
        make = _proved(feature, idea, grain)
        free.append(FreeFeature(feature.__name__, inputs, make))
    return declared, free


def _proved(
    function: Callable[..., Any], idea: Idea, grain: Mapping[str, pl.DataType]
) -> Callable[..., pl.LazyFrame]:
    """`function`, with its rows held against what a feature has to be."""
    name, where = function.__name__, idea.where(function.__name__)

    def make(frames: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
        try:
            rows = function(**frames)
            if isinstance(rows, pl.LazyFrame):
                rows = rows.collect(engine="in-memory")
        except (Exception, SystemExit) as error:
            first = _said(error)
            line = _line_of(error, Path(idea.file)) if idea.file else 0
            at = f"{where}, line {line}" if line else where
            raise PipelineError(
                f"feature {at}: {type(error).__name__}: {first}; nothing was tried"
            ) from error
        if not isinstance(rows, pl.DataFrame):
            raise PipelineError(
                f"feature {where} returns {type(rows).__name__}, not a frame; nothing was tried"
            )
        return _keyed(rows, name, where, grain).lazy()

    return make


def _said(error: BaseException) -> str:
    """The first line of an error; of the columns that Polars lists the one nearest to the name."""
    first, _, known = str(error).partition("\n")[0].partition("; valid columns")
    named = _QUOTED.search(first)
    near = difflib.get_close_matches(named[1], _QUOTED.findall(known), n=1) if named else []
    return f"{first}; did you mean `{near[0]}`?" if near else first


def _keyed(
    rows: pl.DataFrame, name: str, where: str, grain: Mapping[str, pl.DataType]
) -> pl.DataFrame:
    """A key and a number in each row.

    Raises:
        PipelineError: That is not what the rows are.
    """
    wanted = [*grain, name]
    if missing := [column for column in wanted if column not in rows.columns]:
        raise PipelineError(
            f"feature {where} returns no column `{missing[0]}`; nothing was tried",
            hint=f"return {', '.join(wanted)}; it returns {', '.join(rows.columns) or 'none'}",
        )
    rows = rows.select(wanted)
    if other := [column for column, kind in grain.items() if rows.schema[column] != kind]:
        raise PipelineError(
            f"feature {where}: `{other[0]}` is {rows.schema[other[0]]}, not {grain[other[0]]}; "
            "nothing was tried",
            hint="keep the columns of the key as the tables have them",
        )
    refuse_values(rows[name], where)
    repeated = rows.filter(pl.struct(list(grain)).is_duplicated())
    if twice := rows.height - rows.select(list(grain)).n_unique():
        first = " ".join(map(str, repeated.row(0)[: len(grain)]))
        raise PipelineError(
            f"feature {where}: {twice:,} rows repeat their key ({', '.join(grain)}), e.g. {first}; "
            "nothing was tried",
            hint=f"return one row per key, e.g. rows.unique({list(grain)})",
        )
    return rows.with_columns(pl.col(name).cast(pl.Float64))


def refuse_values(values: pl.Series, where: str) -> None:
    """Refuse what no model can learn from: text, infinite numbers.

    Raises:
        PipelineError: There is some.
    """
    kind = values.dtype
    if not (kind.is_numeric() or kind in (pl.Boolean, pl.Null)):
        raise PipelineError(f"feature {where} is {kind}, not a number; nothing was tried")
    if kind.is_float() and (wrong := int(values.is_infinite().sum())):
        raise PipelineError(
            f"feature {where}: {wrong:,} of {len(values):,} values are infinite; nothing was tried",
            hint="divide only where the divisor is not 0",
        )
    if kind.is_integer() and (wrong := int((values.cast(pl.Float64).abs() > EXACT).sum())):
        raise PipelineError(
            f"feature {where}: {wrong:,} of {len(values):,} values lie beyond 2**53, where whole "
            "numbers cannot be told apart; nothing was tried",
            hint="divide, or take a logarithm",
        )


def _without_twins(idea: Idea) -> Idea:
    seen: set[str] = set()
    for name in idea.names:
        if name.lower() in seen:
            raise UsageError(f"two features are called {idea.where(name)}; nothing was tried")
        seen.add(name.lower())
    return idea


def _text(feature: Any) -> str:
    if not inspect.isfunction(feature):
        return repr(feature)
    try:
        return inspect.getsource(feature)
    except OSError:  # typed into an interpreter that keeps no source
        return f"{feature.__name__}: {feature.__code__.co_code.hex()} {feature.__code__.co_consts}"


def _lines(text: str) -> dict[str, int]:
    """Line of the first text or function of each name."""
    found: dict[str, int] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.setdefault(node.value, node.lineno)
        if isinstance(node, ast.FunctionDef):
            found[node.name] = node.lineno
    return found


def _line_of(error: BaseException, path: Path) -> int:
    """The last line of `path` in the traceback of an error; 0 where it is not in it."""
    line = 0
    trace = error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename) == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.lineno:
        line = error.lineno
    return line
