"""Methods of fairlearn."""

from types import MappingProxyType

import numpy as np
from fairlearn.metrics import demographic_parity_difference
from fairlearn.postprocessing import ThresholdOptimizer
from fairlearn.reductions import (
    BoundedGroupLoss,
    DemographicParity,
    EqualizedOdds,
    ErrorRateParity,
    ExponentiatedGradient,
    SquareLoss,
)
from people import Method
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV

NAMES = {"demographic_parity": DemographicParity, "equalized_odds": EqualizedOdds}


class Reduction(Method):
    """A randomised classifier, no groups at predict."""

    library, name = "fairlearn", "ExponentiatedGradient"
    groups_at_predict = False
    seed = MappingProxyType({"random_state": 0})
    constraints = tuple(NAMES)
    remarks = (
        ("search", "groups are a parameter of fit, not a column"),
        ("numbers", "BoundedGroupLoss, a bound on the losses of groups"),
        ("error_rates", "ErrorRateParity; BoundedGroupLoss for losses"),
    )

    def make(self, constraint="demographic_parity", max_gap=0.02, frozen=None):
        """Half of the gap is allowed between a group and all rows."""
        moment = NAMES[constraint](difference_bound=max_gap / 2)
        return ExponentiatedGradient(LogisticRegression(), moment)

    def fit_numbers(self, rows):
        """Losses are bounded by that of the mean."""
        loss = SquareLoss(rows.y.min(), rows.y.max())
        moment = BoundedGroupLoss(loss, upper_bound=rows.y.var())
        model = ExponentiatedGradient(Ridge(), moment)
        return model.fit(rows.X, rows.y, sensitive_features=rows.group)

    def bounded(self, rows):
        """Expected rates, and those of one draw."""
        model = self.fit(rows, max_gap=0.05)
        expected = np.asarray(model._pmf_predict(rows.X))[:, 1]
        rates = [expected[rows.group == g].mean() for g in rows.group.unique()]
        drawn = demographic_parity_difference(
            rows.y,
            model.predict(rows.X, random_state=0),
            sensitive_features=rows.group,
        )
        remark = f"expected rates on the training rows; one draw has {drawn:.4f}"
        return 0.05, np.ptp(rates), remark

    def search(self, rows):
        """Groups are a fit parameter; X holds no column of them."""
        search = GridSearchCV(
            self.make(), {"eps": [0.01, 0.05]}, scoring="accuracy", cv=3
        )
        return search, rows.X, {"sensitive_features": rows.group}

    def fit_error_rates(self, rows):
        """Error rates."""
        moment = ErrorRateParity(difference_bound=0.02)
        model = ExponentiatedGradient(LogisticRegression(), moment)
        return model.fit(rows.X, rows.y, sensitive_features=rows.group)


class Thresholds(Method):
    """Thresholds by group, with draws between two of them."""

    prefit = True
    library, name = "fairlearn", "ThresholdOptimizer"
    seed = MappingProxyType({"random_state": 0})
    constraints = tuple(NAMES)
    elsewhere = (("error_rates", "ExponentiatedGradient"),)

    def make(self, constraint="demographic_parity", max_gap=None, frozen=None):
        """Around a logistic regression."""
        inner = LogisticRegression() if frozen is None else FrozenEstimator(frozen)
        return ThresholdOptimizer(
            estimator=inner,
            constraints=constraint,
            predict_method="predict_proba",
            tol=max_gap,
        )

    def bounded(self, rows):
        """One draw; the bound is on expected rates."""
        model = self.fit(rows, max_gap=0.05)
        expected = np.asarray(
            model._pmf_predict(rows.X, sensitive_features=rows.group)
        )[:, 1]
        rates = [expected[rows.group == g].mean() for g in rows.group.unique()]
        drawn = demographic_parity_difference(
            rows.y,
            self.predict(model, rows.X, rows.group, random_state=0),
            sensitive_features=rows.group,
        )
        remark = f"expected rates on the training rows; one draw has {drawn:.4f}"
        return 0.05, np.ptp(rates), remark

    def search(self, rows):
        """Groups are a fit parameter."""
        search = GridSearchCV(
            self.make(), {"estimator__C": [0.1, 1.0]}, scoring="accuracy", cv=3
        )
        return search, rows.X, {"sensitive_features": rows.group}

    def fit_error_rates(self, rows):
        """No constraint of this name is known."""
        return self.fit(rows, constraint="error_rate_parity")


METHODS = (Reduction(), Thresholds())
VERSIONS = ("fairlearn",)
METRICS = "fairlearn.metrics"
EXTRAS = {
    "adversarial training": ["fairlearn.adversarial"],
    "rankings or clusters": [],
}
