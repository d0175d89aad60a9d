"""Hashes that decide "same or not": of code and of what a computation is given.

The hash of code sees statements, not comments, docstrings or layout, and follows imports inside the
package of the tables. It never uses a query plan, which hides window sizes.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import importlib.util
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTH = 16
"""Hex digits kept of a SHA-256."""

_Import = tuple[int, tuple[str, ...]]
"""An import: levels up (0 for an absolute one), and the path from there."""

Modules = dict[tuple[Path, Path, Path], tuple[str, tuple[tuple[Path, Path], ...]]]
"""Modules that were read: by module, its package and the one followed, what `_followed` gave."""

_SQL_TEXT = re.compile(r"('(?:[^']|'')*'|\"[^\"]*\")|--[^\n]*|/\*.*?\*/", re.DOTALL)
"""Quoted text, which is kept, or a comment, which is not."""


def of_value(value: Any) -> str:
    """Hash of a JSON-like value; the order of mapping keys does not matter."""
    text = json.dumps(value, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def of_file(path: Path) -> str:
    """Hash of the bytes of a file. Reads the file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:LENGTH]


def of_code(path: Path, package: Path, *beside: Path, read: Modules | None = None) -> str:
    """Hash of a module and of every module that it imports, directly or not.

    Followed are imports of `package`, which holds the module, and of the packages `beside` it.
    Modules that were `read` are not read again.

    Reads the files. Comments, docstrings and formatting do not count.
    """
    return of_value(code_of(path, package, *beside, read=read))


def code_of(
    path: Path, package: Path, *beside: Path, read: Modules | None = None
) -> dict[str, str]:
    """The statements of a module and of all it imports, as `of_code` follows them, by file name."""
    read = {} if read is None else read
    sources: dict[str, str] = {}
    waiting = [(path, package)]
    while waiting:
        module, home = waiting.pop()
        name = module.relative_to(home if home == package else home.parent).as_posix()
        if name in sources:
            continue
        for other in (package, *beside):
            if (module, home, other) not in read:
                read[module, home, other] = _followed(module, home, other)
            sources[name], imported = read[module, home, other]
            waiting += imported
    return sources


def _followed(module: Path, home: Path, other: Path) -> tuple[str, tuple[tuple[Path, Path], ...]]:
    """The statements of a module of `home`, and the files of `other` that it imports."""
    statements, imported = _statements_of(module, other.name)
    candidates: dict[str, None] = {}  # as text: there are some thousand, and paths take long
    for level, parts in imported:
        if level and other != home:
            continue
        folder = module.parents[level - 1] if level else other
        base = "/".join((folder.as_posix(), *parts))
        for file in (f"{base}.py", f"{base}/__init__.py", f"{base.rpartition('/')[0]}/__init__.py"):
            candidates[file] = None
    files = map(Path, candidates)
    return statements, tuple((file, other) for file in files if file.is_file())


def of_module(path: Path) -> str:
    """Hash of the statements of one module, whatever it imports. Reads the file."""
    return of_value(_statements_of(path, "")[0])


def _statements_of(path: Path, package: str) -> tuple[str, tuple[_Import, ...]]:
    """As `_parsed` of a file; kept beside its compiled code: to parse takes ten times as long.

    Where nothing can be written, or Python writes no compiled code, it is parsed every time.
    """
    text = path.read_text()
    compiled = Path(importlib.util.cache_from_source(str(path)))
    kept = compiled.with_name(f"{compiled.stem}.{package or 'any'}.statements")
    key = hashlib.sha256(f"{_PARSER} {sys.version} {text}".encode()).hexdigest()
    try:
        known, statements, imported = json.loads(kept.read_text())
        if known == key:
            return statements, tuple((level, tuple(parts)) for level, parts in imported)
    except (OSError, ValueError, TypeError):
        pass  # none, of another version, or cut off: it is made again
    parsed = _parsed(text, package)
    if not sys.dont_write_bytecode:
        temporary = kept.with_name(f"{kept.name}.{os.getpid()}")
        with contextlib.suppress(OSError):  # a folder that may only be read: as Python itself
            kept.parent.mkdir(exist_ok=True)
            temporary.write_text(json.dumps([key, *parsed]))
            temporary.replace(kept)
    return parsed


_PARSER = 1
"""Raised whenever `_parsed` gives something else for the same text."""


@functools.lru_cache
def _parsed(text: str, package: str) -> tuple[str, tuple[_Import, ...]]:
    """The statements of a module, and what it imports of `package`."""
    tree = ast.parse(text)
    imported = _imported(tree, package)
    return ast.unparse(_without_docstrings(tree)), imported


@functools.cache
def of_sql(text: str) -> str:
    """Hash of a query without its comments and white space."""
    return of_value(" ".join(_SQL_TEXT.sub(lambda match: match[1] or " ", text).split()))


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in _statements(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        kept = [
            item
            for item in body
            if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))
        ]
        node.body = kept or [ast.Pass()]  # type: ignore[attr-defined]
    return tree


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """The module and every statement in it; `ast.walk` visits ten times as many expressions."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, part, None)  # the body of a lambda is no list
            waiting += inner if isinstance(inner, list) else ()


def _imported(tree: ast.Module, package: str) -> tuple[_Import, ...]:
    """What `tree` imports of `package`, anywhere in it, type-checking blocks included."""
    found: list[_Import] = []
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            found += [(0, tuple(alias.name.split("."))) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = tuple(node.module.split(".")) if node.module else ()
            found += [(node.level, base), *((node.level, (*base, a.name)) for a in node.names)]
    return tuple(
        (level, parts if level else parts[1:])
        for level, parts in found
        if level or (parts[0] == package and len(parts) > 1)
    )
