"""Parity of mean scores between groups."""

from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils.validation import check_array

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.classes import encode_classes, positive_class
from fairlearnkit._data.groups import read_groups
from fairlearnkit._data.interpolation import check_categories
from fairlearnkit._data.messages import format_labels
from fairlearnkit._data.sensitive_columns import read_numeric_columns

from ._contrasts import Contrasts, group_contrasts


class Constraint(ABC):
    """What every constraint offers: contrast rows, and the gap they report."""

    @abstractmethod
    def contrasts(self, y, sensitive_features, sample_weight=None, *, missing="error"):
        """Contrast rows M of these samples.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or None
            Target; None where the constraint does not look at it.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            See ``read_groups``.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the means; a row of weight zero counts as absent.
        missing : {"error", "group", "ignore"}, default="error"
            What to do with missing sensitive features.

        Returns
        -------
        contrasts : Contrasts
        """

    def gap(
        self, scores, y, sensitive_features, sample_weight=None, *, missing="error"
    ):
        """Largest violation max |M f| of the constraint by given scores.

        Parameters
        ----------
        scores : array-like of shape (n_samples,)
            Decision function, log-odds, probability or regression output.
        y : array-like of shape (n_samples,) or None
            Target, as in `contrasts`.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            As in `contrasts`.
        sample_weight : array-like of shape (n_samples,), default=None
            As in `contrasts`.
        missing : {"error", "group", "ignore"}, default="error"
            As in `contrasts`.

        Returns
        -------
        gap : float
            In the unit of the scores.
        """
        check_alignment(
            scores=scores,
            y=y,
            sensitive_features=sensitive_features,
            sample_weight=sample_weight,
        )
        contrasts = self.contrasts(
            y, sensitive_features, sample_weight, missing=missing
        )
        return contrasts.gap(scores)


@dataclass(frozen=True)
class ParityConstraint(Constraint):
    """Base of the constraints that compare groups within strata of y.

    A subclass gives `strata`, and this class does the rest: reads the groups, forms
    their weighted means in each stratum, and compares every two of them.

    Parameters
    ----------
    columns : {"intersection", "separately"}, default="intersection"
        With several sensitive columns: compare their intersections, or the groups
        of each column by itself.
    """

    columns: str = "intersection"

    @abstractmethod
    def strata(self, y, n_samples):
        """Stratum of each row, and a name for each stratum.

        Parameters
        ----------
        y : ndarray of shape (n_samples,) or None
            Target.
        n_samples : int
            Number of rows.

        Returns
        -------
        strata : ndarray of shape (n_samples,), intp
            From 0; -1 for rows that the constraint does not look at.
        names : list of str
            One for each stratum, as in ``" with y = 1"``.
        """

    def _strata(self, y, n_samples, weight):
        """Strata for those few constraints that need the weights as well."""
        return self.strata(y, n_samples)

    def contrasts(self, y, sensitive_features, sample_weight=None, *, missing="error"):
        """Contrast rows M; see :meth:`Constraint.contrasts`."""
        if self.columns not in ("intersection", "separately"):
            msg = (
                f"columns={self.columns!r} is not known; use 'intersection' or "
                "'separately'."
            )
            raise ValueError(msg)
        check_alignment(
            y=y, sensitive_features=sensitive_features, sample_weight=sample_weight
        )
        weight, n_samples = _weights(sample_weight, y)
        groups = read_groups(sensitive_features, n_samples=n_samples, missing=missing)
        check_categories(groups)
        strata, names = self._strata(y, len(groups.codes), weight)
        apart = self.columns == "separately" and groups.columns
        if apart and min(len(g.labels) for g in groups.columns) < 2:
            msg = (
                "A column of sensitive_features holds one group only; with "
                "columns='separately' each needs at least two. Remove the column."
            )
            raise ValueError(msg)
        parts = [
            group_contrasts(g, strata, sample_weight=weight, stratum_names=names)
            for g in (groups.columns if apart else (groups,))
        ]
        return parts[0] if len(parts) == 1 else Contrasts.stack(parts, groups)


