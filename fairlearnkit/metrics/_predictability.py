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
from fairlearnkit._data.containers import any_lazy
from fairlearnkit._data.counts import count_every_group
from fairlearnkit._data.groups import find_groups
from fairlearnkit._data.messages import Caller, check_confidence_level
from fairlearnkit._data.rows import read_weight

from ._group_predictability import GroupPredictability

# A linear model, and one that also sees interactions and differences of spread.
# Logistic regression gets ten times scikit-learn's iterations: representations are
# often correlated, and a warning about convergence in each fold would not help.
# Doubled, the models that converge are the same.
MODELS = {
    "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
    "boosting": HistGradientBoostingClassifier(random_state=0),
}
# Of boosting in each fold: an iteration grows a tree for each group, or one for two
# groups. Twice as many take twice the time, 12 s for 2,000 rows of 10 groups, and give
# no higher AUC there.
MOST_TREES = 500
# Columns with larger numbers are taken in another unit: sums of squares of 1e8 rows
# stay below what float64 holds. Doubled, they still do.
LARGEST = 1e149


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

    with s the model's probability of group g and ties counted half; the mean over
    folds. 0.5 means that this model finds nothing, 1 that it separates the groups.

    Parameters
    ----------
    Z : array-like of shape (n_samples, n_features)
        Features, or a representation of them. NaN is passed on to `estimator`; the
        default models do not all accept it.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    estimator : classifier, default=None
        A classifier with ``predict_proba``. None takes two: logistic regression on
        standardised features, and histogram gradient boosting. The latter has 100
        iterations, or fewer for more than 5 groups: as many as grow 500 trees, one
        tree for each group, and at least one.
    cv : int, cross-validation generator or iterable, default=5
        Folds. An integer gives folds that are stratified by group.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of rows in the AUC. The model is fitted without them.
    confidence_level : float, default=0.95
        Confidence level of the intervals.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive features.

    Returns
    -------
    result : GroupPredictability
        A Bunch with "auc", "low" and "high" of `estimator`; if it is None, one such
        Bunch for each of "logistic" and "boosting". ``print`` shows a table, and
        ``frame()`` returns it.

    Raises
    ------
    ValueError
        Lengths differ, there is only one group, values are missing, or a fold lacks a
        group.

    Notes
    -----
    This is a lower bound: that these models find nothing does not show that there is
    nothing to find. Groups with equal means are hidden from a linear model, hence the
    second one. The interval accounts for the test rows, by the influence of each on the
    AUC (DeLong), but not for the training rows: others would give another model. If the
    features say nothing about the group, the AUC is slightly below 0.5 on average,
    because what one fold has more of, the others lack: look at the upper end. Dask
    collections are refused: pass a sample that is in memory.

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
    >>> result = group_predictability(Z, group)
    >>> result.logistic.auc < 0.56, result.boosting.auc > 0.7
    (True, True)
    """
    if any_lazy(Z, sensitive_features, sample_weight):
        msg = (
            "group_predictability fits models of all rows of Z, which have to be in "
            "memory: pass a sample of a Dask collection, such as frame.sample(frac="
            "0.01).compute(), and take Z and sensitive_features from it."
        )
        raise ValueError(msg)
    check_alignment(
        Z=Z, sensitive_features=sensitive_features, sample_weight=sample_weight
    )
    Z = check_array(Z, ensure_all_finite="allow-nan", input_name="Z")
    caller = Caller("Z", method="")
    groups = find_groups(sensitive_features, caller, n_samples=len(Z), missing=missing)
    weight = _weight_of_rows(sample_weight, groups)
    known = np.flatnonzero((groups.codes >= 0) & (weight > 0))
    folds = _folds(cv, Z, groups.codes, known)
    check_confidence_level(confidence_level)
    z_score = norm.ppf(0.5 + 0.5 * confidence_level)  # two-sided
    data, n_groups = (Z, groups.codes, weight), len(groups.labels)
    if estimator is not None:
        found = _auc(estimator, data, folds, n_groups, z_score)
        return GroupPredictability(**found)
    data = _without_overflow(Z), *data[1:]
    return GroupPredictability(
        **{
            name: _auc(model, data, folds, n_groups, z_score)
            for name, model in _models(n_groups).items()
        }
    )


def _models(n_groups):
    """`MODELS`, with fewer iterations of boosting for many groups."""
    boosting = MODELS["boosting"]
    iterations = min(boosting.max_iter, max(1, MOST_TREES // n_groups))
    return MODELS | {"boosting": clone(boosting).set_params(max_iter=iterations)}


def _weight_of_rows(sample_weight, groups):
    """Weights, checked; an error for groups without a row of positive weight."""
    weight = read_weight(sample_weight, len(groups.codes))
    count_every_group(groups, weight)
    return np.ones(len(groups.codes)) if weight is None else weight


def _without_overflow(Z):
    """Z in float64, huge columns in another unit: a power of two, which loses no digit.

    Neither of `MODELS` depends on the unit, but squares of huge numbers overflow, and
    old versions of scikit-learn scale numbers of float16 in float16.
    """
    Z = Z.astype(np.float64, copy=False)
    largest = np.fmax.reduce(np.abs(Z), axis=0)  # passes over NaN
    huge = largest > LARGEST
    if not huge.any():
        return Z
    return np.ldexp(Z, np.where(huge, -np.frexp(largest)[1], 0))


def _folds(cv, Z, codes, known):
    """Train and test rows of each fold, of those that are known.

    Parameters
    ----------
    cv : int, cross-validation generator or iterable
        An integer splits the known rows. Anything else splits all rows, because its
        positions may refer to them, and the unknown ones are dropped afterwards.
    Z : ndarray of shape (n_samples, n_features)
        Features.
    codes : ndarray of shape (n_samples,)
        Group of each row.
    known : ndarray of int
        Rows of a group and of positive weight.

    Returns
    -------
    folds : list of tuple of ndarray
    """
    if isinstance(cv, Integral):
        splitter = check_cv(cv, codes[known], classifier=True)
        folds = splitter.split(Z[known], codes[known])
        return [(known[train], known[test]) for train, test in folds]
    rows = np.arange(len(Z))  # a fold may be a mask
    return [
        tuple(np.intersect1d(rows[part], known) for part in fold)
        for fold in check_cv(cv).split(Z, codes)
    ]


def _auc(model, data, folds, n_groups, z_score):
    """Mean AUC over the folds, with its interval.

    The variance of a fold's AUC is the sum of the squared influences of its test rows
    (DeLong et al. 1988); folds are taken as independent.
    """
    areas, variances = zip(*(_fold_auc(model, data, fold, n_groups) for fold in folds))
    # Var(mean) = sum of the variances / n_folds^2.
    auc, error = np.mean(areas), np.sqrt(np.sum(variances)) / len(folds)
    low, high = np.clip([auc - z_score * error, auc + z_score * error], 0.0, 1.0)
    return Bunch(auc=float(auc), low=float(low), high=float(high))


def _fold_auc(model, data, fold, n_groups):
    """AUC of the test rows of a fold, mean over the groups, and its variance."""
    Z, codes, weight = data
    train, test = fold
    for part in fold:
        if len(np.unique(codes[part])) < n_groups:
            msg = "A fold lacks a group: take fewer folds, or merge small groups."
            raise ValueError(msg)
    fitted = clone(model).fit(Z[train], codes[train])
    proba = fitted.predict_proba(Z[test])  # (n_test, n_groups)
    # Of two groups, both have the same AUC.
    groups = range(n_groups) if n_groups > 2 else [1]
    areas, influences = zip(
        *(_area(proba[:, g], codes[test] == g, weight[test]) for g in groups)
    )
    # The influence of a row on the mean AUC is the mean of its influences.
    influence = np.mean(influences, axis=0)  # (n_test,)
    return np.mean(areas), np.sum(influence**2)


def _area(scores, inside, weight):
    """AUC of one group against the others, and the influence of each row on it.

    1. For each row, the share of the other side that it ranks above: that of the scores
       below its own, ties counted half. For rows outside, it is the share that ranks
       above them.
    2. The AUC is the mean of these shares over the rows inside (and also over those
       outside).
    3. A row influences the AUC by its share minus the AUC, times its part of the weight
       of its side (the structural components of DeLong et al. 1988).

    Parameters
    ----------
    scores : ndarray of shape (n_samples,)
        Probability of the group.
    inside : ndarray of shape (n_samples,), bool
        Whether a row is of the group.
    weight : ndarray of shape (n_samples,)
        Weights of the rows.

    Returns
    -------
    area : float
    influence : ndarray of shape (n_samples,)
        Its sum over each side is 0.
    """
    share = np.empty(len(scores))
    for own in (inside, ~inside):
        other = scores[~own]
        order = np.argsort(other)
        # Entry k is the weight of the k lowest scores of the other side.
        weight_below = np.append(0.0, np.cumsum(weight[~own][order]))
        first, last = (
            np.searchsorted(other[order], scores[own], side=side)
            for side in ("left", "right")
        )
        # The mean of the weights below and up to a score counts ties half.
        mid_weight = 0.5 * (weight_below[first] + weight_below[last])
        share[own] = mid_weight / weight_below[-1]
    share[~inside] = 1.0 - share[~inside]  # of the rows inside, those above
    area = np.average(share[inside], weights=weight[inside])
    side_weight = np.where(inside, weight[inside].sum(), weight[~inside].sum())
    return area, (share - area) * weight / side_weight
