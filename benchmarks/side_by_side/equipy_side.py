"""The same tasks with equipy and with this library.

    python benchmarks/side_by_side/equipy_side.py

needs equipy and writes docs/coming_from/equipy_results.txt.
"""

import numpy as np
from common import versions, write
from equipy.fairness import FairWasserstein
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge

from fairlearnkit.datasets import load_law_school
from fairlearnkit.metrics import ks_gap
from fairlearnkit.postprocessing import BarycenterRegressor


def data(n_rows=6000):
    """Two halves of rows of the law school table: lsat, ugpa, grades, race."""
    bunch = load_law_school()
    rows = np.random.default_rng(0).permutation(len(bunch.target))[:n_rows]
    people, y = bunch.data.iloc[rows], np.asarray(bunch.target)[rows]
    X = people.select_dtypes("number").to_numpy(float)
    race = people["race"].astype(str).to_numpy()
    race = np.where(race == "White", "White", "other")
    half = n_rows // 2
    return (X[:half], y[:half], race[:half]), (X[half:], y[half:], race[half:])


def their_scores(model, X, race, X_test, race_test, strength=1.0):
    """Scores moved by equipy."""
    move = FairWasserstein()
    move.fit(model.predict(X), race.reshape(-1, 1))
    return move.transform(
        model.predict(X_test), race_test.reshape(-1, 1), epsilon=1 - strength
    )


def our_scores(model, X, race, X_test, race_test, strength=1.0):
    """Scores moved by fairlearnkit."""
    move = BarycenterRegressor(FrozenEstimator(model), strength=strength)
    move.fit(X, sensitive_features=race)
    return move.predict(X_test, sensitive_features=race_test)


def main():
    """Compare scores, and what they are for a part of the rows."""
    (X, y, race), (X_test, _, race_test) = data()
    model = Ridge().fit(X, y)
    few = np.flatnonzero(race_test == "other")[:1]
    lines = [versions("equipy", "scikit-learn"), ""]
    head = f"{'':<24}{'KS distance':>12}{'mean':>8}"
    lines += [f"{head}{'a row, in its batch':>24}{'alone':>8}"]
    plain = model.predict(X_test)
    gap = ks_gap(None, plain, sensitive_features=race_test)
    lines += [f"{'Ridge':<24}{gap:12.3f}{plain.mean():8.3f}"]
    for name, scores in (
        ("FairWasserstein", their_scores),
        ("BarycenterRegressor", our_scores),
    ):
        moved = scores(model, X, race, X_test, race_test)
        gap = ks_gap(None, moved, sensitive_features=race_test)
        try:
            alone = scores(model, X, race, X_test[few], race_test[few])[0]
            told = f"{alone:8.3f}"
        except Exception as error:
            told = f"  {type(error).__name__}"
        lines += [
            f"{name:<24}{gap:12.3f}{moved.mean():8.3f}{moved[few][0]:24.3f}{told}"
        ]
    for name, scores in (
        ("FairWasserstein", their_scores),
        ("BarycenterRegressor", our_scores),
    ):
        first, second = (scores(model, X, race, X_test, race_test) for _ in range(2))
        lines += [
            f"two runs of {name}: at most {np.abs(first - second).max():.1e} apart"
        ]
    write("equipy", lines)


if __name__ == "__main__":
    main()
