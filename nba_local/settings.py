"""The settings file: `nba_local.toml`, or `[tool.nba_local]` of `pyproject.toml`.

It says what `.env` can say, under the same names in lower case and without `NBA_LOCAL_`; secrets
stay in the environment.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nba_local.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

PREFIX = "NBA_LOCAL_"
OWN = "nba_local.toml"
PROJECT = "pyproject.toml"
SECTION = "nba_local"
SET = "set"
"""Settings of tables, as `--set` gives them: `[set.TABLE]` with a line for each key."""

SECRET = ("aws_ses_access_key_id", "aws_ses_secret_access_key", "google_application_credentials")
SECRET_BEGINNINGS = ("slack_webhook_url", "discord_webhook_url")


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """What a settings file says.

    name: Of the file; empty where there is none. values: Text by name of the variable.
    """

    name: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


def is_secret(name: str) -> bool:
    """Whether the setting or variable `name` is a secret, or leads to one."""
    return name.lower() in SECRET or name.lower().startswith(SECRET_BEGINNINGS)


def read(folder: Path) -> SettingsFile:
    """The settings file of `folder`; an empty one where there is none. Reads it.

    Raises:
        UsageError: It is no TOML; both files have settings; a key is unknown or a secret, or its
            value is of another type.
    """
    own, project = _own(folder / OWN), _of_project(folder / PROJECT)
    if own is not None and project is not None:
        raise UsageError(
            f"{OWN} and [tool.{SECTION}] of {PROJECT} both have settings; nothing was done",
            hint="keep one of them",
        )
    name = OWN if own is not None else PROJECT
    found = own if own is not None else project
    return SettingsFile() if found is None else SettingsFile(name, _values(name, found))


def _own(path: Path) -> dict[str, Any] | None:
    return _parsed(path, path.read_bytes()) if path.is_file() else None


def _of_project(path: Path) -> Any:
    content = path.read_bytes() if path.is_file() else b""
    if b"tool.nba" not in content and b"[tool]" not in content:
        return None  # most of them: TOML need not be read
    tools = _parsed(path, content).get("tool", {})
    if "nba-local" in tools:
        raise UsageError(f"{path.name}: [tool.nba-local] is not read", hint=f"[tool.{SECTION}]")
    return tools.get(SECTION)


def _parsed(path: Path, content: bytes) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(content.decode())
    except ValueError as error:  # no TOML, or no UTF-8
        raise UsageError(f"{path.name} is no TOML: {error}; nothing was done") from error


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _whole(value: Any) -> str | None:
    return str(value) if type(value) is int and value >= 0 else None


def _number(value: Any) -> str | None:
    return str(value) if type(value) in {int, float} and value >= 0 else None


def _date(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    return value.isoformat() if type(value) is dt.date else None


def _yes_or_no(value: Any) -> str | None:
    return str(value).lower() if isinstance(value, bool) else None


def _list(value: Any) -> str | None:
    parts = value if isinstance(value, list) else [value]
    return ",".join(parts) if parts and all(_text(part) for part in parts) else None


def _table_settings(value: Any) -> str | None:
    """`TABLE.KEY=VALUE,...` of `{TABLE: {KEY: VALUE}}`, where a key may also be `TABLE.KEY`."""
    if not isinstance(value, dict):
        return None
    found = []
    for name, inner in value.items():
        pairs = {f"{name}.{key}": v for key, v in inner.items()} if isinstance(inner, dict) else {}
        for key, one in (pairs or {name: inner}).items():
            if type(one) not in {int, float, str} or "," in str(one):
                return None
            found.append(f"{key}={one}")
    return ",".join(found)


Kind = tuple["Callable[[Any], str | None]", str]
TEXT: Kind = (_text, "text")
WHOLE: Kind = (_whole, "a whole number, 0 or more")
NUMBER: Kind = (_number, "a number, 0 or more")
DATE: Kind = (_date, "a date like 2021-11-15")
YES_OR_NO: Kind = (_yes_or_no, "true or false")
LIST: Kind = (_list, "text, or a list of texts")

KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("data", "warehouse", "target", "env", "rules"), TEXT),
    **dict.fromkeys(("bigquery_rest", "bigquery_storage", "ses_endpoint", "cluster"), TEXT),
    **dict.fromkeys(("push_max_bytes", "push_max_loads", "push_max_removed_dates"), WHOLE),
    **dict.fromkeys(("pull_gone_dates", "workers", "cluster_wait"), WHOLE),
    **dict.fromkeys(("pull_gone_percent", "push_max_removed_percent"), NUMBER),
    "today": DATE,
    "pipelines": LIST,
    SET: (_table_settings, "a table for each table: [set.TABLE], KEY = VALUE"),
}
"""Settings that have a variable with our prefix."""

ALERTS: Mapping[str, Kind] = {
    **dict.fromkeys(("aws_ses_region", "aws_ses_from_email", "aws_ses_from_name"), TEXT),
    **dict.fromkeys(("email_alerts_to", "email_critical_to"), LIST),
    **dict.fromkeys(
        ("email_alerts_enabled", "slack_alerts_enabled", "discord_alerts_enabled"), YES_OR_NO
    ),
}
"""Settings of alerts, whose variables have production's names."""


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return (PREFIX if name in KINDS else "") + name.upper()


def _values(file: str, found: Any) -> dict[str, str]:
    if not isinstance(found, dict):
        raise UsageError(f"{file}: {SECTION} is no table of settings; nothing was done")
    values: dict[str, str] = {}
    for name, value in found.items():
        if is_secret(name):
            raise UsageError(
                f"{file}: `{name}` is a secret, and files are shared; nothing was done",
                hint=f"set {variable(name)} in .env or in the environment",
            )
        if name not in KINDS and name not in ALERTS:
            unknown = UsageError.unknown("setting", name, [*KINDS, *ALERTS])
            raise UsageError(f"{file}: {unknown.message}; nothing was done", hint=unknown.hint)
        read_as, kind = KINDS.get(name) or ALERTS.get(name) or TEXT
        text = read_as(value)
        if text is None:
            raise UsageError(f"{file}: {name} = {value!r} is not {kind}; nothing was done")
        if text:
            values[variable(name)] = text
    return values
