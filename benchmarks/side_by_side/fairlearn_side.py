"""The same tasks with fairlearn and with this library.

    python benchmarks/side_by_side/fairlearn_side.py

needs fairlearn (extra "dev") and writes docs/coming_from/fairlearn_results.txt.
"""

import numpy as np
from common import table, versions, write
from fairlearn.metrics import (
    MetricFrame,
    equalized_odds_difference,
    selection_rate,
    true_positive_rate,
)
from fairlearn.postprocessing import ThresholdOptimizer
from fairlearn.preprocessing import CorrelationRemover
from fairlearn.reductions import DemographicParity, ExponentiatedGradient
from sklearn.linear_model import LogisticRegression

import fairlearnkit.metrics as ours
from fairlearnkit.postprocessing import ParityThresholdClassifier
from fairlearnkit.preprocessing import ParityProjection


def threshold_optimizer(X, y, sex, X_test, sex_test):
    """Equal selection rates, fairlearn."""
    model = ThresholdOptimizer(
        estimator=LogisticRegression(),
        constraints="demographic_parity",
        predict_method="predict_proba",
    )
    model.fit(X, y, sensitive_features=sex)
    return model.predict(X_test, sensitive_features=sex_test)


def threshold_classifier(X, y, sex, X_test, sex_test):
    """Equal selection rates, fairlearnkit."""
    model = ParityThresholdClassifier(LogisticRegression(), max_gap=0.0)
    model.fit(X, y, sensitive_features=sex)
    return model.predict(X_test, sensitive_features=sex_test)


def exponentiated_gradient(X, y, sex, X_test):
    """No groups at predict, fairlearn."""
    model = ExponentiatedGradient(
        LogisticRegression(), constraints=DemographicParity(difference_bound=0.025)
    )
    model.fit(X, y, sensitive_features=sex)
    return model.predict(X_test)


def rule_without_groups(X, y, sex, X_test):
    """No groups at predict, fairlearnkit."""
    model = ParityThresholdClassifier(
        LogisticRegression(), max_gap=0.05, group_estimator=LogisticRegression()
    )
    model.fit(X, y, sensitive_features=sex)
    return model.predict(X_test)


def metric_frame(y, y_pred, sex):
    """Rates by group, fairlearn."""
    frame = MetricFrame(
        metrics={"selection rate": selection_rate, "TPR": true_positive_rate},
        y_true=y,
        y_pred=y_pred,
        sensitive_features=sex,
    )
    return frame.by_group, frame.difference()


def correlation_remover(X, sex):
    """No correlation of features with the group, fairlearn."""
    both = X.assign(female=(sex == "Female").astype(float))
    return CorrelationRemover(sensitive_feature_ids=["female"]).fit_transform(both)


def projection(X, sex):
    """Equal means of features, fairlearnkit."""
    return ParityProjection().fit(X, sensitive_features=sex).transform(X)


def decisions(data, test):
    """Gap and accuracy on test rows, and whether a second call decides alike."""
    X_test, y_test, sex_test = test
    known = (*data, X_test, sex_test)
    unknown = (*data, X_test)
    methods = {
        "ThresholdOptimizer": (threshold_optimizer, known),
        "ParityThresholdClassifier": (threshold_classifier, known),
        "ExponentiatedGradient": (exponentiated_gradient, unknown),
        "ParityThresholdClassifier, group_estimator": (rule_without_groups, unknown),
    }
    yield f"{'':<43}{'gap':>7}{'accuracy':>10}{'changed':>9}"
    for name, (method, arguments) in methods.items():
        # Both draw from numpy's global generator where no random_state is given.
        y_pred, again = method(*arguments), method(*arguments)
        gap = ours.demographic_parity_difference(
            None, y_pred, sensitive_features=sex_test
        )
        accuracy, changed = np.mean(y_pred == y_test), np.mean(y_pred != again)
        yield f"{name:<43}{gap:7.3f}{accuracy:10.3f}{changed:9.4f}"


def conventions():
    """Three groups whose rates are easily counted, and a group without positives."""
    y = np.tile([1, 1, 1, 1, 0, 0, 0, 0], 9)
    decided = [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 0, 0, 0]
    y_pred, group = np.tile(decided, 3), np.tile(np.repeat(["a", "b", "c"], 8), 3)
    for agg in ("worst_case", "mean"):
        found = equalized_odds_difference(y, y_pred, sensitive_features=group, agg=agg)
        yield f"equalized_odds_difference, fairlearn, agg={agg!r}: {found:.3f}"
    found = ours.equalized_odds_difference(y, y_pred, sensitive_features=group)
    yield f"equalized_odds_difference, fairlearnkit: {found:.3f}"
    frame, _ = metric_frame(np.where(group == "c", 0, y), y_pred, group)
    yield f"TPR of a group without positives, fairlearn: {frame.loc['c', 'TPR']}"


def means(X, sex):
    """Column means of all rows and of each sex, after either transformer."""
    for name, Z in (
        ("X", X.to_numpy()),
        ("CorrelationRemover", np.asarray(correlation_remover(X, sex))),
        ("ParityProjection", np.asarray(projection(X, sex))),
    ):
        rows = {"all rows": Z, "women": Z[sex == "Female"], "men": Z[sex == "Male"]}
        for label, part in rows.items():
            values = " ".join(f"{value + 0.0:7.3f}" for value in part.mean(axis=0))
            yield f"{name:<20}{label:<10}{values}"
        yield f"{name:<20}{'rank':<10}{np.linalg.matrix_rank(Z - Z.mean(axis=0)):7}"


def main():
    """Run everything and keep the results."""
    data, test = table("train"), table("test")
    lines = [versions("fairlearn", "scikit-learn"), ""]
    lines += [*decisions(data, test), "", *conventions(), ""]
    write("fairlearn", [*lines, "Column means:", *means(data[0], data[2])])


if __name__ == "__main__":
    main()
