"""What a fit of a linear model needs of Dask collections, in one pass over them.

All that depends on labels, the classes, the groups and the constraint, is read from a
table of the distinct rows of each partition, by the code that reads rows in memory.
What it gives for a row of the table holds for all rows that it stands for.
"""

import numpy as np

from fairlearnkit._models.constraint import (
    read_contrasts,
    regression_contrasts,
    with_positive_class,
)
from fairlearnkit._models.dask_table import DaskTable
from fairlearnkit._models.targets import binary_columns, class_codes, class_factors
from fairlearnkit._optim.dask_rows import Source
from fairlearnkit.constraints import (
    Decorrelation,
    DemographicParity,
    GeneralParity,
    check_constraint,
)


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
    read = DaskTable(estimator, X, y, sensitive_features, sample_weight, y_is="labels")
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
    y_is = "numbers and labels"
    if isinstance(constraint, DemographicParity | Decorrelation):
        y_is = "numbers"
    elif isinstance(constraint, GeneralParity):
        y_is = "numbers and bins"
    data = X, y, sensitive_features, sample_weight
    read = DaskTable(estimator, *data, y_is=y_is)
    y = np.zeros(len(read.sizes)) if read.y is None else read.y
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
    read = DaskTable(estimator, *data, y_is=None if y is None else "labels")
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


def _times(block, weight, factors):
    return weight * factors
