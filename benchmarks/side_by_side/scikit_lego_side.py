"""The same tasks with scikit-lego and with this library.

    python benchmarks/side_by_side/scikit_lego_side.py

needs scikit-lego and cvxpy, and writes docs/coming_from/scikit_lego_results.txt.
"""

from time import perf_counter

import numpy as np
from common import table, versions, write
from sklearn.linear_model import LogisticRegression
from sklego.linear_model import DemographicParityClassifier
from sklego.preprocessing import InformationFilter

from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.metrics import score_gap
from fairlearnkit.preprocessing import ParityProjection

THRESHOLD = 0.02


def their_classifier(X, y, sex):
    """A bound on the covariance, scikit-lego."""
    both = X.assign(female=(sex == "Female").astype(float))
    model = DemographicParityClassifier(
        sensitive_cols=["female"], covariance_threshold=THRESHOLD, penalty=None
    )
    model.fit(both, y)
    return both, model


def our_classifier(X, y, sex):
    """The same bound as a difference of means, fairlearnkit."""
    share = np.mean(sex == "Female")
    model = ParityLogisticRegression(max_gap=THRESHOLD / (share * (1 - share)), C=1e6)
    return X, model.fit(X, y, sensitive_features=sex)


def information_filter(X, sex):
    """Features without the sensitive direction, scikit-lego."""
    both = X.assign(female=(sex == "Female").astype(float))
    return InformationFilter(["female"]).fit_transform(both)


def projection(X, sex):
    """Equal means of features, fairlearnkit."""
    return ParityProjection().fit(X, sensitive_features=sex).transform(X)


def measured(name, X, model, y, sex):
    """Gap of mean scores, covariance with sex, log loss and seconds."""
    scores = model.decision_function(X)
    female = np.asarray(sex == "Female", dtype=float)
    gap = score_gap(None, scores, sensitive_features=sex)
    covariance = abs(np.mean((female - female.mean()) * scores))
    loss = np.mean(np.logaddexp(0, np.where(y == 1, -scores, scores)))
    return f"{name:<32}{gap:10.4f}{covariance:12.4f}{loss:10.4f}"


def main():
    """Compare the classifiers and the filters, and keep the results."""
    X, y, sex = table("train")
    head = f"{'':<32}{'gap':>10}{'covariance':>12}{'log loss':>10}{'seconds':>10}"
    lines = [versions("scikit-lego", "cvxpy", "scikit-learn"), "", head]
    plain = LogisticRegression(C=1e6).fit(X, y)
    lines += [measured("LogisticRegression", X, plain, y, sex)]
    for name, fit in (
        ("DemographicParityClassifier", their_classifier),
        ("ParityLogisticRegression", our_classifier),
    ):
        start = perf_counter()
        columns, model = fit(X, y, sex)
        seconds = perf_counter() - start
        lines += [f"{measured(name, columns, model, y, sex)}{seconds:10.2f}"]
    women = np.asarray(sex == "Female")
    lines += ["", "Largest difference of column means between women and men:"]
    for name, Z in (
        ("X", X.to_numpy()),
        ("InformationFilter", np.asarray(information_filter(X, sex))),
        ("ParityProjection", np.asarray(projection(X, sex))),
    ):
        apart = np.abs(Z[women].mean(axis=0) - Z[~women].mean(axis=0)).max()
        lines += [f"{name:<32}{apart:10.4f}"]
    write("scikit_lego", lines)


if __name__ == "__main__":
    main()
