"""Time and memory of the estimators against their budgets, in one run.

    python benchmarks/run.py            # all rows; writes docs/benchmark_results.txt
    python benchmarks/run.py --quick    # without cvxpy, other libraries and memory

Each ratio is between medians of several fits, taken in turns in one process. fairlearn
and equipy are installed from PyPI into environments of their own, and timed there.
Memory is the peak resident size of a fresh process that makes X and fits once.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import tracemalloc
import venv
import warnings
from functools import partial
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import scipy
import sklearn
from sklearn.base import ClassifierMixin
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import (
    GammaRegressor,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.utils import get_tags

import fairlearnkit
from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.datasets import load_adult
from fairlearnkit.linear_model import (
    ParityGammaRegressor,
    ParityLogisticRegression,
    ParityPoissonRegressor,
    ParityRidge,
    parity_path,
)
from fairlearnkit.metrics import (
    bootstrap_interval,
    demographic_parity_difference,
    equal_opportunity_difference,
    equalized_odds_difference,
)
from fairlearnkit.preprocessing import BarycenterTransformer
from fairlearnkit.representation import ParityEncoder
from fairlearnkit.svm import ParityLinearSVC, ParityLinearSVR, ParitySVC
from fairlearnkit.utils.discovery import all_estimators

HERE = Path(__file__).parent
C = 0.01
PARITY = {"constraint": "equal_opportunity", "C": C}
LINES = []


def say(line=""):
    """Print a line and keep it for the documentation."""
    print(line, flush=True)
    LINES.append(line)


def row(name, ratio, budget):
    """One line of the table."""
    verdict = "met" if ratio <= budget else "MISSED"
    say(f"{name:<76} {ratio:9.3g} {budget:9.3g}  {verdict}")


def adult():
    """Adult, one-hot and standardised, split as published."""
    train, test = load_adult(subset="train"), load_adult(subset="test")
    one_hot = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
    texts = (one_hot, make_column_selector(dtype_include="category"))
    encode = make_column_transformer(texts, remainder="passthrough")
    encode = make_pipeline(encode, StandardScaler()).fit(train.data)
    return {
        "X": encode.transform(train.data),
        "y": (train.target == ">50K").to_numpy(),
        "sex": np.array(train.data["sex"].tolist()),
        "race": np.array(train.data["race"].tolist()),
        "X_test": encode.transform(test.data),
        "y_test": (test.target == ">50K").to_numpy(),
        "sex_test": np.array(test.data["sex"].tolist()),
    }


def medians(fits, repeats):
    """Median seconds of each fit, in turns of random order after one to warm up."""
    seconds = {name: [] for name in fits}
    rng = np.random.default_rng(0)
    for turn in range(repeats + 1):
        for name in rng.permutation(list(fits)):
            start = perf_counter()
            fits[name]()
            if turn:
                seconds[name].append(perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def objective(model, data, loss):
    """The objective of a fitted classifier, counted afresh."""
    margin = np.where(data["y"], 1, -1) * model.decision_function(data["X"])
    losses = {"hinge": np.maximum(0, 1 - margin), "log": np.logaddexp(0, -margin)}
    return 0.5 * np.sum(model.coef_**2) + C * losses[loss].sum()


def quality(data, y_pred):
    """Test accuracy and equal opportunity difference."""
    gap = equal_opportunity_difference(
        data["y_test"], y_pred, sensitive_features=data["sex_test"]
    )
    return np.mean(y_pred == data["y_test"]), gap


def speed(data, repeats):
    """Against scikit-learn's models without a constraint."""
    X, y, sex = data["X"], data["y"], data["sex"]
    svc = ParityLinearSVC(loss="hinge", **PARITY)
    logistic = ParityLogisticRegression(**PARITY)
    bounded = ParityLogisticRegression(**PARITY, max_gap=0.1)
    bounded_svc = ParityLinearSVC(loss="hinge", **PARITY, max_gap=0.1)
    plain = LinearSVC(loss="hinge", C=C, random_state=0)
    converged = LinearSVC(loss="hinge", C=C, random_state=0, max_iter=100_000)
    newton = LogisticRegression(C=C, solver="newton-cholesky")
    lbfgs = LogisticRegression(C=C, max_iter=1000)
    time = medians(
        {
            "svc": lambda: svc.fit(X, y, sensitive_features=sex),
            "svc bound": lambda: bounded_svc.fit(X, y, sensitive_features=sex),
            "plain": lambda: plain.fit(X, y),
            "converged": lambda: converged.fit(X, y),
            "logistic": lambda: logistic.fit(X, y, sensitive_features=sex),
            "bounded": lambda: bounded.fit(X, y, sensitive_features=sex),
            "newton": lambda: newton.fit(X, y),
            "lbfgs": lambda: lbfgs.fit(X, y),
        },
        repeats,
    )
    name = "ParityLinearSVC(hinge, max_gap=0) / LinearSVC(hinge)"
    row(name, time["svc"] / time["plain"], 0.7)
    name = "  the same, max_gap=0.1"
    row(name, time["svc bound"] / time["plain"], 0.7)
    name = "  max_gap=0 / LinearSVC(hinge) run until it converges"
    row(name, time["svc"] / time["converged"], 0.7)
    name = "ParityLogisticRegression(max_gap=0) / (newton-cholesky)"
    row(name, time["logistic"] / time["newton"], 1.2)
    row("  the same / (lbfgs)", time["logistic"] / time["lbfgs"], 0.9)
    name = "ParityLogisticRegression(max_gap=0.1) / (newton-cholesky)"
    row(name, time["bounded"] / time["newton"], 1.2)
    row("  the same / (lbfgs)", time["bounded"] / time["lbfgs"], 0.9)
    return svc, logistic, time


