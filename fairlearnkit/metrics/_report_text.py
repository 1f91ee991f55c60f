"""The numbers of `parity_report` as tables of text, with notes below."""

from math import isnan

from fairlearnkit._data.counts import SMALL_CELL
from fairlearnkit._data.text_table import aligned

from ._report_parts import (
    RATE_DECIMALS,
    decimals_of,
    interval_text,
    number_text,
    parts_of,
    privacy_text,
)

NAN_NOTES = {
    "classes": "nan: no such rows in a group, or a ratio of rates that are 0.",
    "numbers": "nan: a ratio of numbers that are 0 or may have either sign.",
}
PRIVATE_NAN_NOTE = (
    "nan: with noise the count of such rows in a group is 0 or less, or a ratio of "
    "rates that are 0."
)


def text_of(numbers):
    """The report as text.

    Parameters
    ----------
    numbers : dict
        What ``parity_report(..., output_dict=True)`` returns.

    Returns
    -------
    text : str
        Columns are right-aligned, except for the names of the rows.
    """
    blocks = []
    heading = [numbers["title"]] if numbers["title"] is not None else []
    for name in ("model", "data"):
        if numbers[name] is not None:
            heading.append(f"{name.capitalize()}: {numbers[name]}")
    if heading:
        blocks.append("\n".join(heading))
    for label, lines in labelled_cells(numbers):
        title = "" if label is None else f"Positive class: {label}\n"
        blocks.append(title + aligned(lines))
    notes = notes_below(numbers)
    return "\n\n".join([*blocks, notes] if notes else blocks)


def labelled_cells(numbers):
    """Cells of the tables, as lists of text.

    Parameters
    ----------
    numbers : dict
        What ``parity_report(..., output_dict=True)`` returns.

    Returns
    -------
    tables : list of (str or None, list of list of str)
        The positive class of each table, and its lines, the header first.
    """
    return [(label, _table_cells(numbers, part)) for label, part in parts_of(numbers)]


def _table_cells(numbers, part):
    measures = list(part["difference"])
    decimals = {key: decimals_of(numbers, part, key) for key in measures}
    rows = [*part["groups"].items(), ("all rows", part["overall"])]
    lines = [
        ["", "count", *measures],
        *(_line_of_values(label, row, part, numbers, decimals) for label, row in rows),
        _line_of_gaps("difference", part["difference"], numbers, decimals),
        _line_of_gaps("ratio", part["ratio"], numbers, _decimals_of_ratios(measures)),
        *(_line_of_pairs(end, part) for end in _ends_to_name(numbers)),
    ]
    return lines + _lines_of_reference(numbers, part, decimals)


def _decimals_of_ratios(measures):
    return dict.fromkeys(measures, RATE_DECIMALS)


def _line_of_values(label, row, part, numbers, decimals):
    small = " (small)" if label in numbers["small_groups"] else ""
    small += " (left out)" if label in numbers["left_out"] else ""
    values = [
        number_text(row[key], places)
        + ("*" if label in part["small_rates"][key] else "")
        for key, places in decimals.items()
    ]
    return [f"{label}{small}", str(row["count"]), *values]


def _line_of_gaps(title, gaps, numbers, decimals):
    cells = [
        interval_text(gaps[key], numbers, places) for key, places in decimals.items()
    ]
    return [title, "", *cells]


def _ends_to_name(numbers):
    """Of two groups it is clear which ones differ; of more, the report names them."""
    n_compared = len(numbers["groups"]) - len(numbers["left_out"])
    return ("lowest", "highest") if n_compared > 2 else ()


def _line_of_pairs(end, part):
    ends = [pair.get(end) for pair in part["pairs"].values()]
    cells = [f"{e['group']} ({e['count']})" if e else "" for e in ends]
    return [end, "", *cells]


