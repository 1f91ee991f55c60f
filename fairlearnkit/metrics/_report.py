"""What a reviewer wants to see in one place: counts, rates and gaps, with intervals."""

import datetime
import platform
from functools import partial
from numbers import Integral

import numpy as np
import scipy
import sklearn
from sklearn.exceptions import UndefinedMetricWarning

import fairlearnkit
from fairlearnkit._counting.confusion import read_confusion
from fairlearnkit._counting.gaps import warn_of_small_denominator
from fairlearnkit._counting.group_rates import check_rates
from fairlearnkit._counting.noisy_counts import (
    add_noise,
    check_noise,
    count_declared,
)
from fairlearnkit._counting.noisy_group_rates import warn_of_small_noisy_groups
from fairlearnkit._counting.small_groups import (
    check_min_group_size,
    find_large_groups,
    leave_out_small_groups,
    warn_of_left_out,
)
from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.containers import any_lazy, named_columns
from fairlearnkit._data.counts import SMALL_CELL, group_shares
from fairlearnkit._data.groups import find_groups
from fairlearnkit._data.messages import (
    PARITY_REPORT,
    check_confidence_level,
    check_option,
)
from fairlearnkit._data.partitions import without_rows
from fairlearnkit._data.quiet import without_warnings
from fairlearnkit._data.rows import read_weight
from fairlearnkit.exceptions import SmallGroupWarning

from ._dask_scores import read_score_rows
from ._report_names import Settings, group_names, name_of_reference
from ._report_object import ParityReport
from ._report_private import check_private, private_numbers
from ._report_rates import positives_and_rates, rate_numbers
from ._report_scores import NumberRows, check_measures, read_numbers, score_numbers
from ._resample_scores import sum_terms

# Rates of demographic parity and of equalized odds, and the accuracy that they cost.
DEFAULT_RATES = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "accuracy",
)
# Of the resamples of numbers, so that equal rows have equal reports.
DEFAULT_SEED = 0
TARGETS = ("classes", "numbers")
ROWS = ("y_true", "y_pred", "sensitive_features", "sample_weight")


