"""Insurance: frequency, severity and premium by group
===================================================

A premium is the expected number of claims times the expected amount of one. Two groups
of drivers get different premiums, although no model sees the group. Parity in the
linear predictor, and equal distributions by ``BarycenterRegressor``: what do they
change, and what do they cost?
"""

# %%
# A generated portfolio: exposure in years, number of claims, and their total amount.
# The features of group a are those of drivers with more claims.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import GammaRegressor, PoissonRegressor
from sklearn.metrics import mean_poisson_deviance
from sklearn.model_selection import train_test_split

from fairlearnkit.datasets import make_biased_claims
from fairlearnkit.linear_model import ParityGammaRegressor, ParityPoissonRegressor
from fairlearnkit.metrics import ks_gap
from fairlearnkit.postprocessing import BarycenterRegressor

claims = make_biased_claims(60_000, random_state=0)
table = pd.DataFrame(
    {name: claims[name] for name in ("exposure", "counts", "amount", "group")}
)
X, Z, train, test = train_test_split(claims.data, table, test_size=0.5, random_state=0)
totals = train.groupby("group")[["exposure", "counts", "amount"]].sum()
totals["frequency"] = totals["counts"] / totals["exposure"]
totals["severity"] = totals["amount"] / totals["counts"]
print(totals.round(3).to_string(), "\n")

# %%
# The target of the frequency is claims per year, weighted by exposure; that of the
# severity is the mean amount of a claim, on rows with claims, weighted by their number.
frequency, exposure = train["counts"] / train["exposure"], train["exposure"]
hit = train["counts"] > 0
severity = train["amount"][hit] / train["counts"][hit]
of_frequency = {"sensitive_features": train["group"], "sample_weight": exposure}
of_severity = {
    "sensitive_features": train["group"][hit],
    "sample_weight": train["counts"][hit],
}
PLAIN = PoissonRegressor(alpha=1e-3), GammaRegressor(alpha=1e-3)
MODELS = {
    "plain": PLAIN,
    "at most 10 %": (
        ParityPoissonRegressor(alpha=1e-3, max_gap=np.log(1.1)),
        ParityGammaRegressor(alpha=1e-3, max_gap=np.log(1.1)),
    ),
    "parity": (ParityPoissonRegressor(alpha=1e-3), ParityGammaRegressor(alpha=1e-3)),
    "barycenter": [BarycenterRegressor(model, random_state=0) for model in PLAIN],
}


def predictions(model, y, X, given):
    """Of the test rows; the groups go to the methods that ask for them."""
    if isinstance(model, PoissonRegressor | GammaRegressor):
        return model.fit(X, y, sample_weight=given["sample_weight"]).predict(Z)
    model.fit(X, y, **given)
    if isinstance(model, BarycenterRegressor):
        return model.predict(Z, sensitive_features=test["group"])
    return model.predict(Z)


found = {
    name: (
        predictions(of_number, frequency, X, of_frequency),
        predictions(of_amount, severity, X[hit], of_severity),
    )
    for name, (of_number, of_amount) in MODELS.items()
}

# %%
# On the test rows, weighted by exposure: the Poisson deviance of all rows and by group,
# the KS distance between the frequencies of the groups, the mean premium of each group,
# and its loss ratio, claims over premiums.
rows, weight = {}, test["exposure"]
observed = test["counts"] / weight
for name, (number, amount) in found.items():
    row, premium = {}, number * amount
    for group in ("all", "a", "b"):
        inside = (test["group"] == group) | (group == "all")
        data = observed[inside], number[inside]
        row[f"dev {group}"] = mean_poisson_deviance(*data, sample_weight=weight[inside])
    given = {"sensitive_features": test["group"], "sample_weight": weight}
    row["KS"] = ks_gap(None, number, **given)
    for group in ("a", "b"):
        inside = test["group"] == group
        income = weight[inside] @ premium[inside]
        row[f"premium {group}"] = income / weight[inside].sum()
        row[f"loss ratio {group}"] = test["amount"][inside].sum() / income
    rows[name] = row
result = pd.DataFrame(rows).T
print(result.round(3).to_string())

# %%
# Parity makes the geometric means equal on the training rows. Group b's predictions are
# spread more widely, so that its arithmetic mean is now the larger one. The barycenter
# knows the group of each new policy, and makes the distributions equal at a smaller
# loss of deviance. Under both, group b pays more than its claims, and group a less.
fig, axes = plt.subplots(1, 4, figsize=(14, 3.6), layout="constrained")
bins = np.linspace(np.log(0.02), np.log(0.6), 50)
for ax, name in zip(axes, ("plain", "parity", "barycenter")):
    for group, color, line in (("a", "#0072B2", "-"), ("b", "#E69F00", "--")):
        inside = test["group"] == group
        f = np.log(found[name][0][inside])
        height, _ = np.histogram(f, bins, weights=weight[inside], density=True)
        ax.stairs(height, np.exp(bins), color=color, linestyle=line, label=group)
    ax.set(title=name, xlabel="claims per year", xscale="log", ylim=(0, 1.2))
    ax.set_xticks([0.02, 0.05, 0.1, 0.2, 0.5], ["0.02", "0.05", "0.1", "0.2", "0.5"])
    ax.minorticks_off()
axes[0].set(ylabel="density of the log")
axes[0].legend(title="group")
bars = result[["premium a", "premium b"]].set_axis(["a", "b"], axis=1)
bars.plot.bar(ax=axes[3], color=["#0072B2", "#E69F00"], rot=20, legend=False)
axes[3].set(title="mean premium")
plt.show()
