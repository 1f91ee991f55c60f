"""Sensitive features in, groups out: the one place that reads them."""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from numbers import Number

import numpy as np

from fairlearnkit._labels import distinct, distinct_codes, is_missing
from fairlearnkit.utils._sklearn_private import _safe_indexing

MISSING_POLICIES = ("error", "group", "ignore")
# By the letter of numpy's dtype.kind.
KINDS = {
    "b": "booleans",
    **dict.fromkeys("iuf", "numbers"),
    **dict.fromkeys("US", "text"),
    **dict.fromkeys("mM", "times"),
}


@dataclass(frozen=True, eq=False)
class Groups:
    """Rows sorted into groups, as ``read_groups`` returns them.

    Parameters
    ----------
    labels : ndarray of shape (n_groups,)
        Sorted labels; tuples where several columns were given. None stands for a
        missing value (``missing="group"``) and comes last.
    codes : ndarray of shape (n_samples,), intp
        Position in `labels`; -1 for a row that belongs to no group
        (``missing="ignore"``).
    counts : ndarray of shape (n_groups,), intp
        Number of rows of each group.
    columns : tuple of Groups
        The columns one by one, for constraints that take them separately.
    """

    labels: np.ndarray
    codes: np.ndarray
    counts: np.ndarray
    columns: tuple = ()


def read_groups(sensitive_features, *, n_samples=None, missing="error"):
    """Sort rows into the groups that `sensitive_features` names.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        List, array, dict of columns, pandas or polars Series or DataFrame, of
        numbers, strings, booleans or categories. Several columns give their
        intersections, whose labels are tuples.
    n_samples : int, default=None
        The number of rows that X has.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with None, NaN and NA: refuse; one more group; no group.

    Returns
    -------
    groups : Groups
        At least two of them.

    Raises
    ------
    ValueError
        Nothing given, another length, a missing value, or a single group.

    Examples
    --------
    >>> from fairlearnkit.constraints import read_groups
    >>> groups = read_groups(["b", "a", None, "b"], missing="ignore")
    >>> groups.labels.tolist(), groups.codes.tolist(), groups.counts.tolist()
    (['a', 'b'], [1, 0, -1, 1], [1, 2])
    """
    _check_option("missing", missing, MISSING_POLICIES)
    columns = [
        _column(name, values, missing)
        for name, values in _columns(sensitive_features, n_samples)
    ]
    groups = columns[0] if len(columns) == 1 else _intersect(columns)
    if len(groups.labels) < 2:
        msg = (
            "sensitive_features holds one group only, "
            f"{shown(groups.labels)}; a comparison needs at least two groups. "
            "Pass the column that tells the groups apart"
            + (", with all its rows." if missing == "error" else f" ({missing=}).")
        )
        raise ValueError(msg)
    return groups


def read_strata(control_features, *, n_samples=None, missing="error"):
    """Strata, as `read_groups` reads groups, but one alone will do.

    Parameters
    ----------
    control_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As `sensitive_features` of `read_groups`.
    n_samples : int, default=None
        The number of rows that X has.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with None, NaN and NA: refuse; one more stratum; no stratum.

    Returns
    -------
    strata : Groups

    Raises
    ------
    ValueError
        Another length, a missing value, or nothing else.
    """
    _check_option("missing", missing, MISSING_POLICIES)
    columns = [
        _column(name.replace("sensitive", "control"), values, missing)
        for name, values in _columns(control_features, n_samples)
    ]
    strata = columns[0] if len(columns) == 1 else _intersect(columns)
    if not len(strata.labels):
        msg = "control_features holds missing values (None, NaN or NA) only."
        raise ValueError(msg)
    return strata


def match_groups(
    sensitive_features, labels, *, n_samples=None, unseen="error", missing="error"
):
    """Codes of new rows among the groups known from fit.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.
    labels : ndarray of shape (n_groups,)
        `Groups.labels` of the training rows.
    n_samples : int, default=None
        The number of rows that X has.
    unseen : {"error", "pooled"}, default="error"
        Refuse rows of a group that is not in `labels`, or give them the code -1,
        for the map of all groups together.
    missing : {"error", "group", "ignore"}, default="error"
        Refuse rows with a missing value, match them with the group of missing values,
        or give them the code -1.

    Returns
    -------
    codes : ndarray of shape (n_samples,), intp
        Positions in `labels`.

    Raises
    ------
    ValueError
        Nothing given, another length, a missing value, or a group not in `labels`.
    """
    columns = [
        _column(name, values, missing)
        for name, values in _columns(sensitive_features, n_samples)
    ]
    new = columns[0] if len(columns) == 1 else _intersect(columns)
    return _match("sensitive_features", new, labels, unseen)


