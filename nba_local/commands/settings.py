"""Every setting as it is in effect, and where it comes from."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nba_local import settings
from nba_local.commands.project import Project
from nba_local.commands.pulls import pull_limits
from nba_local.commands.pushes import push_limits
from nba_local.config import FROM_NAME, SES_REGION, Config, load_config, origins

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULT, FLAG = "default", "flag"
HIDDEN = "(set, not shown)"
USUAL_OF_ALERTS = {
    "aws_ses_region": SES_REGION,
    "aws_ses_from_name": FROM_NAME,
    "email_alerts_enabled": "true",
    "slack_alerts_enabled": "false",
    "discord_alerts_enabled": "false",
}
SECRETS = (
    *(name.upper() for name in settings.SECRET),
    *(name.upper() for name in settings.SECRET_BEGINNINGS),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Effective:
    """A setting.

    name: As a settings file writes it; `set.TABLE.KEY` for one of a table, the variable for a
    secret. value: In effect; None where it is not set, HIDDEN for a secret. source: `flag`,
    `environment`, the file's name, or `default`.
    """

    name: str
    value: str | None
    source: str


def effective(flags: Mapping[str, str | None], given: Sequence[str]) -> tuple[Effective, ...]:
    """All settings of a call with these flags; `given` are the values of `--set`. Reads no data.

    Raises:
        UsageError: A file, a variable or a flag is not usable.
    """
    places = origins()
    config = load_config(flags)
    project = Project.open(config, given)
    usual, found = _usual(project), []
    for field in dataclasses.fields(Config):
        if field.name != settings.SET:
            is_flag = flags.get(field.name) is not None
            source = FLAG if is_flag else places.get(settings.variable(field.name), DEFAULT)
            value = getattr(project.config, field.name) or usual.get(field.name)
            found.append(Effective(field.name, value, source))
    found += _alerts(places)
    return (*found, *_of_tables(project, given, places.get(settings.variable(settings.SET), "")))


def _usual(project: Project) -> dict[str, str]:
    """What holds where a setting has no value, as text."""
    pushed, pulled = push_limits(project), pull_limits(project)
    registry = project.registry
    return {
        "env": project.environment if registry.environments else "",
        "rules": project.rules.name,
        "pipelines": ",".join(str(home) for home in (registry.package, *registry.beside)),
        "push_max_bytes": str(pushed.bytes),
        "push_max_loads": str(pushed.loads),
        "push_max_removed_dates": str(pushed.removed_dates),
        "push_max_removed_percent": str(pushed.removed_percent),
        "pull_gone_dates": str(pulled.dates),
        "pull_gone_percent": str(pulled.percent),
        "today": str(project.today),
    }


def _alerts(places: Mapping[str, str]) -> list[Effective]:
    """The settings of alerts, and secrets: whether they are set, never what they are."""
    written = settings.read(Path()).values
    found = []
    for name in settings.ALERTS:
        key = name.upper()
        value = os.environ.get(key) or written.get(key) or USUAL_OF_ALERTS.get(name)
        found.append(Effective(name, value, places.get(key, DEFAULT)))
    secrets = {name for name in places if settings.is_secret(name)}
    for name in sorted({*SECRETS, *secrets}):
        shown = HIDDEN if name in places else None
        found.append(Effective(name, shown, places.get(name, DEFAULT)))
    return found


def _of_tables(project: Project, given: Sequence[str], place: str) -> list[Effective]:
    """The settings of every table that has some, upstream first."""
    rules: Any = project.rules
    sources = {
        setting.partition("=")[0]: source
        for those, source in ((project.config.settings, place), (given, FLAG))
        for setting in those
    }
    of_sources = getattr(rules, "sources", {})
    found = []
    for table in project.registry.tables.values():
        if table.is_source and table.name not in of_sources:
            continue
        held = of_sources.get(table.name) or rules.of(table.name)
        for key, value in dataclasses.asdict(held).items():
            name = f"{table.name}.{key}"
            found.append(Effective(f"set.{name}", str(value), sources.get(name, DEFAULT)))
    return found
