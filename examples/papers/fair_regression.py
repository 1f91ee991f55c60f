"""Fair regression by Wasserstein barycenters, as in the experiments of the paper.

    python examples/papers/fair_regression.py --output docs/papers_regression.txt

Chzhen, Denis, Hebiri, Oneto, Pontil: Fair Regression with Wasserstein Barycenters,
NeurIPS 2020. Two tables that come with the library: Communities and Crime (groups:
communities above and below the median share of Black residents) and Law School (groups:
White students and all others). Ridge, kernel ridge with an RBF kernel, and a random
forest, each alone and inside BarycenterRegressor. On test rows: the mean squared error,
and the Kolmogorov-Smirnov distance (KS) between the predictions of the two groups.

- "plain": the model alone; the group is one of its features.
- "barycenter": BarycenterRegressor, maps learnt from predictions out of 5 folds.
- "split-rank": the same with the paper's own algorithm, which ranks in one random half
  of these predictions and takes quantiles of the other.

10 random splits of 90 to 10, stratified by group. Parameters of Ridge and kernel ridge
have the lowest squared error in 3 folds of the training rows; the forest has 100 trees,
and otherwise the defaults of R's randomForest (a third of the features at a split,
leaves of 5 rows). Kernel ridge gets at most 2,000 training rows, which matters for Law
School only. A run takes some minutes on one core; --resume continues one that was cut
off.
"""

from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _shared import (
    COLORS,
    Records,
    draw_rows,
    mean_and_sd,
    parser,
    save_figure,
    timed,
    versions,
    write,
)
from sklearn.base import clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fairlearnkit.datasets import load_communities_crime, load_law_school
from fairlearnkit.metrics import ks_gap
from fairlearnkit.postprocessing import BarycenterRegressor

# Time of a solve grows as the cube: a thousand times as long on all of Law School.
KERNEL_ROWS = 2_000


def crime(n_rows):
    """Features, target and group of Communities and Crime."""
    bunch = load_communities_crime()
    share = bunch.data["racepctblack"]
    group = np.where(share > share.median(), "above", "below")
    X = bunch.data.assign(group=group == "above").astype(float)
    return draw_rows({"X": X, "y": bunch.target, "group": group}, n_rows)


def law(n_rows):
    """Features, target and group of Law School."""
    bunch = load_law_school()
    group = np.where(bunch.data["race"] == "White", "White", "others")
    X = pd.get_dummies(bunch.data).assign(group=group == "White").astype(float)
    return draw_rows({"X": X, "y": bunch.target, "group": group}, n_rows)


TABLES = {"Communities and Crime": crime, "Law School": law}
# Each model, and the parameters among which the folds choose.
MODELS = {
    "Ridge": (
        make_pipeline(StandardScaler(), Ridge()),
        {"ridge__alpha": np.logspace(-1, 4, 6).tolist()},
    ),
    "kernel ridge": (
        make_pipeline(StandardScaler(), KernelRidge(kernel="rbf")),
        {
            "kernelridge__alpha": [0.01, 0.1, 1.0],
            "kernelridge__gamma": [0.0003, 0.003, 0.03],
        },
    ),
    "forest": (
        RandomForestRegressor(100, max_features=1 / 3, min_samples_leaf=5),
        {},
    ),
}
METHODS = ("plain", "barycenter", "split-rank")


