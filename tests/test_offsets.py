"""Nothing depends on where the origin of X is, whatever the constraint.

What rounding allows: X itself has a last digit of 2e-16 times its offset, so scores of
spread 1 are compared to 1e-9 at an offset of 1e6 standard deviations; a solver stops
within its tolerance, elsewhere for another X, hence tight ones here.
"""

from itertools import cycle, product

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.base import clone, is_regressor
from sklearn.linear_model import LinearRegression

from fairlearnkit.constraints import DemographicParity, EqualizedOdds, GeneralParity
from fairlearnkit.kernel_ridge import ParityKernelRidge
from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.postprocessing import BarycenterRegressor
from fairlearnkit.preprocessing import BarycenterTransformer, ParityProjection
from fairlearnkit.svm import ParityLinearSVC, ParityLinearSVR, ParitySVC, ParitySVR
from helpers import codes, make_data

N, D = 300, 12
TIGHT = {"tol": 1e-10, "max_iter": 2000}
LINEAR = [
    ParityRidge(),
    ParityRidge(alpha=0.0),
    ParityLogisticRegression(**TIGHT),
    ParityLogisticRegression(solver="newton-cg", **TIGHT),
    ParityLinearSVC(**TIGHT),
    ParityLinearSVC("hinge", **TIGHT),
    ParityLinearSVC("hinge", solver="interior-point", **TIGHT),
    ParityLinearSVR(**TIGHT),
    ParityLinearSVR(loss="squared_epsilon_insensitive", **TIGHT),
]
KERNELS = [
    ParitySVC(gamma=0.1, tol=1e-6),
    ParitySVR(gamma=0.1, tol=1e-6),
    ParityKernelRidge(kernel="rbf", gamma=0.1),
    ParitySVC(kernel="linear", tol=1e-6),
    ParitySVR(kernel="linear", tol=1e-6),
]
OFFSETS = [1.0, 1e3, 1e6]
GROUPS = [2, 3, 5]


def make_centred(n_groups, n=N):
    """Features of mean 0, which have no offset yet; target, groups, and other ones."""
    X, _, group, f = make_data(n, D, n_groups, seed=1)
    other, group = np.arange(n) // 2 % 2, codes(group)
    return X - X.mean(axis=0), f - f.mean() + 0.3 * other, group, other


def moved(X, offset):
    """Columns far from zero on either side, by unlike distances; one that stays."""
    return X + offset * X.std(axis=0) * np.resize([1.0, -1.0, 0.3, 0.0, 0.01], D)


def constraints(estimator, n_groups):
    """Every constraint that the estimator takes, with as many contrasts as fit."""
    yield "demographic_parity"
    yield "decorrelation"
    if n_groups < 5:
        yield GeneralParity(n_bins=2) if is_regressor(estimator) else EqualizedOdds()
    if not is_regressor(estimator):
        yield "equal_opportunity"


def scores(model, X):
    return model.predict(X) if is_regressor(model) else model.decision_function(X)


def compare(estimator, X, target, s, atol, forms=(np.asarray,)):
    """Scores for X, and for X moved by every offset, in several forms."""

    def fitted_scores(X):
        return scores(clone(estimator).fit(X, target, sensitive_features=s), X)

    expected = fitted_scores(X)
    spread = np.ptp(expected)
    assert spread > 1e-3
    # Where there are two forms, both at the largest offset and one at each other.
    for offset, form in {*zip(OFFSETS, cycle(forms)), *product(OFFSETS[-1:], forms)}:
        found = fitted_scores(form(moved(X, offset)))
        near = atol(offset) * max(1.0, spread)
        message = f"{form.__name__}, offset {offset:g}"
        assert_allclose(found, expected, atol=near, err_msg=message)


