"""Which subgroups are treated worst: intersections, thresholds, half-spaces."""

import warnings
from dataclasses import dataclass
from numbers import Number

import numpy as np
from scipy.stats import hypergeom
from sklearn.utils import Bunch, check_random_state

from fairlearnkit._counting.cells import read_cells
from fairlearnkit._counting.gaps import CLASS_FREE, RATES, masks_of
from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.groups import encode_labels
from fairlearnkit._data.messages import CLASS_REPORT, check_option
from fairlearnkit._data.sensitive_columns import split_columns
from fairlearnkit._data.times import as_times, format_time, in_days

# Numeric columns of more distinct values than this are cut by thresholds.
MOST_LEVELS = 10
CUTS = np.arange(0.1, 0.95, 0.1)
# Labels of one column that have a weight of their own in the half-space; the cost of
# the regression grows with their square.
MOST_HOT = 100


@dataclass(frozen=True, eq=False)
class _Column:
    """Cells of one column, and its conditions as ranges of cells.

    A value of its own has a cell, and so has what lies between two thresholds. Of
    conditions with the same ``kind``, which are of one side, a conjunction holds one.
    """

    cells: np.ndarray
    n_cells: int
    conditions: list  # of kind, text, first cell, and the one after the last


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
):
    r"""Search all subgroups of several sensitive columns for the worst treated.

    .. math:: \text{violation}(S) = P(S) \, |\text{rate}(S) - \text{rate}|

    among the rows that the rate is about: small groups count by their size. Two
    searches: all conjunctions of up to `depth` conditions, one value or one side of a
    threshold each, both sides of a column among them; and half-spaces of all columns
    together.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        True labels; None will do for the selection rate.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Sensitive columns: labels, or numbers such as age. Missing values are a value
        of their own for labels, and an error for numbers.
    rate : str, default="selection_rate"
        As for :func:`~fairlearnkit.metrics.rate_difference`.
    depth : int, default=2
        Most conditions in a conjunction.
    min_count : int, default=10
        Subgroups with fewer rows, or with all but fewer, are not looked at.
    top : int, default=10
        How many subgroups to report; None for all.
    linear : bool, default=True
        Whether to search half-spaces, too.
    n_permutations : int, default=200
        For the p-value of the half-space.
    pos_label : scalar, default=None
        The positive class. None takes 1 where labels are {0, 1}, {-1, 1} or booleans;
        other labels have to be named, unless the rate is "accuracy" or "error_rate".
    random_state : int, RandomState instance or None, default=None
        Of the permutations.

    Returns
    -------
    audit : :class:`~sklearn.utils.Bunch`
        With these keys:

        overall : float
            The rate of all rows.
        pos_label : scalar or None
            The positive class; None where the rate looks at none.
        n_tested : int
            Number of conjunctions that were looked at.
        subgroups : list of dict
            The worst, in the order of their violation: "subgroup" in words, "count",
            "share", "rate", "gap" (rate less overall), "violation" and "p_value".
        half_space : dict or None
            The same of the worst half-space, with "weights" by column, labels as 0 or
            1, and "threshold": rows whose weighted sum is above it.

    Raises
    ------
    ValueError
        Lengths differ, unknown options, a positive class that has to be named,
        predictions of other labels than the two that `y_true` holds, such as scores; a
        rate that is about fewer than ``2 * min_count`` rows.

    Warns
    -----
    UserWarning
        A column of labels none of which has `min_count` rows.

    Notes
    -----
    p-values say how surprising a subgroup is if the rate were the same everywhere, and
    they pay for the search: those of conjunctions are exact (hypergeometric, two-sided)
    and adjusted for all that were tested (Holm); that of the half-space compares it
    with the worst of each permutation of the outcomes. Rows are taken as independent.

    Numeric columns of more than 10 values are cut at their deciles, and so are dates
    and times, which count in half-spaces as days since 1970-01-01. Labels of fewer than
    `min_count` rows define no subgroup; where a column has no others, such as an
    identifier, there is a warning. Half-spaces come from one linear regression of the
    outcome on all columns, labels one-hot, beyond the 100 most frequent together, and
    the best threshold along it: a heuristic, as in the paper, that may miss a worse
    one. A search that finds nothing does not show that there is nothing.

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
    >>> found = audit_subgroups(
    ...     y_pred, y_pred, sensitive_features={"sex": sex, "old": old}, random_state=0
    ... )
    >>> found.subgroups[0]["subgroup"], round(found.subgroups[0]["gap"], 3)
    ("sex = 'f' and old = True", -0.375)
    """
    _check_positive(depth=depth, min_count=min_count)
    check_alignment(y_true=y_true, y_pred=y_pred, sensitive_features=sensitive_features)
    columns = split_columns(sensitive_features, CLASS_REPORT, n_samples=len(y_pred))
    hits, pos_label = _outcomes(y_true, y_pred, rate, pos_label)
    kept = ~np.isnan(hits)
    hits, n_rows = hits[kept].astype(bool), int(kept.sum())
    if n_rows < 2 * min_count:
        msg = f"{rate} is about {n_rows} rows only; take a smaller min_count, or more."
        raise ValueError(msg)
    named = [(name, _taken(values, kept)) for name, values in columns]
    columns = []
    for j, (name, values) in enumerate(named):
        columns.append(_conditions(j, name, values, min_count))
    found, texts = _conjunctions(columns, hits, depth, min_count)
    found["p_value"] = _holm(
        _exact_p(found["count"], found["hits"], n_rows, hits.sum())
    )
    overall = float(hits.mean())
    order = np.argsort(-found["violation"], kind="stable")[:top]
    subgroups = [_told(found, texts, i, n_rows, overall) for i in order]
    half_space = None
    if linear:
        rng = check_random_state(random_state)
        half_space = _half_space(named, hits, min_count, n_permutations, rng)
    return Bunch(
        overall=overall,
        pos_label=pos_label,
        n_tested=len(found["count"]),
        subgroups=subgroups,
        half_space=half_space,
    )


