"""Groups of new rows, matched with those known from fit."""

import numpy as np

from fairlearnkit._data.containers import named_columns
from fairlearnkit._data.groups import (
    checked_columns,
    column_groups,
    joint_groups,
)
from fairlearnkit._data.messages import FIT, PREDICT, check_option, shown


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
        `sensitive_names` of the training rows. Several columns are matched by name, if
        those now have names as well, and by position otherwise. A single one is
        matched whatever it is called.
    n_samples : int, default=None
        The number of rows that X has.
    unseen : {"error", "pooled"}, default="error"
        Refuse rows of a group that is not in `labels`, or give them the code -1,
        for the map of all groups together.
    missing : {"error", "group", "ignore"}, default="error"
        Refuse rows with a missing value, match them with the group of missing values,
        or give them the code -1.
    caller : Caller, default=PREDICT
        What was called, for messages.

    Returns
    -------
    codes : ndarray of shape (n_samples,), intp
        Positions in `labels`.

    Raises
    ------
    ValueError
        Nothing given, another length, other columns, a missing value, or a group not
        in `labels`.
    """
    columns = checked_columns(sensitive_features, n_samples, caller)
    first = labels.tolist()[0]
    width = len(first) if isinstance(first, tuple) else 1
    columns = _in_order(columns, width, names)
    new = joint_groups(columns, missing, caller)
    return _match("sensitive_features", new, labels, unseen)


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
        The number of rows that X has.
    unseen : {"error", "pooled"}, default="error"
        As in `match_groups`.
    missing : {"error", "group", "ignore"}, default="error"
        As in `match_groups`.
    caller : Caller, default=PREDICT
        What was called, for messages.

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
    columns = _in_order(columns, len(labels), names)
    return [
        _match(column.title, column_groups(column, missing, caller), known, unseen)
        for column, known in zip(columns, labels)
    ]


def sensitive_names(sensitive_features):
    """Names of the columns, for those that come later to be matched with.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.

    Returns
    -------
    names : list of str or None
        None where a column has no name, or one that is no text.
    """
    names = [column.name for column in named_columns(sensitive_features, FIT)]
    return None if None in names else names


def _in_order(columns, width, names):
    """Columns in the order that they had in fit, by name where both have names."""
    if len(columns) != width:
        called = f", {names}" if names else ""
        msg = (
            f"sensitive_features has {len(columns)} columns and had {width} in "
            f"fit{called}: pass the same columns."
        )
        raise ValueError(msg)
    now = [column.name for column in columns]
    if width == 1 or names is None or None in now or now == names:
        return columns
    if sorted(now) != sorted(names) or len(set(names)) < width:
        msg = (
            f"sensitive_features has the columns {now} and had {names} in fit: pass "
            "the same ones, each under its name. They may come in another order."
        )
        raise ValueError(msg)
    return [columns[now.index(name)] for name in names]


def _match(name, new, labels, unseen):
    """Codes of new groups among known labels."""
    check_option("unseen", unseen, ("error", "pooled"))
    position = {label: code for code, label in enumerate(labels.tolist())}
    strangers = [label for label in new.labels.tolist() if label not in position]
    if strangers and unseen == "error":
        msg = (
            f"{name} holds groups that were not seen in fit: {shown(strangers)}. Known "
            f"groups: {shown(labels)}. Correct the labels, fit on rows of every group, "
            'or choose unseen="pooled".'
        )
        raise ValueError(msg)
    table = [position.get(label, -1) for label in new.labels.tolist()]
    return np.array([*table, -1], dtype=np.intp)[new.codes]
