"""From cells to rates, and from rates to one number: plain arithmetic on counts."""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from fairlearnkit._data.counts import SMALL_CELL, counts_table
from fairlearnkit._data.messages import check_option
from fairlearnkit.exceptions import SmallGroupWarning

# Of masks over (true, predicted) that are positive: what is counted, and among what.
RATES = {
    "selection_rate": (lambda t, p: p, lambda t, p: t | ~t),
    "true_positive_rate": (lambda t, p: t & p, lambda t, p: t),
    "false_negative_rate": (lambda t, p: t & ~p, lambda t, p: t),
    "false_positive_rate": (lambda t, p: ~t & p, lambda t, p: ~t),
    "true_negative_rate": (lambda t, p: ~t & ~p, lambda t, p: ~t),
    "positive_predictive_value": (lambda t, p: t & p, lambda t, p: p),
    "negative_predictive_value": (lambda t, p: ~t & ~p, lambda t, p: ~p),
    "accuracy": (None, lambda t, p: t | ~t),
    "error_rate": (None, lambda t, p: t | ~t),
}
AMONG = {
    "true_positive_rate": "rows with y_true == {label}",
    "false_negative_rate": "rows with y_true == {label}",
    "false_positive_rate": "rows with y_true != {label}",
    "true_negative_rate": "rows with y_true != {label}",
    "positive_predictive_value": "rows with y_pred == {label}",
    "negative_predictive_value": "rows with y_pred != {label}",
}
# Rates that know no positive class.
CLASS_FREE = ("accuracy", "error_rate")
# With the other of two classes as the positive one, a rate differs between groups as
# this rate does with the first one: selection rates are complements of one another.
OTHER_SIDE = {
    "selection_rate": "selection_rate",
    "true_positive_rate": "false_positive_rate",
    "false_positive_rate": "true_positive_rate",
}
# Rates that look at predictions alone.
TRUTH_FREE = ("selection_rate",)
AGGREGATES = ("worst", "mean", "to_overall")


@dataclass(frozen=True)
class Gap:
    """Which rates are compared, by difference or by ratio, and how groups are joined.

    ``of`` takes weights of cells with any leading axes, such as one of resamples.
    """

    rates: tuple
    ratio: bool = False
    aggregate: str = "worst"

    def __post_init__(self):
        for rate in self.rates:
            check_option("rate", rate, RATES)
        check_option("aggregate", self.aggregate, AGGREGATES)

    @property
    def two_sided(self):
        """Whether it is the same for either of two classes."""
        if set(self.rates) <= set(CLASS_FREE):
            return True
        other = {OTHER_SIDE.get(rate) for rate in self.rates}
        return not self.ratio and other == set(self.rates)

    def of(self, weight, places):
        """The gap: the worst over positive classes and rates, then over strata.

        Parameters
        ----------
        weight : ndarray of shape (..., n_strata, n_groups, n_classes, n_classes)
            Weights of the cells.
        places : list of int
            Classes that are positive in turn.

        Returns
        -------
        gap : ndarray of shape (...)
            NaN where a rate is not defined.
        """
        worst = np.minimum if self.ratio else np.maximum
        found = None
        for place in places:
            for rate in self.rates:
                hits, among = counts(weight, rate, place)
                value = self._compare(hits, among)
                found = value if found is None else worst(found, value)
        if self.aggregate == "mean":
            found = _mean(found, weight.sum(axis=(-3, -2, -1)))
        else:
            found = worst.reduce(found, axis=-1)
        return np.where(np.isinf(found), np.nan, found)

    def _compare(self, hits, among):
        """One number for each stratum."""
        with np.errstate(invalid="ignore", divide="ignore"):
            rates = hits / among
            if self.aggregate == "mean":
                return _mean_pair(np.sort(rates, axis=-1), self.ratio)
            if self.aggregate == "to_overall":
                overall = hits.sum(axis=-1) / among.sum(axis=-1)
                pairs = (rates, np.broadcast_to(overall[..., None], rates.shape))
            else:
                pairs = (rates.max(axis=-1), rates.min(axis=-1))
                pairs = tuple(one[..., None] for one in pairs)
            low, high = np.minimum(*pairs), np.maximum(*pairs)
            if self.ratio:  # of rates that are all 0, infinity: no statement
                values = np.where(high == 0, np.inf, low / high)
            else:
                values = high - low
        return values.min(axis=-1) if self.ratio else values.max(axis=-1)


