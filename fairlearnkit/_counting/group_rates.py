"""Rates of each group, from confusion matrices."""

from sklearn.utils import Bunch

from fairlearnkit._counting.gaps import warn_of_small_denominators
from fairlearnkit._counting.rates import (
    RATES,
    check_truth,
    divide,
    need_no_positive_class,
    rate_counts,
    rates_without_truth,
)


def rates_by_group(confusion, positive, rates, *, warned=("selection_rate",)):
    """Rates of each group; see `group_rates` for the result.

    Parameters
    ----------
    confusion : ConfusionCounts
        Confusion matrices, without control features.
    positive : int
        Position of the positive class.
    rates : sequence of str
        Names of the rates.
    warned : sequence of str, default=("selection_rate",)
        Names of the rates whose small denominators are warned of.

    Returns
    -------
    rates : Bunch
        Its ``pos_label`` is None if no rate depends on the positive class.
    """
    warn_of_small_denominators(confusion, warned, positive, stacklevel=4)
    by_group, overall, n_rows = {}, {}, {}
    for rate in rates:
        numerator, denominator = rate_counts(confusion.weights[0], rate, positive)
        by_group[rate] = divide(numerator, denominator)
        overall[rate] = float(divide(numerator.sum(), denominator.sum()))
        # Rows say how reliable a rate is, whatever they weigh.
        n_rows[rate] = rate_counts(confusion.counts[0], rate, positive)[1]
    pos_label = confusion.classes[positive]
    return Bunch(
        groups=confusion.groups,
        counts=confusion.counts[0].sum(axis=(1, 2)),
        by_group=by_group,
        overall=overall,
        among=n_rows,
        pos_label=None if need_no_positive_class(rates) else pos_label,
    )


def check_rates(rates, y_true, default):
    """Names of the rates to report.

    Parameters
    ----------
    rates : sequence of str or None
        What the caller asked for.
    y_true : array-like or None
        True labels, which most rates need.
    default : tuple of str
        Rates to report if `rates` is None and `y_true` is given.

    Returns
    -------
    rates : sequence of str
    """
    if rates is None:
        return default if y_true is not None else rates_without_truth()
    if isinstance(rates, str) or not len(rates) or set(rates) - set(RATES):
        msg = f"rates={rates!r} must be a sequence of names among {list(RATES)}."
        raise ValueError(msg)
    check_truth(y_true, rates)
    return rates
