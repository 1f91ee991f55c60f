"""Checks of constraints: from y, groups and weights to the contrast rows M."""

import pickle
from dataclasses import dataclass, replace
from typing import Any
from unittest import SkipTest

import numpy as np
from sklearn.base import clone

from fairlearnkit.constraints import Contrasts
from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge

from .tools import draw_rows, require, value_error

# Relative to the largest entry of M: rounding of sums in another order, with a margin.
ROUNDING = 1e-9
# Features of the test model beyond one for each row of M: what an equality leaves.
N_EXTRA_FEATURES = 3


@dataclass(frozen=True)
class Sample:
    """Input of a constraint.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Target.
    groups : array-like of shape (n_samples,) or (n_samples, n_columns)
        Sensitive features.
    weight : ndarray of shape (n_samples,), default=None
        Sample weights.
    """

    y: Any
    groups: Any
    weight: Any = None

    def take(self, index):
        """Select rows by position, without their weights."""
        return Sample(self.y[index], each_column(self.groups, lambda c: c[index]))

    def contrasts(self, constraint, **options):
        """Contrasts of the constraint for these data."""
        return constraint.contrasts(self.y, self.groups, self.weight, **options)

    def matrix(self, constraint, **options):
        """The matrix M."""
        return self.contrasts(constraint, **options).toarray()


def make_sample(y=None, groups=None):
    """The given data, or 180 rows of three groups and the classes 0 and 1."""
    rows = draw_rows(numeric=False)
    y = rows.y if y is None else np.asarray(y)
    return Sample(y, rows.groups if groups is None else groups)


def each_column(groups, change):
    """Apply a function to every column; the result has the type of the input."""
    if isinstance(groups, dict):
        return {name: change(np.asarray(column)) for name, column in groups.items()}
    if hasattr(groups, "iloc") and getattr(groups, "ndim", 1) == 2:
        return type(groups)({n: change(c.to_numpy()) for n, c in groups.items()})
    groups = np.asarray(groups)
    if groups.ndim == 2:
        return np.column_stack([change(column) for column in groups.T])
    return change(groups)


def columns_of(groups):
    """List of the columns of sensitive features."""
    columns = []
    each_column(groups, lambda column: columns.append(column) or column)
    return columns


def is_text(column):
    """Whether labels are strings."""
    return isinstance(column[0], str)


def relabelled(column):
    """Exchange the first label with the last, and so on; numbers are not changed."""
    if not is_text(column):
        return column
    labels, codes = np.unique(column, return_inverse=True)
    return labels[::-1][codes]


def with_missing(is_missing):
    """A function for `each_column` that sets some labels to None or NaN."""

    def change(column):
        column = column.astype(object if is_text(column) else float)
        column[is_missing] = None if is_text(column[~is_missing]) else np.nan
        return column

    return change


def same_labels(sample, other):
    """Whether both samples hold the same groups and the same values of y."""

    def known(data):
        text = [column for column in columns_of(data.groups) if is_text(column)]
        return set(zip(*(column.tolist() for column in text))), set(data.y.tolist())

    return known(sample) == known(other)


def supported(constraint, sample, missing):
    """M under a policy for missing labels; None if the constraint refuses it."""
    try:
        return sample.matrix(constraint, missing=missing)
    except ValueError:
        return None


def is_valid(matrix):
    """Whether M is finite and has no zero row."""
    return bool(np.isfinite(matrix).all() and matrix.any(axis=1).all())


def assert_equal(actual, desired, what):
    """Check that two arrays agree up to rounding."""
    require(
        actual.shape == desired.shape,
        f"{what} should have shape {desired.shape}; got {actual.shape}.",
    )
    off = np.abs(actual - desired).max(initial=0.0)
    require(
        off <= ROUNDING * np.abs(desired).max(initial=0.0),
        f"{what} differs by up to {off:.3g}.",
    )