def parity_report(
    y_true,
    y_pred,
    *,
    sensitive_features,
    sample_weight=None,
    target="classes",
    pos_label=None,
    labels=None,
    rates=None,
    reference=None,
    n_resamples=1000,
    confidence_level=0.95,
    random_state=None,
    missing="error",
    min_group_size=0,
    title=None,
    model=None,
    data=None,
    date=None,
    output_dict=False,
    groups=None,
    epsilon=None,
):
    r"""Report of counts, rates and gaps by group: text, table, HTML page, JSON.

    For each rate, or mean or error of a numeric target,

    .. math:: \text{difference} = \max_g \text{rate}_g - \min_g \text{rate}_g, \quad
              \text{ratio} = \min_g \text{rate}_g \,/\, \max_g \text{rate}_g

    with intervals. For selection rates, the impact ratio of a group is its rate divided
    by that of the most selected group.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        True labels of any kind, or numbers. May be None for the selection rate and for
        the mean prediction, which do not depend on them.
    y_pred : array-like of shape (n_samples,)
        Predicted labels, or numbers.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights.
    target : {"classes", "numbers"}, default="classes"
        Whether `y_true` and `y_pred` are class labels, or numbers such as prices.
    pos_label : scalar, default=None
        The positive class. None takes 1 if labels are {0, 1}, {-1, 1} or booleans, and
        each class in turn if there are more than two; of two other labels it has to be
        named, unless only "accuracy" and "error_rate" are reported.
    labels : array-like, default=None
        All classes, if some may not occur in these rows. Required with `epsilon`.
    rates : sequence of str, default=None
        Rates to report; :func:`~fairlearnkit.metrics.rate_difference` lists their
        names. None takes selection rate, true and false positive rate, and accuracy;
        without `y_true`, the selection rate. Of numbers they are "mean_prediction",
        "mean_target", "mean_error" (prediction minus target), "mean_absolute_error" and
        "root_mean_squared_error"; None takes all of them, without `y_true` the first.
    reference : scalar or tuple, default=None
        Group that every other group is compared with, too: its label, or its name in
        the report.
    n_resamples : int, default=1000
        Number of bootstrap resamples where the target is numeric. The intervals of
        rates have formulas. 0 omits all intervals.
    confidence_level : float, default=0.95
        Confidence level of the intervals.
    random_state : int, RandomState instance or None, default=None
        Determines the resamples of a numeric target. None takes the seed 0, so that
        equal rows have equal reports. With `epsilon`, any other value than None is an
        error.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive features. With `epsilon`, "error" leaves these
        rows out, as "ignore" does, since an error would reveal them.
    min_group_size : int, default=0
        Groups of fewer rows are left out of differences and ratios. Their rates stay in
        the report, marked.
    title, model, data : str, default=None
        What the report is called, and which model and data it is about.
    date : str or date, default=None
        Date of the report; None takes today's.
    output_dict : bool, default=False
        Return the numbers as a dict instead.
    groups : sequence, default=None
        All groups, required with `epsilon` and refused without: labels, or tuples of
        labels for several sensitive columns.
    epsilon : float, default=None
        Noise in each count makes the report private: adding or removing one row changes
        the probability of any report by a factor of at most exp(epsilon). From 1e-6 to
        1000; the smaller, the more noise, and 0.1 to 10 are usual. None adds no noise.

    Returns
    -------
    report : ParityReport or dict
        The report has ``frame()``, ``to_html(path)``, ``to_markdown()`` and
        ``to_json()``; its ``numbers`` are the dict, which the user guide describes key
        by key (:ref:`report`). The dict holds plain Python types: the keys of groups
        are their labels as text, ``"a, b"`` for several columns and ``"None"`` for
        None; where two labels would have the same text, all are written as in Python,
        with quotes. Numbers that are not defined are NaN.

    Raises
    ------
    ValueError
        Lengths differ, there is only one group, values are missing, or a rate is
        unknown; `y_true` has two classes and `y_pred` others, such as scores; the
        positive class has to be named; a rate needs `y_true`, and it is None;
        `min_group_size` leaves fewer than two groups, or not the `reference`; a group
        has no weight, where the target is numeric. With `epsilon`: `groups` or `labels`
        are not declared, there are weights or a seed, or the target is numeric.

    Warns
    -----
    SmallGroupWarning
        A group has fewer than 10 rows, or `min_group_size` leaves groups out; the
        report marks them, too.

    Notes
    -----
    Each interval is valid for one gap, not for all of them at once. Those of gaps of
    rates are those of :func:`~fairlearnkit.metrics.bootstrap_interval`, whose notes say
    how often they hold the truth. Those of numbers come from resamples; nothing is
    guaranteed if groups have few rows or values with heavy tails. The user guide says
    what each gap does not show. Of more than two groups, the text names the two behind
    each gap, with the number of rows that the rate is about. The report states numbers;
    it does not judge whether a difference is justified or lawful.

    With `epsilon`, everything is computed from the counts of group, true class and
    prediction with discrete Laplace noise, exact and from the system's own randomness,
    and intervals allow for the noise. A row with a label that is not in `groups` or
    `labels` is not counted, without an error or a warning, which would reveal it. Each
    call adds its epsilon to that of all earlier ones on the same rows. The model that
    made `y_pred` and the running time are not protected (:ref:`private_report`).

    Intervals of rates take a time that does not depend on the number of rows; those of
    numeric targets draw rows: some seconds for 20,000 rows and 1,000 resamples. Takes
    Dask collections as :func:`~fairlearnkit.metrics.rate_difference` does; with
    ``target="numbers"`` only with ``n_resamples=0``, where sums may differ in their
    last digits from those in memory.

    References
    ----------
    Verma, Rubin: Fairness Definitions Explained. FairWare 2018.

    Canonne, Kamath, Steinke: The Discrete Gaussian for Differential Privacy. NeurIPS
    2020, algorithms 1 and 2.

    Newcombe: Interval Estimation for the Difference between Independent Proportions.
    Statistics in Medicine 17, 1998, method 10.

    Donner, Zou: Closed-form Confidence Intervals for Functions of the Normal Mean and
    Standard Deviation. Statistical Methods in Medical Research 21, 2012.

    Examples
    --------
    >>> from fairlearnkit.metrics import parity_report
    >>> group, y_true = ["a"] * 40 + ["b"] * 40, [1, 0] * 40
    >>> y_pred = [1, 0] * 20 + [1, 0, 0, 0] * 10
    >>> print(parity_report(y_true, y_pred, sensitive_features=group, n_resamples=0))
                count  selection_rate  true_positive_rate  false_positive_rate  accuracy
    a              40           0.500               1.000                0.000     1.000
    b              40           0.250               0.500                0.000     0.750
    all rows       80           0.375               0.750                0.000     0.875
    difference                  0.250               0.500                0.000     0.250
    ratio                       0.500               0.500                  nan     0.750
    <BLANKLINE>
    Positive class: 1. nan: no such rows in a group, or a ratio of rates that are 0.

    The numbers of a private report differ from call to call:

    >>> declared = {"groups": ["a", "b"], "labels": [0, 1], "epsilon": 1.0}
    >>> private = parity_report(y_true, y_pred, sensitive_features=group, **declared)
    >>> private.numbers["privacy"]["unit"]
    'one row, added or removed'
    """
    check_option("target", target, TARGETS)
    rows = dict(zip(ROWS, (y_true, y_pred, sensitive_features, sample_weight)))
    build = {"classes": _report_classes, "numbers": _report_numbers}[target]
    check_noise(epsilon, groups, sample_weight)
    if epsilon is not None:
        check_private(target, random_state)
        build = partial(_report_private, groups=groups, epsilon=epsilon)
    elif random_state is None:
        random_state = DEFAULT_SEED
    asked = (reference, n_resamples, confidence_level, random_state)
    found = build(rows, rates, (pos_label, labels), missing, min_group_size, asked)
    numbers = _heading(title, model, data, date) | _circumstances(rows) | found
    numbers |= {"target": target, "min_group_size": int(min_group_size)}
    numbers |= _resampling(target, n_resamples, confidence_level, random_state)
    return numbers if output_dict else ParityReport(numbers)