def match_columns(
    sensitive_features, labels, *, n_samples=None, unseen="error", missing="error"
):
    """As `match_groups`, for each column by itself.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.
    labels : list of ndarray
        `Groups.labels` of each column of the training rows.
    n_samples : int, default=None
        The number of rows that X has.
    unseen : {"error", "pooled"}, default="error"
        As in `match_groups`.
    missing : {"error", "group", "ignore"}, default="error"
        As in `match_groups`.

    Returns
    -------
    codes : list of ndarray of shape (n_samples,), intp
        For each column, positions in its labels.

    Raises
    ------
    ValueError
        As in `match_groups`, or another number of columns.
    """
    columns = _columns(sensitive_features, n_samples)
    if len(columns) != len(labels):
        msg = (
            f"sensitive_features has {len(columns)} columns and had {len(labels)} in "
            "fit: pass the same columns, in the same order."
        )
        raise ValueError(msg)
    return [
        _match(name, _column(name, values, missing), known, unseen)
        for (name, values), known in zip(columns, labels)
    ]


def _match(name, new, labels, unseen):
    """Codes of new groups among known labels."""
    _check_option("unseen", unseen, ("error", "pooled"))
    position = {label: code for code, label in enumerate(labels.tolist())}
    strangers = [label for label in new.labels.tolist() if label not in position]
    if strangers and unseen == "error":
        msg = (
            f"{name} holds groups that were not seen in fit: {shown(strangers)}. Known "
            f"groups: {shown(labels)}. Correct the labels, fit on rows of every group, "
            'or choose unseen="pooled".'
        )
        raise ValueError(msg)
    table = [position.get(label, -1) for label in new.labels.tolist()]
    return np.array([*table, -1], dtype=np.intp)[new.codes]


def read_columns(sensitive_features, *, n_samples=None, missing="error"):
    """Numeric sensitive columns, such as age, and which rows are complete.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Numbers or booleans, in any form that `read_groups` takes.
    n_samples : int, default=None
        The number of rows that X has.
    missing : {"error", "ignore"}, default="error"
        Refuse missing values, or mark their rows as not complete.

    Returns
    -------
    names : list of str
        One for each column.
    values : ndarray of shape (n_samples, n_columns)
        In float64.
    known : ndarray of shape (n_samples,), bool
        Rows without a missing value.

    Raises
    ------
    ValueError
        Nothing given, another length, text, infinite or missing values.
    """
    _check_option("missing", missing, MISSING_POLICIES)
    if missing == "group":
        msg = (
            'missing="group" makes no sense for numeric sensitive columns: use '
            '"error" or "ignore", or cut the columns into groups.'
        )
        raise ValueError(msg)
    names, columns = [], []
    for name, values in _columns(sensitive_features, n_samples):
        names.append(name)
        columns.append(_numbers(name, values))
    values = np.column_stack(columns)
    known = ~np.isnan(values).any(axis=1)
    if missing == "error" and not known.all():
        raise ValueError(_missing_message("sensitive_features", (~known).sum()))
    if np.isinf(values).any():
        msg = "sensitive_features holds infinite values; replace or remove them."
        raise ValueError(msg)
    return names, values, known


def sensitive_columns(sensitive_features, *, n_samples=None):
    """The columns one by one, as they came.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.
    n_samples : int, default=None
        The number of rows that X has.

    Returns
    -------
    columns : list of tuple
        Name and values of each.
    """
    columns = _columns(sensitive_features, n_samples)
    return [(_bare(name), values) for name, values in columns]


def _bare(name):
    """The name of a column without what it is a column of."""
    inner = name.removeprefix("sensitive_features")
    return inner.strip("[]:', ") or name


