"""Around the road: sql, doctor, demo, and trying alerts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nba_local.cli import complete
from nba_local.cli.options import (
    DATA,
    ENVIRONMENT,
    PIPELINES,
    PROJECT,
    SETTINGS,
    SOURCE,
    TO,
    TODAY,
    Limit,
)
from nba_local.cli.verb import Call, listed, verb

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

WAKE_SECONDS = 0.2

alerts = typer.Typer(
    no_args_is_help=True, help="Send a test alert; list the alerts of a data folder."
)


@verb(
    DATA,
    PIPELINES,
    examples=(
        'sql "SELECT claim, count(*) FROM quarantine_player_daily_cache GROUP BY ALL"',
        'sql "FROM nbac_schedule" --limit 100 --csv > games.csv',
    ),
)
def sql(
    call: Call,
    query: Annotated[
        str,
        typer.Argument(
            help="A DuckDB query over the stored tables.", autocompletion=complete.query
        ),
    ],
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", help="At most so many rows.", min=0)
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV, with a head.")] = False,
    parquet: Annotated[
        Path | None, typer.Option("--parquet", metavar="FILE", help="Write a Parquet file.")
    ] = None,
) -> int:
    """Query tables and ledgers with DuckDB SQL.

    Every table has a view of its name, and quarantine_TABLE for the rows that broke a claim;
    the ledgers are ledger_runs, ledger_partitions, ..., lab_trials and lab_losses.
    """
    import duckdb

    from nba_local.commands import queries
    from nba_local.commands.project import refuse_subfolder
    from nba_local.config import load_config
    from nba_local.errors import UsageError
    from nba_local.storage.store import connect
    from nba_local.words import counted

    if csv + call.report.as_json + (parquet is not None) > 1:
        raise UsageError("--csv, --json and --parquet exclude each other; nothing was done")
    config = load_config(call.config_flags)
    refuse_subfolder(config)
    con = connect(config.data, config.pipelines, query)
    try:
        queries.require_reading(con, query)
        if csv or parquet:
            found = _interruptible(con, lambda: queries.frame(con, query, limit))
            if parquet:
                queries.write_parquet(found, parquet, Path(config.data))
                call.report.say(f"{counted(found.height, 'row')} written to {parquet}")
            else:
                call.report.say(queries.csv(found).removesuffix("\n"), is_laid_out=True)
            return 0
        if not call.report.as_json:
            shown = _interruptible(con, lambda: queries.shown(con, query, limit))
            call.report.say(shown, is_laid_out=True)
            return 0
        names, rows = _interruptible(con, lambda: queries.rows(con, query, limit))
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


@verb(
    *PROJECT,
    SOURCE,
    TO,
    ENVIRONMENT,
    examples=("doctor", "doctor --warehouse bigquery://my-project --env prod"),
)
def doctor(call: Call) -> int:
    """Check machine, project, data folder and warehouse.

    Every finding comes with its fix; changes nothing.
    """
    from nba_local.commands.doctor import diagnose
    from nba_local.report import road as out

    findings = diagnose(call.project)
    out.diagnosed(call.report, findings)
    return call.done(findings, 1 if any(f["status"] == "fail" for f in findings) else 0)


@verb(
    examples=("demo", "demo /tmp/demo -v"),
    acts=True,
)
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
            if call.report.is_verbose or one not in usual
        ),
    )
    if not call.report.is_verbose:
        call.report.say(f"and {len(usual)} settings of tables at their defaults: see --json")
    return call.done(found)


@verb(examples=("init my-project", "init . --json"), acts=True)
def init(
    call: Call,
    folder: Annotated[str, typer.Argument(help="Where to write it; must be empty or new.")] = ".",
) -> int:
    """Write a project of your own: tables, settings, recipes.

    It runs with the version that wrote it. Nothing is written into a folder that is not empty.
    """
    from nba_local.commands.starter import start
    from nba_local.config import load_config

    load_config({})  # an unknown variable of ours is an error here too
    made = start(Path(folder))
    what = f"{len(made.tables)} tables of nba-local {made.version}, {made.files} files"
    call.report.say(f"written to {made.folder.resolve()}: {what}")
    for title, paths in (("yours to change", made.yours), ("not by hand", made.written)):
        call.report.table((title, ""), paths.items())
    call.report.propose(f"next: {' && '.join(made.next)}")
    return call.done(made)


@listed(alerts, "test")
@verb(
    DATA,
    name="alerts test",
    examples=("alerts test", "alerts test --tier critical"),
)
def try_out(
    call: Call,
    tier: Annotated[
        str, typer.Option("--tier", metavar="TIER", help="critical, warning or info.")
    ] = "info",
) -> int:
    """Send a test alert through every channel of a tier.

    The exit code is 1 where none arrives.
    """
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


@listed(alerts, "list")
@verb(
    DATA,
    name="alerts list",
    examples=("alerts list", "alerts list --limit 5 --json"),
)
def newest(call: Call, limit: Limit = 20) -> int:
    """List the newest alerts of a data folder."""
    from nba_local.alerts.send import listed as sent_alerts

    found = sent_alerts(call.project.store.root, limit)
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
