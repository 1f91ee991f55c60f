"""Whose rows can be recognised as training rows: which models leak, and to whom.

    OMP_NUM_THREADS=1 python benchmarks/membership.py    # docs/membership_results.txt
    python benchmarks/membership.py models coverage      # these sections only

Sections:

- "models": 8,000 rows of Adult, 16 models. AUC of the signal itself ("loss"), of the
  calibrated score and of the likelihood ratio; its true positive rate at a false
  positive rate of 1 %; AUC of women and men and their difference with its interval.
  Below, the same by class of y, without the SVC.
- "neighbour": a model of the nearest neighbour on 2,000 rows of Adult: of its two
  classes, of 10 and 100 classes (quantile bins of age plus noise), and of age plus
  noise as a number. "right" is the share of right predictions for rows that a model has
  not seen.
- "remedies": larger leaves, and early stopping; with the accuracy on other rows.
- "parity": the AUC of a small group without and with a parity constraint, which was
  fitted on the same halves; mean change over 8 repeats of 16 models, and its standard
  error. On Adult each repeat draws its own 8,000 rows; on COMPAS, all rows are used.
  "parity_svc" is the same with a kernel, on COMPAS.
- "coverage": how often intervals of .95 hold, in 300 tables of 300 rows (200 and 100 in
  two groups, the second with more noise), with 16 models. The truth is the mean over
  tables. "SD / sqrt(K)" takes the AUCs of the models for independent.

Each section replaces its own part of the file.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from scipy.stats import t as student
from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from fairlearnkit.datasets import load_adult, load_compas
from fairlearnkit.inspection import membership_inference
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.svm import ParitySVC

FILE = Path(__file__).parents[1] / "docs" / "membership_results.txt"
N_ROWS, N_MODELS = 8000, 16
REPEATS, TABLES = 8, 300
MODELS = {
    "logistic": LogisticRegression(solver="newton-cholesky"),
    "boosting": HistGradientBoostingClassifier(random_state=0),
    "SVC, C = 10": SVC(C=10),
    "forest": RandomForestClassifier(random_state=0),
}
REMEDIES = {
    "forest": MODELS["forest"],
    "  leaves of 5 rows or more": RandomForestClassifier(
        min_samples_leaf=5, random_state=0
    ),
    "  leaves of 20 rows or more": RandomForestClassifier(
        min_samples_leaf=20, random_state=0
    ),
    "boosting": MODELS["boosting"],
    "  leaves of 100 rows or more": HistGradientBoostingClassifier(
        min_samples_leaf=100, random_state=0
    ),
    "  stopped early": HistGradientBoostingClassifier(
        early_stopping=True, random_state=0
    ),
}
CONSTRAINTS = ("demographic_parity", "equalized_odds")
C_OF_PARITY = 10.0


def encoder():
    """Categories one-hot, numbers standardised."""
    texts = make_column_selector(dtype_include="category")
    encode = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return make_column_transformer((encode, texts), remainder=StandardScaler())


def adult(seed, n_rows=N_ROWS):
    """Rows of Adult, encoded, and as many others."""
    table = load_adult()
    rows = np.random.default_rng(seed).permutation(len(table.data))[: 2 * n_rows]
    people = table.data.iloc[rows]
    encode = encoder().fit(people[:n_rows])
    y = (table.target.iloc[rows] == ">50K").to_numpy().astype(int)
    parts = people[:n_rows], people[n_rows:]
    return [(p, encode.transform(p), t) for p, t in zip(parts, np.split(y, 2))]


def cell(values, g):
    """Estimate and interval as text."""
    ends = f"[{values.low[g]:.3f}, {values.high[g]:.3f}]"
    return f"{values.estimate[g]:.3f} {ends}"


def models():
    """The table of models, and that by class of y, of the same halves."""
    people, X, y = adult(0)[0]
    options = {"n_models": N_MODELS, "random_state": 0}
    options["sensitive_features"] = people["sex"].astype(str).to_numpy()
    heads = f"{'loss':>6} {'calibrated':>11} {'ratio':>6} {'TPR':>6}"
    first = [f"{'Adult, 16 models':<14} {heads} {'women':>6} {'men':>6}  women - men"]
    second = [f"{'':<14} {'class':>6} {'women':>6} {'men':>6}  women - men"]
    for name, model in MODELS.items():
        found = membership_inference(model, X, y, **options)
        inside = found.member.ravel()
        areas = [
            roc_auc_score(inside, table.ravel())
            for table in (found.signal, found.calibrated_score)
        ]
        rate = float(found.tpr_at_1_percent_fpr.overall.estimate)
        women, men = found.auc.by_group.estimate
        numbers = f"{areas[0]:>8.3f} {areas[1]:>11.3f} "
        numbers += f"{float(found.auc.overall.estimate):>6.3f} {rate:>6.3f}"
        line = f"{name:<14} {numbers} {women:>6.3f} {men:>6.3f}"
        first.append(f"{line}  {cell(found.auc.difference, 0)}")
        print(first[-1], flush=True)
        if name.startswith("SVC"):
            continue  # the slowest one
        labels = np.where(y == 1, ">50K", "<=50K")
        found = membership_inference(model, X, y, control_features=labels, **options)
        for s, label in enumerate(found.strata):
            women, men = found.auc.by_group.estimate[s]
            line = f"{name:<14} {label:>6} {women:>6.3f} {men:>6.3f}"
            second.append(f"{line}  {cell(found.auc.difference, (s, 0))}")
            print(second[-1], flush=True)
    return [*first, "", *second]


def neighbour():
    """How many classes there are decides what a nearest neighbour gives away."""
    people, X, income = adult(0, 2000)[0]
    noise = np.random.default_rng(1).normal(size=len(X))
    age = people["age"].to_numpy(float) + noise
    targets = {"income, 2 classes": income}
    for n_bins in (10, 100):
        cuts = np.quantile(age, np.arange(1, n_bins) / n_bins)
        targets[f"age, {n_bins} classes"] = np.digitize(age, cuts)
    targets["age, a number"] = age
    lines = [
        f"{'Nearest neighbour':<20} {'right':>6} {'loss':>6} {'ratio':>6} {'TPR':>6}"
    ]
    for name, y in targets.items():
        is_number = y.dtype.kind == "f"
        model = (KNeighborsRegressor if is_number else KNeighborsClassifier)(1)
        found = membership_inference(
            model,
            X,
            y,
            sensitive_features=people["sex"].astype(str).to_numpy(),
            n_models=N_MODELS,
            random_state=0,
        )
        inside = found.member.ravel()
        # The signal of a right prediction is the largest there is.
        right = np.mean(found.signal[~found.member] == found.signal.max())
        loss = roc_auc_score(inside, found.signal.ravel())
        values = [right, loss, found.auc.overall.estimate]
        values.append(found.tpr_at_1_percent_fpr.overall.estimate)
        lines.append(f"{name:<20} " + " ".join(f"{float(v):>6.3f}" for v in values))
        print(lines[-1], flush=True)
    return lines


def remedies():
    """What regularisation and larger leaves do."""
    (people, X, y), (_, X_new, y_new) = adult(0)
    lines = [f"{'Remedies':<32} {'AUC':>20} {'TPR':>20} {'accuracy':>9}"]
    for name, model in REMEDIES.items():
        found = membership_inference(
            model,
            X,
            y,
            sensitive_features=people["sex"].astype(str).to_numpy(),
            n_models=N_MODELS,
            random_state=0,
        )
        numbers = [
            cell(found[key].overall, ()) for key in ("auc", "tpr_at_1_percent_fpr")
        ]
        accuracy = model.fit(X, y).score(X_new, y_new)
        lines.append(f"{name:<32} {numbers[0]:>20} {numbers[1]:>20} {accuracy:>9.3f}")
        print(lines[-1], flush=True)
    return lines


def small_groups():
    """Tables by name: a function of the seed to X, y and the groups."""

    def of_adult(seed):
        people, X, y = adult(seed)[0]
        small = people["race"].isin(["Amer-Indian-Eskimo", "Other"])
        return X, y, np.where(small, "small", "others")

    def of_compas(seed):
        table = load_compas()
        X = encoder().fit_transform(table.data)
        small = table.data["race"].isin(["Other", "Asian", "Native American"])
        return X, np.asarray(table.target), np.where(small, "small", "others")

    return {
        "Adult, American Indian and other": of_adult,
        "COMPAS, Asian, Native American, other": of_compas,
    }


def parity():
    """Whether a constraint on a linear model exposes a small group more."""
    plain = LogisticRegression(C=C_OF_PARITY, solver="newton-cholesky")
    model = ParityLogisticRegression(C=C_OF_PARITY)
    return of_constraints("logistic regression", plain, model, small_groups())


def parity_svc():
    """The same with a kernel, on the smaller table."""
    plain, model = SVC(C=C_OF_PARITY), ParitySVC(C=C_OF_PARITY)
    tables = {k: v for k, v in small_groups().items() if k.startswith("COMPAS")}
    return of_constraints("SVC (rbf)", plain, model, tables)


def of_constraints(title, plain, model, tables):
    """Mean changes of the AUC, of the small group and of the others."""
    fitted = [plain] + [clone(model).set_params(constraint=c) for c in CONSTRAINTS]
    lines = [
        f"{title:<38} {'rows':>5} {'plain':>7} {'constrained':>12} "
        f"{'change':>7} {'(se)':>8} {'others':>7} {'(se)':>8}"
    ]
    for name, read in tables.items():
        areas = []  # of (repeat, model, group): others, small
        for seed in range(REPEATS):
            X, y, group = read(seed)
            options = {"sensitive_features": group, "random_state": seed}
            found = [
                membership_inference(m, X, y, n_models=N_MODELS, **options)
                for m in fitted
            ]
            areas.append([f.auc.by_group.estimate for f in found])
            print(name, seed, np.round(areas[-1], 3).tolist(), flush=True)
        areas = np.array(areas)
        lines.append(name)
        for k, constraint in enumerate(CONSTRAINTS, start=1):
            change = areas[:, k] - areas[:, 0]
            error = change.std(axis=0, ddof=1) / np.sqrt(REPEATS)
            mean = areas.mean(axis=0)
            lines.append(
                f"{'  ' + constraint:<38} {(group == 'small').sum():>5} "
                f"{mean[0, 1]:>7.3f} {mean[k, 1]:>12.3f} {change[:, 1].mean():>+7.4f} "
                f"{f'({error[1]:.4f})':>8} {change[:, 0].mean():>+7.4f} "
                f"{f'({error[0]:.4f})':>8}"
            )
    return lines


def population(seed):
    """300 rows of two groups, the second with more noise in y."""
    rng = np.random.default_rng(seed)
    group = np.repeat(["a", "b"], [200, 100])
    X = rng.normal(size=(300, 3))
    score = X[:, 0] + np.where(group == "a", 0.5, 1.5) * rng.normal(size=300)
    return X, score, group


def coverage():
    """How often intervals hold."""
    cases = {
        "tree": (DecisionTreeClassifier(min_samples_leaf=3, random_state=0), True),
        "3 neighbours, regression": (KNeighborsRegressor(3), False),
        "logistic": (LogisticRegression(), True),
        "prior of the classes": (DummyClassifier(), True),
    }
    keys = ("all", "a", "b", "a - b")
    heads = " ".join(f"{key:>6}" for key in keys)
    lines = [f"{'Coverage':<26} {'truth':>6} {heads} {'SD/sqrt(K)':>11}  (of the AUC)"]
    rates = [f"{'':<26} {'truth':>6} {heads}  (of the TPR at 1 % FPR)"]
    for name, (model, is_class) in cases.items():
        found = [of_table(seed, model, is_class) for seed in range(TABLES)]
        for key, table in (("auc", lines), ("tpr_at_1_percent_fpr", rates)):
            ends = np.array([f[key] for f in found])  # (table, key, value low high)
            truth = ends[..., 0].mean(axis=0)
            held = (ends[..., 1] <= truth) & (truth <= ends[..., 2])
            line = " ".join(f"{share:>6.3f}" for share in held.mean(axis=0))
            line = f"{name:<26} {truth[0]:>6.3f} {line}"
            if key == "auc":
                value, reach = np.array([f["naive"] for f in found]).T
                line += f" {np.mean(abs(value - value.mean()) <= reach):>11.3f}"
            table.append(line)
            print(line, flush=True)
    return [*lines, "", *rates]


def of_table(seed, model, is_class):
    """Estimates and ends of one table, and those of independent models."""
    X, y, group = population(seed)
    y = (y > 0).astype(int) if is_class else y
    found = membership_inference(
        model,
        X,
        y,
        sensitive_features=group,
        n_models=N_MODELS,
        random_state=seed,
    )
    result = {}
    for key in ("auc", "tpr_at_1_percent_fpr"):
        ends = ("estimate", "low", "high")
        overall, by_group, gap = (
            np.stack([found[key][part][end] for end in ends], axis=-1)
            for part in ("overall", "by_group", "difference")
        )
        result[key] = [overall, *by_group, gap[0]]
    areas = [roc_auc_score(m, s) for m, s in zip(found.member.T, found.score.T)]
    error = np.std(areas, ddof=1) / np.sqrt(N_MODELS)
    reach = student.ppf(0.975, N_MODELS - 1) * error
    result["naive"] = np.mean(areas), reach
    return result


SECTIONS = {
    "models": models,
    "neighbour": neighbour,
    "remedies": remedies,
    "parity": parity,
    "parity_svc": parity_svc,
    "coverage": coverage,
}


def store(name, lines):
    """Replace a section of the file; each starts with its name in brackets."""
    text = FILE.read_text("utf-8") if FILE.exists() else ""
    parts = dict(p.split("]\n", 1) for p in text.split("[section ")[1:])
    parts[name] = "\n".join(line.rstrip() for line in lines) + "\n\n"
    ordered = [
        f"[section {key}]\n{parts[key].rstrip()}\n" for key in SECTIONS if key in parts
    ]
    FILE.write_text("\n".join(ordered), "utf-8")


def main():
    """The sections that were named, or all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], default=[])
    for name in parser.parse_args().sections or SECTIONS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of small cells, which are told of
            store(name, SECTIONS[name]())


if __name__ == "__main__":
    main()
