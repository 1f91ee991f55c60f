"""Transfer of fair representations; parameters are chosen on other tables.

    python examples/papers/transfer.py --output docs/papers_transfer.txt

Oneto, Donini, Luise, Ciliberto, Maurer, Pontil: Exploiting MMD and Sinkhorn Divergences
for Fair and Transferable Representation Learning, NeurIPS 2020. An encoder is learnt on
some tasks of a table, with a penalty on differences between the features of two groups;
another task of the same table, which it has not seen, is then solved by logistic
regression on its features. PyTorch has to be installed.

    table    group                        learnt on                   not seen
    Adult    women                        more than 40 hours a week;  income above
                                          11 years of school or more; 50,000 dollars
                                          a managerial or profes-
                                          sional job; married
    COMPAS   African-American             two or more priors; felony; new charge
                                          the tool's score above 4    in two years
    Crime    share of Black residents     poverty; unemployment; no   violent crime
             above the median             high school; two parents:   above the
                                          each above its median       median
    German   sex, as recorded             amount; duration: above     good credit
                                          the median; owns the home;
                                          telephone

Columns that tasks are cut from are left out of X, and so is the column of the group.

The parameters of each divergence (penalty, scale, number of features and of hidden
units, learning rate) are chosen on other tables than the one that is reported, and
never on Adult: for Adult on COMPAS, Crime and German; for COMPAS and for Crime on the
other two of these three. German only serves to choose, because its sexes are known to
be wrong. Ten settings are drawn at random for each divergence and run on a split of 70
to 30; among those that keep 97 % of the accuracy that logistic regression has on the
columns of X (mean over the tables), the one of the lowest KS is taken, also relative to
that regression. Without a penalty, the most accurate of three is. Results are of other
splits. A run takes about 20 minutes on one core; --resume continues one that was cut
off.
"""

import json
from itertools import product

import matplotlib.pyplot as plt
import numpy as np
from _shared import (
    COLORS,
    Records,
    draw_rows,
    mean_and_sd,
    parser,
    save_figure,
    timed,
    versions,
    write,
)
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import ParameterSampler, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fairlearnkit.datasets import (
    load_adult,
    load_communities_crime,
    load_compas,
    load_german_credit,
)
from fairlearnkit.metrics import (
    demographic_parity_difference,
    group_predictability,
    ks_gap,
    score_gap,
)
from fairlearnkit.preprocessing import ParityProjection
from fairlearnkit.representation import ParityEncoder

CHOOSE_ON = ("COMPAS", "Crime", "German")
REPORTED = ("Adult", "COMPAS", "Crime")
CHOICE_SEEDS = (100,)  # of splits that nothing is reported on
N_SETTINGS, N_PLAIN = 10, 3
KEPT_ACCURACY = 0.97
SIZES = {
    "n_components": [4, 8, 16],
    "hidden_layer_sizes": [32, 64, 128],
    "learning_rate": [0.002, 0.005, 0.01],
}
PENALTY = {"penalty": [0.5, 1.0, 2.0, 4.0, 8.0, 16.0]}
SPACES = {
    "none": {"divergence": ["mmd"], "penalty": [0.0], **SIZES},
    "mmd": {
        "divergence": ["mmd"],
        "bandwidth": ["median", 0.5, 1.0],
        **PENALTY,
        **SIZES,
    },
    "sinkhorn": {
        "divergence": ["sinkhorn"],
        "blur": [0.5, 1.0, 2.0],
        **PENALTY,
        **SIZES,
    },
    "mean": {"divergence": ["mean"], **PENALTY, **SIZES},
}
MEASURES = ("accuracy", "score gap", "KS", "rate gap", "AUC linear", "AUC trees")


def adult():
    """Adult: four tasks, and income."""
    X = load_adult().frame
    tasks = {
        "hours-per-week": X["hours-per-week"] > 40,
        "education-num": X["education-num"] >= 11,
        "occupation": X["occupation"].isin(["Exec-managerial", "Prof-specialty"]),
        "marital-status": X["marital-status"].str.startswith("Married"),
    }
    y, group = X["income"] == ">50K", X["sex"] == "Female"
    return X.drop(columns=["education", "sex", "income"]), tasks, y, group


def compas():
    """COMPAS: three tasks, and a new charge within two years."""
    bunch = load_compas()
    X = bunch.data
    tasks = {
        "priors_count": X["priors_count"] >= 2,
        "c_charge_degree": X["c_charge_degree"] == "F",
        "": bunch.decile_score > 4,
    }
    group = X["race"] == "African-American"
    return X.drop(columns="race"), tasks, bunch.target == 1, group


