"""Laws of the projection, on samples of few rows, most of them degenerate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn.linear_model import Ridge

from fairlearnkit.linear_model import ParityRidge
from fairlearnkit.preprocessing import ParityProjection
from optimality import cells_of
from strategies import examples, problems, seeds

pytestmark = [
    pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning"),
    pytest.mark.filterwarnings("ignore:ParityProjection removes everything"),
    pytest.mark.filterwarnings("ignore:ParityProjection found nothing to remove"),
    pytest.mark.filterwarnings("ignore:.* predicts the same for every row:UserWarning"),
]
twenty = examples(20)
methods = st.sampled_from(["orthogonal", "elimination"])
strengths = st.sampled_from([0.0, 0.3, 1.0])
# Directions of offsets of 1e5 are known to fewer digits: see test_offsets.py.
KINDS = ["plain", "many groups", "collinear", "separable", "void", "parallel"]


def fit(rows, **parameters):
    X, _, group, weight = rows
    return ParityProjection(**parameters).fit(
        X, sensitive_features=group, sample_weight=weight
    )


def differences(rows):
    """Differences of the means of all groups from the first one's."""
    (cells,) = cells_of(rows.group, rows.weight)
    means = cells @ (rows.X - rows.X.mean(axis=0))
    return means[1:] - means[0]


def move(rows, X=None, **parameters):
    return fit(rows, **parameters).transform(rows.X if X is None else X)


@twenty
@given(rows=problems(), method=methods)
def test_means_agree_at_full_strength(rows, method):
    X = rows.X
    left = differences(rows._replace(X=move(rows, method=method)))
    assert_allclose(left, 0.0, atol=1e-12 * (1 + np.abs(X).max()))


@twenty
@given(rows=problems(KINDS))
def test_it_removes_what_differs_and_no_more(rows):
    """An orthogonal projection, whose rank is that of the differences."""
    model, d = fit(rows), rows.X.shape[1]
    P = model.transform(np.eye(d))
    assert_allclose(P, P.T, atol=1e-12)
    assert_allclose(P @ P, P, atol=1e-12)
    U = differences(rows)
    assert_allclose(U @ P, 0.0, atol=1e-12)
    assert len(model.directions_) == np.linalg.matrix_rank(U, tol=1e-10)
    assert_allclose(np.trace(P), d - len(model.directions_), atol=1e-12)


@twenty
@given(rows=problems(), strength=strengths, method=methods)
def test_strength_is_linear_and_the_gap_is_what_is_left(rows, strength, method):
    if method == "elimination" and strength == 1:
        strength = 0.7  # features are dropped at 1
    X, near = rows.X, 1e-12 * (1 + np.abs(rows.X).max())
    model = fit(rows, strength=strength, method=method)
    full = fit(rows, strength=1 - 1e-13, method=method).transform(X)
    assert_allclose(model.transform(X), X + strength * (full - X), atol=near)
    U = np.vstack([np.zeros(X.shape[1]), differences(rows)])
    apart = (1 - strength) * np.linalg.norm(U[:, None] - U, axis=2)
    assert_allclose(model.gap_, apart.max(), rtol=1e-6, atol=near)


@twenty
@given(rows=problems(KINDS), method=methods, seed=seeds)
def test_order_names_and_repetitions(rows, method, seed):
    X, f, group, weight = rows
    rng = np.random.default_rng(seed)
    order = rng.permutation(np.repeat(np.arange(len(f)), weight))
    renamed = dict(zip("abcdefghi", rng.permutation(list("stuvwxyzä"))))
    labels = np.array([renamed[g] for g in group])
    again = ParityProjection(method=method)
    again.fit(X[order], sensitive_features=labels[order])
    assert_allclose(again.transform(X), move(rows, method=method), atol=1e-9)


@twenty
@given(rows=problems(KINDS), factor=st.sampled_from([1e-9, 0.3, 1e9]), seed=seeds)
def test_turned_moved_and_scaled_features_turn_move_and_scale(rows, factor, seed):
    """Directions are those of differences of means, in any basis."""
    rng, d = np.random.default_rng(seed), rows.X.shape[1]
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    model, shift = fit(rows), rng.normal(size=d)
    changed = rows._replace(X=(rows.X + shift) @ turn * factor)
    expected = model.transform(rows.X + shift) @ turn
    assert_allclose(move(changed) / factor, expected, atol=1e-9)


@twenty
@given(rows=problems(KINDS), alpha=st.sampled_from([0.1, 10.0]))
def test_an_ordinary_model_of_what_is_left_is_the_constrained_one(rows, alpha):
    X, f, group, weight = rows
    model = ParityRidge(alpha=alpha)
    model.fit(X, f, sensitive_features=group, sample_weight=weight)
    Z = move(rows)
    ordinary = Ridge(alpha=alpha).fit(Z, f, sample_weight=weight)
    assert_allclose(ordinary.predict(Z), model.predict(X), atol=1e-7)
