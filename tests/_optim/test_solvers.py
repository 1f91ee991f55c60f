"""Every solver against cvxpy, its own certificate, and scikit-learn's limits."""

import itertools
from dataclasses import replace
from functools import wraps

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from fairlearnkit._optim import newton as newton_module
from fairlearnkit._optim import problem as problem_module
from fairlearnkit._optim import (
    solve,
    solver_auto,
    solver_dual,
    solver_interior_point,
    solver_newton,
)
from fairlearnkit._optim.augmented_lagrangian import (
    smoothed_problem,
    without_saturated,
)
from fairlearnkit._optim.losses import LOSSES
from fairlearnkit._optim.problem import build_problem
from fairlearnkit._optim.rows import ArrayRows
from fairlearnkit.constraints import check_constraint
from helpers import codes, make_data, make_weight, random_sparse_problem, signs

CONSTRAINTS = [
    "demographic_parity",
    "equal_opportunity",
    "equalized_odds",
    "decorrelation",
]
FAST = {
    "epsilon_insensitive": ["newton-cholesky", "newton-cg", "interior-point"],
    "squared_epsilon_insensitive": ["newton-cholesky", "newton-cg"],
    "hinge": ["newton-cholesky", "newton-cg", "interior-point"],
    "logistic": ["newton-cholesky", "newton-cg"],
    "squared": ["newton-cholesky", "newton-cg"],
    "squared_hinge": ["newton-cholesky", "newton-cg"],
}


def make_problem(constraint, n_groups, weighted, n=130, d=6):
    X, y, group, _ = make_data(n, d, n_groups, seed=1)
    y, w, numbers = signs(y), make_weight(n), codes(group)
    s = (
        np.column_stack([numbers, numbers**2])
        if constraint == "decorrelation"
        else group
    )
    contrasts = check_constraint(constraint).contrasts(
        y, s, sample_weight=w if weighted else None
    )
    c = 0.5 * (w if weighted else np.ones(len(y)))
    return X, y, c, contrasts


def target(loss, X, y):
    """Real targets for the losses of regression."""
    if "insensitive" not in loss:
        return y
    column = X[:, [1]].toarray() if sparse.issparse(X) else X[:, [1]]
    return y + 0.5 * np.sin(7 * column.ravel())


def run(X, y, c, contrasts, loss, bound, solver="auto", **options):
    problem = build_problem(
        X,
        target(loss, X, y),
        c,
        loss=LOSSES[loss](),
        reg=options.pop("reg", 1.0),
        fit_intercept=options.pop("fit_intercept", True),
        means=contrasts.means,
        strata=contrasts.strata,
        bound=bound,
    )
    options = {"max_iter": 1000, **options}
    return solve(problem, solver=solver, **options)


def objective(X, y, c, loss, solution, reg=1.0):
    """Counted afresh, from the definition."""
    f = X @ solution.coef + solution.intercept
    y = target(loss, X, y)
    tube = np.maximum(0, np.abs(y - f) - 0.1)
    terms = {
        "epsilon_insensitive": tube,
        "squared_epsilon_insensitive": tube**2,
        "hinge": np.maximum(0, 1 - y * f),
        "logistic": np.log1p(np.exp(-y * f)),
        "squared": (y - f) ** 2 / 2,
        "squared_hinge": np.maximum(0, 1 - y * f) ** 2,
    }
    return reg * solution.coef @ solution.coef / 2 + c @ terms[loss]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning")
