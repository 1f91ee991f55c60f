"""Methods of equipy."""

from types import MappingProxyType

import numpy as np
from equipy.fairness import FairWasserstein
from people import Method
from sklearn.linear_model import Ridge


class Wasserstein(Method):
    """Scores of one distribution."""

    prefit = True
    library, name = "equipy", "FairWasserstein"
    target = "numbers"
    reads_X = False

    quiet = MappingProxyType({"sigma": 0})

    def make(self, **options):
        """It takes scores."""
        return FairWasserstein(**options)

    def fit(self, rows, frozen=None, **options):
        """Around ridge regression, whose predictions it is given."""
        inner = frozen or Ridge().fit(rows.X, rows.y)
        move = self.make(**options)
        weight = {} if rows.weight is None else {"sample_weight": rows.weight}
        move.fit(inner.predict(rows.X), rows.group.to_frame(), **weight)
        return inner, move

    def predict(self, model, X, group=None):
        """Moved predictions."""
        inner, move = model
        if group is None:
            return move.transform(inner.predict(X))
        return np.asarray(move.transform(inner.predict(X), group.to_frame()))

    def bounded(self, rows):
        """A share of the way, not a bound."""
        raise NotImplementedError("epsilon is a share of the way, not a gap")


METHODS = (Wasserstein(),)
VERSIONS = ("equipy",)
METRICS = "equipy.metrics"
EXTRAS = {
    "adversarial training": [],
    "rankings or clusters": [],
}