def _check_positive(**numbers):
    """Refuse numbers below 1."""
    for name, value in numbers.items():
        if value < 1:
            msg = f"{name}={value!r} must be 1 or more."
            raise ValueError(msg)


def _outcomes(y_true, y_pred, rate, pos_label):
    """1 for a hit, 0 for none, NaN for other rows; and the positive class."""
    check_option("rate", rate, RATES)
    # The reader of metrics reads the labels, with groups that do not matter.
    groups = np.arange(len(y_pred)) % 2
    cells, places = read_cells(
        y_true,
        y_pred,
        groups,
        pos_label=pos_label,
        asked=(rate,),
        single=True,
        caller=CLASS_REPORT,
    )
    _, _, true, pred = cells.codes
    hit, among = masks_of(rate, places[0], len(cells.classes))
    taken = None if rate in CLASS_FREE else cells.classes[places[0]]
    return np.where(among[true, pred], hit[true, pred], np.nan), taken


def _taken(values, kept):
    """Rows of a column, as numbers or as Groups."""
    times = as_times(values)
    array = _numbers(np.asarray(values)) if times is None else times
    numeric = array.dtype.kind in "iufmM" and len(np.unique(array)) > MOST_LEVELS
    if not numeric:
        found = encode_labels("sensitive_features", values)
        labels = [*found.labels.tolist(), None]
        return labels, np.where(found.codes < 0, len(labels) - 1, found.codes)[kept]
    numbers = array.astype(np.float64) if times is None else in_days(times)
    if not np.isfinite(numbers).all():
        what = "numeric column" if times is None else "column of times"
        which = "NaN or infinity" if times is None else "NaT"
        msg = f"A {what} of sensitive_features holds {which}: fill it, or cut it."
        raise ValueError(msg)
    return (numbers if times is None else times)[kept]


