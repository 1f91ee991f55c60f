"""Methods of fitted models on Dask collections, and their scores."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context

pytest.importorskip("dask")

import dask
import dask.array as da

from dask_pickled import pickled
from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.preprocessing import BarycenterTransformer

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 2))
SEX = np.arange(120) % 2
Y = X[:, 0] + 100.0 + RNG.normal(size=120)
WEIGHT = RNG.random(120) * (np.arange(120) >= 40)


@pytest.fixture(autouse=True)
def _pickled():
    with dask.config.set(scheduler=pickled):
        yield


@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize(
    ("model", "y"),
    [(ParityRidge(max_gap=1.0), Y), (ParityLogisticRegression(), Y > 100.0)],
)
def test_scores_are_those_in_memory(model, y, weight):
    """Of four partitions, one has no rows and one no row of positive weight."""
    model.fit(X, y, sensitive_features=SEX)
    given = [X, y, weight] if weight is not None else [X, y]
    chunks = (40, 0, 50, 30)
    lazy = [da.from_array(v, (chunks, *map(int, v.shape[1:]))) for v in given]
    want = model.score(*given)
    assert model.score(*lazy) == pytest.approx(want, abs=1e-12)
    assert 0.2 < want < 1


def test_the_output_of_the_model_itself_comes_before_that_of_all():
    model = BarycenterTransformer().fit(X, sensitive_features=SEX)
    want = model.transform(X, sensitive_features=SEX)
    lazy, groups = (da.from_array(v, 50) for v in (X, SEX))
    with config_context(transform_output="pandas"):
        with pytest.raises(ValueError, match="set to 'pandas'"):
            model.transform(lazy, sensitive_features=groups)
        model.set_output(transform="default")
        found = model.transform(lazy, sensitive_features=groups)
    assert_array_equal(found.compute(), want)
    model.set_output(transform="polars")
    with pytest.raises(ValueError, match="set to 'polars', for which scikit-learn"):
        model.transform(lazy, sensitive_features=groups)
