"""What a call says where a library that it needs is missing, and what it leaves.

Loaders: datasets/test_loaders.py. The command: test_command_line.py. All modules are
imported without any of these libraries in test_public_api.py.
"""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from all_models import SMALL_ENCODER, answers
from fairlearnkit.datasets import make_biased_biographies, make_biased_claims
from fairlearnkit.inspection import (
    GroupRatesDisplay,
    RocByGroupDisplay,
    ScoreDistributionDisplay,
    TradeoffDisplay,
    membership_inference,
)
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.metrics import (
    audit_subgroups,
    counterfactual_difference,
    group_predictability,
    parity_report,
)
from fairlearnkit.representation import ParityEncoder
from fairlearnkit.svm import ParityLinearSVC

rng = np.random.default_rng(0)
X, GROUP = rng.normal(size=(200, 3)), np.arange(200) % 2
Y = (X[:, 0] + GROUP + rng.normal(size=200) > 0.5).astype(int)
GROUPS = {"sensitive_features": GROUP}


def missing(monkeypatch, name):
    """As where a library is not installed."""
    monkeypatch.setitem(sys.modules, name, None)


TABLES = {
    "parity_report": lambda: parity_report(Y, X[:, 0] > 0, **GROUPS),
    "audit_subgroups": lambda: audit_subgroups(Y, X[:, 0] > 0, **GROUPS),
    "group_predictability": lambda: group_predictability(X, **GROUPS),
    "counterfactual_difference": lambda: counterfactual_difference(
        LogisticRegression().fit(X, Y), X, np.negative
    ),
    "membership_inference": lambda: membership_inference(
        LogisticRegression(), X, Y, n_models=8, random_state=0, **GROUPS
    ),
    "GroupRatesDisplay": lambda: GroupRatesDisplay.from_predictions(
        Y, X[:, 0] > 0, **GROUPS
    ),
    "RocByGroupDisplay": lambda: RocByGroupDisplay.from_predictions(
        Y, X[:, 0], **GROUPS
    ),
    "ScoreDistributionDisplay": lambda: ScoreDistributionDisplay.from_predictions(
        Y, X[:, 0], **GROUPS
    ),
    "TradeoffDisplay": lambda: TradeoffDisplay(score=[1], gap=[0], front=[0]),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_need_pandas(monkeypatch, name):
    result = TABLES[name]()
    missing(monkeypatch, "pandas")
    with pytest.raises(ImportError, match=r"frame\(\) needs pandas.*kit\[examples\]"):
        result.frame()


@pytest.mark.parametrize("make", [make_biased_biographies, make_biased_claims])
def test_generators_of_tables_need_pandas(monkeypatch, make):
    missing(monkeypatch, "pandas")
    words = rf"{make.__name__} needs pandas.*pip install"
    with pytest.raises(ImportError, match=words):
        make(100)


def test_an_encoder_needs_pytorch(monkeypatch):
    missing(monkeypatch, "torch")
    model = ParityEncoder(**SMALL_ENCODER)
    before = dict(vars(model))
    with pytest.raises(ImportError, match=r"PyTorch, which is not.*pip install"):
        model.fit(X, Y, **GROUPS)
    assert vars(model) == before


@pytest.mark.parametrize("cls", [ParityLogisticRegression, ParityLinearSVC])
def test_cvxpy_is_missing(monkeypatch, cls):
    """Its own solver says so; all others do without."""
    missing(monkeypatch, "cvxpy")
    monkeypatch.delitem(sys.modules, "fairlearnkit._optim.reference", raising=False)
    model = cls().fit(X, Y, **GROUPS)
    expected = answers(model, X, GROUP)
    with pytest.raises(ImportError, match=r"needs cvxpy.*pip install cvxpy"):
        model.set_params(solver="cvxpy").fit(X, Y, **GROUPS)
    for name, answer in answers(model, X, GROUP).items():
        np.testing.assert_array_equal(answer, expected[name])


CODE = """
import sys
sys.modules["clarabel"] = None
import numpy as np
from fairlearnkit.linear_model import ParityLogisticRegression
X, group = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 2
model = ParityLogisticRegression(solver="cvxpy", max_gap=0.1)
try:
    model.fit(X, X[:, 0] > 0, sensitive_features=group)
except ValueError as error:
    print(type(error).__name__, error)
model.set_params(solver_params={"solver": "SCS"})
print(model.fit(X, X[:, 0] > 0, sensitive_features=group).gap_)
"""


def test_clarabel_is_missing():
    """The solver that comes with cvxpy, and is the default here."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CODE],
        capture_output=True,
        text=True,
        check=True,
    )
    error, gap = done.stdout.splitlines()
    assert error.startswith("ValueError solver='cvxpy' is to use 'CLARABEL', which is")
    assert "Installed solvers: [" in error
    assert "'SCS'" in error
    assert float(gap) <= 0.1 + 1e-6
