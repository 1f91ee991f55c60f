"""Laws of Poisson and gamma regression, on samples of few rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn.base import clone

from fairlearnkit.linear_model import ParityGammaRegressor, ParityPoissonRegressor
from optimality import assert_optimal, by_cell, cells_of, price, subdifferential
from strategies import examples, problems, seeds

pytestmark = [
    pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning"),
    # An equality between more groups than there are features.
    pytest.mark.filterwarnings("ignore:.* predicts the same for every row:UserWarning"),
]
ALPHA = 0.1
MODELS = {
    "poisson": ParityPoissonRegressor(alpha=ALPHA, tol=1e-10),
    "gamma": ParityGammaRegressor(alpha=ALPHA, tol=1e-10),
}
names, bounds = st.sampled_from(list(MODELS)), st.sampled_from([0.0, 0.05, 0.5])
ten = examples(10)


def target(name, f):
    """Counts, some of them zero, or positive amounts, whose logs are near f."""
    amount = np.exp(np.clip(f - f.mean(), -4, 4) / 2)
    return np.floor(amount) if name == "poisson" else amount


def fit(name, rows, **parameters):
    X, f, group, weight = rows
    model = clone(MODELS[name]).set_params(**parameters)
    given = {"sensitive_features": group, "sample_weight": weight}
    return model.fit(X, target(name, f), **given)


def objective_of(name, model, rows):
    """The mean half deviance, and the penalty."""
    X, f, _, weight = rows
    score, y = model.linear_predictor(X), target(name, f)
    if name == "poisson":
        log = np.log(np.where(y > 0, y, 1.0))
        loss = np.exp(score) - y * score + y * log - y
    else:
        loss = y * np.exp(-score) + score - np.log(y) - 1
    return np.average(loss, weights=weight) + ALPHA / 2 * np.sum(model.coef_**2)


@pytest.mark.parametrize("name", MODELS)
@ten
@given(rows=problems(), max_gap=bounds)
def test_the_multipliers_certify_the_optimum(name, rows, max_gap):
    """Also of collinear and void problems, and of more groups than features."""
    X, f, group, weight = rows
    model = fit(name, rows, max_gap=max_gap)
    w, middle = model.coef_, X.mean(axis=0)
    Z, b = X - middle, model.intercept_ + middle @ w
    share = weight / weight.sum()
    ends = share * subdifferential(name, target(name, f), Z @ w + b)
    near = 1e-7 * objective_of(name, model, rows) + 1e-9
    data = ends, model.multipliers_, cells_of(group, weight), max_gap, near
    assert_optimal(Z, (w, b), *data, reg=ALPHA)


@ten
@given(name=names, rows=problems(), ends=st.permutations([0.0, 0.05, 0.3, 5.0]))
def test_the_price_bounds_the_objective_of_every_other_bound(name, rows, ends):
    """The optimum is convex in `max_gap`, with the multipliers as its slope."""
    first, second = ends[:2]
    models = [fit(name, rows, max_gap=bound) for bound in (first, second)]
    here, there = (objective_of(name, model, rows) for model in models)
    nu = by_cell(models[0].multipliers_, cells_of(rows.group, rows.weight))
    bound = here - models[0].duality_gap_ - price(nu) * (second - first)
    assert there >= bound - 1e-6 * here
    if second > first:
        assert there <= here + models[1].duality_gap_ + 1e-9 * here


@ten
@given(name=names, rows=problems(), max_gap=bounds, seed=seeds)
def test_order_names_and_repetitions(name, rows, max_gap, seed):
    """Of rows, of groups; and a weight is a number of rows."""
    X, f, group, weight = rows
    rng, y = np.random.default_rng(seed), target(name, f)
    expected = fit(name, rows, max_gap=max_gap).linear_predictor(X)
    order = rng.permutation(np.repeat(np.arange(len(f)), weight))
    renamed = dict(zip("abcdefghi", rng.permutation(list("stuvwxyzä"))))
    model = clone(MODELS[name]).set_params(max_gap=max_gap)
    labels = np.array([renamed[g] for g in group])
    model.fit(X[order], y[order], sensitive_features=labels[order])
    assert_allclose(model.linear_predictor(X), expected, atol=1e-4)


@ten
@given(
    name=names,
    rows=problems(["plain", "many groups", "void"]),
    max_gap=bounds,
    factor=st.sampled_from([1e-2, 0.5, 30.0]),
    seed=seeds,
)
def test_turned_moved_and_scaled_features_give_the_same_scores(
    name, rows, max_gap, factor, seed
):
    """A penalty on the length of the coefficients knows no axes."""
    rng, d = np.random.default_rng(seed), rows.X.shape[1]
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    moved = rows._replace(X=(rows.X @ turn + 9 * rng.normal(size=d)) * factor)
    expected = fit(name, rows, max_gap=max_gap).linear_predictor(rows.X)
    found = fit(name, moved, max_gap=max_gap, alpha=ALPHA * factor**2)
    assert_allclose(found.linear_predictor(moved.X), expected, atol=1e-4)


@ten
@given(
    name=names,
    rows=problems(),
    max_gap=bounds,
    factor=st.sampled_from([1e-3, 0.2, 50.0]),
)
def test_another_unit_of_the_target_adds_its_log(name, rows, max_gap, factor):
    """The deviance of counts has the unit of the counts, that of amounts has none."""
    X, f, group, weight = rows
    given = {"sensitive_features": group, "sample_weight": weight}
    unit = factor if name == "poisson" else 1.0
    expected = fit(name, rows, max_gap=max_gap).linear_predictor(X)
    model = clone(MODELS[name]).set_params(max_gap=max_gap, alpha=ALPHA * unit)
    found = model.fit(X, factor * target(name, f), **given).linear_predictor(X)
    assert_allclose(found - np.log(factor), expected, atol=1e-4)
