"""The projection, and the theorem that ties it to the constrained models."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from fairlearnkit.constraints import check_constraint
from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.preprocessing import ParityProjection
from fairlearnkit.svm import ParityLinearSVC


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    group = rng.integers(0, 3, 300)
    X = rng.normal(size=(300, 6)) + 0.6 * np.outer(group, rng.normal(size=6)) + 1
    f = X @ rng.normal(size=6) + rng.normal(size=300)
    y = f + 0.7 * rng.normal(size=300) > np.median(f)
    return X, y.astype(int), group, f


CONSTRAINTS = [
    "demographic_parity",
    "equal_opportunity",
    "equalized_odds",
    "decorrelation",
]


@pytest.mark.parametrize("constraint", CONSTRAINTS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("ordinary", "constrained"),
    [
        (
            LogisticRegression(tol=1e-12, max_iter=10_000),
            ParityLogisticRegression(tol=1e-12),
        ),
        (SVC(kernel="linear", tol=1e-9), ParityLinearSVC(loss="hinge", tol=1e-12)),
        (Ridge(), ParityRidge()),
    ],
)
def test_the_theorem(data, constraint, weighted, ordinary, constrained):
    """Projection, then the ordinary model = the model under the equality."""
    X, y, group, _ = data
    w = np.random.default_rng(1).uniform(0.5, 2, 300) if weighted else None
    constrained.set_params(constraint=constraint)
    constrained.fit(X, y, sensitive_features=group, sample_weight=w)
    projection = ParityProjection(constraint=constraint)
    Z = projection.fit_transform(X, y, sensitive_features=group, sample_weight=w)
    ordinary.fit(Z, y, sample_weight=w)
    assert_allclose(ordinary.coef_, constrained.coef_, atol=1e-4)
    assert_allclose(ordinary.intercept_, constrained.intercept_, atol=1e-4)
    assert_allclose(Z @ constrained.coef_.T, X @ constrained.coef_.T, atol=1e-10)


def test_the_theorem_in_a_pipeline(data):
    X, y, group, _ = data
    with sklearn.config_context(enable_metadata_routing=True):
        pipe = make_pipeline(ParityProjection(), LogisticRegression(tol=1e-12))
        pipe.fit(X, y, sensitive_features=group)
    model = ParityLogisticRegression(max_gap=0, tol=1e-12)
    model.fit(X, y, sensitive_features=group)
    assert_allclose(pipe.decision_function(X), model.decision_function(X), atol=1e-4)
    assert_array_equal(pipe.predict(X), model.predict(X))


@pytest.mark.parametrize("constraint", CONSTRAINTS)
@pytest.mark.parametrize("method", ["orthogonal", "elimination"])
@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_gaps_shrink_by_the_strength(data, constraint, method, strength):
    X, y, group, _ = data
    projection = ParityProjection(
        constraint=constraint, method=method, strength=strength
    )
    Z = projection.fit_transform(X, y, sensitive_features=group)
    contrasts = check_constraint(constraint).contrasts(y, group)
    before, after = contrasts.gaps(X), contrasts.gaps(Z)
    if Z.shape == X.shape:
        assert_allclose(after, (1 - strength) * before, atol=1e-12)
        norms = np.linalg.norm(after, axis=1)
        assert_allclose(projection.gap_, norms.max(), atol=1e-12)
    else:
        assert_allclose(after, 0, atol=1e-12)
        assert projection.gap_ < 1e-12
    if strength == 0:
        assert_allclose(Z, X, atol=1e-14)


def test_of_equal_features_the_first_is_eliminated(data):
    """Whatever the order of the rows, and so the rounding of means."""
    X, _, group, _ = data
    X = np.column_stack([X, X])
    rng = np.random.default_rng(0)
    for _ in range(20):
        rows = rng.permutation(len(X))
        model = ParityProjection(method="elimination")
        model.fit(X[rows], sensitive_features=group[rows])
        assert (model.pivots_ < X.shape[1] / 2).all()


def test_elimination_takes_the_pivot_of_largest_weight(data):
    X, _, group, _ = data
    group, X = group == 0, X.copy()
    X[group, 2] -= 9.0  # the largest difference, with a negative sign
    u = X[group].mean(axis=0) - X[~group].mean(axis=0)
    projection = ParityProjection(method="elimination")
    Z = projection.fit_transform(X, sensitive_features=group)
    assert projection.pivots_.tolist() == [2] == [np.argmax(np.abs(u))]
    expected = np.delete(X - np.outer(X[:, 2] / u[2], u), 2, axis=1)
    assert_allclose(Z, expected, atol=1e-12)


def test_elimination_reaches_the_same_scores_without_a_penalty(data):
    """Both methods span the same constrained linear scores."""
    X, _, group, f = data
    predictions = []
    for method in ("orthogonal", "elimination"):
        projection = ParityProjection(method=method)
        Z = projection.fit_transform(X, sensitive_features=group)
        Z1 = np.column_stack([Z, np.ones(300)])
        predictions.append(Z1 @ np.linalg.lstsq(Z1, f, rcond=None)[0])
    assert_allclose(*predictions, atol=1e-8)


def test_names_and_frames(data):
    X, _, group, _ = data
    frame = pd.DataFrame(X, columns=list("pqrstu"))
    orthogonal = ParityProjection().set_output(transform="pandas")
    Z = orthogonal.fit_transform(frame, sensitive_features=group)
    assert Z.columns.tolist() == list("pqrstu")
    elimination = ParityProjection(method="elimination").set_output(transform="pandas")
    Z = elimination.fit_transform(frame, sensitive_features=group)
    kept = np.delete(np.array(list("pqrstu")), elimination.pivots_)
    assert Z.columns.tolist() == kept.tolist()
    assert len(elimination.pivots_) == 2
    half = ParityProjection(method="elimination", strength=0.5)
    half.fit(frame, sensitive_features=group)
    assert half.get_feature_names_out().tolist() == list("pqrstu")


def test_groups_are_not_needed_to_transform(data):
    X, _, group, _ = data
    projection = ParityProjection().fit(X, sensitive_features=group)
    rows = np.vstack([projection.transform(row[None]) for row in X[:20]])
    assert_allclose(rows, projection.transform(X)[:20], atol=1e-12)


@pytest.mark.parametrize("method", ["orthogonal", "elimination"])
def test_float32_is_kept(data, method):
    X, _, group, _ = data
    projection = ParityProjection(method=method)
    Z = projection.fit_transform(X.astype(np.float32), sensitive_features=group)
    assert Z.dtype == np.float32
    expected = projection.fit_transform(X, sensitive_features=group)
    assert_allclose(Z, expected, atol=1e-5)


def test_nothing_to_remove_warns(data):
    X, _, _, _ = data
    X, group = np.vstack([X, X]), np.repeat([0, 1], 300)
    for method in ("orthogonal", "elimination"):
        projection = ParityProjection(method=method)
        with pytest.warns(UserWarning, match="nothing to remove"):
            Z = projection.fit_transform(X, sensitive_features=group)
        assert_allclose(Z, X)
        assert projection.gap_ < 1e-12


def test_messages(data):
    X, y, group, _ = data
    with pytest.raises(ValueError, match="sensitive_features is required"):
        ParityProjection().fit(X)
    with pytest.raises(ValueError, match="has 299 rows but X has 300"):
        ParityProjection().fit(X, sensitive_features=group[1:])
    with pytest.raises(ValueError, match="needs class labels y; got none"):
        ParityProjection(constraint="equal_opportunity").fit(
            X, sensitive_features=group
        )
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        ParityProjection().fit(X, y[1:], sensitive_features=group)


def test_removing_everything_warns():
    rng = np.random.default_rng(0)
    group = rng.integers(0, 3, 300)
    X = rng.normal(size=(300, 2))
    for method, n_left in (("orthogonal", 2), ("elimination", 0)):
        projection = ParityProjection(method=method)
        with pytest.warns(UserWarning, match="removes everything"):
            Z = projection.fit_transform(X, sensitive_features=group)
        assert_allclose(Z, np.zeros((300, n_left)), atol=1e-12)


@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csc_matrix])
def test_sparse_features_are_refused_with_the_models_that_take_them(data, form):
    X, _, group, _ = data
    message = r"shape \(300, 6\).*1.44e-05 GB.*ParityLogisticRegression.*Truncated"
    with pytest.raises(TypeError, match=message):
        ParityProjection().fit(form(X), sensitive_features=group)
    fitted = ParityProjection().fit(X, sensitive_features=group)
    with pytest.raises(TypeError, match=message):
        fitted.transform(form(X))
