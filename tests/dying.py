"""What ends a worker without a word, as a segmentation fault or a lack of memory does.

A module of its own, so that workers can import it.
"""

import os

from sklearn.linear_model import LogisticRegression


class Dying(LogisticRegression):
    """Ends each process but one when it is fitted.

    Parameters
    ----------
    home : int
        Number of the process in which it is an ordinary model.
    """

    def __init__(self, home):
        super().__init__()
        self.home = home

    def fit(self, X, y, sample_weight=None):
        die_outside(self.home)
        return super().fit(X, y, sample_weight)


class DyingScore:
    """A scorer that ends each process but one."""

    def __init__(self, home):
        self.home = home

    def __call__(self, model, X, y):
        die_outside(self.home)
        return model.score(X, y)


def die_outside(home):
    """End the process, unless it is that one."""
    if os.getpid() != home:
        os._exit(1)
