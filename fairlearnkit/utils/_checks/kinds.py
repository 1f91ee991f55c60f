"""Selection of the checks for an estimator by its methods and parameters."""

from . import fitted, groups, invariances, routing
from .tools import METHODS, takes

GROUPS = (
    groups.check_groups_are_a_keyword,
    groups.check_groups_are_required,
    groups.check_groups_of_another_length,
    groups.check_one_group_is_refused,
    groups.check_missing_groups,
    groups.check_groups_out_of_line,
    groups.check_forms_of_groups,
    groups.check_several_columns,
    invariances.check_relabelled_groups,
    fitted.check_fitted_attributes,
    *routing.ROUTING,
)
MISSING = (groups.check_missing_as_a_group, groups.check_missing_ignored)
GROUPS_LATER = (groups.check_groups_are_required_later, groups.check_unseen_group)


def checks_of(estimator):
    """List the checks of this library that apply to an estimator.

    Parameters
    ----------
    estimator : estimator
        The estimator, fitted or not.

    Returns
    -------
    checks : list of callable
        Functions of an estimator, which they clone.
    """
    parameters = estimator.get_params(deep=False)
    later = any(takes(estimator, method) for method in METHODS)
    chosen = (
        (True, (*invariances.INVARIANCES, *fitted.FITTED)),
        (takes(estimator, "fit"), GROUPS),
        ("missing" in parameters, MISSING),
        (later, GROUPS_LATER),
        (takes(estimator, "fit", "sample_weight"), invariances.WEIGHTS),
        ("max_gap" in parameters, fitted.NO_BOUND),
        ("max_gap" in parameters and "cv" not in parameters, fitted.TRAINING_BOUNDS),
    )
    return [check for holds, checks in chosen if holds for check in checks]
