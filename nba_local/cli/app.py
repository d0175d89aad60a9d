"""The command line: parse, one call, report. Everything heavy is imported inside the commands."""

from __future__ import annotations

import gc
import sys
from typing import Annotated, Any

import typer

from nba_local.cli import alerts as cli_alerts
from nba_local.cli import compare as cli_compare
from nba_local.cli import explain as cli_coverage
from nba_local.cli import page as cli_page
from nba_local.cli import prove as cli_proofs
from nba_local.cli import runs as cli_runs
from nba_local.cli import schemas as cli_schema
from nba_local.cli import thresholds as cli_thresholds
from nba_local.cli.options import (
    Commands,
    DataDir,
    Environment,
    Force,
    Json,
    Pipelines,
    Ranges,
    RetryFailed,
    RuleSetName,
    Settings,
    Source,
    TableNames,
    Target,
    Today,
    alert_choice,
    command,
    names_in,
    opened,
    remember,
)


def _version(*, asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"nba-local {version('nba-local')}")
        raise typer.Exit


app = typer.Typer(
    name="nba-local",
    cls=Commands,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="The local-first replica of an NBA feature warehouse: pull, backfill, check, push.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Show the version.",
            is_eager=True,
            callback=lambda v: _version(asked=v),
        ),
    ] = False,
) -> None:
    del version


