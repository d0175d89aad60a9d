"""`nba-local lab`: an idea for a feature, judged. Reads pulled rows; writes DATA/lab only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nba_local.cli.options import (
    DataDir,
    Json,
    Pipelines,
    RuleSetName,
    Today,
    command,
    opened,
    remember,
)

if TYPE_CHECKING:
    from nba_local.lab.trial import How

lab = typer.Typer(
    name="lab", no_args_is_help=True, help="Try an idea for a feature: a verdict in a minute."
)

Baseline = Annotated[
    str | None, typer.Option("--baseline", metavar="SET", help="v1 or v2. [default: v1]")
]
Seasons = Annotated[
    list[str], typer.Argument(help="Seasons, e.g. 2021-22 or 2021-22..2024-25.")
]
Changed = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="TABLE.KEY=VALUE", help="A setting to try; may be repeated."),
]
Left = Annotated[
    list[str] | None,
    typer.Option("--without", metavar="NAME", help="A baseline feature to leave out; repeatable."),
]


@lab.command("try")
def try_out(  # noqa: PLR0913 - flags
    what: Annotated[
        list[str], typer.Argument(help="A file with FEATURES, if any, then the seasons.")
    ],
    hypothesis: Annotated[
        str, typer.Option("--hypothesis", metavar="TEXT", help="A sentence for the ledger.")
    ] = "",
    changed: Changed = None,
    without: Left = None,
    baseline: Baseline = None,
    data: DataDir = None,
    rules: RuleSetName = None,
    pipelines: Pipelines = None,
    today: Today = None,
    as_json: Json = False,
) -> None:
    """Judge features: values, leaks, warm-up, redundancy, ridge, LightGBM, verdict.

    The file is run with your rights. Exit code 4 where the verdict is LEAK.
    """
    from pathlib import Path

    with command("lab try", as_json=as_json) as report:
        project = opened(data=data, rules=rules, pipelines=pipelines, today=today)
        remember(report, project)
        from nba_local.lab.opening import require_extra

        require_extra()
        from nba_local.commands import lab as commands
        from nba_local.report import lab as out

        file = Path(what[0]) if what and what[0].endswith(".py") else None
        trial = commands.try_out(
            project,
            file,
            what[1:] if file else what,
            _how(baseline, without, changed),
            hypothesis,
            out.Teller(report),
            report.progress,
        )
        out.timed(report, trial)
        report.say(f"report      {commands.report_path(project, trial.number)}")
        report.document("lab try", trial)
    if trial.verdict.word == "LEAK":
        raise typer.Exit(4)


@lab.command()
def sweep(  # noqa: PLR0913 - flags
    file: Annotated[str, typer.Argument(help="A file with FEATURES.")],
    seasons: Seasons,
    baseline: Baseline = None,
    data: DataDir = None,
    rules: RuleSetName = None,
    pipelines: Pipelines = None,
    today: Today = None,
    as_json: Json = False,
) -> None:
    """Judge each feature of a file by itself; every one is a trial."""
    from pathlib import Path

    with command("lab sweep", as_json=as_json) as report:
        project = opened(data=data, rules=rules, pipelines=pipelines, today=today)
        remember(report, project)
        from nba_local.lab.opening import require_extra

        require_extra()
        from nba_local.commands import lab as commands
        from nba_local.report import lab as out

        how = _how(baseline, None, None)
        found = commands.sweep(project, Path(file), seasons, how, report.progress)
        out.variants(report, found)
        report.document("lab sweep", found)


@lab.command()
def ablate(  # noqa: PLR0913 - flags
    seasons: Seasons,
    only: Annotated[
        list[str] | None, typer.Option("--feature", metavar="NAME", help="Only this; repeatable.")
    ] = None,
    baseline: Baseline = None,
    data: DataDir = None,
    rules: RuleSetName = None,
    pipelines: Pipelines = None,
    today: Today = None,
    as_json: Json = False,
) -> None:
    """Say what each baseline feature is worth: one is left out at a time."""
    with command("lab ablate", as_json=as_json) as report:
        project = opened(data=data, rules=rules, pipelines=pipelines, today=today)
        remember(report, project)
        from nba_local.lab.opening import require_extra

        require_extra()
        from nba_local.commands import lab as commands
        from nba_local.report import lab as out

        how = _how(baseline, None, None)
        found = commands.ablate(project, seasons, how, only or [], report.progress)
        out.variants(report, found)
        report.document("lab ablate", found)


@lab.command("list")
def list_trials(data: DataDir = None, pipelines: Pipelines = None, as_json: Json = False) -> None:
    """List the trials of the ledger."""
    with command("lab list", as_json=as_json) as report:
        project = opened(data=data, pipelines=pipelines)
        remember(report, project)
        from nba_local.lab.opening import require_extra

        require_extra()
        from nba_local.commands import lab as commands
        from nba_local.report import lab as out

        found = commands.entries(project)
        out.listed(report, found)
        report.document("lab list", found)


@lab.command()
def show(
    trial: Annotated[int, typer.Argument(help="Its number.")],
    data: DataDir = None,
    pipelines: Pipelines = None,
    as_json: Json = False,
) -> None:
    """Show a trial: its reasons, columns, code, data, rules, seeds and versions."""
    with command("lab show", as_json=as_json) as report:
        project = opened(data=data, pipelines=pipelines)
        from nba_local.lab.opening import require_extra

        require_extra()
        from nba_local.commands import lab as commands
        from nba_local.report import lab as out

        found = commands.entry(project, trial)
        out.shown(report, found, len(commands.entries(project)))
        report.document("lab show", found)


@lab.command()
def compare(
    left: Annotated[int, typer.Argument(help="A trial.")],
    right: Annotated[int, typer.Argument(help="Another.")],
    data: DataDir = None,
    pipelines: Pipelines = None,
    as_json: Json = False,
) -> None:
    """Compare two trials on the dates both were judged on."""
    with command("lab compare", as_json=as_json) as report:
        project = opened(data=data, pipelines=pipelines)
        from nba_local.lab.opening import require_extra

        require_extra()
        from nba_local.commands import lab as commands
        from nba_local.report import lab as out

        found = commands.compare(project, left, right)
        out.compared(report, found)
        report.document("lab compare", found)


@lab.command()
def export(  # noqa: PLR0913 - flags
    seasons: Seasons,
    to: Annotated[str, typer.Option("--to", metavar="FILE", help="A .parquet or .csv file.")],
    baseline: Baseline = None,
    data: DataDir = None,
    rules: RuleSetName = None,
    pipelines: Pipelines = None,
    today: Today = None,
    as_json: Json = False,
) -> None:
    """Write the training matrix: grain, season, target, line and features as columns."""
    from pathlib import Path

    with command("lab export", as_json=as_json) as report:
        project = opened(data=data, rules=rules, pipelines=pipelines, today=today)
        from nba_local.lab.opening import require_extra

        require_extra()
        from nba_local.commands import lab as commands

        rows = commands.export(project, seasons, baseline or "", Path(to), report.progress)
        report.say(f"{rows:,} rows written to {to}")
        report.document("lab export", {"rows": rows, "file": to})


def _how(
    baseline: str | None, without: list[str] | None, changed: list[str] | None
) -> How:
    """How a trial is made, as the flags say."""
    from nba_local.lab.trial import How

    return How(
        baseline=baseline or "", without=tuple(without or ()), settings=tuple(changed or ())
    )
