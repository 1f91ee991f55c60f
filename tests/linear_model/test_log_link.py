"""Poisson and gamma regression: beside scikit-learn, cvxpy, and where exp overflows."""

from functools import cache

import cvxpy as cp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning
from sklearn.linear_model import GammaRegressor, PoissonRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.constraints import GeneralParity
from fairlearnkit.linear_model import (
    ParityGammaRegressor,
    ParityPoissonRegressor,
    parity_path,
)
from fairlearnkit.metrics import score_gap

POISSON, GAMMA = ParityPoissonRegressor(tol=1e-10), ParityGammaRegressor(tol=1e-10)
both = pytest.mark.parametrize("model", [POISSON, GAMMA], ids=["Poisson", "Gamma"])
SIBLINGS = {
    ParityPoissonRegressor: PoissonRegressor,
    ParityGammaRegressor: GammaRegressor,
}
LOSSES = {
    ParityPoissonRegressor: lambda y, f: cp.exp(f) - cp.multiply(y, f),
    ParityGammaRegressor: lambda y, f: cp.multiply(y, cp.exp(-f)) + f,
}


def make_portfolio(model, n=600, n_groups=3, seed=0):
    """Features whose means differ by group, targets of the family, and weights."""
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.arange(n) % n_groups)
    X = rng.normal(size=(n, 8)) + 0.4 * np.outer(codes, rng.normal(size=8))
    mean = np.exp(0.25 * X @ rng.normal(size=8) + 0.5)
    if isinstance(model, ParityPoissonRegressor):
        y = rng.poisson(mean).astype(float)
    else:
        y = mean * rng.gamma(2.0, 0.5, n)
    weight = rng.uniform(0.1, 2.0, n)
    return X, y, np.array(list("abcde"))[codes], weight


def fit(model, data, **parameters):
    X, y, group, weight = data
    model = clone(model).set_params(**parameters)
    return model.fit(X, y, sensitive_features=group, sample_weight=weight)


def objective(model, data):
    """That of scikit-learn: the mean half deviance, and the penalty."""
    X, y, _, weight = data
    w, f = model.coef_, X @ model.coef_ + model.intercept_
    penalty = model.alpha / 2 * w @ w
    if isinstance(model, ParityPoissonRegressor):
        loss = np.exp(f) - y * f + y * np.log(np.where(y > 0, y, 1)) - y
    else:
        loss = y * np.exp(-f) + f - np.log(y) - 1
    return np.average(loss, weights=weight) + penalty


def gap_of(f, group, weight):
    means = [np.average(f[group == g], weights=weight[group == g]) for g in set(group)]
    return max(means) - min(means)


def optimum(model, data, max_gap, cells=None):
    """Coefficients of least objective, stated for cvxpy from the data alone.

    `max_gap` bounds the differences between all pairs of cells, or is what they are to
    be, a list.
    """
    X, y, group, weight = data
    w = cp.Variable(X.shape[1])
    b = cp.Variable() if model.fit_intercept else cp.Constant(0.0)
    f = X @ w + b
    pairs = cells or [
        (group == p, group == q)
        for i, p in enumerate(np.unique(group))
        for q in np.unique(group)[i + 1 :]
    ]
    differences = [
        (weight[p] @ f[p]) / weight[p].sum() - (weight[q] @ f[q]) / weight[q].sum()
        for p, q in pairs
    ]
    if np.ndim(max_gap):
        rules = [d == goal for d, goal in zip(differences, max_gap)]
    else:
        rules = [cp.abs(d) <= max_gap for d in differences]
    loss = weight @ LOSSES[type(model)](y, f) / weight.sum()
    goal = loss + model.alpha / 2 * cp.sum_squares(w)
    problem = cp.Problem(cp.Minimize(goal), rules)
    options = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), 1e-9)
    problem.solve(solver="CLARABEL", **options)
    return np.append(w.value, b.value)


def coefficients(model):
    return np.append(model.coef_, model.intercept_)


