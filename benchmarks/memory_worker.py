"""Peak memory of one fit in a fresh process.

python memory_worker.py ESTIMATOR N_SAMPLES N_FEATURES    # prints JSON
"""

import json
import sys
from time import perf_counter

import numpy as np
from peak import peak_bytes

from fairlearnkit.utils.discovery import all_estimators

name, n_samples, n_features = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = np.random.default_rng(0)
X = np.empty((n_samples, n_features))
rng.standard_normal(out=X)
group = rng.integers(0, 3, n_samples)
X[:, 0] += group
y = X @ rng.standard_normal(n_features) + rng.standard_normal(n_samples) > 0
model = dict(all_estimators())[name]()
if name == "ParityLinearSVC":
    model.set_params(loss="hinge")
start = perf_counter()
model.fit(X, y.astype(float), sensitive_features=group)
seconds = perf_counter() - start
print(json.dumps({"peak_bytes": peak_bytes(), "X_bytes": X.nbytes, "seconds": seconds}))
