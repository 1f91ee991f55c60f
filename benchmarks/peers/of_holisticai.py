"""Methods of holisticai."""

import numpy as np
from holisticai.bias.mitigation import (
    ExponentiatedGradientReduction,
    LPDebiaserMulticlass,
    RejectOptionClassification,
    WassersteinBarycenter,
)
from holisticai.pipeline import Pipeline
from people import Method
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV


def sides(group):
    """The two masks that all its methods take; group_a is the one with lower rates."""
    return {"group_a": (group == "b").to_numpy(), "group_b": (group == "a").to_numpy()}


class Sides(Method):
    """Around a model, whose predictions are handed on."""

    library = "holisticai"
    reads_X = False

    def fit(self, rows, frozen=None, **options):
        """The two steps of its documentation."""
        inner = frozen or self.inner().fit(rows.X, rows.y)
        move = self.make(**options)
        weight = {} if rows.weight is None else {"sample_weight": rows.weight}
        move.fit(**self.given(inner, rows.X, rows.y), **sides(rows.group), **weight)
        return inner, move

    def predict(self, model, X, group=None):
        """Predictions after the step."""
        inner, move = model
        groups = {} if group is None else sides(group)
        return np.asarray(move.transform(**self.given(inner, X), **groups)["y_pred"])

    def search(self, rows):
        """Its own Pipeline, groups as fit parameters."""
        steps = [("model", self.inner()), ("bm_postprocessing", self.make())]
        name = "alpha" if self.target == "numbers" else "C"
        scoring = "r2" if self.target == "numbers" else "accuracy"
        grid = {f"model__{name}": [0.1, 1.0]}
        search = GridSearchCV(Pipeline(steps), grid, scoring=scoring, cv=3)
        return search, rows.X, {f"bm__{k}": v for k, v in sides(rows.group).items()}


class RejectOption(Sides):
    """Decisions near the threshold are changed by group."""

    prefit = True
    name = "RejectOptionClassification"
    elsewhere = (
        ("classes", "LPDebiaserMulticlass"),
        ("numbers", "WassersteinBarycenter"),
    )
    inner = LogisticRegression

    def make(self, max_gap=0.02):
        """A grid of 25 times 20 settings, to be quick."""
        return RejectOptionClassification(
            num_class_thresh=25,
            num_ROC_margin=20,
            metric_lb=-max_gap,
            metric_ub=max_gap,
            num_workers=1,
        )

    def given(self, inner, X, y=None):
        """Probabilities, and labels."""
        known = {"y": y} if y is not None else {"y_pred": inner.predict(X)}
        return {"y_proba": inner.predict_proba(X), **known}

    def bounded(self, rows):
        """Rates."""
        decided = self.predict(self.fit(rows, max_gap=0.05), rows.X, rows.group)
        rates = [decided[rows.group == g].mean() for g in rows.group.unique()]
        return 0.05, np.ptp(rates), "rates on the training rows"


class Multiclass(Sides):
    """Equal rates of errors by a linear program."""

    prefit = True
    name = "LPDebiaserMulticlass"
    within_classes = True
    inner = LogisticRegression

    def make(self):
        """Equalized odds."""
        return LPDebiaserMulticlass()

    def given(self, inner, X, y=None):
        """Labels."""
        known = {} if y is None else {"y": y}
        return {"y_pred": inner.predict(X), **known}


class Barycenter(Sides):
    """Numbers of one distribution."""

    prefit = True
    name = "WassersteinBarycenter"
    target = "numbers"
    inner = Ridge
    elsewhere = (("classes", "LPDebiaserMulticlass"),)

    def make(self):
        """It has no parameters."""
        return WassersteinBarycenter()

    def given(self, inner, X, y=None):
        """Predictions."""
        return {"y_pred": inner.predict(X)}


class Reduction(Sides):
    """A randomised classifier, no groups at predict."""

    name = "ExponentiatedGradientReduction"
    groups_at_predict = False
    reads_X = True
    remarks = (
        ("numbers", "BoundedGroupLoss, a bound on the losses of groups"),
        ("error_rates", "ErrorRateParity; BoundedGroupLoss for losses"),
    )

    constraints = ("DemographicParity", "EqualizedOdds")

    def make(self, inner=LogisticRegression, constraint="DemographicParity", **options):
        """Equal rates by default."""
        return ExponentiatedGradientReduction(constraint, estimator=inner(), **options)

    def fit(self, rows, **options):
        """Groups are parameters of fit."""
        weight = {} if rows.weight is None else {"sample_weight": rows.weight}
        model = self.make(**options)
        return model.fit(rows.X, rows.y, **sides(rows.group), **weight)

    def predict(self, model, X, group=None):
        """From X alone; its seed is a parameter of the class."""
        return np.asarray(model.predict(X))

    def fit_numbers(self, rows):
        """Losses are bounded by that of the mean."""
        low, high = float(rows.y.min()), float(rows.y.max())
        return self.fit(
            rows,
            inner=Ridge,
            constraint="BoundedGroupLoss",
            loss="Square",
            min_val=low,
            max_val=high,
            upper_bound=float(rows.y.var()),
        )

    def bounded(self, rows):
        """Expected rates."""
        model = self.fit(rows, eps=0.025)
        expected = model.predict_proba(rows.X)[:, 1]
        rates = [expected[rows.group == g].mean() for g in rows.group.unique()]
        return 0.05, np.ptp(rates), "eps=0.025; expected rates on the training rows"

    def search(self, rows):
        """Groups are parameters of fit."""
        grid = {"eps": [0.01, 0.05]}
        search = GridSearchCV(self.make(), grid, scoring="accuracy", cv=3)
        return search, rows.X, sides(rows.group)

    def fit_error_rates(self, rows):
        """Error rates."""
        return self.fit(rows, constraint="ErrorRateParity")


METHODS = (RejectOption(), Multiclass(), Barycenter(), Reduction())
VERSIONS = ("holisticai",)
METRICS = "holisticai.bias.metrics"
EXTRAS = {
    "adversarial training": [
        "holisticai.bias.mitigation.inprocessing.adversarial_debiasing"
    ],
    "rankings or clusters": [
        "holisticai.bias.mitigation.postprocessing.fair_topk",
        "holisticai.bias.mitigation.inprocessing.fair_k_center_clustering",
    ],
}
