"""What a part asks for, and copies of parts on which more is granted."""

import numpy as np
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fairlearnkit._routing.call import _copy_with, call
from fairlearnkit._routing.requests import requests_of


class Levelled(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None, sample_weight=None):
        return self

    def transform(self, X, level=None):
        return X


def test_fit_transform_asks_for_what_fit_and_transform_do():
    with config_context(enable_metadata_routing=True):
        part = Levelled().set_fit_request(sample_weight=True)
        part.set_transform_request(level="depth")
        assert requests_of(part, "fit") == {"sample_weight": True}
        assert requests_of(part, "transform") == {"level": "depth"}
        both = {"sample_weight": True, "level": "depth"}
        assert requests_of(part, "fit_transform") == both


class Watching(BaseEstimator):
    """Tells whether the frozen model inside had a request while it was fitted."""

    def __init__(self, inner):
        self.inner = inner

    def fit(self, X, y, sample_weight=None):
        self.weights_ = sample_weight
        self.had_request_ = "_metadata_request" in vars(self.inner.estimator)
        return self


def test_nothing_is_granted_to_a_frozen_model_in_fit():
    """Other threads may be using it."""
    model = Watching(FrozenEstimator(Ridge().fit([[0.0], [1.0]], [0, 1])))
    call(model, "fit", np.eye(2), [0, 1], sample_weight=[1.0, 2.0])
    assert model.weights_ == [1.0, 2.0]
    assert not model.had_request_


def test_parts_of_parts_are_copied():
    inner = Ridge()
    search = GridSearchCV(inner, {})
    pipe = make_pipeline(StandardScaler(), search)
    twin = _copy_with(pipe, {"gridsearchcv__estimator": {"mark": 1}, "": {"own": 2}})
    assert (twin.own, twin[-1].estimator.mark) == (2, 1)
    assert pipe[-1] is search
    assert search.estimator is inner
    assert not hasattr(pipe, "own")
    assert not hasattr(inner, "mark")
