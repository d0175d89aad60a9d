"""Configuration: flags over environment over `.env` over the settings file.

`.env` is loaded before any client is made, so that it may also hold what Google's libraries read
themselves, e.g. GOOGLE_APPLICATION_CREDENTIALS. No other module of ours reads a setting from the
environment.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from nba_local import settings
from nba_local.errors import UsageError
from nba_local.settings import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_FILE = "GOOGLE_APPLICATION_CREDENTIALS"
DATA_FOLDER = "data"
"""The data folder where none is named."""

SES_REGION, FROM_NAME = "us-west-2", "nba_local"
"""Of e-mails, where nothing else is said."""

ENGINES = ("workers", "cluster")
"""Settings of which one flag replaces what the environment says of the other."""

FOLDERS = ("data", "pipelines")
"""Settings that are folders; those in warehouse addresses are read where the address is."""

EASTERN = ZoneInfo("America/New_York")
"""The league's clock: a game's date is the date of its tip-off there."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be configured, by the lower-case name of its variable.

    data: Folder of raw and published rows and the ledger.
    warehouse: Where source tables are pulled from. target: where feature tables are pushed to.
    env: Environment of the target, whose datasets a push goes to.
    rules: Rule set. pipelines: folder of the tables.
    push_max_bytes, push_max_loads: What a push may bill, and loads into a table within a day.
    pull_gone_dates, pull_gone_percent: Dates, and share of rows, that a season of a table may lose
        in a pull without --accept-gone.
    push_max_removed_dates, push_max_removed_percent: Dates that a push may empty, and the share of
    rows that it may take away, of a table and without --allow-removals.
    bigquery_rest, bigquery_storage: Endpoints of a local BigQuery server instead of Google's.
    today: The present date in US Eastern time, for a season under way.
    ses_endpoint: URL of a local server that takes e-mails instead of Amazon SES.
    set: Settings of tables, `TABLE.KEY=VALUE` each, separated by commas; those of --set come after.
    workers: Processes of this machine that compute. cluster: address of a Dask scheduler, instead.
    cluster_wait: Seconds that a cluster may have no worker for us before that is an error.
    """

    data: str = DATA_FOLDER
    warehouse: str | None = None
    target: str | None = None
    env: str | None = None
    rules: str | None = None
    pipelines: str | None = None
    push_max_bytes: str | None = None
    push_max_loads: str | None = None
    pull_gone_dates: str | None = None
    pull_gone_percent: str | None = None
    push_max_removed_dates: str | None = None
    push_max_removed_percent: str | None = None
    bigquery_rest: str | None = None
    bigquery_storage: str | None = None
    today: str | None = None
    ses_endpoint: str | None = None
    set: str | None = None
    workers: str | None = None
    cluster: str | None = None
    cluster_wait: str | None = None

    @property
    def settings(self) -> tuple[str, ...]:
        """The parts of `set`."""
        return tuple(part.strip() for part in (self.set or "").split(",") if part.strip())

    @property
    def date(self) -> dt.date:
        """`today` as a date; the real one where it is not set."""
        if self.today is None:
            return dt.datetime.now(EASTERN).date()
        try:
            return dt.date.fromisoformat(self.today)
        except ValueError as error:
            raise UsageError(f"today is `{self.today}`, not a date", hint="2021-11-15") from error


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Where alerts go, by the names that production uses (AWS_SES_*, EMAIL_*, SLACK_*, DISCORD_*).

    Its text shows none of them: keys and webhook addresses are secrets.
    """

    ses_key: str = ""
    ses_secret: str = ""
    ses_region: str = SES_REGION
    ses_endpoint: str | None = None
    from_email: str = ""
    from_name: str = FROM_NAME
    alerts_to: tuple[str, ...] = ()
    critical_to: tuple[str, ...] = ()
    webhooks: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"AlertSettings(is_configured={self.is_configured})"

    @property
    def is_configured(self) -> bool:
        """Whether anything leaves this machine."""
        return bool(self.webhooks or (self.ses_key and (self.alerts_to or self.critical_to)))

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong with webhook addresses, by the names of their variables."""
        return {name: text for name, url in self.webhooks.items() if (text := _url_problem(url))}

    def recipients(self, tier: str) -> tuple[str, ...]:
        """Addresses of a tier: critical ones have a list of their own, where there is one."""
        return (self.critical_to or self.alerts_to) if tier == "critical" else self.alerts_to

    def chats(self, tier: str) -> dict[str, str]:
        """Webhooks of a tier by the name of the chat: its own, else the one for all."""
        found = {}
        for chat in ("SLACK", "DISCORD"):
            own = self.webhooks.get(f"{chat}_WEBHOOK_URL_{tier.upper()}")
            if url := own or self.webhooks.get(f"{chat}_WEBHOOK_URL"):
                found[chat.lower()] = url
        return found


def alert_settings(dotenv: Path = Path(".env")) -> AlertSettings:
    """The settings of alerts, from the environment and `.env`, before any client is made."""
    _load(dotenv)
    env = {**settings.read(dotenv.parent).values, **os.environ}

    def is_on(name: str, usual: str) -> bool:
        return env.get(name, usual).strip().lower() in {"1", "true", "yes", "on"}

    def addresses(name: str) -> tuple[str, ...]:
        if not is_on("EMAIL_ALERTS_ENABLED", "true"):
            return ()
        return tuple(part.strip() for part in env.get(name, "").split(",") if part.strip())

    webhooks = {
        name: value
        for name, value in env.items()
        if value
        and any(
            name.startswith(f"{chat}_WEBHOOK_URL") and is_on(f"{chat}_ALERTS_ENABLED", "false")
            for chat in ("SLACK", "DISCORD")
        )
    }
    return AlertSettings(
        ses_key=env.get("AWS_SES_ACCESS_KEY_ID", ""),
        ses_secret=env.get("AWS_SES_SECRET_ACCESS_KEY", ""),
        ses_region=env.get("AWS_SES_REGION") or SES_REGION,
        ses_endpoint=env.get("NBA_LOCAL_SES_ENDPOINT") or None,
        from_email=env.get("AWS_SES_FROM_EMAIL", ""),
        from_name=env.get("AWS_SES_FROM_NAME") or FROM_NAME,
        alerts_to=addresses("EMAIL_ALERTS_TO"),
        critical_to=addresses("EMAIL_CRITICAL_TO"),
        webhooks=webhooks,
    )


def _url_problem(url: str) -> str:
    """What stops `url` from being a web address; empty where nothing does. Never shows `url`."""
    if any(character.isspace() for character in url) or not url.isascii():
        return "holds blanks or letters that no address has"
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is not a web address"
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "does not begin with https:// and a host"
    return ""


def origins(dotenv: Path = Path(".env")) -> dict[str, str]:
    """Where each variable that is set comes from: the environment, `.env` or the settings file.

    To be asked before the configuration is loaded, which puts `.env` into the environment.
    """
    file = settings.read(dotenv.parent)
    found = dict.fromkeys(file.values, file.name)
    if dotenv.is_file():
        from dotenv import dotenv_values

        found |= {name: dotenv.name for name, value in dotenv_values(dotenv).items() if value}
    return found | {name: "environment" for name, value in os.environ.items() if value}


def set_in(dotenv: Path = Path(".env")) -> list[str]:
    """Names of what `.env` sets, not their values; none where there is no such file."""
    if not dotenv.is_file():
        return []
    from dotenv import dotenv_values

    return sorted(dotenv_values(dotenv))


def key_file() -> Path | None:
    """The key of a service account that Google's libraries will use; None where none is named."""
    named = os.environ.get(KEY_FILE)
    return Path(named) if named else None


