"""Generated rows for the probes, and what a method is asked to do."""

from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pandas as pd

COLUMNS = ["x0", "x1", "x2", "x3"]
SHIFT = {"a": 0.8, "b": 0.0, "c": -0.8}


@dataclass(frozen=True)
class People:
    """Rows with their groups.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, 4) or sparse array
    y : ndarray of shape (n_samples,)
    group : Series of shape (n_samples,)
        "a", "b" and possibly "c".
    weight : ndarray of shape (n_samples,) or None
    """

    X: object
    y: np.ndarray
    group: pd.Series
    weight: np.ndarray | None = None

    def take(self, rows):
        """Some rows, numbered anew."""
        return People(
            self.X.iloc[rows].reset_index(drop=True),
            self.y[rows],
            self.group.iloc[rows].reset_index(drop=True),
        )

    def but(self, **parts):
        """The same rows with other parts."""
        return replace(self, **parts)


def people(target="two", n_groups=2, n_rows=2000, seed=0):
    """Rows whose features, and so scores, differ between groups.

    Parameters
    ----------
    target : {"two", "three", "numbers"}
        Number of classes of y, or a numeric y.
    """
    rng = np.random.default_rng(seed)
    group = rng.choice(["a", "b", "c"][:n_groups], size=n_rows)
    X = rng.normal(size=(n_rows, len(COLUMNS)))
    X[:, :2] += np.array([SHIFT[g] for g in group])[:, None]
    score = X @ [1.0, 0.5, 0.5, -0.5] + rng.normal(size=n_rows)
    cuts = {"two": [0.5], "three": [-0.5, 1.0]}
    y = score if target == "numbers" else np.digitize(score, cuts[target])
    return People(pd.DataFrame(X, columns=COLUMNS), y, pd.Series(group, name="group"))


class Method:
    """One method of a library, as the probes call it.

    Attributes
    ----------
    library, name : str
    target : {"two", "numbers"}
        What it is made for.
    groups_at_predict : bool
    reads_X : bool
        False for methods that are given scores or probabilities.
    prefit : bool
        Whether it can be put around a fitted model, `frozen`.
    for_text : tuple of (str, str)
        Options that text labels need.
    seed : dict
        The parameter that fixes the draws at predict, where there is one.
    quiet : dict
        Options that leave out its noise.
    within_classes : bool
        Whether it compares the rates within each class.
    constraints : tuple of str
        Those that are tried where draws at predict may depend on them.
    elsewhere : tuple of (str, str)
        For a property that it lacks: the class of the same library that has it.
    remarks : tuple of (str, str)
        What has to be said about a property even if it is there.
    """

    library = name = ""
    target = "two"
    groups_at_predict = True
    reads_X = True
    quiet = MappingProxyType({})
    seed = MappingProxyType({})
    within_classes = False
    constraints = ("demographic_parity",)
    elsewhere = ()
    remarks = ()
    prefit = False
    for_text = ()

    def make(self, **options):
        """The object that is cloned and searched, not fitted."""
        raise NotImplementedError

    def fit(self, rows, **options):
        """A fitted model of rows; groups as `sensitive_features` by default."""
        weight = {} if rows.weight is None else {"sample_weight": rows.weight}
        model = self.make(**options)
        return model.fit(rows.X, rows.y, sensitive_features=rows.group, **weight)

    def predict(self, model, X, group=None, **seed):
        """Labels or numbers; group None asks for predictions from X alone."""
        if group is None or not self.groups_at_predict:
            return np.asarray(model.predict(X, **seed))
        return np.asarray(model.predict(X, sensitive_features=group, **seed))

    def steady(self, model, X, group, labels=False):
        """Predictions without the draws; labels where they are asked for."""
        return self.predict(model, X, group, **self.seed)

    def bounded(self, rows):
        """Bound, value on `rows` after a fit to them, and a remark."""
        raise NotImplementedError("has no bound on a gap")

    def search(self, rows):
        """A search, its X, and its fit parameters."""
        raise NotImplementedError("is no estimator of scikit-learn")

    def fit_error_rates(self, rows):
        """A fitted model whose error rates by group are bounded."""
        raise NotImplementedError("has no such constraint")

    def fit_missing(self, rows):
        """What the documented option for missing groups gives."""
        raise NotImplementedError("no option")
