"""Constraints: (y, groups, weights) to the contrast rows M of |M f| <= max_gap."""

from fairlearnkit._data.groups import Groups, read_groups

from ._alias import ALIASES as ALIASES  # not public: the names that models accept
from ._alias import check_constraint
from ._contrasts import Contrasts, group_contrasts
from ._parity import (
    Constraint,
    Decorrelation,
    DemographicParity,
    EqualizedOdds,
    EqualOpportunity,
    GeneralParity,
    ParityConstraint,
)

__all__ = [
    "Constraint",
    "Contrasts",
    "Decorrelation",
    "DemographicParity",
    "EqualOpportunity",
    "EqualizedOdds",
    "GeneralParity",
    "Groups",
    "ParityConstraint",
    "check_constraint",
    "group_contrasts",
    "read_groups",
]
