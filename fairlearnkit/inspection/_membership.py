"""Which group's rows can be recognised as training rows: membership inference."""

import warnings
from itertools import chain
from numbers import Integral
from typing import NamedTuple

import numpy as np
from sklearn.utils import Bunch, check_random_state, indexable

from fairlearnkit._data.alignment import check_alignment, with_common_index
from fairlearnkit._data.columns import as_table, take_columns
from fairlearnkit._data.containers import as_frame
from fairlearnkit._data.counts import SMALL_CELL, count_every_group, counts_table
from fairlearnkit._data.groups import Groups, find_groups, read_strata
from fairlearnkit._data.messages import Caller, check_confidence_level, required_message
from fairlearnkit._data.progress import Progress
from fairlearnkit._data.rows import check_weight, split_rows
from fairlearnkit._data.targets import check_target
from fairlearnkit._routing.call import warn_unweighted
from fairlearnkit._routing.parts import find_sensitive_columns
from fairlearnkit.exceptions import SmallGroupWarning

from ._membership_areas import (
    Auc,
    Measurement,
    TruePositiveRate,
    as_arrays,
    difference,
    estimate,
    model_blocks,
    stacked,
)
from ._membership_models import check_can_be_fitted, response_methods, signals
from ._membership_object import MembershipInference
from ._membership_scores import membership_scores

CALLER = Caller(method="")
# With 8 models a row is in 4 of them on average, and in all or none in 1 % of the rows.
# Half as many would compare rows with one or two models.
FEWEST_MODELS = 8
STATISTICS = {"auc": Auc, "tpr_at_1_percent_fpr": TruePositiveRate}


