"""What a fit of a linear model needs of Dask collections, in one pass over them.

All that depends on labels, the classes, the groups and the constraint, is read from a
table of the distinct rows of each partition, by the code that reads rows in memory.
What it gives for a row of the table holds for all rows that it stands for.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from scipy import sparse
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.validation import validate_data

from fairlearnkit._data.distinct import distinct_rows
from fairlearnkit._data.groups import find_groups
from fairlearnkit._data.messages import FIT, required_message
from fairlearnkit._data.partitions import (
    Partitions,
    compute,
    concatenate,
    keep,
    run_each,
)
from fairlearnkit._data.targets import check_target, check_weight_sum, numeric_target
from fairlearnkit._models.constraint import (
    read_contrasts,
    regression_contrasts,
    with_positive_class,
)
from fairlearnkit._models.targets import binary_columns, class_codes, class_factors
from fairlearnkit._optim.dask_rows import DaskRows, Source, Stored
from fairlearnkit._optim.rows import column_ranges
from fairlearnkit.constraints import DemographicParity, check_constraint
from fairlearnkit.utils._sklearn_private import _check_sample_weight

# Distinct rows of labels in a partition, at most: with more, y or the sensitive column
# holds numbers. A table of them takes 10 MB a partition, and twice as much for twice.
MOST_DISTINCT = 100_000


def class_columns(estimator, X, y, sensitive_features, sample_weight):
    """What ``ParityClassifierMixin._columns`` returns, of Dask collections.

    Parameters
    ----------
    estimator : estimator
        Gets the attributes of a fit that depend on labels.
    X, y, sensitive_features, sample_weight : collection, or None
        As in ``fit``.

    Returns
    -------
    rows : DaskRows
        In place of X.
    columns : list of Column
        Targets in {-1, 1}.
    weight : Column
        Weights of the rows in the loss.
    contrasts : list of Contrasts
        With columns in place of means.
    """
    check_given(estimator, y)
    read = _Read(estimator, X, y, sensitive_features, sample_weight, labels_of_y=True)
    codes = class_codes(estimator, read.y)
    factors = class_factors(estimator, read.y, codes, read.weights)
    columns, contrasts = binary_columns(
        estimator, read.y, codes, read.groups, read.weights
    )
    rows = read.rows()
    weight = rows.column(_times, rows.c, read.of_rows(rows, factors))
    targets = [read.of_rows(rows, column) for column in columns]
    return rows, targets, weight, [read.on_rows(rows, c) for c in contrasts]


def number_columns(estimator, X, y, sensitive_features, sample_weight):
    """What ``ParityRegressorMixin._columns`` returns, of Dask collections.

    Parameters
    ----------
    estimator, X, y, sensitive_features, sample_weight
        As in `class_columns`.

    Returns
    -------
    rows, columns, weight, contrasts
        As in `class_columns`.
    """
    check_given(estimator, y)
    constraint = check_constraint(estimator.constraint)
    labelled = not isinstance(constraint, DemographicParity)
    data = X, y, sensitive_features, sample_weight
    read = _Read(estimator, *data, labels_of_y=labelled, numbers=True)
    y = read.y if labelled else np.zeros(len(read.sizes))
    contrasts = regression_contrasts(estimator, y, read.groups, read.weights)
    rows = read.rows()
    return rows, [Source("y")], rows.c, [read.on_rows(rows, contrasts)]


def feature_columns(estimator, X, y, sensitive_features, sample_weight):
    """Rows and contrasts of a transformer, of Dask collections.

    Parameters
    ----------
    estimator, X, y, sensitive_features, sample_weight
        As in `class_columns`; y may be None.

    Returns
    -------
    rows : DaskRows
    contrasts : Contrasts
        With a column in place of means.
    """
    data = X, y, sensitive_features, sample_weight
    read = _Read(estimator, *data, labels_of_y=y is not None)
    constraint, estimator.pos_label_ = with_positive_class(
        estimator.constraint, read.y, estimator.pos_label
    )
    table = len(read.sizes), read.y, read.groups, read.weights
    rows = read.rows()
    return rows, read.on_rows(rows, read_contrasts(estimator, *table, constraint))


def check_given(estimator, y):
    """Raise scikit-learn's error where a target is needed and missing."""
    if y is None:
        msg = f"{type(estimator).__name__} requires y to be passed, but it is None."
        raise ValueError(msg)


