"""Who leaks: membership inference by group
========================================

A model that fits its training rows better than others gives away who was among them.
This example asks for which sex and class of income that is most visible, and what
larger leaves change. See :ref:`membership`.
"""

# %%
# The data are 1,500 rows of Adult. The models are a random forest of 30 trees without a
# limit to their depth, one whose leaves hold at least 20 rows, and logistic regression.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fairlearnkit.datasets import load_adult
from fairlearnkit.inspection import RocByGroupDisplay, membership_inference

adult = load_adult()
rows = np.random.default_rng(0).permutation(len(adult.data))[:1500]
people, income = adult.data.iloc[rows], adult.target.iloc[rows].astype(str)
sex = people["sex"].astype(str)
texts = make_column_selector(dtype_include="category")
encode = make_column_transformer(
    (OneHotEncoder(handle_unknown="ignore"), texts), remainder=StandardScaler()
)
models = {
    "forest": RandomForestClassifier(n_estimators=30, random_state=0),
    "forest, leaves of 20": RandomForestClassifier(
        n_estimators=30, min_samples_leaf=20, random_state=0
    ),
    "logistic regression": LogisticRegression(max_iter=1000),
}

# %%
# Each model is fitted on 12 random halves of the rows. An AUC of 0.5 means that the
# attack does not find the training rows, and 1 that it finds all of them. The income is
# a control feature: men earn more than 50K more often, and rows of this class are rarer
# and easier to recognise.
found = {
    name: membership_inference(
        make_pipeline(encode, model),
        people,
        income,
        sensitive_features=sex,
        control_features=income,
        n_models=12,
        random_state=0,
    )
    for name, model in models.items()
}
for name, result in found.items():
    print(f"{name}\n{result}\n")

# %%
# **Plots.** Left: the AUC by sex and income, with intervals. Right: ROC curves of the
# attack on the first forest, one entry for each row and model. Any metric and Display
# takes these arrays.
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
forest = found["forest"]
names = [f"{s}, {label}" for label in forest.strata for s in forest.groups]
for k, (name, result) in enumerate(found.items()):
    values = result.auc.by_group
    middle, low, high = (values[end].ravel() for end in ("estimate", "low", "high"))
    x = np.arange(len(names)) + 0.15 * (k - 1)
    left.errorbar(x, middle, [middle - low, high - middle], fmt="os^"[k], label=name)
left.axhline(0.5, color="0.7", linewidth=1)
left.set(xticks=range(len(names)), xticklabels=names, ylabel="AUC of the attack")
left.legend(loc="upper left")
groups = [f"{s}, {label}" for s, label in zip(sex, income)]
RocByGroupDisplay.from_predictions(
    forest.member.ravel(),
    forest.score.ravel(),
    sensitive_features=np.repeat(groups, forest.member.shape[1]),
    ax=right,
)
right.set(
    xlabel="share of other rows taken for them", ylabel="share of training rows found"
)
plt.show()
