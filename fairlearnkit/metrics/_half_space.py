"""Search of the half-space of all columns together that is treated worst."""

import numpy as np

from fairlearnkit._data.progress import SILENT

# Scores along the regression that differ by less, relative to the largest, are taken as
# equal: they are sums of up to hundreds of terms, equal but for rounding. Doubling it
# merges no scores that differ for a reason.
SCORE_TOLERANCE = 1e-9
# Singular values that are smaller, relative to the largest, count as 0: one-hot columns
# depend linearly on one another, up to rounding of about 1e-15. Doubling it makes no
# difference unless columns agree in their first ten digits.
RANK_TOLERANCE = 1e-10


def search_half_space(columns, hits, min_count, n_permutations, rng, progress=SILENT):
    """The worst half-space along one regression, and its p-value by permutation.

    1. Turn all columns into numbers, and standardise them.
    2. Regress the outcome on them, and take the threshold of the fitted scores above
       which the violation is largest. This is a heuristic, as in the paper.
    3. Do the same for permuted outcomes: the p-value is the share of permutations
       whose worst half-space is as bad. The observed outcome counts as one of them, so
       that the p-value is never 0 (Phipson, Smyth 2010).

    Parameters
    ----------
    columns : list of LabelColumn and NumericColumn
        Sensitive columns.
    hits : ndarray of shape (n_samples,), bool
        Whether a row counts in the numerator of the rate.
    min_count : int
        Least number of rows within the half-space, and outside it.
    n_permutations : int
        Number of permutations.
    rng : RandomState
        Draws the permutations.
    progress : Progress, default=SILENT
        What each permutation is reported to.

    Returns
    -------
    half_space : dict
        As `audit_subgroups` reports it.
    """
    # Step 1.
    names, features = _design(columns)
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale[scale == 0] = 1.0
    X = (features - mean) / scale  # (n_samples, n_features)
    # Computed once: only the outcome differs between permutations.
    solve = np.linalg.pinv(X, rcond=RANK_TOLERANCE)  # (n_features, n_samples)
    # Step 2.
    weights, threshold, rows, violation = _best_cut(X, solve, hits, min_count)
    # Step 3.
    n_as_bad = 0
    for number in range(1, n_permutations + 1):
        permuted = rng.permutation(hits)
        n_as_bad += _best_cut(X, solve, permuted, min_count)[3] >= violation
        progress("permutation", number, n_permutations)
    overall, rate = hits.mean(), hits[rows].mean()
    weights = weights / scale  # back to the units of the columns
    return {
        "weights": dict(zip(names, weights.tolist())),
        "threshold": float(threshold + mean @ weights),
        "count": int(rows.sum()),
        "share": float(rows.mean()),
        "rate": float(rate),
        "gap": float(rate - overall),
        "violation": float(violation),
        "p_value": (1 + int(n_as_bad)) / (1 + n_permutations),
    }


def _design(columns):
    """Names of the features, and the features of shape (n_samples, n_features)."""
    column_names = [column.name for column in columns]
    names, features = [], []
    for position, column in enumerate(columns):
        name = column.name
        if column_names.count(name) > 1:
            name = f"{name} (column {position})"
        for feature_name, values in column.features(name):
            names.append(feature_name)
            features.append(values)
    return names, np.column_stack(features)


def _best_cut(X, solve, hits, min_count):
    """The threshold along the regression with the largest violation.

    With scores sorted from high to low, the violation above the k-th one is
    ``|sum of (hit - mean hit) over the first k rows| / n``.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Standardised features.
    solve : ndarray of shape (n_features, n_samples)
        Pseudoinverse of X.
    hits : ndarray of shape (n_samples,), bool
        The outcome.
    min_count : int
        Least number of rows above the threshold, and below it.

    Returns
    -------
    weights : ndarray of shape (n_features,)
    threshold : float
    rows : ndarray of shape (n_samples,), bool
        Rows above the threshold; all of them if there is none.
    violation : float
    """
    centred = hits - hits.mean()
    weights = solve @ centred  # (n_features,)
    scores = X @ weights  # (n_samples,)
    order = np.argsort(-scores, kind="stable")
    descending = scores[order]
    violations = np.abs(np.cumsum(centred[order])) / len(hits)
    tolerance = SCORE_TOLERANCE * np.abs(descending).max()
    # A threshold lies between different scores, with enough rows on both sides: entry k
    # says whether the first k + 1 rows can be cut off.
    can_cut = np.append(descending[1:] < descending[:-1] - tolerance, False)
    can_cut[: min_count - 1] = can_cut[len(hits) - min_count :] = False
    if not can_cut.any():  # e.g. all rows are alike
        return weights, 0.0, np.ones(len(hits), dtype=bool), 0.0
    last = np.flatnonzero(can_cut)[violations[can_cut].argmax()]
    threshold = 0.5 * (descending[last] + descending[last + 1])
    return weights, threshold, scores > threshold, float(violations[last])
