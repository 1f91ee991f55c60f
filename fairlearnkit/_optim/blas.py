"""Threads of BLAS where numpy and scipy bring one each."""

from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock

import scipy
from threadpoolctl import ThreadpoolController

# Held by the fit that has set the limit. With a limit for each of two fits that overlap
# in threads, the later one would restore what the first had set: one thread, for good.
_LIMITED = Lock()


@contextmanager
def scipy_on_one_thread():
    """A context in which scipy's BLAS has one thread, where numpy's is another one.

    Threads of OpenBLAS spin for a while after each call, so that those of one library
    take cores from the other when calls alternate, as in Newton's method: products
    with X by numpy, Cholesky factors by scipy. On two cores, fits of 20,000 x 500 took
    1.6 s (logistic) and 5.7 s (hinge) without this, and take .9 and 2.5 s.

    Where another thread is in the context already, nothing is set.
    """
    if not _LIMITED.acquire(blocking=False):
        yield
        return
    try:
        with _scipy_libraries().limit(limits=1):
            yield
    finally:
        _LIMITED.release()


@cache
def _scipy_libraries():
    """Controller of the libraries within scipy's own files; of none where shared."""
    found = ThreadpoolController().select(user_api="blas")
    package = Path(scipy.__file__).resolve().parent
    homes = package, package.with_name("scipy.libs")  # the second in wheels for Linux
    paths = [Path(library.filepath) for library in found.lib_controllers]
    own = [path for path in paths if set(homes) & set(path.resolve().parents)]
    return found.select(filepath=[str(path) for path in own])
