"""Gaps of all candidates of a search, of the decisions in all folds together."""

from fairlearnkit._counting.pooled import read_pooled


def pooled_gaps(cv_results, gap):
    r"""Gap of the decisions in all folds together, for each candidate of a search.

    .. math:: \text{gap}_i = \text{metric}\Big(\sum_{\text{folds } f} N_{if}\Big)

    with the counts :math:`N_{if}` by group, class and decision.

    Parameters
    ----------
    cv_results : dict or dataframe
        ``cv_results_`` of a search with :func:`~fairlearnkit.metrics.pooled_scorers`.
    gap : str
        The name that was given to `pooled_scorers`.

    Returns
    -------
    gaps : ndarray of shape (n_candidates,)
        Not negated; 1 - ratio of a metric that is a ratio. NaN where a candidate failed
        or a rate is not defined.

    Raises
    ------
    ValueError
        The table holds no counts of this name, or fewer than two groups are left.

    Warns
    -----
    SmallGroupWarning
        ``min_group_size`` of the scorers leaves groups out.

    See Also
    --------
    HighestScore : Choose by these gaps.

    Notes
    -----
    The lowest of many gaps is optimistic, as is the best of many scores.

    Examples
    --------
    >>> from fairlearnkit.model_selection import pooled_gaps
    >>> rate = "selection_rate, of=1"
    >>> cv_results = {}
    >>> for group, selected in {"a": 6, "b": 3}.items():
    ...     for decision, count in enumerate((10 - selected, selected)):
    ...         cell = f"group='{group}', true=1, decision={decision}"
    ...         cv_results[f"split0_test_gap: difference({rate}, {cell})"] = [count]
    ...         cell = f"group='{group}', true=0, decision={decision}"
    ...         cv_results[f"split0_test_gap: difference({rate}, {cell})"] = [0]
    ...     cv_results[f"split0_test_gap: rows(group='{group}', true=1)"] = [10]
    >>> pooled_gaps(cv_results, "gap").round(3).tolist()
    [0.3]
    """
    pooled = read_pooled(cv_results, gap)
    if pooled is None:
        msg = (
            f"The table holds no counts of {gap!r}: search with scoring={{..., "
            f"**pooled_scorers({gap!r}, ...)}}."
        )
        raise ValueError(msg)
    pooled.warn_of_left_out(stacklevel=3)
    return pooled.gaps()
