"""Methods of fairlearnkit."""

from people import Method, people
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV

from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.metrics import demographic_parity_difference, score_gap
from fairlearnkit.postprocessing import BarycenterRegressor, ParityThresholdClassifier


class Own(Method):
    """What the methods of this library share."""

    library = "fairlearnkit"
    scoring = "accuracy"
    searched = ("estimator__C", (0.1, 1.0))

    def search(self, rows):
        """Groups are a column of X."""
        model = SensitiveColumns(self.make(), "group")
        name, values = self.searched
        search = GridSearchCV(model, {name: values}, scoring=self.scoring, cv=3)
        return search, rows.X.assign(group=rows.group), {}

    def fit_missing(self, rows):
        """A group of their own."""
        return self.fit(rows, missing="group")

    def fit_error_rates(self, rows):
        """The name that fairlearn has for it."""
        return self.fit(rows, constraint="error_rate_parity")


class Thresholds(Own):
    """Thresholds by group."""

    prefit = True
    name = "ParityThresholdClassifier"
    constraints = ("demographic_parity", "equalized_odds")
    searched = ("estimator__estimator__C", (0.1, 1.0))
    elsewhere = (("numbers", "BarycenterRegressor"),)
    remarks = (("weights", "around a FrozenEstimator"),)

    def make(self, frozen=None, max_gap=0.02, **options):
        """Around a logistic regression."""
        inner = LogisticRegression() if frozen is None else FrozenEstimator(frozen)
        return ParityThresholdClassifier(inner, max_gap=max_gap, **options)

    def bounded(self, rows):
        """Around a fitted model, so that these rows are those of calibration."""
        model = self.fit(
            rows, frozen=LogisticRegression().fit(rows.X, rows.y), max_gap=0.05
        )
        gap = demographic_parity_difference(
            None,
            self.predict(model, rows.X, rows.group),
            sensitive_features=rows.group,
        )
        other = self.fit(rows, max_gap=0.05)
        after = demographic_parity_difference(
            None,
            self.predict(other, rows.X, rows.group),
            sensitive_features=rows.group,
        )
        remark = (
            f"rates, on the rows the rule was chosen by; with cv=5 {other.gap_:.4f} "
            f"on out-of-fold rows and {after:.4f} on the rows after the refit"
        )
        return 0.05, gap, remark


class Inferred(Thresholds):
    """The same with groups that are estimated from X."""

    name = "ParityThresholdClassifier, group_estimator"
    groups_at_predict = False

    def make(self, frozen=None, **options):
        """Groups by a logistic regression."""
        groups = options.pop("group_estimator", LogisticRegression())
        return super().make(frozen=frozen, group_estimator=groups, **options)

    def fit(self, rows, frozen=None, **options):
        """Around fitted models both of classes and of groups, if one is given."""
        if frozen is not None:
            known = people()
            groups = LogisticRegression().fit(known.X, known.group)
            options["group_estimator"] = FrozenEstimator(groups)
        return super().fit(rows, frozen=frozen, **options)


class Logistic(Own):
    """A linear model under the constraint."""

    name = "ParityLogisticRegression"
    groups_at_predict = False
    elsewhere = (("numbers", "ParityRidge"),)

    def make(self, frozen=None, **options):
        """There is no inner model to be frozen."""
        return ParityLogisticRegression(**options)

    def bounded(self, rows):
        """Mean scores, its unit."""
        model = self.fit(rows, max_gap=0.1)
        scores = model.decision_function(rows.X)
        gap = score_gap(None, scores, sensitive_features=rows.group)
        return 0.1, gap, "mean log-odds on the training rows, not rates"


class Barycenter(Own):
    """Numbers with one distribution."""

    prefit = True
    name = "BarycenterRegressor"
    target = "numbers"
    searched = ("estimator__strength", (0.5, 1.0))
    scoring = "r2"
    elsewhere = (("classes", "BarycenterClassifier"),)
    remarks = (("search", "scoring='r2'"), ("weights", "around a FrozenEstimator"))

    def make(self, frozen=None, **options):
        """Around ridge regression."""
        inner = Ridge() if frozen is None else FrozenEstimator(frozen)
        return BarycenterRegressor(inner, **options)

    def bounded(self, rows):
        """A share of the way, not a bound."""
        raise NotImplementedError("strength is a share of the way, not a gap")

    def fit_error_rates(self, rows):
        """None."""
        raise NotImplementedError("has no such constraint")


METHODS = (Thresholds(), Inferred(), Logistic(), Barycenter())
VERSIONS = ("fairlearnkit",)
METRICS = "fairlearnkit.metrics"
EXTRAS = {
    "adversarial training": [],
    "rankings or clusters": [],
}
