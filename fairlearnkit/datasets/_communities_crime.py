"""Communities and Crime: violent crime in US communities (regression)."""

from ._base import load_table


def load_communities_crime(*, return_X_y=False, as_frame=True):
    """Load the Communities and Crime table (regression).

    ==============  ==========================================================
    Rows            1,993 communities
    Features        99 numbers, each scaled to 0 ... 1
    Target          ``ViolentCrimesPerPop``, scaled to 0 ... 1
    Sensitive       ``racepctblack``, ``racePctWhite``, ``racePctAsian``,
                    ``racePctHisp``: shares of the population, all numbers
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

        data : DataFrame or float64 ndarray of shape (1993, 99)
            The features, including the sensitive ones.
        target : Series or ndarray of shape (1993,)
            Violent crimes per head, scaled.
        frame : DataFrame of shape (1993, 100) or None
            Features and target; None without pandas.
        feature_names, categorical_names, sensitive_names : list of str
            All features, those that are not numeric (none), and the sensitive ones.
        target_names : list of str
            The name of the target.
        state : Series or ndarray of shape (1993,)
            The number of the US state (FIPS code). Its order has no meaning, and it is
            not a feature; use it as the groups of
            :class:`~sklearn.model_selection.GroupKFold`.
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
    The sensitive columns describe a community, not a person. They are numbers: cut
    them into groups, for instance at the median, or use
    ``constraint="decorrelation"``.

    References
    ----------
    .. [1] Redmond, M. (2009). Communities and Crime. UCI Machine Learning Repository.
           https://doi.org/10.24432/C53W3X
    .. [2] Redmond, M. and Baveja, A. (2002). A data-driven software tool for enabling
           cooperative information sharing among police departments. European Journal
           of Operational Research 141, 660-678.

    Examples
    --------
    >>> from fairlearnkit.datasets import load_communities_crime
    >>> crime = load_communities_crime(as_frame=False)
    >>> crime.data.shape
    (1993, 99)
    >>> [crime.feature_names.index(name) for name in crime.sensitive_names]
    [2, 3, 4, 5]
    """
    return load_table(
        "communities_crime",
        target="ViolentCrimesPerPop",
        sensitive_names=["racepctblack", "racePctWhite", "racePctAsian", "racePctHisp"],
        target_names=["ViolentCrimesPerPop"],
        extras=("state",),
        return_X_y=return_X_y,
        as_frame=as_frame,
    )
