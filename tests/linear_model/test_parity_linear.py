"""What all linear models promise beside the laws of tests/properties."""

import pickle
import tracemalloc

import cvxpy
import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import skops.io
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone, is_regressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR

from fairlearnkit.constraints import Contrasts, DemographicParity, EqualOpportunity
from fairlearnkit.exceptions import InfeasibleConstraintError, SmallGroupWarning
from fairlearnkit.kernel_ridge import ParityKernelRidge
from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.preprocessing import ParityProjection
from fairlearnkit.svm import ParityLinearSVC, ParityLinearSVR, ParitySVC, ParitySVR
from helpers import make_data, make_weight

ESTIMATORS = [
    ParityLogisticRegression(),
    ParityLinearSVC(),
    ParityLinearSVC(loss="hinge"),
    ParityRidge(),
    ParityLinearSVR(),
    ParityLinearSVR(loss="squared_epsilon_insensitive", epsilon=0.2),
]
CLASSIFIERS = ESTIMATORS[:3]


@pytest.fixture
def data():
    return make_data()


def target(estimator, y, f):
    return f if is_regressor(estimator) else y


def scores(estimator, X):
    if is_regressor(estimator):
        return estimator.predict(X)
    return estimator.decision_function(X)


SIBLINGS = [
    (
        ParityLogisticRegression(C=0.3, tol=1e-12),
        LogisticRegression(C=0.3, tol=1e-10, max_iter=10_000),
    ),
    (
        ParityLogisticRegression(class_weight={"no": 3, "yes": 0.5}, tol=1e-12),
        LogisticRegression(class_weight={"no": 3, "yes": 0.5}, tol=1e-10),
    ),
    (
        ParityLinearSVC(loss="hinge", C=0.3, tol=1e-12),
        SVC(kernel="linear", C=0.3, tol=1e-8),
    ),
    (
        ParityLinearSVC(C=0.3, fit_intercept=False, tol=1e-12),
        LinearSVC(C=0.3, fit_intercept=False, tol=1e-10, dual=False, max_iter=10_000),
    ),
    (
        ParityLinearSVR(epsilon=0.1, C=0.3, tol=1e-12),
        SVR(kernel="linear", epsilon=0.1, C=0.3, tol=1e-8),
    ),
    (
        ParityLinearSVR(
            loss="squared_epsilon_insensitive",
            epsilon=0.1,
            C=0.3,
            fit_intercept=False,
            tol=1e-12,
        ),
        LinearSVR(
            loss="squared_epsilon_insensitive",
            epsilon=0.1,
            C=0.3,
            fit_intercept=False,
            tol=1e-10,
            dual=False,
            max_iter=100_000,
        ),
    ),
    (ParityRidge(alpha=3.0), Ridge(alpha=3.0)),
    (
        ParityRidge(alpha=3.0, fit_intercept=False),
        Ridge(alpha=3.0, fit_intercept=False),
    ),
    (ParityRidge(alpha=0.0), Ridge(alpha=0.0)),
]


@pytest.mark.parametrize(("model", "sibling"), SIBLINGS)
@pytest.mark.parametrize("weighted", [False, True])
def test_without_bound_it_is_scikit_learns_model(data, model, sibling, weighted):
    X, y, group, f = data
    w = np.random.default_rng(0).uniform(0.5, 2, len(X)) if weighted else None
    model = clone(model).set_params(max_gap=np.inf)
    y = target(model, y, f)
    model.fit(X, y, sensitive_features=group, sample_weight=w)
    sibling = clone(sibling).fit(X, y, sample_weight=w)
    assert_allclose(np.ravel(model.coef_), np.ravel(sibling.coef_), atol=1e-4)
    assert_allclose(model.intercept_, np.ravel(sibling.intercept_)[0], atol=1e-4)
    assert_array_equal(model.predict(X).shape, sibling.predict(X).shape)
    assert model.gap_ > 0.05


