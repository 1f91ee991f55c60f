"""Decisions by fairlearn; runs in an environment that has it.

    python decisions_worker.py FOLDER TASK

reads settings.json and data.npz in FOLDER and writes seconds.json there. TASK "tables"
also writes selected.npz, the expected decision of each test row by each method;
"million" times the fit of ThresholdOptimizer only. Seconds are CPU seconds.
"""

import json
import statistics
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from time import process_time

import numpy as np
from fairlearn.postprocessing import ThresholdOptimizer
from fairlearn.reductions import (
    DemographicParity,
    ExponentiatedGradient,
    TruePositiveRateParity,
)
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier

PARITY = {
    "demographic_parity": ("demographic_parity", DemographicParity),
    "equal_opportunity": ("true_positive_rate_parity", TruePositiveRateParity),
}


class Given(ClassifierMixin, BaseEstimator):
    """Probabilities that are the columns of X."""

    classes_ = np.array([0, 1])

    def fit(self, X, y=None):
        """Do nothing."""
        return self

    def predict_proba(self, X):
        """X itself."""
        return X


def optimizer(constraint, bound):
    """ThresholdOptimizer for given probabilities; its `tol` of 0 is None."""
    return ThresholdOptimizer(
        estimator=Given(),
        constraints=PARITY[constraint][0],
        prefit=True,
        predict_method="predict_proba",
        tol=bound or None,
    )


def timed(fit, *args, **kwargs):
    """CPU seconds of a fit."""
    start = process_time()
    fit(*args, **kwargs)
    return process_time() - start


def tables(settings, data):
    """Seconds and expected decisions of both methods, by their names."""
    seconds, selected = {}, {}
    constraint = settings["constraint"]
    y, group, group_test = data["y"], data["group"], data["group_test"]
    for bound in settings["optimizer"]:
        model = optimizer(constraint, bound)
        name = f"ThresholdOptimizer {bound}"
        seconds[name] = timed(model.fit, data["proba"], y, sensitive_features=group)
        selected[name] = model._pmf_predict(
            data["proba_test"], sensitive_features=group_test
        )[:, 1]
    for name, (bound, columns) in settings["reductions"].items():
        inner = HistGradientBoostingClassifier(random_state=0)
        moment = PARITY[constraint][1](difference_bound=bound)
        model = ExponentiatedGradient(inner, moment)
        X, X_test = data["X"][:, columns], data["X_test"][:, columns]
        seconds[name] = timed(model.fit, X, y, sensitive_features=group)
        selected[name] = model._pmf_predict(X_test)[:, 1]
    return seconds, selected


def million(settings, data):
    """Median seconds of the fits of ThresholdOptimizer, by its `tol`."""
    seconds = {}
    for bound in settings["optimizer"]:
        model, found = optimizer(settings["constraint"], bound), []
        for _ in range(settings["repeats"]):
            found.append(
                timed(
                    model.fit,
                    data["proba"],
                    data["y"],
                    sensitive_features=data["group"],
                )
            )
        seconds[f"ThresholdOptimizer {bound}"] = statistics.median(found)
    return seconds, {}


def main():
    """The task that was asked for."""
    folder, task = Path(sys.argv[1]), sys.argv[2]
    warnings.simplefilter("ignore")
    settings = json.loads((folder / "settings.json").read_text())
    data = dict(np.load(folder / "data.npz"))
    seconds, selected = {"tables": tables, "million": million}[task](settings, data)
    np.savez(folder / "selected.npz", **selected)
    seconds["version"] = version("fairlearn")
    (folder / "seconds.json").write_text(json.dumps(seconds))


if __name__ == "__main__":
    main()
