"""`nba-local lab`: an idea for a feature, judged. Reads pulled rows; writes DATA/lab only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nba_local.cli import complete
from nba_local.cli.options import PROJECT, TODAY
from nba_local.cli.verb import Call, verb

if TYPE_CHECKING:
    from nba_local.lab.results import How

LEAKS = 4
"""Exit code of a trial whose verdict is LEAK."""

app = typer.Typer(no_args_is_help=True, help="Try an idea for a feature on pulled seasons.")

Seasons = Annotated[
    list[str],
    typer.Argument(
        help="Seasons, e.g. 2021-22, or a range: 2021-22..2024-25.", autocompletion=complete.season
    ),
]
Baseline = Annotated[
    str,
    typer.Option(
        "--baseline",
        metavar="SET",
        help="v1, v2, v3, or a file with a feature on each line. [default: v1]",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="TABLE.KEY=VALUE",
        help="A setting to try; may be repeated.",
        autocompletion=complete.setting,
    ),
]
Without = Annotated[
    list[str] | None,
    typer.Option("--without", metavar="NAME", help="A baseline feature to leave out; repeatable."),
]


@app.command("try")
@verb(*PROJECT, TODAY, name="lab try")
def try_out(  # noqa: PLR0913 - flags
    call: Call,
    what: Annotated[
        list[str],
        typer.Argument(metavar="[FILE] SEASONS...", help="A file with FEATURES, then seasons."),
    ],
    hypothesis: Annotated[
        str, typer.Option("--hypothesis", metavar="TEXT", help="A sentence for the ledger.")
    ] = "",
    settings: Settings = None,
    without: Without = None,
    baseline: Baseline = "",
) -> int:
    """Judge features: values, leaks, warm-up, redundancy, ridge, LightGBM, verdict.

    The file is run with your rights. The exit code is 4 where the verdict is LEAK.
    """
    commands, out = _lab()
    file = Path(what[0]) if what[0].endswith(".py") else None
    how = _how(baseline, without, settings)
    trial = commands.try_out(
        call.project,
        commands.Asked(file, tuple(what[1:] if file else what), hypothesis),
        how,
        out.Teller(call.report),
        call.report.progress,
    )
    out.timed(call.report, trial)
    call.report.say(f"report      {commands.report_path(call.project, trial.number)}")
    return call.done(trial, LEAKS if trial.verdict.word == "LEAK" else 0)


@app.command("sweep")
@verb(*PROJECT, TODAY, name="lab sweep")
def sweep(
    call: Call,
    file: Annotated[Path, typer.Argument(help="A file with FEATURES.")],
    seasons: Seasons,
    baseline: Baseline = "",
) -> int:
    """Judge each feature of a file by itself; every one is a trial of the ledger."""
    commands, out = _lab()
    how = _how(baseline, None, None)
    found = commands.sweep(call.project, file, seasons, how, call.report.progress)
    out.variants(call.report, found)
    return call.done(found)


@app.command("ablate")
@verb(*PROJECT, TODAY, name="lab ablate")
def ablate(
    call: Call,
    seasons: Seasons,
    only: Annotated[
        list[str] | None, typer.Option("--feature", metavar="NAME", help="Only this; repeatable.")
    ] = None,
    baseline: Baseline = "",
) -> int:
    """Measure what each baseline feature is worth: one is left out at a time."""
    commands, out = _lab()
    how = _how(baseline, None, None)
    found = commands.ablate(call.project, seasons, how, only or (), call.report.progress)
    out.variants(call.report, found)
    return call.done(found)


@app.command("list")
@verb(*PROJECT, name="lab list")
def list_trials(call: Call) -> int:
    """List the trials of the ledger, oldest first."""
    commands, out = _lab()
    found = commands.entries(call.project)
    out.listed(call.report, found)
    return call.done(found)


@app.command("show")
@verb(*PROJECT, name="lab show")
def show(
    call: Call,
    trial: Annotated[int, typer.Argument(help="Its number.", autocompletion=complete.trial)],
) -> int:
    """Show a trial: reasons, columns really used, code, data, rules, seeds, versions."""
    commands, out = _lab()
    found = commands.entry(call.project, trial)
    out.shown(call.report, found, len(commands.entries(call.project)))
    return call.done(found)


@app.command("compare")
@verb(*PROJECT, name="lab compare")
def compare(
    call: Call,
    left: Annotated[int, typer.Argument(help="A trial.", autocompletion=complete.trial)],
    right: Annotated[int, typer.Argument(help="Another trial.", autocompletion=complete.trial)],
) -> int:
    """Compare two trials on the dates both were judged on."""
    commands, out = _lab()
    found = commands.compare(call.project, left, right)
    out.compared(call.report, found)
    return call.done(found)


@app.command("demo")
@verb(name="lab demo")
def demo(
    call: Call,
    name: Annotated[str, typer.Argument(metavar="leak|noise|lift", help="Which idea is tried.")],
    folder: Annotated[
        Path, typer.Argument(help="Where the simulated season lies; new, or of an earlier demo.")
    ] = Path("lab-demo"),
) -> int:
    """Try an idea on a simulated season whose truth is known: a leak, noise, a lift."""
    commands, out = _lab()
    from nba_local.commands import lab_demo

    def begin(planted: lab_demo.Demo) -> None:
        out.planted(call.report, planted.truth, planted.file)

    teller = out.Teller(call.report)
    project, trial = lab_demo.play(name, folder, begin, teller, call.report.progress)
    out.timed(call.report, trial)
    call.report.say(f"report      {commands.report_path(project, trial.number)}")
    return call.done(trial)


@app.command("promote")
@verb(*PROJECT, name="lab promote")
def promote(  # noqa: PLR0913 - flags
    call: Call,
    trial: Annotated[
        int, typer.Argument(help="A trial with the verdict LIFT.", autocompletion=complete.trial)
    ],
    into: Annotated[
        str,
        typer.Option(
            "--into",
            metavar="TABLE",
            help="A feature table.",
            autocompletion=complete.feature_table,
        ),
    ] = "",
    as_table: Annotated[
        str, typer.Option("--as-table", metavar="NAME", help="A new table of its own.")
    ] = "",
    feature: Annotated[
        str,
        typer.Option(
            "--feature",
            metavar="NAME",
            help="Which, where the trial had several.",
            autocompletion=complete.trial_feature,
        ),
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Also without a LIFT; the code says so.")
    ] = False,
) -> int:
    """Write a feature of a trial into a table: declaration, field, claims, oracle's line."""
    commands, out = _lab()
    made = commands.promote(
        call.project, trial, into=into, as_table=as_table, feature=feature, force=force
    )
    out.promoted(call.report, made)
    return call.done(made)


@app.command("export")
@verb(*PROJECT, TODAY, name="lab export")
def export(
    call: Call,
    seasons: Seasons,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A .parquet or .csv file.")],
    baseline: Baseline = "",
) -> int:
    """Write the training matrix: grain, season, target, line and features as columns."""
    commands, _ = _lab()
    rows = commands.export(call.project, seasons, baseline, to, call.report.progress)
    call.report.say(f"{rows:,} rows written to {to}")
    return call.done({"rows": rows, "file": to})


def _lab() -> tuple[Any, Any]:
    """The lab's calls and its words, which need the extra `lab`."""
    from nba_local.lab.opening import require_extra

    require_extra()
    from nba_local.commands import lab as commands
    from nba_local.report import lab as out

    return commands, out


def _how(baseline: str, without: list[str] | None, settings: list[str] | None) -> How:
    """How a trial is made, as the flags say."""
    from nba_local.lab.results import How

    return How(baseline=baseline, without=tuple(without or ()), settings=tuple(settings or ()))