@dataclass(frozen=True)
class DemographicParity(ParityConstraint):
    r"""Equal mean score in every group.

    .. math:: |\bar f_a - \bar f_b| \le \text{max\_gap}
              \quad \text{for all groups } a, b

    Needs no y, so it serves classifiers, regressors and transformers.

    Parameters
    ----------
    columns : {"intersection", "separately"}, default="intersection"
        With several sensitive columns: compare their intersections, or the groups
        of each column by itself.

    Notes
    -----
    A statement about mean scores, not about the rate of positive decisions: report
    :func:`~fairlearnkit.metrics.demographic_parity_difference` beside it.

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
        The positive class. None takes 1 where labels are {0, 1}, {-1, 1} or booleans;
        of other labels it has to be named. In one-vs-rest models each class is the
        positive one in turn.

    Notes
    -----
    The linear-loss relaxation of equal true positive rates (its factor 1/2 is part of
    max_gap here). A statement about mean scores, not about rates: report
    :func:`~fairlearnkit.metrics.equal_opportunity_difference` beside it.

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

    def strata(self, y, n_samples):
        """The positive rows, and no others."""
        classes, codes = encode_classes(y, "equal_opportunity")
        cure = "name the positive class, EqualOpportunity(pos_label=...)"
        positive = positive_class(
            classes, self.pos_label, name="y", pos_label_hint=cure
        )
        if positive not in classes:
            msg = (
                f"equal_opportunity finds no row of the positive class {positive!r}; "
                f"known classes: {format_labels(classes)}."
            )
            raise ValueError(msg)
        name = f" with y = {positive}"
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
    A statement about mean scores, not about rates: report
    :func:`~fairlearnkit.metrics.equalized_odds_difference` beside it.

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

    def strata(self, y, n_samples):
        """One stratum for each class."""
        classes, codes = encode_classes(y, "equalized_odds")
        return codes, [f" with y = {label}" for label in classes]


@dataclass(frozen=True)
class GeneralParity(ParityConstraint):
    r"""Equal mean score in every group, within each quantile bin of a numeric y.

    .. math:: |\bar f_{a,k} - \bar f_{b,k}| \le \text{max\_gap}
              \quad \text{for all groups } a, b \text{ and bins } k

    For regression, what equalized odds is for classes: people of like outcome are
    predicted alike.

    Parameters
    ----------
    columns : {"intersection", "separately"}, default="intersection"
        With several sensitive columns: compare their intersections, or the groups
        of each column by itself.
    n_bins : int, default=4
        Number of bins, of equal weight but for ties; equal quantiles are merged.

    Notes
    -----
    The bins are those of the y at hand: on new rows the gap is taken within bins of
    the new y. A statement about mean scores within a bin, not about errors of single
    rows. Every group needs rows in every bin: with groups whose outcomes hardly
    overlap, take few bins.

    References
    ----------
    Oneto, Donini, Pontil: General Fair Empirical Risk Minimization. 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from fairlearnkit.constraints import GeneralParity
    >>> y, sex = np.repeat([1.0, 2.0], 20), np.tile(np.repeat(["F", "M"], 10), 2)
    >>> scores = y + 0.5 * (sex == "M") * (y == 2.0)
    >>> contrasts = GeneralParity(n_bins=2).contrasts(y, sex)
    >>> dict(zip(contrasts.names, contrasts.gaps(scores).round(6).tolist()))
    {'F - M with y <= 1': 0.0, 'F - M with y > 1': -0.5}
    """

    n_bins: int = 4

    def strata(self, y, n_samples):
        """One stratum for each bin."""
        return self._strata(y, n_samples, None)

    def _strata(self, y, n_samples, weight):
        if not (isinstance(self.n_bins, Integral) and self.n_bins >= 1):
            msg = f"n_bins={self.n_bins!r} must be an integer of at least 1."
            raise ValueError(msg)
        edges = _quantiles(_numeric(y), weight, self.n_bins)
        shown = [f"{edge:.6g}" for edge in edges]
        names = [f" with {a} < y <= {b}" for a, b in pairwise(shown)]
        if shown:
            names = [f" with y <= {shown[0]}", *names, f" with y > {shown[-1]}"]
        return np.searchsorted(edges, _numeric(y)), names or [""]


@dataclass(frozen=True)
class Decorrelation(Constraint):
    r"""No covariance between the score and numeric sensitive columns, such as age.

    .. math:: \Big| \frac{1}{W} \sum_i w_i \, \frac{s_{ij} - \bar s_j}{\sigma_j}
              \, f_i \Big| \le \text{max\_gap} \quad \text{for every column } j

    Each column is centred by its own weighted mean and scaled by its own standard
    deviation, so max_gap is in score units for one standard deviation of the column.
    Dates and times count in days, those of a zone in UTC. Needs no y.

    Notes
    -----
    Covariance sees linear dependence only: the score may still depend on the column
    in other ways.

    References
    ----------
    Zafar, Valera, Gomez Rodriguez, Gummadi: Fairness Constraints: Mechanisms for Fair
    Classification. AISTATS 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from fairlearnkit.constraints import Decorrelation
    >>> age = np.arange(20.0, 60.0)
    >>> round(Decorrelation().gap(3 * (age - 40) / age.std(), None, age), 12)
    3.0
    """

    def contrasts(self, y, sensitive_features, sample_weight=None, *, missing="error"):
        """Contrast rows M; see :meth:`Constraint.contrasts`."""
        check_alignment(
            y=y, sensitive_features=sensitive_features, sample_weight=sample_weight
        )
        weight, n_samples = _weights(sample_weight, y)
        names, values, known = read_numeric_columns(
            sensitive_features, n_samples=n_samples, missing=missing
        )
        weight = known * (1.0 if weight is None else weight)
        if not weight.any():
            msg = "decorrelation has no row of known sensitive_features and weight > 0."
            raise ValueError(msg)
        share = weight / weight.sum()
        centred = np.where(known[:, None], values, 0.0)
        centred = (centred - share @ centred) * known[:, None]
        scale = np.sqrt(share @ centred**2)
        flat = scale <= 1e-12 * np.abs(values[known]).max(axis=0)
        if flat.any():
            msg = (
                f"{[n for n, f in zip(names, flat) if f]} holds one value only; a "
                "correlation needs at least two. Remove the column."
            )
            raise ValueError(msg)
        rows = share[:, None] * (centred / scale)
        return Contrasts(rows.T, np.full(len(names), -1), tuple(names))


def _numeric(y):
    """A column of finite numbers."""
    values = None
    with suppress(TypeError, ValueError):
        values = None if y is None else np.asarray(y, dtype=np.float64)
    if values is None or values.ndim != 1 or not np.isfinite(values).all():
        first = np.asarray(y).ravel()[:1].tolist()
        got = "none" if y is None else f"values such as {first}"
        if values is not None:
            got = f"shape {values.shape}" if values.ndim != 1 else "NaN or infinity"
        msg = (
            "general_parity compares groups among rows of like y and needs one column "
            f"of finite numbers; got {got}. For classes use 'equalized_odds'."
        )
        raise ValueError(msg)
    return values


def _quantiles(y, weight, n_bins):
    """Values of y at shares 1/n_bins, 2/n_bins ... of the weight, each once."""
    order = np.argsort(y, kind="stable")
    share = np.cumsum(np.ones(len(y)) if weight is None else weight[order])
    if not share[-1] > 0:
        return np.zeros(0)  # the empty cells are told
    wanted = np.arange(1, n_bins) / n_bins * (1.0 - 1e-12)  # as sums are rounded
    edges = np.unique(y[order][np.searchsorted(share / share[-1], wanted)])
    present = y if weight is None else y[weight > 0]
    return edges[edges < present.max()]  # no row is above the largest


def _weights(sample_weight, y):
    """Weights as an array, and the number of rows as far as it is known."""
    if sample_weight is None:
        return None, None if y is None else len(y)
    weight = check_array(
        sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
    )
    if (weight < 0).any():
        msg = "sample_weight must not be negative."
        raise ValueError(msg)
    return weight, len(weight)