def take_rows(sensitive_features, rows):
    """Some rows of sensitive features in any form that `read_groups` takes.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.
    rows : ndarray of int
        Positions.

    Returns
    -------
    sensitive_features : array-like
        In the same form.
    """
    if isinstance(sensitive_features, dict):
        return {name: take_rows(v, rows) for name, v in sensitive_features.items()}
    if hasattr(sensitive_features, "categories"):  # a pandas Categorical
        return sensitive_features[rows]
    return _safe_indexing(sensitive_features, rows)


def column_kinds(sensitive_features):
    """What each sensitive column holds, so that a change can be told.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.

    Returns
    -------
    kinds : list of list of str
        For each column, which of "numbers", "text", "booleans", "times" and other
        names of types it holds; nothing for missing values.
    """
    return [_kinds(*column) for column in _columns(sensitive_features, None)]


def _kinds(name, values):
    kind = KINDS.get(getattr(getattr(values, "dtype", None), "kind", "O"))
    if kind == "numbers" and values.dtype.kind == "f":  # NaN is how frames write gaps
        return [kind] if any(not is_missing(value) for value in values) else []
    if kind:
        return [kind]
    labels = encode(name, values).labels.tolist()
    return sorted({_kind_of_label(label) for label in labels})


def _kind_of_label(label):
    kinds = {bool: "booleans", str: "text", Number: "numbers", date: "times"}
    known = (kind for of, kind in kinds.items() if isinstance(label, of))
    return next(known, type(label).__name__)


def _check_option(name, value, known):
    if value not in known:
        msg = f"{name}={value!r} is not known; use one of {list(known)}."
        raise ValueError(msg)


def _columns(sensitive_features, n_samples):
    """Name and 1-D values of each column, of the right length."""
    columns = list(_split(sensitive_features))
    if not columns:
        msg = "sensitive_features has no column; pass at least one."
        raise ValueError(msg)
    for name, values in columns:
        if n_samples is not None and len(values) != n_samples:
            msg = (
                f"{name} has {len(values)} rows but X has {n_samples}: pass one "
                "label for each row of X, in the same order."
            )
            raise ValueError(msg)
    for (first, a), (second, b) in pairwise(columns):
        if len(a) != len(b):
            msg = f"{first} has {len(a)} rows but {second} has {len(b)}."
            raise ValueError(msg)
    return columns


def _split(sensitive_features):
    """Columns of whatever was passed, without turning numbers into text."""
    if sensitive_features is None:
        msg = (
            "sensitive_features is required and was not given. Either pass it, "
            "est.fit(X, y, sensitive_features=df['sex']), or, inside a Pipeline or a "
            "search, turn routing on, sklearn.set_config(enable_metadata_routing="
            "True), and pass it to the outer fit: the request is set already."
        )
        raise ValueError(msg)
    if isinstance(sensitive_features, dict):
        for name, values in sensitive_features.items():
            yield from ((f"sensitive_features[{name!r}]", v) for _, v in _split(values))
        return
    if hasattr(sensitive_features, "columns"):  # a pandas or polars DataFrame
        frame = sensitive_features
        for j, name in enumerate(frame.columns):
            values = frame.iloc[:, j] if hasattr(frame, "iloc") else frame[name]
            yield f"sensitive_features[{name!r}]", values
        return
    values = sensitive_features
    if isinstance(values, np.ma.MaskedArray):
        hidden = np.ma.getmaskarray(values)
        values = np.where(hidden, None, values.data.astype(object))
    if not hasattr(values, "dtype"):  # np.asarray would write NaN as the text "nan"
        values = np.array(values, dtype=object)
    if getattr(values, "ndim", 1) == 1:
        yield "sensitive_features", values
    elif values.ndim == 2:
        for j in range(values.shape[1]):
            yield f"sensitive_features[:, {j}]", values[:, j]
    else:
        msg = (
            f"sensitive_features has {values.ndim} dimensions; pass one label for "
            "each row, or a table with one column for each sensitive feature."
        )
        raise ValueError(msg)


def _column(name, values, missing):
    """One column as Groups."""
    labels, codes, counts = distinct(name, values)
    n_missing = len(codes) - int(counts.sum())
    if n_missing and missing == "error":
        raise ValueError(_missing_message(name, n_missing))
    if n_missing and missing == "group":
        codes = np.where(codes < 0, len(labels), codes)
        labels, counts = [*labels, None], np.append(counts, n_missing)
    return _observed(labels, codes, counts)


