"""What comes of bad input, for every public object: the table that the docs print.

    PYTHONPATH=tests python benchmarks/bad_input_table.py
    PYTHONPATH=tests python benchmarks/bad_input_table.py ParityRidge

The first writes docs/bad_input.csv and docs/bad_input_results.txt; the second prints
what came of the objects that are named.

Inputs and objects are those of tests/bad_input, where each word is explained. The csv
has a line for each input: of how many objects the answer was that of plain float64
arrays, right by an independent oracle, or an error that says so. The text has the
error messages, of each input the most common one.
"""

import csv
import sys
import time
from collections import Counter, defaultdict
from importlib.metadata import version
from pathlib import Path

from bad_input.cells import cells_of, judge
from bad_input.subjects import all_subjects
from bad_input.table import INPUTS

ROOT = Path(__file__).parents[1]

ARGUMENTS = {
    "table": "X",
    "texts": "X of texts",
    "classes": "y of classes",
    "decisions": "y_pred",
    "numbers": "y of numbers",
    "positive": "y of numbers",
    "scores": "y_score",
    "ages": "sensitive_features of numbers",
    "groups": "sensitive_features",
    "weight": "sample_weight",
    "search": "cv_results",
    "search of counts": "cv_results",
    "unused": "y_true that is ignored",
    "known classes": "y of classes",
    "known groups": "sensitive_features",
    "all": "all arguments",
}
HEADER = ["argument", "input", "same answer", "right answer", "clear error", "wrong"]
WIDTH = 300


def outcomes(subjects):
    """A tuple (argument, input, result, message) for each cell."""
    for subject in subjects:
        for cell in cells_of(subject, INPUTS):
            outcome, faults = judge(cell)
            kind = {**subject.kinds, "all": "all"}[cell.argument]
            result = "clear error"
            if outcome.error is None:
                same = cell.input.same_as is not None
                result = "same answer" if same else "right answer"
            message = f"{type(outcome.error).__name__}: {outcome.error}"
            if faults:
                result, message = "wrong", f"{cell}: {'; '.join(faults)}"
            yield ARGUMENTS[kind], cell.input.name, result, message
        print(subject.name, file=sys.stderr)


def write_table(path, counts):
    """Write a line for each input, with the numbers of results."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for (argument, name), results in counts.items():
            numbers = [results[column] or "" for column in HEADER[2:]]
            writer.writerow([argument, name, *numbers])


def shortened(message):
    """A message on one line, without the numbers of whole arrays."""
    text = " ".join(message.split())
    return text if len(text) <= WIDTH else text[:WIDTH] + " ..."


def main():
    """Run all cells and write what came of them."""
    names = sys.argv[1:]
    subjects = [
        subject
        for name, subject in all_subjects().items()
        if not names or any(n in name for n in names)
    ]
    start = time.process_time()
    counts, messages = defaultdict(Counter), defaultdict(Counter)
    for argument, name, result, message in outcomes(subjects):
        counts[argument, name][result] += 1
        if result in ("clear error", "wrong"):
            messages[argument, name][shortened(message)] += 1
    total = sum(counts.values(), Counter())
    packages = ("scikit-learn", "numpy", "scipy", "pandas", "polars")
    lines = ["  ".join(f"{name} {version(name)}" for name in packages)]
    lines += [f"{len(subjects)} objects, {len(counts)} inputs, {total.total()} calls"]
    lines += [f"  {column}: {total[column]}" for column in HEADER[2:]]
    for (argument, name), found in messages.items():
        (message, n) = found.most_common(1)[0]
        lines += ["", f"{argument}: {name} ({n} of {found.total()})", f"  {message}"]
    text = "\n".join(lines) + "\n"
    print(f"{time.process_time() - start:.0f} s of processor time", file=sys.stderr)
    if names:
        print(text)
        return
    write_table(ROOT / "docs/bad_input.csv", counts)
    (ROOT / "docs/bad_input_results.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
