"""What kernel models promise beside the laws of tests/properties."""

import pickle

import cvxpy as cp
import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import SVC, SVR

from fairlearnkit._models import kernel as kernel_models
from fairlearnkit._optim.kernel_rows import KernelRows
from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.kernel_ridge import ParityKernelRidge
from fairlearnkit.svm import (
    ParityLinearSVC,
    ParitySVC,
    ParitySVR,
)
from helpers import CLASSES, make_curved

MODELS = [ParitySVC(), ParitySVR(), ParityKernelRidge(kernel="rbf")]
EXACT = [ParitySVC(tol=1e-8), ParitySVR(tol=1e-8), ParityKernelRidge(kernel="rbf")]
PLAIN = [SVC(tol=1e-9), SVR(tol=1e-9), KernelRidge(kernel="rbf")]


@pytest.fixture
def data():
    return make_curved()


def target(model, y, f):
    return y if isinstance(model, ParitySVC | ParityLinearSVC | SVC) else f


def scores(model, X):
    classifier = hasattr(model, "decision_function")
    return model.decision_function(X) if classifier else model.predict(X)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("model", "sibling"), list(zip(EXACT, PLAIN)))
@pytest.mark.parametrize("kernel", ["linear", "poly", "rbf", "precomputed"])
def test_without_bound_it_is_scikit_learns_model(
    data, model, sibling, kernel, weighted
):
    X, y, group, f = data
    w = np.random.default_rng(0).uniform(0.5, 2, len(X)) if weighted else None
    table = rbf_kernel(X, gamma=0.2) if kernel == "precomputed" else X
    gamma = {} if kernel == "linear" else {"gamma": 0.3}
    model = clone(model).set_params(max_gap=np.inf, kernel=kernel, **gamma)
    sibling = clone(sibling).set_params(kernel=kernel, **gamma)
    y = target(model, y, f)
    model.fit(table, y, sensitive_features=group, sample_weight=w)
    sibling.fit(table, y, sample_weight=w)
    assert_allclose(scores(model, table), scores(sibling, table), atol=5e-5)
    assert model.gap_ > 0.01
    if kernel == "linear" and isinstance(model, ParitySVC | ParitySVR):
        assert_allclose(model.coef_, sibling.coef_, atol=1e-5)


@pytest.mark.parametrize(
    ("model", "sibling"), [(ParitySVC(), SVC()), (ParitySVR(), SVR())]
)
@pytest.mark.parametrize("gamma", ["scale", "auto", 0.7])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_gamma_is_scikit_learns(data, model, sibling, gamma, form):
    X, y, group, f = data
    X, y = form(np.where(X > 0.5, X, 0.0)), target(model, y, f)
    model = clone(model).set_params(max_gap=np.inf, gamma=gamma, tol=1e-8)
    model.fit(X, y, sensitive_features=group)
    sibling = clone(sibling).set_params(gamma=gamma, tol=1e-8).fit(X, y)
    assert_allclose(scores(model, X), scores(sibling, X), atol=1e-5)