def encode(name, values):
    """Labels of one column that occur, and the position of each row's.

    Parameters
    ----------
    name : str
        What the column is called in messages.
    values : array-like of shape (n_samples,)
        Numbers, strings, booleans, categories or a mixture.

    Returns
    -------
    encoded : Groups
        Missing values have the code -1.
    """
    return _observed(*distinct(name, values))


def _observed(labels, codes, counts, columns=()):
    """Groups that have at least one row."""
    present = counts > 0
    if present.all():
        return Groups(label_array(labels), codes, counts, tuple(columns))
    table = np.append(np.cumsum(present) - 1, -1)
    kept = [label for label, there in zip(labels, present) if there]
    return Groups(label_array(kept), table[codes], counts[present], tuple(columns))


def label_array(labels):
    """Labels as an array that gives back every one of them.

    Parameters
    ----------
    labels : list
        Of any kinds.

    Returns
    -------
    array : ndarray of shape (n_labels,)
        Of dtype object, where no other keeps each digit and character.
    """
    kinds = {type(label) for label in labels}
    if len(kinds) == 1 and not kinds & {tuple, type(None)}:
        array = np.array(labels)
        if array.tolist() == labels:  # no digit and no character lost
            return array
    array = np.empty(len(labels), dtype=object)
    array[:] = labels
    return array


def _intersect(columns):
    """Groups of the observed combinations of several columns."""
    codes, known = columns[0].codes, columns[0].codes >= 0
    for column in columns[1:]:
        codes = codes * len(column.labels) + column.codes
        known &= column.codes >= 0
    rows = slice(None) if known.all() else known
    present, inverse, counts = distinct_codes(codes[rows])
    places = np.unravel_index(present, [len(c.labels) for c in columns])
    labels = list(zip(*(c.labels[p].tolist() for c, p in zip(columns, places))))
    codes = np.full(len(codes), -1, dtype=np.intp)
    codes[rows] = inverse
    return _observed(labels, codes, counts, columns)


def _numbers(name, values):
    try:
        if not (isinstance(values, np.ndarray) and values.dtype.kind in "buif"):
            values = [np.nan if is_missing(v) else v for v in list(values)]
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = (
            f"{name} must be numeric for this constraint ({error}); for labels use "
            'constraint="demographic_parity" or another parity between groups.'
        )
        raise ValueError(msg) from error


def _missing_message(name, count):
    return (
        f"{name} is missing (None, NaN or NA) in {count} rows. Fill them, or choose "
        'missing="group" (a group of its own) or missing="ignore" (the rows count in '
        "the loss and not in the constraint)."
    )


def shown(labels, limit=10):
    """The first few labels, for messages."""
    labels = list(labels.tolist() if hasattr(labels, "tolist") else labels)
    more = f", ... ({len(labels)} in all)" if len(labels) > limit else ""
    return "[" + ", ".join(map(repr, labels[:limit])) + more + "]"


# Rows that a code of a group has on average, if numbers between codes are no groups: as
# many as keep SmallGroupWarning quiet.
MANY = 10


def check_categories(groups):
    """Refuse numbers that lie between the codes of groups.

    Oversampling by interpolation makes 0.37 of a column of 0 and 1.

    Parameters
    ----------
    groups : Groups
        As `read_groups` returns them.

    Raises
    ------
    ValueError
        A column with codes, whole numbers of many rows, and fractions between them that
        hardly occur twice.
    """
    for column in groups.columns or (groups,):
        labels, counts = column.labels, column.counts
        if labels.dtype.kind != "f":
            continue
        whole = labels == np.floor(labels)
        if whole.sum() < 2 or counts[whole].mean() < MANY:
            continue
        codes = labels[whole]
        between = ~whole & (codes.min() < labels) & (labels < codes.max())
        if between.any() and counts[between].mean() < 2:
            msg = (
                f"sensitive_features holds the groups {shown(codes)} and numbers "
                f"between them, such as {labels[between][0]:.3g}, as oversampling by "
                "interpolation invents them. Take a sampler for categories, such as "
                "imbalanced-learn's SMOTENC or RandomOverSampler. Constraints on "
                'numbers, "decorrelation", take them as they are; if they are groups, '
                "pass text."
            )
            raise ValueError(msg)
