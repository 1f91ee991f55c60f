"""Checks for your own estimators and constraints, as this library runs on its own."""

from functools import partial

from ._checks import constraints, kinds, routing, run, tools

__all__ = ["check_constraint_object", "check_estimator", "parametrize_with_checks"]


def check_estimator(estimator, *, expected_failed_checks=None):
    """Check that an estimator keeps the contract of the estimators of this library.

    The checks are chosen by the methods and parameters of the estimator: whether `fit`,
    and whether `predict` or `transform`, take ``sensitive_features``, whether `fit`
    takes ``sample_weight``, and whether there are ``max_gap``, ``missing`` and
    ``unseen``. scikit-learn's common checks are run as well, on the estimator inside
    :class:`~fairlearnkit.compose.SensitiveColumns`.

    Parameters
    ----------
    estimator : estimator
        A classifier, regressor, transformer or meta-estimator. It is cloned and not
        changed. The targets of classifiers have two classes.
    expected_failed_checks : dict of str to str, default=None
        Names of checks that cannot pass, with the reason of each.

    Returns
    -------
    results : list of tuple (str, str)
        Name of each check, and "passed", "skipped: ..." or "expected to fail: ...".

    Raises
    ------
    AssertionError
        Some checks failed, or passed although they were expected to fail; the message
        lists all of them.
    TypeError
        A class was passed instead of an instance.

    See Also
    --------
    check_constraint_object : Checks for constraints.
    parametrize_with_checks : Run each check as a test of its own with pytest.

    Notes
    -----
    The data are 180 rows of three groups of different sizes. Checks cannot show that an
    estimator suits a problem, nor that its gap is small on new rows. Warnings are
    ignored. Estimators with ``kernel="precomputed"`` or the constraint "decorrelation"
    are not supported: X holds features, and groups are strings.

    Examples
    --------
    >>> from fairlearnkit.linear_model import ParityRidge
    >>> from fairlearnkit.utils.estimator_checks import check_estimator
    >>> results = dict(check_estimator(ParityRidge()))
    >>> results["check_gap_is_closed"]
    'passed'
    """
    return run.run(_pairs(estimator), expected_failed_checks or {}, repr(estimator))


def check_constraint_object(
    constraint, *, y=None, sensitive_features=None, expected_failed_checks=None
):
    """Check that a constraint keeps the contract of the constraints of this library.

    Rows of M sum to zero. M does not depend on the order of the samples, the names of
    the groups or the unit of the weights, and a weight of 2 counts as two copies.
    Missing labels, single groups and empty cells raise a ValueError. M depends on y if
    the constraint has ``compares_within_classes``. A model with the constraint attains
    its bound.

    Parameters
    ----------
    constraint : object
        An object with a method ``contrasts``, see :ref:`own_constraint`.
    y : array-like of shape (n_samples,), default=None
        A target of the kind that the constraint is for, with at least ten samples in
        every cell. None uses 180 samples of the classes 0 and 1.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns), \
            default=None
        Groups of these samples. None uses 180 samples of three groups.
    expected_failed_checks : dict of str to str, default=None
        As in `check_estimator`.

    Returns
    -------
    results : list of tuple (str, str)
        As in `check_estimator`.

    Raises
    ------
    AssertionError, TypeError
        As in `check_estimator`.

    See Also
    --------
    check_estimator : Checks for estimators.

    Examples
    --------
    >>> from fairlearnkit.constraints import EqualizedOdds
    >>> from fairlearnkit.utils.estimator_checks import check_constraint_object
    >>> results = check_constraint_object(EqualizedOdds())
    >>> {status for name, status in results}
    {'passed'}
    """
    _refuse_class(constraint)
    sample = constraints.make_sample(y, sensitive_features)
    pairs = [(constraint, partial(c, sample=sample)) for c in constraints.CHECKS]
    return run.run(pairs, expected_failed_checks or {}, repr(constraint))


def parametrize_with_checks(estimators, *, expected_failed_checks=None):
    """Parametrize a test with every check of some estimators, for pytest.

    Parameters
    ----------
    estimators : list of estimators
        As in `check_estimator`.
    expected_failed_checks : callable, default=None
        Function of an estimator that returns a dict of names of checks that cannot pass
        to reasons. A check of these that passes is a failed test.

    Returns
    -------
    decorator : pytest.MarkDecorator
        For a test with the arguments `estimator` and `check`.

    See Also
    --------
    check_estimator : All checks in one call.

    Examples
    --------
    >>> from fairlearnkit.linear_model import ParityRidge
    >>> from fairlearnkit.utils.estimator_checks import parametrize_with_checks
    >>> @parametrize_with_checks([ParityRidge(max_gap=0.1)])
    ... def test_my_estimator(estimator, check):
    ...     check(estimator)
    """
    import pytest

    parameters = []
    for estimator in estimators:
        expected = expected_failed_checks(estimator) if expected_failed_checks else {}
        for target, check in _pairs(estimator):
            name = tools.name_of(check)
            options = map(str, getattr(check, "keywords", {}).values())
            reasons = [expected[name]] if name in expected else []
            parameters.append(
                pytest.param(
                    target,
                    partial(run.quietly, check),
                    marks=[pytest.mark.xfail(reason=r, strict=True) for r in reasons],
                    id="-".join([type(estimator).__name__, name, *options]),
                )
            )
    return pytest.mark.parametrize(("estimator", "check"), parameters)


def _pairs(estimator):
    """Yield pairs of an estimator and a check to call with it."""
    _refuse_class(estimator)
    yield from ((estimator, check) for check in kinds.checks_of(estimator))
    yield from routing.sklearn_checks(estimator)


def _refuse_class(value):
    if isinstance(value, type):
        msg = f"{value.__name__} is a class; pass an instance, {value.__name__}()."
        raise TypeError(msg)
