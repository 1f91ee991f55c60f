"""Threads of BLAS where numpy and scipy bring one each."""

from functools import cache
from pathlib import Path

import scipy
from threadpoolctl import ThreadpoolController

from fairlearnkit._data.blas_threads import one_blas_thread


def scipy_on_one_thread():
    """A context in which scipy's BLAS has one thread, where numpy's is another one.

    Threads of OpenBLAS spin for a while after each call, so that those of one library
    take cores from the other when calls alternate, as in Newton's method: products
    with X by numpy, Cholesky factors by scipy. On two cores, fits of 20,000 x 500 took
    1.6 s (logistic) and 5.7 s (hinge) without this, and take .9 and 2.5 s.
    """
    return one_blas_thread(_scipy_libraries)


@cache
def _scipy_libraries():
    """Controller of the libraries within scipy's own files; of none where shared."""
    found = ThreadpoolController().select(user_api="blas")
    package = Path(scipy.__file__).resolve().parent
    homes = package, package.with_name("scipy.libs")  # the second in wheels for Linux
    paths = [Path(library.filepath) for library in found.lib_controllers]
    own = [path for path in paths if set(homes) & set(path.resolve().parents)]
    return found.select(filepath=[str(path) for path in own])
