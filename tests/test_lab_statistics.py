"""What the lab believes: folds, intervals that cover, corrections, and the verdict's words."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import polars as pl
import pytest

from nba_local.errors import UsageError
from nba_local.lab.folds import FoldRule, walk_forward
from nba_local.lab.judging import FOLD, Losses
from nba_local.lab.results import CANDIDATE, Judged
from nba_local.lab.statistics import (
    NO_LUCK,
    Estimate,
    benjamini_yekutieli,
    estimate,
    luck_of,
    reliance,
)
from nba_local.lab.verdict import (
    DEAD,
    LIFT,
    NOISE,
    PROMISING,
    copies,
    judged,
    trips,
    uncovered,
)

START = dt.date(2021, 11, 1)


def days(count, rows=10):
    return [START + dt.timedelta(days=i) for i in range(count) for _ in range(rows)]


def test_folds_walk_forward_and_no_date_is_on_both_sides():
    dates = days(60)
    folds = walk_forward(dates, FoldRule(warm_rows=195, days=14))
    assert folds[0].start == 200  # the date under way is finished first
    assert folds[-1].end == len(dates)
    for fold, after in itertools.pairwise(folds):
        assert fold.end == after.start
    for fold in folds:
        assert dates[fold.start - 1] < fold.first <= fold.last


def test_too_few_rows_are_refused():
    with pytest.raises(UsageError, match="too few"):
        walk_forward(days(5), FoldRule(warm_rows=50))


def dependent(kind, rng, dates):
    """Differences by date with mean 0: an autoregression, or a week that shares its luck."""
    if kind == "autoregression":
        noise, values = rng.normal(size=dates + 50), np.zeros(dates + 50)
        for i in range(1, len(values)):
            values[i] = 0.5 * values[i - 1] + noise[i]
        return values[50:]
    weeks, begin = rng.normal(size=dates // 7 + 2), rng.integers(7)
    return np.repeat(weeks, 7)[begin : begin + dates] + rng.normal(size=dates)


@pytest.mark.parametrize("kind", ["autoregression", "weeks"])
def test_intervals_cover_under_dependence_between_dates(kind):
    rng, tries, dates, true = np.random.default_rng(5), 700, 640, 0.013
    covered = 0
    for _ in range(tries):
        rows = rng.integers(60, 250, size=dates).astype(float)
        found = estimate((dependent(kind, rng, dates) * 0.1 + true) * rows, rows)
        covered += found.low <= true <= found.high
    assert 0.93 <= covered / tries <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("weeks_in_fold", [4, 8])
def test_intervals_cover_the_luck_of_a_training_too(weeks_in_fold):
    """A training is lucky for a whole fold, and by date; the controls are three and two trainings.

    Without what the controls say, intervals over dates alone cover much less.
    """
    rng, tries, dates, true = np.random.default_rng(8), 700, 448, -0.02
    folds = np.arange(dates) // (7 * weeks_in_fold)
    covered = by_dates_alone = 0
    for _ in range(tries):
        rows = rng.integers(60, 250, size=dates).astype(float)
        lucky = rng.normal(0, 0.06, size=(6, folds.max() + 1))[:, folds]
        lucky = (lucky + rng.normal(0, 0.05, size=(6, dates))) * rows
        candidate, baselines, noises = lucky[0], lucky[1:4], lucky[4:]
        candidate = candidate + (dependent("autoregression", rng, dates) * 0.1 + true) * rows
        losses = Losses.of(
            pl.DataFrame(
                {"rows": rows, FOLD: folds, CANDIDATE: candidate}
                | dict(zip("abcde", [*baselines, *noises], strict=True))
            ),
            ("a", "b", "c"),
            ("d", "e"),
        )
        found = losses.gain()
        narrow = estimate(candidate - losses.usual, rows)
        covered += found.low <= true <= found.high
        by_dates_alone += narrow.low <= true <= narrow.high
    assert 0.93 <= covered / tries <= 0.97
    assert by_dates_alone / tries < 0.91


def test_a_difference_leans_on_its_twin_as_far_as_they_err_alike():
    rng = np.random.default_rng(4)
    rows, twin, others = np.full(300, 100.0), rng.normal(size=300), rng.normal(size=300)
    control = twin - (twin + others) / 2
    assert reliance(np.zeros(300), control, rows) == 0.0
    assert reliance(twin * 0.0, control * 0.0, rows) == 1.0
    apart = reliance(rng.normal(size=300) - twin, control, rows)
    assert 0.8 < apart <= 1.0
    assert 0.3 < reliance(0.5 * (rng.normal(size=300) - twin), control, rows) < apart


def test_trainings_that_differ_by_date_alone_add_nothing_that_dates_do_not_show():
    """On average; with controls alike there is no luck at all."""
    rng, dates = np.random.default_rng(3), 448
    rows, folds = np.full(dates, 100.0), np.arange(dates) // 56
    assert luck_of([np.ones((3, dates))], rows, folds) == NO_LUCK
    found = [luck_of([rng.normal(size=(3, dates)) * rows], rows, folds).variance for _ in range(50)]
    assert np.mean(found) < 0.35 / dates  # of a variance of 1 / dates that dates show
    lucky = [
        luck_of([rng.normal(size=(3, 8))[:, folds] * rows], rows, folds).variance for _ in range(50)
    ]
    assert np.mean(lucky) == pytest.approx(1 / 8, rel=0.5)  # a fold is an eighth of the dates


def test_the_same_numbers_give_the_same_interval():
    rng = np.random.default_rng(1)
    totals, rows = rng.normal(size=100), np.full(100, 20.0)
    assert estimate(totals, rows) == estimate(totals, rows)


def test_more_dates_see_smaller_differences():
    rng = np.random.default_rng(2)
    totals, rows = rng.normal(size=640), np.ones(640)
    few, many = estimate(totals[:160], rows[:160]), estimate(totals, rows)
    assert many.visible < few.visible


def test_two_weeks_of_dates_say_nothing():
    found = estimate(np.ones(14), np.ones(14))
    assert not found.excludes_zero
    assert found.p == 1.0


def test_the_correction_grows_with_the_number_of_trials():
    assert benjamini_yekutieli([0.01]) == [0.01]
    assert benjamini_yekutieli([0.01, 0.9, 0.8])[0] == pytest.approx(0.01 * 3 * (1 + 1 / 2 + 1 / 3))


def difference(mean, reach, p):
    return Estimate(mean, mean - reach, mean + reach, p, 640, 80_000, 2 * reach)


BETTER = difference(-0.02, 0.006, 1e-6)
NOTHING = difference(0.0, 0.004, 1.0)


def figures(pooled, seasons=None, over_noise=None):
    """What a model may say of a candidate, for the rule that turns it into a verdict."""
    return Judged(
        pooled, over_noise or pooled, seasons or {"2021-22": pooled}, NOTHING, NOTHING, NO_LUCK,
        {}, {},
    )  # fmt: skip


def test_a_lift_is_one_in_every_season_and_after_correction():
    assert judged(figures(BETTER), [0.5] * 10).word == LIFT


def test_another_sign_in_one_season_is_only_promising():
    seasons = {"2021-22": BETTER, "2022-23": difference(0.001, 0.01, 0.8)}
    found = judged(figures(BETTER, seasons), [])
    assert found.word == PROMISING
    assert "2022-23" in found.reasons[1]


def test_many_trials_make_a_small_p_only_promising():
    small = figures(difference(-0.01, 0.009, 0.03))
    assert judged(small, []).word == LIFT
    assert judged(small, [0.5] * 20).word == PROMISING


def test_what_is_no_better_than_a_column_of_noise_is_noise():
    found = judged(figures(BETTER, over_noise=difference(-0.005, 0.006, 0.1)), [])
    assert found.word == NOISE
    assert "noise" in found.reasons[1]


def test_the_p_of_a_trial_is_that_of_a_lift():
    """Trials that make the error grow for sure must not make the correction milder."""
    assert figures(difference(0.02, 0.006, 1e-6)).p == 1.0
    weaker = difference(-0.01, 0.009, 0.03)
    assert figures(BETTER, over_noise=weaker).p == figures(weaker, over_noise=BETTER).p == 0.03
    assert figures(BETTER, over_noise=difference(0.001, 0.01, 0.8)).p == 1.0


@pytest.mark.parametrize("mean", [-0.001, 0.02])
def test_no_difference_and_a_worse_error_are_noise(mean):
    assert judged(figures(difference(mean, 0.005, 0.5)), []).word == NOISE


def test_a_season_without_the_feature_is_named():
    (reason,) = uncovered({"height": {"2021-22": 0.99, "2022-23": 0.1}})
    assert "height" in reason
    assert "2022-23" in reason


def test_the_tripwire():
    assert trips(4.55, 4.57, 0.01, None) is None
    assert "LEAK" in (trips(3.8, 4.57, 0.01, None) or "")
    assert "line" in (trips(4.40, 4.41, 0.01, (4.4, 4.7)) or "")


def test_dead_only_where_every_feature_is():
    assert copies(["a", "b"], {"a": "is a copy"}) is None
    found = copies(["a"], {"a": "is a copy"})
    assert found is not None
    assert found.word == DEAD
