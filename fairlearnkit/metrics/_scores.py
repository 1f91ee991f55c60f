"""Gaps of scores between groups."""

from sklearn.utils.validation import check_array, column_or_1d

from fairlearnkit._alignment import check_alignment
from fairlearnkit.constraints import check_constraint


def score_gap(
    y_true,
    y_score,
    *,
    sensitive_features,
    constraint="demographic_parity",
    sample_weight=None,
    missing="error",
):
    r"""Largest gap max :math:`|M f|` that a constraint sees in given scores.

    The same contrast rows M that train a model under the constraint report its gap
    here, on any data: with "demographic_parity" the largest difference between the
    mean scores of two groups.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        Target; None where the constraint does not look at it.
    y_score : array-like of shape (n_samples,)
        Decision function, log-odds, probabilities or regression predictions f.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels, or numeric columns for "decorrelation".
    constraint : str or object, default="demographic_parity"
        "demographic_parity", "equal_opportunity", "equalized_odds", "decorrelation",
        or an object of :mod:`fairlearnkit.constraints`.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights in the means.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive features.

    Returns
    -------
    gap : float
        In the unit of the scores; 0 is parity.

    Raises
    ------
    ValueError
        Lengths differ, one group only, missing values, an empty cell.

    Warns
    -----
    SmallGroupWarning
        A cell of fewer than 10 rows.

    Notes
    -----
    Compares means: distributions of equal mean may differ otherwise.

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
    check_alignment(
        y_true=y_true,
        y_score=y_score,
        sensitive_features=sensitive_features,
        sample_weight=sample_weight,
    )
    y_score = column_or_1d(check_array(y_score, ensure_2d=False, input_name="y_score"))
    contrasts = check_constraint(constraint).contrasts(
        y_true, sensitive_features, sample_weight, missing=missing
    )
    if contrasts.means.shape[1] != len(y_score):
        msg = (
            f"sensitive_features has {contrasts.means.shape[1]} rows but y_score has "
            f"{len(y_score)}: pass one label for each score, in the same order."
        )
        raise ValueError(msg)
    return contrasts.gap(y_score)
