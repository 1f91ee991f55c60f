"""Check that a change of the code left all results as they were.

    python benchmarks/same_results.py 08bd091
    python benchmarks/same_results.py 08bd091 --only "linear svm"
    python benchmarks/same_results.py --against-folder ../old

Some 4,000 cases, with every public estimator and function among them, are computed
twice: on the code of this checkout as it lies there, and on that of the commit, of
which a temporary `git worktree` is made (or on that of another folder). Each side runs
in a process of its own, with one thread, and calls public names only. The exit code is
1, and the cases are named, where

- a number differs by more than the tolerance of the case, times the larger of 1 and its
  own size; or a text, a shape or a dtype differs;
- another exception came up, or another number of warnings of one class;
- a case, or a key such as a fitted attribute, is there before and not afterwards.

A key that is there afterwards only is listed and is no failure. The tolerance is 1e-8;
`same_cases/models.py` says where it is wider, and why. Values under the keys of `FREE`,
in `same_cases/compare.py`, may differ, and so may the messages of warnings and errors.

More cases: another value in a table of `same_cases`, or another function that yields
cases, with its name in `same_cases/worker.py`.
"""

import argparse
import os
import pickle
import subprocess
import sys
import tempfile
from contextlib import contextmanager, nullcontext
from pathlib import Path

from same_cases.compare import compare

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
# Cases of a family that are named without --all, and differences of each of them.
MOST_CASES, MOST_DIFFERENCES = 20, 4


@contextmanager
def worktree(commit):
    """A checkout of the commit, for as long as it is needed."""
    git = ["git", "-C", ROOT, "worktree"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "before"
        subprocess.run([*git, "add", "--quiet", "--detach", path, commit], check=True)
        try:
            yield path
        finally:
            subprocess.run([*git, "remove", "--force", path], check=True)


def compute(folder, families):
    """What the cases give on the library in a folder, by family."""
    settings = {
        "PYTHONPATH": str(folder),
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "Agg",
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
    }
    with tempfile.TemporaryDirectory() as out:
        file = Path(out) / "results"
        command = [sys.executable, "-m", "same_cases.worker", folder, file, *families]
        subprocess.run(command, cwd=HERE, env=os.environ | settings, check=True)
        return pickle.loads(file.read_bytes())


def print_rows(family, comparison, seconds):
    """One line for each tolerance."""
    for tolerance, row in sorted(comparison.rows.items()):
        print(
            f"{family:<16} {tolerance:>9.0e} {row.cases:>6,} {row.values:>10,} "
            f"{row.worst:>10.1e} {seconds:>14}  {row.where}"
        )
        family = seconds = ""


def print_notes(comparisons):
    """What is no failure: new keys, and free ones that differ."""
    for family, comparison in comparisons.items():
        for what, keys in (("new", comparison.added), ("differs", comparison.free)):
            for key, count in keys.items():
                print(f"{family}: {key} {what}, {count} cases")


def print_problems(comparisons, everything):
    """The cases that fail."""
    for family, comparison in comparisons.items():
        cases = sorted(comparison.problems.items())
        n_printed = len(cases) if everything else MOST_CASES
        for name, differences in cases[:n_printed]:
            more = len(differences) - MOST_DIFFERENCES
            rest = [f"{more} more"] if more > 0 and not everything else []
            differences = differences if everything else differences[:MOST_DIFFERENCES]
            print(f"FAILED {family}: {name}: {'; '.join(differences + rest)}")
        if len(cases) > n_printed:
            more = len(cases) - n_printed
            print(f"FAILED {family}: {more} more cases; --all names them")


def parsed():
    """The arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("commit", nargs="?", help="what to compare with")
    parser.add_argument("--only", action="append", default=[], metavar="FAMILY")
    parser.add_argument("--against-folder", type=Path, metavar="PATH")
    parser.add_argument("--all", action="store_true", help="name all cases that fail")
    options = parser.parse_args()
    if bool(options.commit) == bool(options.against_folder):
        parser.error("name a commit, or a folder with --against-folder")
    return options


def main():
    """Both sides, the table, and what differs."""
    options = parsed()
    other = worktree(options.commit) if options.commit else None
    with other or nullcontext(options.against_folder.resolve()) as folder:
        before, after = compute(folder, options.only), compute(ROOT, options.only)
    comparisons = {}
    head = f"{'cases':>6} {'values':>10} {'worst':>10} {'s before, now':>14}"
    print(f"{'family':<16} {'tolerance':>9} {head}")
    for family in before:
        sides = before[family], after[family]
        comparisons[family] = compare(family, *(side["cases"] for side in sides))
        seconds = " ".join(f"{side['seconds']:.1f}" for side in sides)
        print_rows(family, comparisons[family], seconds)
    print_notes(comparisons)
    print_problems(comparisons, options.all)
    n_failed = sum(len(comparison.problems) for comparison in comparisons.values())
    print(f"{n_failed} cases differ." if n_failed else "All results are the same.")
    return int(n_failed > 0)


if __name__ == "__main__":
    sys.exit(main())
