"""Labels that are declared, and the rows that have one of them.

Where the labels of the rows must not be found in them, because they would reveal that a
row exists, the caller declares all of them. A row with any other label is nowhere.
"""

from dataclasses import dataclass

import numpy as np

from fairlearnkit._data.containers import from_arrow
from fairlearnkit._data.labels import factorize
from fairlearnkit._data.messages import format_labels

WHY = {
    "groups": "Pass all groups that there may be, groups=['a', 'b'], or a list of "
    "tuples for several sensitive columns",
    "labels": "Pass all classes that there may be, labels=[0, 1]",
}


@dataclass(frozen=True, eq=False)
class Declared:
    """Declared labels, one or several columns of them.

    Parameters
    ----------
    labels : list of length n_labels
        Labels in the given order; tuples where there are several columns.
    columns : list of (list, ndarray)
        For each column the distinct labels in it, and the position in them for each of
        the declared labels. A missing value has the position after the last.
    has_missing : bool
        Whether missing values are declared.
    """

    labels: list
    columns: list
    has_missing: bool


def declared_columns(name, labels, n_columns, has_missing):
    """Read declared labels.

    Parameters
    ----------
    name : {"groups", "labels"}
        Name of the argument, for messages.
    labels : iterable or None
        Labels; of several columns, tuples.
    n_columns : int
        Number of columns.
    has_missing : bool
        Whether missing values are labels, too. Of one column they are added.

    Returns
    -------
    declared : Declared

    Raises
    ------
    ValueError
        Fewer than two labels, one that comes twice, tuples of another length, or
        missing values that are not allowed.
    """
    listed = _listed(name, labels)
    rows = _as_rows(name, listed, n_columns)
    is_none = [row == (None,) for row in rows]
    if has_missing and n_columns == 1 and not any(is_none):
        rows.append((None,))
    columns = []
    for values in zip(*rows):
        column = np.empty(len(values), dtype=object)
        column[:] = values
        distinct, codes, _ = factorize(name, column)
        columns.append((distinct, np.where(codes < 0, len(distinct), codes)))
    if not has_missing and any((c == len(d)).any() for d, c in columns):
        hint = ' or choose missing="group"' if name == "groups" else ""
        msg = f"{name}={labels!r} holds a missing value: leave it out{hint}."
        raise ValueError(msg)
    rows = [tuple([*d, None][c[i]] for d, c in columns) for i in range(len(rows))]
    if len(set(rows)) < len(rows):
        twice = [row for k, row in enumerate(rows) if row in rows[:k]]
        msg = f"{name} holds {_label(twice[0])!r} twice; name each label once."
        raise ValueError(msg)
    if len(rows) < 2:
        msg = f"{name}={labels!r} must hold at least two labels. {WHY[name]}."
        raise ValueError(msg)
    return Declared([_label(row) for row in rows], columns, has_missing)


def _listed(name, labels):
    if labels is None:
        msg = (
            f"With epsilon, {name} has to be declared: labels that are found in the "
            f"rows would reveal a row that is the only one of its kind. {WHY[name]}."
        )
        raise ValueError(msg)
    if isinstance(labels, str) or not np.iterable(labels):
        msg = f"{name}={labels!r} must be a list of labels. {WHY[name]}."
        raise ValueError(msg)
    labels = from_arrow(labels)
    return labels.tolist() if hasattr(labels, "tolist") else list(labels)


def _as_rows(name, listed, n_columns):
    """Labels as tuples, one entry for each column."""
    if n_columns == 1:
        return [(label,) for label in listed]
    rows = [tuple(row) if isinstance(row, list | tuple) else (row,) for row in listed]
    if any(len(row) != n_columns for row in rows):
        msg = (
            f"{name}={format_labels(listed)} must hold tuples of {n_columns} labels, "
            f"one for each of the {n_columns} sensitive columns; "
            "itertools.product lists all combinations."
        )
        raise ValueError(msg)
    return rows


def _label(row):
    return row[0] if len(row) == 1 else row


def match_declared(columns, declared):
    """The declared label of each row.

    No label, whatever it is, raises an error or a warning.

    Parameters
    ----------
    columns : list of Column
        Columns of the data, as many as those that are declared.
    declared : Declared
        The declared labels.

    Returns
    -------
    codes : ndarray of shape (n_samples,), intp
        Position in the declared labels; -1 for any other label.
    """
    of_row = np.zeros(len(columns[0].values), dtype=np.intp)
    of_label = np.zeros(len(declared.labels), dtype=np.intp)
    for column, (distinct, codes) in zip(columns, declared.columns):
        found = _match_column(column, distinct, declared.has_missing)
        # Labels of the columns so far, and of this one, as one integer. The numbers
        # stay small: only the combinations that are declared are numbered on.
        base = len(distinct) + 1
        keys, of_label = np.unique(of_label * base + codes, return_inverse=True)
        key = of_row * base + found
        place = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
        is_declared = (of_row >= 0) & (found >= 0) & (keys[place] == key)
        of_row = np.where(is_declared, place, -1)
    position = np.empty(len(declared.labels) + 1, dtype=np.intp)
    position[of_label] = np.arange(len(declared.labels))
    position[-1] = -1  # read by the code -1
    return position[of_row]


def _match_column(column, distinct, has_missing):
    """Position of each row's label among the distinct ones of a column, or -1."""
    found, codes = _distinct_labels(column)
    known = {label: k for k, label in enumerate(distinct)}
    positions = [known.get(label, -1) for label in found]
    # The last is read by the code -1 of missing values.
    positions.append(len(distinct) if has_missing else -1)
    return np.array(positions, dtype=np.intp)[codes]


def _distinct_labels(column):
    """Distinct labels of the rows, and the code of each row, -1 where missing."""
    try:
        labels, codes, _ = factorize(column.title, column.values)
    except ValueError:  # a row holds a list or the like, which is no declared label
        values = [_hashable_or_object(value) for value in column.values]
        array = np.empty(len(values), dtype=object)
        array[:] = values
        labels, codes, _ = factorize(column.title, array)
    return labels, codes


def _hashable_or_object(value):
    """The value, or an object that equals no label if it cannot be hashed."""
    try:
        hash(value)
    except TypeError:
        return object()
    return value
