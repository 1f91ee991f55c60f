"""Equal opportunity on the Adult census data
==========================================

Ordinary models find a smaller share of the high-earning women than of the men.
"""

# %%
# 45,222 people, in the published split. No model has sex or race among its features.
from time import perf_counter

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

from fairlearnkit.datasets import load_adult
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.metrics import equal_opportunity_difference
from fairlearnkit.svm import ParityLinearSVC

train, test = load_adult(subset="train"), load_adult(subset="test")
seen = [name for name in train.data if name not in ("sex", "race")]
one_hot = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
texts = make_column_selector(dtype_include="category")
encode = make_column_transformer((one_hot, texts), remainder="passthrough")
encode = make_pipeline(encode, StandardScaler()).fit(train.data[seen])
X_train, X_test = encode.transform(train.data[seen]), encode.transform(test.data[seen])

# %%
# Two ordinary models, and two with equal mean scores for high earners of both sexes.
equal = {"constraint": "equal_opportunity", "pos_label": ">50K", "C": 0.01}
models = {
    "LogisticRegression": LogisticRegression(C=0.01),
    "LinearSVC": LinearSVC(loss="hinge", C=0.01, max_iter=20_000, random_state=0),
    "ParityLogisticRegression": ParityLogisticRegression(**equal),
    "ParityLinearSVC": ParityLinearSVC(loss="hinge", **equal),
}
rows, by_sex = {}, {"sensitive_features": test.data["sex"], "pos_label": ">50K"}
for name, model in models.items():
    groups = {"sensitive_features": train.data["sex"]} if "Parity" in name else {}
    start = perf_counter()
    model.fit(X_train, train.target, **groups)
    seconds, guess = perf_counter() - start, model.predict(X_test)  # no groups here
    gap = equal_opportunity_difference(test.target, guess, **by_sex)
    rows[name] = {"accuracy": (guess == test.target).mean(), "gap": gap, "s": seconds}
table = pd.DataFrame(rows).T
print(f"{len(train.data) + len(test.data):,} rows, {X_train.shape[1]} features\n")
print(table.round(3).to_string(), "\n")
print("Sex is needed to fit a Parity* model, and no model sees it to predict.")

# %%
_, ax = plt.subplots(layout="constrained")
for marker, (name, row) in zip("os^D", table.iterrows()):
    ax.plot(row["gap"], row["accuracy"], marker, markersize=10, label=name)
ax.set(xlabel="difference of true positive rates by sex", ylabel="accuracy")
ax.legend()
plt.show()