def _lines_of_reference(numbers, part, decimals):
    """A line for the difference of each group to the reference, and for its ratio."""
    compared = part["to_reference"]
    if compared is None:
        return []
    base = compared["group"]
    names = [n for n in numbers["groups"] if n not in (*numbers["left_out"], base)]
    lines = []
    for sign, kind, places in (
        ("-", "difference", decimals),
        ("/", "ratio", _decimals_of_ratios(decimals)),
    ):
        for name in names:
            gaps = {key: by_group[name] for key, by_group in compared[kind].items()}
            lines.append(_line_of_gaps(f"{name} {sign} {base}", gaps, numbers, places))
    return lines


def notes_below(numbers):
    """What the marks in the tables mean, in one line.

    Parameters
    ----------
    numbers : dict
        What ``parity_report(..., output_dict=True)`` returns.

    Returns
    -------
    notes : str
        Empty if there is nothing to explain.
    """
    notes, level = [], numbers["confidence_level"]
    privacy = privacy_text(numbers)
    parts = [part for _, part in parts_of(numbers)]
    if numbers["pos_label"] is not None:
        notes.append(f"Positive class: {numbers['pos_label']}.")
    if level is not None:
        kind = "interval" if numbers["target"] == "classes" else "bootstrap interval"
        kind = kind if privacy is None else "interval for sampling and noise"
        notes.append(f"[ ]: {100 * level:g} % {kind}.")
    if numbers["small_groups"]:
        notes.append(f"(small): fewer than {SMALL_CELL} rows.")
    if numbers["left_out"]:
        size = numbers["min_group_size"]
        notes.append(f"(left out): fewer than {size} rows, not in the gaps.")
    if any(any(part["small_rates"].values()) for part in parts):
        notes.append(f"*: of fewer than {SMALL_CELL} rows.")
    notes += note_of_undefined_resamples(parts)
    if _ends_to_name(numbers):
        notes.append("lowest, highest: groups, and the rows that the rate is about.")
    if _holds_nan(numbers, parts):
        note = NAN_NOTES[numbers["target"]]
        notes.append(note if privacy is None else PRIVATE_NAN_NOTE)
    notes += [] if privacy is None else [f"Private, {privacy}."]
    return " ".join([*notes, *_note_of_distance(numbers)])


def _note_of_distance(numbers):
    """The largest distance of the distributions of numeric predictions."""
    if "ks" not in numbers:
        return []
    ks = numbers["ks"]
    distance = interval_text(ks, numbers, RATE_DECIMALS)
    lower, higher = ks["pair"]["lower"], ks["pair"]["higher"]
    # Without any distance there is no such pair.
    between = f", between {lower} (lower) and {higher} (higher)"
    return [
        f"Largest Kolmogorov-Smirnov distance of predictions: {distance}"
        f"{between if lower != higher else ''}."
    ]


def _holds_nan(numbers, parts):
    return any(isnan(value) for part in parts for value in _values(numbers, part))


def _values(numbers, part):
    """All numbers that are shown."""
    for row in [*part["groups"].values(), part["overall"]]:
        yield from (row[measure] for measure in part["difference"])
    shown = ("estimate", "low", "high")
    if numbers["confidence_level"] is None:
        shown = shown[:1]
    for kind in ("difference", "ratio"):
        for gap in part[kind].values():
            yield from (gap[key] for key in shown)


def note_of_undefined_resamples(parts):
    """Ratios are undefined where differences are, and for rates that are all 0.

    Parameters
    ----------
    parts : list of dict
        Parts of the report.

    Returns
    -------
    notes : list of str
        One note, or none.
    """
    without_cell, undefined = (
        max((_most_undefined(part[kind]) for part in parts), default=0)
        for kind in ("difference", "ratio")
    )
    causes = ["lack a group or a cell"] if without_cell else []
    causes += ["have rates that are all 0"] if undefined > without_cell else []
    if not causes:
        return []
    return [
        f"Up to {max(without_cell, undefined)} resamples of an interval "
        f"{' or '.join(causes)} and were left out."
    ]


def _most_undefined(gaps):
    """Largest number of resamples that were left out of the interval of a defined gap.

    A gap that is not defined for the rows themselves has its own note.
    """
    # NaN is the one value that differs from itself.
    defined = [gap for gap in gaps.values() if gap["estimate"] == gap["estimate"]]
    return max((gap["n_undefined"] for gap in defined), default=0)
