"""Parameters and fitted attributes that all barycenter estimators share.

Groups that are compared together are a stage: the intersections of all sensitive
columns, or one column after the other, each on the scores that the one before left.
"""

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
                f"{format_labels(stage.labels)}: leave it out."
            )
            raise ValueError(msg)
    return stages


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
    counts = [count_rows(stage, weight) for stage in stages]
    one = estimator.sequential is None
    estimator._options = _options(estimator)
    estimator.groups_ = labels[0] if one else labels
    estimator.group_counts_ = counts[0] if one else counts
    estimator.group_weights_ = shares[0] if one else shares
    return shares


def needs_pooled(estimator):
    """Whether rows of no known group may come."""
    return estimator.unseen == "pooled" or estimator.missing == "ignore"
