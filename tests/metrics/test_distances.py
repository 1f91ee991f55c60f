"""Distances of score distributions, by hand and by scipy."""

from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import ks_2samp, wasserstein_distance
from sklearn.base import BaseEstimator

from fairlearnkit._transport import distances
from fairlearnkit._transport.distributions import distributions_by_group
from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.metrics import (
    ks_gap,
    parity_scorer,
    score_gap,
    strong_demographic_disparity,
    wasserstein_unfairness,
)

METRICS = [ks_gap, strong_demographic_disparity, wasserstein_unfairness]


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    group = rng.choice(["a", "b", "c"], 600, p=[0.2, 0.3, 0.5])
    scores = rng.normal(size=600) * (1 + (group == "b")) + 0.5 * (group == "c")
    return scores.round(2), group


def test_by_scipy(data):
    scores, group = data
    parts = [scores[group == g] for g in "abc"]
    pairs = [(a, b) for i, a in enumerate(parts) for b in parts[i + 1 :]]
    known = {
        ks_gap: max(ks_2samp(a, b).statistic for a, b in pairs),
        strong_demographic_disparity: max(wasserstein_distance(a, b) for a, b in pairs),
    }
    for metric, expected in known.items():
        found = metric(None, scores, sensitive_features=group)
        assert_allclose(found, expected, rtol=1e-12)
        assert isinstance(found, float)


def test_unfairness_by_a_fine_grid(data):
    scores, group = data
    u = (np.arange(200_000) + 0.5) / 200_000
    p = np.array([np.mean(group == g) for g in "abc"])
    Q = [np.quantile(scores[group == g], u, method="inverted_cdf") for g in "abc"]
    expected = p @ ((np.array(Q) - p @ np.array(Q)) ** 2).mean(axis=1)
    found = wasserstein_unfairness(None, scores, sensitive_features=group)
    assert_allclose(found, expected, rtol=1e-4)


def test_disparity_is_the_mean_over_thresholds():
    rng = np.random.default_rng(1)
    group = np.repeat(["a", "b"], [200, 300])
    p = rng.beta(2, 2 + (group == "b"))
    thresholds = (np.arange(20_000) + 0.5) / 20_000
    rates = [(p[group == g, None] > thresholds).mean(axis=0) for g in "ab"]
    found = strong_demographic_disparity(None, p, sensitive_features=group)
    assert_allclose(found, np.abs(rates[0] - rates[1]).mean(), rtol=1e-3)
    assert found >= score_gap(None, p, sensitive_features=group) - 1e-12


@pytest.mark.parametrize("metric", METRICS)
def test_errors(metric):
    group = ["a"] * 10 + ["b"] * 10
    with pytest.raises(ValueError, match="y_score is None: pass one score"):
        metric(None, None, sensitive_features=group)
    with pytest.raises(ValueError, match="y_score contains NaN"):
        metric(None, [np.nan] * 20, sensitive_features=group)
    for text in (np.array(["yes"] * 20), ["no"] * 20, np.array(["no"] * 20, object)):
        with pytest.raises(ValueError, match=r"y_score holds text such as '(yes|no)'"):
            metric(None, text, sensitive_features=group)
    with pytest.raises(ValueError, match="has 20 rows but y_score has 19"):
        metric(None, np.arange(19.0), sensitive_features=group)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        metric([1, 2], np.arange(20.0), sensitive_features=group)
    with pytest.raises(ValueError, match="without a row of positive weight: a: 0"):
        metric(
            None,
            np.arange(20.0),
            sensitive_features=group,
            sample_weight=[0] * 10 + [1] * 10,
        )
    with pytest.warns(SmallGroupWarning, match="a: 9, b: 11"):
        metric(None, np.arange(20.0), sensitive_features=["a"] * 9 + ["b"] * 11)
    missing = [None] * 10 + group
    scores = np.arange(30.0)
    ignored = metric(None, scores, sensitive_features=missing, missing="ignore")
    assert ignored == metric(None, scores[10:], sensitive_features=group)


@pytest.mark.parametrize("metric", METRICS)
def test_scorers(metric, data):
    scores, group = data

    class Given(BaseEstimator):
        def fit(self, X):
            return self

        def predict(self, X):
            return X[:, 0]

    scorer = parity_scorer(metric.__name__)
    found = scorer(Given(), scores[:, None], None, sensitive_features=group)
    assert found == -metric(None, scores, sensitive_features=group)


@pytest.mark.slow
def test_few_pairs_of_many_groups_are_looked_at(monkeypatch):
    rng = np.random.default_rng(0)
    group = np.append(np.repeat(np.arange(150), 12), rng.integers(0, 9, 2000))
    scores = rng.normal(size=len(group)) + 0.5 * rng.normal(size=150)[group]
    looked_at, own = [], distances._wasserstein_from

    def counted(reference, others):
        looked_at.append(len(others))
        return own(reference, others)

    monkeypatch.setattr(distances, "_wasserstein_from", counted)
    found = strong_demographic_disparity(None, scores, sensitive_features=group)
    assert 0 < sum(looked_at) < 150 * 149 / 2 / 10
    each = distributions_by_group(scores, group, 150)
    worst = max(distances.wasserstein(x, y) for x, y in combinations(each, 2))
    assert found == worst
