"""Warnings that are left out of one computation, in its thread only."""

import sys
import warnings
from contextlib import contextmanager, suppress
from threading import get_ident

# Whether ``warnings.catch_warnings`` is one of its thread already (Python 3.14 and
# later, where it was chosen).
CONTEXTUAL = getattr(sys.flags, "context_aware_warnings", False)


@contextmanager
def without_warnings(category=Warning, message=""):
    """A context whose warnings of a category are not shown.

    ``warnings.catch_warnings`` replaces the filters of the process. Where two such
    contexts overlap in threads, the one that ends last restores what the other one had
    set: warnings stay ignored for good, those of all other libraries too. This context
    adds one filter, which takes effect in its thread only, and removes that one.

    Parameters
    ----------
    category : type, default=Warning
        Category, with its subclasses.
    message : str, default=""
        Regular expression that the beginning of the message matches.
    """
    if CONTEXTUAL:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message, category)
            yield
        return
    held = warnings.filters
    here = _InThread("Ignored", (Warning,), {"thread": get_ident(), "own": category})
    warnings.filterwarnings("ignore", message, category=here)
    try:
        yield
    finally:
        # Other libraries may have copied the filters meanwhile, and restore the copy:
        # there the filter has no effect any more.
        here.thread = None
        for filters in (held, warnings.filters):
            for entry in [entry for entry in filters if entry[2] is here]:
                with suppress(ValueError):  # another thread may have emptied the list
                    filters.remove(entry)


class _InThread(type):
    """Class of categories to which warnings of one thread belong."""

    def __subclasscheck__(cls, category):
        return cls.thread == get_ident() and issubclass(category, cls.own)
