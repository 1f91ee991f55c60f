"""Rates of each group, with intervals."""

import numpy as np
from scipy.stats import norm

from fairlearnkit._counting.cells import read_cells
from fairlearnkit._counting.gaps import warn_of_small
from fairlearnkit._counting.rates import rates_of, rates_to_show
from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.messages import CLASS_REPORT

from ._drawing import (
    axes,
    frame_of,
    groups_of,
    legend,
    response,
    styles,
    told_of_estimator,
    with_positive,
)

SHOWN = ("selection_rate", "true_positive_rate", "false_positive_rate")


class GroupRatesDisplay:
    r"""Rates of the confusion matrix by group, with Wilson intervals.

    .. math:: \frac{1}{1 + z^2 / n} \left( p + \frac{z^2}{2 n} \pm
              z \sqrt{\frac{p (1 - p)}{n} + \frac{z^2}{4 n^2}} \right)

    for a rate p of n rows and the normal quantile z.

    Parameters
    ----------
    groups : array-like of shape (n_groups,)
        Group labels.
    counts : array-like of shape (n_groups,)
        Rows of each group.
    rates : dict of array-like of shape (n_groups,)
        Each rate by its name.
    low, high : dict of array-like of shape (n_groups,)
        Ends of the intervals.
    overall : dict of float
        Each rate of all rows together.
    pos_label : scalar, default=None
        The positive class; None where the rates look at none.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes that were drawn on.
    figure_ : matplotlib Figure
        Their figure.

    See Also
    --------
    fairlearnkit.metrics.parity_report : The same numbers, and the gaps, as text.

    Notes
    -----
    Intervals are of each rate by itself. That two of them overlap does not say that
    the rates agree. Rows are taken as independent; with weights n stays the number of
    rows.

    References
    ----------
    Wilson: Probable Inference, the Law of Succession, and Statistical Inference.
    Journal of the American Statistical Association 1927.

    Examples
    --------
    >>> from fairlearnkit.inspection import GroupRatesDisplay
    >>> group, y = ["a"] * 40 + ["b"] * 40, [1, 0] * 40
    >>> shown = GroupRatesDisplay.from_predictions(y, y, sensitive_features=group)
    >>> shown.ax_.get_xlabel()
    'rate (positive class: 1)'
    >>> shown.frame()["rate"].iloc[0]
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
        pos_label=None,
        rates=None,
        confidence_level=0.95,
        missing="error",
        ax=None,
    ):
        """Count and draw.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,) or None
            True labels; None will do for the selection rate.
        y_pred : array-like of shape (n_samples,)
            Predicted labels.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.
        pos_label : scalar, default=None
            The positive class. None takes 1 where labels are {0, 1}, {-1, 1} or
            booleans; other labels have to be named, unless the rates
            are "accuracy" and "error_rate" alone.
        rates : sequence of str, default=None
            Names, as for :func:`~fairlearnkit.metrics.rate_difference`. None takes
            selection rate, true and false positive rate; without `y_true`, the
            selection rate.
        confidence_level : float, default=0.95
            Of the intervals.
        missing : {"error", "group", "ignore"}, default="error"
            What to do with missing sensitive features.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes some.

        Returns
        -------
        display : GroupRatesDisplay
            The drawn display.
        """
        rates = rates_to_show(rates, y_true, SHOWN)
        cells, places = read_cells(
            y_true,
            y_pred,
            sensitive_features,
            sample_weight,
            pos_label,
            missing=missing,
            asked=tuple(rates),
            single=True,
            caller=CLASS_REPORT,
        )
        by_group = rates_of(cells, places[0], rates)
        found = {"rates": by_group.by_group, "overall": by_group.overall}
        found |= {"pos_label": by_group.pos_label, "low": {}, "high": {}}
        for name in rates:
            warn_of_small(cells, name, places[0])
            ends = _wilson(found["rates"][name], by_group.among[name], confidence_level)
            found["low"][name], found["high"][name] = ends
        n_rows = cells.rows[0].sum(axis=(1, 2))
        return cls(groups=cells.groups, counts=n_rows, **found).plot(ax=ax)

    @classmethod
    def from_estimator(cls, estimator, X, y, *, sensitive_features=None, **options):
        """Predict, count and draw.

        Parameters
        ----------
        estimator : classifier
            A fitted classifier.
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,) or None
            True labels; None will do for the selection rate.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels; None takes those that a SensitiveColumns finds in X.
        **options : dict
            As for `from_predictions`.

        Returns
        -------
        display : GroupRatesDisplay
            The drawn display.
        """
        check_alignment(X=X, y=y, sensitive_features=sensitive_features)
        groups = groups_of(estimator, X, sensitive_features)
        y_pred, _ = response(estimator, X, groups, ("predict",))
        with told_of_estimator():
            return cls.from_predictions(y, y_pred, sensitive_features=groups, **options)

    def plot(self, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes some.

        Returns
        -------
        display : GroupRatesDisplay
            This display, with ``ax_`` and ``figure_``.
        """
        self.ax_, self.figure_ = axes(ax)
        names, n_groups = list(self.rates), len(self.groups)
        for g, (label, look) in enumerate(zip(self.groups, styles(self.groups))):
            offset = (g - (n_groups - 1) / 2) * 0.7 / n_groups
            middle = np.array([self.rates[name][g] for name in names])
            ends = [
                np.abs(middle - [side[name][g] for name in names])
                for side in (self.low, self.high)
            ]
            self.ax_.errorbar(
                middle,
                np.arange(len(names)) + offset,
                xerr=np.array(ends),
                fmt=look["marker"],
                color=look["color"],
                capsize=3,
                label=f"{label} (n = {self.counts[g]:,})",
            )
        for place, name in enumerate(names):
            at = self.overall[name]
            self.ax_.plot([at, at], [place - 0.42, place + 0.42], color="0.6", zorder=0)
        self.ax_.plot([], [], color="0.6", label="all rows")
        self.ax_.set(
            yticks=range(len(names)),
            yticklabels=[name.replace("_", " ") for name in names],
            xlabel=with_positive("rate", self.pos_label),
            xlim=(-0.02, 1.02),
        )
        self.ax_.invert_yaxis()
        legend(self.ax_, n_groups)
        return self

    def frame(self):
        """The numbers, one row for each rate and group.

        Returns
        -------
        frame : DataFrame
            Columns rate, group, count, value, low and high.
        """
        rows = [(name, g) for name in self.rates for g in range(len(self.groups))]
        return frame_of(
            {
                "rate": [name for name, _ in rows],
                "group": [self.groups[g] for _, g in rows],
                "count": [self.counts[g] for _, g in rows],
                "value": [self.rates[name][g] for name, g in rows],
                "low": [self.low[name][g] for name, g in rows],
                "high": [self.high[name][g] for name, g in rows],
            }
        )


def _wilson(p, n, confidence_level):
    """Ends of the Wilson interval; NaN without rows."""
    z2 = norm.ppf(0.5 + 0.5 * confidence_level) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = np.sqrt(z2 * p * (1 - p) / n + z2**2 / (4 * n**2)) / (1 + z2 / n)
    return middle - half, middle + half
