"""What long computations print with `verbose`: the same lines everywhere."""

import re
from functools import partial

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import fairlearnkit._models.kernel as kernel_models
from fairlearnkit._data.progress import Progress
from fairlearnkit.inspection import membership_inference
from fairlearnkit.kernel_ridge import ParityKernelRidge
from fairlearnkit.linear_model import ParityLogisticRegressionCV, ParityRidgeCV
from fairlearnkit.metrics import audit_subgroups, bootstrap_interval
from fairlearnkit.svm import ParitySVC, ParitySVR

# "[owner] what 3/10: some name 0.5, 1.2 s", with the middle parts where there are any.
LINE = re.compile(
    r"\[(?P<owner>\w+)\] (?P<what>[a-z ]+[a-z])( (?P<number>\d+)(/(?P<total>\d+))?)?: "
    r"([a-z ]+ -?[\d.,e+-]+, )*\d+\.\d s"
)


def read(capsys):
    """The lines that were printed, each in the form that all have."""
    lines = capsys.readouterr().out.splitlines()
    found = [LINE.fullmatch(line) for line in lines]
    assert all(found), lines
    return [match.groupdict() for match in found]


def test_a_line(capsys):
    Progress("ParitySVC", 1, start=-np.inf)("kernel", rows=12345, duality_gap=1 / 3)
    expected = "[ParitySVC] kernel: rows 12,345, duality gap 0.3333, inf s\n"
    assert capsys.readouterr().out == expected
    Progress("f", True)("step", 2)
    assert re.fullmatch(r"\[f\] step 2: \d\.\d s\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("verbose", "total", "n_lines"),
    [(0, 50, 0), (1, 3, 3), (1, 10, 10), (1, 47, 10), (2, 47, 47), (1, None, 20)],
)
def test_how_many_lines(capsys, verbose, total, n_lines):
    progress = Progress("f", verbose)
    for number in range(1, (total or 20) + 1):
        progress("step", number, total)
    lines = read(capsys)
    assert len(lines) == n_lines
    if lines:  # the last step is always among them
        assert lines[-1]["number"] == str(total or 20)


def test_a_loop_that_ends_early(capsys):
    progress = Progress("f", 1)
    progress("step", 1, 100)
    progress("step", 2, 100, last=True)
    assert [line["number"] for line in read(capsys)] == ["2"]


rng = np.random.default_rng(0)
N = 240
X, GROUP = rng.normal(size=(N, 3)), rng.choice(["a", "b"], N)
SCORE = X[:, 0] + (GROUP == "a") + rng.normal(size=N)
Y = 1 * (SCORE > 0.5)
ROWS = {"sensitive_features": GROUP}


def fit(model, y):
    return lambda verbose: model(verbose=verbose).fit(X, y, **ROWS)


def mean_difference(y_true, y_pred, *, sensitive_features):
    a, b = (y_pred[sensitive_features == g].mean() for g in "ab")
    return abs(a - b)


def of_function(function, *arguments, **options):
    return lambda verbose: function(
        *arguments, **ROWS, **options, random_state=0, verbose=verbose
    )


CV = {"cv": 3, "gap_ratios": [1, 0], "max_gap": np.inf}
# Each computation, and what its lines are about, in their order.
CASES = {
    "ParitySVC": (fit(ParitySVC, Y), ["kernel", "model"]),
    "ParitySVR": (fit(ParitySVR, SCORE), ["kernel", "model"]),
    "ParityKernelRidge": (fit(ParityKernelRidge, SCORE), ["kernel", "model"]),
    "ParityLogisticRegressionCV": (
        fit(partial(ParityLogisticRegressionCV, Cs=[1.0], **CV), Y),
        ["fold", "path on all rows"],
    ),
    "ParityRidgeCV": (
        fit(partial(ParityRidgeCV, [1.0], **CV), SCORE),
        ["fold", "path on all rows"],
    ),
    "bootstrap_interval": (
        of_function(bootstrap_interval, mean_difference, Y, SCORE, n_resamples=30),
        ["resample"],
    ),
    "audit_subgroups": (
        of_function(audit_subgroups, Y, Y, n_permutations=30),
        ["condition", "permutation"],
    ),
    "membership_inference": (
        of_function(membership_inference, LogisticRegression(), X, Y, n_models=12),
        ["model", "without a model"],
    ),
}


@pytest.mark.parametrize("owner", CASES)
def test_what_is_printed(capsys, owner):
    run, what = CASES[owner]
    silent = run(0)
    assert capsys.readouterr().out == ""
    told = run(1)
    lines = read(capsys)
    assert {line["owner"] for line in lines} == {owner}
    assert list(dict.fromkeys(line["what"] for line in lines)) == what
    run(2)
    every = read(capsys)
    for name in what:
        counts = [sum(line["what"] == name for line in part) for part in (lines, every)]
        assert 1 <= counts[0] <= min(10, counts[1])
    if what[-1] in ("resample", "permutation"):
        assert counts == [10, 30]
    # Nothing but the lines depends on it.
    if hasattr(silent, "gap_"):
        assert silent.gap_ == told.gap_
    else:
        assert repr(silent) == repr(told)


def test_gaps_of_rates_take_no_time(capsys):
    name = "demographic_parity_difference"
    of_function(bootstrap_interval, name, Y, Y)(2)
    assert capsys.readouterr().out == ""


def test_the_steps_of_a_kernel_machine(capsys, monkeypatch):
    ParitySVC(max_gap=0.1, verbose=1).fit(X, Y, **ROWS)
    assert "support vector machine" in {line["what"] for line in read(capsys)}
    monkeypatch.setattr(kernel_models, "FEWEST_BY_ROWS", 10)
    ParitySVC(verbose=1).fit(X, Y, **ROWS)
    assert "working set" in {line["what"] for line in read(capsys)}
    ParitySVC(verbose=1).fit(X, np.arange(N) % 3, **ROWS)
    models = [line for line in read(capsys) if line["what"] == "model"]
    assert [(m["number"], m["total"]) for m in models] == [(k, "3") for k in "123"]


@pytest.mark.slow
def test_folds_of_other_processes(capfd):
    model = ParityRidgeCV([1.0], **CV, n_jobs=2, verbose=1)
    model.fit(X, SCORE, **ROWS)
    lines = capfd.readouterr().out.splitlines()
    assert all(LINE.fullmatch(line) for line in lines)
    assert sum("] fold " in line for line in lines) == 3
