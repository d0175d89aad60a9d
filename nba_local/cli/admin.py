"""Around the road: sql, doctor, demo, and trying alerts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nba_local.cli import complete
from nba_local.cli.options import DATA, ENVIRONMENT, PROJECT, SETTINGS, SOURCE, TO, TODAY, Limit
from nba_local.cli.verb import Call, verb

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

WAKE_SECONDS = 0.2

alerts = typer.Typer(
    no_args_is_help=True, help="Send a test alert; list the alerts of a data folder."
)


@verb(DATA)
def sql(
    call: Call,
    query: Annotated[
        str,
        typer.Argument(
            help="A DuckDB query over the stored tables.", autocompletion=complete.query
        ),
    ],
) -> int:
    """Query tables and ledger with DuckDB SQL."""
    import duckdb

    from nba_local.commands.project import refuse_subfolder
    from nba_local.config import load_config
    from nba_local.errors import UsageError
    from nba_local.storage.store import connect

    config = load_config(call.config_flags)
    refuse_subfolder(config)
    con = connect(config.data, config.pipelines, query)
    try:
        readers = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
        kinds = [statement.type for statement in con.extract_statements(query)]
        if not kinds or set(kinds) - readers:
            raise UsageError("`sql` only reads; nothing was done", hint="write a SELECT")
        if not call.report.as_json:
            call.report.say(_interruptible(con, lambda: str(con.sql(query))))
            return 0
        columns, rows = _interruptible(con, lambda: _fetched(con.sql(query)))
        names = _distinct(columns)
        return call.done([dict(zip(names, row, strict=True)) for row in rows])
    except duckdb.Error as error:
        raise UsageError(f"{error}") from error


def _interruptible[Answer](con: duckdb.DuckDBPyConnection, query: Callable[[], Answer]) -> Answer:
    """What `query` returns; Ctrl-C ends it.

    The signal may reach a thread of DuckDB, and Python acts on it when its main thread wakes up: it
    does so several times a second here, and never where it runs or waits for a query.
    """
    with ThreadPoolExecutor(1) as beside:
        answer = beside.submit(query)
        try:
            while not wait([answer], timeout=WAKE_SECONDS).done:
                pass
        except KeyboardInterrupt:
            con.interrupt()
            raise
        return answer.result()


def _fetched(result: duckdb.DuckDBPyRelation) -> tuple[list[str], list[tuple[Any, ...]]]:
    return result.columns, result.fetchall()


def _distinct(names: list[str]) -> list[str]:
    """Column names of a query as keys: a name that comes again gets a number."""
    distinct: list[str] = []
    for name in names:
        again = sum(1 for other in distinct if other == name or other.startswith(f"{name}:"))
        distinct.append(f"{name}:{again}" if again else name)
    return distinct


@verb(*PROJECT, SOURCE, TO, ENVIRONMENT)
def doctor(call: Call) -> int:
    """Check machine, project, data folder and warehouse.

    Every finding comes with its fix; changes nothing.
    """
    from nba_local.commands.doctor import diagnose
    from nba_local.report import road as out

    findings = diagnose(call.project)
    out.diagnosed(call.report, findings)
    return call.done(findings, 1 if any(f["status"] == "fail" for f in findings) else 0)


@verb()
def demo(
    call: Call,
    folder: Annotated[
        str, typer.Argument(help="Where to build it; must be empty or new.")
    ] = "demo",
) -> int:
    """Run everything once on a simulated season.

    From warehouse to warehouse; no account, no server.
    """
    from nba_local.cli.demo import play

    return call.done(play(folder, call.report))


@verb(
    *PROJECT,
    SOURCE,
    TO,
    ENVIRONMENT,
    SETTINGS,
    TODAY,
    name="config",
    examples=("config", "config --set player_daily_cache.min_games=3 --json"),
)
def settings(call: Call) -> int:
    """Show every setting in effect, and where it comes from.

    A flag wins over the environment, that over .env, that over the settings file: nba_local.toml,
    or [tool.nba_local] of pyproject.toml. Secrets are never shown.
    """
    from nba_local.commands.settings import DEFAULT, effective

    found = effective(call.config_flags, call.flags.get("settings") or ())
    usual = [one for one in found if one.source == DEFAULT and one.name.startswith("set.")]
    call.report.table(
        ("setting", "value", "from"),
        (
            (one.name, "-" if one.value is None else one.value, one.source)
            for one in found
            if one not in usual
        ),
    )
    call.report.say(f"and {len(usual)} settings of tables at their defaults: see --json")
    return call.done(found)


@verb(examples=("init warehouse", "init . --json"))
def init(
    call: Call,
    folder: Annotated[str, typer.Argument(help="Where to write it; must be empty or new.")] = ".",
) -> int:
    """Write a project of your own: tables, settings, recipes.

    It runs with the version that wrote it. Nothing is written into a folder that is not empty.
    """
    from pathlib import Path

    from nba_local.commands.starter import start

    made = start(Path(folder))
    what = f"{len(made.tables)} tables of nba-local {made.version}, {made.files} files"
    call.report.say(f"written to {made.folder.resolve()}: {what}")
    for title, paths in (("yours to change", made.yours), ("not by hand", made.written)):
        call.report.table((title, ""), paths.items())
    call.report.say(f"next: {' && '.join(made.next)}")
    return call.done(made)


@alerts.command("test")
@verb(DATA, name="alerts test")
def try_out(
    call: Call,
    tier: Annotated[
        str, typer.Option("--tier", metavar="TIER", help="critical, warning or info.")
    ] = "info",
) -> int:
    """Send a test alert through every channel of a tier; exit code 1 where none arrives."""
    from nba_local.alerts import messages
    from nba_local.alerts.send import send
    from nba_local.config import alert_settings
    from nba_local.errors import UsageError

    root, report = call.project.store.root, call.report
    if tier not in messages.TIERS:
        raise UsageError.unknown("tier", tier, messages.TIERS)
    text = "A test, sent by `nba-local alerts test`: nothing is wrong."
    message = messages.Message(tier, f"test {tier}", f"[nba_local {tier.upper()}] test", text)
    sent = send(alert_settings(), root, message, is_said=False)
    for delivery in sent.deliveries:
        report.say(f"{'ok  ' if delivery.is_ok else 'fail'}  {delivery.channel}: {delivery.said}")
    if sent.is_limited:
        report.say("not sent; rate-limited: 5 per hour and category")
    elif not sent.deliveries:
        report.say(f"not sent; no channel is configured for {tier}: see .env.example")
    arrived = [delivery.is_ok for delivery in sent.deliveries]
    return call.done(sent, 0 if arrived and all(arrived) else 1)


@alerts.command("list")
@verb(DATA, name="alerts list")
def listed(call: Call, limit: Limit = 20) -> int:
    """List the newest alerts of a data folder."""
    from nba_local.alerts.send import listed as newest

    found = newest(call.project.store.root, limit)
    call.report.table(
        ("sent (UTC)", "subject", "channels"),
        (
            (
                one["sent_at"][:19].replace("T", " "),
                one["subject"],
                "not sent; rate-limited: 5 per hour and category"
                if one["is_limited"]
                else one["channels"],
            )
            for one in found
        ),
    )
    return call.done(found)
