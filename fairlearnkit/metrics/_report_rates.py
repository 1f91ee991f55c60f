"""Numbers of a report on classes: rates by group, and what follows from them."""

from functools import partial

import numpy as np

from fairlearnkit._counting.confusion import one_positive_class
from fairlearnkit._counting.group_rates import rates_by_group
from fairlearnkit._counting.rates import (
    RATES,
    divide,
    need_no_positive_class,
    rate_counts,
)
from fairlearnkit._counting.wilson import wilson_interval
from fairlearnkit._data.messages import PARITY_REPORT

from ._report_gaps import Measure, compare, describe
from ._report_names import group_names, plain_label
from ._resample_counts import resampled_statistics


def rate_numbers(confusion, compared, rates, pos_label, settings):
    """All rates of a report.

    1. The rates of each positive class are one part of the report. Of more than two
       classes each is taken as positive in turn, unless one is named, and rates that
       depend on none come first.
    2. All parts share the same resamples.

    Parameters
    ----------
    confusion : ConfusionCounts
        Confusion matrices of all groups.
    compared : ConfusionCounts
        Those of the groups that are compared.
    rates : sequence of str
        Names of the rates.
    pos_label : scalar or None
        The positive class.
    settings : Settings
        What is asked for.

    Returns
    -------
    numbers : dict
        The first part, and in "by_class" the others.
    """
    # Step 1.
    parts = positives_and_rates(confusion, rates, pos_label)
    keys = [(positive, rate) for positive, names in parts for rate in names]
    # Step 2.
    draws = resampled_statistics(
        [partial(_rate, positive=positive, rate=rate) for positive, rate in keys],
        compared,
        settings.n_resamples,
        settings.random_state,
    )
    draws = dict(zip(keys, draws))
    return join_parts(
        confusion.classes,
        parts,
        [
            _part(
                confusion,
                compared,
                positive,
                {r: draws[positive, r] for r in names},
                settings,
            )
            for positive, names in parts
        ],
    )


def positives_and_rates(confusion, rates, pos_label):
    """What the parts of a report are about.

    Parameters
    ----------
    confusion, rates, pos_label : ConfusionCounts, sequence of str, scalar or None
        As in `rate_numbers`.

    Returns
    -------
    parts : list of (int, list of str)
        Position of the positive class of each part, and its rates.
    """
    n_classes = len(confusion.classes)
    if pos_label is not None or n_classes < 3 or need_no_positive_class(rates):
        return [(one_positive_class(confusion, rates, pos_label, PARITY_REPORT), rates)]
    of_class = [rate for rate in rates if RATES[rate].needs_positive_class]
    others = [rate for rate in rates if rate not in of_class]
    return [(0, others), *((k, of_class) for k in range(n_classes))]


def join_parts(classes, parts, found):
    """The first part of a report, and in "by_class" the others.

    Parameters
    ----------
    classes : list
        Class labels.
    parts : list of (int, list of str)
        As `positives_and_rates` returns them.
    found : list of dict
        The numbers of each part.

    Returns
    -------
    numbers : dict
    """
    class_names = group_names(classes)
    by_class = {class_names[k]: part for (k, _), part in zip(parts[1:], found[1:])}
    return found[0] | {"by_class": by_class}


def _rate(weights, positive, rate):
    """A rate of each group, of shape (n, n_groups)."""
    return divide(*rate_counts(weights[:, 0], rate, positive))


def _part(confusion, compared, positive, draws, settings):
    """Counts, rates and gaps for one positive class.

    Parameters
    ----------
    confusion, compared : ConfusionCounts
        Confusion matrices of all groups, and of those that are compared.
    positive : int
        Position of the positive class.
    draws : dict of ndarray of shape (n_resamples, n_compared)
        Each rate in resamples.
    settings : Settings
        What is asked for.

    Returns
    -------
    part : dict
    """
    found = rates_by_group(confusion, positive, list(draws))
    is_compared = np.isin(settings.names, settings.compared)
    measures = {
        rate: Measure(
            found.by_group[rate][is_compared], draw, found.among[rate][is_compared]
        )
        for rate, draw in draws.items()
    }
    part = describe(found.counts, found.by_group, found.overall, found.among, settings)
    part["intervals"] = {rate: _intervals(found, rate, settings) for rate in draws}
    part["pos_label"] = plain_label(found.pos_label)
    return part | compare(measures, settings)


def _intervals(found, rate, settings):
    """Wilson intervals of a rate of each group, NaN if none are asked for."""
    n_groups = len(settings.names)
    low = high = np.full(n_groups, np.nan)
    if settings.n_resamples:
        p, n = found.by_group[rate], found.among[rate]
        low, high = wilson_interval(p, n, settings.confidence_level)
    ends = zip(low.tolist(), high.tolist())
    return {name: [a, b] for name, (a, b) in zip(settings.names, ends)}
