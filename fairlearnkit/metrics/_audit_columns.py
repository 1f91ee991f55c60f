"""Sensitive columns of an audit: conditions on them, and their values as numbers."""

import warnings
from dataclasses import dataclass
from numbers import Number

import numpy as np

from fairlearnkit._data.groups import encode_labels
from fairlearnkit._data.times import as_times, format_time, in_days

# Columns of numbers with more distinct values are cut at thresholds, the others are
# taken as labels. Doubled, columns such as the number of children up to 20 are searched
# value by value; ranges of them are then found only by half-spaces.
MOST_LEVELS = 10
# Thresholds of numbers: the deciles, which give up to 18 conditions. With twice as
# many, a subgroup is found closer to its worst threshold, but four times as many pairs
# of conditions are tested, and Holm's adjustment raises every p-value.
QUANTILES = np.arange(0.1, 0.95, 0.1)
# Labels of one column that have a feature of their own in the regression. Its cost
# grows with the square of their number: doubled, it takes four times as long.
MOST_INDICATORS = 100


@dataclass(frozen=True)
class Condition:
    """A condition on a column: the cells from `first` to `end`, without the latter.

    Parameters
    ----------
    text : str
        The condition in words.
    side : int
        0 for a value or "at most", 1 for "more than". A conjunction has one condition
        of each side of a column.
    first, end : int
        Range of cells.
    """

    text: str
    side: int
    first: int
    end: int


@dataclass(frozen=True, eq=False)
class Partition:
    """A column cut into cells: its values, or the intervals between thresholds.

    Parameters
    ----------
    cells : ndarray of shape (n_samples,), int
        Cell of each row.
    n_cells : int
        Number of cells.
    conditions : list of Condition
        Those that hold for enough rows.
    """

    cells: np.ndarray
    n_cells: int
    conditions: list


@dataclass(frozen=True, eq=False)
class LabelColumn:
    """A column of labels: the position of each row's label in a list.

    Each entry stands for `sizes` rows; None for one each.
    """

    name: str
    labels: list
    codes: np.ndarray
    sizes: np.ndarray | None = None

    def counts(self):
        """Rows of each label."""
        counts = np.bincount(self.codes, self.sizes, minlength=len(self.labels))
        return counts.astype(np.intp)

    def only_rare(self, min_count):
        """Whether no label has enough rows."""
        return self.counts().max() < min_count

    def partition(self, min_count):
        """One cell and condition for each label, of those with enough rows."""
        conditions = [
            Condition(f"{self.name} = {self.labels[code]!r}", 0, code, code + 1)
            for code in np.flatnonzero(self.counts() >= min_count).tolist()
        ]
        return Partition(self.codes, len(self.labels), conditions)

    def features(self, name):
        """Indicators of the most frequent labels, and one of all others.

        Parameters
        ----------
        name : str
            Name of the column among those of the design.

        Yields
        ------
        name : str
        values : ndarray of shape (n_samples,)
        """
        counts = self.counts()
        by_count = np.argsort(-counts, kind="stable")
        frequent = np.sort(by_count[:MOST_INDICATORS])
        for code in frequent[counts[frequent] > 0].tolist():
            indicator = (self.codes == code).astype(np.float64)
            yield f"{name} = {self.labels[code]!r}", indicator
        if counts[frequent].sum() < len(self.codes):
            others = ~np.isin(self.codes, frequent)
            yield f"{name} = any other", others.astype(np.float64)


