"""Parameters and fitted attributes that all barycenter estimators share.

A *grouping* divides the rows into the groups that are compared with each other. Without
`sequential` there is one grouping, the intersections of all sensitive columns. With
`sequential` there is one for each sensitive column, and they are handled one after the
other: the maps of a grouping are fitted to what those before it have made of the values
(Hu, Ratz, Charpentier: A Sequentially Fair Mechanism for Multiple Sensitive Attributes.
AAAI 2024).
"""

from copy import copy
from numbers import Real

import numpy as np

from fairlearnkit._data.counts import (
    count_rows,
    group_shares,
)
from fairlearnkit._data.groups import MISSING_POLICIES, read_groups
from fairlearnkit._data.interpolation import check_categories
from fairlearnkit._data.matching import match_columns, match_groups
from fairlearnkit._data.messages import PREDICT, format_labels
from fairlearnkit.utils._sklearn_private import (
    Interval,
    StrOptions,
)

BARYCENTER_PARAMETERS = {
    "strength": [Interval(Real, 0, 1, closed="both")],
    "sequential": ["array-like", None],
    "group_weights": [dict, list, None],
    "unseen": [StrOptions({"error", "pooled"})],
    "missing": [StrOptions(set(MISSING_POLICIES))],
}


def read_groupings(estimator, sensitive_features, n_samples):
    """Read the groups of each grouping, in the order in which they are handled.

    Parameters
    ----------
    estimator : object
        With the parameters ``sequential`` and ``missing``.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in ``read_groups``.
    n_samples : int
        Number of rows of X.

    Returns
    -------
    groupings : list of Groups

    Raises
    ------
    ValueError
        As in ``read_groups``; ``sequential`` has another length than there are columns,
        or is not between 0 and 1; a column has a single group.
    """
    groups = read_groups(
        sensitive_features, n_samples=n_samples, missing=estimator.missing
    )
    check_categories(groups)
    if estimator.sequential is None:
        return [groups]
    groupings = list(groups.columns) or [groups]
    _check_sequential(estimator.sequential, len(groupings))
    for j, groups in enumerate(groupings):
        if len(groups.labels) < 2:
            msg = (
                f"Column {j} of sensitive_features has a single group, "
                f"{format_labels(groups.labels)}: leave the column out."
            )
            raise ValueError(msg)
    return groupings


def _check_sequential(sequential, n_columns):
    strengths = np.asarray(sequential, dtype=np.float64)
    if strengths.shape != (n_columns,):
        msg = (
            f"sequential={sequential!r} must have one strength for each sensitive "
            f"column; there are {n_columns} columns."
        )
        raise ValueError(msg)
    if not ((strengths >= 0) & (strengths <= 1)).all():
        msg = f"The strengths in sequential={sequential!r} must be between 0 and 1."
        raise ValueError(msg)


def grouping_strengths(estimator):
    """Strength of the maps of each grouping: ``strength`` times its own."""
    own = [1.0] if estimator.sequential is None else estimator.sequential
    return [estimator.strength * float(strength) for strength in own]


def _parameters_of_maps(estimator):
    """Parameters that the fitted maps depend on; they must not change after fit."""
    sequential = estimator.sequential
    names = ("unseen", "missing", *(["algorithm"] if hasattr(estimator, "cv") else []))
    values = {name: getattr(estimator, name) for name in names}
    values["sequential"] = None if sequential is None else [*map(float, sequential)]
    if sequential is not None:  # later maps are fitted to what earlier ones return
        values["strength"] = float(estimator.strength)
    return values


def _check_unchanged(estimator):
    """Raise an error if a parameter that the maps depend on was changed after fit."""
    known = estimator._fitted_parameters
    now = _parameters_of_maps(estimator)
    changed = [name for name, value in now.items() if known.get(name) != value]
    if changed:
        msg = f"{', '.join(changed)} was changed after fit: fit again."
        raise ValueError(msg)


def copy_with_strength(estimator, strength):
    """Shallow copy of a fitted estimator, with another strength.

    Raises
    ------
    ValueError
        With ``sequential``; if a parameter was changed after fit; if ``strength`` is
        not between 0 and 1.
    """
    if estimator.sequential is not None:
        msg = (
            "with_strength needs sequential=None: with sequential, the maps of a "
            "column are fitted to what those before it return, and depend on strength. "
            "Set strength and fit again."
        )
        raise ValueError(msg)
    _check_unchanged(estimator)
    twin = copy(estimator).set_params(strength=strength)
    twin._validate_params()
    return twin


def match_groupings(estimator, sensitive_features, n_samples, caller=PREDICT):
    """Group codes of new rows in each grouping of a fitted estimator.

    Returns
    -------
    codes : list of ndarray of shape (n_samples,)
        -1 for rows of no group that was seen in fit.

    Raises
    ------
    ValueError
        As in ``match_groups``; a parameter was changed after fit.
    """
    _check_unchanged(estimator)
    options = {
        "names": estimator.sensitive_feature_names_in_,
        "n_samples": n_samples,
        "unseen": estimator.unseen,
        "missing": estimator.missing,
        "caller": caller,
    }
    if estimator.sequential is None:
        return [match_groups(sensitive_features, estimator.groups_, **options)]
    return match_columns(sensitive_features, estimator.groups_, **options)


def store_groupings(estimator, groupings, weight):
    """Set ``groups_``, ``group_counts_`` and ``group_weights_``.

    They are arrays, or lists with one array for each grouping with ``sequential``.

    Returns
    -------
    shares : list of ndarray
        Weights p of the groups of each grouping, of sum 1.
    """
    given = _weights_by_grouping(estimator, len(groupings))
    # Not in a helper: the warning of small groups counts the calls up to the user's.
    shares = [group_shares(g, weight, own) for g, own in zip(groupings, given)]
    labels = [groups.labels for groups in groupings]
    counts = [count_rows(groups, weight) for groups in groupings]
    single = estimator.sequential is None
    estimator._fitted_parameters = _parameters_of_maps(estimator)
    estimator.groups_ = labels[0] if single else labels
    estimator.group_counts_ = counts[0] if single else counts
    estimator.group_weights_ = shares[0] if single else shares
    return shares


def _weights_by_grouping(estimator, n_groupings):
    """``group_weights`` as a list with a dict or None for each grouping."""
    given = estimator.group_weights
    if estimator.sequential is None:
        return [given]
    if given is None:
        return [None] * n_groupings
    if not isinstance(given, list) or len(given) != n_groupings:
        msg = (
            f"With sequential, group_weights={given!r} must be None or a list of one "
            f"dict or None for each of {n_groupings} columns."
        )
        raise ValueError(msg)
    return given


def needs_pooled_map(estimator):
    """Whether rows without a known group are moved, by the map of all groups."""
    return estimator.unseen == "pooled" or estimator.missing == "ignore"
