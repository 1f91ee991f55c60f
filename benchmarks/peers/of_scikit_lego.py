"""Methods of scikit-lego."""

import numpy as np
import pandas as pd
from people import Method
from scipy.sparse import hstack
from sklearn.model_selection import GridSearchCV
from sklego.linear_model import DemographicParityClassifier

LETTERS = ("b", "c")


def with_groups(X, group):
    """X and indicators of the groups but the first, the documented input."""
    if group is None:
        group = pd.Series(["a"] * X.shape[0])
    if not isinstance(X, pd.DataFrame):
        indicators = np.stack([group == g for g in LETTERS], axis=1).astype(float)
        return hstack([X, indicators], format="csr")
    columns = {g: (group == g).astype(float).where(group.notna()) for g in LETTERS}
    return X.assign(**columns)


class Covariance(Method):
    """A linear model with bounded covariance of scores and indicators."""

    library, name = "scikit-lego", "DemographicParityClassifier"
    groups_at_predict = False
    remarks = (
        ("x_alone", "the columns of the groups have to be there, with any values"),
    )

    def make(self, max_gap=0.01, frozen=None):
        """The bound is one on the covariance."""
        return DemographicParityClassifier(
            covariance_threshold=max_gap, sensitive_cols=[*LETTERS], penalty=None
        )

    def fit(self, rows, **options):
        """Groups are columns of X."""
        weight = {} if rows.weight is None else {"sample_weight": rows.weight}
        return self.make(**options).fit(
            with_groups(rows.X, rows.group), rows.y, **weight
        )

    def predict(self, model, X, group=None):
        """From X with the columns, which are dropped."""
        return np.asarray(model.predict(with_groups(X, group)))

    def bounded(self, rows):
        """Covariance, its unit, is not the gap."""
        X = with_groups(rows.X, rows.group)
        scores = self.fit(rows, max_gap=0.01).decision_function(X)
        got = abs(np.mean((X["b"] - X["b"].mean()) * scores))
        raise NotImplementedError(
            f"a bound on the covariance of score and group: asked 0.01, got {got:.4f}"
        )

    def search(self, rows):
        """Groups are columns of X."""
        grid = {"estimator__covariance_threshold": [0.01, 0.1]}
        search = GridSearchCV(self.make(), grid, scoring="accuracy", cv=3)
        return search, with_groups(rows.X, rows.group), {}


METHODS = (Covariance(),)
VERSIONS = ("scikit-lego", "cvxpy")
METRICS = "sklego.metrics"
EXTRAS = {
    "adversarial training": [],
    "rankings or clusters": [],
}
