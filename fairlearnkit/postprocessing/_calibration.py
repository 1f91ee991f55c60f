"""Rows for calibration, and predictions for them by models not fitted on them."""

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import indexable
from sklearn.utils.validation import validate_data

from fairlearnkit._data.alignment import check_alignment, with_common_index
from fairlearnkit._data.containers import as_frame
from fairlearnkit._data.parallel import call_each
from fairlearnkit._data.rows import take_rows
from fairlearnkit._data.targets import check_target
from fairlearnkit._routing.call import call
from fairlearnkit.utils._sklearn_private import _num_samples, _safe_indexing


def read_calibration_data(estimator, X, y, sensitive_features, sample_weight):
    """X, y and sensitive features in containers that can be split by position."""
    check_alignment(
        X=X, y=y, sensitive_features=sensitive_features, sample_weight=sample_weight
    )
    check_target(y)
    X = as_frame(X)
    validate_data(estimator, X, y, skip_check_array=True)
    X, y = indexable(X, y)
    X, y, sensitive_features = with_common_index(X, y, sensitive_features)
    if _num_samples(X) < 2:
        msg = f"Found X with {_num_samples(X)} sample(s); at least 2 are needed."
        raise ValueError(msg)
    return X, y, sensitive_features


def check_has_proba(model, needed_by, advice):
    """Raise an AttributeError, with advice, for a model without ``predict_proba``."""
    if not hasattr(model, "predict_proba"):
        msg = (
            f"{type(model).__name__} has no predict_proba; {needed_by} needs "
            f"probabilities. For a classifier with a decision function, use {advice}."
        )
        raise AttributeError(msg)


def fit_clone(estimator, X, y, groups, weight):
    """A clone, fitted with as much of the metadata as it takes; a frozen one as is."""
    if isinstance(estimator, FrozenEstimator):
        return estimator
    return call(
        clone(estimator), "fit", X, y, sensitive_features=groups, sample_weight=weight
    )


def out_of_fold(estimator, score, folds, X, y, groups, weight, *, n_jobs=None):
    """Scores of the test rows of all folds, one fold after the other.

    Parameters
    ----------
    estimator : estimator
        A clone is fitted on the training rows of each fold.
    score : callable
        ``score(model, X, groups)`` gives the scores of rows, of any shape (n, ...).
    folds : list of tuple of ndarray
        As `read_folds` gives them.
    X, y, groups, weight : array-like
        All rows; y, groups and weight may be None.
    n_jobs : int, default=None
        Folds that are fitted in parallel.
    """
    data = X, y, groups, weight

    def of_fold(train, test):
        model = fit_clone(estimator, *take_data(data, train))
        X, _, groups, _ = take_data(data, test)
        return score(model, X, groups)

    scores = call_each(of_fold, folds, n_jobs)
    return np.concatenate(scores) if len(scores) > 1 else scores[0]


def take_data(data, rows):
    """Rows of X, y, groups and weights; all but X may be None."""
    X, *others = data
    if np.array_equal(rows, np.arange(_num_samples(X))):
        return data  # all of them, without a copy
    some = [None if values is None else take_rows(values, rows) for values in others]
    return _safe_indexing(X, rows), *some
