"""No covariance between scores and numeric sensitive columns."""

from dataclasses import dataclass

import numpy as np

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.rows import read_weight
from fairlearnkit._data.sensitive_columns import check_varying, read_numeric_columns
from fairlearnkit.utils._sklearn_private import _num_samples

from ._base import Constraint
from ._contrasts import Contrasts


@dataclass(frozen=True)
class Decorrelation(Constraint):
    r"""Bound on the covariance of the score with numeric columns, such as age.

    .. math:: \Big| \frac{1}{W} \sum_i w_i \, \frac{s_{ij} - \bar s_j}{\sigma_j}
              \, f_i \Big| \le \text{max\_gap} \quad \text{for every column } j

    Each column is centred by its weighted mean and scaled by its standard deviation, so
    that max_gap is in units of the score for one standard deviation of the column.
    Dates and times are converted to days, those with a time zone in UTC. Needs no y.

    Notes
    -----
    Covariance measures linear dependence only: the score may still depend on the column
    in other ways.

    References
    ----------
    Zafar, Valera, Gomez Rodriguez, Gummadi: Fairness Constraints: Mechanisms for Fair
    Classification. AISTATS 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from fairlearnkit.constraints import Decorrelation
    >>> age = np.arange(20.0, 60.0)
    >>> round(Decorrelation().gap(3 * (age - 40) / age.std(), None, age), 12)
    3.0
    """

    def contrasts(self, y, sensitive_features, sample_weight=None, *, missing="error"):
        """Contrast rows M; see :meth:`Constraint.contrasts`."""
        check_alignment(
            y=y, sensitive_features=sensitive_features, sample_weight=sample_weight
        )
        n_samples = None if y is None else _num_samples(y)
        names, values, known = read_numeric_columns(
            sensitive_features, n_samples=n_samples, missing=missing
        )
        weight = read_weight(sample_weight, len(values))
        weight = known * (1.0 if weight is None else weight)
        if not weight.any():
            msg = "decorrelation has no row of known sensitive_features and weight > 0."
            raise ValueError(msg)
        share = weight / weight.sum()  # (n_samples,)
        # M', (n_samples, n_columns): w_i / W times the standardised columns.
        rows = share[:, None] * _standardized(names, values, known, share)
        return Contrasts(rows.T, np.full(len(names), -1), tuple(names))


def _standardized(names, values, known, share):
    """Columns of weighted mean 0 and variance 1; 0 in rows with a missing value.

    Parameters
    ----------
    names : list of str
        Names of the columns, for messages.
    values : ndarray of shape (n_samples, n_columns)
        Columns, NaN where missing.
    known : ndarray of shape (n_samples,), bool
        Whether a row has no missing value.
    share : ndarray of shape (n_samples,)
        Weights of sum 1; 0 in rows with a missing value.

    Returns
    -------
    standardized : ndarray of shape (n_samples, n_columns)
    """
    # NaN becomes 0 before the means, whose weight there is 0, and 0 * NaN would be NaN.
    centred = np.where(known[:, None], values, 0.0)
    centred = (centred - share @ centred) * known[:, None]
    scale = np.sqrt(share @ centred**2)  # (n_columns,)
    check_varying(names, scale, np.abs(values[known]).max(axis=0))
    return centred / scale
