"""ParityEncoder: its limits, its contract, and a transfer to a task not seen."""

import copy
import io
import pickle
import re
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

torch = pytest.importorskip("torch", reason="PyTorch (extra 'torch') is missing")

from fairlearnkit._data.groups import read_groups  # noqa: E402
from fairlearnkit.compose import SensitiveColumns  # noqa: E402
from fairlearnkit.datasets import load_adult, make_biased_classification  # noqa: E402
from fairlearnkit.metrics import ks_gap, score_gap  # noqa: E402
from fairlearnkit.representation import ParityEncoder  # noqa: E402
from fairlearnkit.representation._divergences import (  # noqa: E402
    by_group,
    mean_difference,
    mmd2_by_group,
    sinkhorn_divergence,
)
from fairlearnkit.representation._networks import default_module  # noqa: E402
from fairlearnkit.representation._rows import TensorRows  # noqa: E402
from fairlearnkit.representation._sampling import (  # noqa: E402
    MIN_GROUP_ROWS,
    split_validation,
    stratified_batches,
)
from fairlearnkit.representation._targets import read_tasks  # noqa: E402

N = 400
# float32 in training: what two ways of adding up the same numbers come to.
ADDED_UP = 2e-4


@pytest.fixture(scope="module")
def data():
    """Features, two tasks, and three groups of which one is small."""
    X, y, group = make_biased_classification(N, random_state=0)
    rng = np.random.default_rng(0)
    group = np.where(rng.uniform(size=N) < 0.04, "c", group)
    other = X[:, 0] - X[:, 1] + rng.normal(size=N)
    return X, np.column_stack([y, other]), group


def fitted(data, **parameters):
    X, y, group = data
    fast = {"n_components": 4, "max_iter": 8, "learning_rate": 0.01, "random_state": 0}
    return ParityEncoder(**(fast | parameters)).fit(X, y, sensitive_features=group)


def rows_of(data):
    X, y, group = data
    codes = np.unique(group, return_inverse=True)[1]
    tasks, _ = read_tasks(y, "auto", len(X), np.ones(len(X)))
    return TensorRows(X, tasks, codes, np.ones(len(X)), "cpu")


@pytest.mark.slow
def test_penalty_zero_is_a_plain_network(data):
    """The same weights as a loop in PyTorch that knows of no groups."""
    X, y, _ = data
    n, seed = len(X), 3
    model = fitted(
        data, penalty=0.0, batch_size=n, hidden_layer_sizes=(5,), random_state=seed
    )
    scaled = torch.as_tensor(StandardScaler().fit_transform(X), dtype=torch.float32)
    targets = StandardScaler().fit_transform(y[:, 1:])
    first, second = (
        torch.as_tensor(t, dtype=torch.float32) for t in (y[:, 0], targets[:, 0])
    )
    torch.manual_seed(np.random.RandomState(seed).randint(2**31 - 1))
    net = default_module(X.shape[1], [5], 4)
    heads = torch.nn.Linear(4, 2)
    optimizer = torch.optim.Adam([*net.parameters(), *heads.parameters()], lr=0.01)
    for epoch in range(8):
        for group in optimizer.param_groups:
            group["lr"] = 0.01 * (1 - epoch / 8)
        scores = heads(net(scaled))
        loss = torch.nn.functional.softplus(scores[:, 0] * (1 - 2 * first)).mean()
        loss = 0.5 * (loss + ((scores[:, 1] - second) ** 2).mean())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert model.loss_curve_[epoch] == pytest.approx(loss.item(), rel=ADDED_UP)
    Z = net(scaled).detach().numpy()
    np.testing.assert_allclose(model.transform(X), Z, atol=ADDED_UP)


@pytest.mark.slow
def test_without_penalty_the_divergence_changes_nothing(data):
    X = data[0]
    first = fitted(data, penalty=0.0).transform(X)
    for divergence in ("sinkhorn", "mean"):
        other = fitted(data, penalty=0.0, divergence=divergence).transform(X)
        np.testing.assert_array_equal(first, other)


