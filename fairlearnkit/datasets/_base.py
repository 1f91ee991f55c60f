"""What the loaders share: read a bundled table and put it into a Bunch."""

import lzma
from importlib.resources import files

import numpy as np
from sklearn.utils import Bunch


def read_columns(name):
    """Read a bundled table.

    Parameters
    ----------
    name : str
        The file's name in ``data/``, without its extension.

    Returns
    -------
    columns : dict of str to ndarray of shape (n_rows,)
        In the file's order: int64 or float64 if every value is a number, otherwise
        object arrays of str, with NaN for missing values.
    """
    packed = files(__package__).joinpath("data", f"{name}.csv.xz").read_bytes()
    text = lzma.decompress(packed).decode()
    # No field of the bundled tables is quoted: one split takes a fifth of csv's time.
    names = text.partition("\n")[0].split(",")
    fields = text.rstrip("\n").replace("\n", ",").split(",")[len(names) :]
    return {name: _parse(fields[i :: len(names)]) for i, name in enumerate(names)}


def _parse(texts):
    try:
        numbers = np.array(texts, dtype=np.float64)
    except ValueError:
        values = np.array(texts, dtype=object)
        values[values == ""] = np.nan
        return values
    # A decimal point in any value makes a column of floats.
    return numbers if "." in "".join(texts) else numbers.astype(np.int64)


def load_table(
    name,
    *,
    target,
    sensitive_names,
    target_names,
    as_frame,
    return_X_y,
    extras=(),
    select=None,
):
    """Read a bundled table into the Bunch, or the pair, that every loader returns.

    Parameters
    ----------
    name : str
        The file's name in ``data/`` and ``descr/``, without its extension.
    target, sensitive_names, target_names : str, list of str, list
        Name of the target's column, and two entries of the Bunch.
    as_frame : bool or "auto"
        As in the loaders.
    return_X_y : bool
        Return ``(data, target)`` instead of the Bunch.
    extras : tuple of str
        Columns that are not features; they become keys of the Bunch.
    select : callable, default=None
        Takes the columns of the file, and returns those to use and the rows to return
        (a slice or a mask). Categories are those of all rows, so that two subsets of a
        table agree on them.

    Returns
    -------
    bunch : Bunch or tuple (data, target)
    """
    check_flag("return_X_y", return_X_y)
    pandas = _import_pandas(as_frame)
    columns = read_columns(name)
    # Rows are selected last, after the categories of all rows are known.
    columns, rows = select(columns) if select else (columns, slice(None))
    features = [c for c in columns if c != target and c not in extras]
    categorical = [c for c in features if columns[c].dtype == object]
    others = (target, *extras)
    if pandas is None:
        data, frame, columns = _as_arrays(columns, rows, features, others)
    else:
        data, frame, columns = _as_frames(pandas, columns, rows, features, others)
    if return_X_y:
        return data, columns[target]
    return Bunch(
        data=data,
        target=columns.pop(target),
        frame=frame,
        feature_names=features,
        categorical_names=categorical,
        sensitive_names=list(sensitive_names),
        target_names=target_names,
        DESCR=files(__package__).joinpath("descr", f"{name}.rst").read_text("utf-8"),
        **columns,
    )


def check_flag(name, value):
    """Raise an error unless a value is True or False: "no" would count as True."""
    if not isinstance(value, bool | np.bool_):
        msg = f"{name} must be True or False, got {value!r}."
        raise ValueError(msg)


def _import_pandas(as_frame):
    """Import pandas, or return None for arrays, or if "auto" does not find it."""
    if as_frame not in (True, False, "auto"):
        msg = f"as_frame must be True, False or 'auto', got {as_frame!r}."
        raise ValueError(msg)
    if not as_frame:
        return None
    try:
        import pandas
    except ImportError as error:
        if as_frame == "auto":
            return None
        msg = (
            "Tables are pandas objects by default, and pandas is not installed: "
            "`pip install pandas`, or `pip install fairlearnkit[examples]`. Without "
            "it, as_frame=False gives numpy arrays, whose columns are named in "
            "feature_names."
        )
        raise ImportError(msg) from error
    return pandas


def _as_frames(pandas, columns, rows, features, others):
    """Features, frame (with the first of the others, the target), and the others."""
    table = pandas.DataFrame({name: columns[name] for name in (*features, *others)})
    kinds = {name: "category" for name in table if columns[name].dtype == object}
    # Categories are set before rows are selected: all subsets have the same ones.
    table = table.astype(kinds)[rows].reset_index(drop=True)
    frame = table[[*features, others[0]]]
    return table[features], frame, {name: table[name] for name in others}


def _as_arrays(columns, rows, features, others):
    """Features as one array, no frame, and the others as arrays."""
    numeric = all(columns[name].dtype != object for name in features)
    shape = (len(columns[features[0]]), len(features))
    data = np.empty(shape, dtype=np.float64 if numeric else object)
    for position, name in enumerate(features):
        data[:, position] = columns[name]
    return data[rows], None, {name: _plain(columns[name])[rows] for name in others}


def _plain(values):
    """Text in numpy's own string dtype, which scikit-learn handles best."""
    return values.astype(str) if values.dtype == object else values
