"""The ways to move scores: transport to the barycenter, and split ranks.

`BaseBarycenter` makes an algorithm from itself for the length of one call. What is
fitted is stored on the estimator, as plain arrays. An algorithm has the attribute
``min_rows``, the number of calibration rows that each group needs, and these methods,
in the order of a fit:

1. ``check_parameters()`` raises an error for parameters that it does not support.
2. ``draw_seed()`` sets ``seed_`` of the estimator, if it needs random numbers.
3. ``tie_breakers(X)`` gives a number for each row of X, or None.
4. ``fit_maps(scores, groups, shares, weight)`` gives the map of each group, and that of
   all groups together or None if it is not needed.
5. ``apply_maps(scores, ties, codes, maps, pooled_map, strength)`` moves scores.
6. ``bounds(before)`` gives ``atom_bound_`` and ``ks_bound_``.

For ``with_strength``, ``stored_cdfs(before)`` gives what a fit has to store beside the
maps, and ``calibration_distributions()`` of a fitted estimator the distributions of the
calibration scores of each group, before and after the maps.
"""

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_random_state

from fairlearnkit._data.rows import split_rows
from fairlearnkit._models.barycenter import needs_pooled_map
from fairlearnkit._transport.distributions import (
    EmpiricalDistribution,
    distributions_by_group,
    with_values,
)
from fairlearnkit._transport.maps import (
    apply_by_group,
    apply_map,
    transport_by_group,
    transport_maps,
)

from ._split_rank import apply_rank_map, ks_bound, rank_maps, row_uniforms


class Transport:
    """Exact transport; a map is a pair of arrays, knots and their images."""

    min_rows = 1

    def __init__(self, estimator):
        self.estimator = estimator

    def check_parameters(self):
        """All combinations of parameters are supported."""

    def draw_seed(self):
        """No random numbers are needed."""

    def tie_breakers(self, X):
        """A map keeps ties."""
        return

    def fit_maps(self, scores, groups, shares, weight):
        """Maps to the barycenter of the distributions of the groups."""
        pooled = needs_pooled_map(self.estimator)
        distributions = distributions_by_group(
            scores, groups.codes, len(groups.labels), weight
        )
        return transport_maps(distributions, shares, pooled=pooled)

    def apply_maps(self, scores, ties, codes, maps, pooled_map, strength):
        """Scores moved by the map of their group."""
        return transport_by_group(scores, codes, maps, pooled_map, strength)

    def bounds(self, before):
        """``atom_bound_``, for a single grouping.

        A map keeps ties, so the distribution of a group misses the barycenter by its
        largest atom at most, and two groups differ by the sum of both.
        """
        if self.estimator.sequential is not None:
            return np.nan, np.nan
        atoms = sorted(distribution.largest_atom() for distribution in before)
        return atoms[-1] + atoms[-2], np.nan

    def stored_cdfs(self, before):
        """Distribution functions at the knots of the maps, one array for each group."""
        if self.estimator.sequential is not None:
            return None
        return [distribution.cdf for distribution in before[0]]

    def calibration_distributions(self):
        """Before, the atoms are the knots; after, what these are moved to."""
        maps, cdfs = self.estimator.maps_[0], self.estimator._calibration_cdfs
        before, after = [], []
        for (knots, images), cdf in zip(maps, cdfs):
            before.append(EmpiricalDistribution(knots, cdf))
            moved = apply_map(knots, knots, images, self.estimator.strength)
            after.append(with_values(before[-1], moved))
        return before, after


class SplitRank:
    """Ranks among one half of the scores, quantiles of the other: see `_split_rank`."""

    min_rows = 2  # one to rank by, and one for the quantiles

    def __init__(self, estimator):
        self.estimator = estimator

    def check_parameters(self):
        """The bound is that of a single grouping."""
        if self.estimator.sequential is not None:
            msg = (
                'algorithm="split-rank" compares intersections: choose sequential=None '
                'or algorithm="transport".'
            )
            raise ValueError(msg)

    def draw_seed(self):
        """The seed is stored, so that a row has the same tie-breaker at each call."""
        self.rng = check_random_state(self.estimator.random_state)
        self.estimator.seed_ = int(self.rng.randint(np.iinfo(np.int32).max))

    def tie_breakers(self, X):
        """A number between 0 and 1 for each row, computed from the row."""
        return row_uniforms(X, self.estimator.seed_)

    def fit_maps(self, scores, groups, shares, weight):
        """Ranked scores, their tie-breakers, and the image of each rank."""
        parts = split_rows(groups.codes, len(groups.labels))[:-1]
        by_group = [scores[part] for part in parts]
        maps, pooled_map = rank_maps(by_group, shares, self.estimator.jitter, self.rng)
        return maps, pooled_map if needs_pooled_map(self.estimator) else None

    def apply_maps(self, scores, ties, codes, maps, pooled_map, strength):
        """Scores moved by the map of their group."""
        tolerance = self.estimator._tie_tolerance(scores)
        tolerance = np.broadcast_to(tolerance, scores.shape)
        jitter = self.estimator.jitter

        def apply(rows, rank_map):
            x, u = scores[rows], ties[rows]
            return apply_rank_map(x, u, *rank_map, tolerance[rows], jitter)

        moved = apply_by_group(codes, maps, pooled_map, apply)
        return (1.0 - strength) * scores + strength * moved

    def bounds(self, before):
        """``ks_bound_``, for a FrozenEstimator at full strength.

        It needs calibration rows that are exchangeable with new ones: the model must
        not change after calibration.
        """
        frozen = isinstance(self.estimator.estimator, FrozenEstimator)
        if not frozen or self.estimator.strength != 1:
            return np.nan, np.nan
        return np.nan, ks_bound([len(B) for B, *_ in self.estimator.maps_[0]])

    def stored_cdfs(self, before):
        """None: no more is kept than the half of the scores that is in the maps."""
        return

    def calibration_distributions(self):
        """Cannot be computed from what is stored."""
        msg = (
            'with_strength needs algorithm="transport": with "split-rank", gap_ and '
            "unfairness_ at another strength depend on calibration scores that the "
            "fitted model does not keep. Set strength and fit again."
        )
        raise ValueError(msg)


ALGORITHMS = {"transport": Transport, "split-rank": SplitRank}