def _load(dotenv: Path) -> None:
    """Put what `.env` sets into the environment, where it is not set there.

    Raises:
        UsageError: The file is no text, or may not be read.
    """
    if not dotenv.exists():
        return
    from dotenv import load_dotenv

    try:
        load_dotenv(dotenv, override=False)
    except ValueError as error:  # not UTF-8, or with a NUL in a value
        raise UsageError(
            f"{dotenv} is not UTF-8 text; nothing was done",
            hint="save it as UTF-8 (a file of PowerShell's `>` is UTF-16)",
        ) from error
    except OSError as error:
        raise UsageError(f"{dotenv} cannot be read: {error.strerror}; nothing was done") from error


def _at_home(name: str, path: str) -> str:
    """`path` with `~` as the home folder: no shell expands it in `.env`."""
    try:
        return str(Path(path).expanduser()) if path.startswith("~") else path
    except RuntimeError as error:
        raise UsageError(f"{name} is `{path}`: there is no such home folder") from error


def load_config(flags: Mapping[str, str | None], dotenv: Path = Path(".env")) -> Config:
    """The configuration of this call; flags that are None do not count.

    Reads `.env`, and the settings file beside it.

    Raises:
        UsageError: A variable with our prefix that we do not know, or the file is not usable.
    """
    _load(dotenv)
    if key := os.environ.get(KEY_FILE):
        os.environ[KEY_FILE] = _at_home(KEY_FILE, key)
    known = {PREFIX + field.name.upper(): field.name for field in fields(Config)}
    given = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    for name in given:
        if name not in known:
            raise UsageError.unknown("environment variable", name, known)
    written = settings.read(dotenv.parent).values
    values = {known[name]: value for name, value in written.items() if name in known}
    values |= {known[name]: value for name, value in given.items() if value}
    for name, value in flags.items():
        if value == "":
            raise UsageError(f"--{name} is given without a value", hint="an unset shell variable?")
    if any(flags.get(name) for name in ENGINES):
        values = {name: value for name, value in values.items() if name not in ENGINES}
    values |= {name: value for name, value in flags.items() if value is not None}
    values |= {name: _at_home(name, values[name]) for name in FOLDERS if name in values}
    return Config(**values)
