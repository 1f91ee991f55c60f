"""How well a model recovers the group from features or representations."""

from numbers import Integral

import numpy as np
from scipy.stats import norm
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import check_cv
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Bunch
from sklearn.utils.validation import check_array

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.groups import find_groups
from fairlearnkit._data.messages import Caller
from fairlearnkit.utils._sklearn_private import _check_sample_weight

MODELS = {
    "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
    "boosting": HistGradientBoostingClassifier(random_state=0),
}


def group_predictability(
    Z,
    sensitive_features,
    *,
    estimator=None,
    cv=5,
    sample_weight=None,
    confidence_level=0.95,
    missing="error",
):
    r"""How well a cross-validated model recovers the group from some features.

    .. math:: \text{AUC} = \frac{1}{G} \sum_g P(s_g(z) > s_g(z') \mid z \in g,
              z' \notin g)

    with s the model's probability of group g, ties counted half; the mean over folds.
    0.5 says that this model finds nothing, 1 that it tells the groups apart.

    Parameters
    ----------
    Z : array-like of shape (n_samples, n_features)
        Features, or a representation of them. NaN is left to a given estimator; the
        default ones take none.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    estimator : classifier, default=None
        A classifier with ``predict_proba``. None takes two: logistic regression on
        standardised features, and histogram gradient boosting.
    cv : int, cross-validation generator or iterable, default=5
        Folds, by default stratified by group.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of rows in the AUC. The model is fitted without.
    confidence_level : float, default=0.95
        Of the intervals.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive features.

    Returns
    -------
    found : :class:`~sklearn.utils.Bunch`
        "auc", "low" and "high" for a given estimator; otherwise one such Bunch for
        each of "logistic" and "boosting".

    Raises
    ------
    ValueError
        Lengths differ, one group only, missing values, a fold that lacks a group.

    Notes
    -----
    A bound from below: that these models find nothing does not show that there is
    nothing to find. Equal means hide the group from the linear model alone, hence the
    second one. The interval is of the test rows, by the influence of each on the AUC
    (DeLong); it does not count that other training rows would give another model. Of
    features that tell nothing the AUC is slightly below 0.5 on average, since what one
    fold has more of the others lack: look at the upper side.

    References
    ----------
    DeLong, DeLong, Clarke-Pearson: Comparing the Areas under Two or More Correlated
    Receiver Operating Characteristic Curves. Biometrics 1988.

    Examples
    --------
    >>> import numpy as np
    >>> from fairlearnkit.metrics import group_predictability
    >>> rng = np.random.default_rng(0)
    >>> group = rng.integers(0, 2, 1000)
    >>> Z = rng.normal(size=(1000, 2)) * (1 + 2 * group[:, None])  # equal means
    >>> found = group_predictability(Z, group)
    >>> found.logistic.auc < 0.56, found.boosting.auc > 0.7
    (True, True)
    """
    check_alignment(
        Z=Z, sensitive_features=sensitive_features, sample_weight=sample_weight
    )
    Z = check_array(Z, ensure_all_finite="allow-nan", input_name="Z")
    caller = Caller("Z", method="")
    groups = find_groups(sensitive_features, caller, n_samples=len(Z), missing=missing)
    weight = _check_sample_weight(sample_weight, Z, ensure_non_negative=True)
    known = np.flatnonzero((groups.codes >= 0) & (weight > 0))
    data = Z, groups.codes, weight
    if isinstance(cv, Integral):
        folds = check_cv(cv, groups.codes[known], classifier=True)
        folds = [
            (known[train], known[test])
            for train, test in folds.split(Z[known], groups.codes[known])
        ]
    else:  # which counts all rows
        every = np.arange(len(Z))
        folds = [
            tuple(np.intersect1d(every[part], known) for part in fold)
            for fold in check_cv(cv).split(Z, groups.codes)
        ]
    if not 0 < confidence_level < 1:
        msg = f"confidence_level={confidence_level!r} must lie between 0 and 1."
        raise ValueError(msg)
    z = norm.ppf(0.5 + 0.5 * confidence_level)
    if estimator is not None:
        return _auc(estimator, data, folds, groups.labels, z)
    found = {
        name: _auc(model, data, folds, groups.labels, z)
        for name, model in MODELS.items()
    }
    return Bunch(**found)


def _auc(model, data, folds, labels, z):
    """Mean AUC over folds, with its interval."""
    Z, codes, weight = data
    values, variances = [], []
    for train, test in folds:
        for part in (train, test):
            if len(np.unique(codes[part])) < len(labels):
                msg = "A fold lacks a group: take fewer folds, or merge small groups."
                raise ValueError(msg)
        fitted = clone(model).fit(Z[train], codes[train])
        proba = fitted.predict_proba(Z[test])
        pairs = range(len(labels)) if len(labels) > 2 else [1]
        areas, influence = zip(
            *(_area(proba[:, g], codes[test] == g, weight[test]) for g in pairs)
        )
        values.append(np.mean(areas))
        variances.append(np.sum(np.mean(influence, axis=0) ** 2))
    auc, error = np.mean(values), np.sqrt(np.sum(variances)) / len(folds)
    low, high = np.clip([auc - z * error, auc + z * error], 0.0, 1.0).tolist()
    return Bunch(auc=float(auc), low=low, high=high)


def _area(scores, inside, weight):
    """AUC of one group against the others, and the influence of each row on it."""
    share = np.empty(len(scores))
    for own in (inside, ~inside):  # the share of the other side that lies below
        other = scores[~own]
        order = np.argsort(other)
        total = np.append(0.0, np.cumsum(weight[~own][order]))
        left, right = (
            np.searchsorted(other[order], scores[own], side=side)
            for side in ("left", "right")
        )
        share[own] = 0.5 * (total[left] + total[right]) / total[-1]
    share[~inside] = 1.0 - share[~inside]
    area = np.average(share[inside], weights=weight[inside])
    mass = np.where(inside, weight[inside].sum(), weight[~inside].sum())
    return area, (share - area) * weight / mass
