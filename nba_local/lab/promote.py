"""Promote: a feature that a trial found to be a lift, written into a table of the package.

The content says what is written; here it is decided whether, and written all or not at all.
"""

from __future__ import annotations

import ast
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nba_local.errors import NbaLocalError, UsageError
from nba_local.lab.features import from_file, name_of
from nba_local.lab.subject import Promotion, Subject
from nba_local.lab.verdict import LIFT
from nba_local.tables.homes import is_installed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nba_local.lab.ledger import Entry
    from nba_local.tables.registry import Registry


@dataclass(frozen=True, slots=True)
class PromotedFeature:
    """What `promote` wrote. files: Of the package, new or changed. gap: What is left to write."""

    trial: int
    feature: str
    table: str
    files: tuple[Path, ...]
    gap: str = ""


def promote(  # noqa: PLR0913 - where to
    registry: Registry,
    subject: Subject,
    entry: Entry,
    *,
    into: str = "",
    as_table: str = "",
    feature: str = "",
    force: bool = False,
) -> PromotedFeature:
    """Write a feature of a trial into the table `into`, or into a new one.

    feature: Its name, where the trial had several. force: Also without a LIFT; the code says so.

    Raises:
        UsageError: The trial is no LIFT, has no such feature, or the table cannot have it;
            nothing was written.
    """
    if entry.verdict != LIFT and not force:
        raise UsageError(
            f"trial {entry.trial} is {entry.verdict}, not {LIFT}; nothing was written",
            hint="--force writes it all the same, and notes that",
        )
    if bool(into) == bool(as_table):
        raise UsageError("name one place; nothing was written", hint="--into TABLE or --as-table")
    if into and registry.table(into).is_source:
        raise UsageError(f"`{into}` is pulled, not computed; nothing was written")
    if is_installed(registry.package):
        raise UsageError(
            f"{registry.package} came with nba-local, not yours to change; nothing was written",
            hint="nba-local init DIR writes the tables into a project; promote there",
        )
    if into and registry.table(into).folder.parent != registry.package:
        raise UsageError(
            f"`{into}` is not a table of {registry.package.name}; nothing was written",
            hint="--as-table NAME makes a new one there",
        )
    if subject.promote is None:
        raise UsageError(f"{registry.package.name}/lab.py does not say how; nothing was written")
    names = list(entry.record["added"])
    if not names:
        raise UsageError(f"trial {entry.trial} added no feature; nothing was written")
    if not feature and len(names) > 1:
        raise UsageError(
            f"trial {entry.trial} added {len(names)} features; nothing was written",
            hint=f"name one: --feature {' | '.join(names)}",
        )
    chosen = feature or names[0]
    if chosen not in names:
        raise UsageError.unknown("feature of the trial", feature, names)
    values, code = features_in(entry.record["code"], names)
    asked = Promotion(
        registry.package, values[chosen], code, _span(entry, chosen),
        _because(entry, force=entry.verdict != LIFT), into, as_table,
    )  # fmt: skip
    try:
        texts = subject.promote(asked)
    except ValueError as error:
        raise UsageError(f"{error}; nothing was written") from error
    write(texts)
    gaps = [p for p, text in texts.items() if p.suffix == ".sql" and "-- GAP" in text]
    gap = f"the oracle's line: {gaps[0].relative_to(registry.package.parent)}" if gaps else ""
    files = tuple(path.relative_to(registry.package.parent) for path in texts)
    return PromotedFeature(entry.trial, chosen, into or as_table, files, gap)


def features_in(code: str, names: Sequence[str]) -> tuple[dict[str, Any], str]:
    """The features of a trial by name, and the file's text; empty where they were values.

    Runs the code of the trial, as the trial did.

    Raises:
        UsageError: They cannot be made again from what the ledger keeps.
    """
    if "FEATURES" in code:
        with tempfile.TemporaryDirectory(prefix="nba-local-lab-") as folder:
            path = Path(folder) / "trial.py"
            path.write_text(code)
            found = from_file(path).features
        return {name_of(feature): feature for feature in found}, code
    try:
        return _values(code), ""
    except (NameError, SyntaxError, TypeError, ValueError) as error:
        raise UsageError(
            f"{', '.join(names)}: the code of a value cannot be made again; nothing was written",
            hint="put it into a file with FEATURES and try that",
        ) from error


def _values(code: str) -> dict[str, Any]:
    """What declarations that the ledger keeps as their `repr` say, by name: constants only."""
    found: dict[str, Any] = {}
    for node in ast.parse(code).body:
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
            raise ValueError("no declaration")  # noqa: TRY004 - as a bad constant is
        given = {str(k.arg): ast.literal_eval(k.value) for k in node.value.keywords}
        found[given["name"]] = given
    return found


def _span(entry: Entry, name: str) -> tuple[float, float]:
    for values in entry.record["found"]["values"]:
        if values["name"] == name:
            return float(values["low"]), float(values["high"])
    return 0.0, 1.0


def _because(entry: Entry, *, force: bool) -> str:
    judged = entry.record["found"]["judged"]
    change = ""
    if judged:
        pooled = judged["pooled"]
        change = f", {pooled['mean']:+.4f} [{pooled['low']:+.4f}, {pooled['high']:+.4f}]"
    forced = " Forced: no LIFT was found." if force else ""
    others = len(entry.record["added"]) - 1
    together = f" Found for {others + 1} features together." if others else ""
    seasons = "..".join(dict.fromkeys((entry.record["seasons"][0], entry.record["seasons"][-1])))
    found = f"Trial {entry.trial} ({seasons}): {entry.verdict}{change}."
    return f"{found} {entry.hypothesis}{together}{forced}"


def write(texts: Mapping[Path, str]) -> None:
    """Write all files or none: each beside its place first, then renamed; undone on an error.

    Raises:
        NbaLocalError: One could not be written; every file is as it was.
    """
    before = {path: path.read_bytes() if path.exists() else None for path in texts}
    folders = sorted({path.parent for path in texts if not path.parent.exists()})
    staged: dict[Path, Path] = {}
    try:
        for folder in folders:
            folder.mkdir(parents=True)
        for path, text in texts.items():
            staged[path] = path.with_name(f".tmp-{path.name}")
            with staged[path].open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        for path, temporary in staged.items():
            temporary.replace(path)
    except BaseException as error:
        for temporary in staged.values():
            temporary.unlink(missing_ok=True)
        for path, old in before.items():
            if old is None:
                path.unlink(missing_ok=True)
            elif path.read_bytes() != old:
                path.write_bytes(old)
        for folder in reversed(folders):
            with suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            raise NbaLocalError(f"{error}; nothing was written") from error
        raise
