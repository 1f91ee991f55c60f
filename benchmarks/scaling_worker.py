"""Nystroem features and a linear machine against the exact kernel machine, on Adult.

python scaling_worker.py METHOD N_ROWS RANK    # prints JSON; METHOD: exact, nystroem

One fit in a fresh process, so that its peak memory is its own. `seconds` and memory
include the kernel matrix or the features, accuracy and gap are on 15,060 test rows.
"""

import json
import sys
import warnings
from time import perf_counter

from peak import peak_bytes
from run import adult, quality
from sklearn.kernel_approximation import Nystroem

from fairlearnkit.svm import ParityLinearSVC, ParitySVC

GAMMA, C = 0.01, 1.0
method, n_rows, rank = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
data = adult()
X, y, sex = data["X"][:n_rows], data["y"][:n_rows], data["sex"][:n_rows]
parity = {"constraint": "equal_opportunity", "C": C}
before = peak_bytes()
start = perf_counter()
if method == "exact":
    model = ParitySVC(kernel="rbf", gamma=GAMMA, **parity)
    model.fit(X, y, sensitive_features=sex)
    predict = model.predict
else:
    features = Nystroem(gamma=GAMMA, n_components=rank, random_state=0)
    model = ParityLinearSVC(loss="hinge", **parity)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(features.fit_transform(X), y, sensitive_features=sex)

    def predict(X):
        """Predictions from the approximate features."""
        return model.predict(features.transform(X))


seconds = perf_counter() - start
added = peak_bytes() - before
accuracy, gap = quality(data, predict(data["X_test"]))
results = {"accuracy": accuracy, "gap": gap, "seconds": seconds, "MB": added / 2**20}
print(json.dumps(results))
