"""Representation learning: transfer to a new task
===============================================

An encoder is trained on four tasks of census data, with a penalty on differences
between its features for women and for men. Income is a task that it has not seen. How
far apart are the scores of women and men, if a linear model predicts income from these
features? This example needs PyTorch.
"""

# %%
# The four tasks are made from columns that are then left out of X, and sex is left out
# as well. The example uses some of the rows, so that it takes seconds.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler

from fairlearnkit.datasets import load_adult
from fairlearnkit.metrics import group_predictability, ks_gap, score_gap
from fairlearnkit.representation import ParityEncoder

frame = load_adult().frame.sample(4_500, random_state=0)
tasks = np.column_stack(
    [
        frame["hours-per-week"] > 40,
        frame["education-num"] >= 11,
        frame["occupation"].isin(["Exec-managerial", "Prof-specialty"]),
        frame["marital-status"].str.startswith("Married"),
    ]
).astype(float)
income = (frame["income"] == ">50K").to_numpy()
sex = np.array(frame["sex"].tolist())
cut = ["hours-per-week", "education", "education-num", "occupation", "marital-status"]
X = pd.get_dummies(frame.drop(columns=[*cut, "sex", "income"]), dtype=float)
X = StandardScaler().fit_transform(X)
train, test = slice(3_000), slice(3_000, None)

# %%
# One encoder has no penalty, and two have a penalty on differences between the groups.
# ``fit_heads`` leaves the encoder as it is, and fits a logistic regression for income
# on its features.
few = {"max_iter": 30, "random_state": 0}  # epochs; the default is 50
encoders = {
    "no penalty": ParityEncoder(penalty=0, **few),
    "MMD": ParityEncoder(divergence="mmd", penalty=2, **few),
    "Sinkhorn": ParityEncoder(divergence="sinkhorn", penalty=2, **few),
}
rows, scores = {}, {}
for name, encoder in encoders.items():
    encoder.fit(X[train], tasks[train], sensitive_features=sex[train])
    encoder.fit_heads(X[train], income[train])
    p = scores[name] = encoder.predict_proba(X[test])[:, 1]
    group = {"sensitive_features": sex[test]}
    predictability = group_predictability(encoder.transform(X[test]), sex[test], cv=3)
    rows[name] = {
        "accuracy": np.mean((p > 0.5) == income[test]),
        "gap in mean score": score_gap(None, p, **group),
        "KS": ks_gap(None, p, **group),
        "AUC of sex, linear": predictability["logistic"]["auc"],
        "AUC of sex, trees": predictability["boosting"]["auc"],
    }
print(pd.DataFrame(rows).T.round(3).to_string())

# %%
# With a penalty, the scores of women and men move closer together, and the divergence
# falls during training. A linear model hardly recovers the group from the features any
# more, but trees still do.
fig, axes = plt.subplots(1, 4, figsize=(13, 3.6), layout="constrained")
for ax, (name, p) in zip(axes, scores.items()):
    for label, color, line in (("Female", "#0072B2", "-"), ("Male", "#D55E00", "--")):
        own = np.sort(p[sex[test] == label])
        share = np.arange(1, len(own) + 1) / len(own)
        ax.plot(own, share, color=color, linestyle=line, label=label)
    ax.set(title=name, xlabel="score of the unseen task", xlim=(0, 1))
axes[0].set_ylabel("share of rows with at most this score")
axes[0].legend(loc="lower right")
for name, line in (("no penalty", "-"), ("MMD", "--")):
    curve = encoders[name].gap_curve_
    axes[3].plot(1 + np.arange(len(curve)), curve, "k", linestyle=line, label=name)
axes[3].set(title="training rows", xlabel="epoch", ylabel="squared MMD", ylim=(0, None))
axes[3].legend()
plt.show()
