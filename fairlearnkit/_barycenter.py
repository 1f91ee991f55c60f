"""Scores and their groups in, one map for each group out: what all barycenters share.

Groups that are compared together are a stage: the intersections of all sensitive
columns, or one column after the other, each on the scores that the one before left.
"""

import warnings
from collections.abc import Mapping
from numbers import Real

import numpy as np

from fairlearnkit._groups import (
    MISSING_POLICIES,
    Groups,
    check_categories,
    match_columns,
    match_groups,
    read_groups,
)
from fairlearnkit._messages import PREDICT, shown
from fairlearnkit._transport import (
    MANY,
    apply_map,
    barycenter_maps,
    make_law,
    make_laws,
    pooled_law,
    thinned,
)
from fairlearnkit.constraints._contrasts import SMALL_CELL, counts_table
from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.utils._sklearn_private import (
    Interval,
    StrOptions,
    _check_sample_weight,
)

BARYCENTER_PARAMETERS = {
    "strength": [Interval(Real, 0, 1, closed="both")],
    "sequential": ["array-like", None],
    "group_weights": [dict, list, None],
    "unseen": [StrOptions({"error", "pooled"})],
    "missing": [StrOptions(set(MISSING_POLICIES))],
}


def read_stages(estimator, sensitive_features, n_samples):
    """The groups of each stage, in turn.

    Parameters
    ----------
    estimator : object
        With the parameters ``sequential`` and ``missing``.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in ``read_groups``.
    n_samples : int
        The number of rows that X has.

    Returns
    -------
    stages : list of Groups

    Raises
    ------
    ValueError
        As in ``read_groups``; ``sequential`` of another length than there are columns,
        or not between 0 and 1; a column with one group.
    """
    groups = read_groups(
        sensitive_features, n_samples=n_samples, missing=estimator.missing
    )
    check_categories(groups)
    if estimator.sequential is None:
        return [groups]
    stages = list(groups.columns) or [groups]
    strengths = np.asarray(estimator.sequential, dtype=np.float64)
    if strengths.shape != (len(stages),):
        msg = (
            f"sequential={estimator.sequential!r} must have one strength for each "
            f"sensitive column, of which there are {len(stages)}."
        )
        raise ValueError(msg)
    if not ((strengths >= 0) & (strengths <= 1)).all():
        msg = f"sequential={estimator.sequential!r} must lie between 0 and 1."
        raise ValueError(msg)
    for j, stage in enumerate(stages):
        if len(stage.labels) < 2:
            msg = (
                f"Column {j} of sensitive_features holds one group only, "
                f"{shown(stage.labels)}: leave it out."
            )
            raise ValueError(msg)
    return stages


def read_weight(sample_weight, n_samples):
    """Weights of rows, scaled so that their sum cannot overflow, or None.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,) or None
        Weights in any unit.
    n_samples : int
        The number of rows that X has.

    Returns
    -------
    weight : ndarray of shape (n_samples,) or None
    """
    if sample_weight is None:
        return None
    weight = _check_sample_weight(
        sample_weight, np.empty(n_samples), dtype=np.float64, ensure_non_negative=True
    )
    return np.ldexp(weight, -np.frexp(weight.max())[1])  # by a power of two: exactly


def stage_strengths(estimator):
    """How far each stage goes of the way to the barycenter."""
    steps = [1.0] if estimator.sequential is None else estimator.sequential
    return [estimator.strength * float(step) for step in steps]


def _options(estimator):
    """What maps depend on, so that a change after fit can be told."""
    steps = estimator.sequential
    names = ("unseen", "missing", *(["algorithm"] if hasattr(estimator, "cv") else []))
    options = {name: getattr(estimator, name) for name in names}
    options["sequential"] = None if steps is None else [float(step) for step in steps]
    if steps is not None:  # later maps are learnt from what earlier ones leave
        options["strength"] = float(estimator.strength)
    return options


def match_stages(estimator, sensitive_features, n_samples, caller=PREDICT):
    """Codes of new rows in each stage of a fitted estimator."""
    now = _options(estimator)
    changed = [n for n, value in now.items() if estimator._options.get(n) != value]
    if changed:
        msg = f"{', '.join(changed)} was changed after fit: fit again."
        raise ValueError(msg)
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


def store_stages(estimator, stages, weight):
    """Set ``groups_``, ``group_counts_`` and ``group_weights_``; lists of sequences."""
    given = estimator.group_weights
    if estimator.sequential is None:
        given = [given]
    elif given is None:
        given = [None] * len(stages)
    if not isinstance(given, list) or len(given) != len(stages):
        msg = (
            f"group_weights={estimator.group_weights!r} must be None or, with "
            f"sequential, a list of one dict or None for each of {len(stages)} columns."
        )
        raise ValueError(msg)
    shares = [group_shares(stage, weight, own) for stage, own in zip(stages, given)]
    labels = [stage.labels for stage in stages]
    counts = [_counted(stage, weight) for stage in stages]
    one = estimator.sequential is None
    estimator._options = _options(estimator)
    estimator.groups_ = labels[0] if one else labels
    estimator.group_counts_ = counts[0] if one else counts
    estimator.group_weights_ = shares[0] if one else shares
    return shares


