"""Dask collections as linear models read them: a table of the distinct rows of labels.

All that depends on labels, the classes, the groups and the constraint, is read from it
by the code that reads rows in memory. What that gives for an entry holds for all rows
that it stands for.
"""

from dataclasses import replace
from itertools import pairwise
from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.validation import validate_data

from fairlearnkit._data.containers import named_columns
from fairlearnkit._data.distinct import distinct_rows
from fairlearnkit._data.groups import find_groups
from fairlearnkit._data.label_tables import (
    MOST_IN_PARTITION,
    check_fit,
    read_part_weight,
    stacked,
    table_of_rows,
)
from fairlearnkit._data.messages import FIT, required_message
from fairlearnkit._data.order_statistics import weighted_quantiles
from fairlearnkit._data.partitions import (
    Partitions,
    compute,
    keep,
    merged,
    run_each,
)
from fairlearnkit._data.sensitive_columns import check_varying, read_numeric_columns
from fairlearnkit._data.targets import check_target, numeric_target
from fairlearnkit._data.times import as_times
from fairlearnkit._optim.column_ranges import column_ranges
from fairlearnkit._optim.dask_rows import DaskRows, Source, Stored
from fairlearnkit._optim.rows import row_slices
from fairlearnkit.constraints import Contrasts, Decorrelation, check_constraint

# As in `GeneralParity`: rounding of sums of weights must not move an edge by a row.
ROUNDING = 1e-12


class DaskTable:
    """The distinct rows of labels in all partitions, and the rows that they stand for.

    Parameters
    ----------
    estimator : estimator
        With `constraint` and `missing`; gets what a fit knows of the features.
    X, y, sensitive_features, sample_weight : collection, or None
        As in ``fit``.
    y_is : {"labels", "numbers", "numbers and labels", "numbers and bins"} or None
        Whether y is a target of numbers, and what of it the constraint needs: nothing,
        its labels, or the bins of a `GeneralParity`.

    Attributes
    ----------
    sizes : ndarray of shape (n_entries,), intp
        Number of rows that each entry of the table stands for.
    weights : ndarray of shape (n_entries,)
        Sum of their weights.
    y : ndarray of shape (n_entries,) or None
        Their labels, or the largest y of their bin.
    groups : Groups or Contrasts
        Their groups; of a `Decorrelation` the contrasts of all rows.
    n_samples : int
        Number of rows.
    """

    def __init__(
        self,
        estimator,
        X,
        y,
        sensitive_features,
        sample_weight,
        *,
        y_is,
    ):
        require_groups(sensitive_features)
        self.estimator, self.has_numbers = estimator, "numbers" in (y_is or "")
        constraint = check_constraint(estimator.constraint)
        is_numeric = isinstance(constraint, Decorrelation)
        arguments = {"X": X, "y": y, "sensitive_features": sensitive_features}
        data = Partitions({**arguments, "sample_weight": sample_weight})
        labels_of_y = y_is not in (None, "numbers")
        names = ["y"] * labels_of_y + ["sensitive_features"] * (not is_numeric)
        bins = None
        if y_is == "numbers and bins":
            bins = _bins(data, constraint.n_bins)
        missing = estimator.missing if is_numeric else None
        tasks = data.each("labels", _describe, names, self.has_numbers, bins, missing)
        described = keep(tasks)
        summaries = compute(
            run_each("parity-table", _summary, [(t,) for t in described])
        )
        self._take(X, [s for s in summaries if s is not None], labels_of_y)
        self.lengths = [0 if s is None else len(s["table"].sizes) for s in summaries]
        parts = [
            (part["X"], part["y"] if self.has_numbers else None, labels)
            for part, labels in zip(data.parts, described)
        ]
        self.parts = run_each("rows", _packed, parts, self.dtype)
        if is_numeric:
            self.groups = self._correlations([s for s in summaries if s is not None])

    def _take(self, X, known, labels_of_y):
        """Merge what is known of the partitions."""
        estimator = self.estimator
        table = check_fit(stacked([s["table"] for s in known]))
        self.sizes, self.weights = table.sizes, table.weights
        self.n_samples = int(table.sizes.sum())
        check_features(estimator, X, known[0]["ends"].shape[1])
        self.ends = _merged_ends(known)
        self.dtype = np.result_type(*(s["dtype"] for s in known))
        self.is_sparse = known[0]["is_sparse"]
        self.y = None
        if labels_of_y:
            self.y = column_or_1d(table.columns["y"], warn=True)
            check_target(self.y)
            self.y = numeric_target(self.y) if self.has_numbers else self.y
        if "sensitive_features" in table.columns:
            groups = table.columns["sensitive_features"]
            options = {"missing": estimator.missing, "sizes": self.sizes}
            self.groups = find_groups(groups, FIT, **options)

    def _correlations(self, known):
        """Contrasts of a `Decorrelation`: deviations of numeric sensitive columns."""
        names, rows = known[0]["names"], self.rows()
        s = Source("numbers"), Source("known")
        total, sums = rows.sums(_first_moments, *s)
        if not total > 0:
            msg = "decorrelation has no row of known sensitive_features and weight > 0."
            raise ValueError(msg)
        mean = sums / total
        scale = np.sqrt(rows.sums(_second_moments, *s, mean=mean) / total)
        check_varying(names, scale, rows.largest(_largest_numbers, *s))
        means = rows.column(_deviations, *s, mean=mean, unit=scale * total)
        return Contrasts(means, np.full(len(names), -1), tuple(names))

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
        if contrasts is self.groups:
            return contrasts
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


