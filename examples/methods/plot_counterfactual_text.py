"""Text classification: decisions that do not change with "he" and "she"
======================================================================

Would the decision be the same if the text were about a woman instead of a man? We
exchange the words, count the decisions that change, and compare four remedies.
"""

# %%
# The biographies are invented: :func:`~fairlearnkit.datasets.make_biased_biographies`
# generates them from templates, together with the same text about a person of the other
# sex. Three of four men are surgeons, and three of four women are nurses. In a third
# set the occupation does not depend on the sex.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from fairlearnkit.compose import CounterfactualEnsemble
from fairlearnkit.datasets import make_biased_biographies
from fairlearnkit.metrics import counterfactual_difference
from fairlearnkit.preprocessing import TermMerge, TermSwap

train = make_biased_biographies(1_000, random_state=0)
test = make_biased_biographies(1_000, random_state=1)
independent = make_biased_biographies(1_000, association=0.5, random_state=2)

# %%
# :class:`~fairlearnkit.preprocessing.TermSwap` exchanges about 120 pairs of English
# words.
swap = TermSwap()
text = train.data["text"][0]
for version in (text, swap([text])[0]):
    print(version.partition(". ")[0] + " ...")

# %%
# A plain model relies on these words. ``by_term=True`` replaces one word after the
# other, and measures how far the probability of each occupation moves in the texts that
# contain the word.


def words():
    """A vectoriser and a linear model."""
    return make_pipeline(TfidfVectorizer(), LogisticRegression())


plain = words().fit(train.data["text"], train.target)
by_term = counterfactual_difference(plain, test.data["text"], swap, by_term=True)
print(by_term)

# %%
# The remedies: make one token of both words of a pair; fit the model to both versions
# of each text; average the probabilities of both versions; fit a second model to these
# averages.
models = {"plain": plain, "merge": make_pipeline(TermMerge(), words())}
for method in ("augment", "average", "distill"):
    models[method] = CounterfactualEnsemble(words(), swap, method=method)

names, changed, biased, unbiased = list(models), [], [], []
for name, model in models.items():
    model.fit(train.data["text"], train.target)
    found = counterfactual_difference(
        model, test.data["text"], lambda X: test.counterfactual
    )
    changed.append(found.flip_rate)
    biased.append(model.score(test.data["text"], test.target))
    unbiased.append(model.score(independent.data["text"], independent.target))
    print(f"{name:<8} {changed[-1]:6.3f} {biased[-1]:6.3f} {unbiased[-1]:6.3f}")

# %%
# On the left, each bar is the mean change of the probability of "surgeon" when this one
# word is replaced by its partner, "he" by "she" for instance. On the right, the plain
# model is the most accurate one as long as men are surgeons more often. Where the
# occupation does not depend on the sex, it is the least accurate one. The other models
# lose little there, and hardly any of their decisions changes with the words.
terms = by_term.by_term
change = np.array([values.mean_change["surgeon"] for values in terms.values()])
order = np.argsort(change)
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.8), layout="constrained")
left.barh(np.array([*terms])[order], change[order], color="C0")
left.axvline(0, color="0.5", linewidth=0.8)
left.set_xlabel('change of the probability of "surgeon"')
left.set_title("Replacing one word, plain model")

place = np.arange(len(names))
for k, (label, values) in enumerate(
    {
        "decisions that change": changed,
        "accuracy, 3 of 4 men are surgeons": biased,
        "accuracy, occupation independent of sex": unbiased,
    }.items()
):
    right.bar(place + 0.27 * (k - 1), values, 0.25, label=label, color=f"C{k + 1}")
right.set_xticks(place, names)
right.set_ylim(0, 1.2)
right.set_title("Exchanging all words")
right.legend(loc="upper right")
plt.show()
