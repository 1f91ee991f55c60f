"""Scorers that count, for the gap of the decisions in all folds together."""

from itertools import product

from fairlearnkit._counting.confusion import positive_classes
from fairlearnkit._counting.count_names import (
    Gap,
    label_text,
    name_of_rows,
    name_of_weight,
)
from fairlearnkit._counting.fold_counts import FoldCounter, read_known_groups
from fairlearnkit._counting.labels import read_labels
from fairlearnkit._counting.metric import comparison_of, is_gap_of_rates
from fairlearnkit._counting.named_metric import (
    CALLER,
    function_name,
    get_metric,
    unwrap,
)
from fairlearnkit._counting.small_groups import check_min_group_size
from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.label_tables import distinct_labels
from fairlearnkit._data.messages import format_labels
from fairlearnkit.utils._sklearn_private import response_cache

from ._scorer import _ParityScorer


def pooled_scorers(
    name, metric, *, groups=None, classes=None, columns=None, metric_params=None
):
    r"""Make scorers whose counts give the pooled gap of all folds of a search.

    .. math:: \text{gap} = \text{metric}\Big(\sum_{\text{folds } f} N_f\Big), \qquad
              N_f[g, y, \hat y] = \sum_{i \in f} w_i \,
              [\, g_i = g, \, y_i = y, \, \hat y_i = \hat y \,]

    The mean of a gap over folds is too large, because each fold adds noise and a gap is
    never negative. The gap of the pooled out-of-fold decisions is that of
    ``metric(y, cross_val_predict(...))``. A refit rule sees only one number for each
    scorer and fold, so there is one scorer for each count, and the rules add them.

    Parameters
    ----------
    name : str
        Name of the gap, by which the rules and functions of
        :mod:`fairlearnkit.model_selection` find the counts. All keys start with it.
    metric : str or callable
        Name of a gap of rates of :mod:`fairlearnkit.metrics`, or the function itself:
        demographic parity, equal opportunity, equalized odds, and any rate, as
        difference or ratio. For a ratio, the gap is 1 - ratio.
    groups : array-like of shape (n_samples,) or (n_samples, n_columns)
        The sensitive column or columns themselves, such as ``X["sex"]``, or a list of
        the labels that occur.
    classes : array-like of shape (n_samples,)
        The target y itself, or a list of its classes.
    columns : str, int, list or callable, default=None
        Columns of X that hold the groups, as in
        :class:`~fairlearnkit.compose.SensitiveColumns`. None finds the groups as
        :func:`~fairlearnkit.metrics.parity_scorer` does.
    metric_params : dict, default=None
        Keywords of the metric: "rate", "aggregate", "pos_label", "missing" and
        "min_group_size", which is about the rows of all folds together.

    Returns
    -------
    scorers : dict of callable
        One for each group, class and decision: the weight of such rows in the fold; and
        one for each group and class, their number. 0 where the fold has none. The keys
        say what is counted, such as ``"gap: difference(selection_rate, of=1, group='a',
        true=0, decision=1)"`` and ``"gap: rows(group='a', true=0)"``.

    Raises
    ------
    ValueError
        The metric is not a gap of rates, `groups` or `classes` are not given or are
        fewer than two, or `metric_params` holds something else. When a scorer is
        called: there are no groups, or a label is not among `groups` or `classes`.

    See Also
    --------
    parity_scorer : One number, the gap of a fold.
    fairlearnkit.model_selection.HighestScore : Choose a candidate under a bound.
    fairlearnkit.model_selection.pooled_gaps : Gaps of all candidates of a search.

    Notes
    -----
    For G groups and K classes there are G K (K + 1) scorers, and as many columns for
    each fold. A search predicts and counts once for all of them. Code that calls them
    one by one predicts once for each.

    Groups must be known before the search, because that is when scikit-learn fixes the
    names of the scorers. Rows with missing groups are treated as "missing" says; pass
    `groups` with the missing values if they are a group of their own.

    With repeated cross-validation, rows are counted once for each repetition. The
    pooled gap is still optimistic for the best of many candidates: measure the chosen
    one on rows that the search has not seen.

    Searches with a single scorer, such as HalvingGridSearchCV, cannot use them. The
    user guide has a recipe with ``cross_val_predict`` (see :ref:`composition`).

    Examples
    --------
    >>> from fairlearnkit.metrics import pooled_scorers
    >>> gap = pooled_scorers(
    ...     "gap", "demographic_parity_difference", groups=["f", "m"], classes=[0, 1]
    ... )
    >>> scoring = {"accuracy": "accuracy", **gap}
    >>> len(scoring)
    13
    >>> list(gap)[1]
    "gap: difference(selection_rate, of=1, group='f', true=0, decision=1)"
    """
    if not (isinstance(name, str) and name):
        msg = f"name={name!r} must be the name of the gap, such as 'gap'."
        raise ValueError(msg)
    function = get_metric(metric, metric_params)
    options = _count_options(function)
    counter = _make_counter(groups, classes, options)
    gap = _what_is_computed(unwrap(function), options, counter)
    return _make_scorers(name, gap, counter, (unwrap(function), columns))


