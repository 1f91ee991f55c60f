"""Decisions by fairlearn; runs in an environment that has it.

    python _fairlearn_worker.py

reads names of folders from its input. For each it reads data.npz there, writes
selected.npz, the expected decision of each test row by each method, and prints what
they were measured with.
"""

import json
import platform
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
from fairlearn.postprocessing import ThresholdOptimizer
from fairlearn.reductions import ExponentiatedGradient, TruePositiveRateParity
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC


def decisions(data, kernel, bound, **params):
    """Shares in which each test row is accepted, by ThresholdOptimizer and reduction.

    Both methods have only this private way to tell the share; their predict draws.
    """
    if kernel == "linear":
        inner, score = LogisticRegression(solver="newton-cholesky"), "predict_proba"
    else:
        inner, score = SVC(**params), "decision_function"
    X, y, groups = data["X"], data["y"], {"sensitive_features": data["group"]}
    optimizer = ThresholdOptimizer(
        estimator=inner,
        constraints="true_positive_rate_parity",
        predict_method=score,
        tol=bound,
    ).fit(X, y, **groups)
    yield (
        "ThresholdOptimizer",
        optimizer._pmf_predict(data["X_test"], sensitive_features=data["group_test"])[
            :, 1
        ],
    )
    parity = TruePositiveRateParity(difference_bound=bound)
    reduction = ExponentiatedGradient(inner, parity).fit(X, y, **groups)
    yield "ExponentiatedGradient", reduction._pmf_predict(data["X_test"])[:, 1]


def main():
    """Every folder that is named."""
    warnings.simplefilter("ignore")
    names = ("fairlearn", "scikit-learn", "numpy", "scipy")
    used = [f"Python {platform.python_version()}"]
    used += [f"{name} {version(name)}" for name in names]
    for line in sys.stdin:
        folder = Path(line.rstrip("\n"))
        data = dict(np.load(folder / "data.npz"))
        start = time.process_time()
        found = dict(decisions(data, **json.loads(str(data["settings"]))))
        seconds = round(time.process_time() - start, 1)
        np.savez(folder / "selected.npz", **found)
        print(json.dumps({"seconds": seconds, "versions": ", ".join(used)}), flush=True)


if __name__ == "__main__":
    main()
