"""Threads of BLAS where numpy and scipy bring one each."""

from functools import cache
from pathlib import Path

from threadpoolctl import ThreadpoolController


def scipy_on_one_thread():
    """A context in which scipy's BLAS has one thread, where numpy's is another one.

    Threads of OpenBLAS spin for a while after each call, so that those of one library
    take cores from the other when calls alternate, as in Newton's method: products
    with X by numpy, Cholesky factors by scipy. On two cores, fits of 20,000 x 500 took
    1.6 s (logistic) and 5.7 s (hinge) without this, and take .9 and 2.5 s.
    """
    return _scipy_libraries().limit(limits=1)


@cache
def _scipy_libraries():
    """Controller of the libraries within scipy's own files; of none where shared."""
    found = ThreadpoolController().select(user_api="blas")
    paths = [library.filepath for library in found.lib_controllers]
    own = [path for path in paths if {"scipy", "scipy.libs"} & set(Path(path).parts)]
    return found.select(filepath=own)