def check_contrasts(constraint, sample):
    """``contrasts`` returns Contrasts with one name for each row of M.

    M is finite, has a column for each sample and no zero row, and a second call returns
    the same.
    """
    contrasts = sample.contrasts(constraint)
    require(
        isinstance(contrasts, Contrasts),
        f"contrasts() should return Contrasts; got {type(contrasts).__name__}. "
        "Contrasts.from_rows(M) makes them of a matrix.",
    )
    matrix = contrasts.toarray()
    shape = (len(contrasts.names), len(sample.y))
    require(matrix.shape == shape, f"M should be {shape}; got {matrix.shape}.")
    require(is_valid(matrix), "M should be finite and have no zero row.")
    assert_equal(sample.matrix(constraint), matrix, "A second call")


def check_rows_sum_to_zero(constraint, sample):
    """Every row of M sums to zero: adding a constant to all scores changes no gap.

    Otherwise the intercept alone could satisfy the constraint, and the model would
    depend on the origin of the target.
    """
    matrix = sample.matrix(constraint)
    sums = np.abs(matrix.sum(axis=1))
    worst = int(sums.argmax())
    require(
        sums[worst] <= ROUNDING * np.abs(matrix[worst]).sum(),
        f"Row {worst} of M sums to {sums[worst]:.3g}; subtract from its mean the mean "
        "that it is compared with.",
    )


def check_permuted_rows(constraint, sample):
    """Permuting the samples permutes the columns of M and changes nothing else."""
    order = np.random.default_rng(1).permutation(len(sample.y))
    assert_equal(
        sample.take(order).matrix(constraint),
        sample.matrix(constraint)[:, order],
        "With the samples in another order, M",
    )


def check_weights_are_repetitions(constraint, sample):
    """A sample of weight 2 counts as two copies of it."""
    weight = np.random.default_rng(2).integers(1, 4, len(sample.y))
    index = np.repeat(np.arange(len(weight)), weight)
    repeated = sample.take(index).matrix(constraint)
    summed = np.zeros((len(repeated), len(weight)))
    np.add.at(summed.T, index, repeated.T)
    weighted = replace(sample, weight=weight.astype(float)).matrix(constraint)
    assert_equal(weighted, summed, "With weights 1, 2 and 3 instead of copies, M")


def check_weight_zero_is_absent(constraint, sample):
    """A sample of weight 0 has a zero column and does not affect the others."""
    weight = (np.arange(len(sample.y)) % 4 > 0).astype(float)
    rest = sample.take(weight > 0).matrix(constraint)
    desired = np.zeros((len(rest), len(weight)))
    desired[:, weight > 0] = rest
    actual = replace(sample, weight=weight).matrix(constraint)
    assert_equal(
        actual, desired, "With weight 0 for samples instead of removing them, M"
    )


def check_unit_of_weights(constraint, sample):
    """Multiplying all weights by a constant does not change M."""
    weight = np.random.default_rng(2).integers(1, 4, len(sample.y)).astype(float)
    actual, desired = (
        replace(sample, weight=unit * weight).matrix(constraint) for unit in (3.0, 1.0)
    )
    assert_equal(actual, desired, "With weights three times as large, M")


def check_relabelled_groups(constraint, sample):
    """The names of the groups, and their order, do not change the sizes of the gaps.

    A constraint that names a group, such as a reference group, fails this check for a
    good reason: list it in `expected_failed_checks`.
    """
    if not any(is_text(column) for column in columns_of(sample.groups)):
        msg = "sensitive_features has no column of strings"
        raise SkipTest(msg)
    scores = np.random.default_rng(3).normal(size=len(sample.y))
    renamed = each_column(sample.groups, relabelled)
    other = replace(sample, groups=renamed).contrasts(constraint)
    actual, desired = (
        np.sort(np.abs(contrasts.gaps(scores)))
        for contrasts in (other, sample.contrasts(constraint))
    )
    assert_equal(actual, desired, "With the groups renamed, the gaps M f")


def check_missing(constraint, sample):
    """Missing labels raise a ValueError, unless `missing` sets another policy.

    ``missing="ignore"`` gives these samples zero columns, and ``missing="group"`` gives
    the M that a label of its own would give. A policy that is not supported raises a
    ValueError.
    """
    is_missing = np.arange(len(sample.y)) % 9 == 0
    given = replace(sample, groups=each_column(sample.groups, with_missing(is_missing)))
    with value_error("contrasts() with a missing label", "missing"):
        given.contrasts(constraint)
    actual = supported(constraint, given, "ignore")
    if actual is not None:
        require(
            not actual[:, is_missing].any() and is_valid(actual),
            'missing="ignore" should leave samples without a label out of M.',
        )
    actual = supported(constraint, given, "group")
    if actual is not None and all(map(is_text, columns_of(sample.groups))):
        named = each_column(sample.groups, lambda c: np.where(is_missing, "~", c))
        desired = replace(sample, groups=named).matrix(constraint)
        assert_equal(actual, desired, 'With missing="group" instead of a label, M')


