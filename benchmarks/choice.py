"""A bound on a gap of decisions: who finds a model, and what it does on test rows.

    OMP_NUM_THREADS=1 python benchmarks/choice.py    # docs/choice_results.txt

Splits of 70 to 30 of Adult (by sex), COMPAS (African-American and others) and German
credit (by sex), with one-hot categories, with the sensitive column in X and without it.
No method gets groups at predict. For each bound:

- "plain" is logistic regression, and "equality" ParityLogisticRegression with equal
  mean scores, the most that its `max_gap` can ask for;
- "CV" is ParityLogisticRegressionCV, by accuracy;
- "rule" is ParityThresholdClassifier around logistic regression, with logistic
  regression as `group_estimator`;
- "search" is GridSearchCV over the inner C and the `max_gap` of this rule, with
  pooled_scorers and HighestScore (with the column, and for the first bound only).

The gap is signed, the rate of the second group minus that of the first, and a mean
over splits with its standard error. "None" counts the splits in which no candidate was
within the bound on rows that were left out. Seconds are CPU seconds of fit.

    python benchmarks/choice.py --splits 3 4 --tables German --records FILE

runs a part of it and appends a line for each table, constraint and split to FILE; what
is in FILE is not run again.
"""

import argparse
import json
import warnings
from itertools import product
from pathlib import Path
from time import process_time

import numpy as np
from decisions import adult, load, logistic
from sklearn.model_selection import GridSearchCV, StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline

from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.datasets import load_compas, load_german_credit
from fairlearnkit.linear_model import (
    ParityLogisticRegression,
    ParityLogisticRegressionCV,
)
from fairlearnkit.metrics import pooled_scorers
from fairlearnkit.model_selection import HighestScore
from fairlearnkit.postprocessing import ParityThresholdClassifier

BOUNDS = (0.05, 0.02)
SPLITS = range(10)
COLUMNS = ("in X", "left out")
METRICS = {
    "demographic_parity": "demographic_parity_difference",
    "equal_opportunity": "equal_opportunity_difference",
}
TABLES = {
    "Adult": lambda: adult("sex"),
    "COMPAS": lambda: load(load_compas, "race", "African-American"),
    "German": lambda: load(load_german_credit, "sex", "female", "good"),
}
CS = [0.01, 0.1, 1.0]
SHARES = [1.0, 0.5]  # of the bound, as max_gap of the rules of the search
# What accuracy may be below that of the rule, by how much the mean gap may exceed the
# bound, and in how many splits no candidate may be found at the first bound.
BEHIND, BEYOND = 0.012, 0.02
NONE = {"Adult": 0, "COMPAS": 0, "German": 2}


class Split:
    """Training and test rows, and what each method does on them."""

    def __init__(self, table, constraint, column, seed):
        out = None if column == "in X" else table["column"]
        kept = [j for j in range(table["X"].shape[1]) if j != out]
        parts = train_test_split(
            table["X"][:, kept],
            table["y"],
            table["group"],
            test_size=0.3,
            random_state=seed,
        )
        X, X_test, self.y, self.y_test, self.group, self.group_test = parts
        categorical = [kept.index(j) for j in table["categorical"] if j in kept]
        *encode, self.inner = [step for _, step in logistic(categorical).steps]
        encoder = make_pipeline(*encode).fit(X)
        self.X, self.X_test = encoder.transform(X), encoder.transform(X_test)
        self.constraint, self.column, self.methods = constraint, column, {}

    def fit(self, name, model, X, X_test, **groups):
        """Fit a model; keep its accuracy and signed gap on test rows."""
        start = process_time()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(X, self.y, **groups)
        seconds = process_time() - start
        missed = any("No candidate meets" in str(w.message) for w in caught)
        predicted = model.predict(X_test)
        counted = self.y_test == 1 if self.constraint == "equal_opportunity" else True
        labels = np.unique(self.group)
        cells = [(self.group_test == label) & counted for label in labels]
        low, high = (float(predicted[cell].mean()) for cell in cells)
        self.methods[name] = {
            "accuracy": float(np.mean(predicted == self.y_test)),
            "gap": high - low,
            "seconds": seconds,
            "none": missed,
        }

    def run(self):
        """All methods and bounds."""
        data = self.X, self.X_test
        groups = {"sensitive_features": self.group}
        options = {"constraint": self.constraint}
        self.fit("plain", self.inner, *data)
        self.fit("equality", ParityLogisticRegression(**options), *data, **groups)
        for bound in BOUNDS:
            model = ParityLogisticRegressionCV(max_gap=bound, Cs=CS, **options)
            self.fit(f"CV {bound}", model, *data, **groups)
            self.fit(f"rule {bound}", self.rule(bound), *data, **groups)
        if self.column == "left out":
            return self.methods
        bound, codes = BOUNDS[0], np.unique(self.group, return_inverse=True)[1]
        # What the rule gets as groups is the last column; it is not used at predict.
        with_group = np.column_stack([self.X, codes])
        test = np.column_stack([self.X_test, np.zeros(len(self.X_test))])
        self.fit(f"search {bound}", self.search(bound, codes), with_group, test)
        return self.methods

    def rule(self, bound):
        """ParityThresholdClassifier without groups at predict."""
        return ParityThresholdClassifier(
            self.inner,
            constraint=self.constraint,
            max_gap=bound,
            group_estimator=self.inner,
        )

    def search(self, bound, codes):
        """GridSearchCV over the inner C and the bound of the rule."""
        metric = METRICS[self.constraint]
        counts = pooled_scorers("gap", metric, groups=codes, classes=self.y)
        grid = {
            "estimator__estimator__C": CS,
            "estimator__max_gap": [share * bound for share in SHARES],
        }
        return GridSearchCV(
            SensitiveColumns(self.rule(bound), -1),
            grid,
            scoring={"accuracy": "accuracy", **counts},
            refit=HighestScore("accuracy", "gap", max_gap=bound),
            cv=[*StratifiedKFold(5).split(self.X, 2 * self.y + codes)],
        )