@pytest.mark.slow
@pytest.mark.parametrize("divergence", ["mmd", "sinkhorn", "mean"])
def test_a_larger_penalty_never_raises_the_divergence(data, divergence):
    """Up to 0.002, the noise of training: it starts at 0.03 and more."""
    few = {"max_iter": 12, "learning_rate": 0.04, "batch_size": 80}
    gaps = [
        fitted(data, divergence=divergence, penalty=penalty, **few).gap_
        for penalty in (0.0, 0.3, 16.0)
    ]
    assert gaps[0] > 0.03
    assert (np.diff(gaps) <= 0.002).all()
    assert gaps[-1] < 0.1 * gaps[0]


def test_gap_is_the_divergence_of_whitened_features(data):
    X, y, group = data
    two = np.where(group == "c", "b", group)
    model = fitted((X, y, two), penalty=0.0)
    Z = model.transform(X)
    Z = Z - Z.mean(axis=0)
    covariance = Z.T @ Z / len(Z)
    covariance += 1e-3 * np.trace(covariance) / 4 * np.eye(4)
    values, vectors = np.linalg.eigh(covariance)
    Z = Z @ vectors / np.sqrt(values) / 2.0
    first, second = Z[two == "a"], Z[two != "a"]
    assert min(len(first), len(second)) > 100

    def squares(u, v):
        return ((u[:, None] - v) ** 2).sum(axis=2)

    everything = np.vstack([first, second])
    pairs = squares(everything, everything)[np.triu_indices(len(everything), 1)]
    width = np.median(pairs)

    def mean(u, v, own=0):
        total = np.exp(-squares(u, v) / (2 * width)).sum() - own
        return total / (len(u) * len(v) - own)

    wanted = mean(first, first, len(first)) + mean(second, second, len(second))
    wanted -= 2 * mean(first, second)
    assert model.gap_ == pytest.approx(wanted, abs=1e-5)
    assert wanted > 0.01
    assert model.gap_curve_[-1] == pytest.approx(model.gap_, abs=1e-6)


def test_a_linear_map_of_the_features_changes_no_divergence(data):
    rows = rows_of(data)
    rng = np.random.default_rng(1)
    Z = torch.as_tensor(rng.normal(size=(N, 3)), dtype=torch.float32)
    Z[rows.members[0]] += 1.0
    chosen = np.arange(N)

    def gap(Z):
        return float(rows.divergence(Z, chosen, partial(by_group, mean_difference)))

    mixing = torch.as_tensor([[2.0, 0.5, 0], [0, 1.5, 1.0], [0.3, 0, 1.0]])
    assert gap(Z) > 0.1
    assert gap(Z @ mixing + 5.0) == pytest.approx(gap(Z), rel=0.01)  # for the ridge


def test_three_groups_are_compared_each_with_the_others(data):
    rows = rows_of(data)
    Z = torch.as_tensor(data[0][:, :3], dtype=torch.float32)
    chosen, seen = np.arange(N), []

    def divergence(x, y, a, b):
        assert float(a.sum()) == pytest.approx(1.0, abs=1e-5)
        assert float(b.sum()) == pytest.approx(1.0, abs=1e-5)
        np.testing.assert_allclose(b.numpy(), b[0].item(), rtol=1e-4)  # rows alike
        seen.append((len(x), len(y)))
        return a @ x[:, 0] * 0 + float(len(seen))

    found = rows.divergence(Z, chosen, partial(by_group, divergence))
    assert float(found) == pytest.approx(2.0)
    sizes = [len(members) for members in rows.members]
    assert seen == [(size, N - size) for size in sizes]


def test_batches_hold_every_row_once_and_every_group(data):
    rows = rows_of(data)
    batches = list(
        stratified_batches(rows, 13, MIN_GROUP_ROWS, np.random.RandomState(0))
    )
    inside = np.concatenate([batch for batch, _ in batches])
    assert sorted(inside) == list(range(N))
    for batch, with_extra in batches:
        np.testing.assert_array_equal(with_extra[: len(batch)], batch)
        assert len(set(with_extra)) == len(with_extra)
        for g, members in enumerate(rows.members):
            share = np.count_nonzero(rows.codes[batch] == g) / len(batch)
            assert share == pytest.approx(len(members) / N, abs=0.04)
            present = np.count_nonzero(rows.codes[with_extra] == g)
            assert present >= min(MIN_GROUP_ROWS, len(members))