def crime():
    """Communities and Crime: four tasks, and violent crime."""
    bunch = load_communities_crime()
    X = bunch.data
    names = ["PctPopUnderPov", "PctUnemployed", "PctNotHSGrad", "PctFam2Par"]
    tasks = {name: X[name] > X[name].median() for name in names}
    group = X["racepctblack"] > X["racepctblack"].median()
    y = bunch.target > bunch.target.median()
    return X.drop(columns="racepctblack"), tasks, y, group


def german():
    """German credit: four tasks, and whether the credit was good."""
    bunch = load_german_credit()
    X = bunch.data
    tasks = {
        "credit_amount": X["credit_amount"] > X["credit_amount"].median(),
        "duration_months": X["duration_months"] > X["duration_months"].median(),
        "housing": X["housing"] == "own",
        "telephone": X["telephone"] == "yes",
    }
    group = X["sex"] == "female"
    return X.drop(columns="sex"), tasks, bunch.target == "good", group


LOADERS = {
    "Adult": adult,
    "COMPAS": compas,
    "Crime": crime,
    "German": german,
}


def load(name, n_rows):
    """Features without the columns of the tasks, the tasks, the other task, groups."""
    X, tasks, y, group = LOADERS[name]()
    table = {
        "X": X.drop(columns=[column for column in tasks if column]),
        "tasks": np.column_stack([*tasks.values()]).astype(float),
        "y": y.to_numpy(),
        "group": group.to_numpy(),
    }
    return draw_rows(table, n_rows)


class Split:
    """Training and test rows of one table, scaled and with one-hot categories."""

    def __init__(self, table, seed):
        parts = train_test_split(
            *(table[key] for key in ("X", "tasks", "y", "group")),
            test_size=0.3,
            random_state=seed,
            stratify=2 * table["y"] + table["group"],
        )
        X, X_test, self.tasks, _, self.y, self.y_test, self.group, self.test = parts
        categories = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
        text = make_column_selector(dtype_include="category")
        encode = make_column_transformer((categories, text), remainder="passthrough")
        encode = make_pipeline(encode, StandardScaler()).fit(X)
        self.X, self.X_test = encode.transform(X), encode.transform(X_test)
        self.seed = seed

    def features(self, method, params):
        """Features of training and test rows."""
        groups = {"sensitive_features": self.group}
        if method == "all features":
            return self.X, self.X_test
        if method == "PCA":
            size = min(params["n_components"], self.X.shape[1])
            model = PCA(size, random_state=self.seed).fit(self.X)
        elif method == "ParityProjection":
            model = ParityProjection().fit(self.X, **groups)
        else:
            model = ParityEncoder(random_state=self.seed, **params)
            model.fit(self.X, self.tasks, **groups)
        return model.transform(self.X), model.transform(self.X_test)

    def measure(self, method, params, recover=False):
        """What is measured of a method on the test rows."""
        Z, Z_test = self.features(method, params)
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        score = model.fit(Z, self.y).predict_proba(Z_test)[:, 1]
        groups = {"sensitive_features": self.test}
        found = {
            "accuracy": np.mean((score > 0.5) == self.y_test),
            "score gap": score_gap(None, score, **groups),
            "KS": ks_gap(None, score, **groups),
            "rate gap": demographic_parity_difference(None, score > 0.5, **groups),
        }
        if recover:
            table = group_predictability(Z_test, self.test, cv=3)
            found["AUC linear"] = table["logistic"]["auc"]
            found["AUC trees"] = table["boosting"]["auc"]
        return {key: round(float(value), 5) for key, value in found.items()}


def settings(divergence, n_settings):
    """Random settings of an encoder, the same in every run."""
    size = min(N_PLAIN, n_settings) if divergence == "none" else n_settings
    return list(ParameterSampler(SPACES[divergence], size, random_state=0))


def run(records, part, table, method, params, recover=False):
    """Measure one method on one split, unless the records have it."""
    if part not in records:
        measured = {}
        with timed(measured):
            split = Split(table, part[-1])
            found = split.measure(method, params, recover)
        used = versions("torch")
        records.add(part, measures=found, chosen=params, versions=used, **measured)


def measure_settings(records, tables, options):
    """Every setting on the tables of the choice."""
    for name, seed in product(CHOOSE_ON, CHOICE_SEEDS):
        reference = ("choice", name, "all features", 0, seed)
        run(records, reference, tables[name], "all features", {})
        for divergence in SPACES:
            for i, params in enumerate(settings(divergence, options.settings)):
                part = ("choice", name, divergence, i, seed)
                run(records, part, tables[name], divergence, params)


