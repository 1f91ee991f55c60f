"""pandas, where a table is made of results."""


def load_pandas(what):
    """Import pandas, or raise an error that says how to install it.

    Parameters
    ----------
    what : str
        What needs it, such as "frame()".

    Returns
    -------
    pandas : module

    Raises
    ------
    ImportError
        pandas is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        msg = (
            f"{what} needs pandas, which is not installed: "
            'python -m pip install "fairlearnkit[examples]".'
        )
        raise ImportError(msg) from error
    return pandas
