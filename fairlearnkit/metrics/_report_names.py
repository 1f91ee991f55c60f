"""Names of groups and classes in a report, which are text, and what is asked of it."""

from dataclasses import dataclass
from typing import Any

from fairlearnkit._data.messages import format_labels


@dataclass(frozen=True, eq=False)
class Settings:
    """What is asked of a report.

    Parameters
    ----------
    names : list of str
        Names of all groups.
    compared : list of str
        Names of the groups that are compared.
    reference : str or None
        Name of the group that others are compared with.
    n_resamples : int
        Number of resamples.
    confidence_level : float
        Confidence level of intervals.
    random_state : int, RandomState instance or None
        Determines the resamples.
    """

    names: list
    compared: list
    reference: str | None
    n_resamples: int
    confidence_level: float
    random_state: Any


def plain_label(label):
    """A label of a type that JSON has, else its text."""
    return label if isinstance(label, bool | int | float | str | None) else str(label)


def group_names(labels):
    """Labels as text, or as Python writes them if two would be the same: 1 and "1"."""
    names = [
        ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)
        for label in labels
    ]
    return names if len(set(names)) == len(names) else list(map(repr, labels))


def name_of_reference(reference, labels, names, compared):
    """Name of the reference group, which is given by its label or by its name.

    Parameters
    ----------
    reference : object
        What the user gave; None for no reference.
    labels : list
        Labels of all groups.
    names : list of str
        Their names.
    compared : list of str
        Names of the groups that are compared.

    Returns
    -------
    name : str or None

    Raises
    ------
    ValueError
        No group has this label or name, or it is left out of the comparison.
    """
    if reference is None:
        return None
    # A label comes first: the names of two groups may be swapped, as of 1 and "1".
    by_label = dict(zip(map(_key, labels), names))
    name = by_label.get(_key(reference), reference if reference in names else None)
    if name is None:
        known = format_labels(labels)
        if isinstance(labels[0], tuple):
            known += f", or as text, such as {names[0]!r}"
        msg = f"reference={reference!r} is not a group; known: {known}."
        raise ValueError(msg)
    if name not in compared:
        msg = (
            f"reference={reference!r} is a group that min_group_size leaves out; "
            f"compared are {format_labels(compared)}."
        )
        raise ValueError(msg)
    return name


def _key(label):
    """A label that can be looked up: of several columns, lists count as tuples."""
    return tuple(label) if isinstance(label, list) else label