def test_without_penalty_no_row_joins_a_batch(data):
    """Batches are the same, and groups do not reach the network by its statistics."""
    X, y, group = data
    rows = rows_of(data)
    for batch, with_extra in stratified_batches(rows, 13, 0, np.random.RandomState(0)):
        np.testing.assert_array_equal(batch, with_extra)
    two = np.where(group == "c", "b", group)
    options = {"penalty": 0.0, "batch_size": N}
    one, other = fitted(data, **options), fitted((X, y, two), **options)
    np.testing.assert_allclose(one.transform(X), other.transform(X), atol=ADDED_UP)


def test_tasks_that_are_not_observed_do_not_count(data):
    X, y, group = data
    y = y.copy()
    y[100:, 1] = np.nan
    tasks, _ = read_tasks(y, "auto", N, np.ones(N))
    rows = TensorRows(X, tasks, np.zeros(N, dtype=int), np.ones(N), "cpu")
    scores = torch.as_tensor(np.random.default_rng(0).normal(size=(N, 2)))
    found = float(rows.task_loss(scores.float(), np.arange(N)))
    plain = scores.numpy()
    first = np.logaddexp(0, plain[:, 0] * (1 - 2 * y[:, 0])).mean()
    scaled = (y[:100, 1] - y[:100, 1].mean()) / y[:100, 1].std()
    second = ((plain[:100, 1] - scaled) ** 2).mean()
    assert found == pytest.approx((first + second) / 2, rel=1e-5)
    halves = [rows.task_loss(scores[b].float(), b) for b in np.arange(N).reshape(2, -1)]
    assert float(sum(halves)) / 2 == pytest.approx(found, rel=1e-5)
    assert np.isfinite(fitted((X, y, group)).loss_curve_).all()


@pytest.mark.slow
def test_mixed_tasks_are_learned(data):
    X, _, group = data
    names = np.array(["low", "mid", "high"])[np.digitize(X[:, 0], [-0.5, 0.5])]
    y = np.empty((N, 3), dtype=object)
    y[:, 0], y[:, 1], y[:, 2] = names, X[:, 1] > 0, 100 + 5 * X[:, 2]
    y[:50, 2] = None
    model = fitted((X, y, group), penalty=0.0, max_iter=60)
    predicted = model.predict(X)
    assert predicted.shape == (N, 3)
    assert (predicted[:, 0] == names).mean() > 0.9
    assert (predicted[:, 1] == (X[:, 1] > 0)).mean() > 0.95
    error = predicted[:, 2].astype(float) - (100 + 5 * X[:, 2])
    assert np.std(error) < 1.0
    assert [None if c is None else c.tolist() for c in model.classes_] == [
        ["high", "low", "mid"],
        [False, True],
        None,
    ]
    with pytest.raises(ValueError, match="a task is a regression"):
        model.predict_proba(X)


@pytest.mark.slow
def test_probabilities_belong_to_the_predictions(data):
    X, y, group = data
    labels = np.array(["x", "y", "z"])[np.digitize(X[:, 1], [-0.5, 0.5])]
    single = fitted((X, labels, group))
    found = single.predict_proba(X)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    np.testing.assert_array_equal(
        single.classes_[found.argmax(axis=1)], single.predict(X)
    )
    both = fitted((X, np.column_stack([y[:, 0], y[:, 0] * (X[:, 1] > 0)]), group))
    first, second = both.predict_proba(X)
    predicted = both.predict(X)
    np.testing.assert_array_equal(first[:, 1] > 0.5, predicted[:, 0] == 1)
    np.testing.assert_array_equal(second[:, 1] > 0.5, predicted[:, 1] == 1)