@pytest.mark.slow
@both
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("alpha", [0.0, 1e-3, 1.0])
@pytest.mark.parametrize("weights", ["none", "some", "zeros"])
def test_without_a_bound_it_is_scikit_learns(model, weights, alpha, fit_intercept):
    X, y, group, weight = make_portfolio(model)
    weight = {"none": None, "some": weight, "zeros": weight * (np.arange(600) % 3 > 0)}
    weight = weight[weights]
    options = {"alpha": alpha, "fit_intercept": fit_intercept}
    sibling = SIBLINGS[type(model)](**options, tol=1e-12, solver="newton-cholesky")
    sibling.fit(X, y, sample_weight=weight)
    found = fit(model, (X, y, group, weight), max_gap=np.inf, **options)
    assert_allclose(found.coef_, sibling.coef_, atol=2e-5)
    assert_allclose(found.predict(X), sibling.predict(X), rtol=1e-4)
    sibling.coef_, sibling.intercept_ = found.coef_, found.intercept_
    for given in (None, weight):  # of the same predictions
        expected = sibling.score(X, y, sample_weight=given)
        assert_allclose(found.score(X, y, sample_weight=given), expected, rtol=1e-9)
    assert found.gap_ > 0.02


@cache  # it is that of every solver
def portfolio_and_optimum(model, alpha, max_gap, fit_intercept):
    """Rows of which a seventh has no weight, and the coefficients for them."""
    X, y, group, weight = make_portfolio(model)
    weight *= np.arange(600) % 7 > 0
    data = X, y, group, weight
    model = clone(model).set_params(alpha=alpha, fit_intercept=fit_intercept)
    return data, optimum(model, data, max_gap)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Solution may be inaccurate")  # of the reference
@both
@pytest.mark.parametrize("solver", ["newton-cholesky", "newton-cg", "cvxpy"])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("max_gap", [0.0, 0.03])
@pytest.mark.parametrize("alpha", [0.0, 0.01, 1.0])
def test_every_solver_finds_the_optimum(model, alpha, max_gap, fit_intercept, solver):
    data, best = portfolio_and_optimum(model, alpha, max_gap, fit_intercept)
    X, _, group, weight = data
    options = {"alpha": alpha, "fit_intercept": fit_intercept, "max_gap": max_gap}
    found = fit(model, data, solver=solver, **options)
    assert_allclose(coefficients(found), best, atol=1e-3 if solver == "cvxpy" else 5e-5)
    assert_allclose(found.gap_, max_gap, atol=1e-6)  # every bound binds
    assert_allclose(gap_of(X @ found.coef_, group, weight), found.gap_, atol=1e-12)
    reached = objective(found, data)
    found.coef_, found.intercept_ = best[:-1], best[-1]
    least = objective(found, data)
    assert reached <= least + (1e-6 if solver == "cvxpy" else 1e-8)
    if alpha == 0 and solver == "newton-cg":
        assert np.isnan(found.duality_gap_)
    else:  # it is a certificate
        assert reached - least <= found.duality_gap_ + 1e-9
        assert found.duality_gap_ <= 1e-5


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Solution may be inaccurate")  # of the reference
@both
@pytest.mark.parametrize("ratio", [0.5, -0.4, 0.0, 1.0])
@pytest.mark.parametrize("n_groups", [2, 3, 5])
def test_gap_ratio(model, n_groups, ratio):
    data = make_portfolio(model, n_groups=n_groups)
    X, _, group, weight = data
    plain = fit(model, data, alpha=0.1, max_gap=np.inf)
    f = X @ plain.coef_
    first = np.unique(group)[0]
    pairs = [(group == first, group == g) for g in np.unique(group)[1:]]
    goals = [
        ratio * np.subtract(*(np.average(f[r], weights=weight[r]) for r in pair))
        for pair in pairs
    ]
    found = fit(model, data, alpha=0.1, gap_ratio=ratio)
    assert_allclose(found.gap_, abs(ratio) * plain.gap_, rtol=1e-5, atol=1e-9)
    assert_allclose(coefficients(found), optimum(found, data, goals, pairs), atol=1e-4)


@both
@pytest.mark.parametrize("max_gap", [0.0, 0.1])
def test_general_parity_compares_rows_of_like_targets(model, max_gap):
    data = make_portfolio(model, n_groups=2)
    _, y, group, weight = data
    constraint = GeneralParity(n_bins=2)
    found = fit(model, data, alpha=0.1, constraint=constraint, max_gap=max_gap)
    contrasts = constraint.contrasts(y, group, weight)
    cells = [row > 0 for row in np.asarray(contrasts.means.todense())]
    pairs = [(cells[i], cells[i + 1]) for i in (0, 2)]
    assert_allclose(found.gap_, max_gap, atol=1e-9)
    best = optimum(found, data, max_gap, pairs)
    assert_allclose(coefficients(found), best, atol=1e-4)


