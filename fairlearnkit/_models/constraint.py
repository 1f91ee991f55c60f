"""The constraint of an estimator, read from its parameters."""

from collections import Counter

import numpy as np

from fairlearnkit._data.classes import encode_classes, positive_class
from fairlearnkit._data.groups import MISSING_POLICIES
from fairlearnkit._optim.strata import split_strata
from fairlearnkit.constraints import (
    ALIASES,
    Contrasts,
    check_constraint,
)
from fairlearnkit.utils._sklearn_private import (
    HasMethods,
    StrOptions,
)

CONSTRAINT_PARAMETERS = {
    "constraint": [StrOptions(set(ALIASES)), HasMethods("contrasts")],
    "missing": [StrOptions(set(MISSING_POLICIES))],
}


def read_contrasts(
    estimator, n_samples, y, sensitive_features, sample_weight, constraint=None
):
    """Contrast rows of the estimator's constraint, checked against X's length.

    Contrasts in place of sensitive features have been read, and are returned.
    """
    if isinstance(sensitive_features, Contrasts):
        return sensitive_features
    if constraint is None:
        constraint = check_constraint(estimator.constraint)
    contrasts = constraint.contrasts(
        y, sensitive_features, sample_weight, missing=estimator.missing
    )
    if not isinstance(contrasts, Contrasts):
        msg = (
            f"{constraint!r}.contrasts returned a {type(contrasts).__name__}; return "
            "Contrasts, for instance Contrasts.from_rows(M)."
        )
        raise ValueError(msg)
    if contrasts.means.shape[1] != n_samples:
        msg = (
            f"The constraint {constraint!r} has rows for {contrasts.means.shape[1]} "
            f"samples but X has {n_samples}: pass one label for each row of X."
        )
        raise ValueError(msg)
    return contrasts


def regression_contrasts(estimator, y, sensitive_features, sample_weight):
    """Contrast rows of a numeric target, which has no classes unless it is binary."""
    constraint = check_constraint(estimator.constraint)
    of_classes = getattr(constraint, "compares_within_classes", False)
    if of_classes and len(np.unique(y)) > 2:
        msg = (
            f"{type(estimator).__name__} predicts numbers, here of more than two "
            f"values, and constraint={estimator.constraint!r} compares groups among "
            "rows of the same class. "
            "Use 'general_parity', which compares them among rows of like y, or a "
            "classifier."
        )
        raise ValueError(msg)
    data = len(y), y, sensitive_features, sample_weight
    return read_contrasts(estimator, *data, constraint)


def store_groups(estimator, contrasts):
    """Set ``groups_`` and ``group_counts_``; None for numeric sensitive columns."""
    groups = contrasts.groups
    estimator.groups_ = None if groups is None else groups.labels
    estimator.group_counts_ = None if groups is None else groups.counts


def named_multipliers(contrasts, multipliers):
    """Lagrange multipliers of a constraint with the names of what they belong to.

    Parameters
    ----------
    contrasts : Contrasts
        The constraint.
    multipliers : ndarray of shape (n_cells,)
        One a cell; in each stratum they sum to zero.

    Returns
    -------
    named : dict of str to float
        One for each cell; of a stratum of two cells, for their difference alone. Names
        that would repeat, such as those of the labels ``1`` and ``"1"``, get their
        position in the dict: ``"1 [0]"`` and ``"1 [1]"``.
    """
    together, alone = split_strata(contrasts.strata)
    named = [(contrasts.cells[c], multipliers[c]) for c in alone]
    for part in together:
        suffix = contrasts.suffixes[contrasts.strata[part[0]]]
        if len(part) == 2:
            a, b = (contrasts.cells[c] for c in part)
            named.append((f"{a} - {b}{suffix}", multipliers[part[0]]))
            continue
        named += [(f"{contrasts.cells[c]}{suffix}", multipliers[c]) for c in part]
    names = unique_names([name for name, _ in named])
    return {name: float(value) for name, (_, value) in zip(names, named)}


def unique_names(names):
    """The names, those that repeat with their position appended, as in ``"a [0]"``."""
    counts = Counter(names)
    if len(counts) == len(names):
        return names
    positioned = [
        f"{name} [{i}]" if counts[name] > 1 else name for i, name in enumerate(names)
    ]
    return unique_names(positioned)  # "a [0]" may have been a name already


def store_multipliers(estimator, contrasts, multipliers):
    """Set ``multipliers_``: a dict, or, one-vs-rest, a dict of one for each class.

    Parameters
    ----------
    estimator : estimator
        The model.
    contrasts : list of Contrasts
        One for each target column.
    multipliers : list of ndarray of shape (n_cells,)
        Multipliers of the cells of each of them.
    """
    named = [named_multipliers(*both) for both in zip(contrasts, multipliers)]
    if len(named) == 1:
        estimator.multipliers_ = named[0]
    else:
        estimator.multipliers_ = dict(zip(estimator.classes_.tolist(), named))


def own_pos_label(constraint):
    """The positive class that the user of a constraint named, or None.

    Parameters
    ----------
    constraint : object
        Its attribute ``pos_label`` is read only if the constraint declares it to be the
        positive class, by a method ``with_pos_label``; see `Constraint`.

    Returns
    -------
    label : scalar or None
    """
    return constraint.pos_label if hasattr(constraint, "with_pos_label") else None


def with_positive_class(constraint, y, pos_label=None, *, name="y"):
    """The constraint for its positive class, if it depends on one.

    Parameters
    ----------
    constraint : str or object with a method ``contrasts``
        See `check_constraint`. It depends on a positive class if it has a method
        ``with_pos_label``; see `Constraint`.
    y : array-like of shape (n_samples,) or None
        Class labels; the distinct ones are enough.
    pos_label : scalar, default=None
        The class that the user of an estimator or metric named.
    name : str, default="y"
        Name of the target, for messages.

    Returns
    -------
    constraint : object
        A copy for the positive class; the constraint itself if it depends on none.
    label : scalar or None
        The positive class; None if the constraint depends on none.

    Raises
    ------
    ValueError
        If two different classes are named, or none where one is needed.
    """
    constraint = check_constraint(constraint)
    own = own_pos_label(constraint)
    if own is not None and pos_label is not None and own != pos_label:
        msg = (
            f"pos_label={pos_label!r} is not the positive class of the constraint, "
            f"{constraint!r}: name one of them only."
        )
        raise ValueError(msg)
    if y is None or not hasattr(constraint, "with_pos_label"):
        return constraint, None
    classes, _ = encode_classes(y, type(constraint).__name__)
    label = positive_class(classes, pos_label if own is None else own, name=name)
    return constraint.with_pos_label(label), label
