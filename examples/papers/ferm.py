"""FERM: support vector machines under equal opportunity, as in its experiments.

    python examples/papers/ferm.py --output docs/papers_ferm.txt

Donini, Oneto, Ben-David, Shawe-Taylor, Pontil: Empirical Risk Minimization under
Fairness Constraints, NeurIPS 2018. COMPAS, Adult and German credit, which come with the
library; linear and RBF kernel; with the sensitive feature s in X and left out of X. On
test rows: accuracy, and DEO, the difference of the true positive rates of two groups.

- "SVM": no constraint. "highest accuracy" chooses C (and gamma) by the mean accuracy of
  3 folds; "two-step rule" takes the lowest mean DEO of the folds among all that reach
  90 % of the best accuracy.
- "parity SVM": ParityLinearSVC (hinge loss) or ParitySVC, equal mean scores of the
  groups among positive rows; C and gamma by the same two rules.
- "decision rule": ParityThresholdClassifier, true positive rates within 0.01 of one
  another out of fold, around logistic regression (linear) or the SVM of the highest
  accuracy with calibrated probabilities (RBF). Predictions know the group where s is
  in X; it is inferred by logistic regression where it is left out.
- fairlearn's ThresholdOptimizer, which always gets groups at prediction, and
  ExponentiatedGradient, both with a bound of 0.01, around logistic regression (linear)
  or the SVM of the highest accuracy (RBF). Their decisions are random; rates are
  expected ones.

10 random splits of 70 to 30. Linear models get at most 10,000 training rows and RBF
models 2,000, fairlearn's among them, so that a run takes about 20 minutes on one core;
test rows are all used. --resume continues a run that was cut off. fairlearn is taken
from this environment, or installed into a temporary one, or --python names a Python
that has it.
"""

import json
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import sklearn
from _shared import (
    COLORS,
    Records,
    draw_rows,
    mean_and_sd,
    noted,
    parser,
    save_figure,
    timed,
    versions,
    write,
)
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.datasets import load_adult, load_compas, load_german_credit
from fairlearnkit.metrics import parity_scorer
from fairlearnkit.model_selection import LowestGap
from fairlearnkit.postprocessing import ParityThresholdClassifier
from fairlearnkit.svm import ParityLinearSVC, ParitySVC

HERE = Path(__file__).parent
TABLES = {
    "COMPAS": (load_compas, "race", "African-American", 1),
    "Adult": (load_adult, "sex", "Female", ">50K"),
    "German": (load_german_credit, "sex", "female", "good"),
}
KERNELS = {
    "linear": {"C": [0.001, 0.01, 0.1, 1.0, 10.0]},
    "rbf": {"C": [0.1, 1.0, 10.0], "gamma": [0.001, 0.01, 0.1]},
}
TITLES = {"linear": "linear", "rbf": "RBF kernel"}
COLUMNS = ("s in X", "s left out")
LIBRARIES = ("fairlearnkit", "fairlearn")
# The most training rows. A model is fitted 50 to 80 times in each split; with all rows
# of Adult, the linear ones take three times as long, and RBF models 250 times.
ROWS = {"linear": 10_000, "rbf": 2_000}
BOUND = 0.01
LOGISTIC = LogisticRegression(solver="newton-cholesky")
TWO_STEP = LowestGap("accuracy", "deo", min_score_ratio=0.9)


def load(name, n_rows):
    """Features, classes 0 and 1, and whether a row is in the group, of a table."""
    loader, column, label, positive = TABLES[name]
    bunch = loader()
    table = {
        "X": bunch.data,
        "y": (bunch.target == positive).to_numpy().astype(int),
        "group": (bunch.data[column] == label).to_numpy().astype(int),
    }
    return draw_rows(table, n_rows) | {"column": column}


