"""Feature sets: lists of names, the content's own and those of a person's file."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from nba_local.errors import UsageError
from nba_local.lab import matrix
from nba_local.storage.workspace import Workspace
from nba_local.tables.fingerprint import of_value
from nba_local.tables.results import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nba_local.lab.matrix import Matrix
    from nba_local.lab.subject import FeatureSet, Subject
    from nba_local.tables.calendar import Season


@dataclasses.dataclass(frozen=True, slots=True)
class Chosen:
    """A feature set that was asked for: its names in order, and the settings that give them."""

    name: str
    names: tuple[str, ...]
    settings: tuple[str, ...]

    def of(
        self,
        work: Workspace,
        subject: Subject,
        seasons: Sequence[Season],
        progress: Progress = silent,
    ) -> Matrix:
        """The matrix of these features under the workspace's rules and the set's settings.

        A feature that no row knows is no column; `Matrix.absent` names it.

        Raises:
            MissingUpstreamError: The store has no rows that could be judged.
        """
        made = matrix.baseline(work, subject, seasons, progress)
        there = [name for name in self.names if name in made.features]
        absent = tuple(name for name in self.names if name not in there)
        whole = tuple(there) == made.features
        fingerprint = made.fingerprint if whole else of_value([made.fingerprint, there])
        return dataclasses.replace(
            made, features=tuple(there), absent=absent, fingerprint=fingerprint
        )


def chosen(subject: Subject, name: str = "") -> Chosen:
    """The set called `name`, or the list in a file of that name; the first set where empty.

    A list has a name on each line; `#` begins a comment.

    Raises:
        UsageError: There is no such set or file, or it names what is no feature.
    """
    asked = name or next(iter(subject.sets))
    if asked in subject.sets:
        own = subject.sets[asked]
        return Chosen(asked, own.names, own.settings)
    path = Path(asked).expanduser()
    if not path.is_file():
        raise UsageError.unknown("feature set", asked, subject.sets)
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    names = tuple(dict.fromkeys(line for line in lines if line))
    if not names:
        raise UsageError(f"{path} names no feature; nothing was tried", hint="a name on each line")
    known = {n for each in subject.sets.values() for n in each.names}
    if unknown := [n for n in names if n not in known]:
        raise UsageError.unknown("feature", unknown[0], known)
    least = _least(subject, names)
    return Chosen(asked, names, least.settings)


def _least(subject: Subject, names: Sequence[str]) -> FeatureSet:
    """The smallest set of the content that has all the names; the largest where none has."""
    sizes = sorted(subject.sets.values(), key=lambda own: len(own.names))
    return next((own for own in sizes if set(names) <= set(own.names)), sizes[-1])


def with_settings(work: Workspace, settings: Sequence[str]) -> Workspace:
    """The workspace with `TABLE.KEY=VALUE` applied to its rules."""
    rules = work.rules
    for setting in settings:
        rules = work.registry.with_setting(rules, setting)
    return Workspace(work.registry, rules, work.store, work.ledger, work.today)
