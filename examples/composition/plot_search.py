"""Grid search by accuracy and gap
===============================

A grid search over an ordinary model and ours, with ``sex`` as a column of X. It picks
the most accurate candidate whose gap is below a bound, and shows the Pareto front: the
candidates that no other beats in both accuracy and gap.
"""

# %%
# The data are a DataFrame with categories and numbers, and the pipeline encodes them.
# ``SensitiveColumns`` takes ``sex`` out of X and passes it to the models that ask for
# it. The encoder never sees it.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.datasets import load_adult
from fairlearnkit.inspection import TradeoffDisplay
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.metrics import demographic_parity_difference, parity_scorer
from fairlearnkit.model_selection import HighestScore

train, test = load_adult(subset="train"), load_adult(subset="test")
X, y = train.data[:3_000], train.target[:3_000]
texts = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
encode = make_column_transformer(
    (texts, make_column_selector(dtype_include="category")),
    remainder=StandardScaler(),
)
pipeline = Pipeline([("encode", encode), ("model", LogisticRegression())])
model = SensitiveColumns(pipeline, "sex")

# %%
# There are two scores, accuracy and gap. The rule passed as ``refit`` uses both: it
# picks the most accurate candidate whose selection rates differ by at most 0.08 between
# women and men.
strength = {"estimator__model__C": [0.01, 0.1]}
plain = LogisticRegression(max_iter=1000)
bounds = [0.0, 0.3, 1.0]
grid = [
    {"estimator__model": [plain], **strength},
    {
        "estimator__model": [ParityLogisticRegression()],
        "estimator__model__max_gap": bounds,
        **strength,
    },
]
gap = parity_scorer("demographic_parity_difference")
folds = StratifiedKFold(3).split(X, y.astype(str) + X["sex"].astype(str))
search = GridSearchCV(
    model,
    grid,
    scoring={"accuracy": "accuracy", "gap": gap},
    refit=HighestScore("accuracy", "gap", max_gap=0.08),
    cv=list(folds),
).fit(X, y)
results = search.cv_results_
accuracy, gaps = results["mean_test_accuracy"], -results["mean_test_gap"]
y_pred = search.predict(test.data)  # a frame with the column sex, as in fit
found = demographic_parity_difference(
    test.target, y_pred, sensitive_features=test.data["sex"]
)
chosen = search.best_index_
print(f"chosen: {search.best_params_}")
print(f"over the folds: accuracy {accuracy[chosen]:.3f}, gap {gaps[chosen]:.3f}")
print(f"on test rows:   accuracy {np.mean(y_pred == test.target):.3f}, gap {found:.3f}")

# %%
# Candidates on the line form the Pareto front. Each candidate below it is beaten by
# another one.
shown = TradeoffDisplay.from_cv_results(search)
ours = np.array([p["estimator__model"] is not plain for p in results["params"]])
shown.ax_.plot(
    gaps[~ours], accuracy[~ours], "x", color="black", label="LogisticRegression"
)
shown.ax_.axvline(0.08, color="k", linestyle=":", label="largest gap allowed")
shown.ax_.set(
    xlabel="difference of selection rates by sex, mean over folds",
    ylabel="accuracy, mean over folds",
)
shown.ax_.legend(title="labels: model, C, max_gap")
plt.show()