@pytest.mark.parametrize("model", MODELS)
def test_coefficients_are_those_of_a_linear_kernel(data, model):
    X, y, group, f = data
    model = clone(model).fit(X, target(model, y, f), sensitive_features=group)
    with pytest.raises(AttributeError, match="linear kernel only, not for 'rbf'"):
        _ = model.coef_


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("n_groups", [2, 3])
def test_path_of_the_bound(model, n_groups):
    """The gap falls and the objective rises; the ends are the two limits."""
    X, y, group, f = make_curved(150, n_groups)
    y = target(model, y, f)

    def fit(max_gap):
        fitted = clone(model).set_params(max_gap=max_gap)
        fitted.fit(X, y, sensitive_features=group)
        K = rbf_kernel(X[fitted.support_], gamma=getattr(fitted, "_gamma", None))
        residual = y - scores(fitted, X) if y.dtype.kind == "f" else None
        if isinstance(fitted, ParityKernelRidge):
            loss = 0.5 * (residual**2).sum()
        elif isinstance(fitted, ParitySVR):
            loss = np.maximum(0, np.abs(residual) - 0.1).sum()
        else:
            sign = np.where(y == "yes", 1, -1)
            loss = np.maximum(0, 1 - sign * scores(fitted, X)).sum()
        beta = fitted.dual_coef_[0]
        return fitted, 0.5 * beta @ K @ beta + loss

    free, low = fit(np.inf)
    bounds = free.gap_ * np.array([1.5, 0.999, 0.7, 0.4, 0.1, 0.001])
    path = [fit(bound) for bound in bounds] + [fit(0.0)]
    gaps, values = [fitted.gap_ for fitted, _ in path], [value for _, value in path]
    assert_allclose(gaps[0], free.gap_, rtol=1e-6)
    assert_allclose(gaps[1:], [*bounds[1:], 0.0], atol=1e-8)
    assert_allclose(values[0], low, rtol=1e-7)
    assert (np.diff(values[1:]) > 0).all()
    assert values[1] > low
    assert_allclose(values[-2], values[-1], rtol=5e-3)


@pytest.mark.parametrize("kernel", ["rbf", "precomputed", "callable"])
@pytest.mark.parametrize("model", MODELS)
def test_kernels_given_in_every_form(data, model, kernel):
    X, y, group, f = data
    y = target(model, y, f)
    expected = clone(model).set_params(gamma=0.4).fit(X, y, sensitive_features=group)
    new = make_curved(seed=1)[0]
    forms = {
        "rbf": ("rbf", X, new),
        "precomputed": (
            "precomputed",
            rbf_kernel(X, gamma=0.4),
            rbf_kernel(new, X, gamma=0.4),
        ),
        "callable": (lambda A, B: rbf_kernel(A, B, gamma=0.4), X, new),
    }
    kernel, train, test = forms[kernel]
    before = train.copy()
    found = clone(model).set_params(kernel=kernel, gamma=0.4)
    found.fit(train, y, sensitive_features=group)
    assert_array_equal(train, before)
    assert_allclose(scores(found, test), scores(expected, new), atol=1e-6)


def test_prediction_by_blocks(data, monkeypatch):
    X, y, group, _ = data
    model = ParitySVC().fit(X, y, sensitive_features=group)
    expected = model.decision_function(X)
    monkeypatch.setattr(kernel_models, "CHECKED_ELEMENTS", 7 * len(model.support_))
    assert_allclose(model.decision_function(X), expected, rtol=1e-12)
    for i in (0, 17):
        assert_allclose(model.decision_function(X[i : i + 1]), expected[i], rtol=1e-10)


@pytest.mark.parametrize("model", MODELS)
def test_sparse_equals_dense(data, model):
    X, y, group, f = data
    X, y = np.where(X > 0.3, X, 0.0), target(model, y, f)
    dense = clone(model).fit(X, y, sensitive_features=group)
    found = clone(model).fit(sparse.csr_array(X), y, sensitive_features=group)
    assert sparse.issparse(found.support_vectors_)
    assert_allclose(scores(found, sparse.csr_array(X)), scores(dense, X), atol=1e-8)