def _count_options(function):
    """Keywords of a gap of rates that can be computed from counts."""
    options = dict(getattr(function, "keywords", {}))
    named = function_name(function)
    if not is_gap_of_rates(unwrap(function)) or getattr(function, "args", ()):
        msg = (
            f"{named} is no gap of rates, so that counts of decisions do not give it: "
            "use a difference or ratio of rates, such as "
            f"'demographic_parity_difference', or parity_scorer({named!r}), whose "
            "values are averaged over the folds."
        )
        raise ValueError(msg)
    for key, cure in (
        ("labels", "pass classes=y to pooled_scorers instead"),
        ("control_features", "counts of all folds are not kept by stratum"),
    ):
        if options.pop(key, None) is not None:
            msg = f"metric_params holds {key!r}: {cure}."
            raise ValueError(msg)
    check_min_group_size(options.get("min_group_size", 0))
    return options


def _make_counter(groups, classes, options):
    """What counts the rows of a fold, for the given groups and classes."""
    if groups is None or isinstance(groups, str):
        msg = (
            f"groups={groups!r}: pooled_scorers makes one scorer for each group and "
            "has to know them. Pass the sensitive column itself, groups=X['sex'], or "
            "a list of its labels."
        )
        raise ValueError(msg)
    if classes is None or isinstance(classes, str):
        msg = (
            f"classes={classes!r}: pooled_scorers makes one scorer for each class and "
            "has to know them. Pass y itself, classes=y, or a list of its labels."
        )
        raise ValueError(msg)
    missing = options.get("missing", "error")
    group_labels = read_known_groups(groups, missing)
    classes = distinct_labels("classes", classes)
    class_labels = read_labels(classes=classes)["classes"].labels.tolist()
    for argument, labels in (("groups", group_labels), ("classes", class_labels)):
        if len(labels) < 2:
            msg = (
                f"{argument} holds {format_labels(labels)}; a comparison needs at "
                "least two."
            )
            raise ValueError(msg)
    return FoldCounter(group_labels, class_labels, missing)


def _what_is_computed(metric, options, counter):
    """The gap that a rule computes from the counts."""
    keys = {"aggregate", "rate"} & set(options)
    comparison = comparison_of(metric, **{key: options[key] for key in keys})
    table = counter.empty_confusion()
    positives = positive_classes(table, comparison, options.get("pos_label"), CALLER)
    of = None
    if len(positives) == 1:
        of = label_text(counter.classes[positives[0]])
    return Gap(comparison, of, options.get("min_group_size", 0))


def _make_scorers(name, gap, counter, source):
    """A scorer for each cell, by the name that says which one it is.

    `source` is the metric and the columns of the groups.
    """
    groups, classes = (
        _distinct_texts(labels) for labels in (counter.groups, counter.classes)
    )
    n_classes = range(len(classes))
    scorers = {}
    for g, true in product(range(len(groups)), n_classes):
        for decision in n_classes:
            cell = (groups[g], classes[true], classes[decision])
            key = name_of_weight(name, gap, *cell)
            scorers[key] = _CountScorer(counter, (g, true, decision), key, *source)
    for g, true in product(range(len(groups)), n_classes):
        key = name_of_rows(name, groups[g], classes[true])
        scorers[key] = _CountScorer(counter, (g, true), key, *source)
    return scorers


def _distinct_texts(labels):
    texts = list(map(label_text, labels))
    if len(set(texts)) < len(texts):
        msg = f"Some labels have the same text, among {texts}: rename them."
        raise ValueError(msg)
    return texts


class _CountScorer(_ParityScorer):
    """One of `pooled_scorers`: a number of rows, or the sum of their weights.

    Parameters
    ----------
    counter : FoldCounter
        What counts the rows of a fold.
    cell : tuple of int
        Positions of the group, the true class and the decision; without a decision it
        is the number of rows.
    key : str
        Its name in ``scoring``.
    metric : callable
        The gap of rates that the counts are for.
    columns : str, int, list, callable or None
        Columns of X that hold the groups.
    """

    def __init__(self, counter, cell, key, metric, columns):
        self._counter = counter
        self._cell = cell
        self._key = key
        self._columns = columns  # the name of the scorer, in messages, holds them
        super().__init__(metric, 1, "predict", columns)

    def _score(
        self,
        method_caller,
        estimator,
        X,
        y_true=None,
        *,
        sensitive_features=None,
        sample_weight=None,
    ):
        # All scorers of one set that are called together share one count. The cache
        # belongs to one estimator and one set of rows; metadata may differ by scorer.
        cache = response_cache(method_caller)
        key = (*self._set_key(), id(sensitive_features), id(sample_weight))
        if key not in cache:
            check_alignment(
                X=X,
                y_true=y_true,
                sensitive_features=sensitive_features,
                sample_weight=sample_weight,
            )
            groups = self._groups(estimator, X, sensitive_features)
            y_pred = self._predictions(method_caller, estimator, X)
            cache[key] = self._counter.count(y_true, y_pred, groups, sample_weight)
        weights, rows = cache[key]
        table = weights if len(self._cell) == len(weights.shape) else rows
        return float(table[self._cell])

    def _set_key(self):
        """The same for all scorers that count the same cells, in copies too."""
        columns = self._columns
        return (self._counter.key, columns if callable(columns) else repr(columns))

    def __repr__(self):
        columns = "" if self._columns is None else f", columns={self._columns!r}"
        return f"pooled_scorers(...{columns})[{self._key!r}]"
