"""Decisions: how much accuracy a bound on rates costs
===================================================

How much accuracy do four methods give up to bring the selection rates of two groups
closer together? This example compares them on test rows of two data sets.
"""

# %%
# Adult: who earns more than 50,000 dollars? The groups are men and women. COMPAS: who
# is rearrested within two years? The groups are African-American people and others. No
# model has sex or race among its features.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fairlearnkit.datasets import load_adult, load_compas
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.postprocessing import BarycenterClassifier, ParityThresholdClassifier


def split(bunch, in_group, positive, n_train, n_test):
    X = bunch.data.drop(columns=["sex", "race"])
    y = (bunch.target == positive).astype(int)
    sizes = {"train_size": n_train, "test_size": n_test}
    return train_test_split(X, y, in_group, **sizes, random_state=0)


adult, compas = load_adult(), load_compas()
tables = {
    "Adult": split(adult, adult.data["sex"] == "Male", ">50K", 5_000, 5_000),
    "COMPAS": split(compas, compas.data["race"] == "African-American", 1, 3_086, 3_086),
}

# %%
# Each method makes decisions for the test rows at several bounds. ``with_max_gap`` and
# ``with_strength`` need one fit for a curve, ``ParityLogisticRegression`` one for each
# bound. Its ``max_gap`` is in log-odds, from the gap of the plain model down to zero.
boosting = HistGradientBoostingClassifier(
    max_iter=30, max_leaf_nodes=15, categorical_features="from_dtype", random_state=0
)
one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
texts = make_column_selector(dtype_include="category")
encode = make_column_transformer((one_hot, texts), remainder=StandardScaler())
bounds = [np.inf, 0.15, 0.1, 0.075, 0.05, 0.035, 0.02, 0.0]
shares = np.linspace(1, 0, 6)


def decide(X, y, group, X_test, group_test):
    """Decisions of each method, a list of arrays, from no bound to the tightest."""
    fit, predict = {"sensitive_features": group}, {"sensitive_features": group_test}
    known = ParityThresholdClassifier(boosting, cv=3).fit(X, y, **fit)
    unaware = ParityThresholdClassifier(boosting, group_estimator=boosting, cv=3)
    unaware.fit(X, y, **fit)
    moved = BarycenterClassifier(boosting, cv=3).fit(X, y, **fit)
    Z, Z_test = encode.fit_transform(X), encode.transform(X_test)
    linear = ParityLogisticRegression(C=0.1, max_gap=np.inf)
    gap = linear.fit(Z, y, **fit).gap_
    return {
        "ParityThresholdClassifier": [
            known.with_max_gap(b).predict(X_test, **predict) for b in bounds
        ],
        "BarycenterClassifier": [
            moved.with_strength(1 - s).predict(X_test, **predict) for s in shares
        ],
        "ParityThresholdClassifier, group_estimator": [
            unaware.with_max_gap(b).predict(X_test) for b in bounds
        ],
        "ParityLogisticRegression": [
            linear.set_params(max_gap=s * gap).fit(Z, y, **fit).predict(Z_test)
            for s in shares
        ],
    }


# %%
# Each curve starts at the plain model, on the right. Methods with solid lines need the
# group to predict; dashed ones do not. Left of zero, the other group is selected more
# often. On Adult, features such as marital status distinguish men from women, and
# decisions without the group are as accurate as those with it. On COMPAS, the features
# that predict the group also predict the outcome: without the group, accuracy falls
# nearly to that of the same decision for everybody, as the printed numbers show.
fig, axes = plt.subplots(1, 2, figsize=(10, 5.2), layout="constrained")
looks = [("#0072B2", "o", "-"), ("#E69F00", "s", "-")]
looks += [("#009E73", "^", "--"), ("#CC79A7", "D", "--")]
for ax, (name, table) in zip(axes, tables.items()):
    X, X_test, y, y_test, group, group_test = table
    results = decide(X, y, group, X_test, group_test)
    print(f"{name}, accuracy and difference of selection rates:")
    for (method, decisions), (color, marker, line) in zip(results.items(), looks):
        gaps = [d[group_test].mean() - d[~group_test].mean() for d in decisions]
        accuracy = [np.mean(d == y_test) for d in decisions]
        ax.plot(gaps, accuracy, color=color, marker=marker, ls=line, label=method)
        first, last = ((accuracy[i], gaps[i]) for i in (0, -1))
        print(f"  {method:43} {first[0]:.3f} {first[1]:5.2f} -> ", end="")
        print(f"{last[0]:.3f} {last[1]:5.2f}")
    ax.axvline(0, color="0.6", lw=0.8, zorder=0)
    ax.set(title=name)
axes[0].set_ylabel("accuracy on test rows")
axes[0].set_xlabel("selection rate of men minus that of women")
axes[1].set_xlabel("rate of African-American people minus that of others")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
plt.show()

# %%
# The same task with fairlearn, which this example does not need. Both methods make
# random decisions, so two calls differ unless ``random_state`` is given.
# ``ThresholdOptimizer`` needs the group to predict. ``ExponentiatedGradient`` does not,
# and bounds the difference between each group and all rows::
#
#     optimizer = ThresholdOptimizer(
#         estimator=boosting, predict_method="predict_proba", tol=0.05
#     ).fit(X, y, sensitive_features=group)
#     optimizer.predict(X_test, sensitive_features=group_test, random_state=0)
#
#     constraint = DemographicParity(difference_bound=0.05)
#     reduction = ExponentiatedGradient(boosting, constraint)
#     reduction.fit(X, y, sensitive_features=group).predict(X_test, random_state=0)