def part(record):
    """What a line of the records is about."""
    return tuple(record[key] for key in ("table", "constraint", "column", "split"))


def verdict(what, values, limit):
    """A line that says whether a mean over splits is at most its limit."""
    mean, error = np.mean(values), np.std(values, ddof=1) / len(values) ** 0.5
    met = "met" if mean <= limit else "MISSED"
    return f"  {what:<56} {mean:>8.4f} {error:>8.4f} {limit:>8.4f}  {met}"


def table_lines(records):
    """The table of one data set and constraint, and which requirements are met."""
    found = {
        name: {
            key: np.array([record["methods"][name][key] for record in records])
            for key in ("gap", "accuracy", "seconds", "none")
        }
        for name in records[0]["methods"]
    }
    lines = [
        f"{', '.join(part(records[0])[:2])}, column {records[0]['column']}, "
        f"{len(records)} splits",
        f"{'':<16} {'gap':>8} {'s.e.':>7} {'accuracy':>9} {'none':>5} {'seconds':>8}",
    ]
    for name, row in found.items():
        error = row["gap"].std(ddof=1) / len(records) ** 0.5
        lines.append(
            f"{name:<16} {row['gap'].mean():>+8.4f} {error:>7.4f} "
            f"{row['accuracy'].mean():>9.4f} {row['none'].sum():>5} "
            f"{row['seconds'].mean():>8.1f}"
        )
    return [*lines, *target_lines(found, records[0]["table"]), ""]


def target_lines(found, table):
    """Which requirements are met."""
    lines = [f"  {'':<56} {'':>8} {'s.e.':>8} {'at most':>8}"]
    for name, row in found.items():
        method, _, bound = name.rpartition(" ")
        if method not in ("CV", "search"):
            continue
        signed, limit = row["gap"] * np.sign(row["gap"].mean()), float(bound) + BEYOND
        lines.append(verdict(f"{name}: size of the mean gap", signed, limit))
        if method == "CV":
            behind = found[f"rule {bound}"]["accuracy"] - row["accuracy"]
            lines.append(verdict(f"{name}: accuracy behind the rule", behind, BEHIND))
        if float(bound) == BOUNDS[0]:
            share = NONE[table] / len(SPLITS)
            lines.append(verdict(f"{name}: splits without one", row["none"], share))
    return lines


def main():
    """The splits that were asked for, and the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, nargs="*", default=SPLITS)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--records", type=Path, help="JSON lines, read and appended to")
    options = parser.parse_args()
    records, path = [], options.records
    if path is not None and path.exists():
        records = [json.loads(line) for line in path.read_text().splitlines()]
    done = set(map(part, records))
    for task in product(options.tables, METRICS, COLUMNS, options.splits):
        if task in done:
            continue
        name, *rest = task
        record = dict(zip(("table", "constraint", "column", "split"), task))
        records.append(record | {"methods": Split(TABLES[name](), *rest).run()})
        if path is not None:
            with path.open("a") as file:
                file.write(json.dumps(records[-1]) + "\n")
        print(*task, flush=True)
    lines = []
    for task in product(TABLES, METRICS, COLUMNS):
        some = [r for r in records if part(r)[:3] == task]
        lines += table_lines(some) if some else []
    text = "\n".join(lines)
    print(text)
    if set(product(TABLES, METRICS, COLUMNS, SPLITS)) <= set(map(part, records)):
        path = Path(__file__).parents[1] / "docs" / "choice_results.txt"
        path.write_text(text.rstrip() + "\n")


if __name__ == "__main__":
    main()