def test_heads_of_new_tasks(data):
    X, y, _ = data
    model = fitted(data)
    before = copy.deepcopy(model.coefs_), model.gap_
    new = np.column_stack([X[:, 2] > 0, X[:, 0]]).astype(float)
    new[:100, 0] = np.nan
    weight = np.random.default_rng(0).uniform(0.5, 2.0, N)
    assert model.fit_heads(X, new, sample_weight=weight) is model
    for old, coef in zip(before[0], model.coefs_):
        np.testing.assert_array_equal(old, coef)
    Z = StandardScaler().fit_transform(model.transform(X))
    plain = LogisticRegression(max_iter=1000).fit(Z[100:], new[100:, 0], weight[100:])
    np.testing.assert_array_equal(model.predict(X)[:, 0], plain.predict(Z))
    scaled = (new[:, 1] - np.average(new[:, 1], weights=weight)) / model._tasks[1].scale
    ridge = Ridge().fit(Z, scaled, weight)
    wanted = ridge.predict(Z) * model._tasks[1].scale + model._tasks[1].center
    np.testing.assert_allclose(model.predict(X)[:, 1], wanted, rtol=1e-8, atol=1e-8)
    plain = LogisticRegression(max_iter=1000).fit(Z, y[:, 0])
    found = model.fit_heads(X, y[:, 0]).predict(X)
    np.testing.assert_array_equal(found, plain.predict(Z))


@pytest.mark.slow
def test_several_seeds_and_the_random_state_of_the_user(data):
    X = data[0]
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    first, again = fitted(data), fitted(data)
    assert torch.equal(torch.rand(1), expected)
    np.testing.assert_array_equal(first.transform(X), again.transform(X))
    other = fitted(data, random_state=1)
    assert np.abs(first.transform(X) - other.transform(X)).max() > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("divergence", ["mmd", "sinkhorn", "mean"])
def test_rows_without_weight_are_as_if_not_there(data, divergence):
    X, y, group = data
    weight = np.ones(N)
    weight[300:] = 0.0
    options = {"divergence": divergence, "n_components": 3, "max_iter": 3}
    one = ParityEncoder(**options, random_state=0)
    one.fit(X, y, sensitive_features=group, sample_weight=weight)
    kept = X[:300], y[:300], group[:300]
    other = clone(one).fit(*kept[:2], sensitive_features=kept[2])
    np.testing.assert_array_equal(one.transform(X), other.transform(X))
    larger = clone(one).fit(
        X, y, sensitive_features=group, sample_weight=1000.0 * weight
    )
    np.testing.assert_allclose(one.transform(X), larger.transform(X), atol=ADDED_UP)


@pytest.mark.parametrize("divergence", ["sinkhorn", "mean"])
def test_weights_are_repetitions_where_a_batch_is_everything(data, divergence):
    """Not of "mmd": unbiased, it tells two equal rows from one of weight 2."""
    X, y, group = (part[:200] for part in data)
    group = np.where(group == "c", "a", group)
    repeats = np.random.default_rng(0).integers(1, 4, 200)
    options = {"divergence": divergence, "n_components": 3, "max_iter": 10}
    one = ParityEncoder(**options, batch_size=1000, random_state=0)
    one.fit(X, y, sensitive_features=group, sample_weight=repeats)
    other = clone(one).fit(
        np.repeat(X, repeats, axis=0),
        np.repeat(y, repeats, axis=0),
        sensitive_features=np.repeat(group, repeats),
    )
    np.testing.assert_allclose(one.transform(X), other.transform(X), atol=5e-3)
    unweighted = clone(one).fit(X, y, sensitive_features=group)
    assert np.abs(one.transform(X) - unweighted.transform(X)).max() > 0.02


def test_groups_that_are_missing(data):
    X, y, group = data
    holes = group.astype(object)
    holes[np.flatnonzero(group != "c")[:40]] = None
    with pytest.raises(ValueError, match="missing"):
        fitted((X, y, holes))
    ignored = fitted((X, y, holes), missing="ignore")
    assert ignored.groups_.tolist() == ["a", "b", "c"]
    assert ignored.group_counts_.sum() == N - 40
    assert fitted((X, y, holes), missing="group").groups_.tolist()[-1] is None


def test_units_of_x_do_not_matter(data):
    X, y, group = data
    model = fitted(data)
    moved = fitted((1e4 + 1e3 * X, y, group))
    Z = moved.transform(1e4 + 1e3 * X)
    np.testing.assert_allclose(Z, model.transform(X), atol=5e-3)


