"""Random data of property tests, and the number of examples that a test tries."""

from typing import NamedTuple

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

seeds = st.integers(0, 2**32 - 1)

# Of a test without a number of its own, in CI.
DEFAULT = 100


def examples(n):
    """Settings of a test: n examples in CI, and in proportion with other profiles."""
    return settings(max_examples=max(1, n * settings().max_examples // DEFAULT))


class Rows(NamedTuple):
    """Rows of a problem, with integer weights, of which each group has one or more.

    `f` is a numeric target.
    """

    X: np.ndarray
    f: np.ndarray
    group: np.ndarray
    weight: np.ndarray


def _collinear(rng, rows):
    """A column twice, a combination of two columns, and a constant."""
    X = rows.X
    return rows._replace(X=np.c_[X, X[:, 0], X[:, 0] - 2 * X[:, 1], np.ones(len(X))])


def _separable(rng, rows):
    """The target is a linear function of the features."""
    return rows._replace(f=rows.X @ rng.normal(size=rows.X.shape[1]))


def _void(rng, rows):
    """Each row in every group: all means agree, and nothing is constrained."""
    labels = np.unique(rows.group)
    k, n = len(labels), len(rows.f)
    X, f, weight = np.tile(rows.X, (k, 1)), np.tile(rows.f, k), np.tile(rows.weight, k)
    group = (np.searchsorted(labels, rows.group) + np.arange(k)[:, None]) % k
    order = rng.permutation(k * n)
    return Rows(X[order], f[order], labels[group.ravel()][order], weight[order])


def _parallel(rng, rows):
    """The best direction is the constrained one: nothing is left under an equality.

    Rows and their mirror images on either side of the line of u, of the same target.
    """
    d, two = rows.X.shape[1], np.where(rows.group == rows.group[0], "a", "b")
    u = rng.normal(size=d)
    u /= np.linalg.norm(u)
    along = rows.X @ u + (two == "a")
    across = rows.X - np.outer(rows.X @ u, u)
    X = np.r_[np.outer(along, u) + across, np.outer(along, u) - across]
    return Rows(X, np.r_[along, along], np.r_[two, two], np.tile(rows.weight, 2))


def _offset(rng, rows):
    """Columns far from zero, by unlike distances on either side."""
    return rows._replace(X=rows.X + 1e5 * rng.uniform(-1, 1, rows.X.shape[1]))


KINDS = {
    "plain": lambda rng, rows: rows,
    "many groups": lambda rng, rows: rows,  # more of them than features
    "collinear": _collinear,
    "separable": _separable,
    "void": _void,
    "parallel": _parallel,
    "offset": _offset,
}


@st.composite
def problems(draw, kinds=tuple(KINDS)):
    """Rows of any kind, most of them degenerate."""
    kind, rng = draw(st.sampled_from(kinds)), np.random.default_rng(draw(seeds))
    n_groups = 9 if kind == "many groups" else draw(st.integers(2, 4))
    d = draw(st.integers(2, 5))
    n = 4 * n_groups + draw(st.integers(0, 20))
    codes = rng.permutation(np.arange(n) % n_groups)
    X = rng.normal(size=(n, d)) + 0.3 * np.outer(codes, rng.normal(size=d))
    f = X @ rng.normal(size=d) + rng.normal(size=n)
    weight = rng.integers(0, 4, n)
    weight[np.unique(codes, return_index=True)[1]] = 1  # no group is empty
    weight[[f.argmin(), f.argmax()]] = 1  # nor is a class
    rows = Rows(X, f, np.array(list("abcdefghi"))[codes], weight)
    return KINDS[kind](rng, rows)
