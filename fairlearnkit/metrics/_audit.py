"""Which subgroups are treated worst: intersections, thresholds, half-spaces."""

import numpy as np
from sklearn.utils import check_random_state

from fairlearnkit._counting.confusion import (
    ROWS,
    one_positive_class,
    read_confusion,
    read_rows,
)
from fairlearnkit._counting.labels import read_labels
from fairlearnkit._counting.rates import RATES
from fairlearnkit._data.containers import any_lazy
from fairlearnkit._data.messages import CLASS_REPORT, check_option
from fairlearnkit._data.progress import Progress
from fairlearnkit._data.sensitive_columns import split_columns
from fairlearnkit.utils._sklearn_private import _num_samples

from ._audit_columns import read_column, warn_of_identifiers
from ._conjunctions import search_conjunctions
from ._half_space import search_half_space
from ._subgroup_audit import SubgroupAudit


def audit_subgroups(
    y_true,
    y_pred,
    *,
    sensitive_features,
    rate="selection_rate",
    depth=2,
    min_count=10,
    top=10,
    linear=True,
    n_permutations=200,
    pos_label=None,
    random_state=None,
    verbose=0,
):
    r"""Search all subgroups of several sensitive columns for those treated worst.

    .. math:: \text{violation}(S) = P(S) \, |\text{rate}(S) - \text{rate}|

    among the rows in the denominator of the rate, so the size of a group matters. There
    are two searches: over all conjunctions of up to `depth` conditions, each a value or
    one side of a threshold (a column may have both sides), and over half-spaces of all
    columns together.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        True labels. May be None for the selection rate, which does not depend on them.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Sensitive columns: labels, or numbers such as age. A missing label is a value of
        its own; a missing number is an error.
    rate : str, default="selection_rate"
        As in :func:`~fairlearnkit.metrics.rate_difference`.
    depth : int, default=2
        Most conditions in a conjunction.
    min_count : int, default=10
        Subgroups with fewer rows are skipped, and so are those with fewer rows outside.
    top : int, default=10
        Number of subgroups to report; None for all.
    linear : bool, default=True
        Whether to search half-spaces, too.
    n_permutations : int, default=200
        Number of permutations for the p-value of the half-space.
    pos_label : scalar, default=None
        The positive class. None takes 1 if labels are {0, 1}, {-1, 1} or booleans; of
        other labels it has to be named, unless the rate is "accuracy" or "error_rate".
    random_state : int, RandomState instance or None, default=None
        Determines the permutations.
    verbose : int, default=0
        0 prints nothing, 1 some ten lines about the progress of each of the two
        searches, 2 a line for each first condition and each permutation.

    Returns
    -------
    audit : SubgroupAudit
        A Bunch that ``print`` shows as a table, with ``frame()`` and these keys:

        rate_name : str
            The rate.
        overall : float
            The rate of all rows.
        pos_label : scalar or None
            The positive class; None if the rate does not depend on it.
        n_tested : int
            Number of conjunctions that were tested.
        subgroups : list of dict
            The worst ones in descending order of violation, each with "subgroup" (the
            conditions in words), "count", "share", "rate", "gap" (rate minus overall
            rate), "violation", "p_value" and "complement". A condition and the one that
            holds for all other rows, such as "age > 46" and "age <= 46", are one
            finding, of the smaller group; the other is its "complement" (else None).
        half_space : dict or None
            The worst half-space, with the same keys but "subgroup", and with "weights"
            of the columns (labels are 0 or 1) and a "threshold": it holds the rows
            whose weighted sum is above the threshold.

    Raises
    ------
    ValueError
        Lengths differ, an option is unknown, the positive class has to be named,
        `y_true` has two classes and `y_pred` others, such as scores, or the rate has
        fewer than ``2 * min_count`` rows in its denominator.

    Warns
    -----
    UserWarning
        No label of a column has `min_count` rows.

    Notes
    -----
    p-values say how surprising a subgroup would be if the rate were the same
    everywhere, and they account for the search. Those of conjunctions are exact
    (hypergeometric, two-sided), with Holm's adjustment for all that were tested. That
    of the half-space compares it with the worst half-space of each permutation of the
    outcomes. Rows are taken as independent.

    Numeric columns with more than 10 values are cut at their deciles, and so are dates
    and times, which half-spaces measure in days since 1970-01-01. Labels with fewer
    than `min_count` rows define no subgroup; there is a warning if a column, such as an
    identifier, has no others. Half-spaces come from a single linear regression of the
    outcome on all columns, with labels one-hot encoded (those beyond the 100 most
    frequent share one feature), and the best threshold along it. This is a heuristic,
    as in the paper, and may miss a worse half-space. A search that finds nothing does
    not show that there is nothing.

    Takes Dask collections with ``linear=False``, if at most 100,000 rows of all columns
    together are different.

    References
    ----------
    Kearns, Neel, Roth, Wu: Preventing Fairness Gerrymandering: Auditing and Learning
    for Subgroup Fairness. ICML 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from fairlearnkit.metrics import audit_subgroups
    >>> sex, old = np.array(["f", "m"] * 200), np.repeat([False, True], 200)
    >>> y_pred = np.where((sex == "f") & old, 0, np.arange(400) // 2 % 2)
    >>> audit = audit_subgroups(
    ...     y_pred, y_pred, sensitive_features={"sex": sex, "old": old}, random_state=0
    ... )
    >>> audit.subgroups[0]["subgroup"], round(audit.subgroups[0]["gap"], 3)
    ("sex = 'f' and old = True", -0.375)
    """
    _check_at_least_one(depth=depth, min_count=min_count)
    rows = dict(zip(ROWS, (y_true, y_pred, sensitive_features)))
    # From here on, only the rows in the denominator of the rate exist.
    named, hits, rows, sizes, pos_label = _read(rows, rate, pos_label, linear)
    n_rows = len(hits) if sizes is None else int(sizes.sum())
    _check_enough_rows(n_rows, rate, min_count)
    columns = [read_column(name, values, rows, sizes) for name, values in named]
    warn_of_identifiers(columns, min_count)
    partitions = [column.partition(min_count) for column in columns]
    progress = Progress("audit_subgroups", verbose)
    limits = depth, min_count, top
    n_tested, subgroups = search_conjunctions(
        partitions, hits, *limits, progress, sizes
    )
    half_space = None
    if linear:
        draws = n_permutations, check_random_state(random_state)
        half_space = search_half_space(columns, hits, min_count, *draws, progress)
    return SubgroupAudit(
        rate_name=rate,
        overall=float(np.average(hits, weights=sizes)),
        pos_label=pos_label,
        n_tested=n_tested,
        subgroups=subgroups,
        half_space=half_space,
    )


