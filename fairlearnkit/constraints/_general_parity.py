"""Parity of mean scores between groups, within quantile bins of a numeric y."""

from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral

import numpy as np

from fairlearnkit._data.targets import check_target

from ._base import ParityConstraint

# Relative rounding error of cumulative weights, which is about 1e-16 for each row
# added. It must not move an edge by one row. Doubling it matters only for rows that
# have less than 2e-12 of the total weight.
ROUNDING = 1e-12


@dataclass(frozen=True)
class GeneralParity(ParityConstraint):
    r"""Equal mean score in every group, within each quantile bin of a numeric y.

    .. math:: |\bar f_{a,k} - \bar f_{b,k}| \le \text{max\_gap}
              \quad \text{for all groups } a, b \text{ and bins } k

    The analogue of equalized odds for regression: groups are compared among people of
    similar outcomes.

    Parameters
    ----------
    columns : {"intersection", "separately"}, default="intersection"
        With several sensitive columns: compare their intersections, or the groups
        of each column by itself.
    n_bins : int, default=4
        Number of bins. They have equal weight except for ties; equal quantiles are
        merged.

    Notes
    -----
    The bins are computed from the y that is passed: on new rows, the gap refers to bins
    of the new y. This bounds mean scores within a bin, not errors of single rows. Every
    group needs rows in every bin: use few bins if the outcomes of the groups hardly
    overlap.

    References
    ----------
    Oneto, Donini, Pontil: General Fair Empirical Risk Minimization. 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from fairlearnkit.constraints import GeneralParity
    >>> y, sex = np.repeat([1.0, 2.0], 20), np.tile(np.repeat(["F", "M"], 10), 2)
    >>> scores = y + 0.5 * (sex == "M") * (y == 2.0)
    >>> contrasts = GeneralParity(n_bins=2).contrasts(y, sex)
    >>> dict(zip(contrasts.names, contrasts.gaps(scores).round(6).tolist()))
    {'F - M with y <= 1': 0.0, 'F - M with y > 1': -0.5}
    """

    n_bins: int = 4

    def strata(self, y, n_samples):
        """One stratum for each bin, of rows of equal weight."""
        return self._strata(y, n_samples, None)

    def _strata(self, y, n_samples, weight):
        """One stratum for each bin of weighted quantiles."""
        if not (isinstance(self.n_bins, Integral) and self.n_bins >= 1):
            msg = f"n_bins={self.n_bins!r} must be an integer of at least 1."
            raise ValueError(msg)
        values = _numeric_column(y)
        edges = _quantiles(values, weight, self.n_bins)
        # searchsorted from the left: bin k holds edge_(k-1) < y <= edge_k.
        return np.searchsorted(edges, values), _bin_names(edges)


def _bin_names(edges):
    """Names of the bins between edges, as in ``" with 1 < y <= 2"``."""
    texts = [f"{edge:.6g}" for edge in edges]
    if not texts:
        return [""]
    between = [f" with {a} < y <= {b}" for a, b in pairwise(texts)]
    return [f" with y <= {texts[0]}", *between, f" with y > {texts[-1]}"]


def _numeric_column(y):
    """The target in float64, checked to be one column of finite numbers."""
    check_target(y)
    values = None
    with suppress(TypeError, ValueError):
        if y is not None and np.asarray(y).dtype.kind not in "cmM":
            values = np.asarray(y, dtype=np.float64)
    if values is None or values.ndim != 1 or not np.isfinite(values).all():
        first = np.asarray(y).ravel()[:1].tolist()
        got = "none" if y is None else f"values such as {first}"
        if values is not None:
            got = f"shape {values.shape}" if values.ndim != 1 else "NaN or infinity"
        msg = (
            "general_parity compares groups among rows of similar y and needs one "
            f"column of finite numbers; got {got}. For classes use 'equalized_odds'."
        )
        raise ValueError(msg)
    return values


def _quantiles(y, weight, n_bins):
    """Upper edges of all bins but the last: quantiles of the weighted y, each once.

    1. Sort y, and add up the weights w: F(y_(i)) = (w_(1) + ... + w_(i)) / W.
    2. The k-th edge is the smallest y_(i) with F(y_(i)) >= k / n_bins, the inverse of
       the distribution function. A bin then holds the rows with edge_(k-1) < y <=
       edge_k, of weight W / n_bins but for ties.
    3. Merge equal edges, and drop an edge at the maximum: no row lies above it.
    """
    # Step 1.
    order = np.argsort(y, kind="stable")
    cumulative = np.cumsum(np.ones(len(y)) if weight is None else weight[order])
    # Step 2.
    wanted = np.arange(1, n_bins) / n_bins * (1.0 - ROUNDING)
    position = np.searchsorted(cumulative / cumulative[-1], wanted)
    # Step 3.
    edges = np.unique(y[order][position])
    present = y if weight is None else y[weight > 0]
    return edges[edges < present.max()]
