"""Methods of AIF360."""

import numpy as np
import pandas as pd
from aif360.algorithms.postprocessing import RejectOptionClassification
from aif360.datasets import BinaryLabelDataset
from aif360.sklearn.inprocessing import (
    ExponentiatedGradientReduction,
    GridSearchReduction,
)
from aif360.sklearn.postprocessing import PostProcessingMeta, RejectOptionClassifierCV
from fairlearn.reductions import BoundedGroupLoss, DemographicParity, SquareLoss
from people import Method
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV

CODES = {"a": 1.0, "b": 0.0, "c": 2.0, "z": 3.0}


def coded(group):
    """Groups as numbers; the privileged one is 1."""
    return group.map(CODES).astype(float)


class RejectOption(Method):
    """Decisions near the threshold are changed by group; data sets in and out."""

    prefit = True
    library, name = "aif360", "RejectOptionClassification"
    reads_X = False

    def make(self, max_gap=0.02):
        """A grid of 25 times 20 settings, to be quick."""
        others = [{"group": code} for g, code in CODES.items() if g in "bc"]
        return RejectOptionClassification(
            unprivileged_groups=others,
            privileged_groups=[{"group": 1.0}],
            num_class_thresh=25,
            num_ROC_margin=20,
            metric_lb=-max_gap,
            metric_ub=max_gap,
        )

    def dataset(self, inner, X, y, group, weight=None):
        """Its container, with scores of the model."""
        frame = X.assign(group=coded(group), y=y)
        name = None
        if weight is not None:
            frame, name = frame.assign(weight=weight), "weight"
        data = BinaryLabelDataset(
            df=frame,
            label_names=["y"],
            protected_attribute_names=["group"],
            instance_weights_name=name,
        )
        data.scores = inner.predict_proba(X)[:, 1:]
        return data

    def fit(self, rows, frozen=None, **options):
        """Truth and scores, each a data set."""
        inner = frozen or LogisticRegression().fit(rows.X, rows.y)
        data = self.dataset(inner, rows.X, rows.y, rows.group, rows.weight)
        return inner, self.make(**options).fit(data, data.copy())

    def predict(self, model, X, group=None):
        """Labels of the data set that comes back."""
        inner, move = model
        if group is None:
            raise TypeError("a data set needs its protected attribute")
        data = self.dataset(inner, X, np.arange(len(X)) % 2, group)
        return move.predict(data).labels.ravel().astype(int)

    def bounded(self, rows):
        """Rates."""
        decided = self.predict(self.fit(rows, max_gap=0.05), rows.X, rows.group)
        rates = [decided[rows.group == g].mean() for g in rows.group.unique()]
        return 0.05, np.ptp(rates), "rates on the training rows"


class Meta(Method):
    """The same method behind scikit-learn's interface; groups are the index of X."""

    prefit = True
    library, name = "aif360", "PostProcessingMeta(RejectOptionClassifierCV)"
    remarks = (("search", "groups are the index of X"),)

    def make(self, frozen=None):
        """Around a logistic regression."""
        rule = RejectOptionClassifierCV("group", scoring="statistical_parity", step=0.1)
        inner = LogisticRegression() if frozen is None else frozen
        return PostProcessingMeta(inner, rule, prefit=frozen is not None)

    def indexed(self, X, group):
        """X whose index holds the groups."""
        if group is None:
            return X
        if not isinstance(X, pd.DataFrame):
            return X
        return X.set_index(pd.Index(coded(group), name="group"))

    def fit(self, rows, frozen=None):
        """The positive class is named for text."""
        weight = {} if rows.weight is None else {"sample_weight": rows.weight}
        X = self.indexed(rows.X, rows.group)
        label = {"pos_label": "yes"} if "yes" in rows.y else {}
        y = pd.Series(rows.y, index=getattr(X, "index", None))
        return self.make(frozen).fit(X, y, **weight, **label)

    def predict(self, model, X, group=None):
        """From X with its index."""
        return np.asarray(model.predict(self.indexed(X, group)))

    def bounded(self, rows):
        """A bound of -0.1 is written into it."""
        raise NotImplementedError(
            "the bound 0.1 is fixed (RejectOptionClassification takes one)"
        )

    def search(self, rows):
        """Groups are the index."""
        grid = {"estimator__C": [0.1, 1.0]}
        search = GridSearchCV(self.make(), grid, scoring="accuracy", cv=3)
        return search, self.indexed(rows.X, rows.group), {}


class Reduction(Method):
    """fairlearn's method with the group in a column of X."""

    library, name = "aif360", "ExponentiatedGradientReduction"
    groups_at_predict = False
    remarks = (
        ("x_alone", "the column of the groups has to be there, with any value"),
        ("error_rates", "by fairlearn's ErrorRateParity"),
        ("numbers", "GridSearchReduction with fairlearn's BoundedGroupLoss"),
    )

    constraints = ("DemographicParity", "EqualizedOdds")

    def make(self, constraint="DemographicParity", max_gap=0.02, frozen=None):
        """The group is dropped."""
        if constraint == "DemographicParity":
            constraint = DemographicParity(difference_bound=max_gap / 2)
        return ExponentiatedGradientReduction("group", LogisticRegression(), constraint)

    def column(self, X, group):
        """X with the group as a column."""
        if not isinstance(X, pd.DataFrame):
            return X
        return X.assign(group=0.0 if group is None else coded(group))

    def fit(self, rows, **options):
        """The group is a column."""
        weight = {} if rows.weight is None else {"sample_weight": rows.weight}
        X = self.column(rows.X, rows.group)
        return self.make(**options).fit(X, rows.y, **weight)

    def predict(self, model, X, group=None):
        """The column is dropped."""
        return np.asarray(model.predict(self.column(X, group)))

    def steady(self, model, X, group, labels=False):
        """Its draws take no seed; expected rates where labels are not needed."""
        if labels:
            return self.predict(model, X, group)
        return model.predict_proba(self.column(X, group))[:, 1]

    def fit_numbers(self, rows):
        """Losses are bounded by that of the mean."""
        model = GridSearchReduction(
            "group",
            Ridge(),
            BoundedGroupLoss(
                SquareLoss(rows.y.min(), rows.y.max()), upper_bound=rows.y.var()
            ),
        )
        return model.fit(self.column(rows.X, rows.group), rows.y)

    def bounded(self, rows):
        """Expected rates."""
        model = self.fit(rows, max_gap=0.05)
        expected = model.predict_proba(self.column(rows.X, rows.group))[:, 1]
        rates = [expected[rows.group == g].mean() for g in rows.group.unique()]
        return 0.05, np.ptp(rates), "expected rates on the training rows"

    def search(self, rows):
        """The group is a column of X."""
        search = GridSearchCV(
            self.make(), {"eps": [0.01, 0.05]}, scoring="accuracy", cv=3
        )
        return search, self.column(rows.X, rows.group), {}

    def fit_error_rates(self, rows):
        """Error rates."""
        return self.fit(rows, constraint="ErrorRateParity")


METHODS = (RejectOption(), Meta(), Reduction())
VERSIONS = ("aif360", "fairlearn")
METRICS = "aif360.sklearn.metrics"
EXTRAS = {
    "adversarial training": ["aif360.sklearn.inprocessing.adversarial_debiasing"],
    "rankings or clusters": [
        "aif360.algorithms.postprocessing.deterministic_reranking"
    ],
}