class Split:
    """Training and test rows of one part, scaled and with one-hot categories."""

    def __init__(self, table, kernel, column, seed):
        X = table["X"]
        if column == "s left out":
            X = X.drop(columns=table["column"])
        parts = train_test_split(
            X,
            table["y"],
            table["group"],
            test_size=0.3,
            random_state=seed,
            stratify=2 * table["y"] + table["group"],
        )
        X, X_test, self.y, self.y_test, self.group, self.group_test = parts
        categorical = X.select_dtypes("category").columns.tolist()
        encode = make_pipeline(
            make_column_transformer(
                (
                    OneHotEncoder(handle_unknown="ignore", sparse_output=False),
                    categorical,
                ),
                remainder="passthrough",
            ),
            StandardScaler(),
        ).fit(X)
        self.X, self.X_test = encode.transform(X), encode.transform(X_test)
        few = slice(ROWS[kernel])
        self.X, self.y, self.group = self.X[few], self.y[few], self.group[few]
        self.kernel, self.column, self.seed = kernel, column, seed

    def measure(self, selected):
        """Accuracy and true positive rates of the shares in which rows are accepted."""
        cells = [(self.group_test == g) & (self.y_test == 1) for g in (0, 1)]
        right = np.where(self.y_test == 1, selected, 1 - selected)
        return {
            "accuracy": round(float(right.mean()), 5),
            "rates": [round(float(selected[cell].mean()), 5) for cell in cells],
            "accepted": round(float(selected.mean()), 5),
        }

    def svm(self, max_gap, **params):
        """An SVM; without a constraint it is the one of scikit-learn's SVC."""
        options = {"constraint": "equal_opportunity", "max_gap": max_gap, **params}
        if self.kernel == "linear":
            return ParityLinearSVC(loss="hinge", tol=1e-6, **options)
        return ParitySVC(**options)

    def search(self, max_gap):
        """The parameters that each of the two rules chooses."""
        # The last column is the group: for fit and the scorer, and not a feature.
        with_group = np.column_stack([self.X, self.group])
        grid = {f"estimator__{k}": v for k, v in KERNELS[self.kernel].items()}
        folds = StratifiedKFold(3, shuffle=True, random_state=self.seed)
        deo = parity_scorer("equal_opportunity_difference")
        results = (
            GridSearchCV(
                SensitiveColumns(self.svm(max_gap), -1),
                grid,
                scoring={"accuracy": "accuracy", "deo": deo},
                refit=False,
                cv=[*folds.split(self.X, 2 * self.y + self.group)],
            )
            .fit(with_group, self.y)
            .cv_results_
        )
        chosen = {
            "highest accuracy": int(np.argmax(results["mean_test_accuracy"])),
            "two-step rule": TWO_STEP(results),
        }
        return {
            rule: {k.split("__")[1]: v for k, v in results["params"][i].items()}
            for rule, i in chosen.items()
        }

    def decision_rule(self, params):
        """Decisions of ParityThresholdClassifier."""
        inner = LOGISTIC
        if self.kernel == "rbf":
            inner = CalibratedClassifierCV(SVC(**params), cv=3, ensemble=False)
        known = self.column == "s in X"
        model = ParityThresholdClassifier(
            inner,
            constraint="equal_opportunity",
            max_gap=BOUND,
            group_estimator=None if known else LOGISTIC,
            cv=3,
        )
        model.fit(self.X, self.y, sensitive_features=self.group)
        groups = {"sensitive_features": self.group_test} if known else {}
        return model.predict(self.X_test, **groups)

    def run(self):
        """All methods of this library, and what was chosen."""
        methods, chosen = {}, {}
        for title, max_gap in (("SVM", np.inf), ("parity SVM", 0.0)):
            for rule, params in self.search(max_gap).items():
                model = self.svm(max_gap, **params)
                model.fit(self.X, self.y, sensitive_features=self.group)
                name = f"{title}, {rule}"
                chosen[name] = params
                methods[name] = self.measure(model.predict(self.X_test))
        params = chosen["SVM, highest accuracy"]
        methods["decision rule"] = self.measure(self.decision_rule(params))
        return {"methods": methods, "chosen": chosen}


def measure_ours(records, part, table):
    """One split by this library."""
    messages, measured = [], {}
    with timed(measured), noted(messages):
        found = Split(table, *part[2:]).run()
    found |= {"warnings": sorted(set(messages)), "versions": versions()}
    records.add(part, **found, **measured)


def measure_theirs(records, parts, tables, python):
    """Parts by fairlearn, one after another, in a process of their own."""
    worker = [python, str(HERE / "_fairlearn_worker.py")]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            worker, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process,
    ):
        for part in parts:
            split = Split(tables[part[1]], *part[2:])
            ours = records[("fairlearnkit", *part[1:])]
            params = ours["chosen"]["SVM, highest accuracy"]
            np.savez(
                Path(folder, "data.npz"),
                X=split.X,
                y=split.y,
                group=split.group,
                X_test=split.X_test,
                group_test=split.group_test,
                settings=json.dumps({"kernel": part[2], "bound": BOUND, **params}),
            )
            print(folder, file=process.stdin, flush=True)
            about = process.stdout.readline()
            if not about:
                msg = f"fairlearn stopped at {', '.join(map(str, part))}; see above."
                raise RuntimeError(msg)
            selected = dict(np.load(Path(folder, "selected.npz")))
            methods = {name: split.measure(s) for name, s in selected.items()}
            records.add(part, methods=methods, **json.loads(about))
        process.stdin.close()