def paths(data, repeats):
    """A path of 20 gap ratios against one fit without a constraint."""
    X, y, sex = data["X"], data["y"], data["sex"]
    number = y.astype(float)
    models = {
        "logistic": (ParityLogisticRegression(C=C), y, 5),
        "squared hinge": (ParityLinearSVC(C=C), y, 5),
        "squared": (ParityRidge(), number, 5),
        "hinge": (ParityLinearSVC(loss="hinge", C=C), y, 12),
        "epsilon-insensitive": (ParityLinearSVR(C=C, epsilon=0.1), number, 12),
    }
    for name, (model, target, budget) in models.items():
        plain = sklearn.base.clone(model).set_params(max_gap=np.inf)
        fits = {
            "plain": partial(plain.fit, X, target, sensitive_features=sex),
            "path": partial(
                parity_path, X, target, sensitive_features=sex, estimator=model
            ),
        }
        time = medians(fits, repeats)
        text = f"parity_path of 20 points, {name} / one plain fit"
        row(text, time["path"] / time["plain"], budget)


def void_bounds(data, repeats):
    """A bound that is never reached, among ten cells, against no constraint."""
    X, y = data["X"], data["y"]
    groups = {"sensitive_features": data["race"]}
    models = {
        "logistic": ParityLogisticRegression(C=C),
        "squared hinge": ParityLinearSVC(C=C),
        "hinge": ParityLinearSVC(loss="hinge", C=C),
    }
    for name, model in models.items():
        model.set_params(constraint="equalized_odds")
        free = sklearn.base.clone(model).set_params(max_gap=np.inf)
        void = sklearn.base.clone(model).set_params(max_gap=50.0)
        fits = {
            "free": partial(free.fit, X, y, **groups),
            "void": partial(void.fit, X, y, **groups),
        }
        time = medians(fits, repeats)
        text = f"a bound that is never reached, {name} / max_gap=np.inf"
        row(text, time["void"] / time["free"], 1.2)


def against_cvxpy(data, svc, logistic, time):
    """Time and objective of the reference solver."""
    for name, fast, loss in (("svc", svc, "hinge"), ("logistic", logistic, "log")):
        slow = sklearn.base.clone(fast).set_params(solver="cvxpy")
        start = perf_counter()
        slow.fit(data["X"], data["y"], sensitive_features=data["sex"])
        seconds = perf_counter() - start
        row(f"{type(fast).__name__} / solver='cvxpy'", time[name] / seconds, 1 / 30)
        best = objective(slow, data, loss)
        excess = objective(fast, data, loss) / best - 1
        row("  relative excess of its objective over cvxpy's", excess, 1e-6)


