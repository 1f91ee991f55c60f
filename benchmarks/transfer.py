"""Adult: an encoder learned on some tasks, and a task that it has not seen.

    python benchmarks/transfer.py       # writes docs/transfer_results.txt; ~15 minutes

Learned on four tasks: more than 40 hours a week, at least 11 years of schooling, a
managerial or professional job, married. The columns they are cut from are left out of X
(hours-per-week, education, education-num, occupation, marital-status), and so is sex,
the group. The task not seen is income, by logistic regression on the features that each
method makes. 30,162 rows to learn from and 15,060 to test on, another split each seed.
"""

import argparse
import statistics
import warnings
from pathlib import Path

import numpy as np
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fairlearnkit.datasets import load_adult
from fairlearnkit.metrics import (
    demographic_parity_difference,
    group_predictability,
    ks_gap,
    score_gap,
)
from fairlearnkit.preprocessing import ParityProjection
from fairlearnkit.representation import ParityEncoder

HERE = Path(__file__).parent
CUT = ["hours-per-week", "education", "education-num", "occupation", "marital-status"]
N_TEST = 15_060


def adult_tasks():
    """Features, the four tasks, the task not seen, and the group."""
    frame = load_adult().frame
    tasks = np.column_stack(
        [
            frame["hours-per-week"] > 40,
            frame["education-num"] >= 11,
            frame["occupation"].isin(["Exec-managerial", "Prof-specialty"]),
            frame["marital-status"].str.startswith("Married"),
        ]
    ).astype(float)
    X = frame.drop(columns=[*CUT, "sex", "income"])
    unseen = (frame["income"] == ">50K").to_numpy()
    return X, tasks, unseen, np.array(frame["sex"].tolist())


def encoders(seed, penalties):
    """Each way to make features; those that look at tasks, and those that do not."""
    learned = {"encoder, no penalty": ParityEncoder(penalty=0.0, random_state=seed)}
    for divergence in ("mmd", "sinkhorn", "mean"):
        for penalty in penalties:
            learned[f"encoder, {divergence}, penalty {penalty:g}"] = ParityEncoder(
                divergence=divergence, penalty=penalty, random_state=seed
            )
    given = {
        "all features": "passthrough",
        "PCA, 16 components": PCA(16, random_state=seed),
        "ParityProjection": ParityProjection(),
    }
    return given, learned


def one_split(adult, seed, penalties, folds):
    """What is measured of each method on the test rows of one split."""
    parts = train_test_split(*adult, test_size=N_TEST, random_state=seed)
    X, X_test, tasks, _, y, y_test, sex, sex_test = parts
    categories = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
    text = make_column_selector(dtype_include="category")
    encode = make_column_transformer((categories, text), remainder="passthrough")
    encode = make_pipeline(encode, StandardScaler()).fit(X)
    X, X_test = encode.transform(X), encode.transform(X_test)
    given, learned = encoders(seed, penalties)
    table = {}
    for name, method in (given | learned).items():
        if method == "passthrough":
            Z, Z_test = X, X_test
        else:
            groups = {} if isinstance(method, PCA) else {"sensitive_features": sex}
            Z = method.fit_transform(X, tasks if name in learned else None, **groups)
            Z_test = method.transform(X_test)
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        score = model.fit(Z, y).predict_proba(Z_test)[:, 1]
        label = score > 0.5
        group = {"sensitive_features": sex_test}
        predictability = group_predictability(Z_test, sex_test, cv=folds)
        table[name] = (
            (label == y_test).mean(),
            score_gap(y_test, score, **group),
            ks_gap(y_test, score, **group),
            demographic_parity_difference(y_test, label, **group),
            predictability["logistic"]["auc"],
            predictability["boosting"]["auc"],
        )
    return table


def main():
    """All splits, and the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--penalties", type=float, nargs="*", default=[1.0, 4.0])
    parser.add_argument("--folds", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("error")
    adult = adult_tasks()
    splits = [
        one_split(adult, seed, options.penalties, options.folds)
        for seed in range(options.seeds)
    ]
    titles = ("accuracy", "score gap", "KS", "rate gap", "AUC linear", "AUC trees")
    lines = [
        f"{options.seeds} splits, mean (standard deviation) on test rows",
        f"{'':<30} " + " ".join(f"{title:>13}" for title in titles),
    ]
    for name in splits[0]:
        cells = [
            f"{statistics.mean(values):.3f} ({statistics.pstdev(values):.3f})"
            for values in zip(*(split[name] for split in splits))
        ]
        lines.append(f"{name:<30} " + " ".join(f"{cell:>13}" for cell in cells))
    print("\n".join(lines))
    (HERE.parent / "docs" / "transfer_results.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
