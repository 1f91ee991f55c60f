"""Columns of dates, times and durations, as numbers."""

from datetime import UTC, date

import numpy as np

from fairlearnkit._data.missing import is_missing

DAY = np.timedelta64(1, "D")


def as_times(values):
    """Dates, times or durations as a numpy array, None for anything else.

    Parameters
    ----------
    values : array-like of shape (n_samples,)
        A column of numpy, pandas, polars or Arrow, or objects of ``datetime``.

    Returns
    -------
    times : ndarray of shape (n_samples,) or None
        In microseconds, NaT where missing. Times with a time zone are converted to
        UTC.
    """
    kind = getattr(getattr(values, "dtype", None), "kind", "")
    if kind in ("m", "M"):  # np.asarray makes objects of pandas' times with a zone
        return np.asarray(values, dtype=f"{kind}8[us]")
    array = np.asarray(values)
    if array.dtype.kind in "mM":
        return array.astype(f"{array.dtype.kind}8[us]")
    if array.dtype != object:
        return None
    listed = [None if is_missing(value) else value for value in array.tolist()]
    if not all(value is None or isinstance(value, date) for value in listed):
        return None
    known = any(value is not None for value in listed)
    return np.array([*map(_in_utc, listed)], dtype="M8[us]") if known else None


def _in_utc(time):
    """A date or time without a zone; a time with one is converted to UTC."""
    if getattr(time, "tzinfo", None) is None:
        return time
    return time.astimezone(UTC).replace(tzinfo=None)


def in_days(times):
    """Days since 1970-01-01, or length of a duration in days.

    Parameters
    ----------
    times : ndarray of shape (n_samples,)
        As `as_times` returns them.

    Returns
    -------
    days : ndarray of shape (n_samples,)
        In float64, NaN where missing.
    """
    since = times - np.datetime64(0, "D") if times.dtype.kind == "M" else times
    return since / DAY


def format_time(time):
    """A date, time or duration as text.

    Parameters
    ----------
    time : datetime64 or timedelta64
        One item of what `as_times` returns.

    Returns
    -------
    text : str
    """
    if time.dtype.kind == "M":
        return np.datetime_as_string(time, unit="auto")
    return f"{time / DAY:.12g} days"
