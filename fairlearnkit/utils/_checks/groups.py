"""Checks of ``sensitive_features``: which inputs are accepted and which are refused."""

from dataclasses import replace
from inspect import Parameter, signature
from unittest import SkipTest

import numpy as np
from sklearn.base import clone

from .tools import (
    METHODS,
    assert_same,
    call_method,
    fit,
    fit_and_score,
    make_rows,
    outputs,
    require,
    takes,
    value_error,
    with_parameters,
)


def check_groups_are_a_keyword(estimator):
    """``sensitive_features`` is a keyword-only parameter.

    By position it could be mistaken for ``sample_weight``, and metadata routing does
    not find it inside ``**kwargs``.
    """
    for method in ("fit", *METHODS):
        if takes(estimator, method):
            parameters = signature(getattr(estimator, method)).parameters
            kind = parameters["sensitive_features"].kind
            require(
                kind is Parameter.KEYWORD_ONLY,
                f"{method}: sensitive_features should be keyword-only, after a `*`.",
            )


def check_groups_are_required(estimator):
    """Fitting without groups raises a ValueError that names ``sensitive_features``.

    A model that is silently fitted without them keeps its gap, and a TypeError does not
    say how to pass them inside a Pipeline.
    """
    rows = make_rows(estimator)
    with value_error("fit without sensitive_features", "sensitive_features"):
        clone(estimator).fit(rows.X, rows.y)


def check_groups_of_another_length(estimator):
    """Groups of another length than X raise a ValueError that names them.

    NumPy would broadcast some of them, or fail with a message about shapes.
    """
    rows = make_rows(estimator)
    for groups in (rows.groups[:-1], np.append(rows.groups, "a")):
        what = f"fit to {len(rows.X)} rows with {len(groups)} sensitive_features"
        with value_error(what, "sensitive_features"):
            fit(clone(estimator), rows, sensitive_features=groups)


def check_one_group_is_refused(estimator):
    """A single group raises a ValueError: there is nothing to compare it with.

    It often results from a filter or a fold without the other groups, and must not give
    a model that seems to have no gap.
    """
    rows = make_rows(estimator)
    groups = np.full(len(rows.y), "a")
    with value_error("fit to one group only", "sensitive_features"):
        fit(clone(estimator), rows, sensitive_features=groups)


def check_missing_groups(estimator):
    """Missing labels raise a ValueError by default.

    A row without a group would otherwise be left out of the constraint silently.
    """
    rows = make_incomplete_rows(estimator)
    with value_error("fit with None among sensitive_features", "sensitive_features"):
        fit(with_parameters(estimator, missing="error"), rows)


def check_missing_as_a_group(estimator):
    """``missing="group"`` gives the model that a label of its own would give."""
    rows = make_incomplete_rows(estimator)
    is_missing = np.equal(rows.groups, None)
    filled = replace(rows, groups=np.where(is_missing, "z", rows.groups))
    assert_same(
        fit_and_score(with_parameters(estimator, missing="group"), rows, rows),
        fit_and_score(estimator, filled, filled),
        'missing="group" should be the model of one more label',
    )


def check_missing_ignored(estimator):
    """``missing="ignore"`` adds no group, and predictions for all rows are finite."""
    rows = make_incomplete_rows(estimator)
    model = fit(with_parameters(estimator, missing="ignore"), rows)
    labels = np.asarray(getattr(model, "groups_", ["a", "b", "c"])).tolist()
    require(
        labels == ["a", "b", "c"],
        f'missing="ignore" should leave groups_ a, b and c; got {labels}.',
    )
    for method, output in outputs(model, rows).items():
        require(
            output.dtype.kind != "f" or np.isfinite(output).all(),
            f'missing="ignore": {method} is not finite for a row without a group.',
        )


def make_incomplete_rows(estimator):
    """Training data in which every seventh row has no group."""
    rows = make_rows(estimator)
    groups = rows.groups.astype(object)
    groups[::7] = None
    return replace(rows, groups=groups)