def test_only_rows_with_a_coefficient_are_kept(data):
    X, y, group, _ = data
    model = ParitySVC(constraint="equal_opportunity", pos_label="yes", C=10.0)
    model.fit(X, y, sensitive_features=group)
    positive = np.flatnonzero(y == "yes")
    assert set(positive) <= set(model.support_)
    assert len(model.support_) < len(X)
    assert_array_equal(model.support_vectors_, X[model.support_])
    assert (model.dual_coef_ != 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("max_gap", [0.0, 0.2])
def test_more_than_two_classes_one_vs_rest(max_gap):
    X, y, group, _ = make_curved(n_classes=3)
    model = ParitySVC(max_gap=max_gap, constraint="equal_opportunity")
    model.fit(X, y, sensitive_features=group)
    found = model.decision_function(X)
    assert found.shape == (240, 3)
    for k, label in enumerate(CLASSES[:3]):
        fitted = clone(model).fit(X, y == label, sensitive_features=group)
        assert_allclose(found[:, k], fitted.decision_function(X), atol=1e-6)
    assert_array_equal(model.predict(X), model.classes_[found.argmax(axis=1)])
    assert model.gap_ <= max_gap + 1e-8
    free = clone(model).set_params(max_gap=np.inf, tol=1e-8)
    free.fit(X, y, sensitive_features=group)
    sibling = OneVsRestClassifier(SVC(tol=1e-8)).fit(X, y)
    assert_allclose(free.decision_function(X), sibling.decision_function(X), atol=1e-5)


def test_class_weight(data):
    X, y, group, _ = data
    for class_weight in ("balanced", {"no": 3.0, "yes": 0.5}):
        model = ParitySVC(class_weight=class_weight, max_gap=np.inf, tol=1e-8)
        sibling = SVC(class_weight=class_weight, tol=1e-8).fit(X, y)
        model.fit(X, y, sensitive_features=group)
        assert_allclose(
            model.decision_function(X), sibling.decision_function(X), atol=1e-5
        )


def test_indefinite_kernels_warn(data):
    X, y, group, f = data
    model = ParitySVC(kernel="sigmoid", gamma=1.0, coef0=1.0)
    with pytest.warns(UserWarning, match=r"'sigmoid' is indefinite: .*eigenvalues"):
        model.fit(X, y, sensitive_features=group)
    means = [model.decision_function(X)[group == g].mean() for g in "abc"]
    assert max(means) - min(means) <= 1e-6 * np.abs(model.decision_function(X)).max()
    K = np.diag(np.where(np.arange(240) % 2, 1.0, -1.0))
    assert np.isnan(model.duality_gap_)
    ridge = ParityKernelRidge(kernel="precomputed", alpha=3.0)
    with pytest.warns(UserWarning, match="'precomputed' is indefinite"):
        ridge.fit(K, f, sensitive_features=group)
    assert ridge.gap_ < 1e-8


@pytest.mark.parametrize("model", MODELS)
def test_a_void_constraint_warns(model):
    X, y, _, f = make_curved()
    X, y, f = np.vstack([X, X]), np.r_[y, y], np.r_[f, f]
    group = np.repeat(["a", "b"], 240)  # the same rows in both groups
    y = target(model, y, f)
    with pytest.warns(UserWarning, match="the means .* agree already") as caught:
        found = clone(model).fit(X, y, sensitive_features=group)
    assert caught[0].filename == __file__  # where fit was called
    free = clone(model).set_params(max_gap=np.inf).fit(X, y, sensitive_features=group)
    assert_allclose(scores(found, X), scores(free, X), atol=1e-8)


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
@pytest.mark.parametrize("alpha", [1.0, 1e-4])
def test_ridge_with_unscaled_features(data, kernel, alpha):
    """Coefficients must not be rebuilt from residuals that are nearly zero."""
    X, _, group, f = data
    X = X * [1000.0, 1.0, 1.0] + [3000.0, 0.0, 0.0]
    options = {"kernel": kernel, "alpha": alpha, "degree": 2}
    model = ParityKernelRidge(max_gap=np.inf, **options)
    model.fit(X, f, sensitive_features=group)
    sibling = KernelRidge(**options).fit(X, f)
    errors = [((m.predict(X) - f) ** 2).mean() for m in (model, sibling)]
    assert_allclose(errors[0], errors[1], rtol=1e-3)
    poor = ParityKernelRidge(kernel="poly", max_gap=np.inf)
    with pytest.warns(ConvergenceWarning, match="duality gap of"):
        poor.fit(X * 1000, f, sensitive_features=group)


@pytest.mark.parametrize("offset", [1e5, 1e8])
def test_an_rbf_kernel_does_not_see_the_origin(data, offset):
    X, y, group, _ = data
    X = X.round(2)  # so that the sums are exact
    model = ParitySVC().fit(X, y, sensitive_features=group)
    moved = ParitySVC().fit(X + offset, y, sensitive_features=group)
    assert_allclose(moved._gamma, model._gamma, rtol=1e-6)
    found = moved.decision_function(X + offset)
    assert_allclose(found, model.decision_function(X), atol=1e-4)
    means = [found[group == g].mean() for g in "abc"]
    assert_allclose(max(means) - min(means), moved.gap_, atol=1e-9)


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1e6])
@pytest.mark.parametrize("max_gap", [0.0, 0.1, np.inf])
def test_targets_of_any_scale(scale, max_gap):
    X, _, group, f = make_curved(n=150, n_groups=2)
    fitted = ParitySVR(max_gap=max_gap, epsilon=0.1, C=1.0)
    fitted.fit(X, f, sensitive_features=group)
    other = ParitySVR(max_gap=max_gap * scale, epsilon=0.1 * scale, C=scale)
    other.fit(X, f * scale, sensitive_features=group)
    assert_allclose(other.predict(X) / scale, fitted.predict(X), atol=1e-4)


