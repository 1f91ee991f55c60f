"""Constraints |M f| <= max_gap on scores f: rows M from y, groups and weights."""

from fairlearnkit._data.groups import Groups, read_groups

from ._alias import ALIASES as ALIASES  # not public
from ._alias import check_constraint
from ._base import Constraint, ParityConstraint
from ._contrasts import Contrasts
from ._decorrelation import Decorrelation
from ._general_parity import GeneralParity
from ._group_contrasts import group_contrasts
from ._group_parity import DemographicParity, EqualizedOdds, EqualOpportunity

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