@app.command()
def pull(  # noqa: PLR0913 - flags
    ranges: Annotated[
        list[str] | None, typer.Argument(help="Seasons to pull (2021-22), like --season.")
    ] = None,
    season: Annotated[
        list[str] | None,
        typer.Option("--season", metavar="SEASON", help="A season, 2021-22; may be repeated."),
    ] = None,
    data: DataDir = None,
    warehouse: Source = None,
    rules: RuleSetName = None,
    tables: TableNames = None,
    pipelines: Pipelines = None,
    full: Annotated[
        bool, typer.Option("--full", help="Read everything again, changed or not.")
    ] = False,
    max_bytes: Annotated[
        str | None,
        typer.Option("--max-bytes", metavar="SIZE", help="Refuse to read more, e.g. 500MB."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Pull source tables; reads only what changed.

    All tables are read as of one instant. Without a season there is nothing to pull.
    """
    from nba_local.commands import road
    from nba_local.pull.pull import How
    from nba_local.report import terminal as out
    from nba_local.words import parsed

    with command("pull", as_json=as_json) as report:
        project = opened(data=data, warehouse=warehouse, rules=rules, pipelines=pipelines)
        wanted = [*(season or []), *(ranges or [])]
        how = How(full=full, max_bytes=None if max_bytes is None else parsed(max_bytes))
        result = road.pull(project, wanted, names_in(tables), report.progress, how)
        remember(report, project)
        out.pulled(report, result)
        report.document("pull", result)


@app.command()
def plan(  # noqa: PLR0913 - flags
    ranges: Ranges = None,
    data: DataDir = None,
    rules: RuleSetName = None,
    tables: TableNames = None,
    settings: Settings = None,
    pipelines: Pipelines = None,
    today: Today = None,
    force: Force = False,
    retry_failed: RetryFailed = False,
    as_json: Json = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 3 where something is due.")
    ] = False,
) -> None:
    """Say what a backfill would do, and why; changes nothing."""
    from nba_local.commands import road
    from nba_local.report import terminal as out

    with command("plan", as_json=as_json) as report:
        project = opened(settings, data=data, rules=rules, pipelines=pipelines, today=today)
        options = road.BackfillOptions(force=force, retry_failed=retry_failed)
        result = road.plan(project, ranges or [], names_in(tables), options)
        out.said_of_ranges(report, ranges or [])
        out.planned(report, result)
        report.document("plan", result)
    if detailed_exitcode and result.due:
        raise typer.Exit(3)


@app.command()
def backfill(  # noqa: PLR0913 - flags
    ranges: Ranges = None,
    data: DataDir = None,
    rules: RuleSetName = None,
    tables: TableNames = None,
    settings: Settings = None,
    pipelines: Pipelines = None,
    today: Today = None,
    force: Force = False,
    retry_failed: RetryFailed = False,
    alerts: Annotated[
        str, typer.Option("--alerts", metavar="HOW", help="every, summary or none.")
    ] = "summary",
    as_json: Json = False,
) -> None:
    """Compute, check and publish what the plan says."""
    from nba_local.commands import road
    from nba_local.report import terminal as out

    with command("backfill", as_json=as_json) as report:
        project = opened(settings, data=data, rules=rules, pipelines=pipelines, today=today)
        options = road.BackfillOptions(force, retry_failed, alerts=alert_choice(alerts))
        names = names_in(tables)
        result = road.backfill(project, ranges or [], names, report.progress, options)
        remember(report, project)
        out.said_of_ranges(report, ranges or [])
        if result.steps:
            out.planned(report, result.plan)
        out.backfilled(report, result)
        report.document("backfill", result)
    held = any(step.quarantined and not step.is_due for step in result.plan.steps)
    if held or any(step.blocked for step in result.steps):
        raise typer.Exit(4)


@app.command()
def check(  # noqa: PLR0913 - flags
    ranges: Ranges = None,
    data: DataDir = None,
    rules: RuleSetName = None,
    tables: TableNames = None,
    settings: Settings = None,
    pipelines: Pipelines = None,
    today: Today = None,
    oracle: Annotated[
        bool, typer.Option("--oracle", help="Also compare every cell with oracle.sql.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run every claim on what is stored.

    Source tables as pulled, feature tables as published; findings go to the ledger.
    """
    from nba_local.commands import proofs, road
    from nba_local.report import terminal as out

    with command("check", as_json=as_json) as report:
        project = opened(settings, data=data, rules=rules, pipelines=pipelines, today=today)
        remember(report, project)
        found = road.check(project, ranges or [], names_in(tables), report.progress)
        out.checked(report, found)
        agreed = proofs.parity(project, ranges or [], names_in(tables)) if oracle else ()
        out.agreed(report, agreed)
        report.document("check", {"findings": found, "oracle": agreed})
    if any(f.severity == "block" for f in found) or not all(p.agrees for p in agreed):
        raise typer.Exit(4)


app.command()(cli_proofs.leak)
app.command()(cli_proofs.warmup)
app.command()(cli_coverage.coverage)
app.command()(cli_coverage.why)
app.command()(cli_thresholds.thresholds)
app.command()(cli_page.ui)
app.command()(cli_compare.verify)
app.command()(cli_compare.diff)
app.add_typer(cli_schema.app, name="schema")
app.command()(cli_runs.runs)
app.add_typer(cli_runs.app, name="checkpoint")
app.add_typer(cli_alerts.app, name="alerts")


@app.command()
def status(
    ranges: Ranges = None,
    data: DataDir = None,
    rules: RuleSetName = None,
    pipelines: Pipelines = None,
    as_json: Json = False,
) -> None:
    """Show what is pulled, published, pushed and missing."""
    from nba_local.commands import explain
    from nba_local.report import terminal as out

    with command("status", as_json=as_json) as report:
        project = opened(data=data, rules=rules, pipelines=pipelines)
        result = explain.status(project, ranges or [])
        out.covered(report, result)
        report.document("status", result)


@app.command()
def push(  # noqa: PLR0913 - flags
    ranges: Ranges = None,
    data: DataDir = None,
    target: Target = None,
    env: Environment = None,
    rules: RuleSetName = None,
    tables: TableNames = None,
    pipelines: Pipelines = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be replaced; write nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    keep_stale: Annotated[
        bool, typer.Option("--keep-stale", help="Leave dates that somebody else changed there.")
    ] = False,
    overwrite_stale: Annotated[
        bool, typer.Option("--overwrite-stale", help="Replace dates that somebody else changed.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Push published dates, then read them back.

    All tables change in one transaction or none does.
    """
    from nba_local.commands import pushes
    from nba_local.errors import NbaLocalError, UsageError
    from nba_local.push.target import Choice
    from nba_local.report import terminal as out

    with command("push", as_json=as_json) as report:
        project = opened(data=data, target=target, env=env, rules=rules, pipelines=pipelines)
        names = names_in(tables)
        result = pushes.plan_push(project, ranges or [], names)
        due = any(t.dates or t.stale for t in result.tables)
        if not dry_run:
            choice = Choice(keep_stale=keep_stale, overwrite_stale=overwrite_stale)
            if due and not yes:
                out.pushed(report, result)
                if not sys.stdin.isatty():
                    raise UsageError("nobody to ask; nothing was pushed", hint="give --yes")
                rows = sum(t.rows for t in result.tables)
                if not report.ask(f"push? {rows:,} rows to {result.warehouse}"):
                    raise NbaLocalError("declined; nothing was pushed")
            result = pushes.push(project, ranges or [], names, report.progress, result, choice)
        out.pushed(report, result)
        report.document("push", result)


@app.command()
def rollback(  # noqa: PLR0913 - flags
    run: Annotated[str, typer.Argument(help="A push, as `history` names it.")],
    data: DataDir = None,
    target: Target = None,
    env: Environment = None,
    rules: RuleSetName = None,
    pipelines: Pipelines = None,
    overwrite_stale: Annotated[
        bool, typer.Option("--overwrite-stale", help="Also dates that were written again since.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Give the dates of a push back the rows they had before it.

    Through the road of a push: one transaction, read back and compared.
    """
    from nba_local.commands import pushes
    from nba_local.errors import NbaLocalError, UsageError
    from nba_local.push.target import Choice
    from nba_local.report import terminal as out

    with command("rollback", as_json=as_json) as report:
        project = opened(data=data, target=target, env=env, rules=rules, pipelines=pipelines)
        if not yes:
            if not sys.stdin.isatty():
                raise UsageError("nobody to ask; nothing was rolled back", hint="give --yes")
            if not report.ask(f"roll back {run}?"):
                raise NbaLocalError("declined; nothing was rolled back")
        choice = Choice(overwrite_stale=overwrite_stale)
        result = pushes.rollback(project, run, report.progress, choice)
        out.pushed(report, result)
        report.document("rollback", result)


@app.command()
def history(
    data: DataDir = None,
    rules: RuleSetName = None,
    pipelines: Pipelines = None,
    limit: Annotated[int, typer.Option("--limit", help="Runs to show.", min=1)] = 20,
    as_json: Json = False,
) -> None:
    """List the newest runs: what was asked, what was done."""
    from nba_local.commands import runs
    from nba_local.report import terminal as out

    with command("history", as_json=as_json) as report:
        project = opened(data=data, rules=rules, pipelines=pipelines)
        newest = runs.runs(project, limit)
        out.listed_runs(report, newest)
        report.document("history", newest)


def _distinct(names: list[str]) -> list[str]:
    """Column names of a query as keys: a name that comes again gets a number."""
    found: list[str] = []
    for name in names:
        again = sum(1 for other in found if other == name or other.startswith(f"{name}:"))
        found.append(f"{name}:{again}" if again else name)
    return found


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="A DuckDB query over the stored tables.")],
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Query tables and ledger with DuckDB SQL."""
    from nba_local.errors import UsageError

    with command("sql", as_json=as_json) as report:
        import duckdb

        from nba_local.config import load_config
        from nba_local.storage.store import connect

        config = load_config({"data": data})
        con = connect(config.data, config.pipelines)
        try:
            readers = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
            kinds = [statement.type for statement in con.extract_statements(query)]
            if not kinds or set(kinds) - readers:
                raise UsageError("this only reads; nothing was done", hint="write a SELECT")
            result = con.sql(query)
            if as_json:
                names = _distinct(result.columns)
                rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
                report.document("sql", rows)
            else:
                report.say(str(result))
        except RuntimeError as error:  # how DuckDB says Ctrl-C
            if "interrupted" not in str(error):
                raise
            raise KeyboardInterrupt from error
        except duckdb.Error as error:
            raise UsageError(f"{error}") from error


@app.command()
def doctor(  # noqa: PLR0913 - flags
    data: DataDir = None,
    warehouse: Source = None,
    target: Annotated[
        str | None, typer.Option("--to", metavar="URL", help="Where pushes go.")
    ] = None,
    env: Environment = None,
    rules: RuleSetName = None,
    pipelines: Pipelines = None,
    as_json: Json = False,
) -> None:
    """Say whether all this is fit for work.

    Machine, tables, data folder and warehouse; every finding says how to mend it.
    """
    from nba_local.report import terminal as out

    with command("doctor", as_json=as_json) as report:
        from nba_local.commands.doctor import diagnose

        project = opened(
            data=data,
            warehouse=warehouse,
            target=target,
            env=env,
            rules=rules,
            pipelines=pipelines,
        )
        found = diagnose(project)
        out.diagnosed(report, found)
        report.document("doctor", found)
    if any(item["status"] == "fail" for item in found):
        raise typer.Exit(1)


@app.command()
def demo(
    folder: Annotated[
        str, typer.Argument(help="Where to build it; must be empty or new.")
    ] = "demo",
    as_json: Json = False,
) -> None:
    """Walk the whole road on a simulated season.

    From warehouse to warehouse; no account, no server.
    """
    with command("demo", as_json=as_json) as report:
        from nba_local.cli.demo import play

        result: Any = play(folder, report)
        report.document("demo", result)


def main() -> None:
    """Entry point of `nba-local`."""
    # imports allocate much and leave no garbage: looking for it is a tenth of their time
    gc.set_threshold(100_000)
    app()


if __name__ == "__main__":
    main()