def test_balanced_counts_classes_by_their_weights(data):
    """As scikit-learn does from 1.7 on; spelled out, since older ones count rows."""
    X, y, group, _ = data
    w = np.random.default_rng(0).uniform(0.5, 2, len(X)) * np.where(y == "no", 3, 1)
    model = ParityLogisticRegression(max_gap=np.inf, class_weight="balanced", tol=1e-12)
    model.fit(X, y, sensitive_features=group, sample_weight=w)
    factor = {label: w.sum() / (2 * w[y == label].sum()) for label in ("no", "yes")}
    sibling = LogisticRegression(class_weight=factor, tol=1e-10, max_iter=10_000)
    sibling.fit(X, y, sample_weight=w)
    assert_allclose(model.coef_, sibling.coef_, atol=1e-4)


def test_several_classes_are_one_vs_rest():
    X, y, group, _ = make_data(n_classes=4)
    model = ParityLogisticRegression(max_gap=np.inf, tol=1e-12)
    model.fit(X, y, sensitive_features=group)
    sibling = OneVsRestClassifier(LogisticRegression(tol=1e-10, max_iter=10_000))
    sibling.fit(X, y)
    assert_array_equal(model.classes_, sibling.classes_)
    assert_allclose(model.predict_proba(X), sibling.predict_proba(X), atol=1e-4)
    assert_allclose(model.predict_proba(X).sum(axis=1), 1.0)
    assert_allclose(np.exp(model.predict_log_proba(X)), model.predict_proba(X))


@pytest.mark.parametrize("estimator", CLASSIFIERS)
@pytest.mark.parametrize("constraint", ["equal_opportunity", "equalized_odds"])
def test_with_several_classes_the_constraint_holds_for_each(estimator, constraint):
    X, y, group, _ = make_data(900, 10, n_classes=4)
    model = clone(estimator).set_params(constraint=constraint)
    model.fit(X, y, sensitive_features=group)
    f = model.decision_function(X)
    assert f.shape == (900, 4)
    for k, label in enumerate(model.classes_):
        strata = [y == label]
        if constraint == "equalized_odds":
            strata.append(y != label)
        for stratum in strata:
            means = [f[stratum & (group == g), k].mean() for g in "abc"]
            assert max(means) - min(means) <= 1e-8


@pytest.mark.parametrize(
    ("relabel", "pos_label"),
    [
        (lambda y: y == "yes", None),
        (lambda y: np.where(y == "yes", 1, -1), None),
        (lambda y: np.where(y == "yes", 2.0, 1.0), 2),
        (lambda y: pd.Series(y, dtype="category"), "yes"),
        (lambda y: list(y), "yes"),
        (lambda y: pl.Series(y), "yes"),
    ],
)
def test_labels_of_any_kind(data, relabel, pos_label):
    X, y, group, _ = data
    model = ParityLogisticRegression(constraint="equal_opportunity")
    expected = clone(model).fit(X, 1 * (y == "yes"), sensitive_features=group).coef_
    model.set_params(pos_label=pos_label)
    found = clone(model).fit(X, relabel(y), sensitive_features=pl.Series(group))
    assert_allclose(found.coef_, expected)
    assert set(np.unique(found.predict(X))) <= set(found.classes_.tolist())


@pytest.mark.slow
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("max_gap", [0.0, 0.1])
def test_sparse_and_column_major_equal_dense(data, estimator, max_gap):
    X, y, group, f = data
    X = X * (np.random.default_rng(0).uniform(size=X.shape) < 0.6)
    model = clone(estimator).set_params(max_gap=max_gap, tol=1e-12)
    t = target(model, y, f)
    dense = clone(model).fit(X, t, sensitive_features=group)
    for other in (sparse.csr_array(X), sparse.csc_matrix(X), np.asfortranarray(X)):
        found = clone(model).fit(other, t, sensitive_features=group)
        assert_allclose(found.coef_, dense.coef_, atol=1e-4)
        assert_allclose(scores(found, other), scores(dense, X), atol=1e-3)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_sparse_is_never_made_dense(data, estimator, monkeypatch):
    _, y, group, f = data
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(400, 190)) * (rng.uniform(size=(400, 190)) < 0.02)
    wide = sparse.csr_array(wide)
    whole = wide.shape[0] * wide.shape[1]
    for kind in (sparse.csr_matrix, sparse.csr_array):
        original = kind.toarray

        def watched(self, *args, original=original, **kwargs):
            assert self.shape[0] * self.shape[1] < whole
            return original(self, *args, **kwargs)

        monkeypatch.setattr(kind, "toarray", watched)
        t = target(estimator, y, f)
        clone(estimator).fit(kind(wide), t, sensitive_features=group)


