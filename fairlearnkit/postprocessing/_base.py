"""What barycenters of predictions share: calibration, refit and transport."""

from abc import ABC, abstractmethod
from copy import deepcopy
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state, get_tags, indexable
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted, validate_data

from fairlearnkit._data.alignment import check_alignment, with_common_index
from fairlearnkit._data.columns import as_table
from fairlearnkit._data.containers import as_frame
from fairlearnkit._data.counts import counts_table
from fairlearnkit._data.matching import sensitive_names
from fairlearnkit._data.messages import SCORE, required_message
from fairlearnkit._data.rows import read_weight, split_rows, take_groups, take_rows
from fairlearnkit._data.targets import check_target
from fairlearnkit._models.barycenter import (
    BARYCENTER_PARAMETERS,
    grouping_strengths,
    match_groupings,
    needs_pooled_map,
    read_groupings,
    store_groupings,
)
from fairlearnkit._routing.call import call, warn_unweighted
from fairlearnkit._transport.distances import kolmogorov_smirnov, unfairness
from fairlearnkit._transport.distributions import distributions_by_group
from fairlearnkit._transport.maps import (
    apply_by_group,
    merge_near_ties,
    transport_by_group,
    transport_maps,
)
from fairlearnkit.utils._sklearn_private import (
    HasMethods,
    Interval,
    StrOptions,
    _check_sample_weight,
    _fit_context,
    _num_samples,
    _safe_indexing,
)

from ._split_rank import (
    apply_rank_map,
    ks_bound,
    rank_maps,
    row_uniforms,
)


