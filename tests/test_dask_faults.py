"""Workers of Dask that die, for good or once, and fits that are interrupted there.

A worker that is killed during a linear fit: linear_model/test_dask.py.
"""

import os
import signal

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.preprocessing import BarycenterTransformer

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")
dataframe = pytest.importorskip("dask.dataframe")

FEATURES, N, HERE = ["a", "b", "c"], 120, os.getpid()
MODELS = [ParityLogisticRegression(), BarycenterTransformer()]


@pytest.fixture(scope="module")
def client():
    """A cluster that gives a task up when the first worker has died of it."""
    once = {"distributed.scheduler.allowed-failures": 0}
    options = {"dashboard_address": None, "memory_limit": 0}
    with dask.config.set(once):
        cluster = distributed.LocalCluster(n_workers=1, threads_per_worker=1, **options)
        with cluster, distributed.Client(cluster) as client:
            yield client


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(N, 3)), columns=FEATURES)
    table["group"] = np.arange(N) % 2
    table["y"] = (table["a"] + table["group"] + rng.normal(size=N) > 0.5).astype(int)
    return table


def fit(model, table):
    X, group = table[FEATURES], table["group"]
    return model.fit(X, table["y"], sensitive_features=group)


def asked(model, table):
    """What the model says of rows in memory."""
    if hasattr(model, "predict"):
        return model.predict(table[FEATURES])
    return model.transform(table[FEATURES], sensitive_features=table["group"])


def changed(lazy, how):
    """The table, whose partitions do something when they are computed."""

    def first(part):
        how()
        return part

    return lazy.map_partitions(first, meta=lazy._meta)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_a_worker_dies_of_the_data(model, client, frame):
    """As where memory does not suffice: an error, the old model, and a next fit."""

    def die():
        if os.getpid() != HERE:
            os._exit(1)

    lazy = dataframe.from_pandas(frame, npartitions=2)
    model = fit(clone(model), frame)
    attributes, expected = dict(vars(model)), asked(model, frame)
    with dask.config.set(scheduler=client):
        with pytest.raises(distributed.KilledWorker, match="Attempted to run task"):
            fit(model, changed(lazy, die))
        assert all(vars(model)[name] is value for name, value in attributes.items())
        assert_array_equal(asked(model, frame), expected)
        fit(model, lazy)
    found = asked(model, frame)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_a_fit_is_interrupted(model, client, frame, tmp_path):
    """By the user, while a worker computes."""
    once = tmp_path / "interrupted"

    def interrupt():
        if os.getpid() != HERE and not once.exists():
            once.touch()
            os.kill(HERE, signal.SIGINT)

    lazy = dataframe.from_pandas(frame, npartitions=2)
    model = fit(clone(model), frame)
    attributes, expected = dict(vars(model)), asked(model, frame)
    with dask.config.set(scheduler=client):
        with pytest.raises(KeyboardInterrupt):
            fit(model, changed(lazy, interrupt))
        assert all(vars(model)[name] is value for name, value in attributes.items())
        assert_array_equal(asked(model, frame), expected)
        fit(model, lazy)
    found = asked(model, frame)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)
