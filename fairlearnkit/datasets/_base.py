"""What the loaders share: reading a bundled table and putting it into a Bunch."""

import csv
import lzma
from importlib.resources import files

import numpy as np
from sklearn.utils import Bunch


def read_columns(name):
    """Read a bundled table.

    Parameters
    ----------
    name : str
        The file's name in ``data/``, without its ending.

    Returns
    -------
    columns : dict of str to ndarray of shape (n_rows,)
        In the file's order; int64 or float64 where every value is a number,
        otherwise object arrays of str, with NaN where the file has nothing.
    """
    packed = files(__package__).joinpath("data", f"{name}.csv.xz").read_bytes()
    header, *rows = csv.reader(lzma.decompress(packed).decode().splitlines())
    return {column: _parse(texts) for column, texts in zip(header, zip(*rows))}


def _parse(texts):
    try:
        numbers = np.array(texts, dtype=np.float64)
    except ValueError:
        values = np.array(texts, dtype=object)
        values[values == ""] = np.nan
        return values
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
        The file's name in ``data/`` and ``descr/``, without its ending.
    target, sensitive_names, target_names : str, list of str, list
        The target's column, and two entries of the Bunch.
    as_frame : bool or "auto"
        As in the loaders.
    return_X_y : bool
        Give ``(data, target)`` instead of the Bunch.
    extras : tuple of str
        Columns that become a key of their own and are no feature.
    select : callable, default=None
        Takes the columns of the file, gives those to use and the rows to give (a
        slice or a mask). The categories are those of all rows, so that two subsets
        of one table agree on them.

    Returns
    -------
    bunch : Bunch or tuple (data, target)
    """
    pandas = _pandas_if_wanted(as_frame)
    columns = read_columns(name)
    columns, rows = select(columns) if select else (columns, slice(None))
    features = [c for c in columns if c != target and c not in extras]
    categorical = [c for c in features if columns[c].dtype == object]
    if pandas is None:
        frame = None
        data = _to_array(columns, features, numeric=not categorical)[rows]
        single = {c: _plain(columns[c])[rows] for c in (target, *extras)}
    else:
        whole = pandas.DataFrame({c: columns[c] for c in (*features, target, *extras)})
        kinds = {c: "category" for c in whole if columns[c].dtype == object}
        whole = whole.astype(kinds)[rows].reset_index(drop=True)
        frame, data = whole[[*features, target]], whole[features]
        single = {c: whole[c] for c in (target, *extras)}
    if return_X_y:
        return data, single[target]
    return Bunch(
        data=data,
        target=single.pop(target),
        frame=frame,
        feature_names=features,
        categorical_names=categorical,
        sensitive_names=list(sensitive_names),
        target_names=target_names,
        DESCR=files(__package__).joinpath("descr", f"{name}.rst").read_text("utf-8"),
        **single,
    )


def _pandas_if_wanted(as_frame):
    """Import pandas, or give None where arrays are wanted or pandas is not there."""
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


def _to_array(columns, names, *, numeric):
    shape = (len(columns[names[0]]), len(names))
    array = np.empty(shape, dtype=np.float64 if numeric else object)
    for position, name in enumerate(names):
        array[:, position] = columns[name]
    return array


def _plain(values):
    """Give strings in numpy's own string dtype, which scikit-learn likes best."""
    return values.astype(str) if values.dtype == object else values