def _numbers(array):
    """Numbers that came as objects, from a list or a mixed table, as numbers."""
    if array.dtype.kind != "O":
        return array
    kinds = {type(value) for value in array.tolist()}
    plain = all(issubclass(k, Number) and not issubclass(k, bool) for k in kinds)
    return array.astype(np.float64) if plain else array


def _conditions(j, name, values, min_count):
    """A column, with those of its conditions that hold for enough rows."""
    if isinstance(values, tuple):
        labels, codes = values
        counts = np.bincount(codes, minlength=len(labels))
        _warn_of_rare(name, counts, min_count)
        known = [
            (2 * j, f"{name} = {labels[code]!r}", code, code + 1)
            for code in np.flatnonzero(counts >= min_count).tolist()
        ]
        return _Column(codes, len(labels), known)
    times = values.dtype.kind in "mM"
    numbers = values.astype(np.int64) if times else values
    cuts = np.unique(np.quantile(numbers, CUTS, method="inverted_cdf"))
    cuts = cuts.astype(values.dtype)
    cells, known = np.searchsorted(cuts, values), []
    for place, cut in enumerate(cuts, start=1):
        told = format_time(cut) if times else np.format_float_positional(cut, trim="-")
        known.append((2 * j, f"{name} <= {told}", 0, place))
        known.append((2 * j + 1, f"{name} > {told}", place, len(cuts) + 1))
    rows = np.cumsum(np.bincount(cells, minlength=len(cuts) + 1))
    rows = np.append(0, rows)
    kept = [c for c in known if rows[c[3]] - rows[c[2]] >= min_count]
    return _Column(cells, len(cuts) + 1, kept)


def _warn_of_rare(name, counts, min_count):
    """Tell of a column of labels that gives no subgroup, such as an identifier."""
    counts = counts[counts > 0]
    if counts.max() < min_count:
        msg = (
            f"None of the {len(counts)} values of {name} has min_count={min_count} "
            "rows, so that no subgroup is defined by them. If it is an identifier, "
            "leave it out; else merge values, or pass numbers as numbers."
        )
        warnings.warn(msg, UserWarning, stacklevel=4)


def _conjunctions(columns, hits, depth, min_count):
    """Counts of all conjunctions of enough rows, and the texts of all conditions."""
    starts = np.cumsum([0, *(col.n_cells + 1 for col in columns)])
    known = [(j, *one) for j, col in enumerate(columns) for one in col.conditions]
    kinds = np.array([kind for _, kind, *_ in known], dtype=np.intp)
    low, high = (
        np.array([starts[one[0]] + one[place] for one in known], dtype=np.intp)
        for place in (3, 4)
    )
    members, counts = [], []

    def extend(prefix, rows):
        """Add each later condition to those before, whose rows these are."""
        tables = [_cumulated(col, rows, hits) for col in columns]
        table = np.concatenate(tables, axis=1)
        found = table[:, high] - table[:, low]
        enough = (found[0] >= min_count) & ~np.isin(kinds, kinds[list(prefix)])
        enough[: prefix[-1] + 1 if prefix else 0] = False
        for place in np.flatnonzero(enough).tolist():
            if found[0, place] <= len(hits) - min_count:
                members.append((*prefix, place))
                counts.append(found[:, place])
            if len(prefix) + 1 < depth:
                j, _, _, first, end = known[place]
                cells = columns[j].cells[rows]
                extend((*prefix, place), rows[(first <= cells) & (cells < end)])

    extend((), np.arange(len(hits)))
    order = np.argsort([len(one) for one in members], kind="stable")  # short ones first
    count, hit = np.array(counts, dtype=np.float64).reshape(-1, 2)[order].T
    apart = np.abs(hit / count - hits.mean()) * count / len(hits)
    found = {"members": [members[i] for i in order], "count": count, "hits": hit}
    return found | {"violation": apart}, [text for _, _, text, *_ in known]


def _cumulated(column, rows, hits):
    """Rows and hits in all cells before each, 0 first."""
    cells = column.cells[rows]
    table = np.zeros((2, column.n_cells + 1))
    for line, weights in zip(table, (None, hits[rows])):
        np.cumsum(np.bincount(cells, weights, column.n_cells), out=line[1:])
    return table


