"""Regression: search over the strength of a barycenter
====================================================

Predictions of violent crime are correlated with the share of Black residents. A grid
search tunes the ``strength`` of the repair together with the inner model, and the
result is compared with the inner model alone.
"""

# %%
# The groups are communities above and below the median share of Black residents. The
# group is a column of X, and ``SensitiveColumns`` passes it to every step that asks for
# it.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import GridSearchCV, StratifiedKFold, train_test_split

from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.datasets import load_communities_crime
from fairlearnkit.metrics import ks_gap, parity_scorer
from fairlearnkit.model_selection import HighestScore
from fairlearnkit.postprocessing import BarycenterRegressor

crime = load_communities_crime()
share = crime.data["racepctblack"]
X = crime.data.assign(group=np.where(share > share.median(), "above", "below"))
X_train, X_test, y_train, y_test = train_test_split(
    X, crime.target, test_size=0.25, random_state=0, stratify=X["group"]
)

# %%
# The search picks the best R^2 among the settings whose Kolmogorov-Smirnov (KS)
# distance between the groups is at most 0.35 in cross-validation. The KS distance is
# the largest difference between the distribution functions of the predictions.
forest = RandomForestRegressor(10, max_features="sqrt", random_state=0)
inner = [Ridge(alpha=1.0), forest]
strengths = [0.0, 0.25, 0.5, 1.0]
folds = StratifiedKFold(3, shuffle=True, random_state=0)
search = GridSearchCV(
    SensitiveColumns(BarycenterRegressor(Ridge(), cv=2), "group"),
    {"estimator__estimator": inner, "estimator__strength": strengths},
    scoring={"r2": "r2", "ks": parity_scorer("ks_gap")},
    refit=HighestScore("r2", "ks", max_gap=0.35),
    cv=list(folds.split(X_train, X_train["group"])),
).fit(X_train, y_train)
best = search.best_params_
print("chosen:", best["estimator__estimator"], "strength", best["estimator__strength"])
table = pd.DataFrame(search.cv_results_)
table["model"] = [type(m).__name__ for m in table["param_estimator__estimator"]]
table["strength"] = table["param_estimator__strength"].astype(float)
columns = table[["model", "strength", "mean_test_r2", "mean_test_ks"]]
print(columns.round(3).to_string(index=False), "\n")

# %%
# On test rows, ``search.predict`` needs the column with the group. The inner model
# alone does not.
f = search.best_estimator_.estimator_.estimator_.predict(X_test.drop(columns="group"))
g = search.predict(X_test)
for name, z in (("inner model", f), ("chosen", g)):
    ks = ks_gap(None, z, sensitive_features=X_test["group"])
    print(f"{name:<12} MSE {mean_squared_error(y_test, z):.4f}  KS {ks:.3f}")

# %%
# Left: the trade-off along ``strength``, for both inner models. Middle and right: the
# distributions of the predictions for test rows, before and after the repair.
fig, axes = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
styles = {"Ridge": ("#0072B2", "o-"), "RandomForestRegressor": ("#D55E00", "s--")}
for name, (color, line) in styles.items():
    rows = table[table["model"] == name].sort_values("strength")
    axes[0].plot(-rows["mean_test_ks"], rows["mean_test_r2"], line, color=color)
    axes[0].plot([], [], line, color=color, label=name)
axes[0].axvline(0.35, color="0.6", linewidth=1)
axes[0].set(
    title="strength from 1 (left) to 0 (right), 3 folds",
    xlabel="KS distance between the groups",
    ylabel="R²",
)
axes[0].legend()
bins = np.linspace(0, 1, 26)
for ax, z, title in zip(axes[1:], (f, g), ("inner model", "chosen")):
    for group, color, line in (("above", "#0072B2", "-"), ("below", "#E69F00", "--")):
        height, _ = np.histogram(z[X_test["group"] == group], bins, density=True)
        ax.stairs(height, bins, color=color, linestyle=line, label=group)
    ax.set(title=f"{title}, test rows", xlabel="predicted crime (scaled)")
axes[1].sharey(axes[2])
axes[1].set(ylabel="density")
axes[1].legend(title="share")
plt.show()
