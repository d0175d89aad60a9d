"""Files of features that cannot be judged, and leaks beyond those of `test_lab`."""

from __future__ import annotations

import json
import subprocess
import sys

import polars as pl
import pytest

from nba_local.cli.app import app
from nba_local.commands import lab
from nba_local.errors import NbaLocalError, PipelineError, UsageError
from nba_local.lab import limits, opening
from nba_local.lab.features import from_file, from_values
from nba_local.lab.results import Asked
from nba_local.lab.trial import Run
from nba_local.tables.calendar import Season
from pipelines.windows import mean, past
from tests.conftest import ROOT
from tests.lab_season import HOW, KEY, lab_project

WINDOW = "from pipelines.windows import mean\n"
BEGIN = f"import polars as pl\nKEY = {KEY}\ndef made(player_game_summary):\n    "
END = "\nFEATURES = (made,)\n"


@pytest.fixture(scope="module")
def project(seasons, tmp_path_factory):
    return lab_project(seasons, tmp_path_factory.mktemp("lab"))


@pytest.fixture
def try_out(project):
    def tried(*features):
        with project.reading(raw_only=True) as work:
            subject = opening.subject_of(work.registry)
            return Run(work, subject, (Season(2021),), HOW).of(from_values(features))

    return tried


BAD = {
    "exits": ("import sys\nsys.exit(0)\n", "exits.py:2: SystemExit: 0"),
    "syntax": (f'{WINDOW}FEATURES = (mean("x", "points"\n', "syntax.py:2: SyntaxError: '(' was"),
    "bytes": ('x = "\0"\n', "bytes.py: SyntaxError"),
    "empty": ("", "empty.py has no features"),
    "circular": ("import circular_b\n", "circular.py:1: ModuleNotFoundError"),
    "words": ('FEATURES = ("points",)\n', "words.py: 'points' is no feature"),
    "anonymous": ("FEATURES = (lambda player_game_summary: 1,)\n", "is no feature"),
    "kind": ("class Kind:\n    pass\nFEATURES = (Kind,)\n", "is no feature"),
    "later": (
        "async def later(player_game_summary):\n    return 1\nFEATURES = (later,)\n",
        "is no",
    ),
    "umlaut": (f'{WINDOW}FEATURES = mean("Körbe 5", "points"),\n', "cannot be called `Körbe 5`"),
    "twins": (f'{WINDOW}FEATURES = mean("a", "points"), mean("A", "steals")\n', "two features"),
    "key": (
        f'{WINDOW}FEATURES = mean("player_lookup", "points"),\n',
        "`player_lookup` (*key.py:2)",
    ),
    "team": (f'{WINDOW}FEATURES = mean("team", "points"),\n', "be called `team` (*team.py:2)"),
    "target": (f'{WINDOW}FEATURES = mean("target", "points"),\n', "`target` (*target.py:2)"),
    "coach": (
        f'{WINDOW}FEATURES = mean("a", "points", of="coach"),\n',
        "`a` (*coach.py:2): * none",
    ),
    "none_of": (f'{WINDOW}FEATURES = mean("a", "pionts"),\n', "`a` (*:2): * no column `pionts`"),
    "sum_of_text": (f'{WINDOW}FEATURES = mean("a", "team_abbr"),\n', "`a` (*:2): conversion"),
    "argument": (f"{BEGIN}return 1{END}".replace("made(", "made(x, "), "its parameter `x` is no"),
    "a_list": (f"{BEGIN}return []{END}", "`made` (*a_list.py:3) returns list, not a frame"),
    "leaves": (f"{BEGIN}raise SystemExit(0){END}", "`made` (*leaves.py:3), line 4: SystemExit"),
    "near": (
        f'{BEGIN}return player_game_summary.select(*KEY, made="pionts"){END}',
        '`made` (*near.py:3): ColumnNotFoundError: unable to find column "pionts"; did you mean '
        "`points`?",
    ),
    "text_dates": (
        f'{BEGIN}d = pl.col("game_date").cast(pl.String)\n'
        f'    return player_game_summary.select("player_lookup", d, made="points"){END}',
        "`made` (*text_dates.py:3): `game_date` is String, not Date",
    ),
    "huge": (
        f'{BEGIN}x = pl.lit(2**62) + pl.col("points")\n'
        f"    return player_game_summary.select(*KEY, made=x){END}",
        "`made` (*huge.py:3): * values lie beyond 2",
    ),
    "chance": (
        f"import random\n{BEGIN}r = player_game_summary.select(KEY).collect()\n"
        f"    x = pl.Series([random.random() for _ in range(r.height)])\n"
        f"    return r.with_columns(made=x){END}",
        "`made` (*chance.py:4): * values of 2021-22 are others when computed again",
    ),
    "few": (
        f"{BEGIN}assert player_game_summary.collect().height > 4000\n"
        f'    return player_game_summary.select(*KEY, made="points"){END}',
        "`made` (*few.py:3), line 4: AssertionError",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_an_error_that_says_what_and_where(project, tmp_path, name):
    code, told = BAD[name]
    file = tmp_path / f"{name}.py"
    file.write_text(code)
    before = len(lab.entries(project))
    with pytest.raises(NbaLocalError) as raised:
        lab.try_out(project, Asked(file, ("2021-22",)), HOW)
    message = str(raised.value)
    parts = (
        told.split("*") if "**" not in told else [told.partition("*")[0], "values lie beyond 2**53"]
    )
    place = 0
    for part in parts:
        place = message.find(part, place)
        assert place >= 0, message
    assert message.count("nothing was tried") == 1
    assert len(lab.entries(project)) == before


def test_a_file_that_is_none(tmp_path):
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "latin.py").write_bytes('"""Größe."""\n'.encode("latin-1"))
    for name, told in (("folder", "is a folder"), ("latin", "not UTF-8"), ("absent", "no file")):
        with pytest.raises(NbaLocalError, match=told):
            from_file(tmp_path / f"{name}.py")


def test_one_feature_needs_no_comma(tmp_path):
    file = tmp_path / "one.py"
    file.write_text(f'{WINDOW}FEATURES = (mean("a", "points"))\n')
    assert from_file(file).names == ("a",)


def test_an_import_has_limits_too(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "SECONDS", 0.3)
    file = tmp_path / "slow.py"
    file.write_text("import time\ntime.sleep(30)\n")
    with pytest.raises(PipelineError, match=r"slow.py took longer than 0.3 s; nothing was tried"):
        from_file(file)


def test_what_a_file_prints_is_no_part_of_a_document(project, tmp_path, monkeypatch, capsys):
    """Nor does a file that goes elsewhere take the relative data folder with it."""
    monkeypatch.chdir(project.store.root.parent)
    monkeypatch.setenv("NBA_LOCAL_PIPELINES", str(ROOT / "pipelines"))
    file = tmp_path / "loud.py"
    file.write_text(
        'import os\nprint("hello")\nos.chdir("/")\n'
        'def loud(player_game_summary):\n    print("again")\n    os.chdir("/")\n'
        f'    return player_game_summary.select(*{KEY}, loud="points")\nFEATURES = (loud,)\n'
    )
    with pytest.raises(SystemExit) as ended:
        app(["lab", "try", str(file), "2021-22", "--data", project.store.root.name, "--json"])
    said = capsys.readouterr()
    assert ended.value.code == 4
    assert json.loads(said.out)["result"]["verdict"]["word"] == "LEAK"
    assert "hello" in said.err
    assert "again" in said.err


def test_code_that_hears_no_interruption_ends_with_a_message():
    """As a join that explodes inside a library does; the signal is lost on purpose."""
    code = (
        "import signal, time\nfrom nba_local.lab import limits\n"
        "limits.SECONDS, limits.GRACE = 0.2, 0.3\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "with limits.limited('feature `deaf` (x.py:1)', '2021-22'):\n    time.sleep(60)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, timeout=30, cwd=ROOT, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert ran.stderr.startswith("error: feature `deaf` (x.py:1) took longer than 0.2 s for 2021-")


# more ways to know what came later


def joined(name, after):
    """A feature of everybody listed, made of something that is joined to them."""

    def made(upcoming_player_game_context, player_game_summary):
        listed = upcoming_player_game_context.unique(KEY, maintain_order=True)
        return after(listed, player_game_summary).select(*KEY, name)

    made.__name__ = name
    return made


def by_player(value):
    return lambda listed, box: listed.join(
        box.sort(KEY).group_by("player_lookup", maintain_order=True).agg(value),
        on="player_lookup",
    )


points, november = pl.col("points"), pl.col("game_date").dt.month() == 11
MORE_LEAKS = (
    joined("games_of_the_season", by_player(pl.len().alias("games_of_the_season"))),
    joined("will_rise", by_player((points.tail(5).mean() > points.mean()).alias("will_rise"))),
    joined("cluster", by_player((points.std() > 6).cast(pl.Int8).alias("cluster"))),
    joined(
        "teammates_who_played",
        lambda listed, box: listed.join(
            box.group_by("team_abbr", "game_date").agg(teammates_who_played=pl.len()),
            on=["team_abbr", "game_date"],
        ),
    ),
    joined(
        "in_november_only",
        lambda listed, box: by_player(points.mean().alias("mean"))(listed, box).with_columns(
            in_november_only=pl.when(november).then("mean").otherwise(0.0)
        ),
    ),
    joined(
        "equal_dates_too",
        lambda listed, box: listed.select(KEY).sort("game_date", *KEY[:1]).join_asof(
            box.select(*KEY, equal_dates_too="points").sort("game_date"),
            on="game_date", by="player_lookup",
        ),
    ),
    past("centered", points.rolling_mean(5, center=True, min_samples=1)),
    past("from_the_end", points.reverse().cum_sum().reverse()),
    past("rank_in_season", points.rank() / pl.len()),
    past("minutes_next", pl.col("minutes_played").shift(-1)),
)  # fmt: skip


@pytest.mark.slow
def test_ten_more_leaks_are_named_before_a_model_sees_them(try_out):
    trial = try_out(*MORE_LEAKS)
    assert trial.verdict.word == "LEAK"
    assert trial.found.judged is trial.found.screen is None
    names = {getattr(f, "name", None) or f.__name__ for f in MORE_LEAKS}
    assert {reason.partition(" ")[0] for reason in trial.verdict.reasons} == names


def test_what_comes_from_elsewhere_is_no_proof(try_out):
    """A frame of another cell, or one that a function kept: cutting its tables shows nothing."""
    kept = []

    def remembers(player_game_summary):
        kept.append(player_game_summary.collect())
        return kept[0].select(*KEY, remembers="points")

    trial = try_out(remembers)
    assert trial.verdict.word == "LEAK"
    assert "when its tables are empty" in trial.verdict.reasons[0]


def test_a_kept_frame_that_is_joined_to_a_table_trips_the_wire(try_out):
    kept = []

    def joins_what_it_kept(upcoming_player_game_context, player_game_summary):
        kept.append(player_game_summary.select(*KEY, joins_what_it_kept="points").collect())
        return upcoming_player_game_context.select(KEY).unique().join(kept[0].lazy(), on=KEY)

    trial = try_out(joins_what_it_kept)
    assert trial.verdict.word == "LEAK"
    assert "SUSPECTED" in trial.verdict.reasons[0]


# variants side by side


@pytest.mark.slow
def test_variants_side_by_side_find_what_each_finds_alone(seasons, project, tmp_path):
    """The controls are trained once; the figures are those of one trial after the other."""
    names = ("assists", "steals")
    file = tmp_path / "many.py"
    file.write_text(
        f"{WINDOW}NAMES = {names}\n"
        'FEATURES = tuple(mean(f"{name}_last_2", name, last=2) for name in NAMES)\n'
    )
    together = {one.name: one.difference for one in lab.sweep(project, file, ("2021-22",), HOW)}
    again = lab_project(seasons, tmp_path)
    for name in names:
        with again.reading(raw_only=True) as work:
            run = Run(work, opening.subject_of(work.registry), (Season(2021),), HOW)
            alone = run.of(from_values([mean(f"{name}_last_2", name, last=2)]))
        assert alone.found.judged.pooled == together[f"{name}_last_2"]
    trained = len(list((project.store.root / "lab" / "forecasts").glob("*.parquet")))
    assert trained == 5 + len(names)


def test_a_variant_that_cannot_be_computed_ends_a_sweep_before_it_begins(
    project, tmp_path, monkeypatch
):
    file = tmp_path / "two.py"
    file.write_text(f'{WINDOW}FEATURES = mean("fine", "assists", last=9), mean("bad", "asists")\n')
    monkeypatch.setattr(Run, "begin", lambda *_: pytest.fail("a variant was begun"))
    with pytest.raises(PipelineError, match=r"`bad` .*did you mean `assists`.*nothing was tried"):
        lab.sweep(project, file, ("2021-22",), HOW)


def test_an_unknown_name_ends_an_ablation_before_it_begins(project, monkeypatch):
    monkeypatch.setattr(Run, "begin", lambda *_: pytest.fail("a variant was begun"))
    with pytest.raises(UsageError, match="`points_avg_seasons`"):
        lab.ablate(project, ("2021-22",), HOW, ["points_avg_season", "points_avg_seasons"])


@pytest.mark.slow
def test_a_variant_that_cannot_be_judged_ends_a_sweep_after_the_verdicts_before_it(
    project, tmp_path
):
    file = tmp_path / "two.py"
    file.write_text(
        f"{WINDOW}import polars as pl\ndef empty(player_game_summary):\n"
        "    none = pl.lit(None, pl.Float64)\n"
        "    return player_game_summary.select('player_lookup', 'game_date', empty=none)\n"
        'FEATURES = mean("fine", "assists", last=9), empty\n'
    )
    before = len(lab.entries(project))
    with pytest.raises(PipelineError, match="`empty`"):
        lab.sweep(project, file, ("2021-22",), HOW)
    assert [one.record["added"] for one in lab.entries(project)[before:]] == [["fine"]]
