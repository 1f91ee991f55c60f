"""Names for constraints, and their positive class."""

from copy import copy

from fairlearnkit._positive import positive_class
from fairlearnkit.constraints._parity import (
    Decorrelation,
    DemographicParity,
    EqualizedOdds,
    EqualOpportunity,
    GeneralParity,
    encoded_classes,
)

ALIASES = {
    "decorrelation": Decorrelation,
    "demographic_parity": DemographicParity,
    "equal_opportunity": EqualOpportunity,
    "equalized_odds": EqualizedOdds,
    "general_parity": GeneralParity,
}


def check_constraint(constraint):
    """The constraint object behind a name.

    Parameters
    ----------
    constraint : str or object with a method ``contrasts``
        One of "decorrelation", "demographic_parity", "equal_opportunity",
        "equalized_odds" and "general_parity", or a constraint object, which is returned
        as it is.

    Returns
    -------
    constraint : object

    Raises
    ------
    ValueError
        Another string, or an object without ``contrasts``.

    Examples
    --------
    >>> from fairlearnkit.constraints import check_constraint
    >>> check_constraint("equal_opportunity")
    EqualOpportunity(columns='intersection', pos_label=None)
    """
    if isinstance(constraint, str) and constraint in ALIASES:
        return ALIASES[constraint]()
    if isinstance(constraint, type):
        msg = f"constraint is the class {constraint.__name__}; pass an object, with ()."
        raise ValueError(msg)
    if callable(getattr(constraint, "contrasts", None)):
        return constraint
    msg = (
        f"constraint={constraint!r} is not known; use one of {sorted(ALIASES)} or an "
        "object with a method contrasts(y, sensitive_features, sample_weight, *, "
        "missing)."
    )
    raise ValueError(msg)


def with_positive_class(constraint, y, pos_label=None, *, name="y"):
    """The constraint with its positive class, where it looks at one.

    Parameters
    ----------
    constraint : str or object with a method ``contrasts``
        See `check_constraint`. It looks at a positive class if it has an attribute
        ``pos_label``, which is filled where it is None.
    y : array-like of shape (n_samples,) or None
        Class labels; the distinct ones will do.
    pos_label : scalar, default=None
        The class that the caller named.
    name : str, default="y"
        What the labels are called in messages.

    Returns
    -------
    constraint : object
        The constraint itself where there is nothing to fill.
    label : scalar or None
        Its positive class; None where it looks at none.

    Raises
    ------
    ValueError
        Two different classes are named, or none where one is needed.
    """
    constraint = check_constraint(constraint)
    own = getattr(constraint, "pos_label", None)
    if own is not None and pos_label is not None and own != pos_label:
        msg = (
            f"pos_label={pos_label!r} is not the positive class of the constraint, "
            f"{constraint!r}: name one of them only."
        )
        raise ValueError(msg)
    if y is None or not hasattr(constraint, "pos_label"):
        return constraint, None
    classes, _ = encoded_classes(y, type(constraint).__name__)
    named = pos_label if own is None else own
    label = positive_class(classes, named, name=name)
    filled = copy(constraint)
    object.__setattr__(filled, "pos_label", label)  # of a frozen dataclass, too
    return filled, label
