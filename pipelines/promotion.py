"""Writes what a promoted feature needs in a table: declaration, schema field, claims, oracle line.

Nothing is written to disk here: `files` returns the new text of each file of the package.
"""

from __future__ import annotations

import ast
import json
import re
import textwrap
from typing import TYPE_CHECKING

from pipelines.promotion_oracle import Promoted, oracle_with
from pipelines.windows import Feature

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

WIDTH = 100
"""Columns of a line of code."""

BREAK = 72
"""A text is broken before this column."""


class UnfitError(ValueError):
    """The feature cannot be written into the table; the message says why."""


def files(
    package: Path, promoted: Promoted, *, into: str = "", as_table: str = ""
) -> dict[Path, str]:
    """The new text of every file that changes.

    into: An existing feature table. as_table: The name of a new one.

    Raises:
        UnfitError: The table has the column, or its rows do not name whose games are asked for.
    """
    return _into(package, promoted, into) if into else _table(package, promoted, as_table)


def _into(package: Path, promoted: Promoted, table: str) -> dict[Path, str]:
    folder = package / table
    module = folder / f"promoted_{promoted.name}.py"
    contract = json.loads((folder / "schema.json").read_text())
    if module.exists() or promoted.name in {f["name"] for f in contract["fields"]}:
        raise UnfitError(f"{table} has a column `{promoted.name}` already")
    date = contract["partition_field"]
    entity = next(name for name in contract["grain"] if name != date)
    of = promoted.feature.of if isinstance(promoted.feature, Feature) else "player"
    if isinstance(promoted.feature, Feature) and (of == "player") != (entity == "player_lookup"):
        raise UnfitError(f"rows of {table} do not name the {of} that `{promoted.name}` reads of")
    keys: dict[str, str] = {of: entity} if isinstance(promoted.feature, Feature) else {}
    oracle = (folder / "oracle.sql").read_text() if (folder / "oracle.sql").exists() else None
    name = f"{package.name}.{table}.promoted_{promoted.name}"
    alias = f"{promoted.name.upper()}"
    made = {
        module: _declaration(promoted),
        folder / "schema.json": _field((folder / "schema.json").read_text(), promoted),
        folder / "table.py": _decorated(
            (folder / "table.py").read_text(),
            (package.name, name, alias),
            table,
            (entity, date),
            keys,
        ),
        folder / "claims.py": _claims(folder / "claims.py", package.name, name, alias),
    }
    if oracle is not None:
        made[folder / "oracle.sql"] = oracle_with(oracle, promoted, (entity, date))
    return made


def _table(package: Path, promoted: Promoted, table: str) -> dict[Path, str]:
    folder = package / table
    if folder.exists():
        raise UnfitError(f"there is a table `{table}` already")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", table):
        raise UnfitError(f"`{table}` is no name of a table: lower case, digits and underscores")
    grain = ("player_lookup", "game_date")
    name = f"{package.name}.{table}.promoted_{promoted.name}"
    alias = promoted.name.upper()
    schema = {
        "dataset": "nba_precompute", "table": table, "grain": list(grain),
        "partition_field": "game_date", "partition_type": "DAY", "clustering": ["player_lookup"],
    }  # fmt: skip
    head = json.dumps(schema)[1:-1]
    rows = (
        '  {"name": "player_lookup", "type": "STRING", "mode": "REQUIRED", "description": '
        '"Key of the player."},\n'
        '  {"name": "game_date", "type": "DATE", "mode": "REQUIRED", "description": '
        '"Date the row is made for; only games before it count."}\n'
    )
    text = _field(f'{{\n {head},\n "fields": [\n{rows} ]\n}}\n', promoted)
    own = f"from {name} import {alias}"

    def imports(more: str) -> str:
        return "\n".join(sorted([own, f"from {package.name}.promoted import {more}"]))

    code = _TABLE.format(
        imports=imports("KEYS, adds, universe"), package=package.name, alias=alias, table=table,
        feature=promoted.name,
    )  # fmt: skip
    claims = _CLAIMS.format(imports=imports("claims"), alias=alias, table=table)
    columns = f"SELECT player_lookup, game_date, {promoted.name}\nFROM (\n"
    inner = oracle_with(_UNIVERSE, promoted, grain)
    return {
        folder / "__init__.py": f'"""The table {table}."""\n',
        folder / "schema.json": text,
        folder / f"promoted_{promoted.name}.py": _declaration(promoted),
        folder / "table.py": code,
        folder / "claims.py": claims,
        folder / "oracle.sql": f"{columns}{inner})\n",
    }


