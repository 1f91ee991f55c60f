"""What counts as a missing value."""


def is_missing(value):
    """Whether a label is None, NaN, NaT or NA.

    Parameters
    ----------
    value : object
        A single label.

    Returns
    -------
    missing : bool
    """
    if value is None:
        return True
    try:
        return bool(value != value)
    except TypeError:  # pandas.NA has no truth value
        return True
