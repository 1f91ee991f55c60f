"""Names of the built-in constraints."""

from ._decorrelation import Decorrelation
from ._general_parity import GeneralParity
from ._group_parity import DemographicParity, EqualizedOdds, EqualOpportunity

# Names that estimators and metrics take as `constraint`.
ALIASES = {
    "decorrelation": Decorrelation,
    "demographic_parity": DemographicParity,
    "equal_opportunity": EqualOpportunity,
    "equalized_odds": EqualizedOdds,
    "general_parity": GeneralParity,
}


def check_constraint(constraint):
    """Return the constraint of a name, or a constraint object as it is.

    Parameters
    ----------
    constraint : str or object with a method ``contrasts``
        One of "decorrelation", "demographic_parity", "equal_opportunity",
        "equalized_odds" and "general_parity", or a constraint object, whose other
        attributes are not checked.

    Returns
    -------
    constraint : object

    Raises
    ------
    ValueError
        If it is another string, a class, or an object without ``contrasts``.

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
