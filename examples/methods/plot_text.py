"""Text classification: which words a constraint changes
=====================================================

A model that distinguishes nurses from surgeons by their biographies also learns from
"she" and "he". What does a constraint do to its decisions, and to the weight of each
word?
"""

# %%
# The biographies are invented: :func:`~fairlearnkit.datasets.make_biased_biographies`
# generates them from templates. Three of four men are surgeons, and three of four women
# are nurses.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline

from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.datasets import make_biased_biographies
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.metrics import demographic_parity_difference

train = make_biased_biographies(6_000, random_state=0)
test = make_biased_biographies(6_000, random_state=1)
print(train.data["text"][0])

# %%
# The DataFrame has one column with texts and one with the sex. ``SensitiveColumns``
# passes the sex to the model as sensitive feature, and only the texts to the
# vectorizer. X stays sparse from the vectorizer to the solver. ``gap_ratio`` is the
# share of the plain model's gap in mean scores that may remain.


def fitted(gap_ratio):
    """The words, the weight of each, and the decisions for the test rows."""
    words = make_column_transformer((TfidfVectorizer(), "text"))
    classifier = ParityLogisticRegression(gap_ratio=gap_ratio, pos_label="surgeon")
    model = SensitiveColumns(make_pipeline(words, classifier), "sex")
    model.fit(train.data, train.target)
    steps = model.estimator_.named_steps
    names = steps["columntransformer"].get_feature_names_out()
    weights = steps["paritylogisticregression"].coef_[0]
    names = [name.removeprefix("tfidfvectorizer__") for name in names]
    return np.array(names), weights, model.predict(test.data)


ratios = [1.0, 0.5, 0.25, 0.0]
models = [fitted(ratio) for ratio in ratios]
print("gap ratio   accuracy   difference of the shares decided surgeon")
for ratio, (_, _, decided) in zip(ratios, models):
    gap = demographic_parity_difference(
        test.target, decided, sensitive_features=test.data["sex"], pos_label="surgeon"
    )
    print(f"{ratio:9.2f} {np.mean(decided == test.target):10.3f} {gap:10.3f}")

# %%
# The plot shows the words whose weights change most between the plain model and the
# model with equal mean scores. Weights are log-odds for "surgeon" per unit of tf-idf.
# Gendered words lose their weight, or change its sign to compensate for what tasks and
# hobbies reveal about the sex. Words for tasks keep their sign and lose some of their
# weight.
names, plain, _ = models[0]
_, fair, _ = models[-1]
most = np.argsort(np.abs(fair - plain))[-24:]
most = most[np.argsort(plain[most])]
place = np.arange(len(most))
fig, ax = plt.subplots(figsize=(7, 7), layout="constrained")
ax.hlines(place, plain[most], fair[most], color="0.7")
ax.plot(plain[most], place, "o", color="C0", label="without a constraint")
ax.plot(fair[most], place, "o", color="C1", label="equal mean scores")
ax.axvline(0, color="0.5", linewidth=0.8)
ax.set_yticks(place, names[most])
ax.set_xlabel("coefficient: towards nurse (below 0) or surgeon (above 0)")
ax.set_title("Words that the constraint moves most")
ax.legend(loc="lower right")
plt.show()

# %%
# Equal means are a statement about groups, not about single texts. To check single
# texts, change the sex in each one and count how many decisions change.
for ratio in (1.0, 0.0):
    words = TfidfVectorizer()
    X = words.fit_transform(train.data["text"])
    model = ParityLogisticRegression(gap_ratio=ratio, pos_label="surgeon")
    model.fit(X, train.target, sensitive_features=train.data["sex"])
    own, other = (
        model.predict(words.transform(texts))
        for texts in (test.data["text"], test.counterfactual)
    )
    print(f"gap ratio {ratio}: {np.mean(own != other):.3f} of the decisions change")