@pytest.mark.parametrize("C", [0.01, 0.03])
@pytest.mark.parametrize("max_gap", [0.0, np.inf])
def test_few_rows_of_one_class(C, max_gap):
    """All multipliers at their bounds: nothing to polish."""
    X, _, group, f = make_curved(n=300)
    y = f > np.sort(f)[-10]
    model = ParitySVC(C=C, max_gap=max_gap).fit(X, y, sensitive_features=group)
    exact = clone(model).set_params(solver="interior-point", tol=1e-6)
    exact.fit(X, y, sensitive_features=group)
    sign, values = np.where(y, 1, -1), []
    for fitted in (model, exact):
        scores = fitted.decision_function(X)
        K = rbf_kernel(X[fitted.support_], gamma=fitted._gamma)
        loss = C * np.maximum(0, 1 - sign * scores).sum()
        values.append(0.5 * fitted.dual_coef_[0] @ K @ fitted.dual_coef_[0] + loss)
    assert_allclose(values[0], values[1], rtol=1e-6)
    assert -1e-9 <= model.duality_gap_ <= 1e-6


def test_a_tube_around_all_targets_gives_a_constant(data):
    X, _, group, f = data
    model = ParitySVR(epsilon=100.0).fit(X, f, sensitive_features=group)
    assert np.ptp(model.predict(X)) < 1e-12


def test_matrices_that_are_no_kernels(data):
    X, y, group, _ = data
    K = rbf_kernel(X, gamma=0.4)
    for wrong, message in (
        (K + np.triu(K, 1), r"not symmetric: .* differ by up to 0\."),
        (np.where(np.eye(240), np.nan, K), "NaN|not finite"),
    ):
        with pytest.raises(ValueError, match=message):
            ParitySVC(kernel="precomputed").fit(wrong, y, sensitive_features=group)
        with pytest.raises(ValueError, match=message):
            ParitySVC(kernel=lambda A, B, wrong=wrong: wrong).fit(
                X, y, sensitive_features=group
            )
    model = ParitySVC(kernel="precomputed", max_gap=0.1)
    with (
        pytest.warns(UserWarning, match="is indefinite"),
        pytest.raises(ValueError, match="solved on a factor"),
    ):
        model.fit(-K, y, sensitive_features=group)


def test_a_poor_certificate_warns(data):
    X, y, group, _ = data
    with pytest.warns(ConvergenceWarning, match=r"status '(max_iter|stalled)'"):
        ParitySVC(kernel="linear", max_iter=500, max_gap=np.inf, tol=1e-9).fit(
            X * 1e4, y, sensitive_features=group
        )


