"""Warnings and errors of this library, in addition to those of scikit-learn."""

__all__ = ["InfeasibleConstraintError", "SmallGroupWarning"]


class SmallGroupWarning(UserWarning):
    """A constraint or metric uses the mean of a group with very few rows."""


class InfeasibleConstraintError(ValueError):
    """The constrained problem has no solution, or the solver found none."""
