"""A fit that fails or is interrupted leaves the fitted estimator as it was.

Every estimator is fitted, then fitted again to other data, and an interrupt comes at
some line of that, early, late or in between.
"""

import random
import signal
import sys
import warnings
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from linecache import getline
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context, get_config
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.utils import check_random_state
from threadpoolctl import threadpool_info, threadpool_limits

import fairlearnkit
from all_models import ESTIMATORS, SMALL_ENCODER, answers, data, fitted
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.postprocessing import BarycenterRegressor
from fairlearnkit.preprocessing import BarycenterTransformer
from fairlearnkit.representation import ParityEncoder
from fairlearnkit.svm import ParitySVC
from fairlearnkit.utils import _sklearn_private

PACKAGE = str(Path(fairlearnkit.__file__).parent)
# The one assignment that takes a fit over is here.
DECORATOR = _sklearn_private.__file__
# Lines at which to interrupt: evenly spaced, and the last ones, where attributes are
# set.
SPACED, LAST = 5, 6
# Times at which to interrupt a fit. Twice as many take twice the time.
N_TIMES = 6


@cache
def watched(path):
    """Whether lines of a file count."""
    return path.startswith(PACKAGE) and path != DECORATOR


@cache
def leaves_a_context(path, line):
    """Whether it may be the end of a with statement.

    It is traced once more there, and what the trace function raises comes before
    ``__exit__``, which CPython then does not call: no library can clean up.
    """
    return getline(path, line).lstrip().startswith("with ")


class Bomb:
    """Interrupts at the n-th line of the library; counts them if n is None."""

    def __init__(self, n=None):
        self.n, self.lines = n, 0

    def __call__(self, frame, event, arg):
        return self.line if watched(frame.f_code.co_filename) else None

    def line(self, frame, event, arg):
        place = frame.f_code.co_filename, frame.f_lineno
        if event == "line" and not leaves_a_context(*place):
            self.lines += 1
            if self.lines == self.n:
                raise KeyboardInterrupt
        return self.line

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self)
        return self

    def __exit__(self, *error):
        sys.settrace(self.before)


FIRST, SECOND = data(0), data(1, 5.0, (3, 7))


def state_of(model, X, group):
    return answers(model, X, group), model.get_params(), dict(vars(model))


def assert_same(model, before, X, group):
    old_answers, parameters, attributes = before
    assert old_answers
    assert model.get_params().keys() == parameters.keys()
    assert all(model.get_params()[name] is parameters[name] for name in parameters)
    assert vars(model).keys() == attributes.keys()
    assert all(vars(model)[name] is attributes[name] for name in attributes)
    for name, answer in answers(model, X, group).items():
        assert_array_equal(answer, old_answers[name])


def state_of_process():
    """What a computation may set for a while, and other code relies on."""
    blas = [m["num_threads"] for m in threadpool_info() if m["user_api"] == "blas"]
    state = {
        "warnings": list(warnings.filters),
        "floating-point errors": np.geterr(),
        "scikit-learn": get_config(),
        "threads": blas,
        "numpy's random numbers": str(check_random_state(None).get_state()),
        "Python's random numbers": random.getstate(),
    }
    torch = sys.modules.get("torch")
    if torch is not None:
        state["PyTorch"] = (
            torch.get_default_dtype(),
            torch.is_grad_enabled(),
            torch.is_inference_mode_enabled(),
            torch.get_rng_state().tolist(),
        )
    return state


@pytest.fixture(autouse=True)
def _settings():
    """Two threads: a limit of one does not show where there is one.

    An interrupt within scikit-learn's own ``config_context`` may leave its setting,
    which must not reach the tests that follow.
    """
    with threadpool_limits(2, user_api="blas"), config_context(), np.errstate():
        yield


def is_old(model, before):
    """Whether no attribute has been replaced."""
    return all(vars(model).get(name) is value for name, value in before[2].items())


def interrupt_everywhere(model, call, check):
    """Call with an interrupt at many lines, and check after each."""
    for _ in range(2):  # the second time what is cached is cached
        with Bomb() as dry:
            call(deepcopy(model))
    spaced = np.linspace(1, dry.lines, SPACED).astype(int)
    last = np.arange(max(1, dry.lines - LAST), dry.lines + 1)
    before = state_of_process()
    for n in np.unique(np.concatenate([spaced, last])).tolist():
        with pytest.raises(KeyboardInterrupt), Bomb(n):
            call(model)
        check()
        assert state_of_process() == before


