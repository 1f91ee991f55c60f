"""Decisions under a bound on rates: gaps and accuracy on test rows, and seconds.

    OMP_NUM_THREADS=1 python benchmarks/decisions.py    # docs/decisions_results.txt

Splits of 70 to 30, gradient boosting inside, with the categories of Adult and COMPAS
as ordinal codes; for logistic regression they are one-hot. "Known" is
ParityThresholdClassifier with groups at predict, "inferred" with a `group_estimator`
and none at predict, the sensitive column left out of X or kept there. fairlearn has
an environment of its own: ThresholdOptimizer is given the out-of-fold probabilities
that "known" computes itself, and its seconds hold those of computing them;
ExponentiatedGradient is fitted around the same gradient boosting without the
sensitive column. It bounds the difference of a group from all rows, so that it is run
twice: with `difference_bound` as given, and such that the difference of two groups is
at most that. Where it reaches the bound, accuracies are compared at its gap on test
rows: ours is read off the trade-off of one fit, which `with_max_gap` gives without
another one, at BETWEEN and between these bounds as that of deciding by the one rule or
the other, in the shares that give this gap.

The gap is the largest difference between the rates of groups, which are means over
splits: a gap of either sign in turn cancels out. Rates of randomised methods are
expected ones. Seconds are CPU seconds of fit.

    python benchmarks/decisions.py --splits 3 4 --tables "Adult by sex" --records FILE

runs a part of it and appends what is measured to FILE, a line for each table,
constraint, split and library; parts that are in FILE are not run again, and the tables
are made from all of it. They are written to the docs once all splits of all tables with
a requirement are there. `--libraries fairlearn` measures fairlearn only: its lines stay
true when code here changes.

    python benchmarks/decisions.py --close --records FILE  # docs/decisions_close.txt

compares rules without groups and ExponentiatedGradient by sex on CLOSE_SPLITS: ten
splits do not tell which of the two is more accurate there.
"""

import argparse
import json
import subprocess
import tempfile
import warnings
from itertools import product
from pathlib import Path
from time import process_time

import numpy as np
import sklearn
from environment import environment
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fairlearnkit.datasets import load_adult, load_compas
from fairlearnkit.postprocessing import ParityThresholdClassifier

HERE = Path(__file__).parent
BOUNDS = (0.05, 0.02)
# Bounds of the trade-off at which rules of the same fit are read off.
BETWEEN = (0.01, 0.03, 0.04, 0.06, 0.07, 0.08, 0.1, 0.12)
SPLITS = range(10)
CONSTRAINTS = ("demographic_parity", "equal_opportunity")
LIBRARIES = ("fairlearnkit", "fairlearn")
# Splits of Adult by sex where methods without groups are compared more closely; each
# library's part of them that is measured for it.
CLOSE_SPLITS = {"demographic_parity": range(20), "equal_opportunity": range(30)}
CLOSE, CLOSE_LIBRARIES = "Adult by sex", ("fairlearnkit, inferred", "fairlearn")
# Rows that are decided otherwise than in training move a gap by this much at most.
ALLOWANCE = 0.01
# What accuracy may be behind ThresholdOptimizer, and the largest share of the seconds
# of ExponentiatedGradient.
BEHIND, SHARE_OF_SECONDS = 0.002, 1 / 3
WITHOUT_COLUMN = "boosting, column left out"
# Without groups, accuracy counts as behind that of ExponentiatedGradient if it is so by
# more standard errors than chance leaves between equal methods.
STANDARD_ERRORS = 2.0
REDUCTIONS = ("ExponentiatedGradient", "ExponentiatedGradient, of two groups")
BOOSTING = HistGradientBoostingClassifier(random_state=0)


def load(load_table, column, group=None, positive=None):
    """X as numbers, y, groups, and positions of the categorical and other columns."""
    bunch = load_table()
    labels = np.array(bunch.data[column].tolist())
    groups = labels if group is None else np.where(labels == group, group, "others")
    X, categorical = bunch.data.copy(), bunch.data.select_dtypes("category").columns
    for name in categorical:
        X[name] = X[name].cat.codes
    y = bunch.target if positive is None else bunch.target == positive
    return {
        "X": X.to_numpy(dtype=np.float64),
        "y": y.to_numpy(dtype=np.int64),
        "group": groups,
        "categorical": [X.columns.get_loc(name) for name in categorical],
        "column": X.columns.get_loc(column),
    }


def adult(column, group=None):
    """Adult with the groups of a column."""
    return load(load_adult, column, group, ">50K")


