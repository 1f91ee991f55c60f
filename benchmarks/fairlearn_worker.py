"""Times ExponentiatedGradient and a gap of fairlearn; runs in an environment with it.

python fairlearn_worker.py FOLDER    # reads data.npz, writes measured.json, y_pred.npy
"""

import json
import statistics
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import numpy as np
from fairlearn.metrics import demographic_parity_difference
from fairlearn.reductions import ExponentiatedGradient, TruePositiveRateParity
from sklearn.linear_model import LogisticRegression

warnings.simplefilter("ignore")
folder = Path(sys.argv[1])
data = np.load(folder / "data.npz")
model = ExponentiatedGradient(
    LogisticRegression(C=0.01, solver="newton-cholesky"), TruePositiveRateParity()
)
start = perf_counter()
model.fit(data["X"], data["y"].astype(int), sensitive_features=data["sex"])
seconds = perf_counter() - start
np.save(folder / "y_pred.npy", model.predict(data["X_test"], random_state=0) == 1)
gap_seconds = []
for _ in range(3):
    start = perf_counter()
    demographic_parity_difference(
        data["true"], data["pred"], sensitive_features=data["group"]
    )
    gap_seconds.append(perf_counter() - start)
measured = {
    "seconds": seconds,
    "gap_seconds": statistics.median(gap_seconds),
    "version": version("fairlearn"),
}
(folder / "measured.json").write_text(json.dumps(measured))
