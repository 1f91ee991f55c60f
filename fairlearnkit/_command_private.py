"""What a private report on the command line declares, and the columns that match it.

Nothing here depends on more than one row at a time: a value is that of a declared class
or group, or of none, whatever other rows hold.
"""

import csv
from itertools import product

from fairlearnkit._command_table import CommandError, classes_of
from fairlearnkit._data.messages import format_labels

# What `groups_of` calls a missing value that is a group.
MISSING = "(missing)"
TRUE_OR_FALSE = {True: "true", False: "false"}


def check_declared(options):
    """Raise an error for declared labels without noise, and for noise without them.

    Parameters
    ----------
    options : Namespace
        The options of the command.
    """
    given = {"--groups": options.groups, "--classes": options.classes}
    if options.epsilon is None:
        for name, value in given.items():
            if value is not None:
                msg = f"{name} is for private reports: add --epsilon, or leave it out."
                raise CommandError(msg)
        return
    if options.target != "classes":
        return  # the library says why not
    for name, value in given.items():
        if value is None:
            msg = (
                f"--epsilon needs {name}: labels that are found in the rows would "
                "reveal a row that is the only one of its kind. List all that there "
                "may be, as in --groups F,M --classes 0,1."
            )
            raise CommandError(msg)


def declared_groups(texts, sensitive, missing):
    """All groups: the values of a column, or the combinations of those of several.

    Parameters
    ----------
    texts : list of str
        Values, separated by commas, for each sensitive column.
    sensitive : list of str
        Names of the columns.
    missing : {"error", "group", "ignore"}
        "group" adds missing values to those of each column.

    Returns
    -------
    groups : list of str or of tuple
    """
    if len(texts) != len(sensitive):
        msg = (
            f"--groups: got the values of {len(texts)} columns, and {len(sensitive)} "
            f"are sensitive, {format_labels(sensitive)}. Use --groups once for each, "
            "in this order."
        )
        raise CommandError(msg)
    more = [MISSING] if missing == "group" else []
    columns = [_values(text) + more for text in texts]
    return columns[0] if len(columns) == 1 else list(product(*columns))


def declared_classes(text):
    """All classes; numbers or booleans if all of them are.

    Parameters
    ----------
    text : str
        Classes, separated by commas.

    Returns
    -------
    classes : list
    """
    import pandas

    return classes_of([pandas.Series(_values(text), name="--classes")])[0].tolist()


def _values(text):
    """Values that are separated by commas; in quotes, one may hold a comma."""
    (values,) = csv.reader([text], skipinitialspace=True)
    return [value.strip() for value in values]


def as_declared(column, classes):
    """A column of outcomes as declared classes.

    Parameters
    ----------
    column : Series
        Values of any kind.
    classes : list
        What `declared_classes` returns.

    Returns
    -------
    labels : ndarray of shape (n_rows,), object
        None for values that are no class.
    """
    labels = {value: _class_of(value, classes) for value in column.dropna().unique()}
    return column.astype(object).map(labels.get).to_numpy(dtype=object)


def _class_of(value, classes):
    """The class that a value is written as, None if it is none of them."""
    text = str(value)
    for label in classes:
        if isinstance(label, bool):
            is_same = text.lower() == TRUE_OR_FALSE[label]
        elif isinstance(label, str):
            is_same = text == label
        else:
            is_same = _as_number(text) == label
        if is_same:
            return label
    return None


def _as_number(text):
    try:
        return float(text)
    except ValueError:
        return None


def as_text(table, missing):
    """Sensitive columns as text, with missing values as None or as a group.

    Parameters
    ----------
    table : DataFrame
        Sensitive columns.
    missing : {"error", "group", "ignore"}
        The option.

    Returns
    -------
    columns : dict of Series
    """
    hole = MISSING if missing == "group" else None
    return {
        name: table[name]
        .astype(object)
        .map(lambda value: str(value), na_action="ignore")
        .where(table[name].notna(), hole)
        for name in table
    }
