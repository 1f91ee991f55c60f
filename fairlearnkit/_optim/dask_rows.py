"""Rows in the partitions of Dask collections.

Columns are not computed until a sum needs them: a column is an expression of X, of what
each partition holds, and of parameters, and travels to the partitions as such. So
nothing of one value a row is kept anywhere, and a lost worker loses nothing.
"""

from functools import cached_property, partial, reduce
from itertools import count
from uuid import uuid4

import numpy as np
from scipy import sparse
from scipy.linalg import qr

from fairlearnkit._data.partitions import compute, keep, merged, run_each
from fairlearnkit._optim.rows import (
    Block,
    CsrBlock,
    Rows,
    largest_of,
    make_rows,
    row_slices,
    sums_of,
)

# Numbers that come to the caller's memory at most when some rows are selected or
# sampled, and rows of the first: 32 MB. Twice as many take twice as long to travel.
MOST_ELEMENTS = 4_000_000
# A column that is made of more vectors of scores than this is computed once and kept,
# instead of being made of them again in every pass.
MOST_REPLAYED = 16


class Column:
    """One value a row, or one small array: what a kernel returns for its columns.

    Parameters
    ----------
    kernel : callable
        As in `Rows`.
    columns : tuple of Column
        Its columns.
    params : dict
        Its parameters.
    view : View
        The rows that it is about.
    """

    def __init__(self, kernel, columns, params, view):
        self.kernel, self.columns, self.params = kernel, columns, params
        self.view = view
        inner = (*columns, view.y, view.c)
        self.scores = frozenset().union(*(column.scores for column in inner))
        if kernel is _scores:
            self.scores |= {next(_NUMBERS)}
        self.stored = frozenset().union(*(column.stored for column in inner))

    def __getstate__(self):
        return {**self.__dict__, "scores": None, "stored": None}

    def of(self, rows):
        """Its values for some rows of a partition, a `_PartOfRows`."""
        columns = [rows.column(column) for column in self.columns]
        return self.kernel(rows.block(self.view), *columns, **self.params)


class Source:
    """A column that each partition holds, by name."""

    scores = stored = frozenset()

    def __init__(self, name):
        self.name = name

    def of(self, rows):
        return rows.source[self.name]


class Stored:
    """A column, or anything else that each partition has its own of.

    Parameters
    ----------
    values : list
        Of each partition: values or Delayed.
    by_row : bool
        Whether they have one entry a row.
    """

    scores = frozenset()

    def __init__(self, values, by_row):
        self.values, self.by_row, self.name = values, by_row, uuid4().hex
        self.stored = frozenset([self])

    def __getstate__(self):
        return {"name": self.name, "by_row": self.by_row}

    def of(self, rows):
        return rows.source[self.name]


class View:
    """What rows of a partition look like: their targets and weights, and moves of X.

    Parameters
    ----------
    y, c : Column, Source or Stored
        Targets, and weights in the loss.
    moves : tuple of (ndarray or None, ndarray or None)
        T and offset of each: X is replaced by X T - offset.
    """

    def __init__(self, y, c, moves=()):
        self.y, self.c, self.moves = y, c, moves


class _PartOfRows:
    """Rows of a partition in memory, and what is known of them already."""

    def __init__(self, source):
        self.source, self.columns, self.blocks = source, {}, {}

    def column(self, column):
        key = id(column)
        if key not in self.columns:
            self.columns[key] = column.of(self)
        return self.columns[key]

    def block(self, view):
        key = id(view)
        if key not in self.blocks:
            X = self.source["X"]
            kind = CsrBlock if sparse.issparse(X) else Block
            y, c = self.column(view.y), self.column(view.c)
            self.blocks[key] = kind(partial(_moved, X, view.moves), y, c)
        return self.blocks[key]


def _moved(X, moves):
    """X in float64, with all of its moves."""
    if not sparse.issparse(X):
        X = np.asarray(X, dtype=np.float64)
    for T, offset in moves:
        if T is not None:
            X = X @ T
        if offset is not None:
            X = _less(X, offset)
    return X


def _less(X, offset):
    """X - offset; of CSR only columns without a single zero have an offset."""
    if not sparse.issparse(X):
        return X - offset
    data = X.data - offset[X.indices]
    return sparse.csr_array((data, X.indices, X.indptr), X.shape)


