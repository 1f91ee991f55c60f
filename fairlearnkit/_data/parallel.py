"""Calls of a function that may run in other processes."""

from joblib import effective_n_jobs
from sklearn.utils.parallel import Parallel, delayed


def call_each(function, arguments, n_jobs):
    """Results of a function for each of some tuples of arguments, in their order.

    Without other processes or threads it is a plain loop. scikit-learn's ``Parallel``
    sets the warnings filters of the process anew for each call even then, so that fits
    that overlap in threads may find and leave none.

    Parameters
    ----------
    function : callable
        The function.
    arguments : iterable of tuple
        Its arguments.
    n_jobs : int or None
        Calls at a time, as in joblib; None is 1, or what a context of joblib says.

    Returns
    -------
    results : list
    """
    if effective_n_jobs(n_jobs) == 1:
        return [function(*given) for given in arguments]
    return Parallel(n_jobs=n_jobs)(delayed(function)(*given) for given in arguments)