@pytest.mark.slow
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_float32_is_kept_where_scikit_learn_keeps_it(data, estimator):
    X, y, group, f = data
    t = target(estimator, y, f)
    model = clone(estimator).set_params(max_gap=0.1)
    wide = clone(model).fit(
        X.astype(np.float32).astype(float), t, sensitive_features=group
    )
    model.fit(X.astype(np.float32), t, sensitive_features=group)
    kept = not isinstance(estimator, ParityLinearSVC | ParityLinearSVR)
    assert model.coef_.dtype == (np.float32 if kept else np.float64)
    assert_allclose(model.coef_, wide.coef_, rtol=1e-5, atol=1e-6)
    assert_allclose(model.gap_, 0.1, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_cvxpy_agrees(data, estimator):
    X, y, group, f = data
    t = target(estimator, y, f)
    model = clone(estimator).set_params(max_gap=0.1)
    fast = clone(model).fit(X, t, sensitive_features=group)
    slow = model.set_params(solver="cvxpy").fit(X, t, sensitive_features=group)
    assert_allclose(fast.coef_, slow.coef_, atol=1e-3)
    assert_allclose(slow.gap_, 0.1, rtol=1e-6)


def test_decorrelation_of_numeric_columns(data):
    X, _, _, f = data
    rng = np.random.default_rng(0)
    s = pd.DataFrame({"age": 40 + 9 * X[:, 0] + rng.normal(size=400), "x": X[:, 1]})
    model = ParityRidge(constraint="decorrelation").fit(X, f, sensitive_features=s)
    for column in s:
        assert abs(np.corrcoef(model.predict(X), s[column])[0, 1]) < 1e-8
    assert model.groups_ is None
    assert model.group_counts_ is None


def test_an_object_as_constraint(data):
    X, y, group, _ = data
    rows = EqualOpportunity(pos_label="yes").contrasts(y, group).toarray()

    class Fixed:
        def contrasts(self, y, sensitive_features, sample_weight=None, *, missing):
            return Contrasts.from_rows(rows)

    own = ParityLogisticRegression(constraint=Fixed()).fit(
        X, y, sensitive_features=group
    )
    named = ParityLogisticRegression(constraint=EqualOpportunity(pos_label="yes"))
    named.fit(X, y, sensitive_features=group)
    assert_allclose(own.coef_, named.coef_, atol=1e-10)


def test_columns_separately_is_weaker_than_intersections():
    X, y, group, _ = make_data(n_features=8)
    both = pd.DataFrame({"g": group, "h": X[:, 0] > 1})
    fits = {}
    for columns in ("intersection", "separately"):
        constraint = DemographicParity(columns=columns)
        model = ParityLogisticRegression(constraint=constraint)
        fits[columns] = model.fit(X, y, sensitive_features=both)
    f = fits["separately"].decision_function(X)
    for column in both:
        means = [f[both[column] == v].mean() for v in both[column].unique()]
        assert max(means) - min(means) < 1e-8
    for model in fits.values():
        assert len(model.groups_) == 6


@pytest.mark.parametrize("policy", ["group", "ignore"])
def test_missing_groups(data, policy):
    X, y, group, _ = data
    group = group.astype(object)
    group[:60] = None
    with pytest.raises(ValueError, match=r"is missing .* in 60 rows"):
        ParityLogisticRegression().fit(X, y, sensitive_features=group)
    model = ParityLogisticRegression(missing=policy)
    f = model.fit(X, y, sensitive_features=group).decision_function(X)
    known = [f[group == g].mean() for g in "abc"]
    assert max(known) - min(known) < 1e-8
    unknown = abs(f[:60].mean() - known[0])
    assert (unknown < 1e-8) == (policy == "group")
    assert model.groups_.tolist() == ["a", "b", "c"] + [None] * (policy == "group")


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_persistence(data, estimator, tmp_path):
    X, y, group, f = data
    model = clone(estimator).fit(X, target(estimator, y, f), sensitive_features=group)
    joblib.dump(model, tmp_path / "model.joblib")
    trusted = skops.io.get_untrusted_types(data=skops.io.dumps(model))
    assert all(name.startswith("fairlearnkit.") for name in trusted)
    for other in (
        pickle.loads(pickle.dumps(model)),
        joblib.load(tmp_path / "model.joblib"),
        skops.io.loads(skops.io.dumps(model), trusted=trusted),
    ):
        assert_array_equal(other.predict(X), model.predict(X))


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_no_training_rows_are_kept(data, estimator):
    """Ten times as many rows make a model that is as large; none of them is in it."""
    X, y, group, f = data
    t, sizes = target(estimator, y, f), []
    for times in (1, 10):
        many = np.tile(X, (times, 1)), np.tile(t, times)
        model = clone(estimator).fit(*many, sensitive_features=np.tile(group, times))
        saved = pickle.dumps(model)
        sizes.append(len(saved))
        assert not [row for row in X if row.tobytes() in saved]
    assert abs(sizes[1] - sizes[0]) < 50


@pytest.mark.slow
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_nothing_of_the_caller_is_written_to(data, estimator):
    X, y, group, f = data
    arrays = [X, target(estimator, y, f), group, make_weight(len(X))]
    fits = []
    for writeable in (True, False):
        given = [array.copy() for array in arrays]
        for array in given:
            array.flags.writeable = writeable
        X, y, group, weight = given
        model = clone(estimator).set_params(max_gap=0.1)
        fits.append(model.fit(X, y, sensitive_features=group, sample_weight=weight))
        for array, before in zip(given, arrays):
            assert_array_equal(array, before)
    assert_array_equal(fits[0].coef_, fits[1].coef_)


# Messages, in the order of the table of errors and warnings.


@pytest.mark.parametrize("estimator", ESTIMATORS)
class TestMessages:
    def fit(self, estimator, sensitive_features, **params):
        X, y, _, f = make_data()
        model = clone(estimator).set_params(**params)
        return model.fit(
            X, target(estimator, y, f), sensitive_features=sensitive_features
        )

    def test_groups_not_given(self, estimator):
        with pytest.raises(
            ValueError, match="sensitive_features is required"
        ) as caught:
            self.fit(estimator, None)
        assert "fit(X, y, sensitive_features=" in str(caught.value)
        assert "enable_metadata_routing" in str(caught.value)

    def test_wrong_length(self, estimator):
        with pytest.raises(ValueError, match="has 399 rows but X has 400"):
            self.fit(estimator, ["a", "b", "c"] * 133)

    def test_one_group(self, estimator):
        with pytest.raises(ValueError, match=r"one group only, \['a'\]"):
            self.fit(estimator, ["a"] * 400)

    def test_small_group(self, estimator):
        with pytest.warns(SmallGroupWarning, match="a: 393, b: 7"):
            self.fit(estimator, ["a"] * 393 + ["b"] * 7)

    def test_nan_among_the_groups(self, estimator):
        with pytest.raises(ValueError, match=r"in 4 rows.*missing=\"ignore\""):
            self.fit(estimator, ["a"] * 200 + ["b"] * 196 + [np.nan] * 4)

    def test_nan_in_X(self, estimator):
        X, y, group, f = make_data()
        X[3, 2] = np.nan
        with pytest.raises(ValueError, match="Input X contains NaN"):
            clone(estimator).fit(X, target(estimator, y, f), sensitive_features=group)

    def test_another_number_of_features(self, estimator):
        X, _, group, _ = make_data()
        model = self.fit(estimator, group)
        with pytest.raises(ValueError, match=r"X has 4 features, but .* expecting 5"):
            model.predict(X[:, :4])

    def test_unknown_constraint(self, estimator):
        with pytest.raises(ValueError, match=r"'constraint' parameter.*'fair'"):
            self.fit(estimator, ["a", "b"] * 200, constraint="fair")

    def test_solver_that_is_not_installed(self, estimator):
        params = {"solver": "cvxpy", "solver_params": {"solver": "NOSUCH"}}
        with pytest.raises(
            ValueError, match="'NOSUCH', which is not installed"
        ) as caught:
            self.fit(estimator, ["a", "b"] * 200, **params)
        assert "CLARABEL" in str(caught.value)

    def test_solver_that_gives_up(self, estimator):
        params = {"solver": "cvxpy", "solver_params": {"max_iter": 1}, "max_gap": 0.1}
        with pytest.raises(
            InfeasibleConstraintError, match=r"CLARABEL.*(status|broke)"
        ):
            self.fit(estimator, ["a", "b"] * 200, **params)

    def test_inexact_solver(self, estimator):
        loose = {"solver": "SCS", "eps": 1e-12, "max_iters": 20}
        params = {"solver": "cvxpy", "solver_params": loose}
        with pytest.warns(
            ConvergenceWarning, match=r"'optimal_inaccurate'.*duality gap"
        ):
            self.fit(estimator, ["a", "b"] * 200, **params)


STATUSES = (
    "infeasible",
    "infeasible_inaccurate",
    "unbounded",
    "unbounded_inaccurate",
    "user_limit",
)


@pytest.mark.parametrize("status", STATUSES)
def test_every_other_status_is_an_error_that_names_it(data, status, monkeypatch):
    X, y, group, _ = data

    def solve(problem, **options):
        problem._status = status

    monkeypatch.setattr(cvxpy.Problem, "solve", solve)
    model = ParityLogisticRegression(solver="cvxpy")
    with pytest.raises(InfeasibleConstraintError, match=f"the status '{status}'"):
        model.fit(X, y, sensitive_features=group)


# Constraints of the user's own on the model, beside parity.


def monotone(coef, intercept):
    """A scorecard: no negative first coefficient, the second at least the third."""
    return [coef[0] >= 0, coef[1] >= coef[2]]


@pytest.mark.slow
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("max_gap", [0.0, 0.1, np.inf])
def test_convex_constraints_hold_beside_parity(data, estimator, max_gap):
    X, y, group, f = data
    y = target(estimator, y, f)
    model = clone(estimator).set_params(max_gap=max_gap, solver="cvxpy")
    free = clone(model).fit(X, y, sensitive_features=group)
    sign = -np.sign(np.ravel(free.coef_)[:2])  # what the data do not say
    if sign[0] < 0:
        X = X * [-1, 1, 1, 1, 1]
        free = clone(model).fit(X, y, sensitive_features=group)
    assert np.ravel(free.coef_)[0] < 0
    model.set_params(convex_constraints=monotone)
    coef = np.ravel(model.fit(X, y, sensitive_features=group).coef_)
    assert coef[0] >= -1e-6
    assert coef[1] >= coef[2] - 1e-6
    assert np.abs(coef - np.ravel(free.coef_)).max() > 0.01
    assert model.gap_ <= max_gap * (1 + 1e-6) + 1e-6
    assert np.isnan(model.duality_gap_)
    names = {"solver": "SCS", "eps": 1e-8}
    other = clone(model).set_params(solver_params=names)
    other = np.ravel(other.fit(X, y, sensitive_features=group).coef_)
    assert_allclose(other, coef, atol=1e-3)


def test_convex_constraints_may_bound_the_intercept(data):
    X, y, group, _ = data
    model = ParityLogisticRegression(
        solver="cvxpy", convex_constraints=lambda coef, intercept: intercept == 0.25
    )
    model.fit(X, y, sensitive_features=group)
    assert_allclose(model.intercept_, 0.25, atol=1e-6)


def test_convex_constraints_that_are_none(data):
    X, y, group, _ = data
    cases = [
        (
            lambda coef, intercept: [coef[0] >= 1, coef[0] <= 0],
            "'infeasible': no model",
        ),
        (lambda coef, intercept: None, "returned None; return a list"),
        (lambda coef, intercept: [True], "returned True, which is no convex"),
        (lambda coef, intercept: [coef[0] ** 2 >= 1], "is no convex constraint"),
    ]
    for rule, message in cases:
        model = ParityLogisticRegression(solver="cvxpy", convex_constraints=rule)
        with pytest.raises(ValueError, match=message):
            model.fit(X, y, sensitive_features=group)
    model = ParityLogisticRegression(convex_constraints=monotone)
    with pytest.raises(ValueError, match=r"convex_constraints=.* needs solver='cvxpy'"):
        model.fit(X, y, sensitive_features=group)


@pytest.mark.parametrize("estimator", CLASSIFIERS)
def test_not_converged(data, estimator):
    X, _, group, _ = data
    y = X[:, 0] > 1
    model = clone(estimator).set_params(max_iter=1)
    with pytest.warns(ConvergenceWarning, match="'max_iter' after 1 iter") as caught:
        model.fit(X, y, sensitive_features=group)
    assert "duality gap of" in str(caught[0].message)
    assert "the gap between groups is" in str(caught[0].message)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("estimator", CLASSIFIERS)
def test_empty_cell(data, estimator):
    X, y, group, _ = data
    group = np.where(y == "yes", "a", group)
    equal = {"constraint": "equal_opportunity", "pos_label": "yes"}
    model = clone(estimator).set_params(**equal)
    message = r"no row among rows with y = yes for the groups \['b', 'c'\].*Counts: a: "
    with pytest.raises(ValueError, match=message):
        model.fit(X, y, sensitive_features=group)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_constraint_that_leaves_nothing_warns(estimator):
    X, y, group, f = make_data(n_features=2)
    with pytest.warns(UserWarning, match="the same for every row: with max_gap=0"):
        model = clone(estimator).fit(
            X, target(estimator, y, f), sensitive_features=group
        )
    assert np.ptp(scores(model, X)) <= 1e-8


@pytest.mark.parametrize("estimator", CLASSIFIERS)
def test_one_class(data, estimator):
    X, _, group, _ = data
    with pytest.raises(ValueError, match="only one class: 'x'"):
        clone(estimator).fit(X, ["x"] * 400, sensitive_features=group)


@pytest.mark.parametrize("wrap", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize(
    "estimator",
    [ParityRidge(), ParityLogisticRegression(), ParityLinearSVC(), ParityLinearSVR()],
)
def test_one_hot_columns_of_which_a_constant_is_left(estimator, wrap):
    """Their sum has a gap of 0, and an intercept leaves it free."""
    rng = np.random.default_rng(0)
    group, job = np.arange(600) % 3, rng.integers(0, 3, 600)
    X = wrap(np.eye(3)[np.where(rng.uniform(size=600) < 0.5, job, group)])
    y = (rng.normal(size=600) + group > 1).astype(int)
    with pytest.warns(UserWarning, match="the same for every row"):
        model = clone(estimator).fit(X, y, sensitive_features=group)
    f = model.predict(X) if is_regressor(model) else model.decision_function(X)
    assert np.ptp(f) < 1e-9


@pytest.mark.parametrize("offset", [0, 1e6])
def test_small_differences_of_scores_are_no_constant(offset):
    rng = np.random.default_rng(0)
    group, X = np.arange(600) % 3, rng.normal(size=(600, 4))
    X[:, 0] *= 1e18  # nanoseconds
    y = X[:, 1] + rng.normal(size=600)
    for alpha in (1.0, 1e12):
        model = ParityRidge(alpha=alpha).fit(X + offset, y, sensitive_features=group)
        assert np.ptp(model.predict(X + offset)) > 0


@pytest.mark.parametrize(
    "constraint",
    ["equal_opportunity", "equalized_odds", EqualOpportunity(pos_label=3)],
)
@pytest.mark.parametrize(
    "estimator", [*ESTIMATORS[3:], ParitySVR(), ParityKernelRidge()]
)
def test_class_constraints_are_refused_for_regression(data, estimator, constraint):
    X, _, group, f = data
    model = clone(estimator).set_params(constraint=constraint)
    for y in (f, np.arange(len(f)) % 60):  # ages are no classes
        with pytest.raises(ValueError, match=r"predicts numbers.*'general_parity'"):
            model.fit(X, y, sensitive_features=group)


def test_options_of_other_solvers(data):
    X, y, group, f = data
    for model, t in ((ParityLogisticRegression(), y), (ParityRidge(), f)):
        model.set_params(solver="interior-point")
        with pytest.raises(ValueError, match="'solver' parameter"):
            model.fit(X, t, sensitive_features=group)
    with pytest.raises(
        ValueError, match=r"piecewise linear losses, and SquaredHinge is smooth"
    ):
        ParityLinearSVC(solver="interior-point").fit(X, y, sensitive_features=group)


@pytest.mark.parametrize("estimator", [*ESTIMATORS, ParityProjection()])
def test_groups_in_another_order_than_X_are_refused(data, estimator):
    X, y, group, f = data
    X, group = pd.DataFrame(X), pd.Series(group)
    X.columns = list("abcde")
    t = target(estimator, y, f)
    with pytest.raises(ValueError, match=r"another order.*\.loc\[X\.index\]"):
        clone(estimator).fit(X, t, sensitive_features=group.sample(frac=1.0))
    for same in (group, group.set_axis(range(400, 800)), group.to_numpy()):
        clone(estimator).fit(X, t, sensitive_features=same)


def test_what_a_constraint_returns_is_checked(data):
    X, y, group, _ = data

    class Wrong:
        def __init__(self, found):
            self.found = found

        def contrasts(self, y, sensitive_features, sample_weight=None, *, missing):
            return self.found

    def fit(found):
        model = ParityLogisticRegression(constraint=Wrong(found))
        return model.fit(X, y, sensitive_features=group)

    with pytest.raises(ValueError, match="returned a ndarray; return Contrasts"):
        fit(np.zeros((1, 400)))
    with pytest.raises(ValueError, match="rows for 3 samples but X has 400"):
        fit(Contrasts.from_rows([[1.0, -1.0, 0.0]]))
    with pytest.raises(ValueError, match="the class EqualOpportunity; pass an object"):
        ParityLogisticRegression(constraint=EqualOpportunity).fit(
            X, y, sensitive_features=group
        )


@pytest.mark.parametrize("estimator", CLASSIFIERS)
def test_a_positive_label_is_refused_one_vs_rest(estimator):
    X, y, group, _ = make_data(n=900, n_classes=3)
    model = clone(estimator).set_params(constraint=EqualOpportunity(pos_label=0))
    with pytest.raises(
        ValueError, match=r"3 classes one-vs-rest.*leave pos_label=None"
    ):
        model.fit(X, np.unique(y, return_inverse=True)[1], sensitive_features=group)


@pytest.mark.parametrize("estimator", CLASSIFIERS)
@pytest.mark.parametrize("factor", [0.0, -1.0, np.nan])
def test_classes_without_weight_are_refused(data, estimator, factor):
    X, y, group, _ = data
    model = clone(estimator).set_params(class_weight={"no": factor, "yes": 1.0})
    with pytest.raises(ValueError, match="every class a positive"):
        model.fit(X, y, sensitive_features=group)
    with pytest.raises(ValueError, match="every class a positive"):
        clone(estimator).fit(
            X, y, sensitive_features=group, sample_weight=(y == "yes").astype(float)
        )


def test_float32_that_cannot_hold_the_gap_warns(data):
    X, y, group, _ = data
    # Two large differences between the groups that have to cancel.
    X[:, :2] += 1e6 * (group == group[0])[:, None]
    X = X.astype(np.float32)
    with pytest.warns(UserWarning, match="In float32 the coefficients leave a gap of"):
        ParityLogisticRegression().fit(X, y, sensitive_features=group)


@pytest.mark.parametrize("constraint", ["equal_opportunity", "equalized_odds"])
@pytest.mark.parametrize("estimator", [*CLASSIFIERS, ParitySVC()])
def test_an_empty_cell_of_one_vs_rest_names_the_class(estimator, constraint):
    X, y, group, _ = make_data(n=900, n_classes=3)
    kept = (y != "yes") | (group != "b")
    model = clone(estimator).set_params(constraint=constraint)
    with pytest.raises(ValueError, match=r"class 'yes': .*for the groups \['b'\]"):
        model.fit(X[kept], y[kept], sensitive_features=group[kept])
    with pytest.raises(ValueError, match=r"^sensitive_features is required"):
        model.fit(X, y)


@pytest.mark.parametrize("max_gap", [0.0, 0.1, np.inf])
@pytest.mark.parametrize("offset", [0.0, 1e3, 1e5])
@pytest.mark.parametrize("estimator", [ParityLogisticRegression(), ParityRidge()])
def test_in_float32_the_certificate_is_that_of_the_rounded_model(
    estimator, offset, max_gap
):
    rng = np.random.default_rng(0)
    X = (rng.normal(size=(300, 4)) + offset).astype(np.float32)
    exact = X.astype(np.float64)
    f = exact[:, 0] - offset + rng.normal(size=300)
    group, y = np.arange(300) % 3, f if is_regressor(estimator) else f > 0

    def objective(model):
        w = model.coef_.ravel().astype(np.float64)
        scores = exact @ w + float(np.ravel(model.intercept_)[0])
        if is_regressor(model):
            return 0.5 * w @ w + 0.5 * ((y - scores) ** 2).sum()
        return 0.5 * w @ w + np.logaddexp(0, -np.where(y, 1, -1) * scores).sum()

    best = clone(estimator).set_params(max_gap=max_gap, tol=1e-12)
    best.fit(exact, y, sensitive_features=group)
    model = clone(best).fit(X, y, sensitive_features=group)
    assert model.coef_.dtype == np.float32
    excess = objective(model) - objective(best)
    assert excess <= model.duality_gap_ + 1e-9 * objective(best)
    if offset == 1e5 and max_gap == np.inf:  # which is then far above tol
        assert excess > 1e-6


@pytest.mark.parametrize("max_gap", [0.0, 0.3])
@pytest.mark.parametrize("estimator", [ParityRidge(), ParityLogisticRegression()])
@pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning")
def test_three_thousand_groups(estimator, max_gap):
    """A row for each of 4.5 million pairs would take 100 GB."""
    rng = np.random.default_rng(0)
    group = rng.permutation(30_000) % 3_000
    X = rng.normal(size=(30_000, 8))
    X[:, :2] += rng.normal(size=(3_000, 2))[group]
    f = X.sum(axis=1)
    y = f if is_regressor(estimator) else f > 0
    model = clone(estimator).set_params(
        max_gap=max_gap, constraint="demographic_parity"
    )
    tracemalloc.start()
    if max_gap == 0:  # as many contrasts as features leave nothing
        with pytest.warns(UserWarning, match="predicts the same for every row"):
            model.fit(X, y, sensitive_features=group)
    else:
        model.fit(X, y, sensitive_features=group)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    scores = X @ model.coef_.ravel()
    means = np.bincount(group, weights=scores) / np.bincount(group)
    np.testing.assert_allclose(np.ptp(means), max_gap, atol=1e-6)
    np.testing.assert_allclose(model.gap_, np.ptp(means), atol=1e-9)
    assert peak < 60e6


@pytest.mark.parametrize("separate", [0, 1, 2])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_one_class_without_a_certificate_leaves_none(separate):
    """Without a penalty a class that a hyperplane separates has no optimum."""
    rng = np.random.default_rng(0)
    X, group = rng.normal(size=(200, 3)), rng.integers(2, size=200)
    y = np.where(X[:, 0] > 1, separate, (separate + 1) % 3)
    y = np.where((X[:, 0] <= 1) & (rng.random(200) < 0.5), (separate + 2) % 3, y)
    model = ParityLogisticRegression(C=np.inf, max_gap=np.inf)
    model.fit(X, y, sensitive_features=group)
    assert np.isnan(model.duality_gap_)