class DaskRows(Rows):
    """Rows of a Dask collection.

    Parameters
    ----------
    parts : list of Delayed
        Of each partition a dict of arrays, or None if it has no row: "X", and whatever
        `Source` refers to.
    shape : tuple of int
        (n_samples, n_features).
    y, c : Column, Source or Stored
        Targets, and weights in the loss.
    ends : ndarray of shape (2, n_features)
        Smallest and largest value of each column of X.
    dtype : dtype
        Of X.
    is_sparse : bool
        Whether X is.
    """

    def __init__(self, parts, shape, y, c, *, ends, dtype, is_sparse=False):
        self.parts, self.shape, self.view = parts, shape, View(y, c)
        self.ends, self.dtype, self.is_sparse = ends, dtype, is_sparse
        self.moved = np.zeros(shape[1])

    @property
    def y(self):
        return self.view.y

    @property
    def c(self):
        return self.view.c

    @cached_property
    def _some_targets(self):
        """A sample of the rows without features."""
        n_rows = min(self.shape[0], MOST_ELEMENTS // 8)
        y, c = self._pass(_sampled, _stack, n_rows / self.shape[0], (), {"X": False})
        return make_rows(np.empty((len(y), 0)), y, c)

    @property
    def most_selected(self):
        return MOST_ELEMENTS // (self.shape[1] + 8)

    def ranges(self):
        return self.ends

    def shifted(self, shift):
        if not shift.any():
            return self
        new = self._with(View(self.y, self.c, (*self.view.moves, (None, shift))))
        new.moved, new.ends = np.abs(shift), self.ends - shift
        return new

    def weighted(self):
        return self  # partitions come without rows of weight 0

    def weights_of_cells(self, means):
        return means

    def together(self, *requests):
        columns = tuple(c for request in requests for c in request.columns)
        combine = partial(_combined_results, [request.method for request in requests])
        return self._pass(_results, combine, requests, columns, {})

    def sums(self, kernel, *columns, **params):
        return self.together(sums_of(kernel, *columns, **params))[0]

    def largest(self, kernel, *columns, **params):
        return self.together(largest_of(kernel, *columns, **params))[0]

    def column(self, kernel, *columns, **params):
        new = Column(kernel, columns, params, self.view)
        if len(new.scores) <= MOST_REPLAYED:
            return new
        return Stored(keep(self._tasks(_values, kernel, columns, params)), by_row=True)

    def matvec(self, w, b=0.0):
        return self.column(_scores, w=w, b=b)

    def combined(self, weights, *columns, offset=0.0):
        moves = getattr(columns[0], "view", self.view).moves
        if not all(_is_scores(column, moves) for column in columns):
            return super().combined(weights, *columns, offset=offset)
        pairs = [(a, column.params) for a, column in zip(weights, columns)]
        w = sum(a * params["w"] for a, params in pairs)
        return self.matvec(w, sum(a * params["b"] for a, params in pairs) + offset)

    def quantiles(self, kernel, levels):
        return self._some_targets.quantiles(kernel, levels)

    def with_targets(self, y, c=None):
        return self._with(View(y, self.c if c is None else c, self.view.moves))

    def select(self, mask, *columns, features=True):
        if self.total(mask) > self.most_selected:
            return self, list(columns)
        picked = self._pass(_selected, _stack, features, (mask, *columns), {})
        rows = make_rows(*picked[:3])
        rows.moved = self.moved if features else rows.moved
        return rows, list(picked[3:])

    def sample(self, n_rows):
        n_rows = min(n_rows, max(1, self.most_selected))
        share = n_rows / self.shape[0]
        y, c, X = self._pass(_sampled, _stack, share, (), {"X": True})
        rows = make_rows(X, y, c * (self.shape[0] / X.shape[0]))
        rows.moved = self.moved
        return rows

    def extended(self, X, y, c):
        msg = "Rows are added to selected ones, which are in memory."
        raise NotImplementedError(msg)

    def transformed(self, T, offset):
        new = self._with(View(self.y, self.c, (*self.view.moves, (T, offset))))
        new.shape, new.moved = (self.shape[0], T.shape[1]), np.zeros(T.shape[1])
        new.is_sparse = False
        return new

    def gram_root(self, h, centre):
        root = self._pass(_root, _stacked_root, centre, (h,), {})
        return root[int(centre) :, int(centre) :]

    def _with(self, view):
        new = DaskRows(
            self.parts, self.shape, None, None, ends=self.ends, dtype=self.dtype
        )
        new.view, new.is_sparse, new.moved = view, self.is_sparse, self.moved
        return new

    def _tasks(self, method, kernel, columns, params):
        view = self.view
        stored = frozenset().union(*(c.stored for c in (*columns, view.y, view.c)))
        names = [(s.name, s.by_row) for s in stored]
        parts = [
            (i, source, [s.values[i] for s in stored])
            for i, source in enumerate(self.parts)
        ]
        first = kernel[0].kernel if method is _results else kernel
        label = f"parity-{getattr(first, '__name__', method.__name__).strip('_')}"
        shared = names, method, kernel, columns, params, view
        return run_each(label.replace("_", "-"), _visit, parts, *shared)

    def _pass(self, method, combine, kernel, columns, params):
        tasks = self._tasks(method, kernel, columns, params)
        return compute([merged("parity-sum", tasks, combine)])[0]


def _visit(position, source, stored, names, method, kernel, columns, params, view):
    """What a method makes of the rows of a partition; None if there are none."""
    if source is None or not source["X"].shape[0]:
        return None
    X, by_row, others = source["X"], dict(source), {}
    for value, (name, is_by_row) in zip(stored, names):
        (by_row if is_by_row else others)[name] = value
    slices = [slice(None)] if sparse.issparse(X) else row_slices(*X.shape)
    parts = [
        _PartOfRows({**{k: v[rows] for k, v in by_row.items()}, **others})
        for rows in slices
    ]
    return method(parts, kernel, columns, params, view, position)


def _results(parts, requests, columns, params, view, position):
    """Results of all requests, one after the other for each block of rows."""
    combine = partial(_combined_results, [request.method for request in requests])
    blocks = (
        [_call(part, view, r.kernel, r.columns, r.params) for r in requests]
        for part in parts
    )
    return reduce(combine, blocks)


def _call(part, view, kernel, columns, params):
    args = [part.column(column) for column in columns]
    return kernel(part.block(view), *args, **params)


def _combined_results(methods, a, b):
    return [
        _add(x, y) if method == "sums" else np.maximum(x, y)
        for method, x, y in zip(methods, a, b)
    ]


def _add(a, b):
    if isinstance(a, tuple):
        return tuple(x + y for x, y in zip(a, b))
    return a + b


def _values(parts, kernel, columns, params, view, position):
    return np.concatenate([_call(p, view, kernel, columns, params) for p in parts])


def _selected(parts, features, columns, params, view, position):
    """X, y, c and columns of the rows where the first column is true."""
    found = []
    for part in parts:
        mask, *others = (part.column(column) for column in columns)
        block, rows = part.block(view), np.flatnonzero(mask)
        X = block.X[rows] if features else np.zeros((len(rows), 0))
        found.append((X, block.y[rows], block.c[rows], *(v[rows] for v in others)))
    return _stack(*found)


def _sampled(parts, share, columns, params, view, position):
    """y, c and X of rows drawn at random, the same ones each time."""
    rng, found = np.random.default_rng([0, position]), []
    for part in parts:
        block = part.block(view)
        n = len(block.c)
        n_drawn = min(n, int(np.floor(share * n + rng.uniform())))
        rows = np.sort(rng.choice(n, n_drawn, replace=False))
        X = (block.X[rows],) if params["X"] else ()
        found.append((block.y[rows], block.c[rows], *X))
    return _stack(*found)


def _stack(*tuples):
    if len(tuples) == 1:
        return tuples[0]
    stacked = []
    for values in zip(*tuples):
        is_sparse = sparse.issparse(values[0])
        stacked.append(
            sparse.vstack(values, format="csr") if is_sparse else np.concatenate(values)
        )
    return tuple(stacked)


def _root(parts, centre, columns, params, view, position):
    """Triangular factor of the rows of sqrt(h) [1 X]."""
    R = None
    for part in parts:
        (h,) = (part.column(column) for column in columns)
        X = part.block(view).X
        X = X.toarray() if sparse.issparse(X) else X
        X = np.hstack([np.ones((len(X), int(centre))), X])
        R = _stacked_root(R, np.sqrt(h)[:, None] * X)
    return R


def _stacked_root(R, X):
    X = X if R is None else np.vstack([R, X])
    R = qr(X, mode="r", check_finite=False)[0]
    return R[: X.shape[1]]


def _scores(block, w, b):
    return block.matvec(w) + b


def _is_scores(column, moves):
    """Whether a column is X w + b, with these moves of X."""
    kernel = getattr(column, "kernel", None)
    return kernel is _scores and column.view.moves is moves


_NUMBERS = count()
