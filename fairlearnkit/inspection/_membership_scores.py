"""How much each row looks like a training row of each of several models."""

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils.validation import check_array

# How many models the prior counts as, which shrinks the variance of a row, and the
# effect of membership on it, towards the pooled ones. On Adult with 16 models, AUCs of
# logistic regression, boosting and forests change by .003 or less where either is
# doubled or halved, and by .002 with 32 models.
PRIOR_MODELS = 8.0
# Smallest variance, relative to that of all signals: keeps scores finite where models
# know their training rows without noise, as one nearest neighbour does. Any tiny number
# gives the same order of scores.
SMALLEST_VARIANCE = 1e-12


def membership_scores(signal, member):
    r"""Score how much each row looks like a training row of each model.

    .. math:: \text{likelihood\_ratio}_{ik} = \log
              \frac{N(s_{ik}; \mu_i^{in}, \sigma_i^2)}
              {N(s_{ik}; \mu_i^{out}, \sigma_i^2)}, \quad
              \text{calibrated}_{ik} = s_{ik} - \mu_i^{out}

    with s the signal of model k at row i, such as the confidence in the true class, and
    the means of row i over the other models that were and were not trained on it.

    Parameters
    ----------
    signal : array-like of shape (n_samples, n_models)
        Signals, greater for rows that a model predicts better.
    member : array-like of shape (n_samples, n_models), bool
        Whether the model was trained on the row. At least 3 models; each row should be
        in about half of them, independently of all other rows and models.

    Returns
    -------
    scores : :class:`~sklearn.utils.Bunch`
        With these keys, each an ndarray of shape (n_samples, n_models), greater where
        membership is more likely:

        likelihood_ratio : ndarray
            Log likelihood ratio of two normal distributions.
        calibrated : ndarray
            Signal minus its mean over other models that were not trained on the row.

    Raises
    ------
    ValueError
        Shapes differ, there are fewer than 3 models, `signal` is not finite, or
        `member` is not boolean, or the same everywhere.

    Notes
    -----
    Each model is the target once, and all others are its shadow models: its own signal
    and membership are not used for the means and variances it is compared with.

    Few models say little about a single row. So the variance of a row, the same in and
    out, is shrunk towards the mean variance of all rows, and the difference of its two
    means towards the mean difference, each with the weight of 8 models. A row that was
    in all other models, or in none, gets the mean difference.

    The original attack fits a variance in and one out. With 16 to 32 models a common
    one finds as many members or more, and exchanging members and non-members changes
    the sign of the likelihood ratio and nothing else.

    References
    ----------
    Carlini, Chien, Nasr, Song, Terzis, Tramer: Membership Inference Attacks From First
    Principles. IEEE S&P 2022, algorithm 1. Watson, Guo, Cormode, Sablayrolles: On the
    Importance of Difficulty Calibration in Membership Inference Attacks. ICLR 2022.

    Examples
    --------
    >>> from fairlearnkit.inspection import membership_scores
    >>> member = [[True, True, False, False], [True, False, False, True]]
    >>> signal = [[3.0, 3.5, 1.0, 0.5], [9.0, 8.0, 8.5, 9.5]]
    >>> scores = membership_scores(signal, member)
    >>> scores.calibrated.tolist()
    [[2.25, 2.75, 0.5, -0.5], [0.75, -0.5, 0.5, 1.25]]
    >>> (scores.likelihood_ratio > 0).tolist() == member
    True
    """
    signal, member = _checked(signal, member)
    # All numbers are relative to the mean of the row, so that squares lose no digits.
    signal = signal - signal.mean(axis=1, keepdims=True)
    n_in, sum_in, square_in = _sums_of_others(signal, member)
    n_out, sum_out, square_out = _sums_of_others(signal, ~member)
    # 1. Means in and out, and the effect of membership, shrunk towards the pooled one.
    # Its precision grows with h = n_in n_out / n, which is 0 where one side is empty.
    n = n_in + n_out
    h = n_in * n_out / n
    mean_in = sum_in / np.maximum(n_in, 1.0)
    mean_out = sum_out / np.maximum(n_out, 1.0)
    own = h * (mean_in - mean_out)
    pooled = own.sum(axis=0) / np.maximum(h.sum(axis=0), 1.0)
    prior = PRIOR_MODELS / 4.0  # h of 8 models, 4 of them in, is 2
    effect = (own + prior * pooled) / (h + prior)
    center = (sum_in + sum_out) / n
    low, high = center - effect * n_in / n, center + effect * n_out / n
    # 2. The variance around both means, shrunk towards the pooled one.
    squares = square_in - n_in * mean_in**2 + square_out - n_out * mean_out**2
    squares = np.maximum(squares, 0.0)  # may be negative by rounding
    freedom = np.maximum(n - (n_in > 0) - (n_out > 0), 0.0)
    pooled = squares.sum(axis=0) / np.maximum(freedom.sum(axis=0), 1.0)
    variance = (squares + PRIOR_MODELS * pooled) / (freedom + PRIOR_MODELS)
    smallest = SMALLEST_VARIANCE * signal.var()
    variance = np.maximum(variance, smallest if smallest > 0 else 1.0)
    # 3. log N(s; high, v) - log N(s; low, v), which is linear in s.
    ratio = effect * (signal - 0.5 * (low + high)) / variance
    calibrated = signal - np.where(n_out > 0, mean_out, low)
    return Bunch(likelihood_ratio=ratio, calibrated=calibrated)


def _checked(signal, member):
    """Both arrays, of the same shape."""
    signal = check_array(signal, dtype=np.float64, input_name="signal")
    member = np.asarray(member)
    if member.dtype != bool or member.shape != signal.shape:
        msg = (
            f"member has the dtype {member.dtype} and the shape {member.shape}: it "
            f"must be boolean, of the shape of signal, {signal.shape}."
        )
        raise ValueError(msg)
    if signal.shape[1] < 3:
        msg = (
            f"There are {signal.shape[1]} models: at least 3 are needed, since each is "
            "compared with the others. A transposed array has models in the columns."
        )
        raise ValueError(msg)
    if member.all() or not member.any():
        msg = "member is the same everywhere: there is nothing to distinguish."
        raise ValueError(msg)
    return signal, member


def _sums_of_others(signal, member):
    """Number, sum and sum of squares of the signals of members in all other models.

    Parameters
    ----------
    signal : ndarray of shape (n_samples, n_models)
        Signals.
    member : ndarray of shape (n_samples, n_models), bool
        Which of them count.

    Returns
    -------
    number, total, squares : ndarray of shape (n_samples, n_models)
        Entry (i, k) is about the signals of row i in all models but k.
    """
    own = member.astype(np.float64)
    terms = (own, own * signal, own * signal**2)
    return tuple(term.sum(axis=1, keepdims=True) - term for term in terms)
