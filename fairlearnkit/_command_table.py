"""Tables of the command line: read from a file, checked, and given their types.

Values of a CSV file are text. Sensitive columns stay text, so that "01" and "NA" are
groups; an empty field is a missing value. Outcomes become numbers or booleans only if
all of them can.
"""

import warnings
from pathlib import Path

import numpy as np

from fairlearnkit._data.messages import format_labels

PARQUET = (".parquet", ".pq")
TRUTH = {"true": True, "false": False}
# Whole numbers from here on are not all floats, so that two could become one class.
MOST_EXACT = 2.0**53


class CommandError(Exception):
    """A wrong option, column or file, with a message for whoever typed it."""


def read_table(path, choose, separator=",", encoding="utf-8-sig"):
    """Some columns of a CSV or Parquet file.

    Parameters
    ----------
    path : str
        The file; Parquet if its name says so.
    choose : callable
        Takes the names of all columns and returns those to read.
    separator : str, default=","
        What separates the fields of a CSV file.
    encoding : str, default="utf-8-sig"
        Encoding of a CSV file.

    Returns
    -------
    table : DataFrame
        Text, of a CSV file, and NaN for empty fields; the types of a Parquet file.

    Raises
    ------
    CommandError
        The file, or a package that reads it, is missing, or it cannot be read.
    """
    pandas = _import_pandas()
    if not Path(path).is_file():
        kind = "does not exist"
        if Path(path).exists():
            kind = "is a folder" if Path(path).is_dir() else "is no file of its own"
        msg = f"{path or repr(path)} {kind}."
        raise CommandError(msg)
    try:
        if Path(path).suffix.lower() in PARQUET:
            return _read_parquet(pandas, path, choose)
        return _read_csv(pandas, path, choose, separator, encoding)
    except (UnicodeError, LookupError) as error:
        msg = (
            f"{path} is not text in the encoding {encoding}: {error}. Name its "
            "encoding, such as --encoding cp1252 (Excel on Windows)."
        )
        raise CommandError(msg) from error
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}."
        raise CommandError(msg) from error


def _import_pandas():
    try:
        import pandas
    except ImportError as error:
        msg = (
            "Reading a table needs pandas, which is not installed: "
            'python -m pip install "fairlearnkit[examples]".'
        )
        raise CommandError(msg) from error
    return pandas


def _read_parquet(pandas, path, choose):
    try:
        from pyarrow import parquet
    except ImportError as error:
        msg = (
            "Reading Parquet needs pyarrow, which is not installed: "
            "python -m pip install pyarrow."
        )
        raise CommandError(msg) from error
    try:
        columns = choose(parquet.read_schema(path).names)
        return pandas.read_parquet(path, columns=columns)
    except ValueError as error:  # those of pyarrow are
        msg = f"{path} cannot be read as Parquet: {error}."
        raise CommandError(msg) from error


def _read_csv(pandas, path, choose, separator, encoding):
    options = {
        "dtype": str,
        "keep_default_na": False,
        "na_values": [""],
        "sep": separator,
        "encoding": encoding,
        # Else, of rows with a field too many, the first column would become an index
        # and all others would move by one.
        "index_col": False,
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pandas.errors.ParserWarning)
            # Columns are chosen here: where pandas chooses them, it does not notice
            # rows with a field too many, whose values then are in other columns.
            table = pandas.read_csv(path, **options)
            first = pandas.read_csv(path, header=None, nrows=1, **options)
            chosen = choose(table.columns.tolist())
            _check_unique(path, chosen, first.iloc[0].tolist())
            return table[chosen]
    except pandas.errors.EmptyDataError as error:
        msg = f"{path} is empty."
        raise CommandError(msg) from error
    except (pandas.errors.ParserError, pandas.errors.ParserWarning) as error:
        msg = (
            f"{path} cannot be read as CSV with the separator {separator!r}: "
            f"{_too_many_fields(error)}. If another character separates the fields, "
            "use --separator ';'."
        )
        raise CommandError(msg) from error


def _check_unique(path, chosen, header):
    """Raise an error for names of several columns, of which pandas renames all but one.

    Parameters
    ----------
    path : str
        The file, for the message.
    chosen : list of str
        Columns to read.
    header : list
        The first line of the file.
    """
    for name in chosen:
        if header.count(name) > 1:
            msg = (
                f"{path} has {header.count(name)} columns {name!r}: give each another "
                "name."
            )
            raise CommandError(msg)