def test_a_feature_that_is_constant_in_training_moves_nothing_later(data):
    X, y, group = data
    for value in (0.0, 3.0):
        constant = np.column_stack([X, np.full(N, value)])
        model = fitted((constant, y, group))
        Z = model.transform(constant)
        constant[:, -1] = 1e6
        np.testing.assert_array_equal(model.transform(constant), Z)
        assert Z.std(axis=0).min() > 0


class WithNorm(torch.nn.Module):
    """An encoder that acts otherwise in training."""

    def __init__(self, n_features, n_components=3):
        super().__init__()
        self.first = torch.nn.Linear(n_features, 8)
        self.norm = torch.nn.BatchNorm1d(8)
        self.drop = torch.nn.Dropout(0.2)
        self.last = torch.nn.Linear(8, n_components)

    def forward(self, x):
        return self.last(self.drop(torch.tanh(self.norm(self.first(x)))))


@pytest.mark.slow
def test_a_module_of_the_users(data):
    X = data[0]
    module = WithNorm(X.shape[1])
    before = copy.deepcopy(module.state_dict())
    model = fitted(data, module=module)
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name])
    assert model.coefs_ is None
    assert model.n_components_ == 3
    assert not model.module_.training
    with torch.no_grad():
        Z = model.module_(torch.as_tensor(X, dtype=torch.float32)).numpy()
    np.testing.assert_array_equal(model.transform(X), Z)
    again = clone(model).fit(*data[:2], sensitive_features=data[2])
    np.testing.assert_array_equal(again.transform(X), Z)
    other = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(other.transform(X), Z)
    assert fitted(data, module=module, penalty=16.0, max_iter=30).gap_ < 0.02


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"module": torch.nn.Flatten(0)}, r"module returned \(\d+,\) for an input"),
        ({"module": torch.nn.LSTM(12, 2)}, r"module returned tuple"),
        ({"hidden_layer_sizes": (4, 0)}, r"must hold positive integers"),
        ({"module": torch.nn.Linear(7, 3)}, r"module cannot take an input of shape"),
        ({"module": torch.nn.Linear}, r"is not an instance of torch.nn.Module"),
        ({"hidden_layer_sizes": [5.7]}, r"must hold positive integers"),
        ({"bandwidth": ["a"]}, r"between 0.001 and 1000"),
        ({"bandwidth": [1.0, -1.0]}, r"bandwidth=\[1.0, -1.0\] must be 'median'"),
        ({"device": "abacus"}, r"device='abacus' cannot be used here"),
        ({"learning_rate": 1e20}, r"Training diverged: a loss"),
        ({"task": "ranking"}, r"task='ranking' is not valid"),
    ],
)
def test_messages(data, parameters, message):
    X, y, group = data
    X = np.column_stack([X, X])[:, :12]
    with pytest.raises(ValueError, match=message):
        fitted((X, y, group), **parameters)


def test_early_stopping_keeps_the_best(data):
    X, _, group = (part[:300] for part in data)
    two = np.where(group == "c", "a", group)
    noise = np.random.default_rng(0).integers(0, 2, 300)
    model = fitted(
        (X, noise, two), early_stopping=True, max_iter=500, hidden_layer_sizes=(200,)
    )
    best = int(np.argmin(model.validation_curve_))
    assert model.n_iter_ == best + 11 < 500
    short = fitted((X, noise, two), early_stopping=True, max_iter=best + 1,
                   hidden_layer_sizes=(200,))  # fmt: skip
    assert len(short.validation_curve_) == best + 1
    few = two.copy()
    few[:] = "a"
    few[0] = "b"
    with (
        pytest.warns(match="Fewer than 10 rows"),
        pytest.raises(ValueError, match=r"'b' has 1: merge groups"),
    ):
        fitted((X, noise, few), early_stopping=True)


def divergence_of(data, Z, divergence):
    """Divergence of the groups in all rows, for features of a fitted encoder."""
    Z = torch.as_tensor(Z, dtype=torch.float32)
    return float(rows_of(data).divergence(Z, np.arange(len(Z)), divergence))


