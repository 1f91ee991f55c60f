"""The numbers of `parity_report` as JSON."""

import json
from math import isfinite


def json_of(numbers):
    """The report as JSON, in which numbers that are not defined are null.

    Parameters
    ----------
    numbers : dict
        What ``parity_report(..., output_dict=True)`` returns.

    Returns
    -------
    text : str
    """
    return json.dumps(
        without_nan(numbers), indent=2, ensure_ascii=False, allow_nan=False
    )


def without_nan(value):
    """A nested structure with None in place of NaN and infinity, which JSON lacks.

    Parameters
    ----------
    value : object
        Dicts and lists of plain values.

    Returns
    -------
    value : object
    """
    if isinstance(value, dict):
        return {key: without_nan(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [without_nan(entry) for entry in value]
    return None if isinstance(value, float) and not isfinite(value) else value
