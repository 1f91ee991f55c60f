"""Gaps of scores between groups."""

import numpy as np

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.containers import any_lazy
from fairlearnkit._data.groups import check_sensitive_features
from fairlearnkit._data.label_tables import tabulate
from fairlearnkit._data.messages import SCORE_METRIC, required_message
from fairlearnkit._data.scores import read_scores
from fairlearnkit._models.constraint import with_positive_class
from fairlearnkit.constraints import (
    Decorrelation,
    DemographicParity,
    ParityConstraint,
    check_constraint,
)


def score_gap(
    y_true,
    y_score,
    *,
    sensitive_features,
    constraint="demographic_parity",
    pos_label=None,
    sample_weight=None,
    missing="error",
):
    r"""Largest gap max :math:`|M f|` of given scores under a constraint.

    M holds the same contrasts that bound the gap of a model during training, here for
    any data. With "demographic_parity", this is the largest difference between the mean
    scores of two groups.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        Target. May be None if the constraint does not depend on it.
    y_score : array-like of shape (n_samples,)
        Decision function, log-odds, probabilities or regression predictions f.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels, or numeric columns for "decorrelation".
    constraint : str or object, default="demographic_parity"
        "demographic_parity", "equal_opportunity", "equalized_odds", "decorrelation",
        or an object of :mod:`fairlearnkit.constraints`.
    pos_label : scalar, default=None
        The positive class of "equal_opportunity", and of objects that have one. None
        takes 1 if labels are {0, 1}, {-1, 1} or booleans; of other labels it has to be
        named.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows in the means.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive features.

    Returns
    -------
    gap : float
        In units of the scores; 0 is parity.

    Raises
    ------
    ValueError
        Lengths differ, there is only one group, values are missing, a cell is empty, or
        the positive class has to be named.

    Warns
    -----
    SmallGroupWarning
        A cell has fewer than 10 rows.

    Notes
    -----
    Compares means only: distributions with equal means may differ in other ways. Takes
    Dask collections with the same partitions; sums may differ in their last digits from
    those in memory. Numeric columns and targets of a constraint may then hold 100,000
    different rows.

    References
    ----------
    Donini, Oneto, Ben-David, Shawe-Taylor, Pontil: Empirical Risk Minimization under
    Fairness Constraints. NeurIPS 2018.

    Examples
    --------
    >>> from fairlearnkit.metrics import score_gap
    >>> group = ["a"] * 10 + ["b"] * 10
    >>> scores = [0.75] * 10 + [0.25] * 10
    >>> round(score_gap(None, scores, sensitive_features=group), 6)
    0.5
    """
    arguments = {
        "y_true": y_true,
        "y_score": y_score,
        "sensitive_features": sensitive_features,
        "sample_weight": sample_weight,
    }
    if any_lazy(*arguments.values()):
        return _gap_of_sums(arguments, constraint, pos_label, missing)
    check_alignment(**arguments)
    y_score = read_scores(y_score)
    constraint, _ = with_positive_class(constraint, y_true, pos_label, name="y_true")
    check_sensitive_features(sensitive_features, len(y_score), SCORE_METRIC)
    # A user's own constraint may read the groups in its own way, so the length of what
    # it returns is checked below.
    contrasts = constraint.contrasts(
        y_true, sensitive_features, sample_weight, missing=missing
    )
    if contrasts.means.shape[1] != len(y_score):
        msg = (
            f"sensitive_features has {contrasts.means.shape[1]} rows but y_score has "
            f"{len(y_score)}: pass one label for each score, in the same order."
        )
        raise ValueError(msg)
    return contrasts.gap(y_score)


def check_given(y_score, sensitive_features):
    """Raise the errors for scores and groups that are None, before a pass over rows."""
    if y_score is None:
        read_scores(y_score)
    if sensitive_features is None:
        raise ValueError(required_message(SCORE_METRIC))


def _gap_of_sums(arguments, constraint, pos_label, missing):
    """The gap of Dask collections: that of the mean scores of their distinct rows."""
    check_given(arguments["y_score"], arguments["sensitive_features"])
    constraint = check_constraint(constraint)
    if not isinstance(constraint, ParityConstraint | Decorrelation):
        msg = (
            f"{constraint!r} may depend on each row, and of Dask collections only sums "
            "are known: derive it from ParityConstraint, or pass a sample of the rows "
            "that is in memory."
        )
        raise ValueError(msg)
    if type(constraint) in (DemographicParity, Decorrelation):
        arguments = arguments | {"y_true": None}  # which may be numbers
    table = tabulate(arguments, numbers=("y_score",), terms=_scores_as_terms)
    y_true = table.columns.get("y_true")
    constraint, _ = with_positive_class(constraint, y_true, pos_label, name="y_true")
    features = table.columns["sensitive_features"]
    if isinstance(constraint, ParityConstraint):
        features = table.groups(missing, SCORE_METRIC)
    weight = table.weights
    contrasts = constraint.contrasts(y_true, features, weight, missing=missing)
    return contrasts.gap(table.sums[0] / np.where(weight > 0, weight, 1.0))


def _scores_as_terms(part):
    return read_scores(part["y_score"])[None]