TABLES = {
    "Adult by sex": lambda: adult("sex"),
    "Adult by white / others": lambda: adult("race", "White"),
    "COMPAS by African-American / others": lambda: load(
        load_compas, "race", "African-American"
    ),
    "Adult by five races": lambda: adult("race"),
}
# Reported without a target.
NO_TARGET = {"Adult by five races"}


def logistic(categorical):
    """Logistic regression on one-hot categories; columns are positions in X."""
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), categorical),
        remainder="passthrough",
    )
    return make_pipeline(encode, StandardScaler(), LogisticRegression(max_iter=1000))


class Split:
    """Training and test rows of a table, and what each method does on them."""

    def __init__(self, table, constraint, seed):
        parts = train_test_split(
            table["X"], table["y"], table["group"], test_size=0.3, random_state=seed
        )
        self.X, self.X_test, self.y, self.y_test, self.group, self.group_test = parts
        self.table, self.constraint = table, constraint
        width = self.X.shape[1]
        self.kept = list(range(width))
        self.dropped = [j for j in self.kept if j != table["column"]]
        self.labels = np.unique(self.group)
        self.methods = {}

    def record(self, name, selected, seconds):
        """Keep accuracy and rates by group of the share of each row decided as 1."""
        counted = self.y_test == 1 if self.constraint == "equal_opportunity" else True
        cells = [(self.group_test == label) & counted for label in self.labels]
        self.methods[name] = {
            "accuracy": float(np.mean(np.where(self.y_test, selected, 1 - selected))),
            "rates": [float(selected[cell].mean()) for cell in cells],
            "seconds": seconds,
        }

    def plain(self, name, model, columns):
        """The inner model by itself; its seconds."""
        start = process_time()
        model = clone(model).fit(self.X[:, columns], self.y)
        seconds = process_time() - start
        self.record(name, model.predict(self.X_test[:, columns]), seconds)
        return model, seconds

    def ours(self, name, inner, bound, columns, group_estimator=None, between=()):
        """ParityThresholdClassifier; at the other bounds too, from the same fit."""
        model = ParityThresholdClassifier(
            inner,
            constraint=self.constraint,
            max_gap=bound,
            group_estimator=group_estimator,
        )
        start = process_time()
        model.fit(self.X[:, columns], self.y, sensitive_features=self.group)
        seconds = process_time() - start
        groups = {} if group_estimator else {"sensitive_features": self.group_test}
        for other in (bound, *between):
            rule = model.with_max_gap(other)
            selected = rule.predict(self.X_test[:, columns], **groups)
            self.record(f"{name} {other}", selected, seconds)

    def all_of_ours(self, bounds):
        """The models without a constraint, and ParityThresholdClassifier."""
        categorical = self.table["categorical"]
        linear = logistic(categorical)
        self.plain("logistic regression", linear, self.kept)
        self.plain(WITHOUT_COLUMN, BOOSTING, self.dropped)
        names = [self.dropped.index(j) for j in categorical if j in self.dropped]
        other = logistic(names)
        for bound in bounds:
            self.ours("known", BOOSTING, bound, self.kept)
            if bound:
                self.ours("inferred", BOOSTING, bound, self.dropped, BOOSTING,
                          between=BETWEEN if bound == BOUNDS[0] else ())  # fmt: skip
                self.ours("inferred, column kept", BOOSTING, bound, self.kept,
                          BOOSTING)  # fmt: skip
                self.ours("known, logistic", linear, bound, self.kept)
                self.ours("inferred, logistic", other, bound, self.dropped, other)

    def fairlearn(self, python, bounds, reductions):
        """Both methods of fairlearn, in another environment."""
        model, seconds = self.plain("boosting", BOOSTING, self.kept)
        start = process_time()
        proba = cross_val_predict(
            BOOSTING, self.X, self.y, cv=5, method="predict_proba"
        )
        seconds += process_time() - start
        largest = np.unique(self.group, return_counts=True)[1].max() / len(self.group)
        tasks = {}
        for bound in filter(None, bounds):
            # |r_a - r_b| is the difference of r_a from all rows over the share of b.
            name = f"ExponentiatedGradient, of two groups {bound}"
            tasks[f"ExponentiatedGradient {bound}"] = bound, self.dropped
            tasks[name] = bound * float(largest), self.dropped
        settings = {
            "constraint": self.constraint,
            "optimizer": bounds,
            "reductions": tasks if reductions else {},
        }
        data = {"X": self.X, "y": self.y, "group": self.group, "proba": proba}
        data |= {"X_test": self.X_test, "group_test": self.group_test}
        data["proba_test"] = model.predict_proba(self.X_test)
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            (folder / "settings.json").write_text(json.dumps(settings))
            np.savez(folder / "data.npz", **data)
            worker = [python, HERE / "decisions_worker.py", folder, "tables"]
            subprocess.run(worker, check=True)
            theirs = json.loads((folder / "seconds.json").read_text())
            for name, selected in np.load(folder / "selected.npz").items():
                added = seconds if name.startswith("Threshold") else 0.0
                self.record(name, selected, theirs[name] + added)


