"""Adult: income of more than 50,000 dollars in the US census survey of 1994."""

import numpy as np

from ._base import check_flag, load_table

_SUBSETS = ("all", "train", "test")


def load_adult(*, subset="all", dropna=True, return_X_y=False, as_frame=True):
    """Load the Adult (census income) table (classification).

    ==============  =========================================================
    Rows            45,222 complete ones of 48,842
    Features        14 (8 categorical)
    Target          ``income``: ``"<=50K"`` or ``">50K"`` (24.8 % of the rows)
    Sensitive       ``sex``, ``race`` (categorical) and ``age`` (a number)
    ==============  =========================================================

    Parameters
    ----------
    subset : {"all", "train", "test"}, default="all"
        A part of the published split; "all" is both parts, train first.
    dropna : bool, default=True
        Drop the rows in which ``workclass``, ``occupation`` or ``native-country`` is
        missing: 30,162 rows remain in "train" and 15,060 in "test". With False, there
        are 32,561 and 16,281, and missing values are NaN.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of the Bunch.
    as_frame : bool or "auto", default=True
        True returns pandas objects, False numpy arrays, and "auto" pandas objects if
        pandas can be imported, else arrays.

    Returns
    -------
    bunch : :class:`~sklearn.utils.Bunch`
        With these keys:

        data : DataFrame or object ndarray of shape (n_samples, 14)
            The features, including the sensitive ones. Categorical columns have the
            dtype category, with the same categories in every subset.
        target : Series or ndarray of shape (n_samples,)
            The income class.
        frame : DataFrame of shape (n_samples, 15) or None
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
        If `subset` or `as_frame` is none of the values above.
    ImportError
        If ``as_frame=True`` and pandas is not installed.

    Notes
    -----
    ``fnlwgt`` is a sampling weight of the survey, not a property of a person; it is
    kept because published results keep it. ``relationship`` and ``marital-status``
    reveal much of ``sex``: dropping the sensitive columns does not make a model blind
    to them.

    References
    ----------
    .. [1] Becker, B. and Kohavi, R. (1996). Adult. UCI Machine Learning Repository.
           https://doi.org/10.24432/C5XW20
    .. [2] Ding, F., Hardt, M., Miller, J. and Schmidt, L. (2021). Retiring Adult: New
           Datasets for Fair Machine Learning. NeurIPS. https://arxiv.org/abs/2108.04884

    Examples
    --------
    >>> from fairlearnkit.datasets import load_adult
    >>> adult = load_adult(subset="train")
    >>> adult.data.shape
    (30162, 14)
    >>> adult.sensitive_names
    ['sex', 'race', 'age']
    """
    if subset not in _SUBSETS:
        msg = f"subset must be one of {_SUBSETS}, got {subset!r}."
        raise ValueError(msg)
    check_flag("dropna", dropna)

    def select(columns):
        if dropna:
            strings = [values for values in columns.values() if values.dtype == object]
            # NaN is the one value that differs from itself.
            complete = np.all([values == values for values in strings], axis=0)
            columns = {name: values[complete] for name, values in columns.items()}
        # Categories are those of both parts, so rows of a subset are selected later.
        split = columns.pop("split")
        return columns, slice(None) if subset == "all" else split == subset

    return load_table(
        "adult",
        target="income",
        sensitive_names=["sex", "race", "age"],
        target_names=["<=50K", ">50K"],
        select=select,
        return_X_y=return_X_y,
        as_frame=as_frame,
    )