def elsewhere(package, arrays, read):
    """What a worker tells from an environment that has a package; None without it."""
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder) / "env"
        venv.create(environment, with_pip=True)
        python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
        install = [python, "-m", "pip", "install", "-q", package]
        if subprocess.run(install).returncode:
            say(f"  {package}: skipped, it cannot be installed here")
            return None
        np.savez(Path(folder) / "data.npz", **arrays)
        subprocess.run([python, HERE / f"{package}_worker.py", folder], check=True)
        measured = json.loads((Path(folder) / "measured.json").read_text())
        return measured, *(np.load(Path(folder) / f"{name}.npy") for name in read)


def against_fairlearn(data, svc, time):
    """ExponentiatedGradient, in an environment of its own."""
    big = million_labels()
    output = elsewhere("fairlearn", data | big, ["y_pred"])
    if output is None:
        return
    measured, y_pred = output
    counting(measured, **big)
    accuracy, gap = quality(data, svc.predict(data["X_test"]))
    their_accuracy, their_gap = quality(data, y_pred)
    name = f"ParityLinearSVC / fairlearn {measured['version']} ExponentiatedGradient"
    row(name, time["svc"] / measured["seconds"], 1 / 15)
    say(f"  test gap {gap:.4f} at accuracy {accuracy:.4f}, ours")
    say(f"  test gap {their_gap:.4f} at accuracy {their_accuracy:.4f}, theirs")


def million_labels(n_rows=1_000_000):
    """Labels, predictions and three groups."""
    rng = np.random.default_rng(0)
    return {
        "true": rng.integers(0, 2, n_rows),
        "pred": rng.integers(0, 2, n_rows),
        "group": rng.integers(0, 3, n_rows),
    }


def counting(measured, true, pred, group, repeats=7):
    """Gaps by counting, and their intervals, against one gap of fairlearn."""
    groups = {"sensitive_features": group}
    text = np.array(["female", "male", "nonbinary"])[group]
    kinds = {
        "booleans": group > 0,
        "categories": pd.Series(text).astype("category"),
        "text": text,
        "text of a file": pd.read_csv(StringIO("\n".join(["group", *text])))["group"],
        "text, an object for each row": text.astype(object),
        "two columns": {"group": group, "even": group % 2},
    }
    gap, odds = demographic_parity_difference, equalized_odds_difference
    time = medians(
        {
            "gap": lambda: gap(true, pred, **groups),
            "odds": lambda: odds(true, pred, **groups),
            **{
                name: partial(gap, true, pred, sensitive_features=some)
                for name, some in kinds.items()
            },
            "interval": lambda: bootstrap_interval(odds, true, pred, **groups),
        },
        repeats,
    )
    theirs = measured["gap_seconds"]
    size = f"at {len(true):,} rows / fairlearn's"
    row(f"demographic_parity_difference {size}", time["gap"] / theirs, 1 / 100)
    row("  equalized_odds_difference / the same", time["odds"] / theirs, 1 / 100)
    for name in kinds:
        row(f"  with groups as {name} / the same", time[name] / theirs, 1 / 100)
    row("interval of 1,000 resamples / the same", time["interval"] / theirs, 1 / 10)
    tracemalloc.start()
    bootstrap_interval(odds, true, pred, **groups)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    row("  peak extra memory of gap and interval, MB", peak, 100)


def barycenter(repeats, n_rows=1_000_000, quick=False):
    """Maps of scores in three groups, fit and transform, against a sort of them."""
    scores, group, weight = three_groups(n_rows)
    time = medians(
        {
            "sort": lambda: np.sort(scores),
            "plain": lambda: move(scores, group),
            "weighted": lambda: move(scores, group, weight),
        },
        repeats,
    )
    name = f"BarycenterTransformer at {n_rows:,} scores, 3 groups / np.sort"
    row(name, time["plain"] / time["sort"], 6)
    say(f"{'  the same with weights':<76} {time['weighted'] / time['sort']:9.3g}")
    if quick:
        return
    sizes = [10**k for k in (4, 5, 6, 7)]
    seconds = []
    for n in sizes:
        some = three_groups(n)[:2]
        seconds.append(medians({"": partial(move, *some)}, 3)[""])
    power = np.polyfit(np.log(sizes), np.log(seconds), 1)[0]
    say(f"  10^4 to 10^7 scores: seconds ~ n^{power:.2f}; {seconds[-1]:.1f} s for 10^7")
    output = elsewhere("equipy", {"scores": scores, "group": group}, [])
    if output is not None:
        name = f"  the same / equipy {output[0]['version']} FairWasserstein"
        say(f"{name:<76} {time['plain'] / output[0]['seconds']:9.3g}")