def test_messages(data):
    X, y, group, _ = data
    with pytest.raises(ValueError, match="sensitive_features is required"):
        ParitySVC().fit(X, y)
    with pytest.raises(ValueError, match="one class"):
        ParitySVC().fit(X, np.zeros(240), sensitive_features=group)
    with pytest.raises(ValueError, match="Precomputed matrix must be a square"):
        ParitySVC(kernel="precomputed").fit(X, y, sensitive_features=group)
    refused = [
        (
            ParitySVC(kernel="precomputed"),
            sparse.csr_array(np.eye(240)),
            "must be dense",
        ),
        (ParitySVC(kernel=lambda A, B: np.eye(2)), X, r"shape \(2, 2\); expected"),
        (ParitySVC(max_gap=0.1, solver="libsvm"), X, "one contrast, and there are 2"),
    ]
    for model, table, message in refused:
        with pytest.raises(ValueError, match=message):
            model.fit(table, y, sensitive_features=group)
    with pytest.warns(ConvergenceWarning, match=r"'max_iter' after .* iterations"):
        ParitySVC(max_iter=3).fit(X, y, sensitive_features=group)


def test_the_advice_names_parameters_that_there_are(data):
    """Features at 1e6 beside alpha=1: K has a condition of 1e14."""
    X, _, group, f = data
    with pytest.warns(ConvergenceWarning, match=r"'stalled'.*or increase alpha\.$"):
        ParityKernelRidge(kernel="linear").fit(1e6 * X, f, sensitive_features=group)


@pytest.mark.slow
@pytest.mark.parametrize("solver", ["interior-point", "cvxpy"])
@pytest.mark.parametrize("model", MODELS)
def test_other_solvers(model, solver):
    X, y, group, f = make_curved(n=120)
    y = target(model, y, f)
    if isinstance(model, ParityKernelRidge) and solver != "cvxpy":
        with pytest.raises(ValueError, match="'solver' parameter"):
            clone(model).set_params(solver=solver).fit(X, y, sensitive_features=group)
        return
    for max_gap in (0.0, 0.05):
        fitted = clone(model).set_params(max_gap=max_gap)
        expected = clone(fitted).fit(X, y, sensitive_features=group)
        found = fitted.set_params(solver=solver).fit(X, y, sensitive_features=group)
        assert_allclose(scores(found, X), scores(expected, X), atol=5e-3)
        assert found.gap_ <= max_gap * (1 + 1e-6) + 1e-7


@pytest.mark.parametrize("model", MODELS)
def test_saved_and_loaded(data, model, tmp_path):
    X, y, group, f = data
    model = clone(model).fit(X, target(model, y, f), sensitive_features=group)
    skops.io.dump(model, tmp_path / "model")
    ours = skops.io.get_untrusted_types(file=tmp_path / "model")
    assert all(name.startswith("fairlearnkit.") for name in ours)
    joblib.dump(model, tmp_path / "other")
    for copy in (
        pickle.loads(pickle.dumps(model)),
        joblib.load(tmp_path / "other"),
        skops.io.load(tmp_path / "model", trusted=ours),
    ):
        assert_array_equal(scores(copy, X), scores(model, X))


def test_in_a_search_with_the_group_in_x(data):
    X, y, group, _ = data
    frame = pd.DataFrame(X, columns=["a", "b", "c"]).assign(sex=group)
    search = GridSearchCV(
        SensitiveColumns(ParitySVC(), "sex"),
        {"estimator__max_gap": [0.0, np.inf], "estimator__C": [0.1, 1.0]},
        cv=3,
        error_score="raise",
    ).fit(frame, y)
    found = search.cv_results_["mean_test_score"]
    for options, score in zip(search.cv_results_["params"], found):
        model = SensitiveColumns(ParitySVC(), "sex").set_params(**options)
        assert score == cross_val_score(model, frame, y, cv=3).mean()
    best = clone(search.best_estimator_.estimator)
    expected = best.fit(X, y, sensitive_features=group).predict(X)
    assert_array_equal(search.predict(frame), expected)


