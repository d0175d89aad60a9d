"""The lab from Python: `try_out()` for a verdict, `frame()` for a model of one's own."""

from __future__ import annotations

import importlib
import importlib.util
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nba_local.config import load_config
from nba_local.errors import NbaLocalError, PipelineError, UsageError
from nba_local.storage.disk import room
from nba_local.storage.ledger import Ledger
from nba_local.storage.lock import held
from nba_local.storage.store import Store
from nba_local.storage.workspace import Workspace
from nba_local.tables import packages
from nba_local.tables.calendar import Season
from nba_local.tables.homes import installing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl

    from nba_local.lab.results import Trial
    from nba_local.lab.subject import Subject
    from nba_local.tables.registry import Registry

EXTRA = ("lightgbm", "scipy", "numpy")
"""What the extra `lab` brings."""


def require_extra() -> None:
    """Refuse to begin without the libraries of the lab.

    Raises:
        NbaLocalError: One is not installed.
    """
    if missing := [name for name in EXTRA if importlib.util.find_spec(name) is None]:
        raise NbaLocalError(
            f"the lab needs {', '.join(missing)}; nothing was tried",
            hint=installing("lab"),
            is_mistake=True,
        )


def subject_of(registry: Registry) -> Subject:
    """What the package of tables says is predicted.

    Raises:
        PipelineError: It says nothing of it.
    """
    if not (registry.package / "lab.py").is_file():
        raise PipelineError(
            f"{registry.package.name} has no lab.py, which says what is predicted",
            hint="see nba_local/lab/subject.py",
        )
    subject: Subject = importlib.import_module(f"{registry.package.name}.lab").SUBJECT
    return subject


def seasons_in(texts: Sequence[str]) -> tuple[Season, ...]:
    """Seasons as they are typed: `2021-22`, or a range of them, `2021-22..2024-25`.

    Raises:
        UsageError: One is neither, or a range ends before it begins.
    """
    found: set[Season] = set()
    for text in texts:
        first, dots, last = text.partition("..")
        begin, end = Season.parse(first), Season.parse(last if dots else first)
        if end < begin:
            raise UsageError(f"the range ends before it starts: {text}", hint="2021-22..2024-25")
        found.update(Season(year) for year in range(begin.year, end.year + 1))
    return tuple(sorted(found))


@contextmanager
def workspace(
    data: str | None, rules: str | None, settings: Sequence[str], pipelines: str | None
) -> Iterator[Workspace]:
    """The data folder as configuration and arguments name it."""
    require_extra()
    config = load_config({"data": data, "rules": rules, "pipelines": pipelines})
    registry = packages.load(config.pipelines)
    store = Store(Path(config.data))
    ledger = Ledger(store.ledger_path, create=False)
    try:
        chosen = registry.rules(config.rules, [*config.settings, *settings])
        yield Workspace(registry, chosen, store, ledger, config.date)
    finally:
        ledger.close()


def try_out(
    *features: Any,
    seasons: Sequence[str] | str,
    hypothesis: str = "",
    data: str | None = None,
    rules: str | None = None,
    pipelines: str | None = None,
    **how: Any,
) -> Trial:
    """The verdict on features, with all it rests on; it is kept in the lab's ledger.

    Args:
        features: Declared ones, e.g. `mean("fga_last_5", "fg_attempts", last=5)`, and functions.
        seasons: `"2021-22..2024-25"`, or several.
        hypothesis: A sentence for the ledger.
        data: The data folder.
        rules: The rule set.
        pipelines: The folder of the tables.
        how: Fields of `nba_local.lab.results.How`, e.g. `settings`, `without`.

    Raises:
        NbaLocalError: Nothing could be judged; nothing was kept.
    """
    require_extra()
    from nba_local.lab import matrix
    from nba_local.lab.features import Idea, from_values
    from nba_local.lab.results import How
    from nba_local.lab.trial import Run

    named = seasons_in([seasons] if isinstance(seasons, str) else seasons)
    idea = from_values(features, hypothesis) if features else Idea(hypothesis, (), "")
    with workspace(data, rules, (), pipelines) as work:
        subject, folder = subject_of(work.registry), matrix.folder(work)
        folder.mkdir(parents=True, exist_ok=True)
        with room(folder, "lab"), held(folder, "lab", "wait for the other trial to end"):
            return Run(work, subject, named, replace(How(), **how)).of(idea)


def frame(  # noqa: PLR0913 - a keyword each
    seasons: Sequence[str] | str,
    *,
    features: Sequence[str] | str | None = None,
    target: str | None = None,
    data: str | None = None,
    rules: str | None = None,
    pipelines: str | None = None,
) -> pl.LazyFrame:
    """The training matrix: grain, season, target, line and features as columns, a row per key.

    Args:
        seasons: `"2021-22..2024-25"`, or several.
        features: Names of columns of the first set, or a feature set (`"v1"`, `"v2"`, `"v3"`, a
            file with a name on each line); the first set where none.
        target: What is predicted; there is one, and another name is refused.
        data: The data folder.
        rules: The rule set.
        pipelines: The folder of the tables.

    Raises:
        UsageError: There is no such feature or target.
    """
    require_extra()
    from nba_local.lab import matrix
    from nba_local.lab.sets import chosen, with_settings

    named = seasons_in([seasons] if isinstance(seasons, str) else seasons)
    with workspace(data, rules, (), pipelines) as work:
        subject = subject_of(work.registry)
        if target not in (None, subject.name):
            raise UsageError.unknown("target", str(target), [subject.name])
        own = chosen(subject, features if isinstance(features, str) else "")
        made = own.of(with_settings(work, own.settings), subject, named)
        columns = None if features is None or isinstance(features, str) else list(features)
        if unknown := [c for c in columns or () if c not in made.features]:
            raise UsageError.unknown("feature", unknown[0], made.features)
        return matrix.frame(made, columns)