def require_groups(sensitive_features):
    """Raise an error for groups that were not given."""
    if sensitive_features is None:
        raise ValueError(required_message(FIT))


def _bins(data, n_bins):
    """Upper edges of the bins of a `GeneralParity`, the largest y included."""
    if not (isinstance(n_bins, Integral) and n_bins >= 1):
        return None  # the constraint raises the error
    values = data.each("targets", _numbers_of_y)
    ends = compute(
        [merged("targets", run_each("targets", _largest, [(v,) for v in values]), max)]
    )[0]
    shares = np.arange(1, n_bins) / n_bins * (1.0 - ROUNDING)
    edges = np.unique(weighted_quantiles(values, shares)) if n_bins > 1 else np.zeros(0)
    return np.append(edges[edges < ends], ends)


def _numbers_of_y(part):
    """Targets and weights of the rows with a weight, or None."""
    if not part["X"].shape[0]:
        return None
    check_target(part["y"])
    y = numeric_target(column_or_1d(part["y"]))
    weight = read_part_weight(part, len(y))
    if weight is None:
        return y, None
    return (y[weight > 0], weight[weight > 0]) if weight.any() else None


def _largest(values):
    return None if values is None else values[0].max()


def _describe(part, names, numbers, bins, missing):
    """Codes and weights of the rows of a partition, and a summary of them."""
    n_rows = part["X"].shape[0]
    if not n_rows:
        return None
    X = check_array(
        part["X"], accept_sparse="csr", dtype=[np.float64, np.float32], input_name="X"
    )
    weight = read_part_weight(part, n_rows)
    labels, more = {name: part[name] for name in names}, {}
    if numbers:
        check_target(part["y"])
        y = numeric_target(column_or_1d(part["y"]))
    if bins is not None:
        labels["y"] = bins[np.minimum(np.searchsorted(bins, y), len(bins) - 1)]
    if missing is not None:
        titles, values, known = read_numeric_columns(
            part["sensitive_features"], missing=missing
        )
        check_no_times(titles, part["sensitive_features"])
        values = np.where(known[:, None], values, 0.0)
        more = {"numbers": values, "known": known}
    distinct = distinct_rows(labels, n_rows)
    summary = {
        "table": table_of_rows(distinct, weight, most=MOST_IN_PARTITION),
        "ends": column_ranges(X, row_slices(*X.shape)),
        "dtype": X.dtype,
        "is_sparse": sparse.issparse(X),
    }
    if missing is not None:
        summary["names"] = titles
    arrays = {"codes": distinct.codes, "weight": weight, "more": more}
    return {**arrays, "summary": summary}


def _summary(described):
    return None if described is None else described["summary"]


def _packed(X, y, described, dtype):
    """Arrays of a partition without its rows of weight 0, or None."""
    if described is None:
        return None
    codes, weight = described["codes"], described["weight"]
    if sparse.issparse(X):
        X = sparse.csr_array(X, dtype=dtype)
    else:
        X = np.ascontiguousarray(X, dtype=dtype)
    arrays = {"X": X, "codes": codes, **described["more"]}
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


def _shares(block, codes, weight, table):
    """Shares of rows in the means of cells, a CSR array (n_rows, n_cells)."""
    shares = table[codes]
    shares.data = shares.data * np.repeat(weight, np.diff(shares.indptr))
    return shares


def check_no_times(titles, sensitive_features):
    """Refuse dates: their days are counted from the earliest of a partition."""
    for title, column in zip(titles, named_columns(sensitive_features, FIT)):
        if as_times(column.values) is not None:
            msg = (
                f"{title} holds dates, which constraint='decorrelation' takes in "
                "memory only: pass numbers, such as days since a date."
            )
            raise ValueError(msg)


def _first_moments(block, numbers, known):
    weight = block.c * known
    return weight.sum(), weight @ numbers


def _second_moments(block, numbers, known, mean):
    return (block.c * known) @ (numbers - mean) ** 2


def _largest_numbers(block, numbers, known):
    return np.abs(numbers).max(axis=0)


def _deviations(block, numbers, known, mean, unit):
    weight = block.c * known
    return weight[:, None] * (numbers - mean) / unit