def _mean_pair(rates, ratio):
    """Mean over all pairs of sorted rates, without a table of pairs.

    The j-th rate is the higher one of j pairs; of those with a rate of 0, by ratio, no
    statement.
    """
    place = np.arange(rates.shape[-1])
    if not ratio:  # and the lower one of n - 1 - j
        n_pairs = len(place) * (len(place) - 1) / 2
        return (rates * (2 * place - len(place) + 1)).sum(axis=-1) / n_pairs
    lower = np.cumsum(rates, axis=-1) - rates
    above = np.where(rates == 0, 0.0, lower / rates)
    says = np.where(rates == 0, 0, place).sum(axis=-1)
    return np.where(says > 0, above.sum(axis=-1) / says, np.inf)


def _mean(values, share):
    """Mean of what makes a statement; infinity where nothing does."""
    says = ~np.isinf(values)
    total = np.where(says, share, 0.0).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(says, values * share, 0.0).sum(axis=-1) / total
    return np.where(total > 0, mean, np.inf)


def check_truth(y_true, rates):
    """Refuse rates of errors where there are no true labels."""
    needed = [rate for rate in rates if rate not in TRUTH_FREE]
    if y_true is None and needed:
        msg = (
            f"True labels are needed for {', '.join(needed)}, and y_true is None. "
            f"Without them only {', '.join(TRUTH_FREE)} is known."
        )
        raise ValueError(msg)


def divide(hits, among):
    """Shares, NaN where there is nothing to be a share of."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.divide(hits, among)


def counts(weight, rate, place):
    """Numerator and denominator of a rate in each group.

    Parameters
    ----------
    weight : ndarray of shape (..., n_classes, n_classes)
        Weights of the cells.
    rate : str
        One of ``RATES``.
    place : int
        The positive class.

    Returns
    -------
    hits, among : ndarray of shape (...)
    """
    hit, among = masks_of(rate, place, weight.shape[-1])
    return weight[..., hit].sum(axis=-1), weight[..., among].sum(axis=-1)


def masks_of(rate, place, n_classes):
    """Which cells of (true, predicted) a rate counts, and among which.

    Parameters
    ----------
    rate : str
        One of ``RATES``.
    place : int
        The positive class.
    n_classes : int
        How many classes there are.

    Returns
    -------
    hit, among : ndarray of shape (n_classes, n_classes), bool
    """
    true = np.zeros((n_classes, n_classes), dtype=bool)
    true[place] = True
    pred = true.T
    hit, among = RATES[rate]
    right = np.eye(n_classes, dtype=bool)
    hit = (right if rate == "accuracy" else ~right) if hit is None else hit(true, pred)
    return hit, among(true, pred)


def measure(gap, cells, places):
    """The gap of counted cells, as a float, with warnings about small cells.

    Parameters
    ----------
    gap : Gap
        What to compare.
    cells : Cells
        Counts.
    places : list of int
        Classes that are positive in turn.

    Returns
    -------
    value : float
    """
    for rate in gap.rates:
        for place in places:
            warn_of_small(cells, rate, place)
    value = float(gap.of(cells.weight, places))
    if np.isnan(value) and gap.ratio:
        msg = "The ratio is NaN: rates are not defined, or 0 in every group."
        warnings.warn(msg, UndefinedMetricWarning, stacklevel=4)
    return value


def warn_of_small(cells, rate, place):
    """Tell of groups with few rows in the denominator of a rate, or with none."""
    rows = counts(cells.rows, rate, place)[1]
    if rows.min() >= SMALL_CELL:
        return
    label = cells.classes[place]
    name = AMONG.get(rate, "rows").format(label=label)
    worst = np.unravel_index(rows.argmin(), rows.shape)[0]
    table = counts_table(cells.groups, rows[worst])
    if len(cells.strata) > 1:
        table += f", in the stratum {cells.strata[worst]}"
    if rows.min() == 0:
        msg = f"A group has no {name}, so that its {rate} is NaN: {table}."
        warnings.warn(msg, UndefinedMetricWarning, stacklevel=5)
    else:
        msg = f"Fewer than {SMALL_CELL} {name} in a group: {table}. Its rate is noisy."
        warnings.warn(msg, SmallGroupWarning, stacklevel=5)
