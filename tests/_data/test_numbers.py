"""Targets with gaps, and magnitudes at which float64 ends: one clear error each."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from fairlearnkit._data.targets import check_target
from fairlearnkit.postprocessing import (
    BarycenterClassifier,
    BarycenterRegressor,
    ParityThresholdClassifier,
)
from fairlearnkit.preprocessing import BarycenterTransformer, ParityProjection
from fairlearnkit.representation import ParityEncoder
from fairlearnkit.svm import ParityLinearSVC, ParitySVC, ParitySVR
from fairlearnkit.utils.discovery import all_estimators
from helpers import SEARCHES, raised

INNER = {
    BarycenterClassifier: LogisticRegression(),
    BarycenterRegressor: Ridge(),
    ParityThresholdClassifier: LogisticRegression(),
}


def made(kind):
    return [
        cls(*([INNER[cls]] if cls in INNER else []), **SEARCHES.get(name, {}))
        for name, cls in all_estimators(kind)
        if cls.__module__.startswith("fairlearnkit") and cls is not ParityEncoder
    ]


REGRESSORS, CLASSIFIERS = made("regressor"), made("classifier")
# A solver that runs out of iterations has been through all of its arithmetic early on.
MODELS = [
    model.set_params(**({"max_iter": 50} if hasattr(model, "max_iter") else {}))
    for model in REGRESSORS + CLASSIFIERS
    if type(model) not in INNER
]
rng = np.random.default_rng(0)
GROUP = np.arange(60) % 2
X = rng.normal(size=(60, 3))
F = X[:, 0] + GROUP + 0.1 * rng.normal(size=60)
Y = (F > 0.5).astype(int)


def target(model):
    return Y if is_classifier(model) else raised(model, F)


def with_one(y, value):
    y = np.array(y, dtype=object)
    y[3] = value
    return y


GAPS = {
    "None": lambda y: with_one(y, None),
    "NaN": lambda y: with_one(y, np.nan),
    "NA": lambda y: with_one(y, pd.NA),
    "list": lambda y: with_one(y, None).tolist(),
    "pandas": lambda y: pd.Series(with_one(y, None)),
    "polars": lambda y: pl.Series(with_one(y, None).tolist(), strict=False),
}


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("model", REGRESSORS + CLASSIFIERS, ids=repr)
def test_missing_targets(model, gap):
    with pytest.raises(ValueError, match=r"^Input y contains NaN\.$"):
        clone(model).fit(X, GAPS[gap](target(model)), sensitive_features=GROUP)


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize(
    "model", [*CLASSIFIERS, ParityProjection(constraint="equalized_odds")], ids=repr
)
def test_missing_labels(model, gap):
    labels = np.where(Y, "yes", "no")
    with pytest.raises(ValueError, match=r"^Input y contains NaN\.$"):
        clone(model).fit(X, GAPS[gap](labels), sensitive_features=GROUP)


@pytest.mark.parametrize("model", REGRESSORS, ids=repr)
@pytest.mark.parametrize("form", [float, object])
def test_infinite_targets(model, form):
    y = with_one(F, np.inf).astype(form)
    with pytest.raises(ValueError, match=r"Input y contains infinity"):
        clone(model).fit(X, y, sensitive_features=GROUP)


def test_targets_without_gaps_pass():
    days = np.array(["2020-01-01", "2021-01-01"], dtype="datetime64[D]")
    for y in (None, Y, F, Y.tolist(), ["a", "b"], [[0, 1], [1, 0]], days):
        check_target(y)
    with pytest.raises(ValueError, match="contains NaN"):
        check_target(np.append(days, np.datetime64("NaT")))


REFUSALS = (
    "sums of squares overflow. Scale what is far from 1.",
    "float64 holds: divide the weights by their maximum.",
    "squares overflow. Scale the features.",
    "squares underflow. Scale the features.",
    "by class.",
)


def outcome(model, **data):
    """The fitted model, which has told all that is wrong, or None if refused."""
    given = {"X": X, "y": target(model), "sensitive_features": GROUP, **data}
    model = clone(model)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for expected in (ConvergenceWarning, UserWarning):
            warnings.simplefilter("ignore", expected)
        # RuntimeWarning is no UserWarning: an overflow is an error here.
        try:
            model.fit(**given)
        except ValueError as error:
            if not str(error).endswith(REFUSALS):
                raise
            return None
        respond = getattr(model, "decision_function", model.predict)
        assert np.isfinite(respond(given["X"])).all()
    return model


# The exponents around which something overflows, and those where nothing does.
EXPONENTS = [-310, -300, -200, -160, -150, 100, 140, 145, 148, 150, 152, 154, 160, 200]
EXPONENTS += [290, 300, 303, 306, 307]
REFUSED_FROM = 160


@pytest.mark.slow
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_magnitudes_of_features(model):
    for power in EXPONENTS:
        found = outcome(model, X=X * 10.0**power)
        assert found is None or power < REFUSED_FROM
    small = X.copy()
    small[5, 1] = 1e200
    assert outcome(model, X=small) is None


def averages(model):
    """Whether the loss is a mean, to which weights have no unit."""
    return hasattr(model, "linear_predictor")


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_magnitudes_of_weights(model):
    for power in EXPONENTS:
        weight = (0.5 + GROUP) * 10.0**power
        if power < -307:  # fewer digits than float64 has
            with pytest.raises(ValueError, match="does not hold all digits"):
                outcome(model, sample_weight=weight)
            continue
        found = outcome(model, sample_weight=weight)
        assert found is None or power < REFUSED_FROM or averages(model)
    lone = np.ones(60)
    lone[3] = 1e300
    assert (outcome(model, sample_weight=lone) is None) != averages(model)
    # What is in reach does work: weights have a unit, and so does C.
    assert outcome(model, sample_weight=np.full(60, 1e3)) is not None


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_magnitudes_of_the_penalty(model):
    name = next(n for n in ("C", "alpha", "Cs", "alphas") if hasattr(model, n))
    for power in EXPONENTS:
        value = [10.0**power] if name.endswith("s") else 10.0**power
        found = outcome(clone(model).set_params(**{name: value}))
        if name.startswith("C"):
            assert found is None or power < REFUSED_FROM


@pytest.mark.slow
@pytest.mark.parametrize(
    "model", [m for m in MODELS if hasattr(m, "class_weight")], ids=repr
)
def test_magnitudes_of_class_weights(model):
    for power in EXPONENTS:
        found = outcome(clone(model).set_params(class_weight={0: 1, 1: 10.0**power}))
        assert found is None or power < REFUSED_FROM


@pytest.mark.slow
@pytest.mark.parametrize("model", [m for m in MODELS if m in REGRESSORS], ids=repr)
def test_magnitudes_of_targets(model):
    for power in EXPONENTS:
        if -200 <= power <= 140:
            assert outcome(model, y=target(model) * 10.0**power) is not None
        else:
            outcome(model, y=target(model) * 10.0**power)


def test_messages_name_what_the_caller_has():
    cases = [
        (ParityLinearSVC(C=1e300), "C times weights of rows up to 1e\\+300"),
        (ParitySVC(C=1e300), "with kernel values up to 1, C times"),
        (ParitySVR(C=1e300), "with kernel values up to 1, y up to 2.*, C times"),
    ]
    for model, message in cases:
        y = F if isinstance(model, ParitySVR) else Y
        with pytest.raises(ValueError, match=message):
            model.fit(X, y, sensitive_features=GROUP)


def test_parity_projection_at_any_magnitude():
    plain = ParityProjection().fit(X, sensitive_features=GROUP)
    for power in (-900, -600, 600, 1000):
        scaled = ParityProjection().fit(np.ldexp(X, power), sensitive_features=GROUP)
        assert_allclose(scaled.directions_, plain.directions_, atol=1e-14)
        assert 0 <= scaled.gap_ < np.ldexp(1e-14, power)
    with pytest.raises(ValueError, match="divide the weights by their maximum"):
        ParityProjection().fit(
            X, sensitive_features=GROUP, sample_weight=np.full(60, 1e308)
        )


def test_barycenters_at_any_magnitude():
    plain = BarycenterTransformer().fit_transform(X, sensitive_features=GROUP)
    for power in (-900, 1000):
        Z = BarycenterTransformer().fit_transform(
            np.ldexp(X, power),
            sensitive_features=GROUP,
            sample_weight=np.full(60, 1e308),
        )
        assert_array_equal(Z, np.ldexp(plain, power))


@pytest.mark.parametrize("power", [-900, 900])
def test_encoder_at_any_magnitude(power):
    options = {"hidden_layer_sizes": (3,), "n_components": 2, "max_iter": 2}
    data = {"sensitive_features": GROUP}
    plain = ParityEncoder(**options, random_state=0).fit(X, Y, **data)
    far = ParityEncoder(**options, random_state=0).fit(np.ldexp(X, power), Y, **data)
    assert_allclose(far.transform(np.ldexp(X, power)), plain.transform(X), rtol=1e-5)
    small = F * 1e-250
    found = ParityEncoder(**options, random_state=0).fit(X, small, **data).predict(X)
    one = ParityEncoder(**options, random_state=0).fit(X, F, **data).predict(X)
    assert_allclose(found * 1e250, one, rtol=1e-4)