@pytest.mark.parametrize("widths", [[0.3], [0.3, 3.0]])
def test_the_bandwidth_reaches_the_divergence(data, widths):
    given, median = fitted(data, bandwidth=widths, max_iter=2), fitted(data, max_iter=2)
    for model, bandwidths in ((given, widths), (median, None)):
        divergence = partial(mmd2_by_group, bandwidths=bandwidths)
        wanted = divergence_of(data, model.transform(data[0]), divergence)
        assert model.gap_ == pytest.approx(wanted, abs=1e-5)
    assert abs(given.gap_ - median.gap_) > 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("blur", [0.5, 2.0])
def test_the_blur_reaches_the_divergence(data, blur):
    options = {"divergence": "sinkhorn", "max_iter": 2}
    given, default = fitted(data, blur=blur, **options), fitted(data, **options)
    for model, standard_deviation in ((given, blur), (default, 1.0)):
        divergence = partial(sinkhorn_divergence, blur=standard_deviation)
        wanted = divergence_of(
            data, model.transform(data[0]), partial(by_group, divergence)
        )
        assert model.gap_ == pytest.approx(wanted, rel=1e-3)
    assert abs(given.gap_ - default.gap_) > 1e-3


def test_small_groups_warn(data):
    X, y, group = data
    group = np.where(np.arange(N) < 5, "d", group)
    with pytest.warns(match=r"d: 5"):
        fitted((X, y, group), max_iter=1)


@pytest.mark.slow
def test_progress(data, capsys):
    fitted(data, verbose=1, max_iter=3)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    number = r"-?\d[\d.e-]*"
    line = rf"\[ParityEncoder\] epoch 3/3: loss {number}, gap {number}, \d+\.\d s"
    assert re.fullmatch(line, lines[-1])
    fitted(data, verbose=1, max_iter=20)
    assert len(capsys.readouterr().out.splitlines()) == 10
    fitted(data, verbose=2, max_iter=20)
    assert len(capsys.readouterr().out.splitlines()) == 20
    fitted(data, max_iter=3)
    assert capsys.readouterr().out == ""


@pytest.mark.slow
def test_the_fitted_default_needs_no_pytorch(data, tmp_path):
    X = data[0]
    model = fitted(data)
    np.save(tmp_path / "X.npy", X)
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(model))
    code = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Refuse())
import pickle
import numpy as np
X = np.load("X.npy")
model = pickle.load(open("model.pickle", "rb"))
np.save("Z.npy", model.transform(X))
np.save("y.npy", model.predict(X))
model.fit_heads(X, X[:, 0] > 0).predict(X)
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "Z.npy"), model.transform(X))
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), model.predict(X))


class Collector(pickle.Pickler):
    """Collects the arrays and numbers that a pickle holds, at any depth."""

    def __init__(self):
        super().__init__(io.BytesIO())
        self.numbers, self.largest = [], 0

    def persistent_id(self, item):
        if torch.is_tensor(item):
            item = item.detach().numpy()
        if isinstance(item, np.ndarray):
            self.largest = max(self.largest, item.size)
        if isinstance(item, float | np.floating | np.ndarray):
            numbers = np.ravel(item)
            if numbers.dtype.kind == "f":
                self.numbers.append(numbers.astype(np.float64))


@pytest.mark.parametrize("module", [None, torch.nn.Linear(10, 4)])
def test_no_training_rows_are_kept(data, module):
    """Neither as they are, in any precision, nor scaled: there is no room for them."""
    X, y, _ = data
    model = fitted(data, module=module, hidden_layer_sizes=(20,))
    assert len(pickle.dumps(model)) < X.astype(np.float32).nbytes
    collector = Collector()
    collector.dump(model)
    assert collector.largest < len(X)
    kept = np.concatenate(collector.numbers)
    assert np.isin(kept, [model.gap_, *model.head_intercept_]).sum() > 1
    assert not np.isin(kept, X).any()
    assert not np.isin(kept, y[:, 1]).any()


