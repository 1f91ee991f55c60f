"""Base classes of constraints."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import numpy as np

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.groups import read_groups
from fairlearnkit._data.interpolation import check_categories
from fairlearnkit._data.messages import check_option
from fairlearnkit._data.rows import read_weight
from fairlearnkit.utils._sklearn_private import _num_samples

from ._contrasts import Contrasts
from ._group_contrasts import group_contrasts


class Constraint(ABC):
    """Base of all constraints: a bound on differences of mean scores.

    A subclass implements `contrasts`, which returns the rows M of the bound ``|M f| <=
    max_gap`` on scores f; this class derives the gap from them. Any object with a
    ``contrasts`` method of the same signature can be used as a constraint; apart from
    ``with_pos_label`` (see Notes), its other attributes are ignored.

    See Also
    --------
    ParityConstraint : Base of constraints that compare groups within strata.
    Contrasts : What `contrasts` returns.

    Notes
    -----
    A constraint on the rows of a positive class can let estimators choose that class.
    For this it needs a method ``with_pos_label(pos_label)``, which returns a copy for
    another positive class, and an attribute ``pos_label``, which is the class named by
    the user, or None; see `EqualOpportunity`. Estimators ignore ``pos_label`` of
    objects without this method.

    A constraint that compares groups among rows of the same class of y declares this
    with the class attribute ``compares_within_classes = True``; see `EqualizedOdds`.
    Regressors then refuse a target of more than two values.
    """

    compares_within_classes = False

    @abstractmethod
    def contrasts(self, y, sensitive_features, sample_weight=None, *, missing="error"):
        """Contrast rows M of these samples.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or None
            Target; None if the constraint does not depend on it.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            See ``read_groups``.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the means; a row of weight zero counts as absent.
        missing : {"error", "group", "ignore"}, default="error"
            How to treat missing sensitive features; see ``read_groups``.

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

    A stratum is a set of rows, such as those of one class. A subclass implements
    `strata`. This class reads the groups and the weights, computes the weighted mean
    score of each group in each stratum, and compares every two groups of a stratum.

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
            From 0; -1 for rows outside all strata, which the constraint leaves out.
        names : list of str
            One for each stratum, as in ``" with y = 1"``.
        """

    def _strata(self, y, n_samples, weight):
        """As `strata`, for the constraints whose strata depend on the weights."""
        return self.strata(y, n_samples)

    def contrasts(self, y, sensitive_features, sample_weight=None, *, missing="error"):
        """Contrast rows M; see :meth:`Constraint.contrasts`."""
        check_option("columns", self.columns, ("intersection", "separately"))
        check_alignment(
            y=y, sensitive_features=sensitive_features, sample_weight=sample_weight
        )
        n_samples = None if y is None else _num_samples(y)
        if y is None and np.size(sample_weight) > 1:
            n_samples = _num_samples(sample_weight)
        groups = read_groups(sensitive_features, n_samples=n_samples, missing=missing)
        weight = read_weight(sample_weight, len(groups.codes))
        check_categories(groups)
        strata, names = self._strata(y, len(groups.codes), weight)
        # One set of contrasts, or one for each sensitive column.
        parts = [
            group_contrasts(part, strata, sample_weight=weight, stratum_names=names)
            for part in self._compared_groups(groups)
        ]
        if len(parts) == 1:
            return parts[0]
        # Two columns may have the same labels: the column makes the names unique.
        named = [
            replace(part, suffixes=tuple(f"{s} in {column}" for s in part.suffixes))
            for part, column in zip(parts, groups.titles)
        ]
        return Contrasts.stack(named, groups)

    def _compared_groups(self, groups):
        """The intersections, or the groups of each column."""
        if self.columns == "intersection" or not groups.columns:
            return [groups]
        if min(len(column.labels) for column in groups.columns) < 2:
            msg = (
                "A column of sensitive_features holds one group only; with "
                "columns='separately' each needs at least two. Remove the column."
            )
            raise ValueError(msg)
        return groups.columns