def measure(name, constraint, seed, library, python):
    """What is kept of one table, constraint, split and library."""
    split = Split(TABLES[name](), constraint, seed)
    bounds = [*BOUNDS, 0.0]
    if library == "fairlearn":
        split.fairlearn(python, bounds, reductions=name not in NO_TARGET)
    elif library == "fairlearnkit":
        split.all_of_ours(bounds)
    else:
        split.plain(WITHOUT_COLUMN, BOOSTING, split.dropped)
        first, *others = BOUNDS
        split.ours("inferred", BOOSTING, first, split.dropped, BOOSTING,
                   between=(*others, *BETWEEN))  # fmt: skip
    return {
        "table": name,
        "constraint": constraint,
        "split": seed,
        "library": library,
        "methods": split.methods,
    }


def part(record):
    """What a line of the records is about."""
    return tuple(record[key] for key in ("table", "constraint", "split", "library"))


def joined(records, cases, libraries=LIBRARIES):
    """Records by table, constraint and split, where both libraries are measured."""
    methods = {part(record): record["methods"] for record in records}
    return [
        {"table": name, "constraint": constraint, "split": seed}
        | {"methods": methods[first] | methods[second]}
        for name, constraint, seed in cases
        for first, second in [[(name, constraint, seed, of) for of in libraries]]
        if first in methods and second in methods
    ]


def close_cases():
    """Tables, constraints and splits of the closer comparison."""
    splits = CLOSE_SPLITS.items()
    return [(CLOSE, constraint, seed) for constraint, some in splits for seed in some]


def close_report(records):
    """Lines of the closer comparison."""
    lines = []
    for constraint in CONSTRAINTS:
        some = [record for record in records if record["constraint"] == constraint]
        if some:
            found = summarise(some)
            lines += table_lines(some)
            lines.append(f"  {'':<72} {'':>8} {'s.e.':>8} {'at most':>8}")
            for bound, title in product(BOUNDS, REDUCTIONS):
                lines += reduction_lines(found, bound, title)
            lines.append("")
    return lines


def summarise(records):
    """Gap, accuracy and seconds of each method: means, and differences by split."""
    found = {}
    for name in records[0]["methods"]:
        rows = [record["methods"][name] for record in records]
        rates = np.array([row["rates"] for row in rows])
        mean = rates.mean(axis=0)
        signed = rates[:, mean.argmax()] - rates[:, mean.argmin()]
        found[name] = {
            "gap": signed,
            "accuracy": np.array([row["accuracy"] for row in rows]),
            "seconds": np.array([row["seconds"] for row in rows]),
        }
    return found


def table_lines(records):
    """The table of one data set and constraint."""
    found = summarise(records)
    lines = [
        f"{records[0]['table']}, {records[0]['constraint']}, {len(records)} splits",
        f"{'':<46} {'gap':>8} {'accuracy':>9} {'seconds':>8}",
    ]
    for bound in ("", *map(str, (*BOUNDS, 0.0))):
        if bound:
            lines.append(f"at most {bound}" if float(bound) else "equal rates")
        for name, row in found.items():
            title, _, last = name.rpartition(" ")
            own = last[0].isdigit()
            if (last == bound) if bound else not own:
                gap, accuracy, seconds = (values.mean() for values in row.values())
                lines.append(
                    f"  {title if own else name:<44} {gap:>8.4f} {accuracy:>9.4f} "
                    f"{seconds:>8.1f}"
                )
    return lines


def verdict(what, values, limit):
    """A line that says whether a mean over splits is at most its limit."""
    mean = float(np.mean(values))
    error = np.std(values, ddof=1) / len(values) ** 0.5 if len(values) > 1 else np.nan
    met = "met" if mean <= limit else "MISSED"
    return f"  {what:<72} {mean:>8.4f} {error:>8.4f} {limit:>8.4f}  {met}"


def target_lines(records):
    """Which requirements are met."""
    found = summarise(records)
    lines = [f"  {'':<72} {'':>8} {'s.e.':>8} {'at most':>8}"]
    for bound in BOUNDS:
        for name in (f"known {bound}", f"inferred {bound}"):
            gap = found[name]["gap"]
            lines.append(verdict(f"{name}: gap", gap, bound + ALLOWANCE))
        lines.append(behind(found, f"known {bound}", f"ThresholdOptimizer {bound}"))
        for title in REDUCTIONS:
            lines += reduction_lines(found, bound, title)
    return [*lines, behind(found, "known 0.0", "ThresholdOptimizer 0.0")]


