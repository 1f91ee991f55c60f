"""What barycenters of predictions share: calibration, refit and transport."""

from abc import ABC, abstractmethod
from numbers import Real

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.containers import any_lazy
from fairlearnkit._data.counts import counts_table
from fairlearnkit._data.folds import read_folds
from fairlearnkit._data.matching import sensitive_names
from fairlearnkit._data.rows import check_weight, read_weight, take_groups
from fairlearnkit._data.targets import check_target
from fairlearnkit._models.barycenter import (
    BARYCENTER_PARAMETERS,
    copy_with_strength,
    grouping_strengths,
    match_groupings,
    read_groupings,
    store_groupings,
)
from fairlearnkit._routing.call import warn_unweighted
from fairlearnkit._transport.distances import kolmogorov_smirnov, unfairness
from fairlearnkit._transport.distributions import distributions_by_group
from fairlearnkit._transport.maps import merge_near_ties
from fairlearnkit.utils._sklearn_private import (
    Interval,
    StrOptions,
    _fit_context,
    _num_samples,
)

from ._algorithms import ALGORITHMS
from ._calibration import fit_clone, out_of_fold, read_calibration_data
from ._lazy_barycenter import lazy_maps, read_calibration
from ._meta import BasePostprocessor


class BaseBarycenter(BasePostprocessor, ABC):
    """Maps of the groups, between the scores of a model and the predictions.

    1. Score calibration rows by models that were not fitted on them: out of fold, or by
       a FrozenEstimator. Then fit the model on all rows.
    2. For each grouping (see `fairlearnkit._models.barycenter`), fit a map for each
       group to the calibration scores, and apply the maps before the next grouping.
    3. To predict, score new rows and apply the maps in the same order.

    A subclass gives the four abstract methods.
    """

    _parameter_constraints: dict = {  # noqa: RUF012
        **BasePostprocessor._parameter_constraints,
        **BARYCENTER_PARAMETERS,
        "algorithm": [StrOptions(set(ALGORITHMS))],
        "jitter": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
    }

    @abstractmethod
    def _model_scores(self, model, X, groups):
        """Scores of a fitted model, one number for each row of X."""

    @abstractmethod
    def _read_target(self, y):
        """The validated target."""

    @abstractmethod
    def _rounding_level(self, scores):
        """The attribute ``rounding_``, from calibration scores."""

    @abstractmethod
    def _tie_tolerance(self, scores):
        """The difference, of each score or of all, below which scores are tied."""

    # The inner estimator checks its own parameters.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, *, sensitive_features=None, sample_weight=None):
        """Fit the maps on calibration scores, and the estimator on all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Whatever the inner estimator takes.
        y : array-like of shape (n_samples,), default=None
            Target. Not needed with a FrozenEstimator.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required. The inner estimator gets them, too, if it requests
            them.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, or exposure, for the inner estimator and for the distributions.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        if any_lazy(X, y, sensitive_features, sample_weight):
            return self._fit_lazily(X, sensitive_features, sample_weight)
        X, y, sensitive_features = read_calibration_data(
            self, X, y, sensitive_features, sample_weight
        )
        n_samples = _num_samples(X)
        weight = read_weight(sample_weight, n_samples)
        groupings = read_groupings(self, sensitive_features, n_samples)
        self._algorithm().check_parameters()
        self.sensitive_feature_names_in_ = sensitive_names(sensitive_features)
        self._check_group_sizes(groupings)  # before any model is fitted
        rows, scores = self._calibrate(X, y, sensitive_features, sample_weight)
        if weight is not None:
            scores, rows = scores[weight[rows] > 0], rows[weight[rows] > 0]
            weight = weight[rows]
        groupings = [take_groups(groups, rows) for groups in groupings]
        self._check_group_sizes(groupings)  # cv may leave rows out
        self._fit_maps(X, rows, scores, groupings, weight)
        return self

    def _fit_lazily(self, X, sensitive_features, sample_weight):
        """The fit to Dask collections, of a FrozenEstimator."""
        self.estimator_ = self.estimator
        self._know_classes()
        data, groupings, weight = read_calibration(
            self, X, sensitive_features, sample_weight
        )
        shares = store_groupings(self, groupings, weight)
        before, after = lazy_maps(self, data, groupings, shares, weight)
        self._set_diagnostics(before, after, shares)
        return self

    def _know_classes(self):
        """Set what depends on the classes of the fitted inner model."""

    def _calibrate(self, X, y, groups, weight):
        """Fit the model; positions of the calibration rows and their scores.

        A row occurs as often as it is in a test fold.
        """
        if self._is_frozen():
            self.estimator_ = self.estimator
            scores = self._checked_scores(self.estimator_, X, groups)
            return np.arange(_num_samples(X)), scores
        check_target(y)
        y = self._read_target(y)
        weight = check_weight(weight, len(y))
        folds = read_folds(self.cv, X, y, classifier=is_classifier(self))
        data = X, y, groups, weight
        warn_unweighted(
            self.estimator, weight, remaining_effect="The distributions are weighted."
        )
        scores = out_of_fold(
            self.estimator, self._checked_scores, folds, *data, n_jobs=self.n_jobs
        )
        self.estimator_ = fit_clone(self.estimator, *data)
        return np.concatenate([test for _, test in folds]), scores

    def _checked_scores(self, model, X, groups):
        """Scores of a model as float64 of shape (n_samples,), all of them finite."""
        scores = np.asarray(self._model_scores(model, X, groups), dtype=np.float64)
        if scores.ndim == 2 and scores.shape[1] == 1:
            scores = scores[:, 0]
        if scores.ndim != 1 or not np.isfinite(scores).all():
            problem = f"shape {scores.shape}" if scores.ndim != 1 else "NaN or infinity"
            msg = (
                f"{type(model).__name__} predicted scores of {problem}; a barycenter "
                "needs one finite number for each row."
            )
            raise ValueError(msg)
        return scores

    def _fit_maps(self, X, rows, scores, groupings, weight):
        """Fit the maps of each grouping, and measure the groups before and after.

        1. Make scores equal that differ by rounding only, which a map would rank.
        2. For one grouping after the other, fit the maps to the scores as the maps
           before have moved them, and move them (Hu, Ratz, Charpentier 2024).
        3. Compare the distributions of the first scores and of the last ones.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            All rows; "split-rank" derives tie-breakers from them.
        rows : ndarray of int of shape (n_calibration,)
            Positions of the calibration rows in X.
        scores : ndarray of shape (n_calibration,)
            Their scores.
        groupings : list of Groups
            Groups of the calibration rows: one grouping by the intersections, or, with
            `sequential`, one for each sensitive column.
        weight : ndarray of shape (n_calibration,) or None
            Their weights.
        """
        shares = store_groupings(self, groupings, weight)
        algorithm = self._algorithm()
        algorithm.draw_seed()
        ties = algorithm.tie_breakers(X)
        ties = None if ties is None else ties[rows]
        self.rank_error_ = 0.0
        # Step 1.
        self.rounding_ = self._rounding_level(scores)
        scores = merge_near_ties(scores, self._tie_tolerance(scores))
        before = [_distributions(scores, groups, weight) for groups in groupings]
        self._calibration_cdfs = algorithm.stored_cdfs(before)
        # Step 2.
        self.maps_, self.pooled_maps_ = [], []
        for groups, p, strength in zip(groupings, shares, grouping_strengths(self)):
            maps = algorithm.fit_maps(scores, groups, p, weight)
            self.maps_.append(maps[0])
            self.pooled_maps_.append(maps[1])
            scores = algorithm.apply_maps(scores, ties, groups.codes, *maps, strength)
        # Step 3.
        after = [_distributions(scores, groups, weight) for groups in groupings]
        self._set_diagnostics(before, after, shares)

    def with_strength(self, strength):
        """Return a fitted copy at another strength, without fitting a model again.

        Parameters
        ----------
        strength : float
            Between 0 and 1, as the parameter.

        Returns
        -------
        model : object
            It shares the inner model and the maps with this one. ``unfairness_``,
            ``gap_`` and the bounds are those of a fit at this strength.

        Raises
        ------
        ValueError
            With `sequential`, where the maps of a column are fitted to what those
            before it return; with "split-rank", since the fitted model lacks
            calibration scores that ``gap_`` and ``unfairness_`` depend on.

        Examples
        --------
        >>> from sklearn.linear_model import Ridge
        >>> from fairlearnkit.datasets import make_biased_regression
        >>> from fairlearnkit.postprocessing import BarycenterRegressor
        >>> X, y, group = make_biased_regression(random_state=0)
        >>> model = BarycenterRegressor(Ridge()).fit(X, y, sensitive_features=group)
        >>> print([round(model.with_strength(s).gap_, 2) for s in (0.0, 0.5, 1.0)])
        [0.41, 0.21, 0.0]
        """
        check_is_fitted(self)
        twin = copy_with_strength(self, strength)
        before, after = twin._algorithm().calibration_distributions()
        twin._set_diagnostics([before], [after], [self.group_weights_])
        return twin

    def _set_diagnostics(self, before, after, shares):
        """Set ``unfairness_``, ``gap_``, ``atom_bound_`` and ``ks_bound_``.

        Parameters
        ----------
        before, after : list of list of EmpiricalDistribution
            Calibration scores of each group of each grouping.
        shares : list of ndarray
            Weights p of the groups of each grouping.
        """
        # (2, n_groupings): before and after.
        U = [
            [unfairness(distributions, p) for distributions, p in zip(when, shares)]
            for when in (before, after)
        ]
        single = self.sequential is None
        self.unfairness_ = np.array(U)[:, 0] if single else np.transpose(U)
        self.gap_ = max(kolmogorov_smirnov(distributions) for distributions in after)
        self.atom_bound_, self.ks_bound_ = self._algorithm().bounds(before[0])
        self.atom_bound_ += 2.0 * self.rank_error_  # of two groups

    def _transported_scores(self, X, sensitive_features):
        """Scores of new rows after all maps."""
        check_is_fitted(self)
        check_alignment(X=X, sensitive_features=sensitive_features)
        X = self._check_new_rows(X)
        groupings = match_groupings(self, sensitive_features, _num_samples(X))
        scores = self._checked_scores(self.estimator_, X, sensitive_features)
        algorithm = self._algorithm()
        ties = algorithm.tie_breakers(X)
        steps = zip(groupings, self.maps_, self.pooled_maps_, grouping_strengths(self))
        for step in steps:
            scores = algorithm.apply_maps(scores, ties, *step)
        return scores

    def _check_group_sizes(self, groupings):
        """Refuse groups with too few calibration rows for the algorithm."""
        needed = self._algorithm().min_rows
        for groups in groupings:
            if groups.counts.min() < needed:
                table = counts_table(groups.labels, groups.counts)
                msg = (
                    f"algorithm={self.algorithm!r} needs {needed} calibration row(s) "
                    f"of positive weight in each group, got {table}. Merge small "
                    "groups, or choose a cv whose test folds hold all of them."
                )
                raise ValueError(msg)

    def _algorithm(self):
        """What fits and applies maps, with the parameters of this estimator."""
        return ALGORITHMS[self.algorithm](self)


def _distributions(scores, groups, weight):
    """Distribution of the scores in each group."""
    return distributions_by_group(scores, groups.codes, len(groups.labels), weight)