class BaseBarycenter(MetaEstimatorMixin, BaseEstimator, ABC):
    """Maps of the groups, between the scores of a model and the predictions.

    1. Score calibration rows by models that were not fitted on them: out of fold, or by
       a FrozenEstimator. Then fit the model on all rows.
    2. For each grouping (see `fairlearnkit._models.barycenter`), fit a map for each
       group to the calibration scores, and apply the maps before the next grouping.
    3. To predict, score new rows and apply the maps in the same order.

    A subclass gives the four abstract methods.
    """

    # SensitiveColumns and routing pass no metadata to the parts of such an estimator.
    _passes_on_metadata = True

    __metadata_request__fit = {"sensitive_features": True}  # noqa: RUF012
    __metadata_request__predict = {"sensitive_features": True}  # noqa: RUF012
    __metadata_request__score = {"sensitive_features": True}  # noqa: RUF012

    _parameter_constraints: dict = {  # noqa: RUF012
        **BARYCENTER_PARAMETERS,
        "estimator": [HasMethods("fit")],
        "cv": ["cv_object"],
        "algorithm": [StrOptions({"transport", "split-rank"})],
        "jitter": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
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
        X, y, sensitive_features = self._read_inputs(
            X, y, sensitive_features, sample_weight
        )
        n_samples = _num_samples(X)
        weight = read_weight(sample_weight, n_samples)
        groupings = read_groupings(self, sensitive_features, n_samples)
        if self.algorithm == "split-rank" and self.sequential is not None:
            msg = (
                'algorithm="split-rank" compares intersections: choose sequential=None '
                'or algorithm="transport".'
            )
            raise ValueError(msg)
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

    def _read_inputs(self, X, y, sensitive_features, sample_weight):
        """X, y and sensitive features in containers that can be split by position."""
        check_alignment(
            X=X,
            y=y,
            sensitive_features=sensitive_features,
            sample_weight=sample_weight,
        )
        check_target(y)
        X = as_frame(X)
        validate_data(self, X, y, skip_check_array=True)
        X, y = indexable(X, y)
        X, y, sensitive_features = with_common_index(X, y, sensitive_features)
        if _num_samples(X) < 2:
            msg = f"Found X with {_num_samples(X)} sample(s); at least 2 are needed."
            raise ValueError(msg)
        return X, y, sensitive_features

    def _calibrate(self, X, y, groups, weight):
        """Fit the model; positions of the calibration rows and their scores.

        A row occurs as often as it is in a test fold.
        """
        if self._is_frozen():
            self.estimator_ = self.estimator
            scores = self._checked_scores(self.estimator_, X, groups)
            return np.arange(_num_samples(X)), scores
        y = self._read_target(y)
        if weight is not None:
            weight = _check_sample_weight(weight, np.empty(len(y)))
        positions = np.arange(_num_samples(X))
        folds = check_cv(self.cv, y, classifier=is_classifier(self)).split(X, y)
        # Positions, since a splitter may give masks.
        folds = [(positions[train], positions[test]) for train, test in folds]
        if not folds:
            msg = (
                f"cv={self.cv!r} gives no folds. A generator of folds can be used once "
                "only: pass a list."
            )
            raise ValueError(msg)
        data = X, y, groups, weight
        warn_unweighted(
            self.estimator, weight, remaining_effect="The distributions are weighted."
        )
        scores = Parallel(n_jobs=self.n_jobs)(
            delayed(self._out_of_fold_scores)(*data, *fold) for fold in folds
        )
        self.estimator_ = self._fit_clone(*data)
        return np.concatenate([test for _, test in folds]), np.concatenate(scores)

    def _fit_clone(self, X, y, groups, weight):
        return call(
            clone(self.estimator),
            "fit",
            X,
            y,
            sensitive_features=groups,
            sample_weight=weight,
        )

    def _out_of_fold_scores(self, X, y, groups, weight, train, test):
        """Scores of the test rows by a model that is fitted on the training rows."""
        model = self._fit_clone(
            _safe_indexing(X, train),
            _safe_indexing(y, train),
            take_rows(groups, train),
            None if weight is None else weight[train],
        )
        return self._checked_scores(
            model, _safe_indexing(X, test), take_rows(groups, test)
        )

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
        rng, tie_breakers = self._randomness(X, rows)
        # Step 1.
        self.rounding_ = self._rounding_level(scores)
        scores = merge_near_ties(scores, self._tie_tolerance(scores))
        before = [_distributions(scores, groups, weight) for groups in groupings]
        # Step 2.
        self.maps_, self.pooled_maps_ = [], []
        for groups, p, strength in zip(groupings, shares, grouping_strengths(self)):
            maps, pooled_map = self._fit_grouping(scores, groups, p, weight, rng)
            self.maps_.append(maps)
            self.pooled_maps_.append(pooled_map)
            scores = self._apply_maps(
                scores, tie_breakers, groups.codes, maps, pooled_map, strength
            )
        # Step 3.
        after = [_distributions(scores, groups, weight) for groups in groupings]
        self._set_diagnostics(before, after, shares)

    def _randomness(self, X, rows):
        """Generator and tie-breakers of "split-rank", which also sets ``seed_``."""
        if self.algorithm == "transport":
            return None, None
        rng = check_random_state(self.random_state)
        # Stored, so that predictions draw the same tie-breakers for the same rows.
        self.seed_ = int(rng.randint(np.iinfo(np.int32).max))
        return rng, row_uniforms(_safe_indexing(as_table(X), rows), self.seed_)

    def _fit_grouping(self, scores, groups, shares, weight, rng):
        """Map of each group, and that of all together or None if it is not needed."""
        pooled = needs_pooled_map(self)
        if self.algorithm == "transport":
            distributions = _distributions(scores, groups, weight)
            return transport_maps(distributions, shares, pooled=pooled)
        parts = split_rows(groups.codes, len(groups.labels))[:-1]
        by_group = [scores[part] for part in parts]
        maps, pooled_map = rank_maps(by_group, shares, self.jitter, rng)
        return maps, pooled_map if pooled else None

    def _set_diagnostics(self, before, after, shares):
        """Set ``unfairness_``, ``gap_``, ``atom_bound_`` and ``ks_bound_``.

        Parameters
        ----------
        before, after : list of list of EmpiricalDistribution
            Calibration scores of each group of each grouping.
        shares : list of ndarray
            Weights p of the groups of each grouping.
        """
        single = self.sequential is None
        by_rank = self.algorithm == "split-rank"
        # (2, n_groupings): before and after.
        U = [
            [unfairness(distributions, p) for distributions, p in zip(when, shares)]
            for when in (before, after)
        ]
        self.unfairness_ = np.array(U)[:, 0] if single else np.transpose(U)
        self.gap_ = max(kolmogorov_smirnov(distributions) for distributions in after)
        # A map keeps ties, so the distribution of a group misses the barycenter by its
        # largest atom at most, and two groups differ by the sum of both.
        atoms = sorted(distribution.largest_atom() for distribution in before[0])
        exact = single and not by_rank
        self.atom_bound_ = atoms[-1] + atoms[-2] if exact else np.nan
        # The bound needs calibration rows that are exchangeable with new ones: the
        # model must not change after calibration.
        proven = by_rank and self._is_frozen() and self.strength == 1
        sizes = [len(group_map[0]) for group_map in self.maps_[0]]
        self.ks_bound_ = ks_bound(sizes) if proven else np.nan

    def _apply_maps(self, scores, tie_breakers, codes, maps, pooled_map, strength):
        """Scores after the maps of one grouping."""
        if self.algorithm == "transport":
            return transport_by_group(scores, codes, maps, pooled_map, strength)
        tolerance = np.broadcast_to(self._tie_tolerance(scores), scores.shape)

        def apply(rows, rank_map):
            x, ties = scores[rows], tie_breakers[rows]
            return apply_rank_map(x, ties, *rank_map, tolerance[rows], self.jitter)

        moved = apply_by_group(codes, maps, pooled_map, apply)
        return (1.0 - strength) * scores + strength * moved

    def _transported_scores(self, X, sensitive_features):
        """Scores of new rows after all maps."""
        check_is_fitted(self)
        check_alignment(X=X, sensitive_features=sensitive_features)
        X = as_frame(X)
        if hasattr(self, "n_features_in_"):  # not set for lists of texts
            as_table(X)  # raises an error that says how to reshape a single row
        validate_data(self, X, skip_check_array=True, reset=False)
        groupings = match_groupings(self, sensitive_features, _num_samples(X))
        scores = self._checked_scores(self.estimator_, X, sensitive_features)
        by_rank = self.algorithm == "split-rank"
        tie_breakers = row_uniforms(X, self.seed_) if by_rank else None
        steps = zip(groupings, self.maps_, self.pooled_maps_, grouping_strengths(self))
        for codes, maps, pooled_map, strength in steps:
            scores = self._apply_maps(
                scores, tie_breakers, codes, maps, pooled_map, strength
            )
        return scores

    def _predict_to_score(self, X, y, sensitive_features, sample_weight):
        """Predictions for ``score``, with error messages that name ``score``."""
        check_alignment(
            X=X,
            y=y,
            sensitive_features=sensitive_features,
            sample_weight=sample_weight,
        )
        check_is_fitted(self)
        if sensitive_features is None:
            raise ValueError(required_message(SCORE))
        return self.predict(X, sensitive_features=sensitive_features)

    def _check_group_sizes(self, groupings):
        """Refuse groups with too few calibration rows for the algorithm."""
        # "split-rank" needs one row to rank by, and one for the quantiles.
        needed = 2 if self.algorithm == "split-rank" else 1
        for groups in groupings:
            if groups.counts.min() < needed:
                table = counts_table(groups.labels, groups.counts)
                msg = (
                    f"algorithm={self.algorithm!r} needs {needed} calibration row(s) "
                    f"of positive weight in each group, got {table}. Merge small "
                    "groups, or choose a cv whose test folds hold all of them."
                )
                raise ValueError(msg)

    def _is_frozen(self):
        return isinstance(self.estimator, FrozenEstimator)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = deepcopy(inner.input_tags)
        tags.non_deterministic = inner.non_deterministic
        return tags


def _distributions(scores, groups, weight):
    """Distribution of the scores in each group."""
    return distributions_by_group(scores, groups.codes, len(groups.labels), weight)
