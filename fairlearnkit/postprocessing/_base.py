"""The walk that barycenters of predictions share: calibrate, refit, move."""

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
    match_stages,
    needs_pooled,
    read_stages,
    stage_strengths,
    store_stages,
)
from fairlearnkit._routing.call import call, warn_unweighted
from fairlearnkit._transport.distances import kolmogorov_smirnov, unfairness
from fairlearnkit._transport.distributions import laws_by_group
from fairlearnkit._transport.maps import (
    merge_rounding,
    move_by_group,
    transport,
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
    ks_bound,
    move_by_rank,
    rank_maps,
    row_uniforms,
)


class BaseBarycenter(MetaEstimatorMixin, BaseEstimator):
    """One map for each group, between the scores of a model and what is predicted.

    A subclass gives ``_scores_of(model, X, groups)``, one number for each row,
    ``_read_target(y)``, and what counts as rounding: ``_rounding_of(scores)`` of the
    calibration, and the ``_tolerance(scores)`` that follows for any scores.
    """

    _passes_on_metadata = True  # others hand them no metadata

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

    # The inner estimator checks its own parameters.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, *, sensitive_features=None, sample_weight=None):
        """Calibrate the maps, and fit the estimator on all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Whatever the inner estimator takes.
        y : array-like of shape (n_samples,), default=None
            Target. A FrozenEstimator needs none.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required. The inner estimator gets them, too, if it asks.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, or exposure, for the inner estimator and for the distributions.

        Returns
        -------
        self : object
            The fitted estimator.
        """
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
        n_samples = _num_samples(X)
        if n_samples < 2:
            msg = f"Found X with {n_samples} sample(s); at least 2 are needed."
            raise ValueError(msg)
        weight = read_weight(sample_weight, n_samples)
        stages = read_stages(self, sensitive_features, n_samples)
        self.sensitive_feature_names_in_ = sensitive_names(sensitive_features)
        self._check_stages(stages)  # before anything slow, and again on what is left
        rows, scores = self._calibration(X, y, sensitive_features, sample_weight)
        if weight is not None:
            scores, rows = scores[weight[rows] > 0], rows[weight[rows] > 0]
            weight = weight[rows]
        stages = [take_groups(stage, rows) for stage in stages]
        self._check_stages(stages)
        self._fit_maps(X, rows, scores, stages, weight)
        return self

    def _calibration(self, X, y, groups, weight):
        """Positions and scores of rows that the model has not seen; fits the model."""
        if self._is_frozen():
            self.estimator_ = self.estimator
            return np.arange(_num_samples(X)), self._scores(self.estimator_, X, groups)
        y = self._read_target(y)
        if weight is not None:
            weight = _check_sample_weight(weight, np.empty(len(y)))
        every = np.arange(_num_samples(X))
        folds = check_cv(self.cv, y, classifier=is_classifier(self)).split(X, y)
        folds = [(every[train], every[test]) for train, test in folds]
        if not folds:
            msg = f"cv={self.cv!r} gives no folds (a generator serves once)."
            raise ValueError(msg)
        data = X, y, groups, weight
        warn_unweighted(
            self.estimator, weight, remaining_effect="The distributions are weighted."
        )
        scores = Parallel(n_jobs=self.n_jobs)(
            delayed(self._out_of_fold)(*data, *fold) for fold in folds
        )
        self.estimator_ = self._fitted(*data)
        return np.concatenate([test for _, test in folds]), np.concatenate(scores)

    def _fitted(self, X, y, groups, weight):
        return call(
            clone(self.estimator),
            "fit",
            X,
            y,
            sensitive_features=groups,
            sample_weight=weight,
        )

    def _out_of_fold(self, X, y, groups, weight, train, test):
        """Scores of some rows by a model of the others."""
        model = self._fitted(
            _safe_indexing(X, train),
            _safe_indexing(y, train),
            take_rows(groups, train),
            None if weight is None else weight[train],
        )
        return self._scores(model, _safe_indexing(X, test), take_rows(groups, test))

    def _scores(self, model, X, groups):
        """Scores of the inner model, finite and one for each row."""
        scores = np.asarray(self._scores_of(model, X, groups), dtype=np.float64)
        if scores.ndim == 2 and scores.shape[1] == 1:
            scores = scores[:, 0]
        if scores.ndim != 1 or not np.isfinite(scores).all():
            told = f"shape {scores.shape}" if scores.ndim != 1 else "NaN or infinity"
            msg = (
                f"{type(model).__name__} predicted scores of {told}; a barycenter "
                "needs one finite number for each row."
            )
            raise ValueError(msg)
        return scores

    def _fit_maps(self, X, rows, scores, stages, weight):
        """Maps of each stage, and how unlike the groups are before and after."""
        shares = store_stages(self, stages, weight)
        ranks = self.algorithm == "split-rank"
        ties = None
        if ranks:
            rng = check_random_state(self.random_state)
            self.seed_ = int(rng.randint(np.iinfo(np.int32).max))
            ties = row_uniforms(_safe_indexing(as_table(X), rows), self.seed_)
        self.rounding_ = self._rounding_of(scores)
        scores = merge_rounding(scores, self._tolerance(scores))
        before = [_laws(scores, stage, weight) for stage in stages]
        self.maps_, self.pooled_maps_ = [], []
        for stage, p, step in zip(stages, shares, stage_strengths(self)):
            if ranks:
                parts = split_rows(stage.codes, len(stage.labels))[:-1]
                found = rank_maps([scores[part] for part in parts], p, self.jitter, rng)
            else:
                laws = _laws(scores, stage, weight)
                found = transport_maps(laws, p, pooled=needs_pooled(self))
            self.maps_.append(found[0])
            self.pooled_maps_.append(found[1] if needs_pooled(self) else None)
            scores = self._moved_once(
                scores, ties, stage.codes, self.maps_[-1], self.pooled_maps_[-1], step
            )
        after = [_laws(scores, stage, weight) for stage in stages]
        self._tell(before, after, shares)

    def _tell(self, before, after, shares):
        """Set what is told of the calibration: U, KS distance and bounds."""
        told = [
            [unfairness(laws, p) for laws, p in zip(stage, shares)]
            for stage in (before, after)
        ]
        one, ranks = self.sequential is None, self.algorithm == "split-rank"
        self.unfairness_ = np.array(told)[:, 0] if one else np.transpose(told)
        self.gap_ = max(kolmogorov_smirnov(laws) for laws in after)
        atoms = sorted(law.largest_atom() for law in before[0])
        exact = one and not ranks
        self.atom_bound_ = atoms[-1] + atoms[-2] if exact else np.nan
        proven = ranks and self._is_frozen() and self.strength == 1
        sizes = [len(one_map[0]) for one_map in self.maps_[0]]
        self.ks_bound_ = ks_bound(sizes) if proven else np.nan

    def _moved_once(self, scores, ties, codes, maps, pooled_map, strength):
        """Scores after one stage."""
        if self.algorithm == "transport":
            return transport(scores, codes, maps, pooled_map, strength)

        tolerance = np.broadcast_to(self._tolerance(scores), scores.shape)

        def move(rows, one):
            near = tolerance[rows]
            return move_by_rank(scores[rows], ties[rows], *one, near, self.jitter)

        moved = move_by_group(codes, maps, pooled_map, move)
        return (1.0 - strength) * scores + strength * moved

    def _moved(self, X, sensitive_features):
        """Scores of new rows, moved."""
        check_is_fitted(self)
        check_alignment(X=X, sensitive_features=sensitive_features)
        X = as_frame(X)
        if hasattr(self, "n_features_in_"):
            as_table(X)  # says how to reshape; texts are no table
        validate_data(self, X, skip_check_array=True, reset=False)
        stages = match_stages(self, sensitive_features, _num_samples(X))
        scores, ties = self._scores(self.estimator_, X, sensitive_features), None
        if self.algorithm == "split-rank":
            ties = row_uniforms(X, self.seed_)
        steps = zip(stages, self.maps_, self.pooled_maps_, stage_strengths(self))
        for codes, maps, pooled_map, strength in steps:
            scores = self._moved_once(scores, ties, codes, maps, pooled_map, strength)
        return scores

    def _scored(self, X, y, sensitive_features, sample_weight):
        """Predictions to score, of rows that are in line."""
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

    def _check_stages(self, stages):
        """Enough calibration rows in each group."""
        ranks = self.algorithm == "split-rank"
        if ranks and self.sequential is not None:
            msg = (
                'algorithm="split-rank" compares intersections: take sequential=None '
                'or algorithm="transport".'
            )
            raise ValueError(msg)
        needed = 2 if ranks else 1
        for stage in stages:
            if stage.counts.min() < needed:
                table = counts_table(stage.labels, stage.counts)
                msg = (
                    f"algorithm={self.algorithm!r} needs {needed} calibration row(s) "
                    f"of positive weight in each group, got {table}. Merge small "
                    "groups, or take a cv whose folds hold all of them."
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


def _laws(scores, groups, weight):
    return laws_by_group(scores, groups.codes, len(groups.labels), weight)