@pytest.mark.parametrize("model", ESTIMATORS, ids=lambda model: type(model).__name__)
def test_interrupted_refit_leaves_the_old_model(model):
    X, y, group = FIRST
    model = fitted(clone(model), X, y, group)
    before = state_of(model, X, group)

    def refit(model):
        fitted(model, *SECOND)

    def check():
        assert_same(model, before, X, group)

    interrupt_everywhere(model, refit, check)
    refit(model)  # and it goes on from there
    assert any(
        not np.array_equal(answer, before[0][name])
        for name, answer in answers(model, X, group).items()
    )


@pytest.mark.parametrize("model", ESTIMATORS, ids=lambda model: type(model).__name__)
def test_interrupted_first_fit_leaves_nothing(model):
    model = clone(model)
    attributes = dict(vars(model))

    def check():
        assert vars(model) == attributes
        with pytest.raises(NotFittedError):
            answers(model, FIRST[0], FIRST[2])

    interrupt_everywhere(model, lambda model: fitted(model, *FIRST), check)


@pytest.mark.parametrize(
    "model",
    [ParityEncoder(**SMALL_ENCODER, random_state=0), BarycenterTransformer()],
    ids=repr,
)
def test_interrupted_fit_transform(model):
    X, y, group = FIRST
    model = fitted(clone(model), X, y, group)
    before = state_of(model, X, group)
    Z, z, other = SECOND
    interrupt_everywhere(
        model,
        lambda model: model.fit_transform(Z, z, sensitive_features=other),
        lambda: assert_same(model, before, X, group),
    )


@contextmanager
def interrupt_after(seconds):
    """A KeyboardInterrupt after some time, wherever Python is by then."""
    inside = True

    def interrupt(*_):
        if inside:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    limit = signal.getitimer(signal.ITIMER_REAL)  # of the whole test
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
    finally:
        inside = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *limit)


# One that comes while Hypothesis counts the time of the garbage collector is lost.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("model", ESTIMATORS, ids=lambda model: type(model).__name__)
def test_interrupts_at_random_times(model):
    """They come within scikit-learn, SciPy and joblib too."""
    X, _, group = FIRST
    model = fitted(clone(model), *FIRST)
    before = state_of(model, X, group)
    started = perf_counter()
    new = answers(fitted(clone(model), *SECOND), X, group)
    duration, caught = perf_counter() - started, 0
    for share in np.random.default_rng(0).uniform(0.02, 0.9, N_TIMES):
        try:
            with interrupt_after(share * duration):
                fitted(model, *SECOND)
        except KeyboardInterrupt:
            caught += 1
            if is_old(model, before):
                assert_same(model, before, X, group)
                continue
        # The fit was over, or returning, and all of it is new.
        for name, answer in answers(model, X, group).items():
            assert_array_equal(answer, new[name])
        fitted(model, *FIRST)
        before = state_of(model, X, group)
    assert caught


def test_interrupted_heads():
    X, y, group = FIRST
    model = fitted(ParityEncoder(**SMALL_ENCODER, random_state=0), X, y, group)
    before = state_of(model, X, group)
    interrupt_everywhere(
        model,
        lambda model: model.fit_heads(X, np.where(y, "yes", "no")),
        lambda: assert_same(model, before, X, group),
    )
    assert set(model.fit_heads(X, np.where(y, "yes", "no")).predict(X)) <= {"yes", "no"}


@pytest.mark.parametrize("model", [ParitySVC(), ParityLogisticRegression()], ids=repr)
def test_refused_refit(model):
    X, y, group = FIRST
    model.fit(X, y, sensitive_features=group)
    before = state_of(model, X, group)
    with pytest.raises(ValueError, match="one group"):
        model.fit(10 * X + 5, np.where(y, "b", "a"), sensitive_features=np.zeros(60))
    assert_same(model, before, X, group)


def test_refit_forgets_what_the_first_fit_learned():
    X, y, group = FIRST
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    model = BarycenterRegressor(Ridge(), algorithm="split-rank")
    model.fit(frame, y, sensitive_features=group)
    assert {"seed_", "feature_names_in_"} <= set(vars(model))
    model.set_params(algorithm="transport").fit(X, y, sensitive_features=group)
    assert not {"seed_", "feature_names_in_"} & set(vars(model))


def test_refit_keeps_what_was_set_beside_parameters():
    X, _, group = FIRST
    model = BarycenterTransformer().set_output(transform="pandas")
    for _ in range(2):
        Z = model.fit_transform(X, sensitive_features=group)
        assert isinstance(Z, pd.DataFrame)
