"""Threads of scipy's BLAS during a fit."""

from threading import Event, Thread

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from fairlearnkit._optim import blas, solver_newton
from fairlearnkit.linear_model import ParityLogisticRegression, parity_path


def blas_threads():
    """Of scipy's own library, and of the others."""
    scipys, others = [], []
    for library in threadpool_info():
        if library["user_api"] == "blas":
            own = "scipy" in library["filepath"].split("/")[-2]
            (scipys if own else others).append(library["num_threads"])
    return scipys, others


@pytest.mark.parametrize("fit", ["fit", "path"])
def test_scipy_has_one_thread_during_a_fit_only(monkeypatch, fit):
    rng = np.random.default_rng(0)
    X, group = rng.normal(size=(60, 3)), np.arange(60) % 2
    before, during = blas_threads(), []
    newton = solver_newton.newton

    def spy(*args, **options):
        during.append(blas_threads())
        return newton(*args, **options)

    monkeypatch.setattr(solver_newton, "newton", spy)
    if fit == "fit":
        ParityLogisticRegression().fit(X, X[:, 0] > 0, sensitive_features=group)
    else:
        parity_path(X, X[:, 0] > 0, sensitive_features=group, gap_ratios=[1.0, 0.0])
    assert during
    for scipys, others in during:
        assert all(n == 1 for n in scipys)
        assert others == before[1]
    assert blas_threads() == before


def test_threads_come_back_after_an_error():
    before = blas_threads()
    with pytest.raises(ValueError, match="stop"), blas.scipy_on_one_thread():
        raise ValueError("stop")
    assert blas_threads() == before


def test_threads_come_back_after_fits_that_overlap():
    before = blas_threads()
    first_is_in, second_is_in = Event(), Event()

    def first():
        with blas.scipy_on_one_thread():
            first_is_in.set()
            assert second_is_in.wait(10)

    thread = Thread(target=first)
    thread.start()
    assert first_is_in.wait(10)
    with blas.scipy_on_one_thread():
        second_is_in.set()
        thread.join()
    assert blas_threads() == before
    with blas.scipy_on_one_thread():
        assert all(n == 1 for n in blas_threads()[0])
    assert blas_threads() == before
