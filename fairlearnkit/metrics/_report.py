"""What a reviewer wants to see on one page: counts, rates and gaps, with intervals."""

import warnings
from html import escape

from sklearn.exceptions import UndefinedMetricWarning

from fairlearnkit._counting.confusion import one_positive_class, read_confusion
from fairlearnkit._counting.gaps import RateComparison, measure_gap
from fairlearnkit._counting.group_rates import check_rates, rates_by_group
from fairlearnkit._counting.pairs import widest_pair
from fairlearnkit._counting.rates import rate_counts
from fairlearnkit._counting.small_groups import leave_out_small_groups
from fairlearnkit._data.counts import SMALL_CELL
from fairlearnkit.exceptions import SmallGroupWarning

from ._bootstrap import percentile_interval
from ._report_text import notes_below, table_cells, text_of
from ._resample_counts import resampled_gaps

# Rates of demographic parity and of equalized odds, and the accuracy that they cost.
DEFAULT_RATES = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "accuracy",
)


class ParityReport(str):
    """Text of `parity_report`, with the numbers behind it.

    Notebooks show it as a table; ``print`` shows the text.

    Parameters
    ----------
    text : str
        The text.
    numbers : dict
        What ``parity_report(..., output_dict=True)`` returns.

    Attributes
    ----------
    numbers : dict
        As given.

    Examples
    --------
    >>> from fairlearnkit.metrics import parity_report
    >>> group, y_pred = ["a"] * 20 + ["b"] * 20, [1, 0] * 20
    >>> report = parity_report(y_pred, y_pred, sensitive_features=group, n_resamples=9)
    >>> report.numbers["groups"]["a"]["selection_rate"]
    0.5
    """

    def __new__(cls, text, numbers):
        """Make the string and store the numbers."""
        report = super().__new__(cls, text)
        report.numbers = numbers
        return report

    def __getnewargs__(self):
        return str(self), self.numbers  # for pickle and copy, which call __new__

    def frame(self):
        """Table of the groups, all rows and the gaps.

        Returns
        -------
        frame : DataFrame
            One row for each group, one for all rows, and one each for the differences
            and ratios. Columns are the number of rows and the rates. The positive class
            is the name of the columns, and ``frame.attrs["pos_label"]``.
        """
        import pandas as pd

        numbers = self.numbers
        rows = [*numbers["groups"].items(), ("all rows", numbers["overall"])]
        for kind in ("difference", "ratio"):
            gaps = {rate: gap["estimate"] for rate, gap in numbers[kind].items()}
            rows.append((kind, gaps))
        data = {
            name: [row.get(name) for _, row in rows]
            for name in ("count", *numbers["difference"])
        }
        # Gaps have no count; Int64 has missing values, while int64 would become float.
        data["count"] = pd.array(data["count"], dtype="Int64")
        index = pd.Index([label for label, _ in rows], tupleize_cols=False)
        frame = pd.DataFrame(data, index=index)
        label = frame.attrs["pos_label"] = numbers["pos_label"]
        frame.columns.name = None if label is None else f"positive class: {label}"
        return frame

    def _repr_html_(self):
        header, *lines = table_cells(self.numbers)
        header = "".join(f"<th>{escape(cell)}</th>" for cell in header)
        body = "".join(
            f"<tr><th>{escape(first)}</th>"
            + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
            + "</tr>"
            for first, *rest in lines
        )
        notes = escape(notes_below(self.numbers))
        return (
            '<table class="parity-report" style="text-align: right">'
            f"<thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>"
            f"<p>{notes}</p>"
        )