def check_empty_cell(constraint, sample):
    """A group without samples in a cell raises a ValueError.

    Means of an empty cell are not defined: they must neither become NaN nor be left out
    silently while the group has samples in other cells.
    """
    before = sample.contrasts(constraint)
    for row in before.toarray():
        rest = sample.take(~(row > 0))
        try:
            actual = rest.contrasts(constraint)
        except ValueError:
            continue
        valid = is_valid(actual.toarray())
        require(
            valid, "An empty cell should raise ValueError; M has a zero row or NaN."
        )
        require(
            len(actual.names) == len(before.names) or not same_labels(rest, sample),
            f"With an empty cell only {actual.names} are compared, of {before.names}; "
            "an empty cell should raise ValueError.",
        )


def check_errors(constraint, sample):
    """No groups, groups of another length, or a single group raise a ValueError."""
    with value_error("contrasts() without groups", "sensitive_features"):
        replace(sample, groups=None).contrasts(constraint)
    short = each_column(sample.groups, lambda column: column[1:])
    with value_error(
        "contrasts() with fewer labels than samples", "sensitive_features"
    ):
        replace(sample, groups=short).contrasts(constraint)
    alone = each_column(sample.groups, lambda column: np.full_like(column, column[0]))
    with value_error("contrasts() of one group only"):
        replace(sample, groups=alone).contrasts(constraint)


def check_compares_within_classes(constraint, sample):
    """``compares_within_classes``, if there, is True or False; if True, M depends on y.

    Regressors refuse a constraint of which it is True, unless y has two values.
    """
    declared = getattr(constraint, "compares_within_classes", False)
    require(
        isinstance(declared, bool),
        f"compares_within_classes should be True or False; got {declared!r}.",
    )
    if not declared:
        return
    try:
        other = replace(sample, y=np.roll(sample.y, 1)).matrix(constraint)
    except ValueError:  # no row of a group in a class: y matters
        return
    require(
        not np.array_equal(other, sample.matrix(constraint)),
        "With compares_within_classes M should depend on y; it is the same for others.",
    )


def check_copies(constraint, sample):
    """A clone and a pickled copy give the same M; searches make such copies."""
    desired = sample.matrix(constraint)
    for copy in (clone(constraint, safe=False), pickle.loads(pickle.dumps(constraint))):
        assert_equal(sample.matrix(copy), desired, "M of a copy of the constraint")


def check_inside_a_model(constraint, sample):
    """A model with this constraint attains ``max_gap``: half the plain gap, and 0."""
    n_features = len(sample.matrix(constraint)) + N_EXTRA_FEATURES
    X = np.random.default_rng(4).normal(size=(len(sample.y), n_features))
    numeric = sample.y.dtype.kind in "iuf"
    model = (ParityRidge if numeric else ParityLogisticRegression)(
        constraint=constraint, tol=1e-8
    )

    def gap_of(max_gap):
        model.set_params(max_gap=max_gap)
        model.fit(X, sample.y, sensitive_features=sample.groups)
        scores = model.predict(X) if numeric else model.decision_function(X)
        return sample.contrasts(constraint).gap(scores)

    plain = gap_of(np.inf)
    for max_gap in (plain / 2, 0.0):
        gap = gap_of(max_gap)
        require(
            abs(gap - max_gap) <= 1e-6 * plain,
            f"{type(model).__name__}(max_gap={max_gap:.3g}) has a gap of {gap:.3g}.",
        )


CHECKS = (
    check_contrasts,
    check_rows_sum_to_zero,
    check_permuted_rows,
    check_weights_are_repetitions,
    check_weight_zero_is_absent,
    check_unit_of_weights,
    check_relabelled_groups,
    check_missing,
    check_empty_cell,
    check_errors,
    check_compares_within_classes,
    check_copies,
    check_inside_a_model,
)
