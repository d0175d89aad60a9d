"""Truths planted in a small simulated league, and what the lab says of them."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from dataclasses import replace

import polars as pl
import pytest

from nba_local.cli.app import app
from nba_local.cli.lab import app as lab_verbs
from nba_local.cluster import processes
from nba_local.commands import lab
from nba_local.errors import ClusterError, NbaLocalError, UsageError
from nba_local.lab import opening, stages
from nba_local.lab.features import from_file, from_values
from nba_local.lab.folds import FoldRule
from nba_local.lab.html import document
from nba_local.lab.ledger import LabLedger
from nba_local.lab.matrix import folder
from nba_local.lab.results import Asked
from nba_local.lab.trial import Run
from nba_local.tables.calendar import Season
from pipelines.windows import mean, past
from tests.conftest import slow
from tests.lab_season import HOW, KEY, lab_project


@pytest.fixture(scope="module")
def project(seasons, tmp_path_factory):
    return lab_project(seasons, tmp_path_factory.mktemp("lab"))


@pytest.fixture
def try_out(project):
    def tried(*features, how=HOW):
        with project.reading(raw_only=True) as work:
            subject = opening.subject_of(work.registry)
            return Run(work, subject, (Season(2021),), how).of(from_values(features))

    return tried


# leaks


def own_value(player_game_summary):
    return player_game_summary.select(*KEY, own_value="points")


def window_with_the_game(player_game_summary):
    five = pl.col("points").rolling_mean(5, min_samples=1).over("player_lookup")
    return player_game_summary.sort(KEY).select(*KEY, window_with_the_game=five)


season_mean = past("season_mean", pl.col("points").mean())


def opponents_total(player_game_summary):
    totals = player_game_summary.group_by("game_date", opponent_team_abbr="team_abbr").agg(
        opponents_total=pl.col("points").sum()
    )
    return player_game_summary.join(totals, on=["game_date", "opponent_team_abbr"]).select(
        *KEY, "opponents_total"
    )


def descending_sort(player_game_summary):
    newest_first = player_game_summary.sort("game_date", descending=True)
    before = pl.col("points").cum_sum().over("player_lookup")
    return newest_first.select(*KEY, descending_sort=before)


def rank_of_the_season(player_game_summary):
    means = player_game_summary.select(*KEY, mean=pl.col("points").mean().over("player_lookup"))
    return means.select(*KEY, rank_of_the_season=pl.col("mean").rank())


def wrong_date(upcoming_player_game_context, player_game_summary):
    after = player_game_summary.sort("game_date").select(*KEY, wrong_date="points")
    return (
        upcoming_player_game_context.select(KEY)
        .sort("game_date")
        .join_asof(after, on="game_date", by="player_lookup", strategy="forward")
    )


def target_encoding(player_game_summary):
    encoded = pl.col("points").mean().over("opponent_team_abbr")
    return player_game_summary.select(*KEY, target_encoding=encoded)


def known_afterwards(player_game_summary):
    return player_game_summary.select(*KEY, known_afterwards=pl.col("minutes_played"))


LEAKS = (
    *(own_value, window_with_the_game, season_mean, opponents_total, descending_sort),
    *(rank_of_the_season, wrong_date, target_encoding, known_afterwards),
)


@pytest.mark.parametrize("leaks", [(own_value, season_mean), slow(LEAKS)], ids=["two", "nine"])
def test_leaks_are_named_before_a_model_sees_them(leaks, try_out):
    trial = try_out(*leaks)
    assert trial.verdict.word == "LEAK"
    assert trial.found.judged is trial.found.screen is None
    told = {reason.partition(" ")[0] for reason in trial.verdict.reasons}
    names = {f.name if f is season_mean else f.__name__ for f in leaks}
    assert told == names


def restated_later(upcoming_player_game_context):
    return upcoming_player_game_context.select(*KEY, restated_later="game_total")


def test_what_was_written_after_the_game_trips_the_wire(try_out):
    trial = try_out(restated_later)
    assert trial.verdict.word == "LEAK"
    assert "SUSPECTED" in trial.verdict.reasons[0]
    assert not any(found.differing for found in trial.found.leaks)


# honest features


def test_a_planted_lift_is_found(try_out):
    feature = past("fouls_before", pl.col("personal_fouls"))
    how = replace(HOW, folds=FoldRule(1200, 14), model=replace(HOW.model, rounds=30))
    trial = try_out(feature, how=how)
    assert trial.verdict.word == "LIFT", trial.verdict


@pytest.mark.slow
def test_a_trial_is_the_same_again(try_out):
    feature = past("fouls_before", pl.col("personal_fouls"))
    trial, again = try_out(feature), try_out(feature)
    assert again.number == trial.number + 1
    assert again.found.judged == trial.found.judged
    assert again.verdict == trial.verdict


def noise(number):
    def made(upcoming_player_game_context):
        value = pl.struct(KEY).hash(seed=number).cast(pl.Float64) / 2.0**64
        return upcoming_player_game_context.select(*KEY, value.alias(made.__name__)).unique(KEY)

    made.__name__ = f"noise_{number}"
    return made


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_noise_column_is_no_lift(try_out, number):
    assert try_out(noise(number)).verdict.word in ("NOISE", "PROMISING")


def test_a_copy_of_a_baseline_feature_is_dead(try_out):
    trial = try_out(mean("copied", "points", last=10, digits=1))
    assert trial.verdict.word == "DEAD"
    assert "points_avg_last_10" in trial.verdict.reasons[0]


def half_of_the_season(upcoming_player_game_context):
    known = upcoming_player_game_context.filter(pl.col("game_date") < dt.date(2021, 11, 15))
    return known.unique(KEY).select(*KEY, half_of_the_season=pl.lit(1.0))


def test_a_feature_that_is_often_missing_gets_no_verdict(try_out):
    assert try_out(half_of_the_season).verdict.word == "NO VERDICT"


# input that cannot be judged


def raises(player_game_summary):
    return len(player_game_summary.collect_schema()) / 0


def infinite(upcoming_player_game_context):
    return upcoming_player_game_context.unique(KEY).select(*KEY, infinite=pl.lit(1.0) / 0.0)


def all_null(upcoming_player_game_context):
    return upcoming_player_game_context.unique(KEY).select(*KEY, all_null=pl.lit(None, pl.Float64))


def text(upcoming_player_game_context):
    return upcoming_player_game_context.unique(KEY).select(*KEY, text="team_abbr")


def other_grain(player_game_summary):
    return player_game_summary.group_by("team_abbr").agg(other_grain=pl.col("points").mean())


def two_rows(player_game_summary):
    rows = player_game_summary.select(*KEY, two_rows="points")
    return pl.concat([rows, rows])


def no_table(player_scores):
    return player_scores


BAD = {
    raises: "ZeroDivisionError",
    infinite: "infinite",
    all_null: "NULL",
    text: "String",
    other_grain: "no column `player_lookup`",
    two_rows: "repeat their key",
    no_table: "no table",
    mean("no_column", "shoe_size", last=3): "shoe_size",
}


@pytest.mark.parametrize("feature", BAD, ids=lambda f: getattr(f, "name", "") or f.__name__)
def test_bad_input_is_an_error_with_its_name_and_nothing_is_kept(try_out, project, feature):
    before = len(lab.entries(project))
    with pytest.raises(NbaLocalError, match=BAD[feature]) as raised:
        try_out(feature)
    name = getattr(feature, "name", None) or feature.__name__
    assert name in str(raised.value)
    assert len(lab.entries(project)) == before


def test_a_file_that_fails_says_the_line(tmp_path):
    file = tmp_path / "bad.py"
    file.write_text("x = 1\ny = x / 0\nFEATURES = ()\n")
    with pytest.raises(NbaLocalError, match=r"bad.py:2: ZeroDivisionError"):
        from_file(file)


# the ledger


def test_the_ledger_is_append_only(try_out, project):
    trial = try_out(half_of_the_season)
    with closing(sqlite3.connect(project.store.root / "lab" / "ledger.sqlite")) as db:
        for sql in ("UPDATE trials SET verdict = 'LIFT'", "DELETE FROM trials"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                db.execute(sql)
    assert lab.entry(project, trial.number).verdict == "NO VERDICT"


@pytest.mark.slow
def test_an_interrupted_trial_leaves_nothing_and_can_be_run_again(try_out, project, monkeypatch):
    feature = past("steals_before", pl.col("steals"))
    before = len(lab.entries(project))

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(stages, "lines_of", interrupted)
        with pytest.raises(KeyboardInterrupt):
            try_out(feature)
    assert len(lab.entries(project)) == before
    assert try_out(feature).number


def test_a_killed_training_process_is_an_error(try_out, project, monkeypatch):
    before = len(lab.entries(project))
    monkeypatch.setattr(processes.sys, "executable", "/bin/false")
    with pytest.raises(ClusterError, match="3 worker processes died of it"):
        try_out(past("blocks_before", pl.col("blocks")))
    assert len(lab.entries(project)) == before


def test_a_full_disk_keeps_no_half_trial(try_out, project, monkeypatch):
    before = len(lab.entries(project))

    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(LabLedger, "_add", staticmethod(full))
    with pytest.raises(NbaLocalError):
        try_out(half_of_the_season)
    assert len(lab.entries(project)) == before


# the road


def test_try_list_show_compare_export(project, tmp_path):
    file = tmp_path / "assists.py"
    file.write_text(
        '"""Who passes more scores less."""\nfrom pipelines.windows import mean\n'
        'FEATURES = (mean("assists_last_3", "assists", last=3),)\n'
    )
    stages_told: list[str] = []
    trial = lab.try_out(
        project, Asked(file, ("2021-22",)), HOW, lambda stage, _: stages_told.append(stage)
    )
    assert stages_told[:3] == ["matrix", "values", "leaks"]
    assert stages_told[-2:] == ["verdict", "kept"]
    html = lab.report_path(project, trial.number).read_text()
    assert html == document(trial)
    assert "<svg" in html
    assert "http" not in html
    assert len(repr(trial)) < 300
    assert "assists_last_3" in trial._repr_html_()
    kept = lab.entry(project, trial.number)
    assert kept.hypothesis == "Who passes more scores less."
    assert "assists_last_3" in kept.record["columns"]
    assert kept.record["code"] == file.read_text()
    same = lab.compare(project, trial.number, trial.number)
    assert same.difference.mean == 0.0
    with pytest.raises(UsageError, match="no trial 999"):
        lab.entry(project, 999)
    to = tmp_path / "matrix.parquet"
    rows = lab.export(project, ["2021-22"], "", to)
    made = pl.read_parquet(to)
    assert made.height == rows == made.select(KEY).n_unique()
    assert made["target"].null_count() == 0
    with project.reading(raw_only=True) as work:
        assert folder(work).is_dir()


def test_the_matrix_from_python(project):
    import nba_local

    data = str(project.store.root)
    rows = nba_local.frame("2021-22", features=["points_avg_last_5"], target="points", data=data)
    assert isinstance(rows, pl.LazyFrame)
    assert rows.collect_schema().names() == [*KEY, "season", "target", "line", "points_avg_last_5"]
    with pytest.raises(UsageError, match="points_avg_last_6"):
        nba_local.frame("2021-22", features=["points_avg_last_6"], data=data)


def test_the_commands_say_what_they_found(project, capsys):
    with pytest.raises(SystemExit) as ended:
        app(["lab", "list", "--data", str(project.store.root)])
    assert ended.value.code == 0
    assert "verdict" in capsys.readouterr().out


@pytest.mark.parametrize("command", lab_verbs.registered_commands, ids=lambda c: c.name)
def test_every_verb_ends_its_help_with_two_examples(command, capsys):
    with pytest.raises(SystemExit):
        app(["lab", command.name, "--help"])
    *_, title, first, second = capsys.readouterr().out.rstrip().splitlines()
    assert title.strip() == "Examples:"
    for line in (first, second):
        assert line.strip().startswith(f"nba-local lab {command.name}")


def test_ranges_of_seasons():
    assert [str(s) for s in opening.seasons_in(["2021-22..2023-24"])] == [
        "2021-22",
        "2022-23",
        "2023-24",
    ]
    with pytest.raises(UsageError, match="ends before"):
        opening.seasons_in(["2023-24..2021-22"])
