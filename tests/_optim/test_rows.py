"""Rows in memory against whole-matrix products, and rows that live elsewhere."""

from dataclasses import replace
from functools import partial
from itertools import pairwise
from math import ceil

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from fairlearnkit._optim import column_ranges, solve, solver_newton
from fairlearnkit._optim import problem as problem_module
from fairlearnkit._optim import rows as rows_module
from fairlearnkit._optim.augmented_lagrangian import augmented_lagrangian
from fairlearnkit._optim.hessians import DenseHessian
from fairlearnkit._optim.losses import LOSSES
from fairlearnkit._optim.newton import newton
from fairlearnkit._optim.problem import build_problem
from fairlearnkit._optim.rows import ArrayRows, Rows, make_rows
from fairlearnkit._optim.truncated_newton import truncated_newton
from fairlearnkit._optim.unpenalised import start, whitened
from fairlearnkit.constraints import check_constraint
from fairlearnkit.linear_model import ParityLogisticRegression

FORMS = {
    "array": np.asarray,
    "float32": lambda X: X.astype(np.float32),
    "fortran": np.asfortranarray,
    "csr": sparse.csr_array,
}


@pytest.fixture
def X():
    rng = np.random.default_rng(0)
    return np.round(rng.normal(size=(50, 4)), 2) * (rng.uniform(size=(50, 4)) < 0.6)


@pytest.fixture(params=[3, 10**6], ids=["many blocks", "one block"])
def block_elements(request, monkeypatch):
    monkeypatch.setattr(rows_module, "X_BLOCK_ELEMENTS", request.param * 4)


@pytest.mark.usefixtures("block_elements")
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_products(X, form, share):
    rng = np.random.default_rng(1)
    y, c, w = rng.normal(size=50), rng.uniform(1, 2, 50), rng.normal(size=4)
    h = rng.uniform(size=50) * (rng.uniform(size=50) <= share)
    rows, X = make_rows(FORMS[form](X), y, c), np.asarray(FORMS["float32"](X), float)
    X = X if form == "float32" else np.round(X, 2)
    assert_allclose(rows.matvec(w, 2.0), X @ w + 2.0, atol=1e-12)
    assert_allclose(rows.rmatvec(h), X.T @ h, atol=1e-12)
    assert_allclose(rows.gram(h)[0], X.T @ (h[:, None] * X), atol=1e-12)
    assert_allclose(rows.gram(h)[1], X.T @ h, atol=1e-12)
    assert_allclose(rows.column_squares(h), h @ X**2, atol=1e-12)
    assert_allclose(rows.total(h), h.sum())
    R = rows.gram_root(c, centre=True)
    centred = X - c @ X / c.sum()
    assert_allclose(R.T @ R, centred.T @ (c[:, None] * centred), atol=1e-10)
    T = rng.normal(size=(4, 2))
    moved = rows.transformed(T, np.array([1.0, -1.0]))
    assert_allclose(moved.matvec(np.ones(2)), X @ T @ np.ones(2), atol=1e-12)


@pytest.mark.usefixtures("block_elements")
@pytest.mark.parametrize("form", FORMS)
def test_selected_and_further_rows(X, form):
    y, c = np.arange(50.0), np.linspace(1, 2, 50)
    rows, X = make_rows(FORMS[form](X), y, c), np.round(X, 2)
    mask = y % 3 == 0
    few, (column,) = rows.select(mask, 10 * y)
    np.testing.assert_array_equal(column, 10 * y[mask])
    assert_allclose(few.rmatvec(few.y), X[mask].T @ y[mask], atol=1e-5)
    longer = few.extended(np.ones((2, 4)), np.array([5.0, 6.0]), np.array([1.0, 3.0]))
    below = np.vstack([X[mask], np.ones((2, 4))])
    assert_allclose(longer.rmatvec(longer.y), below.T @ longer.y, atol=1e-5)
    without, (column,) = rows.select(mask, y, features=False)
    assert without.shape == (mask.sum(), 0)
    np.testing.assert_array_equal(without.c, c[mask])


