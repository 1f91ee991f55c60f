"""The numbers of `parity_report` as a table of text, with notes below."""

from math import isnan

from fairlearnkit._data.counts import SMALL_CELL


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
    lines = table_cells(numbers)
    first_width, *widths = [max(map(len, column)) for column in zip(*lines)]
    text = [
        "  ".join(
            [
                first.ljust(first_width),
                *(cell.rjust(width) for cell, width in zip(rest, widths)),
            ]
        ).rstrip()
        for first, *rest in lines
    ]
    notes = notes_below(numbers)
    return "\n".join([*text, "", notes] if notes else text)


def table_cells(numbers):
    """Cells of the table, as lists of text.

    Parameters
    ----------
    numbers : dict
        What ``parity_report(..., output_dict=True)`` returns.

    Returns
    -------
    lines : list of list of str
        The header first.
    """
    rates = list(numbers["difference"])
    groups = [*numbers["groups"].items(), ("all rows", numbers["overall"])]
    return [
        ["", "count", *rates],
        *(_line_of_rates(label, row, rates, numbers) for label, row in groups),
        *(_line_of_gaps(kind, rates, numbers) for kind in ("difference", "ratio")),
        *(_line_of_pairs(end, rates, numbers) for end in _ends_to_name(numbers)),
    ]


def _line_of_rates(label, row, rates, numbers):
    small = " (small)" if label in numbers["small_groups"] else ""
    small += " (left out)" if label in numbers["left_out"] else ""
    values = [
        f"{row[rate]:.3f}{'*' if label in numbers['small_rates'][rate] else ''}"
        for rate in rates
    ]
    return [f"{label}{small}", str(row["count"]), *values]


def _line_of_gaps(kind, rates, numbers):
    cells = []
    for rate in rates:
        gap = numbers[kind][rate]
        interval = f" [{gap['low']:.3f}, {gap['high']:.3f}]"
        has_interval = numbers["confidence_level"] is not None
        cells.append(f"{gap['estimate']:.3f}{interval if has_interval else ''}")
    return [kind, "", *cells]


def _ends_to_name(numbers):
    """Of two groups it is clear which ones differ; of more, the report names them."""
    n_compared = len(numbers["groups"]) - len(numbers["left_out"])
    return ("lowest", "highest") if n_compared > 2 else ()


def _line_of_pairs(end, rates, numbers):
    ends = [numbers["pairs"][rate].get(end) for rate in rates]
    cells = [f"{e['group']} ({e['count']})" if e else "" for e in ends]
    return [end, "", *cells]


def notes_below(numbers):
    """What the marks in the table mean, in one line.

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
    if numbers["pos_label"] is not None:
        notes.append(f"Positive class: {numbers['pos_label']}.")
    if level is not None:
        notes.append(f"[ ]: {100 * level:g} % bootstrap interval.")
    if numbers["small_groups"]:
        notes.append(f"(small): fewer than {SMALL_CELL} rows.")
    if numbers["left_out"]:
        size = numbers["min_group_size"]
        notes.append(f"(left out): fewer than {size} rows, not in the gaps.")
    if any(numbers["small_rates"].values()):
        notes.append(f"*: of fewer than {SMALL_CELL} rows.")
    notes += _note_of_undefined_resamples(numbers)
    if _ends_to_name(numbers):
        notes.append("lowest, highest: groups, and the rows that the rate is about.")
    if _holds_nan(numbers):
        notes.append("nan: no such rows in a group, or a ratio of rates that are 0.")
    return " ".join(notes)


def _holds_nan(numbers):
    rows = [*numbers["groups"].values(), numbers["overall"]]
    rates = [row[rate] for row in rows for rate in numbers["difference"]]
    gaps = [
        gap[key]
        for kind in ("difference", "ratio")
        for gap in numbers[kind].values()
        for key in ("estimate", "low", "high")
        if key == "estimate" or numbers["confidence_level"] is not None
    ]
    return any(isnan(value) for value in rates + gaps)


def _note_of_undefined_resamples(numbers):
    """Ratios are undefined where differences are, and for rates that are all 0."""
    without_cell, undefined = (
        _most_undefined(numbers[kind]) for kind in ("difference", "ratio")
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