def membership_inference(
    estimator,
    X,
    y,
    *,
    sensitive_features=None,
    sample_weight=None,
    n_models=32,
    control_features=None,
    response_method="auto",
    confidence_level=0.95,
    missing="error",
    n_jobs=None,
    random_state=None,
    verbose=0,
):
    r"""Which group's rows can be recognised as training rows of a model.

    .. math:: \text{AUC}_g = P(s_{ik} > s_{jl} \mid i, j \in g, \; i \in T_k, \;
              j \notin T_l)

    with T the training rows of model k, a random half, and s the membership score of
    row i in it, by :func:`membership_scores`. Clones of the estimator are fitted on
    independent halves; each is attacked once, with the others as shadow models. 0.5
    means that this attack finds nothing, 1 that it recognises every training row.

    Parameters
    ----------
    estimator : classifier or regressor
        The model, which is cloned and fitted `n_models` times. Set its `random_state`
        for results that can be repeated.
    X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
        Features.
    y : array-like of shape (n_samples,)
        Target.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections. They are passed on to
        an estimator that takes them. None takes those that a SensitiveColumns finds in
        X.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights for the fit, not zero for all rows of a group. Each row counts once in
        the results.
    n_models : int, default=32
        Number of models, at least 8. More models make a stronger attack, with larger
        results.
    control_features : array-like of shape (n_samples[, n_columns]), default=None
        Groups are compared within each stratum of these columns, such as y.
    response_method : str, default="auto"
        "predict_proba" (the signal is the log-odds of the true class),
        "decision_function" (its margin) or "predict" (whether it is right); "auto"
        takes the first of these that the estimator has. Regressors have "predict" only,
        and the signal is minus the absolute error.
    confidence_level : float, default=0.95
        Confidence level of the intervals.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive or control features. Rows that are ignored
        are in no group, but are used to fit models.
    n_jobs : int, default=None
        Number of models that are fitted in parallel.
    random_state : int, RandomState instance or None, default=None
        Determines the random halves.
    verbose : int, default=0
        0 prints nothing, 1 some ten lines about the progress, 2 a line for each model.

    Returns
    -------
    result : MembershipInference
        A Bunch that ``print`` shows as a table, with ``frame()`` and these keys:

        groups : ndarray of shape (n_groups,)
            Labels of the groups.
        strata : ndarray of shape (n_strata,) or None
            Labels of the strata of `control_features`.
        counts : ndarray of shape (n_groups,)
            Number of rows of each group.
        member : ndarray of shape (n_samples, n_models), bool
            Whether the model was trained on the row.
        signal : ndarray of shape (n_samples, n_models)
            How well the model predicts the row.
        score, calibrated_score : ndarray of shape (n_samples, n_models)
            Membership scores: likelihood ratio, and signal minus its mean out.
        auc, tpr_at_1_percent_fpr : :class:`~sklearn.utils.Bunch`
            AUC of `score`, and its true positive rate at a false positive rate of 1 %:
            "overall", "by_group", and "difference", each group minus the mean of the
            others by rows. Each is a Bunch of "estimate", "low", "high" and
            "standard_error", arrays of shape () or (n_groups,).
        confidence_level : float
            As given.

        With control features, `counts` and estimates have the strata as first axis.

    Raises
    ------
    ValueError
        Lengths differ, rows are out of line, there is only one group, a group has no
        row of positive weight, values are missing, an option is unknown, or the
        estimator is frozen, or neither a classifier nor a regressor. Errors of the fit
        are raised with a note.

    Warns
    -----
    SmallGroupWarning
        A group has fewer than 10 rows (in a stratum). A number is NaN if there are no
        members or non-members, or, for the true positive rate, fewer than 99 entries
        (row, model) of non-members.

    Notes
    -----
    This is a lower bound: a stronger attack, or one that knows more, may find more. It
    is about models trained on half of the rows; on all rows, they usually leak less.
    It shows neither which attributes can be inferred nor a bound as differential
    privacy gives it.

    Intervals account for the random halves, with the jackknife over models, and for the
    rows, taken as a sample of more: for two crossed factors (see Cameron et al.). They
    do not account for the other models that other rows would give. Intervals of
    differences hold together for all groups of a stratum (Bonferroni) if there are more
    than two. In simulations, intervals of .95 for groups and differences held in .92 to
    .99 of the runs, and those for all rows in .90 (trees on 300 rows) to .99.

    Groups are needed by an estimator that takes them at fit or predict, and else for
    the comparison only.

    References
    ----------
    Carlini, Chien, Nasr, Song, Terzis, Tramer: Membership Inference Attacks From First
    Principles. IEEE S&P 2022. Cameron, Gelbach, Miller: Robust Inference With Multiway
    Clustering. J. Bus. Econ. Stat. 2011. Chang, Shokri: On the Privacy Risks of
    Algorithmic Fairness. IEEE EuroS&P 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> from fairlearnkit.inspection import membership_inference
    >>> rng = np.random.default_rng(0)
    >>> X, group = rng.normal(size=(200, 2)), np.repeat(["a", "b"], 100)
    >>> y = X[:, 0] + (group == "b") * rng.normal(size=200)  # b has noise to learn
    >>> model = KNeighborsRegressor(n_neighbors=3)
    >>> result = membership_inference(
    ...     model, X, y, sensitive_features=group, random_state=0
    ... )
    >>> result.auc.by_group.estimate.round(1).tolist()
    [0.6, 0.8]
    """
    check_alignment(
        X=X,
        y=y,
        sensitive_features=sensitive_features,
        sample_weight=sample_weight,
        control_features=control_features,
    )
    check_can_be_fitted(estimator)
    methods = response_methods(estimator, response_method)
    check_confidence_level(confidence_level)
    n_models = _checked_number(n_models)
    data = _read(estimator, X, y, sensitive_features, sample_weight)
    groups = find_groups(data[2], CALLER, n_samples=len(data[1]), missing=missing)
    count_every_group(groups, data[3])
    cells = _cells(groups, control_features, missing)
    _warn_of_small(cells)
    warn_unweighted(estimator, data[3])
    # Independent halves: were a row in exactly half of the models, its membership in
    # the others would tell that in the target, and scores would be biased.
    random = check_random_state(random_state)
    member = random.uniform(size=(len(data[1]), n_models)) < 0.5
    progress = Progress("membership_inference", verbose)
    signal = signals(estimator, data, member, methods, progress, n_jobs)
    return _result(signal, member, cells, confidence_level, progress)


def _checked_number(n_models):
    is_count = isinstance(n_models, Integral) and not isinstance(n_models, bool)
    if not is_count or n_models < FEWEST_MODELS:
        msg = (
            f"n_models={n_models!r} must be an integer of at least {FEWEST_MODELS}: "
            "each row needs some models that were trained on it, and others."
        )
        raise ValueError(msg)
    return int(n_models)


def _read(estimator, X, y, sensitive_features, sample_weight):
    """The arguments, in containers from which rows can be taken by position."""
    check_target(y)
    X = as_frame(X)
    if np.ndim(y) != 1:
        msg = f"y must have one dimension, one number or label for each row; got {y!r}."
        raise ValueError(msg)
    X, y = indexable(X, y)
    if sensitive_features is None:
        sensitive_features = _groups_in_columns(estimator, X)
    X, y, sensitive_features = with_common_index(X, y, sensitive_features)
    weight = sample_weight
    if weight is not None:
        weight = check_weight(weight, len(y))
    return X, y, sensitive_features, weight


def _groups_in_columns(estimator, X):
    """What a SensitiveColumns that gets X would find there."""
    inner = find_sensitive_columns(estimator)
    if inner is None:
        msg = (
            f"{required_message(CALLER)} An estimator that is a SensitiveColumns, or "
            "passes X on to one, finds it by itself."
        )
        raise ValueError(msg)
    return take_columns(as_table(X), inner.columns)