def python_with_fairlearn(named):
    """A context with the path of a Python that has fairlearn."""
    sys.path.append(str(HERE.parents[1] / "benchmarks"))
    from environment import environment  # beside this folder, in the repository

    if named is None and find_spec("fairlearn"):
        named = sys.executable
    same = f"scikit-learn=={sklearn.__version__}"
    return environment("fairlearn", same, python=named)


def measure_all(records, options):
    """Every part that the records lack."""
    tasks = list(product(options.tables, KERNELS, COLUMNS))
    tables = {name: load(name, options.rows) for name in options.tables}
    # All tasks split by split, so that a part of a run is a table of fewer splits.
    for seed, (name, *rest) in product(range(options.splits), tasks):
        part = ("fairlearnkit", name, *rest, seed)
        if part not in records:
            measure_ours(records, part, tables[name])
    if "fairlearn" in options.libraries:
        named = product(range(options.splits), tasks)
        parts = [("fairlearn", *task, seed) for seed, task in named]
        missing = [part for part in parts if part not in records]
        if missing:
            with python_with_fairlearn(options.python) as python:
                measure_theirs(records, missing, tables, python)


def summary(records, *task):
    """Of each method, over the splits: accuracy, DEO, the same with its sign, and
    whether the same is decided for every test row.
    """
    found = {}
    for library in LIBRARIES:
        for record in records.named(library, *task):
            for name, row in record["methods"].items():
                difference = row["rates"][1] - row["rates"][0]
                same = row["accepted"] in (0, 1)
                values = (row["accuracy"], abs(difference), difference, same)
                found.setdefault(name, []).append(values)
    return {name: np.transpose(values) for name, values in found.items()}


def table_lines(records, options):
    """All tables, each with a title that the documentation finds it by."""
    lines = records.provenance(options.splits)
    for name, kernel in product(options.tables, KERNELS):
        lines += ["", f"{name}, {TITLES[kernel]}"]
        lines.append(f"{'':<29} {COLUMNS[0]:^31}  {COLUMNS[1]:^31}")
        lines.append(f"{'':<29}" + f" {'accuracy':>15} {'DEO':>15} " * 2)
        both = [summary(records, name, kernel, column) for column in COLUMNS]
        for method in both[0]:
            cells = [mean_and_sd(found[method][i]) for found in both for i in (0, 1)]
            lines.append(
                f"{method:<29} {cells[0]:>15} {cells[1]:>15}  {cells[2]:>15} "
                f"{cells[3]:>15}"
            )
        lines += constant_lines(both)
    return lines


def constant_lines(both):
    """Who decides the same for every row, and in how many splits."""
    lines = []
    for column, found in zip(COLUMNS, both):
        counts = {method: int(values[3].sum()) for method, values in found.items()}
        named = ", ".join(f"{method} {n}" for method, n in counts.items() if n)
        if named:
            lines.append(f"splits with one decision for all rows, {column}: {named}")
    return lines


def draw(records, options):
    """Accuracy against DEO: a panel for each table and kernel."""
    fig, axes = plt.subplots(
        len(KERNELS),
        len(options.tables),
        figsize=(11, 6.6),
        layout="constrained",
        squeeze=False,
    )
    markers = "osD^vPX"
    for ax, (kernel, name) in zip(axes.flat, product(KERNELS, options.tables)):
        for column in COLUMNS:
            found = summary(records, name, kernel, column)
            for (method, values), color, marker in zip(found.items(), COLORS, markers):
                ax.plot(
                    values[1].mean(),
                    values[0].mean(),
                    marker,
                    color=color,
                    markersize=8,
                    fillstyle="full" if column == COLUMNS[0] else "none",
                    label=method if column == COLUMNS[0] else None,
                )
        ax.margins(0.1)
        ax.set(title=f"{name}, {TITLES[kernel]}", xlim=(0, None))
    for ax in axes[-1]:
        ax.set_xlabel("DEO on test rows")
    for ax in axes[:, 0]:
        ax.set_ylabel("accuracy on test rows")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    title = f"filled: {COLUMNS[0]}; hollow: {COLUMNS[1]}"
    fig.legend(handles, labels, loc="outside lower center", ncols=4, title=title)
    save_figure(fig, options.output)


def main(arguments=None):
    """Measure what is missing, then write the table and the picture."""
    known = parser(__doc__, "docs/papers_ferm.txt", splits=10)
    known.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES))
    known.add_argument(
        "--libraries", nargs="+", choices=LIBRARIES, default=list(LIBRARIES)
    )
    known.add_argument("--python", help="a Python that has fairlearn")
    options = known.parse_args(arguments)
    records = Records(options.output, options.resume)
    measure_all(records, options)
    records.select(lambda part: part[-1] < options.splits)
    write(options.output, table_lines(records, options))
    draw(records, options)


if __name__ == "__main__":
    main()
