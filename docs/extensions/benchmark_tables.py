"""Tables of the stored results of the benchmarks, written by the build.

Pages include them by ``csv-table``: numbers are never copied by hand.
"""

import csv
from pathlib import Path

import results

# What the table of decisions shows, under these names.
METHODS = {
    "known": "Known groups",
    "inferred": "Inferred groups",
    "ThresholdOptimizer": "ThresholdOptimizer",
    "ExponentiatedGradient": "ExponentiatedGradient",
}
CANDIDATES = ("plain", "equality", "CV 0.05", "rule 0.05", "CV 0.02", "rule 0.02")
# The bound and the number of groups that the table of ``gap_bound_`` shows.
SHOWN = {"0.05": "2 groups"}


def words(name):
    """Name of a constraint as words."""
    return name.replace("_", " ")


def table_of_choice(blocks, column):
    """Gap and accuracy of each method, for the column in X or left out."""
    yield ["Data", "Constraint", *CANDIDATES]
    for (data, constraint, where), methods in blocks.items():
        if where == column:
            cells = ["{} ({})".format(*methods[name]) for name in CANDIDATES]
            yield [data, words(constraint), *cells]


def table_of_decisions(blocks, constraint):
    """Gap and accuracy of rules and of fairlearn's classes, by data and bound."""
    yield ["Data", "Bound", *METHODS.values()]
    for title, rows in blocks.items():
        data, _, kind = title.partition(",\n")
        if kind == constraint:
            found = {(bound, name): cell for bound, name, *cell in rows}
            for bound in ("at most 0.05", "at most 0.02"):
                cells = (found.get((bound, name)) for name in METHODS)
                cells = [f"{c[0]:.4f} ({c[1]:.4f})" if c else "not run" for c in cells]
                yield [data, bound.removeprefix("at most "), *cells]


def table_of_speed(rows):
    """Time and memory of a fit on a million rows."""
    yield ["Groups", "Time / ThresholdOptimizer", "Memory / probabilities", "Seconds"]
    yield from ([name.split()[0], *numbers] for name, *numbers in rows)


def table_of_bounds(rows):
    """Gaps of two groups under one bound, by rows of a cell."""
    yield ["Constraint", "Rows", "Coverage", "``gap_``", "True gap", "``gap_bound_``"]
    for name, n_rows, max_gap, coverage, *gaps in rows:
        constraint, _, groups = name.partition(", ")
        if SHOWN.get(max_gap) == groups:
            yield [words(constraint), n_rows, coverage, *gaps]


def table_of_kernels(header, rows):
    """The stored table, with names of columns that say their units."""
    units = {"gap": "TPR gap", "MB": "Memory (MB)", "rank": "Components"}
    yield [units.get(name, name.capitalize()) for name in header]
    yield from rows


def tables(folder):
    """Name and rows, the header first, of each table."""

    def text(name):
        return (folder / f"{name}_results.txt").read_text("utf-8")

    blocks = results.choice(text("choice"))
    yield "choice_with", table_of_choice(blocks, "column in X")
    yield "choice_without", table_of_choice(blocks, "column left out")
    blocks = results.decisions(text("decisions"))
    for kind in ("demographic parity", "equal opportunity"):
        yield f"decisions_{kind.split()[0]}", table_of_decisions(blocks, kind)
    yield "decision_speed", table_of_speed(results.speed(text("decision_speed")))
    yield "decision_bound", table_of_bounds(results.bounds(text("decision_bound")))
    yield "kernels", table_of_kernels(*results.columns(text("scaling")))


def write(app):
    """Write every table anew."""
    folder = Path(app.srcdir, "_tables")
    folder.mkdir(exist_ok=True)
    for name, rows in tables(Path(app.srcdir)):
        with open(folder / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)


def setup(app):
    """Write before the pages are read."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True}