def test_a_precomputed_kernel_is_cross_validated_by_rows_and_columns(data):
    X, _, group, f = data
    K = rbf_kernel(X, gamma=0.4)
    model = ParitySVR(kernel="precomputed", max_gap=np.inf)
    assert model.__sklearn_tags__().input_tags.pairwise
    with config_context(enable_metadata_routing=True):
        found = cross_val_score(model, K, f, cv=3, params={"sensitive_features": group})
    expected = cross_val_score(SVR(gamma=0.4), X, f, cv=3)
    assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize("max_gap", [np.inf, 0.05, 0.0])
@pytest.mark.parametrize("offset", [1e3, 1e6, 1e9])
def test_an_offset_of_y_does_not_matter(data, offset, max_gap):
    X, _, group, y = data
    group = np.where(group == "a", "a", "b")
    near, far = (
        ParitySVR(max_gap=max_gap).fit(X, y + o, sensitive_features=group)
        for o in (0.0, offset)
    )
    shifted = near.predict(X) + offset
    assert_allclose(far.predict(X), shifted, rtol=1e-12, atol=1e-4 * np.std(y))
    assert far.duality_gap_ >= -1e-12 * len(y)


@pytest.mark.slow
@pytest.mark.parametrize("share_of_zeros", [0.0, 0.8])
def test_an_outlier_in_y_has_no_say_in_tolerances(share_of_zeros):
    rng = np.random.default_rng(0)
    X, group = rng.normal(size=(1600, 2)), np.arange(1600) % 2
    y = X[:, 0] + np.sin(2 * X[:, 1]) + 0.1 * rng.normal(size=1600)
    y[rng.random(1600) < share_of_zeros] = 0.0
    predictions = []
    for outlier in (1e3, 1e6):  # its multiplier is C in both
        y[7] = outlier
        model = ParitySVR(max_gap=np.inf).fit(X, y, sensitive_features=group)
        predictions.append(model.predict(X))
    y[7] = 1e3
    expected = SVR(tol=1e-6).fit(X, y).predict(X)
    assert_allclose(predictions[0], expected, atol=1e-4)
    assert_allclose(predictions[1], predictions[0], atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("max_gap", [np.inf, 0.05, 0.0])
@pytest.mark.parametrize("kernel", ["rbf", "linear", "poly"])
@pytest.mark.parametrize("model", [ParitySVC(), ParitySVR()])
def test_many_rows_give_the_same_model_without_the_whole_matrix(
    monkeypatch, model, kernel, max_gap
):
    # Dense and sparse rows by turns: each kernel and each bound with both.
    turn = [np.inf, 0.05, 0.0].index(max_gap) + ["rbf", "linear", "poly"].index(kernel)
    form = (np.asarray, sparse.csr_array)[(turn + isinstance(model, ParitySVR)) % 2]
    X, y, group, f = make_curved(n=450, n_groups=2, n_classes=3, seed=1)
    weight = np.random.default_rng(0).uniform(0, 2, 450).round(1)
    wanted = {"sensitive_features": group, "sample_weight": weight}
    model = clone(model).set_params(kernel=kernel, max_gap=max_gap, C=0.3)
    few = clone(model).fit(form(X), target(model, y, f), **wanted)
    monkeypatch.setattr(kernel_models, "FEWEST_BY_ROWS", 1)
    monkeypatch.setattr(KernelRows, "whole", None)
    many = clone(model).fit(form(X), target(model, y, f), **wanted)
    atol = 1e-6 if max_gap != 0.05 else 1e-3  # the search stops at a duality gap
    assert_allclose(scores(many, form(X)), scores(few, form(X)), atol=atol)
    assert_allclose(many.gap_, few.gap_, atol=atol)


@pytest.mark.parametrize(
    "how", ["several", "cvxpy", "precomputed", "callable", "ridge"]
)
def test_many_rows_where_the_whole_matrix_is_needed(monkeypatch, how):
    X, y, group, f = make_curved(n=120, n_groups=3 if how == "several" else 2)
    model = {
        "several": ParitySVC(max_gap=0.05),
        "cvxpy": ParitySVC(solver="cvxpy"),
        "precomputed": ParitySVC(kernel="precomputed"),
        "callable": ParitySVC(kernel=rbf_kernel),
        "ridge": ParityKernelRidge(kernel="rbf"),
    }[how]
    X = rbf_kernel(X) if how == "precomputed" else X
    few = clone(model).fit(X, target(model, y, f), sensitive_features=group)
    monkeypatch.setattr(kernel_models, "FEWEST_BY_ROWS", 1)
    many = clone(model).fit(X, target(model, y, f), sensitive_features=group)
    assert_allclose(scores(many, X), scores(few, X), atol=1e-6)


FORMS = [np.asarray, sparse.csr_matrix, sparse.csr_array, sparse.csc_matrix]


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kernel", ["rbf", "linear", "poly"])
def test_dense_and_sparse_rows_in_any_order(data, model, kernel):
    X, y, group, f = data
    X = np.where(X > 0.5, X, 0.0)
    model = clone(model).set_params(kernel=kernel, gamma=0.3, max_gap=0.05)
    new = X[:50] + (X[:50] != 0)
    fits = []
    for fitted in FORMS:
        model.fit(fitted(X), target(model, y, f), sensitive_features=group)
        fits.append(scores(model, new))
        for asked in FORMS[1:]:
            assert_allclose(scores(model, asked(new)), fits[-1], atol=1e-9)
    # Dense rows of some kernels are moved to their mean first, and the solver stops
    # elsewhere within a duality gap of 1e-10 of the objective.
    assert_allclose(fits, [fits[0]] * len(FORMS), atol=1e-4)


@pytest.mark.parametrize("model", MODELS)
def test_kernels_that_return_sparse_matrices(data, model):
    X, y, group, f = data
    y = target(model, y, f)
    dense = clone(model).set_params(kernel=lambda A, B: rbf_kernel(A, B, gamma=0.4))
    expected = scores(dense.fit(X, y, sensitive_features=group), X[:20])
    for form in FORMS[1:]:
        model = clone(model).set_params(
            kernel=lambda A, B, form=form: form(rbf_kernel(A, B, gamma=0.4))
        )
        model.fit(X, y, sensitive_features=group)
        assert_allclose(scores(model, X[:20]), expected, atol=1e-12)


def test_rows_that_are_too_far_away_are_refused(data):
    X, y, group, _ = data
    near = ParitySVC().fit(X, y, sensitive_features=group)
    assert_array_equal(near.decision_function(X[:1] * 1e200), near.intercept_)
    cubes = ParitySVC(kernel="poly").fit(X, y, sensitive_features=group)
    with pytest.raises(ValueError, match=r"not finite: scale the features"):
        cubes.predict(X[:5] * 1e200)


def make_separable(n=150):
    """Two classes and a margin between them, in both groups."""
    rng = np.random.default_rng(0)
    X, group = rng.normal(size=(n, 3)), rng.integers(0, 2, n)
    f = X[:, 0] + 0.3 * X[:, 1]
    kept = np.abs(f) > 0.2
    return X[kept], (f[kept] > 0).astype(int), group[kept], f[kept]


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
@pytest.mark.parametrize("model", [ParitySVC(), ParitySVR(epsilon=0.3)])
def test_infinite_c_allows_no_loss(model, kernel):
    X, y, group, f = make_separable()
    y = target(model, y, f)
    model = clone(model).set_params(C=np.inf, kernel=kernel, gamma=0.3, tol=1e-6)
    plain = clone(model).set_params(max_gap=np.inf).fit(X, y, sensitive_features=group)
    parent = SVC if isinstance(model, ParitySVC) else SVR
    more = {"epsilon": 0.3} if parent is SVR else {}
    theirs = parent(C=1e8, kernel=kernel, gamma=0.3, tol=1e-9, **more).fit(X, y)
    expected = theirs.predict(X) if parent is SVR else theirs.decision_function(X)
    assert_allclose(scores(plain, X), expected, atol=1e-4)
    max_gap = 0.5 * plain.gap_
    if kernel == "linear":  # half way to the smallest gap that the margins allow
        w, b = cp.Variable(3), cp.Variable()
        f = X @ w + b
        margins = cp.multiply(np.where(y == 1, 1, -1), f) >= 1
        tube = cp.abs(f - y) <= 0.3
        apart = X[group == 0].mean(axis=0) - X[group == 1].mean(axis=0)
        least = cp.Problem(
            cp.Minimize(cp.abs(apart @ w)), [tube if parent is SVR else margins]
        ).solve(solver="CLARABEL")
        max_gap = 0.5 * (least + plain.gap_)
    held = clone(model).set_params(max_gap=max_gap)
    held.fit(X, y, sensitive_features=group)
    found = scores(held, X)
    if parent is SVR:
        assert np.abs(found - y).max() <= 0.3 + 1e-6
    else:
        assert (np.where(y == 1, 1, -1) * found).min() >= 1 - 2e-6
    assert_allclose(held.gap_, max_gap, rtol=1e-6)
    assert np.isfinite(held.duality_gap_)


@pytest.mark.parametrize("model", [ParitySVC(), ParitySVR(epsilon=0.01)])
def test_infinite_c_without_a_model_warns(model):
    X, y, group, f = make_separable(60)
    y = 1 - y if isinstance(model, ParitySVC) else f
    y[:5] = 1 - y[:5]
    model = clone(model).set_params(C=np.inf, kernel="linear")
    with pytest.warns(ConvergenceWarning, match="found no model for C=inf") as caught:
        model.fit(X, y, sensitive_features=group)
    assert len(caught) == 1
    assert np.isnan(model.duality_gap_)


@pytest.mark.parametrize("max_gap", [0.0, np.inf])
def test_a_certified_optimum_is_no_cause_for_a_warning(max_gap):
    # Without a tube libsvm circles around the optimum until it is stopped.
    rng = np.random.default_rng(3)
    group = np.arange(50) % 3
    X = rng.normal(size=(50, 2)) + 1.0
    y = X @ [1.0, -1.0] + 0.3 * rng.normal(size=50)
    model = ParitySVR(
        kernel="poly", gamma=0.5, coef0=1.0, epsilon=0.0, C=100.0, max_gap=max_gap
    )
    model.fit(X, y, sensitive_features=group)  # warnings are errors in the tests
    assert abs(model.duality_gap_) <= 1e-4


@pytest.mark.parametrize("model", MODELS)
def test_an_equality_that_leaves_nothing_warns(model):
    rng = np.random.default_rng(0)
    group = np.arange(200) % 4
    X = rng.normal(size=(200, 2)) + rng.normal(size=(4, 2))[group]
    f = X.sum(axis=1)
    model = clone(model).set_params(kernel="linear")
    with pytest.warns(UserWarning, match="predicts the same for every row") as caught:
        model.fit(X, target(model, f > 0, f), sensitive_features=group)
    assert len(caught) == 1
    assert np.ptp(scores(model, X)) < 1e-9
    wide = np.column_stack([X, rng.normal(size=(200, 3))])
    model.fit(wide, target(model, f > 0, f), sensitive_features=group)


@pytest.mark.parametrize("seed", range(10))
def test_without_a_bound_the_support_vectors_are_those_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, 120)
    X = rng.normal(size=(120, 3)) + group[:, None]
    number = X[:, 0] + rng.normal(size=120)
    options = {"gamma": 0.5, "tol": 1e-6}
    for ours, plain, y in [
        (ParitySVC, SVC, number > 0.5),
        (ParitySVR, SVR, number),
    ]:
        model = ours(max_gap=np.inf, **options).fit(X, y, sensitive_features=group)
        assert_array_equal(model.support_, np.sort(plain(**options).fit(X, y).support_))