def _read(rows, rate, pos_label, linear):
    """Columns, outcomes, which rows count and how often (None: once), positive class.

    Of Dask collections, the rows are the distinct ones.
    """
    if linear and any_lazy(*rows.values()):
        msg = (
            "The search of half-spaces needs all rows in memory, and those of Dask "
            "collections are not: audit_subgroups(..., linear=False), or pass a sample "
            "of the rows that is in memory."
        )
        raise ValueError(msg)
    rows, table = read_rows(rows, CLASS_REPORT)
    y_true, y_pred = rows.get("y_true"), rows.get("y_pred")
    if y_pred is None:
        read_labels(y_pred=None)  # raises an error
    features, n_samples = rows.get("sensitive_features"), _num_samples(y_pred)
    named = split_columns(features, CLASS_REPORT, n_samples=n_samples)
    hits, counted, pos_label = _outcomes(y_true, y_pred, rate, pos_label)
    sizes = None if table is None else table.sizes[counted]
    return named, hits[counted], counted, sizes, pos_label


def _check_at_least_one(**numbers):
    for name, value in numbers.items():
        if value < 1:
            msg = f"{name}={value!r} must be 1 or more."
            raise ValueError(msg)


def _check_enough_rows(n_rows, rate, min_count):
    if n_rows < 2 * min_count:
        msg = (
            f"{rate} is about {n_rows} rows only; take a smaller min_count, or more "
            "rows."
        )
        raise ValueError(msg)


def _outcomes(y_true, y_pred, rate, pos_label):
    """Which rows count in the numerator and the denominator, and the positive class.

    The labels are read in the same way as by the metrics of rates.
    """
    check_option("rate", rate, RATES)
    confusion = read_confusion(
        y_true,
        y_pred,
        np.arange(len(y_pred)) % 2,  # any two groups, which are not looked at
        (rate,),
        pos_label=pos_label,
        caller=CLASS_REPORT,
    )
    positive = one_positive_class(confusion, (rate,), pos_label, CLASS_REPORT)
    numerator, denominator = RATES[rate].masks(positive, len(confusion.classes))
    _, _, true, predicted = confusion.codes
    label = confusion.classes[positive] if RATES[rate].needs_positive_class else None
    return numerator[true, predicted], denominator[true, predicted], label