def run(table, name, seed):
    """MSE and KS of one model and its barycenters on the test rows of one split."""
    parts = train_test_split(
        table["X"],
        table["y"],
        table["group"],
        test_size=0.1,
        random_state=seed,
        stratify=table["group"],
    )
    X, X_test, y, y_test, g, g_test = parts
    model, grid = MODELS[name]
    if name == "kernel ridge":
        X, y, g = X[:KERNEL_ROWS], y[:KERNEL_ROWS], g[:KERNEL_ROWS]
    if grid:
        search = GridSearchCV(model, grid, scoring="neg_mean_squared_error", cv=3)
        params = search.fit(X, y).best_params_
        model = clone(model).set_params(**params)
    else:
        params, model = {}, clone(model).set_params(random_state=seed)
    transport = BarycenterRegressor(model).fit(X, y, sensitive_features=g)
    ranked = BarycenterRegressor(model, algorithm="split-rank", random_state=seed)
    ranked.fit(X, y, sensitive_features=g)
    groups = {"sensitive_features": g_test}
    found = (
        transport.estimator_.predict(X_test),
        transport.predict(X_test, **groups),
        ranked.predict(X_test, **groups),
    )
    methods = {
        method: {
            "mse": round(float(mean_squared_error(y_test, f)), 7),
            "ks": round(float(ks_gap(None, f, **groups)), 5),
        }
        for method, f in zip(METHODS, found)
    }
    return {"methods": methods, "chosen": params}


def measure_all(records, options):
    """Every part that the records lack."""
    tables = {name: load(options.rows) for name, load in TABLES.items()}
    # All models split by split, so that a part of a run is a table of fewer splits.
    for seed, name, model in product(range(options.splits), TABLES, MODELS):
        part, measured = (name, model, seed), {}
        if part not in records:
            with timed(measured):
                found = run(tables[name], model, seed)
            records.add(part, **found, versions=versions("pandas"), **measured)


def summary(records, *task):
    """MSE and KS of each method over the splits."""
    rows = [record["methods"] for record in records.named(*task)]
    return {
        method: np.array([[row[method]["mse"], row[method]["ks"]] for row in rows]).T
        for method in METHODS
    }


def table_lines(records, options):
    """Both tables, each with a title that the documentation finds it by."""
    lines = records.provenance(options.splits)
    for name in TABLES:
        lines += ["", name]
        titles = f"{'MSE':>17} {'KS':>15} {'MSE ratio':>10} {'KS ratio':>9}"
        lines.append(f"{'':<26} {titles}")
        for model in MODELS:
            found = summary(records, name, model)
            plain = found["plain"].mean(axis=1)
            for method, values in found.items():
                ratio = values.mean(axis=1) / plain
                lines.append(
                    f"{model + ', ' + method:<26} {mean_and_sd(values[0], 4):>17} "
                    f"{mean_and_sd(values[1]):>15} {ratio[0]:>10.2f} {ratio[1]:>9.2f}"
                )
    return lines


def draw(records, output):
    """MSE against KS: an arrow from each model to its barycenter."""
    fig, axes = plt.subplots(1, len(TABLES), figsize=(10, 4.2), layout="constrained")
    for ax, name in zip(axes, TABLES):
        for model, color, marker in zip(MODELS, COLORS[3:], "os^"):
            means = {
                m: v.mean(axis=1) for m, v in summary(records, name, model).items()
            }
            mse, ks = zip(*(means[method] for method in ("plain", "barycenter")))
            ax.plot(ks, mse, "-", color=color, linewidth=1)
            ax.plot(ks[0], mse[0], marker, color=color, fillstyle="none", markersize=9)
            ax.plot(ks[1], mse[1], marker, color=color, markersize=9, label=model)
        ax.set(title=name, xlabel="KS between the groups", xlim=(0, None))
        ax.set_ylim(0, 1.1 * ax.get_ylim()[1])
    axes[0].set_ylabel("mean squared error")
    axes[0].legend(title="hollow: plain; filled: barycenter", loc="lower left")
    save_figure(fig, output)


def main(arguments=None):
    """Measure what is missing, then write the table and the picture."""
    known = parser(__doc__, "docs/papers_regression.txt", splits=10)
    options = known.parse_args(arguments)
    records = Records(options.output, options.resume)
    measure_all(records, options)
    records.select(lambda part: part[-1] < options.splits)
    write(options.output, table_lines(records, options))
    draw(records, options.output)


if __name__ == "__main__":
    main()
