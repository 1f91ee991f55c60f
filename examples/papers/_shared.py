"""What the scripts of this folder share: options, records, versions, tables."""

import argparse
import json
import platform
import statistics
import time
import warnings
from collections import Counter
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

# Colours that people with colour blindness can tell apart (Okabe and Ito).
COLORS = ["#000000", "#E69F00", "#56B4E9", "#009E73", "#D55E00", "#0072B2", "#CC79A7"]


def parser(description, output, splits):
    """The options that every script has."""
    found = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    found.add_argument(
        "--output",
        type=Path,
        default=Path(output),
        help="table to write; records (.jsonl) and picture (.svg) are written beside "
        f"it (default: {output})",
    )
    found.add_argument(
        "--resume",
        action="store_true",
        help="keep the parts that the records hold, and measure the others",
    )
    found.add_argument(
        "--splits", type=int, default=splits, help=f"random splits ({splits})"
    )
    found.add_argument(
        "--rows", type=int, help="draw so many rows of each table (all; for a trial)"
    )
    return found


def versions(*names):
    """Versions of the packages that a result depends on, in a line."""
    found = [f"Python {platform.python_version()}"]
    for name in ("fairlearnkit", "scikit-learn", "numpy", "scipy", *names):
        with suppress(PackageNotFoundError):
            found.append(f"{name} {version(name)}")
    return ", ".join(found)


class Records:
    """What was measured, a JSON line for each part, so that a run can be continued."""

    def __init__(self, output, resume):
        self.path = output.with_suffix(".jsonl")
        self.parts = {}
        if resume and self.path.exists():
            for line in self.path.read_text("utf-8").splitlines():
                record = json.loads(line)
                self.parts[tuple(record["part"])] = record
        else:
            self.path.write_text("", "utf-8")

    def __contains__(self, part):
        return tuple(part) in self.parts

    def __getitem__(self, part):
        return self.parts[tuple(part)]

    def add(self, part, **measured):
        """Keep what was measured of a part, and say so."""
        record = {"part": list(part), **measured}
        self.parts[tuple(part)] = record
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        print(*part, flush=True)

    def named(self, *start):
        """The records of all parts whose names start like this."""
        size = len(start)
        return [r for part, r in self.parts.items() if part[:size] == start]

    def select(self, wanted):
        """Forget parts that are not wanted; they stay in the file."""
        self.parts = {p: record for p, record in self.parts.items() if wanted(p)}

    def provenance(self, splits):
        """Lines that say by which versions the parts were measured, and how long."""
        seconds = sum(record["seconds"] for record in self.parts.values())
        counts = Counter(record["versions"] for record in self.parts.values())
        title = f"{splits} splits, mean (standard deviation) on test rows"
        if splits == 1:
            title = "1 split, on test rows"
        lines = [f"{line} ({n} parts)" for line, n in counts.items()]
        return [title, *lines, f"{seconds / 60:.0f} minutes of CPU time"]


@contextmanager
def timed(measured):
    """Adds the CPU seconds of a block to a dict."""
    start = time.process_time()
    yield
    measured["seconds"] = round(time.process_time() - start, 1)


@contextmanager
def noted(messages):
    """Collects the warnings of a block, to be counted instead of shown."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    messages += [f"{w.category.__name__}: {w.message}"[:120] for w in caught]


def mean_and_sd(values, digits=3):
    """Mean and standard deviation over splits, as text; of one split, its value."""
    values = [float(value) for value in values]
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return (
        f"{statistics.mean(values):.{digits}f} ({statistics.stdev(values):.{digits}f})"
    )


def draw_rows(table, n_rows, seed=0):
    """A random part of the rows of every array or frame in a dict."""
    size = len(table["y"])
    if n_rows is None or n_rows >= size:
        return table
    chosen = np.sort(np.random.default_rng(seed).permutation(size)[:n_rows])
    take = {
        key: value.iloc[chosen] if hasattr(value, "iloc") else np.asarray(value)[chosen]
        for key, value in table.items()
        if hasattr(value, "shape") and len(value) == size
    }
    return table | take


def write(output, lines):
    """Write the table, and print it."""
    text = "\n".join(line.rstrip() for line in lines)
    output.write_text(text + "\n", "utf-8")
    print(text)


def save_figure(fig, output):
    """Save a picture beside the table; the same numbers give the same file."""
    with plt.rc_context({"svg.hashsalt": output.stem}):
        fig.savefig(output.with_suffix(".svg"), metadata={"Date": None})
    plt.close(fig)