def behind(found, name, other):
    """By how much the accuracy of a method is behind that of another."""
    difference = found[other]["accuracy"] - found[name]["accuracy"]
    return verdict(f"{name}: accuracy behind {other}", difference, BEHIND)


def accuracy_at(found, gap):
    """Accuracy without groups at a gap, by split, between rules on both sides of it."""
    bounds = sorted((*BOUNDS, *BETWEEN))
    rules = [found[f"inferred {bound}"] for bound in bounds]
    rules = sorted([*rules, found[WITHOUT_COLUMN]], key=lambda r: r["gap"].mean())
    position = np.interp(gap, [r["gap"].mean() for r in rules], range(len(rules)))
    low = min(int(position), len(rules) - 2)
    share = position - low
    accuracy = [rules[i]["accuracy"] for i in (low, low + 1)]
    return (1.0 - share) * accuracy[0] + share * accuracy[1]


def reduction_lines(found, bound, title):
    """Against ExponentiatedGradient, where that reaches the gap."""
    ours, theirs = found[f"inferred {bound}"], found[f"{title} {bound}"]
    gap = theirs["gap"].mean()
    ratio = ours["seconds"] / theirs["seconds"]
    if gap > bound + ALLOWANCE:
        return [
            f"  {title} does not reach {bound}: gap {gap:.4f}; "
            f"seconds {ratio.mean():.2f} of its"
        ]
    difference = theirs["accuracy"] - accuracy_at(found, gap)
    error = np.std(difference, ddof=1) / len(difference) ** 0.5
    name = f"inferred: accuracy behind {title} {bound}"
    return [
        verdict(name, difference, STANDARD_ERRORS * error),
        verdict(f"inferred {bound}: seconds / {title}", ratio, SHARE_OF_SECONDS),
    ]


def report(records):
    """All lines of the tables."""
    lines = []
    for constraint, name in product(CONSTRAINTS, TABLES):
        some = [
            r for r in records if (r["table"], r["constraint"]) == (name, constraint)
        ]
        if some:
            lines += table_lines(some)
            lines += [] if name in NO_TARGET else target_lines(some)
            lines.append("")
    return lines


def main():
    """The splits that were asked for, and the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, nargs="*", default=SPLITS)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument(
        "--constraints", nargs="+", choices=CONSTRAINTS, default=list(CONSTRAINTS)
    )
    parser.add_argument(
        "--libraries", nargs="+", choices=LIBRARIES, default=list(LIBRARIES)
    )
    parser.add_argument("--records", type=Path, help="JSON lines, read and appended to")
    parser.add_argument("--python", help="one that has fairlearn")
    parser.add_argument("--close", action="store_true", help="compare more closely")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    path = options.records
    records = []
    if path is not None and path.exists():
        records = [json.loads(line) for line in path.read_text().splitlines()]
    libraries = CLOSE_LIBRARIES if options.close else options.libraries
    asked = options.splits, options.constraints, options.tables
    cases = [(name, constraint, seed) for seed, constraint, name in product(*asked)]
    cases = close_cases() if options.close else cases
    run(product(cases, libraries), records, path, options.python)
    if options.close:
        cases = needed = close_cases()
        lines = close_report(joined(records, cases, CLOSE_LIBRARIES))
        name = "decisions_close.txt"
    else:
        everything = product(SPLITS, CONSTRAINTS, TABLES)
        cases = [(name, constraint, seed) for seed, constraint, name in everything]
        needed = [case for case in cases if case[0] not in NO_TARGET]
        libraries, name = LIBRARIES, "decisions_results.txt"
        lines = report(joined(records, cases))
    text = "\n".join(line.rstrip() for line in lines)
    print(text)
    done = set(map(part, records))
    if all((*case, library) in done for case, library in product(needed, libraries)):
        (HERE.parent / "docs" / name).write_text(text.rstrip() + "\n")


def run(todo, records, path, python):
    """Measure what is not among the records, and append it to them and to a file."""
    done = set(map(part, records))
    scikit_learn = f"scikit-learn=={sklearn.__version__}"
    with environment("fairlearn", scikit_learn, python=python) as python:
        for case, library in todo:
            if (*case, library) in done:
                continue
            records.append(measure(*case, library, python))
            if path is not None:
                with path.open("a") as file:
                    file.write(json.dumps(records[-1]) + "\n")
            name, constraint, seed = case
            print(f"{name}, {constraint}, split {seed}: {library}", flush=True)


if __name__ == "__main__":
    main()
