"""The generated portfolio has the disparity, the frequencies and amounts it says."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import GammaRegressor, PoissonRegressor

from fairlearnkit.datasets import make_biased_claims
from fairlearnkit.datasets._claims import AMOUNT, EFFECTS

FREQUENCY, SEVERITY, OTHER = np.array([*EFFECTS.values()]).T
MANY = 300_000


def test_shapes():
    claims = make_biased_claims(60, random_state=0)
    assert list(claims.data) == list(EFFECTS)
    assert claims.data.shape == (60, 6)
    for name in ("exposure", "counts", "amount", "group"):
        assert isinstance(claims[name], pd.Series)
        assert len(claims[name]) == 60
        assert claims[name].index.equals(claims.data.index)
    assert claims.group.value_counts().to_dict() == {"a": 30, "b": 30}
    assert claims.counts.dtype.kind == "i"
    assert claims.exposure.between(0.1, 1.0).all()


def test_seeded():
    first, again, other = (make_biased_claims(90, random_state=s) for s in (3, 3, 4))
    pd.testing.assert_frame_equal(first.data, again.data)
    pd.testing.assert_series_equal(first.amount, again.amount)
    assert not first.data.equals(other.data)


def test_there_is_an_amount_where_there_is_a_claim():
    claims = make_biased_claims(20_000, random_state=0)
    assert ((claims.amount > 0) == (claims.counts > 0)).all()
    assert claims.counts.max() >= 2


@pytest.mark.parametrize("disparity", [0.0, 0.4, 1.0])
def test_disparity_is_that_of_the_mean_log_frequency(disparity):
    claims = make_biased_claims(
        MANY,
        n_groups=3,
        group_shares=[0.5, 0.3, 0.2],
        disparity=disparity,
        random_state=0,
    )
    log_frequency = claims.data.to_numpy() @ FREQUENCY
    means = pd.Series(log_frequency).groupby(claims.group).mean()
    assert_allclose(means["a"] - means["c"], disparity, atol=0.01)
    assert_allclose(means["a"] - means["b"], disparity / 2, atol=0.01)
    assert_allclose(log_frequency.mean(), 0.0, atol=0.01)
    assert abs(FREQUENCY @ OTHER) < 1e-12


def test_models_find_the_effects():
    claims = make_biased_claims(MANY, base_frequency=0.3, random_state=0)
    model = PoissonRegressor(alpha=0.0, solver="newton-cholesky").fit(
        claims.data, claims.counts / claims.exposure, sample_weight=claims.exposure
    )
    assert_allclose(model.coef_, FREQUENCY, atol=0.02)
    assert_allclose(np.exp(model.intercept_), 0.3, rtol=0.02)
    hit = claims.counts > 0
    model = GammaRegressor(alpha=0.0, solver="newton-cholesky").fit(
        claims.data[hit],
        claims.amount[hit] / claims.counts[hit],
        sample_weight=claims.counts[hit],
    )
    assert_allclose(model.coef_, SEVERITY, atol=0.02)
    assert_allclose(np.exp(model.intercept_), AMOUNT, rtol=0.02)


def test_unequal_spread():
    claims = make_biased_claims(MANY, unequal_spread=0.5, random_state=0)
    spread = claims.data.groupby(claims.group).std()
    assert_allclose(spread.loc["a"], 1.0, atol=0.01)
    assert_allclose(spread.loc["b"], 1.5, atol=0.01)


@pytest.mark.parametrize(
    "wrong",
    [{"disparity": -1}, {"unequal_spread": np.nan}, {"base_frequency": -0.1}],
)
def test_values_out_of_range(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be a number"):
        make_biased_claims(**wrong)
