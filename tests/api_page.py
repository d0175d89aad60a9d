"""The page of the Python API, made from docstrings: `just docs` writes nba_local/API.md."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import nba_local
from nba_local import errors, testing

PAGE = Path(nba_local.__file__).with_name("API.md")
TOP = """# The Python API

Made from the docstrings by `just docs`. Other modules than `nba_local` and `nba_local.errors` may
change with any version.
"""
READING = ("connect", "scan", "frame", "coverage", "why", "quarantine", "backfill")
SECTION = re.compile(r"^(Args|Raises):$")
ITEM = re.compile(r"^    (\w[\w, ]*): (.*)$")


def signature(name: str, value: object) -> str:
    """How it is called, a parameter on each line where that is long."""
    found = inspect.signature(value)
    parts: list[str] = []
    for parameter in found.parameters.values():
        before = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}
        if parameter.kind is parameter.KEYWORD_ONLY and not any(p[0] == "*" for p in parts):
            parts.append("*")
        text = f"{before.get(parameter.kind, '')}{parameter.name}: {_kind(parameter.annotation)}"
        usual = parameter.default
        parts.append(text if usual is parameter.empty else f"{text} = {usual!r}")
    returned = f" -> {_kind(found.return_annotation)}" if inspect.isfunction(value) else ""
    short = f"{name}({', '.join(parts)}){returned}"
    lines = "".join(f"    {part},\n" for part in parts)
    return short if len(short) <= 88 else f"{name}(\n{lines}){returned}"


def _kind(annotation: object) -> str:
    """A type as it is written; of a named tuple it is a reference."""
    return getattr(annotation, "__forward_arg__", None) or str(annotation)


def described(value: object) -> str:
    """A docstring as Markdown: its sections are lists."""
    lines = []
    for line in inspect.cleandoc(str(value.__doc__)).splitlines():
        if section := SECTION.match(line):
            lines += [f"**{section[1]}**", ""]
        elif item := ITEM.match(line):
            lines.append(f"- `{item[1]}`: {item[2]}")
        elif line.startswith("        "):
            lines.append(f"  {line.strip()}")
        else:
            lines.append(line)
    return "\n".join(lines)


def page() -> str:
    """The whole page."""
    authors = [name for name in nba_local.__all__ if name not in READING]
    parts = [TOP]
    for title, names in (
        ("For readers, and to compute", READING),
        ("For authors of tables", authors),
    ):
        parts.append(f"## {title}\n")
        for name in names:
            value = getattr(nba_local, name)
            code = f"```python\nnba_local.{signature(name, value)}\n```"
            parts.append(f"### `{name}`\n\n{code}\n\n{described(value)}\n")
    parts.append(
        "## For tests of tables\n\nOf `nba_local.testing`; how to use it is in its docstring.\n"
    )
    for value in (testing.simulated, testing.pulled, testing.opened, *testing.TESTS):
        code = f"```python\ntesting.{signature(value.__name__, value)}\n```"
        parts.append(f"### `testing.{value.__name__}`\n\n{code}\n\n{described(value)}\n")
    tree = inspect.cleandoc(str(errors.__doc__))
    parts.append(f"## Errors\n\nOf `nba_local.errors`.\n\n```\n{tree}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())