def _exact_p(count, hit, n_rows, n_hits):
    """Two-sided hypergeometric p-values of hits in groups of given sizes."""
    law = hypergeom(n_rows, n_hits, count.astype(int))
    hit = hit.astype(int)
    return np.minimum(1.0, 2.0 * np.minimum(law.cdf(hit), law.sf(hit - 1)))


def _holm(p):
    """p-values adjusted for all tests."""
    order, n = np.argsort(p), len(p)
    stepped = np.maximum.accumulate(p[order] * (n - np.arange(n)))
    adjusted = np.empty(n)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def _told(found, texts, i, n_rows, overall):
    count, hit = int(found["count"][i]), int(found["hits"][i])
    return {
        "subgroup": " and ".join(texts[k] for k in found["members"][i]),
        "count": count,
        "share": count / n_rows,
        "rate": hit / count,
        "gap": hit / count - overall,
        "violation": float(found["violation"][i]),
        "p_value": float(found["p_value"][i]),
    }


def _half_space(columns, hits, min_count, n_permutations, rng):
    """The worst half-space along one regression, and how surprising it is."""
    names, raw = _design(columns)
    scale = raw.std(axis=0)
    scale[scale == 0] = 1.0
    X = (raw - raw.mean(axis=0)) / scale
    solve = np.linalg.pinv(X, rcond=1e-10)  # one-hot columns depend on one another
    weights, threshold, rows, worst = _best_cut(X, solve, hits, min_count)
    beaten = 0
    for _ in range(n_permutations):
        beaten += _best_cut(X, solve, rng.permutation(hits), min_count)[3] >= worst
    overall, rate = hits.mean(), hits[rows].mean()
    weights = weights / scale
    return {
        "weights": dict(zip(names, weights.tolist())),
        "threshold": float(threshold + raw.mean(axis=0) @ weights),
        "count": int(rows.sum()),
        "share": float(rows.mean()),
        "rate": float(rate),
        "gap": float(rate - overall),
        "violation": float(worst),
        "p_value": (1 + int(beaten)) / (1 + n_permutations),
    }


def _design(columns):
    """All columns as numbers, labels one-hot, and a name for each."""
    names, parts = [], []
    for place, (name, values) in enumerate(columns):
        if [other for other, _ in columns].count(name) > 1:
            name = f"{name} (column {place})"
        if isinstance(values, tuple):
            for label, hot in _one_hot(*values):
                names.append(f"{name} = {label}")
                parts.append(hot)
        else:
            names.append(name)
            parts.append(in_days(values) if values.dtype.kind in "mM" else values)
    return names, np.column_stack(parts)


def _one_hot(labels, codes):
    """Indicators of the labels, of which the rarest share one if there are many."""
    counts = np.bincount(codes, minlength=len(labels))
    order = np.argsort(-counts, kind="stable")
    common = np.sort(order[:MOST_HOT])
    for code in common[counts[common] > 0].tolist():
        yield repr(labels[code]), (codes == code).astype(np.float64)
    if counts[common].sum() < len(codes):
        yield "any other", (~np.isin(codes, common)).astype(np.float64)


def _best_cut(X, solve, hits, min_count):
    """Weights, threshold, rows above it, and the violation, of the best threshold."""
    apart = hits - hits.mean()
    weights = solve @ apart
    scores = X @ weights
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    total = np.abs(np.cumsum(apart[order])) / len(hits)
    ends = np.append(ordered[1:] < ordered[:-1] - 1e-9 * np.abs(ordered).max(), False)
    ends[: min_count - 1] = ends[len(hits) - min_count :] = False
    if not ends.any():  # all rows alike
        return weights, 0.0, np.ones(len(hits), dtype=bool), 0.0
    place = np.flatnonzero(ends)[total[ends].argmax()]
    threshold = 0.5 * (ordered[place] + ordered[place + 1])
    return weights, threshold, scores > threshold, float(total[place])
