"""The table of commands in README.md, made from the command line itself: `just docs` writes it."""

from __future__ import annotations

import re
from pathlib import Path

import typer

from nba_local.cli.app import app

README = Path(__file__).parents[1] / "README.md"
PLACE = re.compile(r"(?<=<!-- commands -->\n).*?(?=<!-- end of commands -->)", re.DOTALL)
COMMON = {
    "--data",
    "--rules",
    "--pipelines",
    "--tables",
    "--set",
    "--today",
    "--json",
    "--quiet",
    "--verbose",
    "ranges",
}
"""Flags of most commands; the README explains them under the table."""


def commands():
    """Every command with its name, those below a group too."""
    for name, command in typer.main.get_command(app).commands.items():
        below = getattr(command, "commands", None)
        for other, one in (below or {"": command}).items():
            yield f"{name} {other}".strip(), one


def table() -> str:
    """The table as Markdown: command, what it does, flags of its own."""
    lines = ["| command | what it does | flags of its own |", "|---|---|---|"]
    for name, command in commands():
        own = [p.opts[0] for p in command.params if p.opts[0] not in COMMON]
        words = " ".join(o.upper() for o in own if not o.startswith("-"))
        flags = ", ".join(f"`{o}`" for o in own if o.startswith("--"))
        sentence = command.help.splitlines()[0]
        lines.append(f"| `nba-local {f'{name} {words}'.strip()}` | {sentence} | {flags} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    README.write_text(PLACE.sub(lambda _: table(), README.read_text()))
