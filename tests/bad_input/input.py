"""What an input is, and what can be made of any column."""

from dataclasses import dataclass
from typing import Any

import numpy as np

NOT_FINITE = r"NaN|infinity|infinite|missing|not finite|nan"


@dataclass(frozen=True, eq=False)
class Input:
    """What is made of one argument, and what has to come of it.

    Parameters
    ----------
    name : str
        What it is, for the table.
    kinds : tuple of str
        Kinds of arguments that it is made of.
    make : callable
        From a column to the input.
    same_as : callable, default=None
        From a column to one whose answer this input must have. None if it need not.
    refused : str, default=None
        Pattern of the message of an error. None if it must not be refused.
    sound : bool, default=False
        Whether an answer may be any that the oracles accept.
    partners : bool, default=False
        Whether it is made of y_true and y_pred alike.
    tol : float, default=1e-6
        Largest difference of an answer, in standard deviations.
    whole : bool, default=False
        Whether `make` takes a dict of all arguments, and the name of one.
    renamed : bool, default=False
        Whether labels have other names, and so another order: text in answers is not
        compared, and numbers by group are in any order.
    """

    name: str
    kinds: tuple
    make: Any
    same_as: Any = None
    refused: str | None = None
    sound: bool = False
    partners: bool = False
    tol: float = 1e-6
    whole: bool = False
    renamed: bool = False


def itself(column):
    """The column as it is."""
    return column


def whole(column):
    """The same as whole numbers, in float64."""
    return np.round(8 * column)


def read_only(column):
    column = np.array(column)
    column.flags.writeable = False
    return column


def strided(column):
    """Every second entry of a larger array, backwards."""
    larger = np.repeat(column, 2, axis=0)[::-1]
    return larger[1::2][::-1] if len(larger) else larger


def one_replaced(value, dtype=None, row=4):
    """A function that puts a value into one row, in its first column."""

    def make(column):
        column = np.array(column, dtype=dtype or np.asarray(column).dtype)
        column[(row, 0) if column.ndim == 2 else row] = value
        return column

    return make


def as_dtype(dtype, of=itself):
    return lambda column: of(column).astype(dtype)


def of_objects(column):
    return column.astype(object)


def ragged(column):
    rows = column.tolist()
    rows[3] = rows[3] + [0.0] if isinstance(rows[3], list) else [rows[3], 0.0]
    return rows


def stacked(column):
    """Two columns of the same values."""
    return np.column_stack([column, column])


def as_column(column):
    return np.asarray(column)[:, None]


def longer(column):
    return np.concatenate([column, column[:1]])


def shorter(column):
    return column[:-1]


def empty(column):
    return column[:0]


def nothing(column):
    return None


def scalar(column):
    return np.asarray(column).flat[0]


def scaled(factor):
    return lambda X: X * factor


def one_label(y, value):
    y = y.astype(object)
    y[4] = value
    return y


NUMERIC_FORMS = [
    ("read-only", read_only, itself),
    ("not contiguous", strided, itself),
    ("int64", as_dtype(np.int64, whole), whole),
    ("int8", as_dtype(np.int8, whole), whole),
    ("float16", as_dtype(np.float16), itself),
    ("longdouble", as_dtype(np.longdouble), itself),
    ("big-endian", as_dtype(">f8"), itself),
    ("objects", of_objects, itself),
    ("list", lambda column: column.tolist(), itself),
]
# Single precision is kept where scikit-learn keeps it: answers have 7 digits.
SINGLE = ("float32", as_dtype(np.float32), itself)