def _heading(title, model, data, date):
    """What the user says about the report, as text."""
    texts = {"title": title, "model": model, "data": data}
    texts = {name: None if text is None else str(text) for name, text in texts.items()}
    return texts | {"date": str(datetime.date.today() if date is None else date)}


def _resampling(target, n_resamples, confidence_level, random_state):
    """How the intervals were made: those of classes by formulas."""
    is_drawn = target == "numbers"
    is_seed = is_drawn and isinstance(random_state, int)
    return {
        "n_resamples": int(n_resamples) if is_drawn else 0,
        "confidence_level": float(confidence_level) if n_resamples else None,
        "random_state": random_state if is_seed else None,
    }


def _circumstances(rows):
    """What the numbers come from: columns, rows, weights and versions."""
    columns = named_columns(without_rows(rows["sensitive_features"]), PARITY_REPORT)
    unnamed = (
        ["group"]
        if len(columns) == 1
        else [f"column {j}" for j, _ in enumerate(columns)]
    )
    return {
        "sensitive_features": [c.name or other for c, other in zip(columns, unnamed)],
        "n_rows": None,  # told by what counts the rows
        "weighted": rows["sample_weight"] is not None,
        "privacy": None,
        "versions": {
            "fairlearnkit": fairlearnkit.__version__,
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "Python": platform.python_version(),
        },
    }


def _report_classes(rows, rates, classes, missing, min_group_size, asked):
    """Numbers of a report on classes; see `parity_report`."""
    rates = check_rates(rates, rows["y_true"], DEFAULT_RATES)
    pos_label, labels = classes
    confusion = read_confusion(
        **rows,
        rates=rates,
        labels=labels,
        missing=missing,
        pos_label=pos_label,
        caller=PARITY_REPORT,
    )
    warn_of_small_denominator(confusion, "selection_rate", 0, stacklevel=4)
    compared = leave_out_small_groups(confusion, min_group_size, stacklevel=4)
    counts = confusion.counts[0].sum(axis=(1, 2))
    labels = confusion.groups.tolist(), compared.groups.tolist()
    settings = _settings(*labels, *asked)
    # The report marks small and undefined rates itself.
    with without_warnings(SmallGroupWarning), without_warnings(UndefinedMetricWarning):
        numbers = rate_numbers(confusion, compared, rates, pos_label, settings)
    return numbers | _marks(counts, settings) | {"n_rows": confusion.n_rows}


