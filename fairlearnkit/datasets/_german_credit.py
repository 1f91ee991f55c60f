"""German credit: good and bad credit risks of a bank in the 1970s."""

from ._base import load_table


def load_german_credit(*, return_X_y=False, as_frame=True):
    """Load the Statlog German credit table (classification).

    ==============  ==========================================================
    Rows            1,000
    Features        20 (13 categorical), the codes decoded
    Target          ``credit_risk``: ``"good"`` or ``"bad"`` (30 % of the rows)
    Sensitive       ``sex``, ``foreign_worker`` (categorical), ``age`` (a number)
    ==============  ==========================================================

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of the Bunch.
    as_frame : bool or "auto", default=True
        True returns pandas objects, False numpy arrays, and "auto" pandas objects if
        pandas can be imported, else arrays.

    Returns
    -------
    bunch : :class:`~sklearn.utils.Bunch`
        With these keys:

        data : DataFrame or object ndarray of shape (1000, 20)
            The features, including the sensitive ones. Categorical columns have the
            dtype category.
        target : Series or ndarray of shape (1000,)
            The credit risk.
        frame : DataFrame of shape (1000, 21) or None
            Features and target; None without pandas.
        feature_names, categorical_names, sensitive_names : list of str
            All features, those that are not numeric, and the sensitive ones.
        target_names : list of str
            The two classes, in the order of ``classes_``.
        DESCR : str
            Source, licence, known harms and critique, and what was dropped.
    (data, target) : tuple
        Only these two, if ``return_X_y``.

    Raises
    ------
    ValueError
        If `as_frame` is none of the values above.
    ImportError
        If ``as_frame=True`` and pandas is not installed.

    Notes
    -----
    The published code table is wrong for several attributes, ``sex`` and
    ``foreign_worker`` among them [2]_. Use the data to try out code; do not draw
    conclusions about women, foreigners or credit from it.

    References
    ----------
    .. [1] Hofmann, H. (1994). Statlog (German Credit Data). UCI Machine Learning
           Repository. https://doi.org/10.24432/C5NC77
    .. [2] Grömping, U. (2019). South German Credit Data: Correcting a Widely Used Data
           Set. Report 4/2019, Reports in Mathematics, Physics and Chemistry, Beuth
           University of Applied Sciences Berlin.

    Examples
    --------
    >>> from fairlearnkit.datasets import load_german_credit
    >>> X, y = load_german_credit(return_X_y=True, as_frame=False)
    >>> X.shape, int((y == "bad").sum())
    ((1000, 20), 300)
    """
    return load_table(
        "german_credit",
        target="credit_risk",
        sensitive_names=["sex", "foreign_worker", "age"],
        target_names=["bad", "good"],
        return_X_y=return_X_y,
        as_frame=as_frame,
    )
