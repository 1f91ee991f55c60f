"""A constraint in one file: what someone writes who needs another one.

Groups are compared within bins of another column, such as women and men within age
bands: differences that the ages explain are left.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.constraints import Constraint, group_contrasts, read_groups
from fairlearnkit.linear_model import ParityRidge
from fairlearnkit.utils.estimator_checks import check_constraint_object


@dataclass(frozen=True)
class ParityWithinBins(Constraint):
    """Equal mean scores of the groups within bins of another column.

    The sensitive features are two columns: the groups, and the numbers to bin.
    """

    edges: tuple = ()

    def contrasts(self, y, sensitive_features, sample_weight=None, *, missing="error"):
        if missing == "group":
            raise ValueError('missing="group" is not supported: it has no bin.')
        both = read_groups(sensitive_features, n_samples=len(y), missing=missing)
        groups, numbers = both.columns
        if len(groups.labels) < 2:
            raise ValueError(f"sensitive_features holds one group, {groups.labels}.")
        bins = np.digitize(numbers.labels, self.edges)[numbers.codes]
        return group_contrasts(
            groups,
            np.where(both.codes >= 0, bins, -1),
            sample_weight=sample_weight,
            stratum_names=self.names(),
        )

    def names(self):
        """A name for each bin, as in " within [30, 50)"."""
        ends = [-np.inf, *self.edges, np.inf]
        return [f" within [{a:g}, {b:g})" for a, b in pairwise(ends)]


BANDS = ParityWithinBins(edges=(30, 50))


def make_data(n=500):
    """Women are older, and y grows with the age; and men have a bonus of 1."""
    rng = np.random.default_rng(0)
    sex = np.where(rng.uniform(size=n) < 0.4, "F", "M")
    age = rng.uniform(20, 60, n) + 4.0 * (sex == "F")
    X = np.column_stack([age / 10, sex == "M", rng.normal(size=(n, 3))])
    y = X[:, 0] + 1.0 * (sex == "M") + X[:, 2] + 0.1 * rng.normal(size=n)
    return X, y, {"sex": sex, "age": age}


def test_value_by_hand():
    scores = np.repeat([1.0, 3.0, 2.0, 10.0, 7.0], 10)
    sex = np.repeat(["F", "F", "M", "F", "M"], 10)
    age = np.repeat([20, 49.9, 25, 50, 61], 10)
    contrasts = ParityWithinBins(edges=(50,)).contrasts(
        np.zeros(50), {"sex": sex, "age": age}
    )
    assert contrasts.names == ("F - M within [-inf, 50)", "F - M within [50, inf)")
    assert_allclose(contrasts.gaps(scores), [0.0, 3.0], atol=1e-12)


def test_it_keeps_the_contract():
    _, y, sensitive_features = make_data()
    results = check_constraint_object(BANDS, y=y, sensitive_features=sensitive_features)
    assert {status for _, status in results} == {"passed"}


def test_gap_is_closed_within_the_bins_and_not_between_them():
    X, y, sensitive_features = make_data()
    model = ParityRidge(constraint=BANDS).fit(
        X, y, sensitive_features=sensitive_features
    )
    scores = model.predict(X)
    sex, age = sensitive_features.values()
    bands = np.digitize(age, BANDS.edges)
    for band in range(3):
        means = [scores[(bands == band) & (sex == s)].mean() for s in "FM"]
        assert abs(means[0] - means[1]) < 1e-10
    assert abs(scores[sex == "F"].mean() - scores[sex == "M"].mean()) > 0.05


def test_errors():
    _, y, sensitive_features = make_data()
    with pytest.raises(ValueError, match="one group"):
        BANDS.contrasts(y, {**sensitive_features, "sex": np.full(len(y), "F")})
    young = sensitive_features["age"] < 50
    sex = np.where(young, sensitive_features["sex"], "F")
    with pytest.raises(ValueError, match=r"no row among rows within \[50, inf\)"):
        BANDS.contrasts(y, {**sensitive_features, "sex": sex})


def test_it_composes():
    X, y, sensitive_features = make_data()
    table = pd.DataFrame(X, columns=list("abcde")).assign(**sensitive_features)
    model = SensitiveColumns(ParityRidge(constraint=BANDS), ["sex", "age"])
    assert model.fit(table, y).estimator_.gap_ < 1e-10