@both
@pytest.mark.parametrize("max_gap", [0.0, 0.1, np.inf])
@pytest.mark.parametrize("alpha", [0.0, 0.1])
def test_sparse_rows(model, alpha, max_gap):
    X, y, group, weight = make_portfolio(model)
    X = X * (np.random.default_rng(0).uniform(size=X.shape) < 0.5)
    options = {"alpha": alpha, "max_gap": max_gap}
    dense = fit(model, (X, y, group, weight), **options)
    found = fit(model, (sparse.csr_array(X), y, group, weight), **options)
    assert_allclose(coefficients(found), coefficients(dense), atol=5e-5)
    assert_allclose(found.predict(sparse.csr_array(X)), dense.predict(X), rtol=1e-3)


@both
def test_float32_is_kept(model):
    X, y, group, weight = make_portfolio(model)
    double = fit(model, (X, y, group, weight), alpha=0.1)
    single = fit(model, (X.astype(np.float32), y, group, weight), alpha=0.1)
    assert single.coef_.dtype == np.float32
    assert single.predict(X.astype(np.float32)).dtype == np.float32
    assert_allclose(single.coef_, double.coef_, atol=1e-4)


@both
@pytest.mark.parametrize("max_gap", [0.0, 0.1])
def test_multipliers_are_the_slope_of_the_objective(model, max_gap):
    data = make_portfolio(model, n_groups=2)
    options, h = {"alpha": 0.1, "tol": 1e-10}, 1e-3
    found = fit(model, data, max_gap=max_gap, **options)
    (price,) = found.multipliers_.values()
    if max_gap:
        low, high = (
            objective(fit(model, data, max_gap=max_gap + s, **options), data)
            for s in (-h, h)
        )
        assert_allclose(abs(price), (low - high) / (2 * h), rtol=1e-3)
    else:
        opened = objective(fit(model, data, max_gap=h, **options), data)
        assert_allclose(abs(price), (objective(found, data) - opened) / h, rtol=2e-2)
    assert list(fit(model, data, max_gap=9.0).multipliers_.values()) == [0.0]


@both
def test_max_gap_is_the_log_of_a_ratio_of_geometric_means(model):
    data = make_portfolio(model, n_groups=2)
    X, _, group, weight = data
    found = fit(model, data, max_gap=np.log(1.05))
    f = np.log(found.predict(X))
    assert_allclose(f, found.linear_predictor(X), atol=1e-12)
    ratio = np.exp(gap_of(f, group, weight))
    assert_allclose([ratio, np.exp(found.gap_)], 1.05, rtol=1e-8)
    assert_allclose(
        found.gap_, score_gap(None, f, sensitive_features=group, sample_weight=weight)
    )


def test_arithmetic_means_may_differ_where_geometric_ones_agree():
    data = make_portfolio(POISSON, n_groups=2)
    X, _, group, weight = data
    X = X * np.where(group == "a", 1.0, 2.0)[:, None]
    found = fit(POISSON, (X, *data[1:]), alpha=0.01)
    assert gap_of(np.log(found.predict(X)), group, weight) < 1e-9
    assert gap_of(found.predict(X), group, weight) > 0.1


def test_frequencies_weighted_by_exposure_are_counts_with_an_offset():
    """The equations of the model of counts, at the solution for frequencies."""
    X, _, group, exposure = make_portfolio(POISSON)
    counts = np.random.default_rng(5).poisson(exposure)
    data = X, counts / exposure, group, exposure
    found = fit(POISSON, data, alpha=0.01, max_gap=np.inf)
    residual = counts - exposure * found.predict(X)
    pull = X.T @ residual / exposure.sum()
    assert_allclose(pull, found.alpha * found.coef_, atol=1e-5)
    assert abs(residual.sum()) < 1e-4 * counts.sum()


@pytest.mark.slow
@pytest.mark.parametrize("max_gap", [0.0, 0.05, np.inf])
@pytest.mark.parametrize("alpha", [0.0, 1.0])
@pytest.mark.parametrize(
    "case", ["few", "outlier", "large", "tiny", "unscaled", "steep", "far"]
)
@both
def test_it_converges_on_hard_data(model, case, alpha, max_gap):
    X, y, group, weight = make_portfolio(model)
    few = np.where(np.arange(600) < 4, 7.0, 0.0)
    floor = 0.0 if model is POISSON else 1e-3
    y = {
        "few": few + floor,
        "outlier": np.where(np.arange(600) == 7, 1e7, y),
        "large": 1e8 * y,
        "tiny": 1e-8 * y,
        "steep": np.round(np.exp(3 * X[:, 0])) + floor,
    }.get(case, y)
    if case == "unscaled":
        X = X * 10.0 ** np.array([-6, -4, -2, 0, 1, 2, 4, 6])
    if case == "far":
        X = X + 1e4
    found = fit(model, (X, y, group, weight), tol=1e-8, alpha=alpha, max_gap=max_gap)
    assert found.gap_ <= max_gap + 1e-8
    assert abs(found.duality_gap_) <= 1e-7 * objective(found, (X, y, group, weight))
    assert np.isfinite(found.predict(X)).all()