@dataclass(frozen=True, eq=False)
class NumericColumn:
    """A column of numbers, dates, times or durations with many distinct values.

    Each entry stands for `sizes` rows; None for one each.
    """

    name: str
    values: np.ndarray
    sizes: np.ndarray | None = None

    @property
    def is_time(self):
        return self.values.dtype.kind in "mM"

    def only_rare(self, min_count):
        """False: numbers are cut at quantiles, so that no value has to be frequent."""
        return False

    def partition(self, min_count):
        """Cells between the deciles, and both sides of each as conditions."""
        # inverted_cdf gives values that occur, so that a threshold can be written
        # without rounding; those of times are found among their integers.
        numbers = self.values.astype(np.int64) if self.is_time else self.values
        cuts = np.unique(_deciles(numbers, self.sizes))
        cuts = cuts.astype(self.values.dtype)
        # Cell k holds the values with cuts[k - 1] < value <= cuts[k].
        cells, n_cells = np.searchsorted(cuts, self.values), len(cuts) + 1
        conditions = []
        for position, cut in enumerate(cuts, start=1):
            text = self._text(cut)
            conditions += [
                Condition(f"{self.name} <= {text}", 0, 0, position),
                Condition(f"{self.name} > {text}", 1, position, n_cells),
            ]
        counts = np.bincount(cells, self.sizes, minlength=n_cells)
        rows_before = np.append(0, np.cumsum(counts))
        kept = [
            condition
            for condition in conditions
            if rows_before[condition.end] - rows_before[condition.first] >= min_count
        ]
        return Partition(cells, n_cells, kept)

    def _text(self, cut):
        if self.is_time:
            return format_time(cut)
        return np.format_float_positional(cut, trim="-")

    def features(self, name):
        """The numbers, or days; see `LabelColumn.features`."""
        yield name, in_days(self.values) if self.is_time else self.values


def _deciles(numbers, sizes):
    """Values that occur at the deciles, where each number stands for `sizes` rows."""
    if sizes is None:
        return np.quantile(numbers, QUANTILES, method="inverted_cdf")
    order, n_rows = np.argsort(numbers, kind="stable"), sizes.sum()
    # As numpy's inverted_cdf: the row of this number, from 0, in ascending order.
    rows = np.ceil(n_rows * QUANTILES - 1).clip(min=0)
    return numbers[order][np.searchsorted(np.cumsum(sizes[order]), rows, side="right")]


def read_column(name, values, rows, sizes=None):
    """A sensitive column of an audit.

    Parameters
    ----------
    name : str
        Name of the column.
    values : array-like of shape (n_samples,)
        Labels, numbers, dates, times or durations. Missing values are a label of their
        own, and an error among numbers.
    rows : ndarray of shape (n_samples,), bool
        The rows to audit.
    sizes : ndarray of int, default=None
        Number of rows that each of these stands for; None for one each.

    Returns
    -------
    column : LabelColumn or NumericColumn
    """
    times = as_times(values)
    array = _numbers_of_objects(np.asarray(values)) if times is None else times
    if array.dtype.kind not in "iufmM" or len(np.unique(array)) <= MOST_LEVELS:
        groups = encode_labels("sensitive_features", values)
        # Missing labels, of code -1, become one more label, None.
        labels = [*groups.labels.tolist(), None]
        codes = np.where(groups.codes < 0, len(labels) - 1, groups.codes)
        return LabelColumn(name, labels, codes[rows], sizes)
    numbers = array.astype(np.float64) if times is None else in_days(times)
    if not np.isfinite(numbers).all():
        column = "numeric column" if times is None else "column of times"
        holds = "NaN or infinity" if times is None else "NaT"
        msg = f"A {column} of sensitive_features holds {holds}: fill it, or cut it."
        raise ValueError(msg)
    values = (numbers if times is None else times)[rows]
    return NumericColumn(name, values, sizes)


def _numbers_of_objects(array):
    """Numbers that came as objects, from a list or a mixed table, in float64."""
    if array.dtype.kind != "O":
        return array
    kinds = {type(value) for value in array.tolist()}
    plain = all(issubclass(k, Number) and not issubclass(k, bool) for k in kinds)
    return array.astype(np.float64) if plain else array


def warn_of_identifiers(columns, min_count):
    """Warn if a column of labels, such as an identifier, defines no subgroup."""
    for column in columns:
        if column.only_rare(min_count):
            n_labels = np.count_nonzero(column.counts())
            msg = (
                f"None of the {n_labels} values of {column.name} has min_count="
                f"{min_count} rows, so the column defines no subgroup. If it is an "
                "identifier, leave it out; otherwise merge values, or pass numbers as "
                "numbers."
            )
            warnings.warn(msg, UserWarning, stacklevel=3)
