"""Constraints: (y, groups, weights) to the contrast rows M of |M f| <= max_gap."""

from fairlearnkit._groups import Groups, read_groups
from fairlearnkit.constraints._alias import check_constraint
from fairlearnkit.constraints._contrasts import Contrasts, group_contrasts
from fairlearnkit.constraints._parity import (
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