def encoder():
    """Seconds of the default encoder on all rows of Adult, by divergence."""
    if find_spec("torch") is None:
        say("ParityEncoder: PyTorch is not installed")
        return
    frame = load_adult().frame
    income, sex = frame.pop("income") == ">50K", np.array(frame.pop("sex").tolist())
    X = StandardScaler().fit_transform(pd.get_dummies(frame, dtype=float))
    for divergence in ("mmd", "sinkhorn", "mean"):
        model = ParityEncoder(divergence=divergence, random_state=0)
        seconds = medians(
            {"": lambda m=model: m.fit(X, income, sensitive_features=sex)}, 1
        )[""]
        row(f"ParityEncoder({divergence}) at {len(X):,} x {X.shape[1]}, s", seconds, 90)


def three_groups(n_rows):
    """Scores of three unlike groups, and weights."""
    rng = np.random.default_rng(0)
    group = rng.choice(3, n_rows, p=[0.5, 0.3, 0.2])
    scores = rng.standard_normal(n_rows) * (1 + group) + group
    return scores, group, rng.uniform(0.5, 2.0, n_rows)


def move(scores, group, weight=None):
    """Fit and transform."""
    model = BarycenterTransformer()
    X = scores[:, None]
    model.fit(X, sensitive_features=group, sample_weight=weight)
    return model.transform(X, sensitive_features=group)


def peak_memory(name, n_samples, n_features):
    """What one fit in a fresh process tells of itself."""
    worker = [sys.executable, HERE / "memory_worker.py", name]
    sizes = [str(n_samples), str(n_features)]
    run = subprocess.run([*worker, *sizes], check=True, capture_output=True)
    return json.loads(run.stdout)


def memory(n_samples=1_000_000, n_features=50):
    """Peak memory of one fit, as a multiple of X."""
    for name in (
        "ParityLogisticRegression",
        "ParityLinearSVC",
        "ParityLinearSVR",
        "ParityRidge",
    ):
        measured = peak_memory(name, n_samples, n_features)
        row(
            f"{name} at {n_samples:,} x {n_features}: peak memory / size of X",
            measured["peak_bytes"] / measured["X_bytes"],
            4.0,
        )
        say(f"  fitted in {measured['seconds']:.1f} s")


def many_rows(repeats, n_samples=1_000_000, n_features=50):
    """Fits of many rows of normal features against the models without a constraint."""
    rng = np.random.default_rng(0)
    X, sex = rng.normal(size=(n_samples, n_features)), rng.integers(0, 2, n_samples)
    X[:, :10] += 0.3 * sex[:, None]
    score = X @ rng.normal(size=n_features) / 3
    y = (score + 2 * rng.normal(size=n_samples) > 0).astype(int)
    plain = {
        "newton-cholesky": LogisticRegression(solver="newton-cholesky"),
        "lbfgs": LogisticRegression(),
    }
    ours = {"equality": 0.0, "bound": 0.1}
    fits = {name: partial(model.fit, X, y) for name, model in plain.items()}
    for name, bound in ours.items():
        model = ParityLogisticRegression(max_gap=bound)
        fits[name] = partial(model.fit, X, y, sensitive_features=sex)
    time = medians(fits, repeats)
    for name in ours:
        case = f"logistic, {name}, {n_samples:,} x {n_features}"
        row(f"{case} / newton-cholesky", time[name] / time["newton-cholesky"], 0.6)
        row(f"{case} / lbfgs", time[name] / time["lbfgs"], 1.2)


