"""COMPAS: ProPublica's two-year recidivism table, without what names a person."""

from ._base import load_table


def load_compas(*, return_X_y=False, as_frame=True):
    """Load ProPublica's COMPAS two-year table (classification).

    ==============  ==========================================================
    Rows            6,172 (ProPublica's own filter)
    Features        8 (3 categorical)
    Target          ``two_year_recid``: 1 for a new charge (45.5 % of the rows)
    Sensitive       ``sex``, ``race`` (categorical) and ``age`` (a number)
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

        data : DataFrame or object ndarray of shape (6172, 8)
            The features, including the sensitive ones. Categorical columns have the
            dtype category.
        target : Series or ndarray of shape (6172,)
            0 or 1.
        frame : DataFrame of shape (6172, 9) or None
            Features and target; None without pandas.
        feature_names, categorical_names, sensitive_names : list of str
            All features, those that are not numeric, and the sensitive ones.
        target_names : list of str
            What the classes 0 and 1 mean.
        decile_score : Series or ndarray of shape (6172,)
            The score, from 1 to 10, that COMPAS assigned. It is what an audit of the
            tool examines, not a feature for a new model.
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
    The rate of the target is too high: of the people who were screened too late to be
    followed for two years, the table keeps those with a new charge and drops the others
    [2]_. The target records arrests and charges, not crimes.

    References
    ----------
    .. [1] Larson, J., Mattu, S., Kirchner, L. and Angwin, J. (2016). How We Analyzed
           the COMPAS Recidivism Algorithm. ProPublica.
           https://github.com/propublica/compas-analysis
    .. [2] Barenstein, M. (2019). ProPublica's COMPAS Data Revisited.
           https://arxiv.org/abs/1906.04711
    .. [3] Bao, M. et al. (2021). It's COMPASlicated: The Messy Relationship between
           RAI Datasets and Algorithmic Fairness Benchmarks. NeurIPS.
           https://arxiv.org/abs/2106.05498

    Examples
    --------
    >>> from fairlearnkit.datasets import load_compas
    >>> compas = load_compas(as_frame=False)
    >>> compas.data.shape
    (6172, 8)
    >>> int(compas.target.sum())
    2809
    """
    return load_table(
        "compas",
        target="two_year_recid",
        sensitive_names=["sex", "race", "age"],
        target_names=["no new charge", "new charge"],
        extras=("decile_score",),
        return_X_y=return_X_y,
        as_frame=as_frame,
    )
