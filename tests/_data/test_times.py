"""Dates, times and durations as numbers, whatever holds them."""

from datetime import date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import polars as pl
import pytest

from fairlearnkit._data.times import as_times, format_time, in_days

TEXT = ["2020-01-01T06:00", "1969-12-31", "NaT"]
TIMES = np.array(TEXT, dtype="M8[us]")
SERIES = pd.Series(TIMES)
EAST = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    "values",
    [
        TIMES,
        TIMES.astype("M8[ns]"),
        SERIES,
        SERIES.dt.tz_localize("UTC"),
        SERIES.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"),
        SERIES.astype(object),
        [datetime(2020, 1, 1, 6), date(1969, 12, 31), None],
        [
            datetime(2020, 1, 1, 8, tzinfo=EAST),
            datetime(1969, 12, 31, 2, tzinfo=EAST),
            pd.NaT,
        ],
    ],
)
def test_times(values):
    assert_times(values)


def assert_times(values):
    found = as_times(values)
    assert found.dtype == "M8[us]"
    np.testing.assert_array_equal(found, TIMES)
    np.testing.assert_array_equal(in_days(found), [18262.25, -1.0, np.nan])


def test_times_of_polars():
    for values in (
        pl.Series(values=TIMES),
        pl.Series(values=TIMES).dt.replace_time_zone("UTC"),
    ):
        assert_times(values)


def test_durations():
    for values in (
        np.array([36, 48], dtype="m8[h]"),
        pd.Series(pd.to_timedelta([36, 48], unit="h")),
        pl.Series([timedelta(hours=36), timedelta(days=2)]),
    ):
        np.testing.assert_array_equal(in_days(as_times(values)), [1.5, 2.0])


@pytest.mark.parametrize(
    "values",
    [[1, 2], ["2020-01-01"], [None, None], [date(2020, 1, 1), 3], [True], np.array([])],
)
def test_what_holds_no_times(values):
    assert as_times(values) is None


def test_format_time():
    assert format_time(TIMES[1]) == "1969-12-31"
    assert format_time(TIMES[0]) == "2020-01-01T06:00"
    assert format_time(np.timedelta64(36, "h")) == "1.5 days"