def group_shares(groups, weight, given=None):
    """Weights p of the groups in the barycenter, of sum 1.

    Parameters
    ----------
    groups : Groups
        The groups of all rows.
    weight : ndarray of shape (n_samples,) or None
        Weights of the rows.
    given : dict, default=None
        Weight of each label; None for the shares of the rows.

    Returns
    -------
    shares : ndarray of shape (n_groups,)

    Raises
    ------
    ValueError
        Other labels, negative weights, or all of them zero; a group whose rows all
        weigh nothing.

    Warns
    -----
    SmallGroupWarning
        A group of fewer than 10 rows.
    """
    labels, rows = groups.labels.tolist(), _counted(groups, weight)
    if rows.min() < SMALL_CELL:
        table = counts_table(groups.labels, rows)
        if rows.min() == 0:
            msg = (
                f"sensitive_features has groups without a row of positive weight: "
                f"{table}. Remove these groups, or merge them."
            )
            raise ValueError(msg)
        msg = (
            f"Fewer than {SMALL_CELL} rows in a group: {table}. Its distribution is "
            "known badly."
        )
        warnings.warn(msg, SmallGroupWarning, stacklevel=5)
    if given is None:
        known = groups.codes >= 0
        used = None if weight is None else weight[known]
        total = np.bincount(groups.codes[known], used, minlength=len(labels))
        return total / total.sum()
    if not isinstance(given, Mapping) or set(given) != set(labels):
        msg = (
            f"group_weights={given!r} must be a dict with one weight for each group. "
            f"Known groups: {shown(labels)}."
        )
        raise ValueError(msg)
    shares = np.array([given[label] for label in labels], dtype=np.float64)
    if not (np.isfinite(shares).all() and shares.min() >= 0 and shares.max() > 0):
        msg = f"group_weights={given!r} must not be negative, nor all of them zero."
        raise ValueError(msg)
    shares /= shares.max()  # whose sum cannot overflow
    return shares / shares.sum()


def _counted(groups, weight):
    """Rows of positive weight of each group."""
    known = groups.codes >= 0
    if weight is not None:
        known &= weight > 0
    return np.bincount(groups.codes[known], minlength=len(groups.labels))


def take_groups(groups, rows):
    """The groups of some of the rows."""
    codes = groups.codes[rows]
    counts = np.bincount(codes[codes >= 0], minlength=len(groups.labels))
    return Groups(groups.labels, codes, counts)


def split_rows(codes, n_groups):
    """Positions of the rows of each group, and last those of no group."""
    small = n_groups <= np.iinfo(np.int16).max  # whose stable sort only counts
    order = np.argsort(codes.astype(np.int16) if small else codes, kind="stable")
    ends = np.cumsum(np.bincount(codes + 1, minlength=n_groups + 1))[:-1]
    without, *rows = np.split(order, ends)
    return [*rows, without]


def laws_by_group(values, codes, n_groups, weight=None):
    """Law of the values in each group.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        Finite.
    codes : ndarray of shape (n_samples,)
        Group of each row; -1 for none.
    n_groups : int
        How many groups there are.
    weight : ndarray of shape (n_samples,), default=None
        Weights.

    Returns
    -------
    laws : list of Law
    """
    if n_groups >= MANY:
        return make_laws(values, codes, n_groups, weight)
    return [
        make_law(values[rows], None if weight is None else weight[rows])
        for rows in split_rows(codes, n_groups)[:-1]
    ]


def transport_maps(laws, shares, *, pooled=False, n_quantiles=None):
    """Maps of the groups to their barycenter.

    Parameters
    ----------
    laws : list of Law
        One for each group.
    shares : ndarray of shape (n_groups,)
        Weights p of the groups.
    pooled : bool, default=False
        Whether the map of all groups together is needed.
    n_quantiles : int, default=None
        How many knots to keep; None keeps all.

    Returns
    -------
    maps : list of tuple of ndarray
        For each group its knots and where they go.
    pooled_map : tuple of ndarray or None
        The same for all groups together.
    """
    laws = [*laws, pooled_law(laws, shares)] if pooled else laws
    weights = np.append(shares, 0.0) if pooled else shares
    maps = []
    for law, moved in zip(laws, barycenter_maps(laws, weights)):
        pair = law.values, moved
        if n_quantiles is not None:
            pair = thinned(*pair, law.shares, n_quantiles)
        maps.append(pair)
    return (maps[:-1], maps[-1]) if pooled else (maps, None)


def needs_pooled(estimator):
    """Whether rows of no known group may come."""
    return estimator.unseen == "pooled" or estimator.missing == "ignore"


def move_by_group(codes, maps, pooled_map, move):
    """Move each row by the map of its group.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,)
        Group of each row; -1 for none.
    maps : list of tuple of ndarray
        One for each group.
    pooled_map : tuple of ndarray or None
        For rows of no group.
    move : callable
        From positions of rows and a map to their new values.

    Returns
    -------
    moved : ndarray of shape (n_samples,)
    """
    moved = np.empty(len(codes))
    for rows, one in zip(split_rows(codes, len(maps)), [*maps, pooled_map]):
        if len(rows):
            moved[rows] = move(rows, one)
    return moved


def transport(values, codes, maps, pooled_map, strength):
    """`move_by_group` by maps of `transport_maps`, or part of the way."""

    def move(rows, one):
        return apply_map(values[rows], *one, strength)

    return move_by_group(codes, maps, pooled_map, move)
