"""Where all rows have to be in memory, an error says what to use instead."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from fairlearnkit.inspection import (
    GroupRatesDisplay,
    RocByGroupDisplay,
    ScoreDistributionDisplay,
)
from fairlearnkit.kernel_ridge import ParityKernelRidge
from fairlearnkit.linear_model import ParityRidge
from fairlearnkit.metrics import audit_subgroups
from fairlearnkit.representation import ParityEncoder
from fairlearnkit.svm import ParitySVC, ParitySVR

da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(RNG.normal(size=(60, 2)), columns=["x", "y"])
TABLE["sex"] = np.resize(["f", "m"], 60)
TABLE["hired"] = (TABLE["x"] > 0).astype(int)
LAZY = dd.from_pandas(TABLE, npartitions=2)
DTYPES = float, float, object
X, SEX = LAZY[["x", "y"]], {"sensitive_features": LAZY["sex"]}


@pytest.mark.parametrize(
    ("model", "linear"),
    [
        (ParitySVC(), "ParityLinearSVC"),
        (ParitySVR(), "ParityLinearSVR"),
        (ParityKernelRidge(), "ParityRidge"),
    ],
)
def test_kernel_models_name_nystroem_and_a_linear_model(model, linear):
    with pytest.raises(ValueError, match=f"X is a Dask.*Nystroem.*, to {linear}."):
        model.fit(X, LAZY["hired"], **SEX)
    with pytest.raises(ValueError, match=r"sensitive_features is a Dask S.*Nystr"):
        model.fit(TABLE[["x", "y"]], TABLE["hired"], **SEX)
    model.fit(TABLE[["x", "y"]], TABLE["hired"], sensitive_features=TABLE["sex"])
    with pytest.raises(ValueError, match=r"X\.map_partitions\(model\.predict\)"):
        model.predict(X)
    # The cure works.
    found = X.map_partitions(model.predict, meta=(None, float)).compute()
    np.testing.assert_allclose(found, model.predict(TABLE[["x", "y"]]), rtol=1e-12)


def test_encoder():
    pytest.importorskip("torch")
    with pytest.raises(ValueError, match=r"sample in memory.*\(encoder\.transform\)"):
        ParityEncoder().fit(X, LAZY["hired"], **SEX)


def test_audit():
    with pytest.raises(ValueError, match=r"half-spaces needs all rows.*linear=False"):
        audit_subgroups(LAZY["hired"], LAZY["hired"], **SEX)


def test_displays():
    before = plt.get_fignums()
    model = LogisticRegression().fit(TABLE[["x", "y"]], TABLE["hired"])
    for display in (GroupRatesDisplay, RocByGroupDisplay, ScoreDistributionDisplay):
        with pytest.raises(ValueError, match=r"X is a Dask.*Display draws rows in m"):
            display.from_estimator(model, X, LAZY["hired"], **SEX)
    for display in (RocByGroupDisplay, ScoreDistributionDisplay):
        with pytest.raises(ValueError, match=r"y_true is a Dask.*Display draws rows"):
            display.from_predictions(LAZY["hired"], LAZY["x"], **SEX)
    assert plt.get_fignums() == before


def test_searches_of_scikit_learn():
    """What the guide page says of them."""
    search = GridSearchCV(ParityRidge(), {"alpha": [1.0, 100.0]}, cv=2)
    data = TABLE[["x", "y"]].to_numpy(), TABLE["hired"] * 1.0, TABLE["sex"]
    search.fit(*data[:2], sensitive_features=data[2])
    expected = search.cv_results_["mean_test_score"]
    arrays = [da.from_array(np.asarray(v, like), 20) for v, like in zip(data, DTYPES)]
    search.fit(*arrays[:2], sensitive_features=arrays[2])
    assert_allclose(search.cv_results_["mean_test_score"], expected, rtol=1e-8)
    # Raised before any method of ours gets rows.
    with pytest.raises(pd.errors.IndexingError, match="Too many indexers"):
        search.fit(X, LAZY["hired"], **SEX)
