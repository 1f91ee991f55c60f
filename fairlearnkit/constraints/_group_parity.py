"""Parity of mean scores between groups, among all rows or within classes of y."""

from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from fairlearnkit._data.classes import encode_classes, positive_class
from fairlearnkit._data.messages import format_labels

from ._base import ParityConstraint


@dataclass(frozen=True)
class DemographicParity(ParityConstraint):
    r"""Equal mean score in every group.

    .. math:: |\bar f_a - \bar f_b| \le \text{max\_gap}
              \quad \text{for all groups } a, b

    Needs no y, so it applies to classifiers, regressors and transformers alike.

    Parameters
    ----------
    columns : {"intersection", "separately"}, default="intersection"
        With several sensitive columns: compare their intersections, or the groups
        of each column by itself.

    Notes
    -----
    Models with this constraint bound mean scores. A
    :class:`~fairlearnkit.postprocessing.ParityThresholdClassifier` with this constraint
    bounds the rates of decisions.

    References
    ----------
    Zafar, Valera, Gomez Rodriguez, Gummadi: Fairness Constraints: Mechanisms for Fair
    Classification. AISTATS 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from fairlearnkit.constraints import DemographicParity
    >>> scores = np.r_[np.full(10, 2.0), np.full(10, 0.5)]
    >>> round(DemographicParity().gap(scores, None, ["a"] * 10 + ["b"] * 10), 6)
    1.5
    """

    def strata(self, y, n_samples):
        """All rows in one stratum."""
        return np.zeros(n_samples, dtype=np.intp), [""]


@dataclass(frozen=True)
class EqualOpportunity(ParityConstraint):
    r"""Equal mean score in every group, among the rows of the positive class.

    .. math:: |\bar f_{a,y=+} - \bar f_{b,y=+}| \le \text{max\_gap}
              \quad \text{for all groups } a, b

    Parameters
    ----------
    columns : {"intersection", "separately"}, default="intersection"
        With several sensitive columns: compare their intersections, or the groups
        of each column by itself.
    pos_label : scalar, default=None
        The positive class. None takes 1 if the labels are {0, 1}, {-1, 1} or booleans;
        for other labels it must be given, here or to the estimator. In one-vs-rest
        models each class is the positive one in turn.

    Notes
    -----
    Models with this constraint bound mean scores. This is the linear-loss relaxation of
    equal true positive rates; its factor 1/2 is part of max_gap here. A
    :class:`~fairlearnkit.postprocessing.ParityThresholdClassifier` with this constraint
    bounds the true positive rates.

    References
    ----------
    Donini, Oneto, Ben-David, Shawe-Taylor, Pontil: Empirical Risk Minimization under
    Fairness Constraints. NeurIPS 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from fairlearnkit.constraints import EqualOpportunity
    >>> scores = np.r_[np.full(10, 2.0), np.full(10, 0.5), np.zeros(20)]
    >>> y, sex = np.repeat([1, 0], 20), np.tile(np.repeat(["F", "M"], 10), 2)
    >>> round(EqualOpportunity().gap(scores, y, sex), 6)
    1.5
    """

    pos_label: Any = None

    compares_within_classes = True

    def with_pos_label(self, pos_label):
        """Return a copy of this constraint for a positive class.

        Estimators call it with the class that their own ``pos_label`` names.

        Parameters
        ----------
        pos_label : scalar
            The positive class.

        Returns
        -------
        constraint : EqualOpportunity
        """
        # dataclasses.replace would call __init__, which a subclass may have changed.
        constraint = copy(self)
        object.__setattr__(constraint, "pos_label", pos_label)
        return constraint

    def strata(self, y, n_samples):
        """One stratum, of the rows of the positive class."""
        classes, codes = encode_classes(y, "equal_opportunity")
        # For a constraint that is used by itself: estimators name the class before,
        # with an error message of their own.
        hint = "name the positive class, EqualOpportunity(pos_label=...)"
        positive = positive_class(
            classes, self.pos_label, name="y", pos_label_hint=hint
        )
        if positive not in classes:
            msg = (
                f"equal_opportunity finds no row of the positive class {positive!r}; "
                f"known classes: {format_labels(classes)}."
            )
            raise ValueError(msg)
        name = f" with y = {positive}"
        # All other rows are outside of the constraint.
        return np.where(codes == classes.index(positive), 0, -1), [name]


@dataclass(frozen=True)
class EqualizedOdds(ParityConstraint):
    r"""Equal mean score in every group, within each class of y.

    .. math:: |\bar f_{a,y=k} - \bar f_{b,y=k}| \le \text{max\_gap}
              \quad \text{for all groups } a, b \text{ and classes } k

    Parameters
    ----------
    columns : {"intersection", "separately"}, default="intersection"
        With several sensitive columns: compare their intersections, or the groups
        of each column by itself.

    Notes
    -----
    Models with this constraint bound mean scores. A
    :class:`~fairlearnkit.postprocessing.ParityThresholdClassifier` with this constraint
    bounds the true and the false positive rates.

    References
    ----------
    Hardt, Price, Srebro: Equality of Opportunity in Supervised Learning. NeurIPS 2016.
    Oneto, Donini, Pontil: General Fair Empirical Risk Minimization. 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from fairlearnkit.constraints import EqualizedOdds
    >>> scores = np.r_[np.full(10, 2.0), np.full(10, 0.5), np.zeros(10), np.ones(10)]
    >>> y, sex = np.repeat([1, 0], 20), np.tile(np.repeat(["F", "M"], 10), 2)
    >>> contrasts = EqualizedOdds().contrasts(y, sex)
    >>> dict(zip(contrasts.names, contrasts.gaps(scores).round(6).tolist()))
    {'F - M with y = 0': -1.0, 'F - M with y = 1': 1.5}
    """

    compares_within_classes = True

    def strata(self, y, n_samples):
        """One stratum for each class."""
        classes, codes = encode_classes(y, "equalized_odds")
        return codes, [f" with y = {label}" for label in classes]
