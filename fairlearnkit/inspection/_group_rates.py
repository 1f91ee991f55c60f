"""Rates of each group, with intervals."""

import numpy as np

from fairlearnkit._counting.confusion import one_positive_class, read_confusion
from fairlearnkit._counting.group_rates import check_rates, rates_by_group
from fairlearnkit._counting.kinds import weights_and_squares
from fairlearnkit._counting.newcombe import quantile_for
from fairlearnkit._counting.sampled_rates import sampled_rates
from fairlearnkit._data.messages import CLASS_REPORT, check_confidence_level

from ._drawing import (
    HEIGHT,
    add_legend,
    get_axes,
    group_names,
    name_positive_class,
    styles,
    to_frame,
)
from ._responses import check_drawable, get_response, groups_of, messages_of_estimator

# Rates of demographic parity and of equalized odds.
DEFAULT_RATES = ("selection_rate", "true_positive_rate", "false_positive_rate")
# Inches of a new figure for each group and rate, so that marks do not touch, and its
# largest height. Half as much lets the marks of neighbours overlap.
LINE, HIGHEST = 0.12, 20.0


class GroupRatesDisplay:
    r"""Rates of the confusion matrix by group, with Wilson intervals.

    .. math:: \frac{1}{1 + z^2 / n} \left( p + \frac{z^2}{2 n} \pm
              z \sqrt{\frac{p (1 - p)}{n} + \frac{z^2}{4 n^2}} \right)

    for a rate p of n rows and the normal quantile z. With weights, n is the number of
    rows of equal weight that the rate would be as certain with, as in
    :func:`~fairlearnkit.metrics.parity_report`.

    Parameters
    ----------
    groups : array-like of shape (n_groups,)
        Group labels.
    counts : array-like of shape (n_groups,)
        Number of rows of each group.
    rates : dict of array-like of shape (n_groups,)
        Each rate by its name.
    low, high : dict of array-like of shape (n_groups,)
        Ends of the intervals.
    overall : dict of float
        Each rate of all rows together.
    pos_label : scalar, default=None
        The positive class; None if no rate depends on it.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes with the drawing.
    figure_ : matplotlib Figure
        The figure that holds the axes.

    See Also
    --------
    fairlearnkit.metrics.parity_report : The same numbers, and the gaps, in a report.

    Notes
    -----
    Each interval is valid for one rate, not for all of them at once, and two rates may
    differ although their intervals overlap. Rows are taken as independent.

    References
    ----------
    Wilson: Probable Inference, the Law of Succession, and Statistical Inference.
    Journal of the American Statistical Association 1927. Kish: Survey Sampling. Wiley
    1965, for weights.

    Examples
    --------
    >>> from fairlearnkit.inspection import GroupRatesDisplay
    >>> group, y = ["a"] * 40 + ["b"] * 40, [1, 0] * 40
    >>> display = GroupRatesDisplay.from_predictions(y, y, sensitive_features=group)
    >>> display.ax_.get_xlabel()
    'rate (positive class: 1)'
    >>> display.frame()["rate"].iloc[0]
    'selection_rate'
    """

    def __init__(self, *, groups, counts, rates, low, high, overall, pos_label=None):
        self.groups = groups
        self.counts = counts
        self.rates = rates
        self.low = low
        self.high = high
        self.overall = overall
        self.pos_label = pos_label

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_pred,
        *,
        sensitive_features,
        sample_weight=None,
        rates=None,
        confidence_level=0.95,
        pos_label=None,
        missing="error",
        ax=None,
    ):
        """Draw the rates of given predictions.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,) or None
            True labels. May be None for the selection rate.
        y_pred : array-like of shape (n_samples,)
            Predicted labels.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.
        rates : sequence of str, default=None
            Names, as in :func:`~fairlearnkit.metrics.rate_difference`. None takes
            selection rate, true and false positive rate; without `y_true`, the
            selection rate.
        confidence_level : float, default=0.95
            Confidence level of the intervals.
        pos_label : scalar, default=None
            The positive class. None takes 1 if labels are {0, 1}, {-1, 1} or
            booleans; of other labels it has to be named, unless "accuracy" and
            "error_rate" are the only rates.
        missing : {"error", "group", "ignore"}, default="error"
            What to do with missing sensitive features.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes new ones.

        Returns
        -------
        display : GroupRatesDisplay
            The drawn display.
        """
        check_confidence_level(confidence_level)
        rates = check_rates(rates, y_true, DEFAULT_RATES)
        confusion = read_confusion(
            y_true,
            y_pred,
            sensitive_features,
            rates,
            sample_weight=sample_weight,
            missing=missing,
            pos_label=pos_label,
            caller=CLASS_REPORT,
        )
        positive = one_positive_class(confusion, rates, pos_label, CLASS_REPORT)
        warned = ("selection_rate", *rates)
        result = rates_by_group(confusion, positive, rates, warned=warned)
        low, high = _intervals(confusion, rates, positive, confidence_level)
        return cls(
            groups=result.groups,
            counts=result.counts,
            rates=result.by_group,
            low=low,
            high=high,
            overall=result.overall,
            pos_label=result.pos_label,
        ).plot(ax=ax)

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        sensitive_features=None,
        sample_weight=None,
        rates=None,
        confidence_level=0.95,
        pos_label=None,
        missing="error",
        ax=None,
    ):
        """Draw the rates of the predictions of an estimator.

        Parameters
        ----------
        estimator : classifier
            A fitted classifier.
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,) or None
            True labels. May be None for the selection rate.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels; None takes those that a SensitiveColumns finds in X.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.
        rates : sequence of str, default=None
            Names, as in :func:`~fairlearnkit.metrics.rate_difference`. None takes
            selection rate, true and false positive rate; without `y`, the
            selection rate.
        confidence_level : float, default=0.95
            Confidence level of the intervals.
        pos_label : scalar, default=None
            The positive class. None takes 1 if labels are {0, 1}, {-1, 1} or
            booleans; of other labels it has to be named, unless "accuracy" and
            "error_rate" are the only rates.
        missing : {"error", "group", "ignore"}, default="error"
            What to do with missing sensitive features.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes new ones.

        Returns
        -------
        display : GroupRatesDisplay
            The drawn display.
        """
        check_drawable(
            X=X,
            y=y,
            sensitive_features=sensitive_features,
            sample_weight=sample_weight,
        )
        groups = groups_of(estimator, X, sensitive_features)
        y_pred, _ = get_response(estimator, X, groups, ("predict",))
        with messages_of_estimator():
            return cls.from_predictions(
                y,
                y_pred,
                sensitive_features=groups,
                sample_weight=sample_weight,
                rates=rates,
                confidence_level=confidence_level,
                pos_label=pos_label,
                missing=missing,
                ax=ax,
            )

    def plot(self, ax=None):
        """Draw the rates, a mark and an interval for each group.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes new ones.

        Returns
        -------
        display : GroupRatesDisplay
            This display, with ``ax_`` and ``figure_``.
        """
        names = [
            f"{group} (n = {count:,})"
            for group, count in zip(group_names(self.groups), self.counts)
        ]
        n_lines = len(self.rates) * (len(names) + 2)
        height = min(max(HEIGHT, n_lines * LINE), HIGHEST)
        self.ax_, self.figure_ = get_axes(ax, ["all rows", *names], height)
        for g, style in enumerate(styles(names)):
            self._draw_group(g, names[g], style)
        self._draw_overall()
        self.ax_.set(
            yticks=range(len(self.rates)),
            yticklabels=[name.replace("_", " ") for name in self.rates],
            xlabel=name_positive_class("rate", self.pos_label),
            xlim=(-0.02, 1.02),  # shows marks at 0 and 1 in full
        )
        self.ax_.invert_yaxis()  # the first rate at the top, as in the table
        add_legend(self.ax_)
        return self

    def _draw_group(self, g, name, style):
        """One mark and interval for each rate; groups are offset from one another."""
        n_groups = len(self.groups)
        # Groups fill 0.7 of the distance between two rates; more would merge the rates.
        offset = (g - (n_groups - 1) / 2) * 0.7 / n_groups
        values = np.array([self.rates[name][g] for name in self.rates])
        # matplotlib takes the lengths of the bars, not their ends: (2, n_rates).
        errors = [
            np.abs(values - [end[name][g] for name in self.rates])
            for end in (self.low, self.high)
        ]
        self.ax_.errorbar(
            values,
            np.arange(len(values)) + offset,
            xerr=np.array(errors),
            fmt=style["marker"],
            color=style["color"],
            capsize=3,
            label=name,
        )

    def _draw_overall(self):
        # Lines a little longer than the 0.35 by which groups are offset at most.
        grey = {"color": "0.6"}
        for position, name in enumerate(self.rates):
            x, y = [self.overall[name]] * 2, [position - 0.42, position + 0.42]
            self.ax_.plot(x, y, zorder=0, **grey)
        self.ax_.plot([], [], label="all rows", **grey)  # one entry in the legend

    def frame(self):
        """Table with one row for each rate and group.

        Returns
        -------
        frame : DataFrame
            Columns rate, group, count, value, low and high.
        """
        rows = [(name, g) for name in self.rates for g in range(len(self.groups))]
        return to_frame(
            {
                "rate": [name for name, _ in rows],
                "group": [self.groups[g] for _, g in rows],
                "count": [self.counts[g] for _, g in rows],
                "value": [self.rates[name][g] for name, g in rows],
                "low": [self.low[name][g] for name, g in rows],
                "high": [self.high[name][g] for name, g in rows],
            }
        )


def _intervals(confusion, rates, positive, confidence_level):
    """Ends of the intervals, as two dicts of the rates."""
    weights, squares = (each[0] for each in weights_and_squares(confusion))
    z = quantile_for(confidence_level)
    ends = {
        name: sampled_rates(weights, squares, name, positive).intervals(z)
        for name in rates
    }
    return tuple({name: ends[name][side] for name in rates} for side in (0, 1))
