"""ROC curves of each group."""

import numpy as np
from sklearn.metrics import auc, roc_curve
from sklearn.utils.validation import check_consistent_length

from fairlearnkit._counting.labels import read_labels
from fairlearnkit._data.classes import positive_class
from fairlearnkit._data.groups import find_groups
from fairlearnkit._data.messages import SCORE_METRIC
from fairlearnkit._data.rows import read_weight, split_rows
from fairlearnkit._data.scores import read_scores

from ._drawing import (
    add_legend,
    get_axes,
    group_names,
    name_positive_class,
    styles,
    to_frame,
)
from ._responses import check_drawable, groups_of, messages_of_estimator, scores_of


class RocByGroupDisplay:
    r"""ROC curves by group, and where one threshold puts each group on its curve.

    .. math:: t \mapsto \big( P(f > t \mid y \ne +, g), \; P(f > t \mid y = +, g) \big)

    Parameters
    ----------
    groups : array-like of shape (n_groups,)
        Group labels.
    curves : list of tuple of ndarray
        False positive rates, true positive rates and thresholds of each group.
    auc : array-like of shape (n_groups,)
        Area under each curve.
    threshold : float, default=None
        Threshold to mark on the curves.
    pos_label : scalar, default=None
        The positive class.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes with the drawing.
    figure_ : matplotlib Figure
        The figure that holds the axes.

    Notes
    -----
    Equalized odds holds if the marks of all groups coincide. If curves cross or lie
    apart, no choice of one threshold for each group gives equal errors without making
    some group worse off. Curves with equal areas may differ.

    References
    ----------
    Hardt, Price, Srebro: Equality of Opportunity in Supervised Learning. NeurIPS 2016,
    section 4.2.

    Examples
    --------
    >>> from fairlearnkit.inspection import RocByGroupDisplay
    >>> group, y = ["a"] * 20 + ["b"] * 20, [0, 1] * 20
    >>> display = RocByGroupDisplay.from_predictions(
    ...     y, range(40), sensitive_features=group, threshold=20
    ... )
    >>> [round(float(area), 2) for area in display.auc]
    [0.55, 0.55]
    """

    def __init__(self, *, groups, curves, auc, threshold=None, pos_label=None):
        self.groups = groups
        self.curves = curves
        self.auc = auc
        self.threshold = threshold
        self.pos_label = pos_label

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_score,
        *,
        sensitive_features,
        sample_weight=None,
        threshold=None,
        pos_label=None,
        missing="error",
        ax=None,
    ):
        """Draw the curves of given scores.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True labels, of two classes, or of more with `pos_label` against the others.
        y_score : array-like of shape (n_samples,)
            Scores, greater for the positive class.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.
        threshold : float, default=None
            Threshold to mark on the curves.
        pos_label : scalar, default=None
            The positive class. None takes 1 if labels are {0, 1}, {-1, 1} or booleans;
            of other labels it has to be named.
        missing : {"error", "group", "ignore"}, default="error"
            What to do with missing sensitive features.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes new ones.

        Returns
        -------
        display : RocByGroupDisplay
            The drawn display.
        """
        check_drawable(
            y_true=y_true,
            y_score=y_score,
            sensitive_features=sensitive_features,
            sample_weight=sample_weight,
        )
        y_score = read_scores(y_score)
        check_consistent_length(y_true, y_score)
        groups = find_groups(
            sensitive_features, SCORE_METRIC, n_samples=len(y_score), missing=missing
        )
        # From here on there are two classes, the positive one and all others.
        is_positive, label = _is_positive(y_true, pos_label)
        weight = read_weight(sample_weight, len(y_score))
        curves = _curves(is_positive, y_score, groups, weight)
        areas = np.array([auc(fpr, tpr) for fpr, tpr, _ in curves])
        return cls(
            groups=groups.labels,
            curves=curves,
            auc=areas,
            threshold=threshold,
            pos_label=label,
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
        threshold=None,
        response_method="auto",
        pos_label=None,
        missing="error",
        ax=None,
    ):
        """Draw the curves of the scores of an estimator.

        Parameters
        ----------
        estimator : classifier
            A fitted classifier: its decision function, or its probabilities.
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,)
            True labels.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels; None takes those that a SensitiveColumns finds in X.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.
        threshold : float, default=None
            Threshold to mark on the curves.
        response_method : str, default="auto"
            "decision_function", "predict_proba" or "predict"; "auto" takes the first of
            these that the estimator has.
        pos_label : scalar, default=None
            The positive class. None takes 1 if labels are {0, 1}, {-1, 1} or booleans;
            of other labels it has to be named.
        missing : {"error", "group", "ignore"}, default="error"
            What to do with missing sensitive features.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes new ones.

        Returns
        -------
        display : RocByGroupDisplay
            The drawn display.
        """
        check_drawable(
            X=X,
            y=y,
            sensitive_features=sensitive_features,
            sample_weight=sample_weight,
        )
        groups = groups_of(estimator, X, sensitive_features)
        scores = scores_of(estimator, X, groups, pos_label, response_method)
        with messages_of_estimator():
            return cls.from_predictions(
                y,
                scores,
                sensitive_features=groups,
                sample_weight=sample_weight,
                threshold=threshold,
                pos_label=pos_label,
                missing=missing,
                ax=ax,
            )

    def plot(self, ax=None):
        """Draw the curves, and the marks of the threshold.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes new ones.

        Returns
        -------
        display : RocByGroupDisplay
            This display, with ``ax_`` and ``figure_``.
        """
        names = [
            f"{group} (AUC {area:.3f})"
            for group, area in zip(group_names(self.groups), self.auc)
        ]
        self.ax_, self.figure_ = get_axes(ax, names)
        self.ax_.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        for g, style in enumerate(styles(names)):
            self._draw_curve(g, names[g], style)
        title = None
        if self.threshold is not None:
            title = f"marks: threshold {self.threshold:g}"
        add_legend(self.ax_, title=title, loc="lower right")
        self.ax_.set(
            xlabel=name_positive_class("false positive rate", self.pos_label),
            ylabel="true positive rate",
        )
        self.ax_.set_aspect("equal")
        return self

    def _draw_curve(self, g, name, style):
        fpr, tpr, _ = self.curves[g]
        marker = style.pop("marker")  # of the threshold, not of every point
        self.ax_.plot(fpr, tpr, label=name, **style)
        if self.threshold is not None:
            x, y = self._point(g)
            self.ax_.plot([x], [y], marker, color=style["color"], markersize=9)

    def _point(self, g):
        """Rates of the rows of a group whose scores are above the threshold."""
        fpr, tpr, thresholds = self.curves[g]
        # Thresholds fall along the curve, whose points hold the scores at or above
        # theirs: the last point with a threshold above the given one holds the scores
        # above it. The first point lies above all scores.
        last = max(np.count_nonzero(thresholds > self.threshold) - 1, 0)
        return float(fpr[last]), float(tpr[last])

    def frame(self):
        """Table with one row for each point of each curve.

        Returns
        -------
        frame : DataFrame
            Columns group, threshold, false_positive_rate and true_positive_rate.
        """
        fpr, tpr, thresholds = (np.concatenate(part) for part in zip(*self.curves))
        sizes = [len(curve[0]) for curve in self.curves]
        return to_frame(
            {
                "group": np.repeat(np.array(self.groups, dtype=object), sizes),
                "false_positive_rate": fpr,
                "true_positive_rate": tpr,
                "threshold": thresholds,
            }
        )


def _is_positive(y_true, pos_label):
    """Whether each row is of the positive class, and that class."""
    encoded = read_labels(y_true=y_true)["y_true"]
    classes = encoded.labels.tolist()
    label = positive_class(classes, pos_label)
    code = classes.index(label) if label in classes else -1  # which no row has
    return encoded.codes == code, label


def _curves(is_positive, y_score, groups, weight):
    """ROC curve of each group, with all thresholds."""
    curves = []
    parts = split_rows(groups.codes, len(groups.labels))
    for group, rows in zip(groups.labels.tolist(), parts):
        if weight is not None:  # a row without weight adds no class and no threshold
            rows = rows[weight[rows] > 0]
        if is_positive[rows].all() or not is_positive[rows].any():
            msg = f"The group {group!r} has one class only, and no ROC curve."
            raise ValueError(msg)
        curve = roc_curve(
            is_positive[rows],
            y_score[rows],
            sample_weight=None if weight is None else weight[rows],
            drop_intermediate=False,  # a threshold may fall between any two scores
        )
        curves.append(curve)
    return curves
