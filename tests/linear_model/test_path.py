"""gap_ratio of the linear models, and parity_path, which fits several of them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from fairlearnkit.constraints import check_constraint
from fairlearnkit.datasets import make_biased_classification, make_biased_regression
from fairlearnkit.linear_model import (
    ParityLogisticRegression,
    ParityRidge,
    parity_path,
)
from fairlearnkit.svm import ParityLinearSVC, ParityLinearSVR
from helpers import make_data as make_groups

MODELS = [
    ParityLogisticRegression(tol=1e-10),
    ParityLinearSVC(tol=1e-10),
    ParityLinearSVC(loss="hinge", tol=1e-10),
    ParityRidge(),
    ParityLinearSVR(epsilon=0.1, tol=1e-10),
    ParityLinearSVR(loss="squared_epsilon_insensitive", epsilon=0.1, tol=1e-10),
]


def make_data(model, n_groups=3):
    make = make_biased_classification
    if not hasattr(model, "class_weight"):
        make = make_biased_regression
    X, y, _ = make(n_samples=300, random_state=0)
    rng = np.random.default_rng(0)
    group = np.array(list("abcd"))[np.digitize(X[:, 0], [-0.5, 0.5][: n_groups - 1])]
    return X, y, group, rng.uniform(0.5, 2.0, size=len(y))


def differences(X, y, group, weight, scores, constraint="demographic_parity"):
    contrasts = check_constraint(constraint).contrasts(y, group, weight)
    return contrasts.toarray() @ scores


def scores_of(model, X):
    if hasattr(model, "decision_function"):
        return model.decision_function(X)
    return model.predict(X)


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [1.0, 0.5, 0, -0.3, 1.5])
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_every_difference_keeps_its_part(model, ratio):
    X, y, group, weight = make_data(model)
    data = {"sensitive_features": group, "sample_weight": weight}
    plain = model.set_params(max_gap=np.inf, gap_ratio=None).fit(X, y, **data)
    before, gap = differences(X, y, group, weight, scores_of(plain, X)), plain.gap_
    model.set_params(max_gap=0.0, gap_ratio=ratio).fit(X, y, **data)
    after = differences(X, y, group, weight, scores_of(model, X))
    assert_allclose(after, ratio * before, atol=1e-3)
    assert_allclose(after, ratio * before, atol=2e-3 * np.abs(before).max())
    assert_allclose(model.gap_, abs(ratio) * gap, atol=2e-3 * gap)
    assert model.duality_gap_ >= -1e-9
    if ratio == 0:
        equal = model.set_params(gap_ratio=None).fit(X, y, **data)
        assert_allclose(scores_of(equal, X), scores_of(model, X), atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("solver", ["newton-cg", "newton-cholesky"])
@pytest.mark.parametrize("model", MODELS, ids=repr)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_every_difference_keeps_its_part_where_features_have_many_sizes(model, solver):
    """Without an intercept an offset stays: squares of the features are 1 to 1e13."""
    X, y, group, weight = make_data(model)
    rng = np.random.default_rng(1)
    X = np.column_stack([X, X[:, 0] + rng.normal(size=len(X)) + 1e5, 1e2 * X[:, 1]])
    model.set_params(solver=solver, fit_intercept=False, tol=1e-8)
    data = {"sensitive_features": group, "sample_weight": weight}
    plain = model.set_params(max_gap=np.inf, gap_ratio=None).fit(X, y, **data)
    before = differences(X, y, group, weight, scores_of(plain, X))
    model.set_params(max_gap=0.0, gap_ratio=0.7).fit(X, y, **data)
    after = differences(X, y, group, weight, scores_of(model, X))
    model.set_params(solver="auto", fit_intercept=True, max_gap=0.0, gap_ratio=None)
    assert_allclose(after, 0.7 * before, atol=1e-6 * np.abs(before).max())


def test_two_constraints_are_an_error():
    X, y, group, _ = make_data(ParityLogisticRegression())
    model = ParityLogisticRegression(max_gap=0.1, gap_ratio=0.5)
    with pytest.raises(ValueError, match=r"max_gap=0.1 and gap_ratio=0.5 are two"):
        model.fit(X, y, sensitive_features=group)
    for wrong in ("0.5", np.nan, np.inf):
        model = ParityLogisticRegression(gap_ratio=wrong)
        with pytest.raises(ValueError, match="gap_ratio"):
            model.fit(X, y, sensitive_features=group)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "constraint"),
    [
        pytest.param(model, constraint, id=f"{model!r}-{constraint}")
        for model in MODELS
        for constraint in ("demographic_parity", "equal_opportunity")
        if constraint == "demographic_parity" or is_classifier(model)
    ],
)
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_points_of_the_path_are_single_fits(model, form, constraint):
    X, y, group, weight = make_data(model)
    data = {"sensitive_features": group, "sample_weight": weight}
    ratios = [0.5, 1.0, 0.0, -0.5, 0.5]
    path = parity_path(
        form(X), y, constraint=constraint, gap_ratios=ratios, estimator=model, **data
    )
    assert_array_equal(path.gap_ratios, ratios)
    assert path.coefs.shape == (X.shape[1], 5)
    assert_allclose(path.coefs[:, 0], path.coefs[:, 4])
    for i, ratio in enumerate(ratios[:4]):  # the last is the first
        model.set_params(max_gap=0.0, gap_ratio=ratio, constraint=constraint)
        model.fit(X, y, **data)
        alone = scores_of(model, X)
        assert_allclose(X @ path.coefs[:, i] + path.intercepts[i], alone, atol=0.02)
        assert_allclose(path.gaps[i], model.gap_, atol=1e-4)
    assert (path.duality_gaps >= -1e-9).all()
    assert_allclose(path.gaps / path.gaps[1], np.abs(ratios), atol=1e-9)


def test_default_is_logistic_regression_from_the_plain_model_past_zero():
    X, y, group, _ = make_data(ParityLogisticRegression())
    path = parity_path(X, y, sensitive_features=group)
    assert len(path.gap_ratios) == 20
    assert path.gap_ratios[0] == 1
    assert 0 in path.gap_ratios
    assert path.gap_ratios[-1] < 0
    plain = LogisticRegression(tol=1e-8).fit(X, y)
    assert_allclose(path.coefs[:, 0], plain.coef_[0], atol=1e-3)
    assert_allclose(path.intercepts[0], plain.intercept_[0], atol=1e-3)


def test_more_than_two_classes():
    X, y, group, _ = make_data(ParityLogisticRegression())
    y = np.array(["low", "middle", "high"])[np.digitize(X[:, 1], [-0.5, 0.5])]
    path = parity_path(X, y, sensitive_features=group, gap_ratios=[1, 0.5])
    assert path.coefs.shape == (3, X.shape[1], 2)
    assert path.intercepts.shape == (3, 2)
    model = ParityLogisticRegression(gap_ratio=0.5).fit(X, y, sensitive_features=group)
    assert_allclose(path.coefs[:, :, 1], model.coef_, atol=1e-3)
    assert_allclose(path.gaps[1], model.gap_, atol=1e-6)


def test_what_it_does_not_take():
    X, y, group, _ = make_data(ParityLogisticRegression())
    for wrong in ([], "all", [[1, 0]], [1, np.inf], ["a"], 5):
        with pytest.raises(ValueError, match="must be 'auto' or a list of finite"):
            parity_path(X, y, sensitive_features=group, gap_ratios=wrong)
    with pytest.raises(ValueError, match="takes a linear model under a parity"):
        parity_path(X, y, sensitive_features=group, estimator=LogisticRegression())
    with pytest.raises(ValueError, match="sensitive_features"):
        parity_path(X, y, sensitive_features=None)


def test_points_that_do_not_converge_are_named():
    X, y, group, _ = make_data(ParityLogisticRegression())
    model = ParityLogisticRegression(max_iter=1)
    with pytest.warns(ConvergenceWarning, match=r"At gap ratios \[1.0.*gap_ratio="):
        parity_path(
            X, y, sensitive_features=group, gap_ratios=[1, 0.5], estimator=model
        )


@pytest.mark.parametrize("max_iter", [3, 5])
def test_a_plain_model_that_has_not_converged_is_told(max_iter):
    X, y, group, _ = make_data(ParityLogisticRegression())
    model = ParityLogisticRegression(gap_ratio=0.9, max_iter=max_iter)
    with pytest.warns(ConvergenceWarning, match=r"gap_ratio=0.9 asks for"):
        model.fit(X, y, sensitive_features=group)


def test_the_estimator_is_not_changed():
    X, y, group, _ = make_data(ParityLogisticRegression())
    model = ParityLogisticRegression(max_gap=0.3)
    parity_path(X, y, sensitive_features=group, gap_ratios=[1], estimator=model)
    assert model.max_gap == 0.3
    assert model.gap_ratio is None
    assert not hasattr(model, "classes_")


def test_float32_keeps_its_part_to_its_digits():
    X, y, group, _ = make_data(ParityLogisticRegression())
    X = X.astype(np.float32)
    model = ParityLogisticRegression(gap_ratio=0.5).fit(X, y, sensitive_features=group)
    plain = ParityLogisticRegression(max_gap=np.inf)
    plain.fit(X, y, sensitive_features=group)
    assert model.coef_.dtype == np.float32
    assert_allclose(model.gap_, 0.5 * plain.gap_, rtol=1e-4)


def test_a_start_that_leads_nowhere_is_not_taken():
    """A Newton step from there would leave the region where the loss curves."""
    X, y, group, _ = make_groups(40, 1, 2, offset=0, seed=371020)
    model = ParityLogisticRegression(C=1000.0)
    data = {"sensitive_features": group, "estimator": model}
    path = parity_path(10 * X, y, **data)
    assert_allclose(path.intercepts[path.gap_ratios == 0.0], 0.0, atol=1e-3)


def test_targets_far_from_zero():
    for seed in range(6):
        X, _, group, f = make_groups(400, 5, 2, offset=0, seed=seed)
        data = {"sensitive_features": group, "estimator": ParityRidge()}
        near, far = (parity_path(X, f + offset, **data) for offset in (0.0, 1e7))
        assert_allclose(far.coefs, near.coefs, atol=1e-6)
