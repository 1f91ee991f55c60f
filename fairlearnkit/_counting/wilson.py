"""Wilson's interval of a rate."""

import numpy as np


def wilson_ends(p, n, z):
    r"""Ends of the Wilson interval of rates p of n rows; NaN without rows.

    .. math:: \frac{1}{1 + z^2 / n} \left( p + \frac{z^2}{2 n} \pm
              z \sqrt{\frac{p (1 - p)}{n} + \frac{z^2}{4 n^2}} \right)

    with the normal quantile z (Wilson 1927).

    Parameters
    ----------
    p : ndarray of shape (..., n_groups)
        Rates.
    n : ndarray of shape (..., n_groups)
        Numbers of rows that they are about.
    z : float
        Normal quantile.

    Returns
    -------
    low, high : ndarray of shape (..., n_groups)
    """
    z2 = z**2
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = np.sqrt(z2 * p * (1 - p) / n + z2**2 / (4 * n**2)) / (1 + z2 / n)
    return middle - half, middle + half