_TABLE = '''"""A feature that the lab tried, for the rows of the feature store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nba_local import Table
{imports}

if TYPE_CHECKING:
    import datetime as dt

    import polars as pl

    from nba_local import Built
    from {package}.rules import Rules

TABLE = Table(
    doc="One row per player and game date: {feature}, as known before the date.",
    key=("player_lookup", "game_date"),
    hindsight_rows=True,
)


@adds({alias}, "{table}", ("player_lookup", "game_date"), KEYS)
def build(
    player_game_summary: pl.LazyFrame,
    upcoming_player_game_context: pl.LazyFrame,
    nbac_schedule: pl.LazyFrame,
    *,
    rules: Rules,
    season: int,
    today: dt.date | None,
) -> Built:
    """The rows of the store; the features come with the decorator."""
    return universe(
        "{table}",
        player_game_summary,
        upcoming_player_game_context,
        nbac_schedule,
        rules=rules,
        season=season,
        today=today,
    )
'''

_CLAIMS = '''"""What {table} claims beside its contract."""

from nba_local import Claim
{imports}

CLAIMS = (
    Claim("one_row_per_player_and_date"),
    *claims({alias}),
)
'''

_UNIVERSE = """-- The rows of the store: who played when the date is over, who is listed before.
SELECT box.player AS player_lookup, box.game_date, box.team, box.opponent
FROM box
INNER JOIN calendar ON calendar.game_date = box.game_date AND calendar.is_over
UNION ALL
SELECT listed.player, listed.game_date, listed.team, listed.opponent
FROM listed
INNER JOIN calendar ON calendar.game_date = listed.game_date AND NOT calendar.is_over
"""


def _comment(text: str) -> str:
    return "".join(f"# {line}\n" for line in textwrap.wrap(text, WIDTH - 2))


def _declaration(promoted: Promoted) -> str:
    """The module of a promoted feature: what it is made of, and what was found."""
    own, name = promoted.feature, promoted.name
    low, high = promoted.range
    told = (
        f"        unit={_quoted(promoted.unit)},\n"
        f"        description={_quoted(promoted.description)},\n"
        f"        low={low},\n        high={high},\n"
    )
    head = f'"""`{name}`, promoted from the lab."""\n\n'
    because = _comment(promoted.because)
    if isinstance(own, Feature) and all(isinstance(value, str) for value in own.values):
        words = [json.dumps(name), *(json.dumps(value) for value in own.values)]
        words += [f"last={own.last}"] if own.last is not None else []
        words += [f"given={own.given!r}"] if own.given else []
        words += [f'of="{own.of}"'] if own.of != "player" else []
        words += [f"digits={own.digits}"] if own.digits is not None else []
        words += ["varies=False"] if not own.varies else []
        call = f"{own.kind}({', '.join(words)})"
        imports = (
            f"from pipelines.promoted import about\nfrom pipelines.windows import {own.kind}\n"
        )
        body = f"{because}{name.upper()} = (\n    about(\n        {call},\n{told}    ),\n)\n"
        return f"{head}{imports}\n{body}"
    free = f"{json.dumps(name)},\n        {name}"
    value = _segment(promoted) if isinstance(own, Feature) else free
    wrapped = "about" if isinstance(own, Feature) else "Free"
    body = f"    {wrapped}(\n        {value},\n{told}    ),"
    needed, helpers = _parts(promoted, body)
    lines = _sorted([*needed, f"from pipelines.promoted import {wrapped}"])
    parts = [*helpers, f"{because}{name.upper()} = (\n{body}\n)\n"]
    gap = "\n\n\n" if parts[0].startswith(("def ", "class ", "@")) else "\n\n"
    return head + lines + gap + "\n\n\n".join(parts)


def _sorted(imports: Sequence[str]) -> str:
    """Imports in groups: others first, then those of the package."""
    own = sorted(line for line in imports if line.split()[1].startswith("pipelines"))
    others = [line for line in imports if line not in own]
    return "\n\n".join("\n".join(group) for group in (others, own) if group)


def _parts(promoted: Promoted, body: str) -> tuple[list[str], list[str]]:
    """The imports and statements of the file it was tried from that the feature uses.

    Raises:
        UnfitError: It was not tried from a file.
    """
    if not promoted.code:
        raise UnfitError(
            f"`{promoted.name}` is code that was tried as a value; try it from a file with FEATURES"
        )
    tree = ast.parse(promoted.code).body
    used = _names(ast.parse(f"x = (\n{body}\n)"))
    others = [n for n in tree if not isinstance(n, ast.Import | ast.ImportFrom)]
    kept: list[ast.stmt] = []
    while more := [n for n in others if n not in kept and _defined(n) & used - {"FEATURES"}]:
        kept += more
        used = used.union(*map(_names, more))
    imports: list[str] = []
    for node in tree:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        names = [n for n in node.names if (n.asname or n.name.partition(".")[0]) in used]
        if names or getattr(node, "module", "") == "__future__":
            node.names = names or node.names
            imports.append(ast.unparse(node))
    helpers = [n for n in others if n in kept]
    return imports, [ast.get_source_segment(promoted.code, n) or "" for n in helpers]


