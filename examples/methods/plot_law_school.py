"""Regression: equal distributions of predictions
==============================================

A model that predicts first-year averages from LSAT scores and college grades ranks most
Black students below most White students. ``BarycenterRegressor`` gives the predictions
the same distribution in all groups, and ``strength`` says how far to go. How much
accuracy does it cost?
"""

# %%
# The data are 21,791 law students. Small groups are merged, because the distribution of
# every group has to be estimated.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import train_test_split

from fairlearnkit.datasets import load_law_school
from fairlearnkit.metrics import ks_gap, wasserstein_unfairness
from fairlearnkit.postprocessing import BarycenterRegressor

law = load_law_school()
latino = dict.fromkeys(["Hispanic", "Mexican", "Puertorican"], "Latino")
race = law.data["race"].astype(str).replace(latino).replace("Amerindian", "Other")
X = law.data[["LSAT", "UGPA"]]
X_train, X_test, y_train, y_test, train, test = train_test_split(
    X, law.target, race, test_size=0.3, random_state=0, stratify=race
)
print(train.value_counts().to_string(), "\n")

# %%
# The inner model uses LSAT scores and grades only. The maps are learned from its
# predictions for rows that it was not fitted on. Then it is fitted on all training
# rows. U is the unfairness: the mean squared Wasserstein-2 distance between the groups
# and their barycenter. KS is the largest Kolmogorov-Smirnov distance between two
# groups.
inner = HistGradientBoostingRegressor(max_depth=3, learning_rate=0.05, random_state=0)
model = BarycenterRegressor(inner).fit(X_train, y_train, sensitive_features=train)
print(f"U on calibration rows, before and after: {model.unfairness_.round(5)}")
print(f"KS after: {model.gap_:.4f}, which cannot exceed {model.atom_bound_:.4f}\n")

# %%
# One fit is enough for all values of ``strength``, because the maps do not depend on
# it.
strengths, rows = np.linspace(0, 1, 11), {}
for strength in strengths:
    model.set_params(strength=strength)
    f = model.predict(X_test, sensitive_features=test)
    rows[round(strength, 1)] = {
        "RMSE": root_mean_squared_error(y_test, f),
        "KS": ks_gap(None, f, sensitive_features=test),
        "U": wasserstein_unfairness(None, f, sensitive_features=test),
    }
table = pd.DataFrame(rows).T.rename_axis("strength")
print(table.round(4).to_string())

# %%
# U falls like (1 - strength)^2. KS does not reach 0: the smallest group has 118 test
# rows, and their distribution differs from that of the other groups by chance.
fig, axes = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
shown = {"Black": ("#0072B2", "-"), "Latino": ("#E69F00", "--"), "White": ("k", ":")}
bins = np.linspace(-1.2, 1.2, 49)
for ax, strength, title in zip(axes, (0.0, 1.0), ("inner model", "strength 1")):
    f = model.set_params(strength=strength).predict(X_test, sensitive_features=test)
    for group, (color, line) in shown.items():
        height, _ = np.histogram(f[test == group], bins, density=True)
        smooth = np.convolve(height, np.ones(5) / 5, mode="same")
        middle = (bins[1:] + bins[:-1]) / 2
        ax.plot(middle, smooth, color=color, linestyle=line, label=group)
    ax.set(title=title, xlabel="predicted first-year average", ylabel="density")
axes[1].sharey(axes[0])
axes[0].legend()
axes[2].plot(table["KS"], table["RMSE"], "o-", color="k")
for strength in (0.0, 0.5, 1.0):
    point = table.loc[strength]
    axes[2].annotate(
        f"strength {strength:g}",
        (point["KS"], point["RMSE"]),
        xytext=(6, 6),
        textcoords="offset points",
    )
axes[2].set(
    title="test rows",
    xlabel="largest KS distance between groups",
    ylabel="root mean squared error",
)
axes[2].margins(0.25)
plt.show()
