"""What each library does with the same requests: a table, every cell of it run.

    python benchmarks/peer_table.py
    python benchmarks/peer_table.py fairlearn=PYTHON aif360=PYTHON ...

The methods of each library are run on generated data by benchmarks/peers/worker.py, in
an environment of its own: that of the PYTHON which is named for it, or else a temporary
one into which the library is installed from PyPI. The script prints the table in
Markdown and writes docs/peer_table_results.txt and docs/peer_table.csv.
"""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

from environment import environment

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "peer_table_results.txt"
TABLE = ROOT / "docs" / "peer_table.csv"
WORKER = Path(__file__).parent / "peers" / "worker.py"
SHARED = ("joblib", "pandas", "scikit-learn>=1.6")
# What is installed for a library, unless a Python is named.
LIBRARIES = {
    "fairlearnkit": (str(ROOT), *SHARED),
    "fairlearn": ("fairlearn==0.15.0", *SHARED),
    # Its interface to scikit-learn fails with 1.6 and above.
    "aif360": ("aif360==0.6.1", "fairlearn<1", "pandas<3", "scikit-learn<1.6"),
    "scikit_lego": ("scikit-lego==0.9.10", "cvxpy", *SHARED),
    "equipy": ("equipy==0.0.11a0.dev0", *SHARED),
    "holisticai": ("holisticai[bias]==1.0.14", *SHARED),
}
# How the table names a method, where only some of a library's have a property.
SHORT = {
    "ParityThresholdClassifier": "PT",
    "ParityThresholdClassifier, group_estimator": "PT+",
    "ParityLogisticRegression": "PL",
    "BarycenterRegressor": "BR",
    "ExponentiatedGradient": "EG",
    "ThresholdOptimizer": "TO",
    "RejectOptionClassification": "RO",
    "PostProcessingMeta(RejectOptionClassifierCV)": "PP",
    "ExponentiatedGradientReduction": "ER",
    "LPDebiaserMulticlass": "LP",
    "WassersteinBarycenter": "WB",
    "DemographicParityClassifier": "DP",
    "FairWasserstein": "FW",
}


def probed(name, python=None):
    """Versions, and the lines of one library's methods."""
    settings = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with environment(*LIBRARIES[name], python=python) as interpreter:
        run = subprocess.run(
            [interpreter, WORKER, name],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | settings,
        )
    versions, *lines = map(json.loads, run.stdout.splitlines())
    return versions, lines


def written(results):
    """The text that is stored, one line for each method and property."""
    text = []
    for versions, lines in results:
        text += [", ".join(f"{name} {found}" for name, found in versions.items()), ""]
        for _, method, label, verdict, remark in lines:
            head = f"{method:<45}{label:<46}{verdict:<5}"
            text.append(f"{head}{remark}".rstrip())
        text.append("")
    return "\n".join(text)


def cell(verdicts):
    """One cell from {method: verdict}: yes, no, a dash or the methods that have it."""
    told = {name: verdict for name, verdict in verdicts.items() if verdict != "n/a"}
    if not told:
        return "\N{EN DASH}"
    if len({*told.values()}) == 1:
        return next(iter(told.values()))
    return ", ".join(SHORT[name] for name, verdict in told.items() if verdict == "yes")


def table(lines):
    """Rows of the table, the head first: properties by libraries."""
    libraries = [*dict.fromkeys(line[0] for line in lines)]
    labels = sorted(dict.fromkeys(line[2] for line in lines), key=_last)
    rows = [["", *libraries]]
    for label in labels:
        found = {
            library: {m: v for lib, m, k, v, _ in lines if (lib, k) == (library, label)}
            for library in libraries
        }
        rows.append([label, *(cell(found[library]) for library in libraries)])
    return rows


def _last(label):
    """What a library has stands below what its methods do."""
    return label in ("metrics", "adversarial training", "rankings or clusters")


def markdown(rows):
    """The table in Markdown."""
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, "|" + "---|" * len(rows[0]), *body])


def main(arguments):
    """Run all libraries and keep the results."""
    pythons = dict(argument.split("=", 1) for argument in arguments)
    results = [probed(name, pythons.get(name)) for name in LIBRARIES]
    RESULTS.write_text(written(results), encoding="utf-8")
    rows = table([line for _, lines in results for line in lines])
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    print(markdown(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
