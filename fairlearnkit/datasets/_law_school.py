"""Law school: first-year averages of US law students of 1991 (regression)."""

from ._base import load_table


def load_law_school(*, return_X_y=False, as_frame=True):
    """Load the law school admission table (regression).

    ==============  ==========================================================
    Rows            21,791 students
    Features        4 (2 categorical)
    Target          ``ZFYA``: first-year average, standardised
    Sensitive       ``sex``, ``race`` (categorical)
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

        data : DataFrame or object ndarray of shape (21791, 4)
            The features, including the sensitive ones. Categorical columns have the
            dtype category.
        target : Series or ndarray of shape (21791,)
            The standardised first-year average.
        frame : DataFrame of shape (21791, 5) or None
            Features and target; None without pandas.
        feature_names, categorical_names, sensitive_names : list of str
            All features, those that are not numeric, and the sensitive ones.
        target_names : list of str
            The name of the target.
        first_pf : Series or ndarray of shape (21791,)
            1 if the student passed the bar exam at the first attempt. This is another
            outcome, years after the target, and not a feature.
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
    The table holds only admitted students who stayed long enough to be followed, not
    the applicants who were rejected.

    References
    ----------
    .. [1] Wightman, L. F. (1998). LSAC National Longitudinal Bar Passage Study. LSAC
           Research Report Series.
    .. [2] Kusner, M. J., Loftus, J., Russell, C. and Silva, R. (2017). Counterfactual
           Fairness. NeurIPS. https://arxiv.org/abs/1703.06856

    Examples
    --------
    >>> from fairlearnkit.datasets import load_law_school
    >>> law = load_law_school(as_frame=False)
    >>> law.feature_names
    ['LSAT', 'UGPA', 'race', 'sex']
    >>> round(float(law.target.mean()), 3)
    0.096
    """
    return load_table(
        "law_school",
        target="ZFYA",
        sensitive_names=["sex", "race"],
        target_names=["ZFYA"],
        extras=("first_pf",),
        return_X_y=return_X_y,
        as_frame=as_frame,
    )
