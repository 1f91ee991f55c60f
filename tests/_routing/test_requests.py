"""What a part asks for, and copies of parts on which more is granted."""

import numpy as np
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.ensemble import AdaBoostClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score, max_error
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.metadata_routing import MetadataRequest

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


def test_weights_reach_an_ensemble_that_supports_no_routing():
    X, y = np.arange(40.0)[:, None], np.arange(40) % 3 > 0
    weight = np.where(np.arange(40) < 20, 5.0, 1.0)
    model = AdaBoostClassifier(n_estimators=3, random_state=0)
    plain, weighted = clone(model).fit(X, y), clone(model).fit(X, y, weight)
    call(model, "fit", X, y, sample_weight=weight)
    assert_array_equal(model.estimator_weights_, weighted.estimator_weights_)
    assert (model.estimator_weights_ != plain.estimator_weights_).all()


class Choosing(BaseEstimator):
    """Requests weights where a parameter says so."""

    def __init__(self, weighted):
        self.weighted = weighted

    def fit(self, X, y, sample_weight=None):
        return self

    def _get_metadata_request(self):
        request = super()._get_metadata_request()
        request.fit.add_request(param="sample_weight", alias=self.weighted)
        return request


def test_two_of_a_class_may_ask_for_different_things():
    for weighted in (True, False):
        found = requests_of(Choosing(weighted), "fit")
        assert found == {"sample_weight": weighted}


class OldScorer:
    """A scorer as of versions of scikit-learn that read no request from the metric."""

    def __init__(self, metric):
        self._score_func = metric

    def _get_metadata_request(self):
        return getattr(self, "_metadata_request", MetadataRequest(owner="scorer"))


def test_scorers_without_a_request_take_the_weights_that_their_metric_does():
    assert requests_of(OldScorer(accuracy_score), "score") == {"sample_weight": None}
    assert requests_of(OldScorer(max_error), "score") == {}
    declined = OldScorer(accuracy_score)
    declined._metadata_request = MetadataRequest(owner="scorer")
    assert requests_of(declined, "score") == {}
