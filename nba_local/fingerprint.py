"""Hashes that decide "same or not": of code and of what a computation is given.

The hash of code sees statements, not comments, docstrings or layout, and follows imports inside the
package of the tables. It never uses a query plan, which hides window sizes.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

LENGTH = 16
"""Hex digits kept of a SHA-256."""


def of_value(value: Any) -> str:
    """Hash of a JSON-like value; the order of mapping keys does not matter."""
    text = json.dumps(value, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def of_file(path: Path) -> str:
    """Hash of the bytes of a file. Reads the file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:LENGTH]


def of_code(path: Path, package: Path) -> str:
    """Hash of a module and of every module of `package` that it imports, directly or not.

    Reads the files. Comments, docstrings and formatting do not count.
    """
    sources: dict[str, str] = {}
    waiting = [path]
    while waiting:
        module = waiting.pop()
        name = module.relative_to(package).as_posix()
        if name in sources:
            continue
        sources[name], imported = _parsed(module.read_text(), package.name)
        for parts in imported:
            base = package.joinpath(*parts)
            candidates = (base.with_suffix(".py"), base / "__init__.py")
            waiting += [file for file in candidates if file.is_file()]
    return of_value(sources)


@functools.lru_cache
def _parsed(text: str, package: str) -> tuple[str, tuple[tuple[str, ...], ...]]:
    """The statements of a module, and the names below `package` that it imports."""
    tree = ast.parse(text)
    imported = _imported(tree, package)
    return ast.unparse(_without_docstrings(tree)), imported


def of_sql(text: str) -> str:
    """Hash of a query without its `--` comments and white space."""
    lines = (line.partition("--")[0] for line in text.splitlines())
    return of_value(" ".join(" ".join(lines).split()))


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
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


def _imported(tree: ast.Module, package: str) -> tuple[tuple[str, ...], ...]:
    """What `tree` imports of `package`, at any level, type-checking blocks included."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    parts = (tuple(name.split(".")) for name in names)
    return tuple(
        rest for first, *rest_list in parts if first == package and (rest := tuple(rest_list))
    )