@pytest.mark.parametrize("n_groups", [2, 5])
@pytest.mark.parametrize("constraint", CONSTRAINTS)
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_optimum_equals_that_of_cvxpy(loss, constraint, n_groups):
    # With weights every other time: each pair of options occurs.
    i, j = sorted(LOSSES).index(loss), CONSTRAINTS.index(constraint)
    weighted = bool((i + j + n_groups) % 2)
    X, y, c, contrasts = make_problem(constraint, n_groups, weighted)
    free = run(X, y, c, contrasts, loss, np.inf)
    violated = contrasts.gap(X @ free.coef)
    assert violated > 0.01  # so that both bounds bind
    for bound in (0.0, 0.4 * violated):
        expected = run(X, y, c, contrasts, loss, bound, "cvxpy")
        reference = objective(X, y, c, loss, expected)
        for solver in FAST[loss]:
            found = run(X, y, c, contrasts, loss, bound, solver)
            value = objective(X, y, c, loss, found)
            assert found.status == "optimal"
            assert_allclose(value, reference, rtol=1e-6)
            assert_allclose(value, found.objective, rtol=1e-12)
            # The certificate holds: nothing is further below than it says.
            assert value - reference <= found.duality_gap + 1e-7 * reference
            assert -1e-12 * value <= found.duality_gap <= 1e-8 * value
            gap = contrasts.gap(X @ found.coef)
            if bound:
                assert_allclose(gap, bound, rtol=1e-6)
                assert gap <= bound * (1 + 1e-6)
            else:
                assert gap <= 1e-8


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_a_bound_that_holds_anyway_changes_nothing(loss):
    X, y, c, contrasts = make_problem("demographic_parity", 2, True)
    free = run(X, y, c, contrasts, loss, np.inf)
    bound = 1.01 * contrasts.gap(X @ free.coef)
    for solver in [*FAST[loss], "cvxpy"]:
        held = run(X, y, c, contrasts, loss, bound, solver)
        assert_allclose(held.objective, free.objective, rtol=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_objective_rises_as_the_bound_falls(loss):
    X, y, c, contrasts = make_problem("equalized_odds", 3, False)
    bounds = [np.inf, 1.0, 0.3, 0.1, 0.01, 1e-5, 0.0]
    found = [run(X, y, c, contrasts, loss, bound, tol=1e-10) for bound in bounds]
    gaps = [contrasts.gap(X @ s.coef) for s in found]
    assert all(b <= a + 1e-6 for a, b in itertools.pairwise(gaps))
    values = [s.objective for s in found]
    assert all(b >= a - 1e-7 * a for a, b in itertools.pairwise(values))
    assert_allclose(values[-2], values[-1], rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize(("bound", "density"), [(0.0, 0.3), (0.1, 0.02)])
def test_sparse_equals_dense(loss, bound, density):
    X, y, c, contrasts = make_problem("equal_opportunity", 3, True, n=200, d=40)
    X = X * (np.random.default_rng(0).uniform(size=X.shape) < density)
    dense = run(X, y, c, contrasts, loss, bound, tol=1e-12)
    for solver in ("newton-cholesky", "newton-cg"):
        found = run(
            sparse.csr_array(X), y, c, contrasts, loss, bound, solver, tol=1e-12
        )
        # With a penalty ||w||^2 / 2, so far can they be apart at these duality gaps.
        gaps = np.array([found.duality_gap, dense.duality_gap])
        distance = np.linalg.norm(found.coef - dense.coef)
        assert distance <= np.sqrt(2.0 * gaps.clip(0.0)).sum() + 1e-7
        assert distance < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("bound", [0.0, 0.05])
def test_more_features_than_samples(loss, bound):
    X, y, c, contrasts = make_problem("demographic_parity", 2, False, n=50, d=80)
    expected = run(X, y, c, contrasts, loss, bound, "cvxpy")
    for solver in FAST[loss]:
        found = run(X, y, c, contrasts, loss, bound, solver)
        assert found.status == "optimal"
        assert_allclose(found.objective, expected.objective, rtol=1e-6)
        assert contrasts.gap(X @ found.coef) <= bound + 1e-8


@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("bound", [0.0, 0.05])
def test_without_intercept(loss, bound):
    X, y, c, contrasts = make_problem("demographic_parity", 2, True)
    options = {"fit_intercept": False}
    expected = run(X, y, c, contrasts, loss, bound, "cvxpy", **options)
    for solver in FAST[loss]:
        found = run(X, y, c, contrasts, loss, bound, solver, **options)
        assert found.intercept == 0.0
        assert_allclose(found.objective, expected.objective, rtol=1e-6)


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_rows_of_weight_zero_are_absent(loss):
    X, y, c, _ = make_problem("demographic_parity", 2, True)
    c[::3] = 0.0
    used = c > 0
    group, w = make_data(len(y), 6, 2, seed=1)[2], make_weight(len(y))
    weight = np.where(used, w, 0.0)
    with_zeros = check_constraint("demographic_parity").contrasts(y, group, weight)
    without = check_constraint("demographic_parity").contrasts(
        y[used], group[used], w[used]
    )
    a = run(X, y, c, with_zeros, loss, 0.1, tol=1e-12)
    b = run(X[used], y[used], c[used], without, loss, 0.1, tol=1e-12)
    assert_allclose(a.coef, b.coef, atol=1e-6)


@pytest.mark.parametrize("scale", [1e-4, 1e4])
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_features_of_any_scale(loss, scale):
    X, y, c, contrasts = make_problem("equalized_odds", 2, False)
    scales = np.array([1.0, scale, 1.0, scale, 1.0, 1.0])
    for solver in FAST[loss]:
        found = run(X * scales, y, c, contrasts, loss, 0.0, solver)
        assert found.status == "optimal"
        assert contrasts.gap((X * scales) @ found.coef) <= 1e-8


def test_equal_means_leave_nothing_to_constrain():
    X, y, c, _ = make_problem("demographic_parity", 2, False)
    X, y, c = np.vstack([X, X[::-1]]), np.r_[y, y[::-1]], np.r_[c, c]
    group = np.repeat(["a", "b"], len(X) // 2)
    contrasts = check_constraint("demographic_parity").contrasts(y, group)
    free = run(X, y, c, contrasts, "logistic", np.inf)
    for bound in (0.0, 0.1):
        held = run(X, y, c, contrasts, "logistic", bound)
        assert_allclose(held.coef, free.coef, atol=1e-10)


@pytest.mark.parametrize("bound", [0.0, 0.3])
def test_least_squares_without_penalty(bound):
    X, y, c, contrasts = make_problem("demographic_parity", 2, False)
    X = np.column_stack([X, X[:, 0] + X[:, 1]])  # rank deficient
    expected = run(X, y, c, contrasts, "squared", bound, "cvxpy", reg=0.0)
    found = run(X, y, c, contrasts, "squared", bound, reg=0.0)
    value = objective(X, y, c, "squared", found, reg=0.0)
    assert found.status == "optimal"
    assert_allclose(value, expected.objective, rtol=1e-6)
    assert contrasts.gap(X @ found.coef) <= bound + 1e-8


@pytest.mark.slow
def test_many_groups():
    X, y, c, contrasts = make_problem("demographic_parity", 30, True, n=1200, d=50)
    assert contrasts.gaps(y).shape == (435,)
    for loss in sorted(LOSSES):
        equal = run(X, y, c, contrasts, loss, 0.0)
        assert contrasts.gap(X @ equal.coef) <= 1e-8
        bounded = run(X, y, c, contrasts, loss, 0.05)
        assert bounded.status == "optimal"
        assert_allclose(contrasts.gap(X @ bounded.coef), 0.05, rtol=1e-6)
        assert bounded.objective < equal.objective


@pytest.mark.parametrize("loss", ["hinge", "logistic"])
@pytest.mark.parametrize("bound", [0.0, 0.05])
def test_wide_sparse_data_take_the_matrix_free_road(loss, bound, monkeypatch):
    X, y, c, contrasts = make_problem("equal_opportunity", 2, False, n=150, d=5)
    rng = np.random.default_rng(0)
    more = rng.normal(size=(150, 3000)) * (rng.uniform(size=(150, 3000)) < 0.005)
    wide = sparse.csr_array(np.hstack([X, more]))
    # Of the rows only their products count: 150 features have the same ones.
    narrow = np.linalg.cholesky((wide @ wide.T).toarray() + 1e-12 * np.eye(150))
    expected = run(narrow, y, c, contrasts, loss, bound, "cvxpy")

    def refuse(*args):
        msg = "a square matrix of 3005 features"
        raise AssertionError(msg)

    monkeypatch.setattr(solver_newton, "DenseHessian", refuse)
    found = run(wide, y, c, contrasts, loss, bound)
    assert found.status == "optimal"
    assert_allclose(found.objective, expected.objective, rtol=1e-6)
    assert contrasts.gap(wide @ found.coef) <= bound + 1e-8


@pytest.mark.parametrize(
    ("loss", "widest", "n", "wide_road"),
    [
        ("squared", 50, 300, "truncated_newton"),
        ("hinge", 400, 1100, "truncated_newton"),
        ("hinge", 200, 300, "dual_over_rows"),
    ],
)
def test_sparse_data_take_the_cheaper_road(loss, widest, n, wide_road, monkeypatch):
    X, y, c, contrasts = make_problem("demographic_parity", 2, False, n=n, d=600)
    c = 0.1 * c  # little curvature, where an interior point costs more
    X = sparse.csr_array(X * (np.random.default_rng(0).uniform(size=X.shape) < 0.02))
    roads = []
    places = {
        "DenseHessian": solver_newton,
        "truncated_newton": solver_newton,
        "dual_over_rows": solver_dual,
    }
    for name, place in places.items():
        road = getattr(place, name)
        monkeypatch.setattr(
            place,
            name,
            lambda *a, n=name, r=road, **k: roads.append(n) or r(*a, **k),
        )
    for width in (widest, widest + 1):
        run(X[:, :width], y, c, contrasts, loss, 0.0)
        assert {roads[-1]} == set(roads)
        road = wide_road if width > widest else "DenseHessian"
        assert roads.pop() == road
        roads.clear()


@pytest.mark.parametrize("bound", [0.0, 0.1])
@pytest.mark.parametrize(
    ("loss", "cost", "n", "expected"),
    [
        ("hinge", 100.0, 1100, True),
        ("epsilon_insensitive", 100.0, 700, True),
        ("squared_hinge", 100.0, 1100, False),
        ("hinge", 0.01, 1100, False),  # little curvature
        ("hinge", 100.0, 700, False),  # the dual
    ],
)
def test_sparse_kinks_with_little_penalty_take_the_interior_point(
    loss, cost, n, expected, bound, monkeypatch
):
    X, y, c, contrasts = make_problem("demographic_parity", 2, False, n=n, d=401)
    X = (np.random.default_rng(0).uniform(size=X.shape) < 0.02).astype(float)
    took, method = [], solver_interior_point.interior_point

    def spy(problem, **options):
        took.append(problem)
        return method(problem, **options)

    monkeypatch.setattr(solver_interior_point, "interior_point", spy)
    data = sparse.csr_array(X), y, cost * c, contrasts, loss, bound
    found = run(*data, tol=1e-6)
    assert bool(took) == expected
    assert found.status == "optimal"
    if expected:
        other = run(*data, "newton-cholesky", tol=1e-7)
        assert_allclose(found.objective, other.objective, rtol=2e-6)


@pytest.mark.parametrize(
    ("loss", "n", "d", "density", "cost", "first"),
    [
        ("squared", 300, 50, 0.1, 1.0, "newton-cholesky"),
        ("squared", 300, 51, 0.1, 1.0, "newton-cg"),
        ("hinge", 1100, 400, 0.02, 0.1, "newton-cholesky"),
        ("hinge", 1100, 401, 0.02, 0.1, "newton-cg"),
        # More curvature: 20 and 8, where 3.1 is for square matrices.
        ("hinge", 4000, 401, 0.05, 1.0, "newton-cholesky"),
        ("hinge", 3200, 401, 0.05, 0.4, "newton-cholesky"),
        # With fewer rows it is for the interior point, from 9.6 or 4.8.
        ("hinge", 3200, 401, 0.05, 1.0, "interior-point"),
        ("epsilon_insensitive", 3200, 401, 0.05, 0.4, "interior-point"),
        ("hinge", 4000, 401, 0.02, 2.5, "interior-point"),  # sparse products
        ("epsilon_insensitive", 450, 451, 0.02, 100.0, "dual"),  # more features
        # 1,001 features: 40, where 60 is for the interior point, or 80.
        ("hinge", 2600, 1001, 0.02, 2.0, "newton-cg"),
        ("hinge", 2600, 1001, 0.02, 4.0, "interior-point"),
        # More than .4 times as many features as rows.
        ("hinge", 900, 401, 0.02, 100.0, "dual"),
        ("epsilon_insensitive", 900, 401, 0.02, 100.0, "interior-point"),
        ("hinge", 900, 401, 0.02, 0.1, "dual"),
        # Curvature of .34 along one feature, or half and twice of it.
        ("hinge", 3000, 100, 0.1, 0.001, "dual"),
        ("epsilon_insensitive", 3000, 100, 0.1, 0.001, "newton-cholesky"),
        ("epsilon_insensitive", 3000, 100, 0.1, 0.0005, "dual"),
        ("hinge", 3000, 100, 0.1, 0.002, "newton-cholesky"),
        ("squared_hinge", 3000, 100, 0.1, 0.0005, "newton-cg"),
    ],
)
def test_the_first_choice_for_sparse_data(
    loss, n, d, density, cost, first, monkeypatch
):
    X = (np.random.default_rng(0).uniform(size=(n, d)) < density).astype(float)
    y = np.where(np.arange(n) % 3, -1.0, 1.0)
    contrasts = check_constraint("demographic_parity").contrasts(y, np.arange(n) % 2)
    problem = build_problem(
        sparse.csr_array(X),
        y,
        np.full(n, cost),
        loss=LOSSES[loss](),
        reg=1.0,
        fit_intercept=True,
        means=contrasts.means,
        strata=contrasts.strata,
        bound=0.1,
    )
    passes, row_squares = [], problem_module.row_squares

    def counted(block):
        passes.append(1)
        return row_squares(block)

    monkeypatch.setattr(problem_module, "row_squares", counted)
    assert solver_auto._ranked(problem)[0].name == first
    assert len(passes) <= 1  # whatever number of solvers asks


@pytest.mark.parametrize("bound", [0.0, 0.1])
@pytest.mark.parametrize(
    ("loss", "n"),
    [
        ("epsilon_insensitive", 700),  # the dual
        ("epsilon_insensitive", 1300),  # a square matrix, of few features
        ("hinge", 1300),
    ],
)
def test_where_the_interior_point_ends_early_another_solver_goes_on(
    loss, bound, n, monkeypatch
):
    X, y, c, contrasts = make_problem("demographic_parity", 2, True, n, 450)
    X = (np.random.default_rng(0).uniform(size=X.shape) < 0.02).astype(float)
    data = sparse.csr_array(X), y, 20.0 * c, contrasts, loss, bound
    expected = run(*data, tol=1e-8)
    took, method = [], solver_interior_point.interior_point

    def short(problem, **limits):
        took.append(method(problem, **{**limits, "max_iter": 4}))
        return took[-1]

    monkeypatch.setattr(solver_interior_point, "interior_point", short)
    found = run(*data, tol=1e-8)
    assert took[0].status == "max_iter"
    assert found.status == "optimal"
    assert_allclose(found.objective, expected.objective, rtol=2e-8)


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["logistic", "squared_hinge"])
@pytest.mark.parametrize("bound", [0.0, 0.1, np.inf])
def test_the_first_point_of_many_rows_is_that_of_a_sample(loss, bound, monkeypatch):
    X, y, c, contrasts = make_problem("demographic_parity", 3, True, n=3000)
    y[:] = -1.0
    y[:3] = 1.0  # in a sample there may be none of them
    expected = run(X, y, c, contrasts, loss, bound, tol=1e-10)
    samples = []
    sample = ArrayRows.sample

    def spy(rows, n_rows):
        samples.append(n_rows)
        return sample(rows, n_rows)

    monkeypatch.setattr(ArrayRows, "sample", spy)
    monkeypatch.setattr(solver_newton, "MANY_ELEMENTS", X.size)
    found = run(X, y, c, contrasts, loss, bound, tol=1e-10)
    assert samples == [3000 // 8]
    assert found.status == "optimal"
    assert_allclose(found.objective, expected.objective, rtol=1e-9)
    assert_allclose(found.coef, expected.coef, atol=1e-4)
    assert found.scores is not None
    if bound < np.inf:
        assert contrasts.gap(X @ found.coef) <= bound + 1e-8


@pytest.mark.parametrize("share", [0.0, 1.0])
@pytest.mark.parametrize("loss", ["hinge", "epsilon_insensitive", "squared_hinge"])
def test_gradients_after_a_search(loss, share, monkeypatch):
    """Of all rows, or changed by those whose derivative changes along the step."""
    X, y, c, contrasts = make_problem("demographic_parity", 3, True, n=400)
    found, take = [], newton_module._State._take

    def compare(state, point):
        take(state, point)
        g = -state._alpha()
        found.append([*state.pull, state.total])
        assert_allclose(found[-1], [*state.p.rows.rmatvec(g), g.sum()], atol=1e-12)

    monkeypatch.setattr(newton_module, "FEW_MOVING", share)
    monkeypatch.setattr(newton_module._State, "_take", compare)
    run(X, y, c, contrasts, loss, 0.1, "newton-cholesky")
    assert len(found) > 5


@pytest.mark.parametrize("n_large", [0, 40, 4000])
def test_a_sample_is_not_used_where_few_rows_decide_a_column(n_large, monkeypatch):
    """The Hessian of a sample says little of a category of 40 in 4,000 rows."""
    X, y, c, contrasts = make_problem("demographic_parity", 2, False, n=4000)
    rare = np.zeros(4000)
    rare[:n_large] = 1.0 + 0.1 * X[:n_large, 0]
    X[:, 3] = np.random.default_rng(0).permutation(rare)
    took, newton = [], solver_newton.newton

    def spy(problem, **options):
        took.append(problem.rows.shape[0])
        return newton(problem, **options)

    monkeypatch.setattr(solver_newton, "newton", spy)
    monkeypatch.setattr(solver_newton, "MANY_ELEMENTS", X.size)
    run(X, y, c, contrasts, "logistic", 0.0)
    assert took == ([4000] if n_large == 40 else [500, 4000])


def test_too_few_iterations_end_with_status_max_iter():
    X, y, c, contrasts = make_problem("demographic_parity", 2, False)
    for loss, solvers in FAST.items():
        if loss == "squared":
            continue  # one step is enough
        for solver in solvers:
            found = run(X, y, c, contrasts, loss, 0.0, solver, max_iter=1)
            assert found.status == "max_iter"
            assert found.n_iter == 1
            assert contrasts.gap(X @ found.coef) <= 1e-8


def test_inputs_are_not_written_to():
    X, y, c, contrasts = make_problem("demographic_parity", 2, True)
    before = [a.copy() for a in (X, y, c)]
    for loss in LOSSES:
        for bound in (0.0, 0.1):
            run(X, y, c, contrasts, loss, bound)
    for a, b in zip(before, (X, y, c)):
        np.testing.assert_array_equal(a, b)


def test_options_that_do_not_fit():
    X, y, c, contrasts = make_problem("demographic_parity", 2, False)
    with pytest.raises(
        ValueError,
        match="interior-point' takes piecewise linear losses, and Logistic is smooth",
    ):
        run(X, y, c, contrasts, "logistic", 0.0, "interior-point")
    with pytest.raises(ValueError, match="needs solver='cvxpy'"):
        run(X, y, c, contrasts, "logistic", 0.0, solver_params={"eps": 1})


@pytest.mark.slow
@pytest.mark.parametrize("bound", [0.0, 0.05])
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_rows_without_loss_weight_still_count_in_the_constraint(loss, bound):
    """Fewer rows with weight than features: the constraint reaches beyond them."""
    X, y, c, contrasts = make_problem("demographic_parity", 2, False, n=60, d=80)
    c[40:] = 0.0
    expected = run(X, y, c, contrasts, loss, bound, "cvxpy")
    for solver in FAST[loss]:
        found = run(X, y, c, contrasts, loss, bound, solver)
        assert found.status == "optimal"
        assert_allclose(found.objective, expected.objective, rtol=1e-6)
        assert contrasts.gap(X @ found.coef) <= bound * (1 + 1e-6) + 1e-8


@pytest.mark.parametrize("reg", [1e-3, 1e-6, 1e5, 1e9])
@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
def test_separable_data_and_any_strength_of_the_penalty(loss, reg):
    X, _, c, contrasts = make_problem("demographic_parity", 2, False, n=160)
    X = X - X.mean(axis=0)
    y = np.where(X[:, 1] + X[:, 2] > 0, 1.0, -1.0)
    X[:, 1] += y
    exact = "interior-point" if loss == "hinge" else "cvxpy"
    expected = run(X, y, c, contrasts, loss, 0.0, exact, reg=reg)
    for solver in ("newton-cholesky", "newton-cg"):
        found = run(X, y, c, contrasts, loss, 0.0, solver, reg=reg)
        assert found.status == "optimal"
        assert found.objective <= expected.objective * (1 + 1e-6)


def test_many_groups_under_a_tight_bound_stay_within_it():
    rng = np.random.default_rng(10)
    group = rng.integers(0, 10, 3000)
    X = rng.normal(size=(3000, 12)) + 0.5 * rng.normal(size=(10, 12))[group]
    X[:, 0] += group
    y = np.where(X @ rng.normal(size=12) + rng.normal(size=3000) > 4, 1.0, -1.0)
    contrasts = check_constraint("equalized_odds").contrasts(y, group)
    for bound in (0.001, 0.01, 0.02):
        found = run(X, y, np.ones(3000), contrasts, "hinge", bound)
        assert found.status == "optimal"
        assert contrasts.gap(X @ found.coef) <= bound * (1 + 1e-6)
        assert found.duality_gap >= -1e-9 * found.objective


def test_a_bound_too_tight_for_the_interior_point_ends_with_status_stalled():
    X, y, c, contrasts = make_problem("demographic_parity", 2, False)
    found = run(X, y, c, contrasts, "hinge", 1e-14, "interior-point")
    assert found.status == "stalled"
    best = run(X, y, c, contrasts, "hinge", 0.0)
    assert best.status == "optimal"
    assert 1e-3 * best.objective < found.objective - best.objective <= found.duality_gap
    assert contrasts.gap(X @ found.coef) <= 1e-14 * (1 + 1e-6)


def test_settled_rows_are_left_out_without_changing_the_optimum():
    X, y, c, contrasts = make_problem("demographic_parity", 2, True, n=4000, d=10)
    for form in (X, sparse.csr_array(X)):
        found = run(form, y, c, contrasts, "hinge", 0.05, "newton-cholesky")
        other = run(X, y, c, contrasts, "hinge", 0.05, "interior-point")
        assert found.status == "optimal"
        assert_allclose(found.objective, other.objective, rtol=1e-7)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("loss", ["hinge", "epsilon_insensitive"])
def test_saturated_rows_leave_the_objective_the_same_but_for_a_constant(form, loss):
    X, y, c, contrasts = make_problem("demographic_parity", 2, True, n=4000, d=10)
    m0 = np.random.default_rng(0).uniform(size=4000) * y
    if loss == "epsilon_insensitive":
        y = 3.0 * target(loss, X, y)
    problem = build_problem(
        form(X),
        y,
        c,
        loss=LOSSES[loss](),
        reg=1.0,
        fit_intercept=True,
        means=contrasts.means,
        strata=contrasts.strata,
        bound=0.0,
    )
    problem = smoothed_problem(problem, m0, 5.0)
    w = 0.3 * run(X, y, c, contrasts, "squared", np.inf).coef
    f = problem.scores(w, 0.1)
    small = without_saturated(problem, f, 0.2)
    assert 2 < len(small.y) < 0.3 * len(y)
    change = []
    for p in (problem, small):
        step = np.full(10, 1e-3)
        before = p.objective(w, p.scores(w, 0.1))
        change.append(p.objective(w + step, p.scores(w + step, 0.13)) - before)
    assert_allclose(change[0], change[1], rtol=1e-9)


@pytest.mark.parametrize("read_only", [False, True])
def test_untidy_sparse_matrices_are_copied_and_not_tidied_in_place(read_only):
    X, y, c, contrasts = make_problem("demographic_parity", 2, False)
    n, d = X.shape
    columns = np.tile(np.r_[np.arange(d)[::-1], np.arange(d)[::-1]], n)
    data = np.concatenate([X[:, ::-1] / 2, X[:, ::-1] / 2], axis=1).ravel()
    untidy = sparse.csr_matrix((data, columns, np.arange(0, 2 * n * d + 1, 2 * d)))
    before = untidy.data.copy(), untidy.indices.copy()
    if read_only:
        untidy.data.flags.writeable = untidy.indices.flags.writeable = False
    expected = run(X, y, c, contrasts, "logistic", 0.1, tol=1e-12)
    for solver in ("newton-cholesky", "newton-cg"):
        found = run(untidy, y, c, contrasts, "logistic", 0.1, solver, tol=1e-12)
        assert_allclose(found.coef, expected.coef, atol=1e-4)
    np.testing.assert_array_equal(untidy.data, before[0])
    np.testing.assert_array_equal(untidy.indices, before[1])


ENGINES = {
    ("newton-cholesky", True): ("newton", None),
    ("newton-cg", True): ("truncated_newton", None),
    ("newton-cholesky", False): ("augmented_lagrangian", "newton"),
    ("newton-cg", False): ("augmented_lagrangian", "truncated_newton"),
    ("interior-point", False): ("interior_point", None),
}


@pytest.mark.parametrize("ended", ["optimal", "stalled"])
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_a_named_solver_runs_and_no_other(monkeypatch, loss, ended):
    called = []

    def spied(module, name):
        own = getattr(module, name)

        @wraps(own)
        def run(problem, **limits):
            inner = limits.get("method")
            called.append((name, inner and inner.func.__name__))
            found = own(problem, **limits)
            return replace(found, status=ended, duality_gap=1.0)

        return run

    for name in ("newton", "truncated_newton", "augmented_lagrangian"):
        monkeypatch.setattr(solver_newton, name, spied(solver_newton, name))
    spy = spied(solver_interior_point, "interior_point")
    monkeypatch.setattr(solver_interior_point, "interior_point", spy)
    X, y, c, contrasts = make_problem("demographic_parity", 3, False)
    for solver in FAST[loss]:
        found = run(X, y, c, contrasts, loss, 0.0, solver)
        assert ENGINES[solver, LOSSES[loss]().smooth] == called[0]
        assert found.status == ended
        called.clear()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("loss", "seed"),
    [
        ("hinge", 12),
        ("hinge", 14),
        ("hinge", 41),
        ("hinge", 80),
        ("hinge", 114),
        ("epsilon_insensitive", 69),
        ("epsilon_insensitive", 96),
    ],
)
@pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning")
def test_a_bound_on_many_groups_without_matrices_of_features(loss, seed):
    problem = random_sparse_problem(loss, seed)
    expected = solve(problem, solver="newton-cholesky", tol=1e-9, max_iter=500)
    found = solve(problem, solver="newton-cg", tol=1e-6, max_iter=150)
    assert found.status == "optimal"
    assert problem.gap(problem.basis.T @ found.coef) <= problem.bound * (1 + 1e-9)
    assert -1e-9 <= found.objective / expected.objective - 1 <= 1.01e-6


@pytest.mark.slow
@pytest.mark.parametrize("C", [10.0, 100.0, 1e4])
def test_balanced_classes_of_hinges_without_curvature_at_the_start(C):
    """Half the loss is on each side, where no row is between its kinks."""
    rng = np.random.default_rng(0)
    X = (rng.uniform(size=(400, 30)) < 0.3).astype(float)
    score = X @ rng.normal(size=30) + rng.normal(size=400)
    y = np.where(score > np.quantile(score, 0.95), 1.0, -1.0)
    c = C * np.where(y > 0, 10.0, 10.0 / 19.0)
    contrasts = check_constraint("demographic_parity").contrasts(y, np.arange(400) % 3)
    found = run(X, y, c, contrasts, "hinge", 0.0, solver="newton-cg", max_iter=300)
    expected = run(X, y, c, contrasts, "hinge", 0.0, max_iter=300)
    assert found.status == "optimal"
    assert_allclose(found.objective, expected.objective, rtol=1e-7)
