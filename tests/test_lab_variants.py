"""Sweeps, ablations, settings, feature sets, lines, limits, notebooks: the lab's other roads."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import stats

import nba_local
from nba_local.commands import lab, lab_demo
from nba_local.errors import NbaLocalError, UsageError
from nba_local.lab import limits, opening, sets
from nba_local.lab import matrix as matrices
from nba_local.lab.features import from_values
from nba_local.lab.folds import FoldRule
from nba_local.lab.matrix import Matrix
from nba_local.lab.results import Asked
from nba_local.lab.stages import lines_of
from nba_local.lab.statistics import benjamini_yekutieli
from nba_local.lab.trial import Run
from nba_local.lab.verdict import NO_VERDICT, SIGNIFICANT
from nba_local.tables.calendar import Season
from pipelines.windows import mean
from tests.conftest import ROOT
from tests.lab_season import HOW, lab_project, two_autumns

SEASONS = ("2021-22",)
QUICK = replace(HOW, model=replace(HOW.model, rounds=8))


@pytest.fixture(scope="module")
def project(seasons, tmp_path_factory):
    return lab_project(seasons, tmp_path_factory.mktemp("lab"))


# variants


@pytest.mark.slow
def test_a_sweep_tries_each_feature_by_itself_best_first(project, tmp_path):
    file = tmp_path / "fouls.py"
    file.write_text(
        '"""How long do fouls matter?"""\nfrom pipelines.windows import mean\n'
        'FEATURES = tuple(mean(f"fouls_last_{n}", "personal_fouls", last=n) for n in (1, 4))\n'
    )
    found = lab.sweep(project, file, SEASONS, QUICK)
    assert [one.name for one in found] == ["fouls_last_1", "fouls_last_4"]
    assert found[0].difference.mean < found[1].difference.mean
    for one in found:
        kept = lab.entry(project, one.trial)
        assert kept.record["added"] == [one.name]
        assert one.name in kept.record["columns"]
        assert kept.hypothesis == f"How long do fouls matter? [{one.name}]"


@pytest.mark.slow
def test_an_ablation_says_what_is_missed(project):
    found = lab.ablate(project, SEASONS, QUICK, ["points_avg_season", "usage_spike_score"])
    assert [one.name for one in found] == ["usage_spike_score", "points_avg_season"]
    dead, missed = found
    assert dead.difference.mean == 0.0  # it is 0 on every row
    assert missed.difference.mean > dead.difference.mean
    with pytest.raises(UsageError, match="points_avg_seasons"):
        lab.ablate(project, SEASONS, QUICK, ["points_avg_seasons"])


@pytest.mark.slow
def test_a_setting_is_a_variant(project):
    how = replace(QUICK, settings=("player_daily_cache.min_games=3",))
    trial = lab.try_out(project, Asked(None, SEASONS), how)
    assert trial.how.settings == ("player_daily_cache.min_games=3",)
    assert trial.hypothesis == "the baseline with player_daily_cache.min_games=3"
    assert trial.found.leaks
    assert not any(found.differing for found in trial.found.leaks)
    assert trial.found.judged.pooled.mean != 0.0
    with pytest.raises(UsageError, match="min_gams"):
        lab.try_out(
            project,
            Asked(None, SEASONS),
            replace(QUICK, settings=("player_daily_cache.min_gams=3",)),
        )


# feature sets


@pytest.mark.slow
def test_a_feature_set_of_ones_own_is_a_list_in_a_file(project, tmp_path):
    mine = tmp_path / "mine.txt"
    mine.write_text("points_avg_last_10\n\nhome_away  # the place\npoints_avg_season\n")
    how = replace(QUICK, baseline=str(mine), without=("points_avg_season",))
    trial = lab.try_out(project, Asked(None, SEASONS), how)
    assert trial.columns == ("points_avg_last_10", "home_away")
    rows = nba_local.frame(SEASONS, features=str(mine), data=str(project.store.root))
    names = ["points_avg_last_10", "home_away", "points_avg_season"]
    assert rows.collect_schema().names()[-3:] == names
    for text, told in (("points_avg\n", "points_avg"), ("# nothing\n", "names no feature")):
        mine.write_text(text)
        with pytest.raises(UsageError, match=told):
            lab.export(project, SEASONS, str(mine), tmp_path / "x.csv")
    with pytest.raises(UsageError, match="unknown feature set `v9`"):
        lab.export(project, SEASONS, "v9", tmp_path / "x.csv")
    assert not (tmp_path / "x.csv").exists()


@pytest.mark.slow
def test_a_line_is_a_feature_of_a_set(project, tmp_path):
    mine = tmp_path / "mine.txt"
    mine.write_text("points_avg_last_10\nvegas_points_line\n")
    rows = nba_local.frame(SEASONS, features=str(mine), data=str(project.store.root)).collect()
    assert rows.columns[-2:] == ["points_avg_last_10", "vegas_points_line"]
    assert 0.2 < rows["vegas_points_line"].is_null().mean() < 0.8
    known = rows.filter(pl.col("vegas_points_line").is_not_null())
    assert known["vegas_points_line"].equals(known["line"], null_equal=False)


def test_feature_sets_of_the_content_are_lists(project):
    subject = opening.subject_of(project.registry)
    sizes = {name: len(own.names) for name, own in subject.sets.items()}
    assert sizes == {"v1": 25, "v2": 48, "v3": 59}
    assert sets.chosen(subject).name == "v1"


# lines


@pytest.mark.slow
def test_the_line_is_judged_where_there_is_one(project):
    with project.reading(raw_only=True) as work:
        subject = opening.subject_of(work.registry)
        run = Run(work, subject, (Season(2021),), QUICK)
        trial = run.of(from_values([mean("fouls_last_1", "personal_fouls", last=1)]))
    found = trial.found.lines
    assert 500 < found.rows < trial.judged_rows
    assert 4.5 < found.line_error < 5.8  # a market that misses a player's level by one point
    assert found.line_error < found.errors["baseline"] + 0.2
    both = {(b.who, b.edge): b for b in found.bets if b.side == "both"}
    for side in ("over", "under"):
        assert {(b.who, b.edge) for b in found.bets if b.side == side} == set(both)
    for b in both.values():
        parts = [o for o in found.bets if (o.who, o.edge) == (b.who, b.edge) and o.side != "both"]
        assert sum(o.won for o in parts) == b.won
        assert sum(o.lost for o in parts) == b.lost
        assert b.low <= b.rate <= b.high


def test_bets_pay_as_the_price_says_and_a_push_is_no_result():
    rows = pl.DataFrame({"target": [20.0, 10.0, 15.0, 30.0], "line": [15.0, 15.0, 15.0, None]})
    matrix = Matrix(rows, ("k",), "d", (), "")
    forecasts = {"it": np.array([19.0, 19.0, 19.0, 19.0])}
    found = lines_of(matrix, forecasts, (3.0, 5.0), -110)
    assert found.rows == 3
    assert found.line_error == pytest.approx(10 / 3)
    assert found.bias["it"] == pytest.approx(4.0)
    at_3, at_5 = (next(b for b in found.bets if b.side == "both" and b.edge == e) for e in (3, 5))
    assert (at_3.won, at_3.lost, at_3.rate) == (1, 1, 0.5)
    assert at_3.returns == pytest.approx((100 / 110 - 1) / 2)
    assert (at_5.won, at_5.lost, at_5.returns) == (0, 0, 0.0)


# coverage


@pytest.mark.slow
def test_a_feature_filled_in_one_season_only_gets_no_verdict(seasons, tmp_path):
    """A trial on two seasons, in the first of which nobody wrote down the steals."""
    project = two_autumns(seasons, tmp_path)
    with project.reading(raw_only=True) as work:
        subject = opening.subject_of(work.registry)
        run = Run(work, subject, (Season(2021), Season(2022)), QUICK)
        trial = run.of(from_values([mean("steals_last_3", "steals", last=3)]))
        beside = run.of(from_values([mean("blocks_last_3", "blocks", last=3)]))
    assert trial.verdict.word == NO_VERDICT
    assert trial.verdict.reasons == (
        "steals_last_3 is filled in 0.0 % of the rows of 2021-22, and 80 % are needed",
    )
    assert trial.found.judged is None  # no model saw it
    filled = trial.found.values[0].filled
    assert filled["2021-22"] == 0.0
    assert filled["2022-23"] > 0.9
    assert beside.verdict.word != NO_VERDICT
    assert set(beside.found.judged.seasons) == {"2021-22", "2022-23"}
    kept = lab.entry(project, trial.number)
    assert (kept.verdict, kept.p) == (NO_VERDICT, None)


# limits


def slow(player_game_summary):
    time.sleep(30)
    return player_game_summary


def greedy(player_game_summary):
    kept = [player_game_summary]
    while True:
        kept.append(np.ones(4_000_000))
        time.sleep(0.01)


LIMITED = {
    slow: (("SECONDS", 0.5), "took longer than 0.5 s"),
    greedy: (("GIGABYTES", 0.2), "took more than 0.2 GB"),
}


@pytest.mark.parametrize("feature", LIMITED, ids=lambda f: f.__name__)
def test_a_feature_that_takes_too_long_or_too_much_is_an_error(project, monkeypatch, feature):
    limit, told = LIMITED[feature]
    monkeypatch.setattr(limits, *limit)
    before = len(lab.entries(project))
    started = time.monotonic()
    idea = from_values([feature])
    with project.reading(raw_only=True) as work:
        subject = opening.subject_of(work.registry)
        with pytest.raises(NbaLocalError, match=told) as raised:
            matrices.values(work, subject, idea, (Season(2021),))
    assert time.monotonic() - started < 20
    assert f"`{feature.__name__}`" in str(raised.value)
    assert len(lab.entries(project)) == before


# notebooks

CELL = """
import nba_local
from nba_local.lab import try_out
from nba_local.lab.folds import FoldRule
from nba_local.lab.models import ModelRule
from pipelines.windows import mean
trial = try_out(
    mean("fouls_last_1", "personal_fouls", last=1),
    seasons="2021-22", data=data, folds=FoldRule(1500, 14), model=ModelRule(rounds=8), warmup=False,
)
trial
"""


@pytest.mark.slow
def test_a_notebook_cell_shows_the_trial(project):
    """A cell as a notebook runs it: statements, then the value of the last line is shown."""
    *statements, last = CELL.strip().splitlines()
    cell = {"data": str(project.store.root)}
    exec("\n".join(statements), cell)
    value = eval(last, cell)
    shown = value._repr_html_()
    assert "<div class=lab>" in shown
    assert f"Trial {value.number}" in shown
    assert shown.count("<svg") >= 4
    assert "http" not in shown
    assert "Against the line" in shown
    assert repr(value).startswith(f"Trial {value.number}: ")


@pytest.mark.slow
def test_the_notebook_runs_from_top_to_bottom(project, monkeypatch):
    """Every code cell of `pipelines/lab.ipynb`, on the small season and with its small folds."""
    monkeypatch.setattr(FoldRule.__init__, "__defaults__", (1_200, 28))
    cells = json.loads((ROOT / "pipelines" / "lab.ipynb").read_text())["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    names, shown = {}, []
    for text in texts:
        asked = text.replace('DATA = "data"', f"DATA = {str(project.store.root)!r}")
        body = ast.parse(asked.replace("2021-22..2024-25", "2021-22")).body
        last = body.pop() if isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), "cell", "exec"), names)
        shown.append(
            eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else 0
        )
    _, head, error, trial, verdict = shown
    assert head.shape == (3, 4)
    assert 3 < error.item() < 8
    assert trial.added == ("fga_last_5",)
    assert "<div class=lab>" in trial._repr_html_()
    assert verdict.word == "LEAK"
    assert verdict.reasons[0].startswith("minutes knows what came later")


# slow: chance, kills, demos


COLUMNS = 24
NOISE = '''"""Columns of noise."""

import polars as pl

KEY = ["player_lookup", "game_date"]


def noise(number):
    def made(upcoming_player_game_context):
        listed = upcoming_player_game_context.unique(KEY)
        value = pl.struct(KEY).hash(seed=number).cast(pl.Float64) / 2.0**64
        return listed.select(*KEY, value.alias(f"noise_{number}"))

    made.__name__ = f"noise_{number}"
    return made


FEATURES = tuple(noise(number) for number in range(COLUMNS))
'''.replace("COLUMNS", str(COLUMNS))


@pytest.mark.slow
def test_of_many_columns_of_noise_none_is_a_lift(project, tmp_path):
    """Nor are more promising, nor more certainly worse, than chance makes of so many columns.

    One in 40 lies on either side of its interval; 4 of 24 have a probability of less than 1 %.
    """
    file = tmp_path / "noise.py"
    file.write_text(NOISE)
    found = lab.sweep(project, file, SEASONS, QUICK)
    assert len(found) == COLUMNS
    most = stats.binom.ppf(0.99, COLUMNS, 0.025)
    assert most == 3
    words = [one.verdict for one in found]
    assert set(words) <= {"NOISE", "PROMISING"}
    assert words.count("PROMISING") <= most
    assert sum(one.difference.high < 0 for one in found) <= most
    assert sum(one.difference.low > 0 for one in found) <= most
    ps = [lab.entry(project, one.trial).p for one in found]
    assert min(benjamini_yekutieli(ps)) > SIGNIFICANT


@pytest.mark.slow
def test_a_trial_that_is_killed_leaves_the_ledger_right_and_can_be_run_again(project, tmp_path):
    file = tmp_path / "steals.py"
    file.write_text(
        "from pipelines.windows import mean\n"
        'FEATURES = (mean("steals_last_3", "steals", last=3),)\n'
    )
    before = len(lab.entries(project))
    words = ["lab", "try", str(file), "2021-22", "--data", str(project.store.root)]
    code = (
        "import sys; from nba_local.lab import folds, results\n"
        "from nba_local.cli.app import app\n"
        "results.FoldRule.__init__.__defaults__ = (1500, 7)\n"
        f"app({words!r})\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        env={**os.environ, "NBA_LOCAL_PIPELINES": str(ROOT / "pipelines")}, start_new_session=True,
    )  # fmt: skip
    for line in process.stderr:
        if "LightGBM folds" in line:
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stderr.close()
    assert process.returncode == -signal.SIGKILL
    assert len(lab.entries(project)) == before
    trial = lab.try_out(project, Asked(file, SEASONS), QUICK)
    assert trial.number == before + 1


@pytest.mark.slow
def test_the_demos_say_what_was_planted(tmp_path):
    words = {"leak": "LEAK", "noise": "NOISE", "lift": "LIFT"}
    for name, word in words.items():
        truths = []
        _, trial = lab_demo.play(name, tmp_path / "demo", truths.append)
        assert trial.verdict.word == word, name
        assert truths[0].file.read_text()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(UsageError, match="not made by the demo"):
        lab_demo.play("leak", tmp_path / "other", truths.append)
    with pytest.raises(UsageError, match="unknown demo `lyft`; did you mean `lift`"):
        lab_demo.play("lyft", tmp_path / "demo", truths.append)