@both
@pytest.mark.parametrize("factor", [1e-6, 1e-2, 1e6])
def test_neither_the_unit_of_weights_nor_that_of_gamma_targets_matters(model, factor):
    X, y, group, weight = make_portfolio(model)
    found = fit(model, (X, y, group, weight), alpha=0.1, max_gap=0.05)
    again = fit(model, (X, y, group, factor * weight), alpha=0.1, max_gap=0.05)
    assert_allclose(coefficients(again), coefficients(found), atol=1e-9)
    if model is GAMMA:
        again = fit(model, (X, factor * y, group, weight), alpha=0.1, max_gap=0.05)
        expected = coefficients(found) + np.append(np.zeros(8), np.log(factor))
        assert_allclose(coefficients(again), expected, atol=1e-6)


@both
@pytest.mark.parametrize("n_features", [1, 2])
@pytest.mark.parametrize("setting", [{"max_gap": 0.1}, {"gap_ratio": 0.5}])
def test_without_a_penalty_the_intercept_reaches_its_optimum(
    model, setting, n_features
):
    # The constraint binds every coefficient, so that they alone show no gradient.
    X, y, group, weight = make_portfolio(model)
    data = 3.0 * X[:, :n_features] + 10.0, y, group, weight
    fits = {
        solver: fit(model, data, alpha=0.0, solver=solver, **setting)
        for solver in ("newton-cg", "newton-cholesky")
    }
    found = {solver: objective(m, data) for solver, m in fits.items()}
    assert_allclose(found["newton-cg"], found["newton-cholesky"], rtol=1e-6)


def test_coefficients_of_almost_zero_are_no_sign_of_an_optimum():
    # Expectations from e^-50 to e^150 make the first step tiny, and the gradient times
    # the coefficients with it.
    rng = np.random.default_rng(0)
    X = np.where(rng.random((80, 3)) < 0.5, 0.0, rng.normal(100.0, 1.0, (80, 3)))
    y = np.exp(X @ [0.5, -0.5, 1.0]) * rng.gamma(2.0, 0.5, 80)
    data = X, y, np.arange(80) % 2, np.ones(80)
    options = {"alpha": 0.0, "max_gap": np.inf}
    model = fit(GAMMA, data, solver="newton-cholesky", **options)
    assert_allclose(model.coef_, [0.5, -0.5, 1.0], atol=0.01)
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        fit(GAMMA, data, solver="newton-cg", **options)


@pytest.mark.parametrize("solver", ["newton-cg", "newton-cholesky"])
def test_gap_ratio_starts_at_the_plain_model_without_a_penalty(solver):
    # The shortest coefficients with such a gap predict e^200 and more.
    rng = np.random.default_rng(0)
    group = np.arange(300) % 2
    X = rng.normal(size=(300, 2)) + 100.0 + np.outer(group, [1.0, 0.0])
    y = rng.poisson(np.exp(2.0 * X[:, 0] - 2.0 * X[:, 1])).astype(float)
    data = X, y, group, np.ones(300)
    options = {"alpha": 0.0, "fit_intercept": False, "solver": solver, "tol": 1e-8}
    plain = fit(POISSON, data, max_gap=np.inf, **options)
    model = fit(POISSON, data, gap_ratio=0.99, **options)
    assert_allclose(model.gap_, 0.99 * plain.gap_, rtol=1e-5)
    assert objective(model, data) < 2.0 * objective(plain, data)


@pytest.mark.parametrize(
    ("model", "value", "message"),
    [
        (POISSON, -1.0, "1 of 600 are, the smallest is -1. Counts and frequencies"),
        (GAMMA, 0.0, "1 of 600 are, the smallest is 0. Amounts must be positive"),
        (GAMMA, -2.5, "1 of 600 are, the smallest is -2.5. Amounts must be positive"),
    ],
)
def test_targets_out_of_range(model, value, message):
    X, y, group, weight = make_portfolio(model)
    fitted = fit(model, (X, y, group, weight))
    y[3] = value
    with pytest.raises(ValueError, match=f"out of the valid range.*{message}"):
        fit(model, (X, y, group, weight))
    with pytest.raises(ValueError, match=f"out of the valid range.*{message}"):
        fitted.score(X, y)


