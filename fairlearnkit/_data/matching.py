"""Groups of new rows, matched with those known from fit."""

import numpy as np

from fairlearnkit._data.containers import named_columns
from fairlearnkit._data.groups import (
    checked_columns,
    groups_of_column,
    groups_of_columns,
)
from fairlearnkit._data.messages import FIT, PREDICT, check_option, format_labels

UNSEEN_POLICIES = ("error", "pooled")


def match_groups(
    sensitive_features,
    labels,
    *,
    names=None,
    n_samples=None,
    unseen="error",
    missing="error",
    caller=PREDICT,
):
    """Codes of new rows among the groups known from fit.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.
    labels : ndarray of shape (n_groups,)
        `Groups.labels` of the training rows.
    names : list of str or None, default=None
        `sensitive_names` of the training rows. Several columns are matched by name if
        the new ones have names as well, and by position otherwise. A single column is
        matched whatever its name.
    n_samples : int, default=None
        Number of rows of X. None accepts any.
    unseen : {"error", "pooled"}, default="error"
        Raise an error for rows of a group that is not in `labels`, or give them the
        code -1, for the map of all groups together.
    missing : {"error", "group", "ignore"}, default="error"
        Raise an error for rows with a missing value, match them with the group of
        missing values, or give them the code -1.
    caller : Caller, default=PREDICT
        The method that was called, for messages.

    Returns
    -------
    codes : ndarray of shape (n_samples,), intp
        Positions in `labels`.

    Raises
    ------
    ValueError
        If `sensitive_features` is None, has another length, other columns, a missing
        value, or a group that is not in `labels`.
    """
    columns = checked_columns(sensitive_features, n_samples, caller)
    first = labels.tolist()[0]
    n_columns = len(first) if isinstance(first, tuple) else 1
    if len(columns) == 1 < n_columns:  # labels that are tuples, or a column too few
        groups = groups_of_columns(columns, missing, caller)
        if all(isinstance(label, tuple) for label in groups.labels.tolist()):
            return _match_labels("sensitive_features", groups, labels, unseen)
    columns = _order_columns(columns, n_columns, names)
    groups = groups_of_columns(columns, missing, caller)
    return _match_labels("sensitive_features", groups, labels, unseen)


def match_columns(
    sensitive_features,
    labels,
    *,
    names=None,
    n_samples=None,
    unseen="error",
    missing="error",
    caller=PREDICT,
):
    """As `match_groups`, for each column by itself.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.
    labels : list of ndarray
        `Groups.labels` of each column of the training rows.
    names : list of str or None, default=None
        As in `match_groups`.
    n_samples : int, default=None
        Number of rows of X. None accepts any.
    unseen : {"error", "pooled"}, default="error"
        As in `match_groups`.
    missing : {"error", "group", "ignore"}, default="error"
        As in `match_groups`.
    caller : Caller, default=PREDICT
        The method that was called, for messages.

    Returns
    -------
    codes : list of ndarray of shape (n_samples,), intp
        For each column of fit, positions in its labels.

    Raises
    ------
    ValueError
        As in `match_groups`.
    """
    columns = checked_columns(sensitive_features, n_samples, caller)
    columns = _order_columns(columns, len(labels), names)
    groups = [groups_of_column(column, missing, caller) for column in columns]
    return [
        _match_labels(column.title, new, known, unseen)
        for column, new, known in zip(columns, groups, labels)
    ]


def sensitive_names(sensitive_features):
    """Names of the columns, by which `match_groups` finds them later.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.

    Returns
    -------
    names : list of str or None
        None where a column has no name, or one that is not a string.
    """
    names = [column.name for column in named_columns(sensitive_features, FIT)]
    return None if None in names else names


def _order_columns(columns, n_columns, names):
    """Columns in the order of fit: by name where both have names."""
    if len(columns) != n_columns:
        listed = f", {names}" if names else ""
        msg = (
            f"sensitive_features has {len(columns)} columns and had {n_columns} in "
            f"fit{listed}: pass the same columns."
        )
        raise ValueError(msg)
    new_names = [column.name for column in columns]
    if n_columns == 1 or names is None or None in new_names or new_names == names:
        return columns
    if sorted(new_names) != sorted(names) or len(set(names)) < n_columns:
        msg = (
            f"sensitive_features has the columns {new_names} and had {names} in fit: "
            "pass the same ones, each under its name. They may come in another order."
        )
        raise ValueError(msg)
    return [columns[new_names.index(name)] for name in names]


def _match_labels(name, groups, labels, unseen):
    """Codes of new groups among known labels."""
    check_option("unseen", unseen, UNSEEN_POLICIES)
    new_labels = groups.labels.tolist()
    position = {label: code for code, label in enumerate(labels.tolist())}
    unseen_labels = [label for label in new_labels if label not in position]
    if unseen_labels and unseen == "error":
        msg = (
            f"{name} holds groups that were not seen in fit: "
            f"{format_labels(unseen_labels)}. Known groups: {format_labels(labels)}. "
            "Correct the labels, fit on rows of every group, or choose "
            'unseen="pooled".'
        )
        raise ValueError(msg)
    # By the code of a new group; the last entry is read by code -1.
    known_codes = [position.get(label, -1) for label in new_labels]
    return np.array([*known_codes, -1], dtype=np.intp)[groups.codes]
