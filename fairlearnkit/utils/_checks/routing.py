"""Checks inside other estimators, and scikit-learn's common checks."""

import numpy as np
from scipy import sparse
from sklearn import config_context
from sklearn.base import is_classifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.metadata_routing import get_routing_for_object

from fairlearnkit.compose import SensitiveColumns

from .tools import (
    METHODS,
    assert_same,
    fit_and_score,
    make_rows,
    name_of,
    repeatable,
    require,
    takes,
    with_parameters,
)


def check_requests(estimator):
    """Methods that take groups request them by default, and no others do.

    Declare it on the class: ``__metadata_request__fit = {"sensitive_features": True}``.
    """
    routing = get_routing_for_object(estimator)
    for method in ("fit", *METHODS):
        if hasattr(estimator, method):
            asked = bool(routing.consumes(method, ["sensitive_features"]))
            taken = takes(estimator, method)
            require(
                asked == taken,
                f"{method} {'takes' if taken else 'does not take'} sensitive_features "
                f"and {'requests' if asked else 'does not request'} them.",
            )


def check_inside_a_pipeline(estimator):
    """With metadata routing enabled, groups reach the last step of a Pipeline."""
    rows = make_rows(estimator)
    desired = fit_and_score(estimator, rows, rows)
    pipeline = make_pipeline(FunctionTransformer(), repeatable(estimator, rows.ids))
    groups = {"sensitive_features": rows.groups}
    with config_context(enable_metadata_routing=True):
        pipeline.fit(rows.X, rows.y, **groups)
        actual = {
            method: np.asarray(
                getattr(pipeline, method)(
                    rows.X, **(groups if takes(estimator, method) else {})
                )
            )
            for method in desired
        }
    assert_same(actual, desired, "As the last step of a Pipeline, with routing enabled")


def check_inside_sensitive_columns(estimator):
    """SensitiveColumns, with the groups as a column of X, gives the same model."""
    rows = make_rows(estimator)
    codes = np.unique(rows.groups, return_inverse=True)[1].astype(float)
    table = np.column_stack([rows.X, codes])
    model = SensitiveColumns(repeatable(estimator, rows.ids), -1).fit(table, rows.y)
    desired = fit_and_score(estimator, rows, rows)
    actual = {name: np.asarray(getattr(model, name)(table)) for name in desired}
    assert_same(actual, desired, "Inside SensitiveColumns")


def groups_from_rows(X):
    """Group 0 or 1 of each row, from a late digit of its first feature.

    scikit-learn's checks pass X and y only. The rule looks at each row by itself, so
    that groups do not depend on the batch; the sign of the feature would give a single
    group in checks that draw positive features. Invalid X gets groups by position, for
    the estimator to raise its own error.
    """
    try:
        first = X[:, [0]].toarray() if sparse.issparse(X) else np.asarray(X)[:, 0]
        numbers = np.nan_to_num(np.asarray(first, dtype=float).ravel())
        return np.floor(997 * numbers) % 2
    except (IndexError, TypeError, ValueError):
        return np.arange(X.shape[0] if hasattr(X, "shape") else len(X)) % 2


def sklearn_checks(estimator):
    """Yield scikit-learn's common checks, each with the estimator to call it on.

    The estimator is wrapped in SensitiveColumns with the groups of `groups_from_rows`.
    scikit-learn sets ``random_state`` and ``cv`` of the outer estimator only. The inner
    one is therefore seeded here, and if it has ``cv``, the comparison of weights with
    repeated rows is left to `check_weights_are_repetitions`, which sets its folds.

    A classifier with ``max_gap`` gets ``max_gap=0.5``: an equality removes a direction
    from the two features of ``check_classifiers_train``, however small the difference
    of the groups, and the required accuracy is out of reach.
    """
    has_folds = "cv" in estimator.get_params(deep=False)
    if is_classifier(estimator):
        estimator = with_parameters(estimator, max_gap=0.5)
    if takes(estimator, "fit"):
        seeded = with_parameters(estimator, random_state=0)
        estimator = SensitiveColumns(seeded, groups_from_rows)
    for outer, check in estimator_checks_generator(estimator):
        if not (has_folds and "check_sample_weight_equivalence" in name_of(check)):
            yield outer, check


ROUTING = (check_requests, check_inside_a_pipeline, check_inside_sensitive_columns)