class _Cells(NamedTuple):
    """Rows of the groups in each stratum.

    Parameters
    ----------
    groups : Groups
        Groups of all rows.
    strata : ndarray of shape (n_strata,) or None
        Labels of the strata, if there are any.
    rows : list of list of ndarray
        For each stratum the rows of its groups, and last those of all of them.
    counts : ndarray of shape (n_strata, n_groups)
        Numbers of rows.
    """

    groups: Groups
    strata: np.ndarray | None
    rows: list
    counts: np.ndarray


def _cells(groups, control_features, missing):
    """The rows of each group in each stratum, or in a single one."""
    n_groups, codes = len(groups.labels), groups.codes
    strata, n_strata = None, 1
    if control_features is not None:
        columns = read_strata(
            control_features, CALLER, n_samples=len(codes), missing=missing
        )
        strata, n_strata = columns.labels, len(columns.labels)
        known = (codes >= 0) & (columns.codes >= 0)
        codes = np.where(known, columns.codes * n_groups + codes, -1)
    parts = split_rows(codes, n_groups * n_strata)
    of_strata = [parts[s * n_groups : (s + 1) * n_groups] for s in range(n_strata)]
    rows = [[*of_groups, np.concatenate(of_groups)] for of_groups in of_strata]
    counts = np.array([[len(part) for part in of_groups] for of_groups in of_strata])
    return _Cells(groups, strata, rows, counts)


def _warn_of_small(cells):
    titles = [""]
    if cells.strata is not None:
        titles = [f" in the stratum {label!r}" for label in cells.strata.tolist()]
    for title, row in zip(titles, cells.counts):
        if row.min() < SMALL_CELL:
            msg = (
                f"Fewer than {SMALL_CELL} rows in a group{title}: "
                f"{counts_table(cells.groups.labels, row)}. So few rows say little "
                "about a group."
            )
            warnings.warn(msg, SmallGroupWarning, stacklevel=3)


def _result(signal, member, cells, confidence_level, progress):
    """Scores and their statistics."""
    scores = membership_scores(signal, member)
    parts = _parts(signal, member, scores.likelihood_ratio, cells.rows, progress)
    has_strata = cells.strata is not None
    return MembershipInference(
        groups=cells.groups.labels,
        strata=cells.strata,
        counts=cells.counts if has_strata else cells.counts[0],
        member=member,
        signal=signal,
        score=scores.likelihood_ratio,
        calibrated_score=scores.calibrated,
        **{
            name: _estimates(table, cells.counts, confidence_level, has_strata)
            for name, table in parts.items()
        },
        confidence_level=confidence_level,
    )


def _parts(signal, member, score, cells, progress):
    """Statistics of the cells, with the parts of their variances.

    Returns
    -------
    parts : dict of list of list of Part
        For each statistic and stratum, those of the groups, and last of all rows.
    """
    tables = {
        name: [
            [Measurement(statistic, score[rows], member[rows]) for rows in row]
            for row in cells
        ]
        for name, statistic in STATISTICS.items()
    }
    blocks = model_blocks(member.shape[1])
    for number, block in enumerate(blocks, start=1):
        kept = np.setdiff1d(np.arange(member.shape[1]), block)
        inside = member[:, kept]
        rest = membership_scores(signal[:, kept], inside).likelihood_ratio
        for table in tables.values():
            for measured, rows in zip(chain(*table), chain(*cells)):
                measured.leave_out(rest[rows], inside[rows])
        progress("without a model", number, len(blocks))
    return {
        name: [[measured.part() for measured in row] for row in table]
        for name, table in tables.items()
    }


def _estimates(table, counts, confidence_level, has_strata):
    """Estimates and intervals of one statistic.

    Parameters
    ----------
    table : list of list of Part
        For each stratum its groups, and last all of its rows.
    counts : ndarray of shape (n_strata, n_groups)
        Numbers of rows.
    confidence_level : float
        Between 0 and 1.
    has_strata : bool
        Whether the arrays have an axis of strata.

    Returns
    -------
    estimates : Bunch
        "overall", "by_group" and "difference".
    """
    tail = 0.5 * (1.0 - confidence_level)
    found = {"overall": [], "by_group": [], "difference": []}
    for (*parts, whole), n_rows in zip(table, counts):
        parts, one = stacked(parts), np.eye(len(n_rows))
        found["overall"].append(estimate([whole], [1.0], tail))
        found["by_group"].append([estimate(parts, w, tail) for w in one])
        # Two differences are one, with both signs.
        each = tail / len(one) if len(one) > 2 else tail
        known = np.where(np.isnan(parts.value), 0, n_rows)
        others = known * (1.0 - one)
        others /= np.maximum(others.sum(axis=1, keepdims=True), 1.0)
        found["difference"].append(
            [difference(parts, *weights, each) for weights in zip(one, others)]
        )
    rows = slice(None) if has_strata else 0
    return Bunch(**{name: as_arrays(np.array(v)[rows]) for name, v in found.items()})
