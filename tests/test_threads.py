"""16 threads that fit clones and predict with shared estimators, as one does.

Answers are equal bit for bit: no step depends on what other threads do.
"""

import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from numpy.testing import assert_array_equal
from sklearn import get_config
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from all_models import ESTIMATORS, SMALL_ENCODER, answers, data, fitted
from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.linear_model import ParityRidgeCV
from fairlearnkit.representation import ParityEncoder
from fairlearnkit.svm import ParitySVC

N_THREADS = 16
ROWS = data(0)


@pytest.fixture(autouse=True)
def _switching():
    """Threads take turns every 0.1 ms instead of every 5, so that more overlap."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(before)


def fit_and_answer(model):
    X, _, group = ROWS
    return answers(fitted(clone(model), *ROWS), X, group)


@pytest.mark.parametrize("model", ESTIMATORS, ids=lambda model: type(model).__name__)
def test_threads_give_the_answers_of_one(model):
    X, _, group = ROWS
    shared = fitted(clone(model), *ROWS)
    expected = answers(shared, X, group)
    attributes, config = dict(vars(shared)), get_config()
    with ThreadPoolExecutor(N_THREADS) as pool:
        fits = [pool.submit(fit_and_answer, model) for _ in range(N_THREADS)]
        asked = [pool.submit(answers, shared, X, group) for _ in range(N_THREADS)]
        found = [task.result() for task in fits + asked]
    for given in found:
        assert given.keys() == expected.keys()
        for name, answer in given.items():
            assert_array_equal(answer, expected[name])
    assert vars(shared) == attributes
    assert get_config() == config
    assert_warnings_are_heard()


def assert_warnings_are_heard():
    for category in (ConvergenceWarning, SmallGroupWarning, UserWarning):
        with pytest.raises(category, match="heard"):
            warnings.warn("heard", category, stacklevel=1)


@pytest.mark.parametrize(
    ("model", "asked"),
    [(ParitySVC(max_iter=10**6), 20), (ParityRidgeCV(gap_ratios=[1.0, 0.0], cv=2), 2)],
    ids=["ParitySVC", "ParityRidgeCV"],
)
def test_no_filter_of_warnings_is_left_behind(model, asked):
    """These two ignore warnings of what they compute."""
    X, _, group = ROWS
    y = X[:, 0] > 0 if isinstance(model, ParitySVC) else X[:, 0]
    clone(model).set_params(max_gap=1.0).fit(X, y, sensitive_features=group)
    before = {id(entry) for entry in warnings.filters}

    def fit(_):
        clone(model).set_params(max_gap=1.0).fit(X, y, sensitive_features=group)

    with ThreadPoolExecutor(N_THREADS) as pool:
        list(pool.map(fit, range(asked * N_THREADS)))
    left = [entry for entry in warnings.filters if id(entry) not in before]
    ignoring = [entry for entry in left if entry[0] == "ignore"]
    # Filters of single categories may be left by scikit-learn, which is not safe here.
    assert not [entry for entry in ignoring if issubclass(UserWarning, entry[2])]


def test_global_random_numbers_of_threads_that_train():
    torch = pytest.importorskip("torch")
    torch.manual_seed(3)
    of_numpy = check_random_state(None)
    before = torch.get_rng_state(), of_numpy.get_state()[1].copy()
    model = ParityEncoder(**SMALL_ENCODER, random_state=0)
    with ThreadPoolExecutor(N_THREADS) as pool:
        list(pool.map(fit_and_answer, [model] * N_THREADS))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert_array_equal(of_numpy.get_state()[1], before[1])


@pytest.mark.parametrize("model", ESTIMATORS, ids=lambda model: type(model).__name__)
def test_a_fit_leaves_the_filters_in_their_place(model, monkeypatch):
    """scikit-learn's Parallel sets them anew for each fold, even without processes."""
    calls, reset = [], warnings.resetwarnings

    def watched():
        calls.append(1)
        reset()

    monkeypatch.setattr(warnings, "resetwarnings", watched)
    fitted(clone(model), *ROWS)
    assert not calls
