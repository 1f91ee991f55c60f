"""Measure disparity: report, audit and plots
==========================================

Measure before you add a constraint. What does an ordinary model do to the groups, how
certain is that, and whom does it treat worst? The model predicts who is rearrested
within two years.
"""

# %%
# The data are the COMPAS table. Race and sex are not among the features. Half of the
# rows are used to fit the model, and half to measure.
import matplotlib.pyplot as plt
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fairlearnkit.datasets import load_compas
from fairlearnkit.inspection import (
    GroupRatesDisplay,
    RocByGroupDisplay,
    ScoreDistributionDisplay,
    prediction_sensitivity,
)
from fairlearnkit.metrics import audit_subgroups, parity_report
from fairlearnkit.postprocessing import BarycenterClassifier

compas = load_compas()
people, target = compas.data, compas.target
large = people["race"].astype(str).isin(["African-American", "Caucasian", "Hispanic"])
people, target = people[large], target[large]
parts = train_test_split(people, target, test_size=0.5, random_state=0)
train, test, y_train, y_test = parts
texts = make_column_selector(dtype_include="category")
encode = make_column_transformer(
    (OneHotEncoder(handle_unknown="ignore"), texts), remainder=StandardScaler()
)
seen = [name for name in people if name not in ("race", "sex")]
model = make_pipeline(encode, LogisticRegression(max_iter=1000))
model.fit(train[seen], y_train)
y_pred, scores = model.predict(test[seen]), model.decision_function(test[seen])
race = test["race"].astype(str)

# %%
# **Report.** Rates by group, and their gaps with intervals: a gap without an interval
# says little. ``race`` is a column of text and needs no encoding.
print(parity_report(y_test, y_pred, sensitive_features=race), "\n")

# %%
# **Audit.** Which combinations of race, sex and age have a selection rate far from that
# of all rows? The p-values account for the number of subgroups that were tested.
columns = test[["race", "sex", "age"]]
audit = audit_subgroups(y_test, y_pred, sensitive_features=columns, random_state=0)
print(
    f"rate of all {audit.overall:.3f}; {audit.n_tested} subgroups, of which the worst:"
)
for row in audit.subgroups[:4]:
    print(
        f"  {row['subgroup']:<42} n = {row['count']:<5} rate {row['rate']:.3f}, "
        f"adjusted p {row['p_value']:.1e}"
    )

# %%
# **Sensitivity.** By how much does the predicted probability change with one year of
# age, on average over people?
told = prediction_sensitivity(model, test[seen], "age")
print(f"\nmean slope of the probability in age: {told.mean:.4f} a year ({told.method})")

# %%
# **Plots.** Left: rates by group with Wilson intervals. Middle: ROC curves by group,
# with the position of the threshold on each. Right: distributions of the predicted
# probabilities, before and after ``BarycenterClassifier`` makes them equal.
after = BarycenterClassifier(model).fit(
    train[seen], y_train, sensitive_features=train["race"].astype(str)
)
fig, axes = plt.subplots(1, 3, figsize=(15, 4.6), layout="constrained")
groups = {"sensitive_features": race}
GroupRatesDisplay.from_predictions(y_test, y_pred, **groups, ax=axes[0])
RocByGroupDisplay.from_predictions(y_test, scores, **groups, threshold=0.0, ax=axes[1])
ScoreDistributionDisplay.from_predictions(
    y_test,
    after.predict_proba(test[seen], **groups)[:, 1],
    **groups,
    before=model.predict_proba(test[seen])[:, 1],
    score_name="probability of rearrest",
    ax=axes[2],
)
plt.show()