class _Read:
    """One pass over the partitions: the table of distinct rows, and where they are."""

    def __init__(
        self,
        estimator,
        X,
        y,
        sensitive_features,
        sample_weight,
        *,
        labels_of_y,
        numbers=False,
    ):
        if sensitive_features is None:
            raise ValueError(required_message(FIT))
        arguments = {"X": X, "y": y, "sensitive_features": sensitive_features}
        data = Partitions({**arguments, "sample_weight": sample_weight})
        names = ["y", "sensitive_features"] if labels_of_y else ["sensitive_features"]
        tasks = data.each("parity-labels", _describe, names, numbers)
        described = keep(tasks)
        summaries = compute(
            run_each("parity-table", _summary, [(t,) for t in described])
        )
        known = [s for s in summaries if s is not None]
        self.n_samples = sum(s["n_samples"] for s in known)
        if self.n_samples < 2:
            msg = (
                f"Found array with {self.n_samples} sample(s) while a minimum of 2 is "
                f"required by {type(estimator).__name__}."
            )
            raise ValueError(msg)
        check_features(estimator, X, known[0]["ends"].shape[1])
        self.ends = _merged_ends(known)
        self.dtype = np.result_type(*(s["dtype"] for s in known))
        self.is_sparse = known[0]["is_sparse"]
        self.sizes = np.concatenate([s["sizes"] for s in known])
        self.weights = np.concatenate([s["weights"] for s in known])
        check_weight_sum(self.weights)
        self.lengths = [0 if s is None else len(s["sizes"]) for s in summaries]
        table = concatenate([s["table"] for s in known])
        self.y = None
        if labels_of_y:
            self.y = column_or_1d(table["y"], warn=True)
            check_target(self.y)
            self.y = numeric_target(self.y) if numbers else self.y
        self.groups = find_groups(
            table["sensitive_features"],
            FIT,
            missing=estimator.missing,
            sizes=self.sizes,
        )
        parts = [
            (part["X"], part["y"] if numbers else None, labels)
            for part, labels in zip(data.parts, described)
        ]
        self.parts = run_each("parity-rows", _packed, parts, self.dtype)

    def rows(self):
        """The rows, with their weights as targets too."""
        weight, shape = Source("weight"), (self.n_samples, self.ends.shape[1])
        more = {"dtype": self.dtype, "is_sparse": self.is_sparse, "ends": self.ends}
        return DaskRows(self.parts, shape, weight, weight, **more)

    def of_rows(self, rows, values):
        """A column, from values for each row of the table."""
        return rows.column(_taken, Source("codes"), self._split(values))

    def on_rows(self, rows, contrasts):
        """Contrasts of the table as those of the rows."""
        shares = sparse.csr_array(sparse.csr_array(contrasts.means).T)
        unit = 1.0 / np.where(self.weights > 0, self.weights, 1.0)
        shares = sparse.diags_array(unit, format="csr") @ shares
        table = self._split(sparse.csr_array(shares))
        means = rows.column(_shares, Source("codes"), Source("weight"), table)
        return replace(contrasts, means=means)

    def _split(self, values):
        """The entries of each partition."""
        ends = np.cumsum([0, *self.lengths])
        parts = [values[a:b] for a, b in pairwise(ends)]
        return Stored(parts, by_row=False)


def check_features(estimator, X, n_features):
    """Set what a fit knows of the features, from a collection.

    Parameters
    ----------
    estimator : estimator
        Gets ``n_features_in_``, and ``feature_names_in_`` where X has names.
    X : collection
        Features.
    n_features : int
        Their number.
    """
    like = X._meta if hasattr(X, "divisions") else np.empty((1, n_features))
    validate_data(estimator, like, skip_check_array=True)


def _describe(part, names, numbers):
    """Codes and weights of the rows of a partition, and a summary of them."""
    n_rows = part["X"].shape[0]
    if not n_rows:
        return None
    X = check_array(
        part["X"], accept_sparse="csr", dtype=[np.float64, np.float32], input_name="X"
    )
    weight = None
    if "sample_weight" in part:
        weight = part["sample_weight"]
        weight = _check_sample_weight(weight, X, ensure_non_negative=True)
    if numbers:
        check_target(part["y"])
        numeric_target(column_or_1d(part["y"]))
    distinct = distinct_rows({name: part[name] for name in names})
    if len(distinct.sizes) > min(MOST_DISTINCT, n_rows // 2 + 100):
        raise ValueError(_many_labels(names, n_rows, len(distinct.sizes)))
    codes, n_kinds = distinct.codes, len(distinct.sizes)
    summary = {
        "n_samples": n_rows,
        "table": distinct.table,
        "sizes": distinct.sizes,
        "weights": np.bincount(codes, weight, minlength=n_kinds).astype(np.float64),
        "ends": column_ranges(X),
        "dtype": X.dtype,
        "is_sparse": sparse.issparse(X),
    }
    return {"codes": codes, "weight": weight, "summary": summary}


def _summary(described):
    return None if described is None else described["summary"]


def _many_labels(names, n_rows, n_kinds):
    return (
        f"{' and '.join(names)} have {n_kinds} different values in {n_rows} rows of a "
        "partition; a constraint on Dask collections compares groups, and needs labels "
        "that repeat. Cut numbers into groups, for instance by pandas.cut."
    )


def _packed(X, y, described, dtype):
    """Arrays of a partition without its rows of weight 0, or None."""
    if described is None:
        return None
    codes, weight = described["codes"], described["weight"]
    if sparse.issparse(X):
        X = sparse.csr_array(X, dtype=dtype)
    else:
        X = np.ascontiguousarray(X, dtype=dtype)
    arrays = {"X": X, "codes": codes}
    arrays["weight"] = np.ones(len(codes)) if weight is None else weight
    if y is not None:
        arrays["y"] = column_or_1d(y).astype(np.float64)
    if weight is not None and not weight.all():
        arrays = {name: values[weight > 0] for name, values in arrays.items()}
    return arrays


def _merged_ends(summaries):
    low, high = zip(*(s["ends"] for s in summaries))
    return np.array([np.min(low, axis=0), np.max(high, axis=0)])


def _taken(block, codes, table):
    return table[codes]


def _times(block, weight, factors):
    return weight * factors


def _shares(block, codes, weight, table):
    """Shares of rows in the means of cells, a CSR array (n_rows, n_cells)."""
    shares = table[codes]
    shares.data = shares.data * np.repeat(weight, np.diff(shares.indptr))
    return shares
