"""Which rates of decisions a constraint compares.

- A *part* is what is compared for one class k: the shares decided k, in cells of rows.
- A *partition* divides the rows into groups: by one sensitive column, or by the
  intersections of all of them.
- A *block* is a partition of the rows whose class is in one stratum of the constraint;
  its cells are the groups. The cells of a part are those of its blocks, in the order of
  `Contrasts`. Different parts may share blocks.
"""

from dataclasses import dataclass

import numpy as np

from fairlearnkit._data.classes import positive_class
from fairlearnkit._data.messages import format_labels
from fairlearnkit._models.constraint import own_pos_label, with_positive_class
from fairlearnkit._optim.decisions import Rates


@dataclass(frozen=True, eq=False)
class Compared:
    """The rates of one class: the share decided `decision` in the cells of blocks.

    Parameters
    ----------
    decision : int
        Position of the class.
    constraint : object
        Gives the contrasts of true labels and groups.
    classes : list of ndarray of bool of shape (n_classes,)
        For each stratum, which classes of y are in it.
    """

    decision: int
    constraint: object
    classes: list


def read_compared(constraint, classes, pos_label):
    """What a constraint compares among decisions for these classes.

    Two classes: the share decided as the last of them, which differs between groups as
    much as that of the first. More: the share decided k for each k, and if the
    constraint is on the rows of a positive class, that among rows with y = k.

    Parameters
    ----------
    constraint : object
        With a method ``strata(y, n_samples)``.
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    pos_label : scalar or None
        The positive class that the estimator was given.

    Returns
    -------
    compared : list of Compared

    Raises
    ------
    ValueError
        If the constraint has no strata of y, or compares more than two classes within
        each class of y.
    """
    if not hasattr(constraint, "strata"):
        msg = (
            f"constraint={constraint!r} does not compare groups within classes of y, "
            "and says nothing about rates of decisions. Use 'demographic_parity', "
            "'equal_opportunity', 'equalized_odds' or an object with a method strata."
        )
        raise ValueError(msg)
    if len(classes) == 2:
        constraint, _ = with_positive_class(constraint, classes, pos_label)
        return [Compared(1, constraint, _strata_of(constraint, classes))]
    if hasattr(constraint, "with_pos_label"):
        return _one_vs_rest(constraint, classes, pos_label)
    strata = _strata_of(constraint, classes)
    if len(strata) > 1:
        msg = (
            f"constraint={constraint!r} is supported for two classes only; there are "
            f"{len(classes)}: {format_labels(classes)}. Use 'equal_opportunity', which "
            "compares the share decided k among rows with y = k, for each class k."
        )
        raise ValueError(msg)
    return [Compared(k, constraint, strata) for k in range(len(classes))]


def _one_vs_rest(constraint, classes, pos_label):
    """The share decided k among rows with y = k, for each class or the named one."""
    labels = classes.tolist()
    named = pos_label if pos_label is not None else own_pos_label(constraint)
    if named is not None:
        labels = [positive_class(labels, named, name="y")]
    compared = []
    for label in labels:
        own = constraint.with_pos_label(label)
        decision = classes.tolist().index(label)
        compared.append(Compared(decision, own, _strata_of(own, classes)))
    return compared


def _strata_of(constraint, classes):
    """For each stratum of a constraint, which classes are in it."""
    codes, names = constraint.strata(classes, len(classes))
    return [np.asarray(codes) == stratum for stratum in range(len(names))]


def check_strata(compared, y, classes):
    """Raise an error if the class of a row does not determine its stratum.

    Probabilities of the classes would then not tell how likely a row is in a stratum.
    """
    codes = np.searchsorted(classes, y)
    for part in compared:
        strata = np.asarray(part.constraint.strata(y, len(y))[0])
        expected = np.full(len(classes), -1)
        for stratum, members in enumerate(part.classes):
            expected[members] = stratum
        if not np.array_equal(strata, expected[codes]):
            msg = (
                f"The strata of constraint={part.constraint!r} are no function of the "
                "class of y: rows of one class are in several strata, and which one a "
                "new row is in cannot be estimated from class probabilities."
            )
            raise ValueError(msg)


def true_rates(compared, y, sensitive_features, weight, missing):
    """Rates by true labels and groups, and the contrasts of each part.

    Returns
    -------
    truth : Rates
    contrasts : list of Contrasts
        One for each part.
    """
    contrasts, known = [], {}
    for part in compared:
        if id(part.constraint) not in known:
            known[id(part.constraint)] = part.constraint.contrasts(
                y, sensitive_features, weight, missing=missing
            )
        contrasts.append(known[id(part.constraint)])
    strata, start = [], 0
    for own in contrasts:
        strata.append(own.strata + start)
        start += len(own.suffixes)
    parts = tuple((c.decision, own.means) for c, own in zip(compared, contrasts))
    return Rates(parts, np.concatenate(strata)), contrasts


def partitions(constraint, groups):
    """The groups that are compared: of each column, or their intersections."""
    separately = getattr(constraint, "columns", "intersection") == "separately"
    return list(groups.columns) if separately and groups.columns else [groups]


def blocks_of(compared, n_partitions):
    """The blocks, each once, and for each part the positions of its blocks.

    Returns
    -------
    parts : list of list of int
    blocks : list of tuple of (int, ndarray of bool of shape (n_classes,))
        A partition, and which classes are in the stratum.
    """
    parts, blocks, known = [], [], {}
    for part in compared:
        positions = []
        for q in range(n_partitions):
            for members in part.classes:
                key = q, members.tobytes()
                if key not in known:
                    known[key] = len(blocks)
                    blocks.append((q, members))
                positions.append(known[key])
        parts.append(positions)
    return parts, blocks
