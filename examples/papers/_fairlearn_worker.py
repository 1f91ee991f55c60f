"""Decisions by fairlearn; runs in an environment that has it.

    python _fairlearn_worker.py FOLDER

reads every FOLDER/<split>.npz and writes FOLDER/<split>_selected.npz: the expected
decision of each test row by each method, and what they were measured with.
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
    """All files of the folder."""
    warnings.simplefilter("ignore")
    names = ("fairlearn", "scikit-learn", "numpy", "scipy")
    used = [f"Python {platform.python_version()}"]
    used += [f"{name} {version(name)}" for name in names]
    for path in sorted(Path(sys.argv[1]).glob("*.npz")):
        data = dict(np.load(path))
        start = time.process_time()
        found = dict(decisions(data, **json.loads(str(data["settings"]))))
        seconds = round(time.process_time() - start, 1)
        about = {"seconds": seconds, "versions": ", ".join(used)}
        out = path.with_name(f"{path.stem}_selected.npz")
        np.savez(out, about=json.dumps(about), **found)


if __name__ == "__main__":
    main()
