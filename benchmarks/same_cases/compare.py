"""What differs between the records of two versions."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np

from same_cases.record import STRICT

# Keys that have to be there, with any value: iterations, the rows that kernel models
# keep (coefficients of all rows are compared, zeros among them), and the names of
# contrasts, which are text for people.
FREE = {"n_iter_", "support_", "support_vectors_", "dual_coef_", "names"}
# The family whose cases all raise. Elsewhere, one that raises compares nothing.
RAISING = "errors"


@dataclass
class Row:
    """The cases of a family that have one tolerance."""

    cases: int = 0
    values: int = 0
    worst: float = 0.0
    where: str = ""


@dataclass
class Comparison:
    """What was found in a family.

    Parameters
    ----------
    rows : dict of float to Row
        By tolerance.
    problems : dict of str to list of str
        By the name of the case.
    added : Counter
        Keys that are there afterwards only, and in how many cases.
    free : Counter
        Keys of `FREE`, and in how many cases their values differ.
    """

    rows: dict = field(default_factory=lambda: defaultdict(Row))
    problems: dict = field(default_factory=lambda: defaultdict(list))
    added: Counter = field(default_factory=Counter)
    free: Counter = field(default_factory=Counter)


def compare(family, before, after):
    """Compare all cases of a family.

    Parameters
    ----------
    family : str
        Its name.
    before, after : dict of str to dict
        The record of each case, by its name.

    Returns
    -------
    comparison : Comparison
    """
    comparison = Comparison()
    for name in sorted(before.keys() ^ after.keys()):
        side = "before" if name in before else "afterwards"
        comparison.problems[name].append(f"is there {side} only")
    for name in sorted(before.keys() & after.keys()):
        differences = _events(before[name], after[name], family == RAISING)
        differences += _values(comparison, name, before[name], after[name])
        if differences:
            comparison.problems[name] += differences
    return comparison


def _events(before, after, raising):
    """Exceptions and warnings that differ, or that no case should have."""
    differences = [
        f"{key} {before[key]} before and {after[key]} afterwards"
        for key in ("raises", "warns")
        if before[key] != after[key]
    ]
    for side, outcome in (("before", before), ("afterwards", after)):
        if raising and not outcome["raises"]:
            differences.append(f"raises nothing {side}")
        if outcome["raises"] and not raising:
            differences.append(f"compares nothing {side}: {outcome['message']}")
    return differences


def _values(comparison, name, before, after):
    """Leaves that differ, and those that are gone; counts what is new."""
    old, new = before["leaves"], after["leaves"]
    row = comparison.rows[before["tolerance"]]
    row.cases += 1
    differences = [
        f"{_dotted(path)} is gone" for path in sorted(old.keys() - new.keys())
    ]
    if not after["raises"]:
        comparison.added.update(
            {_first_new(path, old) for path in new.keys() - old.keys()}
        )
    for path in sorted(old.keys() & new.keys()):
        apart = difference(old[path], new[path])
        if FREE & set(path):
            comparison.free.update(FREE & set(path) if apart else ())
            continue
        row.values += old[path].size
        if apart > row.worst:
            row.worst, row.where = apart, f"{name}: {_dotted(path)}"
        # Whatever the tolerance of the case.
        limit = STRICT if path[:1] == ("strictly",) else before["tolerance"]
        if apart > limit:
            differences.append(f"{_dotted(path)} differs by {apart:.2g}")
    return differences


def _dotted(path):
    return ".".join(path) or "the value"


def _first_new(path, old):
    """The first key of a path that is not there before."""
    known = {before[:depth] for before in old for depth in range(len(before) + 1)}
    return next(key for depth, key in enumerate(path) if path[: depth + 1] not in known)


def difference(before, after):
    """Largest difference of two arrays, relative to max(1, |before|).

    Infinite for texts that differ, and for another shape or dtype.

    Parameters
    ----------
    before, after : ndarray
        Numbers or texts.

    Returns
    -------
    difference : float
    """
    texts = before.dtype.kind == after.dtype.kind == "U"
    if texts and np.array_equal(before, after):
        return 0.0
    if texts or before.dtype != after.dtype or before.shape != after.shape:
        return np.inf
    same = before == after
    if before.dtype.kind not in "biuf":  # dates
        return 0.0 if same.all() else np.inf
    before, after = before.astype(np.float64), after.astype(np.float64)
    same |= np.isnan(before) & np.isnan(after)
    with np.errstate(invalid="ignore"):
        apart = np.abs(after - before) / np.maximum(1.0, np.abs(before))
    return float(
        np.max(np.where(same, 0.0, np.nan_to_num(apart, nan=np.inf)), initial=0)
    )