def relative(records, name, divergence, i):
    """Accuracy and KS of a setting on a table, as ratios to all features."""
    rows = []
    for seed in CHOICE_SEEDS:
        found = records["choice", name, divergence, i, seed]["measures"]
        base = records["choice", name, "all features", 0, seed]["measures"]
        rows.append([(found[key], base[key]) for key in ("accuracy", "KS")])
    sums = np.sum(rows, axis=0)
    return sums[:, 0] / sums[:, 1]


def choose(records, divergence, on, options):
    """The setting that these tables choose, and its ratios of accuracy and KS."""
    drawn = settings(divergence, options.settings)
    ratios = np.array(
        [
            np.mean([relative(records, name, divergence, i) for name in on], axis=0)
            for i in range(len(drawn))
        ]
    )
    accuracy, ks = ratios.T
    if divergence == "none" or not np.any(accuracy >= KEPT_ACCURACY):
        best = int(accuracy.argmax())
    else:
        best = int(np.where(accuracy >= KEPT_ACCURACY, ks, np.inf).argmin())
    return drawn[best], ratios[best]


def choices(records, name, options):
    """The chosen setting of each divergence for a table that is reported."""
    on = [other for other in CHOOSE_ON if other != name]
    return {d: choose(records, d, on, options) for d in SPACES}


def measure_reported(records, tables, options):
    """Every method on the tables that are reported."""
    for name, seed in product(REPORTED, range(options.splits)):
        chosen = {
            d: params for d, (params, _) in choices(records, name, options).items()
        }
        methods = {"all features": {}, "PCA": chosen["none"], "ParityProjection": {}}
        methods |= {f"encoder, {divergence}": p for divergence, p in chosen.items()}
        for method, params in methods.items():
            part = ("report", name, method, seed)
            run(records, part, tables[name], method, params, recover=True)


def summary(records, name):
    """The measures of each method over the splits."""
    found = {}
    for record in records.named("report", name):
        row = [record["measures"][key] for key in MEASURES]
        found.setdefault(record["part"][2], []).append(row)
    return {method: np.transpose(rows) for method, rows in found.items()}


def table_lines(records, options):
    """The tables, and what was chosen for each."""
    lines = records.provenance(options.splits)
    for name in REPORTED:
        lines += ["", name]
        lines.append(f"{'':<18}" + "".join(f" {title:>13}" for title in MEASURES))
        for method, values in summary(records, name).items():
            cells = "".join(f" {mean_and_sd(value):>13}" for value in values)
            lines.append(f"{method:<18}" + cells)
        lines.append("chosen on the other tables:")
        for divergence, (params, ratios) in choices(records, name, options).items():
            named = {k: v for k, v in sorted(params.items()) if k != "divergence"}
            text = json.dumps(named)[1:-1].replace('"', "")
            lines.append(f"  {divergence}: {text}")
            there = f"accuracy {ratios[0]:.3f}, KS {ratios[1]:.3f}"
            lines.append(f"    there, relative to all features: {there}")
    return lines


def draw(records, output):
    """Accuracy against KS, and how well the group is recovered."""
    fig, axes = plt.subplots(2, len(REPORTED), figsize=(11, 6.6), layout="constrained")
    for (top, low), name in zip(axes.T, REPORTED):
        found = summary(records, name)
        for (method, values), color, marker in zip(found.items(), COLORS, "osD^vPX"):
            accuracy, _, ks, _, linear, trees = values.mean(axis=1)
            style = {"color": color, "markersize": 8, "label": method}
            top.plot(ks, accuracy, marker, **style)
            low.plot(linear, trees, marker, **style)
        top.margins(0.1)
        top.set(title=name, xlabel="KS of scores between the groups", xlim=(0, None))
        ends = np.array([0.45, 1.0])
        low.plot(ends, ends, color="0.7", linewidth=1, zorder=0)
        low.set(xlabel="group recovered linearly, AUC", xlim=ends, ylim=ends)
    axes[0, 0].set_ylabel("accuracy of the unseen task")
    axes[1, 0].set_ylabel("group recovered by trees, AUC")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside lower center", ncols=4)
    save_figure(fig, output)


def main(arguments=None):
    """Choose, measure what is missing, then write the table and the picture."""
    known = parser(__doc__, "docs/papers_transfer.txt", splits=5)
    known.add_argument(
        "--settings",
        type=int,
        default=N_SETTINGS,
        help=f"random settings for each divergence ({N_SETTINGS})",
    )
    options = known.parse_args(arguments)
    records = Records(options.output, options.resume)
    tables = {name: load(name, options.rows) for name in LOADERS}
    measure_settings(records, tables, options)
    measure_reported(records, tables, options)
    records.select(lambda part: part[0] == "choice" or part[-1] < options.splits)
    write(options.output, table_lines(records, options))
    draw(records, options.output)


if __name__ == "__main__":
    main()