def check_groups_out_of_line(estimator):
    """Groups with another pandas index than X raise a ValueError.

    Rows are matched by position: a Series in another order would silently assign every
    row the group of another one.
    """
    pd = import_pandas()
    rows = make_rows(estimator)
    names = [f"row {i}" for i in range(len(rows.y))]
    columns = [f"x{j}" for j in range(rows.X.shape[1])]
    X = pd.DataFrame(rows.X, names, columns)
    y = pd.Series(rows.y, names)
    groups = pd.Series(rows.groups, names)
    with value_error("fit with the rows of sensitive_features in another order"):
        clone(estimator).fit(X, y, sensitive_features=groups.iloc[::-1])


def check_forms_of_groups(estimator):
    """Lists, arrays, Series, categories, dicts and numbers give the same model."""
    rows = make_rows(estimator)
    desired = fit_and_score(estimator, rows, rows)
    codes = np.unique(rows.groups, return_inverse=True)[1]
    forms = {
        "a list": rows.groups.tolist(),
        "an array of objects": rows.groups.astype(object),
        "a dict of one column": {"group": rows.groups},
        "whole numbers": codes,
        "numbers": codes.astype(float),
    }
    for name, groups in {**forms, **pandas_forms(rows.groups)}.items():
        given = replace(rows, groups=groups)
        actual = fit_and_score(estimator, given, given)
        assert_same(actual, desired, f"sensitive_features as {name}")


def check_several_columns(estimator):
    """Two sensitive columns are read as the groups of their intersections."""
    rows = make_rows(estimator)
    first = np.where(rows.groups == "c", "y", "x")
    second = np.where(rows.groups == "a", "p", "q")  # three intersections have rows
    given = replace(rows, groups={"first": first, "second": second})
    assert_same(
        fit_and_score(estimator, given, given),
        fit_and_score(estimator, rows, rows),
        "Two sensitive columns should be the model of their intersections",
    )


def check_groups_are_required_later(estimator):
    """A method that takes groups raises a ValueError without them.

    So it does for groups of another length.
    """
    rows = make_rows(estimator)
    model = fit(clone(estimator), rows)
    for method in later_methods(estimator):
        what = f"{method} without sensitive_features"
        with value_error(what, "sensitive_features"):
            getattr(model, method)(rows.X)
        what = f"{method} with one of the sensitive_features too few"
        with value_error(what, "sensitive_features"):
            call_method(model, method, rows, sensitive_features=rows.groups[1:])


def check_unseen_group(estimator):
    """A group that was not seen in fit raises a ValueError that names it.

    With ``unseen="pooled"``, if the estimator has this parameter, the result is finite.
    """
    rows = make_rows(estimator)
    new = replace(rows, groups=np.where(rows.groups == "c", "new", rows.groups))
    model = fit(with_parameters(estimator, unseen="error"), rows)
    for method in later_methods(estimator):
        with value_error(f"{method} of a group that was not seen in fit", "new"):
            call_method(model, method, new)
    if "unseen" in estimator.get_params(deep=False):
        model = fit(with_parameters(estimator, unseen="pooled"), rows)
        for method in later_methods(estimator):
            output = call_method(model, method, new)
            require(
                output.dtype.kind != "f" or np.isfinite(output).all(),
                f'unseen="pooled": {method} is not finite for an unseen group.',
            )


def later_methods(estimator):
    """Prediction methods that take groups."""
    return [method for method in METHODS if takes(estimator, method)]


def pandas_forms(labels):
    """Labels as pandas objects; empty if pandas is not installed."""
    try:
        pd = import_pandas()
    except SkipTest:
        return {}
    return {
        "a pandas Series": pd.Series(labels),
        "a pandas category": pd.Series(labels, dtype="category"),
        "a DataFrame of one column": pd.DataFrame({"group": labels}),
    }


def import_pandas():
    """Import pandas; raise SkipTest if it is not installed."""
    try:
        import pandas
    except ImportError as error:
        msg = "pandas is not installed"
        raise SkipTest(msg) from error
    return pandas