def _report_private(
    rows, rates, classes, missing, min_group_size, asked, *, groups, epsilon
):
    """Numbers of a private report on classes; see `parity_report`."""
    rates = check_rates(rates, rows["y_true"], DEFAULT_RATES)
    check_min_group_size(min_group_size)
    pos_label, labels = classes
    exact = count_declared(
        rows["y_true"],
        rows["y_pred"],
        rows["sensitive_features"],
        rates,
        groups=groups,
        labels=labels,
        missing=missing,
        caller=PARITY_REPORT,
    )
    # Errors about arguments come before the noise: a call that draws it is a release.
    _settings(*[exact.groups.tolist()] * 2, *asked)
    parts = positives_and_rates(exact, rates, pos_label)
    noisy = add_noise(exact, epsilon, rows["y_true"] is not None)
    warn_of_small_noisy_groups(noisy, stacklevel=4)
    counts = noisy.counts[0].sum(axis=(1, 2))
    is_large = np.ones(len(counts), dtype=bool)
    if min_group_size:
        is_large = find_large_groups(noisy.groups, counts, min_group_size)
        warn_of_left_out(noisy.groups, counts, min_group_size, stacklevel=4)
    compared = noisy.take(is_large)
    settings = _settings(noisy.groups.tolist(), compared.groups.tolist(), *asked)
    return private_numbers(noisy, compared, parts, settings) | _marks(counts, settings)


def _report_numbers(rows, measures, classes, missing, min_group_size, asked):
    """Numbers of a report on a numeric target; see `parity_report`."""
    for name, value in zip(("pos_label", "labels"), classes):
        if value is not None:
            msg = f'{name}={value!r} is about classes, and target is "numbers".'
            raise ValueError(msg)
    measures = check_measures(measures, rows["y_true"])
    found, n_rows = _read_rows(rows, missing, n_resamples=asked[1])
    groups, counts = found.groups, found.counts()
    check_min_group_size(min_group_size)
    is_large = find_large_groups(groups.labels, counts, min_group_size)
    warn_of_left_out(groups.labels, counts, min_group_size, stacklevel=4)
    labels = groups.labels.tolist()
    compared = [label for label, large in zip(labels, is_large) if large]
    settings = _settings(labels, compared, *asked)
    with without_warnings(UndefinedMetricWarning):
        numbers = score_numbers(found, measures, settings)
    return numbers | _marks(counts, settings) | {"n_rows": n_rows}


def _read_rows(rows, missing, n_resamples):
    """Target, predictions and groups, and the number of all rows."""
    if any_lazy(*rows.values()):
        return _read_collections(rows, missing, n_resamples)
    check_alignment(**rows)
    y_true, y_pred = read_numbers(rows["y_true"], rows["y_pred"])
    groups = find_groups(
        rows["sensitive_features"],
        PARITY_REPORT,
        n_samples=len(y_pred),
        missing=missing,
    )
    weight = read_weight(rows["sample_weight"], len(y_pred))
    group_shares(groups, weight)  # raises an error for a group without weight
    return NumberRows.read(y_true, y_pred, groups, weight), len(y_pred)


def _read_collections(rows, missing, n_resamples):
    """The same of Dask collections, whose rows are not drawn."""
    if n_resamples:
        msg = (
            "Intervals of numeric targets need rows that are drawn with replacement, "
            'which is not done on Dask collections: parity_report(..., target="numbers"'
            ", n_resamples=0), or pass a sample of the rows that is in memory."
        )
        raise ValueError(msg)
    if rows["y_pred"] is None:
        read_numbers(rows["y_true"], None)  # raises an error
    found = read_score_rows(rows, _numbers_of, PARITY_REPORT, missing)
    return found, int(found.table.sizes.sum())


def _numbers_of(part):
    y_true, y_pred = read_numbers(part.get("y_true"), part["y_pred"])
    return y_pred, sum_terms(y_true, y_pred).T


def _settings(labels, compared, reference, n_resamples, confidence_level, random_state):
    """What is asked for, with the groups by their names."""
    is_count = isinstance(n_resamples, Integral) and not isinstance(n_resamples, bool)
    if not is_count or n_resamples < 0:
        msg = f"n_resamples={n_resamples!r} must be an integer of at least 0."
        raise ValueError(msg)
    if n_resamples:
        check_confidence_level(confidence_level)
    names, kept = group_names(labels), set(compared)
    compared = [name for name, label in zip(names, labels) if label in kept]
    reference = name_of_reference(reference, labels, names, compared)
    return Settings(
        names, compared, reference, n_resamples, confidence_level, random_state
    )


def _marks(counts, settings):
    """Groups that the report marks."""
    names = settings.names
    return {
        "reference": settings.reference,
        "small_groups": [n for n, count in zip(names, counts) if count < SMALL_CELL],
        "left_out": [name for name in names if name not in settings.compared],
    }
