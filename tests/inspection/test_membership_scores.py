"""membership_scores: by hand, in the limit, and what must not change them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from fairlearnkit.inspection import membership_scores


def drawn(n=60, n_models=16, effect=1.0, seed=0):
    """Rows of different levels, effects and variances, and a shift of each model."""
    rng = np.random.default_rng(seed)
    member = rng.uniform(size=(n, n_models)) < 0.5
    level, size = rng.normal(size=(2, n, 1)) * 3.0
    noise = np.exp(rng.normal(size=(n, 1))) * rng.normal(size=(n, n_models))
    return level + effect * np.abs(size) * member + noise, member


def of_entry(signal, member, i, k, prior=8.0):
    """The likelihood ratio of one entry, from its definition, by loops."""
    others = [j for j in range(member.shape[1]) if j != k]
    means, squares, freedom, harmonic, effect = {}, [], [], [], []
    for r in range(len(signal)):
        sides = [
            [signal[r, j] for j in others if member[r, j] == side]
            for side in (True, False)
        ]
        means[r] = [np.mean(side) if side else np.nan for side in sides]
        squares.append(sum(np.var(side) * len(side) for side in sides if side))
        freedom.append(len(others) - sum(map(bool, sides)))
        harmonic.append(len(sides[0]) * len(sides[1]) / len(others))
        effect.append(means[r][0] - means[r][1] if all(sides) else 0.0)
    harmonic, effect = np.array(harmonic), np.array(effect)
    pooled = np.sum(harmonic * effect) / harmonic.sum()
    h = harmonic[i]
    shrunk = (h * effect[i] + prior / 4 * pooled) / (h + prior / 4)
    n_in = sum(member[i, j] for j in others)
    center = np.mean(signal[i, others])
    low = center - shrunk * n_in / len(others)
    variance = squares[i] + prior * sum(squares) / sum(freedom)
    sd = np.sqrt(variance / (freedom[i] + prior))
    s = signal[i, k]
    return norm.logpdf(s, low + shrunk, sd) - norm.logpdf(s, low, sd)


def test_the_definition():
    signal, member = drawn(12, 6)
    member[3], member[4] = True, False  # no model out, no model in
    scores = membership_scores(signal, member)
    expected = [[of_entry(signal, member, i, k) for k in range(6)] for i in range(12)]
    assert_allclose(scores.likelihood_ratio, expected, rtol=1e-9)
    others = np.array([1, 2, 3, 4, 5])[~member[0, 1:]]
    mean_out = signal[0, others].mean()
    assert_allclose(scores.calibrated[0, 0], signal[0, 0] - mean_out)
    # Out of all models, only the level of a row is known; in all, its mean out is not.
    assert_allclose(scores.calibrated[4, 0], signal[4, 0] - signal[4, 1:].mean())
    assert np.isfinite(scores.calibrated[3]).all()


def test_known_normal_distributions_in_the_limit():
    rng = np.random.default_rng(1)
    member = rng.uniform(size=(3, 20_000)) < 0.5
    effect, sd = np.array([[1.0], [2.0], [0.5]]), np.array([[1.0], [3.0], [0.2]])
    signal = 5.0 + effect * member + sd * rng.normal(size=member.shape)
    exact = effect * (signal - 5.0 - effect / 2.0) / sd**2
    found = membership_scores(signal, member).likelihood_ratio
    assert_allclose(found, exact, rtol=0.1, atol=0.1)


@given(st.integers(0, 10**6))
def test_what_must_not_change_them(seed):
    signal, member = drawn(20, 8, seed=seed)
    scores = membership_scores(signal, member)
    rng = np.random.default_rng(seed)
    rows, models = rng.permutation(20), rng.permutation(8)
    again = membership_scores(signal[rows][:, models], member[rows][:, models])
    shifted = membership_scores(7.0 * (signal + rng.normal(size=(20, 1))), member)
    for name, values in scores.items():
        assert_allclose(again[name], values[rows][:, models], rtol=1e-6, atol=1e-8)
        scale = 7.0 if name == "calibrated" else 1.0
        assert_allclose(shifted[name], scale * values, rtol=1e-6, atol=1e-7)
    # Members in place of non-members: the evidence has the other sign.
    swapped = membership_scores(signal, ~member).likelihood_ratio
    assert_allclose(swapped, -scores.likelihood_ratio, rtol=1e-6, atol=1e-8)


def test_the_own_entry_of_the_target_is_not_used():
    signal, member = drawn()
    before = membership_scores(signal, member)
    member[:, 0] = ~member[:, 0]
    after = membership_scores(signal, member)
    for name in before:
        assert_allclose(after[name][:, 0], before[name][:, 0])
        assert (after[name][:, 1] != before[name][:, 1]).any()


def test_independent_halves_are_unbiased_and_balanced_ones_are_not():
    """A row in exactly half of the models: its other memberships tell the own one."""
    areas = {"independent": [], "balanced": []}
    for seed in range(40):
        rng = np.random.default_rng(seed)
        signal = rng.normal(size=(400, 8))
        ranks = rng.uniform(size=signal.shape).argsort(axis=1).argsort(axis=1)
        halves = {
            "independent": rng.uniform(size=(400, 8)) < 0.5,
            "balanced": ranks < 4,
        }
        for name, member in halves.items():
            score = membership_scores(signal, member).likelihood_ratio
            areas[name].append(roc_auc_score(member.ravel(), score.ravel()))
    error = np.std(areas["independent"]) / np.sqrt(40)
    assert abs(np.mean(areas["independent"]) - 0.5) < 3.0 * error
    assert np.mean(areas["balanced"]) < 0.49


def test_finite_where_nothing_varies():
    member = drawn(30, 8)[1]
    constant = membership_scores(np.full((30, 8), 3.0), member)
    assert not constant.likelihood_ratio.any()
    assert not constant.calibrated.any()
    known = membership_scores(1.0 * member, member)
    assert np.isfinite(known.likelihood_ratio).all()
    assert ((known.likelihood_ratio > 0) == member).all()


def test_large_offsets_lose_no_digits():
    signal, member = drawn()
    plain = membership_scores(signal, member).likelihood_ratio
    offset = membership_scores(signal + 1e8, member).likelihood_ratio
    assert_allclose(offset, plain, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s, m: (s, m.astype(int)), r"member has the dtype int.*must be boolean"),
        (lambda s, m: (s, m.T), r"shape \(16, 60\).*shape of signal, \(60, 16\)"),
        (lambda s, m: (s[:, :2], m[:, :2]), "2 models: at least 3"),
        (lambda s, m: (s, m | True), "same everywhere"),
        (lambda s, m: (s * np.inf, m), "Input signal contains infinity|NaN"),
    ],
)
def test_errors(change, message):
    with (
        np.errstate(invalid="ignore"),
        pytest.raises(ValueError, match=message),
    ):
        membership_scores(*change(*drawn()))