def log_link(repeats, n_samples=200_000, n_features=50):
    """Claims of many policies, weighted by exposure, against scikit-learn's models."""
    rng = np.random.default_rng(0)
    X, sex = rng.normal(size=(n_samples, n_features)), rng.integers(0, 2, n_samples)
    X[:, :10] += 0.1 * sex[:, None]
    mean = np.exp(X @ rng.normal(size=n_features) / 15 - 2)
    exposure = rng.uniform(0.1, 1.0, n_samples)
    families = {
        "Poisson": (
            PoissonRegressor,
            ParityPoissonRegressor,
            rng.poisson(exposure * mean) / exposure,
        ),
        "Gamma": (
            GammaRegressor,
            ParityGammaRegressor,
            mean * rng.gamma(2.0, size=n_samples),
        ),
    }
    for name, (plain, ours, y) in families.items():
        newton = plain(alpha=1e-3, solver="newton-cholesky")
        fits = {"plain": partial(newton.fit, X, y, sample_weight=exposure)}
        given = {"sensitive_features": sex, "sample_weight": exposure}
        bounds = {"equality": 0.0, "bound": 0.02}
        for kind, bound in bounds.items():
            fits[kind] = partial(ours(alpha=1e-3, max_gap=bound).fit, X, y, **given)
        time = medians(fits, repeats)
        for kind in bounds:
            case = f"{name}, {kind}, {n_samples:,} x {n_features} / newton-cholesky"
            row(case, time[kind] / time["plain"], 1.5)


def wrapper(repeats, n_samples=100_000, n_features=50):
    """What SensitiveColumns adds to a fit, on a frame with a column of text."""
    rng = np.random.default_rng(0)
    group = rng.integers(0, 3, n_samples)
    X = rng.standard_normal((n_samples, n_features)) + (group == 1)[:, None]
    y = X @ rng.standard_normal(n_features) + rng.standard_normal(n_samples) > 0
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(n_features)])
    sex = pd.Series(np.array(["f", "m", "x"])[group])
    whole, table = frame.assign(sex=sex), np.column_stack([X, group])
    model = ParityLogisticRegression()
    by_name, by_place = SensitiveColumns(model, "sex"), SensitiveColumns(model, -1)
    time = medians(
        {
            "frame": lambda: model.fit(frame, y, sensitive_features=sex),
            "by name": lambda: by_name.fit(whole, y),
            "array": lambda: model.fit(
                table[:, :-1], y, sensitive_features=table[:, -1]
            ),
            "by place": lambda: by_place.fit(table, y),
        },
        repeats,
    )
    size = f"at {n_samples:,} x {n_features}"
    name = f"SensitiveColumns(ParityLogisticRegression()) / the model alone {size}"
    row(name, time["by name"] / time["frame"], 1.1)
    row(
        "  the same, of an array that is split by hand",
        time["by place"] / time["array"],
        1.1,
    )


def kernels(data, repeats, n_rows=10_000):
    """The kernel machine against scikit-learn's, and its memory."""
    X, y, sex = (data[name][:n_rows] for name in ("X", "y", "sex"))
    plain, ours = SVC(), ParitySVC(constraint="equal_opportunity")
    time = medians(
        {
            "plain": lambda: plain.fit(X, y),
            "ours": lambda: ours.fit(X, y, sensitive_features=sex),
        },
        repeats,
    )
    name = f"ParitySVC(rbf, max_gap=0) at {n_rows:,} rows / SVC"
    row(name, time["ours"] / time["plain"], 0.8)
    say(
        f"  relative duality gap {ours.duality_gap_ / kernel_objective(ours, X, y):.1e}"
    )
    measured = peak_memory("ParitySVC", n_rows, 20)
    name = f"ParitySVC at {n_rows:,} rows: peak memory / n^2 float64"
    row(name, measured["peak_bytes"] / (8 * n_rows**2), 2.5)
    kernel_loose_bound(X[:3000], y[:3000], sex[:3000], repeats)


def kernel_loose_bound(X, y, sex, repeats):
    """A bound on several contrasts that does not bind, against no bound.

    The means of the constraint are part of it: a tenth of the time at 3,000 rows, and a
    third at 10,000, where the model alone does not need the whole kernel matrix.
    """
    free = ParitySVC(constraint="equalized_odds", max_gap=np.inf)
    gap = free.fit(X, y, sensitive_features=sex).gap_
    loose = ParitySVC(constraint="equalized_odds", max_gap=1.01 * gap)
    time = medians(
        {
            "free": lambda: free.fit(X, y, sensitive_features=sex),
            "loose": lambda: loose.fit(X, y, sensitive_features=sex),
        },
        repeats,
    )
    name = (
        f"ParitySVC(rbf, a bound that does not bind) at {len(y):,} rows / max_gap=inf"
    )
    row(name, time["loose"] / time["free"], 1.3)


