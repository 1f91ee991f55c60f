"""How far decisions and scores change with what a swap changes in each row."""

import warnings

import numpy as np
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.utils import Bunch
from sklearn.utils.validation import check_is_fitted

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.containers import as_frame
from fairlearnkit._data.counterfactual import changed_rows, conform, other_version
from fairlearnkit._data.rows import read_weight
from fairlearnkit.utils._sklearn_private import (
    _num_samples,
    _safe_indexing,
)

from ._counterfactual_object import CounterfactualDifference

SCORES = ("predict_proba", "decision_function")


def counterfactual_difference(estimator, X, swap, *, by_term=False, sample_weight=None):
    r"""How often decisions, and how far scores, change with the other version of a row.

    With s(x) the other version of a row, f the scores and C the rows with
    :math:`s(x) \neq x`,

    .. math::
        \text{flip rate} = P(\hat y(s(x)) \neq \hat y(x) \mid x \in C), \quad
        \text{mean change} = E[f(s(x)) - f(x) \mid x \in C]

    and the mean absolute change is that of the size of :math:`f(s(x)) - f(x)`.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier or regressor, which gets X alone.
    X : array-like of shape (n_samples,) or (n_samples, n_features)
        Rows, such as texts.
    swap : callable
        A function from X to the other version of each row, in the same order, such as
        :class:`~fairlearnkit.preprocessing.TermSwap`. If you have the true
        counterfactual rows, return these.
    by_term : bool, default=False
        Whether to replace one term after the other as well, to see which of them
        matter. The swap needs a method ``by_term``, as that of ``TermSwap``, which
        yields pairs of a name and a version of X.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    result : CounterfactualDifference
        A Bunch with these keys; ``print`` shows a table, and ``frame()`` returns it.

        changed_share : float
            Share of the rows that the swap changes. All that follows is about them.
        n_changed : int
            Their number.
        flip_rate : float
            Share of them whose predicted class changes. NaN for a regressor.
        mean_absolute_change : float
            Mean size of the change: of the probability for two classes; half the sum
            over the classes for more; of the score if there are no probabilities; of
            the prediction of a regressor.
        mean_change : float or dict
            Mean change with its sign. For a classifier, that of the probability of each
            class, by its label, or of its score.
        by_term : dict or None
            A Bunch of the same for each term that occurs, by the term.

    Raises
    ------
    TypeError
        If the swap returns another kind of container.
    ValueError
        If the swap returns another number of rows, or other columns; if `by_term` is
        true and the swap cannot replace single terms.

    Warns
    -----
    UserWarning
        If the swap changes no row. All means are then NaN.

    See Also
    --------
    fairlearnkit.compose.CounterfactualEnsemble : Makes the change smaller.
    fairlearnkit.metrics.group_predictability : Whether features reveal the group.

    Notes
    -----
    With a swap that exchanges both terms of a pair, changes in the two directions
    cancel in the mean change; those of `by_term` go in one direction each. A small flip
    rate says nothing about words that hint at a group and that the swap leaves alone,
    nor about gaps between groups.

    References
    ----------
    Garg, Perot, Limtiaco, Taly, Chi, Beutel: Counterfactual Fairness in Text
    Classification through Robustness. AIES 2019, for the mean absolute change (their
    counterfactual token fairness gap).

    Examples
    --------
    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> from sklearn.naive_bayes import MultinomialNB
    >>> from sklearn.pipeline import make_pipeline
    >>> from fairlearnkit.metrics import counterfactual_difference
    >>> from fairlearnkit.preprocessing import TermSwap
    >>> texts = ["she is kind", "he is quick", "she is quick", "they rest"]
    >>> model = make_pipeline(CountVectorizer(), MultinomialNB())
    >>> _ = model.fit(texts, [1, 0, 1, 0])
    >>> result = counterfactual_difference(model, texts, TermSwap())
    >>> result.changed_share, round(result.flip_rate, 3)
    (0.75, 0.667)
    """
    check_is_fitted(estimator)
    check_alignment(X=X, sample_weight=sample_weight)
    X = as_frame(X)
    X = X if hasattr(X, "shape") or hasattr(X, "__len__") else list(X)
    if sparse.issparse(X) and X.format not in ("csr", "csc"):
        X = X.tocsr()  # whose rows can be taken
    if by_term and not hasattr(swap, "by_term"):
        msg = (
            f"by_term=True needs a swap that replaces single terms, and {swap!r} has "
            "no method by_term: use preprocessing.TermSwap, or by_term=False."
        )
        raise ValueError(msg)
    given = 1.0 if sample_weight is None else sample_weight
    weight = read_weight(given, _num_samples(X))
    own = _responses(estimator, X)
    result = _difference(estimator, X, other_version(swap, X), own, weight)
    if not result.n_changed:
        msg = "swap changes no row of X: there is nothing to compare."
        warnings.warn(msg, UserWarning, stacklevel=2)
    terms = None
    if by_term:
        found = {
            term: _difference(estimator, X, conform(other, X), own, weight)
            for term, other in swap.by_term(X)
        }
        terms = {term: values for term, values in found.items() if values.n_changed}
    return CounterfactualDifference(**result, by_term=terms)


def _difference(estimator, X, other, own, weight):
    """The changes from X to another version of it, without those by term."""
    changed = changed_rows(X, other) & (weight > 0)
    rows = np.flatnonzero(changed)
    share = float(np.average(changed, weights=weight))
    result = Bunch(changed_share=share, n_changed=len(rows))
    if not len(rows):
        labels = own[2]
        nothing = np.nan if labels is None else dict.fromkeys(labels, np.nan)
        return Bunch(
            **result, flip_rate=np.nan, mean_absolute_change=np.nan, mean_change=nothing
        )
    new = _responses(estimator, _safe_indexing(other, rows))
    return Bunch(**result, **_changes(own, new, rows, weight[rows]))


def _responses(estimator, X):
    """Predictions for X; scores, one column for each; and the labels of the columns."""
    y_pred = np.asarray(estimator.predict(X))
    if not is_classifier(estimator):
        return y_pred, y_pred.reshape(len(y_pred), -1), None
    labels = estimator.classes_.tolist()
    method = next((name for name in SCORES if hasattr(estimator, name)), None)
    if method is None:
        return y_pred, np.empty((len(y_pred), 0)), []
    scores = np.asarray(getattr(estimator, method)(X))
    if scores.ndim == 1:  # a decision function of two classes
        return y_pred, scores[:, None], labels[1:]
    return y_pred, scores, labels


def _changes(own, new, rows, weight):
    """Flip rate and mean changes of the rows that changed.

    Parameters
    ----------
    own : tuple of (ndarray, ndarray, list or None)
        As `_responses` returns it, for all rows.
    new : tuple of (ndarray, ndarray, list or None)
        The same for the other version of `rows`.
    rows : ndarray of int
        Positions of the rows that changed.
    weight : ndarray of shape (n_changed,)
        Their weights.
    """
    y_pred, scores, labels = own
    change = new[1] - scores[rows]  # (n_changed, n_scores)
    size = np.abs(change).sum(axis=1) if change.shape[1] else np.full(len(rows), np.nan)
    if labels is not None and len(labels) > 1:
        size = 0.5 * size  # what one class gains, the others lose
    mean = np.average(change, axis=0, weights=weight).tolist()
    flipped = np.nan
    if labels is not None:
        flipped = float(np.average(new[0] != y_pred[rows], weights=weight))
    return Bunch(
        flip_rate=flipped,
        mean_absolute_change=float(np.average(size, weights=weight)),
        mean_change=mean[0] if labels is None else dict(zip(labels, mean)),
    )
