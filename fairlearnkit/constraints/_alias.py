"""Names for constraints, and their positive class."""

from ._parity import (
    Decorrelation,
    DemographicParity,
    EqualizedOdds,
    EqualOpportunity,
    GeneralParity,
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