def test_frames_pipelines_and_searches(data):
    pd = pytest.importorskip("pandas")
    X, y, group = data
    group = np.where(group == "c", "b", group)  # folds would have too few of them
    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])
    encoder = ParityEncoder(n_components=2, max_iter=2, random_state=0)
    output = encoder.set_output(transform="pandas").fit_transform(
        frame, y, sensitive_features=group
    )
    assert list(output.columns) == ["parityencoder0", "parityencoder1"]
    frame["group"] = group
    model = make_pipeline(
        SensitiveColumns(ParityEncoder(max_iter=2, random_state=0), ["group"]),
        LogisticRegression(),
    )
    name = "sensitivecolumns__estimator__penalty"
    search = GridSearchCV(model, {name: [0.0, 4.0]}, cv=2).fit(frame, y[:, 0])
    assert search.best_score_ > 0.7
    with config_context(enable_metadata_routing=True):
        routed = make_pipeline(clone(encoder), LogisticRegression())
        routed.fit(X, y[:, 0], sensitive_features=group)
    Z = clone(encoder).fit_transform(X, y[:, 0], sensitive_features=group)
    wanted = LogisticRegression().fit(Z, y[:, 0]).predict_proba(Z)
    np.testing.assert_allclose(routed.predict_proba(X), wanted, atol=1e-6)


@pytest.mark.slow
def test_transfer_to_a_task_not_seen():
    """Adult: at most half the score gap, for at most 1.5 points of accuracy."""
    frame = load_adult().frame.sample(12_000, random_state=0)
    tasks = np.column_stack(
        [
            frame["hours-per-week"] > 40,
            frame["education-num"] >= 11,
            frame["occupation"].isin(["Exec-managerial", "Prof-specialty"]),
            frame["marital-status"].str.startswith("Married"),
        ]
    ).astype(float)
    income = (frame["income"] == ">50K").to_numpy()
    sex = np.array(frame["sex"].tolist())
    pd = pytest.importorskip("pandas")
    cut = ["hours-per-week", "education", "education-num", "occupation"]
    X = frame.drop(columns=[*cut, "marital-status", "sex", "income"])
    X = StandardScaler().fit_transform(pd.get_dummies(X, dtype=float))
    train, test = np.arange(8_000), np.arange(8_000, 12_000)
    found = {}
    for name in ("none", "mmd", "sinkhorn"):
        how = {"penalty": 0.0} if name == "none" else {"divergence": name}
        encoder = ParityEncoder(**how, max_iter=15, random_state=0)
        encoder.fit(X[train], tasks[train], sensitive_features=sex[train])
        model = encoder.fit_heads(X[train], income[train])
        score = model.predict_proba(X[test])[:, 1]
        right = (model.predict(X[test]) == income[test]).mean()
        group = {"sensitive_features": sex[test]}
        found[name] = (
            right,
            score_gap(None, score, **group),
            ks_gap(None, score, **group),
        )
    accuracy, gap, ks = found.pop("none")
    assert gap > 0.15
    for name, values in found.items():
        assert values[0] >= accuracy - 0.015, name
        assert values[1] <= 0.5 * gap, name
        assert values[2] < ks, name


def test_a_class_without_weight_is_no_class(data):
    X, y, _ = data
    labels, weight = y[:, 0] + 1.0, np.ones(N)
    labels[:20], weight[:20] = 0.0, 0.0
    model = fitted(data)
    model.fit_heads(X, labels, sample_weight=weight)
    assert model.classes_.tolist() == [1.0, 2.0]
    assert (model.predict(X[20:]) == labels[20:]).mean() > 0.8
    before = model.predict_proba(X)
    with pytest.raises(ValueError, match="has only one class"):
        model.fit_heads(X, labels, sample_weight=(labels == 2.0) * 1.0)
    np.testing.assert_array_equal(model.predict_proba(X), before)


@pytest.mark.parametrize("make", [sparse.csr_array, sparse.coo_array])
def test_sparse_targets_are_refused(data, make):
    X, y, group = data
    with pytest.raises(TypeError, match=r"y is sparse; pass an array, y.toarray\(\)"):
        ParityEncoder().fit(X, make(y[:, :1]), sensitive_features=group)


