"""Memory that does not suffice: an error that says what to do, and the old model."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from fairlearnkit._models import kernels
from fairlearnkit.kernel_ridge import ParityKernelRidge
from fairlearnkit.svm import ParitySVC, ParitySVR
from helpers import make_curved

CODE = """
import resource
import numpy as np
from fairlearnkit.kernel_ridge import ParityKernelRidge
from fairlearnkit.svm import ParitySVC

rng = np.random.default_rng(0)
X, group = rng.normal(size=(20_000, 3)), np.arange(20_000) % 2
y = (X[:, 0] > 0).astype(float)
few = {"sensitive_features": group[:99]}
models = [
    ParityKernelRidge(kernel="rbf").fit(X[:99], X[:99, 0], **few),
    ParitySVC(solver="interior-point").fit(X[:99], y[:99], **few),
]
before = [model.predict(X[:99]) for model in models]
with open("/proc/self/statm") as file:
    now = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (now + 2**30, now + 2**30))
for model, old in zip(models, before):
    try:
        model.fit(X, y, sensitive_features=group)
    except MemoryError as error:
        print(type(error).__name__, error)
    assert np.array_equal(model.predict(X[:99]), old)
    model.fit(X[:99], y[:99], **few)
"""


def test_kernel_matrix_beyond_the_limit_of_the_process():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CODE],
        capture_output=True,
        text=True,
        check=True,
    )
    ridge, svc = done.stdout.splitlines()
    assert ridge.startswith("MemoryError ParityKernelRidge ran out of memory (Unable")
    for line, linear in ((ridge, "ParityRidge"), (svc, "ParityLinearSVC")):
        assert "The kernel matrix of 20000 rows takes 3.2 GB" in line
        assert f"or fit {linear} to features that approximate the kernel" in line
        assert line.endswith("such as those of sklearn.kernel_approximation.Nystroem.")


@pytest.mark.parametrize("model", [ParitySVC(), ParitySVR(), ParityKernelRidge()])
@pytest.mark.parametrize("where", ["training_matrix", "negative_eigenvalues"])
def test_memory_runs_out_within_a_fit(model, where, monkeypatch):
    X, y, group, f = make_curved(60)
    y = y if isinstance(model, ParitySVC) else f
    model.fit(X, y, sensitive_features=group)
    attributes, old = dict(vars(model)), model.predict(X)

    def allocate(*args):
        raise MemoryError("Unable to allocate 3 GiB")

    owner = kernels.KernelFunction if where == "training_matrix" else None
    if owner is None:
        monkeypatch.setattr("fairlearnkit._models.kernel." + where, allocate)
    else:
        monkeypatch.setattr(owner, where, allocate)
    words = rf"{type(model).__name__} ran out of memory \(Unable to allocate 3 GiB\)"
    with pytest.raises(MemoryError, match=words):
        model.fit(3 * X, y, sensitive_features=group)
    assert all(vars(model)[name] is value for name, value in attributes.items())
    assert_array_equal(model.predict(X), old)
    monkeypatch.undo()
    model.fit(3 * X, y, sensitive_features=group)
    assert not np.array_equal(model.dual_coef_, attributes["dual_coef_"])