def _too_many_fields(error):
    """What pandas found, such as "Expected 3 fields in line 3, saw 4"."""
    found = str(error).strip().rpartition("C error: ")[2]
    is_count = found.startswith("Expected ")
    return found if is_count else "some row has more fields than the header"


def check_columns(path, wanted, names):
    """Raise an error for columns that a file does not have.

    Parameters
    ----------
    path : str
        The file, for the message.
    wanted : dict of str
        Option by the column that it names.
    names : list of str
        All columns of the file.
    """
    for column, option in wanted.items():
        if column not in names:
            msg = f"{option}: {path} has no column {column!r}, but {_listed(names)}."
            if len(names) == 1:
                other = r"'\t'" if "\t" in names[0] else "';'"
                msg += (
                    " If another character separates the fields, use --separator "
                    f"{other}."
                )
            raise CommandError(msg)


def _listed(names, limit=20):
    """Names of columns, as in "'age', 'sex'"."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(map(repr, names[:limit])) + more


def numbers_of(series):
    """A column as numbers.

    Parameters
    ----------
    series : Series
        Text or numbers.

    Returns
    -------
    numbers : ndarray of shape (n_rows,)

    Raises
    ------
    CommandError
        A value is missing, or is no number.
    """
    check_complete(series)
    numbers = _as_numbers(series)
    wrong = np.flatnonzero(np.isnan(numbers))
    if len(wrong):
        msg = (
            f"Column {series.name!r} holds {series.iloc[wrong[0]]!r} in row "
            f"{wrong[0] + 1}, which is not a number. Numbers are written as 1234.5."
        )
        raise CommandError(msg)
    return numbers


def _as_numbers(series):
    import pandas

    return pandas.to_numeric(series, errors="coerce").to_numpy(
        np.float64, na_value=np.nan
    )


def check_complete(series):
    """Raise an error for missing values of a column that must have none."""
    missing = np.flatnonzero(series.isna())
    if len(missing):
        msg = (
            f"Column {series.name!r} has no value in {len(missing)} rows, the first of "
            f"which is row {missing[0] + 1}. Fill them, or remove these rows."
        )
        raise CommandError(msg)


def classes_of(columns):
    """Columns of outcomes as class labels of one type.

    Parameters
    ----------
    columns : list of Series
        True and predicted classes, or the latter alone.

    Returns
    -------
    columns : list of ndarray of shape (n_rows,)
        Numbers if all values of all columns are, and booleans if all are "true" or
        "false"; else, and if a number has more digits than a float, as they are.
    """
    for column in columns:
        check_complete(column)
    lower = [column.astype(str).str.lower() for column in columns]
    if all(column.isin(TRUTH).all() for column in lower):
        return [column.map(TRUTH).to_numpy(bool) for column in lower]
    numbers = [_as_numbers(column) for column in columns]
    sizes = [np.abs(column[np.isfinite(column)]) for column in numbers]
    is_long = any((size >= MOST_EXACT).any() for size in sizes)
    if is_long or any(np.isnan(column).any() for column in numbers):
        return [column.to_numpy(dtype=object) for column in columns]
    whole = all((column == np.round(column)).all() for column in numbers)
    whole = whole and all(np.isfinite(column).all() for column in numbers)
    return [column.astype(np.int64) for column in numbers] if whole else numbers


def find_positive(text, classes):
    """The class that the option --positive names.

    Parameters
    ----------
    text : str
        What was typed.
    classes : list
        All classes that occur, or that are declared.

    Returns
    -------
    label : object

    Raises
    ------
    CommandError
        None of the classes is written like that.
    """
    for label in classes:
        same = isinstance(label, bool) and TRUTH.get(text.lower()) is label
        if same or str(label) == text:
            return label
    try:
        return classes[classes.index(float(text))]
    except ValueError as error:  # no number, or not among them
        msg = f"--positive: {text!r} is none of the classes: {format_labels(classes)}."
        raise CommandError(msg) from error


def groups_of(table, missing):
    """Sensitive columns by their names, with missing values treated as the option says.

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
    columns = {}
    for name in table:
        column = table[name]
        holes = column.isna().to_numpy()
        if missing == "error" and holes.any():
            msg = (
                f"Column {name!r} has no value in {holes.sum()} rows, the first of "
                f"which is row {holes.argmax() + 1}: choose --missing group (a group "
                "of its own) or --missing ignore (these rows are left out)."
            )
            raise CommandError(msg)
        if missing == "group":
            column = column.astype(object).where(~holes, "(missing)")
        columns[name] = column
    return columns