def test_no_event_at_all():
    X, y, group, weight = make_portfolio(POISSON)
    with pytest.raises(ValueError, match="y is 0 in every row, whose expected"):
        fit(POISSON, (X, 0 * y, group, None))
    weight[:5], y = 0.0, np.where(np.arange(600) < 5, 3.0, 0.0)
    with pytest.raises(ValueError, match="in every row with a positive weight"):
        fit(POISSON, (X, y, group, weight))
    without = fit(POISSON, (X, 0 * y, group, None), fit_intercept=False)
    assert without.predict(X).mean() < 1.0


def test_a_category_without_events_and_without_a_penalty():
    """Its coefficient tends to minus infinity; the objective gets to the infimum."""
    X, y, group, weight = make_portfolio(POISSON)
    rare = np.arange(600) % 5 == 0
    X, y = np.column_stack([X, rare]), np.where(rare, 0.0, y)
    data = X, y, group, weight
    found = fit(POISSON, data, alpha=0.0, max_gap=np.inf)
    others = [column[~rare] for column in data]
    without = fit(POISSON, others, alpha=0.0, max_gap=np.inf)
    share = weight[~rare].sum() / weight.sum()
    infimum = share * objective(without, others)
    reached = objective(found, data)
    assert abs(reached - infimum) <= found.duality_gap_ + without.duality_gap_ + 1e-11
    assert found.duality_gap_ <= 1e-9
    assert found.coef_[-1] < -10


def test_all_levels_of_a_category_and_an_intercept_without_a_penalty():
    """Which leave a direction without curvature, along which no step is taken."""
    X, y, group, weight = make_portfolio(POISSON, n=1200)
    levels = np.eye(40)[np.random.default_rng(0).permutation(1200) % 40]
    X = np.column_stack([levels, X])
    data = X, 1e6 * (y + 0.5), group, weight
    options = {"alpha": 0.0, "max_gap": np.inf}
    exact = fit(POISSON, data, solver="newton-cholesky", **options)
    found = fit(POISSON, data, solver="newton-cg", **options)
    assert_allclose(found.predict(X), exact.predict(X), rtol=1e-4)
    assert_allclose(found.coef_, exact.coef_, atol=1e-4)  # both the shortest


@both
def test_the_score_of_constant_targets_is_not_defined(model):
    data = make_portfolio(model)
    found = fit(model, data)
    with pytest.warns(UndefinedMetricWarning, match="y is 2 in every row"):
        assert np.isnan(found.score(data[0], np.full(600, 2.0)))


@both
def test_a_constraint_of_ones_own(model):
    data = make_portfolio(model)

    def rising(coef, intercept):
        return [coef[0] >= 0.3, intercept <= 0.2]

    options = {"alpha": 0.1, "solver": "cvxpy", "convex_constraints": rising}
    found = fit(model, data, **options)
    assert found.coef_[0] >= 0.3 - 1e-5
    assert found.intercept_ <= 0.2 + 1e-5
    assert np.isnan(found.duality_gap_)


@both
def test_a_path_gives_the_models_of_gap_ratio(model):
    X, y, group, weight = make_portfolio(model)
    ratios = [1.0, 0.5, 0.0, -0.5]
    path = parity_path(
        X,
        y,
        sensitive_features=group,
        sample_weight=weight,
        gap_ratios=ratios,
        estimator=clone(model).set_params(alpha=0.1),
    )
    for i, ratio in enumerate(ratios):
        found = fit(model, (X, y, group, weight), alpha=0.1, gap_ratio=ratio)
        assert_allclose(path.coefs[:, i], found.coef_, atol=1e-5)
        assert_allclose(path.gaps[i], found.gap_, atol=1e-8)


@both
def test_it_composes(model):
    X, y, group, _ = make_portfolio(model)
    table = np.column_stack([X, group == "a"])
    steps = make_pipeline(StandardScaler(), clone(model))
    search = GridSearchCV(
        SensitiveColumns(steps, [8]),
        {f"estimator__{type(model).__name__.lower()}__alpha": [0.01, 10.0]},
    )
    search.fit(table, y)
    f = np.log(search.predict(table))
    assert gap_of(f, group == "a", np.ones(600)) < 1e-8
    best = search.best_params_
    assert list(best.values()) == [0.01]