@pytest.mark.parametrize("form", FORMS)
def test_a_sample_stands_for_all_rows(X, form):
    y = np.arange(50.0)
    rows = make_rows(FORMS[form](X), y, np.linspace(1, 2, 50))
    few, again = rows.sample(10), rows.sample(10)
    drawn = few.y.astype(int)
    assert len(set(drawn)) == 10
    np.testing.assert_array_equal(few.y, again.y)
    assert_allclose(few.c, 5 * rows.c[drawn])
    assert_allclose(few.matvec(np.ones(4)), rows.matvec(np.ones(4))[drawn])
    np.testing.assert_array_equal(few.moved, rows.moved)
    # Of a table in the order of some column, one row of each stretch of 5.
    np.testing.assert_array_equal(drawn // 5, np.arange(10))
    assert len(set(drawn % 5)) > 2


def test_a_kernel_asks_for_x_or_not(X):
    """Without it no block is converted or shifted, which costs as much as a product."""
    taken = []

    class Watched(ArrayRows):
        def at(self, rows):
            taken.append(rows)
            return super().at(rows)

    rows = Watched(X, X[:, 0], np.ones(50), shift=np.ones(4))
    rows.total(X[:, 1])
    assert not taken
    assert_allclose(rows.matvec(np.ones(4)), (X - 1.0).sum(axis=1))
    assert len(taken) == 1


class Opaque:
    """A column in parts; it can be handed back and nothing else."""

    def __init__(self, parts):
        self.parts = parts


class PartedRows(Rows):
    """Rows in partitions, as they may lie on a cluster; of unlike lengths, one empty.

    Their columns have no arithmetic, no length and no index, so that a solver which
    works with them would run into an error.
    """

    def __init__(self, parts):
        self.parts = parts
        self.shape = sum(p.shape[0] for p in parts), parts[0].shape[1]
        self.moved = parts[0].moved

    @property
    def y(self):
        return Opaque([p.y for p in self.parts])

    @property
    def c(self):
        return Opaque([p.c for p in self.parts])

    def _each(self, method, kernel, columns, params):
        columns = [column.parts for column in columns]
        for i, part in enumerate(self.parts):
            if part.shape[0]:
                mine = [column[i] for column in columns]
                yield getattr(part, method)(kernel, *mine, **params)

    def sums(self, kernel, *columns, **params):
        values = list(self._each("sums", kernel, columns, params))
        if isinstance(values[0], tuple):
            return tuple(sum(items) for items in zip(*values))
        return sum(values)

    def largest(self, kernel, *columns, **params):
        return np.max(list(self._each("largest", kernel, columns, params)), axis=0)

    def column(self, kernel, *columns, **params):
        columns = [column.parts for column in columns]
        return Opaque(
            [
                part.column(kernel, *(column[i] for column in columns), **params)
                for i, part in enumerate(self.parts)
            ]
        )

    def ranges(self):
        low, high = zip(*(part.ranges() for part in self.parts if part.shape[0]))
        return np.array([np.min(low, axis=0), np.max(high, axis=0)])

    def shifted(self, shift):
        return PartedRows([part.shifted(shift) for part in self.parts])

    def weighted(self):
        return self

    def weights_of_cells(self, means):
        return means

    def quantiles(self, kernel, levels):
        values = np.concatenate(self.column(kernel).parts)
        return np.quantile(values[~np.isnan(values)], levels)

    def with_targets(self, y, c=None):
        c = c or self.c
        new = [p.with_targets(*yc) for p, *yc in zip(self.parts, y.parts, c.parts)]
        return PartedRows(new)

    def select(self, mask, *columns, features=True):
        picked = []
        for i, part in enumerate(self.parts):
            mine = [column.parts[i] for column in columns]
            picked.append(part.select(mask.parts[i], *mine, features=features))
        rows = [rows for rows, _ in picked]
        merged = type(rows[0])(
            np.concatenate([r.at(slice(None)) for r in rows]),
            np.concatenate([r.y for r in rows]),
            np.concatenate([r.c for r in rows]),
        )
        return merged, [np.concatenate(v) for v in zip(*(v for _, v in picked))]

    def sample(self, n_rows):
        share = n_rows / self.shape[0]
        sizes = [ceil(share * part.shape[0]) for part in self.parts]
        samples = [part.sample(n) for part, n in zip(self.parts, sizes) if n]
        return type(samples[0])(
            np.concatenate([s.at(slice(None)) for s in samples]),
            np.concatenate([s.y for s in samples]),
            np.concatenate([s.c for s in samples]),
        )

    def extended(self, X, y, c):
        raise NotImplementedError

    def transformed(self, T, offset):
        return PartedRows([p.transformed(T, offset) for p in self.parts])

    def gram_root(self, h, centre):
        whole = ArrayRows(
            np.concatenate([p.at(slice(None)) for p in self.parts]),
            np.concatenate([p.y for p in self.parts]),
            np.concatenate([p.c for p in self.parts]),
        )
        return whole.gram_root(np.concatenate(h.parts), centre)


DIRECT = partial(newton, hessian=DenseHessian)


@pytest.mark.slow
@pytest.mark.parametrize("inner", [DIRECT, truncated_newton])
@pytest.mark.parametrize("loss", ["logistic", "squared_hinge", "hinge", "squared"])
@pytest.mark.parametrize("bound", [0.0, 0.1])
def test_solvers_work_where_columns_are_opaque(loss, bound, inner):
    problem, method = make_problem(loss, bound), inner
    if not LOSSES[loss].smooth:
        inner = partial(inner, certify=False)
        method = partial(augmented_lagrangian, method=inner)
    options = {"tol": 1e-10, "max_iter": 300}
    expected = method(problem, **options)
    found = method(replace(problem, rows=parted(problem.rows)), **options)
    assert found.status == expected.status == "optimal"
    assert_allclose(found.coef, expected.coef, rtol=1e-5, atol=1e-6)
    assert_allclose(found.objective, expected.objective, rtol=1e-9)


def test_problems_without_a_penalty_work_where_columns_are_opaque():
    problem = replace(make_problem("squared", 0.1), reg=0.0)
    found = []
    for rows in (problem.rows, parted(problem.rows)):
        small, expand = whitened(replace(problem, rows=rows))
        first, floor = start(small)
        options = {"tol": 1e-10, "max_iter": 50, "hessian": DenseHessian}
        solution = newton(small, start=first, floor=floor, **options)
        found.append(expand(solution.coef, solution.intercept))
    assert_allclose(found[0][0], found[1][0], atol=1e-9)
    assert_allclose(found[0][1], found[1][1], atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("solver", ["auto", "newton-cholesky", "newton-cg"])
@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("bound", [0.0, 0.1])
@pytest.mark.parametrize("many", [5_000_000, 10])
def test_solve_where_columns_are_opaque(solver, loss, bound, many, monkeypatch):
    monkeypatch.setattr(solver_newton, "MANY_ELEMENTS", many)
    monkeypatch.setattr(solver_newton, "PARTS", 3)
    problem = make_problem(loss, bound)
    options = {"solver": solver, "tol": 1e-10, "max_iter": 300}
    expected = solve(problem, **options)
    found = solve(replace(problem, rows=parted(problem.rows)), **options)
    assert found.status == expected.status == "optimal"
    assert_allclose(found.objective, expected.objective, rtol=1e-9)
    assert_allclose(found.coef, expected.coef, rtol=1e-4, atol=1e-5)
    assert_allclose(found.multipliers, expected.multipliers, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("loss", ["squared_hinge", "hinge"])
def test_solve_for_more_features_than_rows_where_columns_are_opaque(loss):
    problem = make_problem(loss, 0.1, n=60, d=80)
    expected = solve(problem, tol=1e-10)
    found = solve(replace(problem, rows=parted(problem.rows)), tol=1e-10)
    assert found.status == expected.status == "optimal"
    assert_allclose(found.objective, expected.objective, rtol=1e-9)


def test_solve_without_a_penalty_where_columns_are_opaque():
    problem = replace(make_problem("squared", 0.1), reg=0.0)
    elsewhere = replace(problem, rows=parted(problem.rows))
    found = solve(elsewhere)
    assert found.status == "optimal"
    assert_allclose(found.coef, solve(problem).coef, atol=1e-9)
    message = "'newton-cg' needs a penalty for rows that are not in memory.*'auto'"
    with pytest.raises(ValueError, match=message):
        solve(elsewhere, solver="newton-cg")


@pytest.mark.parametrize("solver", ["interior-point", "cvxpy"])
def test_solvers_that_need_memory_say_so(solver):
    problem = make_problem("hinge", 0.1)
    elsewhere = replace(problem, rows=parted(problem.rows))
    message = f"'{solver}' needs rows in memory.*'auto', 'newton-cholesky'"
    with pytest.raises(ValueError, match=message):
        solve(elsewhere, solver=solver)


@pytest.mark.usefixtures("block_elements")
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("sign", [-1, 0, 1])
@pytest.mark.parametrize("n_rows", [1, 2, 37, 50])
def test_ranges_of_columns(monkeypatch, X, form, sign, n_rows):
    monkeypatch.setattr(column_ranges, "WIDE", 4 * 3)  # three rows side by side
    X = np.float32(X[:n_rows]).astype(np.float64)
    X = sign * np.abs(X) if sign else X
    X[:, 0] = (sign or 1) * (3.0 + 0.1 * np.arange(n_rows))  # without a zero
    rows = make_rows(FORMS[form](X), np.ones(n_rows), np.ones(n_rows))
    assert_allclose(rows.ranges(), [X.min(axis=0), X.max(axis=0)], rtol=1e-6)
    shift = np.array([3.0, 0.0, 0.0, 0.0])
    X = X - shift
    assert_allclose(rows.shifted(shift).ranges(), [X.min(0), X.max(0)], atol=1e-6)
    moved = type(rows)(rows.X, rows.y, rows.c, shift)
    assert_allclose(moved.ranges(), [X.min(0), X.max(0)], atol=1e-6)


@pytest.mark.parametrize("form", ["array", "csr"])
def test_ranges_are_computed_once_a_fit(monkeypatch, X, form):
    calls, computed = [], column_ranges.column_ranges

    def counted(*args):
        calls.append(args)
        return computed(*args)

    monkeypatch.setattr(rows_module, "column_ranges", counted)
    y, group = X[:, 0] > X[:, 1], np.arange(50) % 3
    ParityLogisticRegression().fit(FORMS[form](X), y, sensitive_features=group)
    assert len(calls) == 1


@pytest.mark.parametrize("n_cells", [3, rows_module.FEW_CELLS + 1])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_means_of_cells(X, form, n_cells, kind):
    rng = np.random.default_rng(2)
    means = rng.uniform(size=(n_cells, 50)) * (rng.uniform(size=(n_cells, 50)) < 0.3)
    rows = make_rows(FORMS[form](X), np.ones(50), np.ones(50))
    assert_allclose(problem_module.cell_means(rows, kind(means)), means @ X, atol=1e-6)


def test_out_of_iterations_where_columns_are_opaque():
    """In memory "auto" goes on by the interior point method, which needs memory."""
    problem = make_problem("hinge", 0.1)
    elsewhere = replace(problem, rows=parted(problem.rows))
    found = solve(elsewhere, max_iter=1)
    assert (found.status, found.n_iter) == ("max_iter", 1)
    assert found.duality_gap > 1e-3 * found.objective


def test_nothing_is_left_for_kinks_without_a_penalty():
    problem = replace(make_problem("hinge", 0.1), reg=0.0)
    elsewhere = replace(problem, rows=parted(problem.rows))
    message = "'auto' finds no solver.*cholesky' needs a penalty.*'cvxpy' needs rows in"
    with pytest.raises(ValueError, match=message):
        solve(elsewhere)


def make_problem(loss, bound, n=400, d=5):
    rng = np.random.default_rng(3)
    group = rng.integers(0, 3, n)
    X = rng.normal(size=(n, d)) + 0.5 * group[:, None]
    y = np.sign(X[:, :5] @ rng.normal(size=5) + rng.normal(size=n))
    contrasts = check_constraint("demographic_parity").contrasts(y, group)
    data = {"means": contrasts.means, "strata": contrasts.strata, "bound": bound}
    loss = LOSSES[loss]()
    c = rng.uniform(0.5, 2.0, n)
    return build_problem(X, y, c, loss=loss, reg=1.0, fit_intercept=True, **data)


def parted(rows):
    n = rows.shape[0]
    ends = [0, 7, 7, n // 3, n]
    cuts = [slice(*pair) for pair in pairwise(ends)]
    return PartedRows([ArrayRows(rows.X[i], rows.y[i], rows.c[i]) for i in cuts])