def _names(tree: ast.AST) -> set[str]:
    """The names that are read or written in a piece of code."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _defined(node: ast.stmt) -> set[str]:
    """The names that a statement defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    stored = (n for n in ast.walk(node) if isinstance(n, ast.Name))
    return {n.id for n in stored if isinstance(n.ctx, ast.Store)}


def _segment(promoted: Promoted) -> str:
    """The call that declares the feature, as it is written in the file it was tried from."""
    for node in ast.walk(ast.parse(promoted.code)):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        first = node.args[0]
        if isinstance(first, ast.Constant) and first.value == promoted.name:
            return ast.get_source_segment(promoted.code, node) or ""
    raise UnfitError(f"`{promoted.name}` is not declared by name in its file; write it out there")


def _quoted(text: str) -> str:
    """A text as code, broken over lines where it is long."""
    whole = json.dumps(text, ensure_ascii=False)
    if len(whole) < BREAK:
        return whole
    parts = textwrap.wrap(text, BREAK, drop_whitespace=False)
    lines = "\n".join(f"            {json.dumps(part, ensure_ascii=False)}" for part in parts)
    return f"(\n{lines}\n        )"


def _field(schema: str, promoted: Promoted) -> str:
    """`schema.json` with the field of the feature at its end.

    Raises:
        UnfitError: Its fields are not the last thing in it.
    """
    field = {
        "name": promoted.name, "type": "FLOAT64", "mode": "NULLABLE",
        "description": promoted.description,
    }  # fmt: skip
    end = re.search(r"\}(\s*\]\s*\}\s*)$", schema)
    if not end:
        raise UnfitError("schema.json does not end with its fields")
    head = schema[: end.start() + 1]
    text = f"{head},\n  {json.dumps(field, ensure_ascii=False)}{end[1]}"
    json.loads(text)
    return text


def _with_imports(code: str, lines: Sequence[str]) -> str:
    """`code` with imports of the package in their alphabetical place."""
    rows = code.splitlines(keepends=True)
    for line in lines:
        module = line.split()[1]
        tops = [
            n for n in ast.parse("".join(rows)).body if isinstance(n, ast.ImportFrom | ast.Import)
        ]
        after = [n for n in tops if isinstance(n, ast.ImportFrom) and (n.module or "") <= module]
        place = (after or tops)[-1].end_lineno or 0
        rows.insert(place, f"{line}\n")
    return "".join(rows)


def _decorated(
    code: str,
    names: tuple[str, str, str],
    table: str,
    grain: tuple[str, str],
    keys: Mapping[str, str],
) -> str:
    """`table.py` with a decorator on its `build()` and what that needs."""
    package, module, alias = names
    tree = ast.parse(code)
    build = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "build")
    first = min([build.lineno, *(d.lineno for d in build.decorator_list)])
    rows = code.splitlines(keepends=True)
    said = "{" + ", ".join(f'"{of}": "{column}"' for of, column in keys.items()) + "}"
    words = [alias, f'"{table}"', f'("{grain[0]}", "{grain[1]}")', said]
    line = f"@adds({', '.join(words)})\n"
    if len(line) > WIDTH:
        line = f"@adds(\n    {', '.join(words)}\n)\n"
    if max(map(len, line.splitlines())) > WIDTH:
        line = "@adds(\n" + "".join(f"    {word},\n" for word in words) + ")\n"
    rows.insert(first - 1, line)
    lines = [f"from {module} import {alias}"]
    if f"from {package}.promoted import adds" not in code:
        lines.append(f"from {package}.promoted import adds")
    return _with_imports("".join(rows), lines)


def _claims(path: Path, package: str, module: str, alias: str) -> str:
    """`claims.py` with the generic claims of the feature at the end of its CLAIMS."""
    if not path.exists():
        return (
            f'"""What the table claims beside its contract."""\n\nfrom {module} import {alias}\n'
            f"from {package}.promoted import claims\n\nCLAIMS = (*claims({alias}),)\n"
        )
    code = path.read_text()
    made = next(
        n
        for n in ast.parse(code).body
        if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "CLAIMS"
    )
    rows = code.splitlines(keepends=True)
    last, column = (made.value.end_lineno or 1) - 1, made.value.end_col_offset or 1
    before, end = rows[last][: column - 1], rows[last][column - 1 :]
    if before.strip():
        comma = "" if before.rstrip().endswith(",") else ","
        rows[last] = f"{before.rstrip()}{comma} *claims({alias}){end}"
    else:
        rows.insert(last, f"    *claims({alias}),\n")
    lines = [f"from {module} import {alias}"]
    if f"from {package}.promoted import claims" not in code:
        lines.append(f"from {package}.promoted import claims")
    return _with_imports("".join(rows), lines)