@pytest.mark.parametrize("n_groups", GROUPS)
@pytest.mark.parametrize("estimator", LINEAR, ids=lambda m: repr(m)[:60])
def test_linear_models(estimator, n_groups):
    X, f, group, _ = make_centred(n_groups)
    target = f if is_regressor(estimator) else (f > 0).astype(int)
    # Half of the grid: each estimator with each constraint and each number of groups,
    # and each constraint with each number of groups, an equality and a bound.
    which, number = LINEAR.index(estimator), GROUPS.index(n_groups)
    max_gap = (0.0, 0.1)[(which // 2 + number) % 2]
    for i, constraint in enumerate(constraints(estimator, n_groups)):
        if (i + which + number) % 2:
            continue
        compare(
            clone(estimator).set_params(constraint=constraint, max_gap=max_gap),
            X,
            target,
            group,
            lambda offset: 1e-4 if offset == 1.0 else 1e-5,
            (np.asarray, sparse.csr_array),
        )


@pytest.mark.parametrize("estimator", [LINEAR[0], LINEAR[2], LINEAR[5]])
def test_intersections_and_columns_one_by_one(estimator):
    X, f, group, other = make_centred(3)
    target = f if is_regressor(estimator) else (f > 0).astype(int)
    s = np.column_stack([group, other])
    for constraint in (DemographicParity(), DemographicParity(columns="separately")):
        for max_gap in (0.0, 0.1):
            model = clone(estimator).set_params(constraint=constraint, max_gap=max_gap)
            compare(model, X, target, s, lambda offset: 1e-4)


@pytest.mark.parametrize(
    ("n_groups", "max_gap"), [(2, 0.0), (2, 0.1), (3, 0.1), (5, 0.0)]
)
@pytest.mark.parametrize("estimator", KERNELS, ids=lambda m: repr(m)[:60])
def test_kernel_models(estimator, n_groups, max_gap):
    X, f, group, _ = make_centred(n_groups, 150)
    target = f if is_regressor(estimator) else (f > 0).astype(int)
    model = clone(estimator).set_params(max_gap=max_gap)
    compare(model, X, target, group, lambda offset: 1e-4)


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("n_groups", [2, 3, 5])
def test_projection(n_groups, offset):
    X, _, group, other = make_centred(n_groups)
    for s in (group, np.column_stack([group, other])):
        found = []
        for V in (X, moved(X, offset)):
            projection = ParityProjection().fit(V, sensitive_features=s)
            Z = projection.transform(V)
            found.append(Z - Z.mean(axis=0))
            # One direction for each independent contrast, and no other.
            n_cells = len(projection.group_counts_)
            assert len(projection.directions_) == n_cells - 1
        assert_allclose(*found, atol=1e-15 * offset + 1e-9)


@pytest.mark.parametrize("offset", OFFSETS)
def test_means_that_agree_stay_unconstrained(offset):
    """Groups of the very same rows: all directions are rounding."""
    X, f, _, _ = make_centred(2)
    V, group = np.tile(moved(X, offset), (3, 1)), np.repeat([0, 1, 2], N)
    V = V[np.random.default_rng(0).permutation(len(V))]
    order = np.random.default_rng(0).permutation(len(group))
    with pytest.warns(UserWarning, match="found nothing to remove"):
        projection = ParityProjection().fit(V, sensitive_features=group[order])
    assert projection.directions_.shape == (0, D)
    y = np.tile(f, 3)[order]
    held = ParityRidge().fit(V, y, sensitive_features=group[order])
    free = clone(held).set_params(max_gap=np.inf)
    free.fit(V, y, sensitive_features=group[order])
    assert_allclose(held.predict(V), free.predict(V), atol=1e-15 * offset + 1e-9)


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("n_groups", [2, 3, 5])
def test_barycenters(n_groups, offset):
    X, f, group, _ = make_centred(n_groups)
    V = moved(X, offset)
    found = [
        BarycenterTransformer().fit_transform(Z, sensitive_features=group) - Z
        for Z in (X, V)
    ]
    assert_allclose(*found, atol=1e-14 * offset + 1e-9)
    found = [
        BarycenterRegressor(LinearRegression())
        .fit(Z, f + offset, sensitive_features=group)
        .predict(Z, sensitive_features=group)
        for Z in (X, V)
    ]
    assert_allclose(*found, atol=1e-12 * offset + 1e-9)