def parity_report(
    y_true,
    y_pred,
    *,
    sensitive_features,
    sample_weight=None,
    pos_label=None,
    labels=None,
    rates=None,
    n_resamples=1000,
    confidence_level=0.95,
    random_state=0,
    missing="error",
    min_group_size=0,
    output_dict=False,
):
    r"""Report of counts, rates and gaps by group, as text.

    For each rate

    .. math:: \text{difference} = \max_g \text{rate}_g - \min_g \text{rate}_g, \quad
              \text{ratio} = \min_g \text{rate}_g \,/\, \max_g \text{rate}_g

    with bootstrap intervals.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        True labels of any kind. May be None for the selection rate, which does not
        depend on them.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights.
    pos_label : scalar, default=None
        The positive class. None takes 1 if labels are {0, 1}, {-1, 1} or booleans; of
        other labels it has to be named, unless only "accuracy" and "error_rate" are
        reported.
    labels : array-like, default=None
        All classes, if some may not occur in these rows.
    rates : sequence of str, default=None
        Rates to report; :func:`~fairlearnkit.metrics.rate_difference` lists their
        names. None takes selection rate, true and false positive rate, and accuracy;
        without `y_true`, the selection rate.
    n_resamples : int, default=1000
        Number of bootstrap resamples; 0 omits the intervals.
    confidence_level : float, default=0.95
        Confidence level of the intervals.
    random_state : int, RandomState instance or None, default=0
        Determines the resamples.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive features.
    min_group_size : int, default=0
        Groups of fewer rows are left out of differences and ratios. Their rates stay in
        the report, marked.
    output_dict : bool, default=False
        Return the numbers as a dict instead.

    Returns
    -------
    report : str or dict
        A string that notebooks show as a table; its ``frame()`` returns a DataFrame,
        its ``numbers`` the dict. The dict has "groups" (a dict for each group),
        "overall", "difference" and "ratio" (for each rate "estimate", "low", "high" and
        "n_undefined"), "pairs" (for each rate the groups of its lowest and highest
        value, with "group" and "count", the rows that the rate is about; empty if it is
        not defined), "small_groups", "small_rates", "left_out" (groups that are not
        compared), "min_group_size", "pos_label" (the positive class, None if no rate
        depends on it) and "confidence_level". It holds plain Python types, which
        ``json.dumps`` accepts: the keys of groups are their labels as text, ``"a, b"``
        for several columns and ``"None"`` for None; where two labels would have the
        same text, all are written as in Python, with quotes. Numbers that are not
        defined are NaN.

    Raises
    ------
    ValueError
        Lengths differ, there is only one group, values are missing, or a rate is
        unknown; `y_true` has two classes and `y_pred` others, such as scores; the
        positive class has to be named; a rate needs `y_true`, and it is None;
        `min_group_size` leaves fewer than two groups.

    Warns
    -----
    SmallGroupWarning
        A group has fewer than 10 rows, or `min_group_size` leaves groups out; the
        report marks them, too.

    Notes
    -----
    Each interval is valid for one gap, not for all of them at once. The user guide says
    what each gap does not show. Of more than two groups, the text names the two behind
    each gap, with the number of rows that the rate is about.

    References
    ----------
    Verma, Rubin: Fairness Definitions Explained. FairWare 2018.

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
    """
    rates = check_rates(rates, y_true, DEFAULT_RATES)
    confusion = read_confusion(
        y_true,
        y_pred,
        sensitive_features,
        rates,
        sample_weight=sample_weight,
        labels=labels,
        missing=missing,
        pos_label=pos_label,
    )
    positive = one_positive_class(confusion, rates, pos_label)
    numbers = _plain_rates(rates_by_group(confusion, positive, rates), rates)
    numbers["confidence_level"] = float(confidence_level) if n_resamples else None
    compared = leave_out_small_groups(confusion, min_group_size)
    numbers |= _names_of_compared(compared, confusion, positive, numbers)
    numbers["min_group_size"] = int(min_group_size)
    with warnings.catch_warnings():  # the report marks small and undefined rates itself
        warnings.simplefilter("ignore", SmallGroupWarning)
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        numbers |= _gaps(
            compared, positive, rates, n_resamples, confidence_level, random_state
        )
    return numbers if output_dict else ParityReport(text_of(numbers), numbers)


def _plain_rates(rates_by_group, rates):
    """Counts and rates in plain Python types, with the groups by their names."""
    # `among` holds the number of rows in the denominator of each rate.
    counts, n_rows = rates_by_group.counts, rates_by_group.among
    names = _group_names(rates_by_group.groups.tolist())

    def small(counts):
        return [name for name, count in zip(names, counts) if count < SMALL_CELL]

    groups = {
        name: {"count": int(counts[g])}
        | {rate: float(rates_by_group.by_group[rate][g]) for rate in rates}
        for g, name in enumerate(names)
    }
    overall = {rate: float(rates_by_group.overall[rate]) for rate in rates}
    return {
        "groups": groups,
        "overall": {"count": int(counts.sum())} | overall,
        "small_groups": small(counts),
        "small_rates": {rate: small(n_rows[rate]) for rate in rates},
        "pos_label": _plain_label(rates_by_group.pos_label),
    }


def _plain_label(label):
    """A label of a type that JSON has, else its text."""
    return label if isinstance(label, bool | int | float | str | None) else str(label)


def _group_names(labels):
    """Labels as text, or as Python writes them if two would be the same: 1 and "1"."""
    names = [
        ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)
        for label in labels
    ]
    return names if len(set(names)) == len(names) else list(map(repr, labels))


def _names_of_compared(compared, confusion, positive, numbers):
    """Groups behind each gap, and those that are not compared, by their names."""
    names = dict(zip(confusion.groups.tolist(), numbers["groups"]))
    compared_names = [names[label] for label in compared.groups.tolist()]
    pairs = {}
    for rate in numbers["small_rates"]:
        pair = widest_pair(RateComparison((rate,)), compared.weights, [positive])
        n_rows = rate_counts(compared.counts[0], rate, positive)[1]
        ends = {} if pair is None else {"lowest": pair.low, "highest": pair.high}
        pairs[rate] = {
            end: {"group": compared_names[g], "count": int(n_rows[g])}
            for end, g in ends.items()
        }
    left_out = [name for name in names.values() if name not in compared_names]
    return {"pairs": pairs, "left_out": left_out}


def _gaps(confusion, positive, rates, n_resamples, confidence_level, random_state):
    """Gaps and the ends of their intervals, from the same resamples for all of them."""
    keys = [(kind, rate) for kind in ("difference", "ratio") for rate in rates]
    comparisons = [
        RateComparison((rate,), ratio=kind == "ratio") for kind, rate in keys
    ]
    draws = resampled_gaps(
        comparisons, confusion, [positive], n_resamples, random_state
    )  # (n_comparisons, n_resamples)
    gaps = {"difference": {}, "ratio": {}}
    for (kind, rate), comparison, draw in zip(keys, comparisons, draws):
        estimate = measure_gap(comparison, confusion, [positive])
        interval = percentile_interval(estimate, draw, confidence_level)
        del interval["standard_error"]
        gaps[kind][rate] = dict(interval)
    return gaps
