"""Distinct rows of columns of labels: what leaves a partition instead of the columns.

A table with one row for each distinct row, and the number of rows that it stands for,
holds everything that depends on labels only. It keeps containers and types, so that
what reads columns in memory reads it as well.
"""

from typing import NamedTuple

import numpy as np

from fairlearnkit._data.codes import first_rows, unique_codes
from fairlearnkit._data.containers import named_columns
from fairlearnkit._data.groups import MAX_COMBINATIONS
from fairlearnkit._data.labels import factorize
from fairlearnkit._data.messages import Caller
from fairlearnkit._data.rows import take_rows


class Distinct(NamedTuple):
    """Distinct rows of some columns.

    Parameters
    ----------
    table : dict of str to array-like
        The columns, for one row of each kind.
    codes : ndarray of shape (n_samples,)
        Position of each row in the table, in the smallest unsigned type.
    sizes : ndarray of shape (n_distinct,), intp
        Number of rows of each kind.
    """

    table: dict
    codes: np.ndarray
    sizes: np.ndarray


def distinct_rows(arguments, n_samples=0):
    """Distinct rows of arguments that hold labels.

    Parameters
    ----------
    arguments : dict of str to array-like
        By name, each of shape (n_samples,) or (n_samples, n_columns), in any container
        that `read_groups` takes. Missing values count as one label.
    n_samples : int, default=0
        Number of rows, where there may be no argument.

    Returns
    -------
    distinct : Distinct
    """
    codes, n_kinds = np.zeros(n_samples, dtype=np.intp), 1
    for name, values in arguments.items():
        for column in named_columns(values, Caller(argument=name)):
            labels, own, _ = factorize(column.title, column.values)
            n_labels = len(labels) + 1
            if n_kinds * n_labels > MAX_COMBINATIONS:
                present, codes, _ = unique_codes(codes)
                n_kinds = len(present)
            codes = (codes * n_labels if len(codes) else 0) + own + 1
            n_kinds *= n_labels
    present, inverse, sizes = unique_codes(codes)
    first = first_rows(inverse, len(present))
    table = {name: take_rows(values, first) for name, values in arguments.items()}
    smallest = np.min_scalar_type(max(0, len(present) - 1))
    return Distinct(table, inverse.astype(smallest), np.asarray(sizes, dtype=np.intp))
