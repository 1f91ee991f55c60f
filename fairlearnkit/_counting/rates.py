"""Rates of each group from counted cells."""

from sklearn.utils import Bunch

from fairlearnkit._counting.gaps import (
    CLASS_FREE,
    RATES,
    TRUTH_FREE,
    check_truth,
    counts,
    divide,
    warn_of_small,
)


def rates_of(cells, place, rates):
    """Rates of counted cells in each group; see `group_rates` for the result.

    Parameters
    ----------
    cells : Cells
        Counts, without control features.
    place : int
        Position of the positive class.
    rates : sequence of str
        Names.

    Returns
    -------
    found : Bunch
        Its ``pos_label`` is None where no rate looks at a positive class.
    """
    warn_of_small(cells, "selection_rate", place)
    by_group, overall, among = {}, {}, {}
    for rate in rates:
        hits, rows = counts(cells.weight[0], rate, place)
        by_group[rate] = divide(hits, rows)
        overall[rate] = float(divide(hits.sum(), rows.sum()))
        among[rate] = counts(cells.rows[0], rate, place)[1]
    classless = set(rates) <= set(CLASS_FREE)
    return Bunch(
        groups=cells.groups,
        counts=cells.rows[0].sum(axis=(1, 2)),
        by_group=by_group,
        overall=overall,
        among=among,
        pos_label=None if classless else cells.classes[place],
    )


def rates_to_show(rates, y_true, default):
    """Names of rates, checked; for None the default, or what needs no y_true."""
    if rates is None:
        return default if y_true is not None else TRUTH_FREE
    if isinstance(rates, str) or not len(rates) or set(rates) - set(RATES):
        msg = f"rates={rates!r} must be a sequence of names among {list(RATES)}."
        raise ValueError(msg)
    check_truth(y_true, rates)
    return rates
