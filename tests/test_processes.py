"""Fitted models in another process, and workers that die in the middle of a fit."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import joblib
import pytest
from joblib.externals.loky.process_executor import TerminatedWorkerError
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

import fairlearnkit
from all_models import ESTIMATORS, answers, data, fitted
from dying import Dying, DyingScore
from fairlearnkit.inspection import membership_inference
from fairlearnkit.linear_model import ParityLogisticRegressionCV
from fairlearnkit.postprocessing import ParityThresholdClassifier
from helpers import SEARCHES

ROWS = data(0)
TESTS, ROOT = Path(__file__).parent, Path(fairlearnkit.__file__).parents[1]

READER = """
import pickle
import sys
import joblib
from all_models import answers

folder = sys.argv[1]
X, group = joblib.load(f"{folder}/rows")
found = []
for number in range(int(sys.argv[2])):
    with open(f"{folder}/{number}.pickle", "rb") as file:
        pickled = pickle.load(file)
    loaded = pickled, joblib.load(f"{folder}/{number}.joblib")
    found.append([answers(model, X, group) for model in loaded])
joblib.dump(found, f"{folder}/found")
"""


def test_every_model_predicts_the_same_in_another_process(tmp_path):
    """Started anew, in another folder, from pickles and from files of joblib."""
    (X, y, group), models = ROWS, []
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for number, model in enumerate(ESTIMATORS):
        models.append(fitted(model, X, y, group))
        (tmp_path / f"{number}.pickle").write_bytes(pickle.dumps(model))
        joblib.dump(model, tmp_path / f"{number}.joblib")
    joblib.dump((X, group), tmp_path / "rows")
    subprocess.run(
        [sys.executable, "-c", READER, str(tmp_path), str(len(models))],
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{TESTS}"},
        check=True,
    )
    found = joblib.load(tmp_path / "found")
    assert len(found) == len(ESTIMATORS) > 20
    for model, loaded in zip(models, found):
        expected = answers(model, X, group)
        for given in loaded:
            assert given.keys() == expected.keys()
            for name, answer in given.items():
                assert_array_equal(answer, expected[name])


HERE = os.getpid()
DYING = [
    ParityThresholdClassifier(Dying(HERE), cv=2, n_jobs=2),
    ParityLogisticRegressionCV(
        **SEARCHES["ParityLogisticRegressionCV"], scoring=DyingScore(HERE), n_jobs=2
    ),
]


@pytest.mark.parametrize("dying", DYING, ids=lambda model: type(model).__name__)
def test_a_worker_dies(dying):
    """The error says so, the old model stays, and the next fit works."""
    X, y, group = ROWS
    model = clone(dying).set_params(n_jobs=1).fit(X, y, sensitive_features=group)
    expected, attributes = answers(model, X, group), dict(vars(model))
    model.set_params(n_jobs=2)
    with pytest.raises(TerminatedWorkerError, match="unexpectedly"):
        model.fit(X + 1, y, sensitive_features=group)
    attributes["n_jobs"] = 2
    assert all(vars(model)[name] is value for name, value in attributes.items())
    for name, answer in answers(model, X, group).items():
        assert_array_equal(answer, expected[name])
    cure = {"scoring": None}
    if isinstance(model, ParityThresholdClassifier):
        cure = {"estimator": LogisticRegression()}
    found = clone(model).set_params(**cure).fit(X, y, sensitive_features=group)
    for name, answer in answers(found, X, group).items():
        assert_array_equal(answer, expected[name])


def test_a_worker_dies_in_an_audit_of_membership():
    X, y, group = ROWS
    given = {"sensitive_features": group, "n_models": 8, "random_state": 0}
    with pytest.raises(TerminatedWorkerError):
        membership_inference(Dying(HERE), X, y, n_jobs=2, **given)
