"""`nba-local lab`: an idea for a feature, judged. Reads pulled rows; writes DATA/lab only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nba_local.cli import complete
from nba_local.cli.options import ENGINE, PROJECT, TODAY
from nba_local.cli.verb import Call, listed, verb

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
    typer.Option(
        "--without", metavar="NAME", help="A baseline feature to leave out; may be repeated."
    ),
]


@listed(app, "try")
@verb(
    *PROJECT,
    TODAY,
    *ENGINE,
    name="lab try",
    examples=(
        "lab try experiments/shot_volume.py 2021-22..2024-25",
        "lab try 2021-22..2024-25 --set player_daily_cache.min_games=3",
    ),
)
def try_out(  # noqa: PLR0913 - flags
    call: Call,
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="[FILE] SEASONS...", help="A Python file that defines FEATURES, then seasons."
        ),
    ],
    hypothesis: Annotated[
        str, typer.Option("--hypothesis", metavar="TEXT", help="A sentence for the ledger.")
    ] = "",
    settings: Settings = None,
    without: Without = None,
    baseline: Baseline = "",
) -> int:
    """Judge an idea: from its values to a verdict.

    Stages: values and coverage, leak proof, warm-up, drift, redundancy, ridge, LightGBM, betting
    lines, verdict. The file runs with your permissions. The exit code is 4 if the verdict is LEAK.
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


@listed(app, "sweep")
@verb(
    *PROJECT,
    TODAY,
    *ENGINE,
    name="lab sweep",
    examples=(
        "lab sweep experiments/half_lives.py 2021-22..2024-25",
        "lab sweep experiments/half_lives.py 2023-24 2024-25 --baseline v2",
    ),
)
def sweep(
    call: Call,
    file: Annotated[Path, typer.Argument(help="A Python file that defines FEATURES.")],
    seasons: Seasons,
    baseline: Baseline = "",
) -> int:
    """Judge each feature of a file on its own.

    Every one of them is a trial in the ledger.
    """
    commands, out = _lab()
    how = _how(baseline, None, None)
    found = commands.sweep(call.project, file, seasons, how, call.report.progress)
    out.variants(call.report, found)
    return call.done(found)


@listed(app, "ablate")
@verb(
    *PROJECT,
    TODAY,
    *ENGINE,
    name="lab ablate",
    examples=(
        "lab ablate 2021-22..2024-25",
        "lab ablate 2021-22..2024-25 --feature home_away --feature recent_trend",
    ),
)
def ablate(
    call: Call,
    seasons: Seasons,
    only: Annotated[
        list[str] | None,
        typer.Option("--feature", metavar="NAME", help="Only this feature; may be repeated."),
    ] = None,
    baseline: Baseline = "",
) -> int:
    """Leave out one baseline feature at a time.

    What the error gains without a feature is what that feature is worth. Each is a trial.
    """
    commands, out = _lab()
    how = _how(baseline, None, None)
    found = commands.ablate(call.project, seasons, how, only or (), call.report.progress)
    out.variants(call.report, found)
    return call.done(found)


@listed(app, "list")
@verb(
    *PROJECT,
    name="lab list",
    examples=(
        "lab list",
        "lab list --json",
    ),
)
def list_trials(call: Call) -> int:
    """List the trials of the ledger, oldest first."""
    commands, out = _lab()
    found = commands.entries(call.project)
    out.listed(call.report, found)
    return call.done(found)


@listed(app, "show")
@verb(
    *PROJECT,
    name="lab show",
    examples=(
        "lab show 12",
        "lab show 12 --json",
    ),
)
def show(
    call: Call,
    trial: Annotated[
        int, typer.Argument(help="The number of the trial.", autocompletion=complete.trial)
    ],
) -> int:
    """Show a trial and everything it rests on.

    Reasons, columns really used, code, data, rules, seeds, library versions.
    """
    commands, out = _lab()
    found = commands.entry(call.project, trial)
    out.shown(call.report, found, len(commands.entries(call.project)))
    return call.done(found)


@listed(app, "compare")
@verb(
    *PROJECT,
    name="lab compare",
    examples=(
        "lab compare 12 14",
        "lab compare 12 14 --data other-folder",
    ),
)
def compare(
    call: Call,
    left: Annotated[
        int, typer.Argument(help="The number of a trial.", autocompletion=complete.trial)
    ],
    right: Annotated[
        int, typer.Argument(help="The number of another one.", autocompletion=complete.trial)
    ],
) -> int:
    """Compare two trials on the dates they share."""
    commands, out = _lab()
    found = commands.compare(call.project, left, right)
    out.compared(call.report, found)
    return call.done(found)


@listed(app, "demo")
@verb(
    name="lab demo",
    examples=(
        "lab demo leak",
        "lab demo lift /tmp/lab-demo",
    ),
)
def demo(
    call: Call,
    name: Annotated[str, typer.Argument(metavar="leak|noise|lift", help="Which idea is tried.")],
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder for the simulated season: a new one, or that of an earlier demo."
        ),
    ] = Path("lab-demo"),
) -> int:
    """Try an idea on a season whose truth is known.

    The season is simulated; the idea is a leak, noise, or a real lift.
    """
    commands, out = _lab()
    from nba_local.commands import lab_demo

    def begin(planted: lab_demo.Demo) -> None:
        out.planted(call.report, planted.truth, planted.file)

    teller = out.Teller(call.report)
    project, trial = lab_demo.play(name, folder, begin, teller, call.report.progress)
    out.timed(call.report, trial)
    call.report.say(f"report      {commands.report_path(project, trial.number)}")
    return call.done(trial)


@listed(app, "promote")
@verb(
    *PROJECT,
    name="lab promote",
    acts=True,
    examples=(
        "lab promote 12 --into ml_feature_store_v2",
        "lab promote 12 --as-table shot_volume --feature fga_last_5",
    ),
)
def promote(  # noqa: PLR0913 - flags
    call: Call,
    trial: Annotated[
        int,
        typer.Argument(
            help="The number of a trial with the verdict LIFT.", autocompletion=complete.trial
        ),
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
            help="Which feature, if the trial had several.",
            autocompletion=complete.trial_feature,
        ),
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Even without a LIFT; the code will say so.")
    ] = False,
) -> int:
    """Write a feature of a trial into a table.

    Its declaration, schema field, claims, and line in oracle.sql.
    """
    commands, out = _lab()
    made = commands.promote(
        call.project, trial, into=into, as_table=as_table, feature=feature, force=force
    )
    out.promoted(call.report, made)
    return call.done(made)


@listed(app, "export")
@verb(
    *PROJECT,
    TODAY,
    name="lab export",
    acts=True,
    examples=(
        "lab export 2021-22..2024-25 --to matrix.parquet",
        "lab export 2024-25 --baseline mine.txt --to matrix.csv",
    ),
)
def export(
    call: Call,
    seasons: Seasons,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A .parquet or .csv file.")],
    baseline: Baseline = "",
) -> int:
    """Write the training matrix to a file.

    One row per player and date; columns are the grain, season, target, line, and features.
    """
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
