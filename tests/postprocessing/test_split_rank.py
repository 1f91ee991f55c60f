"""The bound of split-rank by simulation, and the noise of a row."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.stats import kstest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.frozen import FrozenEstimator

from fairlearnkit._transport.distances import kolmogorov_smirnov
from fairlearnkit._transport.distributions import make_distribution
from fairlearnkit.postprocessing import BarycenterRegressor
from fairlearnkit.postprocessing._split_rank import (
    apply_rank_map,
    ks_bound,
    rank_maps,
    row_uniforms,
)

# Numbers of calibration scores, and noise, with useless and with tied scores: every
# pair of noise and scores, and noise where the bound is far from 0.
CASES = [
    ((20, 30), 0.0, "useless"),
    ((10, 1000), 1e-3, "useless"),
    ((8, 200), 1e-3, "tied"),
    ((30, 30), 0.0, "tied"),
]


def ranked(n):
    return n - n // 2


def simulate(sizes, jitter, n_trials, values):
    """KS distances between new predictions of two groups.

    Over calibration scores and new ones; with the half that gives the quantiles fixed,
    which is where the bound is tight; and of uniform ranks in that half's quantiles.
    """
    rng, fixed = np.random.RandomState(0), None
    found = {"drawn": ([], []), "fixed": ([], [])}
    p = np.array(sizes) / sum(sizes)
    for _ in range(n_trials):
        calibration = [values[s, rng.randint(10, size=n)] for s, n in enumerate(sizes)]
        maps, _ = rank_maps(calibration, p, jitter, rng)
        fixed = fixed or [table for _, _, table in maps]
        for s, (B, ties, drawn) in enumerate(maps):
            x, u = values[s, rng.randint(10, size=40)], rng.uniform(size=40)
            for name, table in (("drawn", drawn), ("fixed", fixed[s])):
                z = apply_rank_map(x, u, B, ties, table, 0.0, jitter)
                found[name][s].append(z)
    drawn, same = (
        kolmogorov_smirnov([make_distribution(np.concatenate(f)) for f in both])
        for both in found.values()
    )
    return drawn, same, kolmogorov_smirnov(list(map(make_distribution, fixed)))


# Ten values, of equal probability, for the scores of each of two groups.
VALUES = {
    "useless": np.array([[0.0] * 10, [1.0] * 10]),
    "tied": np.array(
        [[0.0] * 7 + [0.2] * 2 + [1.0], [0.2] + [0.3] * 3 + [5.0] * 6],
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("sizes", "jitter", "scores"), CASES)
def test_the_bound_holds_and_is_near_attained(sizes, jitter, scores):
    bound, values = ks_bound([ranked(n) for n in sizes]), VALUES[scores]
    assert bound == (0 if sizes == (30, 30) else 2 / (min(sizes) + 2))
    n_trials, error = 1500, 1.5 / np.sqrt(1500)
    drawn, gap, exact = simulate(sizes, jitter, n_trials, values)
    assert drawn <= bound + error
    assert exact <= bound + 1e-12
    assert_allclose(gap, exact, atol=error)
    if jitter and 10 * sizes[0] < sizes[1]:  # every rank has a value of its own
        assert gap > 0.85 * bound


@pytest.mark.slow
def test_ranks_are_uniform_for_tied_scores():
    rng, ranks = np.random.RandomState(1), []
    for _ in range(2000):
        calibration = [rng.choice([0.0, 1.0], 11, p=[0.9, 0.1]) for _ in range(2)]
        (B, ties, _), _ = rank_maps(calibration, np.array([0.5, 0.5]), 0.0, rng)[0]
        table = np.arange(len(B) + 1.0)
        x = rng.choice([0.0, 1.0], 1, p=[0.9, 0.1])
        ranks.append(apply_rank_map(x, rng.uniform(size=1), B, ties, table)[0])
    counts = np.bincount(np.array(ranks, dtype=int), minlength=7)
    assert_allclose(counts / 2000, 1 / 7, atol=0.02)


def test_ranks_by_a_loop():
    rng = np.random.default_rng(0)
    B = np.sort(rng.integers(0, 5, 60).astype(float))
    ties = rng.uniform(size=60)
    order = np.lexsort((ties, B))
    B, ties = B[order], ties[order]
    x, u = rng.integers(-1, 7, 500) / 1.0, rng.uniform(size=500)
    x[::7] += 0.5
    expected = [
        sum((b, t) < (value, tie) for b, t in zip(B, ties)) for value, tie in zip(x, u)
    ]
    assert_array_equal(apply_rank_map(x, u, B, ties, np.arange(61.0)), expected)


def test_table_is_the_papers_formula():
    rng = np.random.RandomState(0)
    scores = [rng.normal(size=21), rng.normal(size=10) + 3, rng.normal(size=2)]
    p = np.array([0.5, 0.3, 0.2])
    state = np.random.RandomState(7)
    maps, pooled = rank_maps(scores, p, 0.0, state)
    state = np.random.RandomState(7)
    halves = []
    for values in scores:
        mixed = state.permutation(values)
        state.uniform(size=len(values))
        halves.append((np.sort(mixed[: len(values) // 2]), mixed[len(values) // 2 :]))
    for (_, second), (B, _, table) in zip(halves, maps):
        assert_array_equal(B, np.sort(second))
        for k in range(len(B) + 1):
            expected = 0
            for share, (A, _) in zip(p, halves):
                place = int(np.ceil(len(A) * k / len(B) - 1e-12))
                expected += share * A[min(max(place, 1), len(A)) - 1]
            assert_allclose(table[k], expected, rtol=1e-14)
    assert len(pooled[0]) == sum(len(B) for B, _, _ in maps)


def test_uniforms_of_rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5000, 3)).round(2)
    X[rng.uniform(size=X.shape) < 0.3] = 0
    u = row_uniforms(X, 3)
    assert (
        kstest(u[np.unique(X, axis=0, return_index=True)[1]], "uniform").pvalue > 0.01
    )
    assert ((u > 0) & (u < 1)).all()
    for form in (
        sparse.csr_matrix(X),
        sparse.csc_array(X),
        pd.DataFrame(X),
        X.tolist(),
    ):
        assert_array_equal(row_uniforms(form, 3), u)
    assert_array_equal(row_uniforms(X[::-1], 3), u[::-1])
    assert_array_equal(row_uniforms(-X * -1.0, 3), u)  # -0.0 is 0.0
    doubled = sparse.csr_matrix((np.full(3, 0.5), [1, 1, 2], [0, 3]), shape=(1, 2**20))
    rows = sparse.csr_matrix(([1.0, 0.5], [1, 2], [0, 2]), shape=(1, 2**20))
    assert row_uniforms(doubled, 3) == row_uniforms(rows, 3)
    other = row_uniforms(X, 4)
    assert abs(np.corrcoef(u, other)[0, 1]) < 0.05
    swapped = X[:, [1, 0, 2]]
    differs = X[:, 0] != X[:, 1]
    assert_array_equal(row_uniforms(swapped, 3) != u, differs)
    neighbours = np.arange(1000.0)[:, None]
    assert kstest(row_uniforms(neighbours, 0), "uniform").pvalue > 0.01


def test_uniforms_of_texts_and_holes():
    frame = pd.DataFrame(
        {
            "job": ["a", "b", None, "a"],
            "kind": pd.Categorical(["x", "y", "x", "x"]),
            "pay": [1.0, np.nan, 2.0, 1.0],
            "flag": [True, False, True, True],
        }
    )
    u = row_uniforms(frame, 0)
    assert len(set(u)) == 3
    assert u[0] == u[3]
    assert_array_equal(row_uniforms(frame.astype(object).to_numpy(), 0), u)
    nullable = frame.assign(flag=pd.array([True, None, True, True], dtype="boolean"))
    assert len(set(row_uniforms(nullable, 0))) == 3
    alone = np.concatenate([row_uniforms(frame.iloc[[i]], 0) for i in range(4)])
    assert_array_equal(alone, u)


class Useless(RegressorMixin, BaseEstimator):
    """The same number for everybody."""

    def fit(self, X, y):
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X):
        return np.full(len(X), 2.0)


@pytest.mark.slow
def test_the_bound_of_the_estimator():
    """With the noise that is computed from rows, all the way through."""
    rng = np.random.default_rng(0)
    model = FrozenEstimator(Useless().fit(np.zeros((2, 2)), [0, 1]))
    group = np.repeat(["a", "b"], [10, 200])
    found = {"a": [], "b": []}
    for seed in range(300):
        X = rng.normal(size=(210, 2))
        regressor = BarycenterRegressor(
            model, algorithm="split-rank", jitter=1e-3, random_state=seed
        ).fit(X, sensitive_features=group)
        for g, values in found.items():
            new = rng.normal(size=(40, 2))
            values.append(regressor.predict(new, sensitive_features=[g] * 40))
            if seed % 20 == 0:
                again = regressor.predict(new[:3], sensitive_features=[g] * 3)
                assert_array_equal(again, values[-1][:3])
    assert regressor.ks_bound_ == 1 / 6
    distributions = [
        make_distribution(np.concatenate(values)) for values in found.values()
    ]
    gap = kolmogorov_smirnov(distributions)
    assert 0.75 / 6 < gap < 1 / 6 + 0.06
