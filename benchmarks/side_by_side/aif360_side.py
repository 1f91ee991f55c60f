"""The same tasks with AIF360 and with this library.

    python benchmarks/side_by_side/aif360_side.py

needs aif360 and writes docs/coming_from/aif360_results.txt.
"""

import numpy as np
from aif360.algorithms.preprocessing import Reweighing
from aif360.datasets import BinaryLabelDataset
from aif360.metrics import BinaryLabelDatasetMetric, ClassificationMetric
from common import table, versions, write
from sklearn.linear_model import LogisticRegression

import fairlearnkit.metrics as ours
from fairlearnkit.preprocessing import parity_sample_weight

MEN, WOMEN = [{"female": 0.0}], [{"female": 1.0}]


def dataset(X, y, sex):
    """The container that AIF360's classes take."""
    frame = X.assign(female=(sex == "Female").astype(float), y=y)
    return BinaryLabelDataset(
        df=frame, label_names=["y"], protected_attribute_names=["female"]
    )


def reweighing(X, y, sex):
    """Sample weights by AIF360."""
    weigh = Reweighing(unprivileged_groups=WOMEN, privileged_groups=MEN)
    return weigh.fit_transform(dataset(X, y, sex)).instance_weights


def parity_weights(X, y, sex):
    """Sample weights by fairlearnkit."""
    return parity_sample_weight(y, sensitive_features=sex)


def their_metrics(X, y, sex, y_pred):
    """Metrics of AIF360."""
    truth, decided = dataset(X, y, sex), dataset(X, y_pred, sex)
    rates = BinaryLabelDatasetMetric(
        decided, unprivileged_groups=WOMEN, privileged_groups=MEN
    )
    errors = ClassificationMetric(
        truth, decided, unprivileged_groups=WOMEN, privileged_groups=MEN
    )
    return {
        "statistical_parity_difference": rates.statistical_parity_difference(),
        "disparate_impact": rates.disparate_impact(),
        "equal_opportunity_difference": errors.equal_opportunity_difference(),
        "average_odds_difference": errors.average_odds_difference(),
    }


def our_metrics(X, y, sex, y_pred):
    """Metrics of fairlearnkit."""
    groups = {"sensitive_features": sex}
    return {
        "demographic_parity_difference": ours.demographic_parity_difference(
            None, y_pred, **groups
        ),
        "demographic_parity_ratio": ours.demographic_parity_ratio(
            None, y_pred, **groups
        ),
        "equal_opportunity_difference": ours.equal_opportunity_difference(
            y, y_pred, **groups
        ),
        "equalized_odds_difference": ours.equalized_odds_difference(
            y, y_pred, **groups
        ),
    }


def main():
    """Compare weights and metrics, and keep the results."""
    X, y, sex = table("train")
    theirs, own = reweighing(X, y, sex), parity_weights(X, y, sex)
    y_pred = LogisticRegression().fit(X, y).predict(X)
    lines = [versions("aif360", "scikit-learn"), ""]
    apart = np.abs(theirs - own).max()
    lines += [f"Reweighing and parity_sample_weight: at most {apart:.1e} apart", ""]
    pairs = zip(
        their_metrics(X, y, sex, y_pred).items(), our_metrics(X, y, sex, y_pred).items()
    )
    lines += [f"{'AIF360':<40}fairlearnkit"]
    lines += [f"{a:<32}{u:7.4f} {b:<30}{v:7.4f}" for (a, u), (b, v) in pairs]
    write("aif360", lines)


if __name__ == "__main__":
    main()
