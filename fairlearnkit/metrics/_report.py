"""What a reviewer wants to see on one page: counts, rates and gaps, with intervals."""

import warnings
from html import escape

from sklearn.exceptions import UndefinedMetricWarning

from fairlearnkit._counting.cells import read_cells
from fairlearnkit._counting.gaps import Gap, measure
from fairlearnkit._counting.rates import rates_of, rates_to_show
from fairlearnkit._data.counts import SMALL_CELL
from fairlearnkit.exceptions import SmallGroupWarning

from ._bootstrap import gap_draws, interval

SHOWN = ("selection_rate", "true_positive_rate", "false_positive_rate", "accuracy")


class ParityReport(str):
    """Text of `parity_report`, with the numbers behind it.

    A notebook shows it as a table; ``print`` shows the text.

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
        """Make the string, and keep the numbers beside it."""
        report = super().__new__(cls, text)
        report.numbers = numbers
        return report

    def __getnewargs__(self):
        return str(self), self.numbers

    def frame(self):
        """One row for each group, one for all rows and two for the gaps.

        Returns
        -------
        frame : DataFrame
            With the count of rows and the rates as columns; the positive class is the
            name of the columns, and ``frame.attrs["pos_label"]``.
        """
        import pandas as pd

        numbers = self.numbers
        rows = [*numbers["groups"].items(), ("all rows", numbers["overall"])]
        for kind in ("difference", "ratio"):
            gaps = {name: gap["estimate"] for name, gap in numbers[kind].items()}
            rows.append((kind, gaps))
        data = {
            name: [row.get(name) for _, row in rows]
            for name in ("count", *numbers["difference"])
        }
        data["count"] = pd.array(data["count"], dtype="Int64")
        index = pd.Index([label for label, _ in rows], tupleize_cols=False)
        frame = pd.DataFrame(data, index=index)
        label = frame.attrs["pos_label"] = numbers["pos_label"]
        frame.columns.name = None if label is None else f"positive class: {label}"
        return frame

    def _repr_html_(self):
        head, *lines = _table(self.numbers)
        cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
        body = "".join(
            f"<tr><th>{escape(first)}</th>"
            + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
            + "</tr>"
            for first, *rest in lines
        )
        note = escape(_note(self.numbers))
        return (
            '<table class="parity-report" style="text-align: right">'
            f"<thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table><p>{note}</p>"
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
        True labels of any kind; None will do for the selection rate.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights.
    pos_label : scalar, default=None
        The positive class. None takes 1 where labels are {0, 1}, {-1, 1} or booleans;
        other labels have to be named, unless "accuracy" and "error_rate" are the only
        rates.
    labels : array-like, default=None
        All classes, where some may not occur in these rows.
    rates : sequence of str, default=None
        Rates to show. None takes selection rate, true and false positive rate, and
        accuracy; without `y_true`, the selection rate. All names are listed at
        :func:`~fairlearnkit.metrics.rate_difference`.
    n_resamples : int, default=1000
        Of the bootstrap; 0 leaves the intervals out.
    confidence_level : float, default=0.95
        Of the intervals.
    random_state : int, RandomState instance or None, default=0
        Of the bootstrap.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive features.
    output_dict : bool, default=False
        Give the numbers as a dict instead.

    Returns
    -------
    report : str or dict
        A string that a notebook shows as a table; its ``frame()`` gives a DataFrame,
        its ``numbers`` the dict. The dict has "groups" (a dict for each group),
        "overall", "difference" and "ratio" (for each rate "estimate", "low", "high" and
        "n_undefined"), "small_groups", "small_rates", "pos_label" (the positive class,
        None where no rate looks at one) and "confidence_level". It holds plain Python
        types, and ``json.dumps`` takes it: groups are named by their labels as text,
        those of several columns as ``"a, b"``, and None by ``"None"``; as Python writes
        them, in quotes, where two would be named alike. What is not defined is NaN.

    Raises
    ------
    ValueError
        Lengths differ, one group only, missing values, unknown rates; predictions of
        other labels than the two that `y_true` holds, such as scores; a positive class
        that has to be named; no `y_true` for a rate that needs it.

    Warns
    -----
    SmallGroupWarning
        A group of fewer than 10 rows; the report marks it, too.

    Notes
    -----
    Intervals are of each gap by itself, not of all at once. What each gap cannot see is
    told in the user guide.

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
    rates = rates_to_show(rates, y_true, SHOWN)
    data = (y_true, y_pred)
    options = {"sensitive_features": sensitive_features, "sample_weight": sample_weight}
    options |= {"pos_label": pos_label, "labels": labels, "missing": missing}
    cells, places = read_cells(*data, **options, asked=tuple(rates), single=True)
    numbers = _rates_by_group(rates_of(cells, places[0], rates), rates)
    numbers["confidence_level"] = float(confidence_level) if n_resamples else None
    with warnings.catch_warnings():  # what is small or not defined is marked instead
        warnings.simplefilter("ignore", SmallGroupWarning)
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        drawn = n_resamples, confidence_level, random_state
        numbers |= _gaps(cells, places, rates, *drawn)
    if output_dict:
        return numbers
    return ParityReport(_text(numbers), numbers)


def _rates_by_group(found, rates):
    """Counts and rates in plain Python types, groups by their names."""
    names = _names(found.groups.tolist())

    def small(counts):
        return [name for name, count in zip(names, counts) if count < SMALL_CELL]

    rows = {
        name: {"count": int(found.counts[g])}
        | {rate: float(found.by_group[rate][g]) for rate in rates}
        for g, name in enumerate(names)
    }
    overall = {rate: float(found.overall[rate]) for rate in rates}
    return {
        "groups": rows,
        "overall": {"count": int(found.counts.sum())} | overall,
        "small_groups": small(found.counts),
        "small_rates": {rate: small(found.among[rate]) for rate in rates},
        "pos_label": _plain(found.pos_label),
    }


def _plain(label):
    """A label as JSON knows it."""
    return label if isinstance(label, bool | int | float | str | None) else str(label)


def _names(labels):
    """Labels as text; as Python writes them where two would be the same, 1 and "1"."""
    names = [
        ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)
        for label in labels
    ]
    return names if len(set(names)) == len(names) else list(map(repr, labels))


def _gaps(cells, places, rates, n_resamples, confidence_level, random_state):
    """Estimates and ends of intervals, of the same resamples for all gaps."""
    asked = [(kind, rate) for kind in ("difference", "ratio") for rate in rates]
    gaps = [Gap((rate,), ratio=kind == "ratio") for kind, rate in asked]
    draws = gap_draws(gaps, cells, places, n_resamples, random_state)
    found = {"difference": {}, "ratio": {}}
    for (kind, rate), gap, draw in zip(asked, gaps, draws):
        told = interval(measure(gap, cells, places), draw, confidence_level)
        shown = ("estimate", "low", "high", "n_undefined")
        found[kind][rate] = {key: told[key] for key in shown}
    return found


def _table(numbers):
    """Rows of text cells, the head first."""
    names = list(numbers["difference"])
    lines = [["", "count", *names]]
    for label, row in [*numbers["groups"].items(), ("all rows", numbers["overall"])]:
        mark = " (small)" if label in numbers["small_groups"] else ""
        few = numbers["small_rates"]
        values = [f"{row[n]:.3f}{'*' if label in few[n] else ''}" for n in names]
        lines.append([f"{label}{mark}", str(row["count"]), *values])
    told = numbers["confidence_level"] is not None
    for kind in ("difference", "ratio"):
        cells = []
        for name in names:
            gap = numbers[kind][name]
            ends = f" [{gap['low']:.3f}, {gap['high']:.3f}]" if told else ""
            cells.append(f"{gap['estimate']:.3f}{ends}")
        lines.append([kind, "", *cells])
    return lines


def _text(numbers):
    """The table, columns to the right, and what the brackets are."""
    lines = _table(numbers)
    widths = [max(map(len, column)) for column in zip(*lines)]
    text = [
        "  ".join(
            [first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(rest, widths[1:]))]
        ).rstrip()
        for first, *rest in lines
    ]
    note = _note(numbers)
    return "\n".join([*text, *(["", note] if note else [])])


def _left_out(gaps):
    """Most resamples that an interval lacks, of gaps that the rows themselves have."""
    known = [gap for gap in gaps.values() if gap["estimate"] == gap["estimate"]]
    return max((gap["n_undefined"] for gap in known), default=0)


def _note(numbers):
    notes, level = [], numbers["confidence_level"]
    if numbers["pos_label"] is not None:
        notes.append(f"Positive class: {numbers['pos_label']}.")
    if level is not None:
        notes.append(f"[ ]: {100 * level:g} % bootstrap interval.")
    if numbers["small_groups"]:
        notes.append(f"(small): fewer than {SMALL_CELL} rows.")
    if any(numbers["small_rates"].values()):
        notes.append(f"*: of fewer than {SMALL_CELL} rows.")
    lost, zero = (_left_out(numbers[kind]) for kind in ("difference", "ratio"))
    if max(lost, zero):
        causes = ["lack a group or a cell"] if lost else []
        causes += ["have rates that are all 0"] if zero > lost else []
        notes.append(
            f"Up to {max(lost, zero)} resamples of an interval {' or '.join(causes)} "
            "and were left out."
        )
    if any("nan" in cell for line in _table(numbers) for cell in line[2:]):
        notes.append("nan: no such rows in a group, or a ratio of rates that are 0.")
    return " ".join(notes)
