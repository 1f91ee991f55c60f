"""Generated biographies: decisions that do not depend on the words for a sex.

    OMP_NUM_THREADS=1 python benchmarks/counterfactual.py

writes docs/counterfactual_results.txt. Each of ten seeds draws biographies of nurses
and surgeons, 8,000 to fit and 4,000 to test, in which sex and occupation agree in 75 %,
and 4,000 more in which they are independent. Every model is tf-idf and logistic
regression. The columns are means over the seeds, with standard deviations: accuracy on
the test texts; accuracy where sex and occupation are independent; share of the
decisions that change on the true counterfactual text; and the difference between the
sexes in the share of the surgeons who are recognised.

"own pairs" are a swap with an error that a list of one's own easily has: "his" and
"her" are a pair, and "him" is in none.

The last lines are texts a second of TermSwap and TermMerge: the median of 5 runs over
20,000 of these texts, in CPU seconds of one process.

    OMP_NUM_THREADS=1 python benchmarks/counterfactual.py --adult

writes docs/counterfactual_adult_results.txt: the swap of a column of a table. Models of
Adult with the column "sex", averaged over both values of it, and fitted without it;
means and standard deviations over 5 splits in halves of accuracy and of the difference
between the sexes in the share of rows decided ">50K".
"""

import argparse
import statistics
from pathlib import Path
from time import process_time

import numpy as np
from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fairlearnkit.compose import CounterfactualEnsemble
from fairlearnkit.datasets import load_adult, make_biased_biographies
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.metrics import (
    counterfactual_difference,
    demographic_parity_difference,
    equal_opportunity_difference,
)
from fairlearnkit.preprocessing import TermMerge, TermSwap

N_FIT, N_TEST, N_SPEED = 8000, 4000, 20_000
COLUMNS = ("accuracy", "independent", "changed", "TPR gap")
OWN_PAIRS = [
    ("he", "she"),
    ("his", "her"),
    ("man", "woman"),
    ("husband", "wife"),
    ("son", "daughter"),
    ("father", "mother"),
    ("Mr", "Ms"),
]


def plain(*first):
    """Other steps, tf-idf and logistic regression."""
    return make_pipeline(*first, TfidfVectorizer(), LogisticRegression())


def models():
    """The models of the table, by the names of the rows."""
    parity = ParityLogisticRegression(
        constraint="equal_opportunity", pos_label="surgeon"
    )
    swaps = {"": TermSwap(), ", own pairs": TermSwap(OWN_PAIRS)}
    return {
        "plain": plain(),
        **{
            f"{method}{more}": CounterfactualEnsemble(plain(), swap, method=method)
            for more, swap in swaps.items()
            for method in ("augment", "average", "distill")
        },
        "merge": plain(TermMerge()),
        "merge, equal opportunity": make_pipeline(
            TermMerge(), TfidfVectorizer(), parity
        ),
    }


def measured(model, fit, test, independent):
    """The four numbers of a row, for a model that is fitted here."""
    step = "paritylogisticregression"
    takes_groups = step in getattr(model, "named_steps", {})
    groups = {f"{step}__sensitive_features": fit.data["sex"]} if takes_groups else {}
    model.fit(fit.data["text"], fit.target, **groups)
    decided = model.predict(test.data["text"])
    gap = equal_opportunity_difference(
        test.target, decided, sensitive_features=test.data["sex"], pos_label="surgeon"
    )
    changed = counterfactual_difference(
        model, test.data["text"], lambda X: test.counterfactual
    )
    right = model.predict(independent.data["text"]) == independent.target
    return (decided == test.target).mean(), right.mean(), changed.flip_rate, gap


def texts_a_second(transformer, texts):
    """Median over 5 runs."""
    seconds = []
    for _ in range(5):
        start = process_time()
        transformer.transform(texts)
        seconds.append(process_time() - start)
    return len(texts) / statistics.median(seconds)


def table(n_seeds):
    """The lines of the table."""
    found = {name: [] for name in models()}
    for seed in range(n_seeds):
        fit = make_biased_biographies(N_FIT, random_state=3 * seed)
        test = make_biased_biographies(N_TEST, random_state=3 * seed + 1)
        independent = make_biased_biographies(
            N_TEST, association=0.5, random_state=3 * seed + 2
        )
        for name, model in models().items():
            found[name].append(measured(model, fit, test, independent))
    yield from aligned(COLUMNS, found)


def aligned(columns, found):
    """Means and standard deviations of the columns, by the names of the rows."""
    yield f"{'':<24}" + "".join(f"{column:>13}" for column in columns)
    for name, rows in found.items():
        means, spreads = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1)
        cells = [f"{m:.3f}+-{s:.3f}" for m, s in zip(means, spreads)]
        yield f"{name:<24}" + "".join(
            f"{cell.replace('-0', '-'):>13}" for cell in cells
        )


def other_sex(X):
    """The rows of Adult with the other value in the column "sex"."""
    sex = X["sex"].cat.rename_categories({"Male": "Female", "Female": "Male"})
    return X.assign(sex=sex.cat.set_categories(X["sex"].cat.categories))


def tabular_models():
    """Models of tables with categories, by name."""
    columns = make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include="number")),
        (
            OneHotEncoder(handle_unknown="ignore"),
            make_column_selector(dtype_exclude="number"),
        ),
    )
    boosting = HistGradientBoostingClassifier(
        random_state=0, categorical_features="from_dtype"
    )
    logistic = LogisticRegression(max_iter=1000)
    return {"logistic": make_pipeline(columns, logistic), "boosting": boosting}


def adult_table(n_splits=5):
    """The lines of the table on Adult."""
    adult, found = load_adult(), {}
    for seed in range(n_splits):
        X, X_test, y, y_test = train_test_split(
            adult.data, adult.target, test_size=0.5, random_state=seed
        )
        for name, model in tabular_models().items():
            both = CounterfactualEnsemble(model, other_sex)
            without = X.drop(columns="sex"), X_test.drop(columns="sex")
            for row, estimator, (rows, new) in (
                (f"{name}, with sex", model, (X, X_test)),
                (f"{name}, average", both, (X, X_test)),
                (f"{name}, without sex", model, without),
            ):
                decided = clone(estimator).fit(rows, y).predict(new)
                gap = demographic_parity_difference(
                    y_test,
                    decided,
                    sensitive_features=X_test["sex"],
                    pos_label=">50K",
                )
                accuracy = (decided == y_test).mean()
                found.setdefault(row, []).append((accuracy, gap))
    yield from aligned(("accuracy", "rates differ"), found)


def speed():
    """The lines on texts a second."""
    texts = make_biased_biographies(N_SPEED, random_state=0).data["text"].tolist()
    length = np.mean([len(text) for text in texts])
    for transformer in (TermSwap(), TermMerge()):
        rate = texts_a_second(transformer, texts)
        name = type(transformer).__name__
        yield f"{name:<10} {rate:>8,.0f} texts a second, of {length:.0f} characters"


def main():
    """Print and write the table and the speed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--adult", action="store_true", help="the table on Adult")
    options = parser.parse_args()
    if options.adult:
        lines, name = [*adult_table()], "counterfactual_adult_results.txt"
    else:
        lines = [*table(options.seeds), "", *speed()]
        name = "counterfactual_results.txt"
    print("\n".join(lines))
    path = Path(__file__).parents[1] / "docs" / name
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