@pytest.mark.slow
def test_early_stopping_with_a_task_that_is_rarely_observed(data):
    X, y, group = data
    two = np.where(group == "c", "b", group)
    rare = np.where(np.arange(N) < 4, y[:, 1], np.nan)
    both = np.column_stack([y[:, 0], rare])
    options = {"early_stopping": True, "max_iter": 30}
    model = fitted((X, both, two), **options)
    assert np.isfinite(model.validation_curve_).all()
    assert model.loss_curve_[-1] < model.loss_curve_[0]
    seed = np.random.RandomState(0).randint(2**31 - 1)
    held_out = split_validation(read_groups(two), np.ones(N), 0.1, seed)[1]
    gone = np.full(N, np.nan)
    gone[held_out[:2]] = [0.5, 1.5]
    with pytest.raises(ValueError, match=r"y\[:, 1\] is observed in 2 rows"):
        fitted((X, np.column_stack([y[:, 0], gone]), two), **options)


def test_early_stopping_with_a_row_that_has_no_group(data):
    X, y, group = data
    holes = np.where(group == "c", "b", group).astype(object)
    holes[0] = None
    model = fitted((X, y, holes), early_stopping=True, missing="ignore", max_iter=2)
    assert model.n_iter_ == 2


def test_a_module_that_writes_to_its_input(data):
    X = data[0].astype(np.float32)
    before = X.copy()
    last = torch.nn.Linear(X.shape[1], 3)
    inplace = torch.nn.Sequential(torch.nn.ReLU(inplace=True), last)
    plain = torch.nn.Sequential(torch.nn.ReLU(), last)
    two = np.where(data[2] == "c", "b", data[2])
    models = [
        fitted((X, data[1], two), module=module, early_stopping=True)
        for module in (inplace, plain)
    ]
    Z, wanted = (model.transform(X) for model in models)
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(Z, wanted)
    assert models[0].validation_curve_ == models[1].validation_curve_


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_heads_whatever_transform_returns(data, output):
    X, y, _ = data
    model = fitted(data)
    wanted = copy.deepcopy(model).fit_heads(X, y).predict(X)
    model.set_output(transform=output)
    np.testing.assert_array_equal(model.fit_heads(X, y).predict(X), wanted)


def test_the_state_of_pytorch_does_not_matter(data):
    X = data[0]
    wanted = fitted(data, max_iter=2).transform(X)
    torch.set_default_dtype(torch.float64)
    try:
        with torch.inference_mode():  # where weights start from other numbers
            other = fitted(data, max_iter=2)
    finally:
        torch.set_default_dtype(torch.float32)
    assert np.isfinite(other.transform(X)).all()
    with torch.no_grad(), torch.device("meta"):
        found = fitted(data, max_iter=2).transform(X)
    np.testing.assert_array_equal(found, wanted)
    module = fitted(data, module=WithNorm(X.shape[1]).double(), max_iter=1)
    with torch.device("meta"):
        assert np.isfinite(module.transform(X)).all()


def test_a_failing_fit_leaves_the_tasks_as_they_were(data):
    X, y, group = data
    model = fitted((X, y[:, 0], group))
    before = model.predict(X)
    with pytest.raises(ValueError, match="sensitive_features is required"):
        model.fit(X, y)
    np.testing.assert_array_equal(model.predict(X), before)


def test_one_row_may_outweigh_its_group(data):
    X, y, group = data
    weight = np.ones(N)
    weight[0] = 1e9
    model = ParityEncoder(n_components=2, max_iter=2, random_state=0)
    model.fit(X, y, sensitive_features=group, sample_weight=weight)
    assert np.isfinite(model.gap_curve_).all()


def test_many_groups():
    rng = np.random.default_rng(0)
    X, group = rng.normal(size=(600, 4)), np.arange(600) % 50
    model = ParityEncoder(n_components=2, max_iter=2, random_state=0)
    y = X[:, 0] > 0
    model.fit(X, y, sensitive_features=group)
    assert len(model.groups_) == 50
    wanted = divergence_of((X, y, group), model.transform(X), mmd2_by_group)
    assert model.gap_ == pytest.approx(wanted, abs=1e-5)
