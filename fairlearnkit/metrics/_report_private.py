"""A private report on classes: all of it follows from counts with noise."""

from math import sqrt

from fairlearnkit._counting.discrete_laplace import noise_variance
from fairlearnkit._counting.noisy_group_rates import noisy_rates_by_group

from ._report_gaps import compare, describe
from ._report_measures import RateMeasure, intervals_of_groups
from ._report_names import plain_label
from ._report_rates import join_parts

UNIT = "one row, added or removed"
MECHANISM = "discrete Laplace noise in each count of group, true class and prediction"
MECHANISM_WITHOUT_TRUTH = "discrete Laplace noise in each count of group and prediction"


def check_private(target, random_state):
    """Raise an error for what a private report cannot hold.

    Parameters
    ----------
    target : {"classes", "numbers"}
        What is reported.
    random_state : object
        The seed, if one was given.

    Raises
    ------
    ValueError
        Numeric targets, or a seed.
    """
    if target != "classes":
        msg = (
            f"target={target!r} and epsilon exclude each other: a row can change a "
            "mean, an error or a distance of numbers by any amount, which no noise "
            "hides. Cut the numbers into classes, or leave out epsilon."
        )
        raise ValueError(msg)
    if random_state is not None:
        msg = (
            f"random_state={random_state!r} and epsilon exclude each other: whoever "
            "knows the seed could subtract the noise, which is drawn from the system's "
            "own randomness. Leave out random_state."
        )
        raise ValueError(msg)


def private_numbers(noisy, compared, parts, settings):
    """All rates of a private report, as `rate_numbers` has them.

    Parameters
    ----------
    noisy, compared : NoisyCounts
        Confusion matrices with noise of all groups, and of those that are compared.
    parts : list of (int, list of str)
        As `positives_and_rates` returns them.
    settings : Settings
        What is asked for.

    Returns
    -------
    numbers : dict
    """
    found = [
        _part(noisy, compared, positive, names, settings) for positive, names in parts
    ]
    return join_parts(noisy.classes, parts, found) | {
        "n_rows": int(noisy.counts.sum()),
        "privacy": {
            "epsilon": noisy.epsilon,
            "unit": UNIT,
            "mechanism": MECHANISM if noisy.has_truth else MECHANISM_WITHOUT_TRUTH,
            "noise_standard_deviation": sqrt(noise_variance(noisy.epsilon)),
        },
    }


def _part(noisy, compared, positive, rates, settings):
    """Counts, rates and gaps for one positive class."""
    found = noisy_rates_by_group(noisy, positive, rates)
    measures = {
        rate: RateMeasure(each, each.denominator, bool(settings.n_resamples))
        for rate, each in noisy_rates_by_group(compared, positive, rates).noisy.items()
    }
    part = describe(found.counts, found.by_group, found.overall, found.among, settings)
    part["intervals"] = intervals_of_groups(found.noisy, settings)
    part["pos_label"] = plain_label(found.pos_label)
    return part | compare(measures, settings)
