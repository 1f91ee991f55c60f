"""Where all rows have to be in memory, an error says what to use instead."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from fairlearnkit.inspection import (
    GroupRatesDisplay,
    RocByGroupDisplay,
    ScoreDistributionDisplay,
)
from fairlearnkit.kernel_ridge import ParityKernelRidge
from fairlearnkit.metrics import audit_subgroups
from fairlearnkit.representation import ParityEncoder
from fairlearnkit.svm import ParitySVC, ParitySVR

dd = pytest.importorskip("dask.dataframe")

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(RNG.normal(size=(60, 2)), columns=["x", "y"])
TABLE["sex"] = np.resize(["f", "m"], 60)
TABLE["hired"] = (TABLE["x"] > 0).astype(int)
LAZY = dd.from_pandas(TABLE, npartitions=2)
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
