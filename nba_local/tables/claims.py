"""The claims of a table: files of its folder, and those of the package that it makes its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nba_local.errors import PipelineError
from nba_local.tables.table import Check, Claim

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from nba_local.tables.table import Table

SEVERITIES = ("block", "warn")
FOLDER = "checks"
FAULT = ".bad.sql"
"""How the file beside a claim ends that holds the fault it must catch."""

_PARAMETER = re.compile(r"\{([a-z_]+)\}")
_WITH = re.compile(r"^-- with: *(.+)\n", flags=re.MULTILINE)


def claims_of(table: Table, package: Path | None = None) -> tuple[Check, ...]:
    """All claims of `table`, by name: its folder's own, and the shared ones that it makes.

    Shared ones are those beside the table, then those of `package`, where its rules are elsewhere.

    Raises:
        PipelineError: A file breaks the form of a claim; a shared claim is unknown, or its
            parameters are not those it asks for; two claims have one name.
    """
    own = [_own(path) for path in sorted((table.folder / FOLDER).glob("*.sql")) if _is_claim(path)]
    shared = [_shared(table, claim, package or table.folder.parent) for claim in table.claims]
    found: dict[str, Check] = {}
    for check in (*own, *shared):
        if check.claim in found:
            raise PipelineError(
                f"{table.name}: two claims are called `{check.claim}`",
                hint="give one another name: Claim(..., called=NAME)",
            )
        found[check.claim] = check
    return tuple(found[name] for name in sorted(found))


def _is_claim(path: Path) -> bool:
    return not path.name.endswith(FAULT)


def fault_of(check: Check) -> str:
    """Statements that plant what a claim must catch; empty where nobody has written them.

    Reads the file beside the claim's.

    Raises:
        PipelineError: It asks for a parameter that the claim is not given.
    """
    beside = check.path.with_name(check.path.stem + FAULT)
    text = beside.read_text() if beside.is_file() else ""
    return _filled(text, check.given, check.claim) if check.given else text


def _own(path: Path) -> Check:
    return _check(path.stem, path.read_text(), path, {})


def _shared(table: Table, claim: Claim, package: Path) -> Check:
    """A claim of the package with the parameters that `table` gives it."""
    homes = dict.fromkeys((table.folder.parent, package))
    paths = [home / FOLDER / f"{claim.name}.sql" for home in homes]
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        files = [p for place in paths for p in place.parent.glob("*.sql")]
        known = sorted({p.stem for p in files if _is_claim(p)})
        raise PipelineError(
            f"{table.name}: there is no shared claim `{claim.name}`",
            hint=f"known: {', '.join(known) or 'none'}; a claim of one table is a file in checks/",
        )
    text = path.read_text()
    asked = _asked("; ".join(_WITH.findall(text)))
    if wrong := sorted(set(claim.given) - set(asked)):
        raise PipelineError(
            f"{table.name}: claim `{claim.name}` has no parameter `{wrong[0]}`",
            hint=f"its parameters: {', '.join(asked) or 'none'}",
        )
    values = {
        "table": table.name,
        "date": table.partition_by,
        "entity": table.entity,
        **{name: value for name, value in asked.items() if value is not None},
        **{name: _text(value) for name, value in claim.given.items()},
    }
    sql = _filled(text, values, claim.name)
    return _check(claim.called or claim.name, _WITH.sub("", sql), path, values)


def _asked(line: str) -> dict[str, str | None]:
    """Parameters of a `-- with: a, b = 3; c = x > 1` line, and their defaults."""
    found: dict[str, str | None] = {}
    for part in filter(None, (piece.strip() for piece in line.split(";"))):
        name, equals, default = part.partition("=")
        found[name.strip()] = default.strip() if equals else None
    return found


def _text(value: str | float | Sequence[str]) -> str:
    """A value as it stands in SQL: texts are SQL, lists are separated by commas."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) else ", ".join(value)


def _filled(text: str, values: Mapping[str, str], claim: str) -> str:
    """`text` with every `{parameter}` replaced; a value may name others."""
    while names := _PARAMETER.findall(text):
        if missing := [name for name in names if name not in values]:
            raise PipelineError(
                f"{values['table']}: claim `{claim}` asks for `{missing[0]}`",
                hint=f'give it: Claim("{claim}", {missing[0]}=...)',
            )
        text = _PARAMETER.sub(lambda found: values[found[1]], text)
    return text


def _check(name: str, text: str, path: Path, given: Mapping[str, str]) -> Check:
    """First comment line the sentence, then `-- severity: block|warn`."""
    sentence = text.partition("\n")[0].removeprefix("--").strip()
    match = re.search(r"^-- severity: *(\w+)", text, flags=re.MULTILINE)
    if not text.startswith("--") or match is None or match[1] not in SEVERITIES:
        raise PipelineError(
            f"{path.parent.parent.name}/{FOLDER}/{path.name}: the first line says the claim, "
            f"the next ones `-- severity: block` or `-- severity: warn`"
        )
    return Check(name, sentence, match[1], text, path, given)