def kernel_objective(model, X, y):
    """An upper bound of the objective: that of the hinge losses alone is enough."""
    return np.maximum(0, 1 - np.where(y, 1, -1) * model.decision_function(X)).sum()


def slopes():
    """How the time of each estimator grows with n and with d, as a power."""
    say()
    say(f"{'seconds ~ n^a d^b, by fits of generated data':<76} {'a':>9} {'b':>9}")
    for name, cls in all_estimators():
        if name == "SensitiveColumns" or (
            cls is ParityEncoder and not find_spec("torch")
        ):
            continue
        kernel = hasattr(made(cls), "kernel")
        sizes = (
            ([(n, 10) for n in (500, 1000, 2000, 4000)], [(1500, d) for d in WIDTHS])
            if kernel
            else (
                [(n, 30) for n in (5000, 20_000, 80_000)],
                [(5000, d) for d in WIDTHS],
            )
        )
        powers = [power_of([(*size, cls) for size in line]) for line in sizes]
        say(f"{name:<76} {powers[0]:9.2f} {powers[1]:9.2f}")


WIDTHS = (20, 60, 180, 540)


def made(cls):
    """An estimator with its defaults, around a plain model where it needs one.

    Of the encoder two epochs: all take the same time.
    """
    if cls is ParityEncoder:
        return cls(max_iter=2)
    inner = {
        "BarycenterRegressor": Ridge(),
        "BarycenterClassifier": LogisticRegression(),
        "ParityThresholdClassifier": LogisticRegression(),
    }
    return cls(inner[cls.__name__]) if cls.__name__ in inner else cls()


def power_of(line):
    """Slope of log seconds in the log of the size that varies."""
    seconds = [fit_seconds(*point) for point in line]
    varies = 0 if line[0][0] != line[1][0] else 1
    sizes = [point[varies] for point in line]
    return np.polyfit(np.log(sizes), np.log(seconds), 1)[0]


def fit_seconds(n_samples, n_features, cls, repeats=3):
    """Median seconds of a fit on generated data."""
    rng = np.random.default_rng(0)
    group = rng.integers(0, 3, n_samples)
    X = rng.standard_normal((n_samples, n_features)) + (group == 1)[:, None] * 0.3
    f = X @ rng.standard_normal(n_features) / np.sqrt(n_features)
    f += 0.5 * rng.standard_normal(n_samples)
    model = made(cls)
    y = f > 0 if issubclass(cls, ClassifierMixin) else f
    if get_tags(model).target_tags.positive_only:
        y = np.exp(f)
    fit = {"fit": lambda: model.fit(X, y, sensitive_features=group)}
    return medians(fit, repeats)["fit"]


def import_time(repeats=7):
    """Import of the package against that of scikit-learn."""

    def run(module):
        subprocess.run([sys.executable, "-c", f"import {module}"], check=True)

    time = medians(
        {m: lambda m=m: run(m) for m in ("fairlearnkit", "sklearn")}, repeats
    )
    row(
        "import fairlearnkit / import sklearn",
        time["fairlearnkit"] / time["sklearn"],
        1.3,
    )


def main():
    """Run the rows that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # LinearSVC does not converge in its 1000 epochs
    data = adult()
    say(
        f"fairlearnkit {fairlearnkit.__version__}, scikit-learn {sklearn.__version__}, "
        f"numpy {np.__version__}, scipy {scipy.__version__}, "
        f"Python {platform.python_version()}, {os.cpu_count()} cores"
    )
    say(
        f"Adult, {data['X'].shape[0]:,} x {data['X'].shape[1]}, C = {C}, equal "
        f"opportunity by sex, medians of {options.repeats}"
    )
    say()
    say(f"{'':<76} {'ratio':>9} {'at most':>9}")
    svc, logistic, time = speed(data, options.repeats)
    paths(data, options.repeats)
    void_bounds(data, options.repeats)
    import_time()
    wrapper(options.repeats)
    kernels(data, options.repeats)
    barycenter(options.repeats, quick=options.quick)
    encoder()
    if not options.quick:
        memory()
        many_rows(options.repeats)
        log_link(options.repeats)
        against_fairlearn(data, svc, time)
        against_cvxpy(data, svc, logistic, time)
        slopes()
        (HERE.parent / "docs" / "benchmark_results.txt").write_text(
            "\n".join(LINES) + "\n"
        )


if __name__ == "__main__":
    main()
