"""Numbers of a report on classes: rates by group, and what follows from them."""

import numpy as np

from fairlearnkit._counting.confusion import one_positive_class
from fairlearnkit._counting.group_rates import rates_by_group
from fairlearnkit._counting.kinds import weights_and_squares
from fairlearnkit._counting.rates import RATES, need_no_positive_class
from fairlearnkit._counting.sampled_rates import sampled_rates
from fairlearnkit._data.messages import PARITY_REPORT

from ._report_gaps import compare, describe
from ._report_measures import RateMeasure, intervals_of_groups
from ._report_names import group_names, plain_label


def rate_numbers(confusion, compared, rates, pos_label, settings):
    """All rates of a report.

    The rates of each positive class are one part of the report. Of more than two
    classes each is taken as positive in turn, unless one is named, and rates that
    depend on none come first.

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
    parts = positives_and_rates(confusion, rates, pos_label)
    # Sums of squared weights, which only intervals need.
    sums = [
        weights_and_squares(each) if settings.n_resamples else (each.weights,) * 2
        for each in (confusion, compared)
    ]
    found = [
        _part(confusion, compared, sums, positive, names, settings)
        for positive, names in parts
    ]
    return join_parts(confusion.classes, parts, found)


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


def _part(confusion, compared, sums, positive, rates, settings):
    """Counts, rates and gaps for one positive class.

    Parameters
    ----------
    confusion, compared : ConfusionCounts
        Confusion matrices of all groups, and of those that are compared.
    sums : list of two pairs of ndarray
        Sums of the weights of both, and of their squares.
    positive : int
        Position of the positive class.
    rates : sequence of str
        Names of the rates.
    settings : Settings
        What is asked for.

    Returns
    -------
    part : dict
    """
    found = rates_by_group(confusion, positive, rates)
    is_compared = np.isin(settings.names, settings.compared)
    of_all, of_compared = (
        {rate: sampled_rates(w[0], s[0], rate, positive) for rate in rates}
        for w, s in sums
    )
    measures = {
        rate: RateMeasure(
            each, found.among[rate][is_compared], bool(settings.n_resamples)
        )
        for rate, each in of_compared.items()
    }
    part = describe(found.counts, found.by_group, found.overall, found.among, settings)
    part["intervals"] = intervals_of_groups(of_all, settings)
    part["pos_label"] = plain_label(found.pos_label)
    return part | compare(measures, settings)
