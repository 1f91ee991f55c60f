"""Limits of the threads of BLAS, which belong to the whole process."""

from contextlib import contextmanager
from threading import RLock

# Held by the thread that has set a limit; a limit within another one is its own. With
# limits of two threads that overlap, the later one would restore what the first had
# set: one thread, for good.
_LIMITED = RLock()


@contextmanager
def one_blas_thread(libraries):
    """A context in which some libraries have one thread of BLAS.

    Where another thread of the process is in such a context already, nothing is set:
    computations take the same values there, and longer.

    Parameters
    ----------
    libraries : callable
        Returns the `threadpoolctl.ThreadpoolController` of the libraries.
    """
    if not _LIMITED.acquire(blocking=False):
        yield
        return
    try:
        with libraries().limit(limits=1, user_api="blas"):
            yield
    finally:
        _LIMITED.release()
