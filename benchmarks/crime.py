"""Communities and Crime: what equal distributions of predictions cost.

    python benchmarks/crime.py          # writes docs/crime_results.txt; some minutes

Groups: the share of Black residents above or below its median. Random forests of 100
trees on all features, 10 random splits of 90 to 10; calibration by 5 folds of the 90.
"""

import statistics
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import train_test_split

from fairlearnkit.datasets import load_communities_crime
from fairlearnkit.metrics import ks_gap, wasserstein_unfairness
from fairlearnkit.postprocessing import BarycenterRegressor

HERE = Path(__file__).parent
SEEDS = range(10)


def one_split(crime, group, seed):
    """Test KS, U and MSE of the forest and of its barycenters."""
    parts = train_test_split(
        crime.data, crime.target, group, test_size=0.1, random_state=seed
    )
    X, X_test, y, y_test, g, g_test = parts
    forest = RandomForestRegressor(random_state=seed, n_jobs=2)
    model = BarycenterRegressor(forest).fit(X, y, sensitive_features=g)
    training = FrozenEstimator(model.estimator_)
    ranked = clone(model).set_params(algorithm="split-rank", random_state=seed)
    models = {
        "forest": model.estimator_.predict(X_test),
        "transport, strength 0.5": None,
        "transport": model.predict(X_test, sensitive_features=g_test),
        "split-rank": ranked.fit(X, y, sensitive_features=g).predict(
            X_test, sensitive_features=g_test
        ),
        "transport, calibrated on training rows": BarycenterRegressor(training)
        .fit(X, sensitive_features=g)
        .predict(X_test, sensitive_features=g_test),
    }
    models["transport, strength 0.5"] = (models["forest"] + models["transport"]) / 2
    return {
        name: (
            ks_gap(None, f, sensitive_features=g_test),
            wasserstein_unfairness(None, f, sensitive_features=g_test),
            mean_squared_error(y_test, f),
        )
        for name, f in models.items()
    }


def main():
    """All splits, and the table."""
    crime = load_communities_crime(as_frame=False)
    share = crime.data[:, crime.feature_names.index("racepctblack")]
    group = np.where(share > np.median(share), "above", "below")
    splits = [one_split(crime, group, seed) for seed in SEEDS]
    lines = [
        f"{len(SEEDS)} splits, mean (standard deviation) on test rows",
        f"{'':<40} {'KS':>14} {'1000 U':>14} {'1000 MSE':>14} {'MSE ratio':>10}",
    ]
    base = statistics.mean(split["forest"][2] for split in splits)
    for name in splits[0]:
        cells = []
        for place, unit in enumerate((1, 1000, 1000)):
            values = [unit * split[name][place] for split in splits]
            cell = f"{statistics.mean(values):.3f} ({statistics.stdev(values):.3f})"
            cells.append(f"{cell:>14}")
        ratio = statistics.mean(split[name][2] for split in splits) / base
        lines.append(f"{name:<40} {' '.join(cells)} {ratio:>10.2f}")
    print("\n".join(lines))
    (HERE.parent / "docs" / "crime_results.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
