"""A fit whose data kill every Dask worker: an error, and the model as it was."""

import os

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from fairlearnkit.linear_model import ParityLogisticRegression

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")
dataframe = pytest.importorskip("dask.dataframe")


def test_one_worker_that_the_data_kill():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(120, 2)), columns=["a", "b"])
    table = table.assign(group=np.arange(120) % 2, y=(table["a"] > 0).astype(int))

    def fit(model, data):
        return model.fit(data[["a", "b"]], data["y"], sensitive_features=data["group"])

    here = os.getpid()

    def die(part):
        if os.getpid() != here:
            os._exit(1)
        return part

    model = fit(ParityLogisticRegression(), table)
    attributes = dict(vars(model))
    lazy = dataframe.from_pandas(table, npartitions=2)
    deadly = lazy.map_partitions(die, meta=lazy._meta)
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=":0", memory_limit=0
        ) as cluster,
        distributed.Client(cluster),
        dask.config.set(scheduler="dask.distributed"),
    ):
        with pytest.raises(distributed.KilledWorker, match="Attempted to run task"):
            fit(model, deadly)
        assert all(vars(model)[name] is value for name, value in attributes.items())
        # The worker that Dask has started in place of the dead one.
        other = dataframe.from_pandas(table, npartitions=3)
        again = fit(ParityLogisticRegression(), other)
    assert_allclose(again.coef_, model.coef_, rtol=1e-4)
